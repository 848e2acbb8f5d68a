#!/usr/bin/env bash
# test.sh [--all-nodes] - install what is missing, build, run every test
#
# Three groups: the lit suite of test/ with the unit tests in it, whole models, and cases for single ONNX operators. Of the
# operator cases a fixed spread is run, with --all-nodes every one. Where ../shared exists its models and cases run too.
# The last line is `N passed, N failed, N skipped`; the exit code is not 0 when anything failed. JACQUARD_BUILD_DIR names
# the build folder (default build/); reports are left in its test-results/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${JACQUARD_BUILD_DIR:-build}

spread=4
case "${1:-}" in
"") ;;
--all-nodes) spread=1 ;;
*) echo "usage: scripts/test.sh [--all-nodes]" >&2 && exit 2 ;;
esac

scripts/setup.sh
scripts/build.sh

results=$build/test-results
rm -rf "$results" && mkdir -p "$results"
jobs=$(nproc)

echo "test: lit and unit tests"
timeout 1500 /usr/bin/python3 /usr/lib/llvm-22/bin/lit -s -v -j "$jobs" -o "$results/lit.json" "$build/test" || true

# run_cases NAME TARGET ARCH FOLDER...: folders in the ONNX backend test layout, each case in a process of its own. A run
# that breaks off leaves its report empty, which counts as one failure.
run_cases() {
  local name=$1 target=$2 arch=$3
  shift 3
  echo "test: $name: $# folders, target $target, $arch"
  : >"$results/$name.json"
  "$build/bin/jacquard" test --target="$target" --arch="$arch" --jobs "$jobs" --timeout 240 --json "$results/$name.json" \
    "$@" >"$results/$name.txt" 2>"$results/$name.err" || true
  grep '^failed' "$results/$name.txt" | cut -c1-240 || true
  tail -n 1 "$results/$name.txt"
}

# cases FOLDER STEP: every STEP-th case; `_expanded` cases repeat another one through the definition of its operator.
cases() {
  find "$1" -mindepth 1 -maxdepth 1 -type d ! -name '*_expanded*' | LC_ALL=C sort | awk -v step="$2" 'NR % step == 0 || step == 1'
}

models=(test/models/*/)
for name in mnist mnist_lenet digits_mlp iris_mlp mlp_mnist embedding bert_tiny; do
  [ ! -d "../shared/models/$name" ] || models+=("../shared/models/$name")
done
run_cases models both plasticine "${models[@]}"
run_cases models-tiny sim tiny test/models/*/

run_nodes() {
  [ -d "$2" ] || return 0
  mapfile -t chosen < <(cases "$2" "$spread")
  run_cases "$1" both plasticine "${chosen[@]}"
  mapfile -t chosen < <(cases "$2" $((spread * 4)))
  run_cases "$1-tiny" sim tiny "${chosen[@]}"
}
run_nodes nodes-debian /usr/share/libonnx-testdata/data/node
run_nodes nodes-shared ../shared/onnx-backend/node

/usr/bin/python3 scripts/count_results.py "$results"/*.json
