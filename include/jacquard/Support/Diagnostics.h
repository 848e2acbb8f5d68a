// Diagnostics.h - numbered errors: a message carries "[JQ1101] ", which leads to its cause and cure
#ifndef JACQUARD_SUPPORT_DIAGNOSTICS_H
#define JACQUARD_SUPPORT_DIAGNOSTICS_H

#include "jacquard/Support/Result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jacquard {

/// The numbers of Diagnostics.def.
enum class Diag : unsigned {
#define JACQUARD_DIAGNOSTIC(name, number, title, cause, cure) name = number,
#include "jacquard/Support/Diagnostics.def"
};

struct DiagnosticInfo {
  unsigned number;
  const char *title, *cause, *cure;
  std::string code() const { return "JQ" + std::to_string(number); }
};

/// All of them, by number.
const std::vector<DiagnosticInfo> &allDiagnostics();

/// "[JQ1101] ": goes before the text of an error where it arises.
std::string tag(Diag diagnostic);

/// An error with its tag, in place of any that the text has.
Error numbered(Diag diagnostic, const std::string &text);
/// The same, but what has a tag somewhere inside keeps that one, moved to the front.
Error numberedUnlessInside(Diag diagnostic, const std::string &text);

/// The message with its first tag moved to the front, further ones dropped: what is found deep inside a message belongs
/// to all of it.
std::string withTagInFront(std::string_view message);

/// The same as one line for a terminal: control characters, which names in files may have, are spelled out ("\\x1B").
std::string messageLine(std::string_view message);

/// Cause and cure of "JQ1101" (upper or lower case, also without JQ); nothing when there is no such number.
std::optional<DiagnosticInfo> findDiagnostic(std::string_view code);

/// The table of docs/Diagnostics.md.
std::string documentDiagnostics();

} // namespace jacquard

#endif // JACQUARD_SUPPORT_DIAGNOSTICS_H
