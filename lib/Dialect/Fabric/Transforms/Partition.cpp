// Partition.cpp - split compute units until each fits one physical unit
// Why: virtual units have the size of the model's expressions, physical ones a fixed number of stages, registers and ports.
// Needs: virtual compute units.
// Gives: every compute unit fits; every operation has a stage, its result a register. Checked by the mapper's verifier.
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"

#include "jacquard/Mapper/Partition.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace jacquard::fabric {
#define GEN_PASS_DEF_FABRICPARTITIONPASS
#include "jacquard/Dialect/Fabric/Transforms/Passes.h.inc"
} // namespace jacquard::fabric

using namespace jacquard;
using namespace jacquard::fabric;

#define DEBUG_TYPE "fabric-partition"

namespace {

/// The unit's body as the mapper's program, and where its pieces came from.
struct UnitProgram {
  mapper::ComputeProgram program;
  SmallVector<Operation *> nodes;
  SmallVector<Operation *> outputs;
};

Opcode opcodeOf(StringRef name) { return *opcodeFromName(std::string_view(name.data(), name.size())); }

/// The operand as the program names it.
mapper::ProgramOperand operandOf(Value value, const llvm::DenseMap<Operation *, unsigned> &numbers) {
  mapper::ProgramOperand operand;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    operand.kind = mapper::ProgramOperandKind::Input;
    operand.index = argument.getArgNumber();
    return operand;
  }
  Operation *op = value.getDefiningOp();
  if (auto counter = dyn_cast<CounterOp>(op)) {
    operand.kind = mapper::ProgramOperandKind::Counter;
    operand.index = unsigned(counter.getLevel());
  } else if (auto constant = dyn_cast<ConstantOp>(op)) {
    operand.kind = mapper::ProgramOperandKind::Constant;
    operand.constant = constant.getValue();
  } else if (auto lane = dyn_cast<LaneOp>(op)) {
    operand.kind = mapper::ProgramOperandKind::LaneOfInput;
    operand.index = cast<BlockArgument>(lane.getInput()).getArgNumber();
    operand.laneBase = uint32_t(lane.getBase());
    operand.laneStride = uint32_t(lane.getStride());
    operand.laneLevel = int(lane.getLevel());
  } else {
    operand.kind = mapper::ProgramOperandKind::Node;
    operand.index = numbers.lookup(op);
  }
  return operand;
}

UnitProgram readProgram(ComputeOp unit) {
  UnitProgram result;
  mapper::ComputeProgram &program = result.program;
  program.levels = unit.getNumLevels();
  for (auto [i, level] : llvm::enumerate(unit.getPopLevels()))
    program.inputs.push_back({int(level), i >= unit.getVectors().size()});
  llvm::DenseMap<Operation *, unsigned> numbers;
  for (Operation &op : unit.getBody().front()) {
    if (isa<FuOp, AccumulateOp>(op)) {
      mapper::ProgramNode node;
      node.opcode = opcodeOf(op.getAttrOfType<StringAttr>("opcode"));
      unsigned count = 0;
      for (Value operand : op.getOperands())
        node.operands[count++] = operandOf(operand, numbers);
      if (auto accumulate = dyn_cast<AccumulateOp>(op)) {
        node.accumulate = true;
        node.accumulatorLevel = int(accumulate.getLevel());
        node.accumulatorInit = accumulate.getInit();
        node.operands[count].kind = mapper::ProgramOperandKind::Accumulator;
      }
      numbers[&op] = unsigned(result.nodes.size());
      result.nodes.push_back(&op);
      program.nodes.push_back(node);
    } else if (auto push = dyn_cast<PushOp>(op)) {
      program.outputs.push_back({{numbers.lookup(push.getValue().getDefiningOp())}, int(push.getLevel()), false, Opcode::Nop});
      result.outputs.push_back(&op);
    } else if (auto drain = dyn_cast<DrainOp>(op)) {
      mapper::ProgramOutput output;
      output.level = int(drain.getLevel());
      output.drain = true;
      if (drain.getReduce())
        output.reduce = opcodeOf(*drain.getReduce());
      output.chained = drain.getChain().has_value();
      for (Value value : drain.getValues())
        output.nodes.push_back(numbers.lookup(value.getDefiningOp()));
      program.outputs.push_back(output);
      result.outputs.push_back(&op);
    }
  }
  return result;
}

/// Writes the parts as compute units in place of the virtual one.
class PartWriter {
public:
  PartWriter(ComputeOp unit, const UnitProgram &source, const mapper::Partition &partition)
      : unit(unit), source(source), partition(partition), builder(unit) {}
  void write();

private:
  void writePart(const mapper::Part &part);
  Value lowerOperand(OpBuilder &body, Value operand);

  ComputeOp unit;
  const UnitProgram &source;
  const mapper::Partition &partition;
  OpBuilder builder;
  llvm::DenseMap<unsigned, Value> cutStreams; ///< node -> stream of its value
  IRMapping words;                            ///< words of the virtual unit -> words in the part being written
};

Value PartWriter::lowerOperand(OpBuilder &body, Value operand) {
  if (Value known = words.lookupOrNull(operand))
    return known;
  return body.clone(*operand.getDefiningOp(), words)->getResult(0); // counters, constants, lanes
}

void PartWriter::writePart(const mapper::Part &part) {
  std::vector<mapper::PartInput> inputs = part.inputs;
  llvm::sort(inputs, [](auto &a, auto &b) { return a.port < b.port; });
  SmallVector<Value> vectors, scalars;
  SmallVector<int64_t> popLevels, registers;
  unsigned numVectors = unit.getVectors().size();
  for (const mapper::PartInput &input : inputs) {
    bool scalar = !input.cut && input.index >= numVectors;
    Value stream = input.cut ? cutStreams.lookup(input.index) : unit->getOperand(input.index);
    (scalar ? scalars : vectors).push_back(stream);
    popLevels.push_back(input.popLevel);
    registers.push_back(input.reg);
  }
  std::vector<mapper::PartOutput> outputs = part.outputs;
  llvm::sort(outputs, [](auto &a, auto &b) { return a.port < b.port; });
  SmallVector<Value> chains;
  for (const mapper::PartOutput &output : outputs)
    if (auto drain = output.cut ? DrainOp() : dyn_cast<DrainOp>(source.outputs[output.index]);
        drain && drain.getChain())
      chains.push_back(unit.getChains()[*drain.getChain()]);
  SmallVector<Type> results(part.outputs.size(), StreamType::get(unit.getContext()));
  auto physical = ComputeOp::create(builder, unit.getLoc(), results, vectors, scalars, chains, popLevels,
                                    unit.getCounters(), unit.getVectorLevel(), builder.getDenseI64ArrayAttr(registers),
                                    DenseI64ArrayAttr(), StringAttr());
  Block &block = physical.getBody().emplaceBlock();
  OpBuilder body = OpBuilder::atBlockEnd(&block);
  words.clear();
  for (const mapper::PartInput &input : inputs) {
    Value argument = block.addArgument(builder.getType<WordType>(), unit.getLoc());
    Value original = input.cut ? source.nodes[input.index]->getResult(0)
                               : Value(unit.getBody().getArgument(input.index));
    words.map(original, argument);
  }
  for (auto [number, stage] : llvm::enumerate(part.stages)) {
    if (stage.node < 0)
      continue;
    Operation *node = source.nodes[stage.node];
    for (Value operand : node->getOperands())
      lowerOperand(body, operand);
    Operation *copy = body.clone(*node, words);
    copy->setAttr("stage", builder.getI64IntegerAttr(int64_t(number)));
    if (stage.destination >= 0)
      copy->setAttr("dest", builder.getI64IntegerAttr(stage.destination));
  }
  int64_t numChains = 0;
  for (auto [output, stream] : llvm::zip(outputs, physical.getOutputs())) {
    if (output.cut) {
      Value word = words.lookup(source.nodes[output.index]->getResult(0));
      PushOp::create(body, unit.getLoc(), word, builder.getI64IntegerAttr(output.level));
      cutStreams[output.index] = stream;
    } else {
      Operation *copy = body.clone(*source.outputs[output.index], words);
      if (auto drain = dyn_cast<DrainOp>(copy); drain && drain.getChain())
        drain.setChain(numChains++);
      unit.getResult(output.index).replaceAllUsesWith(stream);
    }
  }
}

void PartWriter::write() {
  for (const mapper::Part &part : partition.parts)
    writePart(part);
  unit.erase();
}

struct FabricPartition : fabric::impl::FabricPartitionPassBase<FabricPartition> {
  void runOnOperation() override;
};

LogicalResult partitionUnit(ComputeOp unit, const ArchSpec &spec) {
  UnitProgram source = readProgram(unit);
  auto partition = mapper::partition(source.program, spec);
  if (!partition)
    return unit.emitError() << tag(Diag::DoesNotFit) << "does not fit compute units of '" << spec.name
                            << "': " << partition.error();
  for (const std::string &violation : mapper::verifyPartition(source.program, *partition, spec))
    return unit.emitError() << tag(Diag::MapperCheck) << "partition is wrong: " << violation;
  PartWriter(unit, source, *partition).write();
  return success();
}

void FabricPartition::runOnOperation() {
  DeviceOp device = getOperation();
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return signalPassFailure();
  SmallVector<ComputeOp> units;
  device.walk([&](ComputeOp unit) {
    if (!unit.isPartitioned())
      units.push_back(unit);
  });
  bool fits = true;
  for (ComputeOp unit : units) {
    auto section = unit->getParentOfType<SectionOp>();
    fits &= succeeded(markUnlessFits(section, partitionUnit(unit, model->spec())));
  }
  if (!fits)
    signalPassFailure();
}

} // namespace
