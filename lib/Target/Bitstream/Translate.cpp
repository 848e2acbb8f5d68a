// Translate.cpp - a routed device as a whole program: sections, schedule, DRAM contents and names
#include "jacquard/Target/Bitstream/BitstreamTarget.h"

#include "jacquard/Bitstream/Encode.h"
#include "jacquard/Dialect/Fabric/Transforms/MappingProblem.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

namespace {

/// The elements of a constant as DRAM holds them; those of resources are not copied.
FailureOr<bitstream::SegmentBytes> constantBytes(BufferOp buffer) {
  auto type = cast<RankedTensorType>(buffer.getType());
  ElementType element = *fabricElementType(type.getElementType());
  uint64_t size = uint64_t(type.getNumElements()) * elementBytes(element);
  if (buffer.getOrder())
    return buffer.emitError() << "constant '" << buffer.getSymName()
                              << "' is not in its order; expected one without, run fabric-arrange-constants";
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(*buffer.getValue())) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return buffer.emitError() << "resource '" << resource.getRawHandle().getKey() << "' has no data";
    ArrayRef<char> data = blob->getData();
    if (data.size() != size)
      return buffer.emitError() << "resource '" << resource.getRawHandle().getKey() << "' has " << data.size()
                                << " bytes; expected " << size;
    return bitstream::SegmentBytes::refer(data.data(), data.size());
  }
  std::vector<uint8_t> bytes;
  bytes.reserve(size);
  auto dense = dyn_cast<DenseElementsAttr>(*buffer.getValue());
  if (!dense)
    return buffer.emitError() << "constant has no dense elements";
  auto append = [&](const APInt &bits) { // little-endian, as the processor and DRAM have it
    uint64_t value = bits.getZExtValue();
    const auto *raw = reinterpret_cast<const uint8_t *>(&value);
    bytes.insert(bytes.end(), raw, raw + elementBytes(element));
  };
  if (isFloatElement(element))
    for (const APFloat &value : dense.getValues<APFloat>())
      append(value.bitcastToAPInt());
  else
    for (const APInt &value : dense.getValues<APInt>())
      append(value);
  return bitstream::SegmentBytes(std::move(bytes));
}

uint64_t addressOf(DeviceOp device, FlatSymbolRefAttr symbol) {
  return uint64_t(cast<BufferOp>(SymbolTable::lookupSymbolIn(device, symbol)).getAddress());
}

LogicalResult layOutDram(DeviceOp device, bitstream::Program &program) {
  program.dramBytes = uint64_t(device.getDramBytes());
  for (auto buffer : device.getBody().front().getOps<BufferOp>()) {
    auto type = cast<RankedTensorType>(buffer.getType());
    ElementType element = *fabricElementType(type.getElementType());
    if (buffer.getKind() != "temporary" && !device.getCompulsoryBytes())
      program.compulsoryBytes += uint64_t(type.getNumElements()) * elementBytes(element);
    if (buffer.getKind() == "constant") {
      auto bytes = constantBytes(buffer);
      if (failed(bytes))
        return failure();
      if (!bytes->empty())
        program.segments.push_back({uint64_t(buffer.getAddress()), std::move(*bytes)});
    } else if (buffer.getPublicName()) {
      bitstream::TensorSymbol symbol{buffer.getPublicName()->str(), element,
                                     type.getShape().vec(),         uint64_t(buffer.getAddress()),
                                     buffer.getIsUnsigned(),        {}};
      for (auto [i, dim] : llvm::enumerate(buffer.getExtentDims().value_or(ArrayRef<int64_t>())))
        symbol.extents.push_back(
            {uint32_t(dim), addressOf(device, cast<FlatSymbolRefAttr>((*buffer.getExtents())[i]))});
      (buffer.getKind() == "input" ? program.inputs : program.outputs).push_back(symbol);
    }
  }
  llvm::sort(program.segments, [](auto &a, auto &b) { return a.address < b.address; });
  return success();
}

std::vector<bitstream::UnitName> unitNames(SectionOp section, const FabricModel &model) {
  std::vector<bitstream::UnitName> names;
  for (Operation &op : section.getBody().front())
    if (unitKindOf(&op)) {
      auto name = op.getAttrOfType<StringAttr>("unit");
      names.push_back({*siteOf(&op, model), name ? name.str() : std::string(), nodeName(op.getLoc())});
    }
  llvm::sort(names, [](auto &a, auto &b) { return a.site < b.site; });
  return names;
}

LogicalResult translateSection(SectionOp section, const FabricModel &model, bitstream::Program &program) {
  auto config = configureSection(section, model);
  if (failed(config))
    return failure();
  if (auto status = bitstream::verifyConfig(*config, model); !status)
    return section.emitError() << "section \"" << section.getName() << "\": " << status.error();
  bitstream::Section entry;
  entry.name = section.getName().str();
  entry.config = std::move(*config);
  entry.units = unitNames(section, model);
  entry.predictedCycles = uint64_t(section.getPredictedCycles().value_or(0));
  program.schedule.push_back(uint32_t(program.sections.size()));
  program.sections.push_back(std::move(entry));
  return success();
}

/// Sections become entries of the schedule, loops become ranges of them.
LogicalResult translateSchedule(Block &schedule, DeviceOp device, const FabricModel &model,
                                bitstream::Program &program) {
  for (Operation &op : schedule) {
    if (auto section = dyn_cast<SectionOp>(op); section && failed(translateSection(section, model, program)))
      return failure();
    auto loop = dyn_cast<LoopOp>(op);
    if (!loop)
      continue;
    size_t number = program.loops.size();
    bitstream::ScheduleLoop &entry = program.loops.emplace_back();
    entry.begin = uint32_t(program.schedule.size());
    entry.maxTrips = uint32_t(loop.getMax());
    if (loop.getConditionAttr())
      entry.condition = addressOf(device, loop.getConditionAttr());
    if (loop.getCounterAttr())
      entry.counter = addressOf(device, loop.getCounterAttr());
    entry.testFirst = loop.getTestFirst();
    if (failed(translateSchedule(loop.getBody().front(), device, model, program)))
      return failure();
    program.loops[number].end = uint32_t(program.schedule.size());
    if (program.loops[number].end == program.loops[number].begin)
      program.loops.erase(program.loops.begin() + number); // nothing to run
  }
  return success();
}

} // namespace

FailureOr<bitstream::Program> jacquard::translateToBitstream(DeviceOp device, const BitstreamInfo &info) {
  auto model = loadFabricModel(device, device.getArch());
  if (!model)
    return failure();
  bitstream::Program program;
  program.toolVersion = info.toolVersion;
  program.options = info.options;
  program.modelHash = info.modelHash;
  program.arch = model->spec();
  program.multiplyAdds = uint64_t(device.getMultiplyAdds());
  program.compulsoryBytes = uint64_t(device.getCompulsoryBytes().value_or(0));
  if (failed(layOutDram(device, program)))
    return failure();
  if (failed(translateSchedule(device.getBody().front(), device, *model, program)))
    return failure();
  return program;
}
