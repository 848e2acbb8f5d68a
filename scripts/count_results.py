#!/usr/bin/env python3
"""Adds up the results of scripts/test.sh and prints "N passed, N failed, N skipped".

Reads lit.json (lit's own report, GoogleTest cases itemised) and models-*.json (`jacquard test --json`) in the folder given.
Exits with 1 when something failed or a report is missing.
"""
import glob
import json
import os
import sys

PASSED = {"PASS", "XFAIL", "FLAKYPASS", "passed"}
SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED", "unsupported"}


def main(folder):
    passed = failed = skipped = 0
    lit = os.path.join(folder, "lit.json")
    codes = []
    if os.path.exists(lit):
        with open(lit) as report:
            codes += [test["code"] for test in json.load(report)["tests"]]
    else:
        print("error: lit wrote no report", file=sys.stderr)
        failed += 1
    for name in sorted(glob.glob(os.path.join(folder, "models-*.txt"))):
        report = name[: -len(".txt")] + ".json"
        if not os.path.exists(report):
            print(f"error: {os.path.basename(name)}: the model runs wrote no report", file=sys.stderr)
            failed += 1
            continue
        with open(report) as outcomes:
            codes += [outcome["verdict"] for outcome in json.load(outcomes)]
    for code in codes:
        if code in PASSED:
            passed += 1
        elif code in SKIPPED:
            skipped += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
