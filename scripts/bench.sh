#!/usr/bin/env bash
# bench.sh [--generated FOLDER] [OPTION...] - run `jacquard bench` on the suite; OPTIONs are handed on. Needs a build.
# The suite: the repo's own models, those in ../shared/models where that exists, and with --generated the folders of
# large networks that ../shared/models/generate.py FOLDER has written.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${JACQUARD_BUILD_DIR:-$root/build}
generated=
if [ "${1:-}" = --generated ]; then
  generated=${2:?expected the folder that generate.py has written}
  shift 2
fi

models=("$root"/test/models/*/)
for name in squeezenet1_1 unet lstm_bi2 ppocr_det stories260K_decode mlp_mnist embedding bert_tiny; do
  model=$root/../shared/models/$name
  [ -f "$model/model.onnx" ] && models+=("$model")
done
if [ -n "$generated" ]; then
  for name in gemm_512 gemm_1024 gemm_2048 mlp_784_b64 dlrm_mlps_b128 encoder_tiny encoder_minilm mobilenet_v2 resnet18 \
    resnet50 resnet50_b4 gpt2_decode; do
    [ -f "$generated/$name/model.onnx" ] && models+=("$generated/$name")
  done
fi
exec "$build/bin/jacquard" bench "$@" "${models[@]}"
