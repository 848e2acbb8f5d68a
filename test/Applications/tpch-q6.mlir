// TPC-H query 6 over 2^20 rows: the revenue, price times discount, of the sales of one year (dates are days) with a discount
// from 0.05 to 0.07 and fewer than 24 pieces.
// RUN: jacquard run %s --check

func.func @q6(%dates: tensor<1048576xi32>, %quantities: tensor<1048576xi32>, %prices: tensor<1048576xf32>,
              %discounts: tensor<1048576xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 8766 : i32
  %last = arith.constant 9131 : i32
  %low = arith.constant 0.05 : f32
  %high = arith.constant 0.07 : f32
  %pieces = arith.constant 24 : i32
  %r = pat.map () in [] {
    %s = pat.fold (%i) in [1048576] init (%zero : f32) {
      %date = pat.at %dates[%i] : tensor<1048576xi32>
      %quantity = pat.at %quantities[%i] : tensor<1048576xi32>
      %price = pat.at %prices[%i] : tensor<1048576xf32>
      %discount = pat.at %discounts[%i] : tensor<1048576xf32>
      %after = arith.cmpi sge, %date, %first : i32
      %before = arith.cmpi slt, %date, %last : i32
      %above = arith.cmpf oge, %discount, %low : f32
      %below = arith.cmpf ole, %discount, %high : f32
      %few = arith.cmpi slt, %quantity, %pieces : i32
      %year = arith.andi %after, %before : i1
      %range = arith.andi %above, %below : i1
      %both = arith.andi %year, %range : i1
      %all = arith.andi %both, %few : i1
      %revenue = arith.mulf %price, %discount : f32
      %counted = arith.select %all, %revenue, %zero : f32
      pat.yield %counted : f32
    } combine (%l, %m) {
      %t = arith.addf %l, %m : f32
      pat.yield %t : f32
    } : f32
    pat.yield %s : f32
  } : tensor<f32>
  return %r : tensor<f32>
}
