// ConvertPipeToFabric.cpp - write the unit programs of every section
// Why: from here on everything is units and streams; nothing above is looked at again.
// Needs: only `pipe` ops in the model's function.
// Gives: one `fabric.device` with DRAM addresses and virtual units.
#include "jacquard/Conversion/PipeToFabric/Passes.h"
#include "jacquard/Support/Diagnostics.h"

#include "LowerSection.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace jacquard {
#define GEN_PASS_DEF_CONVERTPIPETOFABRICPASS
#include "jacquard/Conversion/PipeToFabric/Passes.h.inc"
} // namespace jacquard

using namespace jacquard;

#define DEBUG_TYPE "convert-pipe-to-fabric"

namespace {

struct ConvertPipeToFabric : jacquard::impl::ConvertPipeToFabricPassBase<ConvertPipeToFabric> {
  using ConvertPipeToFabricPassBase::ConvertPipeToFabricPassBase;
  void runOnOperation() override;

private:
  ArrayAttr extentsOf(pipe::DramOp dram);
  LogicalResult layOut(func::FuncOp function, fabric::DeviceOp device, const ArchSpec &spec);
  LogicalResult lowerSchedule(Block &schedule, OpBuilder &builder, const ArchSpec &spec);
  LogicalResult lowerSection(pipe::SectionOp section, OpBuilder &builder, const ArchSpec &spec);
  LogicalResult lowerLoop(pipe::LoopOp loop, OpBuilder &builder, const ArchSpec &spec);

  llvm::DenseMap<Value, FlatSymbolRefAttr> symbols;
};

/// The symbols of what says how many positions of a tensor are there; null when its shape says so.
ArrayAttr ConvertPipeToFabric::extentsOf(pipe::DramOp dram) {
  if (dram.getExtents().empty())
    return {};
  return ArrayAttr::get(&getContext(), llvm::map_to_vector(dram.getExtents(), [&](Value extent) -> Attribute {
    return symbols.lookup(extent);
  }));
}

/// Gives every tensor its address: one after another, on burst boundaries.
LogicalResult ConvertPipeToFabric::layOut(func::FuncOp function, fabric::DeviceOp device, const ArchSpec &spec) {
  OpBuilder builder = OpBuilder::atBlockEnd(&device.getBody().front());
  uint64_t address = 0;
  unsigned number = 0;
  for (auto dram : function.getOps<pipe::DramOp>()) {
    auto memref = cast<MemRefType>(dram.getBuffer().getType());
    auto type = RankedTensorType::get(memref.getShape(), memref.getElementType());
    auto element = fabric::fabricElementType(type.getElementType());
    if (!element)
      return dram.emitError()
             << tag(Diag::TypeNotOnFabric) << "tensor \"" << dram.getName() << "\" has element type "
             << type.getElementType()
             << ", which the fabric does not store; expected f16, bf16, f32, f64, i1, i8, i16, i32 or i64";
    std::string symbol = (dram.getKind() + Twine(number++)).str();
    bool isPublic = dram.getKind() == "input" || dram.getKind() == "output";
    fabric::BufferOp::create(builder, dram.getLoc(), builder.getStringAttr(symbol), dram.getKindAttr(),
                             builder.getI64IntegerAttr(int64_t(address)), TypeAttr::get(type), dram.getValueAttr(),
                             /*order=*/fabric::AccessAttr(), isPublic ? dram.getNameAttr() : StringAttr(),
                             dram.getExtentDimsAttr(), extentsOf(dram), dram.getIsUnsignedAttr());
    symbols[dram.getBuffer()] = FlatSymbolRefAttr::get(&getContext(), symbol);
    address = std::min<uint64_t>(llvm::SaturatingAdd(address, fabric::sizeInDram(type, spec.dram.burstBytes)), INT64_MAX);
  }
  device.setDramBytes(int64_t(std::max<uint64_t>(address, spec.dram.burstBytes))); // empty tensors have an address too
  return fabric::checkDramCapacity(device, spec, /*withTemporaries=*/false);
}

LogicalResult ConvertPipeToFabric::lowerSection(pipe::SectionOp section, OpBuilder &builder, const ArchSpec &spec) {
  auto lowered = fabric::SectionOp::create(builder, section.getLoc(), section.getNameAttr(),
                                           section.getPredictedCyclesAttr(), section.getBusyCyclesAttr(),
                                           section.getDramCyclesAttr(), section.getBoundAttr(), section.getWideAttr());
  OpBuilder inside = OpBuilder::atBlockEnd(&lowered.getBody().emplaceBlock());
  SmallVector<FlatSymbolRefAttr> names;
  for (Value buffer : section.getBuffers())
    names.push_back(symbols.lookup(buffer));
  lowered->setDiscardableAttrs(section->getDiscardableAttrDictionary());
  return fabric::markUnlessFits(lowered, SectionLowering(inside, section, spec, names).lower());
}

LogicalResult ConvertPipeToFabric::lowerLoop(pipe::LoopOp loop, OpBuilder &builder, const ArchSpec &spec) {
  auto lowered = fabric::LoopOp::create(builder, loop.getLoc(), loop.getMaxAttr(), symbols.lookup(loop.getCondition()),
                                        symbols.lookup(loop.getCounter()), loop.getTestFirstAttr());
  OpBuilder inside = OpBuilder::atBlockEnd(&lowered.getBody().emplaceBlock());
  return lowerSchedule(loop.getBody().front(), inside, spec);
}

/// Sections and loops in their order.
LogicalResult ConvertPipeToFabric::lowerSchedule(Block &schedule, OpBuilder &builder, const ArchSpec &spec) {
  for (Operation &op : schedule) {
    if (auto section = dyn_cast<pipe::SectionOp>(op); section && failed(lowerSection(section, builder, spec)))
      return failure();
    if (auto loop = dyn_cast<pipe::LoopOp>(op); loop && failed(lowerLoop(loop, builder, spec)))
      return failure();
  }
  return success();
}

void ConvertPipeToFabric::runOnOperation() {
  auto spec = loadArch(arch);
  if (!spec) {
    getOperation().emitError() << spec.error();
    return signalPassFailure();
  }
  symbols.clear();
  OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
  for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
    if (function.isPrivate() || function.isDeclaration())
      continue;
    auto device = fabric::DeviceOp::create(builder, function.getLoc(), builder.getStringAttr(arch),
                                           builder.getI64IntegerAttr(0),
                                           function->getAttrOfType<IntegerAttr>("pipe.multiply_adds"),
                                           function->getAttrOfType<IntegerAttr>("pipe.compulsory_bytes"));
    device.getBody().emplaceBlock();
    OpBuilder schedule = OpBuilder::atBlockEnd(&device.getBody().front());
    if (failed(layOut(function, device, *spec)) || failed(lowerSchedule(function.getBody().front(), schedule, *spec)))
      return signalPassFailure();
    function.erase();
  }
}

} // namespace
