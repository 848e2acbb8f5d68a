// Text.cpp - section configuration <-> text, one field per line
//
// A frame begins with its name, its fields follow in frame order as "path = value"; frames that are not there are not
// mentioned. '#' starts a comment. The order is fixed: the text is the frame, readable.
#include "Layout.h"

#include "jacquard/Bitstream/Encode.h"

#include "jacquard/Support/Diagnostics.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace jacquard::bitstream {
namespace {

std::string printValue(const Field &field, int64_t value) {
  switch (field.notation) {
  case Notation::Decimal:
  case Notation::Select:
    return std::to_string(value);
  case Notation::Hex:
    return fmt::format("{:#x}", value);
  case Notation::Flag:
    return value ? "yes" : "no";
  case Notation::Name:
    return std::string(field.nameOf(unsigned(value)));
  case Notation::Level:
    return value < 0 ? "none" : std::to_string(value);
  }
  return "";
}

std::optional<int64_t> parseNumber(std::string_view text) {
  int base = 10;
  if (text.substr(0, 2) == "0x") {
    text.remove_prefix(2);
    base = 16;
  }
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<int64_t> parseValue(const Field &field, std::string_view text) {
  if (field.notation == Notation::Flag)
    return text == "yes" ? std::optional<int64_t>(1) : text == "no" ? std::optional<int64_t>(0) : std::nullopt;
  if (field.notation == Notation::Level && text == "none")
    return -1;
  if (field.notation == Notation::Name) {
    for (int64_t value = field.min; value <= field.max; ++value)
      if (field.nameOf(unsigned(value)) == text)
        return value;
    return std::nullopt;
  }
  return parseNumber(text);
}

/// What the text may say here, for messages.
std::string describeRange(const Field &field) {
  if (field.notation == Notation::Flag)
    return "yes or no";
  if (field.notation == Notation::Name)
    return fmt::format("a name such as '{}'", field.nameOf(unsigned(field.max)));
  return fmt::format("{}{} to {}", field.notation == Notation::Level ? "none or " : "", field.bias ? 0 : field.min,
                     field.max);
}

class Disassembler : public FieldVisitor {
public:
  using FieldVisitor::FieldVisitor;
  std::string text;

  void value(const Field &field, int64_t &value) override {
    std::string line = fmt::format("  {} = {}", pathTo(field.name), printValue(field, value));
    text += field.notation == Notation::Select ? fmt::format("{:<20}# {}\n", line, route(value)) : line + "\n";
  }
  bool present(bool is) override {
    selects = 0;
    if (is)
      text += describeFrame(model, frame) + "\n";
    return is;
  }

private:
  size_t selects = 0; ///< sinks of this switch seen so far

  std::string route(int64_t select) {
    const SwitchModel &ports = model.switchModel(frame.index, frame.net);
    std::string sink = describePort(model, ports.sinks[selects++], false);
    return select == 0 ? sink : sink + " <- " + describePort(model, ports.sources[size_t(select - 1)], true);
  }
};

class Assembler : public FieldVisitor {
public:
  Assembler(const FabricModel &model, std::string_view text) : FieldVisitor(model), rest(text) { next(); }

  void value(const Field &field, int64_t &value) override {
    if (!failed())
      read(field, value);
    if (failed())
      value = std::clamp<int64_t>(0, std::min(field.min, field.max), std::max(field.min, field.max));
  }
  bool present(bool) override {
    if (failed() || line != describeFrame(model, frame))
      return false;
    next();
    return true;
  }
  void finish() {
    if (!failed() && !line.empty())
      complain(
          fmt::format("'{}' is not expected here; expected the end or a frame in order of sites, then switches", line));
  }

private:
  std::string_view rest, line;
  unsigned number = 0; ///< of `line`, from 1

  static std::string_view trim(std::string_view text) {
    size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
      return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
  }

  /// Steps to the next line that says something; an empty `line` is the end.
  void next() {
    line = {};
    while (line.empty() && !rest.empty()) {
      size_t end = rest.find('\n');
      std::string_view raw = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      line = trim(raw.substr(0, raw.find('#')));
      ++number;
    }
  }

  void complain(const std::string &text) {
    if (message.empty())
      message = fmt::format("line {}: {}", number, text);
  }

  void read(const Field &field, int64_t &value) {
    std::string path = pathTo(field.name);
    size_t equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(0, equals)) != path)
      return complain(fmt::format("'{}' found; expected '{} = ...' of {}", line, path, describeFrame(model, frame)));
    std::string_view text = trim(line.substr(equals + 1));
    std::optional<int64_t> parsed = parseValue(field, text);
    if (!parsed)
      return complain(fmt::format("{}: '{}' is not a value; expected {}", path, text, describeRange(field)));
    value = *parsed;
    if (!checkRange(field, value))
      message = fmt::format("line {}: {}", number, message);
    next();
  }
};

} // namespace

std::string disassembleSection(const SectionConfig &config, const FabricModel &model) {
  Disassembler disassembler(model);
  visitSection(disassembler, config, model);
  return std::move(disassembler.text);
}

Result<SectionConfig> assembleSection(std::string_view text, const FabricModel &model) {
  Assembler assembler(model, text);
  SectionConfig config;
  visitSection(assembler, config, model);
  assembler.finish();
  if (assembler.failed())
    return numbered(Diag::BitstreamText, assembler.error());
  if (Status status = verifyConfig(config, model); !status)
    return status.takeError();
  return config;
}

} // namespace jacquard::bitstream
