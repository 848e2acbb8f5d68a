// ProblemTextTest.cpp - netlists survive being written and read; what is wrong in a file is named with its line
#include "Netlists.h"

#include "jacquard/Mapper/ProblemText.h"

namespace jacquard::mapper {
namespace {

TEST(ProblemTextTest, ReadsWhatTheHeaderShows) {
  Result<std::vector<NamedProblem>> netlists = readProblems("# two units\n"
                                                            "netlist \"map \\\"3\\\"\"\n\n"
                                                            "unit memory \"conv1.w\" \"Conv_1\"\r\n"
                                                            "unit compute \"a\\\\b\" \"\" at 3\n"
                                                            "reserve 3 5\n"
                                                            "near 0 4 9\n"
                                                            "net vector \"w:0\" 4096 0.1 -> 1.0 1.2\n"
                                                            "netlist \"empty\"",
                                                            "f.net");
  ASSERT_TRUE(netlists) << netlists.error();
  ASSERT_EQ(netlists->size(), 2u);
  const auto &[name, problem] = netlists->front();
  EXPECT_EQ(name, "map \"3\"");
  ASSERT_EQ(problem.units.size(), 2u);
  EXPECT_EQ(problem.units[UnitId(0)].kind, UnitKind::Memory);
  EXPECT_EQ(problem.units[UnitId(0)].node, "Conv_1");
  EXPECT_EQ(problem.units[UnitId(1)].name, "a\\b");
  EXPECT_FALSE(problem.units[UnitId(0)].fixedSite);
  EXPECT_EQ(problem.units[UnitId(1)].fixedSite, std::optional<unsigned>(3));
  EXPECT_EQ(problem.reservedSites, (std::vector<unsigned>{3, 5}));
  ASSERT_EQ(problem.attractions.size(), 1u);
  EXPECT_EQ(problem.attractions[0].unit, UnitId(0));
  EXPECT_EQ(problem.attractions[0].sites, (std::vector<unsigned>{4, 9}));
  ASSERT_EQ(problem.nets.size(), 1u);
  const Net &net = problem.nets[NetId(0)];
  EXPECT_EQ(net.network, NetworkKind::Vector);
  EXPECT_EQ(net.weight, 4096u);
  EXPECT_EQ(net.source, (Terminal{UnitId(0), 1}));
  EXPECT_EQ(net.sinks, (std::vector<Terminal>{{UnitId(1), 0}, {UnitId(1), 2}}));
  EXPECT_TRUE(netlists->back().problem.units.empty());
}

TEST(ProblemTextTest, PrintsWhatItReads) {
  const FabricModel model = presetModel("plasticine");
  for (uint64_t seed = 0; seed < 5; ++seed) {
    NamedProblem netlist{"n \"\\", NetlistMaker(model, seed).make(0.5, 0.4, 10)};
    netlist.problem.units[UnitId(0)].fixedSite = 7;
    netlist.problem.reservedSites = {7, 12};
    netlist.problem.attractions = {{UnitId(1), {3}}, {UnitId(2), {5, 8}}};
    const std::string text = printProblem(netlist);
    Result<std::vector<NamedProblem>> again = readProblems(text, "f.net");
    ASSERT_TRUE(again) << again.error();
    ASSERT_EQ(again->size(), 1u);
    EXPECT_EQ(printProblem(again->front()), text);
  }
}

struct BadLine {
  const char *line, *complaint;
};

TEST(ProblemTextTest, NamesTheLineAndWhatIsWrong) {
  for (const BadLine &bad : {
           BadLine{"wire a b", "begins with 'wire', expected 'netlist', 'unit', 'net', 'near' or 'reserve'"},
           BadLine{"netlist map", "netlist has 'map', expected its name in quotes"},
           BadLine{"unit disk \"a\" \"\"", "unit is of kind 'disk', expected 'compute', 'memory' or 'dram'"},
           BadLine{"unit compute \"a\" b", "unit has 'b', expected its name and its node in quotes"},
           BadLine{"unit compute \"a\" \"b\" on 3",
                   "unit ends with 'on', expected nothing or 'at' and the number of a site"},
           BadLine{"reserve 3 x", "reserves 'x', expected numbers of sites"},
           BadLine{"near x 3", "is of unit 'x', expected a number"},
           BadLine{"near 0 3 x", "is near 'x', expected numbers of sites"},
           BadLine{"unit compute \"a\" \"b\\", "unit has '\"b\\', expected its name and its node in quotes"},
           BadLine{"net tensor \"n\" 1 0.0 -> 1.0",
                   "net is in network 'tensor', expected 'vector', 'scalar' or 'control'"},
           BadLine{"net vector \"n\" -1 0.0 -> 1.0", "net carries '-1', expected a number of values"},
           BadLine{"net vector \"n\" 1 0 -> 1.0", "net begins at '0', expected UNIT.PORT"},
           BadLine{"net vector \"n\" 1 0.0 1.0", "net has '1.0', expected '->' between its source and its sinks"},
           BadLine{"net vector \"n\" 1 0.0 -> 1.0 1.x", "net ends at '1.x', expected UNIT.PORT"},
           BadLine{"net vector \"n\" 1 0.0 -> 4294967296.0", "net ends at '4294967296.0', expected UNIT.PORT"},
       }) {
    Result<std::vector<NamedProblem>> read = readProblems(std::string("netlist \"m\"\n") + bad.line, "f.net");
    ASSERT_FALSE(read) << bad.line;
    EXPECT_EQ(read.error(), std::string("f.net:2: ") + bad.complaint);
  }
  Result<std::vector<NamedProblem>> early = readProblems("unit compute \"a\" \"\"", "f.net");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error(), "f.net:1: begins with 'unit', expected 'netlist' before the first unit and net");
}

} // namespace
} // namespace jacquard::mapper
