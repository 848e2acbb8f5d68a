// SliceOps.cpp - operators that take tensors apart and join them
#include "ShapedByData.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// The numbers of one list of a Slice by data; null where it is left out.
static NumberFn sliceNumber(Node &n, StringRef name, size_t input, size_t place) {
  if (n.opset >= 10)
    return n.has(input) ? [&n, input, place](OpBuilder &b) { return listElement(n, b, input, int64_t(place)); }
                        : NumberFn();
  std::optional<Shape> list = n.intsAttr(name);
  if (!list || place >= list->size())
    return {};
  return [&n, value = (*list)[place]](OpBuilder &b) { return ops::Scalars(b, n.loc).integer(b.getI64Type(), value); };
}

static void prepareSliceByData(Node &n) {
  std::optional<Shape> axes = constantList(n, "axes", 10, 3),
                       starts = n.opset < 10 ? n.intsAttr("starts") : std::nullopt;
  int64_t count = n.opset >= 10 ? listLength(n, 1) : starts ? int64_t(starts->size()) : 0;
  if (n.opset >= 10 && (listLength(n, 2) != count || (n.has(4) && listLength(n, 4) != count)))
    n.fail("starts, ends and steps have different lengths");
  if (!n.failed() && ((axes && int64_t(axes->size()) != count) || (!axes && count > n.rank())))
    n.fail("starts, ends, axes and steps do not go together for rank " + llvm::Twine(n.rank()));
  SmallVector<SliceAxis> slices;
  for (int64_t i = 0; i < count && !n.failed(); ++i) {
    int64_t axis = n.normalizeAxis(axes ? (*axes)[i] : i, n.rank());
    for (const SliceAxis &other : slices)
      if (other.axis == axis)
        n.fail("axis " + llvm::Twine(axis) + " is given twice");
    slices.push_back({axis, sliceNumber(n, "starts", 1, i), sliceNumber(n, "ends", 2, i),
                      n.opset < 10 ? NumberFn() : sliceNumber(n, "steps", 4, i)});
    if (!n.failed() && (!slices.back().start || !slices.back().end))
      n.fail("starts and ends have different lengths");
  }
  if (!n.failed())
    buildSliceByData(n, slices);
}

static void buildSlice(Node &n) {
  if (n.hasBounds() || (n.opset >= 10 && decidesByData(n, {1, 2, 4})))
    return prepareSliceByData(n);
  std::optional<Shape> starts = constantList(n, "starts", 10, 1), ends = constantList(n, "ends", 10, 2);
  std::optional<Shape> axes = constantList(n, "axes", 10, 3),
                       steps = n.opset < 10 ? std::nullopt : constantList(n, "steps", 10, 4);
  if (n.failed())
    return;
  size_t count = starts ? starts->size() : 0;
  if (!starts || !ends || ends->size() != count || (axes && axes->size() != count) ||
      (steps && steps->size() != count) || (!axes && count > size_t(n.rank())))
    return n.fail("starts, ends, axes and steps do not go together for rank " + llvm::Twine(n.rank()));
  Shape firsts(n.rank(), 0), strides(n.rank(), 1), shape(n.shape()), seen;
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = n.normalizeAxis(axes ? (*axes)[i] : int64_t(i), n.rank()), step = steps ? (*steps)[i] : 1;
    if (n.failed())
      return;
    if (step == 0 || step == INT64_MIN || llvm::is_contained(seen, axis))
      return n.fail("axis " + llvm::Twine(axis) + " has step 0 or is given twice");
    seen.push_back(axis);
    int64_t extent = n.shape()[axis];
    // Positions count from the end when negative, and are cut off at the ends: [0, extent]; backwards the start at
    // [0, extent - 1], the end at [-1, extent - 1].
    auto place = [&](int64_t value, int64_t lowest) {
      value = value < 0 ? value + extent : value;
      return std::clamp<int64_t>(value, lowest, std::max(lowest, step > 0 ? extent : extent - 1));
    };
    int64_t first = place((*starts)[i], 0), end = place((*ends)[i], step > 0 ? 0 : -1);
    int64_t room = step > 0 ? end - first : first - end, stride = step > 0 ? step : -step;
    firsts[axis] = first;
    strides[axis] = std::clamp(step, -mostStride, mostStride);
    shape[axis] = room > 0 ? (room - 1) / stride + 1 : 0;
  }
  n.result(0, ops::slice(n.b, n.loc, n.input(0), firsts, strides, shape));
}

static void buildConcat(Node &n) {
  n.requireSameTypes();
  SmallVector<Value> tensors;
  for (size_t i = 0; i < n.numInputs(); ++i)
    if (n.has(i))
      tensors.push_back(n.input(i));
  int64_t axis = n.axisAttr("axis", 1, n.rank());
  if (!n.failed() && n.hasBounds())
    return buildConcatByData(n, axis);
  if (!n.failed())
    n.result(ops::concat(n.b, n.loc, tensors, axis));
}

static void buildSplit(Node &n) {
  int64_t axis = n.axisAttr("axis", 0, n.rank());
  if (n.rank() == 0)
    n.fail("input has no dimensions; expected at least one");
  if (!n.failed() && (n.hasBounds() || (n.opset >= 13 && decidesByData(n, 1))))
    return buildSplitByData(n, axis);
  std::optional<Shape> sizes = constantList(n, "split", 13, 1);
  if (n.failed())
    return;
  int64_t extent = n.shape()[axis], parts = n.numOutputs(), sum = 0;
  if (!sizes) {
    if (n.intAttr("num_outputs", parts) != parts)
      return n.fail("attribute 'num_outputs' is not the number of outputs, " + llvm::Twine(parts));
    // The last part is smaller where the extent is not divisible.
    int64_t each = (extent + parts - 1) / parts;
    sizes.emplace();
    for (int64_t i = 0; i < parts; ++i)
      sizes->push_back(std::clamp<int64_t>(extent - i * each, 0, each));
  }
  for (int64_t size : *sizes)
    if (size < 0 || __builtin_add_overflow(sum, size, &sum))
      return n.fail("part of size " + llvm::Twine(size) + " is not possible");
  if (sum != extent || int64_t(sizes->size()) != parts)
    return n.fail("parts " + ops::describe(*sizes) + " do not fit extent " + llvm::Twine(extent) + " and " +
                  llvm::Twine(parts) + " outputs");
  Shape starts(n.rank(), 0), steps(n.rank(), 1), shape(n.shape());
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    shape[axis] = size;
    if (n.wants(i))
      n.result(i, ops::slice(n.b, n.loc, n.input(0), starts, steps, shape));
    starts[axis] += size;
  }
}

ArrayRef<Operator> importer::sliceOperators() {
  static const Operator table[] = {
      {"Concat", 4, newest, 1, anyNumber, Takes::Any, buildConcat},
      {"Slice", 1, newest, 1, 5, Takes::Any, buildSlice},
      {"Split", 2, newest, 1, 2, Takes::Any, buildSplit},
  };
  return table;
}
