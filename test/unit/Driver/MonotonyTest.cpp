// MonotonyTest.cpp - more of the machine, or more effort, never costs cycles
//
// Two things make the figures uneven, and the tolerances say how much (docs/Performance.md has more cases): a placement
// with other ways, a few cycles for each section, and streams that meet in other rows of the DRAM or end in other parts
// of bursts: of sections of a thousand cycles the cost model does not see the last tenth. A worse mapping costs more.
#include "Products.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Driver/Compiler.h"
#include "jacquard/Pipeline/Effort.h"
#include "jacquard/Sim/Simulator.h"
#include "jacquard/Support/File.h"
#include "jacquard/Support/Hash.h"

#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

using namespace jacquard;

namespace {

/// The dot product of two vectors.
std::string dot(int n) {
  return fmt::format(R"mlir(
func.func @main(%x: tensor<{0}xf32>, %y: tensor<{0}xf32>) -> tensor<f32> {{
  %zero = arith.constant 0.0 : f32
  %r = pat.map () in [] {{
    %s = pat.fold (%i) in [{0}] init (%zero : f32) {{
      %a = pat.at %x[%i] : tensor<{0}xf32>
      %b = pat.at %y[%i] : tensor<{0}xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    }} combine (%l, %m) {{
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    }} : f32
    pat.yield %s : f32
  }} : tensor<f32>
  return %r : tensor<f32>
}}
)mlir",
                     n);
}

/// Each row less its mean: what is summed is read again.
std::string centre(int rows, int columns) {
  return fmt::format(R"mlir(
func.func @main(%x: tensor<{0}x{1}xf32>) -> tensor<{0}x{1}xf32> {{
  %zero = arith.constant 0.0 : f32
  %n = arith.constant {1}.0 : f32
  %means = pat.map (%i) in [{0}] {{
    %s = pat.fold (%k) in [{1}] init (%zero : f32) {{
      %a = pat.at %x[%i, %k] : tensor<{0}x{1}xf32>
      pat.yield %a : f32
    }} combine (%l, %m) {{
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    }} : f32
    %mean = arith.divf %s, %n : f32
    pat.yield %mean : f32
  }} : tensor<{0}xf32>
  %r = pat.map (%i, %j) in [{0}, {1}] {{
    %a = pat.at %x[%i, %j] : tensor<{0}x{1}xf32>
    %m = pat.at %means[%i] : tensor<{0}xf32>
    %d = arith.subf %a, %m : f32
    pat.yield %d : f32
  }} : tensor<{0}x{1}xf32>
  return %r : tensor<{0}x{1}xf32>
}}
)mlir",
                     rows, columns);
}

struct Rung {
  std::string name;
  ArchSpec arch;
  unsigned effort = 2;
};

std::string writeTemporary(const std::string &name, const std::string &text) {
  const std::string path = fmt::format("{}monotony-{}-{}", testing::TempDir(), getpid(), name);
  EXPECT_TRUE(writeFile(path, text));
  return path;
}

/// Simulated cycles of a program on a machine; nothing when that fails.
std::optional<uint64_t> cyclesOf(const std::string &program, const Rung &rung) {
  driver::CompileRequest request;
  request.model = writeTemporary("program.mlir", program);
  // A process reads a machine once by its file's name.
  const std::string machine = printArch(rung.arch);
  request.pipeline.arch = writeTemporary(fmt::format("{:x}.textproto", hash64(machine)), machine);
  request.pipeline.effort = rung.effort;
  driver::Compiler compiler(request);
  std::optional<uint64_t> cycles;
  if (compiler.load() && compiler.runUntil(Stage::Route))
    if (auto bitstream = compiler.translate()) {
      std::map<std::string, Tensor> inputs;
      for (const auto &symbol : bitstream->inputs)
        inputs[symbol.name] = makeTensor(DType::F32, symbol.shape);
      if (auto result = sim::simulate(*bitstream, inputs, {}))
        cycles = result->statistics.cycles;
    }
  std::remove(request.model.c_str());
  std::remove(request.pipeline.arch.c_str());
  return cycles;
}

ArchSpec plasticine() {
  Result<ArchSpec> spec = loadArch("plasticine");
  EXPECT_TRUE(spec);
  return *spec;
}

constexpr double uneven = 1.1, hops = 30;

/// Cycles must not rise from one rung to the next by more than `tolerance` and some hops.
void expectNoRise(const std::vector<Rung> &ladder, double tolerance = uneven) {
  const std::pair<const char *, std::string> programs[] = {{"product", products(1, 96, 200)},
                                                           {"three products", products(3, 32, 96)},
                                                           {"dot product", dot(32768)},
                                                           {"centred rows", centre(64, 128)}};
  for (auto &[name, program] : programs) {
    std::optional<uint64_t> last;
    for (const Rung &rung : ladder) {
      std::optional<uint64_t> cycles = cyclesOf(program, rung);
      ASSERT_TRUE(cycles) << name << ", " << rung.name;
      if (last) {
        EXPECT_LE(double(*cycles), tolerance * double(*last) + hops) << name << ", " << rung.name;
      }
      last = cycles;
    }
  }
}

TEST(MonotonyTest, MoreRows) {
  std::vector<Rung> ladder;
  for (unsigned rows : {4, 8, 12, 16}) {
    ladder.push_back({fmt::format("{} rows", rows), plasticine()});
    ladder.back().arch.rows = rows;
  }
  expectNoRise(ladder);
}

TEST(MonotonyTest, MoreColumns) {
  std::vector<Rung> ladder;
  for (unsigned columns : {8, 16, 24, 32}) {
    ladder.push_back({fmt::format("{} columns", columns), plasticine()});
    ladder.back().arch.columns = columns;
  }
  expectNoRise(ladder);
}

TEST(MonotonyTest, MoreChannels) {
  std::vector<Rung> ladder;
  for (unsigned channels : {1, 2, 4, 8}) {
    ladder.push_back({fmt::format("{} channels", channels), plasticine()});
    ladder.back().arch.dram.channels = channels;
    ladder.back().arch.dram.bytesPerCycle = 12.8 * channels;
  }
  expectNoRise(ladder);
}

/// What fits is loaded whole, and first: three products begin later with larger scratchpads. The search leaves a part
/// of them aside only where that promises 15 % (Effort.cpp), so as much may be lost.
TEST(MonotonyTest, LargerScratchpads) {
  std::vector<Rung> ladder;
  for (unsigned kilobytes : {4, 8, 16, 32}) {
    ladder.push_back({fmt::format("banks of {} KiB", kilobytes), plasticine()});
    ladder.back().arch.memory.bankBytes = 1024 * kilobytes;
  }
  expectNoRise(ladder, 1 / 0.85);
}

TEST(MonotonyTest, MoreEffort) {
  std::vector<Rung> ladder;
  for (unsigned effort = 0; effort <= mostEffort; ++effort)
    ladder.push_back({fmt::format("-O{}", effort), plasticine(), effort});
  expectNoRise(ladder);
}

} // namespace
