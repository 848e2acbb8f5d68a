// DramPort.h - address generators: a load port and a store port
#ifndef JACQUARD_SIM_DRAMPORT_H
#define JACQUARD_SIM_DRAMPORT_H

#include "AccessWalker.h"
#include "Unit.h"

#include <deque>

namespace jacquard::sim {

/// What both kinds share: the loop nest, the index stream, tokens, and the bursts that wait for DRAM. A port asks DRAM
/// for at most one burst per cycle, with at most `outstandingBursts` of them unanswered.
class DramPort : public Unit {
public:
  static constexpr unsigned dataIn = 0, indexIn = 1, dataOut = 0;
  static unsigned tokenIn(const ArchSpec &spec) { return spec.dramPort.ports.vectorIn + spec.dramPort.ports.scalarIn; }
  static unsigned tokenOut(const ArchSpec &spec) {
    return spec.dramPort.ports.vectorOut + spec.dramPort.ports.scalarOut;
  }
  static unsigned outputCapacity(const ArchSpec &spec) { return spec.dramPort.outputFifoDepth + 1; }

  DramPort(SectionState &state, unsigned site, unsigned component, const bitstream::DramPortConfig &config);

  static Status check(const bitstream::DramPortConfig &config, const ArchSpec &spec);

  void visit(uint64_t now) override;
  bool finished() const override { return complete; }
  std::vector<Wait> explain(uint64_t now) const override;
  /// Whether the network can answer all that the next visit asks, so that nothing which units do now changes it.
  bool knowsStreams() const;

protected:
  virtual bool knowsData() const = 0;
  /// Gives results on, returns whether it did anything.
  virtual bool retire(uint64_t now) = 0;
  /// Whether there is room for another firing's bursts.
  virtual bool canFire() const = 0;
  /// Data that a firing needs besides index and token, and room that results need.
  virtual bool dataReady(uint64_t now) const = 0;
  virtual bool blockedByRoom(uint64_t now) const = 0;
  virtual void fireLanes(uint64_t now) = 0;
  /// No more firings: closes what is open.
  virtual void flush() {}
  /// How many accesses (in order) are done in DRAM, and how many there are so far.
  virtual uint64_t numDone() const = 0;
  virtual uint64_t numStarted() const = 0;
  virtual bool idle() const = 0;

  DramBurst *newBurst(uint64_t address);
  void freeBurst(DramBurst *burst) { freeBursts.push_back(burst); }
  /// Byte address of a lane's element, or false after reporting that it lies outside the program's memory.
  bool locate(unsigned lane, uint64_t &address);
  bool endsToken() const { return config.sendToken && walker.ends(config.sendLevel); }

  bitstream::DramPortConfig config;
  unsigned lanes, burstBytes, bytesPerElement;
  AccessWalker walker;
  std::deque<DramBurst *> toIssue;
  std::deque<DramBurst *> inFlight; ///< in order of issue; an answer frees its place when all before it are there

private:
  bool tokenDue() const { return config.waitToken && walker.begins(config.waitLevel); }
  bool inputsReady(uint64_t now) const;
  CycleClass waiting(uint64_t now) const;
  bool tokenBlocked(uint64_t now) const;
  void computeAddresses();
  void fire(uint64_t now);
  bool issue(uint64_t now);
  bool sendTokens(uint64_t now);

  unsigned indexNode = 0, tokenInNode = 0, tokenOutNode = 0;
  std::deque<uint64_t> tokens; ///< sent when this many accesses are done
  std::deque<DramBurst> bursts;
  std::vector<DramBurst *> freeBursts;
  bool complete = false;
};

/// `W` is the machine word: uint32_t, or uint64_t in a wide port.
template <typename W> class LoadPort final : public DramPort {
public:
  LoadPort(SectionState &state, unsigned site, unsigned component, const bitstream::DramPortConfig &config);

private:
  struct Lane {
    DramBurst *burst; ///< null: the lane reads elseValue
    unsigned offset;
  };
  bool retire(uint64_t now) override;
  bool canFire() const override { return toIssue.empty() && pending < capacity; }
  bool knowsData() const override { return pending == 0 || state.network.knowsRoom(outputNode); }
  bool dataReady(uint64_t) const override { return true; }
  bool blockedByRoom(uint64_t now) const override;
  void fireLanes(uint64_t now) override;
  uint64_t numDone() const override { return arrived; }
  uint64_t numStarted() const override { return delivered + pending; }
  bool idle() const override { return pending == 0; }

  Lane *firing(uint64_t number) { return &entries[number % capacity * lanes]; }
  const Lane *firing(uint64_t number) const { return &entries[number % capacity * lanes]; }
  bool allDone(uint64_t number, uint64_t now) const;
  DramBurst *burstAt(uint64_t address, const Lane *current, unsigned lane);
  void use(DramBurst *burst) { ++burst->users; }
  void unuse(DramBurst *burst) {
    if (--burst->users == 0)
      freeBurst(burst);
  }
  W element(const Lane &lane) const;

  unsigned capacity, outputNode;
  std::vector<Lane> entries;         ///< ring of firings that have not been delivered
  std::vector<DramBurst *> previous; ///< distinct bursts of the last firing
  uint64_t delivered = 0, pending = 0, arrived = 0;
};

template <typename W> class StorePort final : public DramPort {
public:
  StorePort(SectionState &state, unsigned site, unsigned component, const bitstream::DramPortConfig &config);

private:
  bool retire(uint64_t now) override;
  bool canFire() const override { return toIssue.empty(); }
  bool knowsData() const override { return state.network.knowsElement(dataNode); }
  bool dataReady(uint64_t now) const override { return state.network.ready(dataNode, now); }
  bool blockedByRoom(uint64_t) const override { return false; }
  void fireLanes(uint64_t now) override;
  void flush() override { close(); }
  uint64_t numDone() const override { return retired; }
  uint64_t numStarted() const override { return retired + order.size() + (open != nullptr); }
  bool idle() const override { return order.empty() && !open; }

  void close();
  void put(uint64_t address, W word);

  unsigned dataNode;
  DramBurst *open = nullptr;     ///< collects writes to one burst
  std::deque<DramBurst *> order; ///< closed bursts, oldest first
  uint64_t retired = 0;
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_DRAMPORT_H
