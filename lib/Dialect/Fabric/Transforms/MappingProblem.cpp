// MappingProblem.cpp - between the IR of a section and the mapper's plain structs
#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

std::optional<UnitKind> fabric::unitKindOf(Operation *op) {
  if (isa<LoadOp, StoreOp>(op))
    return UnitKind::DramPort;
  if (isa<MemoryOp>(op))
    return UnitKind::Memory;
  if (isa<ComputeOp>(op))
    return UnitKind::Compute;
  return std::nullopt;
}

/// The ports of Bitstream/Config.h: data before index or cascade, a memory's read index last; scalar ports follow
/// vector ports.
unsigned fabric::inputPortOf(OpOperand &operand, const FabricModel &model) {
  Operation *unit = operand.getOwner();
  unsigned number = operand.getOperandNumber();
  if (isa<LoadOp>(unit))
    return 1;
  if (auto memory = dyn_cast<MemoryOp>(unit)) {
    auto isOf = [&](MutableOperandRange range) { return !range.empty() && &*range.begin() == &operand; };
    return isOf(memory.getReadIndexMutable()) ? 2 : isOf(memory.getDataMutable()) ? 0 : 1;
  }
  if (auto compute = dyn_cast<ComputeOp>(unit)) {
    unsigned vectors = compute.getVectors().size(), scalars = compute.getScalars().size();
    return number < vectors             ? number
           : number < vectors + scalars ? number - vectors + model.ports(UnitKind::Compute).vectorIn
                                        : number - scalars;
  }
  return number;
}

/// How many values a stream carries.
static uint64_t streamWeight(Value stream, unsigned lanes) {
  Operation *unit = stream.getDefiningOp();
  if (auto load = dyn_cast<LoadOp>(unit))
    return load.getAccess().countFirings(lanes);
  if (auto memory = dyn_cast<MemoryOp>(unit))
    return memory.getRead() ? memory.getRead()->countFirings(lanes) : 0;
  auto compute = cast<ComputeOp>(unit);
  auto endsOf = [&](int64_t level) {
    return countFirings(compute.getCounters().take_front(level + 1), compute.getVectorLevel(), lanes);
  };
  unsigned number = 0;
  for (Operation &op : compute.getBody().front()) {
    if (!isa<PushOp, DrainOp>(op) || number++ != cast<OpResult>(stream).getResultNumber())
      continue;
    if (auto push = dyn_cast<PushOp>(op))
      return endsOf(push.getLevel());
    auto drain = cast<DrainOp>(op);
    return drain.getValues().size() * endsOf(drain.getLevel());
  }
  return 1;
}

SectionProblem fabric::buildProblem(SectionOp section, const FabricModel &model) {
  SectionProblem result;
  llvm::DenseMap<Operation *, mapper::UnitId> ids;
  unsigned counts[3] = {};
  for (Operation &op : section.getBody().front()) {
    auto kind = unitKindOf(&op);
    if (!kind)
      continue;
    auto named = op.getAttrOfType<StringAttr>("unit");
    std::string name = named ? named.str() : std::string(unitKindName(*kind)) + "." + std::to_string(counts[unsigned(*kind)]);
    ++counts[unsigned(*kind)];
    ids[&op] = result.problem.units.add({*kind, name, nodeName(op.getLoc())});
    result.units.push_back(&op);
  }
  for (Operation *op : result.units)
    for (OpResult stream : op->getResults()) {
      if (auto memory = dyn_cast<MemoryOp>(op); memory && !memory.getRead())
        continue; // it only keeps what it is given
      mapper::Net net;
      net.name = result.problem.units[ids[op]].name + ":" + std::to_string(stream.getResultNumber());
      net.source = {ids[op], stream.getResultNumber()};
      net.weight = streamWeight(stream, model.spec().compute.lanes);
      for (OpOperand &use : stream.getUses())
        if (auto it = ids.find(use.getOwner()); it != ids.end()) {
          mapper::Terminal sink{it->second, inputPortOf(use, model)};
          net.sinks.push_back(sink);
          net.network = model.networkOfInput(*unitKindOf(use.getOwner()), sink.port);
        }
      llvm::sort(net.sinks); // use lists have no order of their own
      result.problem.nets.add(net);
      result.streams.push_back(stream);
    }
  return result;
}

FailureOr<unsigned> fabric::siteOf(Operation *unit, const FabricModel &model) {
  auto at = unit->getAttrOfType<DenseI64ArrayAttr>("at");
  if (!at || at.size() != 3)
    return unit->emitError() << "has no place; run fabric-place before";
  for (auto [number, site] : llvm::enumerate(model.sites()))
    if (site.x == at[0] && site.y == at[1] && int64_t(site.slot) == at[2])
      return unsigned(number);
  return unit->emitError() << "stands at (" << at[0] << ", " << at[1] << ") slot " << at[2] << ", where '"
                           << model.spec().name << "' has no unit";
}

void fabric::setSite(Operation *unit, unsigned site, const FabricModel &model) {
  const Site &place = model.sites()[site];
  unit->setAttr("at", DenseI64ArrayAttr::get(unit->getContext(), {place.x, place.y, int64_t(place.slot)}));
}

FailureOr<mapper::Placement> fabric::readPlacement(const SectionProblem &section, const FabricModel &model) {
  mapper::Placement placement;
  for (Operation *unit : section.units) {
    auto site = siteOf(unit, model);
    if (failed(site))
      return failure();
    placement.siteOf.add(*site);
  }
  return placement;
}

mapper::Routing fabric::readRouting(const SectionProblem &section, SectionOp op) {
  llvm::DenseMap<Value, std::vector<mapper::Hop>> hopsOf;
  for (auto route : op.getBody().front().getOps<RouteOp>())
    for (size_t i = 0; i < route.getHops().size(); i += 3)
      hopsOf[route.getStream()].push_back({unsigned(route.getHops()[i]), unsigned(route.getHops()[i + 1]),
                                           unsigned(route.getHops()[i + 2])});
  mapper::Routing routing;
  for (Value stream : section.streams)
    routing.hops.add(hopsOf.lookup(stream));
  return routing;
}
