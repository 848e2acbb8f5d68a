#!/usr/bin/env python3
"""train_models.py [FOLDER] - train the project's own models and write them to FOLDER (default test/models)

Not needed for building or testing: its results are committed. To run it again:

    python3 -m venv /tmp/train && /tmp/train/bin/pip install torch==2.13.0 onnx==1.23.2 scikit-learn==1.9.1
    /tmp/train/bin/python scripts/train_models.py

Data: the UCI handwritten digits that scikit-learn ships, 1,797 grey images of 8 x 8 with values 0 to 16, here scaled to
0 to 1 (exact in f32). A seeded fifth of them, 360 images, is held back from training. Per model a folder is written:

    model.onnx         opset 17, symbolic batch; input `image` f32 [batch, 1, 8, 8] for the CNN, [batch, 64] for the
                       MLP; output `logits` f32 [batch, 10]
    images.npy         the held-back images in the model's input form, f32 [360, 1, 8, 8] or [360, 64]
    labels.npy         what they show, i64 [360]
    predictions.npy    the class that PyTorch's model gives to each, i64 [360]
    logits.npy         PyTorch's outputs, f32 [360, 10]
    test_data_set_0    the first four images and their outputs, in the layout of the ONNX backend tests
    README.md          what the folder holds, whose data it is, the accuracy

All runs are seeded and use one thread: with these versions on the same kind of machine the files come out as committed,
byte for byte; another version of PyTorch or another processor may train slightly different weights.
"""
import os
import sys

try:
    import numpy as np
    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper
    from sklearn.datasets import load_digits
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: no Python module '{missing.name}'; the head of this script says how to install what it needs")

SEED = 20
HELD_BACK = 360
EPOCHS = 60
BATCH = 32
SAMPLE = 4  # images in test_data_set_0
OPERATORS = {nn.Conv2d: "Conv", nn.Linear: "Gemm", nn.ReLU: "Relu", nn.MaxPool2d: "MaxPool", nn.Flatten: "Flatten"}
INPUT_SHAPES = {"digits_cnn": [1, 8, 8], "digits_mlp": [64]}  # of one image

README = """# {name}

{title} for handwritten digits: {layers}.
{parameters} parameters, trained by `scripts/train_models.py`, which also says what each file holds. Input `image` f32
{input}, output `logits` f32 [batch, 10].

- **Accuracy** in PyTorch {torch}: {right} of the {count} held-back images ({percent:.2f} %). They are a random fifth of
  the set, so a writer may occur on both sides: the figure is there to be met by the fabric, not to praise the network.
- **Data**: E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits* (1998), UCI Machine Learning
  Repository, <https://doi.org/10.24432/C50P49>, licence CC BY 4.0; of it the 1,797 images that scikit-learn ships.
  Changed here: values divided by 16, order shuffled, {count} of them kept in `images.npy` with their `labels.npy`.
- **Run**, from the root of the checkout; the last command compares with PyTorch image by image:

      model={folder}
      jacquard run $model/model.onnx --dim batch={count} --input image=$model/images.npy --output-dir out
      scripts/compare_predictions.py $model out
"""


def load_data():
    """Training images and labels, then held-back images and labels."""
    digits = load_digits()
    images = torch.tensor(digits.images / 16.0, dtype=torch.float32).reshape(-1, 1, 8, 8)
    labels = torch.tensor(digits.target, dtype=torch.int64)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SEED))
    held, kept = order[:HELD_BACK], order[HELD_BACK:]
    return images[kept], labels[kept], images[held], labels[held]


def digits_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 10))


def digits_mlp():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def train(model, images, labels):
    """Adam with a rate that falls to zero, cross entropy."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    model.train()
    for _ in range(EPOCHS):
        for part in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[part]), labels[part]).backward()
            optimizer.step()
        schedule.step()
    model.eval()


def symbolic_shape(name):
    return ["batch"] + INPUT_SHAPES[name]


def export_onnx(model, name):
    """The ONNX model of a sequential one, node by node."""
    nodes, weights, value = [], [], "image"
    layers = list(model)
    for index, layer in enumerate(layers):
        operator = OPERATORS[type(layer)]
        label = f"{operator.lower()}{index}"
        result = "logits" if index == len(layers) - 1 else f"{label}_out"
        operands = [value]
        for suffix, parameter in layer.named_parameters():
            operands.append(f"{label}.{suffix}")
            weights.append(numpy_helper.from_array(parameter.detach().numpy(), operands[-1]))
        attributes = {
            "Conv": lambda l: {
                "kernel_shape": list(l.kernel_size), "pads": list(l.padding) * 2, "strides": list(l.stride)},
            "Gemm": lambda l: {"transB": 1},
            "MaxPool": lambda l: {"kernel_shape": [l.kernel_size] * 2, "strides": [l.stride] * 2},
            "Flatten": lambda l: {"axis": 1},
            "Relu": lambda l: {},
        }[operator](layer)
        nodes.append(helper.make_node(operator, operands, [result], name=label, **attributes))
        value = result
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, symbolic_shape(name))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])], weights)
    exported = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="train_models.py")
    onnx.checker.check_model(exported)
    return exported


def write_tensor(path, name, array):
    with open(path, "wb") as file:
        file.write(numpy_helper.from_array(array, name).SerializeToString())


def write_readme(path, model, name, right, count):
    with open(path, "w", encoding="utf-8") as file:
        file.write(README.format(
            name=name, folder=f"test/models/{name}",
            title={"digits_cnn": "A small CNN", "digits_mlp": "A small MLP"}[name],
            layers="-".join(OPERATORS[type(layer)] for layer in model),
            parameters=f"{sum(parameter.numel() for parameter in model.parameters()):,}",
            input=f"[{', '.join(map(str, symbolic_shape(name)))}]", torch=torch.__version__.split("+")[0],
            right=right, count=count, percent=100 * right / count))


def write_model(folder, model, name, images, labels):
    folder = os.path.join(folder, name)
    sample = os.path.join(folder, "test_data_set_0")
    os.makedirs(sample, exist_ok=True)
    with torch.no_grad():
        logits = model(images).numpy()
    predictions = logits.argmax(1).astype(np.int64)
    onnx.save(export_onnx(model, name), os.path.join(folder, "model.onnx"))
    arrays = {"images": images.numpy(), "labels": labels.numpy(), "predictions": predictions, "logits": logits}
    for file, array in arrays.items():
        np.save(os.path.join(folder, file + ".npy"), array)
    write_tensor(os.path.join(sample, "input_0.pb"), "image", images.numpy()[:SAMPLE])
    write_tensor(os.path.join(sample, "output_0.pb"), "logits", logits[:SAMPLE])
    right = int((predictions == labels.numpy()).sum())
    write_readme(os.path.join(folder, "README.md"), model, name, right, len(labels))
    print(f"{name}: {right} of {len(labels)} held-back images right")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "test", "models")
    torch.set_num_threads(1)
    images, labels, held_images, held_labels = load_data()
    for make in (digits_cnn, digits_mlp):
        name = make.__name__
        torch.manual_seed(SEED)
        model = make()
        train(model, images.reshape(-1, *INPUT_SHAPES[name]), labels)
        write_model(folder, model, name, held_images.reshape(-1, *INPUT_SHAPES[name]), held_labels)


if __name__ == "__main__":
    main()
