// ClimbTest.cpp - which moves and crossovers a climb finds
#include "Climb.h"

#include <gtest/gtest.h>

using namespace jacquard;

namespace {

Climb climbOf(MappingView view, std::map<int64_t, double> cyclesOf, LimitsOf limits = {}) {
  Climb climb;
  climb.view = view;
  Outcome outcome;
  outcome.result.view = view;
  for (auto [pattern, cycles] : cyclesOf)
    outcome.result.cycles += cycles;
  outcome.cyclesOf = std::move(cyclesOf);
  climb.arrive(std::move(limits), std::move(outcome));
  return climb;
}

TEST(CrossoverTest, StretchesEndWhereHalfOfTheGainIsLost) {
  Climb climb = climbOf({0.2}, {{0, 100}, {1, 100}, {2, 100}, {3, 100}, {4, 100}, {5, 100}});
  // It gains 50 and 20 with a loss of 10 between, loses 60, and gains 30 at the end.
  Climb donor = climbOf({0.5}, {{0, 50}, {1, 110}, {2, 80}, {3, 160}, {4, 100}, {5, 70}});
  std::vector<Crossover> found = findCrossovers(climb, donor);
  ASSERT_GE(found.size(), 2u);
  EXPECT_EQ(found[0].first, 0);
  EXPECT_EQ(found[0].last, 2);
  EXPECT_DOUBLE_EQ(found[0].gain, 60);
  auto second = llvm::find_if(found, [](const Crossover &each) { return each.gain == 30; });
  ASSERT_NE(second, found.end());
  EXPECT_EQ(second->last, 5);
  // With neighbours a stretch comes later: the small one as it is before the large one with eight.
  auto wide = llvm::find_if(found, [](const Crossover &each) { return each.gain == 60 && each.last == 10; });
  ASSERT_NE(wide, found.end());
  EXPECT_LT(second - found.begin(), wide - found.begin());
}

TEST(CrossoverTest, DonorsThatAreNowhereFasterOrSeeLessOfTheScratchpadsGiveNothing) {
  Climb climb = climbOf({0.2}, {{0, 100}, {1, 100}});
  EXPECT_TRUE(findCrossovers(climb, climbOf({0.5}, {{0, 100}, {1, 120}})).empty());
  EXPECT_TRUE(findCrossovers(climb, climbOf({0.2, false, true, true, 1, 0.5}, {{0, 10}, {1, 10}})).empty());
}

TEST(CrossoverTest, TakesOverLimitsAndViewOfTheStretchAlone) {
  Limits tight, own;
  tight.homeLevel = 2;
  own.mostBoxes = 7;
  Climb climb = climbOf({0.2}, {{0, 1}, {1, 9}, {2, 9}}, {{0, own}, {1, own}});
  Climb donor = climbOf({0.5, true, true, true, 0.75}, {{0, 1}, {1, 1}, {2, 1}}, {{0, tight}, {2, tight}});
  LimitsOf limits = crossOver(climb, donor, {16, 0, 1, 2, 16});
  EXPECT_EQ(limits.at(0).mostBoxes, 7);
  EXPECT_FALSE(limits.at(0).view);
  EXPECT_FALSE(limits.at(1).isTight()); // as at the donor
  EXPECT_TRUE(limits.at(1).view == (MappingView{0.5, true, true, true, 0.75}));
  EXPECT_EQ(limits.at(2).homeLevel, 2u);
}

TEST(ClimbTest, MovesManyTensorsFirstAndEachMoveOnce) {
  Climb climb = climbOf({0.2}, {{0, 1}, {1, 1}});
  Outcome outcome = *climb.here;
  outcome.lacks = {{{0}, {1}, 6}, {{1}, {0}, 4}};
  climb.arrive({}, outcome);
  std::vector<Moves> all = climb.findMoves(100);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front().size(), 2u); // both at once
  EXPECT_EQ(all.back().size(), 1u);
  EXPECT_EQ(std::set<Moves>(all.begin(), all.end()).size(), all.size());
  LimitsOf limits;
  for (const Move &move : all.front())
    move.applyTo(limits);
  EXPECT_EQ(limits.at(1).mostBoxes, 6);
  EXPECT_EQ(limits.at(0).mostBoxes, 4);
  climb.forget(all.front());
  EXPECT_EQ(climb.findMoves(1).size(), 1u);
}

TEST(ClimbTest, FindsNothingWithoutLacksAndLimits) {
  Climb climb = climbOf({0.2}, {{0, 1}});
  EXPECT_TRUE(climb.findMoves(2).empty());
}

TEST(ClimbTest, LiftsLimitsButKeepsTheView) {
  Limits own;
  own.homeLevel = 1;
  own.view = {0.5, true, true, true, 0.75};
  Climb climb = climbOf({0.2}, {{3, 1}}, {{3, own}});
  std::vector<Moves> all = climb.findMoves(2);
  ASSERT_EQ(all.size(), 1u);
  LimitsOf limits = climb.limits;
  all.front().front().applyTo(limits);
  EXPECT_FALSE(limits.at(3).isTight());
  EXPECT_TRUE(limits.at(3).view == (MappingView{0.5, true, true, true, 0.75}));
}

} // namespace
