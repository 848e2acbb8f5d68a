// LayOut.cpp - choose the order of the dimensions of intermediates and weights
// Why: neighbours in a vector should be neighbours in memory. A dimension that readers walk in windows, with strides or
// beyond the bounds (the rows and columns of an image) makes part vectors; one that every reader walks alone (its
// channels) fills the lanes, whatever the size of the image.
// Needs: flat patterns.
// Gives: the same values; the results of some maps, and the constants that these maps read, with their dimensions in
// another order.
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/Transforms/Digits.h"
#include "jacquard/Dialect/Pat/Transforms/Passes.h"
#include "jacquard/Dialect/Utils/ConstantBytes.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace jacquard::pat {
#define GEN_PASS_DEF_LAYOUTPASS
#include "jacquard/Dialect/Pat/Transforms/Passes.h.inc"
} // namespace jacquard::pat

#define DEBUG_TYPE "pat-lay-out"

using namespace mlir;

namespace jacquard::pat {
namespace {

/// A dimension of the domain of a map, which is one of each of its results.
using Dim = std::pair<Operation *, unsigned>;

constexpr int64_t leastLanes = 8; // fewer neighbours are not worth another order

struct LayOutPass : impl::LayOutPassBase<LayOutPass> {
  void runOnOperation() override;

private:
  void study(AtOp read);
  void studyPosition(AtOp read, unsigned k);
  SmallVector<unsigned> orderOf(MapOp map) const;
  void reorder(MapOp map, ArrayRef<unsigned> order);
  void reorderConstants();

  llvm::EquivalenceClasses<Dim> together; ///< dimensions that are walked by one index
  llvm::SetVector<Dim> windowed;          ///< walked in windows, with strides or beyond the bounds
  llvm::DenseSet<Dim> windowedClasses;    ///< leaders of those that are walked together with one of them
  llvm::SmallPtrSet<Operation *, 16> fixed;
  llvm::SmallVector<MapOp> reordered;
};

/// The map that a value is a result of, or null.
MapOp sourceOf(Value tensor) { return tensor.getDefiningOp<MapOp>(); }

/// The operand of a position that is one index of a pattern, plus a constant: the number of that operand.
std::optional<unsigned> loneIndex(AffineExpr position) {
  if (auto sum = dyn_cast<AffineBinaryOpExpr>(position);
      sum && sum.getKind() == AffineExprKind::Add && isa<AffineConstantExpr>(sum.getRHS()))
    position = sum.getLHS();
  if (auto dim = dyn_cast<AffineDimExpr>(position))
    return dim.getPosition();
  return std::nullopt;
}

bool divides(AffineExpr position) {
  bool result = false;
  position.walk([&](AffineExpr part) {
    result |= part.getKind() == AffineExprKind::FloorDiv || part.getKind() == AffineExprKind::Mod;
  });
  return result;
}

/// Whether a position has quotients and remainders and all are digits of indices, which will be loops of their own.
bool isOfDigits(AffineExpr position, ValueRange indices) {
  auto extents = llvm::map_to_vector(indices, extentOfIndex);
  std::vector<SmallVector<int64_t, 2>> divisors(indices.size());
  return divides(position) && collectDivisors(position, extents, divisors);
}

unsigned countPositionsOf(AtOp read, unsigned operand) {
  return unsigned(llvm::count_if(read.getAccessMap().getResults(),
                                 [&](AffineExpr position) { return position.isFunctionOfDim(operand); }));
}

/// Whether position `k` is what a reshape makes, so that no two points meet: some of the digits of an index, the others
/// of which are in other positions, or several indices like the digits of a number.
bool isReshape(AtOp read, unsigned k) {
  AffineExpr position = read.getAccessMap().getResult(k);
  ValueRange indices = read.getIndices();
  if (divides(position))
    return !isOfDigits(position, indices) || llvm::any_of(llvm::seq(unsigned(indices.size())), [&](unsigned number) {
      return position.isFunctionOfDim(number) && countPositionsOf(read, number) > 1;
    });
  SmallVector<int64_t> coefficients;
  if (failed(getFlattenedAffineExpr(position, unsigned(indices.size()), 0, &coefficients)) ||
      coefficients.size() != indices.size() + 1)
    return false;
  SmallVector<std::pair<int64_t, int64_t>> digits; // weight, extent
  for (auto [weight, index] : llvm::zip(coefficients, indices)) {
    if (weight == 0)
      continue;
    std::optional<int64_t> extent = extentOfIndex(index);
    if (!extent)
      return false;
    digits.push_back({weight, *extent});
  }
  llvm::sort(digits);
  int64_t expected = 1;
  for (auto [weight, extent] : digits) {
    if (weight != expected)
      return false;
    expected *= extent;
  }
  return true;
}

void LayOutPass::studyPosition(AtOp read, unsigned k) {
  AffineExpr position = read.getAccessMap().getResult(k);
  MapOp reader = read->getParentOfType<MapOp>(), source = sourceOf(read.getTensor());
  std::optional<unsigned> lone = loneIndex(position);
  for (auto [number, index] : llvm::enumerate(read.getIndices())) {
    if (!position.isFunctionOfDim(unsigned(number)))
      continue;
    auto argument = dyn_cast<BlockArgument>(index);
    if (!argument) { // computed
      if (source) {
        together.insert({source, k});
        windowed.insert({source, k});
      }
      continue;
    }
    bool parallel = reader && argument.getOwner() == reader.getBody();
    if (source)
      together.insert({source, k});
    if (parallel)
      together.insert({reader, argument.getArgNumber()});
    if (source && parallel)
      together.unionSets({source, k}, {reader, argument.getArgNumber()});
    if (lone || isReshape(read, k))
      continue;
    if (source)
      windowed.insert({source, k});
    if (parallel)
      windowed.insert({reader, argument.getArgNumber()});
  }
}

void LayOutPass::study(AtOp read) {
  AffineMap map = read.getAccessMap();
  for (unsigned k = 0; k < map.getNumResults(); ++k)
    studyPosition(read, k);
  MapOp source = sourceOf(read.getTensor());
  // Quotients that are gathered are so the faster, the fewer lanes meet in one bank: neighbours along the quotient, as
  // they are.
  auto isGathered = [&](AffineExpr position) { return divides(position) && !isOfDigits(position, read.getIndices()); };
  if (source && llvm::any_of(map.getResults(), isGathered))
    fixed.insert(source);
  // Two positions from one index (a reshape): in another order they would have to be computed.
  for (unsigned d = 0; source && d < map.getNumDims(); ++d)
    if (countPositionsOf(read, d) > 1)
      fixed.insert(source);
}

/// The dimensions of `map` in their new order, empty if they are to stay: where the innermost one is windowed, the
/// longest that is not goes inwards.
SmallVector<unsigned> LayOutPass::orderOf(MapOp map) const {
  ArrayRef<int64_t> domain = map.getDomain();
  llvm::SmallDenseSet<unsigned> images;
  for (unsigned d = 0; d < domain.size(); ++d)
    if (auto leader = together.findLeader({map, d});
        leader != together.member_end() && windowedClasses.contains(*leader))
      images.insert(d);
  int innermost = int(domain.size()) - 1;
  while (innermost >= 0 && domain[innermost] == 1)
    --innermost;
  if (fixed.contains(map) || innermost < 0 || !images.contains(unsigned(innermost)))
    return {};
  std::optional<unsigned> longest;
  for (unsigned d = 0; d < domain.size(); ++d)
    if (!images.contains(d) && domain[d] >= leastLanes && (!longest || domain[d] > domain[*longest]))
      longest = d;
  SmallVector<unsigned> order;
  for (unsigned d = 0; longest && d < domain.size(); ++d)
    if (d != *longest)
      order.push_back(d);
  if (longest)
    order.push_back(*longest);
  return order;
}

/// The position of every dimension in `order`.
SmallVector<unsigned> inverse(ArrayRef<unsigned> order) {
  SmallVector<unsigned> result(order.size());
  for (auto [position, dim] : llvm::enumerate(order))
    result[dim] = unsigned(position);
  return result;
}

template <typename T> SmallVector<T> permuted(ArrayRef<T> values, ArrayRef<unsigned> order) {
  return llvm::map_to_vector(order, [&](unsigned dim) { return values[dim]; });
}

/// Makes reads of `tensor`, whose dimensions now stand in `order`, follow.
void reorderReads(Value tensor, ArrayRef<unsigned> order) {
  for (Operation *user : tensor.getUsers()) {
    auto read = cast<AtOp>(user);
    AffineMap map = read.getAccessMap();
    read.setMapAttr(
        AffineMapAttr::get(AffineMap::get(map.getNumDims(), 0, permuted(map.getResults(), order), map.getContext())));
  }
}

void LayOutPass::reorder(MapOp map, ArrayRef<unsigned> order) {
  Block &body = *map.getBody();
  SmallVector<unsigned> place = inverse(order);
  unsigned rank = unsigned(order.size());
  for (unsigned d = 0; d < rank; ++d)
    body.addArgument(body.getArgument(d).getType(), body.getArgument(d).getLoc());
  for (unsigned d = 0; d < rank; ++d)
    body.getArgument(d).replaceAllUsesWith(body.getArgument(rank + place[d]));
  body.eraseArguments(0, rank);
  map.setDomain(permuted(map.getDomain(), order));
  for (Value result : map.getResults()) {
    auto type = cast<RankedTensorType>(result.getType());
    result.setType(type.clone(permuted(type.getShape(), order)));
    reorderReads(result, order);
  }
  reordered.push_back(map);
}

/// `value` with its dimensions in `order`; null where its bytes are not stored.
ElementsAttr transposed(ElementsAttr value, ArrayRef<unsigned> order) {
  auto type = cast<RankedTensorType>(value.getType());
  auto newType = type.clone(permuted(type.getShape(), order));
  if (auto dense = dyn_cast<DenseElementsAttr>(value); dense && dense.isSplat())
    return dense.reshape(newType);
  ArrayRef<char> bytes = rawBytes(value);
  size_t width = type.getElementTypeBitWidth() / 8, count = size_t(type.getNumElements());
  if (width == 0 || bytes.size() != count * width)
    return {};
  SmallVector<int64_t> strides = permuted<int64_t>(computeStrides(type.getShape()), order);
  ArrayRef<int64_t> extents = newType.getShape();
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(bytes.size(), width, /*dataIsMutable=*/true);
  char *out = blob.getMutableData().data();
  SmallVector<int64_t> index(extents.size(), 0);
  int64_t from = 0;
  for (size_t n = 0; n < count; ++n, out += width) {
    std::memcpy(out, bytes.data() + size_t(from) * width, width);
    for (size_t k = extents.size(); k-- > 0;) {
      from += strides[k];
      if (++index[k] < extents[k])
        break;
      from -= strides[k] * extents[k];
      index[k] = 0;
    }
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  return DenseResourceElementsAttr::get(newType, resource ? resource.getRawHandle().getKey() : "transposed",
                                        std::move(blob));
}

/// The dimension of the tensor that the innermost index of the map around walks alone.
std::optional<unsigned> innermostWalk(AtOp read, MapOp reader) {
  ArrayRef<int64_t> domain = reader.getDomain();
  std::optional<unsigned> found;
  for (auto [k, position] : llvm::enumerate(read.getAccessMap().getResults())) {
    std::optional<unsigned> lone = loneIndex(position);
    auto argument = lone ? dyn_cast<BlockArgument>(read.getIndices()[*lone]) : BlockArgument();
    if (argument && argument.getOwner() == reader.getBody() && argument.getArgNumber() + 1 == domain.size())
      found = unsigned(k);
  }
  return found;
}

/// Weights of reordered maps: what runs over the lanes is stored side by side.
void LayOutPass::reorderConstants() {
  llvm::SetVector<Operation *> constants;
  getOperation()->walk([&](AtOp read) {
    if (auto constant = read.getTensor().getDefiningOp<arith::ConstantOp>())
      constants.insert(constant);
  });
  for (Operation *op : constants) {
    auto constant = cast<arith::ConstantOp>(op);
    std::optional<unsigned> inner;
    bool agree = llvm::all_of(constant->getUsers(), [&](Operation *user) {
      auto read = dyn_cast<AtOp>(user);
      MapOp reader = read ? read->getParentOfType<MapOp>() : MapOp();
      std::optional<unsigned> walk = reader ? innermostWalk(read, reader) : std::nullopt;
      if (!walk || (inner && *inner != *walk))
        return false;
      inner = walk;
      return true;
    });
    unsigned rank = unsigned(cast<RankedTensorType>(constant.getType()).getRank());
    if (!agree || *inner + 1 == rank)
      continue;
    SmallVector<unsigned> order;
    for (unsigned k = 0; k < rank; ++k)
      if (k != *inner)
        order.push_back(k);
    order.push_back(*inner);
    ElementsAttr value = transposed(cast<ElementsAttr>(constant.getValue()), order);
    if (!value)
      continue;
    OpBuilder b(constant);
    auto moved = arith::ConstantOp::create(b, constant.getLoc(), cast<TypedAttr>(value));
    constant.getResult().replaceAllUsesWith(moved.getResult());
    reorderReads(moved.getResult(), order);
    constant.erase();
  }
}

void LayOutPass::runOnOperation() {
  together = {};
  windowed.clear();
  windowedClasses.clear();
  fixed.clear();
  reordered.clear();
  SmallVector<MapOp> maps;
  getOperation()->walk([&](Operation *op) {
    if (auto read = dyn_cast<AtOp>(op))
      study(read);
    if (auto map = dyn_cast<MapOp>(op); map && !op->getParentOfType<MapOp>()) {
      maps.push_back(map);
      for (Operation *user : op->getUsers())
        if (!isa<AtOp>(user)) // leaves the function or goes round a loop
          fixed.insert(op);
    }
  });
  for (const Dim &dim : windowed)
    windowedClasses.insert(together.getLeaderValue(dim));
  for (MapOp map : maps)
    if (SmallVector<unsigned> order = orderOf(map); !order.empty())
      reorder(map, order);
  reorderConstants();
}

} // namespace
} // namespace jacquard::pat
