// LowerSection.h - writes the units of one section
//
// A section's stages are laid out once per unit; loads and memory units whose maps do not mention the unit index are
// shared by all. In a section with groups their members are numbered unit by unit and group by group: (unit * groups +
// group) * members + member.
#ifndef JACQUARD_LIB_CONVERSION_PIPETOFABRIC_LOWERSECTION_H
#define JACQUARD_LIB_CONVERSION_PIPETOFABRIC_LOWERSECTION_H

#include "Access.h"

#include "jacquard/Arch/ArchSpec.h"

#include <map>

namespace jacquard {

/// What writes a scratchpad: a data stream with its addresses. Every reader gets a memory unit that takes this stream.
struct BufferWriter {
  mlir::Value data, index; ///< index: null unless the addresses come from a stream
  fabric::AccessAttr access;
  mlir::StringAttr accumulate; ///< opcode, or null
  int64_t init = 0; ///< a word, sign-extended
};

/// Members of a group that share a DRAM port.
struct MemberRange {
  int64_t first, count;
};

class SectionLowering {
public:
  /// `symbolOf` names the `fabric.buffer` of a section operand.
  SectionLowering(mlir::OpBuilder &builder, pipe::SectionOp section, const ArchSpec &machine,
                  llvm::ArrayRef<mlir::FlatSymbolRefAttr> symbols)
      : b(builder), section(section), wide(section.getWide()), arch(wide ? machine.wide() : machine),
        symbols(symbols) {}

  mlir::LogicalResult lower();

  // What stages need of the section.

  /// The loops of all metapipelines around `op`, outermost first.
  llvm::SmallVector<Level> enclosingLoops(mlir::Operation *op);
  /// The innermost level after which a buffer changes hands: that of the metapipeline it is declared in.
  int handoverLevel(mlir::Value buffer);
  int64_t groupSize() { return section.getGroupSize(); }
  /// Members of a unit.
  int64_t unitSize() { return section.getJoinSize() * groupSize(); }
  /// Known indices of a unit.
  llvm::DenseMap<mlir::Value, int64_t> constantsOf(int64_t unit);
  /// What of `unit` the operands depend on: equal for units that they do not tell apart.
  int64_t unitKey(mlir::ValueRange operands, int64_t unit);
  mlir::FailureOr<BufferWriter> writerOf(mlir::Value buffer, int64_t unit);
  /// Equal for units that use one copy of the buffer.
  int64_t bufferKey(mlir::Value buffer, int64_t unit);
  void setWriter(mlir::Value buffer, int64_t unit, BufferWriter writer) {
    writers[{buffer, bufferKey(buffer, unit)}] = writer;
  }
  /// A memory unit that holds `buffer` for one reader; readers that walk alike share it (multicast).
  mlir::FailureOr<mlir::Value> makeMemory(mlir::Location loc, mlir::Value buffer, int64_t unit,
                                          fabric::AccessAttr read, mlir::Value readIndex);
  /// The symbol of a section argument.
  mlir::FlatSymbolRefAttr symbolOf(mlir::Value root) {
    return symbols[llvm::cast<mlir::BlockArgument>(root).getArgNumber()];
  }
  /// A DRAM port that reads.
  mlir::Value makeLoad(mlir::Location loc, mlir::FlatSymbolRefAttr symbol, fabric::AccessAttr access, mlir::Value index);

  mlir::OpBuilder &b;
  pipe::SectionOp section;
  const bool wide;     ///< words have 64 bits
  const ArchSpec arch; ///< counted in the section's words

private:
  BufferWriter stage(pipe::LoadOp load, const BufferWriter &writer);
  mlir::FailureOr<BufferWriter> lowerLoad(pipe::LoadOp load, int64_t unit);
  mlir::LogicalResult lowerStore(pipe::StoreOp store, int64_t unit);

  llvm::ArrayRef<mlir::FlatSymbolRefAttr> symbols;
  /// Streams without an index that are there already: by what is read (buffer and its copy, or symbol) and how.
  llvm::DenseMap<std::pair<const void *, std::pair<int64_t, mlir::Attribute>>, mlir::Value> streams;
  std::map<std::pair<mlir::Value, int64_t>, BufferWriter,
           bool (*)(const std::pair<mlir::Value, int64_t> &, const std::pair<mlir::Value, int64_t> &)>
      writers{[](const auto &a, const auto &c) {
        return std::make_pair(a.first.getAsOpaquePointer(), a.second) <
               std::make_pair(c.first.getAsOpaquePointer(), c.second);
      }};
};

/// Lowers one stage for one unit index.
mlir::LogicalResult lowerStage(SectionLowering &section, pipe::StageOp stage, int64_t unit);

/// The words of one buffer of a scratchpad type.
int64_t scratchpadWords(mlir::MemRefType type);

} // namespace jacquard

#endif // JACQUARD_LIB_CONVERSION_PIPETOFABRIC_LOWERSECTION_H
