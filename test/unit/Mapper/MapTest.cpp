// MapTest.cpp - place and route on random netlists: right, deterministic, and honest when it cannot be done
#include "Netlists.h"

#include "jacquard/Mapper/Map.h"
#include "jacquard/Mapper/Verify.h"

namespace jacquard::mapper {
namespace {

struct Density {
  double fill, density;
  unsigned reach;
};

void expectMaps(const std::string &arch, const Density &how, uint64_t seed) {
  const FabricModel model = presetModel(arch);
  const Problem problem = NetlistMaker(model, seed).make(how.fill, how.density, how.reach);
  ASSERT_TRUE(check(problem, model)) << check(problem, model).error();
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_TRUE(mapping) << arch << " seed " << seed << ": " << mapping.error();
  EXPECT_EQ(verifyPlacement(problem, mapping->placement, model), std::vector<std::string>());
  EXPECT_EQ(verifyRouting(problem, mapping->placement, mapping->routing, model), std::vector<std::string>());
  const Selects selects = selectsOf(problem, mapping->routing, model);
  EXPECT_EQ(verifySelects(problem, mapping->placement, selects, model), std::vector<std::string>());
}

TEST(MapTest, RandomNetlistsOnTiny) {
  for (uint64_t seed = 0; seed < 40; ++seed)
    for (const Density &how : {Density{0.5, 0.2, 4}, Density{1.0, 0.3, 4}, Density{1.0, 0.5, 8}})
      expectMaps("tiny", how, seed);
}

TEST(MapTest, RandomNetlistsOnPlasticine) {
  for (uint64_t seed = 0; seed < 5; ++seed)
    for (const Density &how : {Density{0.3, 0.3, 10}, Density{0.8, 0.4, 10}, Density{1.0, 0.5, 6}})
      expectMaps("plasticine", how, seed);
}

TEST(MapTest, NearlyFullFabrics) {
  expectMaps("plasticine", {0.95, 0.4, 8}, 11);
  expectMaps("sara", {0.95, 0.35, 8}, 12);
  expectMaps("sn10", {0.95, 0.3, 8}, 13);
}

TEST(MapTest, EqualSeedsGiveEqualMappings) {
  const FabricModel model = presetModel("plasticine");
  const Problem problem = NetlistMaker(model, 7).make(0.7, 0.4, 10);
  Result<Mapping> first = mapOntoFabric(problem, model), second = mapOntoFabric(problem, model);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->placement == second->placement);
  EXPECT_TRUE(first->routing == second->routing);
  MapOptions other;
  other.place.seed = 2;
  Result<Mapping> third = mapOntoFabric(problem, model, other);
  ASSERT_TRUE(third);
  EXPECT_FALSE(first->placement == third->placement);
}

TEST(MapTest, AnnealingShortensTheGreedySeed) {
  const FabricModel model = presetModel("plasticine");
  const Problem problem = NetlistMaker(model, 3).make(0.9, 0.4, 10);
  PlaceOptions greedy;
  greedy.effort = 0;
  Result<Placement> seed = place(problem, model, greedy), annealed = place(problem, model);
  ASSERT_TRUE(seed && annealed);
  EXPECT_EQ(verifyPlacement(problem, *seed, model), std::vector<std::string>());
  EXPECT_LT(wireLength(problem, *annealed, model), wireLength(problem, *seed, model));
}

TEST(MapTest, BroadcastsReachEveryUnit) {
  const FabricModel model = presetModel("plasticine");
  Problem problem;
  std::vector<Terminal> sinks[3];
  const UnitId dram[3] = {problem.units.add({UnitKind::DramPort, "w0", "Gemm_0"}),
                          problem.units.add({UnitKind::DramPort, "w1", "Gemm_0"}),
                          problem.units.add({UnitKind::DramPort, "w2", "Gemm_0"})};
  for (unsigned i = 0; i < numSites(model, UnitKind::Compute); ++i) {
    const UnitId unit = problem.units.add({UnitKind::Compute, "mac" + std::to_string(i), "Gemm_0"});
    for (unsigned port = 0; port < 3; ++port)
      sinks[port].push_back({unit, port});
  }
  for (unsigned port = 0; port < 3; ++port)
    problem.nets.add({"w" + std::to_string(port), NetworkKind::Vector, {dram[port], 0}, sinks[port], 1000});
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_TRUE(mapping) << mapping.error();
  EXPECT_EQ(verifySelects(problem, mapping->placement, selectsOf(problem, mapping->routing, model), model),
            std::vector<std::string>());
}

/// A memory unit that nothing else ties stands on the site that attracts it.
TEST(MapTest, UnitsStandWhereTheyAreAttracted) {
  const FabricModel model = presetModel("plasticine");
  for (bool fromAfar : {false, true}) {
    unsigned first = 0;
    while (model.sites()[first].kind != UnitKind::Memory)
      ++first;
    unsigned last = unsigned(model.sites().size()) - 1;
    while (model.sites()[last].kind != UnitKind::Memory)
      --last;
    Problem problem;
    const UnitId unit = problem.units.add({UnitKind::Memory, "home", ""});
    const UnitId writer = problem.units.add({UnitKind::Compute, "writer", ""});
    problem.nets.add({"n", NetworkKind::Vector, {writer, 0}, {{unit, 0}}, 1});
    problem.attractions = {{unit, {fromAfar ? last : first}}};
    Result<Placement> placement = place(problem, model);
    ASSERT_TRUE(placement) << placement.error();
    EXPECT_EQ(placement->siteOf[unit], fromAfar ? last : first);
  }
}

TEST(MapTest, RejectsSitesThatTheMachineLacks) {
  const FabricModel model = presetModel("tiny");
  Problem problem;
  const UnitId unit = problem.units.add({UnitKind::Memory, "home", ""});
  const unsigned beyond = unsigned(model.sites().size());
  problem.attractions = {{unit, {beyond}}};
  EXPECT_FALSE(place(problem, model));
  problem.attractions = {{unit, {}}};
  EXPECT_FALSE(place(problem, model));
  problem.attractions = {{UnitId(1), {0}}};
  EXPECT_FALSE(place(problem, model));
  problem.attractions = {};
  problem.reservedSites = {beyond};
  EXPECT_FALSE(place(problem, model));
  problem.reservedSites = {};
  EXPECT_TRUE(place(problem, model));
}

/// As many units as sites; one is fixed far from what it is tied to, one site is reserved for a unit of another
/// section.
TEST(MapTest, FixedUnitsStayAndReservedSitesAreLeft) {
  const FabricModel model = presetModel("tiny");
  std::vector<unsigned> sites;
  for (unsigned s = 0; s < model.sites().size(); ++s)
    if (model.sites()[s].kind == UnitKind::Compute)
      sites.push_back(s);
  Problem problem;
  problem.reservedSites = {sites[1], sites.back()};
  for (unsigned i = 0; i + 1 < sites.size(); ++i)
    problem.units.add({UnitKind::Compute, "u" + std::to_string(i), "Conv_1"});
  problem.units[UnitId(0)].fixedSite = sites.back();
  for (unsigned i = 1; i + 1 < sites.size(); ++i)
    problem.nets.add({"n" + std::to_string(i), NetworkKind::Vector, {UnitId(i), 0}, {{UnitId(i - 1), 0}}, 1});
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_TRUE(mapping) << mapping.error();
  EXPECT_EQ(mapping->placement.siteOf[UnitId(0)], sites.back());
  for (unsigned i = 1; i + 1 < sites.size(); ++i)
    EXPECT_NE(mapping->placement.siteOf[UnitId(i)], sites[1]);
  EXPECT_TRUE(verifyPlacement(problem, mapping->placement, model).empty());
  mapping->placement.siteOf[UnitId(1)] = sites[1];
  EXPECT_FALSE(verifyPlacement(problem, mapping->placement, model).empty());
  problem.units.add({UnitKind::Compute, "one too many", "Conv_1"});
  EXPECT_NE(mapOntoFabric(problem, model).error().find("besides"), std::string::npos);
}

TEST(MapTest, EmptyProblemMaps) {
  const FabricModel model = presetModel("tiny");
  Result<Mapping> mapping = mapOntoFabric({}, model);
  ASSERT_TRUE(mapping);
  EXPECT_TRUE(mapping->placement.siteOf.empty());
}

/// Every compute unit sends all its streams half the grid away, over links of one track.
TEST(MapTest, FullLinksAreNamed) {
  Result<ArchSpec> spec = loadArch("tiny");
  ASSERT_TRUE(spec);
  ArchSpec narrow = *spec;
  narrow.network.vectorTracks = 1;
  const FabricModel model(narrow);
  Problem problem;
  Placement placement;
  std::vector<unsigned> computeSites;
  for (unsigned s = 0; s < model.sites().size(); ++s)
    if (model.sites()[s].kind == UnitKind::Compute)
      computeSites.push_back(s);
  ASSERT_GE(computeSites.size(), 4u);
  for (unsigned i = 0; i < computeSites.size(); ++i) {
    problem.units.add({UnitKind::Compute, "u" + std::to_string(i), "Conv_" + std::to_string(i)});
    placement.siteOf.add(computeSites[i]);
  }
  const unsigned n = unsigned(computeSites.size());
  for (unsigned i = 0; i < n; ++i)
    for (unsigned port = 0; port < narrow.compute.ports.vectorOut && port < narrow.compute.ports.vectorIn; ++port)
      problem.nets.add({"n" + std::to_string(i) + "." + std::to_string(port),
                        NetworkKind::Vector,
                        {UnitId(i), port},
                        {{UnitId((i + n / 2) % n), port}},
                        1});
  ASSERT_TRUE(check(problem, model)) << check(problem, model).error();
  Congestion found;
  Result<Routing> routing = route(problem, placement, model, {}, &found);
  ASSERT_FALSE(routing);
  EXPECT_EQ(routing.error().find("vector links from switch ("), 0u) << routing.error();
  EXPECT_NE(routing.error().find(" needed, 1 available; nets: 'n"), std::string::npos) << routing.error();
  EXPECT_NE(routing.error().find(" (Conv_"), std::string::npos) << routing.error();
  float total = 0;
  for (float links : found.overuse[0])
    total += links;
  EXPECT_GT(total, 0.0f);
}

TEST(MapTest, LoopReportsTheRouterWhenNoPlacementHelps) {
  Result<ArchSpec> spec = loadArch("tiny");
  ASSERT_TRUE(spec);
  spec->network.scalarTracks = 0;
  const FabricModel model(*spec);
  Problem problem;
  const UnitId a = problem.units.add({UnitKind::Compute, "a", "Gemm_0"});
  const UnitId b = problem.units.add({UnitKind::Compute, "b", "Gemm_0"});
  const PortCounts &ports = model.ports(UnitKind::Compute);
  problem.nets.add({"s", NetworkKind::Scalar, {a, ports.vectorOut}, {{b, ports.vectorIn}}, 1});
  ASSERT_TRUE(check(problem, model)) << check(problem, model).error();
  Result<Mapping> mapping = mapOntoFabric(problem, model);
  ASSERT_FALSE(mapping);
  EXPECT_NE(mapping.error().find("1 needed, 0 available; nets: 's' (Gemm_0)"), std::string::npos) << mapping.error();
  EXPECT_NE(mapping.error().find("; tried 4 placements"), std::string::npos) << mapping.error();
}

} // namespace
} // namespace jacquard::mapper
