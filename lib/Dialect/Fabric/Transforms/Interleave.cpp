// Interleave.cpp - part a constant so that what comes early alternates with what comes from the DRAM
#include "Interleave.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

/// The access with other loops and registers.
static AccessAttr with(AccessAttr from, ArrayRef<int64_t> extents, int64_t vector, ArrayRef<int64_t> registers) {
  return AccessAttr::get(from.getContext(), extents, vector, registers, from.getOps(), from.getAddress(),
                         from.getElseValue(), from.getBroadcast(), from.getIndexLevel(), from.getHandoverLevel());
}

/// Cuts a level into one of `extent / inner` and, inside, one of `inner`.
static AccessAttr cut(AccessAttr from, size_t level, int64_t inner) {
  SmallVector<int64_t> extents(from.getExtents()), registers;
  if (extents[level] == inner)
    return from;
  extents[level] /= inner;
  extents.insert(extents.begin() + level + 1, inner);
  for (unsigned number = 0; number < from.getNumRegisters(); ++number) {
    SmallVector<int64_t> linear(from.getRegister(number));
    linear.insert(linear.begin() + 1 + level, linear[1 + level] * inner);
    llvm::append_range(registers, linear);
  }
  return with(from, extents, from.getVectorLevel() + (from.getVectorLevel() >= int64_t(level)), registers);
}

/// The same with the steps [begin, end) of a level alone.
static AccessAttr stepsOf(AccessAttr from, size_t level, int64_t begin, int64_t end) {
  SmallVector<int64_t> extents(from.getExtents()), registers;
  extents[level] = end - begin;
  for (unsigned number = 0; number < from.getNumRegisters(); ++number) {
    SmallVector<int64_t> linear(from.getRegister(number));
    linear.front() += linear[1 + level] * begin;
    llvm::append_range(registers, linear);
  }
  return with(from, extents, from.getVectorLevel(), registers);
}

/// Reads what `stepsOf` leaves, from its first word to its last, and fires for the other steps as well.
static AccessAttr readSteps(AccessAttr from, size_t level, int64_t begin, int64_t end) {
  SmallVector<int64_t> registers = stepsOf(from, level, begin, end).getPackedRegister();
  size_t size = registers.size();
  registers.front() = -registers[1 + level] * begin;
  registers.resize(2 * size, 0);
  registers[size + 1 + level] = 1; // the second register is the counter of the level
  return AccessAttr::get(from.getContext(), from.getExtents(), from.getVectorLevel(), registers,
                         {AccessAttr::checkOp, 1, 0, begin, end}, /*address=*/0, /*elseValue=*/0, /*broadcast=*/false,
                         AccessAttr::noIndex, /*handoverLevel=*/-1);
}

static int64_t largestDivisor(int64_t number, int64_t most) {
  int64_t divisor = std::min(number, most);
  while (number % divisor != 0)
    --divisor;
  return divisor;
}

namespace {

/// A loop that goes through the parts: `turns` steps of a level.
struct Turns {
  size_t level = 0;
  int64_t count = 1;
};

} // namespace

/// The loop of the most steps that are all read while a port fetches ahead.
static Turns findTurns(AccessAttr access, const ArchSpec &spec) {
  Turns best;
  int64_t lanes = spec.compute.lanes, ahead = spec.dramPort.outstandingBursts, vectors = 1; // inside
  for (size_t level = access.getExtents().size(); level-- > 0;) {
    bool isVector = int64_t(level) == access.getVectorLevel();
    int64_t steps = isVector ? access.getExtents()[level] / lanes : access.getExtents()[level];
    int64_t count = steps > 1 ? largestDivisor(steps, std::max<int64_t>(1, ahead / vectors)) : 1;
    if (access.movesWith(unsigned(level)) && count > best.count)
      best = {level, count};
    vectors *= std::max<int64_t>(1, steps);
  }
  return best;
}

int64_t fabric::turnsOf(LoadOp load, BufferOp constant, const ArchSpec &spec) {
  AccessAttr access = load.getAccess();
  int64_t vector = access.getVectorLevel();
  if (!constant.getOrder() || access.getNumRegisters() != 1 || access.getNumOps() > 0 ||
      access.getHandoverLevel() >= 0 || vector < 0 || access.getExtents()[vector] % spec.compute.lanes != 0)
    return 1;
  AccessAttr order = *constant.getOrder();
  if (order.getExtents() != access.getExtents() || order.getVectorLevel() != vector || order.getHandoverLevel() >= 0)
    return 1;
  auto suffice = [&](unsigned counters, unsigned registers, unsigned stages) { // two levels may be cut
    return access.getExtents().size() + 2 <= counters && registers >= 2 && stages >= 1;
  };
  bool fits = suffice(spec.dramPort.counters, spec.dramPort.addressRegisters, spec.dramPort.addressStages) &&
              suffice(spec.memory.counters, spec.memory.addressRegisters, spec.memory.addressStages);
  return fits ? findTurns(access, spec).count : 1;
}

Interleaving fabric::interleave(LoadOp load, BufferOp constant, int64_t early, const ArchSpec &spec) {
  AccessAttr access = load.getAccess(), order = *constant.getOrder();
  Turns turns = findTurns(access, spec);
  size_t level = turns.level;
  auto cutBoth = [&](size_t level, int64_t inner) {
    access = cut(access, level, inner);
    order = cut(order, level, inner);
  };
  if (int64_t(level) == access.getVectorLevel())
    cutBoth(level, spec.compute.lanes);
  if (access.getExtents()[level] > turns.count)
    cutBoth(level++, turns.count);
  auto part = [&](int64_t begin, int64_t end) {
    return ConstantPart{stepsOf(order, level, begin, end), readSteps(access, level, begin, end)};
  };
  return {part(0, turns.count - early), part(turns.count - early, turns.count)};
}
