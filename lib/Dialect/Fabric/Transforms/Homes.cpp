// Homes.cpp - from which section to which a memory unit keeps its words
#include "Homes.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

static Operation *outermostLoop(Operation *op) {
  Operation *outermost = nullptr;
  for (auto loop = op->getParentOfType<LoopOp>(); loop; loop = loop->getParentOfType<LoopOp>())
    outermost = loop;
  return outermost;
}

SectionOrder::SectionOrder(DeviceOp device) : order(sectionsOf(device)) {
  for (auto [number, section] : llvm::enumerate(order)) {
    numbers[section] = unsigned(number);
    if (Operation *loop = outermostLoop(section))
      ofLoop.insert({loop, {unsigned(number), 0}}).first->second.last = unsigned(number);
  }
}

SectionRange SectionOrder::spanOf(ArrayRef<SectionOp> users) const {
  SectionRange span{unsigned(order.size()), 0};
  for (SectionOp user : users) {
    Operation *loop = outermostLoop(user);
    SectionRange own = loop ? ofLoop.lookup(loop) : SectionRange{numberOf(user), numberOf(user)};
    span = {std::min(span.first, own.first), std::max(span.last, own.last)};
  }
  return span;
}

StringAttr fabric::homeOf(Operation *op) {
  auto memory = dyn_cast<MemoryOp>(op);
  return memory ? memory.getHomeAttr() : StringAttr();
}

llvm::MapVector<StringAttr, SectionRange> fabric::rangesOfHomes(DeviceOp device) {
  SectionOrder order(device);
  llvm::MapVector<StringAttr, SmallVector<SectionOp>> users;
  for (SectionOp section : order.sections())
    for (auto memory : section.getBody().front().getOps<MemoryOp>())
      if (memory.getHome())
        users[memory.getHomeAttr()].push_back(section);
  llvm::MapVector<StringAttr, SectionRange> ranges;
  for (auto &[home, sections] : users)
    ranges[home] = order.spanOf(sections);
  return ranges;
}

/// The operations that an operation gets streams from or gives streams to.
static SmallVector<Operation *> connectedWith(Operation *op) {
  SmallVector<Operation *> others;
  for (Value operand : op->getOperands())
    if (Operation *source = operand.getDefiningOp())
      others.push_back(source);
  llvm::append_range(others, op->getUsers());
  return others;
}

HomeNeighbours::HomeNeighbours(DeviceOp device) {
  for (auto [number, section] : llvm::enumerate(sectionsOf(device)))
    for (auto memory : section.getBody().front().getOps<MemoryOp>()) {
      if (!memory.getHome())
        continue;
      llvm::SetVector<StringAttr> found;
      for (Operation *between : connectedWith(memory)) {
        if (StringAttr home = homeOf(between))
          found.insert(home);
        else
          for (Operation *other : connectedWith(between))
            if (StringAttr home = homeOf(other))
              found.insert(home);
      }
      found.remove(memory.getHomeAttr());
      if (found.empty())
        continue;
      SmallVector<StringAttr> names(found.getArrayRef());
      llvm::sort(names, [](StringAttr a, StringAttr b) { return a.getValue() < b.getValue(); }); // users have no order
      meetings[memory.getHomeAttr()].push_back({unsigned(number), std::move(names)});
    }
}

ArrayRef<HomeNeighbours::Meeting> HomeNeighbours::of(StringAttr home) const {
  auto found = meetings.find(home);
  return found == meetings.end() ? ArrayRef<Meeting>() : ArrayRef<Meeting>(found->second);
}
