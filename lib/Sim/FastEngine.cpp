// FastEngine.cpp - units run ahead of one another; only DRAM and its ports go cycle by cycle
#include "Deadlock.h"
#include "FastUnits.h"
#include "SectionSetup.h"

#include "jacquard/Support/Diagnostics.h"

namespace jacquard::sim {
namespace {

using namespace bitstream;

/// Everything that lives for one run of a section.
class FastRun final : public RouteListener {
public:
  FastRun(const Section &section, const FabricModel &model, DramModel &dram, ScratchpadContents &scratchpads,
          Network builtNetwork, uint64_t start, SectionStatistics &statistics, Timeline *timeline)
      : section(section), model(model), network(std::move(builtNetwork)),
        numPorts(unsigned(section.config.dram.size())), wakes(numPorts + dram.numChannels(), start - 1),
        state{model, network, wakes, dram, scratchpads, statistics, timeline}, chip{state},
        runnerOfNode(network.numNodes()), portOfNode(network.numNodes(), Unit::unvisited) {
    chip.end = start;
    addUnits(section.config);
    findEnds();
    routes = std::make_unique<TimedRoutes>(network, *this);
    dram.attach(wakes, numPorts, statistics);
    std::vector<bool> isAtPort(network.numNodes());
    for (unsigned node = 0; node < network.numNodes(); ++node)
      isAtPort[node] = portOfNode[node] != Unit::unvisited;
    lookahead = routes->lookahead(isAtPort, mostAhead);
    state.unfinished = unsigned(units.size());
    for (unsigned port = 0; port < numPorts; ++port)
      wakes.wake(port, start);
  }

  Status run(uint64_t start, const Options &options) {
    constexpr uint64_t progressEvery = 1 << 16;
    uint64_t nextProgress = start + progressEvery;
    if (options.maxCycles)
      chip.horizon = options.maxCycles;
    settle(start - 1);
    while (state.unfinished && wakes.advance()) {
      uint64_t now = wakes.now();
      if (!chip.allows(now))
        break;
      visitDue(now);
      if (now >= settled + lookahead || !wakes.knowsNext() || !state.unfinished)
        settle(now);
      if (options.progress && now >= nextProgress) {
        nextProgress = now + progressEvery;
        options.progress({now, 0, now - start});
      }
    }
    if (settled < wakes.now())
      settle(wakes.now());
    if (chip.failure.cycle != never)
      return runError(section, model, chip.failure.cycle, chip.failure.site, chip.failure.message);
    if (state.unfinished)
      return unfinishedError(start, options);
    network.countHops(state.statistics.hops);
    finishUnits(units, model, start, chip.end, state.statistics);
    return {};
  }

private:
  void addUnits(const SectionConfig &config) {
    for (const auto &unit : config.compute)
      addRunner<FastCompute>(unit.config.wide, unit.site, unit.config);
    for (const auto &unit : config.memory)
      addRunner<FastMemory>(unit.config.wide, unit.site, unsigned(units.size()), unit.config);
    for (const auto &unit : config.dram)
      if (unit.config.store)
        addPort<StorePort>(unit);
      else
        addPort<LoadPort>(unit);
  }

  template <template <typename> class Model, typename... Arguments>
  void addRunner(bool wide, const Arguments &...arguments) {
    if (wide)
      addRunner(std::make_unique<Model<uint64_t>>(state, chip, arguments...));
    else
      addRunner(std::make_unique<Model<uint32_t>>(state, chip, arguments...));
  }
  template <typename Model> void addRunner(std::unique_ptr<Model> unit) {
    runners.push_back(unit.get());
    enqueue(*unit, Runner::Turn::Late);
    units.push_back(std::move(unit));
  }

  template <template <typename> class Model> void addPort(const AtSite<DramPortConfig> &unit) {
    if (unit.config.wide)
      addPort(std::make_unique<Model<uint64_t>>(state, unit.site, unsigned(ports.size()), unit.config));
    else
      addPort(std::make_unique<Model<uint32_t>>(state, unit.site, unsigned(ports.size()), unit.config));
  }
  template <typename Model> void addPort(std::unique_ptr<Model> port) {
    ports.push_back(port.get());
    units.push_back(std::move(port));
  }

  /// Who is at the ends of streams.
  void findEnds() {
    std::vector<unsigned> unitAt(model.sites().size());
    for (unsigned unit = 0; unit < units.size(); ++unit)
      unitAt[units[unit]->site()] = unit;
    for (unsigned node = 0; node < network.numNodes(); ++node) {
      if (!network.isEnd(node))
        continue;
      unsigned unit = unitAt[network.node(node).port.site];
      if (unit < runners.size())
        runnerOfNode[node] = runners[unit];
      else
        portOfNode[node] = unit - unsigned(runners.size());
    }
  }

  void enqueue(Runner &runner, Runner::Turn turn) {
    if (runner.turn >= turn)
      return;
    runner.turn = turn;
    (turn == Runner::Turn::Soon ? soon : late).push_back(&runner);
  }

  /// All that follows from what DRAM and its ports have done up to `now`.
  void settle(uint64_t now) {
    runAhead();
    settled = now;
  }

  /// Goes on as far as things are known. The order does not matter; it is quick to make
  /// many steps at a time, so those who can make but a few are left for last.
  void runAhead() {
    do {
      runAll(soon, Runner::Turn::Soon);
      if (!routes->advance())
        runOne(late, Runner::Turn::Late);
    } while (!soon.empty() || !late.empty() || routes->hasChanged());
  }
  void runAll(std::deque<Runner *> &queue, Runner::Turn turn) {
    while (!queue.empty())
      runOne(queue, turn);
  }
  void runOne(std::deque<Runner *> &queue, Runner::Turn turn) {
    if (queue.empty())
      return;
    Runner *runner = queue.front();
    queue.pop_front();
    if (runner->turn != turn)
      return; // it was found a better place
    runner->turn = Runner::Turn::None;
    runner->run();
  }

  void visitDue(uint64_t now) {
    wakes.visitDue([&](unsigned component) {
      if (component >= numPorts)
        return state.dram.visit(component - numPorts, now);
      if (settled + 1 < now && !ports[component]->knowsStreams()) {
        chip.tookError(now, unsigned(units.size()), 0);
        settle(now - 1);
      }
      unsigned before = state.unfinished;
      ports[component]->visit(now);
      if (state.unfinished < before)
        chip.end = std::max(chip.end, now + 1);
    });
    chip.tookError(now, unsigned(units.size()), 0);
  }

  void arrived(unsigned node, uint64_t first, uint64_t end) override {
    const TokenQueue &queue = network.queue(node);
    if (portOfNode[node] == Unit::unvisited)
      return resume(node, queue.numPushed() - queue.numPopped());
    for (; first < end; ++first)
      wakePort(node, queue.visible(first));
  }
  void departed(unsigned node, uint64_t first, uint64_t end) override {
    const TokenQueue &queue = network.queue(node);
    if (portOfNode[node] == Unit::unvisited)
      return resume(node, queue.numPopped() + queue.capacity() - queue.numPushed());
    for (; first < end; ++first)
      wakePort(node, queue.leftAt(first) + 1);
  }
  /// What others do never comes too late. What follows from the port's own steps may, but then the port did not wait
  /// for it: else it would have been settled.
  void wakePort(unsigned node, uint64_t cycle) {
    if (cycle > wakes.now())
      wakes.wake(portOfNode[node], cycle);
  }
  /// `steps` may be possible now.
  void resume(unsigned node, uint64_t steps) {
    if (runnerOfNode[node]->awaits(node))
      enqueue(*runnerOfNode[node],
              4 * steps >= 3 * network.queue(node).capacity() ? Runner::Turn::Soon : Runner::Turn::Late);
  }

  /// Either the limit was in the way, or nothing would ever happen again.
  Error unfinishedError(uint64_t start, const Options &options) {
    uint64_t last = std::max({start, wakes.now(), routes->lastArrival()});
    for (const std::unique_ptr<Unit> &unit : units)
      last = std::max(last, unit->lastWake());
    if (options.maxCycles && (chip.reachedHorizon || last >= options.maxCycles))
      return cycleLimitError(section, options.maxCycles);
    return numbered(Diag::Deadlock, explainDeadlock(section, model, units, last));
  }

  const Section &section;
  const FabricModel &model;
  Network network;
  unsigned numPorts;
  Wakeups wakes; ///< of ports and channels
  SectionState state;
  Chip chip;
  std::vector<Runner *> runnerOfNode;
  std::vector<unsigned> portOfNode;
  std::vector<std::unique_ptr<Unit>> units; ///< compute, memory, then DRAM ports
  std::vector<Runner *> runners;
  std::vector<DramPort *> ports;
  static constexpr uint64_t mostAhead = 64;
  uint64_t lookahead = 1; ///< cycles that ports may be visited without settling what follows from the first of them
  uint64_t settled = 0;   ///< what ports have done up to this cycle has been followed up
  std::deque<Runner *> soon, late;
  std::unique_ptr<TimedRoutes> routes;
};

} // namespace

std::unique_ptr<Engine> makeFastEngine(const FabricModel &model, DramModel &dram) {
  return std::make_unique<SectionEngine<FastRun>>(model, dram);
}

} // namespace jacquard::sim
