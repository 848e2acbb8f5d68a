// Registry.cpp - find the importer of an operator
#include "Node.h"

using namespace jacquard;
using namespace jacquard::importer;

/// Names of one operator's rows, by domain and name.
using Table = llvm::StringMap<llvm::SmallVector<const Operator *, 2>>;

static std::string keyOf(llvm::StringRef domain, llvm::StringRef op) { return (domain + ":" + op).str(); }

static Table makeTable() {
  Table table;
  for (llvm::ArrayRef<Operator> family :
       {castOperators(), constantOperators(), elementwiseOperators(), matrixOperators(), windowOperators(), reduceOperators(),
        normalizationOperators(), movementOperators(), sliceOperators(), gatherOperators(), resizeOperators(),
        quantizeOperators(), integerOperators(), quantisedTensorOperators(),
        sampleOperators(), signalOperators(), randomOperators(), trainingOperators(), textOperators(),
        recurrentOperators(), quantisedRecurrentOperators(), branchOperators(), loopOperators(), sequenceOperators(), attentionOperators(),
        carriedOperators(), selectOperators(), microsoftOperators(), microsoftAttentionOperators(),
        treeOperators(), classicOperators(), outsideOperators()})
    for (const Operator &row : family)
      table[keyOf(row.domain, row.op)].push_back(&row);
  return table;
}

Lookup importer::findOperator(llvm::StringRef domain, llvm::StringRef op, int64_t opset) {
  static const Table table = makeTable();
  auto rows = table.find(keyOf(domain == "ai.onnx" ? "" : domain, op));
  if (rows == table.end())
    return {nullptr, "the operator is not supported"};
  std::string versions;
  for (const Operator *row : rows->second) {
    if (opset >= row->since && opset <= row->until)
      return {row, ""};
    versions += (versions.empty() ? "" : ", ") + std::to_string(row->since) +
                (row->until == newest ? " and newer" : " to " + std::to_string(row->until));
  }
  return {nullptr, "the operator is not supported in this version; supported are " + versions};
}
