// File.h - whole files in and out, with messages that name the file
#ifndef JACQUARD_SUPPORT_FILE_H
#define JACQUARD_SUPPORT_FILE_H

#include "jacquard/Support/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jacquard {

/// Largest file that readFile takes unless the caller says otherwise: 16 GiB.
constexpr uint64_t defaultFileLimit = uint64_t(1) << 34;

/// The bytes of the file at `path`; "-" reads standard input. Errors: "cannot open 'x': No such file or directory", or
/// more than `limit` bytes (found while reading, so that pipes and devices are bounded too).
Result<std::string> readFile(const std::string &path, uint64_t limit = defaultFileLimit);

/// Writes `bytes` to `path`; "-" writes standard output. A regular file is replaced at once: the bytes go to a
/// temporary file in the same folder, which is renamed over `path` or, on failure, removed. Devices and pipes are
/// written directly.
Status writeFile(const std::string &path, std::string_view bytes);
/// The same for bytes in pieces, one after the other.
Status writeFile(const std::string &path, const std::vector<std::string_view> &pieces);

} // namespace jacquard

#endif // JACQUARD_SUPPORT_FILE_H
