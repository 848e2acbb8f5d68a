#!/usr/bin/env bash
# Configures and builds Jacquard in build/ (or $JACQUARD_BUILD_DIR). Further arguments go to ninja.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${JACQUARD_BUILD_DIR:-$root/build}

if [ ! -f "$build/build.ninja" ]; then
  compiler=()
  command -v clang++-22 >/dev/null && compiler=(-DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22)
  command -v ccache >/dev/null && compiler+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  echo "build: configuring $build"
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "${compiler[@]}" >"$build.configure.log" 2>&1 ||
    { cat "$build.configure.log"; exit 1; }
  rm -f "$build.configure.log"
fi
echo "build: compiling"
ninja -C "$build" --quiet "$@"
