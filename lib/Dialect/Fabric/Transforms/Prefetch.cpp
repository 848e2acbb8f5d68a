// Prefetch.cpp - bring what a section needs while sections before it compute
// Why: a section that waits for its weights leaves the units idle, one that computes leaves the DRAM idle.
// Needs: sections with their memory units, and what is retained in them.
// Gives: loads of constants and inputs, or of parts of them, stand in earlier sections, which fill memories with a
// home. Greedy: the most cycles for a unit and section first, each load where it costs least, as near as can be. What
// would come early if there were room is told as what fabric-retain left in DRAM (Spills.h).
#include "Copies.h"
#include "Demand.h"
#include "Interleave.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/Dialect/Fabric/Transforms/Spills.h"

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

constexpr double mostUsed = 0.97;    // of the memory units and DRAM ports: full sections are hard to place and to route
constexpr double worthTaking = 0.5;  // a section may lose so much of the DRAM cycles that it takes over
constexpr double worthHaving = 0.25; // of the DRAM cycles that come early, so many must be gained
constexpr unsigned farthest = 24;    // sections ahead: what is held longer takes room from others
constexpr int64_t grain = 512;       // words that a section brings, or a multiple

/// What one section brings of a load.
struct Part {
  unsigned section;
  Words words;
};

/// How a load comes earlier.
struct Plan {
  LoadOp load;
  unsigned section;               ///< which it is needed in
  bool moves = false;             ///< with the memories it fills; else into slices that the section reads
  double share = 1;               ///< of the words that the load touches, which comes early
  int64_t earlySteps = 0; ///< in which they take turns with the others (Interleave.h); 0: they are the last ones
  std::vector<Words> slices = {}; ///< of the words that come early
  std::vector<Part> parts = {};   ///< nearest section first, with the last words
  int64_t lacking = 0;            ///< memory units that there are not,
  unsigned fullest = 0;           ///< in this section
  double saved = 0, cost = 0;     ///< cycles of the section, and of those that bring it
  double unitSections = 0;        ///< units held, times sections
  double gain() const { return saved - cost; }
};

struct FabricPrefetch : fabric::impl::FabricPrefetchPassBase<FabricPrefetch> {
  using FabricPrefetchPassBase::FabricPrefetchPassBase;
  void runOnOperation() override;

private:
  double costOf(unsigned section, double bytes) const;
  Demand without(const Plan &plan) const;
  bool hold(Plan &plan, unsigned section, int64_t units) const;
  std::optional<Plan> planMove(LoadOp load, unsigned section) const;
  int64_t wordsFor(unsigned section, int64_t most) const;
  std::optional<Plan> planSlices(Plan plan, Words words) const;
  std::vector<Plan> plansOfSlices(LoadOp load, unsigned section) const;
  std::vector<Plan> plansOf(LoadOp load, unsigned section) const;
  std::optional<Plan> bestPlan(LoadOp load, unsigned section) const;
  std::optional<Spill> lackOf(LoadOp load, unsigned section);
  void take(const Plan &plan);
  void move(const Plan &plan);
  void cut(const Plan &plan);
  void explain(const Plan &plan) const;

  const ArchSpec *spec = nullptr;
  ArrayRef<SectionOp> sections;
  std::vector<Demand> demands; ///< by section
  llvm::DenseMap<Attribute, unsigned> loadsOf; ///< by buffer
  unsigned number = 0;         ///< of the next home
  UnitAttr background;         ///< of loads for later sections
  bool isRoomy = false;        ///< plans as if there were memory units enough
};

BufferOp bufferOf(LoadOp load) { return SymbolTable::lookupNearestSymbolFrom<BufferOp>(load, load.getBufferAttr()); }

/// Whether what `load` brings is there from the beginning.
bool isKnownEarly(LoadOp load) {
  if (load.getIndex() || load.getData().use_empty())
    return false;
  BufferOp buffer = bufferOf(load);
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

/// What is left to the section when the plan is carried out. Slices deliver a vector per cycle, beside the DRAM or
/// behind it.
Demand FabricPrefetch::without(const Plan &plan) const {
  Demand less = demands[plan.section];
  LoadOp load = plan.load;
  AccessAttr access = load.getAccess();
  double bytes = bytesMoved(access, *spec), first = firstBytesOf(load, *spec), rest = 1 - plan.share;
  less.bytesRead -= plan.share * bytes;
  less.firstBytes -= plan.share * first;
  less.mostFirst = rest * first;
  for (auto other : load->getBlock()->getOps<LoadOp>())
    if (other != load)
      less.mostFirst = std::max(less.mostFirst, firstBytesOf(other, *spec));
  less.lateBytes -= plan.share * lateBytesOf(load, *spec);
  if (plan.moves)
    return less;
  less.chipStart = std::max(less.chipStart, firstVectorsOf(load, *spec));
  double busy = std::max(less.busyCycles, double(access.countFirings(spec->compute.lanes)));
  double dram = dramCycles(access, *spec);
  less.busyCycles = plan.earlySteps > 0 ? std::max(busy, rest * dram) : plan.share * busy + rest * std::max(busy, dram);
  return less;
}

/// Whether a section has room for memory units of the plan.
bool FabricPrefetch::hold(Plan &plan, unsigned section, int64_t units) const {
  plan.unitSections += double(units);
  if (int64_t lacking = units - demands[section].freeMemories; lacking > plan.lacking) {
    plan.lacking = lacking;
    plan.fullest = section;
  }
  return plan.lacking == 0 || isRoomy;
}

/// The load and the memories that it fills go into one earlier section.
std::optional<Plan> FabricPrefetch::planMove(LoadOp load, unsigned section) const {
  if (!fillsOnce(load))
    return std::nullopt;
  int64_t units = llvm::range_size(load.getData().getUsers());
  double bytes = bytesMoved(load.getAccess(), *spec), best = worthTaking * spec->dram.cyclesFor(bytes, 0);
  Plan plan{load, section, true};
  std::optional<Plan> found;
  for (unsigned back = 1; back <= std::min(section, farthest); ++back) {
    const Demand &demand = demands[section - back];
    if (!hold(plan, section - back, units))
      break;
    if (!demand.canServe || demand.freePorts < 1)
      continue;
    if (double cost = costOf(section - back, bytes); cost < best || (!found && cost <= best)) {
      plan.parts = {{section - back, {}}};
      plan.cost = best = cost;
      found = plan;
    }
  }
  return found;
}

/// How many of the next words the section takes at little cost.
int64_t FabricPrefetch::wordsFor(unsigned section, int64_t most) const {
  auto costs = [&](int64_t grains) { return costOf(section, double(grains * grain) * 4); };
  double dear = worthTaking * spec->dram.cyclesFor(double(grain) * 4, 0);
  int64_t cheap = 0; // grains
  for (int64_t above = llvm::divideCeilSigned(most, grain) + 1; above - cheap > 1;) {
    int64_t middle = (cheap + above) / 2;
    (costs(middle) - costs(middle - 1) <= dear ? cheap : above) = middle;
  }
  return std::min(most, cheap * grain);
}

/// The words of the buffer that the plan's slices hold, a memory unit each, come wherever a section takes some at
/// little cost.
std::optional<Plan> FabricPrefetch::planSlices(Plan plan, Words words) const {
  int64_t capacity = int64_t(spec->memory.bytes() / 4), begin = words.begin;
  int64_t units = llvm::divideCeilSigned(words.end - begin, capacity);
  bool isPart = plan.share < 1;
  if ((units > 1 || isPart) && !spec->memory.readCascades)
    return std::nullopt;
  if (isPart && plan.load.getAccess().getNumOps() >= spec->dramPort.addressStages)
    return std::nullopt;
  for (int64_t at = begin; at < words.end; at += capacity)
    plan.slices.push_back({at, std::min(at + capacity, words.end)});
  unsigned section = plan.section;
  if (!hold(plan, section, units))
    return std::nullopt;
  int64_t end = words.end;
  for (unsigned back = 1; end > begin && back <= std::min(section, farthest); ++back) {
    unsigned before = section - back;
    if (!hold(plan, before, llvm::divideCeilSigned(end - begin, capacity)))
      return std::nullopt;
    if (!demands[before].canServe || demands[before].freePorts < 1)
      continue;
    int64_t taken = wordsFor(before, end - begin);
    if (taken == 0)
      continue;
    plan.parts.push_back({before, {end - taken, end}});
    plan.cost += costOf(before, double(taken) * 4);
    end -= taken;
  }
  return end > begin ? std::nullopt : std::optional(std::move(plan));
}

/// Slices of all that the load touches, or of parts of it: evenly chosen ones of a constant, else the last words.
std::vector<Plan> FabricPrefetch::plansOfSlices(LoadOp load, unsigned section) const {
  std::vector<Plan> plans;
  BufferOp buffer = bufferOf(load);
  unsigned bits = cast<RankedTensorType>(buffer.getType()).getElementTypeBitWidth();
  if (bits != 32 || !suitsMemory(load.getAccess(), spec->memory) || !readsInRows(load.getAccess()))
    return plans;
  auto add = [&](double share, int64_t earlySteps, Words words) {
    if (std::optional<Plan> found = planSlices({load, section, /*moves=*/false, share, earlySteps}, words))
      plans.push_back(std::move(*found));
  };
  Words reach = reachOf(load.getAccess(), wordsOf(buffer));
  add(1, 0, reach);
  constexpr int64_t mostTried = 8;
  int64_t turns = loadsOf.lookup(load.getBufferAttr()) == 1 ? turnsOf(load, buffer, *spec) : 1;
  for (int64_t tried = 1, most = std::min(mostTried, turns); tried < most; ++tried) {
    int64_t steps = turns * tried / most;
    add(double(steps) / double(turns), steps, {0, wordsOf(buffer) / turns * steps});
  }
  if (turns > 1)
    return plans;
  int64_t capacity = int64_t(spec->memory.bytes() / 4), all = reach.end - reach.begin;
  for (int64_t units = (all - 1) / capacity; units > 0; units -= llvm::divideCeilSigned(units, 4))
    add(double(units * capacity) / double(all), 0, {reach.end - units * capacity, reach.end});
  return plans;
}

/// The ways that there are, with what they save.
std::vector<Plan> FabricPrefetch::plansOf(LoadOp load, unsigned section) const {
  std::vector<Plan> plans = plansOfSlices(load, section);
  if (std::optional<Plan> plan = planMove(load, section))
    plans.push_back(std::move(*plan));
  double now = demands[section].cycles(spec->dram), dram = dramCycles(load.getAccess(), *spec);
  llvm::erase_if(plans, [&](Plan &plan) {
    plan.saved = now - without(plan).cycles(spec->dram);
    double least = std::max(spec->dram.latency(), worthHaving * plan.share * dram);
    return plan.gain() <= least;
  });
  return plans;
}

/// Of those that gain about as much as the best one, the one that takes the least room.
std::optional<Plan> FabricPrefetch::bestPlan(LoadOp load, unsigned section) const {
  constexpr double asMuch = 0.9;
  double most = 0;
  std::vector<Plan> plans = plansOf(load, section);
  for (const Plan &plan : plans)
    most = std::max(most, plan.gain());
  std::optional<Plan> best;
  for (Plan &plan : plans)
    if (plan.gain() >= asMuch * most && (!best || plan.unitSections < best->unitSections))
      best = std::move(plan);
  return best;
}

/// What hinders the load from coming earlier than it does.
std::optional<Spill> FabricPrefetch::lackOf(LoadOp load, unsigned section) {
  isRoomy = true;
  std::vector<Plan> plans = plansOf(load, section);
  isRoomy = false;
  std::optional<Spill> lack;
  for (const Plan &plan : plans) {
    SectionOp fullest = sections[plan.fullest];
    int64_t boxes = int64_t(llvm::range_size(fullest.getBody().front().getOps<MemoryOp>())) - plan.lacking;
    if (plan.lacking > 0 && boxes > 0 && (!lack || plan.gain() > double(lack->cycles)))
      lack = {std::llround(plan.gain()), boxes, plan.fullest, {}, {section}};
  }
  return lack;
}

/// The load stands in the earlier section with the writing halves of its memories.
void FabricPrefetch::move(const Plan &plan) {
  LoadOp load = plan.load;
  Block &before = SectionOp(sections[plan.parts.front().section]).getBody().front();
  load->moveBefore(&before, before.end());
  load.setBackgroundAttr(background);
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

/// The part of a constant as a buffer of its own.
BufferOp partOf(BufferOp constant, StringRef name, AccessAttr order) {
  OpBuilder b(constant);
  auto part = cast<BufferOp>(b.clone(*constant));
  part.setSymName((constant.getSymName() + "." + name).str());
  part.setType(
      RankedTensorType::get({order.countWords()}, cast<RankedTensorType>(constant.getType()).getElementType()));
  part.setOrderAttr(order);
  return part;
}

/// Earlier sections load neighbouring words through a port each; the section reads the slices that hold them behind
/// what is left to the DRAM.
void FabricPrefetch::cut(const Plan &plan) {
  LoadOp load = plan.load;
  BufferOp buffer = bufferOf(load);
  AccessAttr access = load.getAccess(), streamed;
  auto symbol = load.getBufferAttr();
  if (plan.earlySteps > 0) {
    Interleaving parts = interleave(load, buffer, plan.earlySteps, *spec);
    BufferOp constant = buffer;
    streamed = parts.streamed.access;
    load.setBuffer(partOf(constant, "streamed", parts.streamed.order).getSymName());
    access = parts.early.access;
    buffer = partOf(constant, "early", parts.early.order);
    symbol = FlatSymbolRefAttr::get(buffer.getSymNameAttr());
    constant.erase();
  } else if (plan.share < 1) {
    streamed = access.within(0, plan.slices.front().begin);
  }
  int64_t size = wordsOf(buffer) + (streamed ? 1 : 0); // no slice is all of it: another one, or the DRAM, has the rest
  std::string tensor = llvm::formatv("prefetched.{0}", number++);
  auto homeOf = [&](size_t slice) { return tensor + "." + std::to_string(slice); };
  OpBuilder b(load.getContext());
  for (const Part &part : plan.parts) {
    auto [section, words] = part;
    b.setInsertionPointToEnd(&SectionOp(sections[section]).getBody().front());
    auto inARow = AccessAttr::get(b.getContext(), {words.end - words.begin}, /*vectorLevel=*/0, {words.begin, 1}, {},
                                  /*address=*/0, /*elseValue=*/0, /*broadcast=*/false, AccessAttr::noIndex,
                                  /*handoverLevel=*/-1);
    auto early = LoadOp::create(b, load.getLoc(), load.getData().getType(), symbol, inARow, Value(), background,
                                DenseI64ArrayAttr(), StringAttr());
    for (size_t number = 0; number < plan.slices.size(); ++number)
      if (Words slice = plan.slices[number]; slice.meets(words))
        createSlice(b, load.getLoc(), homeOf(number), slice, size, {early.getData(), inARow}, *spec);
  }
  b.setInsertionPoint(load);
  Value stream;
  if (streamed)
    stream = LoadOp::create(b, load.getLoc(), load.getData().getType(), load.getBufferAttr(), streamed, Value(),
                            /*background=*/UnitAttr(), DenseI64ArrayAttr(), StringAttr());
  for (auto [number, words] : llvm::enumerate(plan.slices))
    stream = createSlice(b, load.getLoc(), homeOf(number), words, size, {{}, {}, {}, access, Value(), stream}, *spec);
  load.getData().replaceAllUsesWith(stream);
  load.erase();
}

void FabricPrefetch::explain(const Plan &plan) const {
  auto nameOf = [&](unsigned section) { return SectionOp(sections[section]).getName(); };
  BufferOp buffer = bufferOf(plan.load);
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
  auto change = [&](unsigned section, double cycles) { // no further down than what is asked of it now
    SectionOp op = sections[section];
    if (std::optional<uint64_t> predicted = op.getPredictedCycles()) {
      auto least = std::min<int64_t>(*predicted, std::llround(demands[section].cycles(spec->dram)));
      op.setPredictedCycles(std::max<int64_t>(least, int64_t(*predicted) + std::llround(cycles)));
    }
  };
  demands[plan.section] = without(plan);
  demands[plan.section].freePorts += plan.share == 1;
  change(plan.section, demands[plan.section].cycles(spec->dram) - before);
  int64_t units = plan.moves ? llvm::range_size(LoadOp(plan.load).getData().getUsers()) : int64_t(plan.slices.size());
  if (!plan.moves)
    demands[plan.section].freeMemories -= units;
  unsigned nearest = plan.section;
  for (const Part &part : plan.parts) {
    for (unsigned section = part.section; section < nearest; ++section)
      demands[section].freeMemories -= units;
    nearest = part.section;
    double bytes =
        plan.moves ? bytesMoved(LoadOp(plan.load).getAccess(), *spec) : double(part.words.end - part.words.begin) * 4;
    double cost = costOf(part.section, bytes);
    demands[part.section].bytesAhead += bytes;
    ++demands[part.section].portsAhead;
    --demands[part.section].freePorts;
    change(part.section, cost);
    units = llvm::count_if(plan.slices, [&](Words slice) { return slice.begin < part.words.begin; });
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
  background = limited.dram.backgroundQueueDepth > 0 ? UnitAttr::get(&getContext()) : UnitAttr();
  loadsOf.clear();
  for (SectionOp section : sections)
    for (auto load : section.getBody().front().getOps<LoadOp>())
      ++loadsOf[load.getBufferAttr()];
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
  std::vector<Spill> lacks = spillsOf(device);
  for (auto [section, op] : llvm::enumerate(sections))
    if (demands[section].canServe)
      for (auto load : SectionOp(op).getBody().front().getOps<LoadOp>())
        if (isKnownEarly(load))
          if (std::optional<Spill> lack = lackOf(load, unsigned(section)))
            lacks.push_back(*lack);
  setSpills(device, lacks);
  sections = {};
}

} // namespace
