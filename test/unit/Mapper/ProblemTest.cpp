// ProblemTest.cpp - what check() refuses, and in which words
#include "Netlists.h"

namespace jacquard::mapper {
namespace {

class ProblemTest : public testing::Test {
protected:
  ProblemTest() : model(presetModel("plasticine")) {
    a = problem.units.add({UnitKind::Compute, "a", "Conv_1"});
    b = problem.units.add({UnitKind::Compute, "b", "MatMul_3"});
  }
  std::string message() const {
    Status status = check(problem, model);
    return status ? "" : status.error();
  }
  const FabricModel model;
  Problem problem;
  UnitId a, b;
};

TEST_F(ProblemTest, AcceptsAChain) {
  problem.nets.add({"n", NetworkKind::Vector, {a, 0}, {{b, 0}, {b, 1}}, 1});
  EXPECT_EQ(message(), "");
}

TEST_F(ProblemTest, NamesTheScarceKindAndItsUsers) {
  for (int i = 0; i < 19; ++i)
    problem.units.add({UnitKind::Compute, "c", "Conv_1"});
  for (int i = 0; i < 49; ++i)
    problem.units.add({UnitKind::Compute, "m", "MatMul_3"});
  EXPECT_EQ(message(),
            "compute units: 70 needed, 64 available on 'plasticine'; used by: MatMul_3 (50), Conv_1 (20)");
}

TEST_F(ProblemTest, RefusesAnUnknownPort) {
  problem.nets.add({"n", NetworkKind::Vector, {a, 99}, {{b, 0}}, 1});
  EXPECT_EQ(message(), "net 'n' (Conv_1) uses output port 99 of 'a' (Conv_1), but a compute unit of 'plasticine' has 10 "
                       "output ports");
}

TEST_F(ProblemTest, RefusesAPortOfAnotherNetwork) {
  problem.nets.add({"n", NetworkKind::Scalar, {a, 3}, {{b, 0}}, 1});
  EXPECT_EQ(message(), "net 'n' (Conv_1) is a scalar net, but input port 0 of 'b' (MatMul_3) is a vector port");
}

TEST_F(ProblemTest, RefusesTwoDrivers) {
  problem.nets.add({"n", NetworkKind::Vector, {a, 0}, {{b, 0}}, 1});
  problem.nets.add({"m", NetworkKind::Vector, {b, 0}, {{b, 0}}, 1});
  EXPECT_EQ(message(), "input port 0 of 'b' (MatMul_3) belongs to nets 'n' (Conv_1) and 'm' (MatMul_3), expected one net");
}

TEST_F(ProblemTest, RefusesTwoNetsFromOneOutput) {
  problem.nets.add({"n", NetworkKind::Vector, {a, 0}, {{b, 0}}, 1});
  problem.nets.add({"m", NetworkKind::Vector, {a, 0}, {{b, 1}}, 1});
  EXPECT_EQ(message(), "output port 0 of 'a' (Conv_1) belongs to nets 'n' (Conv_1) and 'm' (Conv_1), expected one net");
}

TEST_F(ProblemTest, RefusesANetWithoutSinks) {
  problem.nets.add({"n", NetworkKind::Vector, {a, 0}, {}, 1});
  EXPECT_EQ(message(), "net 'n' (Conv_1) has no sink, expected at least one; drop the net or its output port");
}

TEST_F(ProblemTest, RefusesAnUnknownUnit) {
  problem.nets.add({"n", NetworkKind::Vector, {UnitId(5), 0}, {{b, 0}}, 1});
  EXPECT_EQ(message(), "net 'n' ends at unit 5, which does not exist; the problem has 2 units");
  problem.nets[NetId(0)].source = {UnitId(), 0};
  EXPECT_EQ(message(), "net 'n' ends at unit <none>, which does not exist; the problem has 2 units");
}

} // namespace
} // namespace jacquard::mapper
