// ReadArch.cpp - textproto to ArchSpec, every value present and checked, every error located
#include "ArchFields.h"
#include "Presets.h"
#include "arch.pb.h"

#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/File.h"

#include <cassert>
#include <cctype>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <map>

namespace jacquard {
namespace {

namespace pb = google::protobuf;
using pb::TextFormat;

/// Architecture files have a few kilobytes; this keeps a wrong path (a model, a device) from being swallowed.
constexpr uint64_t maxArchFileBytes = 1 << 20;

struct Location {
  int line = 0, column = 0; ///< from 0, as protobuf counts
};

std::string locate(const std::string &file, Location at) {
  return fmt::format("{}:{}:{}: ", file, at.line + 1, at.column + 1);
}

/// Keeps the first syntax error.
class FirstError : public pb::io::ErrorCollector {
public:
  explicit FirstError(const std::string &file) : file(file) {}
  void AddError(int line, pb::io::ColumnNumber column, const std::string &text) override {
    if (message.empty())
      message = locate(file, {line < 0 ? 0 : line, column}) + houseStyle(text);
  }
  std::string message;

private:
  /// protobuf writes sentences: "Expected identifier, got: {."
  static std::string houseStyle(std::string text) {
    if (!text.empty() && text.back() == '.')
      text.pop_back();
    if (text.size() > 1 && std::isupper(uint8_t(text[0])) && !std::isupper(uint8_t(text[1])))
      text[0] = char(std::tolower(uint8_t(text[0])));
    return text;
  }
  const std::string &file;
};

/// Fills an ArchSpec from the message and keeps the first error.
class Reader {
public:
  Reader(const archfile::Arch &root, TextFormat::ParseInfoTree &tree, const std::string &file) : file(file) {
    levels.push_back({&root, &tree, "", {}});
  }

  const std::string &error() const { return message; }

  void begin(const char *name) {
    const Level &top = levels.back();
    const pb::FieldDescriptor *field = find(name, "a block { ... }");
    if (!field) { // the fields inside would all be missing as well
      levels.push_back({nullptr, nullptr, "", {}});
      return;
    }
    levels.push_back({&top.message->GetReflection()->GetMessage(*top.message, field),
                      top.tree->GetTreeForNested(field, -1), pathOf(name) + ".", locationOf(field)});
  }
  void end() { levels.pop_back(); }

  void text(const char *name, std::string &value, const char *) {
    if (const pb::FieldDescriptor *field = find(name, "a string"))
      value = levels.back().message->GetReflection()->GetString(*levels.back().message, field);
  }
  void flag(const char *name, bool &value, const char *) {
    if (const pb::FieldDescriptor *field = find(name, "true or false"))
      value = levels.back().message->GetReflection()->GetBool(*levels.back().message, field);
  }
  template <typename T> void integer(const char *name, T &value, const arch::IntegerRule &rule, const char *) {
    std::string expected = fmt::format("{}{} to {}", rule.powerOfTwo ? "a power of two from " : "", rule.min, rule.max);
    const pb::FieldDescriptor *field = find(name, expected);
    if (!field)
      return;
    int64_t found = levels.back().message->GetReflection()->GetInt64(*levels.back().message, field);
    if (found < rule.min || found > rule.max || (rule.powerOfTwo && (found & (found - 1)) != 0))
      return fail(locationOf(field), fmt::format("{}: {} is not allowed; expected {}", pathOf(name), found, expected));
    value = T(found);
  }
  void real(const char *name, double &value, const arch::RealRule &rule, const char *) {
    std::string expected = fmt::format("{} to {}", rule.min, rule.max);
    const pb::FieldDescriptor *field = find(name, expected);
    if (!field)
      return;
    double found = levels.back().message->GetReflection()->GetDouble(*levels.back().message, field);
    if (!(found >= rule.min && found <= rule.max)) // also NaN
      return fail(locationOf(field), fmt::format("{}: {} is not allowed; expected {}", pathOf(name), found, expected));
    value = found == 0 ? 0.0 : found; // -0 would print differently
  }
  void opcodes(std::vector<unsigned> &stages);

  /// The error of a rule between fields, located at `path`, which has been read.
  void failAt(const std::string &path, const std::string &text) {
    auto found = locations.find(path);
    fail(found == locations.end() ? Location{} : found->second, fmt::format("{}: {}", path, text));
  }

private:
  struct Level {
    const pb::Message *message;
    TextFormat::ParseInfoTree *tree;
    std::string prefix;
    Location at;
  };

  const std::string &file;
  std::string message;
  std::vector<Level> levels;
  std::map<std::string, Location> locations;

  std::string pathOf(const char *name) const { return levels.back().prefix + name; }

  void fail(Location at, const std::string &text) {
    if (message.empty())
      message = locate(file, at) + text;
  }

  Location locationOf(const pb::FieldDescriptor *field, int index = -1) const {
    TextFormat::ParseLocation at = levels.back().tree->GetLocation(field, index);
    return {at.line < 0 ? 0 : at.line, at.column < 0 ? 0 : at.column};
  }

  /// The field when it is there; otherwise reports it as missing at the start of its block.
  const pb::FieldDescriptor *find(const char *name, const std::string &expected) {
    const Level &top = levels.back();
    if (!top.message)
      return nullptr;
    const pb::FieldDescriptor *field = top.message->GetDescriptor()->FindFieldByName(name);
    assert(field && "ArchFields.h and arch.proto disagree");
    if (!top.message->GetReflection()->HasField(*top.message, field)) {
      fail(top.at, fmt::format("{} is missing; expected {}", pathOf(name), expected));
      return nullptr;
    }
    locations[pathOf(name)] = locationOf(field);
    return field;
  }
};

void Reader::opcodes(std::vector<unsigned> &stages) {
  begin("opcodes");
  unsigned standard = 1;
  const arch::IntegerRule rule{1, 32};
  integer("default_stages", standard, rule, "");
  stages.assign(numOpcodes(), standard);
  if (!levels.back().message)
    return end();
  const auto &block = static_cast<const archfile::Opcodes &>(*levels.back().message);
  const pb::FieldDescriptor *list = block.GetDescriptor()->FindFieldByName("op");
  std::vector<bool> listed(numOpcodes());
  for (int i = 0; i < block.op_size(); ++i) {
    Level entry{&block.op(i), levels.back().tree->GetTreeForNested(list, i), fmt::format("opcodes.op[{}].", i),
                locationOf(list, i)};
    levels.push_back(entry);
    std::string name;
    unsigned count = standard;
    text("name", name, "");
    integer("stages", count, rule, "");
    std::optional<Opcode> op = opcodeFromName(name);
    if (!op)
      fail(entry.at, fmt::format("{}name: '{}' is not an operation; expected a name of Opcodes.def such as 'fdiv'",
                                 entry.prefix, name));
    else if (listed[unsigned(*op)])
      fail(entry.at, fmt::format("{}name: '{}' is listed twice; expected each operation once", entry.prefix, name));
    else {
      listed[unsigned(*op)] = true;
      stages[unsigned(*op)] = count;
      locations[fmt::format("opcodes.{}", name)] = entry.at;
    }
    levels.pop_back();
  }
  end();
}

void checkLabel(const char *field, const std::string &text, Reader &reader) {
  if (text.empty() || text.size() > 64)
    reader.failAt(field, fmt::format("a text of {} characters is not allowed; expected 1 to 64", text.size()));
}

void checkDram(const DramSpec &dram, Reader &reader) {
  if (dram.rowBytes < dram.burstBytes)
    reader.failAt("dram.row_bytes", fmt::format("{} is smaller than a burst of {} bytes; expected at least one burst",
                                                dram.rowBytes, dram.burstBytes));
  if (dram.capacityBytes % dram.burstBytes != 0)
    reader.failAt("dram.capacity_bytes", fmt::format("{} is not a whole number of bursts; expected a multiple of {}",
                                                     dram.capacityBytes, dram.burstBytes));
  if (dram.banksPerChannel % dram.ranks != 0)
    reader.failAt("dram.ranks", fmt::format("{} banks cannot be divided among {} ranks; expected a divisor of {}",
                                            dram.banksPerChannel, dram.ranks, dram.banksPerChannel));
  if (dram.rowActive < dram.activate)
    reader.failAt("dram.row_active",
                  fmt::format("{} is less than dram.activate; expected at least {}", dram.rowActive, dram.activate));
  if (dram.fourActivates < dram.activateToActivate)
    reader.failAt("dram.four_activates", fmt::format("{} is less than dram.activate_to_activate; expected at least {}",
                                                     dram.fourActivates, dram.activateToActivate));
  if (dram.refreshTime >= dram.refreshInterval)
    reader.failAt("dram.refresh_time", fmt::format("{} leaves no time between refreshes; expected less than {}",
                                                   dram.refreshTime, dram.refreshInterval));
  if (dram.writeBatchStart > dram.queueDepth)
    reader.failAt("dram.write_batch_start", fmt::format("{} writes never wait in a queue of {}; expected at most {}",
                                                        dram.writeBatchStart, dram.queueDepth, dram.queueDepth));
  if (dram.writeBatchEnd >= dram.writeBatchStart)
    reader.failAt("dram.write_batch_end", fmt::format("{} is not less than dram.write_batch_start; expected at most {}",
                                                      dram.writeBatchEnd, dram.writeBatchStart - 1));
}

/// Rules between fields: what keeps addresses, frames and geometry sound.
void checkRelations(const ArchSpec &spec, Reader &reader) {
  checkLabel("name", spec.name, reader);
  if (unsigned limit = 2 * spec.rows * arch::maxPortsPerEdgeSwitch; spec.dramPort.count > limit)
    reader.failAt("dram_port.count", fmt::format("{} ports do not fit beside {} rows; expected 1 to {}",
                                                 spec.dramPort.count, spec.rows, limit));
  if (spec.memory.bytes() > (uint64_t(1) << 28))
    reader.failAt("memory.bank_bytes",
                  fmt::format("{} banks of {} bytes are not allowed; expected at most {} bytes in all",
                              spec.memory.banks, spec.memory.bankBytes, 1 << 28));
  checkDram(spec.dram, reader);
  checkLabel("energy.source", spec.energy.source, reader);
  unsigned wide = spec.compute.wideLanes;
  if (wide * 2 > spec.compute.lanes || (wide & (wide - 1)) != 0)
    reader.failAt("compute.wide_lanes",
                  fmt::format("{} is not allowed; expected 0 or a power of two of at most {}, half "
                              "of compute.lanes",
                              wide, spec.compute.lanes / 2));
  for (unsigned op = 0; op < numOpcodes(); ++op) {
    if (spec.opcodeStages[op] <= spec.compute.stages)
      continue;
    std::string name(opcodeName(Opcode(op)));
    reader.failAt("opcodes." + name, fmt::format("{} stages do not fit into a compute unit; expected 1 to {}",
                                                 spec.opcodeStages[op], spec.compute.stages));
  }
}

} // namespace

Result<ArchSpec> parseArch(std::string_view text, const std::string &fileName) {
  if (text.size() > maxArchFileBytes)
    return numbered(Diag::ArchSyntax,
                    fmt::format("{}: {} bytes are too many for an architecture file; expected at most {}", fileName,
                                text.size(), maxArchFileBytes));
  archfile::Arch root;
  TextFormat::ParseInfoTree tree;
  FirstError errors(fileName);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(16);
  if (!parser.ParseFromString(std::string(text), &root) || !errors.message.empty())
    return numbered(Diag::ArchSyntax, errors.message.empty() ? fileName + ": not a textproto" : errors.message);

  ArchSpec spec;
  Reader reader(root, tree, fileName);
  arch::visitArch(reader, spec);
  if (reader.error().empty())
    checkRelations(spec, reader);
  if (!reader.error().empty())
    return numbered(Diag::ArchValue, reader.error());
  return spec;
}

Result<ArchSpec> loadArch(const std::string &nameOrPath) {
  std::string names;
  for (const arch::Preset &preset : arch::presets()) {
    if (preset.name == nameOrPath)
      return parseArch(preset.text, fmt::format("{}.textproto", preset.name));
    names += fmt::format("{}{}", names.empty() ? "" : ", ", preset.name);
  }
  Result<std::string> text = readFile(nameOrPath, maxArchFileBytes);
  if (!text)
    return numbered(Diag::UnknownArch, fmt::format("no architecture '{}': it is not a preset ({}), and as a file: {}",
                                                   nameOrPath, names, text.error()));
  return parseArch(*text, nameOrPath);
}

std::vector<std::string> archPresetNames() {
  std::vector<std::string> names;
  for (const arch::Preset &preset : arch::presets())
    names.emplace_back(preset.name);
  return names;
}

} // namespace jacquard
