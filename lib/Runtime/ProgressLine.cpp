// ProgressLine.cpp - estimates what is left and draws the line
#include "jacquard/Runtime/ProgressLine.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <utility>

namespace jacquard::runtime {

ProgressText::ProgressText(const bitstream::Program &program) : numEntries(program.schedule.size()) {
  if (!program.loops.empty())
    return;
  predictedBefore.push_back(0);
  for (uint32_t section : program.schedule) {
    uint64_t predicted = program.sections[section].predictedCycles;
    if (predicted == 0) {
      predictedBefore.clear();
      return;
    }
    predictedBefore.push_back(predictedBefore.back() + predicted);
  }
}

std::optional<double> ProgressText::shareDone(const sim::Progress &progress) const {
  if (progress.entry + 1 >= predictedBefore.size())
    return std::nullopt;
  uint64_t before = predictedBefore[progress.entry], ofEntry = predictedBefore[progress.entry + 1] - before;
  return double(before + std::min(progress.entryCycles, ofEntry)) / double(predictedBefore.back());
}

std::string ProgressText::at(const sim::Progress &progress, double seconds) const {
  std::string text = fmt::format("section {} of {}, {} cycles, {:.0f} kcycles/s", progress.entry + 1, numEntries,
                                 progress.cycle, double(progress.cycle) / seconds / 1e3);
  if (std::optional<double> done = shareDone(progress); done && *done > 0)
    text += fmt::format(", {:.0f} s left", seconds * (1 - *done) / *done);
  return text;
}

void ProgressLine::show(const sim::Progress &progress) {
  Clock::time_point now = Clock::now();
  if (now - shown < std::chrono::milliseconds(250))
    return;
  shown = now;
  drawn = true;
  fmt::print(stderr, "\r\033[K{}", text.at(progress, std::chrono::duration<double>(now - start).count()));
}

void ProgressLine::clear() {
  if (std::exchange(drawn, false))
    fmt::print(stderr, "\r\033[K");
}

} // namespace jacquard::runtime
