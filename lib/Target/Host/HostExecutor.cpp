// HostExecutor.cpp - compile a `pat` function to machine code and run it
#include "jacquard/Target/Host/HostExecutor.h"
#include "jacquard/Dialect/Pat/IR/ResultExtents.h"
#include "jacquard/Dialect/Utils/ConstantBytes.h"

#include "jacquard/Support/Diagnostics.h"
#include "jacquard/Support/FloatFormat.h"
#include "jacquard/Target/Host/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::host;

namespace orc = llvm::orc;

static constexpr StringLiteral entryName = "__jacquard_entry";

std::optional<DType> host::dtypeOf(Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (!type.isSignlessInteger())
    return std::nullopt;
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return DType::Bool;
  case 8:
    return DType::I8;
  case 16:
    return DType::I16;
  case 32:
    return DType::I32;
  case 64:
    return DType::I64;
  default:
    return std::nullopt;
  }
}

namespace {

/// One argument or result of the function.
struct Slot {
  DType type;
  std::vector<int64_t> shape;
  bool isTensor;
};

/// Integers are given with or without a sign, bytes may stand for narrow types; all else must be exact.
bool accepts(DType wanted, DType given) {
  if (wanted == given)
    return true;
  switch (wanted) {
  case DType::I8:
    return given != DType::Bool && dtypeBytes(given) == 1;
  case DType::I16:
    return given == DType::U16;
  case DType::I32:
    return given == DType::U32;
  case DType::I64:
    return given == DType::U64;
  default:
    return false;
  }
}

LogicalResult describeSlots(func::FuncOp func, TypeRange types, StringRef what, SmallVectorImpl<Slot> &slots) {
  for (auto [number, type] : llvm::enumerate(types)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    std::optional<DType> dtype = dtypeOf(tensor ? tensor.getElementType() : type);
    if (!dtype || (tensor && !tensor.hasStaticShape())) {
      InFlightDiagnostic diag = func.emitError()
                                << what << " " << number << " of '" << func.getName() << "' is of type " << type
                                << "; expected a scalar or a static tensor of f16, bf16, f32, f64, i1, i8, i16, i32 or i64";
      if (type.isIndex())
        diag.attachNote() << "cast the index to i64 by arith.index_cast";
      return diag;
    }
    slots.push_back({*dtype, tensor ? tensor.getShape().vec() : std::vector<int64_t>(), bool(tensor)});
  }
  return success();
}

/// Erases what `entry` does not reach, so that unrelated functions are neither checked nor compiled.
void keepReachable(ModuleOp module, func::FuncOp entry) {
  SymbolTable symbols(module);
  llvm::SmallPtrSet<Operation *, 8> reached = {entry};
  SmallVector<Operation *> work = {entry};
  while (!work.empty()) {
    work.pop_back_val()->walk([&](func::CallOp call) {
      if (auto callee = symbols.lookup<func::FuncOp>(call.getCallee()); callee && reached.insert(callee).second)
        work.push_back(callee);
    });
  }
  for (Operation &op : llvm::make_early_inc_range(module.getOps()))
    if (!reached.contains(&op))
      op.erase();
}

/// From loops over memrefs to the LLVM dialect. No step rounds differently from the source: math is libm's or LLVM's exact
/// intrinsic, nothing is reassociated or contracted.
LogicalResult lowerToLLVM(ModuleOp module) {
  PassManager pm(module.getContext(), ModuleOp::getOperationName());
  math::MathExpandOpsPassOptions expanded;
  expanded.opMnemonics = {"clampf"};
  pm.addNestedPass<func::FuncOp>(math::createMathExpandOpsPass(expanded));
  pm.addPass(createConvertMathToFuncs());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(arith::createArithExpandOpsPass());
  ConvertMathToLLVMPassOptions exact;
  exact.approximateLog1p = false;
  pm.addPass(createConvertMathToLLVMPass(exact));
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions bare;
  bare.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(bare));
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  return pm.run(module);
}

std::string linkName(StringRef function) { return ("__jacquard_function_" + function).str(); }

/// The names of functions are the user's: they must not meet those of libm or the allocator.
LogicalResult makeFunctionsInternal(ModuleOp module) {
  auto internal = LLVM::LinkageAttr::get(module.getContext(), LLVM::Linkage::Internal);
  for (auto func : module.getOps<func::FuncOp>()) {
    auto name = StringAttr::get(module.getContext(), linkName(func.getName()));
    if (failed(SymbolTable::replaceAllSymbolUses(func, name, module)))
      return func.emitError() << "host target cannot rename the uses of '" << func.getName() << "'";
    func.setSymNameAttr(name);
    func->setAttr("llvm.linkage", internal);
  }
  return success();
}

/// Buffers never overlap what is written: tell LLVM.
void markNoAlias(ModuleOp module) {
  for (auto func : module.getOps<func::FuncOp>())
    for (unsigned number = 0; number < func.getNumArguments(); ++number)
      if (isa<MemRefType>(func.getArgument(number).getType()))
        func.setArgAttr(number, LLVM::LLVMDialect::getNoAliasAttrName(), UnitAttr::get(module.getContext()));
}

void initializeNativeTarget() {
  static const bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)once;
}

} // namespace

struct HostExecutable::Impl {
  std::string name;
  Location location;
  SmallVector<Slot> inputs, outputs;
  SmallVector<SmallVector<pat::ResultExtent>> extents; ///< of each output
  SmallVector<bool> isHidden;                          ///< each output
  SmallVector<LocationAttr> traps;
  std::vector<std::pair<std::string, const void *>> constants; ///< symbol and address
  std::vector<std::unique_ptr<uint64_t[]>> ownedConstants;     ///< those that had to be unpacked or aligned
  std::unique_ptr<orc::LLJIT> jit;
  void (*entry)(void **) = nullptr;

  explicit Impl(func::FuncOp func) : name(func.getName()), location(func.getLoc()) {}
  LogicalResult takeConstants(ModuleOp module);
  LogicalResult addConstant(memref::GlobalOp global, ElementsAttr value);
  void addEntry(llvm::Module &module) const;
  LogicalResult link(std::unique_ptr<llvm::Module> module, std::unique_ptr<llvm::LLVMContext> context);
  LogicalResult fail(llvm::Error error) const;
  LogicalResult checkInput(size_t number, const Tensor &input) const;
  LogicalResult checkInputs(ArrayRef<Tensor> given) const;
  LogicalResult reportTrap(ArrayRef<int64_t> status) const;
  FailureOr<SmallVector<Tensor>> deliver(SmallVector<Tensor> outputs) const;
};

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Fills `bytes` (one per element) from the bits of an i1 attribute.
static void unpackBits(DenseElementsAttr value, char *bytes) {
  for (bool bit : value.getValues<bool>())
    *bytes++ = bit;
}

LogicalResult HostExecutable::Impl::addConstant(memref::GlobalOp global, ElementsAttr value) {
  std::optional<DType> dtype = dtypeOf(value.getElementType());
  if (!dtype)
    return global.emitError() << "host target has no constants of element type " << value.getElementType();
  unsigned width = dtypeBytes(*dtype);
  size_t bytes = size_t(value.getNumElements()) * width;
  ArrayRef<char> raw = rawBytes(value);
  const void *address = raw.data();
  auto dense = dyn_cast<DenseElementsAttr>(value);
  bool bits = dense && *dtype == DType::Bool;
  if (!bits && raw.size() < bytes)
    return global.emitError() << "constant has " << raw.size() << " bytes; expected " << bytes << " for " << value.getType();
  if (bits || reinterpret_cast<uintptr_t>(address) % width != 0) {
    ownedConstants.push_back(std::make_unique<uint64_t[]>(bytes / 8 + 1));
    char *copy = reinterpret_cast<char *>(ownedConstants.back().get());
    if (bits)
      unpackBits(dense, copy);
    else
      std::memcpy(copy, raw.data(), bytes);
    address = copy;
  }
  // A tensor without elements has no address; none is read.
  constants.push_back({global.getSymName().str(), address ? address : this});
  return success();
}

/// Makes every constant an external symbol, so that its bytes never enter LLVM IR.
LogicalResult HostExecutable::Impl::takeConstants(ModuleOp module) {
  for (auto global : module.getOps<memref::GlobalOp>()) {
    if (failed(addConstant(global, cast<ElementsAttr>(*global.getInitialValue()))))
      return failure();
    global.removeInitialValueAttr();
    global.setSymVisibility("public");
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Machine code
//===----------------------------------------------------------------------===//

LogicalResult HostExecutable::Impl::fail(llvm::Error error) const {
  return emitError(location) << "host target cannot compile '" << name << "': " << llvm::toString(std::move(error));
}

/// void entry(void **slots): slots are the inputs, the outputs and the status, in this order; the function itself takes
/// pointers for tensors and values for scalars.
void HostExecutable::Impl::addEntry(llvm::Module &module) const {
  llvm::IRBuilder<> b(module.getContext());
  auto type = llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy()}, false);
  auto entry = llvm::Function::Create(type, llvm::Function::ExternalLinkage, entryName, module);
  b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", entry));
  unsigned next = 0;
  auto slot = [&](unsigned number) -> llvm::Value * {
    return b.CreateLoad(b.getPtrTy(), b.CreateConstGEP1_32(b.getPtrTy(), entry->getArg(0), number));
  };
  llvm::Function *function = module.getFunction(linkName(name));
  SmallVector<llvm::Value *> arguments, scalarOutputs;
  for (const Slot &input : inputs) {
    llvm::Value *pointer = slot(next++);
    arguments.push_back(input.isTensor ? pointer : b.CreateLoad(function->getArg(arguments.size())->getType(), pointer));
  }
  for (const Slot &output : outputs)
    (output.isTensor ? arguments : scalarOutputs).push_back(slot(next++));
  arguments.push_back(slot(next));
  llvm::Value *result = b.CreateCall(function, arguments);
  if (scalarOutputs.size() == 1)
    b.CreateStore(result, scalarOutputs[0]);
  else
    for (auto [number, output] : llvm::enumerate(scalarOutputs))
      b.CreateStore(b.CreateExtractValue(result, number), output);
  b.CreateRetVoid();
}

/// What LLVM calls to round to bf16, which runtime libraries lack before that of GCC 13. A bf16 is returned as the lower half of
/// a float's register.
template <typename T> static float truncateToBF16(T value) {
  return llvm::bit_cast<float>(uint32_t(toFloatBits(FloatFormat::BF16, value)));
}

/// LLVM's -O2 but for the vectorizer of straight-line code: that of LLVM 22 moves stores behind the gathers that read them.
static void optimize(llvm::Module &module, llvm::TargetMachine *machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopInterleaving = tuning.LoopVectorization = tuning.LoopUnrolling = true;
  tuning.SLPVectorization = false;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

LogicalResult HostExecutable::Impl::link(std::unique_ptr<llvm::Module> module,
                                         std::unique_ptr<llvm::LLVMContext> context) {
  auto target = orc::JITTargetMachineBuilder::detectHost();
  if (!target)
    return fail(target.takeError());
  target->setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  auto machine = target->createTargetMachine();
  if (!machine)
    return fail(machine.takeError());
  module->setTargetTriple((*machine)->getTargetTriple());
  module->setDataLayout((*machine)->createDataLayout());
  optimize(*module, machine->get());
  auto made = orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*target)).create();
  if (!made)
    return fail(made.takeError());
  jit = std::move(*made);
  auto process = orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(jit->getDataLayout().getGlobalPrefix());
  if (!process)
    return fail(process.takeError());
  jit->getMainJITDylib().addGenerator(std::move(*process));
  orc::SymbolMap symbols;
  symbols[jit->mangleAndIntern("__truncsfbf2")] = {orc::ExecutorAddr::fromPtr(truncateToBF16<float>),
                                                   llvm::JITSymbolFlags::Exported};
  symbols[jit->mangleAndIntern("__truncdfbf2")] = {orc::ExecutorAddr::fromPtr(truncateToBF16<double>),
                                                   llvm::JITSymbolFlags::Exported};
  for (auto &[symbol, address] : constants)
    symbols[jit->mangleAndIntern(symbol)] = {orc::ExecutorAddr::fromPtr(address), llvm::JITSymbolFlags::Exported};
  if (llvm::Error error = jit->getMainJITDylib().define(orc::absoluteSymbols(std::move(symbols))))
    return fail(std::move(error));
  if (llvm::Error error = jit->addIRModule({std::move(module), std::move(context)}))
    return fail(std::move(error));
  auto address = jit->lookup(entryName);
  if (!address)
    return fail(address.takeError());
  entry = address->toPtr<void (*)(void **)>();
  return success();
}

HostExecutable::HostExecutable(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
HostExecutable::~HostExecutable() = default;

FailureOr<std::unique_ptr<HostExecutable>> HostExecutable::compile(ModuleOp module, StringRef function) {
  auto func = module.lookupSymbol<func::FuncOp>(function);
  if (!func)
    return module.emitError() << "module has no function '" << function << "'";
  auto impl = std::make_unique<Impl>(func);
  if (failed(describeSlots(func, func.getArgumentTypes(), "argument", impl->inputs)) ||
      failed(describeSlots(func, func.getResultTypes(), "result", impl->outputs)) ||
      failed(pat::verifyResultExtents(func)))
    return failure();
  for (unsigned number = 0; number < func.getNumResults(); ++number) {
    impl->extents.push_back(pat::resultExtents(func, number));
    impl->isHidden.push_back(pat::isHiddenResult(func, number));
  }

  OwningOpRef<ModuleOp> work = module.clone();
  keepReachable(*work, work->lookupSymbol<func::FuncOp>(function));
  PassManager toLoops(module.getContext(), ModuleOp::getOperationName());
  toLoops.addPass(createConvertPatToLoopsPass());
  if (failed(toLoops.run(*work)))
    return failure();
  if (auto traps = (*work)->getAttrOfType<ArrayAttr>("pat.traps"))
    for (Attribute trap : traps)
      impl->traps.push_back(cast<LocationAttr>(trap));
  if (failed(impl->takeConstants(*work)))
    return failure();
  markNoAlias(*work);
  module.getContext()->getOrLoadDialect<LLVM::LLVMDialect>();
  if (failed(makeFunctionsInternal(*work)) || failed(lowerToLLVM(*work)))
    return failure();

  registerBuiltinDialectTranslation(*module.getContext());
  registerLLVMDialectTranslation(*module.getContext());
  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(*work, *context);
  if (!code)
    return failure();
  impl->addEntry(*code);
  initializeNativeTarget();
  if (failed(impl->link(std::move(code), std::move(context))))
    return failure();
  return std::unique_ptr<HostExecutable>(new HostExecutable(std::move(impl)));
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

LogicalResult HostExecutable::Impl::checkInput(size_t number, const Tensor &input) const {
  const Slot &slot = inputs[number];
  if (!accepts(slot.type, input.type) || input.shape != slot.shape)
    return emitError(location) << "input " << number << " of '" << name << "' is a "
                               << describeTensorType(input.type, input.shape) << "; expected "
                               << describeTensorType(slot.type, slot.shape);
  size_t bytes = size_t(input.numElements()) * dtypeBytes(input.type);
  if (input.bytes.size() != bytes)
    return emitError(location) << "input " << number << " of '" << name << "' has " << input.bytes.size()
                               << " bytes; expected " << bytes;
  return success();
}

LogicalResult HostExecutable::Impl::checkInputs(ArrayRef<Tensor> given) const {
  if (given.size() != inputs.size())
    return emitError(location) << "'" << name << "' was given " << given.size() << " inputs; expected "
                               << inputs.size();
  for (auto [number, input] : llvm::enumerate(given))
    if (failed(checkInput(number, input)))
      return failure();
  return success();
}

LogicalResult HostExecutable::Impl::reportTrap(ArrayRef<int64_t> status) const {
  if (status[0] == 0)
    return success();
  return emitError(traps[status[0] - 1]) << "key " << status[2] << " in dimension " << status[1]
                                         << " is outside the key space of this pat.group_by";
}

/// Results without what is not there, and without those that only say so.
FailureOr<SmallVector<Tensor>> HostExecutable::Impl::deliver(SmallVector<Tensor> outputs) const {
  SmallVector<Tensor> delivered;
  for (auto [number, output] : llvm::enumerate(outputs)) {
    if (isHidden[number])
      continue;
    std::vector<int64_t> shape = output.shape;
    for (const pat::ResultExtent &extent : extents[number]) {
      int64_t count = outputs[extent.result].data<int64_t>()[0];
      if (count < 0 || count > shape[extent.dim])
        return emitError(location) << tag(Diag::ExtentOverflow) << "extent " << count << " of dimension " << extent.dim
                                   << " of result " << number << " of '" << name
                                   << "' was computed; expected at most its capacity " << shape[extent.dim];
      shape[extent.dim] = count;
    }
    delivered.push_back(shape == output.shape ? output : trimTensor(output, shape));
  }
  return delivered;
}

/// i1 is read as a byte that is 0 or 1; files may hold other bytes for true.
static Tensor normalizeBool(const Tensor &input) {
  Tensor result = input;
  for (uint8_t &byte : result.bytes)
    byte = byte != 0;
  return result;
}

FailureOr<SmallVector<Tensor>> HostExecutable::run(ArrayRef<Tensor> inputs) const {
  if (failed(impl->checkInputs(inputs)))
    return failure();
  std::vector<Tensor> normalized;
  normalized.reserve(inputs.size());
  SmallVector<void *> slots;
  for (const Tensor &input : inputs) {
    const Tensor *bound = &input;
    if (input.type == DType::Bool)
      bound = &normalized.emplace_back(normalizeBool(input));
    slots.push_back(const_cast<uint8_t *>(bound->bytes.data()));
  }
  SmallVector<Tensor> outputs;
  for (const Slot &slot : impl->outputs)
    outputs.push_back(makeTensor(slot.type, slot.shape));
  for (Tensor &output : outputs)
    slots.push_back(output.bytes.data());
  int64_t status[3] = {0, 0, 0};
  slots.push_back(status);
  impl->entry(slots.data());
  if (failed(impl->reportTrap(status)))
    return failure();
  return impl->deliver(std::move(outputs));
}

FailureOr<SmallVector<Tensor>> host::executeOnHost(ModuleOp module, StringRef function, ArrayRef<Tensor> inputs) {
  FailureOr<std::unique_ptr<HostExecutable>> executable = HostExecutable::compile(module, function);
  if (failed(executable))
    return failure();
  return (*executable)->run(inputs);
}
