#!/usr/bin/env python3
"""The demo's two jobs with tensors, without NumPy: cut the first images out of a .npy file, and show the result of the run.

  demo_result.py slice IN.npy N OUT.npy
  demo_result.py show MODEL_FOLDER N OUT_FOLDER
"""
import ast
import glob
import json
import os
import struct
import sys


def read_npy(path):
    """Shape and flat values of a C-ordered .npy file of float32 or int64."""
    with open(path, "rb") as file:
        data = file.read()
    major = data[6]
    length, start = (struct.unpack("<H", data[8:10])[0], 10) if major == 1 else (struct.unpack("<I", data[8:12])[0], 12)
    header = ast.literal_eval(data[start : start + length].decode().strip())
    code, size = {"<f4": ("f", 4), "<i8": ("q", 8)}[header["descr"]]
    payload = data[start + length :]
    return header["shape"], struct.unpack(f"<{len(payload) // size}{code}", payload), payload


def slice_images(source, count, target):
    shape, _, payload = read_npy(source)
    if shape[0] < count:
        sys.exit(f"error: {source} holds {shape[0]} images, {count} needed")
    kept = payload[: len(payload) // shape[0] * count]
    header = str({"descr": "<f4", "fortran_order": False, "shape": (count,) + tuple(shape[1:])})
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    with open(target, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + kept)


def show(model, count, out):
    labels, reference = read_npy(f"{model}/labels.npy")[1], read_npy(f"{model}/predictions.npy")[1]
    outputs = [f for f in glob.glob(f"{out}/*.npy") if os.path.basename(f) != "images.npy"]
    shape, logits, _ = read_npy(outputs[0])
    classes = shape[-1]
    found = [max(range(classes), key=lambda c: logits[i * classes + c]) for i in range(count)]
    right = sum(found[i] == labels[i] for i in range(count))
    expected = sum(reference[i] == labels[i] for i in range(count))
    differing = [i for i in range(count) if found[i] != reference[i]]
    with open(f"{out}/stats.json") as file:
        stats = json.load(file)
    units = max(len(section["units"]) for section in stats["sections"])
    cycles = stats["cycles"]
    limit = stats["limit"]["percent_reached"]
    print(f"accuracy on the fabric   {right}/{count} = {100 * right / count:.2f} %"
          f" (reference {expected}/{count}, {len(differing)} images differ)")
    print(f"cycles per image         {cycles / count:.0f} ({cycles} for the batch)")
    print(f"of the limit             {limit:.1f} %")
    print(f"units used               up to {units} in one section, {len(stats['sections'])} sections")
    print(f"floorplan                {out}/floorplan.svg")
    return 1 if differing else 0


if __name__ == "__main__":
    if sys.argv[1] == "slice":
        slice_images(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(show(sys.argv[2], int(sys.argv[3]), sys.argv[4]))
