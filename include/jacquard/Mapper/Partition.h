// Partition.h - split the program of a virtual compute unit over physical ones
//
// A virtual unit has any number of operations, inputs and outputs; a physical one has the stages, registers and ports of
// ArchSpec.compute. All parts run the loop nest of the virtual unit; values that cross parts ("cut values") are pushed and
// popped in every firing, at level levels-1.
//
// The machine: input FIFO heads are in pipeline registers from stage 0 to their last use. Counters and constants are free.
// A result occupies a register from its stage to its last use, or to the end of the pipeline when it is pushed. An operation
// of k stages sits in the first and keeps the k-1 after it empty. An accumulator sits in its stage and needs no register, unless the
// machine has no shadow accumulators: then the sum travels in a register of its own to the end of the pipeline.
#ifndef JACQUARD_MAPPER_PARTITION_H
#define JACQUARD_MAPPER_PARTITION_H

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Support/Result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace jacquard::mapper {

//===-------------------------------------------------------------------------------------------------------------===//
// The program of a virtual unit
//===-------------------------------------------------------------------------------------------------------------===//

enum class ProgramOperandKind : uint8_t {
  None,
  Node,        ///< result of node `index`, an earlier one that does not accumulate
  Input,       ///< head of input `index`
  LaneOfInput, ///< lane (laneBase + laneStride * counter step of laneLevel) of input `index`, to all lanes
  Counter,     ///< counter level `index`
  Constant,    ///< `constant`
  Accumulator, ///< the node's own accumulator; only where the node accumulates
};

struct ProgramOperand {
  ProgramOperandKind kind = ProgramOperandKind::None;
  unsigned index = 0;
  uint32_t laneBase = 0, laneStride = 0;
  int laneLevel = -1; ///< -1: laneBase alone
  int64_t constant = 0;
};

struct ProgramInput {
  int popLevel = 0; ///< popped at the end of this counter level
  bool scalar = false;
};

/// Operands fill from the front, as many as the opcode's arity.
struct ProgramNode {
  Opcode opcode = Opcode::Nop;
  ProgramOperand operands[3];
  bool accumulate = false;
  int accumulatorLevel = 0;
  int64_t accumulatorInit = 0;
};

/// Pushes the value of one node, or drains accumulating nodes in the order of `nodes`, at the end of `level`.
struct ProgramOutput {
  std::vector<unsigned> nodes;
  int level = 0;
  bool drain = false;
  Opcode reduce = Opcode::Nop; ///< drains only
  bool chained = false;        ///< drains only: needs a vector input port for the results of other units
};

/// Nodes are in topological order. Every input and node is used; an accumulating node feeds exactly one output, a drain.
struct ComputeProgram {
  unsigned levels = 0; ///< of the counter chain
  std::vector<ProgramInput> inputs;
  std::vector<ProgramNode> nodes;
  std::vector<ProgramOutput> outputs;
};

/// Whether the program is well-formed (see ComputeProgram); independent of the machine.
Status check(const ComputeProgram &program);

//===-------------------------------------------------------------------------------------------------------------===//
// The programs of physical units
//===-------------------------------------------------------------------------------------------------------------===//

/// Input port `port` (vector ports first, then scalar) fills register `reg` with an input of the program or a cut value.
struct PartInput {
  bool cut = false;
  unsigned index = 0; ///< cut: the node whose value arrives; otherwise the program's input
  unsigned port = 0;
  unsigned reg = 0;
  int popLevel = 0;
};

enum class StageOperandKind : uint8_t { None, Register, LaneOfRegister, Counter, Constant, Accumulator };

struct StageOperand {
  StageOperandKind kind = StageOperandKind::None;
  unsigned index = 0;
  uint32_t laneBase = 0, laneStride = 0;
  int laneLevel = -1;
  int64_t constant = 0;
};

/// One pipeline stage; opcode and accumulator settings are those of the node.
struct PartStage {
  int node = -1; ///< -1: empty, registers pass through
  StageOperand operands[3];
  int destination = -1; ///< register of the result, -1: none
};

/// Output port `port` carries either an output of the program or, in every firing, a cut value.
struct PartOutput {
  bool cut = false;
  unsigned index = 0; ///< cut: the node whose value leaves; otherwise the program's output
  unsigned port = 0;
  int level = 0;
  bool drain = false;
  unsigned reg = 0;       ///< pushes: the register at the end of the pipeline
  uint32_t stageMask = 0; ///< drains: the stages whose accumulators leave
};

struct Part {
  std::vector<PartInput> inputs;
  std::vector<PartStage> stages; ///< one per stage of the machine
  std::vector<PartOutput> outputs;
};

/// A part reads cut values of earlier parts only.
struct Partition {
  std::vector<Part> parts;
};

/// Splits `program` into few parts with few cut values. Tries several traversals (SARA, ISCA 2021) and keeps the best.
/// Error: that of check(), or the resource of which even the smallest part would need too much. Deterministic.
Result<Partition> partition(const ComputeProgram &program, const ArchSpec &spec);

/// Independent checker: every limit of the machine, and the data flow, by following every register through every stage.
/// All violations, one sentence each. `program` must be well-formed.
std::vector<std::string> verifyPartition(const ComputeProgram &program, const Partition &partition,
                                         const ArchSpec &spec);

/// Number of values that cross parts.
unsigned numCutValues(const Partition &partition);

} // namespace jacquard::mapper

#endif // JACQUARD_MAPPER_PARTITION_H
