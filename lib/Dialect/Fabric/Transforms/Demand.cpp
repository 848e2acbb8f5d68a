// Demand.cpp - what sections ask of the chip and of the DRAM
#include "Demand.h"

#include "jacquard/Dialect/Fabric/Transforms/Predict.h"
#include "jacquard/Dialect/Utils/Overlap.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

/// Firings of a write before its first buffer is handed over.
static double firstFirings(AccessAttr write, double firings) {
  for (int64_t level = 0; level <= write.getHandoverLevel(); ++level)
    firings /= double(write.getExtents()[level]);
  return firings;
}

/// The most firings that one of the memories which take `stream` waits for.
static double firstFirings(Value stream, double firings) {
  double first = 0;
  for (Operation *user : stream.getUsers())
    if (auto memory = dyn_cast<MemoryOp>(user); memory && memory.getData() == stream && memory.getRead())
      first = std::max(first, firstFirings(*memory.getWrite(), firings));
  return first;
}

double fabric::firstBytesOf(LoadOp load, const ArchSpec &spec) {
  return firstFirings(load.getData(), bytesMoved(load.getAccess(), spec));
}

double fabric::firstVectorsOf(LoadOp load, const ArchSpec &spec) {
  return firstFirings(load.getData(), double(load.getAccess().countFirings(spec.compute.lanes)));
}

double fabric::lateBytesOf(LoadOp load, const ArchSpec &spec) {
  int64_t buffers = 0;
  for (Operation *user : load.getData().getUsers())
    if (auto memory = dyn_cast<MemoryOp>(user); memory && memory.getData() == load.getData())
      buffers = std::max(buffers, int64_t(memory.getBuffers()));
  return std::max(0.0, bytesMoved(load.getAccess(), spec) - double(buffers) * firstBytesOf(load, spec));
}

/// The DRAM brings what later sections need when it has nothing else to do, if it has a queue for that. Ports alone do
/// not know it: each of them moves as much as the one that brings the largest first tile, until that is there.
double Demand::cycles(const DramSpec &dram) const {
  double ahead = dram.backgroundQueueDepth > 0 ? 0 : std::min(bytesAhead, double(portsAhead) * mostFirst);
  double start = std::max(chipStart, dram.cyclesFor(firstBytes + ahead, 0)),
         late = dram.cyclesFor(lateBytes, bytesWritten);
  double first = bytesAhead > 0 ? dram.latency() : 0; // what comes early has to be there in the end
  return std::max(start + sideBySide(busyCycles, late), first + dram.cyclesFor(bytesRead + bytesAhead, bytesWritten));
}

static Demand demandOf(SectionOp section, const ArchSpec &spec) {
  Demand demand;
  demand.busyCycles = double(section.getBusyCycles().value_or(0));
  demand.canServe = !section.getWide() && isa<DeviceOp>(section->getParentOp());
  for (Operation &op : section.getBody().front()) {
    if (auto load = dyn_cast<LoadOp>(op)) {
      double first = firstBytesOf(load, spec);
      demand.firstBytes += first;
      demand.mostFirst = std::max(demand.mostFirst, first);
      demand.lateBytes += lateBytesOf(load, spec);
      demand.bytesRead += bytesMoved(load.getAccess(), spec);
    } else if (auto store = dyn_cast<fabric::StoreOp>(op)) {
      demand.bytesWritten += bytesMoved(store.getAccess(), spec);
    } else if (auto memory = dyn_cast<MemoryOp>(op); memory && memory.getHome() && memory.getRead()) {
      double firings = double(memory.getRead()->countFirings(spec.compute.lanes));
      demand.chipStart = std::max(demand.chipStart, firstFirings(memory.getResult(), firings));
    }
  }
  return demand;
}

std::vector<Demand> fabric::demandsOf(DeviceOp device, const SectionOrder &order, const ArchSpec &spec, double mostUsed) {
  std::vector<Demand> demands;
  for (SectionOp section : order.sections()) {
    Demand &demand = demands.emplace_back(demandOf(section, spec));
    auto fill = section->getAttrOfType<FloatAttr>(fillAttr);
    double share = std::min(mostUsed, fill ? fill.getValueAsDouble() : 1.0);
    demand.freeMemories = int64_t(share * double(spec.numMemoryUnits()));
    demand.freePorts = int64_t(share * double(spec.dramPort.count));
    for (Operation &op : section.getBody().front()) {
      auto memory = dyn_cast<MemoryOp>(op);
      demand.freeMemories -= memory && !memory.getHome();
      demand.freePorts -= isa<LoadOp, fabric::StoreOp>(op);
    }
  }
  for (auto &[home, range] : rangesOfHomes(device))
    for (unsigned section = range.first; section <= range.last; ++section)
      --demands[section].freeMemories;
  return demands;
}
