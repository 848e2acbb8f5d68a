// ContentCache.h - results by the content of their problems: for one process, and in a folder that processes may share
#ifndef JACQUARD_SUPPORT_CONTENTCACHE_H
#define JACQUARD_SUPPORT_CONTENTCACHE_H

#include "jacquard/Support/Result.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jacquard {

/// A key is the whole text of a problem; equal keys must have equal results. What is put can be found until the process
/// ends, while there is room; with a folder also by later processes of the same version. Every entry is a file of its
/// own, which comes into being complete. What is wrong with a file costs the entry, never the result: it is ignored
/// with a note. Nothing is ever removed; files may be removed at any time. Safe to use from several threads and
/// processes.
class ContentCache {
public:
  ContentCache() = default; ///< without a folder

  /// Uses `folder`, which is made if need be. `version` must change when results for equal keys may. Error: the folder
  /// cannot be made.
  Status open(const std::string &folder, const std::string &version);

  /// `kind` tells the keys of different problems apart.
  std::optional<std::string> find(std::string_view kind, std::string_view key);
  void put(std::string_view kind, std::string_view key, const std::string &value);

  /// Says that what was found is no result: as damaged as a file that cannot be read.
  void reject(std::string_view kind, std::string_view key, const std::string &why);

  /// What was wrong with files, each "ignored cache file 'F': ..."; forgets them.
  std::vector<std::string> takeNotes();

private:
  std::string pathOf(const std::string &name) const;
  void note(const std::string &path, const std::string &why);
  void keep(const std::string &name, const std::string &value);

  std::mutex mutex;
  std::string folder, version;
  std::unordered_map<std::string, std::string> memory; ///< by name, which is a hash of kind and key
  size_t memoryBytes = 0;
  bool canWrite = true;
  std::vector<std::string> notes;
};

} // namespace jacquard

#endif // JACQUARD_SUPPORT_CONTENTCACHE_H
