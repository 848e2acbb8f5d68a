// FabricOps.h - types, attributes and ops of the `fabric` dialect
#ifndef JACQUARD_DIALECT_FABRIC_IR_FABRICOPS_H
#define JACQUARD_DIALECT_FABRIC_IR_FABRICOPS_H

#include "jacquard/Arch/Budget.h"
#include "jacquard/Arch/FabricModel.h"
#include "jacquard/Dialect/Fabric/IR/FabricDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <memory>

#define GET_TYPEDEF_CLASSES
#include "jacquard/Dialect/Fabric/IR/FabricTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "jacquard/Dialect/Fabric/IR/FabricAttrs.h.inc"

#define GET_OP_CLASSES
#include "jacquard/Dialect/Fabric/IR/FabricOps.h.inc"

namespace jacquard::fabric {

/// The model of the architecture named `arch` (preset or file), loaded once per process; emits an error at `op` and
/// returns null when it cannot be read.
std::shared_ptr<const FabricModel> loadFabricModel(mlir::Operation *op, llvm::StringRef arch);

/// Reads the option `budget` of a pass (Budget.h); emits an error at `op` when it is none.
mlir::FailureOr<UnitBudget> readBudget(mlir::Operation *op, llvm::StringRef text, const ArchSpec &spec);

/// The fabric's element type for tensors of `type`, or nothing when the fabric does not store it.
std::optional<ElementType> fabricElementType(mlir::Type type);

/// Whether `op` belongs to a section of 64-bit words.
bool isWide(mlir::Operation *op);

/// How often a chain of counters fires, with `lanes` values of the one at `vectorLevel` at a time.
uint64_t countFirings(llvm::ArrayRef<int64_t> extents, int64_t vectorLevel, unsigned lanes);

/// Bytes that a tensor takes in DRAM, where each begins on a burst boundary.
uint64_t sizeInDram(mlir::RankedTensorType type, uint64_t burstBytes);

/// Emits an error that states need and have unless the tensors of `device` fit the DRAM. Temporaries count only
/// `withTemporaries`: before it is known which of them stay on chip they must not be held against the model.
mlir::LogicalResult checkDramCapacity(DeviceOp device, const ArchSpec &spec, bool withTemporaries);

/// All sections of a device, those in loops included, in the order in which they stand.
llvm::SmallVector<SectionOp> sectionsOf(DeviceOp device);

/// On a section that a pass found too large for the machine.
constexpr llvm::StringLiteral doesNotFitAttr = "jacquard.does_not_fit";

/// On a section: the share of the machine's units that it may use, a float; none: all.
constexpr llvm::StringLiteral fillAttr = "jacquard.fill";

/// On a section that stores a tensor which found no room on chip and is costly to have in DRAM as it is.
constexpr llvm::StringLiteral spillsAttr = "jacquard.spills";

/// Passes `fits` on, and marks the section when it is a failure.
mlir::LogicalResult markUnlessFits(SectionOp section, mlir::LogicalResult fits);

/// The model's nodes that `loc` stands for, "conv1 (Conv), relu1 (Relu) and 2 more"; "" when it names none.
std::string nodeName(mlir::Location loc);

} // namespace jacquard::fabric

#endif // JACQUARD_DIALECT_FABRIC_IR_FABRICOPS_H
