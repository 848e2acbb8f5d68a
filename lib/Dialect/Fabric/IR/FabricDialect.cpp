// FabricDialect.cpp - registration of the `fabric` dialect, and what its ops share
#include "jacquard/Dialect/Fabric/IR/FabricOps.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <map>
#include <mutex>

using namespace mlir;
using namespace jacquard;
using namespace jacquard::fabric;

#include "jacquard/Dialect/Fabric/IR/FabricDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "jacquard/Dialect/Fabric/IR/FabricTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "jacquard/Dialect/Fabric/IR/FabricAttrs.cpp.inc"

void FabricDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "jacquard/Dialect/Fabric/IR/FabricTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "jacquard/Dialect/Fabric/IR/FabricAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "jacquard/Dialect/Fabric/IR/FabricOps.cpp.inc"
      >();
}

std::shared_ptr<const FabricModel> fabric::loadFabricModel(Operation *op, StringRef arch) {
  // Models are immutable and few; a process-wide table spares every verifier the parsing.
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const FabricModel>> models;
  std::lock_guard<std::mutex> lock(mutex);
  auto &model = models[arch.str()];
  if (!model) {
    auto spec = loadArch(arch.str());
    if (!spec) {
      op->emitError() << spec.error();
      return nullptr;
    }
    model = std::make_shared<const FabricModel>(*spec);
  }
  return model;
}

std::optional<ElementType> fabric::fabricElementType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type); integer && integer.isSignless()) {
    switch (integer.getWidth()) {
    case 1:
      return ElementType::I1;
    case 8:
      return ElementType::I8;
    case 16:
      return ElementType::I16;
    case 32:
      return ElementType::I32;
    case 64:
      return ElementType::I64;
    default:
      return std::nullopt;
    }
  }
  return llvm::TypeSwitch<Type, std::optional<ElementType>>(type)
      .Case<Float16Type>([](auto) { return ElementType::F16; })
      .Case<BFloat16Type>([](auto) { return ElementType::BF16; })
      .Case<Float32Type>([](auto) { return ElementType::F32; })
      .Case<Float64Type>([](auto) { return ElementType::F64; })
      .Default([](Type) { return std::nullopt; });
}

bool fabric::isWide(Operation *op) {
  auto section = op->getParentOfType<SectionOp>();
  return section && section.getWide();
}

/// Names of the model's nodes in `loc`, each once.
static void collectNames(Location loc, llvm::SmallSetVector<StringAttr, 4> &names) {
  if (auto name = dyn_cast<NameLoc>(loc))
    names.insert(name.getName());
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

std::string fabric::nodeName(Location loc) {
  constexpr size_t shown = 3;
  llvm::SmallSetVector<StringAttr, 4> names;
  collectNames(loc, names);
  std::string text;
  for (StringAttr name : names.getArrayRef().take_front(shown))
    text += (text.empty() ? "" : ", ") + name.str();
  if (names.size() > shown)
    text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

FailureOr<UnitBudget> fabric::readBudget(Operation *op, StringRef text, const ArchSpec &spec) {
  auto budget = parseBudget(text.str(), spec);
  if (!budget)
    return op->emitError() << budget.error();
  return *budget;
}
