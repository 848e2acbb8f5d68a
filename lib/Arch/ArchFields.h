// ArchFields.h - every field of the architecture file: name, member and range, in canonical order
//
// The one list behind reader, printer and docs/Arch.md. A visitor has begin(name), end(), text(name, string, meaning),
// flag(name, bool, meaning), integer(name, member, IntegerRule, meaning), real(name, double, RealRule, meaning) and
// opcodes(vector). Names are those of arch.proto. Rules between fields are in ReadArch.cpp.
#ifndef JACQUARD_ARCH_ARCHFIELDS_H
#define JACQUARD_ARCH_ARCHFIELDS_H

#include "jacquard/Arch/ArchSpec.h"

namespace jacquard::arch {

struct IntegerRule {
  int64_t min, max;
  bool powerOfTwo = false;
};

struct RealRule {
  double min, max;
};

/// Ports that the roles in Bitstream/Config.h need; the rest is free.
struct PortMinimum {
  int64_t vectorIn, controlIn, vectorOut, controlOut;
};

constexpr int64_t maxPorts = 16;
constexpr int64_t maxPortsPerEdgeSwitch = 16;
constexpr IntegerRule counterRule{1, 32}, fifoRule{1, 4096}, latencyRule{1, 64}, registerRule{1, 32};
constexpr RealRule timingRule{0, 1e6}, estimateRule{0, 1e9};

template <typename V, typename Ports> void visitPorts(V &v, Ports &ports, const PortMinimum &min) {
  v.begin("ports");
  v.integer("vector_in", ports.vectorIn, IntegerRule{min.vectorIn, maxPorts}, "vector input streams");
  v.integer("scalar_in", ports.scalarIn, IntegerRule{0, maxPorts}, "scalar input streams");
  v.integer("control_in", ports.controlIn, IntegerRule{min.controlIn, maxPorts}, "token inputs");
  v.integer("vector_out", ports.vectorOut, IntegerRule{min.vectorOut, maxPorts}, "vector output streams");
  v.integer("scalar_out", ports.scalarOut, IntegerRule{0, maxPorts}, "scalar output streams");
  v.integer("control_out", ports.controlOut, IntegerRule{min.controlOut, maxPorts}, "token outputs");
  v.end();
}

template <typename V, typename Compute> void visitCompute(V &v, Compute &unit) {
  v.begin("compute");
  v.integer("lanes", unit.lanes, IntegerRule{1, 64, true}, "words of a vector, functional units of a stage");
  v.integer("wide_lanes", unit.wideLanes, IntegerRule{0, 32},
            "64-bit words of a vector in wide units; 0: no such units");
  v.integer("stages", unit.stages, IntegerRule{1, 32}, "pipeline stages");
  v.integer("registers", unit.registers, registerRule, "pipeline registers (vectors) between two stages");
  v.integer("counters", unit.counters, counterRule, "levels of the counter chain");
  visitPorts(v, unit.ports, PortMinimum{1, 0, 1, 0});
  v.integer("stage_latency", unit.stageLatency, latencyRule, "cycles per pipeline stage");
  v.integer("tree_latency", unit.treeLatency, IntegerRule{0, 64}, "cycles of the cross-lane reduction tree");
  v.integer("output_fifo_depth", unit.outputFifoDepth, fifoRule, "results held per output beyond the pipeline's");
  v.flag("shadow_accumulators", unit.shadowAccumulators, "accumulators drain while the next tile accumulates");
  v.flag("result_chains", unit.resultChains, "a drain can combine or pass on the results of another unit");
  v.end();
}

template <typename V, typename Memory> void visitMemory(V &v, Memory &unit) {
  v.begin("memory");
  v.integer("banks", unit.banks, IntegerRule{1, 64, true}, "banks of the scratchpad, each one word per cycle and port");
  v.integer("bank_bytes", unit.bankBytes, IntegerRule{4, 1 << 24, true}, "bytes of one bank");
  v.integer("max_buffers", unit.maxBuffers, IntegerRule{1, 64}, "most buffers of a ring (the N of N-buffering)");
  v.integer("counters", unit.counters, counterRule, "levels of the counter chain of each port");
  v.integer("address_registers", unit.addressRegisters, registerRule, "affine address registers per port");
  v.integer("address_stages", unit.addressStages, IntegerRule{0, 32}, "integer operations per port after them");
  visitPorts(v, unit.ports, PortMinimum{3, 0, 1, 0});
  v.integer("read_latency", unit.readLatency, latencyRule, "cycles from address to data");
  v.integer("write_latency", unit.writeLatency, latencyRule, "cycles from data to the array");
  v.integer("output_fifo_depth", unit.outputFifoDepth, fifoRule, "results held per output");
  v.flag("read_cascades", unit.readCascades, "units can be joined to a scratchpad of their capacities together");
  v.end();
}

template <typename V, typename DramPort> void visitDramPort(V &v, DramPort &unit) {
  v.begin("dram_port");
  v.integer("count", unit.count, IntegerRule{1, 2 * 128 * maxPortsPerEdgeSwitch}, "DRAM ports, half on each side");
  v.integer("counters", unit.counters, counterRule, "levels of the counter chain");
  v.integer("address_registers", unit.addressRegisters, registerRule, "affine address registers");
  v.integer("address_stages", unit.addressStages, IntegerRule{0, 32}, "integer operations after them");
  visitPorts(v, unit.ports, PortMinimum{2, 1, 1, 1});
  v.integer("outstanding_bursts", unit.outstandingBursts, fifoRule, "bursts in flight per port");
  v.integer("output_fifo_depth", unit.outputFifoDepth, fifoRule, "results held per output");
  v.end();
}

template <typename V, typename Network> void visitNetwork(V &v, Network &net) {
  v.begin("network");
  v.integer("vector_tracks", net.vectorTracks, IntegerRule{1, 15}, "vector links per direction between neighbours");
  v.integer("scalar_tracks", net.scalarTracks, IntegerRule{1, 15}, "scalar links per direction between neighbours");
  v.integer("control_tracks", net.controlTracks, IntegerRule{1, 15}, "token links per direction between neighbours");
  v.integer("hop_latency", net.hopLatency, latencyRule, "cycles per switch");
  v.integer("hop_buffer_depth", net.hopBufferDepth, IntegerRule{1, 64}, "entries of a link register");
  v.integer("input_fifo_depth", net.inputFifoDepth, fifoRule, "entries of a unit's input FIFO");
  v.end();
}

template <typename V, typename Dram> void visitDram(V &v, Dram &dram) {
  v.begin("dram");
  v.integer("channels", dram.channels, IntegerRule{1, 64}, "independent channels, interleaved by burst");
  v.integer("ranks", dram.ranks, IntegerRule{1, 16}, "ranks of a channel, which share its bus");
  v.integer("banks_per_channel", dram.banksPerChannel, IntegerRule{1, 256}, "banks with an open row each");
  v.integer("row_bytes", dram.rowBytes, IntegerRule{8, 1 << 20, true}, "bytes of one row");
  v.integer("burst_bytes", dram.burstBytes, IntegerRule{8, 4096, true}, "bytes of one access");
  v.integer("capacity_bytes", dram.capacityBytes, IntegerRule{8, int64_t(1) << 48}, "bytes of all channels");
  v.real("bytes_per_cycle", dram.bytesPerCycle, RealRule{1e-3, 1e6}, "peak bandwidth of all channels");
  v.integer("queue_depth", dram.queueDepth, fifoRule, "reads, and as many writes, waiting per channel");
  v.integer("background_queue_depth", dram.backgroundQueueDepth, IntegerRule{0, 4096},
            "reads in the background waiting per channel; 0: ports cannot read so");
  v.real("activate", dram.activate, timingRule, "tRCD, row to column command");
  v.real("precharge", dram.precharge, timingRule, "tRP");
  v.real("column_read", dram.columnRead, timingRule, "CL, command to data");
  v.real("column_write", dram.columnWrite, timingRule, "CWL, command to data");
  v.real("row_active", dram.rowActive, timingRule, "tRAS, activate to precharge");
  v.real("activate_to_activate", dram.activateToActivate, timingRule, "tRRD, between activations of a rank");
  v.real("four_activates", dram.fourActivates, timingRule, "tFAW, the least time of five activations of a rank");
  v.real("write_recovery", dram.writeRecovery, timingRule, "tWR, data to precharge");
  v.real("read_to_precharge", dram.readToPrecharge, timingRule, "tRTP");
  v.real("write_to_read", dram.writeToRead, timingRule, "tWTR, data to command");
  v.real("bus_turnaround", dram.busTurnaround, timingRule, "tRTRS, data bus idle between directions or ranks");
  v.real("refresh_interval", dram.refreshInterval, RealRule{1, 1e9}, "tREFI");
  v.real("refresh_time", dram.refreshTime, timingRule, "tRFC");
  v.integer("hits_per_activation", dram.hitsPerActivation, fifoRule, "row hits before other rows get their turn");
  v.integer("write_batch_start", dram.writeBatchStart, fifoRule, "writes waiting when a batch of them begins");
  v.integer("write_batch_end", dram.writeBatchEnd, IntegerRule{0, 4095}, "writes waiting when it ends for reads");
  v.end();
}

template <typename V, typename Energy> void visitEnergy(V &v, Energy &energy) {
  v.begin("energy");
  v.text("source", energy.source, "what the estimates are, for reports");
  v.real("compute_cycle", energy.computeCycle, estimateRule, "pJ of a compute unit's busy cycle");
  v.real("memory_cycle", energy.memoryCycle, estimateRule, "pJ of a memory unit's busy or conflict cycle");
  v.real("dram_port_cycle", energy.dramPortCycle, estimateRule, "pJ of a DRAM port's busy cycle");
  v.real("vector_hop", energy.vectorHop, estimateRule, "pJ of a vector in a switch");
  v.real("scalar_hop", energy.scalarHop, estimateRule, "pJ of a scalar in a switch");
  v.real("control_hop", energy.controlHop, estimateRule, "pJ of a token in a switch");
  v.real("dram_byte", energy.dramByte, estimateRule, "pJ of a byte from or to DRAM");
  v.real("dram_activation", energy.dramActivation, estimateRule, "pJ of opening a row");
  v.real("switch_milliwatts", energy.switchMilliwatts, estimateRule, "mW, always, of a switch that carries a stream");
  v.end();
}

template <typename V, typename Area> void visitArea(V &v, Area &area) {
  v.begin("area");
  v.real("compute_unit", area.computeUnit, estimateRule, "mm2 of a compute unit");
  v.real("memory_unit", area.memoryUnit, estimateRule, "mm2 of a memory unit");
  v.real("dram_port", area.dramPort, estimateRule, "mm2 of a DRAM port with its share of the controller");
  v.real("switch_box", area.switchBox, estimateRule, "mm2 of the switches of all networks at one place");
  v.end();
}

/// `spec` is an ArchSpec, const or not.
template <typename V, typename Spec> void visitArch(V &v, Spec &spec) {
  v.text("name", spec.name, "name for people");
  v.begin("grid");
  v.integer("columns", spec.columns, IntegerRule{1, 128}, "columns of compute and memory units");
  v.integer("rows", spec.rows, IntegerRule{1, 128}, "rows");
  v.end();
  v.real("clock_ghz", spec.clockGhz, RealRule{1e-3, 100}, "clock of the fabric");
  v.real("configuration_bytes_per_cycle", spec.configurationBytesPerCycle, RealRule{1e-3, 1e6},
         "speed at which frames are loaded, through a port of their own");
  v.flag("shadow_configuration", spec.shadowConfiguration,
            "frames of the next section are loaded while the present one runs");
  visitCompute(v, spec.compute);
  visitMemory(v, spec.memory);
  visitDramPort(v, spec.dramPort);
  visitNetwork(v, spec.network);
  visitDram(v, spec.dram);
  visitEnergy(v, spec.energy);
  visitArea(v, spec.area);
  v.opcodes(spec.opcodeStages);
}

} // namespace jacquard::arch

#endif // JACQUARD_ARCH_ARCHFIELDS_H
