#!/usr/bin/env python3
"""Runs the applications of test/Applications on `plasticine` and compares their cycles with published ones. Needs a build and numpy.

  scripts/applications.py [--arch ARCH] [NAME...]

Inputs are seeded; every result is compared with numpy's in double precision. Prints a Markdown table; the exit code is 1 when a
result is wrong. Published: cycles of the authors' simulator on a chip of 16 x 8 units with a static network, 1 GHz, 51.2 GB/s, from
the data beside Zhang et al., Scalable Interconnects for Reconfigurable Spatial Architectures, ISCA 2019 (an earlier run of that study).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
N = 1 << 20


def dot_product(random):
    x, y = (random.uniform(-1, 1, N).astype(np.float32) for _ in range(2))
    return [x, y], np.dot(x.astype(np.float64), y)


def outer_product(random):
    a, b = (random.uniform(-1, 1, 4096).astype(np.float32) for _ in range(2))
    return [a, b], np.outer(a, b)


def gemm(random):
    a, b = (random.uniform(-1, 1, (512, 512)).astype(np.float32) for _ in range(2))
    return [a, b], a.astype(np.float64) @ b


def tpch_q6(random):
    dates = random.integers(8035, 10592, N, dtype=np.int32)  # 1992 to 1998
    quantities = random.integers(1, 51, N, dtype=np.int32)
    prices = random.uniform(900, 105000, N).astype(np.float32)
    discounts = (random.integers(0, 11, N) / np.float32(100)).astype(np.float32)
    counted = (dates >= 8766) & (dates < 9131) & (quantities < 24)
    counted &= (discounts >= np.float32(0.05)) & (discounts <= np.float32(0.07))
    return [dates, quantities, prices, discounts], np.sum(prices.astype(np.float64) * discounts * counted)


def normal_share(d):
    """Formula 26.2.17 of Abramowitz and Stegun."""
    t = 1 / (1 + 0.2316419 * abs(d))
    series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = series * np.exp(-d * d / 2) * 0.39894228
    return np.where(d < 0, tail, 1 - tail)


def black_scholes(random):
    kinds = random.integers(0, 2, N, dtype=np.int32)
    columns = [random.uniform(low, high, N).astype(np.float32)
               for low, high in [(10, 200), (10, 200), (0.01, 0.1), (0.05, 0.65), (0.1, 2)]]
    spot, strike, rate, volatility, time = (column.astype(np.float64) for column in columns)
    deviation = volatility * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * time) / deviation
    future = strike * np.exp(-rate * time)
    call = spot * normal_share(d1) - future * normal_share(d1 - deviation)
    return [kinds] + columns, np.where(kinds == 1, call - spot + future, call)


def spmv_ell(random):
    values = random.uniform(-1, 1, (16384, 64)).astype(np.float32)
    columns = random.integers(0, 16384, (16384, 64), dtype=np.int32)
    x = random.uniform(-1, 1, 16384).astype(np.float32)
    return [values, columns, x], np.sum(values * x.astype(np.float64)[columns], axis=1)


def gda(random):
    x = random.uniform(-1, 1, (4096, 128)).astype(np.float32)
    classes = random.integers(0, 2, 4096, dtype=np.int32)
    means = random.uniform(-0.1, 0.1, (2, 128)).astype(np.float32)
    centred = x.astype(np.float64) - means[classes]
    return [x, classes, means], centred.T @ centred


# Name, what it is, inputs and result, published cycles. The programs are test/Applications/NAME.mlir.
APPLICATIONS = [
    ("dot-product", "dot product, 2^20", dot_product, 173049),
    ("tpch-q6", "TPC-H query 6, 2^20 rows", tpch_q6, 343067),
    ("outer-product", "outer product, 4096 x 4096", outer_product, 1443625),
    ("black-scholes", "Black-Scholes, 2^20 options", black_scholes, 919818),
    ("spmv-ell", "sparse matrix-vector, 16,384 rows of 64", spmv_ell, 275923),
    ("gda", "GDA, 4,096 samples of 128", gda, 544112),
    ("gemm", "GEMM 512^3", gemm, 618358),
]


def run(name, make, arch, folder):
    """Statistics of the run, and its result's largest error relative to the largest magnitude."""
    inputs, expected = make(np.random.default_rng(1))
    command = [os.path.join(os.environ.get("JACQUARD_BUILD_DIR", f"{ROOT}/build"), "bin/jacquard"), "run",
               f"{ROOT}/test/Applications/{name}.mlir", "--arch", arch, "--stats", f"{folder}/stats.json", "--output-dir", folder]
    for number, value in enumerate(inputs):
        np.save(f"{folder}/arg{number}.npy", value)
        command += ["--input", f"arg{number}={folder}/arg{number}.npy"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(f"{folder}/stats.json", encoding="utf-8") as file:
        return json.load(file), np.max(abs(np.load(f"{folder}/result0.npy") - expected)) / np.max(abs(expected))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="those to run (default: all)")
    parser.add_argument("--arch", default="plasticine")
    options = parser.parse_args()
    unknown = set(options.names) - {name for name, *_ in APPLICATIONS}
    if unknown:
        parser.error(f"no application '{sorted(unknown)[0]}'; expected one of {', '.join(name for name, *_ in APPLICATIONS)}")
    print("| application | published | cycles | published / ours | limit | % of limit | % of DRAM peak | % of FU peak | largest error |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    wrong = False
    for name, title, make, published in APPLICATIONS:
        if options.names and name not in options.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            stats, error = run(name, make, options.arch, folder)
        cycles, limit = stats["cycles"], stats["limit"]
        print(f"| {title} | {published:,} | {cycles:,} | {published / cycles:.2f} | {limit['cycles']:,.0f} | "
              f"{limit['percent_reached']:.1f} | {stats['dram']['percent_of_peak']:.1f} | "
              f"{stats['multiply_adds']['percent_of_peak']:.1f} | {error:.1e} |", flush=True)
        wrong |= not error < 1e-3
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
