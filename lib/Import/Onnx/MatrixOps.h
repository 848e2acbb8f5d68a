// MatrixOps.h - what the importers of matrix products share
#ifndef JACQUARD_LIB_IMPORT_ONNX_MATRIXOPS_H
#define JACQUARD_LIB_IMPORT_ONNX_MATRIXOPS_H

#include "Node.h"

#include "jacquard/Operators/Contract.h"

namespace jacquard::importer {

/// The attributes of Gemm: alpha, beta, transA, transB.
ops::GemmOptions readGemmOptions(Node &n);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_MATRIXOPS_H
