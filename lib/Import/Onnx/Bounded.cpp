// Bounded.cpp - operators over tensors of which data decides how much is there
//
// A rule per operator says where a dimension of an input is in the result. What stands behind the count is computed
// like everything else and never looked at.
#include "Bounded.h"

#include "BoundedRules.h"
#include "Subgraph.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t int64Type = 7;

//===----------------------------------------------------------------------===//
// For rules
//===----------------------------------------------------------------------===//

void importer::failBounded(Node &n, size_t input, const Bound &bound, const llvm::Twine &why) {
  n.fail("data decides how many of at most " + llvm::Twine(n.shape(input)[bound.dim]) + " positions dimension " +
         llvm::Twine(bound.dim) + " of input '" + n.inputName(input) + "' has; " + why);
}

void importer::addBound(Node &n, Bounds &bounds, size_t input, const Bound &from, int64_t dim) {
  for (const Bound &other : bounds)
    if (other.dim == dim && !isSameCount(other.count, from.count))
      return failBounded(n, input, from, "another input has another number of them");
  if (llvm::none_of(bounds, [&](const Bound &other) { return other.dim == dim; }))
    bounds.push_back({dim, from.count});
}

const Bound *importer::findBound(Node &n, size_t input, int64_t dim) {
  for (const Bound &bound : n.bounds(input))
    if (bound.dim == dim)
      return &bound;
  return nullptr;
}

void importer::renameBounds(Node &n, Bounds &bounds, ArrayRef<int64_t> to) {
  for (const Bound &bound : n.bounds(0))
    if (to[bound.dim] < 0)
      failBounded(n, 0, bound, "the operator needs all of them");
    else
      addBound(n, bounds, 0, bound, to[bound.dim]);
}

void importer::broadcastBounds(Node &n, Bounds &bounds) {
  int64_t rank = 0;
  for (size_t i = 0; i < n.numInputs(); ++i)
    rank = n.has(i) ? std::max(rank, n.rank(i)) : rank;
  for (size_t i = 0; i < n.numInputs(); ++i)
    for (const Bound &bound : n.bounds(i)) {
      int64_t dim = bound.dim + rank - n.rank(i);
      addBound(n, bounds, i, bound, dim);
      for (size_t k = 0; k < n.numInputs(); ++k) {
        int64_t at = n.has(k) ? dim - (rank - n.rank(k)) : -1;
        if (at >= 0 && n.shape(k)[at] != 1 && !findBound(n, k, at))
          failBounded(n, i, bound,
                      "input '" + llvm::Twine(n.inputName(k)) + "' always has " + llvm::Twine(n.shape(k)[at]));
      }
    }
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

namespace {

using Renaming = SmallVector<int64_t>;

void transpose(Node &n, Bounds &bounds) {
  ops::Shape reversed;
  for (int64_t d = n.rank(); d-- > 0;)
    reversed.push_back(d);
  ops::Shape order = n.intsAttr("perm").value_or(reversed);
  Renaming to(n.rank(), -1);
  for (auto [d, from] : llvm::enumerate(order))
    if (from >= 0 && from < n.rank())
      to[from] = int64_t(d);
  renameBounds(n, bounds, to);
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
  renameBounds(n, bounds, to);
}

void squeeze(Node &n, Bounds &bounds) {
  std::optional<ops::Shape> axes = givenAxes(n);
  Renaming to;
  int64_t next = 0;
  for (int64_t d = 0; d < n.rank(); ++d) {
    bool goes = axes ? llvm::is_contained(*axes, d) || llvm::is_contained(*axes, d - n.rank()) : n.shape()[d] == 1;
    to.push_back(goes ? -1 : next++);
  }
  renameBounds(n, bounds, to);
}

void gatherND(Node &n, Bounds &bounds) {
  for (const Bound &bound : n.bounds(0))
    failBounded(n, 0, bound, "the operator needs all of them");
  for (const Bound &bound : n.bounds(1))
    if (bound.dim == n.rank(1) - 1)
      failBounded(n, 1, bound, "the operator needs all of them");
    else
      addBound(n, bounds, 1, bound, bound.dim);
}

std::optional<BoundedRule> findRule(const Operator &row) {
  static constexpr BoundedRule rules[] = {
      {"Cast", nullptr, broadcastBounds}, {"Concat", nullptr, nullptr},         {"Expand", nullptr, nullptr, 1},
      {"Flatten", nullptr, nullptr},      {"GatherND", nullptr, gatherND},      {"OneHot", nullptr, nullptr, 1},
      {"Pad", nullptr, nullptr, 1},       {"Reshape", nullptr, nullptr, 1},     {"Slice", nullptr, nullptr, 1},
      {"Split", nullptr, nullptr, 1},     {"Squeeze", nullptr, squeeze, 1},     {"Tile", nullptr, nullptr, 1},
      {"Transpose", nullptr, transpose},  {"Unsqueeze", nullptr, unsqueeze, 1},
  };
  ArrayRef<Operator> elementwise = elementwiseOperators();
  if (&row >= elementwise.begin() && &row < elementwise.end())
    return BoundedRule{row.op, nullptr, broadcastBounds};
  for (ArrayRef<BoundedRule> list : {ArrayRef(rules), mixingRules()})
    for (const BoundedRule &rule : list)
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
  std::optional<BoundedRule> rule = findRule(row);
  for (size_t i = 0; i < n.numInputs(); ++i)
    for (const Bound &bound : n.bounds(i))
      if (!rule || i >= rule->inputs)
        failBounded(n, i, bound, "the operator needs all of them; make the shape static in the model");
  if (n.failed())
    return;
  Attempt attempt(n.graph);
  if (rule->prepare)
    rule->prepare(n);
  if (!n.failed())
    row.build(n);
  // What stands behind counts may be any index, and a divisor of 0.
  attempt.makeSpeculative();
  Bounds bounds;
  if (!n.failed() && rule->apply)
    rule->apply(n, bounds);
  if (n.failed() || !rule->apply)
    return;
  for (size_t i = 0; i < n.numOutputs(); ++i) {
    Item item = n.results()[i];
    item.bounds = bounds;
    if (item.value)
      n.result(i, std::move(item));
  }
}
