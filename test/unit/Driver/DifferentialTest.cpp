// DifferentialTest.cpp - random `pat` programs on the host and, with both engines, on the simulated fabric
#include "../Dialect/Pat/RandomProgram.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Driver/Compare.h"
#include "jacquard/InitAll.h"
#include "jacquard/Pipeline/Fit.h"
#include "jacquard/Pipeline/Stages.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/Random.h"
#include "jacquard/Target/Bitstream/BitstreamTarget.h"
#include "jacquard/Target/Host/HostExecutor.h"

#include "gtest/gtest.h"

#include <cstdio>
#include <cstdlib>

using namespace mlir;
using namespace jacquard;

namespace {

/// How many programs a test tries: JACQUARD_RANDOM_PROGRAMS, or enough for a second or two.
unsigned numPrograms() {
  const char *text = std::getenv("JACQUARD_RANDOM_PROGRAMS");
  return text ? unsigned(std::atoi(text)) : 25;
}

/// The first seed of `otherwise`, or further ones: JACQUARD_RANDOM_SEED is added.
uint64_t firstSeed(uint64_t otherwise) {
  const char *text = std::getenv("JACQUARD_RANDOM_SEED");
  return otherwise + (text ? std::strtoull(text, nullptr, 10) : 0);
}

test::RandomProgramOptions optionsOf(bool allTypes, bool extended) {
  test::RandomProgramOptions options;
  options.hostOnly = false;
  options.allTypes = allTypes;
  options.extended = extended;
  return options;
}

/// `module` after all stages, with the first mapping that fits; null when none does.
OwningOpRef<ModuleOp> compile(ModuleOp module, const std::string &arch) {
  PipelineOptions options;
  options.arch = arch;
  ScopedDiagnosticHandler quiet(module.getContext(), [](Diagnostic &) { return success(); });
  OwningOpRef<ModuleOp> result = module.clone();
  auto run = [&](auto &&stages) {
    PassManager passes(module.getContext());
    for (Stage stage : stages)
      populateStage(stage, passes, options);
    return succeeded(passes.run(*result));
  };
  bool ok = run(ArrayRef(allStages()).take_front(2)) &&
            runUntilItFits(result, [&](bool) { return run(ArrayRef(allStages()).drop_front(2)); });
  return ok ? std::move(result) : OwningOpRef<ModuleOp>();
}

/// Compiles a copy of `module` and simulates the bytes of its bitstream; "" or why that failed.
std::string simulate(ModuleOp module, const std::string &arch, ArrayRef<Tensor> inputs,
                     std::map<std::string, Tensor> &outputs) {
  OwningOpRef<ModuleOp> copy = compile(module, arch);
  if (!copy)
    return "does not compile";
  auto program = translateToBitstream(*copy->getOps<fabric::DeviceOp>().begin(), {});
  if (failed(program))
    return "does not translate";
  auto bytes = bitstream::writeProgram(*program);
  if (!bytes)
    return bytes.error();
  auto decoded = bitstream::readProgram(*bytes);
  if (!decoded)
    return decoded.error();
  std::map<std::string, Tensor> arguments;
  for (auto [number, tensor] : llvm::enumerate(inputs))
    arguments["arg" + std::to_string(number)] = tensor;
  std::map<std::string, Tensor> used;
  for (const auto &symbol : decoded->inputs)
    used[symbol.name] = arguments[symbol.name];
  sim::Options options;
  options.engine = sim::EngineKind::Both; // they have to agree in everything
  auto result = sim::simulate(*decoded, used, options);
  if (!result)
    return result.error();
  outputs = std::move(result->outputs);
  return "";
}

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

void compareTargets(const std::string &arch, uint64_t firstSeed, unsigned count, bool allTypes = false,
                    bool extended = false) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  test::RandomProgramOptions options = optionsOf(allTypes, extended);
  driver::Tolerance tolerance; // the fabric fuses multiply-adds
  if (allTypes)
    tolerance.relative = 0x1p-7; // which may round a bf16 the other way
  tolerance.ofLargest = true;
  for (uint64_t seed = firstSeed; seed < firstSeed + count; ++seed) {
    OwningOpRef<ModuleOp> module = test::randomProgram(context, seed, options);
    SmallVector<Tensor> inputs = test::randomInputs(*module, seed);
    auto expected = host::executeOnHost(*module, "main", inputs);
    ASSERT_TRUE(succeeded(expected)) << "seed " << seed;
    std::map<std::string, Tensor> found;
    std::string error = simulate(*module, arch, inputs, found);
    EXPECT_EQ(error, "") << "seed " << seed << "\n" << print(*module);
    if (!error.empty())
      continue;
    for (auto [number, tensor] : llvm::enumerate(*expected)) {
      driver::Difference difference = driver::compare(found["result" + std::to_string(number)], tensor, tolerance);
      EXPECT_TRUE(difference.within) << "seed " << seed << " result " << number << ": " << difference.problem;
    }
  }
}

TEST(DifferentialTest, HostAndPlasticineAgree) { compareTargets("plasticine", firstSeed(1), numPrograms()); }

TEST(DifferentialTest, HostAndPlasticineAgreeOnAllTypes) {
  compareTargets("plasticine", firstSeed(3001), numPrograms(), true);
}

TEST(DifferentialTest, HostAndPlasticineAgreeOnMorePrograms) {
  compareTargets("plasticine", firstSeed(4001), numPrograms(), true, true);
}

TEST(DifferentialTest, HostAndTinyAgree) { compareTargets("tiny", firstSeed(2001), numPrograms()); }

TEST(DifferentialTest, HostAndTinyAgreeOnMorePrograms) {
  compareTargets("tiny", firstSeed(5001), numPrograms(), false, true);
}

TEST(DifferentialTest, HostAndSaraAgree) { compareTargets("sara", firstSeed(1001), numPrograms()); }

/// Found by this test: a fold that uses what its map computes was spread over slots that it cannot have.
TEST(DifferentialTest, FoldUsesValuesOfItsMap) { compareTargets("sara", 1148, 1); }

/// Found by this test: where dimensions were merged that a checked access tells apart, what it depends on was asked before
/// it was known.
TEST(DifferentialTest, MergesDimensionsOfCheckedAccesses) { compareTargets("tiny", 7002007, 1); }

/// The architecture with every FIFO, queue and ring at random between 1 and what it had (or no queue for reads in the
/// background) and with longer links, written to a file; its path.
std::string shrunkArch(const std::string &arch, uint64_t seed) {
  Result<ArchSpec> spec = loadArch(arch);
  EXPECT_TRUE(spec);
  Random random(seed);
  for (unsigned *entries : {&spec->network.inputFifoDepth, &spec->compute.outputFifoDepth,
                            &spec->memory.outputFifoDepth, &spec->memory.maxBuffers, &spec->dramPort.outputFifoDepth,
                            &spec->dramPort.outstandingBursts, &spec->dram.queueDepth})
    *entries = unsigned(random.between(1, random.chance(0.5) ? std::min(*entries, 2u) : *entries));
  spec->dram.writeBatchStart = std::min(spec->dram.writeBatchStart, spec->dram.queueDepth);
  spec->dram.writeBatchEnd = std::min(spec->dram.writeBatchEnd, spec->dram.writeBatchStart - 1);
  spec->dram.backgroundQueueDepth = unsigned(random.between(0, 4));
  spec->network.hopLatency = unsigned(random.between(1, 8));
  spec->network.hopBufferDepth = unsigned(random.between(1, 4));
  const std::string path = testing::TempDir() + "shrunk-" + std::to_string(seed) + ".textproto";
  EXPECT_TRUE(writeFile(path, printArch(*spec)));
  return path;
}

/// With less room, and longer links, a program is slower, is refused or stands still; what it computes stays right.
void compareShrunk(const std::string &arch, uint64_t firstSeed) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  driver::Tolerance tolerance;
  tolerance.ofLargest = true;
  unsigned ran = 0;
  for (uint64_t seed = firstSeed; seed < firstSeed + numPrograms(); ++seed) {
    OwningOpRef<ModuleOp> module = test::randomProgram(context, seed, optionsOf(false, seed % 2));
    SmallVector<Tensor> inputs = test::randomInputs(*module, seed);
    auto expected = host::executeOnHost(*module, "main", inputs);
    ASSERT_TRUE(succeeded(expected)) << "seed " << seed;
    const std::string path = shrunkArch(arch, seed);
    std::map<std::string, Tensor> found;
    const std::string error = simulate(*module, path, inputs, found);
    std::remove(path.c_str());
    EXPECT_TRUE(error.empty() || error == "does not compile" || error.find("deadlock in section '") == 0)
        << "seed " << seed << ": " << error << "\n"
        << print(*module);
    if (!error.empty())
      continue;
    ++ran;
    for (auto [number, tensor] : llvm::enumerate(*expected)) {
      driver::Difference difference = driver::compare(found["result" + std::to_string(number)], tensor, tolerance);
      EXPECT_TRUE(difference.within) << "seed " << seed << " result " << number << ": " << difference.problem;
    }
  }
  EXPECT_GT(2 * ran, numPrograms()) << "most programs should run with little room";
}

TEST(DifferentialTest, ShrunkTinyIsNeverWrong) { compareShrunk("tiny", firstSeed(6001)); }

TEST(DifferentialTest, ShrunkPlasticineIsNeverWrong) { compareShrunk("plasticine", firstSeed(7001)); }

} // namespace
