#!/usr/bin/env python3
"""Looks for models that take more cycles on more of a machine, or with more effort. Needs a build.

  scripts/monotony.py [--ladder NAME]... MODEL...       MODELs as for `jacquard bench`

A ladder varies one thing of `plasticine`: rows, columns, DRAM channels (with their bandwidth), bytes of a scratchpad bank, DRAM ports,
or -O. Prints each step from rung to rung that costs more than 3 % and 30 cycles, as a Markdown table, and how many steps there were.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JACQUARD = os.path.join(os.environ.get("JACQUARD_BUILD_DIR", f"{ROOT}/build"), "bin/jacquard")
LADDERS = {"rows": [4, 8, 12, 16], "columns": [8, 16, 24, 32], "channels": [1, 2, 4, 8],
           "bank_bytes": [4096, 8192, 16384, 32768, 65536], "ports": [20, 34, 50], "effort": [0, 1, 2, 3]}


def machine(ladder, rung):
    """The text of `plasticine` with one thing changed."""
    with open(f"{ROOT}/lib/Arch/presets/plasticine.textproto", encoding="utf-8") as file:
        text = file.read()
    fields = {"effort": {}, "ports": {r"dram_port \{\s*count": rung},
              "channels": {r"\bchannels": rung, r"\bbytes_per_cycle": 12.8 * rung}}.get(ladder, {rf"\b{ladder}": rung})
    for field, value in fields.items():
        text, count = re.subn(rf"({field}:) [^ \n]+", rf"\g<1> {value}", text, count=1)
        assert count == 1, field
    return text


def measure(ladder, rung, models, folder):
    """Cycles, simulated and predicted, by model; None for one that fails."""
    path = f"{folder}/machine.textproto"
    with open(path, "w", encoding="utf-8") as file:
        file.write(machine(ladder, rung))
    effort = rung if ladder == "effort" else 2
    command = [JACQUARD, "bench", "--arch", path, f"-O{effort}", "--json", f"{folder}/bench.json"] + models
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    with open(f"{folder}/bench.json", encoding="utf-8") as file:
        return [(m["model"], (m["cycles"], m["predicted_cycles"]) if m["status"] == "ok" else None) for m in json.load(file)["models"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ladder", action="append", choices=list(LADDERS), help="those to climb (default: all)")
    parser.add_argument("models", nargs="+", metavar="MODEL")
    options = parser.parse_args()
    print("| ladder | model | from | to | cycles | | rise % | predicted | |\n|---|---|--:|--:|--:|--:|--:|--:|--:|")
    steps = rises = 0
    with tempfile.TemporaryDirectory() as folder:
        for ladder in options.ladder or LADDERS:
            rungs = [(rung, measure(ladder, rung, options.models, folder)) for rung in LADDERS[ladder]]
            for (low, before), (high, after) in zip(rungs, rungs[1:]):
                for (model, a), (_, b) in zip(before, after):
                    steps += 1
                    if a and (not b or b[0] > 1.03 * a[0] + 30):
                        rises += 1
                        to = f"{b[0]} | {100 * (b[0] / a[0] - 1):.1f} | {a[1]} | {b[1]}" if b else f"fails | | {a[1]} |"
                        print(f"| {ladder} | {model} | {low} | {high} | {a[0]} | {to} |", flush=True)
    print(f"\n{rises} of {steps} steps rise")
    return 1 if rises else 0


if __name__ == "__main__":
    sys.exit(main())
