// ComputeUnit.h - a pattern compute unit: counter chain, pipeline stages, accumulators with shadows
#ifndef JACQUARD_SIM_COMPUTEUNIT_H
#define JACQUARD_SIM_COMPUTEUNIT_H

#include "CounterWalker.h"
#include "Unit.h"

namespace jacquard::sim {

/// Elements of an output's queue: its FIFO and what is still in the pipeline.
unsigned outputCapacity(const bitstream::ComputeOutput &output, const ArchSpec &spec);

/// Fires at most once per cycle, when every used input has an element and everything that the firing ends can be put
/// out. A firing is computed at once; its results become visible when they would have left the pipeline. `W` is the
/// machine word: uint32_t, or uint64_t in a wide unit.
template <typename W> class ComputeUnit : public Unit {
public:
  ComputeUnit(SectionState &state, unsigned site, unsigned component, const bitstream::ComputeConfig &config);

  void visit(uint64_t now) override;
  bool finished() const override { return walker.done() && drains.empty(); }
  std::vector<Wait> explain(uint64_t now) const override;

protected:
  /// What the next firing, and the next step of the drain, lack.
  enum class Firing : uint8_t { Ready, LacksData, LacksToken, LacksRoom, LacksDrain, Done };
  enum class Draining : uint8_t { Ready, LacksRoom, LacksChain, None };

  Firing nextFiring(uint64_t now) const;
  Draining nextDrain(uint64_t now) const;
  static CycleClass classOf(Firing firing, Draining drain);
  /// When they are ready:
  void fire(uint64_t now);
  void stepDrain(uint64_t now);
  /// Makes as many firings as are possible one per cycle from `now` on without looking at anything in between; returns
  /// their number, which may be 0. For units that are not visited cycle by cycle.
  uint64_t fireRow(uint64_t now);
  bool firingsDone() const { return walker.done(); }
  bool drainsDone() const { return drains.empty(); }
  /// When the last step of a drain was made.
  uint64_t lastDrain() const { return drainedAt; }

private:
  using Lanes = std::vector<W>;
  struct Input {
    unsigned port, node;
    bitstream::ComputeInput config;
    Lanes splat; ///< the word of a scalar port in all lanes
    // Of a row of firings that is being made:
    std::vector<const W *> row;      ///< by firing
    uint64_t pops = 0, firstPop = 0; ///< how many elements it takes, the first in that cycle
  };
  struct Output {
    unsigned port, node;
    bitstream::ComputeOutput config;
    unsigned latency;
    unsigned chainNode = 0; ///< where `config` has a chain
    bool chained() const { return config.drain && config.chain >= 0; }
  };
  struct StageState {
    bitstream::Stage config;
    Kernel<W> kernel;
    W *accumulator; ///< in `accumulators`
    Lanes result, shadow;
    Lanes operand[3]; ///< constants, counters and broadcast lanes, spread over all lanes
    unsigned arity;
    bool multiplyAdd;
    bitstream::Operand factor = {}; ///< of a stage that multiplies
  };
  /// Stages that are run at one go; all groups together have each stage once, in order.
  struct StageGroup {
    unsigned first, count; ///< in `stages`
    bool multiplies;       ///< each of them adds the product of a lane and one register to its accumulator:
    unsigned times;        ///< that register
    bool neighbours;       ///< the lanes follow one another
    unsigned input = 0;    ///< of the register, in `inputs`
    std::vector<const W *> factors = {}; ///< by firing of a row
  };
  /// One accumulator, or `passes` elements of the chain.
  struct Drain {
    unsigned output; ///< index into `outputs`
    unsigned stage;
    uint32_t passes = 0;
  };

  void bindPorts(const bitstream::ComputeConfig &config);
  void bindStages(const bitstream::ComputeConfig &config);
  void bindRows();
  void bindMultipliers();
  static const bitstream::Operand *factorOf(const bitstream::Stage &stage);
  static const bitstream::Operand &timesOf(const bitstream::Stage &stage);
  void drainShadow(const Drain &drain, uint64_t now);
  uint64_t firingsInRow(uint64_t now) const;
  void computeInRow(uint64_t now, uint64_t count);
  void multiplyInRow(uint64_t now, uint64_t count);
  void findVectors(Input &input, uint64_t now, uint64_t count);
  void compute();
  void readInputs();
  const W *operandLanes(StageState &stage, unsigned i);
  void runStage(StageState &stage, unsigned valid);
  void runRows(const StageGroup &group, unsigned valid);
  void beginRows(const StageGroup &group);
  const W *factorsOf(const StageGroup &group, W *buffer) const;
  const W &laneOf(const bitstream::Operand &operand) const;
  void writeOutputs(uint64_t now);
  void pushLanes(const Output &output, const W *lanes, uint64_t now);

  unsigned lanes;
  bool shadows;
  CounterWalker walker;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::vector<StageState> stages; ///< those that do something
  std::vector<StageGroup> groups;
  bool onlyMultiplies = false; ///< all groups do, and vector inputs are all that they read
  static constexpr unsigned longestRow = 64;
  Lanes accumulators;                            ///< by place in `stages`
  Lanes factors;                                 ///< the same, for each firing of a row
  bool factorsStep = false;                      ///< which lanes are factors depends on the firing
  std::vector<unsigned> stageNumber; ///< from the unit's stage to its place in `stages`, ~0u for an empty stage
  std::vector<const W *> values;     ///< by pipeline register: where its lanes are, in this firing
  std::vector<unsigned> unwritten;   ///< registers that read 0 at the begin of a firing
  Lanes zeros;
  std::vector<Drain> drains; ///< still to put out, last one first
  uint64_t drainedAt = 0;
  uint32_t drainMask = 0; ///< stages whose shadows the end of some level fills
};

} // namespace jacquard::sim

#endif // JACQUARD_SIM_COMPUTEUNIT_H
