// ConstantBytes.cpp - the bytes of constant tensors
#include "jacquard/Dialect/Utils/ConstantBytes.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

ArrayRef<char> jacquard::rawBytes(ElementsAttr value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(value);
      dense && !dense.isSplat() && !dense.getElementType().isInteger(1))
    return dense.getRawData();
  return {};
}
