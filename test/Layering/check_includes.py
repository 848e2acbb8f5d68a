#!/usr/bin/env python3
"""check_includes.py SOURCE_DIR [TABLE] - compare every #include of the project with the layering table

Prints one line per include that the table does not allow and one per folder that it does not list; exit code 1 then.
"""
import os
import re
import sys

INCLUDE = re.compile(r'^\s*#?\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
SUFFIXES = (".h", ".cpp", ".td", ".def", ".in")


def read_table(path):
    """Folder -> set of allowed folders and <libraries>."""
    table = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                folder, allowed = line.split(":")
                table[folder.strip()] = set(allowed.split())
    return table


def layer_of(path):
    """The folder of the table that a path below lib/, include/jacquard/ or tools/ belongs to."""
    parts = path.split("/")
    depth = {"Dialect": 3, "Conversion": 2, "Target": 2}.get(parts[0], 1)
    if parts[:2] == ["Dialect", "Utils"]:  # belongs to no dialect, so it has no folders of its own
        depth = 2
    return "/".join(parts[:depth]).removesuffix(".h")


def source_files(root):
    """(layer, path) of every source file."""
    for top in ("lib", "include/jacquard", "tools"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name.endswith(SUFFIXES):
                    yield "tools" if top == "tools" else layer_of(os.path.relpath(path, os.path.join(root, top))), path


def needed(include):
    """What the table must list for an include; None for the standard library and files of the same folder."""
    if include.startswith("jacquard/"):
        return layer_of(include[len("jacquard/"):])
    return f"<{include.split('/')[0]}>" if "/" in include else None


def main():
    root = sys.argv[1]
    table = read_table(sys.argv[2] if len(sys.argv) > 2 else os.path.join(root, "cmake", "Layering.txt"))
    problems, checked = [], 0
    for layer, path in source_files(root):
        shown = os.path.relpath(path, root)
        if layer not in table:
            problems.append(f"{shown}: folder '{layer}' is not in the layering table")
            continue
        with open(path, encoding="utf-8") as file:
            for include in INCLUDE.findall(file.read()):
                checked += 1
                want = needed(include)
                if want not in (None, layer) and want not in table[layer]:
                    problems.append(f"{shown}: '{layer}' may not include '{include}'")
    print("\n".join(problems + [f"{checked} includes checked, {len(problems)} not allowed"]))
    return 1 if problems or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
