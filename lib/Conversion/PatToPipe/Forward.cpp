// Forward.cpp - rows that are stored by the pattern which computes them
//
// A pattern of its own would wait until a scratchpad holds the whole tensor, then read it again: the latency of a
// stage.
#include "Forward.h"

#include "RowUpdate.h"

using namespace mlir;
using namespace jacquard;

Value jacquard::forwardedTensor(const Nest &nest) {
  auto map = dyn_cast<pat::MapOp>(nest.op);
  if (!map || !map->hasAttr(rowAttr) || nest.fold || map->getNumResults() != 1 || nest.accesses.size() != 1)
    return nullptr;
  const NestAccess &access = nest.accesses.front();
  if (matchRowUpdate(map)->fresh != access.op.getResult() || access.op.getElseValue() || !access.affine)
    return nullptr;
  int64_t points = 1;
  bool sameNumbers = access.affine->firstElement() == nest.result.firstElement();
  for (auto [number, dim] : llvm::enumerate(nest.dims)) {
    points *= dim.extent;
    sameNumbers &= dim.extent == 1 || access.affine->strideAlong(number) == nest.result.strideAlong(number);
  }
  bool isWhole = points == access.op.getTensorType().getNumElements();
  return sameNumbers && isWhole ? access.op.getTensor() : Value();
}
