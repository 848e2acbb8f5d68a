#!/usr/bin/env python3
"""compare_predictions.py MODEL_FOLDER RUN_FOLDER - compare the classes a run found with those of the trainer's framework

MODEL_FOLDER is one that train_models.py wrote; RUN_FOLDER holds logits.npy, as `jacquard run --output-dir` writes it, and
optionally stats.json and floorplan.svg. Exit code 1 when any image is classified differently. Needs no NumPy.
"""
import ast
import json
import os
import struct
import sys

FORMATS = {"<f4": ("f", 4), "<i8": ("q", 8)}


def read_npy(path):
    """Shape and flat values of a C-ordered .npy file (format 1.0) of f32 or i64."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"\x93NUMPY\x01\x00":
        sys.exit(f"error: '{path}' is not a .npy file of format 1.0")
    start = 10 + struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:start].decode().strip())
    code, size = FORMATS[header["descr"]]
    return header["shape"], struct.unpack_from(f"<{(len(data) - start) // size}{code}", data, start)


def percent(part, whole):
    return f"{part}/{whole} = {100 * part / whole:.2f} %"


def print_statistics(path, images):
    with open(path, encoding="utf-8") as file:
        stats = json.load(file)
    used = max(len(section["units"]) for section in stats["sections"])
    print(f"cycles per image         {stats['cycles'] / images:.1f} ({stats['cycles']} for all, in {len(stats['sections'])} sections)")
    print(f"of the limit             {stats['limit']['percent_reached']:.2f} % (limit {stats['limit']['cycles']:.0f} cycles)")
    print(f"units used               {used} of {stats['units']} in the largest section")


def main():
    model, run = sys.argv[1:3]
    labels, reference = read_npy(f"{model}/labels.npy")[1], read_npy(f"{model}/predictions.npy")[1]
    (images, classes), logits = read_npy(f"{run}/logits.npy")
    if images != len(labels):
        sys.exit(f"error: the run has {images} images, '{model}' {len(labels)}")
    found = [max(range(classes), key=lambda label: logits[image * classes + label]) for image in range(images)]
    differing = [image for image in range(images) if found[image] != reference[image]]
    print(f"accuracy on the fabric   {percent(sum(a == b for a, b in zip(found, labels)), images)}")
    print(f"accuracy in PyTorch      {percent(sum(a == b for a, b in zip(reference, labels)), images)}")
    print(f"differing predictions    {len(differing)}" + (f", the first for image {differing[0]}" if differing else ""))
    if os.path.exists(f"{run}/stats.json"):
        print_statistics(f"{run}/stats.json", images)
    if os.path.exists(f"{run}/floorplan.svg"):
        print(f"floorplan                {os.path.realpath(run)}/floorplan.svg")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
