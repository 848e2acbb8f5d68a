// MappedFile.h - a file's bytes without reading them into memory
#ifndef JACQUARD_SUPPORT_MAPPEDFILE_H
#define JACQUARD_SUPPORT_MAPPEDFILE_H

#include "jacquard/Support/Result.h"

#include <memory>
#include <string>
#include <string_view>

namespace jacquard {

/// A read-only view of a whole file. Pages are fetched when they are looked at, so that a model's weights cost nothing
/// until they are needed. Looking at what is no longer there, because another program made the file shorter, ends the
/// process: see exitOnShrunkFiles.
class MappedFile {
public:
  /// Maps a regular file; what cannot be mapped (a pipe) is read. Errors are those of readFile.
  static Result<std::shared_ptr<const MappedFile>> open(const std::string &path);
  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  std::string_view bytes() const { return view; }
  /// Gives back the memory of pages that were looked at; they are fetched again when they are needed again.
  void release() const;

private:
  MappedFile() = default;

  std::string_view view;
  std::string copy; ///< of a file that is not mapped
  bool isMapped = false;
};

/// For command line tools: a page of a mapped file that can no longer be read ends the process with one message and exit
/// code 1, not as a crash. Reading files piece by piece instead would cost the memory that mapping them saves.
void exitOnShrunkFiles();

} // namespace jacquard

#endif // JACQUARD_SUPPORT_MAPPEDFILE_H
