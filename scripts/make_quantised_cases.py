#!/usr/bin/env python3
"""Makes the cases of test/Import/Quantised: small quantised models with inputs and what ONNX Runtime makes of them.

usage: make_quantised_cases.py FOLDER      (needs numpy, onnx, onnxruntime)
"""
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(7)
F32 = np.float32


def scalar(value, dtype=F32):
    return np.array(value, dtype)


def integers(dtype, *shape):
    info = np.iinfo(dtype)
    return random.integers(info.min, int(info.max) + 1, shape).astype(dtype)


def floats(*shape):
    return random.normal(0, 1, shape).astype(F32)


def save(folder, name, nodes, inputs, constants, outputs, opset=21):
    """`inputs` and `constants` are arrays by name, `outputs` types by name."""
    def info(key, array):
        return helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)

    graph = helper.make_graph(
        nodes, name, [info(k, v) for k, v in inputs.items()],
        [helper.make_tensor_value_info(k, t, None) for k, t in outputs.items()],
        [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    results = session.run(None, inputs)
    for output, result in zip(graph.output, results):
        for extent in result.shape:
            output.type.tensor_type.shape.dim.add().dim_value = extent
    data = os.path.join(folder, name, "test_data_set_0")
    os.makedirs(data, exist_ok=True)
    onnx.save(model, os.path.join(folder, name, "model.onnx"))
    for kind, arrays in (("input", inputs.items()), ("output", zip(outputs, results))):
        for i, (key, array) in enumerate(arrays):
            onnx.save_tensor(numpy_helper.from_array(array, key), os.path.join(data, f"{kind}_{i}.pb"))


def node(op, inputs, outputs="y", domain="com.microsoft", **attributes):
    return helper.make_node(op, inputs.split(","), outputs.split(","), domain=domain, **attributes)


def contrib_elementwise(folder):
    for kind, dtype, code in (("u8", np.uint8, TensorProto.UINT8), ("s8", np.int8, TensorProto.INT8)):
        zero = 128 if dtype == np.uint8 else 3
        # Powers of two make halves, odd zero points show when they are rounded.
        sa, sb, sy = (0.031, 0.047, 0.07) if dtype == np.uint8 else (1 / 32, 1 / 16, 1 / 4)
        for op, out in (("QLinearAdd", sy), ("QLinearMul", sy / 2)):
            save(folder, f"{op.lower()}_{kind}", [node(op, "a,as,az,b,bs,bz,ys,yz")],
                 {"a": integers(dtype, 3, 33), "b": integers(dtype, 33)},
                 {"as": scalar(sa), "az": scalar(zero, dtype), "bs": scalar(sb), "bz": scalar(zero + 1, dtype),
                  "ys": scalar(out), "yz": scalar(zero, dtype)}, {"y": code})
        unary = {"xs": scalar(1 / 16), "xz": scalar(zero, dtype), "ys": scalar(1 / 256), "yz": scalar(zero - 3, dtype)}
        save(folder, f"qlinearsigmoid_{kind}", [node("QLinearSigmoid", "x,xs,xz,ys,yz")],
             {"x": integers(dtype, 300)}, unary, {"y": code})
        save(folder, f"qlinearleakyrelu_{kind}", [node("QLinearLeakyRelu", "x,xs,xz,ys,yz", alpha=0.25)],
             {"x": integers(dtype, 300)}, {**unary, "ys": scalar(1 / 8)}, {"y": code})
        save(folder, f"qlinearglobalaveragepool_{kind}", [node("QLinearGlobalAveragePool", "x,xs,xz,ys,yz")],
             {"x": integers(dtype, 2, 5, 7, 3)}, {**unary, "ys": scalar(1 / 32)}, {"y": code})
    save(folder, "qlinearaveragepool", [node("QLinearAveragePool", "x,xs,xz,ys,yz", kernel_shape=[3, 3],
                                             pads=[1, 1, 1, 1], strides=[2, 2])],
         {"x": integers(np.uint8, 1, 3, 9, 8)},
         {"xs": scalar(1 / 16), "xz": scalar(100, np.uint8), "ys": scalar(1 / 16), "yz": scalar(91, np.uint8)},
         {"y": TensorProto.UINT8})
    save(folder, "qlinearconcat", [node("QLinearConcat", "ys,yz,a,as,az,b,bs,bz", axis=1)],
         {"a": integers(np.uint8, 2, 40), "b": integers(np.uint8, 2, 30)},
         {"ys": scalar(0.08), "yz": scalar(120, np.uint8), "as": scalar(0.03), "az": scalar(7, np.uint8),
          "bs": scalar(0.09), "bz": scalar(131, np.uint8)}, {"y": TensorProto.UINT8})
    save(folder, "qlinearsoftmax", [node("QLinearSoftmax", "x,xs,xz,ys,yz", axis=-1, opset=13)],
         {"x": integers(np.uint8, 4, 10)},
         {"xs": scalar(0.02), "xz": scalar(128, np.uint8), "ys": scalar(1 / 256), "yz": scalar(0, np.uint8)},
         {"y": TensorProto.UINT8})


def halves(folder):
    """Simple ratios of scales make many halves; the order of the sum says to which side they go."""
    rows = np.repeat(np.arange(256, dtype=np.uint8), 256)
    save(folder, "qlinearadd_halves", [node("QLinearAdd", "a,as,az,b,bs,bz,ys,yz")],
         {"a": rows[::7], "b": np.tile(np.arange(256, dtype=np.uint8), 256)[::7]},
         {"as": scalar(0.0388), "az": scalar(181, np.uint8), "bs": scalar(0.0194), "bz": scalar(3, np.uint8),
          "ys": scalar(0.02), "yz": scalar(7, np.uint8)}, {"y": TensorProto.UINT8})


def recurrent(folder):
    """DynamicQuantizeLSTM: scales per gate and one for all, int8 and uint8, both directions."""
    for name, steps, dtype, both, channels in (("dynamicquantizelstm", 5, np.int8, False, True),
                                               ("dynamicquantizelstm_both", 3, np.uint8, True, False)):
        passes, size, hidden = 2 if both else 1, 6, 4
        parameters = (passes, 4 * hidden) if channels else (passes,)
        scales = lambda: (np.abs(random.normal(0, 0.004, parameters)) + 0.004).astype(F32)
        zeros = np.full(parameters, 0 if channels else 119, dtype)
        save(folder, name, [node("DynamicQuantizeLSTM", "x,w,r,c,,h0,c0,p,ws,wz,rs,rz", "y,h,c1", hidden_size=hidden,
                                 direction="bidirectional" if both else "forward")],
             {"x": floats(steps, 1, size)},
             {"w": integers(dtype, passes, size, 4 * hidden), "r": integers(dtype, passes, hidden, 4 * hidden),
              "c": floats(passes, 8 * hidden), "h0": floats(passes, 1, hidden), "c0": floats(passes, 1, hidden),
              "p": floats(passes, 3 * hidden), "ws": scales(), "wz": zeros, "rs": scales(), "rz": zeros},
             {"y": TensorProto.FLOAT, "h": TensorProto.FLOAT, "c1": TensorProto.FLOAT})


def contrib_products(folder):
    a, b = integers(np.uint8, 5, 40), integers(np.int8, 40, 6)
    scales = (np.abs(floats(6)) * 0.01 + 0.001).astype(F32)
    save(folder, "matmulintegertofloat", [node("MatMulIntegerToFloat", "a,b,as,bs,az,bz,c")], {"a": a},
         {"b": b, "as": scalar(0.02), "bs": scales, "az": scalar(121, np.uint8), "bz": integers(np.int8, 6),
          "c": floats(6)}, {"y": TensorProto.FLOAT})
    save(folder, "dynamicquantizematmul", [node("DynamicQuantizeMatMul", "a,b,bs,bz,c")], {"a": floats(5, 40)},
         {"b": b, "bs": scales, "bz": integers(np.int8, 6), "c": floats(6)}, {"y": TensorProto.FLOAT})
    gemm = {"as": scalar(0.02), "az": scalar(121, np.uint8), "b": np.ascontiguousarray(b.T), "bs": scales,
            "bz": np.zeros(6, np.int8), "c": random.integers(-9999, 9999, 6).astype(np.int32)}
    save(folder, "qgemm", [node("QGemm", "a,as,az,b,bs,bz,c,ys,yz", transB=1)], {"a": a},
         {**gemm, "ys": scalar(0.3), "yz": scalar(99, np.uint8)}, {"y": TensorProto.UINT8})
    save(folder, "qgemm_float", [node("QGemm", "a,as,az,b,bs,bz,c", transB=1, alpha=0.5)], {"a": a}, gemm,
         {"y": TensorProto.FLOAT})


def standard(folder):
    save(folder, "qlinearconv_channels",
         [node("QLinearConv", "x,xs,xz,w,ws,wz,ys,yz,c", domain="", pads=[1, 1, 1, 1], group=2, strides=[2, 1])],
         {"x": integers(np.uint8, 1, 4, 9, 7)},
         {"xs": scalar(0.02), "xz": scalar(113, np.uint8), "w": integers(np.int8, 6, 2, 3, 3),
          "ws": (np.abs(floats(6)) * 0.01 + 0.001).astype(F32), "wz": np.zeros(6, np.int8), "ys": scalar(0.11),
          "yz": scalar(130, np.uint8), "c": random.integers(-9999, 9999, 6).astype(np.int32)},
         {"y": TensorProto.UINT8})
    save(folder, "qlinearmatmul_columns", [node("QLinearMatMul", "a,as,az,b,bs,bz,ys,yz", domain="")],
         {"a": integers(np.uint8, 2, 5, 20)},
         {"as": scalar(0.02), "az": scalar(113, np.uint8), "b": integers(np.int8, 20, 6),
          "bs": (np.abs(floats(6)) * 0.01 + 0.001).astype(F32), "bz": integers(np.int8, 6), "ys": scalar(0.11),
          "yz": scalar(130, np.uint8)}, {"y": TensorProto.UINT8})
    save(folder, "dynamicquantizelinear_zeros", [node("DynamicQuantizeLinear", "x", "y,s,z", domain="")],
         {"x": np.zeros(5, F32)}, {}, {"y": TensorProto.UINT8, "s": TensorProto.FLOAT, "z": TensorProto.UINT8})


def dequantised_graphs(folder):
    """DequantizeLinear, a product, QuantizeLinear: ONNX Runtime computes these in integers, too."""
    def dq(x, name, **attributes):
        return node("DequantizeLinear", f"{x},{name}s,{name}z", f"{name}f", domain="", **attributes)

    scales = (np.abs(floats(6)) * 0.01 + 0.001).astype(F32)
    save(folder, "qdq_conv",
         [dq("x", "x"), dq("w", "w", axis=0), dq("c", "c", axis=0),
          node("Conv", "xf,wf,cf", "f", domain="", pads=[1, 1, 1, 1]), node("Relu", "f", "r", domain=""),
          node("QuantizeLinear", "r,ys,yz", domain="")],
         {"x": integers(np.uint8, 1, 4, 9, 7)},
         {"xs": scalar(0.02), "xz": scalar(113, np.uint8), "w": integers(np.int8, 6, 4, 3, 3), "ws": scales,
          "wz": np.zeros(6, np.int8), "c": random.integers(-9999, 9999, 6).astype(np.int32),
          "cs": (scales * F32(0.02)).astype(F32), "cz": np.zeros(6, np.int32), "ys": scalar(0.11),
          "yz": scalar(0, np.uint8)}, {"y": TensorProto.UINT8})
    save(folder, "qdq_matmul",
         [dq("a", "a"), dq("b", "b", axis=1), node("MatMul", "af,bf", "f", domain=""),
          node("QuantizeLinear", "f,ys,yz", domain="")],
         {"a": integers(np.uint8, 2, 5, 20)},
         {"as": scalar(0.02), "az": scalar(113, np.uint8), "b": integers(np.int8, 20, 6), "bs": scales,
          "bz": np.zeros(6, np.int8), "ys": scalar(0.11), "yz": scalar(130, np.uint8)}, {"y": TensorProto.UINT8})
    save(folder, "qdq_gemm",
         [dq("a", "a"), dq("b", "b", axis=0), dq("c", "c", axis=0),
          node("Gemm", "af,bf,cf", "f", domain="", transB=1), node("QuantizeLinear", "f,ys,yz", domain="")],
         {"a": integers(np.int8, 5, 20)},
         {"as": scalar(0.02), "az": scalar(-9, np.int8), "b": integers(np.int8, 6, 20), "bs": scales,
          "bz": np.zeros(6, np.int8), "c": random.integers(-999, 999, 6).astype(np.int32),
          "cs": (scales * F32(0.02)).astype(F32), "cz": np.zeros(6, np.int32), "ys": scalar(0.11),
          "yz": scalar(5, np.int8)}, {"y": TensorProto.INT8})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for family in (contrib_elementwise, contrib_products, standard, dequantised_graphs, halves, recurrent):
        family(sys.argv[1])
