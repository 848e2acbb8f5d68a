// MutationTest.cpp - every field of every frame: another value gives other bits, a value beyond its range an error
//
// Mutation goes over the text, which names each field: no list of fields to forget one in.
#include "RandomConfig.h"

#include "jacquard/Bitstream/Encode.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <sstream>

using namespace jacquard;
using namespace jacquard::bitstream;

namespace {

std::vector<std::string> linesOf(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::string join(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += line + "\n";
  return text;
}

/// "  stages[2].opcode = fma" -> "stages[].opcode"; "" for the name of a frame.
std::string kindOfField(const std::string &line) {
  size_t equals = line.find(" = ");
  if (equals == std::string::npos)
    return "";
  std::string kind;
  for (char c : line.substr(2, equals - 2))
    if (!std::isdigit(uint8_t(c)))
      kind += c;
  return kind;
}

/// Values to try in place of `value`.
std::vector<std::string> alternatives(const std::string &value) {
  if (value == "yes" || value == "no")
    return {value == "yes" ? "no" : "yes"};
  if (value == "none")
    return {"0"};
  if (std::isdigit(uint8_t(value[0])) || value[0] == '-') {
    long long number = std::stoll(value, nullptr, 0);
    return {std::to_string(number + 1), std::to_string(number - 1)};
  }
  return {"f32",  "i32", "fmin",   "fmax",     "iadd",     "isub", "fneg",
          "fabs", "fma", "select", "register", "constant", "mod",  "div"};
}

/// Bits that differ lie within the width of one field. (Where the length differs, fields come or go.)
void expectOneField(const std::vector<uint8_t> &before, const std::vector<uint8_t> &after, const std::string &line) {
  EXPECT_NE(before, after) << line;
  size_t first = SIZE_MAX, last = 0;
  for (size_t bit = 0; before.size() == after.size() && bit < before.size() * 8; ++bit)
    if ((before[bit / 8] ^ after[bit / 8]) >> (bit % 8) & 1) {
      first = std::min(first, bit);
      last = bit;
    }
  if (first != SIZE_MAX) {
    EXPECT_LT(last - first, 64u) << line;
  }
}

} // namespace

TEST(MutationTest, EachFieldChangesItsBits) {
  FabricModel model(*loadArch("tiny"));
  Random random(11);
  std::set<std::string> seen, changed;
  for (int round = 0; round < 6; ++round) {
    SectionConfig config = test::randomSection(random, model, 0.5);
    std::vector<std::string> lines = linesOf(disassembleSection(config, model));
    std::vector<uint8_t> bytes = packSection(config, model);
    for (std::string &line : lines) {
      std::string kind = kindOfField(line);
      if (kind.empty() || changed.count(kind))
        continue;
      seen.insert(kind);
      std::string original = line;
      size_t begin = line.find(" = ") + 3, end = line.find_first_of(" #", begin);
      std::string value = line.substr(begin, end == std::string::npos ? end : end - begin);
      for (const std::string &other : alternatives(value)) {
        if (other == value)
          continue;
        line = original.substr(0, begin) + other;
        if (Result<SectionConfig> mutated = assembleSection(join(lines), model)) {
          expectOneField(bytes, packSection(*mutated, model), line);
          changed.insert(kind);
        }
      }
      line = original;
    }
  }
  // These decide which fields follow, so changing the one line alone gives no text of a frame.
  std::set<std::string> structural;
  for (const char *unit : {"", "access.", "read.", "write."})
    for (const char *field :
         {"counters.extents.count", "registers.count", "ops.count", "used", "indexed", "ops[].kind"})
      structural.insert(std::string(unit) + field);
  for (const char *field : {"wide", "inputs[].used", "outputs[].used", "outputs[].drain", "waitToken", "sendToken",
                            "stages[].accumulate", "sliced"})
    structural.insert(field);
  for (const std::string &kind : seen)
    EXPECT_TRUE(changed.count(kind) || structural.count(kind)) << kind;
  EXPECT_GT(seen.size(), 60u);
}
