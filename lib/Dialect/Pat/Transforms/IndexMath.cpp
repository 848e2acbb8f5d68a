// IndexMath.cpp - affine index functions of known ranges: simplify, compose, turn into scalar code
#include "jacquard/Dialect/Pat/Transforms/IndexMath.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <numeric>

using namespace mlir;

namespace jacquard::pat {
namespace {

using Ranges = ArrayRef<std::optional<IndexRange>>;

/// constant + sum of coefficient * atom. Atoms are dimensions, `E floordiv c`, and whatever is not understood.
/// Remainders are written E - c * (E floordiv c), so that sums of quotients and remainders cancel by themselves.
struct LinearForm {
  int64_t constant = 0;
  llvm::SmallMapVector<AffineExpr, int64_t, 4> terms;

  void add(AffineExpr atom, int64_t coefficient) {
    int64_t &sum = terms[atom];
    sum += coefficient;
    if (sum == 0)
      terms.erase(atom);
  }
  void add(const LinearForm &other, int64_t factor) {
    constant += factor * other.constant;
    for (auto [atom, coefficient] : other.terms)
      add(atom, factor * coefficient);
  }
  bool isConstant() const { return terms.empty(); }
};

/// A floordiv by a positive constant, taken apart.
struct Quotient {
  AffineExpr dividend;
  int64_t divisor;
};

std::optional<Quotient> asQuotient(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || binary.getKind() != AffineExprKind::FloorDiv)
    return std::nullopt;
  auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!divisor || divisor.getValue() <= 0)
    return std::nullopt;
  return Quotient{binary.getLHS(), divisor.getValue()};
}

class Simplifier {
public:
  Simplifier(MLIRContext *context, Ranges dims) : context(context), dims(dims) {}

  LinearForm linearize(AffineExpr expr);
  AffineExpr toExpr(LinearForm form);

private:
  LinearForm divide(LinearForm form, int64_t divisor);
  bool mergeQuotient(LinearForm &form, int64_t &divisor);
  bool dropLowPart(LinearForm &form, int64_t &divisor);
  std::optional<IndexRange> range(const LinearForm &form);
  AffineExpr sum(const LinearForm &form);
  AffineExpr takeRemainder(LinearForm &form);
  LinearForm opaque(AffineExpr expr) {
    LinearForm form;
    form.add(expr, 1);
    return form;
  }

  MLIRContext *context;
  Ranges dims;
};

std::optional<IndexRange> Simplifier::range(const LinearForm &form) {
  __int128 low = form.constant, high = form.constant;
  for (auto [atom, coefficient] : form.terms) {
    std::optional<IndexRange> r = rangeOf(atom, dims);
    if (!r)
      return std::nullopt;
    __int128 a = static_cast<__int128>(r->min) * coefficient, b = static_cast<__int128>(r->max) * coefficient;
    low += std::min(a, b);
    high += std::max(a, b);
  }
  if (low < std::numeric_limits<int64_t>::min() || high > std::numeric_limits<int64_t>::max())
    return std::nullopt;
  return IndexRange{static_cast<int64_t>(low), static_cast<int64_t>(high)};
}

LinearForm Simplifier::linearize(AffineExpr expr) {
  LinearForm form;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    form.constant = constant.getValue();
    return form;
  }
  if (std::optional<IndexRange> r = rangeOf(expr, dims); r && r->min == r->max) {
    form.constant = r->min;
    return form;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return opaque(expr);
  if (binary.getKind() == AffineExprKind::Add) {
    form = linearize(binary.getLHS());
    form.add(linearize(binary.getRHS()), 1);
    return form;
  }
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!constant)
    return opaque(expr);
  int64_t factor = constant.getValue();
  LinearForm left = linearize(binary.getLHS());
  if (binary.getKind() == AffineExprKind::Mul) {
    form.add(left, factor);
    return form;
  }
  if (factor <= 0)
    return opaque(expr);
  switch (binary.getKind()) {
  case AffineExprKind::FloorDiv:
    return divide(left, factor);
  case AffineExprKind::Mod:
    form = left;
    form.add(divide(left, factor), -factor);
    return form;
  case AffineExprKind::CeilDiv: {
    LinearForm negated;
    negated.add(left, -1);
    form.add(divide(negated, factor), -1);
    return form;
  }
  default:
    return opaque(expr);
  }
}

/// rest + (E floordiv s) divided by c is (s * rest + E) divided by s * c.
bool Simplifier::mergeQuotient(LinearForm &form, int64_t &divisor) {
  AffineExpr found;
  for (auto [atom, coefficient] : form.terms) {
    if (!asQuotient(atom))
      continue;
    if (found || coefficient != 1)
      return false;
    found = atom;
  }
  if (!found)
    return false;
  Quotient quotient = *asQuotient(found);
  form.add(found, -1);
  LinearForm merged = linearize(quotient.dividend);
  merged.add(form, quotient.divisor);
  form = merged;
  divisor *= quotient.divisor;
  return true;
}

/// g * A + B divided by g * c is A divided by c when B lies in [0, g).
bool Simplifier::dropLowPart(LinearForm &form, int64_t &divisor) {
  for (auto [unused, coefficient] : llvm::to_vector(form.terms)) {
    int64_t g = std::gcd(coefficient, divisor);
    if (g <= 1)
      continue;
    LinearForm high, low;
    for (auto [atom, c] : form.terms) {
      if (c % g == 0)
        high.add(atom, c / g);
      else
        low.add(atom, c);
    }
    high.constant = llvm::divideFloorSigned(form.constant, g);
    low.constant = form.constant - g * high.constant;
    std::optional<IndexRange> r = range(low);
    if (!r || r->min < 0 || r->max >= g)
      continue;
    form = high;
    divisor /= g;
    return true;
  }
  return false;
}

LinearForm Simplifier::divide(LinearForm form, int64_t divisor) {
  LinearForm whole;
  while (true) {
    // Terms that the divisor divides leave the division.
    LinearForm rest;
    for (auto [atom, coefficient] : form.terms) {
      if (coefficient % divisor == 0)
        whole.add(atom, coefficient / divisor);
      else
        rest.add(atom, coefficient);
    }
    int64_t quotient = llvm::divideFloorSigned(form.constant, divisor);
    whole.constant += quotient;
    rest.constant = form.constant - quotient * divisor;
    form = rest;
    if (divisor == 1 || form.isConstant() || !(mergeQuotient(form, divisor) || dropLowPart(form, divisor)))
      break;
  }
  if (form.isConstant())
    return whole; // its constant is in [0, divisor)
  if (std::optional<IndexRange> r = range(form)) {
    int64_t first = llvm::divideFloorSigned(r->min, divisor), last = llvm::divideFloorSigned(r->max, divisor);
    if (first == last) {
      whole.constant += first;
      return whole;
    }
  }
  whole.add(toExpr(form).floorDiv(divisor), 1);
  return whole;
}

/// Finds a * E - a * s * (E floordiv s) in the form, takes it out and returns a * (E mod s); null if there is none.
AffineExpr Simplifier::takeRemainder(LinearForm &form) {
  for (auto [atom, coefficient] : llvm::to_vector(form.terms)) {
    std::optional<Quotient> quotient = asQuotient(atom);
    if (!quotient)
      continue;
    // E is itself a quotient of the same dividend: (D floordiv s') and (D floordiv s' * m).
    for (auto [other, factor] : llvm::to_vector(form.terms)) {
      std::optional<Quotient> inner = asQuotient(other);
      if (!inner || other == atom || inner->dividend != quotient->dividend || quotient->divisor % inner->divisor != 0)
        continue;
      int64_t m = quotient->divisor / inner->divisor;
      if (coefficient != -factor * m)
        continue;
      form.add(atom, -coefficient);
      form.add(other, -factor);
      return (other % m) * factor;
    }
    if (coefficient % quotient->divisor != 0)
      continue;
    int64_t factor = -coefficient / quotient->divisor;
    LinearForm dividend = linearize(quotient->dividend);
    bool present = llvm::all_of(dividend.terms, [&](auto &term) {
      auto it = form.terms.find(term.first);
      return it != form.terms.end() && it->second == factor * term.second;
    });
    if (!present)
      continue;
    form.add(atom, -coefficient);
    form.add(dividend, -factor);
    return (quotient->dividend % quotient->divisor) * factor;
  }
  return {};
}

/// Dimensions in order, then the other atoms by their text: equal sums are equal expressions.
bool comesBefore(AffineExpr a, AffineExpr b) {
  auto x = dyn_cast<AffineDimExpr>(a), y = dyn_cast<AffineDimExpr>(b);
  if (x && y)
    return x.getPosition() < y.getPosition();
  if (x || y)
    return static_cast<bool>(x);
  auto text = [](AffineExpr expr) {
    std::string result;
    llvm::raw_string_ostream(result) << expr;
    return result;
  };
  return text(a) < text(b);
}

AffineExpr Simplifier::sum(const LinearForm &form) {
  auto terms = llvm::to_vector(form.terms);
  llvm::sort(terms, [](auto &a, auto &b) { return comesBefore(a.first, b.first); });
  AffineExpr result = getAffineConstantExpr(0, context);
  for (auto [atom, coefficient] : terms)
    result = result + atom * coefficient;
  return result + form.constant;
}

AffineExpr Simplifier::toExpr(LinearForm form) {
  SmallVector<AffineExpr> remainders;
  while (AffineExpr remainder = takeRemainder(form))
    remainders.push_back(remainder);
  AffineExpr result = sum(form);
  for (AffineExpr remainder : remainders)
    result = result + remainder;
  return result;
}

/// The map's view of one operand: the affine function of other values that computes it, if it is one.
struct Term {
  AffineExpr expr; ///< of dimensions numbered from 0
  SmallVector<Value> operands;
};

std::optional<int64_t> constantIndex(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

/// One step of looking through the op that computes an index.
std::optional<Term> expandIndex(Value value) {
  MLIRContext *context = value.getContext();
  AffineExpr d0 = getAffineDimExpr(0, context), d1 = getAffineDimExpr(1, context);
  if (std::optional<int64_t> constant = constantIndex(value))
    return Term{getAffineConstantExpr(*constant, context), {}};
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    if (apply.getAffineMap().getNumSymbols() != 0)
      return std::nullopt;
    return Term{apply.getAffineMap().getResult(0), llvm::to_vector(apply.getMapOperands())};
  }
  if (isa<arith::AddIOp>(op))
    return Term{d0 + d1, {op->getOperand(0), op->getOperand(1)}};
  if (isa<arith::SubIOp>(op))
    return Term{d0 - d1, {op->getOperand(0), op->getOperand(1)}};
  if (isa<arith::MulIOp>(op)) {
    for (unsigned side : {0u, 1u})
      if (std::optional<int64_t> factor = constantIndex(op->getOperand(side)))
        return Term{d0 * *factor, {op->getOperand(1 - side)}};
    return std::nullopt;
  }
  if (isa<arith::DivUIOp, arith::RemUIOp, arith::FloorDivSIOp>(op)) {
    std::optional<int64_t> divisor = constantIndex(op->getOperand(1));
    if (!divisor || *divisor <= 0)
      return std::nullopt;
    if (!isa<arith::FloorDivSIOp>(op)) {
      std::optional<IndexRange> range = indexRangeOf(op->getOperand(0));
      if (!range || range->min < 0)
        return std::nullopt;
    }
    return Term{isa<arith::RemUIOp>(op) ? d0 % *divisor : d0.floorDiv(*divisor), {op->getOperand(0)}};
  }
  return std::nullopt;
}

Value constantOf(OpBuilder &b, Location loc, int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

} // namespace

IndexRanges rangesOf(ValueRange operands) {
  return llvm::map_to_vector(operands, [](Value operand) { return indexRangeOf(operand); });
}

unsigned countDivisions(AffineExpr expr) {
  unsigned count = 0;
  expr.walk([&](AffineExpr e) {
    AffineExprKind kind = e.getKind();
    count += kind == AffineExprKind::FloorDiv || kind == AffineExprKind::CeilDiv || kind == AffineExprKind::Mod;
  });
  return count;
}

AffineExpr simplifyIndex(AffineExpr expr, Ranges dims) {
  Simplifier simplifier(expr.getContext(), dims);
  AffineExpr result = simplifier.toExpr(simplifier.linearize(expr));
  return countDivisions(result) <= countDivisions(expr) ? result : expr;
}

void Access::normalize() {
  MLIRContext *context = map.getContext();
  // Operands become affine functions of a growing list of leaves; every leaf is there once.
  SmallVector<Value> leaves = operands;
  SmallVector<AffineExpr> results(map.getResults());
  for (unsigned i = 0; i < leaves.size(); ++i) {
    std::optional<Term> term = expandIndex(leaves[i]);
    if (!term)
      continue;
    SmallVector<AffineExpr> replacement;
    for (Value operand : term->operands) {
      replacement.push_back(getAffineDimExpr(leaves.size(), context));
      leaves.push_back(operand);
    }
    AffineExpr image = replacement.empty() ? term->expr : term->expr.replaceDims(replacement);
    for (AffineExpr &result : results)
      result = result.replace(getAffineDimExpr(i, context), image);
  }
  llvm::SmallMapVector<Value, unsigned, 8> unique;
  SmallVector<AffineExpr> renumbering;
  for (Value leaf : leaves)
    renumbering.push_back(getAffineDimExpr(unique.try_emplace(leaf, unique.size()).first->second, context));
  operands = llvm::map_to_vector(unique, [](auto &entry) { return entry.first; });
  IndexRanges ranges = rangesOf(operands);
  for (AffineExpr &result : results)
    result = simplifyIndex(result.replaceDims(renumbering), ranges);
  map = AffineMap::get(operands.size(), 0, results, context);
  numberByUse();
}

/// Operands in the order in which the results use them, unused ones gone: a plain permutation becomes the identity.
void Access::numberByUse() {
  SmallVector<Value> used;
  SmallVector<AffineExpr> dims(operands.size(), getAffineConstantExpr(0, map.getContext()));
  llvm::SmallBitVector seen(operands.size());
  for (AffineExpr result : map.getResults())
    result.walk([&](AffineExpr expr) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || seen.test(dim.getPosition()))
        return;
      seen.set(dim.getPosition());
      dims[dim.getPosition()] = getAffineDimExpr(used.size(), map.getContext());
      used.push_back(operands[dim.getPosition()]);
    });
  map = map.replaceDimsAndSymbols(dims, {}, used.size(), 0);
  operands = used;
}

Access accessOf(AtOp op) { return Access{op.getAccessMap(), llvm::to_vector(op.getIndices())}; }

Value materializeIndex(OpBuilder &b, Location loc, AffineExpr expr, ValueRange operands) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constantOf(b, loc, constant.getValue());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value left = materializeIndex(b, loc, binary.getLHS(), operands);
  Value right = materializeIndex(b, loc, binary.getRHS(), operands);
  std::optional<IndexRange> range = rangeOf(binary.getLHS(), rangesOf(operands));
  bool natural = range && range->min >= 0;
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, loc, left, right);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, loc, left, right);
  case AffineExprKind::FloorDiv:
    return natural ? Value(arith::DivUIOp::create(b, loc, left, right))
                   : Value(arith::FloorDivSIOp::create(b, loc, left, right));
  case AffineExprKind::Mod: {
    if (natural)
      return arith::RemUIOp::create(b, loc, left, right);
    Value quotient = arith::FloorDivSIOp::create(b, loc, left, right);
    return arith::SubIOp::create(b, loc, left, arith::MulIOp::create(b, loc, quotient, right));
  }
  default: // CeilDiv; no other kind is binary
    return arith::CeilDivSIOp::create(b, loc, left, right);
  }
}

} // namespace jacquard::pat
