// MeasureTest.cpp - figures of routings whose lengths are known by hand, and what routes may cost
#include "Netlists.h"

#include "jacquard/Mapper/Map.h"
#include "jacquard/Mapper/Measure.h"
#include "jacquard/Mapper/Verify.h"

namespace jacquard::mapper {
namespace {

unsigned siteAt(const FabricModel &model, int x, int y) {
  for (unsigned s = 0; s < model.sites().size(); ++s)
    if (model.sites()[s].x == x && model.sites()[s].y == y)
      return s;
  ADD_FAILURE() << "no site at " << x << ", " << y;
  return 0;
}

/// One net from the compute unit at (1,0) to compute units at the given places, routed.
struct OneNet {
  explicit OneNet(const std::vector<std::pair<int, int>> &sinks) : model(presetModel("plasticine")) {
    placement.siteOf.add(siteAt(model, 1, 0));
    Net net{"n", NetworkKind::Vector, {problem.units.add({UnitKind::Compute, "from", ""}), 0}, {}, 10};
    for (auto [x, y] : sinks) {
      net.sinks.push_back({problem.units.add({UnitKind::Compute, "to", ""}), 0});
      placement.siteOf.add(siteAt(model, x, y));
    }
    problem.nets.add(net);
    Result<Routing> routed = route(problem, placement, model);
    EXPECT_TRUE(routed);
    if (routed)
      routing = *routed;
    EXPECT_EQ(verifyRouting(problem, placement, routing, model), std::vector<std::string>());
  }

  FabricModel model;
  Problem problem;
  Placement placement;
  Routing routing;
};

TEST(MeasureTest, StraightNet) {
  const OneNet one({{5, 0}});
  const RouteFigures figures = measure(one.problem, one.placement, one.routing, one.model);
  EXPECT_EQ(figures.links, 4u);
  EXPECT_EQ(figures.meanHops, 4.0);
  EXPECT_EQ(figures.weightedHops, 4.0);
  EXPECT_EQ(figures.longestHops, 4u);
}

/// (5,0) lies on the way to (9,0), and (5,4) is four links off it: twelve links, shared as far as possible.
TEST(MeasureTest, SharedTrunk) {
  const OneNet one({{9, 0}, {5, 4}, {5, 0}});
  EXPECT_EQ(hopsToSinks(one.problem, one.placement, one.routing, NetId(0), one.model),
            (std::vector<unsigned>{8, 8, 4}));
  EXPECT_EQ(measure(one.problem, one.placement, one.routing, one.model).links, 12u);
}

/// Sinks above a straight way: through them the tree has 16 links, along the straight way with teeth it would have 18.
TEST(MeasureTest, TreeSharesLinks) {
  const OneNet one({{3, 2}, {7, 2}, {11, 2}, {13, 0}});
  EXPECT_EQ(measure(one.problem, one.placement, one.routing, one.model).links, 16u);
}

TEST(MeasureTest, NothingRoutedIsAllZero) {
  const FabricModel model = presetModel("tiny");
  const RouteFigures figures = measure({}, {}, {}, model);
  EXPECT_EQ(figures.links, 0u);
  EXPECT_EQ(figures.meanHops, 0.0);
}

/// What place and route cost together must stay near the half perimeter of the nets, which no routing can beat.
TEST(MeasureTest, RoutesAreNearTheirLowerBound) {
  const FabricModel model = presetModel("plasticine");
  const Problem problem = NetlistMaker(model, 3).make(0.95, 0.4, 10);
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_TRUE(mapping) << mapping.error();
  const RouteFigures figures = measure(problem, mapping->placement, mapping->routing, model);
  const uint64_t bound = wireLength(problem, mapping->placement, model);
  EXPECT_GE(figures.links, bound);
  EXPECT_LE(double(figures.links), 1.15 * double(bound));
}

} // namespace
} // namespace jacquard::mapper
