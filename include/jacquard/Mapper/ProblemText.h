// ProblemText.h - netlists as text: what the placer gets, to be stored, compared and given to other tools
//
//   netlist "map_3"                                    begins a problem
//   unit compute "conv1.mac0" "Conv_1"                 unit 0: kind, name, node of the model
//   unit memory "conv1.w" "Conv_1" at 17               unit 1, which has to stand on site 17
//   net vector "w:0" 4096 1.0 -> 0.0                   network, name, activations, source UNIT.PORT, then its sinks
//   near 0 17 18                                       unit 0 is better off close to sites 17 and 18
//   reserve 17 19                                      sites that are taken, but for units that have to stand there
//
// One statement per line; blank lines and lines that begin with '#' mean nothing. In quotes a backslash stands
// before a quote or a backslash.
#ifndef JACQUARD_MAPPER_PROBLEMTEXT_H
#define JACQUARD_MAPPER_PROBLEMTEXT_H

#include "jacquard/Mapper/Problem.h"

#include <string_view>

namespace jacquard::mapper {

struct NamedProblem {
  std::string name;
  Problem problem;
};

std::string printProblem(const NamedProblem &netlist);

/// All netlists of a text. Errors: "file:line: what was found and expected". Whether ports and units exist is not
/// looked at: that is check().
Result<std::vector<NamedProblem>> readProblems(std::string_view text, const std::string &fileName);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_PROBLEMTEXT_H
