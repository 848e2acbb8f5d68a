// Extents.cpp - extents of dimensions, some of which data decides
#include "Extents.h"

#include "GraphImporter.h"
#include "IntegerRanges.h"

#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/OperationSupport.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

/// No dimension is larger.
static constexpr int64_t mostExtent = int64_t(1) << 38;
/// A bound beyond this is none: it comes from the type of a number rather than from the model.
static constexpr int64_t mostDerived = int64_t(1) << 24;

Extents importer::extentsOf(Node &n, size_t i) {
  Extents extents(n.shape(i).begin(), n.shape(i).end());
  for (const Bound &bound : n.bounds(i))
    extents[bound.dim].count = bound.count;
  return extents;
}

Shape importer::capacities(ArrayRef<Extent> extents) {
  return llvm::map_to_vector(extents, [](const Extent &extent) { return extent.most; });
}

Value importer::extentValue(OpBuilder &b, Location loc, const Extent &extent) {
  return extent.count ? pat::at(b, loc, extent.count, {}) : Scalars(b, loc).integer(b.getI64Type(), extent.most);
}

//===----------------------------------------------------------------------===//
// Lists of integers
//===----------------------------------------------------------------------===//

std::optional<Shape> importer::constantList(Node &n, StringRef attribute, int64_t since, size_t input) {
  if (n.opset < since)
    return n.intsAttr(attribute);
  if (!n.has(input))
    return std::nullopt;
  Shape list = n.constantInts(input);
  return n.failed() ? std::nullopt : std::optional<Shape>(list);
}

int64_t importer::listLength(Node &n, size_t input) {
  if (n.failed() || !n.has(input))
    return 0;
  if (n.rank(input) <= 1 && (n.element(input).isInteger(64) || n.element(input).isInteger(32)))
    return pat::numPoints(n.shape(input));
  n.fail("input '" + n.inputName(input) + "' is a " + elementTypeName(n.type(input)) + " tensor of shape " +
         ops::describe(n.shape(input)) + "; expected a list of int64 or int32");
  return 0;
}

Value importer::listElement(Node &n, OpBuilder &b, size_t input, int64_t place) {
  Scalars s(b, n.loc);
  if (ElementsAttr known = n.knownValue(input))
    if (auto dense = dyn_cast<DenseElementsAttr>(known))
      return s.integer(b.getI64Type(), dense.getValues<APInt>()[place].getSExtValue());
  SmallVector<AffineExpr> exprs(n.rank(input), b.getAffineConstantExpr(place));
  return s.cast(ops::read(b, n.loc, n.input(input), exprs, {}), b.getI64Type());
}

bool importer::decidesByData(Node &n, ArrayRef<size_t> inputs) {
  return llvm::any_of(inputs, [&](size_t i) { return n.has(i) && n.input(i) && !n.knownValue(i); });
}

//===----------------------------------------------------------------------===//
// Counts
//===----------------------------------------------------------------------===//

Value importer::countOf(Node &n, llvm::function_ref<Value(OpBuilder &, Scalars &)> number) {
  return ops::mapOver(n.b, n.loc, {}, [&](OpBuilder &b, ValueRange) {
    Scalars s(b, n.loc);
    return number(b, s);
  });
}

Extent importer::decide(Node &n, size_t result, int64_t dim, Value count, ArrayRef<size_t> inputs, int64_t most) {
  if (auto known = dyn_cast_or_null<DenseElementsAttr>(n.graph.evaluator().evaluate(count))) {
    int64_t extent = known.getSplatValue<APInt>().getSExtValue();
    if (extent < 0 || extent > mostExtent)
      n.fail("dimension " + llvm::Twine(dim) + " of the result would have " + llvm::Twine(extent) + " positions");
    return n.failed() ? 0 : extent;
  }
  pat::IndexRange range = integerRange(count);
  most = std::min(most, range.max);
  if (range.min == range.max && range.min >= 0)
    return range.min;
  std::optional<int64_t> given = n.capacity(result);
  if (given)
    most = std::min(most, *given);
  if (given || most <= mostDerived) {
    most = std::max<int64_t>(most, 0);
    if ((most < range.max || range.min < 0) && !n.graph.assumeAtMost(count, most, given.has_value()) && given)
      n.fail("the capacity of '" + n.outputName(result) +
             "', which is inside of a loop, cannot be checked; make the "
             "shape static in the model");
    return {most, count};
  }
  n.failFor(tag(Diag::UnknownDimension) + "data decides how many positions dimension " + llvm::Twine(dim) + " of '" +
                n.outputName(result) + "' has; bound it by --capacity " + n.outputName(result) + "=N",
            inputs);
  return 0;
}

void importer::setResult(Node &n, size_t i, Value value, ArrayRef<Extent> extents, int32_t type) {
  Item item(value, type ? type : n.type(0));
  for (auto [dim, extent] : llvm::enumerate(extents))
    if (extent.count)
      item.bounds.push_back({int64_t(dim), extent.count});
  n.result(i, std::move(item));
}

/// Operations of which importers write several for one count; longer chains are taken for different ones.
static bool isSameCount(Value a, Value b, int depth) {
  if (a == b)
    return true;
  auto one = dyn_cast<OpResult>(a), other = dyn_cast<OpResult>(b);
  if (!one || !other || depth > 5 || one.getResultNumber() != other.getResultNumber())
    return false;
  llvm::DenseMap<Value, Value> inside;
  return OperationEquivalence::isEquivalentTo(
      one.getOwner(), other.getOwner(),
      [&](Value x, Value y) {
        return success(inside.lookup(x) == y || (!inside.contains(x) && isSameCount(x, y, depth + 1)));
      },
      [&](Value x, Value y) { inside[x] = y; }, OperationEquivalence::IgnoreLocations);
}

bool importer::isSameCount(Value a, Value b) { return ::isSameCount(a, b, 0); }

Value importer::maskAbsent(Node &n, size_t input, ArrayRef<int64_t> axes,
                           llvm::function_ref<Value(Scalars &, Type)> fill) {
  SmallVector<Bound> absent;
  llvm::copy_if(n.bounds(input), std::back_inserter(absent),
                [&](const Bound &bound) { return llvm::is_contained(axes, bound.dim); });
  if (absent.empty())
    return n.input(input);
  return ops::mapOver(n.b, n.loc, n.shape(input), [&](OpBuilder &b, ValueRange point) {
    Scalars s(b, n.loc);
    Value isThere = s.boolean(true);
    for (const Bound &bound : absent) {
      Value place = s.cast(point[bound.dim], b.getI64Type());
      isThere = s.both(isThere, s.less(place, pat::at(b, n.loc, bound.count, {})));
    }
    return s.select(isThere, pat::at(b, n.loc, n.input(input), point), fill(s, n.element(input)));
  });
}
