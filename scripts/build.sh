#!/usr/bin/env bash
# build.sh [TARGET...] - configure the build folder when it is new, then build (everything, or the targets given)
#
# JACQUARD_BUILD_DIR names the folder (default build/). CXX chooses the compiler; the default is clang++-22, which compiles
# faster, and the system's where that is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${JACQUARD_BUILD_DIR:-build}

if [ ! -f "$build/build.ninja" ]; then
  options=()
  if [ -z "${CXX:-}" ] && command -v clang++-22 >/dev/null; then
    options+=(-DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22)
  fi
  if command -v ccache >/dev/null; then
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  echo "build: configuring $build"
  cmake --preset release -B "$build" "${options[@]}" >/dev/null
fi
echo "build: compiling in $build"
ninja -C "$build" -j "$(nproc)" --quiet "$@"
