#!/usr/bin/env python3
"""Draws how a model is mapped: PREFIX-floorplan.svg, of its largest section, and PREFIX-timeline.svg, what its units did when.

  scripts/draw_mapping.py MODEL PREFIX [OPTION...]      OPTIONs are those of `jacquard run`; needs a build

The timeline has a row for each unit of the longest section: how busy it was in each part of the run (`--trace`), and beside it where
all its cycles went (`--stats`). Standard output is that of the run.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JACQUARD = os.path.join(os.environ.get("JACQUARD_BUILD_DIR", f"{ROOT}/build"), "bin/jacquard")

ROW, GAP, LEFT, TOP = 6, 14, 110, 64  # pixels
BINS, BIN, BARS = 240, 3, 200  # parts of the run, their width, width of the bars of cycles
SHADES = [(0.05, "#cfe2ff"), (0.35, "#8fb8ee"), (0.65, "#4f86cf"), (0.9, "#1f4f96")]  # busy from this share on
CLASSES = {"busy": "#1f4f96", "starved": "#e8e4da", "blocked": "#e0a33e", "bank_conflict": "#b3264a", "dram_wait": "#c77a1e",
           "control": "#6b4fb3", "configuration": "#6b7280", "idle": "#ffffff"}
KINDS = {"compute": "compute units", "memory": "memory units", "dram": "DRAM ports"}


def busy_shares(trace, section):
    """For every unit of the section: the share of each bin in which it was busy."""
    spans = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    run = next(event["args"] for event in spans if event["name"] == section and event["pid"] == 1)
    begin, width = run["begin_cycle"], max(1, run["cycles"] / BINS)
    shares = collections.defaultdict(lambda: [0.0] * BINS)
    for event in spans:
        what = event["args"]
        if what.get("section") != section or "unit" not in what or not begin <= what["begin_cycle"] < begin + run["cycles"]:
            continue
        first, last = what["begin_cycle"] - begin, what["begin_cycle"] - begin + what["cycles"]
        density = what["active_cycles"] / max(1, what["cycles"])
        for part in range(int(first / width), min(BINS, int(last / width) + 1)):
            overlap = min(last, (part + 1) * width) - max(first, part * width)
            shares[what["unit"]][part] += density * max(0, overlap) / width
    return shares


def rows_of(units):
    """Units from top to bottom by kind and number, with their heights on the page, and a heading for each kind."""
    rows, headings, y = [], [], TOP
    for kind, title in KINDS.items():
        members = sorted((unit for unit in units if unit["site"].startswith(kind)),
                         key=lambda unit: [int(part) if part.isdigit() else -1 for part in unit["name"].split(".")])
        if not members:
            continue
        headings.append((y, f"{len(members)} {title}"))
        for unit in members:
            rows.append((y, unit))
            y += ROW
        y += GAP
    return rows, headings, y


def strokes(colour, segments):
    path = "".join(f"M{x:g} {y + ROW / 2:g}h{width:g}" for x, y, width in segments)
    return f'<path stroke="{colour}" d="{path}"/>\n' if path else ""


def draw_busy(rows, shares):
    segments = collections.defaultdict(list)
    for y, unit in rows:
        row = shares.get(unit["name"], [0.0] * BINS)
        shade = [sum(value >= least for least, _ in SHADES) for value in row]
        start = 0
        for part in range(1, BINS + 1):
            if part == BINS or shade[part] != shade[start]:
                segments[shade[start]].append((LEFT + BIN * start, y, BIN * (part - start)))
                start = part
    return "".join(strokes(colour, segments[i + 1]) for i, (_, colour) in enumerate(SHADES))


def draw_bars(rows, cycles, x):
    segments = collections.defaultdict(list)
    for y, unit in rows:
        at = x
        for name in CLASSES:
            width = round(BARS * unit["cycles"][name] / cycles, 1)
            if width > 0:
                segments[name].append((at, y, width))
            at = round(at + width, 1)
    return "".join(strokes(colour, segments[name]) for name, colour in CLASSES.items() if name != "idle")


def legend(y, x):
    text, at = "", LEFT
    for least, colour in SHADES:
        text += f'<rect x="{at}" y="{y}" width="12" height="12" fill="{colour}"/><text x="{at + 16}" y="{y + 10}">&#8805; {least:.0%} busy</text>\n'
        at += 110
    at = x
    for number, (name, colour) in enumerate(CLASSES.items()):
        row, column = number // 3, number % 3
        text += (f'<rect x="{at + 90 * column}" y="{y + 16 * row}" width="12" height="12" fill="{colour}" stroke="#999" stroke-width="0.5"/>'
                 f'<text x="{at + 16 + 90 * column}" y="{y + 10 + 16 * row}">{name.replace("_", " ")}</text>\n')
    return text


def timeline(title, trace, section):
    shares = busy_shares(trace, section["name"])
    rows, headings, below = rows_of(section["units"])
    x = LEFT + BIN * BINS + 24
    width, height = x + BARS + 80, below + 60
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
           f'font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#333">\n<rect width="100%" height="100%" fill="#fcfcfa"/>\n'
           f'<text x="16" y="24" font-size="16" font-weight="bold">{escape(title)}: {escape(section["name"])}</text>\n'
           f'<text x="{LEFT}" y="{TOP - 10}">when it was busy, in {section["cycles"]:,} cycles</text>\n'
           f'<text x="{x}" y="{TOP - 10}">where its cycles went</text>\n')
    svg += "".join(f'<text x="16" y="{y + 10}">{text}</text>\n' for y, text in headings)
    svg += f'<g fill="none" stroke-width="{ROW - 1}">\n{draw_busy(rows, shares)}{draw_bars(rows, section["cycles"], x)}</g>\n'
    return svg + legend(below, x) + "</svg>\n"


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    model, prefix, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/model.jbit"
        path = os.path.abspath(model)
        title = os.path.basename(os.path.dirname(path) if os.path.basename(path) == "model.onnx" else path)
        subprocess.run([JACQUARD, "compile", path, "-o", program, "--floorplan", f"{folder}/floorplan.svg"] + options,
                       check=True, stdout=subprocess.DEVNULL)
        with open(f"{folder}/floorplan.svg", encoding="utf-8") as file:
            floorplan = file.read().replace(escape(path), escape(title))
        subprocess.run([JACQUARD, "run", program, "--trace", f"{folder}/trace.json", "--stats", f"{folder}/stats.json"], check=True)
        with open(f"{folder}/trace.json", encoding="utf-8") as file:
            trace = json.load(file)
        with open(f"{folder}/stats.json", encoding="utf-8") as file:
            stats = json.load(file)
    section = max(stats["sections"], key=lambda section: section["cycles"])
    for name, svg in [("floorplan", floorplan), ("timeline", timeline(title, trace, section))]:
        with open(f"{prefix}-{name}.svg", "w", encoding="utf-8") as file:
            file.write(svg)


if __name__ == "__main__":
    main()
