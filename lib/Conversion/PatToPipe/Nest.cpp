// Nest.cpp - finds the loop nest of a flat pattern, merges its dimensions and recovers tensor views
//
// An access that cannot leave its tensor is kept in *linear* form (one coefficient per dimension); there reshapes and
// transposes have vanished, and dimensions merge where the coefficients continue one another. The view is then
// recovered from the coefficients alone. An access with an `else` value keeps the tensor's own dimensions, because each
// of them is checked. An index whose quotients are still read then falls apart into digits, a dimension each.
#include "Nest.h"

#include "JoinParts.h"
#include "WordSize.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Digits.h"
#include "jacquard/Dialect/Pat/Transforms/IndexMath.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Affine/Analysis/Utils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace jacquard;

int64_t AffineAccess::firstElement() const {
  int64_t element = 0;
  for (auto [offset, step] : llvm::zip(offsets, view.strides))
    element += offset * step;
  return element;
}

void AffineAccess::tabulate(unsigned numDims) {
  depends.assign(numDims, false);
  strides.assign(numDims, 0);
  for (auto [row, step] : llvm::zip(coefficients, view.strides))
    for (unsigned dim = 0; dim < numDims; ++dim) {
      depends[dim] = depends[dim] || row[dim] != 0;
      strides[dim] += row[dim] * step;
    }
}

SmallVector<Value> Nest::indices() const {
  SmallVector<Value> result(body()->getArguments());
  if (fold)
    llvm::append_range(result, fold.getBody()->getArguments());
  return result;
}

namespace {

/// offset + sum of coefficients[i] * index[i], in elements of the tensor.
struct LinearAccess {
  SmallVector<int64_t> coefficients;
  int64_t offset = 0;
};

SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int k = int(shape.size()) - 2; k >= 0; --k)
    strides[k] = strides[k + 1] * shape[k + 1];
  return strides;
}

/// Coefficients of `expr` over `numDims` dimensions and its constant (last), or nothing if it is not affine in them.
std::optional<SmallVector<int64_t>> flatten(AffineExpr expr, unsigned numDims) {
  SmallVector<int64_t> row;
  if (!expr.isPureAffine() || failed(getFlattenedAffineExpr(expr, numDims, 0, &row)) || row.size() != numDims + 1)
    return std::nullopt;
  return row;
}

/// Positions of an at as a map over the index arguments, when every operand is one of them.
std::optional<AffineMap> mapOverIndices(pat::AtOp at, ArrayRef<Value> indices) {
  MLIRContext *context = at.getContext();
  SmallVector<AffineExpr> operands;
  for (Value operand : at.getIndices()) {
    auto it = llvm::find(indices, operand);
    if (it != indices.end()) {
      operands.push_back(getAffineDimExpr(it - indices.begin(), context));
    } else if (auto constant = getConstantIntValue(operand)) {
      operands.push_back(getAffineConstantExpr(*constant, context));
    } else {
      return std::nullopt;
    }
  }
  return at.getAccessMap().replaceDimsAndSymbols(operands, {}, indices.size(), 0);
}

/// The linear form of a read at `positions`, if it is affine and stays in its tensor.
std::optional<LinearAccess> linearise(pat::AtOp at, ArrayRef<AffineExpr> positions, const pat::IndexRanges &ranges) {
  if (at.getElseValue() && !pat::isProvablyInBounds(at))
    return std::nullopt;
  AffineExpr sum = getAffineConstantExpr(0, at.getContext());
  for (auto [expr, stride] : llvm::zip(positions, rowMajorStrides(at.getTensorType().getShape())))
    sum = sum + expr * stride;
  auto row = flatten(pat::simplifyIndex(sum, ranges), ranges.size());
  if (!row)
    return std::nullopt;
  return LinearAccess{SmallVector<int64_t>(ArrayRef(*row).drop_back()), row->back()};
}

/// Views a linear access as positions in several dimensions: a new dimension begins at every coefficient that the smaller
/// ones cannot reach and that divides the larger ones. What runs backwards counts from its end.
AffineAccess recoverView(const LinearAccess &access, ArrayRef<NestDim> dims, int64_t elements) {
  SmallVector<int64_t> boundaries = {1};
  int64_t lowest = access.offset;
  llvm::SetVector<int64_t> candidates;
  for (auto [c, dim] : llvm::zip(access.coefficients, dims)) {
    lowest += std::min<int64_t>(c, 0) * (dim.extent - 1);
    if (std::abs(c) > 1)
      candidates.insert(std::abs(c));
  }
  auto sorted = candidates.takeVector();
  llvm::sort(sorted);
  for (int64_t boundary : sorted) {
    int64_t reach = lowest % boundary;
    bool divides = elements % boundary == 0 && boundary % boundaries.back() == 0;
    for (auto [c, dim] : llvm::zip(access.coefficients, dims)) {
      if (std::abs(c) < boundary)
        reach += std::abs(c) * (dim.extent - 1);
      else
        divides &= c % boundary == 0;
    }
    if (lowest >= 0 && divides && reach < boundary)
      boundaries.push_back(boundary);
  }
  AffineAccess result;
  for (int k = int(boundaries.size()) - 1; k >= 0; --k) {
    int64_t stride = boundaries[k];
    bool outermost = k + 1 == int(boundaries.size());
    int64_t above = outermost ? elements : boundaries[k + 1];
    result.view.strides.push_back(stride);
    result.view.shape.push_back(std::max<int64_t>(1, above / stride));
    int64_t offset = (outermost ? lowest : lowest % above) / stride;
    SmallVector<int64_t> row;
    for (auto [c, dim] : llvm::zip(access.coefficients, dims)) {
      bool here = std::abs(c) >= stride && (outermost || std::abs(c) < above);
      row.push_back(here ? c / stride : 0);
      offset -= std::min<int64_t>(row.back(), 0) * (dim.extent - 1);
    }
    result.coefficients.push_back(row);
    result.offsets.push_back(offset);
  }
  return result;
}

/// Whether `value` is computed from one of the index arguments that `isOf` holds for.
bool isComputedFrom(Value value, function_ref<bool(BlockArgument)> isOf) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return isOf(argument);
  Operation *op = value.getDefiningOp();
  return op->getNumRegions() > 0 ||
         llvm::any_of(op->getOperands(), [&](Value operand) { return isComputedFrom(operand, isOf); });
}

/// Adds the reads that `value` is computed from.
void findReads(Value value, llvm::SmallPtrSetImpl<Operation *> &seen, SmallVectorImpl<pat::AtOp> &reads) {
  Operation *op = value.getDefiningOp();
  if (!op || !seen.insert(op).second)
    return;
  if (auto read = dyn_cast<pat::AtOp>(op))
    return reads.push_back(read);
  for (Value operand : op->getOperands())
    findReads(operand, seen, reads);
  for (Region &region : op->getRegions())
    region.walk([&](pat::AtOp read) { reads.push_back(read); });
}

/// How a read at computed positions walks, as far as its positions name indices.
GatherAccess gatherOf(const NestAccess &access, const Nest &nest) {
  SmallVector<Value> indices = nest.indices();
  SmallVector<AffineExpr> operands;
  SmallVector<Value> computed;
  for (Value operand : access.op.getIndices()) {
    auto it = llvm::find(indices, operand);
    operands.push_back(it != indices.end() ? nest.indexExprs[it - indices.begin()]
                                           : getAffineConstantExpr(0, operand.getContext()));
    if (it == indices.end())
      computed.push_back(operand);
  }
  AffineExpr sum = getAffineConstantExpr(0, nest.op->getContext());
  for (auto [expr, stride] :
       llvm::zip(access.op.getAccessMap().getResults(), rowMajorStrides(access.op.getTensorType().getShape())))
    sum = sum + expr.replaceDims(operands) * stride;
  unsigned numDims = unsigned(nest.dims.size());
  auto strideAlong = [&](unsigned d) -> std::optional<int64_t> {
    AffineExpr dim = getAffineDimExpr(d, sum.getContext());
    auto step = dyn_cast<AffineConstantExpr>(simplifyAffineExpr(sum.replace(dim, dim + 1) - sum, numDims, 0));
    return step ? std::optional<int64_t>(step.getValue()) : std::nullopt;
  };
  GatherAccess gather;
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (Value value : computed)
    findReads(value, seen, gather.positions);
  for (unsigned d = 0; d < numDims; ++d) {
    auto walksDim = [&](BlockArgument argument) {
      auto it = llvm::find(indices, argument);
      if (it == indices.end()) // the trip of a loop around the nest is the same for all points
        return nest.op->isAncestor(argument.getOwner()->getParentOp());
      return nest.indexExprs[it - indices.begin()].isFunctionOfDim(d);
    };
    bool changes = llvm::any_of(computed, [&](Value value) { return isComputedFrom(value, walksDim); });
    gather.strides.push_back(changes ? std::nullopt : strideAlong(d));
  }
  return gather;
}

/// Working state: accesses in linear form where possible, else by dimension of the tensor.
struct Analysis {
  Nest nest;
  LinearAccess result; ///< row-major over the digits of the map, in its result or in the tensor that this is a part of
  int64_t resultElements = 1;
  std::vector<std::optional<LinearAccess>> linear;
  std::vector<std::optional<AffineAccess>> checked;
  SmallVector<unsigned> firstDigit;           ///< per index; its digits follow one another
  SmallVector<bool> mergeable;                ///< per digit: used by affine accesses in linear form only
  SmallVector<int64_t> extents;               ///< per digit
  SmallVector<SmallVector<unsigned>> members; ///< per dimension: the digits merged into it, outermost first

  void addDigits(ArrayRef<int64_t> domain, ArrayRef<bool> reduction, ArrayRef<Value> indices);
  void addResult();
  AffineExpr overDigits(unsigned index, ArrayRef<AffineExpr> digits) const;
  void addAccess(pat::AtOp at, bool inFold, ArrayRef<Value> indices);
  void collect(Block &block, bool inFold, ArrayRef<Value> indices);
  void findMergeable(ArrayRef<Value> indices);
  bool continues(const LinearAccess &line, unsigned d) const;
  void merge(unsigned d);
  void mergeFree();
  unsigned lossOfMerge(unsigned d) const;
  void mergeForced(unsigned mostLoops);
  void expressIndices();
};

/// A dimension for every digit of every index: an index that is read at quotients and remainders has several, so that
/// these reads are affine.
void Analysis::addDigits(ArrayRef<int64_t> domain, ArrayRef<bool> reduction, ArrayRef<Value> indices) {
  std::vector<SmallVector<int64_t, 2>> divisors(indices.size());
  auto known = llvm::to_vector_of<std::optional<int64_t>>(domain);
  pat::IndexRanges ranges;
  for (int64_t extent : domain)
    ranges.push_back(pat::IndexRange{0, extent - 1});
  nest.op->walk([&](pat::AtOp at) {
    std::optional<AffineMap> map = mapOverIndices(at, indices);
    std::vector<SmallVector<int64_t, 2>> found(indices.size());
    auto isEven = [&](AffineExpr expr) { return pat::collectDivisors(expr, known, found); };
    if (!map || linearise(at, map->getResults(), ranges) || !llvm::all_of(map->getResults(), isEven))
      return; // it needs no digits, or they are no help
    for (auto [all, more] : llvm::zip(divisors, found))
      llvm::append_range(all, more);
  });
  for (auto [i, extent] : llvm::enumerate(domain)) {
    firstDigit.push_back(unsigned(extents.size()));
    for (int64_t digit : pat::digitsOf(extent, divisors[i])) {
      nest.dims.push_back({digit, reduction[i]});
      members.push_back({unsigned(extents.size())});
      extents.push_back(digit);
    }
  }
  firstDigit.push_back(unsigned(extents.size()));
}

void Analysis::addResult() {
  result.coefficients.assign(nest.dims.size(), 0);
  auto map = dyn_cast<pat::MapOp>(nest.op);
  if (!map)
    return; // a group_by collects in scratchpads
  SmallVector<int64_t> shape(map.getDomain());
  if (auto part = map->getAttrOfType<DenseI64ArrayAttr>(partAttr)) {
    result.offset = part[0];
    shape.assign(part.asArrayRef().begin() + 1, part.asArrayRef().end());
  }
  if (auto grain = map->getAttrOfType<IntegerAttr>(partGrainAttr))
    nest.resultGrain = grain.getInt();
  resultElements = ShapedType::getNumElements(shape);
  for (auto [index, stride] : llvm::enumerate(rowMajorStrides(shape)))
    for (unsigned d = firstDigit[index + 1]; d-- > firstDigit[index]; stride *= extents[d])
      result.coefficients[d] = stride;
}

/// The value of an index from its digits.
AffineExpr Analysis::overDigits(unsigned index, ArrayRef<AffineExpr> digits) const {
  AffineExpr value = digits[firstDigit[index]];
  for (unsigned d = firstDigit[index] + 1; d < firstDigit[index + 1]; ++d)
    value = value * extents[d] + digits[d];
  return value;
}

void Analysis::addAccess(pat::AtOp at, bool inFold, ArrayRef<Value> indices) {
  nest.accesses.push_back({at, inFold, std::nullopt});
  auto &line = linear.emplace_back();
  auto &byDim = checked.emplace_back();
  std::optional<AffineMap> map = mapOverIndices(at, indices);
  if (!map)
    return;
  SmallVector<AffineExpr> digits, overDims;
  pat::IndexRanges ranges;
  for (auto [d, dim] : llvm::enumerate(nest.dims)) {
    digits.push_back(getAffineDimExpr(d, at.getContext()));
    ranges.push_back(pat::IndexRange{0, dim.extent - 1});
  }
  for (unsigned i = 0; i < indices.size(); ++i)
    overDims.push_back(overDigits(i, digits));
  SmallVector<AffineExpr> positions;
  for (AffineExpr position : map->getResults())
    positions.push_back(pat::simplifyIndex(position.replaceDims(overDims), ranges));
  line = linearise(at, positions, ranges);
  if (line || !at.getElseValue())
    return;
  ArrayRef<int64_t> shape = at.getTensorType().getShape();
  AffineAccess access;
  access.view = {SmallVector<int64_t>(shape), rowMajorStrides(shape)};
  for (AffineExpr expr : positions) {
    auto row = flatten(expr, digits.size());
    if (!row)
      return;
    access.offsets.push_back(row->back());
    row->pop_back();
    access.coefficients.push_back(*row);
  }
  byDim = access;
}

void Analysis::collect(Block &block, bool inFold, ArrayRef<Value> indices) {
  for (Operation &op : block) {
    if (auto at = dyn_cast<pat::AtOp>(op))
      addAccess(at, inFold, indices);
    else if (auto fold = dyn_cast<pat::FoldOp>(op))
      collect(*fold.getBody(), true, indices);
  }
}

void Analysis::findMergeable(ArrayRef<Value> indices) {
  for (auto [i, index] : llvm::enumerate(indices)) {
    bool ok = true;
    for (OpOperand &use : index.getUses()) {
      bool found = false;
      for (auto [access, line] : llvm::zip(nest.accesses, linear))
        found |= access.op == use.getOwner() && line.has_value();
      ok &= found;
    }
    mergeable.append(firstDigit[i + 1] - firstDigit[i], ok);
  }
}

/// Whether the linear access walks through dimensions d and d + 1 without a break. A dimension of one point has no say
/// in it.
bool Analysis::continues(const LinearAccess &line, unsigned d) const {
  return nest.dims[d].extent == 1 || nest.dims[d + 1].extent == 1 ||
         line.coefficients[d] == line.coefficients[d + 1] * nest.dims[d + 1].extent;
}

/// Makes dimension d + 1 part of d. Linear accesses that do not continue, and checked ones that tell the two apart,
/// lose their form: their positions are computed from then on.
void Analysis::merge(unsigned d) {
  int64_t outer = nest.dims[d].extent, inner = nest.dims[d + 1].extent;
  auto mergeRow = [&](SmallVectorImpl<int64_t> &row) {
    row[d] = inner > 1 ? row[d + 1] : row[d];
    row.erase(row.begin() + d + 1);
  };
  mergeRow(result.coefficients);
  for (auto &line : linear)
    if (line && continues(*line, d))
      mergeRow(line->coefficients);
    else
      line.reset();
  for (auto &access : checked) {
    if (!access)
      continue;
    bool depends = // nothing is tabulated yet
        llvm::any_of(access->coefficients, [&](const auto &row) { return row[d] != 0 || row[d + 1] != 0; });
    if (outer > 1 && inner > 1 && depends)
      access.reset();
    else
      llvm::for_each(access->coefficients, mergeRow);
  }
  nest.dims[d].extent *= inner;
  nest.dims.erase(nest.dims.begin() + d + 1);
  llvm::append_range(members[d], members[d + 1]);
  members.erase(members.begin() + d + 1);
}

/// Merges neighbours of one kind through which every access walks without a break.
void Analysis::mergeFree() {
  bool isMap = isa<pat::MapOp>(nest.op);
  for (int d = int(nest.dims.size()) - 2; d >= 0; --d) {
    bool alike = nest.dims[d].reduction == nest.dims[d + 1].reduction && (isMap || nest.dims[d].reduction);
    auto isMergeable = [&](unsigned index) { return mergeable[index]; };
    if (alike && llvm::all_of(members[d], isMergeable) && llvm::all_of(members[d + 1], isMergeable) &&
        continues(result, d) && llvm::all_of(linear, [&](auto &line) { return !line || continues(*line, d); }))
      merge(d);
  }
}

/// Accesses that would lose their form if d and d + 1 were merged.
unsigned Analysis::lossOfMerge(unsigned d) const {
  unsigned lost = 0;
  for (auto &line : linear)
    lost += line && !continues(*line, d);
  for (auto &access : checked)
    lost += access && (access->dependsOn(d) || access->dependsOn(d + 1));
  return lost;
}

/// Merges until at most `mostLoops` dimensions have several points, at the least loss; the machine has no more
/// counters.
void Analysis::mergeForced(unsigned mostLoops) {
  auto isLoop = [](const NestDim &dim) { return dim.extent > 1; };
  while (llvm::count_if(nest.dims, isLoop) > int(mostLoops)) {
    int best = -1;
    for (unsigned d = 0; d + 1 < nest.dims.size(); ++d)
      if (nest.dims[d].reduction == nest.dims[d + 1].reduction && continues(result, d) &&
          (best < 0 || lossOfMerge(d) < lossOfMerge(best)))
        best = int(d);
    if (best < 0)
      return; // one dimension of each kind
    merge(best);
  }
}

/// The value of every index from the merged dimensions.
void Analysis::expressIndices() {
  MLIRContext *context = nest.op->getContext();
  SmallVector<AffineExpr> digits(extents.size());
  for (auto [d, group] : llvm::enumerate(members)) {
    AffineExpr rest = getAffineDimExpr(d, context);
    for (unsigned digit : llvm::reverse(ArrayRef(group).drop_front())) {
      digits[digit] = rest % extents[digit];
      rest = rest.floorDiv(extents[digit]);
    }
    digits[group.front()] = rest;
  }
  for (unsigned i = 0; i + 1 < firstDigit.size(); ++i)
    nest.indexExprs.push_back(overDigits(i, digits));
}

} // namespace

Nest jacquard::analyseNest(Operation *op, unsigned mostLoops) {
  Analysis analysis;
  Nest &nest = analysis.nest;
  nest.op = op;
  nest.wide = needsWideWords(op);
  SmallVector<int64_t> domain;
  SmallVector<bool> reduction;
  auto addDims = [&](ArrayRef<int64_t> more, bool reduces) {
    domain.append(more.begin(), more.end());
    reduction.append(more.size(), reduces);
  };
  if (auto map = dyn_cast<pat::MapOp>(op)) {
    addDims(map.getDomain(), false);
    for (auto fold : map.getBody()->getOps<pat::FoldOp>()) {
      nest.fold = fold;
      addDims(fold.getDomain(), true);
    }
  } else {
    // The points of a group_by all combine: every dimension is a reduction.
    addDims(cast<pat::GroupByOp>(op).getDomain(), true);
  }
  SmallVector<Value> indices = nest.indices();
  analysis.addDigits(domain, reduction, indices);
  analysis.addResult();
  analysis.collect(*nest.body(), false, indices);
  analysis.findMergeable(indices);
  analysis.mergeFree();
  analysis.mergeForced(mostLoops);
  analysis.expressIndices();
  nest.numParallel = llvm::count_if(nest.dims, [](const NestDim &dim) { return !dim.reduction; });
  if (nest.numParallel > 0)
    nest.result = recoverView(analysis.result, nest.dims, analysis.resultElements);
  for (auto [access, line, byDim] : llvm::zip(nest.accesses, analysis.linear, analysis.checked)) {
    if (line)
      access.affine = recoverView(*line, nest.dims, access.op.getTensorType().getNumElements());
    else if (byDim)
      access.affine = *byDim;
    else
      access.gather = gatherOf(access, nest);
    if (access.affine)
      access.affine->tabulate(unsigned(nest.dims.size()));
  }
  nest.result.tabulate(unsigned(nest.dims.size()));
  return nest;
}
