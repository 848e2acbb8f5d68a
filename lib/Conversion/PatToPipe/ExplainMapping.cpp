// ExplainMapping.cpp - says in remarks why a nest is mapped as it is
#include "ExplainMapping.h"

#include "CostModel.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace jacquard;
using llvm::formatv;
using pipe::LoopRole;

static constexpr llvm::StringLiteral category = "convert-pat-to-pipe";

bool jacquard::wantsRemarks(Operation *op) { return op->getContext()->getRemarkEngine() != nullptr; }

namespace {

class Explanation {
public:
  Explanation(const Nest &nest, const ArchSpec &arch, function_ref<std::string(Value)> nameOf)
      : nest(nest), arch(arch), nameOf(nameOf), model(nest, arch) {}

  std::string describeRoles(const Mapping &mapping) const;
  std::string describeLoops(const Mapping &mapping) const;
  std::string describeRead(unsigned number, const Mapping &mapping) const;
  std::string describeWrite(Value result, const Mapping &mapping) const;
  std::string describeBound(const Mapping &mapping) const;
  std::string describeUnits(const UnitNeed &need) const;
  std::string describeLack(const UnitNeed &need, double fill) const;

private:
  int64_t bytesOnce(const Mapping &mapping) const;
  std::string describeDim(unsigned dim, const Mapping &mapping) const;

  const Nest &nest;
  const ArchSpec &arch;
  function_ref<std::string(Value)> nameOf;
  CostModel model;
};

/// "d1 784 = 7 units x 2 time x 56 lanes"; "d2 64 summed in time".
std::string Explanation::describeDim(unsigned dim, const Mapping &mapping) const {
  SmallVector<std::string> factors;
  if (mapping.units.dim == int(dim))
    factors.push_back(formatv("{0} units", mapping.units.count));
  if (mapping.joined.dim == int(dim))
    factors.push_back(formatv("{0} joined", mapping.joined.count));
  if (mapping.group.dim == int(dim))
    factors.push_back(formatv("{0} members", mapping.group.count));
  for (const LoopPlan &loop : mapping.loops)
    if (loop.dim == dim && loop.extent > 1)
      factors.push_back(formatv("{0} {1}", loop.extent, pipe::stringifyLoopRole(loop.role)));
  return formatv("d{0} {1}{2} = {3}", dim, nest.dims[dim].extent, nest.dims[dim].reduction ? " reduced" : "",
                 factors.empty() ? "1" : llvm::join(factors, " x "));
}

std::string Explanation::describeRoles(const Mapping &mapping) const {
  SmallVector<std::string> parts;
  for (unsigned dim = 0; dim < nest.dims.size(); ++dim)
    parts.push_back(describeDim(dim, mapping));
  return parts.empty() ? "a single point" : llvm::join(parts, "; ");
}

/// Outermost first: "d0 by 32, d1 by 64; d0, d2": tiles, and the loops inside of them.
std::string Explanation::describeLoops(const Mapping &mapping) const {
  SmallVector<std::string> parts;
  for (const LoopPlan &loop : mapping.loops)
    parts.push_back(loop.stride == 1 ? formatv("d{0}", loop.dim).str()
                                     : formatv("d{0} by {1}", loop.dim, loop.stride).str());
  return llvm::join(parts, ", ");
}

/// Where an access comes from.
std::string Explanation::describeRead(unsigned number, const Mapping &mapping) const {
  const NestAccess &access = nest.accesses[number];
  const AccessPlan &plan = mapping.accesses[number];
  std::string name = nameOf(access.op.getTensor());
  if (!access.affine)
    return formatv("{0}: {1}", name,
                   plan.buffered ? "gathered from a scratchpad that holds all of it" : "gathered from DRAM");
  std::string source = plan.homes ? formatv("{0} scratchpads that may keep all of it", plan.homes).str() : "DRAM";
  if (!plan.buffered)
    return formatv("{0}: streamed from {1}", name, source);
  int64_t boxes = copiesOf(access, mapping);
  std::string staged;
  if (plan.staged > 0)
    staged = formatv(", {0} of them behind another one", plan.staged * boxes / mapping.group.count);
  return formatv("{0}: {1} x {2} bytes in each of {3} scratchpads{4}, loaded inside {5} loops, from {6}", name,
                 plan.buffers, 4 * boxWords(access, mapping, boxExtents(access, mapping, plan.depth)), boxes, staged,
                 plan.depth, source);
}

/// Where a result goes.
std::string Explanation::describeWrite(Value result, const Mapping &mapping) const {
  return mapping.resultHomes ? formatv("{0}: to {1} scratchpads that may keep it", nameOf(result),
                                       mapping.resultHomes / nest.op->getNumResults())
                                   .str()
                             : formatv("{0}: to DRAM", nameOf(result)).str();
}

/// Bytes of the tensors that the mapping reads from DRAM or writes there.
int64_t Explanation::bytesOnce(const Mapping &mapping) const {
  llvm::SmallPtrSet<Value, 8> tensors;
  for (auto [access, plan] : llvm::zip(nest.accesses, mapping.accesses))
    if (plan.homes == 0)
      tensors.insert(access.op.getTensor());
  if (mapping.resultHomes == 0)
    tensors.insert(nest.op->result_begin(), nest.op->result_end());
  int64_t words = 0;
  for (Value tensor : tensors)
    words += cast<ShapedType>(tensor.getType()).getNumElements();
  return 4 * words;
}

std::string Explanation::describeBound(const Mapping &mapping) const {
  std::string bound = mapping.bound();
  if (bound == "dram")
    return formatv("DRAM: {0:f0} bytes at {1} a cycle; each once would be {2}",
                   mapping.bytesRead + mapping.bytesWritten, arch.dram.bytesPerCycle, bytesOnce(mapping));
  if (bound == "ports")
    return formatv("ports: {0:f0} vectors through one of them, one a cycle", mapping.portCycles);
  double firings = model.firingsOf(mapping), slowest = model.slowestRead(mapping);
  if (firings * slowest < mapping.computeCycles)
    return formatv("results: each unit hands on {0:f0} of them, one a cycle", mapping.computeCycles);
  if (slowest > 1)
    return formatv("scratchpad banks: each of {0:f0} firings takes {1} cycles", firings, slowest);
  int64_t slots = 1;
  for (const LoopPlan &loop : mapping.loops)
    slots = loop.role == LoopRole::Slots ? loop.extent : slots;
  return formatv("{0}: {1:f0} firings of {2} lanes x {3} slots on each of {4} copies", slots > 1 ? "stages" : "lanes",
                 firings, arch.compute.lanes, slots, mapping.copies());
}

std::string Explanation::describeUnits(const UnitNeed &need) const {
  return formatv("compute {0} of {1}, memory {2} of {3}, DRAM ports {4} of {5}", need.compute, arch.numComputeUnits(),
                 need.memory, arch.numMemoryUnits(), need.dramPorts, arch.dramPort.count);
}

std::string Explanation::describeLack(const UnitNeed &need, double fill) const {
  SmallVector<std::string> lacks;
  auto check = [&](StringRef what, int64_t needed, double have) {
    if (double(needed) > have)
      lacks.push_back(formatv("{0} {1} needed, {2} to be had", needed, what, int64_t(have)));
  };
  check("compute units", need.compute, double(usableComputeUnits(nest, arch, fill)));
  check("memory units", need.memory, fill * arch.numMemoryUnits());
  check("DRAM ports", need.dramPorts, arch.dramPort.count);
  return llvm::join(lacks, ", ");
}

} // namespace

/// Cycles of a whole number: parts of one mean nothing.
static int64_t whole(double cycles) { return int64_t(std::llround(cycles)); }

static std::string describeSharing(double saves, bool joins) {
  if (joins)
    return saves > 0 ? formatv("joins the section before, which saves {0} cycles", whole(saves)).str()
                     : formatv("joins the section before for {0} cycles, to save a section", whole(-saves)).str();
  return saves > 0
             ? formatv("leaves the section before, which saves more than the {0} cycles of joining", whole(saves)).str()
             : formatv("leaves the section before, which it would slow down by {0} cycles", whole(-saves)).str();
}

void jacquard::explainMapping(const PlannedNest &planned, bool joins, const ArchSpec &arch, StringRef section,
                              function_ref<std::string(Value)> nameOf) {
  const Mapping &mapping = planned.mapping;
  auto remark = remark::passed(planned.nest.op->getLoc(), remark::RemarkOpts::name("mapping").category(category));
  if (!remark)
    return;
  Explanation explanation(planned.nest, arch, nameOf);
  auto cyclesOf = [](const Mapping &of) { return whole(of.cycles()); };
  remark << remark::metric("Section", section.str()) << remark::metric("Roles", explanation.describeRoles(mapping))
         << remark::metric("Loops", explanation.describeLoops(mapping));
  for (unsigned number = 0; number < planned.nest.accesses.size(); ++number)
    remark << remark::metric("Reads", explanation.describeRead(number, mapping));
  for (Value result : planned.nest.op->getResults())
    remark << remark::metric("Writes", explanation.describeWrite(result, mapping));
  remark << remark::metric("Cycles", cyclesOf(mapping)) << remark::metric("Latency", whole(mapping.latencyCycles))
         << remark::metric("Start", whole(mapping.startCycles))
         << remark::metric("Compute", whole(mapping.computeCycles))
         << remark::metric("Ports", whole(mapping.portCycles)) << remark::metric("Dram", whole(mapping.dramCycles))
         << remark::metric("Bound", explanation.describeBound(mapping))
         << remark::metric("Units", explanation.describeUnits(estimateUnits(planned.nest, mapping, arch)));
  if (planned.sharingSaves)
    remark << remark::metric("Sharing", describeSharing(*planned.sharingSaves, joins));
  if (!planned.rivals)
    return;
  if (const Rivals::Rival *rival = planned.rivals->otherRoles(mapping))
    remark << remark::metric("RunnerUp", explanation.describeRoles(rival->mapping))
           << remark::metric("RunnerUpCycles", cyclesOf(rival->mapping));
  if (const Rivals::Rival *rival = planned.rivals->otherTiles(mapping))
    remark << remark::metric("OtherTiles", explanation.describeLoops(rival->mapping))
           << remark::metric("OtherTilesRoles", explanation.describeRoles(rival->mapping))
           << remark::metric("OtherTilesCycles", cyclesOf(rival->mapping));
  if (const Rivals::Rival *rival = planned.rivals->refused(mapping))
    remark << remark::metric("NoRoomFor", explanation.describeRoles(rival->mapping))
           << remark::metric("NoRoomCycles", cyclesOf(rival->mapping))
           << remark::metric("Lacks", explanation.describeLack(rival->need, planned.rivals->fill));
}
