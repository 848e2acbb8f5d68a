// Spills.cpp - what fabric-retain tells of tensors that found no room on chip
#include "jacquard/Dialect/Fabric/Transforms/Spills.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

/// On a device: for each spill its cycles, boxes, fullest section, number of writers, writers and readers.
static constexpr llvm::StringLiteral spillsOfDeviceAttr = "jacquard.spilled";

void fabric::setSpills(DeviceOp device, ArrayRef<Spill> spills) {
  SmallVector<Spill> sorted(spills);
  llvm::sort(sorted, [](const Spill &a, const Spill &b) {
    return std::tie(b.cycles, a.fullest, a.writers) < std::tie(a.cycles, b.fullest, b.writers);
  });
  Builder b(device.getContext());
  SmallVector<Attribute> rows;
  for (const Spill &spill : sorted) {
    SmallVector<int64_t> row = {spill.cycles, spill.boxes, spill.fullest, int64_t(spill.writers.size())};
    row.append(spill.writers.begin(), spill.writers.end());
    row.append(spill.readers.begin(), spill.readers.end());
    rows.push_back(b.getDenseI64ArrayAttr(row));
  }
  if (!rows.empty())
    device->setAttr(spillsOfDeviceAttr, b.getArrayAttr(rows));
}

std::vector<Spill> fabric::spillsOf(DeviceOp device) {
  std::vector<Spill> spills;
  auto rows = device->getAttrOfType<ArrayAttr>(spillsOfDeviceAttr);
  for (Attribute attribute : rows ? rows.getValue() : ArrayRef<Attribute>()) {
    ArrayRef<int64_t> row = cast<DenseI64ArrayAttr>(attribute).asArrayRef();
    ArrayRef<int64_t> users = row.drop_front(4);
    spills.push_back({row[0], row[1], unsigned(row[2]), SmallVector<unsigned>(users.take_front(row[3])),
                      SmallVector<unsigned>(users.drop_front(row[3]))});
  }
  return spills;
}
