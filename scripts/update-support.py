#!/usr/bin/env python3
"""Writes docs/OnnxSupport.md: which operators are supported, and which backend test cases pass on host and fabric.

  scripts/update-support.py FOLDER...                run `jacquard test` over the folders, for either target, and write
  scripts/update-support.py --outcomes HOST SIM      write from outcomes that `jacquard test --json` recorded

The operators are the rows of the importer's tables (lib/Import/Onnx); the outcomes are those of the cases.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGETS = ("host", "fabric")
ROW = re.compile(r'\{"(\w+)", (\d+), (newest|\d+), [^{}]*?(?:, (?:"([\w.]+)"|(\w*[dD]omain)))?\}')


def read_rows():
    """(domain, operator) -> versions as text, from the tables of the importer."""
    rows = collections.defaultdict(list)
    folder = ROOT / "lib/Import/Onnx"
    domains = {}  # constants that name a domain
    for path in sorted(folder.iterdir()):
        domains.update(re.findall(r'const char \*(\w+) = "([\w.]+)"', path.read_text()))
    for path in sorted(folder.glob("*.cpp")):
        for table in re.findall(r"static const Operator table\[\] = \{(.*?)\n  \};", path.read_text(), re.S):
            for op, since, until, domain, constant in ROW.findall(table):
                rows[domain or domains.get(constant, "ai.onnx"), op].append((int(since), until))
    def text(since, until):
        return f"{since}+" if until == "newest" else f"{since}" if int(until) == since else f"{since}-{until}"
    return {key: ", ".join(text(*row) for row in sorted(versions)) for key, versions in rows.items()}


def run_cases(folders, target, jobs):
    tool = pathlib.Path(os.environ.get("JACQUARD_BUILD_DIR", ROOT / "build")) / "bin/jacquard"
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [tool, "test", *folders, f"--target={target}", f"--jobs={jobs}", f"--json={file.name}"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = pathlib.Path(file.name).read_text()
    if not text:
        sys.exit(f"error: '{' '.join(map(str, command))}' wrote no outcomes")
    return json.loads(text)


def case_name(outcome):
    return pathlib.PurePath(outcome["case"]).name


def operator_of(outcome):
    """The operator that a case is about: the one of its nodes whose name the case's name resembles most."""
    name = case_name(outcome).replace("_", "").lower()
    best = None
    for use in outcome["operators"]:
        domain, op, version = use.rsplit(":", 2)
        quality = len(op) if op.lower() in name else 0
        if best is None or quality > best[0]:
            best = (quality, (domain, op, int(version)))
    return best[1] if best else None


def percent(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "0"


def write_summary(out, outcomes):
    out.append("| cases | " + " | ".join(TARGETS) + " |\n|---|" + "---:|" * len(TARGETS))
    for title, chosen in (("with tensors only at inputs and outputs", lambda one: one["tensor_only"]),
                          ("all", lambda one: True)):
        cells = []
        for target in TARGETS:
            cases = [one for one in outcomes[target] if chosen(one)]
            cells.append(percent(sum(one["verdict"] == "passed" for one in cases), len(cases)))
        out.append(f"| {title} | " + " | ".join(cells) + " |")


def write_operators(out, outcomes, rows):
    counts = collections.defaultdict(lambda: {target: [0, 0] for target in TARGETS})
    for target in TARGETS:
        for outcome in outcomes[target]:
            if operator := operator_of(outcome):
                count = counts[operator][target]
                count[0] += outcome["verdict"] == "passed"
                count[1] += 1
    tried = {key[:2] for key in counts}
    out.append("| operator | imported versions | tried at opset | host | fabric |\n|---|---|---:|---:|---:|")
    for domain, op in sorted(tried | set(rows)):
        name = op if domain == "ai.onnx" else f"{domain}.{op}"
        versions = rows.get((domain, op), "by its definition, or none")
        uses = sorted(key for key in counts if key[:2] == (domain, op))
        if not uses:
            out.append(f"| {name} | {versions} | | | |")
        for key in uses:
            cells = [f"{passed}/{total}" for passed, total in (counts[key][target] for target in TARGETS)]
            out.append(f"| {name} | {versions} | {key[2]} | " + " | ".join(cells) + " |")


def write_failures(out, outcomes):
    for target in TARGETS:
        groups = collections.defaultdict(list)
        for outcome in outcomes[target]:
            if outcome["verdict"] != "passed":
                # The first of several reasons; paths are not the reader's.
                reason = re.sub(r"'[^']*/", "'", outcome["detail"]).split("\n")[0] or outcome["verdict"]
                groups[outcome["verdict"], reason].append(case_name(outcome))
        out.append(f"\n## Cases that do not pass on {'the host' if target == 'host' else 'the fabric'}\n")
        if not groups:
            out.append("None.")
        for (verdict, reason), names in sorted(groups.items()):
            out.append(f"- {verdict}: {reason.replace('<', '&lt;').replace('|', chr(92) + '|')}: " +
                       ", ".join(f"`{name}`" for name in sorted(names)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", help="folders in the ONNX backend test layout")
    parser.add_argument("--outcomes", nargs=2, metavar=("HOST", "SIM"), help="files of jacquard test --json")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-o", "--output", default=ROOT / "docs/OnnxSupport.md")
    args = parser.parse_args()
    if bool(args.folders) == bool(args.outcomes):
        parser.error("give folders, or --outcomes")
    if args.outcomes:
        outcomes = {target: json.loads(pathlib.Path(file).read_text()) for target, file in zip(TARGETS, args.outcomes)}
    else:
        outcomes = {"host": run_cases(args.folders, "host", args.jobs), "fabric": run_cases(args.folders, "sim", args.jobs)}
    out = ["# ONNX support\n\nWritten by `scripts/update-support.py`; do not edit. The cases are ONNX's backend test "
           "data; a case is counted for\nthe operator that it is named after, at the version of the operator set that it "
           "imports.\n"]
    write_summary(out, outcomes)
    out.append("\n## Operators\n\nVersions are those of the operator set (`13+`: 13 and newer). `passed/tried` per target. "
               "An operator without a row of its\nown in the importer is expanded by the definition that ONNX gives.\n")
    write_operators(out, outcomes, read_rows())
    write_failures(out, outcomes)
    pathlib.Path(args.output).write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
