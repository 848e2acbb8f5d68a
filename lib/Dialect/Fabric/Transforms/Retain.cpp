// Retain.cpp - keep intermediates in scratchpads from section to section instead of in DRAM
// Why: a DRAM delivers less than one vector per cycle to the whole chip, a scratchpad delivers one per cycle; what is
// written and read on chip leaves the DRAM to the weights.
// Needs: sections with their memory units; DRAM ports with their accesses.
// Gives: loads of some temporaries are reads of memories with a home, which the sections that store them fill. Greedy: the
// most words per unit and section first, whole tensors before parts, while every section keeps to its share of memory units.
#include "Copies.h"
#include "Demand.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/Dialect/Fabric/Transforms/Spills.h"

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

constexpr double muchLess = 0.9; // of the DRAM cycles that a mapping expected

struct FabricRetain : fabric::impl::FabricRetainPassBase<FabricRetain> {
  using FabricRetainPassBase::FabricRetainPassBase;
  void runOnOperation() override;

private:
  void collect(DeviceOp device, const ArchSpec &spec);
  std::vector<int64_t> roomOf(const SectionOrder &order, const ArchSpec &spec) const;
  void retain(const Copy &copy, const ArchSpec &spec);
  std::vector<Copy> chooseCopies(std::vector<std::vector<Copy>> all, const SectionOrder &order,
                                 const ArchSpec &spec);
  void recordSpills(ArrayRef<Copy> left, const SectionOrder &order, ArrayRef<int64_t> room, const ArchSpec &spec);
  void explainKept(const Copy &copy, const SectionOrder &order) const;
  void explainSpill(const Copy &copy, const SectionOrder &order, ArrayRef<int64_t> room) const;
  void eraseUnusedPorts(DeviceOp device, ArrayRef<Copy> retained, const ArchSpec &spec);
  void predictAgain(DeviceOp device, const SectionOrder &order, const ArchSpec &spec) const;

  std::vector<Temporary> temporaries; ///< that may stay on chip
  std::vector<Temporary> others;
};

/// What keeps a temporary in DRAM: it needs one writer per word and section, none in a section that reads, 32-bit words,
/// and address programs of a memory unit. Empty: nothing.
StringRef obstacle(const Temporary &temporary, const MemorySpec &spec) {
  if (temporary.usedElsewhere || temporary.loads.empty() || temporary.stores.empty())
    return "the sequencer or the host reads or writes it";
  auto suits = [&](auto port) { return !isWide(port) && suitsMemory(port.getAccess(), spec); };
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
    } else if (!isa<SectionOp>(op->getParentOp())) {
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

/// Writes the slices of a copy into every section that stores or loads it.
void FabricRetain::retain(const Copy &copy, const ArchSpec &spec) {
  Temporary &temporary = temporaries[copy.temporary];
  int64_t size = wordsOf(temporary.buffer);
  OpBuilder b(temporary.buffer.getContext());
  auto slice = [&](Location loc, size_t number, const SliceUse &use) {
    std::string home = (temporary.buffer.getSymName() + "." + Twine(copy.number) + "." + Twine(number)).str();
    return createSlice(b, loc, home, copy.slices[number], size, use, spec);
  };
  for (auto &[section, stores] : temporary.stores)
    for (fabric::StoreOp store : stores) {
      b.setInsertionPoint(store);
      for (size_t i = 0; i < copy.slices.size(); ++i)
        if (copy.slices[i].meets(reachOf(store.getAccess(), size)))
          slice(store.getLoc(), i, {store.getData(), store.getAccess(), store.getIndex()});
    }
  for (LoadOp load : copy.loads) {
    b.setInsertionPoint(load);
    Value stream;
    for (size_t i = 0; i < copy.slices.size(); ++i)
      if (copy.slices[i].meets(reachOf(load.getAccess(), size)))
        stream = slice(load.getLoc(), i, {{}, {}, {}, load.getAccess(), load.getIndex(), stream});
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

std::string wayOf(const Copy &copy, const SectionOrder &order) {
  auto nameOf = [&](unsigned section) { return SectionOp(order.sections()[section]).getName().str(); };
  return llvm::formatv("from \"{0}\" to \"{1}\"", nameOf(copy.span.first), nameOf(copy.span.last));
}

void FabricRetain::explainKept(const Copy &copy, const SectionOrder &order) const {
  BufferOp buffer = temporaries[copy.temporary].buffer;
  if (auto remark = remark::passed(buffer.getLoc(), remarkOn("kept")))
    remark << remark::metric("Tensor", buffer.getSymName().str()) << remark::metric("Bytes", 4 * wordsOf(buffer))
           << remark::metric("Units", copy.slices.size()) << remark::metric("Way", wayOf(copy, order))
           << remark::metric("LoadsSaved", int64_t(4 * copy.words));
}

/// The section on the way of a copy that has the least room for it.
unsigned fullestOf(const Copy &copy, ArrayRef<int64_t> room) {
  auto leftIn = [&](unsigned section) { return room[section] - copy.unitsIn(section); };
  unsigned fullest = copy.span.first;
  for (unsigned section = copy.span.first; section <= copy.span.last; ++section)
    if (leftIn(section) < leftIn(fullest))
      fullest = section;
  return fullest;
}

/// Names the fullest section on the way of a copy that found no `room`.
void FabricRetain::explainSpill(const Copy &copy, const SectionOrder &order, ArrayRef<int64_t> room) const {
  unsigned fullest = fullestOf(copy, room);
  explainDram(temporaries[copy.temporary].buffer,
              llvm::formatv("{0} memory units needed {1}, {2} to be had in \"{3}\"", copy.unitsIn(fullest),
                            wayOf(copy, order), room[fullest], SectionOp(order.sections()[fullest]).getName()));
}

/// Leaves word of the copies that found no `room`, for who maps again.
void FabricRetain::recordSpills(ArrayRef<Copy> left, const SectionOrder &order, ArrayRef<int64_t> room,
                                const ArchSpec &spec) {
  SmallVector<Spill> spills;
  for (const Copy &copy : left) {
    const Temporary &temporary = temporaries[copy.temporary];
    double cycles = 0;
    Spill spill;
    spill.fullest = fullestOf(copy, room);
    for (LoadOp load : copy.loads) {
      spill.readers.push_back(order.numberOf(load->getParentOfType<SectionOp>()));
      cycles += dramCycles(load.getAccess(), spec);
    }
    for (auto &[section, stores] : temporary.stores) {
      spill.writers.push_back(order.numberOf(cast<SectionOp>(section)));
      for (fabric::StoreOp store : stores)
        cycles += dramCycles(store.getAccess(), spec);
    }
    SectionOp fullest = order.sections()[spill.fullest];
    int64_t lacking = copy.unitsIn(spill.fullest) - room[spill.fullest];
    spill.boxes = int64_t(llvm::range_size(fullest.getBody().front().getOps<MemoryOp>())) - lacking;
    spill.cycles = std::llround(cycles);
    spills.push_back(spill);
  }
  setSpills(getOperation(), spills);
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

/// First tensors as a whole, which then need no place in DRAM, then single copies, then what the first sections read of
/// others; each time the most words per unit and section first.
std::vector<Copy> FabricRetain::chooseCopies(std::vector<std::vector<Copy>> all, const SectionOrder &order,
                                             const ArchSpec &spec) {
  std::vector<int64_t> room = roomOf(order, spec);
  std::vector<Copy> chosen, left;
  auto take = [&](ArrayRef<Copy> copies) {
    std::vector<int64_t> rest = room;
    for (const Copy &copy : copies)
      for (unsigned section = copy.span.first; section <= copy.span.last; ++section)
        if ((rest[section] -= copy.unitsIn(section)) < 0)
          return false;
    room = std::move(rest);
    llvm::append_range(chosen, copies);
    return true;
  };
  llvm::erase_if(all, [](const std::vector<Copy> &copies) { return copies.empty(); });
  auto orderOf = [](ArrayRef<Copy> copies) {
    return std::make_tuple(-densityOf(copies), copies.front().temporary, copies.front().number);
  };
  llvm::sort(all, [&](const auto &a, const auto &b) { return orderOf(a) < orderOf(b); });
  for (auto &copies : all)
    if (!take(copies))
      llvm::append_range(left, copies);
  llvm::sort(left, [&](const Copy &a, const Copy &b) { return orderOf(a) < orderOf(b); });
  llvm::erase_if(left, [&](const Copy &copy) { return take(copy); });
  auto explainSince = [&](size_t first) {
    for (const Copy &copy : ArrayRef(chosen).drop_front(first))
      explainKept(copy, order);
  };
  explainSince(0);
  for (const Copy &copy : left)
    explainSpill(copy, order, room);
  size_t whole = chosen.size();
  recordSpills(left, order, room, spec);
  for (const Copy &copy : left)
    for (Copy part = copy; shortenCopy(part, temporaries[copy.temporary], order, spec.memory);)
      if (take(part))
        break;
  explainSince(whole);
  return chosen;
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
  std::vector<std::vector<Copy>> all(temporaries.size());
  for (auto [number, copies] : llvm::enumerate(all)) {
    copies = dealLoads(temporaries[number], unsigned(number));
    llvm::erase_if(copies, [&](Copy &copy) { return !planCopy(copy, temporaries[copy.temporary], order, spec.memory); });
  }
  std::vector<Copy> copies = chooseCopies(std::move(all), order, spec);
  for (const Copy &copy : copies)
    retain(copy, spec);
  eraseUnusedPorts(device, copies, spec);
  predictAgain(device, order, spec);
}

/// Sections that read from DRAM what was to stay on chip wait for it; those that find on chip what the mapping would
/// read from DRAM do not.
void FabricRetain::predictAgain(DeviceOp device, const SectionOrder &order, const ArchSpec &spec) const {
  auto isTemporary = [](LoadOp load) {
    auto buffer = SymbolTable::lookupNearestSymbolFrom<BufferOp>(load, load.getBufferAttr());
    return buffer && buffer.getKind() == "temporary";
  };
  std::vector<Demand> demands = demandsOf(device, order, spec, /*mostUsed=*/1);
  for (auto [op, demand] : llvm::zip(order.sections(), demands)) {
    SectionOp section = op;
    std::optional<uint64_t> predicted = section.getPredictedCycles();
    if (!predicted)
      continue;
    double cycles = demand.cycles(spec.dram);
    std::optional<uint64_t> expected = section.getDramCycles();
    if (llvm::any_of(section.getBody().front().getOps<LoadOp>(), isTemporary))
      section.setPredictedCycles(std::max<int64_t>(*predicted, std::llround(spec.dram.latency() + cycles)));
    else if (expected && dramCycles(section, spec) < muchLess * double(*expected))
      section.setPredictedCycles(std::min<int64_t>(*predicted, std::llround(cycles)));
  }
}

} // namespace
