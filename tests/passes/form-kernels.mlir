// RUN: stator-opt %s --split-input-file --stator-form-kernels | FileCheck %s
// RUN: stator-opt %s --split-input-file --stator-form-kernels=fuse=false | FileCheck %s --check-prefix=SINGLE

// A normalization with the sum in front of it is one kernel; the sum, which is
// needed again, is a result of it.

// CHECK-LABEL: stator.func @normalizes
// CHECK-NEXT: %[[R:.*]]:2 = stator.launch @[[NORM:k0_[a-z_]*]](%{{.*}}, %{{.*}}, %{{.*}})
// CHECK-NEXT: stator.return %[[R]]#{{[01]}}, %[[R]]#{{[01]}}
// CHECK: stator.func kernel @[[NORM]]
// CHECK: stator.add
// CHECK: stator.reduce mean
// CHECK: stator.reduce mean
// CHECK: stator.constant
// CHECK: stator.rsqrt
// CHECK-NOT: stator.func
// SINGLE-LABEL: stator.func @normalizes
// SINGLE-COUNT-13: stator.launch
// SINGLE-NOT: stator.launch
// SINGLE: stator.func kernel
stator.func @normalizes(%x: tensor<3x7x48xf32>, %h: tensor<3x7x48xf32>, %g: tensor<48xf32>) -> (tensor<3x7x48xf32>, tensor<3x7x48xf32>) {
  %eps = stator.constant dense<1.0e-5> : tensor<3x7xf32>
  %s0 = stator.add %x, %h : tensor<3x7x48xf32>
  %m = stator.reduce mean %s0 axes [2] : tensor<3x7x48xf32> -> tensor<3x7xf32>
  %mb = stator.broadcast %m dims [0, 1] : tensor<3x7xf32> -> tensor<3x7x48xf32>
  %c = stator.sub %s0, %mb : tensor<3x7x48xf32>
  %sq = stator.mul %c, %c : tensor<3x7x48xf32>
  %v = stator.reduce mean %sq axes [2] : tensor<3x7x48xf32> -> tensor<3x7xf32>
  %ve = stator.add %v, %eps : tensor<3x7xf32>
  %r = stator.rsqrt %ve : tensor<3x7xf32>
  %rb = stator.broadcast %r dims [0, 1] : tensor<3x7xf32> -> tensor<3x7x48xf32>
  %n = stator.mul %c, %rb : tensor<3x7x48xf32>
  %gb = stator.broadcast %g dims [2] : tensor<48xf32> -> tensor<3x7x48xf32>
  %s = stator.mul %n, %gb : tensor<3x7x48xf32>
  %y = stator.add %s, %s0 : tensor<3x7x48xf32>
  stator.return %s0, %y : tensor<3x7x48xf32>, tensor<3x7x48xf32>
}

// -----

// Equal kernels are one function, whatever their values and the dimensions of
// their contractions are called.

// CHECK-LABEL: stator.func @shares
// CHECK: stator.launch @[[E:k0_einsum_add_gelu]]
// CHECK: stator.launch @[[E]]
// CHECK: stator.func kernel @[[E]]
// CHECK: stator.einsum "a b, b c -> a c"
// CHECK-NOT: stator.func
// SINGLE-LABEL: stator.func @shares
stator.func @shares(%x: tensor<6x16xf32>, %w0: tensor<16x16xf32>, %b0: tensor<16xf32>, %w1: tensor<16x16xf32>, %b1: tensor<16xf32>) -> tensor<6x16xf32> {
  %h = stator.einsum "t i, i o -> t o" %x, %w0 : (tensor<6x16xf32>, tensor<16x16xf32>) -> tensor<6x16xf32>
  %bb = stator.broadcast %b0 dims [1] : tensor<16xf32> -> tensor<6x16xf32>
  %a = stator.add %h, %bb : tensor<6x16xf32>
  %g = stator.gelu %a : tensor<6x16xf32>
  %other = stator.einsum "rows in, in out -> rows out" %g, %w1 : (tensor<6x16xf32>, tensor<16x16xf32>) -> tensor<6x16xf32>
  %name = stator.broadcast %b1 dims [1] : tensor<16xf32> -> tensor<6x16xf32>
  %of = stator.add %other, %name : tensor<6x16xf32>
  %value = stator.gelu %of : tensor<6x16xf32>
  stator.return %value : tensor<6x16xf32>
}

// -----

// The sums over rows for gain and bias are one pass over the cotangent, with the
// product in it; neither is part of the kernel that makes the cotangent.

// CHECK-LABEL: stator.func @sums_over_rows
// CHECK: %[[D:.*]] = stator.launch @k0_mul(%{{.*}}, %{{.*}})
// CHECK: stator.launch @[[SUMS:k1_mul_reduce]](%[[D]], %{{.*}}) {{.*}} -> (tensor<48xf32>, tensor<48xf32>)
// CHECK: stator.func kernel @[[SUMS]]
// CHECK: stator.mul
// CHECK: stator.reduce sum
// CHECK: stator.reduce sum
// SINGLE-LABEL: stator.func @sums_over_rows
stator.func @sums_over_rows(%x: tensor<3x7x48xf32>, %y: tensor<3x7x48xf32>, %n: tensor<3x7x48xf32>) -> (tensor<3x7x48xf32>, tensor<48xf32>, tensor<48xf32>) {
  %d = stator.mul %x, %y : tensor<3x7x48xf32>
  %p = stator.mul %d, %n : tensor<3x7x48xf32>
  %a = stator.reduce sum %p axes [0, 1] : tensor<3x7x48xf32> -> tensor<48xf32>
  %b = stator.reduce sum %d axes [0, 1] : tensor<3x7x48xf32> -> tensor<48xf32>
  stator.return %d, %a, %b : tensor<3x7x48xf32>, tensor<48xf32>, tensor<48xf32>
}

// -----

// To put both elementwise ops into one kernel would make it need itself.

// CHECK-LABEL: stator.func @no_cycle
// CHECK: %[[A:.*]] = stator.launch @k0_tanh(%{{.*}})
// CHECK: %[[S:.*]] = stator.launch @k1_cumsum(%[[A]])
// CHECK: stator.launch @k2_add(%[[A]], %[[S]])
// SINGLE-LABEL: stator.func @no_cycle
stator.func @no_cycle(%x: tensor<3x48xf32>) -> tensor<3x48xf32> {
  %a = stator.tanh %x : tensor<3x48xf32>
  %s = stator.cumsum %a axis 1 : tensor<3x48xf32>
  %b = stator.add %a, %s : tensor<3x48xf32>
  stator.return %b : tensor<3x48xf32>
}

// -----

// Views stay in the schedule; slice, reshape inside and transpose are one copy.

// CHECK-LABEL: stator.func @moves
// CHECK: stator.launch @k0_slice_transpose
// CHECK: stator.reshape
// CHECK: stator.launch @k1_exp
// CHECK: stator.reshape
// CHECK-NOT: stator.launch
// CHECK: stator.func kernel @k0_slice_transpose
// CHECK-NEXT: stator.slice
// CHECK-NEXT: stator.reshape
// CHECK-NEXT: stator.transpose
// SINGLE-LABEL: stator.func @moves
stator.func @moves(%x: tensor<2x6x96xf32>, %y: tensor<4x6xf32>, %z: tensor<5x1x3xf32>) -> (tensor<2x2x6x16xf32>, tensor<24xf32>, tensor<1x5x3xf32>) {
  %q = stator.slice %x offsets [0, 0, 32] strides [1, 1, 1] : tensor<2x6x96xf32> -> tensor<2x6x32xf32>
  %r = stator.reshape %q : tensor<2x6x32xf32> -> tensor<2x6x2x16xf32>
  %t = stator.transpose %r perm [0, 2, 1, 3] : tensor<2x6x2x16xf32> -> tensor<2x2x6x16xf32>
  %v = stator.reshape %y : tensor<4x6xf32> -> tensor<24xf32>
  %e = stator.exp %v : tensor<24xf32>
  %u = stator.transpose %z perm [1, 0, 2] : tensor<5x1x3xf32> -> tensor<1x5x3xf32>
  stator.return %t, %e, %u : tensor<2x2x6x16xf32>, tensor<24xf32>, tensor<1x5x3xf32>
}

// -----

// A broadcast that several kernels use is part of each.

// CHECK-LABEL: stator.func @repeats
// CHECK-NOT: broadcast
// CHECK: stator.return
// SINGLE-LABEL: stator.func @repeats
stator.func @repeats(%x: tensor<3x48xf32>, %b: tensor<48xf32>) -> tensor<3x48xf32> {
  %bb = stator.broadcast %b dims [1] : tensor<48xf32> -> tensor<3x48xf32>
  %a = stator.add %x, %bb : tensor<3x48xf32>
  %s = stator.cumsum %a axis 1 : tensor<3x48xf32>
  %c = stator.mul %s, %bb : tensor<3x48xf32>
  stator.return %c : tensor<3x48xf32>
}

// -----

// The body of a loop is a schedule of its own, and shares kernels with others.

// CHECK-LABEL: stator.func @loops
// CHECK: stator.scan
// CHECK: %[[N:.*]] = stator.launch @[[K:k0_add_tanh]]
// CHECK-NEXT: stator.yield %[[N]], %[[N]]
// CHECK: stator.launch @[[K]]
// SINGLE-LABEL: stator.func @loops
stator.func @loops(%h0: tensor<3x16xf32>, %xs: tensor<3x5x16xf32>) -> (tensor<3x16xf32>, tensor<3x5x16xf32>) {
  %last, %ys = stator.scan axis 1 length 5 carries(%h = %h0) over(%x = %xs) : (tensor<3x16xf32>, tensor<3x5x16xf32>) -> (tensor<3x16xf32>, tensor<3x5x16xf32>) {
    %a = stator.add %h, %x : tensor<3x16xf32>
    %n = stator.tanh %a : tensor<3x16xf32>
    stator.yield %n, %n : tensor<3x16xf32>, tensor<3x16xf32>
  }
  %b = stator.add %last, %h0 : tensor<3x16xf32>
  %c = stator.tanh %b : tensor<3x16xf32>
  stator.return %c, %ys : tensor<3x16xf32>, tensor<3x5x16xf32>
}

// -----

// Each dropout has a stream of its own, so these are two kernels.

// CHECK-LABEL: stator.func @drops
// CHECK: stator.launch @k0_dropout
// CHECK: stator.launch @k1_cumsum
// CHECK: stator.launch @k2_dropout
// SINGLE-LABEL: stator.func @drops
stator.func @drops(%x: tensor<3x48xf32>) -> tensor<3x48xf32> {
  %a = stator.dropout %x rate 0.1 stream 0 : tensor<3x48xf32>
  %s = stator.cumsum %a axis 1 : tensor<3x48xf32>
  %b = stator.dropout %s rate 0.1 stream 1 : tensor<3x48xf32>
  stator.return %b : tensor<3x48xf32>
}

// -----

// A kernel with loops of its own takes constants from memory. What nobody needs
// is no kernel.

// CHECK-LABEL: stator.func @constants
// CHECK: %[[Z:.*]] = stator.constant
// CHECK-NEXT: stator.launch @k0_global_norm(%{{.*}}, %[[Z]])
// CHECK-NOT: stator.launch
// CHECK: stator.func kernel @k0_global_norm
// CHECK-NOT: stator.constant
// SINGLE-LABEL: stator.func @constants
stator.func @constants(%x: tensor<48xf32>) -> tensor<f32> {
  %z = stator.constant dense<0.5> : tensor<8xf32>
  %dead = stator.exp %x : tensor<48xf32>
  %deader = stator.neg %dead : tensor<48xf32>
  %n = stator.global_norm %x, %z : (tensor<48xf32>, tensor<8xf32>) -> tensor<f32>
  stator.return %n : tensor<f32>
}

// -----

// Keys are frozen: their cotangent is no result of the kernel.

// CHECK-LABEL: stator.func @frozen_keys
// CHECK-NEXT: %[[D:.*]]:2 = stator.launch @k0_attention_grad
// CHECK-NEXT: stator.return %[[D]]#0, %[[D]]#1
// CHECK: stator.func kernel @k0_attention_grad(
// CHECK-NEXT: %[[G:.*]]:3 = stator.attention_grad
// CHECK-NEXT: stator.return %[[G]]#0, %[[G]]#2
stator.func @frozen_keys(%q: tensor<1x2x8x4xf32>, %k: tensor<1x2x8x4xf32>, %v: tensor<1x2x8x4xf32>, %o: tensor<1x2x8x4xf32>, %l: tensor<1x2x8xf32>, %d: tensor<1x2x8x4xf32>) -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) {
  %dq, %dk, %dv = stator.attention_grad %q, %k, %v of %o, %l by %d scale 0.5 causal : (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8xf32>, tensor<1x2x8x4xf32>) -> (tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>)
  stator.return %dq, %dv : tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>
}
