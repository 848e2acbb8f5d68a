// SearchCache.cpp - searches for mappings that were made before
#include "SearchCache.h"

#include "CostModel.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace jacquard;

static constexpr llvm::StringLiteral kind = "mapping";

namespace {

/// What a nest's operations use from outside, each numbered where it comes first: of constants the value counts.
std::string printOutside(Operation *op) {
  llvm::SmallMapVector<Value, unsigned, 8> numbers;
  std::string text;
  llvm::raw_string_ostream stream(text);
  op->walk<WalkOrder::PreOrder>([&](Operation *user) {
    for (Value operand : user->getOperands()) {
      if (op->isAncestor(operand.getParentBlock()->getParentOp()))
        continue;
      auto [it, isNew] = numbers.try_emplace(operand, unsigned(numbers.size()));
      stream << ' ' << it->second;
      Attribute value;
      if (isNew && !isa<TensorType>(operand.getType()) && matchPattern(operand, m_Constant(&value)))
        stream << '=' << value;
    }
  });
  return text;
}

/// The pattern as text, without what tells it from equal ones: places, its number, how it got here.
std::string printPattern(Operation *op) {
  OwningOpRef<Operation *> copy = op->clone();
  copy->setDiscardableAttrs(ArrayRef<NamedAttribute>{});
  std::string text;
  llvm::raw_string_ostream stream(text);
  copy->print(stream, OpPrintingFlags().useLocalScope().printGenericOpForm());
  return text;
}

/// All that a search looks at.
std::string keyOf(const Nest &nest, const ArchSpec &arch, int64_t maxUnits, double fill, double scratchpadPrice) {
  std::string text = llvm::formatv("{0}\nusable {1} {2} lanes {3} units {4} fill {5} price {6}\n", printArch(arch),
                                   arch.numComputeUnits(), arch.numMemoryUnits(), arch.compute.lanes, maxUnits,
                                   llvm::bit_cast<uint64_t>(fill), llvm::bit_cast<uint64_t>(scratchpadPrice));
  llvm::raw_string_ostream stream(text);
  stream << printPattern(nest.op) << printOutside(nest.op) << "\nwide " << nest.wide << " stays " << nest.mostHomes
         << " boxes " << nest.mostBoxes << " all " << nest.countAllPorts << " cut at " << nest.resultGrain << " behind "
         << nest.partsBefore << " early " << nest.startEarly << " join " << nest.joinUnits;
  for (const TensorReader &reader : nest.readers)
    stream << " loop " << llvm::bit_cast<uint64_t>(reader.trips) << ' ' << llvm::bit_cast<uint64_t>(reader.waits) << ' '
           << reader.isBeside << reader.loads;
  for (const NestDim &dim : nest.dims)
    stream << ' ' << dim.extent << (dim.reduction ? "r" : "");
  for (const NestAccess &access : nest.accesses) {
    stream << ' ' << access.packed << ' ' << access.residence.mostHomes;
    for (auto [low, high] : access.residence.cuts)
      stream << ',' << low << '-' << high;
  }
  stream << "\nresult";
  for (auto [offset, row, extent, stride] :
       llvm::zip(nest.result.offsets, nest.result.coefficients, nest.result.view.shape, nest.result.view.strides)) {
    stream << ' ' << offset << ' ' << extent << ' ' << stride;
    for (int64_t coefficient : row)
      stream << ' ' << coefficient;
  }
  return text;
}

std::string print(const Mapping &mapping) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << mapping.bufferDepth << ' ' << mapping.stages << ' ' << mapping.numParallel;
  for (const UnitPlan *plan : {&mapping.units, &mapping.joined, &mapping.group})
    stream << ' ' << plan->dim << ' ' << plan->count << ' ' << plan->stride;
  for (const LoopPlan &loop : mapping.loops)
    stream << ' ' << loop.dim << ' ' << loop.extent << ' ' << loop.stride << ' ' << int64_t(loop.role);
  return text;
}

/// A mapping of the nest; nothing when the text is none.
std::optional<Mapping> read(StringRef text, const Nest &nest) {
  SmallVector<int64_t> numbers;
  for (StringRef part : llvm::split(text, ' '))
    if (part.getAsInteger(10, numbers.emplace_back()))
      return std::nullopt;
  constexpr size_t fixed = 12, perLoop = 4;
  if (numbers.size() < fixed || (numbers.size() - fixed) % perLoop != 0)
    return std::nullopt;
  Mapping mapping;
  mapping.bufferDepth = numbers[0];
  mapping.stages = numbers[1];
  mapping.numParallel = unsigned(numbers[2]);
  int64_t dims = int64_t(nest.dims.size());
  bool valid = numbers[0] > 0 && numbers[1] >= 0;
  const int64_t *own = &numbers[3];
  for (UnitPlan *plan : {&mapping.units, &mapping.joined, &mapping.group}) {
    *plan = {int(own[0]), own[1], own[2]};
    valid &= own[0] >= -1 && own[0] < dims && own[1] > 0;
    own += 3;
  }
  for (size_t i = fixed; i < numbers.size(); i += perLoop) {
    auto role = pipe::symbolizeLoopRole(uint32_t(numbers[i + 3]));
    valid &= numbers[i] >= 0 && numbers[i] < dims && numbers[i + 1] > 0 && role.has_value();
    mapping.loops.push_back(
        {unsigned(numbers[i]), numbers[i + 1], numbers[i + 2], role.value_or(pipe::LoopRole::Time)});
  }
  valid &= mapping.numParallel <= mapping.loops.size();
  return valid ? std::optional(mapping) : std::nullopt;
}

} // namespace

Mapping jacquard::chooseMapping(ContentCache &cache, const Nest &nest, const ArchSpec &arch, int64_t maxUnits,
                                double fill, double scratchpadPrice, Rivals *rivals) {
  auto search = [&] { return chooseMapping(nest, arch, maxUnits, fill, scratchpadPrice, rivals); };
  if (rivals || nest.dims.empty())
    return search();
  std::string key = keyOf(nest, arch, maxUnits, fill, scratchpadPrice);
  if (auto text = cache.find(kind, key)) {
    if (auto mapping = read(*text, nest)) {
      CostModel(nest, arch).predict(*mapping);
      return *mapping;
    }
    cache.reject(kind, key, "it is no mapping");
  }
  Mapping mapping = search();
  cache.put(kind, key, print(mapping));
  return mapping;
}
