// Predict.cpp - how long a device takes, before it is placed
#include "jacquard/Dialect/Fabric/Transforms/Predict.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

double fabric::bytesMoved(AccessAttr access, const ArchSpec &spec) {
  int64_t lanes = 1, step = 1;
  if (int64_t vector = access.getVectorLevel(); vector >= 0) {
    lanes = std::min<int64_t>(access.getExtents()[vector], spec.compute.lanes);
    if (ArrayRef<int64_t> linear = access.getAddressRegister(); !linear.empty())
      step = std::abs(linear[1 + vector]);
  }
  double words = double(spec.dram.burstBytes) / 4;
  double bursts = lanes == 1 ? 1 / words : std::min(double(lanes), std::max(double(lanes * step) / words, 1 / words));
  return double(access.countFirings(spec.compute.lanes)) * bursts * spec.dram.burstBytes;
}

/// Neighbouring words that an access walks through before it jumps.
static int64_t stretchOf(AccessAttr access) {
  ArrayRef<int64_t> linear = access.getAddressRegister(), extents = access.getExtents();
  int64_t words = 1;
  if (linear.empty())
    return words; // computed
  for (size_t level = extents.size(); level-- > 0;) {
    if (extents[level] == 1)
      continue;
    if (linear[1 + level] != words)
      break;
    words *= extents[level];
  }
  return words;
}

double fabric::dramCycles(AccessAttr access, const ArchSpec &spec) {
  constexpr double burstsPerJump = 0.6; // single bursts were seen to run at 55 to 65 % of the peak
  double bytes = bytesMoved(access, spec), stretch = double(stretchOf(access)) * 4;
  double jumps = bytes / std::max<double>(stretch, spec.dram.burstBytes);
  return (bytes + burstsPerJump * jumps * spec.dram.burstBytes) / spec.dram.bytesPerCycle;
}

double fabric::dramCycles(SectionOp section, const ArchSpec &spec) {
  double cycles = 0;
  for (Operation &op : section.getBody().front())
    if (auto load = dyn_cast<LoadOp>(op))
      cycles += dramCycles(load.getAccess(), spec);
    else if (auto store = dyn_cast<fabric::StoreOp>(op))
      cycles += dramCycles(store.getAccess(), spec);
  return cycles;
}

double fabric::predictedCycles(DeviceOp device, const ArchSpec &spec) {
  double total = 0;
  for (SectionOp section : sectionsOf(device)) {
    double trips = 1;
    for (auto loop = section->getParentOfType<LoopOp>(); loop; loop = loop->getParentOfType<LoopOp>())
      trips *= double(loop.getMax());
    total += trips * std::max(double(section.getPredictedCycles().value_or(0)), dramCycles(section, spec));
  }
  return total;
}
