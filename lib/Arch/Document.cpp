// Document.cpp - prints a row per field of ArchFields.h
#include "jacquard/Arch/Document.h"

#include "ArchFields.h"

#include <fmt/format.h>

namespace jacquard {
namespace {

class Documenter {
public:
  std::string rows = "| field | allowed | on the example | meaning |\n|---|---|---|---|\n";

  void begin(const char *name) { prefixes.push_back((prefixes.empty() ? "" : prefixes.back()) + name + "."); }
  void end() { prefixes.pop_back(); }
  void text(const char *name, const std::string &value, const char *meaning) {
    row(name, "1 to 64 characters", value, meaning);
  }
  void flag(const char *name, bool value, const char *meaning) {
    row(name, "true, false", value ? "true" : "false", meaning);
  }
  template <typename T> void integer(const char *name, T value, const arch::IntegerRule &rule, const char *meaning) {
    row(name, fmt::format("{} to {}{}", rule.min, rule.max, rule.powerOfTwo ? ", power of two" : ""),
        std::to_string(value), meaning);
  }
  void real(const char *name, double value, const arch::RealRule &rule, const char *meaning) {
    row(name, fmt::format("{} to {}", rule.min, rule.max), fmt::format("{}", value), meaning);
  }
  void opcodes(const std::vector<unsigned> &stages) {
    std::string listed;
    for (unsigned op = 0; op < stages.size(); ++op)
      if (stages[op] != 1)
        listed += fmt::format("{}{} {}", listed.empty() ? "" : ", ", opcodeName(Opcode(op)), stages[op]);
    row("opcodes.default_stages", "1 to compute.stages", "1", "pipeline stages of an operation that is not listed");
    row("opcodes.op { name stages }", "1 to compute.stages", listed,
        "pipeline stages of the operation, each at most once");
  }

private:
  std::vector<std::string> prefixes;

  void row(const char *name, const std::string &allowed, const std::string &value, const char *meaning) {
    rows += fmt::format("| `{}{}` | {} | {} | {} |\n", prefixes.empty() ? "" : prefixes.back(), name, allowed, value,
                        meaning);
  }
};

} // namespace

std::string documentArch(const ArchSpec &example) {
  Documenter documenter;
  arch::visitArch(documenter, example);
  return documenter.rows;
}

} // namespace jacquard
