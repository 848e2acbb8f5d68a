#!/usr/bin/env python3
"""check_descriptions.py SOURCE_DIR - every op and pass definition says in one line what it is and then why or how

Prints one line per definition without `summary` or `description`; exit code 1 then.
"""
import os
import re
import sys

FIELDS = ("summary", "description")
DEFINITION = re.compile(r"^def\s+(\w+)\s*:\s*(\w+)<", re.MULTILINE)


def definitions(text):
    """(name, base class, text up to the closing brace at the left margin)."""
    starts = list(DEFINITION.finditer(text))
    ends = [match.start() for match in re.finditer(r"^(def|class|multiclass|defm|let|\})", text, re.MULTILINE)] + [len(text)]
    for match in starts:
        yield match.group(1), match.group(2), text[match.start():min(end for end in ends if end > match.start())]


def main():
    root, checked, problems = sys.argv[1], 0, []
    for folder, _, names in os.walk(os.path.join(root, "include", "jacquard")):
        for name in sorted(names):
            if not name.endswith(".td"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            for definition, base, body in definitions(text):
                if not base.endswith(("Op", "Pass")):
                    continue
                checked += 1
                problems += [f"{name}: '{definition}' has no {field}" for field in FIELDS if f"let {field} =" not in body]
    print("\n".join(problems + [f"{checked} definitions checked, {len(problems)} fields missing"]))
    return 1 if problems or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
