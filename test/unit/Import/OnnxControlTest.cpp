// OnnxControlTest.cpp - values of branches, loops and sequences on the host, expected by hand
#include "ImportText.h"

using namespace jacquard;
using namespace jacquard::test;

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

static Tensor boolean(bool value) { return tensorOf(DType::Bool, {}, std::vector<uint8_t>{value}); }

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

static const char *const branches = "g (bool c, float[2] x) => (float[2] y) {"
                                    " y = If(c) < then_branch = yes () => (float[2] a) { a = Add(x, x) },"
                                    " else_branch = no () => (float[2] b) { b = Neg(x) } > }";

TEST(OnnxControlTest, DataDecidesOnTheBranch) {
  for (bool condition : {true, false}) {
    Importing import;
    auto out = import.run(branches, {boolean(condition), floats({2}, {1, 2})});
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(valuesOf<float>(out[0]), condition ? (Floats{2, 4}) : (Floats{-1, -2}));
  }
}

TEST(OnnxControlTest, BranchesThatAreNotTakenReadInBounds) {
  // Position 7 is outside of x: only the branch that is not taken would read there.
  Importing import;
  auto out = import.run("g (bool c, int64 i, float[2] x) => (float y) {"
                        " y = If(c) < then_branch = yes () => (float a) { a = Gather(x, i) },"
                        " else_branch = no () => (float b) { b = ReduceSum<keepdims = 0>(x) } > }",
                        {boolean(false), ints({}, {7}), floats({2}, {1, 2})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{3}));
}

TEST(OnnxControlTest, BranchesOfDifferentShapesNeedAConstant) {
  Importing import;
  EXPECT_FALSE(import.text("g (bool c, float[2] x) => (float y) {"
                           " y = If(c) < then_branch = yes () => (float[2] a) { a = Neg(x) },"
                           " else_branch = no () => (float b) { b = ReduceSum<keepdims = 0>(x) } > }"));
  EXPECT_TRUE(mentions(import, "output 'y' would be float[2] or float[], which data decides")) << import.messages;
  ASSERT_EQ(import.unsupported.size(), 1u);
  EXPECT_EQ(import.unsupported[0].constantsNeeded, std::vector<std::string>{"c"});
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// y: x doubled in every iteration; z: the numbers of the iterations, stacked.
static std::string doubling(int trips) {
  return "g (float[1] x) => (float[1] y, int64[k] z) { t = Constant<value_int = " + std::to_string(trips) +
         ">() y, z = Loop(t, , x) < body = b (int64 i, bool c, float[1] v) => (bool d, float[1] w, int64 j) {"
         " d = Identity(c) w = Add(v, v) j = Identity(i) } > }";
}

TEST(OnnxControlTest, ShortAndLongLoopsStackTheSame) {
  for (int trips : {0, 1, 3, 20}) {
    Importing import;
    auto out = import.run(doubling(trips), {floats({1}, {1})});
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(valuesOf<float>(out[0]), (Floats{float(1 << trips)}));
    Ints numbers;
    for (int i = 0; i < trips; ++i)
      numbers.push_back(i);
    EXPECT_EQ(valuesOf<int64_t>(out[1]), numbers);
  }
}

TEST(OnnxControlTest, LoopRunsWhileDataSays) {
  // Doubles x while it is below 100; the count of iterations is data, too.
  const char *body = "g (int64 t, bool c, float x) => (float y) {"
                     " limit = Constant<value_float = 100.0>()"
                     " y = Loop(t, c, x) < body = b (int64 i, bool e, float v) => (bool d, float w) {"
                     " w = Add(v, v) d = Less(w, limit) } > }";
  struct {
    int64_t trips;
    bool starts;
    float expected;
  } cases[] = {{50, true, 192}, {3, true, 24}, {0, true, 3}, {-1, true, 3}, {50, false, 3}};
  for (auto &one : cases) {
    Importing import;
    auto out = import.run(body, {ints({}, {one.trips}), boolean(one.starts), floats({}, {3})});
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(valuesOf<float>(out[0]), (Floats{one.expected})) << one.trips;
  }
}

TEST(OnnxControlTest, ConditionsFromConstantsEndALoop) {
  // Ends after the iteration with i = 4, which is known while importing.
  Importing import;
  auto out = import.run("g (float x) => (float y, float[k] z) {"
                        " last = Constant<value_int = 4>() most = Constant<value_int = 9223372036854775807>()"
                        " y, z = Loop(most, , x) < body = b (int64 i, bool c, float v) => (bool d, float w, float s) {"
                        " d = Less(i, last) w = Add(v, x) s = Identity(v) } > }",
                        {floats({}, {2})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{12}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{2, 4, 6, 8, 10}));
}

TEST(OnnxControlTest, ShapesMayGrowInALoop) {
  Importing import;
  auto out = import.run("g (float[1] x) => (float[4] y) { t = Constant<value_int = 3>()"
                        " y = Loop(t, , x) < body = b (int64 i, bool c, float[n] v) => (bool d, float[m] w) {"
                        " d = Identity(c) w = Concat<axis = 0>(v, x) } > }",
                        {floats({1}, {5})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{5, 5, 5, 5}));
}

TEST(OnnxControlTest, LoopsWithin) {
  // 3 * 20 additions; the inner loop sees names of both graphs around it.
  Importing import;
  auto out = import.run("g (float x) => (float y) {"
                        " t = Constant<value_int = 3>() u = Constant<value_int = 20>() zero = Sub(x, x)"
                        " y = Loop(t, , zero) < body = b (int64 i, bool c, float v) => (bool d, float w) {"
                        " d = Identity(c) k = Add(x, x)"
                        " w = Loop(u, , v) < body = e (int64 j, bool f, float p) => (bool h, float q) {"
                        " h = Identity(f) q = Add(p, k) } > } > }",
                        {floats({}, {0.5})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{60}));
}

TEST(OnnxControlTest, StacksAreAsLongAsDataSays) {
  // v: 1, 2, 4, ..; the loop ends when its next value reaches the limit.
  const char *model = "g (float x, float limit) => (float y, float[k] z, float s) { t = Constant<value_int = 40>()"
                      " y, z = Loop(t, , x) < body = b (int64 i, bool c, float v) => (bool d, float w, float u) {"
                      " w = Add(v, v) d = Less(w, limit) u = Identity(v) } >"
                      " s = ReduceSum<keepdims = 0>(z) }";
  for (int64_t runs : {1, 3}) {
    Importing import;
    auto out = import.run(model, {floats({}, {1}), floats({}, {float(int64_t(1) << runs)})});
    ASSERT_EQ(out.size(), 3u) << import.messages;
    EXPECT_EQ(valuesOf<float>(out[0]), (Floats{float(int64_t(1) << runs)}));
    EXPECT_EQ(valuesOf<float>(out[1]), runs == 1 ? Floats({1}) : Floats({1, 2, 4}));
    EXPECT_EQ(valuesOf<float>(out[2]), (Floats{float((int64_t(1) << runs) - 1)}));
  }
}

TEST(OnnxControlTest, StacksOfACapacityEndThere) {
  const char *model = "g (int64 t, bool g, float x) => (float y, float[k] z) {"
                      " y, z = Loop(t, g, x) < body = b (int64 i, bool c, float v) => (bool d, float w, float s) {"
                      " d = Identity(c) w = Add(v, v) s = Identity(v) } > }";
  auto start = [](bool starts) { return tensorOf(DType::Bool, {}, std::vector<uint8_t>{starts}); };
  struct {
    int64_t trips;
    bool starts;
    Floats expected;
  } cases[] = {{0, true, {}}, {3, false, {}}, {2, true, {1, 2}}, {3, true, {1, 2, 4}}};
  for (const auto &one : cases) {
    Importing import;
    import.options.capacities["z"] = 3;
    auto out = import.run(model, {ints({}, {one.trips}), start(one.starts), floats({}, {1})});
    ASSERT_EQ(out.size(), 2u) << import.messages;
    EXPECT_EQ(valuesOf<float>(out[1]), one.expected);
  }
  Importing beyond;
  beyond.options.capacities["z"] = 3;
  auto module = beyond.text(model);
  ASSERT_TRUE(module) << beyond.messages;
  EXPECT_TRUE(mlir::failed(host::executeOnHost(*module, "main", {ints({}, {4}), start(true), floats({}, {1})})));
  EXPECT_TRUE(mentions(beyond, "expected at most its capacity 3")) << beyond.messages;
}

TEST(OnnxControlTest, StackingNeedsAKnownCount) {
  Importing import;
  EXPECT_FALSE(import.text("g (int64 t, float x) => (float y, float[k] z) {"
                           " y, z = Loop(t, , x) < body = b (int64 i, bool c, float v) => (bool d, float w, float s) {"
                           " d = Identity(c) w = Add(v, v) s = Identity(v) } > }"));
  EXPECT_TRUE(mentions(
      import, "data decides how often the loop runs, and so how many positions dimension 0 of 'z' has; bound it "
              "by --capacity z=N"))
      << import.messages;
  ASSERT_EQ(import.unsupported.size(), 1u);
  EXPECT_EQ(import.unsupported[0].constantsNeeded, std::vector<std::string>{"t"});
}

TEST(OnnxControlTest, EndlessLoopsOfGrowingShapesAreRefused) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[1] x) => (float[4] y) { t = Constant<value_int = 1000000000>()"
                           " y = Loop(t, , x) < body = b (int64 i, bool c, float[n] v) => (bool d, float[m] w) {"
                           " d = Identity(c) w = Concat<axis = 0>(v, v) } > }"));
  EXPECT_TRUE(mentions(import, "impossible shape")) << import.messages;
}

TEST(OnnxControlTest, ProblemsInABodyAreToldOnce) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[1] x) => (float[1] y) { t = Constant<value_int = 3>()"
                           " y = Loop(t, , x) < body = b (int64 i, bool c, float[1] v) => (bool d, float[1] w) {"
                           " d = Identity(c) w = Frobnicate(v) } > }"));
  ASSERT_EQ(import.unsupported.size(), 2u);
  EXPECT_EQ(import.unsupported[0].op, "Frobnicate");
  EXPECT_EQ(import.unsupported[1].op, "Loop");
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

TEST(OnnxControlTest, ScanTakesAxesAndDirections) {
  // Columns from the last to the first, summed; sums are stacked as columns, from the last to the first.
  Importing import;
  auto out = import.run("g (float[2] s, float[2,3] x) => (float[2] y, float[2,3] z) {"
                        " y, z = Scan<num_scan_inputs = 1, scan_input_axes = [1], scan_input_directions = [1],"
                        " scan_output_axes = [-1], scan_output_directions = [1],"
                        " body = b (float[2] v, float[2] c) => (float[2] w, float[2] o) {"
                        " w = Add(v, c) o = Identity(w) }>(s, x) }",
                        {floats({2}, {100, 200}), floats({2, 3}, {1, 2, 3, 10, 20, 30})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{106, 260}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{106, 105, 103, 260, 250, 230}));
}

TEST(OnnxControlTest, LongScansAreLoops) {
  Importing import;
  auto out = import.run("g (float s, float[30] x) => (float y, float[30] z) {"
                        " y, z = Scan<num_scan_inputs = 1, body = b (float v, float c) => (float w, float o) {"
                        " w = Add(v, c) o = Identity(w) }>(s, x) }",
                        {floats({}, {0}), floats({30}, Floats(30, 2))});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{60}));
  ASSERT_EQ(out[1].numElements(), 30);
  EXPECT_EQ(valuesOf<float>(out[1])[14], 30);
}

TEST(OnnxControlTest, ScanBefore9HasABatchAndLengths) {
  Importing import;
  auto out = import.run("g (int64[2] l, float[2] s, float[2,3] x) => (float[2] y, float[2,3] z) {"
                        " y, z = Scan<num_scan_inputs = 1, directions = [0], body = b (float v, float c) =>"
                        " (float w, float o) { w = Add(v, c) o = Identity(w) }>(l, s, x) }",
                        {ints({2}, {3, 2}), floats({2}, {0, 10}), floats({2, 3}, {1, 2, 3, 4, 5, 6})}, 8);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{6, 19}));
  EXPECT_EQ(valuesOf<float>(out[1]), (Floats{1, 3, 6, 14, 19, 0}));
}

//===----------------------------------------------------------------------===//
// Sequences and optionals
//===----------------------------------------------------------------------===//

TEST(OnnxControlTest, SequencesDisappear) {
  Importing import;
  auto out = import.run("g (float[2] x, float[2] y) => (float[2] a, int64 n, float[4] c, float[3,2] d) {"
                        " zero = Constant<value_int = 0>() last = Constant<value_int = -1>()"
                        " s = SequenceConstruct(x, y) t = SequenceInsert(s, y, zero) u = SequenceErase(t)"
                        " a = SequenceAt(t, last) n = SequenceLength(t)"
                        " c = ConcatFromSequence<axis = 0>(u) d = ConcatFromSequence<axis = 0, new_axis = 1>(t) }",
                        {floats({2}, {1, 2}), floats({2}, {3, 4})});
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{3, 4}));
  EXPECT_EQ(valuesOf<int64_t>(out[1]), (Ints{3}));
  EXPECT_EQ(valuesOf<float>(out[2]), (Floats{3, 4, 1, 2}));
  EXPECT_EQ(valuesOf<float>(out[3]), (Floats{3, 4, 1, 2, 3, 4}));
}

TEST(OnnxControlTest, SplitsMappedAndJoined) {
  Importing import;
  auto out = import.run("g (float[5] x) => (float[5] y) { two = Constant<value_int = 2>()"
                        " s = SplitToSequence(x, two)"
                        " t = SequenceMap<body = b (float[n] v) => (float[n] w) { w = Neg(v) }>(s)"
                        " y = ConcatFromSequence<axis = 0>(t) }",
                        {floats({5}, {1, 2, 3, 4, 5})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{-1, -2, -3, -4, -5}));
}

TEST(OnnxControlTest, LoopsCarrySequences) {
  // 18 iterations: a loop that would be iterated if it did not carry a sequence. (The text form has no type for it.)
  Importing import;
  auto out = import.run("g (float[1] x) => (float[18] y) { t = Constant<value_int = 18>()"
                        " e = SequenceEmpty()"
                        " s = Loop(t, , e) < body = b (int64 i, bool c, float[1] v) => (bool d, float[1] w) {"
                        " d = Identity(c) f = Cast<to = 1>(i) p = Mul(f, x) w = SequenceInsert(v, p) } >"
                        " y = ConcatFromSequence<axis = 0>(s) }",
                        {floats({1}, {2})});
  ASSERT_EQ(out.size(), 1u);
  ASSERT_EQ(out[0].numElements(), 18);
  EXPECT_EQ(valuesOf<float>(out[0])[17], 34);
}

TEST(OnnxControlTest, DataChoosesAmongTensorsOfASequence) {
  Importing import;
  auto out = import.run("g (int64 i, float[2] x, float[2] y) => (float[2] z) {"
                        " s = SequenceConstruct(x, y) z = SequenceAt(s, i) }",
                        {ints({}, {-1}), floats({2}, {1, 2}), floats({2}, {3, 4})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{3, 4}));
}

TEST(OnnxControlTest, OptionalsDisappear) {
  Importing import;
  auto out = import.run("g (float[2] x) => (float[2] y, bool a, bool b) {"
                        " full = Optional(x) none = Optional()"
                        " y = OptionalGetElement(full) a = OptionalHasElement(full) b = OptionalHasElement(none) }",
                        {floats({2}, {1, 2})}, 18);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(valuesOf<float>(out[0]), (Floats{1, 2}));
  EXPECT_EQ(valuesOf<uint8_t>(out[1]), (std::vector<uint8_t>{1}));
  EXPECT_EQ(valuesOf<uint8_t>(out[2]), (std::vector<uint8_t>{0}));
}

TEST(OnnxControlTest, SequencesDoNotLeaveAModelOrEnterArithmetic) {
  Importing leaves, enters;
  EXPECT_FALSE(leaves.text("g (float[2] x) => (float[2] y) { y = SequenceConstruct(x) }"));
  EXPECT_TRUE(mentions(leaves, "output 'y' is a sequence; only tensors leave a model")) << leaves.messages;
  EXPECT_FALSE(enters.text("g (float[2] x) => (float[2] y) { s = SequenceConstruct(x) y = Neg(s) }"));
  EXPECT_TRUE(mentions(enters, "input 's' is a sequence; expected a tensor")) << enters.messages;
}

TEST(OnnxControlTest, PositionsOutsideOfASequenceAreNamed) {
  Importing import;
  EXPECT_FALSE(import.text("g (float[2] x) => (float[2] y) { p = Constant<value_int = 2>()"
                           " s = SequenceConstruct(x, x) y = SequenceAt(s, p) }"));
  EXPECT_TRUE(mentions(import, "position 2 is outside of 2 places")) << import.messages;
}
