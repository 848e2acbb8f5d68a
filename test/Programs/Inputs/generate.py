#!/usr/bin/env python3
"""Writes the inputs and expected outputs of test/Programs (.npy). Needs numpy; seeded, so that a run changes nothing."""
import os

import numpy as np

folder = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(2017)


def save(name, array):
    np.save(os.path.join(folder, name + ".npy"), array)


def floats(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


x, y = floats(1000), floats(1000)
save("dot-x", x), save("dot-y", y)
save("dot-out", np.float32(np.dot(x.astype(np.float64), y.astype(np.float64))))

a, b = floats(37), floats(21)
save("outer-a", a), save("outer-b", b), save("outer-out", np.outer(a, b))

a, b = floats(29, 45), floats(45, 33)
save("gemm-a", a), save("gemm-b", b)
save("gemm-out", (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32))

keys = random.integers(-2, 12, 200).astype(np.int32)  # some outside [0, 10): dropped
values = floats(200)
counts, sums = np.zeros(10, np.int32), np.zeros(10, np.float64)
for key, value in zip(keys, values):
    if 0 <= key < 10:
        counts[key] += 1
        sums[key] += value
save("groups-keys", keys), save("groups-values", values)
save("histogram-out", counts), save("segment-sum-out", sums.astype(np.float32))

rows = floats(9, 50) * 5
e = np.exp(rows.astype(np.float64) - rows.max(1, keepdims=True))
save("softmax-x", rows), save("softmax-out", (e / e.sum(1, keepdims=True)).astype(np.float32))

rows = random.permutation(7 * 23).reshape(7, 23).astype(np.float32)
save("argmax-x", rows), save("argmax-out", rows.argmax(1).astype(np.int64))

table, ids = floats(40, 12), random.integers(0, 40, 17).astype(np.int64)
save("gather-table", table), save("gather-ids", ids), save("gather-out", table[ids])

box = floats(*[2] * 13)
save("transpose-x", box), save("transpose-out", np.ascontiguousarray(box.transpose(range(12, -1, -1))))
save("sums-out", (box * box.transpose(range(12, -1, -1))).astype(np.float64).sum(tuple(range(1, 13))).astype(np.float32))

box = floats(3, 2, 3, 2, 3)
save("pad-x", box), save("pad-out", np.pad(box, 1, constant_values=1))

# Element types: every operation rounds or wraps to its type.
a, b = random.integers(-2**62, 2**62, 50), random.integers(1, 2**40, 50)
save("i64-a", a), save("i64-b", b)
with np.errstate(over="ignore"):
    save("i64-product", a * b), save("i64-quotient", (np.abs(a) // b) * np.sign(a)), save("i64-sum", a.sum())
save("i64-f32", a.astype(np.float32))
a, b = random.uniform(-1, 1, 60), random.uniform(-1, 1, 60)
save("f64-a", a), save("f64-b", b), save("f64-dot", np.float64(np.dot(a, b))), save("f64-ratio", (a / b).view(np.int64))
a, b = (random.uniform(-100, 100, 60).astype(np.float16) for _ in range(2))
save("f16-a", a), save("f16-b", b), save("f16-out", (a * b + a).view(np.int16))
a, b = (random.integers(-128, 128, 60).astype(np.int8) for _ in range(2))
b[b == 0] = 3
save("i8-a", a), save("i8-b", b), save("i8-out", a * b + a)
save("u8-out", (a.view(np.uint8) // b.view(np.uint8)).view(np.int8))
save("i8-sum", np.add.reduce(a, dtype=np.int8))


def mix(v, word, steps):
    """What cut.mlir computes step by step in 32 bits."""
    for _ in range(steps):
        v = ((v * np.int32(3)) ^ (v >> 5)) + word
    return v


x = random.integers(-30, 30, (5, 40), dtype=np.int32)
k = np.arange(40, dtype=np.int32)[None, :]
rows = np.arange(5, dtype=np.int32)[:, None]
mixed = mix(x, k, 10)
row, column = x // 7 + 2, (x + k) % 64
inside = (row >= 0) & (row < 5) & (column < 40)
read = np.where(inside, x[np.clip(row, 0, 4), np.clip(column, 0, 39)], mixed)
save("cut-x", x)
save("cut-map", mix(x, k, 14))
save("cut-sums", mix(x, rows, 14).sum(1, dtype=np.int32))
save("cut-read", np.where(x > 0, read, x) + mixed)

# Loops: numbers that are known from elsewhere.
save("collatz-start", np.int64(27)), save("collatz-steps", np.int64(111)), save("collatz-last", np.int64(1))
save("fibonacci-30", np.int64(832040)), save("fibonacci-31", np.int64(1346269))
matrix = np.array([[1, 1], [1, 0]], np.int32)
save("power-base", matrix), save("power-20", np.linalg.matrix_power(matrix, 20).astype(np.int32))
save("cubes", (np.arange(12) ** 3).astype(np.int32))
save("triangles", np.int32(sum(sum(range(1, i + 2)) for i in range(5))))

x = np.array([2, -0.5], np.float32)
line = np.array([x[0], 0.75 * x[0] + 0.25 * x[1], 0.25 * x[0] + 0.75 * x[1], x[1] * np.float32(0.1)])
save("interpolate-x", x.reshape(2, 1, 1)), save("interpolate-out", line.astype(np.float32))
save("interpolate-clipped", np.maximum(x, -1))

x = random.integers(-6, 5, (9, 20)).astype(np.int16)
save("filter-x", x), save("filter-values", x[x > 0]), save("filter-places", np.argwhere(x > 0))
save("filter-first", x[x < 0][:7])
save("filter-repeats", np.array([e + k for e in x.flat for k in range(min(max(e, 0), 3))], np.int16))
save("bf16-x", np.array([1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-8, -1e39, 0.1]))
save("bf16-bits", np.array([0x3F81, 0x3F80, 0xFF80, 0x3DCD], np.uint16).view(np.int16))

a, b = floats(60, 64), floats(64, 128)
save("panels-a", a), save("panels-b", b)
save("panels-out", (a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32))

a, c = random.integers(-3, 4, 784).astype(np.float32), random.integers(-2, 3, 256).astype(np.float32)
w, o = random.integers(-2, 3, (256, 128)).astype(np.float32), random.integers(-9, 10, 128).astype(np.float32)
save("joined-a", a), save("joined-c", c), save("joined-w", w), save("joined-o", o)
save("joined-out", (a @ (np.outer(a, c) @ w + o)).astype(np.float32))  # of small integers: exact
