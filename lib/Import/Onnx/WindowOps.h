// WindowOps.h - the attributes of sliding windows
#ifndef JACQUARD_LIB_IMPORT_ONNX_WINDOWOPS_H
#define JACQUARD_LIB_IMPORT_ONNX_WINDOWOPS_H

#include "Node.h"

#include "jacquard/Operators/Contract.h"

namespace jacquard::importer {

/// kernel_shape (or `weight`'s, when not null), strides, dilations, pads, auto_pad and ceil_mode for an input [N, C,
/// ..]. Fails the node where they do not fit together.
ops::Window readWindow(Node &n, mlir::Value weight);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_WINDOWOPS_H
