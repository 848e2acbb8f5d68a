// CostModel.cpp - predicted cycles of a mapped nest
#include "CostModel.h"

#include "jacquard/Dialect/Pat/IR/PatBuilders.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace jacquard;
using pipe::LoopRole;

namespace {

constexpr double usualUnits = 8;      // over how many units a nest is spread in the end, before that is known
constexpr double scattered = 3;       // cycles of 16 reads at random places of 16 banks: the fullest of 16 bins
constexpr double burstsPerJump = 0.2; // bursts of rows that are not open run at 78 to 90 % of the peak (DRAMsim3)
constexpr int64_t mostBuffers = 3;    // a third one bridges what boxes of the next tile take of the DRAM
constexpr double scatterBursts = 2.5; // a store of single words moves whole bursts and turns rows over
constexpr double worthLoading = 0.95; // share of the time that small boxes may take, as they load some words twice

/// Steps of a loop: lanes advance many points at once, slots all.
int64_t steps(const LoopPlan &loop, const ArchSpec &arch) {
  if (loop.role == LoopRole::Lanes)
    return llvm::divideCeilSigned(loop.extent, arch.compute.lanes);
  return loop.role == LoopRole::Slots ? 1 : loop.extent;
}

} // namespace

/// Cycles a scratchpad access takes whose `words` words are `stride` words apart.
int64_t CostModel::conflictCycles(int64_t stride, int64_t words) const {
  if (stride == 0)
    return 1;
  int64_t distinct = arch.memory.banks / std::gcd<int64_t>(std::abs(stride), arch.memory.banks);
  return llvm::divideCeilSigned(words, distinct);
}

double CostModel::spreadCost(const Spread &spread) const {
  double firings = 1;
  for (auto [d, dim] : llvm::enumerate(nest.dims)) {
    if (d == spread.lanes)
      firings *= double(llvm::divideCeilSigned(dim.extent, arch.compute.lanes));
    else if (int(d) == spread.slots)
      firings *= double(llvm::divideCeilSigned(dim.extent, spread.numSlots));
    else
      firings *= double(dim.extent);
  }
  double cost = firings;
  double bursts = 0; // of what goes to DRAM
  double wordsPerBurst = arch.dram.burstBytes / 4.0;
  for (const NestAccess &access : nest.accesses) {
    if (!access.affine)
      continue;
    int64_t stride = access.affine->strideAlong(spread.lanes);
    if (stride != 0 && stride != 1 && !access.inFold && !access.residence.mostHomes)
      bursts += firings * arch.compute.lanes; // read once per point: straight from DRAM, a burst per lane
    if (stride != 0 && std::abs(stride) < int64_t(arch.memory.banks))
      cost = std::max(cost, firings * conflictCycles(stride, arch.compute.lanes));
  }
  // Results leave in vectors when lanes run along them, else word by word.
  double points = 1;
  for (unsigned d = 0; d < nest.numParallel; ++d)
    points *= double(nest.dims[d].extent);
  bool resultLanes = spread.lanes < nest.numParallel;
  if (nest.numParallel == 0)
    bursts += 1;
  else if (!resultLanes)
    cost = std::max(cost, points);
  else if (nest.mostHomes)
    cost = std::max(cost, points / wordsPerBurst *
                              double(conflictCycles(result.strideAlong(spread.lanes), arch.compute.lanes)));
  else if (result.strideAlong(spread.lanes) == 1)
    bursts += points / wordsPerBurst;
  else
    bursts += points * scatterBursts;
  // Units will share the firings, but nothing shares the DRAM.
  double dram = bursts * arch.dram.burstBytes / arch.dram.bytesPerCycle;
  return std::max(cost / usualUnits, dram) + 0.1 * cost / usualUnits;
}

double CostModel::firingsOf(const Mapping &mapping) const {
  double firings = 1;
  for (const LoopPlan &loop : mapping.loops)
    firings *= double(steps(loop, arch));
  return firings;
}

/// A firing for each step of the loops that the access depends on, and of all outside of them.
CostModel::Walk CostModel::walkOf(const AffineAccess &access, const Mapping &mapping, bool write) const {
  Walk walk;
  for (auto [l, loop] : llvm::enumerate(mapping.loops))
    if ((!write || l < mapping.numParallel) && access.dependsOn(loop.dim))
      walk.last = int(l);
  for (const LoopPlan &loop : ArrayRef(mapping.loops).take_front(walk.last + 1)) {
    bool apart = write && loop.role == LoopRole::Slots; // slots read one vector, and drain one after the other
    walk.firings *= double(apart ? loop.extent : steps(loop, arch));
    if (loop.role == LoopRole::Lanes || (loop.role == LoopRole::Slots && !write && access.dependsOn(loop.dim))) {
      walk.stride = access.strideAlong(loop.dim);
      walk.lanes = std::min<int64_t>(loop.extent, arch.compute.lanes);
    }
  }
  return walk;
}

/// Neighbouring words that the loops down to `last` walk through before they jump. Lanes that take all of their
/// dimension at once come first; results of a group leave member by member, each with all of its slots.
static int64_t wordsInARow(const AffineAccess &access, const Mapping &mapping, int last, int64_t lanes, bool write) {
  int64_t words = 1;
  auto isVector = [&](const LoopPlan &loop) { return loop.role == LoopRole::Lanes && loop.extent <= lanes; };
  auto walk = [&](unsigned dim, int64_t stride, int64_t extent) {
    bool continues = access.strideAlong(dim) * stride == words;
    words *= continues ? extent : 1;
    return continues;
  };
  bool vectorFirst = false, grouped = mapping.group.dim < 0 || !write;
  for (const LoopPlan &loop : ArrayRef(mapping.loops).take_front(last + 1))
    vectorFirst |= isVector(loop) && walk(loop.dim, loop.stride, loop.extent);
  for (int l = last; l >= 0; --l) {
    const LoopPlan &loop = mapping.loops[l];
    if (vectorFirst && isVector(loop))
      continue;
    if (!grouped && loop.role == LoopRole::Lanes) // another member follows behind each vector
      return std::max({words, lanes, int64_t(1)});
    if (!grouped && loop.role != LoopRole::Slots &&
        (!walk(mapping.group.dim, mapping.group.stride, mapping.group.count) ||
         (mapping.joined.dim >= 0 && !walk(mapping.joined.dim, mapping.joined.stride, mapping.joined.count))))
      break;
    grouped |= loop.role != LoopRole::Slots;
    if (!walk(loop.dim, loop.stride, loop.extent))
      break;
  }
  return words;
}

/// DRAM bytes when every firing goes to DRAM.
double CostModel::streamBytes(const AffineAccess &access, const Mapping &mapping, bool write) const {
  Walk walk = walkOf(access, mapping, write);
  double bursts = 1;
  int64_t words = arch.dram.burstBytes / 4;
  if (std::abs(walk.stride) == 1) { // a row of lanes, which may begin anywhere in a burst
    bool aligned = true;
    for (unsigned d = 0; d < nest.dims.size(); ++d)
      aligned &= access.strideAlong(d) % words == 0 || std::abs(access.strideAlong(d)) == 1;
    double row = double(wordsInARow(access, mapping, walk.last, arch.compute.lanes, write));
    double lanes = double(walk.lanes);
    bursts = aligned ? double(llvm::divideCeilSigned(walk.lanes, words)) : 1 + (lanes - 1) / double(words);
    if ((write || mapping.group.count == 1) && row > double(arch.compute.lanes)) // neighbouring vectors share bursts
      bursts = std::min(bursts, (row + double(words) - 1) / double(words) * lanes / row);
  } else if (walk.stride != 0) {
    bursts = std::min<double>(double(walk.lanes), double(std::abs(walk.stride) * walk.lanes) / double(words));
  } else if (mapping.group.count == 1 && walk.last >= 0) { // one word after the other
    bursts = 1.0 / double(std::min(words, wordsInARow(access, mapping, walk.last, 0, write)));
  }
  double copies = 1;
  for (const UnitPlan *plan : {&mapping.units, &mapping.joined, &mapping.group})
    if (write || (plan->dim >= 0 && access.dependsOn(plan->dim)))
      copies *= double(plan->count);
  return walk.firings * bursts * arch.dram.burstBytes * copies;
}

/// DRAM bytes of one box of a constant, which lies there in one piece.
double CostModel::packedBytes(const NestAccess &access, const Mapping &mapping, ArrayRef<int64_t> extents) const {
  double words = 1;
  for (auto [k, extent] : llvm::enumerate(extents))
    words *= double(extent + (sharesPort(access, mapping) ? reachOf(mapping.group, access, unsigned(k)) : 0));
  return std::ceil(words * 4 / arch.dram.burstBytes) * arch.dram.burstBytes;
}

/// DRAM bytes of one box (that of the whole group where its members share a port): whole bursts of every stretch
/// without a break. The port moves as many vectors as these are bursts.
CostModel::Box CostModel::boxOf(const NestAccess &access, const Mapping &mapping, ArrayRef<int64_t> extents) const {
  const TensorView &view = access.affine->view;
  double stretches = 1, words = 1;
  bool unbroken = true;
  for (int k = int(view.shape.size()) - 1; k >= 0; --k) {
    int64_t extent = extents[k];
    if (sharesPort(access, mapping))
      extent += reachOf(mapping.group, access, k);
    bool follows =
        unbroken && (k + 1 == int(view.shape.size()) ? view.strides[k] == 1
                                                     : view.strides[k] == view.strides[k + 1] * view.shape[k + 1]);
    if (follows)
      words *= double(std::min(extent, view.shape[k]));
    else if (view.strides[k] * 4 < int64_t(arch.dram.burstBytes)) // neighbours share bursts
      words += double(view.strides[k] * (std::min(extent, view.shape[k]) - 1));
    else
      stretches *= double(extent);
    unbroken = follows && extent >= view.shape[k];
  }
  double burst = arch.dram.burstBytes, bytes = words * 4;
  double bursts = std::ceil(bytes / burst);
  if (stretches > 1 && std::fmod(bytes, burst) != 0)
    bursts += 0.5; // it begins anywhere in a burst
  return {stretches * bursts * burst, stretches};
}

/// Whether ports and scratchpads can walk boxes of the access: an address stage for every dimension in which it leaves
/// the tensor.
bool CostModel::canHold(const NestAccess &access, const Mapping &mapping) const {
  const AffineAccess &affine = *access.affine;
  unsigned checks = 0, dimsOfGroup = 0;
  for (auto [k, size] : llvm::enumerate(affine.view.shape)) {
    int64_t lowest = affine.offsets[k], highest = affine.offsets[k];
    auto walk = [&](int64_t step, int64_t extent) { (step < 0 ? lowest : highest) += step * (extent - 1); };
    for (const LoopPlan &loop : mapping.loops)
      walk(affine.coefficients[k][loop.dim] * loop.stride, loop.extent);
    for (const UnitPlan *plan : {&mapping.units, &mapping.joined, &mapping.group})
      if (plan->dim >= 0)
        walk(affine.coefficients[k][plan->dim] * plan->stride, plan->count);
    checks += lowest < 0 || highest >= size;
    dimsOfGroup += mapping.group.dim >= 0 && affine.coefficients[k][mapping.group.dim] != 0;
  }
  return checks <= arch.dramPort.addressStages && checks < arch.dramPort.addressRegisters && dimsOfGroup <= 1;
}

/// A gather reads the words that it needs straight from DRAM, or each of its copies holds the whole table.
AccessPlan CostModel::placeGather(const NestAccess &access, Mapping &mapping) const {
  double firings = 1, bursts = 1, copies = double(copiesOf(access, mapping));
  for (const LoopPlan &loop :
       ArrayRef(mapping.loops).take_front(access.inFold ? mapping.loops.size() : mapping.numParallel)) {
    firings *= double(loop.role == LoopRole::Slots ? loop.extent : steps(loop, arch));
    if (loop.role != LoopRole::Lanes)
      continue;
    double lanes = double(std::min<int64_t>(loop.extent, arch.compute.lanes));
    if (std::optional<int64_t> stride = access.gather.strides[loop.dim])
      bursts = std::min(lanes, std::max(1.0, double(std::abs(*stride)) * 4 * lanes / arch.dram.burstBytes));
    else
      bursts = lanes;
  }
  double direct = firings * bursts * arch.dram.burstBytes * copies;
  double table = double(access.op.getTensorType().getNumElements()) * 4;
  AccessPlan plan;
  plan.buffered = table <= double(arch.memory.bytes()) && table * copies <= direct;
  double moved = plan.buffered ? table * copies : direct;
  mapping.bytesRead += moved;
  mapping.startCycles += plan.buffered ? arch.dram.cyclesFor(moved, 0) : 0;
  mapping.bytesReadLate += plan.buffered ? 0 : moved;
  if (!plan.buffered) // a burst after the other through one port
    mapping.portCycles = std::max(mapping.portCycles, firings * bursts);
  return plan;
}

void CostModel::forEachBox(const NestAccess &access, const Mapping &mapping, unsigned firstSpread,
                           llvm::function_ref<void(Place)> visit) const {
  double loads = 1;
  if (!canHold(access, mapping))
    return;
  unsigned counters = std::min(arch.dramPort.counters, arch.memory.counters), dims = access.affine->view.shape.size();
  for (unsigned depth = 0; depth <= firstSpread && depth <= mapping.numParallel; ++depth) {
    if (depth + dims > counters) // one for each loop outside and each dimension
      return;
    if (depth > 0)
      loads *= double(mapping.loops[depth - 1].extent);
    SmallVector<int64_t> extents = boxExtents(access, mapping, depth);
    int64_t fit = int64_t(arch.memory.bytes() / 4) / boxWords(access, mapping, extents);
    int64_t least = loads == 1 ? 1 : mapping.bufferDepth; // loaded once, one is enough
    int64_t most = loads == 1 || mapping.bufferDepth > 1 ? least : mostBuffers;
    if (fit >= least)
      visit({depth, loads, std::min({fit, most, int64_t(arch.memory.maxBuffers)}), extents});
  }
}

/// How often a box of the access is loaded.
static double loadsOf(const Mapping &mapping, const AccessPlan &plan) {
  double loads = 1;
  for (const LoopPlan &loop : ArrayRef(mapping.loops).take_front(plan.depth))
    loads *= double(loop.extent);
  return loads;
}

AccessPlan CostModel::planBox(const NestAccess &access, const Mapping &mapping, Place place) const {
  AccessPlan plan{true, place.depth, place.buffers};
  if (place.loads == 1 || place.buffers > 1 || !sharesPort(access, mapping))
    return plan;
  auto groupsOf = [&](const NestAccess &any) { return copiesOf(any, mapping) / mapping.group.count; };
  int64_t left = mapping.stages;
  for (auto [before, other] : llvm::zip(nest.accesses, mapping.accesses)) // those that are planned already
    left -= other.staged > 0 ? other.staged * groupsOf(before) : 0;
  plan.staged = std::min(left / groupsOf(access), mapping.group.count);
  return plan;
}

/// Cycles that units wait for boxes, of which the first comes in `first`. Of those that follow, scratchpads with room for
/// one have to be empty before they are filled again, unless the next box waits in front: then it takes a vector per
/// cycle to change them.
double CostModel::openLoads(const NestAccess &access, const Mapping &mapping, const AccessPlan &plan,
                            double first) const {
  double loads = loadsOf(mapping, plan);
  if (!plan.buffered || loads == 1 || plan.buffers > 1)
    return first;
  double change = 0;
  if (plan.staged > 0)
    change = double(boxWords(access, mapping, boxExtents(access, mapping, plan.depth))) / arch.compute.lanes;
  double unstaged = 1 - double(plan.staged) / double(mapping.group.count);
  return first + change + (loads - 1) * (change + unstaged * first);
}

/// Boxes of an access that do not come beside computing: scratchpads and what waits in front of them have room for them,
/// or units wait for them anyway (openLoads).
static double boxesInFront(const Mapping &mapping, const AccessPlan &plan) {
  double loads = loadsOf(mapping, plan);
  if (!plan.buffered || loads == 1 || plan.buffers > 1)
    return plan.buffered ? double(plan.buffers) : 0;
  double staged = double(plan.staged) / double(mapping.group.count);
  return 1 + staged + (loads - 1) * (1 - staged);
}

/// The depth with the least traffic or, if `early`, that with which computing and the DRAM take the least time side by
/// side. It is added to the mapping's costs.
AccessPlan CostModel::placeAccess(const NestAccess &access, Mapping &mapping, unsigned firstSpread, bool early,
                                  SmallVectorImpl<Brought> &brought) const {
  AccessPlan plan;
  const double streamed = streamBytes(*access.affine, mapping, false), firings = firingsOf(mapping);
  double best = streamed, first = 0, moved = streamed, changes = 0, leastTime = 0;
  bool padded = access.op.getElseValue() && access.affine->view.shape.size() > arch.dramPort.addressStages;
  bool direct = true;
  double copies = double(copiesOf(access, mapping)), ports = copies;
  if (sharesPort(access, mapping))
    ports /= double(mapping.group.count);
  // Computing begins behind the first boxes, and the last one is computed when the DRAM has brought all.
  auto timeWith = [&](double box, double traffic, double loads) {
    return std::max(mapping.startCycles + arch.dram.cyclesFor(box, 0) + firings,
                    arch.dram.cyclesFor(mapping.bytesRead + traffic, 0) + firings / loads);
  };
  forEachBox(access, mapping, firstSpread, [&](Place place) {
    double loads = place.loads;
    Box own = boxOf(access, mapping, place.extents);
    double jumps = access.packed ? 0 : own.stretches * burstsPerJump * arch.dram.burstBytes;
    double box = (access.packed ? packedBytes(access, mapping, place.extents) : own.bytes) + jumps;
    double traffic = ports * loads * box, time = early ? timeWith(ports * box, traffic, loads) : 0;
    bool startsSooner = plan.buffered && traffic <= best && ports * box < first;
    bool isBetter = traffic < worthHolding * best || (direct && padded) || startsSooner;
    if (early && mapping.bufferDepth > 1)
      isBetter = (traffic < worthHolding * streamed || padded) && (direct || time < leastTime);
    if (isBetter) {
      best = traffic;
      leastTime = time;
      moved = ports * loads * own.bytes;
      changes = ports * loads * jumps;
      first = ports * box;
      plan = planBox(access, mapping, place);
      direct = false;
    }
  });
  double vectors = moved / (arch.compute.lanes * 4.0) / (plan.buffered ? ports : copies);
  if (!plan.buffered) // words that are no neighbours each take a firing of the port
    vectors = std::max(vectors, walkOf(*access.affine, mapping, /*write=*/false).firings);
  mapping.portCycles = std::max(mapping.portCycles, vectors);
  mapping.bytesRead += best - changes;
  Brought &operand = brought.emplace_back(Brought{best, plan.buffered ? first : 0});
  if (plan.buffered) {
    double loads = loadsOf(mapping, plan);
    operand.lastTile = loads > 1 ? 1 / loads : 0; // what is loaded once is there from the start
    operand.ports = ports;
    operand.ahead = loads > 1 ? std::min(best, double(plan.buffers) * first) - first : 0;
    mapping.bytesReadLate += std::max(0.0, best - boxesInFront(mapping, plan) * first);
  } else {
    double aPort = arch.dramPort.outstandingBursts * double(arch.dram.burstBytes) +
                   arch.network.inputFifoDepth * arch.compute.lanes * 4.0;
    operand.ports = copies;
    operand.ahead = std::min(best, copies * aPort);
    mapping.bytesReadLate += best - operand.ahead;
  }
  mapping.rowChangeBytes += changes;
  mapping.startCycles += openLoads(access, mapping, plan, arch.dram.cyclesFor(first, 0));
  return plan;
}

/// The share of the work that the last tile is. Small operands do not count: that they are there helps nobody.
static double lastTileOf(ArrayRef<Brought> brought) {
  constexpr double small = 0.25; // of the largest one
  double largest = 0, last = 1;
  for (const Brought &operand : brought)
    largest = std::max(largest, operand.first > 0 ? operand.bytes : 0);
  for (const Brought &operand : brought)
    if (operand.first > 0 && operand.bytes >= small * largest)
      last = std::min(last, operand.lastTile);
  return largest > 0 ? last : 0;
}

/// What streams and second boxes take of the DRAM while the first boxes come: it serves ports in turn, so each of them
/// as much as the one with the largest box at most.
static double aheadOfBoxes(ArrayRef<Brought> brought) {
  double mostFirst = 0, ahead = 0;
  for (const Brought &operand : brought)
    mostFirst = std::max(mostFirst, operand.first / operand.ports);
  for (const Brought &operand : brought)
    ahead += std::clamp(operand.ports * mostFirst - operand.first, 0.0, operand.ahead);
  return ahead;
}

/// False as soon as ports or the DRAM need `limit` cycles. `early`: see placeAccess.
bool CostModel::placeAccesses(Mapping &mapping, bool early, double limit) const {
  unsigned firstSpread = 0; // buffers stand in loops over time only
  while (firstSpread < mapping.loops.size() && mapping.loops[firstSpread].role == LoopRole::Time)
    ++firstSpread;
  mapping.accesses.clear();
  mapping.startCycles = mapping.portCycles = 0;
  mapping.bytesRead = mapping.bytesReadLate = mapping.bytesWritten = mapping.rowChangeBytes = 0;
  placeResults(mapping);
  double retainedStart = 0; // scratchpads are read side by side
  SmallVector<Brought> brought;
  auto place = [&](const NestAccess &access) {
    if (!access.affine)
      return placeGather(access, mapping);
    double start = 0;
    AccessPlan retained =
        access.residence.mostHomes ? placeRetained(access, mapping, firstSpread, start) : AccessPlan();
    retainedStart = std::max(retainedStart, start);
    return retained.homes ? retained : placeAccess(access, mapping, firstSpread, early, brought);
  };
  for (const NestAccess &access : nest.accesses) {
    mapping.accesses.push_back(place(access));
    if (mapping.portCycles >= limit || arch.dram.cyclesFor(mapping.bytesRead, mapping.bytesWritten) >= limit)
      return false;
  }
  mapping.startCycles = std::max(mapping.startCycles + arch.dram.cyclesFor(aheadOfBoxes(brought), 0), retainedStart);
  mapping.lastTile = lastTileOf(brought);
  mapping.bytesBehindLastTile = 0;
  for (const Brought &operand : brought)
    mapping.bytesBehindLastTile += operand.first > 0 ? 0 : mapping.lastTile * (operand.bytes - operand.ahead);
  return true;
}

double CostModel::slowestRead(const Mapping &mapping) const {
  double slowest = 1;
  for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses)) {
    if (!plan.buffered)
      continue;
    if (!access.affine) {
      for (const LoopPlan &loop : mapping.loops)
        if (loop.role == LoopRole::Lanes) {
          int64_t words = std::min<int64_t>(loop.extent, arch.compute.lanes);
          std::optional<int64_t> stride = access.gather.strides[loop.dim];
          slowest = std::max(slowest, stride ? double(conflictCycles(*stride, words)) : scattered);
        }
      continue;
    }
    SmallVector<int64_t> pitches = boxPitches(access, mapping, boxExtents(access, mapping, plan.depth));
    for (const LoopPlan &loop : mapping.loops) {
      if (loop.role == LoopRole::Time)
        continue;
      int64_t stride = 0;
      for (auto [row, pitch] : llvm::zip(access.affine->coefficients, pitches))
        stride += row[loop.dim] * loop.stride * pitch;
      int64_t words = std::min<int64_t>(loop.extent, arch.compute.lanes);
      slowest = std::max(slowest, double(conflictCycles(stride, words)));
    }
  }
  return slowest;
}

/// From the first member of a group to the last one.
double CostModel::chainLatency(const Mapping &mapping) const {
  if (mapping.group.dim < 0)
    return 0;
  double pipeline = double(arch.compute.stages) * arch.compute.stageLatency;
  return double(chainLength(mapping)) * (pipeline + hopsToNeighbour * arch.network.hopLatency);
}

/// Whether positions of a gather come from the DRAM, and then what stands there.
bool CostModel::readsPositionsTwice(const Mapping &mapping) const {
  auto comesFromDram = [&](pat::AtOp read) {
    for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses))
      if (access.op == read)
        return plan.homes == 0;
    return false;
  };
  return llvm::any_of(llvm::zip(nest.accesses, mapping.accesses), [&](auto each) {
    auto [access, plan] = each;
    return !plan.buffered && llvm::any_of(access.gather.positions, comesFromDram);
  });
}

/// Requests and results cross half of a section, as do words to the DRAM and from there, and the positions of gathers.
/// Boxes of tensors that are on chip are a scratchpad more on the way, if nothing takes the longer one from the DRAM.
/// Bodies take their stages, as does what computes positions; the results of a group's last member come out behind
/// those of all others, each a unit further.
double CostModel::latencyOf(const Mapping &mapping, int64_t sectionCopies) const {
  bool gathers = llvm::any_of(nest.accesses, [](const NestAccess &access) { return !access.gather.positions.empty(); });
  double pipelines = gathers ? 2 : 1;
  double accesses = (mapping.bytesRead > 0) + (mapping.bytesWritten > 0) + readsPositionsTwice(mapping);
  double boxes = mapping.bytesRead == 0 &&
                 llvm::any_of(mapping.accesses, [](const AccessPlan &plan) { return plan.buffered && plan.homes > 0; });
  return (1 + pipelines + accesses + boxes) * crossingCycles(arch, sectionCopies) +
         pipelines * arch.compute.stages * arch.compute.stageLatency + arch.memory.readLatency +
         boxes * (arch.memory.readLatency + arch.memory.writeLatency) + accesses * arch.dram.latency() +
         chainLatency(mapping);
}

/// Where units wait for their first boxes so long that smaller ones may pay, these are tried as well: they spare no
/// computing and nothing that passes the DRAM.
bool CostModel::predict(Mapping &mapping, double limit) const {
  if (!predictWith(mapping, /*early=*/false, limit))
    return false;
  double enough = std::min(worthLoading * mapping.cycles(), limit);
  if (mapping.latencyCycles + std::max(mapping.busyCycles(), mapping.dramCycles) >= enough)
    return true;
  Mapping early = mapping;
  if (predictWith(early, /*early=*/true, enough) && early.cycles() < enough)
    mapping = std::move(early);
  return true;
}

bool CostModel::predictWith(Mapping &mapping, bool early, double limit) const {
  if (!placeAccesses(mapping, early, limit))
    return false;
  mapping.dramCycles = arch.dram.cyclesFor(mapping.bytesRead + mapping.rowChangeBytes, mapping.bytesWritten);
  mapping.readCycles = arch.dram.cyclesFor(mapping.bytesRead + mapping.rowChangeBytes - mapping.bytesBehindLastTile, 0);
  mapping.lateDramCycles = arch.dram.cyclesFor(mapping.bytesReadLate, mapping.bytesWritten);
  mapping.latencyCycles = latencyOf(mapping, mapping.copies());
  mapping.computeCycles = computeCycles(mapping);
  return true;
}

/// The members of a group share what they read, so they go on together: a set of sums begins when all have room for it.
/// With shadow accumulators two sets are under way, and those whose operands the input FIFOs take; each is computed,
/// walks along the chain and leaves.
double CostModel::computeCycles(const Mapping &mapping) const {
  double sets = 1, outputs = double(chainLength(mapping));
  for (const LoopPlan &loop : ArrayRef(mapping.loops).take_front(mapping.numParallel))
    (loop.role == LoopRole::Slots ? outputs : sets) *=
        double(loop.role == LoopRole::Slots ? loop.extent : steps(loop, arch));
  double firings = firingsOf(mapping) / sets * slowestRead(mapping);
  double underWay = (arch.compute.shadowAccumulators ? 2 : 1) + arch.network.inputFifoDepth / firings;
  double together = mapping.group.dim < 0 || !nest.fold ? 0 : (firings + chainLatency(mapping) + outputs) / underWay;
  double alone = std::max(firings, outputs);
  return sets * alone + std::max(0.0, sets - underWay) * std::max(0.0, together - alone);
}
