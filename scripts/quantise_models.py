#!/usr/bin/env python3
"""Quantises models with ONNX Runtime's own quantiser, as cases with ONNX Runtime's outputs.

usage: quantise_models.py MODELS FOLDER NAME...     (needs numpy, onnx, onnxruntime)

Every MODELS/NAME (model.onnx and test_data_set_0) becomes FOLDER/NAME_{dynamic,qdq,qoperator}: weights in int8 and
products of activations that are quantised as they come; QuantizeLinear and DequantizeLinear around every operator,
weights per channel; quantised operators. Calibrated by the stored input, perturbed.

Then: jacquard test FOLDER/*
"""
import os
import sys
import tempfile

import numpy as np
import onnx
import onnx.version_converter
import onnxruntime
from onnx import numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization import shape_inference


class Perturbed(quantization.CalibrationDataReader):
    """The stored inputs, and floats among them scaled by factors around 1."""

    def __init__(self, inputs, count=8):
        random = np.random.default_rng(3)
        self.rows = iter([
            {name: (array * random.uniform(0.8, 1.2)).astype(array.dtype) if i and array.dtype == np.float32 else array
             for name, array in inputs.items()} for i in range(count)])

    def get_next(self):
        return next(self.rows, None)


def load_inputs(folder, model):
    weights = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in weights]
    return {name: numpy_helper.to_array(onnx.load_tensor(os.path.join(folder, "test_data_set_0", f"input_{i}.pb")))
            for i, name in enumerate(names)}


def at_least_13(model):
    """Scales per channel came with version 13."""
    version = next(opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx"))
    return model if version >= 13 else onnx.version_converter.convert_version(model, 13)


def quantise(kind, source, target, inputs):
    if kind == "dynamic":
        quantization.quantize_dynamic(source, target, weight_type=quantization.QuantType.QInt8)
        return
    form = quantization.QuantFormat.QDQ if kind == "qdq" else quantization.QuantFormat.QOperator
    quantization.quantize_static(source, target, Perturbed(inputs), quant_format=form, per_channel=kind == "qdq",
                                 activation_type=quantization.QuantType.QUInt8,
                                 weight_type=quantization.QuantType.QInt8)


def make_case(kind, source, folder, inputs):
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data, exist_ok=True)
    target = os.path.join(folder, "model.onnx")
    quantise(kind, source, target, inputs)
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    outputs = session.run(None, inputs)
    for prefix, arrays in (("input", inputs.items()),
                           ("output", zip([value.name for value in session.get_outputs()], outputs))):
        for i, (name, array) in enumerate(arrays):
            onnx.save_tensor(numpy_helper.from_array(array, name), os.path.join(data, f"{prefix}_{i}.pb"))


def main(models, folder, names):
    for name in names:
        path = os.path.join(models, name)
        inputs = load_inputs(path, onnx.load(os.path.join(path, "model.onnx")))
        with tempfile.TemporaryDirectory() as scratch:
            prepared = os.path.join(scratch, "model.onnx")
            onnx.save(at_least_13(onnx.load(os.path.join(path, "model.onnx"))), prepared)
            shape_inference.quant_pre_process(prepared, prepared, skip_symbolic_shape=True)
            for kind in ("dynamic", "qdq", "qoperator"):
                make_case(kind, prepared, os.path.join(folder, f"{name}_{kind}"), inputs)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
