// Concat.cpp - recognises maps that only put tensors side by side
#include "jacquard/Dialect/Pat/Transforms/Concat.h"

#include "jacquard/Dialect/Pat/Transforms/IndexMath.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::pat;

namespace {

/// The read's position minus the point of `map`, per dimension; nothing if it does not walk along with the map.
std::optional<SmallVector<int64_t>> shiftsOf(AtOp read, MapOp map) {
  Access access = accessOf(read);
  access.normalize();
  if (access.map.getNumResults() != map.getDomain().size())
    return std::nullopt;
  SmallVector<int64_t> shifts;
  for (auto [d, expr] : llvm::enumerate(access.map.getResults())) {
    auto argument = llvm::find(access.operands, map.getIndices()[d]);
    if (argument == access.operands.end()) { // one point only
      auto constant = dyn_cast<AffineConstantExpr>(expr);
      if (!constant || map.getDomain()[d] != 1)
        return std::nullopt;
      shifts.push_back(constant.getValue());
      continue;
    }
    AffineExpr dim = getAffineDimExpr(argument - access.operands.begin(), read.getContext());
    auto shift = dyn_cast<AffineConstantExpr>(simplifyAffineExpr(expr - dim, access.operands.size(), 0));
    if (!shift)
      return std::nullopt;
    shifts.push_back(shift.getValue());
  }
  return shifts;
}

} // namespace

std::optional<Concat> pat::matchConcat(MapOp map) {
  if (map.getNumResults() != 1)
    return std::nullopt;
  Concat concat{0, {}};
  std::optional<unsigned> dim;
  size_t reads = 0;
  for (Operation &op : map.getBody()->without_terminator())
    if (!isa<AtOp>(op))
      return std::nullopt;
    else
      ++reads;
  int64_t covered = 0;
  auto read = map.getBodyYield().getOperand(0).getDefiningOp<AtOp>();
  while (read && read->getBlock() == map.getBody()) {
    std::optional<SmallVector<int64_t>> shifts = shiftsOf(read, map);
    if (!shifts)
      return std::nullopt;
    ArrayRef<int64_t> shape = read.getTensorType().getShape();
    for (unsigned d = 0; d < shape.size(); ++d)
      if ((*shifts)[d] != 0 || shape[d] != map.getDomain()[d]) {
        if (dim && *dim != d)
          return std::nullopt;
        dim = d;
      }
    if (!dim || (*shifts)[*dim] != -covered)
      return std::nullopt;
    concat.parts.push_back({read, covered});
    covered += shape[*dim];
    read = read.getElseValue() ? read.getElseValue().getDefiningOp<AtOp>() : AtOp();
  }
  if (!dim || concat.parts.size() < 2 || concat.parts.size() != reads || covered != map.getDomain()[*dim])
    return std::nullopt;
  concat.dim = *dim;
  return concat;
}

bool pat::isWorthJoining(MapOp map) {
  constexpr int64_t leastPoints = 8192;
  return map.getNumPoints() >= leastPoints && matchConcat(map);
}
