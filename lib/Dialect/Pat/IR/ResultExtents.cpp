// ResultExtents.cpp - results of a function of which data decides how much is there
#include "jacquard/Dialect/Pat/IR/ResultExtents.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace jacquard;

static constexpr llvm::StringLiteral extentsName = "jacquard.extents", hiddenName = "jacquard.hidden";

static ArrayRef<int64_t> extentNumbers(FunctionOpInterface function, unsigned number) {
  auto attribute = function.getResultAttrOfType<DenseI64ArrayAttr>(number, extentsName);
  return attribute ? attribute.asArrayRef() : ArrayRef<int64_t>();
}

SmallVector<pat::ResultExtent> pat::resultExtents(FunctionOpInterface function, unsigned number) {
  SmallVector<ResultExtent> extents;
  for (ArrayRef<int64_t> rest = extentNumbers(function, number); rest.size() >= 2; rest = rest.drop_front(2))
    extents.push_back({rest[0], unsigned(rest[1])});
  return extents;
}

bool pat::isHiddenResult(FunctionOpInterface function, unsigned number) {
  return bool(function.getResultAttr(number, hiddenName));
}

static LogicalResult verifyExtent(FunctionOpInterface function, unsigned number, int64_t dim, int64_t result) {
  ArrayRef<Type> types = function.getResultTypes();
  auto tensor = dyn_cast<RankedTensorType>(types[number]);
  if (!tensor || dim < 0 || dim >= tensor.getRank())
    return function.emitError() << "result " << number << " of type " << types[number]
                                << " has an extent for dimension " << dim << "; expected a dimension that it has";
  if (result < 0 || result >= int64_t(types.size()))
    return function.emitError() << "result " << number << " has its extent in result " << result << "; expected one of "
                                << types.size() << " results";
  auto count = dyn_cast<RankedTensorType>(types[result]);
  if (!count || count.getRank() != 0 || !count.getElementType().isInteger(64))
    return function.emitError() << "result " << number << " has its extent in result " << result << " of type "
                                << types[result] << "; expected tensor<i64>";
  return success();
}

LogicalResult pat::verifyResultExtents(FunctionOpInterface function) {
  for (unsigned number = 0; number < function.getNumResults(); ++number) {
    ArrayRef<int64_t> numbers = extentNumbers(function, number);
    if (numbers.size() % 2 || (numbers.empty() && function.getResultAttr(number, extentsName)))
      return function.emitError() << "attribute '" << extentsName << "' of result " << number
                                  << " is not a list of dimensions and results; expected array<i64: dim, result, ...>";
    for (; !numbers.empty(); numbers = numbers.drop_front(2))
      if (failed(verifyExtent(function, number, numbers[0], numbers[1])))
        return failure();
  }
  return success();
}

void pat::setResultExtents(FunctionOpInterface function, unsigned number, ArrayRef<ResultExtent> extents) {
  SmallVector<int64_t> numbers;
  for (const ResultExtent &extent : extents)
    numbers.append({extent.dim, int64_t(extent.result)});
  function.setResultAttr(number, extentsName, Builder(function.getContext()).getDenseI64ArrayAttr(numbers));
}

void pat::hideResult(FunctionOpInterface function, unsigned number) {
  function.setResultAttr(number, hiddenName, UnitAttr::get(function.getContext()));
}
