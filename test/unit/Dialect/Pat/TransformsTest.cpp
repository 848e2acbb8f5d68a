// TransformsTest.cpp - random programs give the same bits before and after every pass on `pat`
#include "RandomProgram.h"

#include "jacquard/InitAll.h"
#include "jacquard/Target/Host/HostExecutor.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace jacquard;

namespace {

constexpr const char *flatten = "pat-flatten,pat-verify-flat";

std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

/// Equal bits, but for the sign of zero: whether a sum of one -0.0 starts from its identity 0.0 is not specified.
bool sameValues(const Tensor &a, const Tensor &b) {
  if (a.type != b.type || a.shape != b.shape)
    return false;
  if (a.type != DType::F32)
    return a.bytes == b.bytes;
  for (int64_t i = 0; i < a.numElements(); ++i)
    if (a.data<uint32_t>()[i] != b.data<uint32_t>()[i] && !(a.data<float>()[i] == 0 && b.data<float>()[i] == 0))
      return false;
  return true;
}

class TransformsTest : public testing::Test {
protected:
  TransformsTest() : context(makeRegistry()) {}
  static void SetUpTestSuite() { registerAllPasses(); }

  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  static bool runPasses(mlir::ModuleOp module, const std::string &passes) {
    mlir::PassManager manager(module.getContext());
    std::string pipeline = "builtin.module(func.func(" + passes + "))";
    mlir::FailureOr<mlir::OpPassManager> parsed = mlir::parsePassPipeline(pipeline);
    if (failed(parsed))
      return false;
    static_cast<mlir::OpPassManager &>(manager) = *parsed;
    return succeeded(manager.run(module));
  }

  /// Runs random programs before and after `passes`, behind `first`. Returns how many of them the passes changed.
  unsigned compare(const std::string &first, const std::string &passes, uint64_t seeds, unsigned statements) {
    unsigned changed = 0;
    compareAll(first, passes, seeds, statements, changed);
    return changed;
  }

  void compareAll(const std::string &first, const std::string &passes, uint64_t seeds, unsigned statements,
                  unsigned &changed) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
      test::RandomProgramOptions options;
      options.statements = statements;
      mlir::OwningOpRef<mlir::ModuleOp> before = test::randomProgram(context, seed, options);
      ASSERT_TRUE(succeeded(mlir::verify(*before))) << "seed " << seed << "\n" << print(*before);
      std::string source = print(*before);
      if (!first.empty()) {
        ASSERT_TRUE(runPasses(*before, first)) << "seed " << seed << "\n" << source;
      }
      mlir::OwningOpRef<mlir::ModuleOp> after = before->clone();
      ASSERT_TRUE(runPasses(*after, passes)) << "seed " << seed << "\n" << source;
      changed += print(*after) != print(*before);
      llvm::SmallVector<Tensor> inputs = test::randomInputs(*before, seed);
      auto expected = host::executeOnHost(*before, "main", inputs);
      auto actual = host::executeOnHost(*after, "main", inputs);
      ASSERT_TRUE(succeeded(expected) && succeeded(actual)) << "seed " << seed << "\n" << print(*after);
      ASSERT_EQ(expected->size(), actual->size());
      for (size_t i = 0; i < expected->size(); ++i)
        ASSERT_TRUE(sameValues((*expected)[i], (*actual)[i])) << "seed " << seed << " result " << i << "\nbefore:\n"
                                                              << print(*before) << "\nafter:\n"
                                                              << print(*after);
    }
  }

  mlir::MLIRContext context;
};

TEST_F(TransformsTest, FlattenKeepsEveryBit) { compare("", flatten, 100, 3); }

TEST_F(TransformsTest, SimplifyIndexKeepsEveryBit) { compare("", "pat-simplify-index", 30, 6); }

TEST_F(TransformsTest, MergeEqualKeepsEveryBit) { compare("", "pat-merge-equal", 30, 7); }

TEST_F(TransformsTest, FuseKeepsEveryBit) { compare(flatten, "pat-fuse,pat-verify-flat", 80, 8); }

TEST_F(TransformsTest, ExpandCombinersKeepsEveryBitOfExactCombiners) {
  compare(flatten, "pat-expand-combiners,pat-verify-flat", 40, 5);
}

TEST_F(TransformsTest, ExpandScanKeepsEveryBitOfExactCombiners) {
  compare(flatten, "pat-expand-scan,pat-verify-flat", 40, 5);
}

TEST_F(TransformsTest, ScheduleKeepsEveryBit) {
  EXPECT_GE(compare(flatten, "pat-schedule,pat-verify-flat", 60, 10), 5u);
}

TEST_F(TransformsTest, SliceRunsKeepsEveryBit) {
  EXPECT_GE(compare(flatten, "pat-slice-runs{chip-bytes=96 start-bytes=0},pat-verify-flat", 30, 10), 5u);
}

TEST_F(TransformsTest, SplitFoldsKeepsEveryBitOfExactCombiners) {
  EXPECT_GE(compare(flatten, "pat-split-folds{units=64 lanes=1 least-cycles=-1},pat-verify-flat", 30, 10), 5u);
}

TEST_F(TransformsTest, AllPassesInARowKeepEveryBit) {
  compare("",
          "canonicalize,pat-flatten,canonicalize,pat-merge-equal,pat-fuse,pat-expand-combiners,pat-expand-scan,canonicalize,"
          "pat-fuse,pat-simplify-index,canonicalize,pat-verify-flat",
          60, 10);
}

/// Mean and variance by merging (count, mean, sum of squares): a combiner of three components that read each other.
TEST_F(TransformsTest, ExpandCombinersMergesMoments) {
  const char *text = R"mlir(
    func.func @main(%x: tensor<3x13xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
      %zero = arith.constant 0.0 : f32
      %one = arith.constant 1.0 : f32
      %r:2 = pat.map (%i) in [3] {
        %f:3 = pat.fold (%k) in [13] init (%zero, %zero, %zero : f32, f32, f32) {
          %v = pat.at %x[%i, %k] : tensor<3x13xf32>
          pat.yield %one, %v, %zero : f32, f32, f32
        } combine (%n, %m, %s, %n2, %m2, %s2) {
          %c = arith.addf %n, %n2 : f32
          %c1 = arith.maximumf %c, %one : f32
          %d = arith.subf %m2, %m : f32
          %w = arith.divf %n2, %c1 : f32
          %dw = arith.mulf %d, %w : f32
          %mean = arith.addf %m, %dw : f32
          %dd = arith.mulf %d, %dw : f32
          %ddn = arith.mulf %dd, %n : f32
          %ss = arith.addf %s, %s2 : f32
          %sum = arith.addf %ss, %ddn : f32
          pat.yield %c, %mean, %sum : f32, f32, f32
        } : f32, f32, f32
        pat.yield %f#1, %f#2 : f32, f32
      } : tensor<3xf32>, tensor<3xf32>
      return %r#0, %r#1 : tensor<3xf32>, tensor<3xf32>
    })mlir";
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  ASSERT_TRUE(module);
  ASSERT_TRUE(runPasses(*module, "pat-expand-combiners,pat-verify-flat"));
  EXPECT_EQ(print(*module).find("pat.fold"), std::string::npos);
  llvm::SmallVector<Tensor> inputs = test::randomInputs(*module, 1);
  auto results = host::executeOnHost(*module, "main", inputs);
  ASSERT_TRUE(succeeded(results));
  for (int i = 0; i < 3; ++i) {
    const float *row = inputs[0].data<float>() + i * 13;
    double mean = 0, squares = 0;
    for (int k = 0; k < 13; ++k)
      mean += row[k] / 13.0;
    for (int k = 0; k < 13; ++k)
      squares += (row[k] - mean) * (row[k] - mean);
    EXPECT_NEAR((*results)[0].data<float>()[i], mean, 1e-5);
    EXPECT_NEAR((*results)[1].data<float>()[i], squares, 1e-4);
  }
}

} // namespace
