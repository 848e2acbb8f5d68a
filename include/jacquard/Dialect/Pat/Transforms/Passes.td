//===- Passes.td - passes on the `pat` dialect ----------------------------===//
#ifndef JACQUARD_DIALECT_PAT_TRANSFORMS_PASSES_TD
#define JACQUARD_DIALECT_PAT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FlattenPass : Pass<"pat-flatten", "::mlir::func::FuncOp"> {
  let summary = "Bring nested patterns into the flat form";
  let description = [{
    Flat patterns are what fusion looks at and what becomes one loop nest of `pipe` each. A pattern inside a body becomes
    a pattern of its own over the indices that it depends on ++ its own domain, and is read by `pat.at`; the last fold of
    a map stays in it. A fold of folds with one combiner and one identity becomes one fold. Scalar code that a moved
    pattern captures is copied with it; where that would repeat a division or a special function, it is stored
    in a map of its own. Scalar code of the function moves into the patterns that use it. Exact.

    Before: `map (r) { %m = fold (c) {..}; %t = map (c) { f(%m, c) }; yield %t }`
    After:  `%m = map (r) { fold (c) {..} }; %t = map (r, c) { f(at %m[r], c) }`   (see flatten-doc.mlir)
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def VerifyFlatPass : Pass<"pat-verify-flat", "::mlir::func::FuncOp"> {
  let summary = "Check the flat form and name what offends it";
  let description = [{
    The flat form:
    - (F1) every pattern stands directly in the function or in the body of a `pat.iterate`; only a `pat.fold` stands directly in
      the body of a `pat.map`, and nowhere else.
    - (F2) a map holds at most one fold.
    - (F3) bodies of map, fold and group_by hold nothing else but scalar code (arith, math) and `pat.at`.
    - (F4) a map yields scalars.
    - (F5) scalars from outside a pattern are constants, arguments, or results of a pattern.
    The bodies of filter, flat_map and scan are free. Changes nothing.
  }];
}

def SimplifyIndexPass : Pass<"pat-simplify-index", "::mlir::func::FuncOp"> {
  let summary = "Simplify the affine maps of accesses by the ranges of their operands";
  let description = [{
    Reshapes read at the delinearisation of a linearised index. Composed they leave towers of `floordiv` and `mod`, which an
    address generator has to pay for, although most of them cancel once the extents of the indices are known.

    Before: `map (d0, d1) -> ((d0 * 4 + d1) floordiv 4, (d0 * 4 + d1) mod 4)` with d1 in [0, 4)
    After:  `map (d0, d1) -> (d0, d1)`   (see simplify-index-doc.mlir)
  }];
  let dependentDialects = ["::jacquard::pat::PatDialect"];
}

def FusePass : Pass<"pat-fuse", "::mlir::func::FuncOp"> {
  let summary = "Substitute producers into their consumers";
  let description = [{
    A tensor that is not made need not be stored and read. On the flat form, until nothing changes:
    - data movement (reshape, transpose, pad, slice, gather, constants): a map whose body is index arithmetic and at most
      one `pat.at` goes into every read of it; the `else` of the read is kept by one combined `else` or by a select;
    - scalar maps go into their consumers when that computes no element more often than before (or the body is a few
      cheap ops read at most twice per element);
    - epilogues: a map of a fold goes into the one scalar map that reads each of its points once (bias, relu);
    - equal patterns become one, patterns without use go.
    Same scalar ops in the same order: exact.

    Before: `%s = map (i) { fold (k) {..} }; %y = map (i) { max(at %s[i] + at %b[i], 0) }`
    After:  `%y = map (i) { %s = fold (k) {..}; max(%s + at %b[i], 0) }`   (see fuse-doc.mlir)
  }];
  let options = [
    Option<"maxReads", "max-reads", "unsigned", "16",
           "Largest number of reads in a pattern that another one may be substituted into">,
    Option<"maxOps", "max-ops", "unsigned", "48", "Largest number of scalar ops in such a pattern">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def CarryTensorsPass : Pass<"pat-carry-tensors", "::mlir::func::FuncOp"> {
  let summary = "Make loops carry tensors and nothing else";
  let description = [{
    What a loop carries on the fabric lives in DRAM between its sections. A carried scalar becomes a tensor of rank 0, and a
    condition that is not constant is stored in one, so that the sequencer can read it.

    Before: `iterate (n) max 9 carry (%s = %s0 : f32) { ..; yield %go, %t : i1, f32 }`
    After:  `%a = map () { yield %s0 }; iterate (n) max 9 carry (%s = %a : tensor<f32>) { .. at %s[] ..;
             %c = map () { yield %go }; %b = map () { yield %t }; yield (at %c[]), %b }`   (see carry-tensors-doc.mlir)
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def MergeEqualPass : Pass<"pat-merge-equal", "::mlir::func::FuncOp"> {
  let summary = "Merge equal operations, among them equal patterns";
  let description = [{
    What upstream's `cse` does, in time that grows with the size of the function: a fingerprint of its body sets each
    pattern apart, so that only such patterns are compared as are likely to be equal.

    Before: `%0 = map (i) in [n] { exp %x[i] }; %1 = map (i) in [n] { exp %x[i] }; use %0, %1`
    After:  `%0 = map (i) in [n] { exp %x[i] }; use %0, %0`   (see merge-equal-doc.mlir)
  }];
}

def LayOutPass : Pass<"pat-lay-out", "::mlir::func::FuncOp"> {
  let summary = "Choose the order of the dimensions of intermediates and weights";
  let description = [{
    Dimensions that some reader walks in windows (images) go outwards, the longest of those that all walk alone (channels)
    becomes the innermost, in all maps that such an index passes through; constants that they read follow.

    Before: `%0 = map (c, h, w) in [64, 9, 9] { .. }; map (c, h, w) in [64, 7, 7] { fold (a, b) { %0[c, h + a, w + b] } }`
    After:  `%0 = map (h, w, c) in [9, 9, 64] { .. }; map (c, h, w) in [64, 7, 7] { fold (a, b) { %0[h + a, w + b, c] } }`
  }];
}

def SchedulePass : Pass<"pat-schedule", "::mlir::func::FuncOp"> {
  let summary = "Order patterns so that large tensors live short";
  let description = [{
    A tensor is kept, on chip where there is room, until its last reader has run. In straight runs of patterns (loops stay where they are)
    each pattern moves to where the bytes that are kept, summed over all places between two patterns, are fewest; the order is
    taken where that saves a twentieth. Needs the flat form and keeps it. Exact.

    Before: `%a = map in [1000] ..; %b = map in [1000] { at %a }; %c = map in [10] { fold { at %a } }`
    After:  `%a = map in [1000] ..; %c = map in [10] { fold { at %a } }; %b = ..`, where %b is read last   (see schedule-doc.mlir)
  }];
}

def SliceRunsPass : Pass<"pat-slice-runs", "::mlir::func::FuncOp"> {
  let summary = "Compute runs of maps slice by slice where whole tensors do not fit on chip";
  let description = [{
    Images of a batch, or rows of a matrix, can pass one by one through maps that read each other's results along that
    dimension only: their intermediates then stay on chip, where those of the whole batch would go through DRAM. But
    each slice reads the weights again. Runs of maps and their slices are chosen so that the fewest bytes go through
    DRAM; nothing is done where all intermediates fit, or without `chip-bytes`. Needs the flat form and keeps it: a run becomes
    one copy of its maps for each slice, one slice after the other, and a map that joins the slices of each result that
    others read. Exact.

    Before: `%a = map (n, i) in [4, ..] { f(at %x[n, i]) }; %b = map (n, i) in [4, ..] { g(at %a[n, i]) }; use %b`
    After:  `%a0 = map (n, i) in [2, ..] { f(at %x[n, i]) }; %b0 = map (n, i) in [2, ..] { g(at %a0[n, i]) };
             %a1 = map (n, i) in [2, ..] { f(at %x[n + 2, i]) }; %b1 = map (n, i) in [2, ..] { g(at %a1[n, i]) };
             %b = map (n, i) in [4, ..] { at %b0[n, i] else at %b1[n - 2, i] else 0 }; use %b`   (see slice-runs-doc.mlir)
  }];
  let options = [
    Option<"chipBytes", "chip-bytes", "uint64_t", "0", "Bytes of all scratchpads; 0: change nothing">,
    Option<"startBytes", "start-bytes", "uint64_t", "65536",
           "Bytes that DRAM could bring in the time in which one more pattern starts">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def SplitWindowsPass : Pass<"pat-split-windows", "::mlir::func::FuncOp"> {
  let summary = "Let results that are read in windows lie window by window";
  let description = [{
    Where every reader of a map with a fold walks a dimension in windows of one size, at multiples of it, the number of the window
    becomes the outermost dimension: units that compute different windows then write apart from each other, and each
    reader reads one stretch. Needs the flat form and keeps it; the values are the same.

    Before: `%0 = map (i, j) in [2, 256] { .. }; map (i, j) in [2, 64] { at %0[i, j]; at %0[i, j + 64]; .. }`
    After:  `%0 = map (g, i, j) in [4, 2, 64] { .. }; map (i, j) in [2, 64] { at %0[0, i, j]; at %0[1, i, j]; .. }`
            (see split-windows-doc.mlir)
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def SplitFoldsPass : Pass<"pat-split-folds", "::mlir::func::FuncOp"> {
  let summary = "Let several units work on long reductions of few results";
  let description = [{
    Units share the points of a map. Where these are too few for all units and the map has one long fold, the fold is cut into
    equal parts: a map of as many times more points combines each part, the fold combines the parts. How long it takes is
    estimated from the numbers of points alone; nothing is done where less than `least-cycles` are saved, where
    DRAM has to bring the operands at a word per multiplication, or without `units`. Needs the flat form and keeps it. The
    order of points is kept; float results differ by reassociation.

    Before: `map (c) in [16] { fold (h, w) in [64, 64] { at %x[h, w, c] } }`
    After:  `%0 = map (q, c) in [64, 16] { fold (h, w) in [1, 64] { at %x[q + h, w, c] } };
             map (c) in [16] { fold (q) in [64] { at %0[q, c] } }`   (see split-folds-doc.mlir)
  }];
  let options = [
    Option<"units", "units", "int64_t", "0", "Compute units of the machine; 0: change nothing">,
    Option<"lanes", "lanes", "int64_t", "16", "Lanes of a unit">,
    Option<"leastCycles", "least-cycles", "int64_t", "1000", "Cycles that one more pattern has to save">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def ExpandCombinersPass : Pass<"pat-expand-combiners", "::mlir::func::FuncOp"> {
  let summary = "Turn folds with composed combiners into trees of maps";
  let description = [{
    The fabric reduces with one commutative op per component. A fold with any other combiner (argmax, mean and variance)
    becomes ceil(log2 n) maps which halve its linearised domain; an odd last point is combined with the identity.
    Needs the flat form and keeps it. The order of points is kept; float results differ by reassociation.

    Before: `map (i) { fold (k) in [5] {..} combine f }`
    After:  `%0 = map (i, k) in [.., 5] {..}; %1 = map (i, k) in [.., 3] { f(%0[i, 2k], %0[i, 2k+1]) }; ..`
            (see expand-combiners-doc.mlir)
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def ExpandFilterPass : Pass<"pat-expand-filter", "::mlir::func::FuncOp"> {
  let summary = "Turn filters and flat_maps into prefix sums and maps";
  let description = [{
    A selected point goes to the position that is the number of selected points before it. So a filter is a prefix sum of
    its condition, a `group_by` that collects at every position the number of the point that goes there, and a map that
    computes the values of that point. A flat_map is a filter over its domain and the positions of its tensors. The
    condition is computed once per point, the values once per position. Exact.

    Before: `%v, %n = filter (i) in [d] capacity c { yield %s, %x }`
    After:  `%f = map (i) in [d] { extui %s }; %p = scan (i) exclusive { %f[i] } add;
             %n = map () { min(%p[d-1] + %f[d-1], c) }; %o = group_by (i) in [d] keys [c] drop { %s ? %p[i] : c, i };
             %v = map (j) in [c] { j < %n ? %x at %o[j] : 0 }`   (see expand-filter-doc.mlir)
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

def ExpandScanPass : Pass<"pat-expand-scan", "::mlir::func::FuncOp"> {
  let summary = "Turn scans into logarithmic steps of maps";
  let description = [{
    A fabric without a scan unit computes prefixes by doubling: after step s every point holds the combination of the 2^s
    points that end at it. Works for every associative combiner. Float results differ by reassociation.

    Before: `scan (i) in [n] dim 0 {..} combine f`
    After:  `%0 = map (i) {..}; %1 = map (i) { f(%0[i-1] else id, %0[i]) }; %2 = map (i) { f(%1[i-2] else id, %1[i]) }; ..`
            (see expand-scan-doc.mlir)
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::jacquard::pat::PatDialect"];
}

#endif
