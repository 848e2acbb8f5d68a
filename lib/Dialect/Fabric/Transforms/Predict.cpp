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

double fabric::bytesMoved(SectionOp section, const ArchSpec &spec) {
  double bytes = 0;
  for (Operation &op : section.getBody().front())
    if (auto load = dyn_cast<LoadOp>(op))
      bytes += bytesMoved(load.getAccess(), spec);
    else if (auto store = dyn_cast<fabric::StoreOp>(op))
      bytes += bytesMoved(store.getAccess(), spec);
  return bytes;
}

double fabric::predictedCycles(DeviceOp device, const ArchSpec &spec) {
  double total = 0;
  for (SectionOp section : sectionsOf(device)) {
    double trips = 1;
    for (auto loop = section->getParentOfType<LoopOp>(); loop; loop = loop->getParentOfType<LoopOp>())
      trips *= double(loop.getMax());
    total += trips * std::max(double(section.getPredictedCycles().value_or(0)),
                              bytesMoved(section, spec) / spec.dram.bytesPerCycle);
  }
  return total;
}
