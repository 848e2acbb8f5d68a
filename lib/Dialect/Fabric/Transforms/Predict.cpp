// Predict.cpp - how long a device takes, before it is placed
// Why: what stays on chip, comes early or is packed is decided after the mapping, which could only assume it.
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPREDICTPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

/// Neighbouring words that an access walks through before it jumps.
static int64_t stretchOf(AccessAttr access, int64_t lanes) {
  ArrayRef<int64_t> linear = access.getAddressRegister(), extents = access.getExtents();
  if (linear.empty())
    return lanes; // computed: whole vectors, mostly
  int64_t vector = access.getVectorLevel(), words = 1;
  if (vector >= 0 && linear[1 + vector] == 1)
    words = std::min(extents[vector], lanes);
  for (int64_t level = int64_t(extents.size()) - 1; level >= 0; --level) {
    bool ofLanes = level == vector;
    int64_t steps = ofLanes ? llvm::divideCeilSigned(extents[level], lanes) : extents[level];
    if (steps == 1 || (words == 1 && linear[1 + level] == 0)) // the same word again
      continue;
    if (linear[1 + level] * (ofLanes ? lanes : 1) != words)
      break;
    words *= steps;
  }
  return words;
}

/// The share of the addresses that pass checks of the address itself.
static double shareWithin(AccessAttr access) {
  ArrayRef<int64_t> linear = access.getAddressRegister();
  double share = 1;
  for (ArrayRef<int64_t> ops = access.getOps(); !linear.empty() && !ops.empty(); ops = ops.drop_front(5)) {
    if (ops[0] != AccessAttr::checkOp || ops[1] != access.getAddress())
      continue;
    int64_t lowest = linear.front(), highest = linear.front();
    for (auto [step, extent] : llvm::zip(linear.drop_front(), access.getExtents()))
      (step < 0 ? lowest : highest) += step * (extent - 1);
    int64_t inside = std::min(highest + 1, ops[4]) - std::max(lowest, ops[3]);
    share *= double(std::max<int64_t>(inside, 0)) / double(highest + 1 - lowest);
  }
  return share;
}

double fabric::bytesMoved(AccessAttr access, const ArchSpec &spec) {
  int64_t lanes = 1, step = 1;
  if (int64_t vector = access.getVectorLevel(); vector >= 0) {
    lanes = std::min<int64_t>(access.getExtents()[vector], spec.compute.lanes);
    if (ArrayRef<int64_t> linear = access.getAddressRegister(); !linear.empty())
      step = std::abs(linear[1 + vector]);
  }
  double words = double(spec.dram.burstBytes) / 4;
  double inARow = std::min(words, double(stretchOf(access, 1))); // single words share a burst until the port jumps
  double bursts = lanes == 1 ? 1 / inARow : std::min(double(lanes), std::max(double(lanes * step) / words, 1 / words));
  return double(access.countFirings(spec.compute.lanes)) * shareWithin(access) * bursts * spec.dram.burstBytes;
}

/// As many bytes of neighbouring bursts take the DRAM as long.
static double bytesInARow(AccessAttr access, const ArchSpec &spec) {
  constexpr double burstsPerJump = 0.6; // single bursts were seen to run at 55 to 65 % of the peak
  double bytes = fabric::bytesMoved(access, spec), stretch = double(stretchOf(access, spec.compute.lanes)) * 4;
  double jumps = bytes / std::max<double>(stretch, spec.dram.burstBytes);
  return bytes + burstsPerJump * jumps * spec.dram.burstBytes;
}

double fabric::dramCycles(AccessAttr access, const ArchSpec &spec) {
  return spec.dram.cyclesFor(bytesInARow(access, spec), 0);
}

double fabric::dramCycles(SectionOp section, const ArchSpec &spec) {
  double read = 0, written = 0;
  for (Operation &op : section.getBody().front())
    if (auto load = dyn_cast<LoadOp>(op))
      read += bytesMoved(load.getAccess(), spec);
    else if (auto store = dyn_cast<fabric::StoreOp>(op))
      written += bytesMoved(store.getAccess(), spec);
  return spec.dram.cyclesFor(read, written);
}

/// How much later the last result comes as words pass through slices behind each other. The mapping could not know into
/// how many a tensor would be cut.
static double cascadeCycles(SectionOp section, const ArchSpec &spec) {
  constexpr double hopsBetweenSlices = 7; // measured: they stand where there was room when they were written
  double each = spec.memory.readLatency + hopsBetweenSlices * spec.network.hopLatency, longest = 0;
  llvm::DenseMap<Operation *, double> delays;
  for (Operation &op : section.getBody().front()) {
    double delay = 0;
    auto memory = dyn_cast<MemoryOp>(op);
    for (Value operand : op.getOperands())
      if (Operation *source = operand.getDefiningOp())
        delay = std::max(delay, delays.lookup(source) + (memory && operand == memory.getCascade() ? each : 0));
    delays[&op] = delay;
    longest = std::max(longest, delay);
  }
  return longest;
}

double fabric::predictedCycles(SectionOp section, const ArchSpec &spec) {
  return std::max(double(section.getPredictedCycles().value_or(0)) + cascadeCycles(section, spec),
                  dramCycles(section, spec));
}

double fabric::tripsOf(SectionOp section) {
  double trips = 1;
  for (auto loop = section->getParentOfType<LoopOp>(); loop; loop = loop->getParentOfType<LoopOp>())
    trips *= double(loop.getMax());
  return trips;
}

namespace {

struct FabricPredict : fabric::impl::FabricPredictPassBase<FabricPredict> {
  void runOnOperation() override {
    auto model = loadFabricModel(getOperation(), getOperation().getArch());
    if (!model)
      return signalPassFailure();
    for (SectionOp section : sectionsOf(getOperation()))
      section.setPredictedCycles(int64_t(predictedCycles(section, model->spec())));
  }
};

} // namespace
