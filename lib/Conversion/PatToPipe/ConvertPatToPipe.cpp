// ConvertPatToPipe.cpp - arrange flat patterns as sections of metapipelines
// Why: the fabric holds one section at a time; which loops run where decides how fast a section is.
// Needs: pat-verify-flat holds; static shapes; one function is the model.
// Gives: only `pipe` ops; every tensor has a `pipe.dram`; sections hold mapped nests, loops hold sections.
#include "jacquard/Conversion/PatToPipe/Passes.h"

#include "CompulsoryBytes.h"
#include "CutPatterns.h"
#include "EmitSection.h"
#include "ExplainMapping.h"
#include "FetchRows.h"
#include "GroupNests.h"
#include "JoinParts.h"
#include "Loops.h"
#include "WordSize.h"

#include "jacquard/Arch/Budget.h"
#include "jacquard/Dialect/Pat/IR/InterfaceAttrs.h"
#include "jacquard/Dialect/Pat/IR/PatBuilders.h"
#include "jacquard/Dialect/Pat/IR/ResultExtents.h"
#include "jacquard/Support/Diagnostics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace jacquard {
#define GEN_PASS_DEF_CONVERTPATTOPIPEPASS
#include "jacquard/Conversion/PatToPipe/Passes.h.inc"
} // namespace jacquard

using namespace jacquard;

#define DEBUG_TYPE "convert-pat-to-pipe"

namespace {

struct ConvertPatToPipe : jacquard::impl::ConvertPatToPipePassBase<ConvertPatToPipe> {
  using ConvertPatToPipePassBase::ConvertPatToPipePassBase;
  ConvertPatToPipe(ConvertPatToPipePassOptions options, std::shared_ptr<ContentCache> cache)
      : ConvertPatToPipePassBase(std::move(options)), cache(std::move(cache)) {}
  void runOnOperation() override;

private:
  FailureOr<func::FuncOp> findModel();
  LogicalResult checkInterface(func::FuncOp function);
  void separateResults(func::FuncOp function);
  LogicalResult declareTensors(func::FuncOp function, OpBuilder &builder);
  void declareOutputs(func::FuncOp function, func::ReturnOp ret, OpBuilder &builder);
  void declareResults(Operation &op, OpBuilder &builder);
  Value declare(OpBuilder &builder, Location loc, StringRef kind, StringRef name, Type type, ElementsAttr value);
  Value declareInterface(OpBuilder &builder, Location loc, StringRef kind, DictionaryAttr attributes,
                         StringRef fallback, unsigned number, Type type);
  LogicalResult convert(func::FuncOp function, const ArchSpec &spec);
  void keepCarried(func::FuncOp function);
  void findReaders(func::FuncOp function, const ArchSpec &spec);
  LogicalResult convertScope(Block &scope, OpBuilder &builder, const ArchSpec &spec);
  MappingEffort effortOf(Operation *pattern);
  int64_t onceOf(Type type);
  int64_t mostHomesOf(Operation *pattern, Type type);
  LogicalResult emitPatterns(ArrayRef<Operation *> patterns, OpBuilder &builder, const ArchSpec &spec);
  LogicalResult emitLoop(pat::IterateOp loop, OpBuilder &builder, const ArchSpec &spec);

  llvm::DenseMap<Value, Value> drams; ///< tensors, and numbers of trips, -> buffers
  SharedBuffers shared;
  WholeTensors wholes;
  DonePatterns done;
  Residences mayStay;                                    ///< intermediates that scratchpads may hold between sections
  int64_t mostHomes = 0;                                 ///< the units where a pattern does not say
  int64_t wordsOfHome = 1;                               ///< of a memory unit
  unsigned constants = 0, temporaries = 0, sections = 0; ///< numbers of the next names
  int64_t multiplyAdds = 0;
  std::shared_ptr<ContentCache> cache = std::make_shared<ContentCache>(); ///< of searches, beyond this run
};

bool usesTensors(Operation &op) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  return llvm::any_of(op.getOperandTypes(), isTensor) || llvm::any_of(op.getResultTypes(), isTensor);
}

/// Multiply-adds of a nest: points at which a product is only summed.
int64_t countMultiplyAdds(const Nest &nest) {
  if (!nest.fold)
    return 0;
  int64_t points = 1, products = 0;
  for (const NestDim &dim : nest.dims)
    points *= dim.extent;
  for (auto [i, yielded] : llvm::enumerate(nest.fold.getBodyYield()->getOperands())) {
    Operation *combiner = pat::matchSimpleCombiner(*nest.fold.getCombiner(), i);
    products += isa_and_nonnull<arith::MulFOp, arith::MulIOp>(yielded.getDefiningOp()) &&
                isa_and_nonnull<arith::AddFOp, arith::AddIOp>(combiner);
  }
  return points * products;
}

/// The one public function of the module.
FailureOr<func::FuncOp> ConvertPatToPipe::findModel() {
  func::FuncOp model;
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (function.isPrivate() || function.isDeclaration())
      continue;
    if (model)
      return function.emitError() << tag(Diag::NoModelFunction) << "module has two public functions, '"
                                  << model.getName() << "' and '" << function.getName() << "'; expected one model";
    model = function;
  }
  if (!model)
    return getOperation().emitError() << tag(Diag::NoModelFunction)
                                      << "module has no public function; expected one model";
  return model;
}

/// One block between static tensors.
LogicalResult ConvertPatToPipe::checkInterface(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError() << tag(Diag::NoModelFunction) << "has control flow; expected one block of patterns";
  auto check = [&](Operation *op, TypeRange types, StringRef what) -> LogicalResult {
    for (auto [number, type] : llvm::enumerate(types))
      if (auto tensor = dyn_cast<RankedTensorType>(type); !tensor || !tensor.hasStaticShape())
        return op->emitError() << tag(Diag::NoModelFunction) << what << " " << number << " has type " << type
                               << "; expected a ranked tensor of static shape";
    return success();
  };
  Operation *ret = function.getBody().front().getTerminator();
  return success(succeeded(check(function, function.getArgumentTypes(), "argument")) &&
                 succeeded(check(ret, ret->getOperandTypes(), "result")) &&
                 succeeded(pat::verifyResultExtents(function)));
}

/// Every returned value becomes the result of a pattern of its own, so that it can live in its own output tensor: copies
/// inputs, constants and values that are returned twice.
void ConvertPatToPipe::separateResults(func::FuncOp function) {
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  OpBuilder builder(ret);
  llvm::SmallPtrSet<Value, 8> seen;
  for (OpOperand &operand : ret->getOpOperands()) {
    Value value = operand.get();
    if (isa_and_nonnull<pat::MapOp, pat::GroupByOp, pat::IterateOp>(value.getDefiningOp()) && seen.insert(value).second)
      continue;
    operand.set(copyOf(builder, value)->getResult(0));
  }
}

Value ConvertPatToPipe::declare(OpBuilder &builder, Location loc, StringRef kind, StringRef name, Type type,
                                ElementsAttr value) {
  auto tensor = cast<RankedTensorType>(type);
  auto memref = MemRefType::get(tensor.getShape(), tensor.getElementType(), AffineMap(),
                                builder.getStringAttr(pipe::dramSpace));
  return pipe::DramOp::create(builder, loc, memref, builder.getStringAttr(kind), builder.getStringAttr(name), value,
                              DenseI64ArrayAttr(), ValueRange(), /*is_unsigned=*/false);
}

/// An argument or a result of the function.
Value ConvertPatToPipe::declareInterface(OpBuilder &builder, Location loc, StringRef kind, DictionaryAttr attributes,
                                         StringRef fallback, unsigned number, Type type) {
  Value value = declare(builder, loc, kind, pat::interfaceName(attributes, fallback, number), type, {});
  bool isInteger = getElementTypeOrSelf(type).isInteger() && !getElementTypeOrSelf(type).isInteger(1);
  value.getDefiningOp<pipe::DramOp>().setIsUnsigned(isInteger && pat::isUnsignedInterface(attributes));
  return value;
}

/// What the function gives. Extents that are not delivered are temporaries.
void ConvertPatToPipe::declareOutputs(func::FuncOp function, func::ReturnOp ret, OpBuilder &builder) {
  auto declareOutput = [&](unsigned number) {
    Value value = ret.getOperand(number);
    drams[value] = declareInterface(builder, value.getLoc(), "output", function.getResultAttrDict(number), "result",
                                    number, value.getType());
  };
  SmallVector<unsigned> bounded;
  for (unsigned number = 0; number < ret.getNumOperands(); ++number)
    if (!pat::resultExtents(function, number).empty())
      bounded.push_back(number);
    else if (!pat::isHiddenResult(function, number))
      declareOutput(number);
    else
      drams[ret.getOperand(number)] = declare(builder, ret.getLoc(), "temporary", ("n" + Twine(number)).str(),
                                              ret.getOperand(number).getType(), {});
  for (unsigned number : bounded) {
    declareOutput(number);
    auto output = drams.lookup(ret.getOperand(number)).getDefiningOp<pipe::DramOp>();
    SmallVector<int64_t> dims;
    for (const pat::ResultExtent &extent : pat::resultExtents(function, number)) {
      dims.push_back(extent.dim);
      output.getExtentsMutable().append(drams.lookup(ret.getOperand(extent.result)));
    }
    output.setExtentDims(dims);
  }
}

LogicalResult ConvertPatToPipe::declareTensors(func::FuncOp function, OpBuilder &builder) {
  for (BlockArgument argument : function.getArguments()) {
    unsigned number = argument.getArgNumber();
    drams[argument] = declareInterface(builder, argument.getLoc(), "input", function.getArgAttrDict(number), "arg",
                                       number, argument.getType());
  }
  auto ret = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  declareOutputs(function, ret, builder);
  // All in front of the sections, those of loops included; buffers that are shared come from the loops' results.
  function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op->getBlock() == &function.getBody().front() || isa<pat::IterateOp>(op->getParentOp()))
      declareResults(*op, builder);
  });
  for (auto [value, loopResult] : shared)
    drams[value] = drams.lookup(loopResult);
  for (auto [part, whole] : wholes) {
    drams[part] = drams.lookup(whole);
    if (auto homes = mayStay.find(drams[part]); homes != mayStay.end())
      homes->second.mostHomes = std::min(homes->second.mostHomes, mostHomesOf(part.getDefiningOp(), whole.getType()));
  }
  return success();
}

void ConvertPatToPipe::declareResults(Operation &op, OpBuilder &builder) {
  ElementsAttr value;
  if (matchPattern(&op, m_Constant(&value)) && isa<RankedTensorType>(op.getResult(0).getType())) {
    drams[op.getResult(0)] =
        declare(builder, op.getLoc(), "constant", ("w" + Twine(constants++)).str(), op.getResult(0).getType(), value);
    return;
  }
  auto declareTemporary = [&](Value key, Type type) {
    drams[key] = declare(builder, op.getLoc(), "temporary", ("t" + Twine(temporaries++)).str(), type, {});
  };
  for (Value result : op.getResults())
    if (isa<RankedTensorType>(result.getType()) && !drams.contains(result) && !shared.contains(result) &&
        !wholes.contains(result)) {
      declareTemporary(result, result.getType());
      if (isa<pat::MapOp, pat::GroupByOp>(op))
        mayStay[drams[result]].mostHomes = mostHomesOf(&op, result.getType());
    }
  if (auto loop = dyn_cast<pat::IterateOp>(op); loop && !loop.getIteration().use_empty())
    declareTemporary(loop.getIteration(), RankedTensorType::get({}, builder.getI32Type()));
}

/// Memory units that hold a tensor of this type once.
int64_t ConvertPatToPipe::onceOf(Type type) {
  return llvm::divideCeilSigned(cast<RankedTensorType>(type).getNumElements(), wordsOfHome);
}

/// Memory units that may hold a tensor of this type: no fewer than hold it once.
int64_t ConvertPatToPipe::mostHomesOf(Operation *pattern, Type type) {
  auto homes = pattern->getAttrOfType<IntegerAttr>(mostHomesAttr);
  if (!homes || homes.getInt() == 0)
    return homes ? 0 : mostHomes;
  return std::max(homes.getInt(), std::min(onceOf(type), mostHomes));
}

MappingEffort ConvertPatToPipe::effortOf(Operation *pattern) {
  unsigned steps = retreat;
  if (auto own = pattern->getAttrOfType<IntegerAttr>(retreatAttr))
    steps = std::max(steps, unsigned(own.getInt()));
  return retreats[std::min(steps, numRetreats - 1)];
}

/// The pattern of a scope that a read stands in; the read itself where it stands in the scope.
static Operation *patternOf(pat::AtOp read) {
  Operation *pattern = read;
  while (!isa<func::FuncOp, pat::IterateOp>(pattern->getParentOp()))
    pattern = pattern->getParentOp();
  return pattern;
}

/// Tensors that loops carry may stay on chip as well, but for those that one pattern reads and writes in place and those
/// that the sequencer reads.
void ConvertPatToPipe::keepCarried(func::FuncOp function) {
  constexpr int64_t fewHomes = 4; // every trip sends what it writes to all of them
  llvm::DenseSet<Value> inDram;
  function.walk([&](pat::AtOp read) {
    Operation *pattern = patternOf(read);
    Value buffer = drams.lookup(read.getTensor());
    bool inPlace = llvm::any_of(pattern->getResults(), [&](Value result) { return drams.lookup(result) == buffer; });
    if ((inPlace || pattern == read) && !done.contains(pattern))
      inDram.insert(buffer);
  });
  function.walk([&](pat::IterateOp loop) {
    for (Value result : loop.getResults())
      if (auto buffer = drams.lookup(result).getDefiningOp<pipe::DramOp>();
          buffer && buffer.getKind() == "temporary" && !inDram.contains(buffer.getBuffer()))
        mayStay[buffer.getBuffer()].mostHomes = std::min(mostHomes, std::max(onceOf(result.getType()), fewHomes));
  });
}

/// How often `pattern` waits in a trip until words have passed all memory units of a tensor: once, but once for as many
/// vectors as FIFOs have positions for where these are computed, since all units take them at the same time.
static double waitsOf(pat::AtOp read, Operation *pattern, const ArchSpec &spec) {
  auto map = dyn_cast<pat::MapOp>(pattern);
  bool isComputed = llvm::any_of(read.getIndices(), [&](Value position) {
    auto index = dyn_cast<BlockArgument>(position);
    return index ? !pattern->isAncestor(index.getOwner()->getParentOp()) : !matchPattern(position, m_Constant());
  });
  if (!map || !isComputed)
    return 1;
  return std::ceil(double(map.getNumPoints()) / double(spec.compute.lanes * spec.network.inputFifoDepth));
}

/// Who reads the intermediates that may stay on chip, and how often. What a pattern reads of several arrives side by
/// side: the wait is shared among them.
void ConvertPatToPipe::findReaders(func::FuncOp function, const ArchSpec &spec) {
  llvm::MapVector<Operation *, llvm::MapVector<Value, pat::AtOp>> readsOf; // the first of each buffer
  llvm::DenseSet<Operation *> load;                                        // from DRAM
  function.walk([&](pat::AtOp read) {
    Operation *pattern = patternOf(read);
    Value buffer = drams.lookup(read.getTensor());
    if (mayStay.lookup(buffer).mostHomes == 0)
      load.insert(pattern);
    else if (read.getTensor().getDefiningOp() && !done.contains(pattern))
      readsOf[pattern].insert({buffer, read});
  });
  for (auto &[pattern, reads] : readsOf)
    for (auto &[buffer, read] : reads) {
      Operation *writer = read.getTensor().getDefiningOp();
      if (auto loop = dyn_cast<pat::IterateOp>(writer))
        writer = loop.getBodyYield(); // it is written inside
      mayStay[buffer].readers.push_back({double(runsOf(pattern)) / std::max(1.0, double(runsOf(writer))),
                                         waitsOf(read, pattern, spec) / double(reads.size()),
                                         pattern->hasAttr(fetchAttr), load.contains(pattern)});
    }
}

LogicalResult ConvertPatToPipe::emitPatterns(ArrayRef<Operation *> patterns, OpBuilder &builder, const ArchSpec &spec) {
  auto bufferOf = [&](Value tensor) { return drams.lookup(tensor); };
  auto nameOf = [&](Value tensor) {
    auto dram = bufferOf(tensor).getDefiningOp<pipe::DramOp>();
    return dram ? dram.getName().str() : std::string("a tensor of the loop");
  };
  auto effortOf = [&](Operation *pattern) { return this->effortOf(pattern); };
  for (const std::vector<PlannedNest> &group :
       groupNests(patterns, spec, effortOf, bufferOf, mayStay,
                  {scratchpadPrice, sectionPrice, startEarly, spareReaders, joinUnits, unitShare}, *cache)) {
    SmallVector<const PlannedNest *> nests;
    for (const PlannedNest &planned : group) {
      nests.push_back(&planned);
      multiplyAdds += runsOf(planned.nest.op) * countMultiplyAdds(planned.nest);
    }
    std::string name = (group.front().nest.op->getName().stripDialect() + "_" + Twine(sections++)).str();
    for (const PlannedNest &planned : group)
      explainMapping(planned, &planned != &group.front(), planned.nest.wide ? spec.wide() : spec, name, nameOf);
    if (failed(emitSection(builder, nests, spec, name, bufferOf)))
      return failure();
  }
  return success();
}

LogicalResult ConvertPatToPipe::emitLoop(pat::IterateOp loop, OpBuilder &builder, const ArchSpec &spec) {
  Value condition = conditionTensor(loop);
  if (maxTrips(loop) > INT32_MAX)
    return loop.emitError() << tag(Diag::NotOnFabric) << "runs up to " << maxTrips(loop) << " times; expected at most "
                            << INT32_MAX;
  auto lowered = pipe::LoopOp::create(builder, loop.getLoc(), builder.getI64IntegerAttr(maxTrips(loop)),
                                      condition ? drams.lookup(condition) : Value(), drams.lookup(loop.getIteration()),
                                      UnitAttr());
  OpBuilder inside = OpBuilder::atBlockEnd(&lowered.getBody().emplaceBlock());
  return convertScope(*loop.getBody(), inside, spec);
}

/// Patterns between loops become sections, loops become loops of sections.
LogicalResult ConvertPatToPipe::convertScope(Block &scope, OpBuilder &builder, const ArchSpec &spec) {
  SmallVector<Operation *> patterns;
  auto isEmpty = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getNumElements() == 0;
  };
  for (Operation &op : scope.without_terminator()) {
    if (isa<pat::MapOp, pat::GroupByOp>(op)) {
      if (llvm::all_of(op.getResultTypes(), isEmpty))
        continue; // nothing to compute
      if (done.contains(&op))
        continue;
      if (spec.compute.wideLanes == 0 && needsWideWords(&op))
        return op.emitError() << tag(Diag::TypeNotOnFabric) << "needs 64-bit words; '" << spec.name
                              << "' has no wide lanes";
      patterns.push_back(&op);
    } else if (auto loop = dyn_cast<pat::IterateOp>(op)) {
      if (failed(emitPatterns(patterns, builder, spec)) || failed(emitLoop(loop, builder, spec)))
        return failure();
      patterns.clear();
    } else if (op.getDialect() && op.getDialect()->getNamespace() == "pat" && !isa<pat::AtOp>(op)) {
      return op.emitError() << tag(Diag::NotOnFabric) << "'" << op.getName()
                            << "' does not run on the fabric yet; use --target=host";
    } else if (!matchPattern(&op, m_Constant()) && !isa<pipe::DramOp, pat::AtOp>(op) && usesTensors(op)) {
      return op.emitError() << tag(Diag::NotOnFabric) << "'" << op.getName()
                            << "' on tensors does not run on the fabric; expected patterns and "
                            << "constants";
    }
  }
  return emitPatterns(patterns, builder, spec);
}

LogicalResult ConvertPatToPipe::convert(func::FuncOp function, const ArchSpec &spec) {
  if (failed(checkInterface(function)))
    return failure();
  // The report's measure of what the model needs, whatever is done to it.
  function->setAttr("pipe.compulsory_bytes", Builder(&getContext()).getI64IntegerAttr(compulsoryBytes(function)));
  separateResults(function);
  Block &block = function.getBody().front();
  SmallVector<Operation *> tooLarge;
  function.walk([&](Operation *op) {
    if (isa<pat::MapOp, pat::GroupByOp>(op) && effortOf(op).cut > 0)
      tooLarge.push_back(op);
  });
  for (Operation *pattern : tooLarge)
    cutPattern(pattern, spec, effortOf(pattern).cut);
  if (failed(prepareLoops(function, spec, shared, done)))
    return failure();
  joinParts(function, mostLoopsOf(spec), shared, wholes, done);
  auto ret = cast<func::ReturnOp>(block.getTerminator());
  OpBuilder builder(ret);
  if (failed(declareTensors(function, builder)))
    return failure();
  keepCarried(function);
  findReaders(function, spec);
  if (failed(convertScope(block, builder, spec)))
    return failure();
  // Intermediates that never leave the chip have no place in DRAM.
  for (auto dram : llvm::make_early_inc_range(block.getOps<pipe::DramOp>()))
    if (dram.getKind() == "temporary" && dram->use_empty())
      dram.erase();
  // What is left of `pat` has no uses but among itself.
  ret->eraseOperands(0, ret->getNumOperands());
  SmallVector<Operation *> old;
  for (Operation &op : block.without_terminator())
    if (!isa_and_nonnull<pipe::PipeDialect>(op.getDialect()))
      old.push_back(&op);
  for (Operation *op : llvm::reverse(old))
    op->erase();
  block.eraseArguments(0, block.getNumArguments());
  function.setType(FunctionType::get(&getContext(), {}, {}));
  function->setAttr("pipe.multiply_adds", builder.getI64IntegerAttr(multiplyAdds));
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();
  return success();
}

void ConvertPatToPipe::runOnOperation() {
  auto machine = loadArch(arch);
  if (!machine) {
    getOperation().emitError() << machine.error();
    return signalPassFailure();
  }
  auto limits = parseBudget(budget, *machine);
  if (!limits) {
    getOperation().emitError() << limits.error();
    return signalPassFailure();
  }
  ArchSpec spec = limitedTo(*limits, *machine);
  spec.memory.bankBytes = std::max(1u, unsigned(spec.memory.bankBytes / 4 * scratchpadShare)) * 4;
  drams.clear();
  shared.clear();
  wholes.clear();
  done.clear();
  mayStay.clear();
  mostHomes = jacquard::mostHomes(spec, 0);
  wordsOfHome = int64_t(spec.memory.bytes() / 4);
  constants = temporaries = sections = 0;
  multiplyAdds = 0;
  auto model = findModel();
  if (failed(model) || failed(convert(*model, spec)))
    return signalPassFailure();
}

} // namespace

std::unique_ptr<Pass> jacquard::createConvertPatToPipePass(ConvertPatToPipePassOptions options,
                                                           std::shared_ptr<ContentCache> cache) {
  return std::make_unique<ConvertPatToPipe>(std::move(options), std::move(cache));
}
