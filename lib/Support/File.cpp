// File.cpp - reading and atomically writing whole files over POSIX descriptors
#include "jacquard/Support/File.h"
#include "jacquard/Support/Diagnostics.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jacquard {
namespace {

Error systemError(const char *what, const std::string &path) {
  return numbered(Diag::FileAccess, fmt::format("cannot {} '{}': {}", what, path, std::strerror(errno)));
}

/// Closes its descriptor unless it was borrowed (standard input and output).
struct Descriptor {
  int fd;
  bool owned;
  ~Descriptor() {
    if (owned && fd >= 0)
      ::close(fd);
  }
};

Result<std::string> readAll(int fd, const std::string &path, uint64_t limit) {
  std::string bytes;
  struct stat info;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 && uint64_t(info.st_size) <= limit)
    bytes.reserve(size_t(info.st_size) + 1);
  char buffer[1 << 16];
  for (;;) {
    ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return systemError("read", path);
    if (count == 0)
      return bytes;
    if (uint64_t(count) > limit - bytes.size())
      return numbered(
          Diag::FileAccess,
          fmt::format("cannot read '{}': it is larger than {} bytes, the limit for this kind of file", path, limit));
    bytes.append(buffer, size_t(count));
  }
}

Status writeAll(int fd, const std::string &path, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return systemError("write", path);
    bytes.remove_prefix(size_t(count));
  }
  return {};
}

using Pieces = std::vector<std::string_view>;

Status writeAll(int fd, const std::string &path, const Pieces &pieces) {
  for (std::string_view piece : pieces)
    if (Status status = writeAll(fd, path, piece); !status)
      return status;
  return {};
}

Status writeDirectly(const std::string &path, const Pieces &bytes) {
  Descriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC), true};
  if (file.fd < 0)
    return systemError("open", path);
  return writeAll(file.fd, path, bytes);
}

/// The permissions that open(..., 0666) would give: mkstemp creates files for the owner alone.
mode_t permissionsOfNewFiles() {
  mode_t mask = ::umask(022);
  ::umask(mask);
  return 0666 & ~mask;
}

Status writeTemporary(int fd, const std::string &path, const Pieces &bytes, mode_t mode) {
  if (Status status = writeAll(fd, path, bytes); !status)
    return status;
  if (::fchmod(fd, mode) != 0)
    return systemError("set the permissions of", path);
  return {};
}

} // namespace

Result<std::string> readFile(const std::string &path, uint64_t limit) {
  Descriptor file{path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC), path != "-"};
  if (file.fd < 0)
    return systemError("open", path);
  return readAll(file.fd, path, limit);
}

Status writeFile(const std::string &path, std::string_view bytes) { return writeFile(path, Pieces{bytes}); }

Status writeFile(const std::string &path, const std::vector<std::string_view> &bytes) {
  if (path == "-")
    return writeAll(STDOUT_FILENO, path, bytes);
  struct stat info;
  bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return systemError("write", path);
  }
  if (exists && !S_ISREG(info.st_mode))
    return writeDirectly(path, bytes);

  // A link keeps pointing where it pointed: the file behind it is replaced.
  std::string target = path;
  if (char *real = exists ? ::realpath(path.c_str(), nullptr) : nullptr) {
    target = real;
    ::free(real);
  }
  std::string temporary = target + ".XXXXXX";
  Descriptor file{::mkstemp(temporary.data()), true};
  if (file.fd < 0)
    return systemError("write", path);
  Status status = writeTemporary(file.fd, path, bytes, exists ? info.st_mode & 07777 : permissionsOfNewFiles());
  if (status && ::rename(temporary.c_str(), target.c_str()) != 0)
    status = systemError("write", path);
  if (!status)
    ::unlink(temporary.c_str());
  return status;
}

} // namespace jacquard
