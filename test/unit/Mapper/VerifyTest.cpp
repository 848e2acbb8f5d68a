// VerifyTest.cpp - mutation tests: break a right mapping in every way, and see every break caught
#include "Netlists.h"

#include "jacquard/Mapper/Map.h"
#include "jacquard/Mapper/Verify.h"

namespace jacquard::mapper {
namespace {

class VerifyTest : public testing::Test {
protected:
  VerifyTest() : model(presetModel("plasticine")), problem(NetlistMaker(model, 11).make(0.6, 0.4, 10)) {
    Result<Mapping> result = mapOntoFabric(problem, model);
    EXPECT_TRUE(result) << result.error();
    mapping = *result;
    selects = selectsOf(problem, mapping.routing, model);
  }

  std::vector<std::string> placementViolations() const { return verifyPlacement(problem, mapping.placement, model); }
  std::vector<std::string> routingViolations() const {
    return verifyRouting(problem, mapping.placement, mapping.routing, model);
  }
  std::vector<std::string> selectViolations() const {
    return verifySelects(problem, mapping.placement, selects, model);
  }
  bool isLink(const Net &net, const Hop &hop) const {
    return model.switchModel(hop.sw, net.network).sinks[hop.sink].isLink;
  }
  unsigned numSources(const Net &net, const Hop &hop) const {
    return unsigned(model.switchModel(hop.sw, net.network).sources.size());
  }
  bool isUsed(NetworkKind network, unsigned sw, unsigned sink) const {
    return selects[unsigned(network)][sw][sink] != 0;
  }

  const FabricModel model;
  const Problem problem;
  Mapping mapping;
  Selects selects;
};

TEST_F(VerifyTest, AcceptsTheMapping) {
  EXPECT_TRUE(placementViolations().empty());
  EXPECT_TRUE(routingViolations().empty());
  EXPECT_TRUE(selectViolations().empty());
}

TEST_F(VerifyTest, CatchesMovedUnits) {
  for (unsigned u = 0; u < problem.units.size(); u += 7) {
    const unsigned home = mapping.placement.siteOf[UnitId(u)];
    for (unsigned site = 0; site < model.sites().size(); ++site) {
      if (site == home)
        continue;
      mapping.placement.siteOf[UnitId(u)] = site;
      bool isEnd = false; // a unit without nets may stand on any free site of its kind
      for (const Net &net : problem.nets) {
        isEnd |= net.source.unit == UnitId(u);
        for (const Terminal &sink : net.sinks)
          isEnd |= sink.unit == UnitId(u);
      }
      if (isEnd) {
        ASSERT_FALSE(routingViolations().empty());
      }
    }
    mapping.placement.siteOf[UnitId(u)] = model.sites().size();
    ASSERT_EQ(placementViolations().size(), 1u);
    mapping.placement.siteOf[UnitId(u)] = home;
  }
}

TEST_F(VerifyTest, CatchesASharedSiteAndAForeignKind) {
  const UnitId first(0), second(1), last(problem.units.size() - 1);
  ASSERT_EQ(problem.units[first].kind, problem.units[second].kind);
  ASSERT_NE(problem.units[first].kind, problem.units[last].kind);
  const unsigned site = mapping.placement.siteOf[first], home = mapping.placement.siteOf[second];
  mapping.placement.siteOf[second] = site;
  EXPECT_EQ(placementViolations(), std::vector<std::string>{model.describeSite(site) +
                                                            " carries both 'compute0' (Node_0) and 'compute1' (Node_0)"});
  mapping.placement.siteOf[second] = home;
  mapping.placement.siteOf[first] = mapping.placement.siteOf[last];
  EXPECT_EQ(placementViolations().size(), 2u); // wrong kind and shared
}

TEST_F(VerifyTest, CatchesAMissingUnitOrNet) {
  Mapping good = mapping;
  mapping.placement.siteOf.resize(problem.units.size() - 1);
  EXPECT_EQ(placementViolations().size(), 1u);
  mapping = good;
  mapping.routing.hops.resize(problem.nets.size() - 1);
  EXPECT_EQ(routingViolations().size(), 1u);
}

TEST_F(VerifyTest, CatchesEveryDroppedHop) {
  for (unsigned n = 0; n < problem.nets.size(); ++n) {
    std::vector<Hop> &hops = mapping.routing.hops[NetId(n)];
    const std::vector<Hop> good = hops;
    for (size_t i = 0; i < good.size(); ++i) {
      hops.erase(hops.begin() + i);
      ASSERT_FALSE(routingViolations().empty()) << "net " << n << " hop " << i;
      hops = good;
    }
    hops.clear();
    ASSERT_FALSE(routingViolations().empty());
    hops = good;
  }
}

TEST_F(VerifyTest, CatchesWrongSources) {
  for (unsigned n = 0; n < problem.nets.size(); n += 13)
    for (Hop &hop : mapping.routing.hops[NetId(n)]) {
      const Hop good = hop;
      for (unsigned source = 0; source <= numSources(problem.nets[NetId(n)], hop); ++source) {
        if (source == good.source)
          continue;
        hop.source = source;
        ASSERT_FALSE(routingViolations().empty()) << "net " << n << " source " << source;
      }
      hop = good;
    }
}

TEST_F(VerifyTest, CatchesWrongSinksAndSwitches) {
  for (unsigned n = 0; n < problem.nets.size(); n += 13) {
    const Net &net = problem.nets[NetId(n)];
    for (Hop &hop : mapping.routing.hops[NetId(n)]) {
      const Hop good = hop;
      const unsigned sinks = unsigned(model.switchModel(hop.sw, net.network).sinks.size());
      for (unsigned sink = 0; sink <= sinks; ++sink)
        if (sink != good.sink) {
          hop.sink = sink;
          ASSERT_FALSE(routingViolations().empty());
        }
      hop = good;
      for (unsigned sw : {hop.sw + 1, hop.sw - 1, hop.sw + unsigned(model.width()), model.numSwitches()}) {
        hop.sw = sw;
        ASSERT_FALSE(routingViolations().empty());
      }
      hop = good;
    }
  }
}

TEST_F(VerifyTest, CatchesStubBranches) {
  for (unsigned n = 0; n < problem.nets.size(); n += 11) {
    const Net &net = problem.nets[NetId(n)];
    std::vector<Hop> &hops = mapping.routing.hops[NetId(n)];
    const size_t count = hops.size();
    for (size_t i = 0; i < count; ++i) {
      const auto &sinks = model.switchModel(hops[i].sw, net.network).sinks;
      for (unsigned sink = 0; sink < sinks.size(); ++sink) {
        hops.push_back({hops[i].sw, sink, hops[i].source}); // a branch to nowhere, a foreign input, or a node in use
        ASSERT_FALSE(routingViolations().empty());
        hops.pop_back();
      }
    }
  }
}

TEST_F(VerifyTest, CatchesADetachedRing) {
  // Two free links between neighbouring switches that feed each other: no route node is used twice, no net is cut.
  const NetId id(0);
  const Net &net = problem.nets[id];
  for (unsigned sw = 0; sw < model.numSwitches(); ++sw)
    for (unsigned sink = 0; sink < model.switchModel(sw, net.network).sinks.size(); ++sink) {
      const SwitchPort &out = model.switchModel(sw, net.network).sinks[sink];
      if (!out.isLink || isUsed(net.network, sw, sink))
        continue;
      const unsigned other = unsigned(model.neighbour(sw, out.direction));
      for (unsigned back = 0; back < model.switchModel(other, net.network).sinks.size(); ++back) {
        const SwitchPort &in = model.switchModel(other, net.network).sinks[back];
        if (!in.isLink || isUsed(net.network, other, back) || model.neighbour(other, in.direction) != int(sw))
          continue;
        const unsigned entersOther = model.sourceOfLink(sw, net.network, sink);
        const unsigned entersHere = model.sourceOfLink(other, net.network, back);
        mapping.routing.hops[id].push_back({sw, sink, entersHere});
        mapping.routing.hops[id].push_back({other, back, entersOther});
        EXPECT_EQ(routingViolations().size(), 2u);
        selects[unsigned(net.network)][sw][sink] = entersHere + 1;
        selects[unsigned(net.network)][other][back] = entersOther + 1;
        EXPECT_EQ(selectViolations().size(), 2u);
        return;
      }
    }
  FAIL() << "no free pair of links to build a ring of";
}

TEST_F(VerifyTest, CatchesALinkOfTwoNets) {
  // A second net takes over the hops of the first.
  for (unsigned n = 0; n + 1 < problem.nets.size(); ++n) {
    if (problem.nets[NetId(n)].network != problem.nets[NetId(n + 1)].network)
      continue;
    std::vector<Hop> &hops = mapping.routing.hops[NetId(n + 1)];
    const size_t count = hops.size();
    hops.push_back(mapping.routing.hops[NetId(n)].front());
    ASSERT_GE(routingViolations().size(), 2u); // used twice, and not driven by this net
    hops.resize(count);
  }
}

TEST_F(VerifyTest, CatchesClearedAndChangedSelects) {
  for (unsigned net = 0; net < 3; ++net)
    for (unsigned sw = 0; sw < model.numSwitches(); sw += 11)
      for (unsigned sink = 0; sink < selects[net][sw].size(); ++sink) {
        uint32_t &select = selects[net][sw][sink];
        const uint32_t good = select;
        const unsigned sources = unsigned(model.switchModel(sw, NetworkKind(net)).sources.size());
        for (uint32_t value = 0; value <= sources + 1; ++value) {
          if (value == good || (value % 4 != 0 && value <= sources))
            continue;
          select = value;
          ASSERT_FALSE(selectViolations().empty()) << net << " " << sw << " " << sink << " " << value;
        }
        select = good;
      }
}

TEST_F(VerifyTest, CatchesSelectsOfTheWrongShape) {
  selects[0].pop_back();
  EXPECT_FALSE(selectViolations().empty());
  selects = selectsOf(problem, mapping.routing, model);
  selects[1][4].pop_back();
  EXPECT_FALSE(selectViolations().empty());
}

TEST_F(VerifyTest, LiftGivesBackTheNets) {
  const Lifted lifted = lift(selects, model);
  EXPECT_TRUE(lifted.violations.empty());
  EXPECT_EQ(lifted.nets.size(), problem.nets.size());
}

} // namespace
} // namespace jacquard::mapper
