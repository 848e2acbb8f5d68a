// RandomValuesTest.cpp - the random generator's known answers, and what is drawn with it
#include "ImportText.h"

#include "jacquard/Operators/Random.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cmath>

using namespace jacquard;
using namespace jacquard::test;

using Words = std::array<uint32_t, 4>;
using Floats = std::vector<float>;

/// One block, computed by the host target.
static Words runPhilox(Words counter, ops::RandomKey key) {
  Importing import;
  import.context->loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect, pat::PatDialect>();
  mlir::OpBuilder b(import.context.get());
  mlir::Location loc = b.getUnknownLoc();
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(loc);
  b.setInsertionPointToStart(module->getBody());
  auto type = mlir::RankedTensorType::get({4}, b.getI32Type());
  auto func = mlir::func::FuncOp::create(b, loc, "main", b.getFunctionType({type}, {type}));
  b.setInsertionPointToStart(func.addEntryBlock());
  mlir::Value words = func.getArgument(0);
  mlir::Value result = ops::mapOver(b, loc, {4}, [&](mlir::OpBuilder &b, mlir::ValueRange point) {
    ops::Scalars s(b, loc);
    std::array<mlir::Value, 4> in;
    for (int64_t i = 0; i < 4; ++i)
      in[i] = pat::at(b, loc, words, s.index(i));
    std::array<mlir::Value, 4> out = ops::philox(b, loc, in, key);
    mlir::Value chosen = out[3];
    for (int64_t i = 2; i >= 0; --i)
      chosen = s.select(s.equal(point[0], s.index(i)), out[i], chosen);
    return chosen;
  });
  mlir::func::ReturnOp::create(b, loc, result);
  auto out = host::executeOnHost(*module, "main",
                                 {tensorOf(DType::I32, {4}, std::vector<uint32_t>(counter.begin(), counter.end()))});
  EXPECT_TRUE(mlir::succeeded(out)) << import.messages;
  Words found = {};
  if (mlir::succeeded(out))
    std::memcpy(found.data(), (*out)[0].bytes.data(), sizeof(found));
  return found;
}

// From kat_vectors of the Random123 library, which goes with the paper.
TEST(RandomValuesTest, PhiloxGivesItsKnownAnswers) {
  EXPECT_EQ(runPhilox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  uint32_t ones = 0xffffffff;
  EXPECT_EQ(runPhilox({ones, ones, ones, ones}, {ones, ones}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(runPhilox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

/// Element 0 of a tensor without counter or key is the first word above.
TEST(RandomValuesTest, UniformNumbersAreUpperBits) {
  Importing import;
  auto out = import.run("g () => (float[1] y, double[1] z) { y = RandomUniform<shape = [1], seed = 0.0>()"
                        " z = RandomUniform<shape = [1], seed = 0.0, dtype = 11>() }",
                        {});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0])[0], std::ldexp(float(0x6627e8), -24));
  EXPECT_EQ(valuesOf<double>(out[1])[0],
            std::ldexp(double(0x6627e8d5 >> 5), -27) + std::ldexp(double(0xe169c58d >> 6), -53));
}

TEST(RandomValuesTest, NormalNumbersHaveTheirMoments) {
  Importing import;
  auto out =
      import.run("g () => (float[100,100] y) { y = RandomNormal<shape = [100, 100], mean = 3.0, scale = 2.0>() }", {});
  ASSERT_EQ(out.size(), 1u);
  double mean = 0, square = 0, within = 0;
  for (float x : valuesOf<float>(out[0])) {
    mean += x / 1e4;
    square += (x - 3) * (x - 3) / 1e4;
    within += std::fabs(x - 3) < 2 ? 1e-4 : 0;
  }
  EXPECT_NEAR(mean, 3, 0.1); // 5 deviations of the mean of 10,000
  EXPECT_NEAR(square, 4, 0.3);
  EXPECT_NEAR(within, 0.6827, 0.025);
}

TEST(RandomValuesTest, SeedsDecide) {
  const char *body = "g () => (float[4] a, float[4] b, float[4] c, float[4] d) {"
                     " a = RandomUniform<shape = [4]>() b = RandomUniform<shape = [4]>()"
                     " c = RandomUniform<shape = [4], seed = 7.0>() d = RandomUniform<shape = [4], seed = 7.0>() }";
  Importing first, second;
  second.options.seed = 2;
  auto one = first.run(body, {}), other = second.run(body, {});
  ASSERT_EQ(one.size(), 4u);
  ASSERT_EQ(other.size(), 4u);
  EXPECT_NE(one[0].bytes, one[1].bytes); // nodes differ
  EXPECT_EQ(one[2].bytes, one[3].bytes); // but for seeds of their own
  EXPECT_NE(one[0].bytes, other[0].bytes);
  EXPECT_EQ(one[2].bytes, other[2].bytes);
}

TEST(RandomValuesTest, EveryCopyOfALoopDrawsItsOwn) {
  Importing import;
  auto out =
      import.run("g (float[3] x) => (float[3] y, float[2,3] z) { n = Constant<value_int = 2>() y, z = Loop(n, , x)"
                 " <body = b (int64 k, bool p, float[3] v) => (bool p, float[3] r, float[3] s) {"
                 " r = RandomNormalLike(v) s = Abs(r) }> }",
                 {floats({3}, {1, 2, 3})});
  ASSERT_EQ(out.size(), 2u) << import.messages;
  std::vector<float> drawn = valuesOf<float>(out[1]);
  EXPECT_NE(Floats(drawn.begin(), drawn.begin() + 3), Floats(drawn.begin() + 3, drawn.end()));
}

TEST(RandomValuesTest, BernoulliAndMultinomialFollowTheirChances) {
  Importing import;
  std::vector<float> chances(4000, 0.25f);
  auto out = import.run("g (float[4000] p, float[1,3] l) => (float[4000] y, int32[1,4000] c, float[2] e) {"
                        " y = Bernoulli(p) c = Multinomial<sample_size = 4000>(l)"
                        " q = Constant<value_floats = [0.0, 1.0]>() e = Bernoulli(q) }",
                        {floats({4000}, chances), floats({1, 3}, {std::log(0.1f), -INFINITY, std::log(0.3f)})});
  ASSERT_EQ(out.size(), 3u);
  double ones = 0;
  for (float x : valuesOf<float>(out[0]))
    ones += x;
  EXPECT_NEAR(ones, 1000, 140); // 5 deviations
  int counts[3] = {};
  for (int32_t c : valuesOf<int32_t>(out[1]))
    ++counts[c];
  EXPECT_NEAR(counts[0], 1000, 140);
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(valuesOf<float>(out[2]), (std::vector<float>{0, 1}));
}

TEST(RandomValuesTest, DropoutScalesWhatItKeeps) {
  Importing import;
  auto out = import.run("g (float[1000] x) => (float[1000] y, bool[1000] m, float[1000] z) {"
                        " r = Constant<value_float = 0.75>() o = Constant<value_float = 0.0>()"
                        " i = Constant<value_int = 1>() t = Cast<to = 9>(i)"
                        " y, m = Dropout<seed = 5>(x, r, t) z = Dropout(x, o, t) }",
                        {floats({1000}, std::vector<float>(1000, 2))});
  ASSERT_EQ(out.size(), 3u);
  int kept = 0;
  for (int i = 0; i < 1000; ++i) {
    bool mask = out[1].bytes[i] != 0;
    EXPECT_EQ(out[0].data<float>()[i], mask ? 8 : 0);
    kept += mask;
  }
  EXPECT_NEAR(kept, 250, 70); // 5 deviations
  EXPECT_EQ(valuesOf<float>(out[2]), std::vector<float>(1000, 2));
}

TEST(RandomValuesTest, WhatCannotBeDrawnIsNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[2] x) => (float y, float z) {"
                           " y = RandomUniform<shape = [2], dtype = 7>() z = Multinomial(x) }"));
  EXPECT_NE(import.messages.find("the result has element type int64; expected a float type"), std::string::npos);
  EXPECT_NE(import.messages.find("cannot draw 1 samples from logits of shape [2]; expected [rows, classes]"),
            std::string::npos);
}
