// RUN: jacquard-opt %s --split-input-file --verify-diagnostics
// One case per constraint; the labels are those of the ops' descriptions. The architecture of all is tiny.

// buffer_c1
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op kind "weight" is unknown; expected input, output, constant or temporary}}
  fabric.buffer @x "weight" at 0 : tensor<8xf32>
}

// -----

// buffer_c2: missing
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op a value is needed for a constant and allowed for nothing else}}
  fabric.buffer @x "constant" at 0 : tensor<8xf32>
}

// -----

// buffer_c2: superfluous
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op a value is needed for a constant and allowed for nothing else}}
  fabric.buffer @x "input" at 0 : tensor<1xf32> = dense<1.0> : tensor<1xf32>
}

// -----

// buffer_c2: shape
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op value has type 'tensor<4xf32>'; expected 'tensor<8xf32>'}}
  fabric.buffer @x "constant" at 0 : tensor<8xf32> = dense<1.0> : tensor<4xf32>
}

// -----

fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op has type 'tensor<8xf32>'; expected the 4 elements of type 'f32' that its order brings}}
  fabric.buffer @w "constant" at 0 : tensor<8xf32> = dense<1.0> : tensor<8xf32> {order = #fabric.access<[4] vector 0 registers [[0, 2]] address 0>}
}

// -----

fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op has no index stream, but its access is indexed}}
  fabric.buffer @w "constant" at 0 : tensor<4xf32> = dense<1.0> : tensor<8xf32> {order = #fabric.access<[4] vector 0 registers [[0, 2]] address 0 indexed 0>}
}

// -----

fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op kind "input" has an order; expected none}}
  fabric.buffer @x "input" at 0 : tensor<4xf32> {order = #fabric.access<[4] vector 0 registers [[0, 1]] address 0>}
}

// -----

// buffer_c3: element type
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op type 'tensor<8xi24>' is not stored; expected a static tensor of f16, bf16, f32, f64, i1, i8, i16, i32 or i64}}
  fabric.buffer @x "input" at 0 : tensor<8xi24>
}

// -----

// buffer_c3: shape
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op type 'tensor<?xf32>' is not stored; expected a static tensor of f16, bf16, f32, f64, i1, i8, i16, i32 or i64}}
  fabric.buffer @x "input" at 0 : tensor<?xf32>
}

// -----

// device_c1
// expected-error @+1 {{[JQ2003] no architecture 'loom': it is not a preset (plasticine, sara, sn10, tiny), and as a file: cannot open 'loom': No such file or directory}}
fabric.device arch "loom" {
}

// -----

// route_c1: not triples
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.route' op hops must be triples of switch, sink and source in network 0, 1 or 2}}
    fabric.route %a network 0 hops [0, 3]
  }
}

// -----

// route_c1: network
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.route' op hops must be triples of switch, sink and source in network 0, 1 or 2}}
    fabric.route %a network 3 hops []
  }
}

// -----

// route_c1: switch
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.route' op names switch 24; the grid has 0 to 23}}
    fabric.route %a network 0 hops [24, 0, 0]
  }
}

// -----

// route_c1: sink
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.route' op connects source 0 to sink 8 of switch 0, which has 7 sources and 8 sinks}}
    fabric.route %a network 0 hops [0, 8, 0]
  }
}

// -----

// route_c1: source
fabric.device arch "tiny" {
  fabric.buffer @x "input" at 0 : tensor<32xf32>
  fabric.section "s" {
    %a = fabric.load @x <[32] vector 0 registers [[0, 1]] address 0>
    // expected-error @+1 {{'fabric.route' op connects source -1 to sink 0 of switch 0, which has 7 sources and 8 sinks}}
    fabric.route %a network 0 hops [0, 0, -1]
  }
}

// -----

// buffer_c4: not an output
fabric.device arch "tiny" {
  fabric.buffer @n "temporary" at 64 : tensor<i64>
  // expected-error @+1 {{'fabric.buffer' op has extents that do not fit its dimensions; expected one each, of an output}}
  fabric.buffer @x "input" at 0 : tensor<8xf32> {extent_dims = array<i64: 0>, extents = [@n]}
}

// -----

// buffer_c5: a temporary
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op 'is_unsigned' does not fit kind "temporary" and type 'tensor<8xi8>'; expected an input or output of integers}}
  fabric.buffer @x "temporary" at 0 : tensor<8xi8> {is_unsigned}
}

// -----

// buffer_c5: floats
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.buffer' op 'is_unsigned' does not fit kind "input" and type 'tensor<8xf32>'; expected an input or output of integers}}
  fabric.buffer @x "input" at 0 : tensor<8xf32> {is_unsigned}
}

// -----

// buffer_c4: dimension
fabric.device arch "tiny" {
  fabric.buffer @n "temporary" at 64 : tensor<i64>
  // expected-error @+1 {{'fabric.buffer' op extent dimension 1 is not allowed; expected one below 1}}
  fabric.buffer @x "output" at 0 : tensor<8xf32> {extent_dims = array<i64: 1>, extents = [@n]}
}

// -----

// buffer_c4: type
fabric.device arch "tiny" {
  fabric.buffer @n "temporary" at 64 : tensor<i32>
  // expected-error @+1 {{'fabric.buffer' op extent @n is not a buffer of type tensor<i64>}}
  fabric.buffer @x "output" at 0 : tensor<8xf32> {extent_dims = array<i64: 0>, extents = [@n]}
}

// -----

// loop_c1
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.loop' op max 2147483648 is not allowed; expected 1 to 2147483647}}
  fabric.loop max 2147483648 {
  }
}

// -----

// loop_c2: no such buffer
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.loop' op condition @go is not a buffer of type tensor<i1>}}
  fabric.loop max 2 while @go {
  }
}

// -----

// loop_c2: type
fabric.device arch "tiny" {
  fabric.buffer @n "temporary" at 64 : tensor<2xi32>
  // expected-error @+1 {{'fabric.loop' op counter @n is not a buffer of type tensor<i32>}}
  fabric.loop max 2 counter @n {
  }
}

// -----

// loop_c3
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.loop' op tests before the first trip, but has no condition}}
  fabric.loop max 2 test_first {
  }
}

// -----

// loop_c4
fabric.device arch "tiny" {
  // expected-error @+1 {{'fabric.loop' op holds 'arith.constant'; expected sections and loops}}
  fabric.loop max 2 {
    %c = arith.constant 1 : i32
  }
}
