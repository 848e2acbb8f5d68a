// MicrosoftAttention.h - what the kinds of attention of domain com.microsoft share
#ifndef JACQUARD_LIB_IMPORT_ONNX_MICROSOFTATTENTION_H
#define JACQUARD_LIB_IMPORT_ONNX_MICROSOFTATTENTION_H

#include "Node.h"

#include "jacquard/Operators/Attention.h"

namespace jacquard::importer {

constexpr const char *microsoft = "com.microsoft";

/// Queries, keys and values with their heads in front.
struct Operands {
  mlir::Value query, key, value;
};

/// Sets result 0 to the heads, joined, and returns the weights after the softmax. Attribute `scale` is read here; `cap`
/// above 0 bounds the scores.
mlir::Value attend(Node &n, const Operands &x, const ops::AttentionMask &mask, double cap = 0);

/// Elements [from, from + count) of a vector or of the last dimension.
mlir::Value lastPart(Node &n, mlir::Value tensor, int64_t from, int64_t count);

/// [batch, positions, heads * size] with the heads in front.
mlir::Value split(Node &n, mlir::Value tensor, int64_t heads);

/// A number of heads, at least 1.
int64_t headsAttr(Node &n, llvm::StringRef name);

/// Fails where input i is there: it belongs to a use that is not supported.
void refuse(Node &n, size_t i, const char *what);

void buildGroupQueryAttention(Node &n);
void buildMicrosoftRotaryEmbedding(Node &n);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_MICROSOFTATTENTION_H
