#!/usr/bin/env bash
# demo.sh - install what is missing, build, compile the digits CNN, simulate 360 held-back images, show how that went
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${JACQUARD_BUILD_DIR:-build}
model=test/models/digits_cnn
images=360 # all that were held back from training

scripts/setup.sh
scripts/build.sh jacquard

out=$build/demo
rm -rf "$out" && mkdir -p "$out"
echo "demo: compiling, placing and routing $model for a batch of $images images"
"$build/bin/jacquard" compile $model/model.onnx --dim batch=$images -o "$out/digits_cnn.jbit" --floorplan "$out/floorplan.svg"
echo "demo: simulating the bitstream cycle by cycle"
"$build/bin/jacquard" run "$out/digits_cnn.jbit" --input image=$model/images.npy --output-dir "$out" \
  --stats="$out/stats.json" >"$out/report.txt"
echo
/usr/bin/python3 scripts/compare_predictions.py $model "$out"
echo "report of the run        $(realpath "$out")/report.txt"
