// FabricModelTest.cpp - geometry and numbering of the fabric, on presets and random architectures
#include "jacquard/Arch/ArchCheck.h"
#include "jacquard/Support/Random.h"

#include <gtest/gtest.h>

using namespace jacquard;

TEST(FabricModelTest, EveryPresetIsConsistent) {
  for (const std::string &name : archPresetNames()) {
    Result<ArchSpec> spec = loadArch(name);
    ASSERT_TRUE(spec) << spec.error();
    Status status = checkFabric(FabricModel(*spec));
    EXPECT_TRUE(status) << name << ": " << status.error();
  }
}

TEST(FabricModelTest, RandomArchitecturesAreConsistent) {
  Result<ArchSpec> base = loadArch("tiny");
  ASSERT_TRUE(base) << base.error();
  Random random(1);
  auto randomPorts = [&](PortCounts &ports, unsigned in, unsigned control, unsigned out) {
    ports = {in + unsigned(random.below(3)),  unsigned(random.below(4)), control + unsigned(random.below(3)),
             out + unsigned(random.below(3)), unsigned(random.below(4)), control + unsigned(random.below(3))};
  };
  for (int round = 0; round < 100; ++round) {
    ArchSpec spec = *base;
    spec.columns = 1 + unsigned(random.below(6));
    spec.rows = 1 + unsigned(random.below(6));
    spec.dramPort.count = 1 + unsigned(random.below(4 * spec.rows));
    spec.network.vectorTracks = 1 + unsigned(random.below(4));
    spec.network.scalarTracks = 1 + unsigned(random.below(4));
    spec.network.controlTracks = 1 + unsigned(random.below(4));
    randomPorts(spec.compute.ports, 1, 0, 1);
    randomPorts(spec.memory.ports, 3, 0, 1);
    randomPorts(spec.dramPort.ports, 2, 1, 1);
    Result<ArchSpec> read = parseArch(printArch(spec), "random");
    ASSERT_TRUE(read) << read.error();
    Status status = checkFabric(FabricModel(*read));
    EXPECT_TRUE(status) << status.error() << "\n" << printArch(spec);
  }
}

TEST(FabricModelTest, NamesSitesByTheirSwitch) {
  Result<ArchSpec> spec = loadArch("tiny");
  ASSERT_TRUE(spec) << spec.error();
  FabricModel model(*spec);
  EXPECT_EQ(model.width(), 6);
  EXPECT_EQ(model.sites().size(), 16u + 8u);
  EXPECT_EQ(model.describeSite(0), "dram(0,0).0");
  EXPECT_EQ(model.describeSite(1), "compute(1,0)");
  EXPECT_EQ(model.describeSite(2), "memory(2,0)");
  EXPECT_EQ(model.sourceOfPort(1, 1000), -1);
}

TEST(FabricModelTest, SpreadsDramPortsEvenly) {
  Result<ArchSpec> spec = loadArch("plasticine");
  ASSERT_TRUE(spec) << spec.error();
  FabricModel model(*spec);
  std::vector<int> perRow(8);
  for (const Site &site : model.sites())
    if (site.kind == UnitKind::DramPort && site.x == 0)
      ++perRow[site.y];
  int sum = 0;
  for (int count : perRow) {
    EXPECT_GE(count, 2);
    EXPECT_LE(count, 3);
    sum += count;
  }
  EXPECT_EQ(sum, 17);
}
