// Bounded.cpp - operators over tensors of which data decides how much is there
//
// A rule per operator says where a dimension of an input is in the result. What stands behind the count is computed
// like everything else and never looked at.
#include "Bounded.h"

#include "GraphImporter.h"

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
    if (other.dim == dim && other.count != from.count)
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

/// Row-major order keeps what is there in front only if the dimension is the outermost one that counts, before and
/// after.
void reshape(Node &n, Bounds &bounds) {
  ArrayRef<int64_t> from = n.shape(), to = ops::shapeOf(n.results()[0].value);
  auto outermost = [](ArrayRef<int64_t> shape) {
    return int64_t(llvm::find_if(shape, [](int64_t extent) { return extent != 1; }) - shape.begin());
  };
  for (const Bound &bound : n.bounds(0)) {
    int64_t first = outermost(from), last = outermost(to);
    if (from[bound.dim] == 1 || bound.dim != first || last == int64_t(to.size()) || to[last] % from[first])
      return failBounded(n, 0, bound, "the result " + llvm::Twine(ops::describe(to)) + " does not keep them apart");
    int64_t factor = to[last] / from[first];
    Value count = bound.count;
    if (factor != 1)
      count = ops::elementwise(
          n.b, n.loc, count, [&](Scalars &s, ValueRange x) { return s.mul(x[0], s.integer(x[0].getType(), factor)); });
    add(n, bounds, 0, {bound.dim, count}, last);
  }
}

struct Rule {
  const char *op;
  void (*apply)(Node &, Bounds &);
};

void (*findRule(const Operator &row))(Node &, Bounds &) {
  static constexpr Rule rules[] = {
      {"Cast", broadcast},    {"Flatten", reshape},     {"Gather", gather},
      {"GatherND", gatherND}, {"MatMul", matmul},       {"Reshape", reshape},
      {"Squeeze", squeeze},   {"Transpose", transpose}, {"Unsqueeze", unsqueeze},
  };
  ArrayRef<Operator> elementwise = elementwiseOperators();
  if (&row >= elementwise.begin() && &row < elementwise.end())
    return broadcast;
  for (const Rule &rule : rules)
    if (StringRef(rule.op) == row.op && StringRef(row.domain).empty())
      return rule.apply;
  return nullptr;
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
  auto rule = findRule(row);
  for (size_t i = 0; i < n.numInputs() && !rule; ++i)
    for (const Bound &bound : n.bounds(i))
      failBounded(n, i, bound, "the operator needs all of them; make the shape static in the model");
  if (!n.failed())
    row.build(n);
  if (n.failed())
    return;
  Bounds bounds;
  rule(n, bounds);
  if (n.failed())
    return;
  Item item = n.results()[0];
  item.bounds = bounds;
  n.result(0, std::move(item));
}
