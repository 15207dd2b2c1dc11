// Every op prints as it is read. Names of arguments are kept; names of results
// come from locations (names.mlir).
// RUN: stator-opt %s | stator-opt | FileCheck %s
// RUN: stator-opt %s --mlir-print-op-generic --mlir-print-debuginfo | stator-opt | FileCheck %s

// CHECK: stator.parameter @h.0.weight : tensor<8x4xf32> init <normal, 0.0, 0.02> decay
stator.parameter @h.0.weight : tensor<8x4xf32> init #stator.init<normal, 0.0, 0.02> decay
// CHECK: stator.parameter @h.0.weight.adam_m : tensor<8x4xf32> init <constant, 0.0, 0.0> role moment of @h.0.weight
stator.parameter @h.0.weight.adam_m : tensor<8x4xf32> init #stator.init<constant, 0.0, 0.0> role moment of @h.0.weight
// CHECK: stator.parameter @table : tensor<5xf32> init <uniform, -0.1, 0.1> frozen
stator.parameter @table : tensor<5xf32> init #stator.init<uniform, -0.1, 0.1> frozen

// CHECK: stator.training optimizer <adamw, lr = 6.0e-04, betas = (0.9, 0.95), eps = 1.0e-08, weight_decay = 0.1, momentum = 0.0, nesterov = false> schedule <cosine, warmup = 100, floor = 6.0e-05, steps = 0, width = 0.0> clip 1.0 micro_batches 2 steps 2000
stator.training
    optimizer #stator.optimizer<adamw, lr = 6.0e-4, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
    schedule #stator.schedule<cosine, warmup = 100, floor = 6.0e-5, steps = 0, width = 0.0>
    clip 1.0 micro_batches 2 steps 2000

// CHECK: stator.func private @Linear(%x: tensor<2x8xf32>, %weight: tensor<8x4xf32>) -> tensor<2x4xf32> {
stator.func private @Linear(%x: tensor<2x8xf32>, %weight: tensor<8x4xf32>) -> tensor<2x4xf32> {
  %0 = stator.einsum "b i, i o -> b o" %x, %weight : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  stator.return %0 : tensor<2x4xf32>
}

// CHECK: stator.func private kernel @negate(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) attributes {stator.note = 1 : i64} {
stator.func private kernel @negate(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) attributes {stator.note = 1 : i64} {
  %0 = stator.neg %x : tensor<2x4xf32>
  // CHECK: stator.return %{{.*}}, %x : tensor<2x4xf32>, tensor<2x4xf32>
  stator.return %0, %x : tensor<2x4xf32>, tensor<2x4xf32>
}

// CHECK: stator.func private @declared(tensor<2xf32>) -> tensor<2xf32>
stator.func private @declared(tensor<2xf32>) -> tensor<2xf32>

// CHECK-LABEL: stator.func @structure
stator.func @structure(%x: tensor<2x8xf32>) {
  // CHECK: %h.0.weight = stator.read @h.0.weight : tensor<8x4xf32>
  %w = stator.read @h.0.weight : tensor<8x4xf32>
  // CHECK: %[[Y:.*]] = stator.call @Linear(%x, %h.0.weight) : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  %y = stator.call @Linear(%x, %w) : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  // CHECK: stator.launch @negate(%[[Y]]) : (tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  %z:2 = stator.launch @negate(%y) : (tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  stator.return
}

// CHECK-LABEL: stator.func @loops
stator.func @loops(%h0: tensor<2xf32>, %xs: tensor<2x8xf32>) -> (tensor<2xf32>, tensor<2x8xf32>) {
  // CHECK: %[[S:.*]]:2 = stator.scan axis 1 length 8 carries(%h = %h0) over(%x = %xs) : (tensor<2xf32>, tensor<2x8xf32>) -> (tensor<2xf32>, tensor<2x8xf32>) {
  %last, %ys = stator.scan axis 1 length 8 carries(%h = %h0) over(%x = %xs)
      : (tensor<2xf32>, tensor<2x8xf32>) -> (tensor<2xf32>, tensor<2x8xf32>) {
    // CHECK: %[[N:.*]] = stator.add %h, %x : tensor<2xf32>
    %next = stator.add %h, %x : tensor<2xf32>
    // CHECK: stator.yield %[[N]], %[[N]] : tensor<2xf32>, tensor<2xf32>
    stator.yield %next, %next : tensor<2xf32>, tensor<2xf32>
  }
  // CHECK: stator.scan axis 0 length 2 reverse over(%row = %xs) : (tensor<2x8xf32>) -> tensor<2x8xf32> attributes {stator.note} {
  %zs = stator.scan axis 0 length 2 reverse over(%row = %xs) : (tensor<2x8xf32>) -> tensor<2x8xf32> attributes {stator.note} {
    stator.yield %row : tensor<8xf32>
  }
  // CHECK: stator.scan axis 0 length 3 carries(%c = %h0) : (tensor<2xf32>) -> tensor<2xf32> {
  %c3 = stator.scan axis 0 length 3 carries(%c = %h0) : (tensor<2xf32>) -> tensor<2xf32> {
    %n = stator.add %c, %h0 : tensor<2xf32>
    stator.yield %n : tensor<2xf32>
  }
  // CHECK: stator.return %[[S]]#0, %[[S]]#1
  stator.return %last, %ys : tensor<2xf32>, tensor<2x8xf32>
}

// CHECK-LABEL: stator.func @unary(%x: tensor<2x3xf32>)
stator.func @unary(%x: tensor<2x3xf32>) {
  // CHECK: stator.neg %x : tensor<2x3xf32>
  %0 = stator.neg %x : tensor<2x3xf32>
  // CHECK: stator.abs %x : tensor<2x3xf32>
  %1 = stator.abs %x : tensor<2x3xf32>
  // CHECK: stator.exp %x : tensor<2x3xf32>
  %2 = stator.exp %x : tensor<2x3xf32>
  // CHECK: stator.log %x : tensor<2x3xf32>
  %3 = stator.log %x : tensor<2x3xf32>
  // CHECK: stator.sqrt %x : tensor<2x3xf32>
  %4 = stator.sqrt %x : tensor<2x3xf32>
  // CHECK: stator.rsqrt %x : tensor<2x3xf32>
  %5 = stator.rsqrt %x : tensor<2x3xf32>
  // CHECK: stator.sin %x : tensor<2x3xf32>
  %6 = stator.sin %x : tensor<2x3xf32>
  // CHECK: stator.cos %x : tensor<2x3xf32>
  %7 = stator.cos %x : tensor<2x3xf32>
  // CHECK: stator.tanh %x : tensor<2x3xf32>
  %8 = stator.tanh %x : tensor<2x3xf32>
  // CHECK: stator.erf %x : tensor<2x3xf32>
  %9 = stator.erf %x : tensor<2x3xf32>
  // CHECK: stator.sigmoid %x : tensor<2x3xf32>
  %10 = stator.sigmoid %x : tensor<2x3xf32>
  // CHECK: stator.relu %x : tensor<2x3xf32>
  %11 = stator.relu %x : tensor<2x3xf32>
  // CHECK: stator.silu %x : tensor<2x3xf32>
  %12 = stator.silu %x : tensor<2x3xf32>
  // CHECK: stator.gelu %x : tensor<2x3xf32>
  %13 = stator.gelu %x : tensor<2x3xf32>
  // CHECK: stator.gelu %x tanh : tensor<2x3xf32>
  %20 = stator.gelu %x tanh : tensor<2x3xf32>
  // CHECK: stator.dropout %x rate 0.1 stream 7 : tensor<2x3xf32>
  %21 = stator.dropout %x rate 0.1 stream 7 : tensor<2x3xf32>
  stator.return
}

// CHECK-LABEL: stator.func @binary(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %i: tensor<2x3xi32>, %c: tensor<2x3xi1>)
stator.func @binary(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %i: tensor<2x3xi32>, %c: tensor<2x3xi1>) {
  // CHECK: stator.add %x, %y : tensor<2x3xf32>
  %0 = stator.add %x, %y : tensor<2x3xf32>
  // CHECK: stator.sub %x, %y : tensor<2x3xf32>
  %1 = stator.sub %x, %y : tensor<2x3xf32>
  // CHECK: stator.mul %x, %y : tensor<2x3xf32>
  %2 = stator.mul %x, %y : tensor<2x3xf32>
  // CHECK: stator.div %x, %y : tensor<2x3xf32>
  %3 = stator.div %x, %y : tensor<2x3xf32>
  // CHECK: stator.pow %x, %y : tensor<2x3xf32>
  %4 = stator.pow %x, %y : tensor<2x3xf32>
  // CHECK: stator.maximum %x, %y : tensor<2x3xf32>
  %5 = stator.maximum %x, %y : tensor<2x3xf32>
  // CHECK: stator.minimum %x, %y : tensor<2x3xf32>
  %6 = stator.minimum %x, %y : tensor<2x3xf32>
  // CHECK: stator.compare eq %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  %20 = stator.compare eq %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: stator.compare ne %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  %21 = stator.compare ne %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: stator.compare lt %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  %22 = stator.compare lt %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: stator.compare le %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  %23 = stator.compare le %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: stator.compare gt %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  %24 = stator.compare gt %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: stator.compare ge %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  %25 = stator.compare ge %x, %y : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: stator.compare lt %i, %i : tensor<2x3xi32> -> tensor<2x3xi1>
  %30 = stator.compare lt %i, %i : tensor<2x3xi32> -> tensor<2x3xi1>
  // CHECK: stator.select %c, %x, %y : tensor<2x3xi1>, tensor<2x3xf32>
  %31 = stator.select %c, %x, %y : tensor<2x3xi1>, tensor<2x3xf32>
  // CHECK: stator.and %c, %c : tensor<2x3xi1>
  %32 = stator.and %c, %c : tensor<2x3xi1>
  // CHECK: stator.or %c, %c : tensor<2x3xi1>
  %33 = stator.or %c, %c : tensor<2x3xi1>
  // CHECK: stator.not %c : tensor<2x3xi1>
  %34 = stator.not %c : tensor<2x3xi1>
  // CHECK: stator.iadd %i, %i : tensor<2x3xi32>
  %35 = stator.iadd %i, %i : tensor<2x3xi32>
  // CHECK: stator.isub %i, %i : tensor<2x3xi32>
  %36 = stator.isub %i, %i : tensor<2x3xi32>
  // CHECK: stator.imul %i, %i : tensor<2x3xi32>
  %37 = stator.imul %i, %i : tensor<2x3xi32>
  // CHECK: stator.convert %i : tensor<2x3xi32> -> tensor<2x3xf32>
  %38 = stator.convert %i : tensor<2x3xi32> -> tensor<2x3xf32>
  // CHECK: stator.convert %c : tensor<2x3xi1> -> tensor<2x3xi32>
  %39 = stator.convert %c : tensor<2x3xi1> -> tensor<2x3xi32>
  stator.return
}

// CHECK-LABEL: stator.func @shape(%x: tensor<2x3xf32>, %s: tensor<f32>)
stator.func @shape(%x: tensor<2x3xf32>, %s: tensor<f32>) {
  // CHECK: stator.constant dense<1.000000e+00> : tensor<2x3xf32>
  %0 = stator.constant dense<1.000000e+00> : tensor<2x3xf32>
  // CHECK: stator.constant dense<[1, 2]> : tensor<2xi32>
  %1 = stator.constant dense<[1, 2]> : tensor<2xi32>
  // CHECK: stator.iota axis 1 : tensor<2x3xi32>
  %2 = stator.iota axis 1 : tensor<2x3xi32>
  // CHECK: stator.broadcast %x dims [1, 2] : tensor<2x3xf32> -> tensor<4x2x3xf32>
  %3 = stator.broadcast %x dims [1, 2] : tensor<2x3xf32> -> tensor<4x2x3xf32>
  // CHECK: stator.broadcast %s dims [] : tensor<f32> -> tensor<2xf32>
  %4 = stator.broadcast %s dims [] : tensor<f32> -> tensor<2xf32>
  // CHECK: stator.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %5 = stator.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  // CHECK: stator.transpose %x perm [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  %6 = stator.transpose %x perm [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  // CHECK: stator.slice %x offsets [0, 1] strides [1, 1] : tensor<2x3xf32> -> tensor<2x2xf32>
  %7 = stator.slice %x offsets [0, 1] strides [1, 1] : tensor<2x3xf32> -> tensor<2x2xf32>
  // CHECK: stator.slice %x offsets [1, 0] strides [1, 2] : tensor<2x3xf32> -> tensor<1x2xf32>
  %8 = stator.slice %x offsets [1, 0] strides [1, 2] : tensor<2x3xf32> -> tensor<1x2xf32>
  // CHECK: stator.pad %x low [1, 0] strides [2, 1] : tensor<2x3xf32> -> tensor<5x4xf32>
  %9 = stator.pad %x low [1, 0] strides [2, 1] : tensor<2x3xf32> -> tensor<5x4xf32>
  // CHECK: stator.concat %x, %x axis 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %10 = stator.concat %x, %x axis 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  stator.return
}

// CHECK-LABEL: stator.func @tensor(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x6x8xf32>, %v: tensor<3xf32>, %t: tensor<9x4xf32>, %u: tensor<2x3x4xf32>, %i: tensor<2x3xi32>)
stator.func @tensor(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x6x8xf32>, %v: tensor<3xf32>, %t: tensor<9x4xf32>, %u: tensor<2x3x4xf32>, %i: tensor<2x3xi32>) {
  // CHECK: stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>) -> tensor<2x4x5x6xf32>
  %0 = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>) -> tensor<2x4x5x6xf32>
  // CHECK: stator.einsum "i, j -> j i" %v, %v : (tensor<3xf32>, tensor<3xf32>) -> tensor<3x3xf32>
  %1 = stator.einsum "i, j -> j i" %v, %v : (tensor<3xf32>, tensor<3xf32>) -> tensor<3x3xf32>
  // CHECK: stator.einsum "i, i ->" %v, %v : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  %2 = stator.einsum "i, i ->" %v, %v : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  // CHECK: stator.reduce sum %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  %10 = stator.reduce sum %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  // CHECK: stator.reduce mean %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  %11 = stator.reduce mean %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  // CHECK: stator.reduce max %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  %12 = stator.reduce max %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  // CHECK: stator.reduce min %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  %13 = stator.reduce min %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  // CHECK: stator.reduce logsumexp %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  %14 = stator.reduce logsumexp %q axes [1, 3] : tensor<2x4x5x8xf32> -> tensor<2x5xf32>
  // CHECK: stator.cumsum %q axis 2 : tensor<2x4x5x8xf32>
  %20 = stator.cumsum %q axis 2 : tensor<2x4x5x8xf32>
  // CHECK: stator.cumsum %q axis 2 reverse : tensor<2x4x5x8xf32>
  %21 = stator.cumsum %q axis 2 reverse : tensor<2x4x5x8xf32>
  // CHECK: stator.softmax %q axis 3 : tensor<2x4x5x8xf32>
  %22 = stator.softmax %q axis 3 : tensor<2x4x5x8xf32>
  // CHECK: stator.causal_mask %q fill -inf : tensor<2x4x5x8xf32>
  %23 = stator.causal_mask %q fill -inf : tensor<2x4x5x8xf32>
  // CHECK: stator.causal_mask %q fill nan : tensor<2x4x5x8xf32>
  %27 = stator.causal_mask %q fill nan : tensor<2x4x5x8xf32>
  // CHECK: stator.causal_mask %q fill 0.0 window 3 : tensor<2x4x5x8xf32>
  %24 = stator.causal_mask %q fill 0.0 window 3 : tensor<2x4x5x8xf32>
  // CHECK: stator.gather %t[%i] : (tensor<9x4xf32>, tensor<2x3xi32>) -> tensor<2x3x4xf32>
  %25 = stator.gather %t[%i] : (tensor<9x4xf32>, tensor<2x3xi32>) -> tensor<2x3x4xf32>
  // CHECK: stator.scatter_add %u[%i] : (tensor<2x3x4xf32>, tensor<2x3xi32>) -> tensor<9x4xf32>
  %26 = stator.scatter_add %u[%i] : (tensor<2x3x4xf32>, tensor<2x3xi32>) -> tensor<9x4xf32>
  stator.return
}

// CHECK-LABEL: stator.func @loss(%x: tensor<2x3x9xf32>, %t: tensor<2x3xi32>, %l: tensor<2x3xf32>)
stator.func @loss(%x: tensor<2x3x9xf32>, %t: tensor<2x3xi32>, %l: tensor<2x3xf32>) {
  // CHECK: stator.cross_entropy %x, %t : (tensor<2x3x9xf32>, tensor<2x3xi32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
  %loss, %lse = stator.cross_entropy %x, %t : (tensor<2x3x9xf32>, tensor<2x3xi32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
  // CHECK: stator.cross_entropy_grad %x, %t, %l, %l : (tensor<2x3x9xf32>, tensor<2x3xi32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3x9xf32>
  %1 = stator.cross_entropy_grad %x, %t, %l, %l : (tensor<2x3x9xf32>, tensor<2x3xi32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3x9xf32>
  stator.return
}

// CHECK-LABEL: stator.func @attention(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x6x8xf32>, %v: tensor<2x2x6x7xf32>, %r: tensor<2x4x5x7xf32>, %s: tensor<2x4x5xf32>, %m: tensor<5x6xf32>)
stator.func @attention(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x6x8xf32>, %v: tensor<2x2x6x7xf32>, %r: tensor<2x4x5x7xf32>, %s: tensor<2x4x5xf32>, %m: tensor<5x6xf32>) {
  // CHECK: stator.attention %q, %k, %v scale 0.3535 : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>) -> (tensor<2x4x5x7xf32>, tensor<2x4x5xf32>)
  %a:2 = stator.attention %q, %k, %v scale 0.3535 : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>) -> (tensor<2x4x5x7xf32>, tensor<2x4x5xf32>)
  // CHECK: stator.attention %q, %k, %v scale 0.3535 causal window 4 {dropout_rate = 1.000000e-01 : f64, dropout_stream = 3 : i64} : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>) -> (tensor<2x4x5x7xf32>, tensor<2x4x5xf32>)
  %b:2 = stator.attention %q, %k, %v scale 0.3535 causal window 4 {dropout_rate = 1.000000e-01 : f64, dropout_stream = 3 : i64} : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>) -> (tensor<2x4x5x7xf32>, tensor<2x4x5xf32>)
  // CHECK: stator.attention %q, %k, %v bias %m scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>, tensor<5x6xf32>) -> (tensor<2x4x5x7xf32>, tensor<2x4x5xf32>)
  %c:2 = stator.attention %q, %k, %v bias %m scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>, tensor<5x6xf32>) -> (tensor<2x4x5x7xf32>, tensor<2x4x5xf32>)
  // CHECK: stator.attention_grad %q, %k, %v of %r, %s by %r scale 1.0 causal : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>, tensor<2x4x5x7xf32>, tensor<2x4x5xf32>, tensor<2x4x5x7xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>)
  %d:3 = stator.attention_grad %q, %k, %v of %r, %s by %r scale 1.0 causal : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>, tensor<2x4x5x7xf32>, tensor<2x4x5xf32>, tensor<2x4x5x7xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>)
  // CHECK: stator.attention_grad %q, %k, %v bias %m of %r, %s by %r scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>, tensor<5x6xf32>, tensor<2x4x5x7xf32>, tensor<2x4x5xf32>, tensor<2x4x5x7xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>)
  %e:3 = stator.attention_grad %q, %k, %v bias %m of %r, %s by %r scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>, tensor<5x6xf32>, tensor<2x4x5x7xf32>, tensor<2x4x5xf32>, tensor<2x4x5x7xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x7xf32>)
  stator.return
}

// CHECK-LABEL: stator.func @training(%p: tensor<8x4xf32>, %x: tensor<3xf32>, %s: tensor<f32>, %i: tensor<i32>)
stator.func @training(%p: tensor<8x4xf32>, %x: tensor<3xf32>, %s: tensor<f32>, %i: tensor<i32>) {
  // CHECK: stator.info step : tensor<i32>
  %step = stator.info step : tensor<i32>
  // CHECK: stator.info total_steps : tensor<i32>
  %total = stator.info total_steps : tensor<i32>
  // CHECK: stator.global_norm %p, %x : (tensor<8x4xf32>, tensor<3xf32>) -> tensor<f32>
  %n = stator.global_norm %p, %x : (tensor<8x4xf32>, tensor<3xf32>) -> tensor<f32>
  // CHECK: stator.clip_scale %s max 1.0 : tensor<f32>
  %scale = stator.clip_scale %s max 1.0 : tensor<f32>
  // CHECK: stator.learning_rate %i of %i peak 6.0e-04 schedule <cosine, warmup = 100, floor = 6.0e-05, steps = 0, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  %lr = stator.learning_rate %i of %i peak 0.0006 schedule <cosine, warmup = 100, floor = 6.0e-05, steps = 0, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  // CHECK: stator.sgd %p, %p lr %s scale %s momentum 0.0 decay 0.0 : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>) -> tensor<8x4xf32>
  %sgd = stator.sgd %p, %p lr %s scale %s momentum 0.0 decay 0.0 : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>) -> tensor<8x4xf32>
  // CHECK: stator.sgd %p, %p lr %s scale %s buffer %p momentum 0.9 decay 0.0 nesterov : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>)
  %m:2 = stator.sgd %p, %p lr %s scale %s buffer %p momentum 0.9 decay 0.0 nesterov : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>)
  // CHECK: stator.adam %p, %p, %p, %p lr %s scale %s step %i betas(0.9, 0.95) eps 1.0e-08 decay 0.1 decoupled : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
  %adam:3 = stator.adam %p, %p, %p, %p lr %s scale %s step %i betas (0.9, 0.95) eps 1.0e-08 decay 0.1 decoupled : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
  // CHECK: stator.write %p, @h.0.weight : tensor<8x4xf32>
  stator.write %p, @h.0.weight : tensor<8x4xf32>
  stator.return
}
