// Processes.h - pieces of work in processes of their own: one that crashes or hangs does not stop the others
#ifndef JACQUARD_LIB_DRIVER_PROCESSES_H
#define JACQUARD_LIB_DRIVER_PROCESSES_H

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace jacquard::driver {

/// How a process ended. Its peak memory is its own: nothing that ran before it counts.
struct ProcessEnd {
  std::string text;    ///< all that it wrote with `write`
  std::string problem; ///< "crashed with signal 11", "took longer than 300 s", or "" when it ended by itself
  double peakMebibytes = 0;
};

/// Runs work(0, write) ... work(count - 1, write), each in a child process, `jobs` at a time; `write` sends text to the
/// parent at once, so that it is known also of a process that crashes later. `onEnd` is called in the parent, in the
/// order of the numbers. A process that takes longer than `timeoutSeconds` is ended; 0: no limit.
void runInProcesses(size_t count, unsigned jobs, unsigned timeoutSeconds,
                    const std::function<void(size_t, const std::function<void(std::string_view)> &write)> &work,
                    const std::function<void(size_t, const ProcessEnd &)> &onEnd);

} // namespace jacquard::driver

#endif // JACQUARD_LIB_DRIVER_PROCESSES_H
