#!/usr/bin/env python3
"""Counts the integers of a quantised network that differ from ONNX Runtime's, every layer for itself.

usage: explain_quantised.py [--target=sim] JACQUARD FOLDER...     (needs numpy, onnx, onnxruntime)

FOLDER is a case (model.onnx and test_data_set_0). The model is cut at its 8-bit tensors: every one of them becomes an
output, and what reads it reads an input instead, which gets ONNX Runtime's integers. So a difference is that of one
layer, none inherited from the layers before. Reference is a session without optimisations, which is the definition.

One line per tensor that differs: the number of its elements that do, the largest difference, and for those that
QuantizeLinear makes how far the real numbers are from the half where rounding changes, relative to their size.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


def load_inputs(folder, model):
    weights = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in weights]
    return {name: numpy_helper.to_array(onnx.load_tensor(os.path.join(folder, "test_data_set_0", f"input_{i}.pb")))
            for i, name in enumerate(names)}


def run_reference(model, inputs):
    """The values of all tensors."""
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    names = {value.name for value in whole.graph.output}
    for name in [name for node in model.graph.node for name in node.output if name]:
        if name not in names:
            whole.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])
    values = dict(zip([value.name for value in session.get_outputs()], session.run(None, inputs)))
    values.update(inputs)
    values.update({tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer})
    return values


def cut(model, inputs, values):
    """The model between its 8-bit tensors: (model, its inputs, the names of its outputs in the old model)."""
    def describe(name, like):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(like.dtype), like.shape)

    given, outputs, parts = dict(inputs), {}, onnx.ModelProto()
    parts.CopyFrom(model)
    wanted = {value.name for value in model.graph.output}
    renamed = {}
    for node in parts.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        # DynamicQuantizeLinear's scale and zero point belong to its integers.
        isCut = node.op_type != "Constant" and values[node.output[0]].dtype.itemsize == 1 \
            and values[node.output[0]].dtype != bool
        for name in node.output if isCut else []:
            renamed[name] = f"given{len(renamed)}"
            given[renamed[name]] = values[name]
        wanted |= set(node.output) if isCut else set()
    del parts.graph.output[:], parts.graph.input[:], parts.graph.value_info[:]
    parts.graph.input.extend([describe(name, value) for name, value in given.items()])
    for node in parts.graph.node:
        for i, name in enumerate(node.output):
            if name in wanted:
                outputs[f"out{len(outputs)}"] = name
                node.output[i] = f"out{len(outputs) - 1}"
    back = {old: new for new, old in outputs.items()}
    for node in parts.graph.node:
        node.input[:] = [back.get(name, name) for name in node.input]
    parts.graph.output.extend([describe(new, values[old]) for new, old in outputs.items()])
    return parts, given, outputs


def run(jacquard, target, model, inputs, outputs):
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "model.onnx")
        onnx.save(model, path)
        command = [jacquard, "run", path, "--target", target, "--output-dir", scratch]
        for i, (name, value) in enumerate(inputs.items()):
            np.save(os.path.join(scratch, f"input{i}.npy"), value)
            command += ["--input", f"{name}={scratch}/input{i}.npy"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return {name: np.load(os.path.join(scratch, f"{name}.npy")) for name in outputs}


def distance_from_half(node, values, at):
    """Of QuantizeLinear's real numbers at these places, relative to the numbers."""
    if node.op_type != "QuantizeLinear" or values[node.input[1]].size != 1:
        return ""
    reals = values[node.input[0]][at].astype(np.float64) / np.float64(values[node.input[1]])
    distances = np.abs(np.abs(reals - np.floor(reals)) - 0.5) / np.maximum(np.abs(reals), 1)
    return f", reals within {distances.max():.0e} of a half"


def explain(jacquard, target, folder):
    model = onnx.load(os.path.join(folder, "model.onnx"))
    inputs = load_inputs(folder, model)
    values = run_reference(model, inputs)
    nodes = {name: node for node in model.graph.node for name in node.output}
    parts, given, outputs = cut(model, inputs, values)
    found = run(jacquard, target, parts, given, outputs)
    total = different = step = 0
    lines = []
    for new, old in outputs.items():
        expected = values[old]
        if expected.dtype.itemsize > 1:
            error = np.abs(found[new].astype(np.float64) - expected).max(initial=0)
            lines += [f"  {old}: floats differ by {error:.1e}"] if error > 1e-5 * np.abs(expected).max(initial=0) else []
            continue
        differences = np.abs(found[new].view(expected.dtype).astype(np.int64) - expected.astype(np.int64))
        total += expected.size
        if differences.any():
            at = differences > 0
            different, step = different + int(at.sum()), max(step, int(differences.max()))
            lines.append(f"  {old} ({nodes[old].op_type}): {at.sum()} of {at.size}, by {differences.max()}"
                         + distance_from_half(nodes[old], values, at))
    print(f"{os.path.basename(os.path.normpath(folder))}: {different} of {total} integers differ, by at most {step}")
    print("\n".join(lines) + "\n" if lines else "", end="", flush=True)


def main(arguments):
    target = "host"
    if arguments and arguments[0].startswith("--target="):
        target = arguments.pop(0).split("=")[1]
    if len(arguments) < 2:
        sys.exit(__doc__)
    for folder in arguments[1:]:
        explain(arguments[0], target, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
