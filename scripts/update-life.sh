#!/usr/bin/env bash
# Rewrites the golden life of test/Life: every stage from the file of the stage before it. Read the diff before committing it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
jacquard=${JACQUARD_BUILD_DIR:-$root/build}/bin/jacquard
cd "$root/test/Life/Inputs"

"$jacquard" compile 00-model.onnxtxt --arch=tiny --until=import -o 10-import.mlir
previous=10-import.mlir
number=20
for stage in pat pipe fabric partition place route; do
  "$jacquard" compile $previous --arch=tiny --until=$stage -o $number-$stage.mlir
  previous=$number-$stage.mlir
  number=$((number + 10))
done
bits=$(mktemp --suffix=.jbit)
trap 'rm -f "$bits"' EXIT
"$jacquard" compile $previous --arch=tiny -o "$bits" >/dev/null
"$jacquard" inspect --disassemble "$bits" >80-bits.txt
"$jacquard" run "$bits" >90-sim.txt
