// Access.cpp - counters, linear positions and address programs
#include "Access.h"

#include "jacquard/Bitstream/Config.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace jacquard;

int Chain::vectorLevel() const {
  for (auto [k, level] : llvm::enumerate(levels))
    if (level.lanes)
      return int(k);
  return -1;
}

int Chain::find(Value value) const {
  for (auto [k, level] : llvm::enumerate(levels))
    if (level.index == value)
      return int(k);
  return -1;
}

SmallVector<int64_t> Chain::extents() const {
  return llvm::map_to_vector(levels, [](const Level &level) { return level.extent; });
}

void Linear::add(const Linear &other, int64_t factor) {
  constant += other.constant * factor;
  for (auto [mine, theirs] : llvm::zip(coefficients, other.coefficients))
    mine += theirs * factor;
}

int64_t Linear::lowest(const Chain &chain) const {
  int64_t value = constant;
  for (auto [coefficient, level] : llvm::zip(coefficients, chain.levels))
    value += std::min<int64_t>(0, coefficient * (level.extent - 1));
  return value;
}

int64_t Linear::highest(const Chain &chain) const {
  int64_t value = constant;
  for (auto [coefficient, level] : llvm::zip(coefficients, chain.levels))
    value += std::max<int64_t>(0, coefficient * (level.extent - 1));
  return value;
}

int Linear::lastLevel() const {
  int last = -1;
  for (auto [k, coefficient] : llvm::enumerate(coefficients))
    if (coefficient != 0)
      last = int(k);
  return last;
}

SmallVector<int64_t> jacquard::stridesOf(MemRefType type) {
  if (type.getLayout().isIdentity()) // the usual case, without affine expressions
    return computeStrides(type.getShape());
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)type.getStridesAndOffset(strides, offset);
  return strides;
}

TensorShape jacquard::shapeOf(Value memref) {
  TensorShape shape;
  auto type = cast<MemRefType>(memref.getType());
  shape.sizes.assign(type.getShape().begin(), type.getShape().end());
  shape.strides = stridesOf(type);
  auto view = memref.getDefiningOp<memref::ReinterpretCastOp>();
  shape.root = view ? view.getSource() : memref;
  return shape;
}

/// `expr` over dimensions that are linear in the counters; nothing when it is not affine in them.
static std::optional<Linear> linearOf(AffineExpr expr, ArrayRef<Linear> dims, size_t levels) {
  Linear result(levels);
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    result.constant = constant.getValue();
    return result;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = linearOf(binary.getLHS(), dims, levels), rhs = linearOf(binary.getRHS(), dims, levels);
  if (!lhs || !rhs)
    return std::nullopt;
  bool constantRight = rhs->lastLevel() < 0;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    lhs->add(*rhs, 1);
    return lhs;
  case AffineExprKind::Mul:
    if (!constantRight)
      return std::nullopt;
    result.add(*lhs, rhs->constant);
    return result;
  default:
    return std::nullopt;
  }
}

std::optional<Positions> jacquard::positionsOf(AffineMap map, ValueRange operands, const Chain &chain,
                                               const llvm::DenseMap<Value, int64_t> &constants) {
  SmallVector<Linear> dims;
  for (Value operand : operands) {
    Linear linear(chain.levels.size());
    if (int level = chain.find(operand); level >= 0)
      linear.coefficients[level] = 1;
    else if (auto it = constants.find(operand); it != constants.end())
      linear.constant = it->second;
    else if (auto value = getConstantIntValue(operand))
      linear.constant = *value;
    else
      return std::nullopt;
    dims.push_back(linear);
  }
  Positions positions;
  for (AffineExpr expr : map.getResults()) {
    auto linear = linearOf(expr, dims, chain.levels.size());
    if (!linear)
      return std::nullopt;
    positions.perDim.push_back(*linear);
  }
  return positions;
}

std::optional<fabric::AccessAttr> jacquard::makeAccess(MLIRContext *context, const Positions &positions,
                                                       const TensorShape &shape, const Chain &chain,
                                                       unsigned maxRegisters, unsigned maxStages,
                                                       const AccessOptions &options) {
  SmallVector<int64_t> registers, ops;
  auto addRegister = [&](const Linear &linear) {
    registers.push_back(linear.constant);
    llvm::append_range(registers, linear.coefficients);
  };
  Linear address(chain.levels.size());
  for (auto [position, stride] : llvm::zip(positions.perDim, shape.strides))
    address.add(position, stride);
  addRegister(address);
  unsigned numRegisters = 1;
  for (auto [position, size] : llvm::zip(positions.perDim, shape.sizes)) {
    if (position.lowest(chain) >= 0 && position.highest(chain) < size)
      continue;
    addRegister(position);
    llvm::append_range(ops, ArrayRef<int64_t>{int64_t(bitstream::AddressOpKind::Check), numRegisters++, 0, 0, size});
  }
  if (numRegisters > maxRegisters || ops.size() / 5 > maxStages)
    return std::nullopt;
  return fabric::AccessAttr::get(context, chain.extents(), chain.vectorLevel(), registers, ops, 0,
                                 options.elseValue, options.broadcast, fabric::AccessAttr::noIndex,
                                 options.handoverLevel);
}

static_assert(int64_t(bitstream::AddressOpKind::Check) == fabric::AccessAttr::checkOp);

fabric::AccessAttr jacquard::makeIndexedAccess(MLIRContext *context, const Chain &chain, int64_t elements,
                                               unsigned streamValue, const AccessOptions &options) {
  SmallVector<int64_t> ops = {int64_t(bitstream::AddressOpKind::Check), int64_t(streamValue), 0, 0, elements};
  return fabric::AccessAttr::get(context, chain.extents(), chain.vectorLevel(), {}, ops, streamValue,
                                 options.elseValue, options.broadcast, chain.innermost(), options.handoverLevel);
}
