// Partition.cpp - the traversals that split a program, and the input check
//
// Nodes are taken up in the order of a traversal and packed into the current part while it fits; when nothing more goes in,
// the next part begins. A part that overflows its ports for a while may fit again once the consumers are in, so filling
// goes on to the stage limit and falls back to the last set that fitted. Forward traversals take a node when all it reads
// is placed, backward ones when all that read it are: either way no part can depend on a later one and back.
#include "jacquard/Mapper/Partition.h"

#include "PartSchedule.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>

namespace jacquard::mapper {

//===-------------------------------------------------------------------------------------------------------------===//
// Input check
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

class ProgramChecker {
public:
  explicit ProgramChecker(const ComputeProgram &program)
      : program(program), inputUsed(program.inputs.size(), false), uses(program.nodes.size(), 0),
        drains(program.nodes.size(), 0) {}

  Status run() {
    for (unsigned i = 0; i < program.inputs.size(); ++i)
      checkLevel(fmt::format("input {}", i), program.inputs[i].popLevel);
    for (unsigned n = 0; n < program.nodes.size() && problem.empty(); ++n)
      checkNode(n);
    for (unsigned o = 0; o < program.outputs.size() && problem.empty(); ++o)
      checkOutput(o);
    for (unsigned i = 0; i < program.inputs.size(); ++i)
      if (!inputUsed[i])
        complain("input {} feeds no node; drop it", i);
    for (unsigned n = 0; n < program.nodes.size(); ++n) {
      const bool accumulates = program.nodes[n].accumulate;
      if (accumulates ? drains[n] != 1 : uses[n] == 0)
        complain("node {} ({}) {}", n, opcodeName(program.nodes[n].opcode),
                 accumulates ? fmt::format("accumulates and is drained by {} outputs, expected one", drains[n])
                             : "feeds nothing; drop it");
    }
    return problem.empty() ? Status() : Status(Error{"compute program: " + problem});
  }

private:
  /// Keeps the first complaint.
  template <typename... Args>
  void complain(fmt::format_string<Args...> format, Args &&...args) {
    if (problem.empty())
      problem = fmt::format(format, std::forward<Args>(args)...);
  }

  void checkLevel(const std::string &what, int level) {
    if (level < -1 || level >= int(program.levels))
      complain("{} names counter level {}, expected -1 to {}", what, level, int(program.levels) - 1);
  }

  void checkNode(unsigned n) {
    const ProgramNode &node = program.nodes[n];
    if (unsigned(node.opcode) >= numOpcodes() || node.opcode == Opcode::Nop)
      return complain("node {} has opcode {}, which computes nothing", n, unsigned(node.opcode));
    const std::string name = fmt::format("node {} ({})", n, opcodeName(node.opcode));
    if (node.accumulate)
      checkLevel(name, node.accumulatorLevel);
    for (unsigned i = 0; i < 3; ++i) {
      const bool wanted = i < opcodeArity(node.opcode);
      if (wanted != (node.operands[i].kind != ProgramOperandKind::None))
        return complain("{} {} operand {}, expected {} operands", name, wanted ? "lacks" : "has", i,
                        opcodeArity(node.opcode));
      checkOperand(n, name, node.operands[i]);
    }
  }

  void checkOperand(unsigned n, const std::string &name, const ProgramOperand &operand) {
    switch (operand.kind) {
    case ProgramOperandKind::None:
    case ProgramOperandKind::Constant:
      return;
    case ProgramOperandKind::Node:
      if (operand.index >= n)
        return complain("{} reads node {}, expected an earlier one", name, operand.index);
      if (program.nodes[operand.index].accumulate)
        return complain("{} reads the accumulating node {}; accumulators leave through outputs only", name,
                        operand.index);
      ++uses[operand.index];
      return;
    case ProgramOperandKind::LaneOfInput:
      checkLevel(name, operand.laneLevel);
      [[fallthrough]];
    case ProgramOperandKind::Input:
      if (operand.index >= inputUsed.size())
        return complain("{} reads input {}, but there are {}", name, operand.index, inputUsed.size());
      inputUsed[operand.index] = true;
      return;
    case ProgramOperandKind::Counter:
      if (operand.index >= program.levels)
        complain("{} reads counter level {}, but there are {}", name, operand.index, program.levels);
      return;
    case ProgramOperandKind::Accumulator:
      if (!program.nodes[n].accumulate)
        complain("{} reads an accumulator, but does not accumulate", name);
      return;
    }
  }

  void checkOutput(unsigned o) {
    const ProgramOutput &output = program.outputs[o];
    checkLevel(fmt::format("output {}", o), output.level);
    if (output.drain ? output.nodes.empty() : output.nodes.size() != 1)
      return complain("output {} has {} nodes, expected {}", o, output.nodes.size(),
                      output.drain ? "at least one" : "one");
    if (!output.drain && output.reduce != Opcode::Nop)
      return complain("output {} reduces lanes, which only drains do", o);
    if (output.reduce != Opcode::Nop && (unsigned(output.reduce) >= numOpcodes() || opcodeArity(output.reduce) != 2))
      return complain("output {} reduces by opcode {}, expected one of two operands", o, unsigned(output.reduce));
    for (unsigned n : output.nodes) {
      if (n >= program.nodes.size())
        return complain("output {} names node {}, but there are {}", o, n, program.nodes.size());
      if (program.nodes[n].accumulate != output.drain)
        return complain("output {} {} node {}, which {}", o, output.drain ? "drains" : "pushes", n,
                        output.drain ? "does not accumulate" : "accumulates; drain it");
      ++uses[n];
      drains[n] += output.drain;
    }
  }

  const ComputeProgram &program;
  std::vector<bool> inputUsed;
  std::vector<unsigned> uses, drains;
  std::string problem;
};

} // namespace

Status check(const ComputeProgram &program) { return ProgramChecker(program).run(); }

unsigned numCutValues(const Partition &partition) {
  unsigned count = 0;
  for (const Part &part : partition.parts)
    count += unsigned(std::count_if(part.outputs.begin(), part.outputs.end(), [](auto &out) { return out.cut; }));
  return count;
}

//===-------------------------------------------------------------------------------------------------------------===//
// Clusters
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

using NodeSet = std::vector<unsigned>; ///< ascending

NodeSet unite(const NodeSet &a, const NodeSet &b) {
  NodeSet result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

/// A disjoint cover of the program's nodes by sets, and the graph between the sets.
struct Clustering {
  std::vector<NodeSet> sets;
  std::vector<unsigned> setOf; ///< per node
  std::vector<std::vector<unsigned>> producers, consumers;

  Clustering(std::vector<NodeSet> nodeSets, const ProgramGraph &graph)
      : sets(std::move(nodeSets)), setOf(graph.producers.size(), 0), producers(sets.size()), consumers(sets.size()) {
    for (unsigned s = 0; s < sets.size(); ++s)
      for (unsigned n : sets[s])
        setOf[n] = s;
    for (unsigned n = 0; n < setOf.size(); ++n)
      for (unsigned reader : graph.consumers[n])
        if (setOf[n] != setOf[reader]) {
          consumers[setOf[n]].push_back(setOf[reader]);
          producers[setOf[reader]].push_back(setOf[n]);
        }
    for (auto *lists : {&producers, &consumers})
      for (std::vector<unsigned> &list : *lists) {
        std::sort(list.begin(), list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
      }
  }

  /// The sets in an order in which every set comes after its producers (consumers, if `backward`); shorter than the number
  /// of sets when there is a cycle. `depthFirst` takes the set that became ready last, otherwise the first.
  std::vector<unsigned> traverse(bool depthFirst, bool backward) const {
    const auto &from = backward ? consumers : producers, &to = backward ? producers : consumers;
    std::vector<unsigned> waiting(sets.size()), ready, result;
    for (unsigned i = 0; i < sets.size(); ++i) {
      const unsigned s = backward ? unsigned(sets.size()) - 1 - i : i;
      waiting[s] = unsigned(from[s].size());
      if (waiting[s] == 0)
        ready.push_back(s);
    }
    while (!ready.empty()) {
      const auto at = depthFirst ? ready.end() - 1 : ready.begin();
      const unsigned s = *at;
      ready.erase(at);
      result.push_back(s);
      for (unsigned next : to[s])
        if (--waiting[next] == 0)
          ready.push_back(next);
    }
    return result;
  }
  bool isAcyclic() const { return traverse(false, false).size() == sets.size(); }
};

/// What must stay together: the accumulators of one drain. Where these do not fit alone, also as much of what
/// feeds them as makes them fit.
class ClusterMaker {
public:
  ClusterMaker(const ProgramGraph &graph, const PartScheduler &scheduler, const ArchSpec &spec)
      : graph(graph), scheduler(scheduler), spec(spec) {}

  Result<std::vector<NodeSet>> run() {
    std::vector<bool> drained(graph.producers.size(), false);
    for (const ProgramOutput &output : graph.program.outputs)
      if (output.drain) {
        sets.push_back(unite({}, output.nodes));
        std::sort(sets.back().begin(), sets.back().end());
        for (unsigned n : output.nodes)
          drained[n] = true;
      }
    for (unsigned n = 0; n < drained.size(); ++n)
      if (!drained[n])
        sets.push_back({n});
    for (size_t s = 0; s < sets.size(); ++s)
      if (std::optional<Shortage> shortage = scheduler.shortage(sets[s]); shortage && !absorb(s))
        return Error{explain(sets[s], *shortage)};
    sets.erase(std::remove_if(sets.begin(), sets.end(), [](auto &set) { return set.empty(); }), sets.end());
    return sets;
  }

private:
  /// Adds producers to set `s`, the latest first, until it fits; false (and no change) when that does not help.
  bool absorb(size_t s) {
    const std::vector<NodeSet> before = sets;
    while (!scheduler.fits(sets[s])) {
      if (scheduler.stagesOf(sets[s]) > spec.compute.stages || !absorbOne(s)) {
        sets = before;
        return false;
      }
    }
    return true;
  }

  bool absorbOne(size_t s) {
    NodeSet producers;
    for (unsigned n : sets[s])
      producers = unite(producers, graph.producers[n]);
    for (size_t i = producers.size(); i-- > 0;) {
      const NodeSet single{producers[i]};
      auto at = std::find(sets.begin(), sets.end(), single);
      if (at == sets.end())
        continue; // in this set already, or held by another drain
      const NodeSet own = sets[s];
      sets[s] = unite(own, single);
      at->clear();
      if (Clustering(sets, graph).isAcyclic())
        return true;
      sets[s] = own;
      *at = single;
    }
    return false;
  }

  std::string explain(const NodeSet &set, const Shortage &shortage) const {
    const ProgramNode &first = graph.program.nodes[set.front()];
    const std::string what =
        first.accumulate
            ? fmt::format("output {}, which drains {} accumulators", graph.outputs[set.front()].front(), set.size())
            : fmt::format("node {} ({})", set.front(), opcodeName(first.opcode));
    return fmt::format("compute program: {} in one unit for {}: {} needed, {} available on '{}'; split it before mapping",
                       shortage.resource, what, shortage.need, shortage.have, spec.name);
  }

  const ProgramGraph &graph;
  const PartScheduler &scheduler;
  const ArchSpec &spec;
  std::vector<NodeSet> sets;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Filling
//===-------------------------------------------------------------------------------------------------------------===//

class Filler {
public:
  Filler(const Clustering &clusters, const PartScheduler &scheduler, unsigned stages, bool depthFirst, bool backward)
      : clusters(clusters), scheduler(scheduler), stages(stages), order(clusters.traverse(depthFirst, backward)),
        waitsFor(backward ? clusters.consumers : clusters.producers), state(clusters.sets.size(), State::Open) {}

  std::vector<NodeSet> run() {
    std::vector<NodeSet> parts;
    while (std::count(state.begin(), state.end(), State::Done) != int(state.size()))
      parts.push_back(fillOne());
    return parts;
  }

private:
  enum class State : uint8_t { Open, Taken, Done };
  static constexpr unsigned lookAhead = 8; ///< candidates tried before the first one is forced in

  NodeSet fillOne() {
    NodeSet current, best;
    std::vector<unsigned> taken;
    size_t bestCount = 0;
    for (;;) {
      const int next = pick(current);
      if (next < 0)
        break;
      current = unite(current, clusters.sets[unsigned(next)]);
      state[unsigned(next)] = State::Taken;
      taken.push_back(unsigned(next));
      if (scheduler.fits(current)) {
        best = current;
        bestCount = taken.size();
      }
    }
    assert(bestCount > 0 && "every cluster fits alone");
    for (size_t i = 0; i < taken.size(); ++i)
      state[taken[i]] = i < bestCount ? State::Done : State::Open;
    return best;
  }

  /// The first ready cluster with which the part fits; else the first that the stages allow; -1 when there is none.
  int pick(const NodeSet &current) const {
    int first = -1;
    unsigned tried = 0;
    for (unsigned s : order) {
      if (state[s] != State::Open || !isReady(s))
        continue;
      const NodeSet grown = unite(current, clusters.sets[s]);
      if (scheduler.stagesOf(grown) > stages)
        continue;
      if (first < 0)
        first = int(s);
      if (scheduler.fits(grown))
        return int(s);
      if (++tried == lookAhead)
        break;
    }
    return first;
  }

  bool isReady(unsigned s) const {
    return std::all_of(waitsFor[s].begin(), waitsFor[s].end(), [&](unsigned p) { return state[p] != State::Open; });
  }

  const Clustering &clusters;
  const PartScheduler &scheduler;
  const unsigned stages;
  const std::vector<unsigned> order;
  const std::vector<std::vector<unsigned>> &waitsFor;
  std::vector<State> state;
};

/// Joins pairs of parts that fit together and close no cycle, until there are none.
void mergeParts(std::vector<NodeSet> &parts, const ProgramGraph &graph, const PartScheduler &scheduler,
                unsigned stages) {
  for (size_t i = 0; i < parts.size(); ++i)
    for (size_t j = i + 1; j < parts.size(); ++j) {
      const NodeSet both = unite(parts[i], parts[j]);
      if (scheduler.stagesOf(both) > stages || !scheduler.fits(both))
        continue;
      std::vector<NodeSet> merged = parts;
      merged[i] = both;
      merged.erase(merged.begin() + j);
      if (!Clustering(merged, graph).isAcyclic())
        continue;
      parts = std::move(merged);
      j = i; // the grown part may now take one that it refused
    }
}

unsigned countCuts(const std::vector<NodeSet> &parts, const ProgramGraph &graph) {
  const Clustering clustering(parts, graph);
  unsigned cuts = 0;
  for (unsigned n = 0; n < clustering.setOf.size(); ++n)
    cuts += std::any_of(graph.consumers[n].begin(), graph.consumers[n].end(),
                        [&](unsigned reader) { return clustering.setOf[reader] != clustering.setOf[n]; });
  return cuts;
}

Status checkMachine(const ComputeProgram &program, const ArchSpec &spec) {
  if (program.levels > spec.compute.counters)
    return Error{fmt::format("compute program: counter levels: {} needed, {} available on '{}'", program.levels,
                             spec.compute.counters, spec.name)};
  // A drain names its stages in a word of 32 bits (bitstream format).
  if (spec.compute.stages > 32)
    return Error{fmt::format("architecture '{}' has {} stages per compute unit, at most 32 can be mapped", spec.name,
                             spec.compute.stages)};
  return {};
}

} // namespace

Result<Partition> partition(const ComputeProgram &program, const ArchSpec &spec) {
  if (Status status = check(program); !status)
    return status.takeError();
  if (Status status = checkMachine(program, spec); !status)
    return status.takeError();
  const ProgramGraph graph(program);
  const PartScheduler scheduler(graph, spec);
  Result<std::vector<NodeSet>> sets = ClusterMaker(graph, scheduler, spec).run();
  if (!sets)
    return sets.takeError();
  const Clustering clusters(*sets, graph);

  std::vector<NodeSet> best;
  std::pair<size_t, unsigned> bestCost;
  for (bool depthFirst : {true, false})
    for (bool backward : {false, true}) {
      std::vector<NodeSet> parts = Filler(clusters, scheduler, spec.compute.stages, depthFirst, backward).run();
      mergeParts(parts, graph, scheduler, spec.compute.stages);
      const std::pair<size_t, unsigned> cost{parts.size(), countCuts(parts, graph)};
      if (best.empty() || cost < bestCost) {
        best = std::move(parts);
        bestCost = cost;
      }
    }

  Partition result;
  const Clustering final(std::move(best), graph);
  for (unsigned s : final.traverse(/*depthFirst=*/false, /*backward=*/false))
    result.parts.push_back(scheduler.build(final.sets[s]));
  return result;
}

} // namespace jacquard::mapper
