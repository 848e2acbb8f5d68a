// LowerSection.cpp - DRAM ports and memory units of a section: loads, stores, and the scratchpads between them
#include "LowerSection.h"

#include "ScalarOps.h"

#include "jacquard/Bitstream/Config.h"
#include "jacquard/Support/Diagnostics.h"

using namespace mlir;
using namespace jacquard;

int64_t jacquard::scratchpadWords(MemRefType type) {
  int64_t last = 0;
  for (auto [extent, stride] : llvm::zip(type.getShape(), stridesOf(type)))
    last += (extent - 1) * stride;
  return last + 1;
}

SmallVector<Level> SectionLowering::enclosingLoops(Operation *op) {
  SmallVector<pipe::MetapipeOp> pipes;
  for (Operation *parent = op->getParentOp(); parent && parent != section; parent = parent->getParentOp())
    if (auto pipe = dyn_cast<pipe::MetapipeOp>(parent))
      pipes.push_back(pipe);
  SmallVector<Level> levels;
  for (pipe::MetapipeOp pipe : llvm::reverse(pipes))
    for (auto [index, extent] : llvm::zip(pipe.getBody().getArguments(), pipe.getExtents()))
      levels.push_back({index, extent});
  return levels;
}

int SectionLowering::handoverLevel(Value buffer) {
  return int(enclosingLoops(buffer.getDefiningOp()).size()) - 1;
}

llvm::DenseMap<Value, int64_t> SectionLowering::constantsOf(int64_t unit) {
  llvm::DenseMap<Value, int64_t> constants = {{section.getUnitIndex(), unit / unitSize()}};
  if (Value group = section.getJoinIndex())
    constants[group] = unit / groupSize() % section.getJoinSize();
  if (Value member = section.getGroupIndex())
    constants[member] = unit % groupSize();
  return constants;
}

int64_t SectionLowering::unitKey(ValueRange operands, int64_t unit) {
  llvm::DenseMap<Value, int64_t> constants = constantsOf(unit);
  auto digitOf = [&](Value index) { return llvm::is_contained(operands, index) ? 1 + constants.lookup(index) : 0; };
  int64_t key = digitOf(section.getUnitIndex());
  key = key * (section.getJoinSize() + 1) + digitOf(section.getJoinIndex());
  return key * (groupSize() + 1) + digitOf(section.getGroupIndex());
}

int64_t SectionLowering::bufferKey(Value buffer, int64_t unit) {
  for (Operation *user : buffer.getUsers())
    if (auto load = dyn_cast<pipe::LoadOp>(user))
      return unitKey(load.getIndices(), unit);
  return unitKey(section.getUnitIndex(), unit); // written by stages: every group has its own
}

FailureOr<BufferWriter> SectionLowering::writerOf(Value buffer, int64_t unit) {
  int64_t key = bufferKey(buffer, unit);
  if (auto it = writers.find({buffer, key}); it != writers.end())
    return it->second;
  for (Operation *user : buffer.getUsers())
    if (auto load = dyn_cast<pipe::LoadOp>(user)) {
      auto writer = lowerLoad(load, unit);
      if (succeeded(writer))
        setWriter(buffer, unit, *writer);
      return writer;
    }
  return buffer.getDefiningOp()->emitError() << "scratchpad is read before anything writes it";
}

Value SectionLowering::makeLoad(Location loc, FlatSymbolRefAttr symbol, fabric::AccessAttr access, Value index) {
  auto create = [&]() -> Value {
    return fabric::LoadOp::create(b, loc, fabric::StreamType::get(b.getContext()), symbol, access, index,
                                  /*background=*/UnitAttr(), DenseI64ArrayAttr(), StringAttr());
  };
  if (index)
    return create();
  Value &stream = streams[{symbol.getAsOpaquePointer(), {-1, access}}];
  if (!stream)
    stream = create();
  return stream;
}

FailureOr<Value> SectionLowering::makeMemory(Location loc, Value buffer, int64_t unit, fabric::AccessAttr read,
                                             Value readIndex) {
  auto writer = writerOf(buffer, unit);
  if (failed(writer))
    return failure();
  auto declaration = buffer.getDefiningOp<pipe::BufferOp>();
  std::pair<const void *, std::pair<int64_t, Attribute>> key = {buffer.getAsOpaquePointer(),
                                                                {bufferKey(buffer, unit), read}};
  if (!readIndex)
    if (Value known = streams.lookup(key))
      return known;
  Value stream = fabric::MemoryOp::create(
      b, loc, fabric::StreamType::get(b.getContext()), writer->data, writer->access, writer->index, read, readIndex,
      Value(), b.getI64IntegerAttr(scratchpadWords(cast<MemRefType>(buffer.getType()))),
      b.getI64IntegerAttr(declaration.getDepth()), writer->accumulate, b.getI64IntegerAttr(writer->init), IntegerAttr(),
      StringAttr(), DenseI64ArrayAttr(), StringAttr());
  if (!readIndex)
    streams[key] = stream;
  return stream;
}

//===----------------------------------------------------------------------===//
// Boxes between DRAM and scratchpads
//===----------------------------------------------------------------------===//

namespace {

/// Every `period` elements the scratchpad address skips `skip` words: the gap of a padded pitch.
struct Gap {
  int64_t period, skip;
};

/// One dimension of a box copy: where it begins in the tensor, its extent, and the steps in both memories. Of a box
/// that brings those of a whole group each member keeps a window. The scratchpad address of element m of the window is
/// m * pitch + sum over gaps of (m / period) * skip.
struct BoxDim {
  Linear origin;
  int64_t extent, size, dramStride, pitch;
  SmallVector<Gap> gaps = {};
  int64_t windowBegin = 0, windowExtent = extent;

  bool isWindow() const { return windowExtent != extent; }
};

/// Joins dimensions through which DRAM is walked without a break, so that bursts and vectors are full. Where the
/// scratchpad has a gap, the port's address stages step over it (a division and a multiply-add each).
void joinDims(SmallVectorImpl<BoxDim> &dims, unsigned maxGaps) {
  for (int k = int(dims.size()) - 2; k >= 0; --k) {
    BoxDim &outer = dims[k], &inner = dims[k + 1];
    bool whole =
        inner.extent == inner.size && inner.origin.lastLevel() < 0 && inner.origin.constant == 0 && !inner.isWindow();
    if (!whole || outer.dramStride != inner.dramStride * inner.size)
      continue;
    SmallVector<Gap> gaps = inner.gaps;
    int64_t skip = outer.pitch - inner.pitch * inner.extent;
    for (const Gap &gap : gaps)
      skip -= inner.extent / gap.period * gap.skip;
    if (skip != 0) {
      unsigned used = 0;
      for (const BoxDim &dim : dims)
        used += dim.gaps.size();
      if (used == maxGaps)
        continue;
      gaps.push_back({inner.extent, skip});
    }
    Linear origin(outer.origin.coefficients.size());
    origin.add(outer.origin, inner.size);
    outer = {origin, outer.extent * inner.extent,      outer.size * inner.size,          inner.dramStride, inner.pitch,
             gaps,   outer.windowBegin * inner.extent, outer.windowExtent * inner.extent};
    dims.erase(dims.begin() + k + 1);
  }
}

/// Counters of a box copy (the metapipelines' loops, then the box), and its two addresses.
struct BoxCopy {
  Chain chain;
  Positions dram;
  TensorShape dramShape;
  Linear scratchpad;
  SmallVector<std::pair<int, Gap>> gaps; ///< with the counter level whose value is divided
  int windowLevel = -1;                  ///< the counter whose values in the window are kept, -1: all
  int64_t windowBegin = 0, windowEnd = 0;
};

/// The scratchpad's address program: the linear address, one check of the window, then one division and one
/// multiply-add per gap.
fabric::AccessAttr scratchpadAccess(MLIRContext *context, const BoxCopy &copy, const MemorySpec &spec,
                                    int handoverLevel) {
  SmallVector<int64_t> registers, ops;
  auto addRegister = [&](const Linear &linear) {
    registers.push_back(linear.constant);
    llvm::append_range(registers, linear.coefficients);
  };
  addRegister(copy.scratchpad);
  int64_t address = 0, numRegisters = 1;
  llvm::SmallDenseMap<int, int64_t> registerOf; // counter level -> register with its value in the window
  auto counterRegister = [&](int level) {
    if (!registerOf.count(level)) {
      Linear counter(copy.chain.levels.size());
      counter.coefficients[level] = 1;
      counter.constant = level == copy.windowLevel ? -copy.windowBegin : 0;
      addRegister(counter);
      registerOf[level] = numRegisters++;
    }
  };
  if (copy.windowLevel >= 0) {
    counterRegister(copy.windowLevel);
    llvm::append_range(ops, ArrayRef<int64_t>{int64_t(bitstream::AddressOpKind::Check), registerOf[copy.windowLevel], 0,
                                              0, copy.windowEnd - copy.windowBegin});
  }
  for (auto &[level, gap] : copy.gaps) {
    counterRegister(level);
    int64_t quotient = spec.addressRegisters + 1 + ops.size() / 5;
    llvm::append_range(ops, ArrayRef<int64_t>{int64_t(bitstream::AddressOpKind::Div), registerOf[level], 0, gap.period, 0});
    llvm::append_range(ops, ArrayRef<int64_t>{int64_t(bitstream::AddressOpKind::Madd), quotient, address, gap.skip, 0});
    address = quotient + 1;
  }
  return fabric::AccessAttr::get(context, copy.chain.extents(), copy.chain.vectorLevel(), registers, ops, address, 0,
                                 false, fabric::AccessAttr::noIndex, handoverLevel);
}

/// The part of a group's common box that is a member's own, along dimension `dim` of the tensor.
struct Window {
  unsigned dim;
  int64_t begin, commonExtent;
};

BoxCopy planCopy(const Positions &origins, ArrayRef<Level> outer, const TensorShape &dram, Value buffer,
                 const MemorySpec &spec, std::optional<Window> window = std::nullopt) {
  auto type = cast<MemRefType>(buffer.getType());
  TensorShape near = shapeOf(buffer);
  SmallVector<BoxDim> dims;
  for (unsigned k = 0; k < dram.sizes.size(); ++k) {
    dims.push_back({origins.perDim[k], type.getDimSize(k), dram.sizes[k], dram.strides[k], near.strides[k]});
    if (window && window->dim == k) {
      dims.back().extent = window->commonExtent;
      dims.back().windowBegin = window->begin;
    }
  }
  unsigned checks = window ? 1 : 0; // takes a stage and a register
  joinDims(dims, std::min((spec.addressStages - checks) / 2, spec.addressRegisters - 1 - checks));
  BoxCopy copy;
  copy.chain.levels.assign(outer.begin(), outer.end());
  copy.dramShape.root = dram.root;
  llvm::erase_if(dims, [&](BoxDim &dim) { // one point at the origin: no counter needed
    bool fixed = dim.origin.lastLevel() < 0 && dim.origin.constant == 0; // else the port checks its position
    return dim.extent == 1 && dims.size() > 1 && dim.size == 1 && fixed;
  });
  for (auto [k, dim] : llvm::enumerate(dims))
    copy.chain.levels.push_back({Value(), dim.extent, k + 1 == dims.size()});
  size_t levels = copy.chain.levels.size();
  copy.scratchpad = Linear(levels);
  for (auto [k, dim] : llvm::enumerate(dims)) {
    Linear far(levels);
    llvm::copy(dim.origin.coefficients, far.coefficients.begin());
    far.constant = dim.origin.constant;
    far.coefficients[outer.size() + k] = 1;
    copy.scratchpad.coefficients[outer.size() + k] = dim.pitch;
    copy.scratchpad.constant -= dim.windowBegin * dim.pitch;
    if (dim.isWindow()) {
      copy.windowLevel = int(outer.size() + k);
      copy.windowBegin = dim.windowBegin;
      copy.windowEnd = dim.windowBegin + dim.windowExtent;
    }
    for (const Gap &gap : dim.gaps)
      copy.gaps.push_back({int(outer.size() + k), gap});
    copy.dram.perDim.push_back(far);
    copy.dramShape.sizes.push_back(dim.size);
    copy.dramShape.strides.push_back(dim.dramStride);
  }
  return copy;
}

} // namespace

/// Of boxes that lie side by side along one dimension for members of a group, their common box: moves `origins`, which
/// have the group index as their last level, to its begin and gives `member` its window. Nothing when they do not.
static std::optional<Window> commonBox(Positions &origins, MemRefType box, MemberRange range, int64_t member) {
  std::optional<Window> window;
  for (auto [k, origin] : llvm::enumerate(origins.perDim)) {
    int64_t step = origin.coefficients.pop_back_val();
    if (step == 0)
      continue;
    if (window)
      return std::nullopt;
    int64_t reach = std::abs(step) * (range.count - 1), own = step * (member - range.first);
    window = {unsigned(k), step > 0 ? own : reach + own, box.getDimSize(k) + reach};
    origin.constant += step * range.first - (step > 0 ? 0 : reach);
  }
  return window;
}

/// A memory unit in front of a buffer that `writer` would fill: it takes a box while the buffer is read, then hands it on.
BufferWriter SectionLowering::stage(pipe::LoadOp load, const BufferWriter &writer) {
  int64_t words = scratchpadWords(cast<MemRefType>(load.getBuffer().getType()));
  BoxCopy copy;
  copy.chain.levels = enclosingLoops(load);
  copy.chain.levels.push_back({Value(), words, true});
  copy.scratchpad = Linear(copy.chain.levels.size());
  copy.scratchpad.coefficients.back() = 1;
  BufferWriter staged;
  staged.access = scratchpadAccess(b.getContext(), copy, arch.memory, handoverLevel(load.getBuffer()));
  staged.data = fabric::MemoryOp::create(b, load.getLoc(), fabric::StreamType::get(b.getContext()), writer.data,
                                         writer.access, Value(), staged.access, Value(), Value(),
                                         b.getI64IntegerAttr(words), b.getI64IntegerAttr(1), StringAttr(),
                                         b.getI64IntegerAttr(0), IntegerAttr(), StringAttr(), DenseI64ArrayAttr(),
                                         StringAttr());
  return staged;
}

FailureOr<BufferWriter> SectionLowering::lowerLoad(pipe::LoadOp load, int64_t unit) {
  Chain outer;
  outer.levels = enclosingLoops(load);
  auto origins = positionsOf(load.getOrigin(), load.getIndices(), outer, constantsOf(unit));
  std::optional<Window> window;
  int64_t staged = load.getBuffer().getDefiningOp<pipe::BufferOp>().getStaged(), member = unit % groupSize();
  if (groupSize() > 1 && llvm::is_contained(load.getIndices(), section.getGroupIndex())) {
    Chain withGroup = outer;
    withGroup.levels.push_back({section.getGroupIndex(), groupSize()});
    auto common = positionsOf(load.getOrigin(), load.getIndices(), withGroup, constantsOf(unit));
    if (common)
      window = commonBox(*common, cast<MemRefType>(load.getBuffer().getType()),
                         member < staged ? MemberRange{0, staged} : MemberRange{staged, groupSize() - staged}, member);
    if (window)
      origins = common;
  }
  auto word = constantWord(load, load.getElseValue(), wide);
  if (failed(word))
    return failure();
  if (!origins)
    return load.emitError() << "origin is not affine in the indices of the metapipelines";
  BoxCopy copy = planCopy(*origins, outer.levels, shapeOf(load.getSource()), load.getBuffer(), arch.memory, window);
  AccessOptions far;
  far.elseValue = *word;
  MLIRContext *context = b.getContext();
  auto read = makeAccess(context, copy.dram, copy.dramShape, copy.chain, arch.dramPort.addressRegisters,
                         arch.dramPort.addressStages, far);
  if (!read)
    return load.emitError() << tag(Diag::NotOnFabric)
                            << "box leaves the tensor in more dimensions than a DRAM port can check ("
                            << arch.dramPort.addressStages << ")";
  BufferWriter writer;
  writer.data = makeLoad(load.getLoc(), symbolOf(copy.dramShape.root), *read, {});
  writer.access = scratchpadAccess(context, copy, arch.memory, handoverLevel(load.getBuffer()));
  return member < staged ? stage(load, writer) : writer;
}

LogicalResult SectionLowering::lowerStore(pipe::StoreOp store, int64_t unit) {
  Chain outer;
  outer.levels = enclosingLoops(store);
  auto origins = positionsOf(store.getOrigin(), store.getIndices(), outer, constantsOf(unit));
  if (!origins)
    return store.emitError() << "origin is not affine in the indices of the metapipelines";
  BoxCopy copy = planCopy(*origins, outer.levels, shapeOf(store.getDestination()), store.getBuffer(), arch.memory);
  MLIRContext *context = b.getContext();
  fabric::AccessAttr read = scratchpadAccess(context, copy, arch.memory, handoverLevel(store.getBuffer()));
  auto write = makeAccess(context, copy.dram, copy.dramShape, copy.chain, arch.dramPort.addressRegisters,
                          arch.dramPort.addressStages, {});
  if (!write)
    return store.emitError() << tag(Diag::NotOnFabric)
                             << "box leaves the tensor in more dimensions than a DRAM port can check ("
                             << arch.dramPort.addressStages << ")";
  auto stream = makeMemory(store.getLoc(), store.getBuffer(), unit, read, {});
  if (failed(stream))
    return failure();
  fabric::StoreOp::create(b, store.getLoc(), *stream, symbolOf(copy.dramShape.root), *write, Value(),
                          DenseI64ArrayAttr(), StringAttr());
  return success();
}

LogicalResult SectionLowering::lower() {
  WalkResult result = section.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    // A stream shared by two stages would tie them together: the later one may wait for the earlier one's results.
    if (isa<pipe::StageOp, pipe::StoreOp>(op))
      streams.clear();
    for (int64_t unit = 0; unit < int64_t(section.getUnits()) * unitSize(); unit += unitSize()) {
      LogicalResult lowered = success();
      auto stage = dyn_cast<pipe::StageOp>(op);
      if (stage)
        lowered = lowerStage(*this, stage, unit);
      else if (auto store = dyn_cast<pipe::StoreOp>(op))
        lowered = lowerStore(store, unit);
      if (failed(lowered))
        return WalkResult::interrupt();
      if (stage && stage.getOnce())
        break;
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
