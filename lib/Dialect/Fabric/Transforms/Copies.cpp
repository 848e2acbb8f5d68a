// Copies.cpp - which words of a temporary are kept on chip for which of its readers
#include "Copies.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

int64_t fabric::wordsOf(BufferOp buffer) { return cast<RankedTensorType>(buffer.getType()).getNumElements(); }

Words fabric::reachOf(AccessAttr access, int64_t size) {
  ArrayRef<int64_t> linear = access.getAddressRegister();
  if (linear.empty())
    return {0, size}; // computed
  Words reach{linear[0], linear[0] + 1};
  for (auto [extent, step] : llvm::zip(access.getExtents(), linear.drop_front()))
    (step < 0 ? reach.begin : reach.end) += step * (extent - 1);
  reach.begin = std::clamp<int64_t>(reach.begin, 0, size - 1);
  return {reach.begin, std::clamp(reach.end, reach.begin + 1, size)};
}

std::vector<Copy> fabric::dealLoads(const Temporary &temporary, unsigned number) {
  std::vector<Copy> copies;
  int64_t size = wordsOf(temporary.buffer);
  for (auto &[section, loads] : temporary.loads) {
    SmallVector<std::tuple<int64_t, int64_t, size_t>> ordered; // begin, end, number of the load
    for (auto [i, load] : llvm::enumerate(loads)) {
      Words reach = reachOf(LoadOp(load).getAccess(), size);
      ordered.push_back({reach.begin, reach.end, i});
    }
    llvm::sort(ordered);
    SmallVector<int64_t> ends;
    for (auto [begin, end, i] : ordered) {
      size_t copy = 0;
      while (copy < ends.size() && ends[copy] > begin)
        ++copy;
      if (copy == ends.size())
        ends.push_back(0);
      ends[copy] = end;
      if (copy == copies.size())
        copies.push_back({number, unsigned(copy), {}});
      copies[copy].loads.push_back(loads[i]);
    }
  }
  return copies;
}

/// The words that the copy's loads read, cut where one of them or a store begins or ends, and into pieces of at most
/// `capacity` words. Nothing when two stores of a section meet in one piece.
static SmallVector<Words> cutSlices(const Temporary &temporary, const Copy &copy, int64_t capacity) {
  int64_t size = wordsOf(temporary.buffer);
  SmallVector<Words> read;
  SmallVector<int64_t> cuts;
  for (LoadOp load : copy.loads) {
    read.push_back(reachOf(load.getAccess(), size));
    llvm::append_range(cuts, ArrayRef<int64_t>{read.back().begin, read.back().end});
  }
  for (auto &[section, stores] : temporary.stores) {
    SmallVector<Words> written;
    for (fabric::StoreOp store : stores)
      written.push_back(reachOf(store.getAccess(), size));
    llvm::sort(written, [](const Words &a, const Words &b) { return a.begin < b.begin; });
    for (size_t i = 1; i < written.size(); ++i) {
      if (written[i - 1].meets(written[i]))
        return {};
      cuts.push_back(written[i].begin);
    }
  }
  llvm::sort(cuts);
  cuts.erase(llvm::unique(cuts), cuts.end());
  SmallVector<Words> slices;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    Words piece{cuts[i], cuts[i + 1]};
    if (llvm::none_of(read, [&](const Words &words) { return words.meets(piece); }))
      continue;
    for (int64_t at = piece.begin; at < piece.end; at += capacity)
      slices.push_back({at, std::min(at + capacity, piece.end)});
  }
  return slices;
}

/// The sections from the first that writes or reads words of the slice to the last.
static SectionRange spanOf(Words slice, const Copy &copy, const Temporary &temporary, const SectionOrder &order) {
  int64_t size = wordsOf(temporary.buffer);
  SmallVector<SectionOp> users;
  for (auto &[section, stores] : temporary.stores)
    if (llvm::any_of(stores, [&](fabric::StoreOp store) { return slice.meets(reachOf(store.getAccess(), size)); }))
      users.push_back(cast<SectionOp>(section));
  for (LoadOp load : copy.loads)
    if (slice.meets(reachOf(load.getAccess(), size)))
      users.push_back(load->getParentOfType<SectionOp>());
  return order.spanOf(users);
}

bool fabric::planCopy(Copy &copy, const Temporary &temporary, const SectionOrder &order, const MemorySpec &spec) {
  copy.words = 0;
  for (LoadOp load : copy.loads)
    copy.words += double(load.getAccess().countFirings(spec.banks)) * spec.banks;
  copy.slices = cutSlices(temporary, copy, int64_t(spec.bytes() / 4));
  copy.spans.clear();
  for (Words slice : copy.slices) {
    SectionRange span = spanOf(slice, copy, temporary, order);
    copy.span = copy.spans.empty()
                    ? span
                    : SectionRange{std::min(copy.span.first, span.first), std::max(copy.span.last, span.last)};
    copy.spans.push_back(span);
  }
  return !copy.slices.empty() && (copy.slices.size() == 1 || spec.readCascades);
}

bool fabric::shortenCopy(Copy &copy, const Temporary &temporary, const SectionOrder &order, const MemorySpec &spec) {
  auto numberOf = [&](LoadOp load) { return order.numberOf(load->getParentOfType<SectionOp>()); };
  unsigned last = 0;
  for (LoadOp load : copy.loads)
    last = std::max(last, numberOf(load));
  llvm::erase_if(copy.loads, [&](LoadOp load) { return numberOf(load) == last; });
  return !copy.loads.empty() && planCopy(copy, temporary, order, spec);
}

double fabric::densityOf(ArrayRef<Copy> copies) {
  double words = 0, taken = 0;
  for (const Copy &copy : copies) {
    words += copy.words;
    for (SectionRange span : copy.spans)
      taken += double(span.last - span.first + 1);
  }
  return taken > 0 ? words / taken : 0;
}
