// ArchSpec.h - the parsed architecture description: every hardware fact the tool chain uses
//
// Filled from a `.textproto` (schema: lib/Arch/arch.proto, presets: lib/Arch/presets). Nothing here is a default: a
// value that the file leaves out is an error of the reader. Cycles are cycles of the fabric clock unless the name says
// otherwise.
#ifndef JACQUARD_ARCH_ARCHSPEC_H
#define JACQUARD_ARCH_ARCHSPEC_H

#include "jacquard/Arch/Opcode.h"
#include "jacquard/Support/Result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jacquard {

/// Stream ports of one kind of unit. Port numbers run over vector, then scalar, then control ports, inputs and outputs
/// each from 0.
struct PortCounts {
  unsigned vectorIn = 0, scalarIn = 0, controlIn = 0;
  unsigned vectorOut = 0, scalarOut = 0, controlOut = 0;
};

/// Pattern compute unit (PCU): counter chain, `stages` pipeline stages of `lanes` functional units each.
struct ComputeSpec {
  unsigned lanes = 0;     ///< 32-bit words of a vector
  unsigned wideLanes = 0; ///< 64-bit words of a vector in wide units; 0: the machine has none
  unsigned stages = 0;
  unsigned registers = 0; ///< pipeline registers (vectors) between two stages
  unsigned counters = 0;  ///< levels of the counter chain
  PortCounts ports;
  unsigned stageLatency = 0;       ///< cycles per pipeline stage
  unsigned treeLatency = 0;        ///< cycles of the cross-lane reduction tree
  unsigned outputFifoDepth = 0;    ///< results an output port holds beyond those in the pipeline
  bool shadowAccumulators = false; ///< accumulators drain through shadows while the next tile accumulates
  bool resultChains = false;       ///< a drain can combine or pass on the results of another unit
};

/// Pattern memory unit (PMU): banked scratchpad with one write and one read port.
struct MemorySpec {
  unsigned banks = 0;
  unsigned bankBytes = 0;
  unsigned maxBuffers = 0; ///< N of N-buffering
  unsigned counters = 0;
  unsigned addressRegisters = 0; ///< affine address registers per port
  unsigned addressStages = 0;    ///< integer operations per port after the affine registers
  PortCounts ports;
  unsigned readLatency = 0, writeLatency = 0;
  unsigned outputFifoDepth = 0;
  bool readCascades = false; ///< a read can deliver what another unit has read, lane by lane
  uint64_t bytes() const { return uint64_t(banks) * bankBytes; }
};

/// DRAM port (address generator): turns a loop nest or an address stream into bursts.
struct DramPortSpec {
  unsigned count = 0; ///< placed on the left and right edge of the grid, half on each side
  unsigned counters = 0;
  unsigned addressRegisters = 0;
  unsigned addressStages = 0;
  PortCounts ports;
  unsigned outstandingBursts = 0; ///< bursts in flight per port
  unsigned outputFifoDepth = 0;
};

struct NetworkSpec {
  unsigned vectorTracks = 0, scalarTracks = 0, controlTracks = 0; ///< per direction between neighbouring switches
  unsigned hopLatency = 0;
  unsigned hopBufferDepth = 0; ///< entries per link register
  unsigned inputFifoDepth = 0; ///< entries of a unit's input FIFO
};

/// Off-chip memory. Times in cycles of the fabric clock.
struct DramSpec {
  unsigned channels = 0, ranks = 0; ///< ranks per channel
  unsigned banksPerChannel = 0, rowBytes = 0, burstBytes = 0;
  uint64_t capacityBytes = 0;
  double bytesPerCycle = 0; ///< peak of all channels together
  unsigned queueDepth = 0;  ///< reads, and as many writes, waiting per channel
  unsigned backgroundQueueDepth = 0; ///< reads of ports in the background, waiting per channel; 0: no such ports
  double activate = 0, precharge = 0, columnRead = 0, columnWrite = 0; ///< tRCD, tRP, CL, CWL
  double rowActive = 0, writeRecovery = 0, readToPrecharge = 0;        ///< tRAS, tWR, tRTP
  double writeToRead = 0, refreshInterval = 0, refreshTime = 0;        ///< tWTR, tREFI, tRFC
  double activateToActivate = 0, fourActivates = 0;                    ///< tRRD, tFAW: activations of one rank
  double busTurnaround = 0;                                            ///< data bus idle between directions or ranks
  unsigned hitsPerActivation = 0; ///< row hits served before waiting requests to other rows get their turn
  unsigned writeBatchStart = 0, writeBatchEnd = 0; ///< writes waiting per channel when a batch of them begins and ends

  /// Cycles that whole bursts in open rows take at best: at peak bandwidth, but for refresh and for the bus that turns
  /// round for every batch of writes.
  double cyclesFor(double bytesRead, double bytesWritten) const;
  /// From a request to its first data when the bank is idle.
  double latency() const { return activate + columnRead; }
};

/// Estimates, for reports only. Picojoules: per cycle in which a unit works, per element and hop, per byte and row of
/// DRAM.
struct EnergySpec {
  std::string source; ///< what the figures are, for the reader of a report
  double computeCycle = 0, memoryCycle = 0, dramPortCycle = 0;
  double vectorHop = 0, scalarHop = 0, controlHop = 0;
  double dramByte = 0, dramActivation = 0;
  double switchMilliwatts = 0; ///< of a switch that carries a stream; others are gated
};

/// Estimates in square millimetres; a switch is that of all three networks.
struct AreaSpec {
  double computeUnit = 0, memoryUnit = 0, dramPort = 0, switchBox = 0;
};

/// Storage types of tensors. The numbers are part of the bitstream format. Integers have no sign of their own.
enum class ElementType : uint8_t { F32 = 0, I32 = 1, I64 = 2, I1 = 3, F64 = 4, F16 = 5, BF16 = 6, I16 = 7, I8 = 8 };
constexpr unsigned numElementTypes = 9;

/// Bytes of one element in DRAM, packed: 1 for i1. On the fabric every element is one word, in the representation that
/// Opcodes.def describes; DRAM ports convert. Loads sign-extend integers and widen floats; stores truncate integers and
/// round floats to nearest even. In a unit of 32-bit words a load saturates i64 and rounds f64.
unsigned elementBytes(ElementType type);
bool isFloatElement(ElementType type);
std::string_view elementTypeName(ElementType type); ///< "f32", "i32", "i64", "i1", "bf16" ...

struct ArchSpec {
  std::string name;
  unsigned columns = 0, rows = 0; ///< grid of compute and memory units, checkerboard, (0,0) is a compute unit
  double clockGhz = 0;
  ComputeSpec compute;
  MemorySpec memory;
  DramPortSpec dramPort;
  NetworkSpec network;
  DramSpec dram;
  EnergySpec energy;
  AreaSpec area;
  double configurationBytesPerCycle = 0;
  bool shadowConfiguration = false; ///< the next section's frames are loaded while the present one runs
  std::vector<unsigned> opcodeStages; ///< indexed by Opcode: pipeline stages it occupies
  unsigned usableCompute = ~0u, usableMemory = ~0u; ///< of the units, those that count (Budget.h); no part of the file

  /// The same machine counted in 64-bit words, as wide units see it: wideLanes lanes, half the banks and half the
  /// words.
  ArchSpec wide() const;

  unsigned stagesOf(Opcode op) const { return opcodeStages[unsigned(op)]; }
  /// Multiply-adds per cycle of the whole fabric: compute units x lanes x stages.
  uint64_t peakMultiplyAdds() const;
  unsigned numComputeUnits() const;
  unsigned numMemoryUnits() const;
};

/// Reads the preset `nameOrPath`, or the file at that path when no preset has the name. Validates every value.
Result<ArchSpec> loadArch(const std::string &nameOrPath);
/// Parses textproto; `fileName` is for messages ("file:line:column: ...").
Result<ArchSpec> parseArch(std::string_view text, const std::string &fileName);
/// The canonical textproto of `spec`: equal specs give equal text. Its hash is the fingerprint.
std::string printArch(const ArchSpec &spec);
/// 64-bit fingerprint of the canonical text.
uint64_t archFingerprint(const ArchSpec &spec);
std::vector<std::string> archPresetNames();

} // namespace jacquard

#endif // JACQUARD_ARCH_ARCHSPEC_H
