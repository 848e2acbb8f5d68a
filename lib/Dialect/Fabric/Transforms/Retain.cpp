// Retain.cpp - keep intermediates in scratchpads from section to section instead of in DRAM
// Why: a DRAM delivers less than one vector per cycle to the whole chip, a scratchpad delivers one per cycle; what is
// written and read on chip leaves the DRAM to the weights.
// Needs: sections with their memory units; DRAM ports with their accesses.
// Gives: loads of some temporaries are reads of memories with a home, which the sections that store them fill. Greedy: the
// most words per unit and section first, while every section keeps to its share of memory units.
#include "Homes.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICRETAINPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-retain"

namespace {

/// The DRAM ports that read or write one temporary.
struct Temporary {
  BufferOp buffer;
  llvm::MapVector<Operation *, SmallVector<LoadOp>> loads; ///< by section
  llvm::MapVector<Operation *, SmallVector<fabric::StoreOp>> stores;
  bool usedElsewhere = false; ///< by the sequencer or the host, in DRAM
};

/// Neighbouring words of a tensor, [begin, end).
struct Words {
  int64_t begin, end;
  bool meets(const Words &other) const { return begin < other.end && other.begin < end; }
};

/// A copy of a temporary, or of parts of it: a slice serves one load of a section.
struct Copy {
  unsigned temporary, number;
  SmallVector<LoadOp> loads; ///< those of one section read parts that do not meet
  SmallVector<Words> slices = {};
  SectionRange span = {};
  double words = 0; ///< that its loads bring
  double density() const { return words / double(slices.size()) / double(span.last - span.first + 1); }
};

struct FabricRetain : fabric::impl::FabricRetainPassBase<FabricRetain> {
  using FabricRetainPassBase::FabricRetainPassBase;
  void runOnOperation() override;

private:
  void collect(DeviceOp device, const ArchSpec &spec);
  void addCopies(unsigned number, const SectionOrder &order, const MemorySpec &spec);
  std::vector<int64_t> roomOf(const SectionOrder &order, const ArchSpec &spec) const;
  void retain(const Copy &copy, const ArchSpec &spec);
  void explain(const Copy &copy, const SectionOrder &order, unsigned fullest, std::optional<int64_t> spare) const;
  void eraseUnusedPorts(DeviceOp device, ArrayRef<Copy> retained, const ArchSpec &spec);

  std::vector<Temporary> temporaries; ///< that may stay on chip
  std::vector<Temporary> others;
  std::vector<Copy> copies;
};

bool fits(AccessAttr access, const MemorySpec &spec) {
  return access.getExtents().size() <= spec.counters && access.getNumRegisters() <= spec.addressRegisters &&
         access.getNumOps() <= spec.addressStages;
}

int64_t wordsOf(BufferOp buffer) { return cast<RankedTensorType>(buffer.getType()).getNumElements(); }

/// The words of a tensor of `size` that an access may touch; one at least.
Words reachOf(AccessAttr access, int64_t size) {
  ArrayRef<int64_t> linear = access.getAddressRegister();
  if (linear.empty())
    return {0, size}; // computed
  Words reach{linear[0], linear[0] + 1};
  for (auto [extent, step] : llvm::zip(access.getExtents(), linear.drop_front()))
    (step < 0 ? reach.begin : reach.end) += step * (extent - 1);
  reach.begin = std::clamp<int64_t>(reach.begin, 0, size - 1);
  return {reach.begin, std::clamp(reach.end, reach.begin + 1, size)};
}

/// What keeps a temporary in DRAM: it needs one writer per word and section, none in a section that reads, 32-bit words,
/// and address programs of a memory unit. Empty: nothing.
StringRef obstacle(const Temporary &temporary, const MemorySpec &spec) {
  if (temporary.usedElsewhere || temporary.loads.empty() || temporary.stores.empty())
    return "the sequencer or the host reads or writes it";
  auto suits = [&](auto port) { return !isWide(port) && fits(port.getAccess(), spec); };
  constexpr StringLiteral beyond = "its addresses or words are beyond a memory unit";
  for (auto &[section, stores] : temporary.stores) {
    if (temporary.loads.count(section))
      return "one section both writes and reads it";
    if (!llvm::all_of(stores, suits))
      return beyond;
  }
  for (auto &[section, loads] : temporary.loads)
    if (!llvm::all_of(loads, suits))
      return beyond;
  return "";
}

remark::RemarkOpts remarkOn(StringRef name) { return remark::RemarkOpts::name(name).category(DEBUG_TYPE); }

void explainDram(BufferOp buffer, const std::string &reason) {
  if (auto remark = remark::missed(buffer.getLoc(), remarkOn("dram")))
    remark << remark::metric("Tensor", buffer.getSymName().str()) << remark::metric("Bytes", 4 * wordsOf(buffer))
           << remark::metric("Reason", reason);
}

/// Whether the ports of a temporary that are not in `served` move much more than one pass each takes.
bool isCostlyInDram(const Temporary &temporary, const llvm::DenseSet<Operation *> &served, const ArchSpec &spec) {
  double moved = 0, passes = 1;
  for (auto &[section, loads] : temporary.loads) {
    bool reads = false;
    for (LoadOp load : loads)
      if (!served.contains(load)) {
        moved += bytesMoved(load.getAccess(), spec);
        reads = true;
      }
    passes += reads;
  }
  for (auto &[section, stores] : temporary.stores)
    for (fabric::StoreOp store : stores)
      moved += bytesMoved(store.getAccess(), spec);
  constexpr double much = 1.25;
  return moved > much * passes * double(wordsOf(temporary.buffer)) * 4;
}

/// Marks the sections that store one of the temporaries which stay in DRAM where its ports are costly or too many.
void markSpilling(DeviceOp device, ArrayRef<const Temporary *> inDram, const llvm::DenseSet<Operation *> &served,
                  const ArchSpec &spec) {
  llvm::DenseMap<Operation *, unsigned> ports;
  device.walk([&](Operation *op) {
    if (isa<LoadOp, fabric::StoreOp>(op) && !served.contains(op))
      ++ports[op->getParentOp()];
  });
  auto isCrowded = [&](auto &entry) { return ports.lookup(entry.first) > spec.dramPort.count; };
  for (const Temporary *temporary : inDram)
    if (isCostlyInDram(*temporary, served, spec) || llvm::any_of(temporary->loads, isCrowded) ||
        llvm::any_of(temporary->stores, isCrowded))
      for (auto &[section, stores] : temporary->stores)
        section->setAttr(spillsAttr, UnitAttr::get(section->getContext()));
}

void FabricRetain::collect(DeviceOp device, const ArchSpec &spec) {
  temporaries.clear();
  others.clear();
  llvm::DenseMap<StringAttr, unsigned> numbers;
  for (auto buffer : device.getBody().front().getOps<BufferOp>())
    if (buffer.getKind() == "temporary") {
      numbers[buffer.getSymNameAttr()] = unsigned(temporaries.size());
      temporaries.push_back({buffer, {}, {}});
    }
  device.walk([&](Operation *op) {
    auto use = [&](FlatSymbolRefAttr symbol) {
      auto it = symbol ? numbers.find(symbol.getAttr()) : numbers.end();
      return it == numbers.end() ? nullptr : &temporaries[it->second];
    };
    if (auto load = dyn_cast<LoadOp>(op)) {
      if (Temporary *temporary = use(load.getBufferAttr()))
        temporary->loads[load->getParentOp()].push_back(load);
    } else if (auto store = dyn_cast<fabric::StoreOp>(op)) {
      if (Temporary *temporary = use(store.getBufferAttr()))
        temporary->stores[store->getParentOp()].push_back(store);
    } else {
      // The sequencer and the host read DRAM.
      op->getAttrDictionary().walk([&](FlatSymbolRefAttr symbol) {
        if (Temporary *temporary = use(symbol))
          temporary->usedElsewhere = true;
      });
    }
  });
  llvm::erase_if(temporaries, [&](const Temporary &temporary) {
    StringRef reason = obstacle(temporary, spec.memory);
    if (reason.empty())
      return false;
    explainDram(temporary.buffer, reason.str());
    others.push_back(temporary);
    return true;
  });
}

/// The loads of each section, dealt out to as few copies as serve them: in order of their begins, each to the first
/// copy where the loads before it end.
std::vector<Copy> dealLoads(const Temporary &temporary, unsigned number) {
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
SmallVector<Words> cutSlices(const Temporary &temporary, const Copy &copy, int64_t capacity) {
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

void FabricRetain::addCopies(unsigned number, const SectionOrder &order, const MemorySpec &spec) {
  const Temporary &temporary = temporaries[number];
  for (Copy &copy : dealLoads(temporary, number)) {
    SmallVector<SectionOp> users;
    for (auto &[section, stores] : temporary.stores)
      users.push_back(cast<SectionOp>(section));
    for (LoadOp load : copy.loads) {
      users.push_back(load->getParentOfType<SectionOp>());
      copy.words += double(load.getAccess().countFirings(spec.banks)) * spec.banks;
    }
    copy.slices = cutSlices(temporary, copy, int64_t(spec.bytes() / 4));
    copy.span = order.spanOf(users);
    if (!copy.slices.empty() && (copy.slices.size() == 1 || spec.readCascades))
      copies.push_back(copy);
  }
}

/// Writes the slices of a copy into every section that stores or loads it.
void FabricRetain::retain(const Copy &copy, const ArchSpec &spec) {
  Temporary &temporary = temporaries[copy.temporary];
  int64_t size = wordsOf(temporary.buffer);
  OpBuilder b(temporary.buffer.getContext());
  auto forMemory = [&](AccessAttr access) {
    return access.renumbered(spec.dramPort.addressRegisters, spec.memory.addressRegisters);
  };
  auto slice = [&](Location loc, size_t number, Value data, AccessAttr write, Value writeIndex, AccessAttr read,
                   Value readIndex, Value cascade) -> Value {
    Words words = copy.slices[number];
    bool whole = words.begin == 0 && words.end == size;
    std::string home = (temporary.buffer.getSymName() + "." + Twine(copy.number) + "." + Twine(number)).str();
    return MemoryOp::create(b, loc, StreamType::get(b.getContext()), data, write, writeIndex, read, readIndex, cascade,
                            b.getI64IntegerAttr(words.end - words.begin), b.getI64IntegerAttr(1), StringAttr(),
                            b.getI64IntegerAttr(0), whole ? IntegerAttr() : b.getI64IntegerAttr(words.begin),
                            b.getStringAttr(home), DenseI64ArrayAttr(), StringAttr());
  };
  for (auto &[section, stores] : temporary.stores)
    for (fabric::StoreOp store : stores) {
      b.setInsertionPoint(store);
      for (size_t i = 0; i < copy.slices.size(); ++i)
        if (copy.slices[i].meets(reachOf(store.getAccess(), size)))
          slice(store.getLoc(), i, store.getData(), forMemory(store.getAccess()), store.getIndex(), {}, {}, {});
    }
  for (LoadOp load : copy.loads) {
    b.setInsertionPoint(load);
    Value stream;
    for (size_t i = 0; i < copy.slices.size(); ++i)
      if (copy.slices[i].meets(reachOf(load.getAccess(), size)))
        stream = slice(load.getLoc(), i, {}, {}, {}, forMemory(load.getAccess()), load.getIndex(), stream);
    load.getData().replaceAllUsesWith(stream);
  }
}

/// Erases the loads that retained copies serve; where that is all of them, the stores and the place in DRAM as well.
void FabricRetain::eraseUnusedPorts(DeviceOp device, ArrayRef<Copy> retained, const ArchSpec &spec) {
  llvm::DenseSet<Operation *> served;
  for (const Copy &copy : retained)
    served.insert(copy.loads.begin(), copy.loads.end());
  SmallVector<const Temporary *> inDram;
  for (const Temporary &temporary : others)
    inDram.push_back(&temporary);
  for (const Temporary &temporary : temporaries) {
    auto isServed = [&](LoadOp load) { return served.contains(load); };
    if (!llvm::all_of(temporary.loads, [&](auto &entry) { return llvm::all_of(entry.second, isServed); })) {
      inDram.push_back(&temporary);
      continue;
    }
    for (auto &[section, stores] : temporary.stores)
      served.insert(stores.begin(), stores.end());
    BufferOp(temporary.buffer).erase();
  }
  markSpilling(device, inDram, served, spec);
  for (Operation *port : served)
    port->erase();
}

/// Says that a copy stays on chip or, with the `spare` units of the fullest section on its way, that it does not.
void FabricRetain::explain(const Copy &copy, const SectionOrder &order, unsigned fullest,
                           std::optional<int64_t> spare) const {
  BufferOp buffer = temporaries[copy.temporary].buffer;
  auto nameOf = [&](unsigned section) { return SectionOp(order.sections()[section]).getName().str(); };
  std::string way = llvm::formatv("from \"{0}\" to \"{1}\"", nameOf(copy.span.first), nameOf(copy.span.last));
  if (spare)
    return explainDram(buffer, llvm::formatv("{0} memory units needed {1}, {2} to be had in \"{3}\"",
                                             copy.slices.size(), way, *spare, nameOf(fullest)));
  if (auto remark = remark::passed(buffer.getLoc(), remarkOn("kept")))
    remark << remark::metric("Tensor", buffer.getSymName().str()) << remark::metric("Bytes", 4 * wordsOf(buffer))
           << remark::metric("Units", copy.slices.size()) << remark::metric("Way", way)
           << remark::metric("LoadsSaved", int64_t(4 * copy.words));
}

/// Memory units that each section has to spare.
std::vector<int64_t> FabricRetain::roomOf(const SectionOrder &order, const ArchSpec &spec) const {
  std::vector<int64_t> room;
  for (SectionOp section : order.sections()) {
    auto fill = section->getAttrOfType<FloatAttr>(fillAttr);
    room.push_back(int64_t((fill ? fill.getValueAsDouble() : 1.0) * spec.numMemoryUnits()) -
                   llvm::range_size(section.getBody().front().getOps<MemoryOp>()));
  }
  return room;
}

void FabricRetain::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  FailureOr<UnitBudget> limits = readBudget(device, budget, model->spec());
  if (failed(limits))
    return signalPassFailure();
  const ArchSpec spec = limitedTo(*limits, model->spec());
  collect(device, spec);
  SectionOrder order(device);
  copies.clear();
  for (unsigned number = 0; number < temporaries.size(); ++number)
    addCopies(number, order, spec.memory);
  llvm::sort(copies, [](const Copy &a, const Copy &b) {
    return std::make_tuple(-a.density(), a.temporary, a.number) < std::make_tuple(-b.density(), b.temporary, b.number);
  });
  std::vector<int64_t> room = roomOf(order, spec);
  llvm::erase_if(copies, [&](const Copy &copy) {
    auto taken = MutableArrayRef(room).slice(copy.span.first, copy.span.last - copy.span.first + 1);
    auto fullest = llvm::min_element(taken);
    bool has = *fullest >= int64_t(copy.slices.size());
    explain(copy, order, unsigned(copy.span.first + (fullest - taken.begin())), has ? std::nullopt : std::optional(*fullest));
    if (!has)
      return true;
    for (int64_t &units : taken)
      units -= int64_t(copy.slices.size());
    return false;
  });
  for (const Copy &copy : copies)
    retain(copy, spec);
  eraseUnusedPorts(device, copies, spec);
  for (SectionOp section : order.sections()) // what was to stay on chip and did not
    if (auto cycles = section.getPredictedCycles())
      section.setPredictedCycles(std::max<int64_t>(*cycles, std::llround(dramCycles(section, spec))));
}

} // namespace
