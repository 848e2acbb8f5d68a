// SmallPrograms.cpp - the texts, and the way down to a routed device
#include "SmallPrograms.h"

#include "jacquard/InitAll.h"
#include "jacquard/Pipeline/Stages.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace jacquard;
using namespace jacquard::test;

// map: a partial vector; every second word of the inputs, so from scratchpads.
static constexpr const char *mapText = R"mlir(
func.func @main(%x: tensor<79xf32>, %y: tensor<79xf32>) -> tensor<40xf32> {
  %r = pat.map (%i) in [40] {
    %a = pat.at %x map affine_map<(d0) -> (d0 * 2)> (%i) : tensor<79xf32>
    %b = pat.at %y map affine_map<(d0) -> (d0 * 2)> (%i) : tensor<79xf32>
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %p, %a : f32
    pat.yield %s : f32
  } : tensor<40xf32>
  return %r : tensor<40xf32>
}
)mlir";

// scalar: rank 0, an i1 result.
static constexpr const char *scalarText = R"mlir(
func.func @main(%x: tensor<f32>, %y: tensor<f32>) -> tensor<i1> {
  %r = pat.map () in [] {
    %a = pat.at %x[] : tensor<f32>
    %b = pat.at %y[] : tensor<f32>
    %c = arith.cmpf olt, %a, %b : f32
    pat.yield %c : i1
  } : tensor<i1>
  return %r : tensor<i1>
}
)mlir";

// matmul: several units, lane reductions, a padded pitch.
static constexpr const char *matmulText = R"mlir(
func.func @main(%A: tensor<12x20xf32>, %B: tensor<20x36xf32>) -> tensor<12x36xf32> {
  %zero = arith.constant 0.0 : f32
  %c = pat.map (%i, %j) in [12, 36] {
    %s = pat.fold (%k) in [20] init (%zero : f32) {
      %a = pat.at %A[%i, %k] : tensor<12x20xf32>
      %b = pat.at %B[%k, %j] : tensor<20x36xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%x, %y) {
      %t = arith.addf %x, %y : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<12x36xf32>
  return %c : tensor<12x36xf32>
}
)mlir";

// conv: checks of two dimensions, stage slots.
static constexpr const char *convText = R"mlir(
func.func @main(%x: tensor<2x16x16xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<4x16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%o, %y, %c) in [4, 16, 16] {
    %s = pat.fold (%k, %dy, %dx) in [2, 3, 3] init (%zero : f32) {
      %a = pat.at %x map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d2 - 1, d3 + d4 - 1)> (%k, %y, %dy, %c, %dx) else %zero : tensor<2x16x16xf32>
      %b = pat.at %w[%o, %k, %dy, %dx] : tensor<4x2x3x3xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%u, %v) {
      %t = arith.addf %u, %v : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4x16x16xf32>
  return %r : tensor<4x16x16xf32>
}
)mlir";

// gather: an index stream into a scratchpad.
static constexpr const char *gatherText = R"mlir(
func.func @main(%table: tensor<10x20xf32>, %index: tensor<7xi64>) -> tensor<7x20xf32> {
  %zero = arith.constant 0.0 : f32
  %r = pat.map (%i, %j) in [7, 20] {
    %k = pat.at %index[%i] : tensor<7xi64>
    %row = arith.index_cast %k : i64 to index
    %v = pat.at %table[%row, %j] else %zero : tensor<10x20xf32>
    pat.yield %v : f32
  } : tensor<7x20xf32>
  return %r : tensor<7x20xf32>
}
)mlir";

// group_by: an accumulating scratchpad.
static constexpr const char *groupByText = R"mlir(
func.func @main(%x: tensor<50xi32>, %v: tensor<50xf32>) -> tensor<10xf32> {
  %zero = arith.constant 0.0 : f32
  %h = pat.group_by (%i) in [50] keys [10] init (%zero : f32) drop {
    %k = pat.at %x[%i] : tensor<50xi32>
    %key = arith.index_cast %k : i32 to index
    %w = pat.at %v[%i] : tensor<50xf32>
    pat.yield %key, %w : index, f32
  } combine (%a, %b) {
    %t = arith.addf %a, %b : f32
    pat.yield %t : f32
  } : tensor<10xf32>
  return %h : tensor<10xf32>
}
)mlir";

// softmax: several sections.
static constexpr const char *softmaxText = R"mlir(
func.func @main(%x: tensor<6x20xf32>) -> tensor<6x20xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %r = pat.map (%i) in [6] {
    %m = pat.fold (%j) in [20] init (%low : f32) {
      %v = pat.at %x[%i, %j] : tensor<6x20xf32>
      pat.yield %v : f32
    } combine (%a, %b) {
      %t = arith.maximumf %a, %b : f32
      pat.yield %t : f32
    } : f32
    %s = pat.fold (%j) in [20] init (%zero : f32) {
      %v = pat.at %x[%i, %j] : tensor<6x20xf32>
      %d = arith.subf %v, %m : f32
      %e = math.exp %d : f32
      pat.yield %e : f32
    } combine (%a, %b) {
      %t = arith.addf %a, %b : f32
      pat.yield %t : f32
    } : f32
    %row = pat.map (%j) in [20] {
      %v = pat.at %x[%i, %j] : tensor<6x20xf32>
      %d = arith.subf %v, %m : f32
      %e = math.exp %d : f32
      %q = arith.divf %e, %s : f32
      pat.yield %q : f32
    } : tensor<20xf32>
    pat.yield %row : tensor<20xf32>
  } : tensor<6x20xf32>
  return %r : tensor<6x20xf32>
}
)mlir";

// argmax: two results, i64 in DRAM.
static constexpr const char *argmaxText = R"mlir(
func.func @main(%x: tensor<5x18xf32>) -> (tensor<5xf32>, tensor<5xi64>) {
  %low = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : index
  %r:2 = pat.map (%i) in [5] {
    %m:2 = pat.fold (%j) in [18] init (%low, %none : f32, index) {
      %v = pat.at %x[%i, %j] : tensor<5x18xf32>
      pat.yield %v, %j : f32, index
    } combine (%a, %ia, %b, %ib) {
      %c = arith.cmpf oge, %a, %b : f32
      %v = arith.select %c, %a, %b : f32
      %k = arith.select %c, %ia, %ib : index
      pat.yield %v, %k : f32, index
    } : f32, index
    %n = arith.index_cast %m#1 : index to i64
    pat.yield %m#0, %n : f32, i64
  } : tensor<5xf32>, tensor<5xi64>
  return %r#0, %r#1 : tensor<5xf32>, tensor<5xi64>
}
)mlir";

// scan: a prefix sum as shifted reads.
static constexpr const char *scanText = R"mlir(
func.func @main(%x: tensor<4x11xi32>) -> tensor<4x11xi32> {
  %zero = arith.constant 0 : i32
  %s = pat.scan (%i, %j) in [4, 11] dim 1 init (%zero : i32) {
    %v = pat.at %x[%i, %j] : tensor<4x11xi32>
    pat.yield %v : i32
  } combine (%a, %b) {
    %t = arith.addi %a, %b : i32
    pat.yield %t : i32
  } : tensor<4x11xi32>
  return %s : tensor<4x11xi32>
}
)mlir";

// long: cut over three units.
static constexpr const char *longText = R"mlir(
func.func @main(%x: tensor<3x17xf32>, %y: tensor<17xf32>) -> tensor<3x17xf32> {
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %r = pat.map (%i, %j) in [3, 17] {
    %a = pat.at %x[%i, %j] : tensor<3x17xf32>
    %b = pat.at %y[%j] : tensor<17xf32>
    %n = arith.index_cast %j : index to i32
    %f = arith.sitofp %n : i32 to f32
    %s = arith.addf %a, %b : f32
    %h = arith.mulf %s, %half : f32
    %e = math.erf %h : f32
    %u = arith.addf %e, %one : f32
    %t = math.tanh %a : f32
    %v = arith.mulf %u, %t : f32
    %w = arith.divf %v, %s : f32
    %z = arith.addf %w, %f : f32
    %k = math.exp %b : f32
    %o = arith.mulf %z, %k : f32
    pat.yield %o : f32
  } : tensor<3x17xf32>
  return %r : tensor<3x17xf32>
}
)mlir";

// layers: constants in DRAM.
static constexpr const char *layersText = R"mlir(
func.func @main(%x: tensor<8xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.25> : tensor<24x8xf32>
  %v = arith.constant dense<-0.5> : tensor<4x24xf32>
  %h = pat.map (%i) in [24] {
    %s = pat.fold (%k) in [8] init (%zero : f32) {
      %a = pat.at %x[%k] : tensor<8xf32>
      %b = pat.at %w[%i, %k] : tensor<24x8xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%p, %q) {
      %t = arith.addf %p, %q : f32
      pat.yield %t : f32
    } : f32
    %r = arith.maximumf %s, %zero : f32
    pat.yield %r : f32
  } : tensor<24xf32>
  %y = pat.map (%i) in [4] {
    %s = pat.fold (%k) in [24] init (%zero : f32) {
      %a = pat.at %h[%k] : tensor<24xf32>
      %b = pat.at %v[%i, %k] : tensor<4x24xf32>
      %p = arith.mulf %a, %b : f32
      pat.yield %p : f32
    } combine (%p, %q) {
      %t = arith.addf %p, %q : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<4xf32>
  return %y : tensor<4xf32>
}
)mlir";

ArrayRef<SmallProgram> test::smallPrograms() {
  static constexpr SmallProgram programs[] = {
      {"Map", mapText},       {"Scalar", scalarText},   {"Matmul", matmulText},   {"Conv", convText},
      {"Gather", gatherText}, {"GroupBy", groupByText}, {"Softmax", softmaxText}, {"Argmax", argmaxText},
      {"Scan", scanText},     {"Long", longText},       {"Layers", layersText},
  };
  return programs;
}

const char *test::textOf(StringRef name) {
  for (const SmallProgram &program : smallPrograms())
    if (program.name == name)
      return program.text;
  return nullptr;
}

DialectRegistry test::makeRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

OwningOpRef<ModuleOp> test::compileUntil(MLIRContext &context, const char *text, StringRef arch, Stage last) {
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return {};
  PassManager passes(&context);
  for (Stage stage : allStages())
    if (stage <= last)
      populateStage(stage, passes, {arch.str(), 1});
  if (failed(passes.run(*module)))
    return {};
  return module;
}

fabric::DeviceOp test::deviceOf(ModuleOp module) { return *module.getOps<fabric::DeviceOp>().begin(); }
