// VerifierMutationTest.cpp - a routed device broken in every way in which a limit can be broken; each is caught
//
// Three guards stand before a bitstream: the verifiers of the ops, fabric-verify-routing, and the checks of the
// translation. Every mutation says which of them must catch it, and with what words.
#include "SmallPrograms.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Dialect/Fabric/Transforms/Passes.h"
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace jacquard;
using namespace jacquard::fabric;
using namespace jacquard::test;
using mlir::Operation;

namespace {

enum class Guard { Verifier, Routing, Translation, None };

std::ostream &operator<<(std::ostream &out, Guard guard) {
  static constexpr const char *names[] = {"verifier", "fabric-verify-routing", "translation", "nothing"};
  return out << names[unsigned(guard)];
}

//===-------------------------------------------------------------------------------------------------------------===//
// Editing
//===-------------------------------------------------------------------------------------------------------------===//

template <typename Op> Op nth(DeviceOp device, unsigned number = 0) {
  Op found;
  device.walk([&](Op op) {
    if (!found && number-- == 0)
      found = op;
  });
  return found;
}

void setInteger(Operation *op, llvm::StringRef name, int64_t value) {
  auto old = op->getAttrOfType<mlir::IntegerAttr>(name);
  mlir::Type type = old ? old.getType() : mlir::IntegerType::get(op->getContext(), 64);
  op->setAttr(name, mlir::IntegerAttr::get(type, value));
}

void setString(Operation *op, llvm::StringRef name, llvm::StringRef value) {
  op->setAttr(name, mlir::StringAttr::get(op->getContext(), value));
}

using Numbers = std::vector<int64_t>;

void setNumbers(Operation *op, llvm::StringRef name, const Numbers &values) {
  op->setAttr(name, mlir::DenseI64ArrayAttr::get(op->getContext(), values));
}

Numbers numbersOf(Operation *op, llvm::StringRef name) {
  return op->getAttrOfType<mlir::DenseI64ArrayAttr>(name).asArrayRef().vec();
}

/// An access as plain members.
struct Access {
  Numbers extents, registers, ops;
  int64_t vectorLevel, address, indexLevel, handoverLevel;
  int64_t elseValue;
  bool broadcast;
};

void editAccess(Operation *op, llvm::StringRef name, llvm::function_ref<void(Access &)> edit) {
  auto old = op->getAttrOfType<AccessAttr>(name);
  Access access{old.getExtents().vec(), old.getRegisters().vec(), old.getOps().vec(),
                old.getVectorLevel(),   old.getAddress(),         old.getIndexLevel(),
                old.getHandoverLevel(), old.getElseValue(),       old.getBroadcast()};
  edit(access);
  op->setAttr(name, AccessAttr::get(op->getContext(), access.extents, access.vectorLevel, access.registers, access.ops,
                                    access.address, access.elseValue, access.broadcast, access.indexLevel,
                                    access.handoverLevel));
}

/// Counter levels and the coefficients that go with them.
void addLevels(Access &access, unsigned count) {
  size_t width = access.extents.size() + 1;
  Numbers registers;
  for (size_t i = 0; i < access.registers.size(); i += width) {
    registers.insert(registers.end(), access.registers.begin() + i, access.registers.begin() + i + width);
    registers.insert(registers.end(), count, 0);
  }
  access.registers = registers;
  access.extents.insert(access.extents.end(), count, 1);
}

void editHops(DeviceOp device, llvm::function_ref<void(Numbers &)> edit, unsigned route = 0) {
  auto op = nth<RouteOp>(device, route);
  Numbers hops = numbersOf(op, "hops");
  edit(hops);
  setNumbers(op, "hops", hops);
}

/// The operations of the first unit that has `count` of them.
template <typename Op> llvm::SmallVector<Op> operationsOf(DeviceOp device, unsigned count) {
  llvm::SmallVector<Op> found;
  device.walk([&](ComputeOp unit) {
    auto operations = llvm::to_vector(unit.getBody().front().getOps<Op>());
    if (found.empty() && operations.size() >= count)
      found = operations;
  });
  return found;
}

struct Mutation {
  const char *name;
  const char *program;
  std::function<void(DeviceOp)> apply;
  Guard guard;
  const char *words;
};

void PrintTo(const Mutation &mutation, std::ostream *out) { *out << mutation.name << " of " << mutation.program; }

const std::vector<Mutation> &mutations();

class VerifierMutationTest : public testing::TestWithParam<Mutation> {
protected:
  VerifierMutationTest() : context(makeRegistry(), mlir::MLIRContext::Threading::DISABLED) {
    context.printOpOnDiagnostic(false);
  }

  /// The first guard that finds something; its errors are in `errors`.
  Guard inspect(mlir::ModuleOp module) {
    mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      errors += diagnostic.str() + "\n";
      return mlir::success();
    });
    if (failed(mlir::verify(module)))
      return Guard::Verifier;
    mlir::PassManager passes(&context);
    passes.enableVerifier(false);
    passes.nest<DeviceOp>().addPass(createFabricVerifyRoutingPass());
    if (failed(passes.run(module)))
      return Guard::Routing;
    auto program = translateToBitstream(deviceOf(module), {});
    if (failed(program))
      return Guard::Translation;
    auto bytes = bitstream::writeProgram(*program);
    if (!bytes)
      errors += bytes.error();
    return bytes ? Guard::None : Guard::Translation;
  }

  mlir::MLIRContext context;
  std::string errors;
};

std::string nameOf(const testing::TestParamInfo<Mutation> &info) { return info.param.name; }

} // namespace

TEST_P(VerifierMutationTest, IsCaught) {
  auto module = compileUntil(context, textOf(GetParam().program), "tiny");
  ASSERT_TRUE(module);
  ASSERT_EQ(inspect(*module), Guard::None) << errors;
  GetParam().apply(deviceOf(*module));
  EXPECT_EQ(inspect(*module), GetParam().guard) << errors;
  EXPECT_NE(errors.find(GetParam().words), std::string::npos) << errors;
}

INSTANTIATE_TEST_SUITE_P(Mutations, VerifierMutationTest, testing::ValuesIn(mutations()), nameOf);

//===-------------------------------------------------------------------------------------------------------------===//
// The mutations
//===-------------------------------------------------------------------------------------------------------------===//

namespace {

void append(std::vector<Mutation> &list, std::vector<Mutation> more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// Counter chains and address programs, of DRAM ports and memory units.
std::vector<Mutation> accessMutations() {
  auto ofLoad = [](std::function<void(Access &)> edit) {
    return [=](DeviceOp device) { editAccess(nth<LoadOp>(device), "access", edit); };
  };
  auto ofRead = [](std::function<void(Access &)> edit) {
    return [=](DeviceOp device) { editAccess(nth<MemoryOp>(device), "read", edit); };
  };
  return {
      {"LoadCounters", "Map", ofLoad([](Access &a) { addLevels(a, 12); }), Guard::Verifier,
       "needs 13 counter levels; the architecture offers 12"},
      {"ReadCounters", "Map", ofRead([](Access &a) { addLevels(a, 12); }), Guard::Verifier,
       "needs 13 counter levels; the architecture offers 12"},
      {"LoadRegisters", "Map", ofLoad([](Access &a) { a.registers.resize(14); }), Guard::Verifier,
       "needs 7 address registers; the architecture offers 6"},
      {"ReadRegisters", "Map", ofRead([](Access &a) { a.registers.resize(14); }), Guard::Verifier,
       "needs 7 address registers; the architecture offers 6"},
      {"LoadStages", "Map",
       ofLoad([](Access &a) { a.ops = {1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0}; }),
       Guard::Verifier, "needs 5 address stages; the architecture offers 4"},
      {"ReadStages", "Map",
       ofRead([](Access &a) { a.ops = {1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0}; }),
       Guard::Verifier, "needs 5 address stages; the architecture offers 4"},
      {"AddressOfLaterStage", "Map", ofRead([](Access &a) { a.ops = {1, 7, 0, 1, 0}; }), Guard::Verifier,
       "address stage 0 reads value 7, which is not computed before it"},
      {"AddressNotComputed", "Map", ofRead([](Access &a) { a.address = 7; }), Guard::Verifier,
       "address is value 7, which is not computed"},
      {"AddressOfIdleRegister", "Map", ofRead([](Access &a) { a.address = 4; }), Guard::Translation,
       "read.address: 4 is not allowed"},
      {"StageReadsIdleRegister", "Map", ofRead([](Access &a) { a.ops = {1, 3, 0, 1, 0}; }), Guard::Translation,
       "read.ops[0].a: 3 is not allowed"},
      {"DivisionByZero", "Map", ofRead([](Access &a) { a.ops = {2, 0, 0, 0, 0}; }), Guard::Translation,
       "read.ops[0].low: 0 is not allowed"},
      {"AddressTooLarge", "Map", ofLoad([](Access &a) { a.registers[1] = int64_t(1) << 57; }), Guard::Translation,
       "access.registers[0].coefficients[0]: 144115188075855872 is not allowed"},
      {"ExtentZero", "Map", ofLoad([](Access &a) { a.extents[0] = 0; }), Guard::Verifier,
       "counter extent 0 is not allowed; expected 1 to 4294967295"},
      {"ExtentTooLarge", "Map", ofLoad([](Access &a) { a.extents[0] = int64_t(1) << 31; }), Guard::Translation,
       "access.counters.extents[0]: 2147483648 is not allowed"},
      {"VectorLevelMissing", "Map", ofLoad([](Access &a) { a.vectorLevel = 1; }), Guard::Verifier,
       "vector level 1 is not allowed; expected -1 to 0"},
      {"HandoverLevelMissing", "GroupBy",
       [](DeviceOp device) { editAccess(nth<MemoryOp>(device), "read", [](Access &a) { a.handoverLevel = 2; }); },
       Guard::Verifier, "handover level 2 is not allowed; expected -1 to 1"},
      {"IndexLevelMissing", "Gather", ofRead([](Access &a) { a.indexLevel = 2; }), Guard::Verifier,
       "index level 2 is not allowed; expected -1 to 1"},
      {"IndexedWithoutStream", "Map", ofRead([](Access &a) { a.indexLevel = 0; }), Guard::Verifier,
       "has no index stream, but its access is indexed"},
      {"StreamWithoutIndexed", "Gather", ofRead([](Access &a) { a.indexLevel = AccessAttr::noIndex; }), Guard::Verifier,
       "has an index stream, but its access is not indexed"},
  };
}

/// Buffers in DRAM, ports and scratchpads.
std::vector<Mutation> memoryMutations() {
  return {
      {"UnknownBuffer", "Map",
       [](DeviceOp device) {
         nth<LoadOp>(device)->setAttr("buffer", mlir::FlatSymbolRefAttr::get(device.getContext(), "nowhere"));
       },
       Guard::Verifier, "buffer @nowhere does not exist"},
      {"UnknownBufferOfStore", "Map",
       [](DeviceOp device) {
         nth<StoreOp>(device)->setAttr("buffer", mlir::FlatSymbolRefAttr::get(device.getContext(), "nowhere"));
       },
       Guard::Verifier, "buffer @nowhere does not exist"},
      {"UnknownKindOfBuffer", "Map", [](DeviceOp device) { setString(nth<BufferOp>(device), "kind", "weight"); },
       Guard::Verifier, "kind \"weight\" is unknown"},
      {"BufferBelowDram", "Map", [](DeviceOp device) { setInteger(nth<BufferOp>(device), "address", -64); },
       Guard::Translation, "baseAddress: -64 is not allowed"},
      {"BufferBeyondDram", "Map", [](DeviceOp device) { setInteger(nth<BufferOp>(device), "address", 1 << 20); },
       Guard::Translation, "outside DRAM"},
      {"TooManyBuffers", "Map", [](DeviceOp device) { setInteger(nth<MemoryOp>(device), "buffers", 9); },
       Guard::Verifier, "needs 9 buffers; the architecture offers 8"},
      {"NoBuffers", "Map", [](DeviceOp device) { setInteger(nth<MemoryOp>(device), "buffers", 0); }, Guard::Verifier,
       "words 79 and buffers 0 must be at least 1"},
      {"NoWords", "Map", [](DeviceOp device) { setInteger(nth<MemoryOp>(device), "words", 0); }, Guard::Verifier,
       "words 0 and buffers 1 must be at least 1"},
      {"TooManyWords", "Map", [](DeviceOp device) { setInteger(nth<MemoryOp>(device), "words", 65537); },
       Guard::Verifier, "needs 65537 words of scratchpad; the architecture offers 65536"},
      {"TooManyWordsInAll", "Map",
       [](DeviceOp device) {
         setInteger(nth<MemoryOp>(device), "words", 32769);
         setInteger(nth<MemoryOp>(device), "buffers", 2);
       },
       Guard::Verifier, "needs 262152 bytes of scratchpad; the architecture offers 262144"},
      {"WordsBeyond64Bits", "Map",
       [](DeviceOp device) { setInteger(nth<MemoryOp>(device), "words", (int64_t(1) << 62) + 40); }, Guard::Verifier,
       "words of scratchpad; the architecture offers 65536"},
      {"AccumulateWithOneOperand", "GroupBy",
       [](DeviceOp device) { setString(nth<MemoryOp>(device), "accumulate", "fneg"); }, Guard::Verifier,
       "accumulation \"fneg\" takes 1 operands; found 2"},
  };
}

/// Levels, stages, registers and ports of compute units.
std::vector<Mutation> computeMutations() {
  return {
      {"ComputeCounters", "Map",
       [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "counters", Numbers(13, 1)); }, Guard::Verifier,
       "needs 13 counter levels; the architecture offers 12"},
      {"ComputeExtentZero", "Map", [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "counters", {0}); },
       Guard::Verifier, "counter extent 0 is not allowed"},
      {"PopLevelMissing", "Map", [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "pop_levels", {0, 1}); },
       Guard::Verifier, "pop level 1 is not allowed; expected -1 to 0"},
      {"PopLevelForOneInputOnly", "Map", [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "pop_levels", {0}); },
       Guard::Verifier, "has 2 inputs, 2 block arguments and 1 pop levels"},
      {"FourVectorInputs", "Map",
       [](DeviceOp device) {
         auto unit = nth<ComputeOp>(device);
         mlir::Value stream = unit.getVectors().front();
         unit.getVectorsMutable().append({stream, stream});
         for (unsigned i = 0; i < 2; ++i)
           unit.getBody().addArgument(mlir::IntegerType::get(device.getContext(), 32), unit.getLoc());
         setNumbers(unit, "pop_levels", {0, 0, 0, 0});
         setNumbers(unit, "input_registers", {0, 1, 2, 3});
       },
       Guard::Verifier, "needs 4 vector inputs; the architecture offers 3"},
      {"MissingPort", "Map", [](DeviceOp device) { nth<ComputeOp>(device).getVectorsMutable().erase(1); },
       Guard::Verifier, "has 1 inputs, 2 block arguments and 2 pop levels"},
      {"InputRegisterMissing", "Map",
       [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "input_registers", {0}); }, Guard::Verifier,
       "has 1 input registers for 2 inputs"},
      {"InputRegisterBeyond", "Map",
       [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "input_registers", {0, 6}); }, Guard::Verifier,
       "uses register 6; the architecture offers 0 to 5"},
      {"TwoInputsInOneRegister", "Map",
       [](DeviceOp device) { setNumbers(nth<ComputeOp>(device), "input_registers", {1, 1}); }, Guard::Verifier,
       "has two inputs in register 1"},
      {"StageBeyond", "Map", [](DeviceOp device) { setInteger(nth<FuOp>(device), "stage", 6); }, Guard::Verifier,
       "occupies stages 6 to 6; the architecture offers 0 to 5"},
      {"StageNegative", "Map", [](DeviceOp device) { setInteger(nth<FuOp>(device), "stage", -1); }, Guard::Verifier,
       "occupies stages -1 to -1"},
      {"StageMissing", "Map", [](DeviceOp device) { nth<FuOp>(device)->removeAttr("stage"); }, Guard::Verifier,
       "has no stage"},
      {"LongOperationAtTheEnd", "Map",
       [](DeviceOp device) {
         setString(nth<FuOp>(device, 1), "opcode", "fdiv");
         setInteger(nth<FuOp>(device, 1), "stage", 5);
       },
       Guard::Verifier, "occupies stages 5 to 6; the architecture offers 0 to 5"},
      {"AccumulateStageBeyond", "Matmul", [](DeviceOp device) { setInteger(nth<AccumulateOp>(device), "stage", 6); },
       Guard::Verifier, "occupies stages 6 to 6; the architecture offers 0 to 5"},
      {"TwoOperationsInOneStage", "Map",
       [](DeviceOp device) { setInteger(nth<FuOp>(device, 1), "stage", nth<FuOp>(device).getStage().value()); },
       Guard::Verifier, "stage 0 is taken"},
      {"OperationInsideALongOne", "Long", [](DeviceOp device) { setInteger(nth<FuOp>(device, 3), "stage", 4); },
       Guard::Verifier, "stage 4 is taken"},
      {"OperandAfterItsUse", "Map", [](DeviceOp device) { setInteger(nth<FuOp>(device), "stage", 3); }, Guard::Verifier,
       "reads register 1, which holds another word by then"},
      {"DestBeyond", "Map", [](DeviceOp device) { setInteger(nth<FuOp>(device), "dest", 6); }, Guard::Verifier,
       "writes register 6; the architecture offers 0 to 5"},
      {"DestMissing", "Map", [](DeviceOp device) { nth<FuOp>(device)->removeAttr("dest"); }, Guard::Verifier,
       "reads a word that is in no register"},
      {"DestOverwritesOperand", "Map", [](DeviceOp device) { setInteger(nth<FuOp>(device), "dest", 0); },
       Guard::Verifier, "reads register 0, which holds another word by then"},
      {"LevelOfCounterMissing", "Long", [](DeviceOp device) { setInteger(nth<CounterOp>(device), "level", 2); },
       Guard::Verifier, "level 2 is not allowed; expected 0 to 1"},
      {"LevelOfPushMissing", "Map", [](DeviceOp device) { setInteger(nth<PushOp>(device), "level", 1); },
       Guard::Verifier, "level 1 is not allowed; expected -1 to 0"},
      {"LevelOfDrainMissing", "Matmul", [](DeviceOp device) { setInteger(nth<DrainOp>(device), "level", 3); },
       Guard::Verifier, "level 3 is not allowed; expected -1 to 2"},
      {"LevelOfAccumulateMissing", "Matmul", [](DeviceOp device) { setInteger(nth<AccumulateOp>(device), "level", 3); },
       Guard::Verifier, "level 3 is not allowed; expected -1 to 2"},
      {"LevelOfLaneMissing", "Conv", [](DeviceOp device) { setInteger(nth<LaneOp>(device), "level", 5); },
       Guard::Verifier, "level 5 is not allowed; expected -1 to 4"},
      {"LaneBeyond", "Conv", [](DeviceOp device) { setInteger(nth<LaneOp>(device), "base", 16); }, Guard::Translation,
       "laneBase: 16 is not allowed"},
      {"LaneStepsBeyond", "Conv",
       [](DeviceOp device) {
         setInteger(nth<LaneOp>(device), "stride", 8);
         setInteger(nth<LaneOp>(device), "level", 0);
       },
       Guard::Translation, "expected lanes below 16"},
      {"UnknownOpcode", "Map", [](DeviceOp device) { setString(nth<FuOp>(device), "opcode", "fmagic"); },
       Guard::Verifier, "opcode \"fmagic\" is unknown"},
      {"TooFewOperands", "Map", [](DeviceOp device) { setString(nth<FuOp>(device), "opcode", "fma"); }, Guard::Verifier,
       "operation \"fma\" takes 3 operands; found 2"},
      {"ReduceWithOneOperand", "Matmul", [](DeviceOp device) { setString(nth<DrainOp>(device), "reduce", "fneg"); },
       Guard::Verifier, "reduction \"fneg\" takes 1 operands; found 2"},
      {"PushMissing", "Map", [](DeviceOp device) { nth<PushOp>(device).erase(); }, Guard::Verifier,
       "has 0 pushes and drains for 1 results"},
      {"PushOfConstant", "Long",
       [](DeviceOp device) {
         auto unit = nth<ComputeOp>(device);
         auto constant = *unit.getBody().front().getOps<ConstantOp>().begin();
         nth<PushOp>(device)->setOperand(0, constant);
       },
       Guard::Verifier, "pushes a word that is in no register"},
      {"DrainOfNothing", "Matmul", [](DeviceOp device) { nth<DrainOp>(device)->setOperands({}); }, Guard::Verifier,
       "drains nothing"},
      {"DrainOutOfOrder", "Conv",
       [](DeviceOp device) {
         auto drain = nth<DrainOp>(device);
         auto values = llvm::to_vector(drain.getValues());
         std::swap(values[0], values[1]);
         drain->setOperands(values);
       },
       Guard::Verifier, "drains stage 0 after stage 1"},
      {"NotPartitioned", "Map", [](DeviceOp device) { nth<ComputeOp>(device)->removeAttr("input_registers"); },
       Guard::Translation, "is not partitioned; run fabric-partition before"},
  };
}

/// Sites and routes.
std::vector<Mutation> mappingMutations() {
  return {
      {"SiteMissing", "Map", [](DeviceOp device) { nth<MemoryOp>(device)->removeAttr("at"); }, Guard::Routing,
       "has no place; run fabric-place before"},
      {"SiteOffGrid", "Map", [](DeviceOp device) { setNumbers(nth<MemoryOp>(device), "at", {9, 9, 0}); },
       Guard::Routing, "stands at (9, 9) slot 0, where 'tiny' has no unit"},
      {"SiteSlotMissing", "Map",
       [](DeviceOp device) {
         Numbers at = numbersOf(nth<MemoryOp>(device), "at");
         setNumbers(nth<MemoryOp>(device), "at", {at[0], at[1], 1});
       },
       Guard::Routing, "slot 1, where 'tiny' has no unit"},
      {"SiteOfOtherKind", "Map",
       [](DeviceOp device) { setNumbers(nth<MemoryOp>(device), "at", numbersOf(nth<ComputeOp>(device), "at")); },
       Guard::Routing, "is a memory unit, but stands on compute("},
      {"TwoUnitsOnOneSite", "Map",
       [](DeviceOp device) { setNumbers(nth<MemoryOp>(device, 1), "at", numbersOf(nth<MemoryOp>(device), "at")); },
       Guard::Routing, "carries both"},
      {"UnitMoved", "Scalar",
       [](DeviceOp device) {
         Numbers at = numbersOf(nth<ComputeOp>(device), "at");
         setNumbers(nth<ComputeOp>(device), "at", {at[0] > 2 ? at[0] - 2 : at[0] + 2, at[1], 0});
       },
       Guard::Routing, "net "},
      {"RouteDropped", "Map", [](DeviceOp device) { nth<RouteOp>(device, 2).erase(); }, Guard::Routing,
       "the branch ends in nowhere"},
      {"RouteTwice", "Map",
       [](DeviceOp device) {
         mlir::OpBuilder builder(nth<RouteOp>(device));
         builder.clone(*nth<RouteOp>(device));
       },
       Guard::Routing, "is used by net"},
      {"RouteInOtherNetwork", "Map", [](DeviceOp device) { setInteger(nth<RouteOp>(device), "network", 2); },
       Guard::Routing, "routes in the control network; expected vector"},
      {"RouteInNoNetwork", "Map", [](DeviceOp device) { setInteger(nth<RouteOp>(device), "network", 3); },
       Guard::Verifier, "hops must be triples"},
      {"HopDropped", "Map",
       [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops.resize(hops.size() - 3); }); }, Guard::Routing,
       "does not reach"},
      {"FirstHopDropped", "Map",
       [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops.erase(hops.begin(), hops.begin() + 3); }); },
       Guard::Routing, "which the net does not drive"},
      {"HopAdded", "Map",
       [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops.insert(hops.end(), {7, 0, 0}); }); },
       Guard::Routing, "which the net does not drive"},
      {"HopFromElsewhere", "Map",
       [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops[2] = hops[2] ? 0 : 1; }); }, Guard::Routing,
       "which the net does not drive"},
      {"HopRedirected", "Map",
       [](DeviceOp device) {
         editHops(device, [](Numbers &hops) { hops[hops.size() - 2] = hops[hops.size() - 2] ? 0 : 1; });
       },
       Guard::Routing, "does not reach"},
      {"HopOfOtherNetTaken", "Map",
       [](DeviceOp device) {
         Numbers other = numbersOf(nth<RouteOp>(device, 1), "hops");
         editHops(device, [&](Numbers &hops) { hops.insert(hops.end(), other.begin(), other.begin() + 3); });
       },
       Guard::Routing, "is used by net"},
      {"SwitchOffGrid", "Map", [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops[0] = 24; }); },
       Guard::Verifier, "names switch 24; the grid has 0 to 23"},
      {"SinkMissing", "Map", [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops[1] = 99; }); },
       Guard::Verifier, "to sink 99 of switch"},
      {"SourceMissing", "Map", [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops[2] = 99; }); },
       Guard::Verifier, "connects source 99"},
      {"HopNotATriple", "Map", [](DeviceOp device) { editHops(device, [](Numbers &hops) { hops.pop_back(); }); },
       Guard::Verifier, "hops must be triples"},
      {"UnknownArchitecture", "Map", [](DeviceOp device) { setString(device, "arch", "loom"); }, Guard::Verifier,
       "loom"},
  };
}

const std::vector<Mutation> &mutations() {
  static const std::vector<Mutation> all = [] {
    std::vector<Mutation> list;
    append(list, accessMutations());
    append(list, memoryMutations());
    append(list, computeMutations());
    append(list, mappingMutations());
    return list;
  }();
  return all;
}

} // namespace
