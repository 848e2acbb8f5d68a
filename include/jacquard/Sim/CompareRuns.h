// CompareRuns.h - whether two runs of one program agree in everything
#ifndef JACQUARD_SIM_COMPARERUNS_H
#define JACQUARD_SIM_COMPARERUNS_H

#include "jacquard/Sim/Simulator.h"

namespace jacquard::sim {

/// The first difference in outputs (to the bit), cycles or counts: what, here and there; "" if there is none.
std::string firstDifference(const RunResult &a, const RunResult &b);
/// The same for runs that may have ended in an error.
std::string firstDifference(const Result<RunResult> &a, const Result<RunResult> &b);

} // namespace jacquard::sim

#endif // JACQUARD_SIM_COMPARERUNS_H
