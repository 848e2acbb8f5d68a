// AccessWalkerTest.cpp - loop nests and address pipelines against plain loops
#include "AccessWalker.h"
#include "FabricBuilder.h"

#include "jacquard/Support/Random.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::sim;
using namespace jacquard::sim::test;
using namespace jacquard::bitstream;

TEST(CounterWalkerTest, EndsAndBeginsLevels) {
  CounterWalker walker(loops({2, 20, 3}, 1), 16);
  unsigned firings = 0, endsOf0 = 0, endsOf1 = 0, beginsOf1 = 0, ends = 0;
  std::vector<unsigned> valid;
  for (; !walker.done(); walker.advance()) {
    ++firings;
    endsOf0 += walker.ends(0);
    endsOf1 += walker.ends(1);
    beginsOf1 += walker.begins(1);
    ends += walker.ends(-1);
    valid.push_back(walker.validLanes());
    EXPECT_TRUE(walker.ends(2));
  }
  EXPECT_EQ(firings, 2u * 2 * 3);
  EXPECT_EQ(endsOf0, 2u);
  EXPECT_EQ(endsOf1, 4u);
  EXPECT_EQ(beginsOf1, 4u);
  EXPECT_EQ(ends, 1u);
  EXPECT_EQ(valid, (std::vector<unsigned>{16, 16, 16, 4, 4, 4, 16, 16, 16, 4, 4, 4}));
}

TEST(CounterWalkerTest, CountsFiringsAhead) {
  std::vector<uint32_t> extents = {2, 20, 3}; // 2 x 2 x 3 firings with 16 lanes
  for (unsigned before = 0; before < 12; ++before) {
    CounterWalker walker(loops(extents, 1), 16);
    walker.advance(uint64_t(before));
    EXPECT_EQ(walker.firingsTo(2), 1u);
    EXPECT_EQ(walker.firingsTo(1), 3 - before % 3);
    EXPECT_EQ(walker.firingsTo(0), 6 - before % 6);
    EXPECT_EQ(walker.firingsTo(-1), 12 - before);
    EXPECT_EQ(walker.firingsAlike(), 3 - before % 3); // 16 valid lanes or 4
    for (unsigned more = 0; more <= 12 - before; ++more) {
      CounterWalker jump = walker, steps = walker;
      jump.advance(uint64_t(more));
      for (unsigned i = 0; i < more; ++i)
        steps.advance();
      EXPECT_EQ(jump.done(), steps.done());
      for (unsigned level = 0; level < 3 && !jump.done(); ++level)
        EXPECT_EQ(jump.step(level), steps.step(level)) << before << " + " << more;
    }
  }
  CounterWalker walker(loops(extents, 1), 16);
  EXPECT_EQ(walker.firingsBetween(2), 1u);
  EXPECT_EQ(walker.firingsBetween(0), 6u);
  EXPECT_EQ(CounterWalker(loops({1u << 31, 1u << 31, 1u << 31}, -1), 16).firingsTo(-1), uint64_t(1) << 32);
}

TEST(CounterWalkerTest, FiresOnceWithoutLevels) {
  CounterWalker walker({}, 16);
  EXPECT_FALSE(walker.done());
  EXPECT_EQ(walker.validLanes(), 1u);
  EXPECT_TRUE(walker.begins(-1) && walker.ends(-1));
  walker.advance();
  EXPECT_TRUE(walker.done());
}

TEST(AccessWalkerTest, MatchesPlainLoopsOnRandomPrograms) {
  Random random(7);
  constexpr unsigned lanes = 4, numRegisters = 3;
  for (unsigned round = 0; round < 50; ++round) {
    std::vector<uint32_t> extents = {uint32_t(random.between(1, 4)), uint32_t(random.between(1, 9)),
                                     uint32_t(random.between(1, 5))};
    AccessProgram program = affine(loops(extents, int(random.between(-1, 2))), {});
    program.registers.resize(2);
    for (AffineRegister &reg : program.registers) {
      reg.base = random.between(-20, 20);
      reg.coefficients = {random.between(-9, 9), random.between(-9, 9), random.between(-9, 9)};
    }
    program.indexed = true;
    program.ops = {{AddressOpKind::Div, 0, 0, 3, 0},
                   {AddressOpKind::Mod, 1, 0, 5, 0},
                   {AddressOpKind::Madd, 4, 5, 7, 0},
                   {AddressOpKind::Check, 6, 0, -30, 40},
                   {AddressOpKind::Madd, 3, 7, 2, 0}};
    program.address = 8;
    AccessWalker walker(program, lanes, numRegisters);

    int vector = program.counters.vectorLevel;
    auto steps = [&](unsigned level) {
      return int(level) == vector ? (extents[level] + lanes - 1) / lanes : extents[level];
    };
    for (uint32_t i = 0; i < steps(0); ++i)
      for (uint32_t j = 0; j < steps(1); ++j)
        for (uint32_t k = 0; k < steps(2); ++k, walker.advance()) {
          uint32_t index[lanes];
          for (uint32_t &word : index)
            word = uint32_t(random.between(-5, 5));
          walker.evaluate(index);
          for (unsigned lane = 0; lane < lanes; ++lane) {
            int64_t at[3] = {i, j, k};
            if (vector >= 0)
              at[vector] = at[vector] * lanes + lane;
            bool valid = vector < 0 ? lane == 0 : at[vector] < int64_t(extents[size_t(vector)]);
            int64_t r[2];
            for (unsigned n = 0; n < 2; ++n) {
              r[n] = program.registers[n].base;
              for (unsigned level = 0; level < 3; ++level)
                r[n] += program.registers[n].coefficients[level] * at[level];
            }
            auto floorDiv = [](int64_t a, int64_t b) { return a / b - (a % b < 0); };
            int64_t div = floorDiv(r[0], 3), mod = r[1] - 5 * floorDiv(r[1], 5), madd = div * 7 + mod;
            bool part = valid && madd >= -30 && madd < 40;
            ASSERT_EQ(walker.takesPart(lane), part);
            if (valid) {
              ASSERT_EQ(walker.address(lane), int64_t(int32_t(index[lane])) * 2 + madd);
            }
          }
        }
    EXPECT_TRUE(walker.done());
  }
}
