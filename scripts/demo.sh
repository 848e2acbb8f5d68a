#!/usr/bin/env bash
# Installs what is missing, builds, compiles the digits CNN, simulates held-back test images on the fabric, and prints how that went.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${JACQUARD_BUILD_DIR:-$root/build}
model=$root/test/models/digits_cnn
images=300

"$root/scripts/setup.sh"
"$root/scripts/build.sh" jacquard
out=$build/demo
mkdir -p "$out"

echo "demo: compiling $(basename "$model") for a batch of $images images"
"$build/bin/jacquard" compile "$model/model.onnx" --dim batch=$images -o "$out/digits_cnn.jbit" \
  --floorplan "$out/floorplan.svg"
echo "demo: simulating"
input=$("$build/bin/jacquard" inspect --json "$out/digits_cnn.jbit" |
  /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)["inputs"][0]["name"])')
/usr/bin/python3 "$root/scripts/demo_result.py" slice "$model/images.npy" $images "$out/images.npy"
"$build/bin/jacquard" run "$out/digits_cnn.jbit" --input "$input=$out/images.npy" --output-dir "$out" \
  --stats="$out/stats.json" >"$out/run.txt"
/usr/bin/python3 "$root/scripts/demo_result.py" show "$model" $images "$out"
