// Trace.h - a timeline as a file for trace viewers
#ifndef JACQUARD_RUNTIME_TRACE_H
#define JACQUARD_RUNTIME_TRACE_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Timeline.h"

#include <string>

namespace jacquard::runtime {

/// What --trace is, for every tool that has it. The bound is that of sim::Timeline.
constexpr const char *traceHelp =
    "Write what ran when (sections, nodes, units) in the trace event format, for ui.perfetto.dev or chrome://tracing; "
    "of more than 50,000 spans those that are close are merged";
static_assert(sim::Timeline::defaultSpans == 50000);

/// The timeline of a run of `program` in the trace event format (JSON) that chrome://tracing and Perfetto read:
/// sections and their configuration, the nodes of the model from their first to their last activity in each section,
/// and the spans in which each unit was active. Times are those of the clock of the architecture.
std::string traceJson(const bitstream::Program &program, const sim::Timeline &timeline);

} // namespace jacquard::runtime

#endif // JACQUARD_RUNTIME_TRACE_H
