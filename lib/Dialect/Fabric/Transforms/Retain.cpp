// Retain.cpp - keep intermediates in scratchpads from section to section instead of in DRAM
// Why: a DRAM delivers less than one vector per cycle to the whole chip, a scratchpad delivers one per cycle; what is
// written and read on chip leaves the DRAM to the weights.
// Needs: sections with their memory units; DRAM ports with their accesses.
// Gives: loads of some temporaries are reads of memories with a home, which the sections that store them fill. Greedy: the
// most words per unit and section first, while every section keeps to its share of memory units.
#include "Homes.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "mlir/IR/Builders.h"

#include <numeric>

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
};

/// A copy of a temporary on chip: copy i serves the i-th load of every section.
struct Copy {
  unsigned temporary, number;
  int64_t slices;
  SectionRange span;
  double words; ///< that its loads bring
  double density() const { return words / double(slices) / double(span.last - span.first + 1); }
};

struct FabricRetain : fabric::impl::FabricRetainPassBase<FabricRetain> {
  void runOnOperation() override;

private:
  void collect(DeviceOp device, const MemorySpec &spec);
  bool canRetain(const Temporary &temporary, const MemorySpec &spec) const;
  std::vector<Copy> copiesOf(unsigned number, const SectionOrder &order, const MemorySpec &spec) const;
  void retain(const Copy &copy, const ArchSpec &spec);

  std::vector<Temporary> temporaries;
};

bool fits(AccessAttr access, const MemorySpec &spec) {
  return access.getExtents().size() <= spec.counters && access.getNumRegisters() <= spec.addressRegisters &&
         access.getNumOps() <= spec.addressStages;
}

double firings(AccessAttr access, unsigned lanes) {
  double result = 1;
  for (auto [level, extent] : llvm::enumerate(access.getExtents()))
    result *= double(int64_t(level) == access.getVectorLevel() ? (extent + lanes - 1) / lanes : extent);
  return result;
}

int64_t wordsOf(BufferOp buffer) { return cast<RankedTensorType>(buffer.getType()).getNumElements(); }

void FabricRetain::collect(DeviceOp device, const MemorySpec &spec) {
  temporaries.clear();
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
          temporary->buffer = {};
      });
    }
  });
  llvm::erase_if(temporaries, [&](const Temporary &temporary) { return !canRetain(temporary, spec); });
}

/// One writer per section, none in a section that reads, 32-bit words, and address programs of a memory unit.
bool FabricRetain::canRetain(const Temporary &temporary, const MemorySpec &spec) const {
  if (!temporary.buffer || temporary.loads.empty() || temporary.stores.empty())
    return false;
  for (auto &[section, stores] : temporary.stores)
    if (fabric::StoreOp store = stores.front(); stores.size() != 1 || isWide(store) || temporary.loads.count(section) ||
                                                !fits(store.getAccess(), spec))
      return false;
  for (auto &[section, loads] : temporary.loads)
    for (LoadOp load : loads)
      if (isWide(load) || !fits(load.getAccess(), spec))
        return false;
  return true;
}

std::vector<Copy> FabricRetain::copiesOf(unsigned number, const SectionOrder &order, const MemorySpec &spec) const {
  const Temporary &temporary = temporaries[number];
  size_t most = 0;
  for (auto &[section, loads] : temporary.loads)
    most = std::max(most, loads.size());
  std::vector<Copy> copies;
  int64_t capacity = int64_t(spec.bytes() / 4), slices = (wordsOf(temporary.buffer) + capacity - 1) / capacity;
  if (slices > 1 && !spec.readCascades)
    return copies;
  for (size_t i = 0; i < most; ++i) {
    double words = 0;
    SmallVector<SectionOp> users;
    for (auto &[section, stores] : temporary.stores)
      users.push_back(cast<SectionOp>(section));
    for (auto &[section, loads] : temporary.loads)
      if (i < loads.size()) {
        users.push_back(cast<SectionOp>(section));
        words += firings(LoadOp(loads[i]).getAccess(), spec.banks) * spec.banks;
      }
    copies.push_back({number, unsigned(i), slices, order.spanOf(users), words});
  }
  return copies;
}

/// Writes the slices of a copy into every section that stores or loads it.
void FabricRetain::retain(const Copy &copy, const ArchSpec &spec) {
  Temporary &temporary = temporaries[copy.temporary];
  int64_t words = wordsOf(temporary.buffer), capacity = int64_t(spec.memory.bytes() / 4);
  OpBuilder b(temporary.buffer.getContext());
  auto forMemory = [&](AccessAttr access) {
    return access.renumbered(spec.dramPort.addressRegisters, spec.memory.addressRegisters);
  };
  auto slice = [&](Location loc, int64_t number, Value data, AccessAttr write, Value writeIndex, AccessAttr read,
                   Value readIndex, Value cascade) -> Value {
    int64_t begin = number * capacity;
    std::string home = (temporary.buffer.getSymName() + "." + Twine(copy.number) + "." + Twine(number)).str();
    return MemoryOp::create(b, loc, StreamType::get(b.getContext()), data, write, writeIndex, read, readIndex, cascade,
                            b.getI64IntegerAttr(std::min(capacity, words - begin)), b.getI64IntegerAttr(1), StringAttr(),
                            b.getI64IntegerAttr(0), copy.slices > 1 ? b.getI64IntegerAttr(begin) : IntegerAttr(),
                            b.getStringAttr(home), DenseI64ArrayAttr(), StringAttr());
  };
  for (auto &[section, stores] : temporary.stores) {
    fabric::StoreOp store = stores.front();
    b.setInsertionPoint(store);
    for (int64_t i = 0; i < copy.slices; ++i)
      slice(store.getLoc(), i, store.getData(), forMemory(store.getAccess()),
            store.getIndex(), {}, {}, {});
  }
  for (auto &[section, loads] : temporary.loads) {
    if (copy.number >= loads.size())
      continue;
    LoadOp load = loads[copy.number];
    b.setInsertionPoint(load);
    Value stream;
    for (int64_t i = 0; i < copy.slices; ++i)
      stream = slice(load.getLoc(), i, {}, {}, {}, forMemory(load.getAccess()),
                     load.getIndex(), stream);
    load.getData().replaceAllUsesWith(stream);
  }
}

void FabricRetain::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  const ArchSpec &spec = model->spec();
  collect(device, spec.memory);
  SectionOrder order(device);
  std::vector<int64_t> room;
  for (SectionOp section : order.sections()) {
    auto fill = section->getAttrOfType<FloatAttr>(fillAttr);
    room.push_back(int64_t((fill ? fill.getValueAsDouble() : 1.0) * spec.numMemoryUnits()) -
                   llvm::range_size(section.getBody().front().getOps<MemoryOp>()));
  }
  std::vector<Copy> copies;
  for (unsigned number = 0; number < temporaries.size(); ++number)
    llvm::append_range(copies, copiesOf(number, order, spec.memory));
  llvm::sort(copies, [](const Copy &a, const Copy &b) {
    return std::make_tuple(-a.density(), a.temporary, a.number) < std::make_tuple(-b.density(), b.temporary, b.number);
  });
  std::vector<size_t> left; // loads that still come from DRAM, by temporary
  for (const Temporary &temporary : temporaries) {
    left.push_back(0);
    for (auto &[section, loads] : temporary.loads)
      left.back() += loads.size();
  }
  SmallVector<LoadOp> replaced;
  for (const Copy &copy : copies) {
    auto taken = MutableArrayRef(room).slice(copy.span.first, copy.span.last - copy.span.first + 1);
    if (llvm::any_of(taken, [&](int64_t units) { return units < copy.slices; }))
      continue;
    for (int64_t &units : taken)
      units -= copy.slices;
    retain(copy, spec);
    for (auto &[section, loads] : temporaries[copy.temporary].loads)
      if (copy.number < loads.size()) {
        replaced.push_back(loads[copy.number]);
        --left[copy.temporary];
      }
  }
  for (LoadOp load : replaced)
    load.erase();
  for (auto [temporary, loads] : llvm::zip(temporaries, left)) {
    if (loads > 0)
      continue;
    for (auto &[section, stores] : temporary.stores)
      stores.front().erase();
    temporary.buffer.erase();
  }
}

} // namespace
