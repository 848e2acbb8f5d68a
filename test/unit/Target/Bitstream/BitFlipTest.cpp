// BitFlipTest.cpp - no bit of a section is without meaning: one that flips is rejected or says something else
//
// Works below the checksums of the file, which would find every flip: here each is followed by checksums that are
// right.
#include "NormalForm.h"
#include "SmallPrograms.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Runtime/Random.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/Random.h"
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>

using namespace jacquard;
using namespace jacquard::test;

namespace {

/// What a user sees of a run.
struct Outcome {
  std::string error;
  std::map<std::string, std::vector<uint8_t>> outputs;
  std::string statistics;

  bool sameAs(const Outcome &other) const {
    return error == other.error && outputs == other.outputs && statistics == other.statistics;
  }
};

std::string describe(const sim::Statistics &statistics) {
  std::string text = std::to_string(statistics.cycles);
  for (const sim::SectionStatistics &section : statistics.sections) {
    for (uint64_t number : {section.configurationCycles, section.multiplyAdds, section.dramReadBytes,
                            section.dramWriteBytes, section.rowHits, section.rowMisses, section.bankConflictCycles})
      text += " " + std::to_string(number);
    for (const sim::UnitStatistics &unit : section.units) {
      text += "\n" + std::to_string(unit.site) + ": " + std::to_string(unit.firings);
      for (uint64_t cycles : unit.cycles)
        text += " " + std::to_string(cycles);
    }
  }
  return text;
}

/// The name of the first field in which two disassemblies differ, without its indices.
std::string firstDifference(llvm::StringRef before, llvm::StringRef after) {
  llvm::SmallVector<llvm::StringRef> left, right;
  before.split(left, '\n');
  after.split(right, '\n');
  auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  llvm::StringRef line = b != right.end() ? *b : "";
  std::string name;
  for (char c : line.split(" = ").first.trim())
    if (!llvm::isDigit(c))
      name += c;
  return name;
}

class BitFlipTest : public testing::TestWithParam<SmallProgram> {
protected:
  BitFlipTest() : context(makeRegistry(), mlir::MLIRContext::Threading::DISABLED) {}

  void SetUp() override {
    module = compileUntil(context, GetParam().text, "tiny");
    ASSERT_TRUE(module);
    model = fabric::loadFabricModel(deviceOf(*module), "tiny");
    ASSERT_TRUE(model);
    auto translated = translateToBitstream(deviceOf(*module), {});
    ASSERT_TRUE(succeeded(translated));
    program = *translated;
    bits = bitstream::packSection(program.sections[0].config, *model);
    normal = describeConfig(program.sections[0].config);
  }

  Result<bitstream::SectionConfig> flip(size_t bit) {
    std::vector<uint8_t> flipped = bits;
    flipped[bit / 8] ^= 1u << (bit % 8);
    auto config = bitstream::unpackSection(flipped, *model);
    if (config) {
      EXPECT_EQ(bitstream::packSection(*config, *model), flipped) << "two encodings of one configuration, bit " << bit;
    }
    return config;
  }

  /// Runs the program with `config` in its first section, by way of a file with good checksums.
  Outcome run(const bitstream::SectionConfig &config, uint64_t maxCycles) {
    bitstream::Program changed = program;
    changed.sections[0].config = config;
    auto bytes = bitstream::writeProgram(changed);
    EXPECT_TRUE(bool(bytes)) << bytes.error();
    auto read = bitstream::readProgram(*bytes);
    EXPECT_TRUE(bool(read)) << read.error();
    std::map<std::string, Tensor> inputs;
    for (const bitstream::TensorSymbol &symbol : read->inputs)
      inputs[symbol.name] = runtime::randomTensor(symbol, 3);
    sim::Options options;
    if (numRuns++ % 4 == 0)
      options.engine = sim::EngineKind::Both; // whatever the bits say, they have to agree
    options.maxCycles = maxCycles;
    auto result = sim::simulate(*read, inputs, options);
    if (!result)
      return {result.error(), {}, ""};
    Outcome outcome{"", {}, describe(result->statistics)};
    for (auto &[name, tensor] : result->outputs)
      outcome.outputs[name] = tensor.bytes;
    return outcome;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::shared_ptr<const FabricModel> model;
  bitstream::Program program;
  std::vector<uint8_t> bits; ///< of the first section
  std::string normal;        ///< its configuration
  unsigned numRuns = 0;
};

std::string nameOf(const testing::TestParamInfo<SmallProgram> &info) { return info.param.name.str(); }

} // namespace

TEST_P(BitFlipTest, EveryFlipIsRejectedOrDecodesToSomethingElse) {
  size_t rejected = 0;
  for (size_t bit = 0; bit < bits.size() * 8; ++bit) {
    auto config = flip(bit);
    if (!config) {
      EXPECT_FALSE(config.error().empty());
      ++rejected;
    } else {
      EXPECT_NE(describeConfig(*config), normal) << "bit " << bit << " has no meaning";
    }
  }
  std::cout << GetParam().name.str() << ": " << bits.size() * 8 << " flips, " << rejected << " rejected, "
            << bits.size() * 8 - rejected << " decode to another configuration\n";
}

TEST_P(BitFlipTest, LiftingAFlippedSectionFailsOrGivesTheFlippedSection) {
  mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) { return mlir::success(); });
  fabric::DeviceOp device = deviceOf(*module);
  std::string original = describeSection(*device.getBody().front().getOps<fabric::SectionOp>().begin(), *model);
  size_t decoded = 0, lifted = 0;
  for (size_t bit = 0; bit < bits.size() * 8; ++bit) {
    auto config = flip(bit);
    if (!config)
      continue;
    ++decoded;
    auto section = liftSection(device, *config, *model, "flipped");
    if (failed(section))
      continue;
    ++lifted;
    EXPECT_NE(describeSection(*section, *model), original) << "bit " << bit << " is not in the IR";
    auto again = configureSection(*section, *model);
    ASSERT_TRUE(succeeded(again)) << "bit " << bit;
    EXPECT_EQ(describeConfig(*again), describeConfig(*config)) << "bit " << bit;
    section->erase();
  }
  std::cout << GetParam().name.str() << ": " << decoded << " decoded, " << lifted << " lifted, " << decoded - lifted
            << " reported as inconsistent\n";
}

TEST_P(BitFlipTest, SimulationNoticesMostFlips) {
  constexpr unsigned sample = 300;
  Outcome original = run(program.sections[0].config, 0);
  ASSERT_EQ(original.error, "");
  EXPECT_TRUE(run(program.sections[0].config, 0).sameAs(original)) << "runs differ without any flip";
  std::vector<size_t> order(bits.size() * 8);
  for (size_t bit = 0; bit < order.size(); ++bit)
    order[bit] = bit;
  Random(5).shuffle(order);
  std::string text = bitstream::disassembleSection(program.sections[0].config, *model);
  unsigned runs = 0, unnoticed = 0;
  std::map<std::string, unsigned> exceptions;
  for (size_t bit : order) {
    if (runs == sample)
      break;
    auto config = flip(bit);
    if (!config)
      continue;
    ++runs;
    if (!run(*config, 20000).sameAs(original))
      continue;
    ++unnoticed;
    ++exceptions[firstDifference(text, bitstream::disassembleSection(*config, *model))];
  }
  std::cout << GetParam().name.str() << ": " << runs << " runs, " << unnoticed << " like the original";
  for (auto &[field, count] : exceptions)
    std::cout << ", " << count << " x " << field;
  std::cout << "\n";
  EXPECT_GE(runs, sample);
  EXPECT_LT(2 * unnoticed, runs) << "most flips make no difference to a run";
}

INSTANTIATE_TEST_SUITE_P(SmallPrograms, BitFlipTest, testing::ValuesIn(smallPrograms().begin(), smallPrograms().end()),
                         nameOf);
