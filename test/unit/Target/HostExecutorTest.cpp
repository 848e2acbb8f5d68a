// HostExecutorTest.cpp - every op of `pat` on the host target against values by hand
#include "jacquard/InitAll.h"
#include "jacquard/Target/Host/HostExecutor.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace jacquard;

namespace {

template <typename T>
DType dtype();
template <>
DType dtype<float>() { return DType::F32; }
template <>
DType dtype<double>() { return DType::F64; }
template <>
DType dtype<int32_t>() { return DType::I32; }
template <>
DType dtype<int64_t>() { return DType::I64; }
template <>
DType dtype<int8_t>() { return DType::I8; }
template <>
DType dtype<uint8_t>() { return DType::Bool; }

template <typename T>
Tensor tensorOf(std::vector<int64_t> shape, std::vector<T> values) {
  Tensor tensor = makeTensor(dtype<T>(), std::move(shape));
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}

template <typename T>
std::vector<T> valuesOf(const Tensor &tensor) {
  EXPECT_EQ(tensor.type, dtype<T>());
  return std::vector<T>(tensor.data<T>(), tensor.data<T>() + tensor.numElements());
}

using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;

class HostExecutorTest : public testing::Test {
protected:
  HostExecutorTest() : context(makeRegistry()) {}

  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  void parse(llvm::StringRef text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module);
  }

  /// Runs @main; an empty list and a text in `error` when that fails.
  llvm::SmallVector<Tensor> run(llvm::ArrayRef<Tensor> inputs, llvm::StringRef function = "main") {
    mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      error += diagnostic.str();
      return mlir::success();
    });
    auto outputs = host::executeOnHost(*module, function, inputs);
    return succeeded(outputs) ? std::move(*outputs) : llvm::SmallVector<Tensor>();
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string error;
};

TEST_F(HostExecutorTest, Matmul) {
  parse(R"(func.func @main(%A: tensor<2x3xf32>, %B: tensor<3x2xf32>) -> tensor<2x2xf32> {
    %zero = arith.constant 0.0 : f32
    %c = pat.map (%i, %j) in [2, 2] {
      %s = pat.fold (%k) in [3] init (%zero : f32) {
        %a = pat.at %A[%i, %k] : tensor<2x3xf32>
        %b = pat.at %B[%k, %j] : tensor<3x2xf32>
        %p = arith.mulf %a, %b : f32
        pat.yield %p : f32
      } combine (%x, %y) {
        %t = arith.addf %x, %y : f32
        pat.yield %t : f32
      } : f32
      pat.yield %s : f32
    } : tensor<2x2xf32>
    return %c : tensor<2x2xf32>
  })");
  auto out = run({tensorOf<float>({2, 3}, {1, 2, 3, 4, 5, 6}), tensorOf<float>({3, 2}, {7, 8, 9, 10, 11, 12})});
  ASSERT_EQ(out.size(), 1u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({58, 64, 139, 154}));
}

// 70 columns: a whole tile of points side by side and a rest. Every sum must keep its order, to the bit.
TEST_F(HostExecutorTest, FoldsKeepTheirOrderAcrossTiles) {
  parse(R"(func.func @main(%A: tensor<3x9xf32>, %B: tensor<9x70xf32>) -> tensor<3x70xf32> {
    %zero = arith.constant 0.0 : f32
    %c = pat.map (%i, %j) in [3, 70] {
      %s = pat.fold (%k) in [9] init (%zero : f32) {
        %a = pat.at %A[%i, %k] : tensor<3x9xf32>
        %b = pat.at %B map affine_map<(d0, d1) -> (d0, d1 - 1)> (%k, %j) else %zero : tensor<9x70xf32>
        %p = arith.mulf %a, %b : f32
        pat.yield %p : f32
      } combine (%x, %y) {
        %t = arith.addf %x, %y : f32
        pat.yield %t : f32
      } : f32
      %a0 = pat.at %A map affine_map<(d0) -> (d0, 0)> (%i) : tensor<3x9xf32>
      %r = arith.addf %s, %a0 : f32
      pat.yield %r : f32
    } : tensor<3x70xf32>
    return %c : tensor<3x70xf32>
  })");
  Floats a(27), b(630), expected(210);
  for (size_t n = 0; n < a.size(); ++n)
    a[n] = 1.0f / (float(n) + 3.0f);
  for (size_t n = 0; n < b.size(); ++n)
    b[n] = float((n * 7919) % 1000) / 7.0f - 50.0f;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 70; ++j) {
      // Volatile: no contraction or reordering in the expected values.
      volatile float sum = 0.0f;
      for (int k = 0; k < 9; ++k) {
        volatile float product = a[i * 9 + k] * (j == 0 ? 0.0f : b[k * 70 + j - 1]);
        sum = sum + product;
      }
      expected[i * 70 + j] = sum + a[i * 9];
    }
  auto out = run({tensorOf<float>({3, 9}, a), tensorOf<float>({9, 70}, b)});
  ASSERT_EQ(out.size(), 1u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), expected);
}

// Two folds side by side, one of two values; and one that depends on the other, which cannot run before it.
TEST_F(HostExecutorTest, SeveralFoldsInOneMap) {
  parse(R"(func.func @main(%X: tensor<4x3xf32>) -> (tensor<3xf32>, tensor<3xi32>, tensor<3xf32>) {
    %zero = arith.constant 0.0 : f32
    %low = arith.constant 0xFF800000 : f32
    %none = arith.constant 0 : i32
    %r:3 = pat.map (%j) in [3] {
      %s = pat.fold (%k) in [4] init (%zero : f32) {
        %x = pat.at %X[%k, %j] : tensor<4x3xf32>
        pat.yield %x : f32
      } combine (%a, %b) {
        %t = arith.addf %a, %b : f32
        pat.yield %t : f32
      } : f32
      %m:2 = pat.fold (%k) in [4] init (%low, %none : f32, i32) {
        %x = pat.at %X[%k, %j] : tensor<4x3xf32>
        %n = arith.index_cast %k : index to i32
        pat.yield %x, %n : f32, i32
      } combine (%a, %ia, %b, %ib) {
        %c = arith.cmpf oge, %a, %b : f32
        %v = arith.select %c, %a, %b : f32
        %i = arith.select %c, %ia, %ib : i32
        pat.yield %v, %i : f32, i32
      } : f32, i32
      pat.yield %s, %m#1, %m#0 : f32, i32, f32
    } : tensor<3xf32>, tensor<3xi32>, tensor<3xf32>
    %d = pat.map (%j) in [3] {
      %s = pat.fold (%k) in [4] init (%zero : f32) {
        %x = pat.at %X[%k, %j] : tensor<4x3xf32>
        pat.yield %x : f32
      } combine (%a, %b) {
        %t = arith.addf %a, %b : f32
        pat.yield %t : f32
      } : f32
      %e = pat.fold (%k) in [4] init (%zero : f32) {
        %x = pat.at %X[%k, %j] : tensor<4x3xf32>
        %f = arith.subf %x, %s : f32
        pat.yield %f : f32
      } combine (%a, %b) {
        %t = arith.addf %a, %b : f32
        pat.yield %t : f32
      } : f32
      pat.yield %e : f32
    } : tensor<3xf32>
    return %r#0, %r#1, %d : tensor<3xf32>, tensor<3xi32>, tensor<3xf32>
  })");
  auto out = run({tensorOf<float>({4, 3}, {1, 5, 9, 2, 6, 7, 8, 0, 3, 4, 6, 1})});
  ASSERT_EQ(out.size(), 3u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({15, 17, 20}));
  EXPECT_EQ(valuesOf<int32_t>(out[1]), Ints({2, 1, 0}));
  EXPECT_EQ(valuesOf<float>(out[2]), Floats({-45, -51, -60}));
}

TEST_F(HostExecutorTest, SoftmaxOfNestedMaps) {
  parse(R"(func.func @main(%X: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %low = arith.constant 0xFF800000 : f32
    %zero = arith.constant 0.0 : f32
    %r = pat.map (%i) in [2] {
      %m = pat.fold (%j) in [3] init (%low : f32) {
        %x = pat.at %X[%i, %j] : tensor<2x3xf32>
        pat.yield %x : f32
      } combine (%a, %b) {
        %t = arith.maximumf %a, %b : f32
        pat.yield %t : f32
      } : f32
      %e = pat.map (%j) in [3] {
        %x = pat.at %X[%i, %j] : tensor<2x3xf32>
        %d = arith.subf %x, %m : f32
        %y = math.exp %d : f32
        pat.yield %y : f32
      } : tensor<3xf32>
      %s = pat.fold (%j) in [3] init (%zero : f32) {
        %x = pat.at %e[%j] : tensor<3xf32>
        pat.yield %x : f32
      } combine (%a, %b) {
        %t = arith.addf %a, %b : f32
        pat.yield %t : f32
      } : f32
      %row = pat.map (%j) in [3] {
        %x = pat.at %e[%j] : tensor<3xf32>
        %q = arith.divf %x, %s : f32
        pat.yield %q : f32
      } : tensor<3xf32>
      pat.yield %row : tensor<3xf32>
    } : tensor<2x3xf32>
    return %r : tensor<2x3xf32>
  })");
  auto out = run({tensorOf<float>({2, 3}, {0, 0, 0, 1, 2, 3})});
  ASSERT_EQ(out.size(), 1u) << error;
  Floats got = valuesOf<float>(out[0]);
  float a = std::exp(-2.0f), b = std::exp(-1.0f), sum = (a + b) + 1.0f;
  Floats expected = {1.0f / 3, 1.0f / 3, 1.0f / 3, a / sum, b / sum, 1.0f / sum};
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_FLOAT_EQ(got[i], expected[i]);
}

TEST_F(HostExecutorTest, ArgmaxGivesScalars) {
  parse(R"(func.func @main(%X: tensor<5xf32>) -> (f32, i64) {
    %low = arith.constant 0xFF800000 : f32
    %none = arith.constant 0 : index
    %r:2 = pat.fold (%i) in [5] init (%low, %none : f32, index) {
      %x = pat.at %X[%i] : tensor<5xf32>
      pat.yield %x, %i : f32, index
    } combine (%a, %ia, %b, %ib) {
      %c = arith.cmpf oge, %a, %b : f32
      %v = arith.select %c, %a, %b : f32
      %i = arith.select %c, %ia, %ib : index
      pat.yield %v, %i : f32, index
    } : f32, index
    %i = arith.index_cast %r#1 : index to i64
    return %r#0, %i : f32, i64
  })");
  auto out = run({tensorOf<float>({5}, {3, 1, 9, 9, 2})});
  ASSERT_EQ(out.size(), 2u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({9}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), std::vector<int64_t>({2}));
}

TEST_F(HostExecutorTest, AtWithMapAndElse) {
  parse(R"(func.func @main(%X: tensor<4xf32>, %pad: f32) -> tensor<6xf32> {
    %r = pat.map (%i) in [6] {
      %x = pat.at %X map affine_map<(d0) -> (d0 - 1)> (%i) else %pad : tensor<4xf32>
      pat.yield %x : f32
    } : tensor<6xf32>
    return %r : tensor<6xf32>
  })");
  auto out = run({tensorOf<float>({4}, {1, 2, 3, 4}), tensorOf<float>({}, {7})});
  ASSERT_EQ(out.size(), 1u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({7, 1, 2, 3, 4, 7}));
}

TEST_F(HostExecutorTest, GatherWithFloorDivAndMod) {
  parse(R"(func.func @main(%W: tensor<2x3xi32>, %I: tensor<4xi64>) -> (tensor<4xi32>, tensor<6xi32>) {
    %minus = arith.constant -1 : i32
    %g = pat.map (%i) in [4] {
      %v = pat.at %I[%i] : tensor<4xi64>
      %k = arith.index_cast %v : i64 to index
      %c1 = arith.constant 1 : index
      %x = pat.at %W[%c1, %k] else %minus : tensor<2x3xi32>
      pat.yield %x : i32
    } : tensor<4xi32>
    %t = pat.map (%i) in [6] {
      %x = pat.at %W map affine_map<(d0) -> (d0 mod 2, d0 floordiv 2)> (%i) : tensor<2x3xi32>
      pat.yield %x : i32
    } : tensor<6xi32>
    return %g, %t : tensor<4xi32>, tensor<6xi32>
  })");
  auto out = run({tensorOf<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6}), tensorOf<int64_t>({4}, {2, -1, 0, 3})});
  ASSERT_EQ(out.size(), 2u) << error;
  EXPECT_EQ(valuesOf<int32_t>(out[0]), Ints({6, -1, 4, -1}));
  EXPECT_EQ(valuesOf<int32_t>(out[1]), Ints({1, 4, 2, 5, 3, 6}));
}

constexpr const char *histogram = R"(func.func @main(%X: tensor<6xi32>) -> tensor<3xi32> {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %h = pat.group_by (%i) in [6] keys [3] init (%zero : i32) MODE {
      %v = pat.at %X[%i] : tensor<6xi32>
      %k = arith.index_cast %v : i32 to index
      pat.yield %k, %one : index, i32
    } combine (%a, %b) {
      %t = arith.addi %a, %b : i32
      pat.yield %t : i32
    } : tensor<3xi32>
    return %h : tensor<3xi32>
  })";

std::string withMode(std::string text, const std::string &mode) {
  return text.replace(text.find("MODE"), 4, mode);
}

TEST_F(HostExecutorTest, GroupByDrops) {
  parse(withMode(histogram, "drop"));
  auto out = run({tensorOf<int32_t>({6}, {0, 2, 2, 5, -1, 2})});
  ASSERT_EQ(out.size(), 1u) << error;
  EXPECT_EQ(valuesOf<int32_t>(out[0]), Ints({1, 0, 3}));
}

TEST_F(HostExecutorTest, GroupByTraps) {
  parse(withMode(histogram, "trap"));
  auto good = run({tensorOf<int32_t>({6}, {0, 2, 2, 1, 1, 2})});
  ASSERT_EQ(good.size(), 1u) << error;
  EXPECT_EQ(valuesOf<int32_t>(good[0]), Ints({1, 2, 3}));
  EXPECT_TRUE(run({tensorOf<int32_t>({6}, {0, 2, 2, 5, -1, 2})}).empty());
  EXPECT_EQ(error, "key 5 in dimension 0 is outside the key space of this pat.group_by");
}

TEST_F(HostExecutorTest, FilterPacksAndClampsToCapacity) {
  const char *text = R"(func.func @main(%X: tensor<2x3xf32>) -> (tensor<CAPxf32>, tensor<CAPxi32>, i64) {
    %zero = arith.constant 0.0 : f32
    %v, %w, %n = pat.filter (%i, %j) in [2, 3] capacity CAP {
      %x = pat.at %X[%i, %j] : tensor<2x3xf32>
      %c = arith.cmpf ogt, %x, %zero : f32
      %k = arith.index_cast %j : index to i32
      pat.yield %c, %x, %k : i1, f32, i32
    } : tensor<CAPxf32>, tensor<CAPxi32>, index
    %m = arith.index_cast %n : index to i64
    return %v, %w, %m : tensor<CAPxf32>, tensor<CAPxi32>, i64
  })";
  auto runWith = [&](const std::string &capacity) {
    std::string sized = text;
    for (size_t at; (at = sized.find("CAP")) != std::string::npos;)
      sized.replace(at, 3, capacity);
    parse(sized);
    return run({tensorOf<float>({2, 3}, {1, -1, 2, -3, 4, 5})});
  };
  auto wide = runWith("5");
  ASSERT_EQ(wide.size(), 3u) << error;
  EXPECT_EQ(valuesOf<float>(wide[0]), Floats({1, 2, 4, 5, 0}));
  EXPECT_EQ(valuesOf<int32_t>(wide[1]), Ints({0, 2, 1, 2, 0}));
  EXPECT_EQ(valuesOf<int64_t>(wide[2]), std::vector<int64_t>({4}));
  auto narrow = runWith("3");
  ASSERT_EQ(narrow.size(), 3u) << error;
  EXPECT_EQ(valuesOf<float>(narrow[0]), Floats({1, 2, 4}));
  EXPECT_EQ(valuesOf<int64_t>(narrow[2]), std::vector<int64_t>({3}));
}

TEST_F(HostExecutorTest, FlatMapContributesPrefixes) {
  parse(R"(func.func @main(%X: tensor<4xi32>) -> (tensor<6xi32>, i64) {
    %v, %n = pat.flat_map (%i) in [4] capacity 6 {
      %x = pat.at %X[%i] : tensor<4xi32>
      %e = pat.map (%k) in [3] {
        %kk = arith.index_cast %k : index to i32
        %ten = arith.constant 10 : i32
        %t = arith.muli %x, %ten : i32
        %y = arith.addi %t, %kk : i32
        pat.yield %y : i32
      } : tensor<3xi32>
      %c = arith.index_cast %x : i32 to index
      pat.yield %c, %e : index, tensor<3xi32>
    } : tensor<6xi32>, index
    %m = arith.index_cast %n : index to i64
    return %v, %m : tensor<6xi32>, i64
  })");
  // A negative count is none, a count above the tensor's extent is the extent, and the capacity ends it all.
  auto out = run({tensorOf<int32_t>({4}, {1, -2, 2, 9})});
  ASSERT_EQ(out.size(), 2u) << error;
  EXPECT_EQ(valuesOf<int32_t>(out[0]), Ints({10, 20, 21, 90, 91, 92}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), std::vector<int64_t>({6}));
}

TEST_F(HostExecutorTest, ScanInBothDirections) {
  const char *text = R"(func.func @main(%X: tensor<2x3xi32>) -> tensor<2x3xi32> {
    %zero = arith.constant 0 : i32
    %s = pat.scan (%i, %j) in [2, 3] dim DIM init (%zero : i32) FLAGS {
      %x = pat.at %X[%i, %j] : tensor<2x3xi32>
      pat.yield %x : i32
    } combine (%a, %b) {
      %t = arith.addi %a, %b : i32
      pat.yield %t : i32
    } : tensor<2x3xi32>
    return %s : tensor<2x3xi32>
  })";
  auto scan = [&](const std::string &dim, const std::string &flags) {
    std::string filled = text;
    filled.replace(filled.find("DIM"), 3, dim);
    filled.replace(filled.find("FLAGS"), 5, flags);
    parse(filled);
    auto out = run({tensorOf<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6})});
    return out.empty() ? Ints() : valuesOf<int32_t>(out[0]);
  };
  EXPECT_EQ(scan("1", ""), Ints({1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(scan("1", "exclusive"), Ints({0, 1, 3, 0, 4, 9}));
  EXPECT_EQ(scan("1", "reverse"), Ints({6, 5, 3, 15, 11, 6}));
  EXPECT_EQ(scan("1", "exclusive reverse"), Ints({5, 3, 0, 11, 6, 0}));
  EXPECT_EQ(scan("0", ""), Ints({1, 2, 3, 5, 7, 9}));
}

TEST_F(HostExecutorTest, IterateStopsEarly) {
  parse(R"(func.func @main(%a: i32) -> (i32, i32) {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %r:2 = pat.iterate (%n) max 100 carry (%x = %a, %k = %zero : i32, i32) {
      %y = arith.shrsi %x, %one : i32
      %l = arith.addi %k, %one : i32
      %go = arith.cmpi ne, %y, %zero : i32
      pat.yield %go, %y, %l : i1, i32, i32
    }
    return %r#0, %r#1 : i32, i32
  })");
  auto out = run({tensorOf<int32_t>({}, {37})});
  ASSERT_EQ(out.size(), 2u) << error;
  EXPECT_EQ(valuesOf<int32_t>(out[0]), Ints({0}));
  EXPECT_EQ(valuesOf<int32_t>(out[1]), Ints({6}));
}

TEST_F(HostExecutorTest, IterateSwapsCarriedTensors) {
  parse(R"(func.func @main(%A: tensor<2xi32>, %B: tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>) {
    %true = arith.constant true
    %r:2 = pat.iterate (%n) max 3 carry (%x = %A, %y = %B : tensor<2xi32>, tensor<2xi32>) {
      %z = pat.map (%i) in [2] {
        %a = pat.at %x[%i] : tensor<2xi32>
        %b = pat.at %y[%i] : tensor<2xi32>
        %c = arith.addi %a, %b : i32
        pat.yield %c : i32
      } : tensor<2xi32>
      pat.yield %true, %y, %z : i1, tensor<2xi32>, tensor<2xi32>
    }
    return %r#0, %r#1 : tensor<2xi32>, tensor<2xi32>
  })");
  // Fibonacci: three steps from (0, 1) and from (1, 10).
  auto out = run({tensorOf<int32_t>({2}, {0, 1}), tensorOf<int32_t>({2}, {1, 10})});
  ASSERT_EQ(out.size(), 2u) << error;
  EXPECT_EQ(valuesOf<int32_t>(out[0]), Ints({2, 21}));
  EXPECT_EQ(valuesOf<int32_t>(out[1]), Ints({3, 32}));
}

TEST_F(HostExecutorTest, ConstantsOfAllKinds) {
  parse(R"(func.func @main() -> (tensor<4xf32>, tensor<4xi1>, tensor<2x2xf32>, tensor<4xf32>) {
    %d = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %b = arith.constant dense<[true, false, false, true]> : tensor<4xi1>
    %s = arith.constant dense<2.5> : tensor<2x2xf32>
    %w = arith.constant dense_resource<weights> : tensor<4xf32>
    %r = pat.map (%i) in [4] {
      %x = pat.at %d[%i] : tensor<4xf32>
      %y = pat.at %w[%i] : tensor<4xf32>
      %c0 = arith.constant 0 : index
      %z = pat.at %s[%c0, %c0] : tensor<2x2xf32>
      %p = arith.mulf %x, %y : f32
      %q = arith.addf %p, %z : f32
      pat.yield %q : f32
    } : tensor<4xf32>
    return %d, %b, %s, %r : tensor<4xf32>, tensor<4xi1>, tensor<2x2xf32>, tensor<4xf32>
  }
  {-#
    dialect_resources: { builtin: { weights: "0x040000000000803f000000400000404000008040" } }
  #-})");
  auto out = run({});
  ASSERT_EQ(out.size(), 4u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({1, 2, 3, 4}));
  EXPECT_EQ(valuesOf<uint8_t>(out[1]), std::vector<uint8_t>({1, 0, 0, 1}));
  EXPECT_EQ(valuesOf<float>(out[2]), Floats({2.5, 2.5, 2.5, 2.5}));
  EXPECT_EQ(valuesOf<float>(out[3]), Floats({3.5, 6.5, 11.5, 18.5}));
}

TEST_F(HostExecutorTest, CallsAndSharedResults) {
  parse(R"(
  func.func private @twice(%x: tensor<3xf32>, %f: f32) -> (tensor<3xf32>, f32) {
    %r = pat.map (%i) in [3] {
      %a = pat.at %x[%i] : tensor<3xf32>
      %p = arith.mulf %a, %f : f32
      pat.yield %p : f32
    } : tensor<3xf32>
    %g = arith.addf %f, %f : f32
    return %r, %g : tensor<3xf32>, f32
  }
  func.func @main(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
    %two = arith.constant 2.0 : f32
    %one = arith.constant dense<1.0> : tensor<3xf32>
    %a, %f = call @twice(%x, %two) : (tensor<3xf32>, f32) -> (tensor<3xf32>, f32)
    %b, %g = call @twice(%a, %f) : (tensor<3xf32>, f32) -> (tensor<3xf32>, f32)
    %c, %h = call @twice(%one, %g) : (tensor<3xf32>, f32) -> (tensor<3xf32>, f32)
    return %b, %b, %c : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  }
  func.func private @unrelated(%x: tensor<?xf32>) -> tensor<?xf32>
  )");
  auto out = run({tensorOf<float>({3}, {1, 2, 3})});
  ASSERT_EQ(out.size(), 3u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({8, 16, 24}));
  EXPECT_EQ(valuesOf<float>(out[1]), Floats({8, 16, 24}));
  EXPECT_EQ(valuesOf<float>(out[2]), Floats({8, 8, 8}));
}

TEST_F(HostExecutorTest, MathIsLibm) {
  parse(R"(func.func @main(%x: f32) -> (f32, f32, f32, f32, f32, f32) {
    %a = math.exp %x : f32
    %b = math.log %x : f32
    %c = math.tanh %x : f32
    %d = math.erf %x : f32
    %e = math.log1p %x : f32
    %f = math.sqrt %x : f32
    return %a, %b, %c, %d, %e, %f : f32, f32, f32, f32, f32, f32
  })");
  // Volatile: the compiler would fold the expected values with other rounding than libm's.
  volatile float source = 0.7531f;
  float x = source;
  auto out = run({tensorOf<float>({}, {x})});
  ASSERT_EQ(out.size(), 6u) << error;
  Floats expected = {std::exp(x), std::log(x), std::tanh(x), std::erf(x), std::log1p(x), std::sqrt(x)};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(*out[i].data<float>(), expected[i]) << i;
}

// Names of functions belong to the module: they must not stand in the way of libm or the allocator.
TEST_F(HostExecutorTest, FunctionsMayHaveNamesOfTheLibrary) {
  parse(R"(
  func.func private @malloc(%x: tensor<2xf32>) -> tensor<2xf32> {
    %t = pat.map (%i) in [2] {
      %a = pat.at %x[%i] : tensor<2xf32>
      %b = math.erf %a : f32
      pat.yield %b : f32
    } : tensor<2xf32>
    %u = pat.map (%i) in [2] {
      %a = pat.at %t[%i] : tensor<2xf32>
      %b = arith.negf %a : f32
      pat.yield %b : f32
    } : tensor<2xf32>
    return %u : tensor<2xf32>
  }
  func.func @erff(%x: tensor<2xf32>) -> tensor<2xf32> {
    %r = call @malloc(%x) : (tensor<2xf32>) -> tensor<2xf32>
    return %r : tensor<2xf32>
  })");
  auto out = run({tensorOf<float>({2}, {0, 100})}, "erff");
  ASSERT_EQ(out.size(), 1u) << error;
  EXPECT_EQ(valuesOf<float>(out[0]), Floats({0, -1}));
}

TEST_F(HostExecutorTest, HalfTypes) {
  parse(R"(func.func @main(%x: tensor<2xf16>, %y: tensor<2xbf16>) -> (tensor<2xf16>, tensor<2xbf16>, tensor<2xf64>) {
    %a = pat.map (%i) in [2] {
      %v = pat.at %x[%i] : tensor<2xf16>
      %e = math.exp %v : f16
      pat.yield %e : f16
    } : tensor<2xf16>
    %b = pat.map (%i) in [2] {
      %v = pat.at %y[%i] : tensor<2xbf16>
      %w = arith.extf %v : bf16 to f32
      %s = arith.addf %w, %w : f32
      %t = arith.truncf %s : f32 to bf16
      pat.yield %t : bf16
    } : tensor<2xbf16>
    %c = pat.map (%i) in [2] {
      %v = pat.at %x[%i] : tensor<2xf16>
      %w = arith.extf %v : f16 to f64
      %t = arith.truncf %w : f64 to f16
      %z = arith.extf %t : f16 to f64
      pat.yield %z : f64
    } : tensor<2xf64>
    return %a, %b, %c : tensor<2xf16>, tensor<2xbf16>, tensor<2xf64>
  })");
  Tensor x = makeTensor(DType::F16, {2}), y = makeTensor(DType::BF16, {2});
  x.data<uint16_t>()[0] = 0;      // 0
  x.data<uint16_t>()[1] = 0x3c00; // 1
  y.data<uint16_t>()[0] = 0x3f80; // 1
  y.data<uint16_t>()[1] = 0xc000; // -2
  auto out = run({x, y});
  ASSERT_EQ(out.size(), 3u) << error;
  EXPECT_EQ(out[0].data<uint16_t>()[0], 0x3c00); // 1
  EXPECT_EQ(out[0].data<uint16_t>()[1], 0x4170); // 2.71875
  EXPECT_EQ(out[1].data<uint16_t>()[0], 0x4000); // 2
  EXPECT_EQ(out[1].data<uint16_t>()[1], 0xc080); // -4
  EXPECT_EQ(valuesOf<double>(out[2]), std::vector<double>({0, 1}));
}

TEST_F(HostExecutorTest, EmptyTensors) {
  parse(R"(func.func @main(%x: tensor<0x3xf32>) -> (tensor<0x3xf32>, f32) {
    %one = arith.constant 1.0 : f32
    %r = pat.map (%i, %j) in [0, 3] {
      %a = pat.at %x[%i, %j] : tensor<0x3xf32>
      pat.yield %a : f32
    } : tensor<0x3xf32>
    %s = pat.fold (%i) in [0] init (%one : f32) {
      pat.yield %one : f32
    } combine (%a, %b) {
      %t = arith.mulf %a, %b : f32
      pat.yield %t : f32
    } : f32
    return %r, %s : tensor<0x3xf32>, f32
  })");
  auto out = run({tensorOf<float>({0, 3}, {})});
  ASSERT_EQ(out.size(), 2u) << error;
  EXPECT_EQ(out[0].numElements(), 0);
  EXPECT_EQ(valuesOf<float>(out[1]), Floats({1}));
}

TEST_F(HostExecutorTest, SaysWhatIsWrongWithInputs) {
  parse(R"(func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
  func.func @index(%x: index) -> tensor<2xf32> {
    %r = arith.constant dense<1.0> : tensor<2xf32>
    return %r : tensor<2xf32>
  })");
  auto errorOf = [&](llvm::ArrayRef<Tensor> inputs, llvm::StringRef function) {
    error.clear();
    EXPECT_TRUE(run(inputs, function).empty());
    return error;
  };
  EXPECT_EQ(errorOf({}, "main"), "'main' was given 0 inputs; expected 1");
  EXPECT_EQ(errorOf({tensorOf<float>({3}, {1, 2, 3})}, "main"),
            "input 0 of 'main' is a 3xfloat32; expected 2xfloat32");
  EXPECT_EQ(errorOf({tensorOf<int32_t>({2}, {1, 2})}, "main"), "input 0 of 'main' is a 2xint32; expected 2xfloat32");
  Tensor torn = tensorOf<float>({2}, {1, 2});
  torn.bytes.pop_back();
  EXPECT_EQ(errorOf({torn}, "main"), "input 0 of 'main' has 7 bytes; expected 8");
  EXPECT_EQ(errorOf({}, "nobody"), "module has no function 'nobody'");
  EXPECT_EQ(errorOf({}, "index"),
            "argument 0 of 'index' is of type 'index'; expected a scalar or a static tensor of f16, bf16, f32, f64, i1, "
            "i8, i16, i32 or i64");
}

TEST_F(HostExecutorTest, RunsManyTimes) {
  parse(R"(func.func @main(%x: tensor<2xi8>) -> tensor<2xi8> {
    %r = pat.map (%i) in [2] {
      %a = pat.at %x[%i] : tensor<2xi8>
      %b = arith.addi %a, %a : i8
      pat.yield %b : i8
    } : tensor<2xi8>
    return %r : tensor<2xi8>
  })");
  auto executable = host::HostExecutable::compile(*module, "main");
  ASSERT_TRUE(succeeded(executable));
  for (int8_t n = 0; n < 5; ++n) {
    auto out = (*executable)->run(tensorOf<int8_t>({2}, {n, int8_t(-n)}));
    ASSERT_TRUE(succeeded(out));
    EXPECT_EQ(valuesOf<int8_t>((*out)[0]), std::vector<int8_t>({int8_t(2 * n), int8_t(-2 * n)}));
  }
}

} // namespace
