// TextOps.cpp - operators on texts whose words are numbers
#include "Node.h"

#include "jacquard/Operators/Movement.h"
#include "jacquard/Operators/Ngrams.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Scalars;

static constexpr int32_t floatType = 1;
/// More is damage.
static constexpr int64_t mostSlots = int64_t(1) << 24, mostSkips = int64_t(1) << 16;

namespace {

struct Vocabulary {
  SmallVector<ops::Grams> pools;
  int64_t slots = 0;
};

} // namespace

/// The grams by length: those of length i + 1 start at ngram_counts[i] of the pool. `ngram_indexes` has a slot per
/// gram.
static Vocabulary readVocabulary(Node &n) {
  Vocabulary result;
  int64_t shortest = n.intAttr("min_gram_length", 1), longest = n.intAttr("max_gram_length", 1);
  Shape starts = n.intsAttr("ngram_counts").value_or(Shape()), slots = n.intsAttr("ngram_indexes").value_or(Shape());
  if (n.hasAttr("pool_strings"))
    n.fail("attribute 'pool_strings' is given; only numbers ('pool_int64s') are supported");
  Shape pool = n.intsAttr("pool_int64s").value_or(Shape());
  starts.push_back(pool.size());
  if (shortest < 1 || longest < shortest)
    n.fail("gram lengths " + llvm::Twine(shortest) + " to " + llvm::Twine(longest) + " make no range");
  for (int64_t slot : slots) {
    if (slot < 0 || slot >= mostSlots)
      n.fail("attribute 'ngram_indexes' holds " + llvm::Twine(slot) + ", which is out of range");
    result.slots = std::max(result.slots, slot + 1);
  }
  ArrayRef<int64_t> restSlots = slots;
  for (size_t i = 0; i + 1 < starts.size() && !n.failed(); ++i) {
    int64_t length = i + 1, from = starts[i], to = starts[i + 1];
    if (from < 0 || to < from || to > int64_t(pool.size()) || (to - from) % length) {
      n.fail("attribute 'ngram_counts' does not divide a pool of " + llvm::Twine(pool.size()) + " numbers");
      break;
    }
    size_t count = (to - from) / length;
    if (count > restSlots.size()) {
      n.fail("attribute 'ngram_indexes' has " + llvm::Twine(slots.size()) + " entries, less than there are n-grams");
      break;
    }
    ops::Grams grams{length, Shape(ArrayRef<int64_t>(pool).slice(from, to - from)), Shape(restSlots.take_front(count))};
    restSlots = restSlots.drop_front(count);
    if (length >= shortest && length <= longest)
      result.pools.push_back(std::move(grams));
  }
  if (result.slots == 0)
    n.fail("attribute 'ngram_indexes' is missing or empty");
  return result;
}

/// TF counts, IDF says whether there are any, TFIDF counts too; the last two times the slot's weight.
static void buildTfIdfVectorizer(Node &n) {
  Vocabulary vocabulary = readVocabulary(n);
  int64_t skips = n.intAttr("max_skip_count", 0);
  std::string mode = n.stringAttr("mode", "TF");
  std::optional<SmallVector<double>> weights = n.floatsAttr("weights");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    n.fail("attribute 'mode' is '" + mode + "'; expected TF, IDF or TFIDF");
  if (skips < 0 || skips > mostSkips)
    n.fail("attribute 'max_skip_count' is " + llvm::Twine(skips) + "; expected 0 to " + llvm::Twine(mostSkips));
  if (n.rank() < 1 || n.rank() > 2)
    n.fail("input has shape " + ops::describe(n.shape()) + "; expected [columns] or [rows, columns]");
  if (weights && int64_t(weights->size()) < vocabulary.slots)
    n.fail("attribute 'weights' has " + llvm::Twine(weights->size()) + " entries; expected " +
           llvm::Twine(vocabulary.slots));
  if (n.failed())
    return;
  Shape rows(n.shape()), shape = rows;
  if (rows.size() == 1)
    rows.insert(rows.begin(), 1);
  shape.back() = vocabulary.slots;
  Value counts = ops::ngramCounts(n.b, n.loc, ops::reshape(n.b, n.loc, n.input(0), rows), vocabulary.pools,
                                  vocabulary.slots, skips);
  if (mode == "IDF")
    counts = ops::elementwise(n.b, n.loc, counts,
                              [](Scalars &s, ValueRange x) { return s.min(x[0], s.constant(x[0].getType(), 1)); });
  if (mode != "TF" && weights) {
    weights->resize(vocabulary.slots);
    Value table = ops::constantTensor(n.b, n.loc, {vocabulary.slots}, n.b.getF32Type(), *weights);
    counts = *ops::elementwise(n.b, n.loc, {counts, table}, [](Scalars &s, ValueRange x) { return s.mul(x[0], x[1]); });
  }
  n.result(0, ops::reshape(n.b, n.loc, counts, shape), floatType);
}

ArrayRef<Operator> importer::textOperators() {
  static const Operator table[] = {
      {"TfIdfVectorizer", 9, newest, 1, 1, Takes::Integer, buildTfIdfVectorizer},
  };
  return table;
}
