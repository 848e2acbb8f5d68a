#!/usr/bin/env bash
# setup.sh [--sanitizers] - install the Debian packages that building and testing need; does nothing when all are there
#
# With --sanitizers also what the presets asan and fuzz link.
set -euo pipefail

packages=(
  g++ clang-22 lld-22 cmake ninja-build                      # compilers, linker, build
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools     # MLIR, lit, FileCheck
  libonnx-dev libprotobuf-dev protobuf-compiler              # model files
  libfmt-dev nlohmann-json3-dev libcli11-dev                 # small libraries
  libgtest-dev libonnx-testdata python3 binutils             # tests
)
[ "${1:-}" = --sanitizers ] && packages+=(libclang-rt-22-dev)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: these packages are missing and neither root nor sudo is at hand: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
