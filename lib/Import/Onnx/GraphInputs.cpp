// GraphInputs.cpp - what a graph begins with: inputs and initializers
#include "GraphImporter.h"

#include "onnx/onnx_pb.h"

#include "jacquard/Support/Diagnostics.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

std::optional<Shape> GraphImporter::inputShape(const onnx::ValueInfoProto &input) {
  std::string what = "input '" + input.name() + "'";
  const auto &type = input.type().tensor_type();
  auto given = options.shapes.find(input.name());
  if (given != options.shapes.end()) {
    if (type.has_shape() && size_t(type.shape().dim_size()) != given->second.size())
      return reportModel(what, tag(Diag::BadOption) + "has rank " + std::to_string(type.shape().dim_size()) +
                                   ", but the given shape " + ops::describe(given->second) + " has rank " +
                                   std::to_string(given->second.size())),
             std::nullopt;
    return Shape(given->second.begin(), given->second.end());
  }
  if (!type.has_shape())
    return reportModel(what, tag(Diag::UnknownDimension) + "has no shape; give --shape " + input.name() + "=..."),
           std::nullopt;
  Shape shape;
  for (const auto &dim : type.shape().dim()) {
    if (dim.has_dim_value()) {
      shape.push_back(dim.dim_value());
      continue;
    }
    auto value = options.dims.find(dim.dim_param());
    if (value != options.dims.end()) {
      shape.push_back(value->second);
      continue;
    }
    std::string name = dim.dim_param();
    return reportModel(what, tag(Diag::UnknownDimension) + "has a dynamic dimension" +
                                 (name.empty() ? "" : " '" + name + "'") + "; give " +
                                 (name.empty() ? "" : "--dim " + name + "=N or ") + "--shape " + input.name() + "=..."),
           std::nullopt;
  }
  return shape;
}

void GraphImporter::importInputs(Scope &scope) {
  Block *entry = b.getInsertionBlock();
  for (const auto &input : model.proto->graph().input()) {
    if (scope.find(input.name())) // an initializer, which stands for a default: constants are better
      continue;
    std::string what = "input '" + input.name() + "'";
    if (!input.type().has_tensor_type()) {
      reportModel(what, tag(Diag::UnsupportedType) + "is not a tensor; only tensors are supported");
      scope.lost.insert(input.name());
      continue;
    }
    int32_t type = input.type().tensor_type().elem_type();
    Type element = mlirElementType(context, type);
    if (!element) {
      reportModel(what, tag(Diag::UnsupportedType) + "has elements of type " + elementTypeName(type) +
                            ", which are not supported");
      scope.lost.insert(input.name());
      continue;
    }
    if (auto bound = options.constantInputs.find(input.name()); bound != options.constantInputs.end()) {
      Result<ElementsAttr> value = importTensor(context, bound->second);
      if (!value || cast<ShapedType>(value->getType()).getElementType() != element) {
        reportModel(what,
                    value ? "is bound to elements of another type; expected " + elementTypeName(type) : value.error());
        scope.lost.insert(input.name());
        continue;
      }
      scope.items[input.name()] = {arith::ConstantOp::create(b, fileLocation(), *value), type};
      continue;
    }
    std::optional<Shape> shape = inputShape(input);
    if (shape && !ops::isPossibleShape(*shape)) {
      reportModel(what, "has the impossible shape " + ops::describe(*shape));
      shape.reset();
    }
    if (!shape) {
      scope.lost.insert(input.name());
      continue;
    }
    Location loc = NameLoc::get(StringAttr::get(context, input.name()), fileLocation());
    scope.items[input.name()] = {entry->addArgument(RankedTensorType::get(*shape, element), loc), type};
    arguments.push_back(input.name());
  }
}

void GraphImporter::importInitializers(Scope &scope, const onnx::GraphProto &graph) {
  for (const auto &tensor : graph.initializer()) {
    Result<ElementsAttr> value = importTensor(context, model, tensor);
    if (!value) {
      reportModel("initializer '" + tensor.name() + "'", value.error());
      scope.lost.insert(tensor.name());
      continue;
    }
    Location loc = NameLoc::get(StringAttr::get(context, tensor.name()), fileLocation());
    scope.items[tensor.name()] = {arith::ConstantOp::create(b, loc, *value), tensor.data_type()};
  }
  for (const auto &sparse : graph.sparse_initializer()) {
    reportModel("initializer '" + sparse.values().name() + "'",
                tag(Diag::UnsupportedType) + "is sparse, which is not supported");
    scope.lost.insert(sparse.values().name());
  }
}

Value GraphImporter::constant(Node &node, const onnx::TensorProto &tensor) {
  Result<ElementsAttr> value = importTensor(context, model, tensor);
  if (value)
    return arith::ConstantOp::create(b, node.loc, *value);
  node.fail("the constant " + value.error());
  return {};
}
