// RUN: stator-opt %s --split-input-file --stator-form-kernels | FileCheck %s
// RUN: stator-opt %s --split-input-file --stator-form-kernels=epilogues=false | FileCheck %s --check-prefix=ALONE
// RUN: stator-opt %s --split-input-file --stator-form-kernels=remarks=true 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: stator-opt %s --split-input-file --stator-form-kernels=repeat=false | FileCheck %s --check-prefix=KEPT

// Bias and activation follow the contraction, and what goes into the activation
// leaves the kernel too.

// CHECK-LABEL: stator.func @bias_gelu
// CHECK-NEXT: %[[R:.*]]:2 = stator.launch @k0_einsum_add_gelu(%{{.*}}, %{{.*}}, %{{.*}})
// CHECK-NEXT: stator.return %[[R]]#0, %[[R]]#1
// ALONE-LABEL: stator.func @bias_gelu
// ALONE-NEXT: stator.launch @k0_einsum(
// ALONE-NEXT: stator.launch @k1_add_gelu(
// REMARK: remark: fused into the matmul: add, gelu, which saves 3072 bytes of traffic
stator.func @bias_gelu(%x: tensor<6x16xf32>, %w: tensor<16x64xf32>, %b: tensor<64xf32>) -> (tensor<6x64xf32>, tensor<6x64xf32>) {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %bb = stator.broadcast %b dims [1] : tensor<64xf32> -> tensor<6x64xf32>
  %h = stator.add %p, %bb : tensor<6x64xf32>
  %g = stator.gelu %h : tensor<6x64xf32>
  stator.return %h, %g : tensor<6x64xf32>, tensor<6x64xf32>
}

// -----

// The residual sum follows the contraction; the normalization of it does not.
// Of what the normalization computes, the backward pass gets the sum itself and
// two numbers a row, from which it computes again what it needs.

// CHECK-LABEL: stator.func @normalizes
// CHECK: %[[S:.*]] = stator.launch @k0_einsum_add(
// CHECK: %[[N:.*]]:3 = stator.launch @[[NORM:k1_[a-z_]*]](%[[S]], %{{.*}}) {{.*}} -> (tensor<6xf32>, tensor<6xf32>, tensor<6x64xf32>)
// CHECK: stator.launch @k2_cumsum
// CHECK: stator.launch @[[BACK:k3_[a-z_]*]](
// CHECK-SAME: %[[S]]
// CHECK: stator.func kernel @[[BACK]]
// CHECK: stator.sub
// REMARK: remark: fused into the matmul: add, which saves
// REMARK: it sums over elements of several blocks
// KEPT-LABEL: stator.func @normalizes
// KEPT: stator.launch @k1_{{.*}} -> (tensor<6x64xf32>, tensor<6x64xf32>)
stator.func @normalizes(%x: tensor<6x16xf32>, %w: tensor<16x64xf32>, %h: tensor<6x64xf32>, %g: tensor<64xf32>) -> (tensor<6x64xf32>, tensor<6x64xf32>) {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %s = stator.add %h, %p : tensor<6x64xf32>
  %m = stator.reduce mean %s axes [1] : tensor<6x64xf32> -> tensor<6xf32>
  %mb = stator.broadcast %m dims [0] : tensor<6xf32> -> tensor<6x64xf32>
  %c = stator.sub %s, %mb : tensor<6x64xf32>
  %sq = stator.mul %c, %c : tensor<6x64xf32>
  %v = stator.reduce mean %sq axes [1] : tensor<6x64xf32> -> tensor<6xf32>
  %r = stator.rsqrt %v : tensor<6xf32>
  %rb = stator.broadcast %r dims [0] : tensor<6xf32> -> tensor<6x64xf32>
  %n = stator.mul %c, %rb : tensor<6x64xf32>
  %gb = stator.broadcast %g dims [1] : tensor<64xf32> -> tensor<6x64xf32>
  %y = stator.mul %n, %gb : tensor<6x64xf32>
  %z = stator.cumsum %y axis 1 : tensor<6x64xf32>
  %d = stator.mul %z, %n : tensor<6x64xf32>
  stator.return %s, %d : tensor<6x64xf32>, tensor<6x64xf32>
}

// -----

// What only sums over rows need is computed with them: behind the contraction it
// would be one more tensor to write.

// CHECK-LABEL: stator.func @returns
// CHECK: %[[D:.*]] = stator.launch @k0_einsum(
// CHECK: stator.launch @{{k1_.*}}(%[[D]]
// REMARK: not fused into the matmul: the kernel that needs it moves no more bytes with it
stator.func @returns(%x: tensor<6x16xf32>, %w: tensor<16x64xf32>, %y: tensor<6x64xf32>) -> (tensor<6x64xf32>, tensor<6x64xf32>) {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %d = stator.tanh %p : tensor<6x64xf32>
  %t = stator.mul %d, %y : tensor<6x64xf32>
  %m = stator.reduce mean %t axes [1] : tensor<6x64xf32> -> tensor<6xf32>
  %mb = stator.broadcast %m dims [0] : tensor<6xf32> -> tensor<6x64xf32>
  %c = stator.sub %d, %mb : tensor<6x64xf32>
  stator.return %p, %c : tensor<6x64xf32>, tensor<6x64xf32>
}

// -----

// The derivative of an activation is computed where it is multiplied.

// CHECK-LABEL: stator.func @backward
// CHECK-NEXT: %[[R:.*]] = stator.launch @k0_einsum
// CHECK-NEXT: stator.return %[[R]]
stator.func @backward(%d: tensor<6x16xf32>, %w: tensor<64x16xf32>, %y: tensor<6x64xf32>) -> tensor<6x64xf32> {
  %one = stator.constant dense<1.0> : tensor<6x64xf32>
  %sq = stator.mul %y, %y : tensor<6x64xf32>
  %f = stator.sub %one, %sq : tensor<6x64xf32>
  %p = stator.einsum "t o, i o -> t i" %d, %w : (tensor<6x16xf32>, tensor<64x16xf32>) -> tensor<6x64xf32>
  %r = stator.mul %p, %f : tensor<6x64xf32>
  stator.return %r : tensor<6x64xf32>
}

// -----

// One of two contractions adds to what the other one computes; a gate waits for
// the other map.

// CHECK-LABEL: stator.func @sums
// CHECK: %[[P:.*]] = stator.launch @k0_einsum(
// CHECK: stator.launch @k1_einsum_add(%{{.*}}, %{{.*}}, %[[P]])
// CHECK-NOT: stator.launch
// CHECK-LABEL: stator.func @accumulates
// CHECK: %[[A:.*]] = stator.launch @[[ADD:k2_einsum_add]](
// CHECK: stator.launch @[[ADD]](%{{.*}}, %{{.*}}, %[[A]])
// CHECK-LABEL: stator.func @gates
// CHECK-COUNT-2: stator.launch @{{k[0-9]_einsum}}
// CHECK-NOT: stator.launch
// CHECK: stator.return
stator.func @sums(%x: tensor<6x16xf32>, %v: tensor<16x64xf32>, %y: tensor<6x8xf32>, %w: tensor<8x64xf32>) -> tensor<6x64xf32> {
  %p = stator.einsum "t i, i o -> t o" %x, %v : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %q = stator.einsum "t i, i o -> t o" %y, %w : (tensor<6x8xf32>, tensor<8x64xf32>) -> tensor<6x64xf32>
  %s = stator.add %p, %q : tensor<6x64xf32>
  stator.return %s : tensor<6x64xf32>
}
stator.func @accumulates(%x: tensor<6x16xf32>, %y: tensor<6x16xf32>, %w: tensor<16x64xf32>, %acc: tensor<6x64xf32>) -> tensor<6x64xf32> {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %r = stator.add %acc, %p : tensor<6x64xf32>
  %q = stator.einsum "t i, i o -> t o" %y, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %s = stator.add %r, %q : tensor<6x64xf32>
  stator.return %s : tensor<6x64xf32>
}
stator.func @gates(%x: tensor<6x16xf32>, %v: tensor<16x64xf32>, %w: tensor<16x64xf32>) -> (tensor<6x64xf32>, tensor<6x64xf32>, tensor<6x64xf32>) {
  %p = stator.einsum "t i, i o -> t o" %x, %v : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %q = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %s = stator.silu %p : tensor<6x64xf32>
  %r = stator.mul %s, %q : tensor<6x64xf32>
  stator.return %p, %q, %r : tensor<6x64xf32>, tensor<6x64xf32>, tensor<6x64xf32>
}

// -----

// What needs the product in another way cannot follow it, nor what comes after
// such.

// CHECK-LABEL: stator.func @refuses
// CHECK: %[[P:.*]] = stator.launch @k0_einsum(
// CHECK: %[[C:.*]] = stator.launch @k1_cumsum(%[[P]])
// CHECK: stator.launch @k2_add(%[[P]], %[[C]])
// REMARK: not fused into the matmul: another of its operands needs the product
stator.func @refuses(%x: tensor<6x16xf32>, %w: tensor<16x64xf32>) -> tensor<6x64xf32> {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %c = stator.cumsum %p axis 1 : tensor<6x64xf32>
  %s = stator.add %p, %c : tensor<6x64xf32>
  stator.return %s : tensor<6x64xf32>
}

// -----

// A contraction does not wait for what comes much later: its operands would
// stay in memory.

// CHECK-LABEL: stator.func @waits_not
// CHECK: stator.launch @k0_einsum(
// CHECK-COUNT-5: stator.launch
// CHECK: stator.launch @{{k[0-9]}}_add(
// REMARK: not fused into the matmul: another of its operands comes much later
stator.func @waits_not(%x: tensor<6x16xf32>, %w: tensor<16x64xf32>, %y: tensor<6x64xf32>) -> tensor<6x64xf32> {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %c0 = stator.cumsum %y axis 1 : tensor<6x64xf32>
  %c1 = stator.cumsum %c0 axis 0 : tensor<6x64xf32>
  %c2 = stator.cumsum %c1 axis 1 : tensor<6x64xf32>
  %c3 = stator.cumsum %c2 axis 0 : tensor<6x64xf32>
  %c4 = stator.cumsum %c3 axis 1 : tensor<6x64xf32>
  %s = stator.add %p, %c4 : tensor<6x64xf32>
  stator.return %s : tensor<6x64xf32>
}

// -----

// Booleans have no room for the sums.

// CHECK-LABEL: stator.func @no_room
// CHECK: stator.launch @k0_einsum(
// CHECK: stator.launch @k1_compare(
// REMARK: nothing fused into the matmul: no result of the kernel has room for its sums
stator.func @no_room(%x: tensor<6x16xf32>, %w: tensor<16x64xf32>) -> tensor<6x64xi1> {
  %zero = stator.constant dense<0.0> : tensor<6x64xf32>
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<6x16xf32>, tensor<16x64xf32>) -> tensor<6x64xf32>
  %c = stator.compare gt %p, %zero : tensor<6x64xf32> -> tensor<6x64xi1>
  stator.return %c : tensor<6x64xi1>
}
