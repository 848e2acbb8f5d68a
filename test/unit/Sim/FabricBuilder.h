// FabricBuilder.h - builds programs for engine tests by hand: takes units from a grid and routes streams between them
#ifndef JACQUARD_TEST_UNIT_SIM_FABRICBUILDER_H
#define JACQUARD_TEST_UNIT_SIM_FABRICBUILDER_H

#include "jacquard/Bitstream/Program.h"
#include "jacquard/Sim/Simulator.h"

#include <algorithm>
#include <map>

namespace jacquard::sim::test {

/// A loop nest that goes over 0 .. count-1 with one vector per firing.
bitstream::CounterChain vectorLoop(uint32_t count);
/// Levels in the order given; the vector level is `vectorLevel`.
bitstream::CounterChain loops(std::vector<uint32_t> extents, int vectorLevel);
/// Address = base + sum of coefficient * counter.
bitstream::AccessProgram affine(bitstream::CounterChain counters, std::vector<int64_t> coefficients, int64_t base = 0);

bitstream::Operand reg(unsigned index);
bitstream::Operand constant(float value);
bitstream::Operand word(uint64_t value);
bitstream::Operand counter(unsigned level);
bitstream::Operand accumulator();
bitstream::Operand laneOf(unsigned index, unsigned base, unsigned stride, int level);

struct End {
  unsigned site, port;
};

class FabricBuilder {
public:
  explicit FabricBuilder(const std::string &arch = "tiny");
  explicit FabricBuilder(ArchSpec spec);

  const FabricModel &fabric() const { return model; }
  const ArchSpec &spec() const { return model.spec(); }

  /// The next unused site of the kind; fails the test when there is none.
  unsigned take(UnitKind kind, const std::string &name);
  unsigned addCompute(const std::string &name, bitstream::CounterChain counters);
  unsigned addMemory(const std::string &name, uint32_t words, uint32_t buffers = 1);
  unsigned addLoad(const std::string &name, uint64_t address, bitstream::AccessProgram access,
                   ElementType type = ElementType::F32);
  unsigned addStore(const std::string &name, uint64_t address, bitstream::AccessProgram access,
                    ElementType type = ElementType::F32);
  bitstream::ComputeConfig &compute(unsigned site) { return computes.at(site); }
  bitstream::MemoryConfig &memory(unsigned site) { return memories.at(site); }
  bitstream::DramPortConfig &dram(unsigned site) { return drams.at(site); }

  /// Makes a unit of any kind work on 64-bit words.
  void widen(unsigned site);

  void input(unsigned site, unsigned port, unsigned destination, int popLevel);
  void output(unsigned site, unsigned port, unsigned source, int level);
  bitstream::ComputeOutput &drain(unsigned site, unsigned port, uint32_t stageMask, int level);
  bitstream::Stage &stage(unsigned site, unsigned number, Opcode op, std::vector<bitstream::Operand> operands,
                          int destination);
  bitstream::Stage &accumulate(unsigned site, unsigned number, Opcode op, std::vector<bitstream::Operand> operands,
                               int level, uint64_t init = 0);

  /// A stream from an output port to input ports; several calls for one output make a multicast.
  void connect(End from, End to);
  unsigned controlIn(unsigned port = 0) const;
  unsigned controlOut(unsigned port = 0) const;

  /// Tensors: each at its own place in DRAM, aligned to a burst.
  uint64_t addInput(const std::string &name, ElementType type, std::vector<int64_t> shape);
  uint64_t addOutput(const std::string &name, ElementType type, std::vector<int64_t> shape);
  uint64_t allocate(uint64_t bytes);

  bitstream::SectionConfig section() const;
  /// A program of this one section, run once.
  bitstream::Program program() const;

private:
  FabricModel model;
  std::vector<bool> taken;
  std::map<unsigned, bitstream::ComputeConfig> computes;
  std::map<unsigned, bitstream::MemoryConfig> memories;
  std::map<unsigned, bitstream::DramPortConfig> drams;
  std::vector<bitstream::UnitName> names;
  bitstream::SwitchSelects selects[3];
  bitstream::Program layout;
};

Tensor floats(std::vector<int64_t> shape, const std::vector<float> &values);
Tensor ints(std::vector<int64_t> shape, const std::vector<int32_t> &values);
std::vector<float> floatsOf(const Tensor &tensor);
std::vector<int32_t> intsOf(const Tensor &tensor);
template <typename T> Tensor tensorOf(DType type, const std::vector<T> &values) {
  Tensor tensor = makeTensor(type, {int64_t(values.size())});
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}
template <typename T> std::vector<T> valuesOf(const Tensor &tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.bytes.size() / sizeof(T)};
}
/// Small whole numbers, so that sums are exact in any order.
std::vector<float> someFloats(size_t count, uint64_t seed);

/// Runs with both engines, which have to agree, and expects success; also checks that the unit classes of every section
/// sum to units x cycles.
RunResult runProgram(const bitstream::Program &program, const std::map<std::string, Tensor> &inputs,
                     const Options &options = {});
/// Runs with both engines, which have to agree, and expects an error; returns it.
std::string runError(const bitstream::Program &program, const std::map<std::string, Tensor> &inputs,
                     const Options &options = {});

} // namespace jacquard::sim::test

#endif // JACQUARD_TEST_UNIT_SIM_FABRICBUILDER_H
