// PrintArch.cpp - the canonical text of an ArchSpec, and the fingerprint over it
#include "ArchFields.h"

#include "jacquard/Support/Hash.h"

#include <charconv>
#include <fmt/format.h>

namespace jacquard {
namespace {

/// Shortest decimal that reads back as the same double.
std::string printReal(double value) {
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    if (uint8_t(c) < 0x20 || uint8_t(c) >= 0x7f)
      quoted += fmt::format("\\{:03o}", uint8_t(c));
    else
      quoted += c;
  }
  return quoted + '"';
}

class Printer {
public:
  std::string canonical;

  void begin(const char *name) {
    line("{} {{", name);
    indent += 2;
  }
  void end() {
    indent -= 2;
    line("}}");
  }
  void text(const char *name, const std::string &value, const char *) { line("{}: {}", name, quote(value)); }
  void flag(const char *name, bool value, const char *) { line("{}: {}", name, value); }
  template <typename T> void integer(const char *name, T value, const arch::IntegerRule &, const char *) {
    line("{}: {}", name, value);
  }
  void real(const char *name, double value, const arch::RealRule &, const char *) {
    line("{}: {}", name, printReal(value));
  }
  void opcodes(const std::vector<unsigned> &stages) {
    begin("opcodes");
    line("default_stages: 1");
    for (unsigned op = 0; op < stages.size(); ++op)
      if (stages[op] != 1)
        line("op {{ name: {} stages: {} }}", quote(opcodeName(Opcode(op))), stages[op]);
    end();
  }

private:
  unsigned indent = 0;

  template <typename... Args> void line(fmt::format_string<Args...> format, Args &&...args) {
    canonical.append(indent, ' ');
    canonical += fmt::format(format, std::forward<Args>(args)...);
    canonical += '\n';
  }
};

} // namespace

std::string printArch(const ArchSpec &spec) {
  Printer printer;
  arch::visitArch(printer, spec);
  return printer.canonical;
}

uint64_t archFingerprint(const ArchSpec &spec) { return hash64(printArch(spec)); }

} // namespace jacquard
