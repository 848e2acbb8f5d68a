// ContentCache.cpp - results by the content of their problems
//
// A file is a header of fixed length, the version, the key and the value:
//   "JQCACHE1", then as 64-bit little-endian numbers the lengths of the three, then the hash64 of all three together.
#include "jacquard/Support/ContentCache.h"

#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/Hash.h"

#include <filesystem>
#include <fmt/format.h>

namespace jacquard {
namespace {

constexpr std::string_view magic = "JQCACHE1";
constexpr size_t headerBytes = 8 + 4 * 8;
constexpr uint64_t mostFileBytes = uint64_t(64) << 20;
constexpr size_t mostMemoryBytes = size_t(256) << 20;

/// 128 bits: keys in memory are told apart by it alone. Compilers of several versions share a folder side by side.
std::string nameOf(const std::string &version, std::string_view kind, std::string_view key) {
  return fmt::format("{}-{:016x}{:016x}", kind, hash64(key, hash64(version, 1)), hash64(key, hash64(version, 2)));
}

void addNumber(std::string &bytes, uint64_t number) {
  for (int i = 0; i < 8; ++i)
    bytes += char(number >> (8 * i) & 0xff);
}

uint64_t numberAt(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i)
    number |= uint64_t(uint8_t(bytes[at + i])) << (8 * i);
  return number;
}

std::string pack(std::string_view version, std::string_view key, std::string_view value) {
  std::string body = fmt::format("{}{}{}", version, key, value);
  std::string bytes(magic);
  for (uint64_t number : {uint64_t(version.size()), uint64_t(key.size()), uint64_t(value.size()), hash64(body)})
    addNumber(bytes, number);
  return bytes + body;
}

struct Entry {
  std::string version, key, value;
};

Result<Entry> unpack(std::string_view bytes) {
  if (bytes.size() < headerBytes || bytes.substr(0, magic.size()) != magic)
    return Error{"not a cache file of this format"};
  std::string_view body = bytes.substr(headerBytes);
  uint64_t version = numberAt(bytes, 8), key = numberAt(bytes, 16), value = numberAt(bytes, 24);
  bool fits = version <= body.size() && key <= body.size() - version && value == body.size() - version - key;
  if (!fits || hash64(body) != numberAt(bytes, 32))
    return Error{"damaged or cut off"};
  return Entry{std::string(body.substr(0, version)), std::string(body.substr(version, key)),
               std::string(body.substr(version + key))};
}

} // namespace

Status ContentCache::open(const std::string &path, const std::string &newVersion) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!std::filesystem::is_directory(path))
    return numbered(Diag::FileAccess,
                    fmt::format("cannot make the folder '{}': {}", path, error ? error.message() : "it is no folder"));
  std::lock_guard lock(mutex);
  folder = path;
  version = newVersion;
  memory.clear(); // its names are those of the version before
  memoryBytes = 0;
  return {};
}

std::string ContentCache::pathOf(const std::string &name) const { return folder + "/" + name + ".jqcache"; }

void ContentCache::note(const std::string &path, const std::string &why) {
  notes.push_back(fmt::format("ignored cache file '{}': {}", path, why));
}

void ContentCache::keep(const std::string &name, const std::string &value) {
  if (memoryBytes + value.size() > mostMemoryBytes)
    return;
  if (auto [it, isNew] = memory.try_emplace(name, value); isNew)
    memoryBytes += name.size() + value.size();
}

std::optional<std::string> ContentCache::find(std::string_view kind, std::string_view key) {
  std::lock_guard lock(mutex);
  std::string name = nameOf(version, kind, key);
  if (auto it = memory.find(name); it != memory.end())
    return it->second;
  std::error_code error;
  if (folder.empty() || !std::filesystem::exists(pathOf(name), error))
    return std::nullopt;
  auto bytes = readFile(pathOf(name), mostFileBytes);
  auto entry = bytes ? unpack(*bytes) : Result<Entry>(bytes.takeError());
  if (!entry) {
    note(pathOf(name), entry.error());
    return std::nullopt;
  }
  if (entry->version != version || entry->key != key) {
    note(pathOf(name), "it holds the result of another problem");
    return std::nullopt;
  }
  keep(name, entry->value);
  return std::move(entry->value);
}

void ContentCache::put(std::string_view kind, std::string_view key, const std::string &value) {
  std::lock_guard lock(mutex);
  std::string name = nameOf(version, kind, key);
  keep(name, value);
  if (folder.empty() || !canWrite)
    return;
  if (Status status = writeFile(pathOf(name), pack(version, key, value)); !status) {
    canWrite = false; // a full or protected disk stays so
    notes.push_back("cache is not written: " + status.error());
  }
}

void ContentCache::reject(std::string_view kind, std::string_view key, const std::string &why) {
  std::lock_guard lock(mutex);
  std::string name = nameOf(version, kind, key);
  memory.erase(name);
  note(pathOf(name), why);
}

std::vector<std::string> ContentCache::takeNotes() {
  std::lock_guard lock(mutex);
  return std::exchange(notes, {});
}

} // namespace jacquard
