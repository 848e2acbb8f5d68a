#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: lit with the GoogleTest binaries, then the model runs on host and simulator.
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only without failures.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${JACQUARD_BUILD_DIR:-$root/build}
shared=$root/../shared
jobs=$(nproc)

"$root/scripts/setup.sh"
"$root/scripts/build.sh"

results=$build/test-results
rm -rf "$results"
mkdir -p "$results"

echo "test: lit and GoogleTest"
lit=$(PATH=/usr/lib/llvm-22/bin:$PATH command -v lit || echo /usr/lib/llvm-22/build/utils/lit/lit.py)
/usr/bin/python3 "$lit" -s --verbose -j "$jobs" -o "$results/lit.json" "$build/test" "$build/test/unit" || true

# Model runs: NAME, then the arguments of `jacquard test`. Unsupported cases count as skipped.
run_models() {
  local name=$1
  shift
  echo "test: models: $name"
  "$build/bin/jacquard" test --jobs "$jobs" --json "$results/models-$name.json" "$@" >"$results/models-$name.txt" \
    2>"$results/models-$name.err" || true
  grep -E '^failed' "$results/models-$name.txt" || true
  tail -n 1 "$results/models-$name.txt"
}

# Every n-th node case of a folder of cases.
spread() {
  find "$1" -mindepth 1 -maxdepth 1 -type d | sort | awk -v n="$2" 'NR % n == 1'
}

run_models own --target=both "$root"/test/models/*/
run_models own-tiny --target=sim --arch=tiny "$root"/test/models/*/
testdata=/usr/share/libonnx-testdata/data/node
if [ -d "$testdata" ]; then
  mapfile -t cases < <(spread "$testdata" 4)
  run_models node-1.12 --target=both "${cases[@]}"
fi
if [ -d "$shared/models" ]; then
  goals=()
  for model in mnist mnist_lenet digits_mlp iris_mlp mlp_mnist embedding bert_tiny; do
    goals+=("$shared/models/$model")
  done
  run_models shared --target=both "${goals[@]}"
  run_models shared-tiny --target=sim --arch=tiny "${goals[@]}"
  run_models node --target=both "$shared/onnx-backend/node"
  mapfile -t cases < <(spread "$shared/onnx-backend/node" 5)
  run_models node-tiny --target=sim --arch=tiny "${cases[@]}"
fi

/usr/bin/python3 "$root/scripts/count_results.py" "$results"
