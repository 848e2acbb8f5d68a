// Diagnostics.cpp - the table of numbered errors, and tags in messages
#include "jacquard/Support/Diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace jacquard {

const std::vector<DiagnosticInfo> &allDiagnostics() {
  static const std::vector<DiagnosticInfo> all = {
#define JACQUARD_DIAGNOSTIC(name, number, title, cause, cure) {number, title, cause, cure},
#include "jacquard/Support/Diagnostics.def"
  };
  return all;
}

std::string tag(Diag diagnostic) { return "[JQ" + std::to_string(unsigned(diagnostic)) + "] "; }

namespace {

constexpr size_t tagLength = 9; // "[JQ1101] "

bool isTag(std::string_view text) {
  return text.size() >= tagLength && text.substr(0, 3) == "[JQ" && text.substr(7, 2) == "] " &&
         std::all_of(text.begin() + 3, text.begin() + 7, [](unsigned char c) { return std::isdigit(c); });
}

size_t findTag(std::string_view message, size_t from) {
  for (size_t at = message.find("[JQ", from); at != std::string_view::npos; at = message.find("[JQ", at + 1))
    if (isTag(message.substr(at)))
      return at;
  return std::string_view::npos;
}

} // namespace

Error numbered(Diag diagnostic, const std::string &text) { return Error{withTagInFront(tag(diagnostic) + text)}; }

Error numberedUnlessInside(Diag diagnostic, const std::string &text) {
  return findTag(text, 0) == std::string::npos ? numbered(diagnostic, text) : Error{withTagInFront(text)};
}

std::string withTagInFront(std::string_view message) {
  size_t first = findTag(message, 0);
  if (first == std::string_view::npos)
    return std::string(message);
  std::string result(message.substr(first, tagLength));
  size_t from = 0;
  for (size_t at = first; at != std::string_view::npos; at = findTag(message, from)) {
    result += message.substr(from, at - from);
    from = at + tagLength;
  }
  result += message.substr(from);
  return result;
}

std::string messageLine(std::string_view message) {
  std::string line;
  for (char c : withTagInFront(message))
    line += std::iscntrl(static_cast<unsigned char>(c)) ? fmt::format("\\x{:02X}", unsigned(c)) : std::string(1, c);
  return line;
}

std::optional<DiagnosticInfo> findDiagnostic(std::string_view code) {
  if (code.size() >= 2 && std::toupper(code[0]) == 'J' && std::toupper(code[1]) == 'Q')
    code.remove_prefix(2);
  for (const DiagnosticInfo &info : allDiagnostics())
    if (std::to_string(info.number) == code)
      return info;
  return std::nullopt;
}

std::string documentDiagnostics() {
  std::string page;
  for (const DiagnosticInfo &info : allDiagnostics())
    page +=
        "### " + info.code() + ": " + info.title + "\n\n*Cause.* " + info.cause + "\n\n*Cure.* " + info.cure + "\n\n";
  return page;
}

} // namespace jacquard
