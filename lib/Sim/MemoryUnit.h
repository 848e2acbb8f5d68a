// MemoryUnit.h - a pattern memory unit: banked scratchpad, N buffers, a write and a read port
#ifndef JACQUARD_SIM_MEMORYUNIT_H
#define JACQUARD_SIM_MEMORYUNIT_H

#include "AccessWalker.h"
#include "Unit.h"

namespace jacquard::sim {

/// Vector ports of a memory unit, by role.
namespace memory_port {
constexpr unsigned dataIn = 0, writeIndexIn = 1, cascadeIn = 1, readIndexIn = 2, dataOut = 0;
} // namespace memory_port

/// Elements of the output's queue: its FIFO and what is still on the way.
unsigned outputCapacity(const MemorySpec &spec);

/// Each port makes one access at a time; an access takes as many cycles as its busiest bank needs. Words are changed
/// when a write starts; the latencies delay the handover of the buffer and the read data. `W` is the machine word:
/// uint32_t, or uint64_t in a wide unit, which has half the banks, of twice the width.
template <typename W> class MemoryUnit : public Unit {
public:
  MemoryUnit(SectionState &state, unsigned site, unsigned component, const bitstream::MemoryConfig &config)
      : MemoryUnit(state, site, component, config, sizeof(W) == 8 ? state.model.spec().wide() : state.model.spec()) {}

  void visit(uint64_t now) override;
  bool finished() const override { return complete; }
  std::vector<Wait> explain(uint64_t now) const override;
  void leaveContents() override;

protected:
  enum class Progress : uint8_t { Busy, Conflict, WaitsForData, WaitsForRoom, WaitsForBuffer, Handover, Done };
  enum class Owner : uint8_t { Writer, Reader };
  struct Buffer {
    Owner owner;
    uint64_t since; ///< when it was handed over
    uint64_t from;  ///< the owner may use it from this cycle on
  };
  struct Port {
    bool used;
    AccessWalker walker;
    unsigned indexNode = 0;
    unsigned buffer = 0;  ///< the one it uses or waits for
    uint64_t freeAt = 0;  ///< begin of the next access at the earliest
    bool filling = false; ///< until then it fills a buffer
  };

  Progress stepWrite(uint64_t now);
  Progress stepRead(uint64_t now);
  /// Makes as many accesses as are possible one per cycle from `now` on without looking at anything in between; returns
  /// their number, which may be 0. For units that are not visited cycle by cycle.
  uint64_t writeRow(uint64_t now);
  uint64_t readRow(uint64_t now);
  static CycleClass classOf(Progress writes, Progress reads);
  /// Of the buffer that a port uses or waits for: the next cycle after `now` in which it goes on with its handover to
  /// `owner`, never when the other port has it.
  uint64_t nextHandover(const Port &port, Owner owner, uint64_t now) const;

  bitstream::MemoryConfig config;
  unsigned lanes, banks, readLatency, writeLatency;
  Port write, read;
  bool complete = false;

private:
  /// `spec` counts in the unit's words.
  MemoryUnit(SectionState &state, unsigned site, unsigned component, const bitstream::MemoryConfig &config,
             const ArchSpec &spec);

  Progress getBuffer(Port &port, Owner owner, uint64_t now);
  const W *indexOf(const Port &port);
  /// Where in the buffer the lane's word is; whether it is there at all.
  int64_t offset(const Port &port, unsigned lane) const { return port.walker.address(lane) - config.firstWord; }
  bool holds(const Port &port, unsigned lane) const {
    return port.walker.takesPart(lane) && uint64_t(offset(port, lane)) < config.bufferWords;
  }
  bool isAffine(const Port &port, unsigned lanes) const;
  bool checkAddresses(const Port &port, const char *what);
  bool isFreeOfConflicts(const Port &port) const;
  uint64_t accessesInRow(const Port &port, Owner owner, uint64_t now) const;
  uint64_t beginSteps(Port &port, uint64_t most);
  size_t wordAt(const Port &port, uint64_t k) const;
  void endSteps(Port &port, uint64_t count);
  uint64_t endRow(Port &port, uint64_t now, uint64_t count);
  unsigned conflictCycles(const Port &port, bool equalAddressesConflict);
  void writeLanes(const W *data);
  void writeEvenly(W *word, const W *data);
  void readLanes(W *result, const W *cascade);
  void readEvenly(W *result, const W *word, const W *cascade);
  void endAccess(Port &port, Owner next, uint64_t now, unsigned cyclesTaken, uint64_t handoverAt);

  unsigned dataNode = 0, cascadeNode = 0, resultNode = 0;
  bool acquired = false; ///< an accumulating write port has its buffer and filled it
  std::vector<Buffer> buffers;
  std::vector<W> words;

  // Scratch of conflictCycles, by bank and by lane.
  std::vector<uint64_t> bankEpoch;
  std::vector<uint32_t> bankCount;
  std::vector<int> lastInBank, previousInBank;
  uint64_t epoch = 0;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_MEMORYUNIT_H
