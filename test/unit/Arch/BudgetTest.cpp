// BudgetTest.cpp - the part of a machine that a mapping may use
#include "jacquard/Arch/Budget.h"

#include <gtest/gtest.h>

using namespace jacquard;

namespace {

TEST(BudgetTest, ReadsUnitsUnderBothNames) {
  ArchSpec tiny = *loadArch("tiny"); // 8 units of each kind, scratchpads of 256 KiB
  auto budget = parseBudget("pcu=3,dram=2,scratchpad=1000000", tiny);
  ASSERT_TRUE(bool(budget)) << budget.error();
  EXPECT_EQ(budget->of(UnitKind::Compute), 3u);
  EXPECT_EQ(budget->of(UnitKind::DramPort), 2u);
  EXPECT_EQ(budget->of(UnitKind::Memory), 3u); // of 262144 bytes
  EXPECT_EQ(parseBudget("compute=3,memory=8", tiny)->of(UnitKind::Memory), 8u);
  EXPECT_EQ(parseBudget("", tiny)->of(UnitKind::Memory), std::nullopt);
}

TEST(BudgetTest, SaysWhatItCannotRead) {
  ArchSpec tiny = *loadArch("tiny");
  const char *most = "expected a number from 1 to 8, which is what 'tiny' has";
  for (auto [text, why] : {std::pair("compute=9", most),
                           {"compute=0", most},
                           {"compute=-1", most},
                           {"compute=3x", most},
                           {"compute=", most},
                           {"compute", most},
                           {"pmu=99999999999999999999", most},
                           {"scratchpad=262143", "expected a number from 262144 to 2097152"},
                           {"lanes=4", "expected compute, memory, dram or scratchpad"},
                           {",compute=3", "expected compute, memory, dram or scratchpad"},
                           {"memory=3,scratchpad=524288", "these units have a limit already"}}) {
    auto budget = parseBudget(text, tiny);
    ASSERT_FALSE(bool(budget)) << text;
    EXPECT_NE(budget.error().find(why), std::string::npos) << text << ": " << budget.error();
  }
}

TEST(BudgetTest, LimitsWhatCountsAndNothingElse) {
  ArchSpec tiny = *loadArch("tiny");
  ArchSpec limited = limitedTo(*parseBudget("compute=3,memory=2,dram=5", tiny), tiny);
  EXPECT_EQ(limited.numComputeUnits(), 3u);
  EXPECT_EQ(limited.numMemoryUnits(), 2u);
  EXPECT_EQ(limited.dramPort.count, 5u);
  EXPECT_EQ(limited.memory.bytes(), tiny.memory.bytes());
  EXPECT_EQ(limitedTo({}, tiny).numComputeUnits(), 8u);
}

} // namespace
