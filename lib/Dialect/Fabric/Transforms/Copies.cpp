// Copies.cpp - which words of a temporary are kept on chip for which of its readers
#include "Copies.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

int64_t fabric::wordsOf(BufferOp buffer) { return cast<RankedTensorType>(buffer.getType()).getNumElements(); }

bool fabric::suitsMemory(AccessAttr access, const MemorySpec &spec) {
  return access.getExtents().size() <= spec.counters && access.getNumRegisters() <= spec.addressRegisters &&
         access.getNumOps() <= spec.addressStages;
}

namespace {

/// What counters add to an address.
struct Added {
  int64_t low = 0, high = 0;
};

} // namespace

/// What the counters that move the checked register add to the address: no more than passes the check. Nothing where
/// the address does not follow that register.
static std::optional<Added> addedBy(ArrayRef<int64_t> check, AccessAttr access, MutableArrayRef<bool> counted) {
  ArrayRef<int64_t> checked = access.getRegister(check[1]), linear = access.getAddressRegister();
  int64_t scale = 0, low = checked.front(), high = checked.front();
  for (auto [level, extent] : llvm::enumerate(access.getExtents())) {
    int64_t step = checked[level + 1];
    if (step == 0)
      continue;
    if (scale == 0 && linear[level + 1] % step == 0)
      scale = linear[level + 1] / step;
    if (scale == 0 || linear[level + 1] != scale * step || counted[level])
      return std::nullopt;
    (step < 0 ? low : high) += step * (extent - 1);
  }
  low = std::max(low, check[3]);
  high = std::min(high, check[4] - 1);
  if (scale == 0 || low > high)
    return std::nullopt;
  for (auto [isCounted, step] : llvm::zip(counted, checked.drop_front()))
    isCounted |= step != 0;
  low = scale * (low - checked.front());
  high = scale * (high - checked.front());
  return Added{std::min(low, high), std::max(low, high)};
}

Words fabric::reachOf(AccessAttr access, int64_t size) {
  ArrayRef<int64_t> linear = access.getAddressRegister(), ops = access.getOps();
  if (linear.empty())
    return {0, size}; // computed
  Added all{linear.front(), linear.front()};
  auto add = [&](Added more) { all = {all.low + more.low, all.high + more.high}; };
  SmallVector<bool> counted(access.getExtents().size(), false);
  for (; !ops.empty(); ops = ops.drop_front(5))
    if (bool ofRegister = ops[0] == AccessAttr::checkOp && ops[1] < int64_t(access.getNumRegisters()); ofRegister)
      if (std::optional<Added> more = addedBy(ops, access, counted))
        add(*more);
  for (auto [isCounted, extent, step] : llvm::zip(counted, access.getExtents(), linear.drop_front()))
    if (!isCounted)
      add({std::min<int64_t>(0, step * (extent - 1)), std::max<int64_t>(0, step * (extent - 1))});
  int64_t begin = std::clamp<int64_t>(all.low, 0, size - 1);
  return {begin, std::clamp(all.high + 1, begin + 1, size)};
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

namespace {

/// Elements at each of which a tensor may be cut to part two ports of a section, both included.
struct Gap {
  int64_t low, high;
};

} // namespace

/// Adds the gaps between the ports of a section; false where two of them meet.
static bool addGaps(SmallVector<Words> ports, SmallVectorImpl<Gap> &gaps) {
  llvm::sort(ports, [](const Words &a, const Words &b) { return a.begin < b.begin; });
  for (size_t i = 1; i < ports.size(); ++i) {
    if (ports[i - 1].meets(ports[i]))
      return false;
    gaps.push_back({ports[i - 1].end, ports[i].begin});
  }
  return true;
}

/// Adds the gaps between what different sections touch: parts that are used at different times need not be kept together.
static void addGapsOfSections(SmallVector<Words> sections, SmallVectorImpl<Gap> &gaps) {
  llvm::sort(sections, [](const Words &a, const Words &b) { return a.begin < b.begin; });
  int64_t end = 0;
  for (auto [i, words] : llvm::enumerate(sections)) {
    if (i > 0 && end <= words.begin)
      gaps.push_back({end, words.begin});
    end = std::max(end, words.end);
  }
}

/// The words from the first to the last that one of the ports touches.
static Words hullOf(ArrayRef<Words> ports) {
  Words hull = ports.front();
  for (const Words &words : ports)
    hull = {std::min(hull.begin, words.begin), std::max(hull.end, words.end)};
  return hull;
}

/// The fewest cuts with one in each gap: each as far up as the first gap that has none allows.
static SmallVector<int64_t> fewestCuts(SmallVector<Gap> &gaps) {
  llvm::sort(gaps, [](const Gap &a, const Gap &b) { return a.high < b.high; });
  SmallVector<int64_t> cuts;
  for (const Gap &gap : gaps)
    if (cuts.empty() || cuts.back() < gap.low)
      cuts.push_back(gap.high);
  return cuts;
}

/// The words that the copy's loads read, cut so that each piece has one load and one store of a section, and into pieces
/// of at most `capacity` words. Nothing when two stores of a section meet.
static SmallVector<Words> cutSlices(const Temporary &temporary, const Copy &copy, int64_t capacity) {
  int64_t size = wordsOf(temporary.buffer);
  SmallVector<Gap> gaps;
  SmallVector<Words> read;
  llvm::MapVector<Operation *, SmallVector<Words>> bySection;
  for (LoadOp load : copy.loads) {
    read.push_back(reachOf(load.getAccess(), size));
    bySection[load->getParentOp()].push_back(read.back());
  }
  SmallVector<Words> readBySection, writtenBySection;
  for (auto &[section, ports] : bySection) {
    readBySection.push_back(hullOf(ports));
    if (!addGaps(ports, gaps))
      return {};
  }
  for (auto &[section, stores] : temporary.stores) {
    SmallVector<Words> ports;
    for (fabric::StoreOp store : stores)
      ports.push_back(reachOf(store.getAccess(), size));
    writtenBySection.push_back(hullOf(ports));
    if (!addGaps(ports, gaps))
      return {};
  }
  addGapsOfSections(readBySection, gaps);
  addGapsOfSections(writtenBySection, gaps);
  SmallVector<int64_t> cuts = fewestCuts(gaps);
  cuts.push_back(size);
  SmallVector<Words> slices;
  int64_t begin = 0;
  for (int64_t end : cuts) {
    Words piece{end, begin}; // what is read of it
    for (const Words &words : read)
      if (words.meets({begin, end})) {
        piece.begin = std::min(piece.begin, std::max(words.begin, begin));
        piece.end = std::max(piece.end, std::min(words.end, end));
      }
    for (int64_t at = piece.begin; at < piece.end; at += capacity)
      slices.push_back({at, std::min(at + capacity, piece.end)});
    begin = end;
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

Value fabric::createSlice(OpBuilder &b, Location loc, StringRef home, Words slice, int64_t size, SliceUse use,
                          const ArchSpec &spec) {
  auto forMemory = [&](AccessAttr access) {
    return access ? access.renumbered(spec.dramPort.addressRegisters, spec.memory.addressRegisters) : access;
  };
  bool whole = slice.begin == 0 && slice.end == size;
  return MemoryOp::create(b, loc, StreamType::get(b.getContext()), use.data, forMemory(use.write), use.writeIndex,
                          forMemory(use.read), use.readIndex, use.cascade, b.getI64IntegerAttr(slice.end - slice.begin),
                          b.getI64IntegerAttr(1), StringAttr(), b.getI64IntegerAttr(0),
                          whole ? IntegerAttr() : b.getI64IntegerAttr(slice.begin), b.getStringAttr(home),
                          DenseI64ArrayAttr(), StringAttr());
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
