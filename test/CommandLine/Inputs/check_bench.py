"""check_bench.py FILE.json - whether a report of `jacquard bench` has all keys, and figures that agree with one another"""
import json
import statistics
import sys

ROW = {"model": str, "file": str, "status": str, "multiply_adds": int, "compulsory_bytes": int, "limit_cycles": float,
       "cycles": int, "percent_of_limit": float, "percent_of_fu_peak": float, "percent_of_dram_peak": float,
       "predicted_cycles": int, "compile_seconds": float, "stage_seconds": dict, "compile_peak_mebibytes": float,
       "simulation_seconds": float, "simulated_cycles_per_second": float, "correct": dict, "sections": list,
       "peak_mebibytes": float}
SECTION = {"name": str, "nodes": str, "bound": str, "runs": int, "cycles": int, "configuration_cycles": int,
           "predicted_cycles": int, "error_percent": (float, type(None)), "percent_of_fu_peak": float,
           "percent_of_dram_peak": float}
FAILED = {"model": str, "file": str, "status": str, "reason": str}


def check_keys(found, expected):
    assert set(found) == set(expected), set(found) ^ set(expected)
    for key, kind in expected.items():
        assert isinstance(found[key], kind), f"{key}: {found[key]!r}"


def check_row(row):
    if row["status"] == "failed":
        return check_keys(row, FAILED)
    check_keys(row, ROW)
    for section in row["sections"]:
        check_keys(section, SECTION)
    assert row["cycles"] == sum(section["cycles"] for section in row["sections"])
    assert row["predicted_cycles"] == sum(section["predicted_cycles"] for section in row["sections"])
    assert abs(row["percent_of_limit"] * row["cycles"] / 100 - row["limit_cycles"]) < 1e-6 * row["cycles"]
    assert 0 < row["percent_of_limit"] <= 100 and row["percent_of_dram_peak"] <= 100
    assert 0 < row["compile_peak_mebibytes"] <= row["peak_mebibytes"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    for row in report["models"]:
        check_row(row)
    simulated = [row for row in report["models"] if row["status"] != "failed"]
    summary = report["summary"]
    assert summary["models"] == len(report["models"]) and summary["simulated"] == len(simulated)
    mean = statistics.geometric_mean([row["percent_of_limit"] for row in simulated])
    assert abs(mean - summary["geometric_mean_percent_of_limit"]) < 1e-9
    print(f"{len(simulated)} rows agree")


main()
