// DramModel.h - compact timing model of the off-chip memory, and its contents
//
// Consecutive bursts go to consecutive channels, turned by the higher digits of their numbers (in the spirit of Zhang,
// Zhu, Zhang: A Permutation-Based Page Interleaving Scheme, MICRO 2000). Every channel has a queue of `queueDepth`
// reads and one of as many writes, in front of which the rest waits in order of arrival, ranks of banks with one open
// row each, and a data bus. A bank opens the row of its oldest waiting request as soon as none waits for the open row
// (or `hitsPerActivation` were served and others wait), banks in the order of these requests; activations of one rank
// keep activateToActivate, and five of them fourActivates, apart. Of the requests to open rows the one with the
// earliest data slot is served, the oldest first. Reads go before writes until `writeBatchStart` writes wait, then
// writes go until `writeBatchEnd` are left; where no reads wait writes go too. Reads in the background have a queue of
// `backgroundQueueDepth` and go where the bus would rest otherwise. The data bus rests for busTurnaround
// between two bursts of other directions or ranks. In every refreshInterval each rank closes its rows for refreshTime,
// the ranks one after another. Contents change in the order in which a channel serves its requests.
#ifndef JACQUARD_SIM_DRAMMODEL_H
#define JACQUARD_SIM_DRAMMODEL_H

#include "Wakeups.h"

#include "jacquard/Arch/ArchSpec.h"
#include "jacquard/Sim/Simulator.h"

#include <array>
#include <deque>
#include <memory>
#include <vector>

namespace jacquard::sim {

/// Bytes of DRAM, rounded up to whole bursts. Pages that are never touched take no memory.
class DramImage {
public:
  static Result<DramImage> create(uint64_t bytes, unsigned burstBytes);
  uint8_t *at(uint64_t address) { return bytes.get() + address; }
  /// Extent in which accesses are legal.
  uint64_t size() const { return extent; }

private:
  struct Free {
    void operator()(uint8_t *memory) const;
  };
  std::unique_ptr<uint8_t[], Free> bytes;
  uint64_t extent = 0;
};

/// One burst on its way. It belongs to the port that asked; it must stay in place until done.
struct DramBurst {
  uint64_t address = 0; ///< a multiple of the burst size
  bool write = false;
  bool background = false;   ///< a read that goes when no other one could
  unsigned component = 0;    ///< to visit when done
  uint64_t doneAt = never;   ///< from this cycle on a read's data are there, a write is in memory
  std::vector<uint8_t> data; ///< whole burst
  std::vector<uint8_t> mask; ///< writes: 1 for bytes to change
  unsigned users = 0;        ///< for the port's own bookkeeping

  bool done(uint64_t now) const { return doneAt <= now; }
};

class DramModel {
public:
  DramModel(const ArchSpec &spec, DramImage &image);

  /// Components of the section that begins: channels are numbered from `firstComponent`, counts go to `statistics`.
  void attach(Wakeups &wakeups, unsigned firstComponent, SectionStatistics &statistics);
  unsigned numChannels() const { return unsigned(channels.size()); }
  uint64_t size() const { return image.size(); }

  /// Asks for a burst. Its channel sees it in the next cycle.
  void request(DramBurst *burst, uint64_t now);
  /// Channel `channel`'s part of cycle `now`.
  void visit(unsigned channel, uint64_t now);

private:
  unsigned channelOf(uint64_t number) const;
  // Times of the model are in ticks, so that fractions of a cycle do not get lost.
  using Ticks = uint64_t;
  static constexpr Ticks ticksPerCycle = 256;
  static Ticks toTicks(double cycles) { return Ticks(cycles * double(ticksPerCycle) + 0.5); }

  struct Request {
    DramBurst *burst;
    unsigned bank;
    uint64_t row;
    uint64_t arrival; ///< cycle
    uint64_t number;  ///< counts up: the smaller the older
  };
  struct Bank {
    bool open = false;
    uint64_t row = 0;
    unsigned hits = 0;        ///< requests served since the row was opened
    Ticks columnReady = 0;    ///< earliest column command to the open row
    Ticks prechargeReady = 0; ///< earliest precharge (or activate, when closed)
  };
  struct Rank {
    std::array<Ticks, 4> earliest = {}; ///< of the next four activations, by what went before
    Ticks writeEnd = 0;
    uint64_t refreshes = 0; ///< due until now
  };
  /// Requests of one direction to one bank.
  struct BankQueue {
    std::vector<Request> waiting; ///< oldest first
    unsigned hits = 0;            ///< those to the open row
  };
  /// Requests of one direction. The scheduler sees those in `banks`.
  struct Queue {
    std::deque<Request> arrivals;
    std::vector<BankQueue> banks;
    std::vector<unsigned> used; ///< banks with requests, in no order
    unsigned size = 0;
    bool empty() const { return size == 0; }
  };
  struct Channel {
    Queue reads, background, writes;
    std::vector<Bank> banks;
    std::vector<Rank> ranks;
    bool writing = false;   ///< direction of what is served next
    bool wroteLast = false; ///< direction and rank of the last burst
    unsigned lastRank = 0;
    unsigned inARow = 0; ///< bursts since the bus turned
    Ticks busFree = 0;
    Queue &queueOf(const DramBurst &b) { return b.write ? writes : b.background ? background : reads; }
    bool anyReads() const { return !reads.empty() || !background.empty(); }
  };
  struct Choice {
    Queue *queue = nullptr;
    unsigned bank = 0;
    size_t position = 0; ///< among the bank's requests
    uint64_t number = 0;
    Ticks column = ~Ticks(0);
  };

  unsigned rankOf(unsigned bank) const { return bank / banksPerRank; }
  /// Whether what is served next has another direction or rank than the last burst.
  static bool turnsBus(const Channel &channel, unsigned rank) {
    return channel.writing != channel.wroteLast || rank != channel.lastRank;
  }
  void refresh(Channel &channel, uint64_t now);
  void refresh(Channel &channel, unsigned rank, uint64_t due);
  void accept(Channel &channel, Queue &queue, unsigned depth, uint64_t now);
  void chooseDirection(Channel &channel);
  void openRows(Channel &channel, const Queue &queue, Ticks now);
  void activate(Channel &channel, unsigned bank, uint64_t row, Ticks now);
  static void countHits(Channel &channel, unsigned bank);
  Ticks columnTime(const Channel &channel, unsigned bank, Ticks now) const;
  Choice choose(const Channel &channel, Queue &queue, Ticks now);
  Choice choose(Channel &channel, Ticks now);
  void serve(Channel &channel, const Choice &choice, uint64_t now);
  void transfer(DramBurst &burst);

  DramSpec spec;
  DramImage &image;
  Ticks burst, activateTime, prechargeTime, columnRead, columnWrite, rowActive, writeRecovery, readToPrecharge,
      writeToRead, refreshTime, activateToActivate, fourActivates, busTurnaround;
  unsigned banksPerRank;
  std::vector<Channel> channels;
  Wakeups *wakes = nullptr;
  unsigned firstComponent = 0;
  SectionStatistics *statistics = nullptr;
  uint64_t numRequests = 0;
  std::vector<const Request *> toOpen; ///< scratch of openRows
  std::vector<Choice> candidates;      ///< scratch of choose
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_DRAMMODEL_H
