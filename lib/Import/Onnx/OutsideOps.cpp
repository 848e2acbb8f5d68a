// OutsideOps.cpp - operators that are not to be supported, and what to do instead
#include "Node.h"

using namespace jacquard;
using namespace jacquard::importer;

static void buildImageDecoder(Node &n) {
  n.fail("compressed images are files, not tensors; decode them before they are given to the model, and cut the node "
         "off so that its output becomes an input");
}

static void buildGradient(Node &n) {
  n.fail("gradients are not derived; export the model with its backward pass as ordinary nodes");
}

llvm::ArrayRef<Operator> importer::outsideOperators() {
  static const Operator table[] = {
      {"Gradient", 1, newest, 1, anyNumber, Takes::Any, buildGradient, "ai.onnx.preview.training"},
      {"ImageDecoder", 20, newest, 1, 1, Takes::Any, buildImageDecoder},
  };
  return table;
}
