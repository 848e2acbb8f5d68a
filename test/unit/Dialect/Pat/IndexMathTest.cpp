// IndexMathTest.cpp - simplified index expressions have the value of the original at every point
#include "jacquard/Dialect/Pat/Transforms/IndexMath.h"
#include "jacquard/Support/Random.h"

#include "mlir/IR/MLIRContext.h"

#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace jacquard;
using namespace mlir;

namespace {

class IndexMathTest : public testing::Test {
protected:
  AffineExpr dim(unsigned i) { return getAffineDimExpr(i, &context); }

  AffineExpr randomExpr(Random &random, unsigned depth) {
    if (depth == 0 || random.chance(0.1))
      return random.chance(0.8) ? dim(random.below(3)) : getAffineConstantExpr(random.between(-5, 9), &context);
    AffineExpr left = randomExpr(random, depth - 1);
    switch (random.below(6)) {
    case 0:
    case 1:
      return left + randomExpr(random, depth - 1);
    case 2:
      return left * random.between(-3, 6);
    case 3:
      return left.floorDiv(random.between(1, 12));
    case 4:
      return left % random.between(1, 12);
    default:
      return left.ceilDiv(random.between(1, 5));
    }
  }

  int64_t valueAt(AffineExpr expr, ArrayRef<int64_t> point) {
    Builder b(&context);
    SmallVector<Attribute> operands, results;
    for (int64_t x : point)
      operands.push_back(b.getIndexAttr(x));
    EXPECT_TRUE(succeeded(AffineMap::get(3, 0, expr).constantFold(operands, results)));
    return cast<IntegerAttr>(results.front()).getInt();
  }

  static std::string print(AffineExpr expr) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    expr.print(stream);
    return text;
  }

  MLIRContext context;
};

TEST_F(IndexMathTest, SimplifiedExpressionsAgreeEverywhere) {
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    AffineExpr expr = randomExpr(random, 5);
    SmallVector<std::optional<pat::IndexRange>> ranges;
    SmallVector<int64_t> extents;
    for (int i = 0; i < 3; ++i) {
      extents.push_back(random.between(1, 6));
      ranges.push_back(random.chance(0.8) ? std::optional(pat::IndexRange{0, extents.back() - 1}) : std::nullopt);
    }
    AffineExpr simple = pat::simplifyIndex(expr, ranges);
    EXPECT_LE(pat::countDivisions(simple), pat::countDivisions(expr));
    for (int sample = 0; sample < 20; ++sample) {
      SmallVector<int64_t> point;
      for (int i = 0; i < 3; ++i)
        point.push_back(ranges[i] ? random.between(0, extents[i] - 1) : random.between(-40, 40));
      ASSERT_EQ(valueAt(expr, point), valueAt(simple, point)) << "round " << round;
    }
  }
}

/// A tensor reshaped through a chain of random shapes and back is read at its own indices.
TEST_F(IndexMathTest, ChainsOfReshapesVanish) {
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    SmallVector<int64_t> shape{random.between(1, 6), random.between(1, 6), random.between(1, 6)};
    int64_t points = shape[0] * shape[1] * shape[2];
    SmallVector<std::optional<pat::IndexRange>> ranges;
    for (int64_t extent : shape)
      ranges.push_back(pat::IndexRange{0, extent - 1});
    AffineExpr linear = (dim(0) * shape[1] + dim(1)) * shape[2] + dim(2);
    for (int step = 0; step < 3; ++step) { // to a random shape and back to a linear index
      SmallVector<int64_t> through;
      int64_t rest = points;
      for (int64_t divisor = 6; divisor > 1; --divisor)
        if (rest % divisor == 0 && random.chance(0.5)) {
          through.push_back(divisor);
          rest /= divisor;
        }
      through.push_back(rest);
      SmallVector<AffineExpr> indices(through.size());
      AffineExpr left = linear;
      for (size_t i = through.size(); i-- > 0; left = left.floorDiv(through[i]))
        indices[i] = i == 0 ? left : left % through[i];
      linear = getAffineConstantExpr(0, &context);
      for (size_t i = 0; i < through.size(); ++i)
        linear = linear * through[i] + indices[i];
    }
    SmallVector<AffineExpr> back{linear.floorDiv(shape[1] * shape[2]), linear.floorDiv(shape[2]) % shape[1],
                                 linear % shape[2]};
    for (int i = 0; i < 3; ++i) {
      AffineExpr simple = pat::simplifyIndex(back[i], ranges);
      EXPECT_TRUE(simple == (shape[i] == 1 ? getAffineConstantExpr(0, &context) : dim(i)))
          << "round " << round << " shape " << testing::PrintToString(shape) << "\n"
          << print(back[i]) << "\n"
          << print(simple);
    }
  }
}

} // namespace
