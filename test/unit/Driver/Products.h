// Products.h - layers of matrix products as a program, for tests
#ifndef JACQUARD_TEST_UNIT_DRIVER_PRODUCTS_H
#define JACQUARD_TEST_UNIT_DRIVER_PRODUCTS_H

#include <fmt/format.h>

#include <string>

/// `layers` products, one after the other, each of an m x k matrix with the same k x k matrix.
inline std::string products(int layers, int m, int k) {
  std::string text =
      fmt::format("func.func @main(%v0: tensor<{0}x{1}xf32>, %w: tensor<{1}x{1}xf32>) -> tensor<{0}x{1}xf32> {{\n"
                  "%zero = arith.constant 0.0 : f32\n",
                  m, k);
  for (int layer = 0; layer < layers; ++layer)
    text += fmt::format(R"mlir(
%v{1} = pat.map (%i, %j) in [{2}, {3}] {{
  %s = pat.fold (%k) in [{3}] init (%zero : f32) {{
    %p = pat.at %v{0}[%i, %k] : tensor<{2}x{3}xf32>
    %q = pat.at %w[%k, %j] : tensor<{3}x{3}xf32>
    %m = arith.mulf %p, %q : f32
    pat.yield %m : f32
  }} combine (%a, %b) {{
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  }} : f32
  pat.yield %s : f32
}} : tensor<{2}x{3}xf32>
)mlir",
                        layer, layer + 1, m, k);
  return text + fmt::format("return %v{} : tensor<{}x{}xf32>\n}}\n", layers, m, k);
}

#endif // JACQUARD_TEST_UNIT_DRIVER_PRODUCTS_H
