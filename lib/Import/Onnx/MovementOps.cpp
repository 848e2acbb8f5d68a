// MovementOps.cpp - operators that only move data
#include "ShapedByData.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::importer;

/// Extents beyond this are damage; sums and products with what is below do not overflow before they are checked.
static constexpr int64_t mostExtent = int64_t(1) << 38;

/// True, with the node failed, if a number is not within +-mostExtent.
static bool outOfRange(Node &n, ArrayRef<int64_t> values, const char *what) {
  for (int64_t value : values)
    if (value > mostExtent || value < -mostExtent) {
      n.fail(llvm::Twine(what) + " " + llvm::Twine(value) + " is out of range");
      return true;
    }
  return false;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The shape that a Reshape gives, or why there is none.
static Result<Shape> reshaped(Node &n, Shape shape, bool keepZero) {
  int64_t total = pat::numPoints(n.shape()), known = 1, open = -1;
  for (auto [i, extent] : llvm::enumerate(shape)) {
    if (extent == 0 && !keepZero) {
      if (int64_t(i) >= n.rank())
        return Error{"extent 0 at position " + std::to_string(i) + " copies a dimension that shape " +
                     ops::describe(n.shape()) + " does not have"};
      extent = n.shape()[i];
    }
    if (extent == -1 && open == -1)
      open = i;
    else if (extent < 0 || extent > mostExtent || __builtin_mul_overflow(known, extent, &known))
      return Error{"shape " + ops::describe(shape) + " is not possible; expected one -1 at most"};
  }
  if (open >= 0) {
    if (known == 0 ? total != 0 : total % known)
      return Error{"shape " + ops::describe(n.shape()) + " cannot become " + ops::describe(shape)};
    shape[open] = known == 0 ? 0 : total / known;
    known *= shape[open];
  }
  if (known != total)
    return Error{"shape " + ops::describe(n.shape()) + " has " + std::to_string(total) + " elements; shape " +
                 ops::describe(shape) + " has " + std::to_string(known)};
  return shape;
}

static void buildReshape(Node &n) {
  if (n.opset >= 5 && decidesByData(n, 1))
    return buildReshapeByData(n);
  std::optional<Shape> given = n.opset < 5 ? n.intsAttr("shape") : n.has(1) ? n.constantInts(1) : Shape();
  bool keepZero = n.intAttr("allowzero", 0);
  if (n.failed())
    return;
  if (!given)
    return n.fail("attribute 'shape' is missing");
  Result<Shape> shape = reshaped(n, *given, keepZero);
  if (n.hasBounds() && shape && reshapeOutermost(n, *shape))
    return;
  if (n.hasBounds() && n.has(1))
    return buildReshapeByData(n);
  if (!shape)
    return n.fail(shape.error());
  n.result(0, ops::reshape(n.b, n.loc, n.input(0), *shape));
}

static void buildFlatten(Node &n) {
  int64_t axis = n.intAttr("axis", 1), rank = n.rank();
  if (axis < -rank || axis > rank)
    return n.fail("axis " + llvm::Twine(axis) + " is outside a tensor of rank " + llvm::Twine(rank));
  if (axis < 0)
    axis += rank;
  int64_t rows = pat::numPoints(n.shape().take_front(axis)), columns = pat::numPoints(n.shape().drop_front(axis));
  if (!n.hasBounds())
    return n.result(0, ops::reshape(n.b, n.loc, n.input(0), {rows, columns}));
  if (!reshapeOutermost(n, {rows, columns}))
    buildFlattenByData(n, axis);
}

static void buildSqueeze(Node &n) {
  std::optional<Shape> axes = constantList(n, "axes", 13, 1);
  if (n.failed())
    return;
  Shape gone;
  if (axes) {
    Result<Shape> sorted = ops::normalizeAxes(*axes, n.rank());
    if (!sorted)
      return n.fail(sorted.error());
    gone = *sorted;
  }
  Shape shape;
  for (auto [i, extent] : llvm::enumerate(n.shape())) {
    bool drops = axes ? llvm::is_contained(gone, int64_t(i)) : extent == 1;
    if (drops && extent != 1)
      return n.fail("axis " + llvm::Twine(i) + " of shape " + ops::describe(n.shape()) + " has not extent 1");
    if (!drops)
      shape.push_back(extent);
  }
  n.result(0, ops::reshape(n.b, n.loc, n.input(0), shape));
}

static void buildUnsqueeze(Node &n) {
  std::optional<Shape> axes = constantList(n, "axes", 13, 1);
  if (n.failed())
    return;
  if (!axes)
    return n.fail("the axes are missing");
  int64_t rank = n.rank() + axes->size();
  Result<Shape> sorted = ops::normalizeAxes(*axes, rank);
  if (!sorted)
    return n.fail(sorted.error());
  Shape shape;
  size_t next = 0;
  for (int64_t i = 0; i < rank; ++i)
    shape.push_back(llvm::is_contained(*sorted, i) ? 1 : n.shape()[next++]);
  n.result(0, ops::reshape(n.b, n.loc, n.input(0), shape));
}

static void buildTranspose(Node &n) {
  Shape order = n.intsAttr("perm").value_or(llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, n.rank()))));
  Shape sorted = order;
  llvm::sort(sorted);
  if (sorted != Shape(llvm::to_vector(llvm::seq<int64_t>(0, n.rank()))))
    return n.fail("attribute 'perm' is " + ops::describe(order) + "; expected a permutation of " +
                  llvm::Twine(n.rank()) + " dimensions");
  if (!n.failed())
    n.result(0, ops::transpose(n.b, n.loc, n.input(0), order));
}

static void buildExpand(Node &n) {
  if (n.hasBounds() || decidesByData(n, 1))
    return buildExpandByData(n);
  Shape wanted = n.constantInts(1);
  if (n.failed() || outOfRange(n, wanted, "extent"))
    return;
  for (int64_t extent : wanted)
    if (extent < 0)
      return n.fail("extent " + llvm::Twine(extent) + " is not possible");
  Result<Shape> shape = ops::broadcastShapes({n.shape(), wanted});
  if (!shape)
    return n.fail(shape.error());
  n.result(0, ops::broadcast(n.b, n.loc, n.input(0), *shape));
}

static void buildTile(Node &n) {
  if (n.hasBounds() || decidesByData(n, 1))
    return buildTileByData(n);
  Shape repeats = n.constantInts(1);
  if (n.failed())
    return;
  if (int64_t(repeats.size()) != n.rank())
    return n.fail("there are " + llvm::Twine(repeats.size()) + " repeats for rank " + llvm::Twine(n.rank()));
  for (auto [repeat, extent] : llvm::zip(repeats, n.shape()))
    if (repeat < 0 || repeat > mostExtent / std::max<int64_t>(extent, 1))
      return n.fail("repeat " + llvm::Twine(repeat) + " is out of range");
  n.result(0, ops::tile(n.b, n.loc, n.input(0), repeats));
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

static std::optional<ops::PadMode> padMode(Node &n) {
  std::string mode = n.stringAttr("mode", "constant");
  if (mode == "constant")
    return ops::PadMode::Constant;
  if (mode == "reflect")
    return ops::PadMode::Reflect;
  if (mode == "edge")
    return ops::PadMode::Edge;
  if (mode == "wrap")
    return ops::PadMode::Wrap;
  n.fail("attribute 'mode' is '" + mode + "'; expected constant, reflect, edge or wrap");
  return std::nullopt;
}

/// The padding value: input 2, an attribute before version 11; null stands for 0.
static Value padValue(Node &n) {
  if (n.opset < 11)
    return ops::constantScalar(n.b, n.loc, n.element(), n.floatAttr("value", 0));
  Value fill = n.optionalInput(2);
  if (fill && (pat::numPoints(ops::shapeOf(fill)) != 1 || ops::elementOf(fill) != n.element()))
    n.fail("the padding value is not one number of the input's element type");
  return fill;
}

static void preparePadByData(Node &n, ops::PadMode mode) {
  bool asInput = n.opset >= 11;
  Shape pads = asInput ? Shape() : n.intsAttr("pads").value_or(Shape());
  Shape axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank()));
  if (asInput && n.has(3))
    axes = n.constantInts(3);
  int64_t given = asInput ? listLength(n, 1) : int64_t(pads.size()), half = int64_t(axes.size());
  if (!n.failed() && given != 2 * half)
    n.fail("there are " + llvm::Twine(given) + " pads; expected two for each of " + llvm::Twine(half) + " axes");
  auto number = [&](int64_t place) -> NumberFn {
    if (asInput)
      return [&n, place](OpBuilder &b) { return listElement(n, b, 1, place); };
    return [&n, value = pads[place]](OpBuilder &b) { return ops::Scalars(b, n.loc).integer(b.getI64Type(), value); };
  };
  SmallVector<PadAxis> sides;
  for (int64_t i = 0; i < half && !n.failed(); ++i)
    sides.push_back({n.normalizeAxis(axes[i], n.rank()), number(i), number(half + i)});
  Value fill = n.failed() ? Value() : padValue(n);
  if (!n.failed())
    buildPadByData(n, sides, mode, fill);
}

static void buildPad(Node &n) {
  std::optional<ops::PadMode> mode = padMode(n);
  bool asInput = n.opset >= 11;
  if (mode && (n.hasBounds() || (asInput && decidesByData(n, 1))))
    return preparePadByData(n, *mode);
  Shape pads = asInput ? n.constantInts(1) : n.intsAttr("pads").value_or(Shape());
  Shape axes = llvm::to_vector(llvm::seq<int64_t>(0, n.rank()));
  if (asInput && n.has(3))
    axes = n.constantInts(3);
  if (n.failed() || outOfRange(n, pads, "pad"))
    return;
  if (pads.size() != 2 * axes.size())
    return n.fail("there are " + llvm::Twine(pads.size()) + " pads; expected two for each of " +
                  llvm::Twine(axes.size()) + " axes");
  Shape before(n.rank(), 0), after(n.rank(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t axis = n.normalizeAxis(axes[i], n.rank());
    if (n.failed())
      return;
    before[axis] = pads[i];
    after[axis] = pads[axes.size() + i];
  }
  Value fill = padValue(n);
  if (!n.failed())
    n.result(ops::pad(n.b, n.loc, n.input(0), before, after, *mode, fill));
}

static void buildCenterCropPad(Node &n) {
  Shape wanted = n.constantInts(1);
  Shape axes = n.intsAttr("axes").value_or(llvm::to_vector(llvm::seq<int64_t>(0, n.rank())));
  if (n.failed() || outOfRange(n, wanted, "extent"))
    return;
  if (axes.size() != wanted.size())
    return n.fail("there are " + llvm::Twine(wanted.size()) + " extents for " + llvm::Twine(axes.size()) + " axes");
  Shape before(n.rank(), 0), after(n.rank(), 0);
  for (auto [given, extent] : llvm::zip(axes, wanted)) {
    int64_t axis = n.normalizeAxis(given, n.rank());
    if (n.failed())
      return;
    int64_t more = extent - n.shape()[axis];
    // The smaller half comes first, for cuts as for pads.
    before[axis] = more >= 0 ? more / 2 : -(-more / 2);
    after[axis] = more - before[axis];
  }
  n.result(ops::pad(n.b, n.loc, n.input(0), before, after, ops::PadMode::Constant));
}

//===----------------------------------------------------------------------===//
// Blocks and triangles
//===----------------------------------------------------------------------===//

static bool checkBlocks(Node &n, int64_t block) {
  if (n.rank() == 4 && block > 0 && block < mostExtent)
    return true;
  n.fail("expected a rank of 4 and a positive blocksize; found shape " + ops::describe(n.shape()) + " and blocksize " +
         llvm::Twine(block));
  return false;
}

static void buildDepthToSpace(Node &n) {
  int64_t block = n.intAttr("blocksize", 0);
  std::string mode = n.stringAttr("mode", "DCR");
  if (n.failed() || !checkBlocks(n, block))
    return;
  ArrayRef<int64_t> s = n.shape();
  if (s[1] % block || s[1] / block % block)
    return n.fail(llvm::Twine(s[1]) + " channels are no multiple of " + llvm::Twine(block) + " squared");
  int64_t depth = s[1] / block / block;
  bool depthFirst = mode == "DCR";
  Shape split =
      depthFirst ? Shape{s[0], block, block, depth, s[2], s[3]} : Shape{s[0], depth, block, block, s[2], s[3]};
  Shape order = depthFirst ? Shape{0, 3, 4, 1, 5, 2} : Shape{0, 1, 4, 2, 5, 3};
  Value blocks = ops::transpose(n.b, n.loc, ops::reshape(n.b, n.loc, n.input(0), split), order);
  n.result(0, ops::reshape(n.b, n.loc, blocks, {s[0], depth, s[2] * block, s[3] * block}));
}

static void buildSpaceToDepth(Node &n) {
  int64_t block = n.intAttr("blocksize", 0);
  if (n.failed() || !checkBlocks(n, block))
    return;
  ArrayRef<int64_t> s = n.shape();
  if (s[2] % block || s[3] % block)
    return n.fail("shape " + ops::describe(s) + " does not divide into blocks of " + llvm::Twine(block));
  Value split = ops::reshape(n.b, n.loc, n.input(0), {s[0], s[1], s[2] / block, block, s[3] / block, block});
  Value blocks = ops::transpose(n.b, n.loc, split, {0, 3, 5, 1, 2, 4});
  n.result(0, ops::reshape(n.b, n.loc, blocks, {s[0], s[1] * block * block, s[2] / block, s[3] / block}));
}

static void buildTrilu(Node &n) {
  bool upper = n.intAttr("upper", 1);
  std::optional<double> offset = n.has(1) ? n.constantNumber(1) : 0;
  if (n.rank() < 2)
    n.fail("input has shape " + ops::describe(n.shape()) + "; expected a matrix");
  if (!n.failed())
    n.result(0, ops::triangle(n.b, n.loc, n.input(0), int64_t(*offset), upper));
}

ArrayRef<Operator> importer::movementOperators() {
  static const Operator table[] = {
      {"CenterCropPad", 18, newest, 2, 2, Takes::Any, buildCenterCropPad},
      {"DepthToSpace", 1, newest, 1, 1, Takes::Any, buildDepthToSpace},
      {"Expand", 8, newest, 2, 2, Takes::Any, buildExpand},
      {"Flatten", 1, newest, 1, 1, Takes::Any, buildFlatten},
      {"Pad", 2, newest, 1, 4, Takes::Any, buildPad},
      {"Reshape", 1, newest, 1, 2, Takes::Any, buildReshape},
      {"SpaceToDepth", 1, newest, 1, 1, Takes::Any, buildSpaceToDepth},
      {"Squeeze", 1, newest, 1, 2, Takes::Any, buildSqueeze},
      {"Tile", 6, newest, 2, 2, Takes::Any, buildTile},
      {"Transpose", 1, newest, 1, 1, Takes::Any, buildTranspose},
      {"Trilu", 14, newest, 1, 2, Takes::Any, buildTrilu},
      {"Unsqueeze", 1, newest, 1, 2, Takes::Any, buildUnsqueeze},
  };
  return table;
}
