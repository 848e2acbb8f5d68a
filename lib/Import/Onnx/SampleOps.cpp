// SampleOps.cpp - operators that read between elements: grids, regions of interest, deformed windows
#include "WindowOps.h"

#include "jacquard/Operators/Sample.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;
using ops::SampleMode;
using ops::Surrounding;

static constexpr int64_t mostExtent = int64_t(1) << 24;

static void buildGridSample(Node &n) {
  ops::GridSampleOptions options;
  std::string mode = n.stringAttr("mode", "linear"), padding = n.stringAttr("padding_mode", "zeros");
  options.alignCorners = n.intAttr("align_corners", 0);
  if (mode == "nearest")
    options.mode = SampleMode::Nearest;
  else if (mode == "cubic" || mode == "bicubic")
    options.mode = SampleMode::Cubic;
  else if (mode != "linear" && mode != "bilinear")
    n.fail("attribute 'mode' is '" + mode + "'; expected linear, nearest or cubic");
  if (padding == "border")
    options.surrounding = Surrounding::Edge;
  else if (padding == "reflection")
    options.surrounding = Surrounding::Mirror;
  else if (padding != "zeros")
    n.fail("attribute 'padding_mode' is '" + padding + "'; expected zeros, border or reflection");
  n.requireFloat(1);
  if (!n.failed())
    n.result(ops::gridSample(n.b, n.loc, n.input(0), n.input(1), options));
}

static void buildAffineGrid(Node &n) {
  Shape size = n.constantInts(1);
  bool alignCorners = n.intAttr("align_corners", 0);
  if (n.failed())
    return;
  if (size.size() < 3 || llvm::any_of(size, [](int64_t extent) { return extent < 1 || extent > mostExtent; }))
    return n.fail("size is " + ops::describe(size) + "; expected batch, channels and positive spatial extents");
  if (n.rank() < 1 || size[0] != n.shape()[0])
    return n.fail("theta has shape " + ops::describe(n.shape()) + " for a batch of " + llvm::Twine(size[0]));
  n.result(ops::affineGrid(n.b, n.loc, n.input(0), ArrayRef<int64_t>(size).drop_front(2), alignCorners));
}

static void buildRoiAlign(Node &n) {
  ops::RoiAlignOptions options;
  options.height = n.intAttr("output_height", 1);
  options.width = n.intAttr("output_width", 1);
  options.ratio = n.intAttr("sampling_ratio", 0);
  options.scale = n.floatAttr("spatial_scale", 1);
  std::string mode = n.stringAttr("mode", "avg");
  std::string transform =
      n.stringAttr("coordinate_transformation_mode", n.opset < 16 ? "output_half_pixel" : "half_pixel");
  options.maximum = mode == "max";
  options.halfPixel = transform == "half_pixel";
  if (mode != "avg" && mode != "max")
    n.fail("attribute 'mode' is '" + mode + "'; expected avg or max");
  if (!options.halfPixel && transform != "output_half_pixel")
    n.fail("attribute 'coordinate_transformation_mode' is '" + transform +
           "'; expected half_pixel or output_half_pixel");
  if (options.ratio < 0 || options.ratio > mostExtent)
    n.fail("attribute 'sampling_ratio' is " + llvm::Twine(options.ratio) + "; expected 0 or more");
  n.requireFloat(1);
  if (!n.failed())
    n.result(ops::roiAlign(n.b, n.loc, n.input(0), n.input(1), n.input(2), options));
}

static void buildMaxRoiPool(Node &n) {
  Shape pooled = n.intsAttr("pooled_shape").value_or(Shape());
  double scale = n.floatAttr("spatial_scale", 1);
  if (pooled.size() != 2)
    n.fail("attribute 'pooled_shape' has " + llvm::Twine(pooled.size()) + " entries; expected 2");
  n.requireFloat(1);
  if (!n.failed())
    n.result(ops::maxRoiPool(n.b, n.loc, n.input(0), n.input(1), pooled[0], pooled[1], scale));
}

static void buildDeformConv(Node &n) {
  n.requireSameTypes();
  ops::Window window = readWindow(n, n.input(1));
  int64_t groups = n.intAttr("group", 1), offsetGroups = n.intAttr("offset_group", 1);
  if (n.failed())
    return;
  ops::DeformConvOperands operands{n.input(0), n.input(1), n.input(2), n.optionalInput(3), n.optionalInput(4)};
  n.result(ops::deformConv(n.b, n.loc, operands, window, groups, offsetGroups));
}

ArrayRef<Operator> importer::sampleOperators() {
  static const Operator table[] = {
      {"AffineGrid", 20, newest, 2, 2, Takes::Float, buildAffineGrid},
      {"DeformConv", 19, newest, 3, 5, Takes::Float, buildDeformConv},
      {"GridSample", 16, newest, 2, 2, Takes::Any, buildGridSample},
      {"MaxRoiPool", 1, newest, 2, 2, Takes::Float, buildMaxRoiPool},
      {"RoiAlign", 10, newest, 3, 3, Takes::Float, buildRoiAlign},
  };
  return table;
}
