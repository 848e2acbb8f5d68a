// ProgressTest.cpp - the estimate of the time that is left
#include "jacquard/Runtime/ProgressLine.h"

#include <gtest/gtest.h>

using namespace jacquard;

namespace {

bitstream::Program threeEntries(uint64_t first, uint64_t second) {
  bitstream::Program program;
  program.sections = {{"a", {}, {}, first}, {"b", {}, {}, second}};
  program.schedule = {0, 1, 0};
  return program;
}

TEST(ProgressTest, CountsWhatWasPredicted) {
  runtime::ProgressText text(threeEntries(100, 300)); // 500 cycles in all
  EXPECT_DOUBLE_EQ(*text.shareDone({50, 0, 50}), 0.1);
  EXPECT_DOUBLE_EQ(*text.shareDone({250, 1, 150}), 0.5);
  EXPECT_EQ(text.at({250000, 1, 150}, 2), "section 2 of 3, 250000 cycles, 125 kcycles/s, 2 s left");
}

TEST(ProgressTest, ALongerSectionIsNotMoreThanPredicted) {
  runtime::ProgressText text(threeEntries(100, 300));
  EXPECT_DOUBLE_EQ(*text.shareDone({900, 1, 700}), 0.8);
}

TEST(ProgressTest, PromisesNothingWithoutPredictions) {
  EXPECT_FALSE(runtime::ProgressText(threeEntries(100, 0)).shareDone({50, 0, 50}));
  EXPECT_EQ(runtime::ProgressText(threeEntries(100, 0)).at({1000, 0, 50}, 1),
            "section 1 of 3, 1000 cycles, 1 kcycles/s");
}

TEST(ProgressTest, PromisesNothingWithLoops) {
  bitstream::Program program = threeEntries(100, 300);
  program.loops.emplace_back();
  EXPECT_FALSE(runtime::ProgressText(program).shareDone({50, 0, 50}));
}

} // namespace
