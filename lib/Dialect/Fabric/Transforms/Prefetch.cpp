// Prefetch.cpp - bring what a section needs while sections before it compute
// Why: a section that waits for its weights leaves the units idle, one that computes leaves the DRAM idle.
// Needs: sections with their memory units, and what is retained in them.
// Gives: loads of constants and inputs stand in earlier sections, which fill memories with a home. Greedy: the most
// cycles for a unit and section first, each load where it costs least, as near as can be.
#include "Copies.h"
#include "Demand.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPREFETCHPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-prefetch"

namespace {

constexpr double mostUsed = 0.9;    // of the memory units and DRAM ports: full sections are hard to place and to route
constexpr double worthTaking = 0.5; // a section may lose so much of the DRAM cycles that it takes over
constexpr unsigned farthest = 24;   // sections ahead: what is held longer takes room from others

/// Slices of a load that one section brings: the next `slices` ones.
struct Part {
  unsigned section;
  size_t slices;
};

/// How a load comes earlier.
struct Plan {
  LoadOp load;
  unsigned section;               ///< which it is needed in
  bool moves = false;             ///< with the memories it fills; else into slices that the section reads
  std::vector<Words> slices = {}; ///< in the order in which `parts` bring them, nearest section first
  std::vector<Part> parts = {};
  double saved = 0, cost = 0; ///< cycles of the section, and of those that bring it
  double unitSections = 0;    ///< units held, times sections
  double gain() const { return saved - cost; }
};

struct FabricPrefetch : fabric::impl::FabricPrefetchPassBase<FabricPrefetch> {
  using FabricPrefetchPassBase::FabricPrefetchPassBase;
  void runOnOperation() override;

private:
  double costOf(unsigned section, double bytes) const;
  Demand without(const Plan &plan) const;
  std::optional<Plan> planMove(LoadOp load, unsigned section) const;
  std::optional<Plan> planSlices(LoadOp load, unsigned section) const;
  std::optional<Plan> bestPlan(LoadOp load, unsigned section) const;
  void take(const Plan &plan);
  void move(const Plan &plan);
  void cut(const Plan &plan);
  void explain(const Plan &plan) const;

  const ArchSpec *spec = nullptr;
  ArrayRef<SectionOp> sections;
  std::vector<Demand> demands; ///< by section
  unsigned number = 0;         ///< of the next home
};

/// Whether what `load` brings is there from the beginning.
bool isKnownEarly(LoadOp load) {
  if (load.getIndex() || load.getData().use_empty())
    return false;
  auto buffer = SymbolTable::lookupNearestSymbolFrom<BufferOp>(load, load.getBufferAttr());
  return buffer && (buffer.getKind() == "constant" || buffer.getKind() == "input");
}

/// A memory that is filled once, as a whole, and then read.
bool isFilledOnce(MemoryOp memory, Value data) {
  return memory.getData() == data && memory.getWrite() && memory.getRead() && !memory.getWriteIndex() &&
         !memory.getCascade() && !memory.getAccumulate() && !memory.getHome() && !memory.getFirstWord() &&
         memory.getBuffers() == 1 && memory.getWrite()->getHandoverLevel() < 0 &&
         memory.getRead()->getHandoverLevel() < 0;
}

bool fillsOnce(LoadOp load) {
  return llvm::all_of(load.getData().getUsers(), [&](Operation *user) {
    auto memory = dyn_cast<MemoryOp>(user);
    return memory && isFilledOnce(memory, load.getData());
  });
}

/// Neighbouring words in whole vectors, which a scratchpad delivers in one cycle.
bool readsInRows(AccessAttr access) {
  int64_t vector = access.getVectorLevel();
  ArrayRef<int64_t> linear = access.getAddressRegister();
  return !linear.empty() && (vector < 0 || (linear[1 + vector] >= 0 && linear[1 + vector] <= 1));
}

/// Cycles that a section loses when it brings `bytes` more.
double FabricPrefetch::costOf(unsigned section, double bytes) const {
  Demand more = demands[section];
  more.bytesAhead += bytes;
  ++more.portsAhead;
  return more.cycles(spec->dram) - demands[section].cycles(spec->dram);
}

/// What is left to the section when the plan is carried out.
Demand FabricPrefetch::without(const Plan &plan) const {
  Demand less = demands[plan.section];
  LoadOp load = plan.load;
  double first = firstBytesOf(load, *spec);
  less.bytesRead -= bytesMoved(load.getAccess(), *spec);
  less.firstBytes -= first;
  less.firstPorts -= first > 0;
  less.lateBytes -= lateBytesOf(load, *spec);
  return less;
}

/// The load and the memories that it fills go into one earlier section.
std::optional<Plan> FabricPrefetch::planMove(LoadOp load, unsigned section) const {
  if (!fillsOnce(load))
    return std::nullopt;
  int64_t units = llvm::range_size(load.getData().getUsers());
  double bytes = bytesMoved(load.getAccess(), *spec), best = worthTaking * spec->dram.cyclesFor(bytes, 0);
  Plan plan{load, section, true};
  for (unsigned back = 1; back <= std::min(section, farthest); ++back) {
    const Demand &demand = demands[section - back];
    if (demand.freeMemories < units)
      break;
    if (!demand.canServe || demand.freePorts < 1)
      continue;
    if (double cost = costOf(section - back, bytes); cost < best || (plan.parts.empty() && cost <= best)) {
      plan.parts = {{section - back, 1}};
      plan.unitSections = double(units * back);
      plan.cost = best = cost;
    }
  }
  return plan.parts.empty() ? std::nullopt : std::optional(std::move(plan));
}

/// The words that the load touches come in slices of a memory unit each, wherever a section takes some at little cost.
std::optional<Plan> FabricPrefetch::planSlices(LoadOp load, unsigned section) const {
  auto buffer = SymbolTable::lookupNearestSymbolFrom<BufferOp>(load, load.getBufferAttr());
  unsigned bits = cast<RankedTensorType>(buffer.getType()).getElementTypeBitWidth();
  if (bits != 32 || !suitsMemory(load.getAccess(), spec->memory) || !readsInRows(load.getAccess()))
    return std::nullopt;
  Plan plan{load, section};
  Words words = reachOf(load.getAccess(), wordsOf(buffer));
  int64_t capacity = int64_t(spec->memory.bytes() / 4);
  for (int64_t at = words.begin; at < words.end; at += capacity)
    plan.slices.push_back({at, std::min(at + capacity, words.end)});
  int64_t left = int64_t(plan.slices.size());
  if (demands[section].freeMemories < left || (left > 1 && !spec->memory.readCascades))
    return std::nullopt;
  plan.unitSections = double(left);
  for (unsigned back = 1; left > 0 && back <= std::min(section, farthest); ++back) {
    const Demand &demand = demands[section - back];
    if (demand.freeMemories < left)
      return std::nullopt;
    plan.unitSections += double(left);
    if (!demand.canServe || demand.freePorts < 1)
      continue;
    size_t first = plan.slices.size() - size_t(left);
    double bytes = 0, cost = 0;
    Part part{section - back, 0};
    for (; left > 0; --left, ++part.slices) {
      Words next = plan.slices[first + part.slices];
      double more = double(next.end - next.begin) * 4, after = costOf(part.section, bytes + more);
      if (after - cost > worthTaking * spec->dram.cyclesFor(more, 0))
        break;
      bytes += more;
      cost = after;
    }
    if (part.slices > 0)
      plan.parts.push_back(part);
    plan.cost += cost;
  }
  return left > 0 ? std::nullopt : std::optional(std::move(plan));
}

std::optional<Plan> FabricPrefetch::bestPlan(LoadOp load, unsigned section) const {
  std::optional<Plan> best;
  for (std::optional<Plan> plan : {planMove(load, section), planSlices(load, section)}) {
    if (!plan)
      continue;
    plan->saved = demands[section].cycles(spec->dram) - without(*plan).cycles(spec->dram);
    double least = std::max(spec->dram.latency(), worthTaking * dramCycles(load.getAccess(), *spec));
    if (plan->gain() > (best ? best->gain() : least))
      best = std::move(plan);
  }
  return best;
}

/// The load stands in the earlier section with the writing halves of its memories.
void FabricPrefetch::move(const Plan &plan) {
  LoadOp load = plan.load;
  Block &before = SectionOp(sections[plan.parts.front().section]).getBody().front();
  load->moveBefore(&before, before.end());
  OpBuilder b(load.getContext());
  b.setInsertionPointAfter(load);
  for (Operation *user : llvm::make_early_inc_range(load.getData().getUsers())) {
    auto memory = cast<MemoryOp>(user);
    StringAttr home = b.getStringAttr("prefetched." + Twine(number++));
    auto half = [&](Value data, AccessAttr write, AccessAttr read, Value readIndex) -> Value {
      return MemoryOp::create(b, memory.getLoc(), memory.getType(), data, write, Value(), read, readIndex, Value(),
                              memory.getWordsAttr(), memory.getBuffersAttr(), StringAttr(), memory.getInitAttr(),
                              IntegerAttr(), home, DenseI64ArrayAttr(), StringAttr());
    };
    half(load.getData(), *memory.getWrite(), {}, {});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(memory);
    memory.getResult().replaceAllUsesWith(half({}, {}, *memory.getRead(), memory.getReadIndex()));
    memory.erase();
  }
}

/// Earlier sections load neighbouring slices through a port each; the section reads them instead of the DRAM.
void FabricPrefetch::cut(const Plan &plan) {
  LoadOp load = plan.load;
  auto buffer = SymbolTable::lookupNearestSymbolFrom<BufferOp>(load, load.getBufferAttr());
  int64_t size = wordsOf(buffer);
  std::string tensor = llvm::formatv("prefetched.{0}", number++);
  auto homeOf = [&](size_t slice) { return tensor + "." + std::to_string(slice); };
  OpBuilder b(load.getContext());
  size_t next = 0;
  for (const Part &part : plan.parts) {
    Words words{plan.slices[next].begin, plan.slices[next + part.slices - 1].end};
    b.setInsertionPointToEnd(&SectionOp(sections[part.section]).getBody().front());
    auto access = AccessAttr::get(b.getContext(), {words.end - words.begin}, /*vectorLevel=*/0, {words.begin, 1}, {},
                                  /*address=*/0, /*elseValue=*/0, /*broadcast=*/false, AccessAttr::noIndex,
                                  /*handoverLevel=*/-1);
    auto early = LoadOp::create(b, load.getLoc(), load.getData().getType(), load.getBufferAttr(), access, Value(),
                                DenseI64ArrayAttr(), StringAttr());
    for (size_t end = next + part.slices; next < end; ++next)
      createSlice(b, load.getLoc(), homeOf(next), plan.slices[next], size, {early.getData(), access}, *spec);
  }
  b.setInsertionPoint(load);
  Value stream;
  for (auto [slice, words] : llvm::enumerate(plan.slices))
    stream = createSlice(b, load.getLoc(), homeOf(slice), words, size, {{}, {}, {}, load.getAccess(), Value(), stream},
                         *spec);
  load.getData().replaceAllUsesWith(stream);
  load.erase();
}

void FabricPrefetch::explain(const Plan &plan) const {
  auto nameOf = [&](unsigned section) { return SectionOp(sections[section]).getName(); };
  auto buffer = SymbolTable::lookupNearestSymbolFrom<BufferOp>(plan.load, LoadOp(plan.load).getBufferAttr());
  auto remark = remark::passed(buffer.getLoc(), remark::RemarkOpts::name("prefetched").category(DEBUG_TYPE));
  if (!remark)
    return;
  std::string during;
  for (const Part &part : plan.parts)
    during += llvm::formatv("{0}\"{1}\"", during.empty() ? "" : ", ", nameOf(part.section));
  remark << remark::metric("Tensor", buffer.getSymName().str()) << remark::metric("For", nameOf(plan.section).str())
         << remark::metric("During", during) << remark::metric("Cycles", std::llround(plan.gain()));
}

/// Carries out the plan; demands and predictions follow.
void FabricPrefetch::take(const Plan &plan) {
  explain(plan);
  double before = demands[plan.section].cycles(spec->dram);
  auto change = [&](unsigned section, double cycles) {
    SectionOp op = sections[section];
    if (std::optional<uint64_t> predicted = op.getPredictedCycles())
      op.setPredictedCycles(std::max<int64_t>(0, int64_t(*predicted) + std::llround(cycles)));
  };
  demands[plan.section] = without(plan);
  ++demands[plan.section].freePorts;
  change(plan.section, demands[plan.section].cycles(spec->dram) - before);
  int64_t units = plan.moves ? llvm::range_size(LoadOp(plan.load).getData().getUsers()) : int64_t(plan.slices.size());
  if (!plan.moves)
    demands[plan.section].freeMemories -= units;
  unsigned nearest = plan.section;
  size_t slice = 0;
  for (const Part &part : plan.parts) {
    for (unsigned section = part.section; section < nearest; ++section)
      demands[section].freeMemories -= units;
    nearest = part.section;
    double bytes = plan.moves ? bytesMoved(LoadOp(plan.load).getAccess(), *spec) : 0;
    for (size_t end = slice + part.slices; !plan.moves && slice < end; ++slice)
      bytes += double(plan.slices[slice].end - plan.slices[slice].begin) * 4;
    change(part.section, costOf(part.section, bytes));
    demands[part.section].bytesAhead += bytes;
    ++demands[part.section].portsAhead;
    --demands[part.section].freePorts;
    units -= int64_t(part.slices);
  }
  if (plan.moves)
    move(plan);
  else
    cut(plan);
}

void FabricPrefetch::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  FailureOr<UnitBudget> limits = readBudget(device, budget, model->spec());
  if (failed(limits))
    return signalPassFailure();
  const ArchSpec limited = limitedTo(*limits, model->spec());
  spec = &limited;
  SectionOrder order(device);
  sections = order.sections();
  demands = demandsOf(device, order, limited, mostUsed);
  number = 0;
  std::vector<Plan> plans;
  std::vector<std::pair<double, size_t>> ranked; // cycles for a unit and section, negated, and the plan
  for (auto [section, op] : llvm::enumerate(sections))
    if (demands[section].canServe)
      for (auto load : SectionOp(op).getBody().front().getOps<LoadOp>())
        if (isKnownEarly(load))
          if (std::optional<Plan> plan = bestPlan(load, unsigned(section)))
            plans.push_back(std::move(*plan));
  for (auto [number, plan] : llvm::enumerate(plans))
    ranked.push_back({-plan.gain() / plan.unitSections, number});
  llvm::sort(ranked);
  for (auto [rank, number] : ranked)
    if (std::optional<Plan> plan = bestPlan(plans[number].load, plans[number].section)) // with the room that is left
      take(*plan);
  sections = {};
}

} // namespace
