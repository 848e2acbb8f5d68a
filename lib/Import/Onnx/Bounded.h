// Bounded.h - operators over tensors of which data decides how much is there
#ifndef JACQUARD_LIB_IMPORT_ONNX_BOUNDED_H
#define JACQUARD_LIB_IMPORT_ONNX_BOUNDED_H

#include "Node.h"

namespace jacquard::importer {

/// Imports a node with inputs that have bounds: `row` builds it over the capacities, and the bounds go to the
/// dimensions of the result where they are found again. The node fails when that would not be what the model means:
/// most operators that mix the positions of a dimension need all of them to be there.
void importBounded(Node &node, const Operator &row);

} // namespace jacquard::importer

#endif // JACQUARD_LIB_IMPORT_ONNX_BOUNDED_H
