// ProgressLine.h - how far a simulation is and when it will be done, on one line of a terminal
#ifndef JACQUARD_RUNTIME_PROGRESSLINE_H
#define JACQUARD_RUNTIME_PROGRESSLINE_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Simulator.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace jacquard::runtime {

/// The line's text. The time that is left is an estimate from the compiler's predictions of cycles: of the sections
/// that are done, and of the current one at most what it was predicted. There is none where sections have no prediction
/// or loops decide on trips while they run.
class ProgressText {
public:
  explicit ProgressText(const bitstream::Program &program);
  /// "section 3 of 55, 1200000 cycles, 400 kcycles/s, 12 s left" after `seconds` of work.
  std::string at(const sim::Progress &progress, double seconds) const;
  /// Between 0 and 1.
  std::optional<double> shareDone(const sim::Progress &progress) const;

private:
  std::vector<uint64_t> predictedBefore; ///< by entry of the schedule, and of all; empty: not known
  size_t numEntries;
};

/// Writes it to standard error, a few times a second.
class ProgressLine {
public:
  explicit ProgressLine(const bitstream::Program &program) : text(program) {}
  ~ProgressLine() { clear(); }
  void show(const sim::Progress &progress);
  void clear();

private:
  using Clock = std::chrono::steady_clock;
  ProgressText text;
  Clock::time_point start = Clock::now(), shown = start;
  bool drawn = false;
};

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_PROGRESSLINE_H
