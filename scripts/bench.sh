#!/usr/bin/env bash
# Prints the table of docs/Performance.md: the repo's own models and, where ../shared exists, the goal models. Needs a build.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${JACQUARD_BUILD_DIR:-$root/build}
arch=${1:-plasticine}
models=()
for model in "$root"/test/models/*/model.onnx; do
  models+=("$model")
done
for name in mnist mnist_lenet digits_mlp iris_mlp mlp_mnist embedding bert_tiny; do
  model=$root/../shared/models/$name/model.onnx
  [ -f "$model" ] && models+=("$model")
done
"$build/bin/jacquard" bench --arch "$arch" --dim batch=300 --dim unk__314=1 "${models[@]}"
