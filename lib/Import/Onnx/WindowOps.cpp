// WindowOps.cpp - convolutions and pools
#include "WindowOps.h"

#include "Quantize.h"

#include "jacquard/Operators/Pool.h"
#include "jacquard/Operators/Reduce.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::Window;

static constexpr int32_t int32Type = 6, int64Type = 7;

/// Larger strides, dilations and pads are damage; sums of smaller ones cannot overflow.
static constexpr int64_t mostExtent = int64_t(1) << 24;

static Shape windowAttr(Node &n, StringRef name, size_t count, int64_t otherwise) {
  Shape list = n.intsAttr(name).value_or(Shape(count, otherwise));
  for (int64_t value : list)
    if (value > mostExtent || value < -mostExtent)
      n.fail("attribute '" + name + "' holds " + llvm::Twine(value) + ", which is out of range");
  if (list.size() != count)
    n.fail("attribute '" + name + "' has " + llvm::Twine(list.size()) + " entries; expected " + llvm::Twine(count));
  list.resize(count, otherwise);
  return list;
}

/// Pads that make the number of positions ceil(extent / stride).
static void padToSame(Node &n, Window &window, bool upper) {
  for (size_t i = 0; i < window.rank(); ++i) {
    int64_t extent = n.shape()[2 + i], stride = std::max<int64_t>(window.strides[i], 1);
    int64_t positions = (extent + stride - 1) / stride;
    int64_t total = std::max<int64_t>((positions - 1) * stride + window.reach(i) - extent, 0);
    window.padsBegin[i] = upper ? total / 2 : total - total / 2;
    window.padsEnd[i] = total - window.padsBegin[i];
  }
}

Window importer::readWindow(Node &n, Value weight) {
  Window window;
  if (n.rank() < 3) {
    n.fail("input has shape " + ops::describe(n.shape()) +
           "; expected batch, channels and at least one spatial dimension");
    return window;
  }
  size_t rank = n.rank() - 2;
  if (weight && ops::rankOf(weight) != n.rank()) {
    n.fail("weight has shape " + ops::describe(ops::shapeOf(weight)) + " for an input of shape " +
           ops::describe(n.shape()) + "; expected equal ranks");
    return window;
  }
  if (weight && !n.hasAttr("kernel_shape"))
    window.kernel = Shape(ops::shapeOf(weight).drop_front(2));
  else
    window.kernel = windowAttr(n, "kernel_shape", rank, 0);
  window.strides = windowAttr(n, "strides", rank, 1);
  window.dilations = windowAttr(n, "dilations", rank, 1);
  Shape pads = windowAttr(n, "pads", 2 * rank, 0);
  window.padsBegin = Shape(ArrayRef<int64_t>(pads).take_front(rank));
  window.padsEnd = Shape(ArrayRef<int64_t>(pads).drop_front(rank));
  window.ceilMode = n.intAttr("ceil_mode", 0);
  std::string automatic = n.stringAttr("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER")
    padToSame(n, window, automatic == "SAME_UPPER");
  else if (automatic == "VALID")
    window.padsBegin = window.padsEnd = Shape(rank, 0);
  else if (automatic != "NOTSET" && !automatic.empty())
    n.fail("attribute 'auto_pad' is '" + automatic + "'; expected NOTSET, SAME_UPPER, SAME_LOWER or VALID");
  return window;
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

static void buildConv(Node &n) {
  n.requireSameTypes();
  Window window = readWindow(n, n.input(1));
  int64_t groups = n.intAttr("group", 1);
  if (n.failed())
    return;
  if (std::optional<Item> sums = convolveDequantised(n, window, groups))
    return n.result(0, *sums);
  n.result(ops::conv(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), window, groups));
}

static void buildConvInteger(Node &n) {
  Window window = readWindow(n, n.input(1));
  int64_t groups = n.intAttr("group", 1);
  if (n.failed())
    return;
  ops::QuantizedOperand input{n.input(0), n.optionalInput(2), n.isUnsigned(0)};
  ops::QuantizedOperand weight{n.input(1), n.optionalInput(3), n.isUnsigned(1)};
  n.result(ops::convInteger(n.b, n.loc, input, weight, {}, window, groups), int32Type);
}

static void buildConvTranspose(Node &n) {
  n.requireSameTypes();
  Window window = readWindow(n, n.input(1));
  int64_t groups = n.intAttr("group", 1);
  Shape extra = windowAttr(n, "output_padding", window.rank(), 0);
  std::string automatic = n.stringAttr("auto_pad", "NOTSET");
  bool upper = automatic == "SAME_UPPER", same = upper || automatic == "SAME_LOWER";
  std::optional<Shape> wanted;
  if (n.hasAttr("output_shape"))
    wanted = windowAttr(n, "output_shape", window.rank(), 0);
  Shape output;
  for (size_t i = 0; i < window.rank() && !n.failed(); ++i) {
    int64_t extent = n.shape()[2 + i];
    int64_t full = (extent - 1) * window.strides[i] + window.reach(i) + extra[i];
    if (!wanted && !same) {
      output.push_back(full - window.padsBegin[i] - window.padsEnd[i]);
    } else {
      output.push_back(wanted ? (*wanted)[i] : extent * window.strides[i]);
      // What a larger result needs more is added at its end.
      int64_t total = std::max<int64_t>(full - output[i], 0);
      window.padsBegin[i] = upper ? total / 2 : total - total / 2;
    }
    if (window.kernel[i] < 1 || window.strides[i] < 1 || window.dilations[i] < 1 || output[i] < 1)
      n.fail("kernel, stride or dilation is below 1, or nothing is left of the result");
  }
  if (!n.failed() && ArrayRef<int64_t>(window.kernel) != n.shape(1).drop_front(2))
    n.fail("attribute 'kernel_shape' is not the weight's");
  if (!n.failed())
    n.result(ops::convTranspose(n.b, n.loc, n.input(0), n.input(1), n.optionalInput(2), window, groups, output));
}

//===----------------------------------------------------------------------===//
// Pools
//===----------------------------------------------------------------------===//

static void buildMaxPool(Node &n) {
  Window window = readWindow(n, {});
  bool columnMajor = n.intAttr("storage_order", 0);
  if (n.failed())
    return;
  if (!n.wants(1))
    return n.result(ops::maxPool(n.b, n.loc, n.input(0), window, n.isUnsigned()));
  Result<ops::MaxPoolResult> both =
      ops::maxPoolWithPositions(n.b, n.loc, n.input(0), window, columnMajor, n.isUnsigned());
  if (!both)
    return n.fail(both.error());
  n.result(0, both->values);
  n.result(1, both->positions, int64Type);
}

static void buildAveragePool(Node &n) {
  Window window = readWindow(n, {});
  bool countPads = n.intAttr("count_include_pad", 0);
  if (!n.failed())
    n.result(ops::averagePool(n.b, n.loc, n.input(0), window, countPads));
}

/// The root of the sum of powers.
static void poolByPower(Node &n, const Window &window) {
  int64_t p = n.intAttr("p", 2);
  if (p < 1)
    n.fail("attribute 'p' is " + llvm::Twine(p) + "; expected at least 1");
  if (!n.failed())
    n.result(ops::lpPool(n.b, n.loc, n.input(0), window, p));
}

static void buildLpPool(Node &n) { poolByPower(n, readWindow(n, {})); }

template <ops::Reduction kind> static void buildGlobalPool(Node &n) {
  if (n.rank() < 3)
    return n.fail("input has shape " + ops::describe(n.shape()) + "; expected spatial dimensions");
  Shape axes = llvm::to_vector(llvm::seq<int64_t>(2, n.rank()));
  n.result(0, ops::reduce(n.b, n.loc, kind, n.input(0), axes, /*keepAxes=*/true));
}

static void buildGlobalLpPool(Node &n) {
  Window window;
  for (int64_t extent : n.shape().drop_front(std::min<size_t>(n.rank(), 2)))
    window.kernel.push_back(extent);
  window.strides = window.dilations = Shape(window.rank(), 1);
  window.padsBegin = window.padsEnd = Shape(window.rank(), 0);
  poolByPower(n, window);
}

//===----------------------------------------------------------------------===//
// The way back
//===----------------------------------------------------------------------===//

/// A constant input that lists extents: positive, and not absurd.
static Shape extentsInput(Node &n, size_t i) {
  Shape list = n.constantInts(i);
  if (llvm::any_of(list, [](int64_t extent) { return extent < 1 || extent > mostExtent; }))
    n.fail("input '" + n.inputName(i) + "' is " + ops::describe(list) + "; expected positive extents");
  return list;
}

static void buildCol2Im(Node &n) {
  Shape image = extentsInput(n, 1);
  Window window;
  window.kernel = extentsInput(n, 2);
  size_t rank = image.size();
  window.strides = windowAttr(n, "strides", rank, 1);
  window.dilations = windowAttr(n, "dilations", rank, 1);
  Shape pads = windowAttr(n, "pads", 2 * rank, 0);
  window.padsBegin = Shape(ArrayRef<int64_t>(pads).take_front(rank));
  window.padsEnd = Shape(ArrayRef<int64_t>(pads).drop_front(rank));
  if (!n.failed())
    n.result(ops::columnsToImage(n.b, n.loc, n.input(0), window, image));
}

static void buildMaxUnpool(Node &n) {
  Window window = readWindow(n, {});
  Shape output = n.has(2) ? extentsInput(n, 2) : Shape();
  if (n.type(1) != int64Type)
    n.fail("positions have element type " + elementTypeName(n.type(1)) + "; expected int64");
  if (!n.failed())
    n.result(ops::maxUnpool(n.b, n.loc, n.input(0), n.input(1), window, output));
}

ArrayRef<Operator> importer::windowOperators() {
  static const Operator table[] = {
      {"AveragePool", 1, newest, 1, 1, Takes::Float, buildAveragePool},
      {"Col2Im", 18, newest, 3, 3, Takes::Number, buildCol2Im},
      {"Conv", 1, newest, 2, 3, Takes::Float, buildConv},
      {"ConvInteger", 10, newest, 2, 4, Takes::Integer, buildConvInteger},
      {"ConvTranspose", 1, newest, 2, 3, Takes::Float, buildConvTranspose},
      {"GlobalAveragePool", 1, newest, 1, 1, Takes::Float, buildGlobalPool<ops::Reduction::Mean>},
      {"GlobalLpPool", 2, newest, 1, 1, Takes::Float, buildGlobalLpPool},
      {"GlobalMaxPool", 1, newest, 1, 1, Takes::Float, buildGlobalPool<ops::Reduction::Max>},
      {"LpPool", 2, newest, 1, 1, Takes::Float, buildLpPool},
      {"MaxPool", 1, newest, 1, 1, Takes::Number, buildMaxPool},
      {"MaxUnpool", 9, newest, 2, 3, Takes::Float, buildMaxUnpool},
  };
  return table;
}
