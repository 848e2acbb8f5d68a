// Einsum.cpp - sums of products by an equation over dimension labels
#include "jacquard/Operators/Contract.h"

#include "llvm/ADT/StringExtras.h"

#include <map>
#include <set>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::ops;

namespace {

/// A letter, or firstEllipsis + the distance of an ellipsis' dimension from its last one.
using Label = int;
constexpr Label firstEllipsis = 256;
using Labels = SmallVector<Label>;

/// A tensor and the label of each of its dimensions; one label on several dimensions is their diagonal.
struct Term {
  Value tensor;
  Labels labels;
};

/// What an equation says about operands of given shapes.
struct Contraction {
  SmallVector<Term> terms;
  Labels output;
  std::map<Label, int64_t> extents;
};

} // namespace

//===----------------------------------------------------------------------===//
// Equations
//===----------------------------------------------------------------------===//

/// The labels of a term; the ellipsis stands for `ellipsisRank` dimensions.
static Result<Labels> parseLabels(StringRef term, int64_t ellipsisRank) {
  Labels labels;
  bool hasEllipsis = false;
  for (size_t i = 0; i < term.size(); ++i) {
    if (llvm::isAlpha(term[i])) {
      labels.push_back(term[i]);
    } else if (term.substr(i).starts_with("...") && !hasEllipsis) {
      hasEllipsis = true;
      for (int64_t d = ellipsisRank; d > 0; --d)
        labels.push_back(firstEllipsis + Label(d) - 1);
      i += 2;
    } else {
      return Error{"the equation's term '" + term.str() + "' has '" + term[i] +
                   "' where a letter or one '...' is expected"};
    }
  }
  return labels;
}

static Status addTerm(Contraction &c, StringRef text, Value tensor) {
  ArrayRef<int64_t> shape = shapeOf(tensor);
  int64_t letters = llvm::count_if(text, llvm::isAlpha), rank = int64_t(shape.size());
  bool hasEllipsis = text.contains("...");
  if (hasEllipsis ? letters > rank : letters != rank)
    return Error{"the equation's term '" + text.str() + "' does not fit shape " + describe(shape)};
  Result<Labels> labels = parseLabels(text, rank - letters);
  if (!labels)
    return labels.takeError();
  for (auto [label, extent] : llvm::zip(*labels, shape)) {
    int64_t &known = c.extents.try_emplace(label, extent).first->second;
    if (known != extent && known != 1 && extent != 1)
      return Error{"the equation gives one label to extents " + std::to_string(known) + " and " +
                   std::to_string(extent) + "; expected equal ones, or 1"};
    if (known == 1)
      known = extent;
  }
  c.terms.push_back({tensor, *labels});
  return {};
}

/// Without a right side: the ellipsis, then the letters that occur once.
static Labels implicitOutput(const Contraction &c) {
  std::map<Label, int> counts;
  for (const Term &term : c.terms)
    for (Label label : term.labels)
      ++counts[label];
  Labels output, letters;
  for (auto [label, count] : counts)
    if (label >= firstEllipsis)
      output.insert(output.begin(), label);
    else if (count == 1)
      letters.push_back(label);
  output.append(letters);
  return output;
}

static Result<Contraction> parseEquation(ArrayRef<Value> operands, StringRef equation) {
  std::string compact = equation.str();
  llvm::erase(compact, ' ');
  auto [left, right] = StringRef(compact).split("->");
  SmallVector<StringRef> texts;
  left.split(texts, ',');
  if (texts.size() != operands.size())
    return Error{"the equation '" + equation.str() + "' has " + std::to_string(texts.size()) + " terms for " +
                 std::to_string(operands.size()) + " operands"};
  Contraction c;
  for (auto [text, operand] : llvm::zip(texts, operands))
    if (Status status = addTerm(c, text, operand); !status)
      return status.takeError();
  if (left.size() == compact.size()) {
    c.output = implicitOutput(c);
    return c;
  }
  int64_t ellipsisRank = llvm::count_if(c.extents, [](auto entry) { return entry.first >= firstEllipsis; });
  Result<Labels> output = parseLabels(right, ellipsisRank);
  if (!output)
    return output.takeError();
  for (auto [i, label] : llvm::enumerate(*output))
    if (!c.extents.count(label) || llvm::is_contained(ArrayRef(*output).take_front(i), label))
      return Error{"the equation's result '" + right.str() + "' has a label twice, or one that no term has"};
  c.output = *output;
  return c;
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

/// The product of the terms' elements, summed over all labels that `output` has not.
static Value contract(OpBuilder &b, Location loc, ArrayRef<Term> terms, ArrayRef<Label> output, Type type) {
  Labels all(output);
  for (const Term &term : terms)
    for (Label label : term.labels)
      if (!llvm::is_contained(all, label))
        all.push_back(label);
  // Extents as these terms have them: where all have 1, broadcasting is left to others.
  Shape domain;
  for (Label label : all) {
    int64_t extent = 1;
    for (const Term &term : terms)
      for (auto [mine, found] : llvm::zip(term.labels, shapeOf(term.tensor)))
        extent = mine == label && found != 1 ? found : extent;
    domain.push_back(extent);
  }
  auto product = [&](OpBuilder &b, ValueRange indices) {
    Scalars s(b, loc);
    Value result;
    for (const Term &term : terms) {
      SmallVector<AffineExpr> exprs;
      for (auto [label, extent] : llvm::zip(term.labels, shapeOf(term.tensor)))
        exprs.push_back(extent == 1 ? b.getAffineConstantExpr(0)
                                    : b.getAffineDimExpr(unsigned(llvm::find(all, label) - all.begin())));
      Value element = s.cast(read(b, loc, term.tensor, exprs, indices), type);
      result = result ? s.mul(result, element) : element;
    }
    return result;
  };
  ArrayRef<int64_t> kept = ArrayRef(domain).take_front(output.size());
  ArrayRef<int64_t> summed = ArrayRef(domain).drop_front(output.size());
  return mapOver(b, loc, kept, [&](OpBuilder &b, ValueRange point) {
    if (summed.empty())
      return product(b, point);
    return sumOver(b, loc, summed, type, [&](OpBuilder &b, ValueRange inner) {
      SmallVector<Value> indices(point);
      indices.append(inner.begin(), inner.end());
      return product(b, indices);
    });
  });
}

/// Labels of `terms` that the output or a term outside of them needs.
static Labels neededLabels(const Contraction &c, ArrayRef<size_t> terms) {
  std::set<Label> elsewhere(c.output.begin(), c.output.end());
  for (size_t i = 0; i < c.terms.size(); ++i)
    if (!llvm::is_contained(terms, i))
      elsewhere.insert(c.terms[i].labels.begin(), c.terms[i].labels.end());
  Labels needed;
  for (size_t i : terms)
    for (Label label : c.terms[i].labels)
      if (elsewhere.count(label) && !llvm::is_contained(needed, label))
        needed.push_back(label);
  return needed;
}

/// The pair whose product is smallest.
static std::pair<size_t, size_t> cheapestPair(const Contraction &c) {
  std::pair<size_t, size_t> best = {0, 1};
  double least = std::numeric_limits<double>::infinity();
  for (size_t j = 1; j < c.terms.size(); ++j)
    for (size_t i = 0; i < j; ++i) {
      double size = 1;
      for (Label label : neededLabels(c, {i, j}))
        size *= double(c.extents.at(label));
      if (size < least) {
        least = size;
        best = {i, j};
      }
    }
  return best;
}

Result<Value> ops::einsum(OpBuilder &b, Location loc, ArrayRef<Value> operands, StringRef equation) {
  Result<Contraction> parsed = parseEquation(operands, equation);
  if (!parsed)
    return parsed.takeError();
  Contraction &c = *parsed;
  Type type = elementOf(operands.front()), sumType = accumulatorType(type);
  // What only one term knows is summed first.
  for (size_t i = 0; i < c.terms.size() && c.terms.size() > 1; ++i) {
    Term &term = c.terms[i];
    std::set<Label> own(term.labels.begin(), term.labels.end());
    if (Labels needed = neededLabels(c, i); needed.size() < own.size())
      term = {contract(b, loc, term, needed, sumType), needed};
  }
  while (c.terms.size() > 2) {
    auto [i, j] = cheapestPair(c);
    Labels needed = neededLabels(c, {i, j});
    c.terms[i] = {contract(b, loc, {c.terms[i], c.terms[j]}, needed, sumType), needed};
    c.terms.erase(c.terms.begin() + j);
  }
  return convert(b, loc, contract(b, loc, c.terms, c.output, sumType), type);
}
