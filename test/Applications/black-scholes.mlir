// Prices of 2^20 European options, call (type 0) or put (type 1), by the formula of Black and Scholes. The normal distribution
// is formula 26.2.17 of Abramowitz and Stegun, as in the PARSEC benchmark.
// RUN: jacquard run %s --check

func.func @black_scholes(%types: tensor<1048576xi32>, %spots: tensor<1048576xf32>, %strikes: tensor<1048576xf32>,
                         %rates: tensor<1048576xf32>, %volatilities: tensor<1048576xf32>,
                         %times: tensor<1048576xf32>) -> tensor<1048576xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %minus_half = arith.constant -0.5 : f32
  %root = arith.constant 0.39894228 : f32
  %p = arith.constant 0.2316419 : f32
  %a1 = arith.constant 0.31938153 : f32
  %a2 = arith.constant -0.356563782 : f32
  %a3 = arith.constant 1.781477937 : f32
  %a4 = arith.constant -1.821255978 : f32
  %a5 = arith.constant 1.330274429 : f32
  %put = arith.constant 1 : i32
  %r = pat.map (%i) in [1048576] {
    %type = pat.at %types[%i] : tensor<1048576xi32>
    %spot = pat.at %spots[%i] : tensor<1048576xf32>
    %strike = pat.at %strikes[%i] : tensor<1048576xf32>
    %rate = pat.at %rates[%i] : tensor<1048576xf32>
    %volatility = pat.at %volatilities[%i] : tensor<1048576xf32>
    %time = pat.at %times[%i] : tensor<1048576xf32>

    %ratio = arith.divf %spot, %strike : f32
    %log = math.log %ratio : f32
    %variance = arith.mulf %volatility, %volatility : f32
    %half_variance = arith.mulf %variance, %half : f32
    %drift = arith.addf %rate, %half_variance : f32
    %growth = arith.mulf %drift, %time : f32
    %numerator = arith.addf %growth, %log : f32
    %root_time = math.sqrt %time : f32
    %deviation = arith.mulf %volatility, %root_time : f32
    %d1 = arith.divf %numerator, %deviation : f32
    %d2 = arith.subf %d1, %deviation : f32

    // The share of the normal distribution below d1.
    %abs1 = math.absf %d1 : f32
    %square1 = arith.mulf %d1, %d1 : f32
    %exponent1 = arith.mulf %square1, %minus_half : f32
    %exp1 = math.exp %exponent1 : f32
    %density1 = arith.mulf %exp1, %root : f32
    %scaled1 = arith.mulf %abs1, %p : f32
    %denominator1 = arith.addf %scaled1, %one : f32
    %t1 = arith.divf %one, %denominator1 : f32
    %u1 = arith.mulf %t1, %a5 : f32
    %v1 = arith.addf %u1, %a4 : f32
    %w1 = arith.mulf %v1, %t1 : f32
    %x1 = arith.addf %w1, %a3 : f32
    %y1 = arith.mulf %x1, %t1 : f32
    %z1 = arith.addf %y1, %a2 : f32
    %uu1 = arith.mulf %z1, %t1 : f32
    %vv1 = arith.addf %uu1, %a1 : f32
    %ww1 = arith.mulf %vv1, %t1 : f32
    %tail1 = arith.mulf %ww1, %density1 : f32
    %body1 = arith.subf %one, %tail1 : f32
    %below1 = arith.cmpf olt, %d1, %zero : f32
    %n1 = arith.select %below1, %tail1, %body1 : f32

    // The share of the normal distribution below d2.
    %abs2 = math.absf %d2 : f32
    %square2 = arith.mulf %d2, %d2 : f32
    %exponent2 = arith.mulf %square2, %minus_half : f32
    %exp2 = math.exp %exponent2 : f32
    %density2 = arith.mulf %exp2, %root : f32
    %scaled2 = arith.mulf %abs2, %p : f32
    %denominator2 = arith.addf %scaled2, %one : f32
    %t2 = arith.divf %one, %denominator2 : f32
    %u2 = arith.mulf %t2, %a5 : f32
    %v2 = arith.addf %u2, %a4 : f32
    %w2 = arith.mulf %v2, %t2 : f32
    %x2 = arith.addf %w2, %a3 : f32
    %y2 = arith.mulf %x2, %t2 : f32
    %z2 = arith.addf %y2, %a2 : f32
    %uu2 = arith.mulf %z2, %t2 : f32
    %vv2 = arith.addf %uu2, %a1 : f32
    %ww2 = arith.mulf %vv2, %t2 : f32
    %tail2 = arith.mulf %ww2, %density2 : f32
    %body2 = arith.subf %one, %tail2 : f32
    %below2 = arith.cmpf olt, %d2, %zero : f32
    %n2 = arith.select %below2, %tail2, %body2 : f32

    %interest = arith.mulf %rate, %time : f32
    %negative = arith.subf %zero, %interest : f32
    %discount = math.exp %negative : f32
    %future = arith.mulf %strike, %discount : f32
    %call_spot = arith.mulf %spot, %n1 : f32
    %call_strike = arith.mulf %future, %n2 : f32
    %call = arith.subf %call_spot, %call_strike : f32
    // The price of a put follows: call - spot + future.
    %difference = arith.subf %call, %spot : f32
    %put_price = arith.addf %difference, %future : f32
    %is_put = arith.cmpi eq, %type, %put : i32
    %price = arith.select %is_put, %put_price, %call : f32
    pat.yield %price : f32
  } : tensor<1048576xf32>
  return %r : tensor<1048576xf32>
}
