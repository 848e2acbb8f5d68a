// Schedule.cpp - rules of the loops of a schedule, the same for writer, reader and simulator
#include "jacquard/Bitstream/Encode.h"

#include <climits>
#include <fmt/format.h>

namespace jacquard::bitstream {

static Status checkLoop(const ScheduleLoop &loop, size_t entries, uint64_t dramBytes) {
  if (loop.begin >= loop.end || loop.end > entries)
    return Error{fmt::format("entries {} to {} are not allowed; expected a range of {} schedule entries", loop.begin,
                             loop.end, entries)};
  if (loop.maxTrips == 0 || loop.maxTrips > uint32_t(INT_MAX))
    return Error{fmt::format("{} trips are not allowed; expected 1 to {}", loop.maxTrips, INT_MAX)};
  if (loop.testFirst && !loop.condition)
    return Error{"a test before the first trip needs a condition"};
  if (loop.condition && *loop.condition >= dramBytes)
    return Error{
        fmt::format("condition at {} is outside DRAM; expected at most {}", *loop.condition, int64_t(dramBytes) - 1)};
  if (loop.counter && (dramBytes < 4 || *loop.counter > dramBytes - 4 || *loop.counter % 4 != 0))
    return Error{fmt::format("counter at {} is not allowed; expected a multiple of 4 that is at most {}", *loop.counter,
                             int64_t(dramBytes) - 4)};
  return {};
}

Status verifyLoops(const Program &program) {
  constexpr size_t deepest = 64;
  std::vector<const ScheduleLoop *> around;
  for (size_t i = 0; i < program.loops.size(); ++i) {
    const ScheduleLoop &loop = program.loops[i];
    if (Status status = checkLoop(loop, program.schedule.size(), program.dramBytes); !status)
      return Error{fmt::format("loop {}: {}", i, status.error())};
    if (i > 0 && loop.begin < program.loops[i - 1].begin)
      return Error{fmt::format("loop {}: begins before loop {}; expected loops in order", i, i - 1)};
    while (!around.empty() && around.back()->end <= loop.begin)
      around.pop_back();
    if (!around.empty() && loop.end > around.back()->end)
      return Error{fmt::format("loop {}: ends outside of the loop around it; expected nested loops", i)};
    around.push_back(&loop);
    if (around.size() > deepest)
      return Error{fmt::format("loop {}: nested more than {} deep", i, deepest)};
  }
  return {};
}

} // namespace jacquard::bitstream
