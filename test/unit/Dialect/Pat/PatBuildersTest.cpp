// PatBuildersTest.cpp - building patterns from C++, recognising combiners, ranges of index arithmetic
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

#include "gtest/gtest.h"

using namespace jacquard::pat;
using mlir::SmallVector;

namespace {

class PatBuildersTest : public testing::Test {
protected:
  PatBuildersTest() : builder(&context) {
    context.loadDialect<PatDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect>();
    module = mlir::ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToStart(module->getBody());
    auto tensor = mlir::RankedTensorType::get({4, 6}, builder.getF32Type());
    auto type = builder.getFunctionType({tensor, builder.getF32Type(), builder.getIndexType()}, {});
    func = mlir::func::FuncOp::create(builder, builder.getUnknownLoc(), "f", type);
    builder.setInsertionPointToStart(func.addEntryBlock());
  }

  /// The sum of the rows of the first argument; `combine` builds the combiner.
  FoldOp makeFold(CombineFn combine) {
    return FoldOp::create(
        builder, loc(), {4, 6}, func.getArgument(1),
        [&](OpBuilder &b, Location l, ValueRange indices) -> SmallVector<Value> {
          return {at(b, l, func.getArgument(0), indices)};
        },
        combine);
  }

  Location loc() { return builder.getUnknownLoc(); }

  bool verifies() {
    builder.setInsertionPointToEnd(&func.getBody().front());
    mlir::func::ReturnOp::create(builder, loc());
    return succeeded(mlir::verify(*module));
  }

  mlir::MLIRContext context;
  OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp func;
};

TEST_F(PatBuildersTest, MapInfersItsTypes) {
  auto map = MapOp::create(builder, loc(), {4}, [&](OpBuilder &b, Location l, ValueRange outer) -> SmallVector<Value> {
    auto row = MapOp::create(b, l, {6}, [&](OpBuilder &c, Location k, ValueRange inner) -> SmallVector<Value> {
      return {at(c, k, func.getArgument(0), {outer[0], inner[0]})};
    });
    return {row.getResult(0), func.getArgument(1)};
  });
  EXPECT_EQ(map.getResult(0).getType(), mlir::RankedTensorType::get({4, 6}, builder.getF32Type()));
  EXPECT_EQ(map.getResult(1).getType(), mlir::RankedTensorType::get({4}, builder.getF32Type()));
  EXPECT_EQ(map.getNumPoints(), 4);
  EXPECT_TRUE(verifies());
}

TEST_F(PatBuildersTest, AllOtherPatternsVerify) {
  auto read = [&](OpBuilder &b, Location l, ValueRange indices) {
    return at(b, l, func.getArgument(0), indices);
  };
  auto add = [](OpBuilder &b, Location l, ValueRange x, ValueRange y) -> SmallVector<Value> {
    return {mlir::arith::AddFOp::create(b, l, x[0], y[0])};
  };
  Value yes = mlir::arith::ConstantIntOp::create(builder, loc(), 1, 1);
  auto groups = GroupByOp::create(
      builder, loc(), {4, 6}, {6}, func.getArgument(1), /*dropOutside=*/true,
      [&](OpBuilder &b, Location l, ValueRange i) -> SmallVector<Value> { return {i[1], read(b, l, i)}; }, add);
  EXPECT_TRUE(groups.dropsOutside());
  EXPECT_EQ(groups.getYieldedKeys().size(), 1u);
  EXPECT_EQ(groups.getYieldedValues().size(), 1u);
  auto filter = FilterOp::create(
      builder, loc(), {4, 6}, 5,
      [&](OpBuilder &b, Location l, ValueRange i) -> SmallVector<Value> { return {yes, read(b, l, i)}; });
  EXPECT_EQ(filter.getValues().size(), 1u);
  EXPECT_TRUE(filter.getCount().getType().isIndex());
  auto scan = ScanOp::create(
      builder, loc(), {4, 6}, 1, func.getArgument(1), /*exclusive=*/false, /*reverse=*/true,
      [&](OpBuilder &b, Location l, ValueRange i) -> SmallVector<Value> { return {read(b, l, i)}; }, add);
  EXPECT_TRUE(scan.getReverse());
  EXPECT_FALSE(scan.getExclusive());
  auto iterate = IterateOp::create(
      builder, loc(), 7, func.getArgument(1),
      [&](OpBuilder &, Location, ValueRange arguments) -> SmallVector<Value> { return {yes, arguments[1]}; });
  EXPECT_EQ(iterate.getCarried().size(), 1u);
  EXPECT_TRUE(verifies());
}

TEST_F(PatBuildersTest, MatchesOneCommutativeOp) {
  auto plain = makeFold([](OpBuilder &b, Location l, ValueRange x, ValueRange y) -> SmallVector<Value> {
    return {mlir::arith::MaximumFOp::create(b, l, y[0], x[0])};
  });
  EXPECT_TRUE(mlir::isa_and_nonnull<mlir::arith::MaximumFOp>(matchSimpleCombiner(*plain.getCombiner(), 0)));
  EXPECT_EQ(matchSimpleCombiner(*plain.getCombiner(), 1), nullptr);
}

TEST_F(PatBuildersTest, RefusesOtherCombiners) {
  auto difference = makeFold([](OpBuilder &b, Location l, ValueRange x, ValueRange y) -> SmallVector<Value> {
    return {mlir::arith::SubFOp::create(b, l, x[0], y[0])};
  });
  EXPECT_EQ(matchSimpleCombiner(*difference.getCombiner(), 0), nullptr);
  auto leftTwice = makeFold([](OpBuilder &b, Location l, ValueRange x, ValueRange) -> SmallVector<Value> {
    return {mlir::arith::AddFOp::create(b, l, x[0], x[0])};
  });
  EXPECT_EQ(matchSimpleCombiner(*leftTwice.getCombiner(), 0), nullptr);
  auto captured = makeFold([&](OpBuilder &b, Location l, ValueRange x, ValueRange) -> SmallVector<Value> {
    return {mlir::arith::AddFOp::create(b, l, x[0], func.getArgument(1))};
  });
  EXPECT_EQ(matchSimpleCombiner(*captured.getCombiner(), 0), nullptr);
  auto argument = makeFold([](OpBuilder &, Location, ValueRange x, ValueRange) -> SmallVector<Value> { return {x[0]}; });
  EXPECT_EQ(matchSimpleCombiner(*argument.getCombiner(), 0), nullptr);
}

TEST_F(PatBuildersTest, RangesOfExpressions) {
  mlir::AffineExpr d0 = builder.getAffineDimExpr(0), d1 = builder.getAffineDimExpr(1);
  std::optional<IndexRange> ranges[] = {IndexRange{0, 7}, std::nullopt};
  auto expect = [&](mlir::AffineExpr expr, int64_t min, int64_t max) {
    std::optional<IndexRange> range = rangeOf(expr, ranges);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->min, min);
    EXPECT_EQ(range->max, max);
  };
  expect(d0 * 2 - 3, -3, 11);
  expect(d0 * -1, -7, 0);
  expect((d0 - 3).floorDiv(2), -2, 2);
  expect((d0 - 3).ceilDiv(2), -1, 2);
  expect(d0 % 8, 0, 7);
  expect(d0 % 4, 0, 3);
  expect((d0 - 1) % 16, 0, 15);
  expect(d1 % 5, 0, 4);
  EXPECT_FALSE(rangeOf(d0 + d1, ranges));
}

} // namespace
