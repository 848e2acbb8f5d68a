#!/usr/bin/env python3
"""count_results.py FILE.json... - add up reports of lit and of `jacquard test`, print `N passed, N failed, N skipped`

A report that is empty or cannot be read stands for a run that broke off and counts as one failure.
"""
import json
import sys

PASSED = {"PASS", "FLAKYPASS", "XFAIL", "passed"}
SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED", "unsupported"}


def verdicts(path):
    """The verdict of every test in a report, as the tool that wrote it spells it."""
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError):
        print(f"'{path}' holds no report: its run broke off")
        return ["broken"]
    if isinstance(report, dict):
        return [test["code"] for test in report["tests"]]
    return [case["verdict"] for case in report]


def main():
    found = [verdict for path in sys.argv[1:] for verdict in verdicts(path)] or ["broken"]
    passed = sum(verdict in PASSED for verdict in found)
    skipped = sum(verdict in SKIPPED for verdict in found)
    failed = len(found) - passed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
