// MappedFile.cpp - map files with mmap
#include "jacquard/Support/MappedFile.h"

#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jacquard {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string &path) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  int fd = path == "-" ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && path != "-")
    return numbered(Diag::FileAccess, fmt::format("cannot open '{}': {}", path, std::strerror(errno)));
  struct stat info;
  bool isRegular = fd >= 0 && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  void *start =
      isRegular && info.st_size > 0 ? ::mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  if (fd >= 0)
    ::close(fd);
  if (start != MAP_FAILED) {
    file->isMapped = true;
    file->view = {static_cast<const char *>(start), size_t(info.st_size)};
    return std::shared_ptr<const MappedFile>(file);
  }
  Result<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.takeError();
  file->copy = std::move(*bytes);
  file->view = file->copy;
  return std::shared_ptr<const MappedFile>(file);
}

MappedFile::~MappedFile() {
  if (isMapped)
    ::munmap(const_cast<char *>(view.data()), view.size());
}

void MappedFile::release() const {
  if (isMapped)
    ::madvise(const_cast<char *>(view.data()), view.size(), MADV_DONTNEED);
}

namespace {

/// Called inside of a signal: only what is async-signal-safe.
void endForLostPage(int) {
  constexpr std::string_view message = "error: [JQ1001] an input file became shorter while it was read\n";
  (void)!::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(1);
}

} // namespace

void exitOnShrunkFiles() {
  struct sigaction action = {};
  action.sa_handler = endForLostPage;
  ::sigaction(SIGBUS, &action, nullptr);
}

} // namespace jacquard
