// FmaRun.cpp - multiply-adds of many firings in a row, with the accumulators in registers of the host
#include "Word.h"

#include "jacquard/Sim/Evaluate.h"

#include <algorithm>
#include <array>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace jacquard::sim {
namespace {

template <typename W> void runPlainly(const FmaRun<W> &run) {
  Kernel<W> fma = kernelOf<W>(Opcode::Fma);
  std::array<W, laneBlock> factor, sum;
  for (unsigned i = 0; i < run.firings; ++i)
    for (unsigned r = 0; r < run.rows; ++r) {
      factor.fill(run.a[i][r]);
      W *row = run.result + r * run.stride;
      for (unsigned lane = 0; lane < run.lanes; lane += laneBlock) {
        fma(sum.data(), factor.data(), run.b[i] + lane, row + lane, laneBlock);
        std::copy_n(sum.data(), std::min(laneBlock, run.lanes - lane), row + lane);
      }
    }
}

#if defined(__x86_64__)
#define IN_HARDWARE __attribute__((target("avx2,fma")))

// A block of 32 bytes, of either word.
IN_HARDWARE inline __m256 loadBlock(const uint32_t *words) { return _mm256_loadu_ps((const float *)words); }
IN_HARDWARE inline __m256d loadBlock(const uint64_t *words) { return _mm256_loadu_pd((const double *)words); }
IN_HARDWARE inline __m256 spread(const uint32_t *word) { return _mm256_broadcast_ss((const float *)word); }
IN_HARDWARE inline __m256d spread(const uint64_t *word) { return _mm256_broadcast_sd((const double *)word); }
IN_HARDWARE inline __m256 fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
IN_HARDWARE inline __m256d fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
IN_HARDWARE inline void storeBlock(uint32_t *words, __m256 block) { _mm256_storeu_ps((float *)words, block); }
IN_HARDWARE inline void storeBlock(uint64_t *words, __m256d block) { _mm256_storeu_pd((double *)words, block); }

template <typename W> constexpr unsigned blockWords = 32 / sizeof(W);
template <typename W> using Block = decltype(loadBlock((const W *)nullptr));

/// `Rows` rows from `row` on, `Blocks` blocks from word `lane` on.
template <typename W, unsigned Rows, unsigned Blocks>
IN_HARDWARE void runTile(const FmaRun<W> &run, unsigned row, unsigned lane) {
  W *result = run.result + row * run.stride + lane;
  Block<W> sums[Rows][Blocks];
  for (unsigned r = 0; r < Rows; ++r)
    for (unsigned k = 0; k < Blocks; ++k)
      sums[r][k] = loadBlock(result + r * run.stride + k * blockWords<W>);
  for (unsigned i = 0; i < run.firings; ++i) {
    Block<W> b[Blocks];
    for (unsigned k = 0; k < Blocks; ++k)
      b[k] = loadBlock(run.b[i] + lane + k * blockWords<W>);
    for (unsigned r = 0; r < Rows; ++r) {
      Block<W> a = spread(run.a[i] + row + r);
      for (unsigned k = 0; k < Blocks; ++k)
        sums[r][k] = fma(a, b[k], sums[r][k]);
    }
  }
  for (unsigned r = 0; r < Rows; ++r)
    for (unsigned k = 0; k < Blocks; ++k) {
      unsigned first = k * blockWords<W>;
      W *to = result + r * run.stride + first;
      if (lane + first + blockWords<W> <= run.lanes) {
        storeBlock(to, sums[r][k]);
        continue;
      }
      W words[blockWords<W>];
      storeBlock(words, sums[r][k]);
      for (unsigned l = 0; lane + first + l < run.lanes; ++l)
        to[l] = words[l];
    }
}

/// As many rows at a time as there are registers for.
template <typename W, unsigned Blocks> IN_HARDWARE void runBlocks(const FmaRun<W> &run, unsigned lane) {
  constexpr unsigned most = 6;
  unsigned row = 0;
  for (; row + most <= run.rows; row += most)
    runTile<W, most, Blocks>(run, row, lane);
  switch (run.rows - row) {
  case 1:
    return runTile<W, 1, Blocks>(run, row, lane);
  case 2:
    return runTile<W, 2, Blocks>(run, row, lane);
  case 3:
    return runTile<W, 3, Blocks>(run, row, lane);
  case 4:
    return runTile<W, 4, Blocks>(run, row, lane);
  case 5:
    return runTile<W, 5, Blocks>(run, row, lane);
  default:
    return;
  }
}

template <typename W> IN_HARDWARE void runInHardware(const FmaRun<W> &run) {
  unsigned lane = 0;
  for (; lane + blockWords<W> < run.lanes; lane += 2 * blockWords<W>)
    runBlocks<W, 2>(run, lane);
  if (lane < run.lanes)
    runBlocks<W, 1>(run, lane);
}

bool hasFma() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

} // namespace

template <typename W> void runFma(const FmaRun<W> &run) {
#if defined(__x86_64__)
  static const bool inHardware = hasFma();
  if (inHardware)
    return runInHardware(run);
#endif
  runPlainly(run);
}

template void runFma(const FmaRun<uint32_t> &);
template void runFma(const FmaRun<uint64_t> &);

} // namespace jacquard::sim
