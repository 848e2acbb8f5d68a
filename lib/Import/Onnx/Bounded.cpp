// Bounded.cpp - operators over tensors of which data decides how much is there
//
// A rule per operator says where a dimension of an input is in the result. What stands behind the count is computed
// like everything else and never looked at.
#include "Bounded.h"

#include "Extents.h"
#include "Subgraph.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t int64Type = 7;

namespace {

using Bounds = SmallVector<Bound, 1>;

/// Why a node is not imported: which dimension, and what helps.
void failBounded(Node &n, size_t input, const Bound &bound, const llvm::Twine &why) {
  n.fail("data decides how many of at most " + llvm::Twine(n.shape(input)[bound.dim]) + " positions dimension " +
         llvm::Twine(bound.dim) + " of input '" + n.inputName(input) + "' has; " + why);
}

void add(Node &n, Bounds &bounds, size_t input, const Bound &from, int64_t dim) {
  for (const Bound &other : bounds)
    if (other.dim == dim && !isSameCount(other.count, from.count))
      return failBounded(n, input, from, "another input has another number of them");
  if (llvm::none_of(bounds, [&](const Bound &other) { return other.dim == dim; }))
    bounds.push_back({dim, from.count});
}

bool isBounded(Node &n, size_t input, int64_t dim) {
  return llvm::any_of(n.bounds(input), [&](const Bound &bound) { return bound.dim == dim; });
}

/// Operators over elements with numpy's broadcasting.
void broadcast(Node &n, Bounds &bounds) {
  int64_t rank = 0;
  for (size_t i = 0; i < n.numInputs(); ++i)
    rank = n.has(i) ? std::max(rank, n.rank(i)) : rank;
  for (size_t i = 0; i < n.numInputs(); ++i)
    for (const Bound &bound : n.bounds(i)) {
      int64_t dim = bound.dim + rank - n.rank(i);
      add(n, bounds, i, bound, dim);
      for (size_t k = 0; k < n.numInputs(); ++k) {
        int64_t at = n.has(k) ? dim - (rank - n.rank(k)) : -1;
        if (at >= 0 && n.shape(k)[at] != 1 && !isBounded(n, k, at))
          failBounded(n, i, bound,
                      "input '" + llvm::Twine(n.inputName(k)) + "' always has " + llvm::Twine(n.shape(k)[at]));
      }
    }
}

/// New number of each dimension of input 0, -1 where it goes.
using Renaming = SmallVector<int64_t>;

void rename(Node &n, Bounds &bounds, const Renaming &to) {
  for (const Bound &bound : n.bounds(0))
    if (to[bound.dim] < 0)
      failBounded(n, 0, bound, "the operator needs all of them");
    else
      add(n, bounds, 0, bound, to[bound.dim]);
}

void transpose(Node &n, Bounds &bounds) {
  ops::Shape reversed;
  for (int64_t d = n.rank(); d-- > 0;)
    reversed.push_back(d);
  ops::Shape order = n.intsAttr("perm").value_or(reversed);
  Renaming to(n.rank(), -1);
  for (auto [d, from] : llvm::enumerate(order))
    if (from >= 0 && from < n.rank())
      to[from] = int64_t(d);
  rename(n, bounds, to);
}

/// Axes from the attribute or, since opset 13, from input 1.
std::optional<ops::Shape> givenAxes(Node &n) {
  if (n.hasAttr("axes"))
    return n.intsAttr("axes");
  if (n.has(1))
    return n.constantInts(1);
  return std::nullopt;
}

void unsqueeze(Node &n, Bounds &bounds) {
  ops::Shape axes = givenAxes(n).value_or(ops::Shape());
  int64_t rank = n.rank() + int64_t(axes.size());
  Renaming to;
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(axes, d) && !llvm::is_contained(axes, d - rank))
      to.push_back(d);
  to.resize(n.rank(), -1);
  rename(n, bounds, to);
}

void squeeze(Node &n, Bounds &bounds) {
  std::optional<ops::Shape> axes = givenAxes(n);
  Renaming to;
  int64_t next = 0;
  for (int64_t d = 0; d < n.rank(); ++d) {
    bool goes = axes ? llvm::is_contained(*axes, d) || llvm::is_contained(*axes, d - n.rank()) : n.shape()[d] == 1;
    to.push_back(goes ? -1 : next++);
  }
  rename(n, bounds, to);
}

/// Rank of the indices in place of the axis; positions counted from the end need all of them.
void gather(Node &n, Bounds &bounds) {
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  Renaming to;
  for (int64_t d = 0; d < n.rank(); ++d)
    to.push_back(d < axis ? d : d == axis ? -1 : d + n.rank(1) - 1);
  rename(n, bounds, to);
  for (const Bound &bound : n.bounds(1))
    add(n, bounds, 1, bound, axis + bound.dim);
}

void gatherND(Node &n, Bounds &bounds) {
  for (const Bound &bound : n.bounds(0))
    failBounded(n, 0, bound, "the operator needs all of them");
  for (const Bound &bound : n.bounds(1))
    if (bound.dim == n.rank(1) - 1)
      failBounded(n, 1, bound, "the operator needs all of them");
    else
      add(n, bounds, 1, bound, bound.dim);
}

/// Rows of the left matrix are rows of the product.
void matmul(Node &n, Bounds &bounds) {
  for (const Bound &bound : n.bounds(1))
    failBounded(n, 1, bound, "the operator needs all of them");
  for (const Bound &bound : n.bounds(0))
    if (n.rank(0) != 2 || n.rank(1) != 2 || bound.dim != 0)
      failBounded(n, 0, bound, "only rows of a matrix may be left out");
    else
      add(n, bounds, 0, bound, 0);
}

/// How an operator takes bounds: a rule for the result that its importer builds over capacities; null: the importer
/// looks at the bounds of the first `inputs` itself.
struct Rule {
  const char *op;
  void (*apply)(Node &, Bounds &);
  size_t inputs = SIZE_MAX;
};

std::optional<Rule> findRule(const Operator &row) {
  static constexpr Rule rules[] = {
      {"Cast", broadcast},  {"Concat", nullptr},     {"Expand", nullptr, 1},   {"Flatten", nullptr, 1},
      {"Gather", gather},   {"GatherND", gatherND},  {"MatMul", matmul},       {"OneHot", nullptr, 1},
      {"Pad", nullptr, 1},  {"Reshape", nullptr, 1}, {"Slice", nullptr, 1},    {"Split", nullptr, 1},
      {"Squeeze", squeeze}, {"Tile", nullptr, 1},    {"Transpose", transpose}, {"Unsqueeze", unsqueeze},
  };
  ArrayRef<Operator> elementwise = elementwiseOperators();
  if (&row >= elementwise.begin() && &row < elementwise.end())
    return Rule{row.op, broadcast};
  for (const Rule &rule : rules)
    if (StringRef(rule.op) == row.op && StringRef(row.domain).empty())
      return rule;
  return std::nullopt;
}

Value extentOf(Node &n, OpBuilder &b, int64_t dim) {
  for (const Bound &bound : n.bounds(0))
    if (bound.dim == dim)
      return pat::at(b, n.loc, bound.count, {});
  return Scalars(b, n.loc).integer(b.getI64Type(), n.shape()[dim]);
}

/// The shape is a value like others.
void importShape(Node &n) {
  int64_t rank = n.rank();
  auto position = [&](StringRef name, int64_t otherwise) {
    int64_t value = n.intAttr(name, otherwise);
    return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  int64_t start = position("start", 0), end = std::max(position("end", rank), start);
  n.result(0,
           ops::mapOver(n.b, n.loc, end - start,
                        [&](OpBuilder &b, ValueRange i) {
                          Scalars s(b, n.loc);
                          Value extent = s.integer(b.getI64Type(), 0);
                          for (int64_t dim = start; dim < end; ++dim)
                            extent = s.select(s.equal(i[0], s.index(dim - start)), extentOf(n, b, dim), extent);
                          return extent;
                        }),
           int64Type);
}

void importSize(Node &n) {
  n.result(0,
           ops::mapOver(n.b, n.loc, {},
                        [&](OpBuilder &b, ValueRange) {
                          Value size = Scalars(b, n.loc).integer(b.getI64Type(), 1);
                          for (int64_t dim = 0; dim < n.rank(); ++dim)
                            size = Scalars(b, n.loc).mul(size, extentOf(n, b, dim));
                          return size;
                        }),
           int64Type);
}

} // namespace

void importer::importBounded(Node &n, const Operator &row) {
  bool isStandard = StringRef(row.domain).empty();
  if (isStandard && StringRef(row.op) == "Shape")
    return importShape(n);
  if (isStandard && StringRef(row.op) == "Size")
    return importSize(n);
  std::optional<Rule> rule = findRule(row);
  for (size_t i = 0; i < n.numInputs(); ++i)
    for (const Bound &bound : n.bounds(i))
      if (!rule || i >= rule->inputs)
        failBounded(n, i, bound, "the operator needs all of them; make the shape static in the model");
  if (n.failed())
    return;
  Attempt attempt(n.graph);
  row.build(n);
  // What stands behind counts may be any index, and a divisor of 0.
  attempt.makeSpeculative();
  Bounds bounds;
  if (!n.failed() && rule->apply)
    rule->apply(n, bounds);
  if (n.failed() || !rule->apply)
    return;
  Item item = n.results()[0];
  item.bounds = bounds;
  n.result(0, std::move(item));
}
