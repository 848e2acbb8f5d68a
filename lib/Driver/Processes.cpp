// Processes.cpp - fork, collect what the children write, end those that take too long
#include "Processes.h"

#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace jacquard;
using namespace jacquard::driver;

namespace {

using Clock = std::chrono::steady_clock;
using Work = std::function<void(size_t, const std::function<void(std::string_view)> &)>;

struct Child {
  pid_t pid = 0;
  int pipe = -1;
  size_t index = 0;
  std::string text; ///< what it has written so far
  Clock::time_point start;
};

void writeAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = write(descriptor, text.data(), text.size());
    if (n <= 0)
      return;
    text.remove_prefix(size_t(n));
  }
}

Child startChild(const Work &work, size_t index) {
  int ends[2];
  if (pipe(ends) != 0)
    return {0, -1, index, "", Clock::now()};
  llvm::outs().flush();
  llvm::errs().flush();
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    work(index, [&](std::string_view text) { writeAll(ends[1], text); });
    llvm::errs().flush();
    _exit(0);
  }
  close(ends[1]);
  return {pid, ends[0], index, "", Clock::now()};
}

/// Reads what is there; true when the child has closed its end.
bool readSome(Child &child) {
  char buffer[4096];
  ssize_t n = read(child.pipe, buffer, sizeof(buffer));
  if (n > 0)
    child.text.append(buffer, size_t(n));
  return n <= 0;
}

ProcessEnd endOf(Child &child, bool late, unsigned timeoutSeconds) {
  ProcessEnd end;
  if (child.pid <= 0) {
    end.problem = "could not be started";
    return end;
  }
  if (late)
    kill(child.pid, SIGKILL);
  int status = 0;
  rusage usage{};
  wait4(child.pid, &status, 0, &usage);
  close(child.pipe);
  end.text = std::move(child.text);
  end.peakMebibytes = double(usage.ru_maxrss) / 1024;
  if (late)
    end.problem = "took longer than " + std::to_string(timeoutSeconds) + " s";
  else if (WIFSIGNALED(status))
    end.problem = "crashed with signal " + std::to_string(WTERMSIG(status));
  return end;
}

} // namespace

void driver::runInProcesses(size_t count, unsigned jobs, unsigned timeoutSeconds, const Work &work,
                            const std::function<void(size_t, const ProcessEnd &)> &onEnd) {
  std::vector<ProcessEnd> ends(count);
  std::vector<bool> done(count);
  std::vector<Child> running;
  for (size_t next = 0, told = 0; told < count;) {
    while (next < count && running.size() < std::max(1u, jobs))
      running.push_back(startChild(work, next++));
    std::vector<pollfd> polls;
    for (const Child &child : running)
      polls.push_back({child.pipe, POLLIN, 0});
    poll(polls.data(), polls.size(), 200);
    for (size_t i = running.size(); i-- > 0;) {
      Child &child = running[i];
      bool ended = child.pid <= 0 || (polls[i].revents != 0 && readSome(child));
      bool late = !ended && timeoutSeconds != 0 && Clock::now() - child.start > std::chrono::seconds(timeoutSeconds);
      if (!ended && !late)
        continue;
      ends[child.index] = endOf(child, late, timeoutSeconds);
      done[child.index] = true;
      running.erase(running.begin() + long(i));
    }
    for (; told < count && done[told]; ++told)
      onEnd(told, ends[told]);
  }
}
