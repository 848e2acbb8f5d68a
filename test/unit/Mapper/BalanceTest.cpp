// BalanceTest.cpp - latencies and room of reconvergent paths, counted by hand
#include "Netlists.h"

#include "jacquard/Mapper/Balance.h"
#include "jacquard/Mapper/Measure.h"
#include "jacquard/Mapper/Route.h"
#include "jacquard/Mapper/Verify.h"

namespace jacquard::mapper {
namespace {

/// A row of units on y = 0 of plasticine, where compute units stand at x = 1, 3, 5 ...; a unit's place is its x.
class Row {
public:
  explicit Row(unsigned fifo) : model(spec(fifo)) {}

  UnitId unit(int x, UnitKind kind = UnitKind::Compute) {
    for (unsigned s = 0; s < model.sites().size(); ++s)
      if (model.sites()[s].x == x && model.sites()[s].y == 0 && model.sites()[s].kind == kind) {
        placement.siteOf.add(s);
        return problem.units.add({kind, "u" + std::to_string(x), ""});
      }
    ADD_FAILURE() << "no such unit at " << x;
    return {};
  }
  NetId net(Terminal from, std::vector<Terminal> to, uint64_t weight = 100) {
    return problem.nets.add(
        {"n" + std::to_string(problem.nets.size()), NetworkKind::Vector, from, std::move(to), weight});
  }
  std::vector<Reconvergence> find() {
    RouteOptions straight;
    straight.retime = false;
    Result<Routing> routing = route(problem, placement, model, straight);
    EXPECT_TRUE(routing);
    return routing ? reconvergences(problem, placement, *routing, model) : std::vector<Reconvergence>();
  }

  FabricModel model;
  Problem problem;
  Placement placement;

private:
  static ArchSpec spec(unsigned fifo) {
    ArchSpec spec = presetModel("plasticine").spec();
    spec.network.inputFifoDepth = fifo;
    return spec;
  }
};

/// u1 to u5 in 4 links, and through u15 in 14 + 10 links: 15 cycles, a pipeline of 6, 11 cycles. The direct way has an
/// output queue of 4, 4 links of 2 entries and the FIFO, one entry of each for the way back of the room.
TEST(BalanceTest, DirectWayAgainstDetour) {
  for (unsigned fifo : {4u, 16u, 26u}) {
    Row row(fifo);
    const UnitId fork = row.unit(1), join = row.unit(5), detour = row.unit(15);
    const NetId straight = row.net({fork, 0}, {{join, 0}});
    const NetId around = row.net({fork, 1}, {{detour, 0}});
    row.net({detour, 0}, {{join, 1}});
    const std::vector<Reconvergence> found = row.find();
    ASSERT_EQ(found.size(), 2u); // either way waits for the other
    EXPECT_EQ(found[0].fork, fork);
    EXPECT_EQ(found[0].join, join);
    EXPECT_EQ(found[0].longer, around);
    EXPECT_EQ(found[0].shorter, straight);
    EXPECT_EQ(found[0].need, 32u);
    EXPECT_EQ(found[0].room, 6 + fifo);
    EXPECT_EQ(found[0].missing(), 26 - fifo);
    EXPECT_EQ(describe(found[0], row.problem), "'u1' to 'u5': 32 elements on the way through 'n1', room for " +
                                                   std::to_string(6 + fifo) + " on that through 'n0'");
  }
}

/// As above: bends of two links bring the room up to what is needed. With room enough the way stays straight.
TEST(BalanceTest, ShortWayIsBent) {
  for (unsigned fifo : {4u, 16u, 26u}) {
    Row row(fifo);
    const UnitId fork = row.unit(1), join = row.unit(5), detour = row.unit(15);
    const NetId straight = row.net({fork, 0}, {{join, 0}});
    row.net({fork, 1}, {{detour, 0}});
    row.net({detour, 0}, {{join, 1}});
    Result<Routing> routing = route(row.problem, row.placement, row.model);
    ASSERT_TRUE(routing);
    EXPECT_EQ(verifyRouting(row.problem, row.placement, *routing, row.model), std::vector<std::string>());
    const unsigned links = fifo == 4 ? 26 : fifo == 16 ? 14 : 4; // 32 elements: one per link, FIFO - 1, 4 - 1
    EXPECT_EQ(hopsToSinks(row.problem, row.placement, *routing, straight, row.model), std::vector<unsigned>{links});
    EXPECT_EQ(reconvergences(row.problem, row.placement, *routing, row.model)[0].missing(), 0u);
  }
}

/// One port feeds both ways: only the branch to the unit where they meet is bent.
TEST(BalanceTest, BranchOfAMulticastIsBent) {
  Row row(16);
  const UnitId fork = row.unit(1), join = row.unit(5), detour = row.unit(15);
  const NetId both = row.net({fork, 0}, {{join, 0}, {detour, 0}});
  row.net({detour, 0}, {{join, 1}});
  Result<Routing> routing = route(row.problem, row.placement, row.model);
  ASSERT_TRUE(routing);
  EXPECT_EQ(verifyRouting(row.problem, row.placement, *routing, row.model), std::vector<std::string>());
  const std::vector<unsigned> links = hopsToSinks(row.problem, row.placement, *routing, both, row.model);
  EXPECT_EQ(links[0],
            18u); // 32 elements: one per link less one of the FIFO's; the queue is that of the longer way, too
  EXPECT_EQ(links[1], 14u);
  EXPECT_EQ(reconvergences(row.problem, row.placement, *routing, row.model)[0].missing(), 0u);
}

/// Two slices of a tensor are read at the same addresses, one passes its words on to the other: what they keep ends a
/// path, addresses and words go through.
TEST(BalanceTest, AddressesAndCascadesPassThroughMemories) {
  Row row(4);
  const UnitId fork = row.unit(1), far = row.unit(14, UnitKind::Memory), near = row.unit(4, UnitKind::Memory);
  const NetId addresses = row.net({fork, 0}, {{far, 2}, {near, 2}});
  row.net({far, 0}, {{near, 1}});
  row.net({near, 0}, {{row.unit(7), 0}});
  const std::vector<Reconvergence> found = row.find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].join, near);
  EXPECT_EQ(found[0].shorter, addresses);
  EXPECT_EQ(found[0].first, (Terminal{near, 2}));
  // 13 links, the memory, 10 links back, and a cycle for each FIFO at the end
  EXPECT_EQ(found[0].need, 13 + 1 + row.model.spec().memory.readLatency + 10 + 1);
  EXPECT_EQ(found[0].room, 3 + 4 - 1u); // 3 links and the FIFO
}

/// Two streams of a quarter of the busiest net's values send a quarter as much in the same time.
TEST(BalanceTest, SlowStreamsNeedLess) {
  Row row(4);
  const UnitId fork = row.unit(1), join = row.unit(5), detour = row.unit(15);
  row.net({fork, 0}, {{join, 0}}, 25);
  row.net({fork, 1}, {{detour, 0}}, 25);
  row.net({detour, 0}, {{join, 1}}, 25);
  row.net({fork, 2}, {{detour, 1}}, 100);
  const std::vector<Reconvergence> found = row.find();
  const auto pair = std::find_if(found.begin(), found.end(), [&](auto &each) { return each.join == join; });
  ASSERT_NE(pair, found.end());
  EXPECT_EQ(pair->need, 8u); // 32 / 4
  EXPECT_EQ(pair->missing(), 0u);
}

/// A sum that leaves once per hundred operands does not meet them one by one.
TEST(BalanceTest, DifferentLevelsAreNoPair) {
  Row row(4);
  const UnitId fork = row.unit(1), join = row.unit(5), detour = row.unit(15);
  row.net({fork, 0}, {{join, 0}, {detour, 0}}, 100);
  row.net({detour, 0}, {{join, 1}}, 1);
  EXPECT_TRUE(row.find().empty());
}

/// A scratchpad between holds whole tiles; ways of one port, and ways that do not meet, are no pair.
TEST(BalanceTest, WhatIsNoPair) {
  Row row(4);
  const UnitId fork = row.unit(1), memory = row.unit(2, UnitKind::Memory), join = row.unit(5), other = row.unit(7);
  row.net({fork, 0}, {{join, 0}, {memory, 0}, {other, 0}});
  row.net({memory, 0}, {{join, 1}});
  const UnitId scattered = row.unit(4, UnitKind::Memory); // takes addresses to write to, and is read less often
  row.net({fork, 1}, {{scattered, 1}});
  row.net({scattered, 0}, {{join, 2}}, 10);
  EXPECT_TRUE(row.find().empty());
}

/// Two units that feed one another are left out, and the search ends.
TEST(BalanceTest, FeedbackEnds) {
  Row row(4);
  const UnitId a = row.unit(1), b = row.unit(3);
  row.net({a, 0}, {{b, 0}, {b, 1}});
  row.net({b, 0}, {{a, 0}});
  const std::vector<Reconvergence> found = row.find();
  ASSERT_EQ(found.size(), 2u); // the two inputs of b
  EXPECT_EQ(found[0].missing(), 0u);
}

} // namespace
} // namespace jacquard::mapper
