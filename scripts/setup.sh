#!/usr/bin/env bash
# Installs the Debian packages that Jacquard needs, when some are missing. Needs root or sudo for that, and nothing else.
set -euo pipefail

packages=(
  cmake ninja-build python3 clang-22 lld-22 g++          # build
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools # MLIR, lit, FileCheck
  libonnx-dev libprotobuf-dev protobuf-compiler          # models
  libfmt-dev libgtest-dev nlohmann-json3-dev libcli11-dev
  libonnx-testdata                                       # conformance cases for the tests
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "setup: installing ${missing[*]}"
run=()
[ "$(id -u)" -eq 0 ] || run=(sudo)
"${run[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "setup: done"
