// RecurrentOps.h - what the importers of recurrent networks share
#ifndef JACQUARD_LIB_IMPORT_ONNX_RECURRENTOPS_H
#define JACQUARD_LIB_IMPORT_ONNX_RECURRENTOPS_H

#include "Node.h"

#include "jacquard/Operators/Recurrent.h"

namespace jacquard::importer {

/// Reads what the operators share and builds their results. `net` holds what they do not; weights that it has already
/// are not those of inputs 1 and 2.
void buildRecurrent(Node &n, ops::RecurrentNetwork net, llvm::ArrayRef<const char *> defaultActivations);
/// An LSTM with its own inputs and attributes; likewise.
void buildLSTM(Node &n, ops::RecurrentNetwork net);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_RECURRENTOPS_H
