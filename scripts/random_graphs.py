#!/usr/bin/env python3
"""Writes random small ONNX graphs with ONNX Runtime's outputs, as cases for `jacquard test`. Needs onnxruntime, onnx, numpy.

Usage: random_graphs.py FOLDER [--count 100] [--seed 1]; one folder per graph, in the layout of the ONNX backend tests.
Every node is run by itself, as it is drawn; what the runtime refuses or what leaves the range of numbers is drawn again. Steps
(comparisons, rounding, largest places) are only taken of values that any implementation computes to the last bit.
"""
import argparse
import os

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

OPSETS = (11, 13, 17, 18, 20, 21)
FLOATS = (np.float32, np.float32, np.float32, np.float64, np.float16)
INTEGERS = (np.int64, np.int32, np.int8, np.uint8)


class Redraw(Exception):
    """The node cannot be had with these values."""


class Value:
    def __init__(self, name, array, exact):
        self.name, self.array, self.exact = name, array, exact


class Graph:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.opset = int(self.random.choice(OPSETS))
        self.nodes, self.values, self.inputs, self.constants = [], [], [], []
        self.count = 0

    # Choices.
    def below(self, n):
        return int(self.random.integers(n))

    def chance(self, p):
        return self.random.random() < p

    def one(self, items):
        return items[self.below(len(items))]

    def shape(self, low, high):
        return tuple(int(self.random.integers(1, 7)) for _ in range(self.random.integers(low, high + 1)))

    def data(self, dtype, shape):
        if dtype == np.bool_:
            return self.random.random(shape) < 0.5
        if np.issubdtype(dtype, np.floating):
            return np.asarray(self.random.uniform(-2, 2, shape)).astype(dtype)
        return self.random.integers(0 if dtype == np.uint8 else -9, 10, shape).astype(dtype)

    def name(self):
        self.count += 1
        return f"v{self.count}"

    # Operands.
    def add_input(self, array):
        value = Value(self.name(), np.asarray(array), True)
        self.inputs.append(value)
        self.values.append(value)
        return value

    def constant(self, array):
        value = Value(self.name(), np.asarray(array), True)
        self.constants.append(value)
        return value

    def operand(self, array):
        return self.add_input(array) if self.chance(0.2) and len(self.inputs) < 5 else self.constant(array)

    def pick(self, accepts=lambda v: True, exact=False):
        fitting = [v for v in self.values if accepts(v.array) and (v.exact or not exact)]
        if not fitting:
            raise Redraw
        return self.one(fitting[-4:] if self.chance(0.6) else fitting)

    def float(self, low=0, high=9, types=(np.float32, np.float64, np.float16), exact=False):
        return self.pick(lambda a: a.dtype.type in types and low <= a.ndim <= high, exact)

    def like(self, value, shape):
        """An operand of the value's type; one that is there already where possible."""
        fitting = [v for v in self.values if v.array.dtype == value.array.dtype and v.array.shape == tuple(shape)]
        return self.one(fitting) if fitting and self.chance(0.6) else self.operand(self.data(value.array.dtype.type, shape))

    def broadcast(self, shape):
        """A shape that broadcasts with `shape`."""
        result = [1 if self.chance(0.3) else n for n in shape]
        return tuple(result[self.below(len(shape) + 1):] if self.chance(0.5) else result)

    def axis(self, value, low=0):
        if value.array.ndim == 0:
            raise Redraw
        axis = self.below(value.array.ndim)
        return axis - value.array.ndim if low == 0 and self.chance(0.3) else axis

    # Nodes.
    def node(self, op, inputs, outputs=1, exact=False, **attributes):
        if isinstance(op, tuple):
            op = self.one(op)
        names = [self.name() for _ in range(outputs)]
        node = helper.make_node(op, [v.name if v else "" for v in inputs], names, **attributes)
        arrays = evaluate(node, [v for v in inputs if v], self.opset)
        for array in arrays:
            if array.size > 4000 or array.ndim > 6 or array.size == 0:
                raise Redraw
            if np.issubdtype(array.dtype, np.floating) and not (np.abs(array.astype(np.float64)) < 2000).all():
                raise Redraw
            if array.dtype.kind == "i" and (np.abs(array.astype(np.float64)) >= 2.0**31 - 1).any():
                raise Redraw  # overflow, at least of 32 bits
        if not exact and any(v.array.dtype == np.float16 and not v.exact for v in inputs if v):
            raise Redraw  # implementations differ in where they round to 16 bits
        exact = exact and all(v.exact for v in inputs if v)
        self.nodes.append(node)
        self.values += [Value(name, array, exact or array.dtype.kind in "iub") for name, array in zip(names, arrays)]

    def axes(self, op, value, axes, since, **attributes):
        """A node whose axes are an attribute before opset `since` and an input from then on."""
        if self.opset < since:
            self.node(op, [value], axes=axes, **attributes)
        else:
            self.node(op, [value, self.constant(np.array(axes, np.int64))], **attributes)


def evaluate(node, values, opset):
    seen = {v.name: v for v in values}
    graph = helper.make_graph([node], "one", [info(v.name, v.array) for v in seen.values()],
                              [helper.make_empty_tensor_value_info(name) for name in node.output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return [np.asarray(a) for a in session.run(None, {v.name: v.array for v in seen.values()})]
    except Exception as error:  # the runtime lacks this type or refuses these attributes
        raise Redraw from error


def info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


OPERATORS = []


def operator(weight=1):
    def add(function):
        OPERATORS.extend([function] * weight)
        return function
    return add


@operator(3)
def smooth(g):
    x = g.float()
    g.node(("Sigmoid", "Tanh", "Exp", "Erf", "Softplus", "Elu", "Selu", "Sin", "Cos", "HardSigmoid", "HardSwish", "Mish",
            "Gelu", "Celu", "Softsign", "Atan", "Sqrt", "Log", "Reciprocal", "Asinh", "LeakyRelu"), [x])


@operator(2)
def exact_unary(g):
    x = g.pick(lambda a: a.dtype != np.bool_)
    g.node(("Relu", "Neg", "Abs", "Identity"), [x], exact=True)


@operator()
def step(g):
    x = g.float(exact=True)
    g.node(("Floor", "Ceil", "Round", "Sign", "Shrink", "ThresholdedRelu", "IsNaN", "IsInf"), [x], exact=True)


@operator(4)
def arithmetic(g):
    x = g.pick(lambda a: a.dtype != np.bool_)
    y = g.like(x, g.broadcast(x.array.shape))
    g.node(("Add", "Sub", "Mul", "Min", "Max"), [x, y] if g.chance(0.5) else [y, x])


@operator()
def variadic(g):
    x = g.float(types=(np.float32, np.float64))
    g.node(("Sum", "Mean", "Max", "Min"), [x] + [g.like(x, g.broadcast(x.array.shape)) for _ in range(g.below(3))])


@operator()
def divide(g):
    x = g.pick(lambda a: a.dtype != np.bool_)
    y = g.data(x.array.dtype.type, g.broadcast(x.array.shape))
    y = np.where(np.abs(y.astype(np.float64)) < 0.25, 3, y).astype(x.array.dtype)
    if x.array.dtype.kind == "f":
        g.node(("Div", "PRelu"), [x, g.operand(y)])
    elif g.chance(0.5):
        g.node("Mod", [x, g.constant(y)], fmod=g.below(2))
    else:
        g.node("Div", [x, g.constant(y)])


@operator()
def power(g):
    x = g.float()
    g.node("Pow", [x, g.constant(np.array(g.one([0, 1, 2, 3]), g.one([x.array.dtype.type, np.int64])))])


@operator()
def compare(g):
    x = g.pick(lambda a: a.dtype != np.bool_, exact=True)
    fitting = [v for v in g.values if v.exact and v.array.dtype == x.array.dtype and v.array.shape == x.array.shape]
    y = g.one(fitting) if g.chance(0.5) else g.operand(g.data(x.array.dtype.type, g.broadcast(x.array.shape)))
    g.node(("Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual"), [x, y])


@operator()
def logic(g):
    x = g.pick(lambda a: a.dtype == np.bool_)
    if g.chance(0.3):
        g.node("Not", [x])
    else:
        g.node(("And", "Or", "Xor"), [x, g.like(x, g.broadcast(x.array.shape))])


@operator()
def where(g):
    x = g.pick()
    c = g.like(Value("", np.zeros(1, np.bool_), True), g.broadcast(x.array.shape))
    g.node("Where", [c, x, g.like(x, g.broadcast(x.array.shape))], exact=True)


@operator()
def bits(g):
    x = g.pick(lambda a: a.dtype.kind in "iu")
    g.node(("BitwiseAnd", "BitwiseOr", "BitwiseXor"), [x, g.like(x, g.broadcast(x.array.shape))])


@operator()
def clip(g):
    x = g.pick(lambda a: a.dtype.kind in "fiu")
    low = g.constant(np.array(1, x.array.dtype)) if g.chance(0.6) else None
    high = g.constant(np.array(3, x.array.dtype)) if g.chance(0.6) else None
    g.node("Clip", [x, low, high] if high else [x, low] if low else [x], exact=True)


@operator()
def cast(g):
    x = g.pick()
    to = g.one([np.float32, np.float32, np.float64, np.float16, np.bool_] + list(INTEGERS))
    if x.array.dtype.kind == "f" and np.dtype(to).kind != "f":
        x = g.float(exact=True)
        if np.dtype(to).kind == "u" and (x.array <= -1).any():
            raise Redraw  # undefined
    g.node("Cast", [x], to=helper.np_dtype_to_tensor_dtype(np.dtype(to)))


@operator(3)
def reduce(g):
    x = g.pick(lambda a: a.dtype != np.bool_ and a.ndim > 0)
    axes = sorted(int(a) for a in g.random.choice(x.array.ndim, g.random.integers(1, x.array.ndim + 1), replace=False))
    if g.chance(0.3):
        axes = [a - x.array.ndim for a in axes]
    keep = g.below(2)
    if g.chance(0.3):
        g.axes("ReduceSum", x, axes, 13, keepdims=keep)
    elif g.chance(0.1):
        g.node("ReduceMax", [x], keepdims=keep)
    else:
        names = ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare")
        if x.array.dtype.kind == "f":  # of integers the runtime cuts off every step
            names += ("ReduceLogSumExp",)
        g.axes(names, x, axes, 18, keepdims=keep)


@operator()
def places(g):
    x = g.pick(lambda a: a.dtype != np.bool_ and a.ndim > 0, exact=True)
    last = {"select_last_index": g.below(2)} if g.opset > 11 else {}
    g.node(("ArgMax", "ArgMin"), [x], axis=g.axis(x), keepdims=g.below(2), **last)


@operator()
def top(g):
    x = g.pick(lambda a: a.dtype != np.bool_ and a.ndim > 0, exact=True)
    axis = g.axis(x)
    k = g.constant(np.array([g.random.integers(1, x.array.shape[axis] + 1)], np.int64))
    g.node("TopK", [x, k], outputs=2, exact=True, axis=axis, largest=g.below(2))


@operator(2)
def matmul(g):
    x = g.pick(lambda a: a.dtype.kind in "fi" and a.ndim > 0)
    shape = (x.array.shape[-1],) + ((g.below(6) + 1,) if g.chance(0.8) else ())
    if len(shape) == 2 and x.array.ndim > 2 and g.chance(0.5):
        shape = tuple(1 if g.chance(0.3) else n for n in x.array.shape[:-2]) + shape
    g.node("MatMul", [x, g.like(x, shape)])


@operator()
def gemm(g):
    x = g.float(2, 2)
    ta, tb = g.below(2), g.below(2)
    m, k = x.array.shape[::-1] if ta else x.array.shape
    n = g.below(6) + 1
    w = g.like(x, (n, k) if tb else (k, n))
    c = [g.like(x, g.broadcast((m, n)))] if g.chance(0.7) else []
    g.node("Gemm", [x, w] + c, transA=ta, transB=tb, alpha=g.one([1.0, 0.5]), beta=g.one([1.0, 2.0]))


def window(g, rank, kernel):
    """Attributes of a window over `rank` dimensions."""
    result = {"strides": [g.below(3) + 1 for _ in range(rank)], "dilations": [g.below(2) + 1 for _ in range(rank)]}
    if g.chance(0.3):
        result["auto_pad"] = g.one(["SAME_UPPER", "SAME_LOWER", "VALID"])
        result["dilations"] = [1] * rank
        # Where a window is smaller than its stride, the runtime crops what the specification does not.
        result["strides"] = [min(s, k) for s, k in zip(result["strides"], kernel)]
    else:
        result["pads"] = [g.below(k) for k in kernel + kernel]
    return result


@operator(3)
def convolution(g):
    x = g.float(3, 5)
    rank, channels = x.array.ndim - 2, x.array.shape[1]
    group = channels if g.chance(0.3) else 1
    kernel = [g.below(3) + 1 for _ in range(rank)]
    per_group = g.below(3) + 1
    w = g.like(x, (group * per_group, channels // group, *kernel))
    bias = [g.like(x, (group * per_group,))] if g.chance(0.5) else []
    g.node("Conv", [x, w] + bias, group=group, **window(g, rank, kernel))


@operator()
def transposed_convolution(g):
    x = g.float(3, 4)
    rank, channels = x.array.ndim - 2, x.array.shape[1]
    kernel = [g.below(3) + 1 for _ in range(rank)]
    w = g.like(x, (channels, g.below(3) + 1, *kernel))
    g.node("ConvTranspose", [x, w], **window(g, rank, kernel))


@operator(2)
def pool(g):
    x = g.float(3, 5)
    rank = x.array.ndim - 2
    if g.chance(0.2):
        return g.node(("GlobalAveragePool", "GlobalMaxPool"), [x])
    kernel = [g.below(3) + 1 for _ in range(rank)]
    attributes = window(g, rank, kernel)
    if "auto_pad" not in attributes:
        attributes["ceil_mode"] = g.below(2)
    average = g.chance(0.5)
    if average and g.opset < 19:
        del attributes["dilations"]
    pads = attributes.get("pads", [0] * 2 * rank)
    for i, k in enumerate(kernel):
        reach = (k - 1) * attributes.get("dilations", [1] * rank)[i] + 1
        if not attributes.get("auto_pad", "").startswith("SAME") and reach > x.array.shape[2 + i] + pads[i] + pads[rank + i]:
            raise Redraw  # the window does not fit, and the runtime makes something up
    if average:
        g.node("AveragePool", [x], kernel_shape=kernel, count_include_pad=g.below(2), **attributes)
    else:
        g.node("MaxPool", [x], exact=True, kernel_shape=kernel, **attributes)


@operator(2)
def softmax(g):
    x = g.float(1)
    g.node(("Softmax", "LogSoftmax", "Hardmax") if x.exact else ("Softmax", "LogSoftmax"), [x], axis=g.axis(x))


@operator(2)
def normalize(g):
    x = g.float(2)
    c = x.array.shape[1]
    kind = g.below(4)
    if kind == 0 and x.array.ndim > 2:
        g.node("InstanceNormalization", [x, g.like(x, (c,)), g.like(x, (c,))])
    elif kind == 1:
        variance = g.operand(np.abs(g.data(x.array.dtype.type, (c,))) + x.array.dtype.type(0.5))
        g.node("BatchNormalization", [x, g.like(x, (c,)), g.like(x, (c,)), g.like(x, (c,)), variance])
    elif kind == 2 and x.array.ndim > 2:
        g.node("LRN", [x], size=g.below(3) + 1, alpha=0.1)
    elif g.opset >= 17:
        axis = g.below(x.array.ndim)
        g.node("LayerNormalization", [x, g.like(x, x.array.shape[axis:])], axis=axis)
    else:
        raise Redraw


@operator(2)
def gather(g):
    x = g.pick(lambda a: 0 < a.ndim < 4)
    axis = g.axis(x)
    n = x.array.shape[axis]
    shape = g.shape(0, 2)
    kind = g.below(3)
    if kind == 0:
        g.node("Gather", [x, g.operand(g.random.integers(-n, n, shape))], exact=True, axis=axis)
    elif kind == 1:
        shape = tuple(g.below(m) + 1 for m in x.array.shape)
        g.node("GatherElements", [x, g.operand(g.random.integers(-n, n, shape))], exact=True, axis=axis)
    else:
        depth = g.below(x.array.ndim) + 1
        rows = g.random.integers(0, x.array.shape[:depth], shape + (depth,))
        g.node("GatherND", [x, g.operand(rows)], exact=True)


@operator(2)
def scatter(g):
    x = g.pick(lambda a: 0 < a.ndim < 4)
    sums = {"reduction": g.one(["none", "add", "max"])} if g.opset >= 18 and x.array.dtype.kind in "fi" else {}
    once = sums.get("reduction", "none") == "none"
    if g.chance(0.5):
        axis = g.below(x.array.ndim)
        shape = tuple(g.below(m) + 1 for m in x.array.shape)
        n = x.array.shape[axis]
        rows = g.random.permuted(np.broadcast_to(np.arange(n).reshape([-1 if d == axis else 1 for d in range(x.array.ndim)]),
                                                 x.array.shape), axis=axis)[tuple(slice(m) for m in shape)]
        if not once:
            rows = g.random.integers(-n, n, shape)
        g.node("ScatterElements", [x, g.operand(rows.astype(np.int64)), g.like(x, shape)], axis=axis, **sums)
    else:
        depth = g.below(x.array.ndim) + 1
        cells = np.stack(np.unravel_index(np.arange(np.prod(x.array.shape[:depth])), x.array.shape[:depth]), -1)
        rows = g.random.permutation(cells)[: g.below(len(cells)) + 1]
        if not once:
            rows = cells[g.random.integers(0, len(cells), g.below(5) + 1)]
        shape = (len(rows),) + x.array.shape[depth:]
        g.node("ScatterND", [x, g.operand(rows.astype(np.int64)), g.like(x, shape)], **sums)


@operator(2)
def concat(g):
    x = g.pick(lambda a: a.ndim > 0)
    axis = g.axis(x)
    parts = [x]
    for _ in range(g.below(3)):
        shape = list(x.array.shape)
        shape[axis] = g.below(4) + 1
        parts.append(g.like(x, shape))
    g.node("Concat", parts, exact=True, axis=axis)


@operator()
def split(g):
    x = g.pick(lambda a: a.ndim > 0 and max(a.shape) > 1)
    axis = int(np.argmax(x.array.shape))
    first = g.random.integers(1, x.array.shape[axis])
    parts = [int(first), int(x.array.shape[axis] - first)]
    if g.opset < 13:
        g.node("Split", [x], outputs=2, exact=True, axis=axis, split=parts)
    else:
        g.node("Split", [x, g.constant(np.array(parts, np.int64))], outputs=2, exact=True, axis=axis)


@operator(2)
def slices(g):
    x = g.pick(lambda a: a.ndim > 0)
    axes = g.random.permutation(x.array.ndim)[: g.below(x.array.ndim) + 1]
    starts = [int(g.random.integers(-n - 1, n + 1)) for n in np.array(x.array.shape)[axes]]
    ends = [g.one([int(g.random.integers(-n - 1, n + 2)), 2**62, -(2**62)]) for n in np.array(x.array.shape)[axes]]
    steps = [g.one([1, 1, 2, 3, -1, -2]) for _ in axes]
    g.node("Slice", [x] + [g.constant(np.array(a, np.int64)) for a in (starts, ends, axes, steps)], exact=True)


@operator(2)
def pad(g):
    x = g.pick(lambda a: a.ndim > 0 and a.dtype != np.bool_)
    mode = g.one(["constant", "constant", "reflect", "edge"])
    low = -1 if mode == "constant" else 0
    pads = [int(g.random.integers(low, min(3, n) if mode == "reflect" else 3)) for n in x.array.shape * 2]
    extra = [g.constant(np.array(1, x.array.dtype))] if mode == "constant" and g.chance(0.5) else []
    g.node("Pad", [x, g.constant(np.array(pads, np.int64))] + extra, exact=True, mode=mode)


@operator(2)
def transpose(g):
    x = g.pick(lambda a: a.ndim > 1)
    g.node("Transpose", [x], exact=True, perm=[int(p) for p in g.random.permutation(x.array.ndim)])


@operator(2)
def reshape(g):
    x = g.pick()
    rest, shape = x.array.size, []
    while rest > 1 and len(shape) < 4:
        factor = g.one([f for f in range(1, rest + 1) if rest % f == 0])
        shape.append(factor)
        rest //= factor
    shape.append(rest)
    shape = [int(n) for n in g.random.permutation(shape)]
    if g.chance(0.5):
        shape[g.below(len(shape))] = -1
    kind = g.below(4)
    if kind == 0 and x.array.ndim > 0:
        g.node("Flatten", [x], exact=True, axis=g.axis(x))
    else:
        g.node("Reshape", [x, g.constant(np.array(shape, np.int64))], exact=True)


@operator()
def unit_dimensions(g):
    x = g.pick()
    if 1 in x.array.shape and g.chance(0.5):
        g.axes("Squeeze", x, [x.array.shape.index(1)], 13, exact=True)
    else:
        g.axes("Unsqueeze", x, [g.below(x.array.ndim + 1)], 13, exact=True)


@operator()
def repeat(g):
    x = g.pick(lambda a: a.ndim > 0)
    if g.chance(0.5):
        g.node("Tile", [x, g.constant(np.array([g.below(3) + 1 for _ in x.array.shape], np.int64))], exact=True)
    else:
        shape = [g.below(3) + 1] + [g.below(4) + 1 if n == 1 else n for n in x.array.shape]
        g.node("Expand", [x, g.constant(np.array(shape[g.below(2):], np.int64))], exact=True)


@operator()
def blocks(g):
    x = g.float(4, 4)
    if x.array.shape[1] % 4 == 0:
        g.node("DepthToSpace", [x], exact=True, blocksize=2, mode=g.one(["DCR", "CRD"]))
    else:
        g.node("SpaceToDepth", [x], exact=True, blocksize=g.one([1, 2]))


@operator()
def resize(g):
    x = g.pick(lambda a: a.dtype == np.float32 and a.ndim in (3, 4))
    to = g.one(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
    # The runtime aligns the last element of the rounded extent, the specification that of the product with the scale.
    factors = [2, 3] if to == "align_corners" else [0.5, 1.5, 2, 3]
    scales = np.array([1, 1] + [g.one(factors) for _ in range(x.array.ndim - 2)], np.float32)
    g.node("Resize", [x, None, g.constant(scales)], mode=g.one(["nearest", "linear"]),
           coordinate_transformation_mode=to)


@operator()
def running_sum(g):
    x = g.pick(lambda a: a.ndim > 0 and a.dtype.type in (np.float32, np.float64, np.int32, np.int64))
    g.node("CumSum", [x, g.constant(np.array(g.axis(x), np.int64))], exclusive=g.below(2), reverse=g.below(2))


@operator()
def triangle(g):
    x = g.pick(lambda a: a.ndim >= 2)
    g.node("Trilu", [x, g.constant(np.array(g.below(4) - 1, np.int64))], exact=True, upper=g.below(2))


def draw(seed):
    """A graph of 1 to 8 nodes."""
    g = Graph(seed)
    shapes = [g.shape(3, 5) if g.chance(0.5) else g.shape(0, 3) for _ in range(2)]
    g.add_input(g.data(g.one(FLOATS), shapes[0]))
    g.add_input(g.data(g.one(FLOATS + INTEGERS + (np.bool_,)), shapes[1]))
    wanted = g.below(8) + 1
    for _ in range(200):
        if len(g.nodes) == wanted:
            break
        before = len(g.inputs), len(g.constants), len(g.values)
        try:
            g.one(OPERATORS)(g)
        except Redraw:  # nothing of the attempt stays
            del g.inputs[before[0]:], g.constants[before[1]:], g.values[before[2]:]
    return g


def write(g, folder):
    read = {name for node in g.nodes for name in node.input}
    made = {name for node in g.nodes for name in node.output}
    inputs = [v for v in g.inputs if v.name in read]
    outputs = [v for v in g.values if v.name in made and v.name not in read]
    graph = helper.make_graph(g.nodes, "random", [info(v.name, v.array) for v in inputs],
                              [info(v.name, v.array) for v in outputs],
                              initializer=[numpy_helper.from_array(v.array, v.name) for v in g.constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", g.opset)], ir_version=9)
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data, exist_ok=True)
    onnx.save(model, os.path.join(folder, "model.onnx"))
    for kind, values in (("input", inputs), ("output", outputs)):
        for i, value in enumerate(values):
            with open(os.path.join(data, f"{kind}_{i}.pb"), "wb") as file:
                file.write(numpy_helper.from_array(value.array, value.name).SerializeToString())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first graph; the others follow")
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.count):
        g = draw(seed)
        if g.nodes:
            write(g, os.path.join(options.folder, f"random_{seed:06}"))


if __name__ == "__main__":
    main()
