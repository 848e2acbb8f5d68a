// Config.h - what the bits mean: the decoded configuration of one section of the fabric
//
// This is the machine's instruction set: the target writes these structs, Encode/Decode turn them into packed frames
// and back, the simulator executes them. Sizes are bounded by the ArchSpec (verifyConfig).
//
// Loop nests. A CounterChain has levels 0 (outermost) .. n-1 (innermost); level k counts 0 .. extents[k]-1. At most one
// level is the *vector level*: it advances by `lanes` per step, lane l has the counter value step * lanes + l and is
// valid while that is below the extent. Without a vector level only lane 0 is valid. One *firing* executes one
// combination of counter steps. "The end of level k" is the firing in which all levels deeper than k are at their last
// step, "the begin of level k" that in which they are at their first; so every firing ends level n-1, and only the last
// firing of all ends level -1. An empty chain fires once.
//
// Words. A vector is a fixed number of bits: `lanes` words of 32 bits, or `wideLanes` of 64 in units that are `wide`.
// The units at the two ends of a stream agree. `lanes` and "word" mean those of the unit.
#ifndef JACQUARD_BITSTREAM_CONFIG_H
#define JACQUARD_BITSTREAM_CONFIG_H

#include "jacquard/Arch/FabricModel.h"

#include <cstdint>
#include <vector>

namespace jacquard::bitstream {

struct CounterChain {
  std::vector<uint32_t> extents; ///< each at least 1
  int vectorLevel = -1;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Compute unit
//===-------------------------------------------------------------------------------------------------------------===//

enum class OperandKind : uint8_t {
  None = 0,
  Register = 1,       ///< pipeline register `index`
  LaneOfRegister = 2, ///< lane (laneBase + laneStride * counter step of laneLevel) of register `index`, to all lanes
  Counter = 3,        ///< value of counter level `index` as an integer, per lane
  Constant = 4,       ///< `constant`, the same word in all lanes
  Accumulator = 5,    ///< this stage's accumulator
};

struct Operand {
  OperandKind kind = OperandKind::None;
  uint32_t index = 0;
  uint32_t laneBase = 0, laneStride = 0;
  int laneLevel = -1; ///< -1: laneBase alone
  uint64_t constant = 0; ///< below 2^32 where the unit is not wide, as all words of a configuration
};

/// One pipeline stage. An operation that costs k stages sits in the first of them; the others hold Nop, and registers pass
/// through. An accumulating stage writes its result to its accumulator, in valid lanes only; at the begin of
/// `accumulatorLevel` the operand `Accumulator` reads `accumulatorInit` in all lanes, and invalid lanes become that. Its
/// `destination` takes the accumulator as it is after the firing. A register not written in a firing reads 0.
struct Stage {
  Opcode opcode = Opcode::Nop;
  Operand operands[3];
  int destination = -1; ///< pipeline register that takes the result, -1: none
  bool accumulate = false;
  int accumulatorLevel = 0;
  uint64_t accumulatorInit = 0;
};

/// Input port: its FIFO head enters pipeline register `destination` in every firing and is popped at the end of
/// `popLevel`. A scalar port's word fills all lanes.
struct ComputeInput {
  bool used = false;
  unsigned destination = 0;
  int popLevel = 0;
};

/// Output port: at the end of `level` it pushes one pipeline register (as it leaves the last stage), or drains
/// accumulators: those of `stageMask` in stage order, one per cycle. While a drain is under way the next tile
/// accumulates (shadow accumulators); a second drain waits for the first.
/// `reduce` (not Nop) combines all lanes of a drained accumulator by a binary tree (neighbours first) and pushes the
/// result in all lanes. A drain may be a link of a *chain* of units, whose results leave through one port: vector input
/// `chain`, which feeds no register, brings those of the units before. With `combine` (not Nop) each element of the
/// drain becomes combine(own, element of the chain); without, the drain comes after `chainCount` elements of the chain
/// as they are.
struct ComputeOutput {
  bool used = false;
  bool drain = false;
  unsigned source = 0;
  uint32_t stageMask = 0;
  Opcode reduce = Opcode::Nop;
  int level = 0;
  int chain = -1; ///< -1: none
  Opcode combine = Opcode::Nop;
  uint32_t chainCount = 0;
};

struct ComputeConfig {
  bool wide = false;
  CounterChain counters;
  std::vector<ComputeInput> inputs;   ///< one per input port of the unit
  std::vector<Stage> stages;          ///< one per stage of the unit
  std::vector<ComputeOutput> outputs; ///< one per output port of the unit
};

//===-------------------------------------------------------------------------------------------------------------===//
// Addresses: shared by the ports of memory units and by DRAM ports
//===-------------------------------------------------------------------------------------------------------------===//

/// base + sum over levels of coefficients[k] * counter value of level k (per lane at the vector level).
struct AffineRegister {
  int64_t base = 0;
  std::vector<int64_t> coefficients; ///< one per counter level
};

/// Address stage operations. `a`, `b` index the values of the lane: 0 .. R-1 the affine registers (R = addressRegisters
/// of the unit), R the index stream's word (saturated to 32 bits), R+1+j the result of stage j.
enum class AddressOpKind : uint8_t {
  None = 0,
  Madd = 1,  ///< a * low + b
  Div = 2,   ///< floor(a / low), low > 0
  Mod = 3,   ///< a - low * floor(a / low), low > 0
  Check = 4, ///< a; the lane takes part only if low <= a < high
};

struct AddressOp {
  AddressOpKind kind = AddressOpKind::None;
  unsigned a = 0, b = 0;
  int64_t low = 0, high = 0;
};

/// A loop nest that makes one address per valid lane and firing. A lane that is not valid or fails a Check reads
/// `elseValue` / does not write.
struct AccessProgram {
  bool used = false;
  CounterChain counters;
  std::vector<AffineRegister> registers; ///< at most addressRegisters
  std::vector<AddressOp> ops;            ///< at most addressStages
  unsigned address = 0;                  ///< which value is the address (in elements)
  uint64_t elseValue = 0;
  bool broadcast = false;   ///< read only lane 0's address and deliver its word in all lanes
  bool indexed = false;     ///< an index stream is attached, one vector per end of `indexLevel`
  int indexLevel = 0;
  int handoverLevel = -1;   ///< memory units: at the end of this level the buffer passes to the other port
};

//===-------------------------------------------------------------------------------------------------------------===//
// Memory unit: ports are vector in 0 = write data, in 1 = write index or cascade, in 2 = read index; vector out 0 =
// read data.
//===-------------------------------------------------------------------------------------------------------------===//

/// A ring of `bufferCount` buffers of `bufferWords` words. The write port owns an empty buffer until its handover level
/// ends, then the read port owns it until its own handover level ends. In accumulating mode (`accumulate` not Nop) a
/// buffer is filled with `accumulateInit` when the write port acquires it (one row of all banks per cycle) and a write
/// combines: word = accumulate(word, data), lanes in ascending order.
/// Words are 0 at the begin of a section; those of a unit that is configured to `retain` are what the unit held at the
/// end of the section before that configured it so, if none between used it otherwise.
/// A `sliced` unit holds the words from `firstWord` of a scratchpad that is larger than one unit (as UltraRAM blocks
/// do): addresses outside are other units' business. They are not written; lanes that read them deliver `elseValue` or,
/// with `cascade`, what the unit before delivers on vector in 1, one vector per read.
struct MemoryConfig {
  bool wide = false;
  uint32_t bufferWords = 0;
  uint32_t bufferCount = 1;
  Opcode accumulate = Opcode::Nop;
  uint64_t accumulateInit = 0;
  bool retain = false;
  bool sliced = false;
  uint32_t firstWord = 0;
  bool cascade = false;
  AccessProgram write, read;
};

//===-------------------------------------------------------------------------------------------------------------===//
// DRAM port: load -> vector out 0; store <- vector in 0; index stream <- vector in 1; tokens: control in 0 / out 0
//===-------------------------------------------------------------------------------------------------------------===//

/// Moves one vector per firing between DRAM and the fabric. The byte address of a lane is
/// baseAddress + address * bytes of an element.
struct DramPortConfig {
  bool wide = false;
  bool store = false;
  bool background = false; ///< a load that DRAM serves when no other read could go
  ElementType type = ElementType::F32;
  uint64_t baseAddress = 0;
  AccessProgram access;
  bool waitToken = false; ///< takes one token from control in 0 at the begin of waitLevel
  int waitLevel = -1;
  bool sendToken = false; ///< sends one token on control out 0 when all accesses up to the end of sendLevel are done
  int sendLevel = -1;
};

//===-------------------------------------------------------------------------------------------------------------===//
// Section
//===-------------------------------------------------------------------------------------------------------------===//

/// Select of every switch output: 0 = unused, s + 1 = source s (FabricModel numbering). Indexed by switch, then sink.
using SwitchSelects = std::vector<std::vector<uint32_t>>;

/// Configuration of the whole fabric for one section. The vectors are indexed by site; a unit is configured when it is in
/// exactly one of the maps below.
template <typename T>
struct AtSite {
  unsigned site = 0;
  T config;
};

struct SectionConfig {
  std::vector<AtSite<ComputeConfig>> compute; ///< ascending by site
  std::vector<AtSite<MemoryConfig>> memory;
  std::vector<AtSite<DramPortConfig>> dram;
  SwitchSelects selects[3]; ///< by NetworkKind
};

} // namespace jacquard::bitstream

#endif // JACQUARD_BITSTREAM_CONFIG_H
