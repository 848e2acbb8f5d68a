// InterfaceAttrs.cpp - what a model's function says about its arguments and results
#include "jacquard/Dialect/Pat/IR/InterfaceAttrs.h"

using namespace mlir;
using namespace jacquard;

std::string pat::interfaceName(DictionaryAttr attributes, StringRef fallback, unsigned number) {
  if (auto name = attributes ? attributes.getAs<StringAttr>("jacquard.name") : StringAttr())
    return name.str();
  return (fallback + Twine(number)).str();
}

bool pat::isUnsignedInterface(DictionaryAttr attributes) {
  auto type = attributes ? attributes.getAs<StringAttr>("jacquard.dtype") : StringAttr();
  return type && type.getValue().starts_with("uint");
}
