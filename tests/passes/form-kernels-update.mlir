// RUN: stator-opt %s --split-input-file --stator-form-kernels | FileCheck %s

// All optimizers of a step are one kernel, which also sets the gradients to
// zero, each by a result of its own.
// CHECK-LABEL: stator.func @update
// CHECK-NOT: stator.constant
// CHECK: stator.launch @k0_global_norm
// CHECK: %[[NEW:.*]]:6 = stator.launch @k1_sgd
// CHECK-NOT: stator.launch
// CHECK-DAG: stator.write %[[NEW]]#{{[0-9]}}, @a :
// CHECK-DAG: stator.write %[[NEW]]#{{[0-9]}}, @b :
// CHECK-DAG: stator.write %[[NEW]]#{{[0-9]}}, @c :
// CHECK-DAG: stator.write %[[NEW]]#{{[0-9]}}, @a.grad
// CHECK-DAG: stator.write %[[NEW]]#{{[0-9]}}, @b.grad
// CHECK-DAG: stator.write %[[NEW]]#{{[0-9]}}, @c.grad
// CHECK: stator.func kernel @k1_sgd
// CHECK-COUNT-3: stator.constant dense<0.0
// CHECK-COUNT-3: stator.sgd
stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @b : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @c : tensor<3x5xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @a.grad : tensor<16xf32> init #stator.init<constant, 0.0, 0.0> role gradient of @a
stator.parameter @b.grad : tensor<16xf32> init #stator.init<constant, 0.0, 0.0> role gradient of @b
stator.parameter @c.grad : tensor<3x5xf32> init #stator.init<constant, 0.0, 0.0> role gradient of @c
stator.func @update() -> tensor<f32> {
  %zero16 = stator.constant dense<0.0> : tensor<16xf32>
  %zero35 = stator.constant dense<0.0> : tensor<3x5xf32>
  %one = stator.constant dense<1.0> : tensor<f32>
  %a = stator.read @a : tensor<16xf32>
  %b = stator.read @b : tensor<16xf32>
  %c = stator.read @c : tensor<3x5xf32>
  %da = stator.read @a.grad : tensor<16xf32>
  %db = stator.read @b.grad : tensor<16xf32>
  %dc = stator.read @c.grad : tensor<3x5xf32>
  %n = stator.global_norm %da, %db, %dc : (tensor<16xf32>, tensor<16xf32>, tensor<3x5xf32>) -> tensor<f32>
  %0 = stator.sgd %a, %da lr %n scale %one momentum 0.0 decay 0.1 : (tensor<16xf32>, tensor<16xf32>, tensor<f32>, tensor<f32>) -> tensor<16xf32>
  %1 = stator.sgd %b, %db lr %n scale %one momentum 0.0 decay 0.0 : (tensor<16xf32>, tensor<16xf32>, tensor<f32>, tensor<f32>) -> tensor<16xf32>
  %2 = stator.sgd %c, %dc lr %n scale %one momentum 0.0 decay 0.1 : (tensor<3x5xf32>, tensor<3x5xf32>, tensor<f32>, tensor<f32>) -> tensor<3x5xf32>
  stator.write %0, @a : tensor<16xf32>
  stator.write %1, @b : tensor<16xf32>
  stator.write %2, @c : tensor<3x5xf32>
  stator.write %zero16, @a.grad : tensor<16xf32>
  stator.write %zero16, @b.grad : tensor<16xf32>
  stator.write %zero35, @c.grad : tensor<3x5xf32>
  stator.return %n : tensor<f32>
}

// -----

// Rows are summed into the tensor that their sum is added to.
// CHECK-LABEL: stator.func @tied
// CHECK: stator.launch @k0_scatter_add_add
// CHECK-NOT: stator.launch
stator.func @tied(%dw: tensor<7x8xf32>, %dx: tensor<5x8xf32>, %i: tensor<5xi32>) -> tensor<7x8xf32> {
  %rows = stator.scatter_add %dx[%i] : (tensor<5x8xf32>, tensor<5xi32>) -> tensor<7x8xf32>
  %sum = stator.add %dw, %rows : tensor<7x8xf32>
  stator.return %sum : tensor<7x8xf32>
}

// -----

// Rows of a tensor are views, and what is computed of them is joined in place.
// CHECK-LABEL: stator.func @rows
// CHECK: %[[A:.*]] = stator.slice %{{.*}} offsets [0, 0]
// CHECK: %[[B:.*]] = stator.launch @k0_tanh(%[[A]])
// CHECK: %[[C:.*]] = stator.slice %{{.*}} offsets [4, 0]
// CHECK: %[[D:.*]] = stator.launch @k0_tanh(%[[C]])
// CHECK: stator.concat %[[B]], %[[D]] axis 0
// CHECK: stator.func kernel @k0_tanh
// CHECK-NEXT: stator.tanh
stator.func @rows(%x: tensor<8x6xf32>) -> tensor<8x6xf32> {
  %a = stator.slice %x offsets [0, 0] strides [1, 1] : tensor<8x6xf32> -> tensor<4x6xf32>
  %b = stator.tanh %a : tensor<4x6xf32>
  %c = stator.slice %x offsets [4, 0] strides [1, 1] : tensor<8x6xf32> -> tensor<4x6xf32>
  %d = stator.tanh %c : tensor<4x6xf32>
  %e = stator.concat %b, %d axis 0 : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  stator.return %e : tensor<8x6xf32>
}

// -----

// Each product of a sum of several is added to what was there before it, where
// the sum can grow, and not later to the next one.
// CHECK-LABEL: stator.func @accumulates
// CHECK: %[[G:.*]] = stator.read @g
// CHECK: %[[A:.*]] = stator.launch @[[K:k[0-9]+_einsum_add]]({{.*}}%[[G]]
// CHECK: %[[B:.*]] = stator.launch @[[K]]({{.*}}%[[A]]
// CHECK: stator.write %[[B]], @g
stator.parameter @g : tensor<8x6xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @accumulates(%x: tensor<16x8xf32>, %y: tensor<16x6xf32>, %z: tensor<16x8xf32>) {
  %g = stator.read @g : tensor<8x6xf32>
  %p = stator.einsum "a k, a j -> k j" %x, %y : (tensor<16x8xf32>, tensor<16x6xf32>) -> tensor<8x6xf32>
  %a = stator.add %p, %g : tensor<8x6xf32>
  %q = stator.einsum "a k, a j -> k j" %z, %y : (tensor<16x8xf32>, tensor<16x6xf32>) -> tensor<8x6xf32>
  %b = stator.add %q, %a : tensor<8x6xf32>
  stator.write %b, @g : tensor<8x6xf32>
  stator.return
}

// -----

// A sum of many products grows in one place too.
// CHECK-LABEL: stator.func @sums_many
// CHECK: stator.launch @k0_einsum(
// CHECK-COUNT-7: stator.launch @k1_einsum_add(
// CHECK-NOT: stator.launch
stator.func @sums_many(%x: tensor<32x8xf32>, %y: tensor<32x6xf32>) -> tensor<8x6xf32> {
  %x0 = stator.slice %x offsets [0, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y0 = stator.slice %y offsets [0, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p0 = stator.einsum "a k, a j -> k j" %x0, %y0 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %x1 = stator.slice %x offsets [4, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y1 = stator.slice %y offsets [4, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p1 = stator.einsum "a k, a j -> k j" %x1, %y1 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s1 = stator.add %p1, %p0 : tensor<8x6xf32>
  %x2 = stator.slice %x offsets [8, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y2 = stator.slice %y offsets [8, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p2 = stator.einsum "a k, a j -> k j" %x2, %y2 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s2 = stator.add %p2, %s1 : tensor<8x6xf32>
  %x3 = stator.slice %x offsets [12, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y3 = stator.slice %y offsets [12, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p3 = stator.einsum "a k, a j -> k j" %x3, %y3 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s3 = stator.add %p3, %s2 : tensor<8x6xf32>
  %x4 = stator.slice %x offsets [16, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y4 = stator.slice %y offsets [16, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p4 = stator.einsum "a k, a j -> k j" %x4, %y4 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s4 = stator.add %p4, %s3 : tensor<8x6xf32>
  %x5 = stator.slice %x offsets [20, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y5 = stator.slice %y offsets [20, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p5 = stator.einsum "a k, a j -> k j" %x5, %y5 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s5 = stator.add %p5, %s4 : tensor<8x6xf32>
  %x6 = stator.slice %x offsets [24, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y6 = stator.slice %y offsets [24, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p6 = stator.einsum "a k, a j -> k j" %x6, %y6 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s6 = stator.add %p6, %s5 : tensor<8x6xf32>
  %x7 = stator.slice %x offsets [28, 0] strides [1, 1] : tensor<32x8xf32> -> tensor<4x8xf32>
  %y7 = stator.slice %y offsets [28, 0] strides [1, 1] : tensor<32x6xf32> -> tensor<4x6xf32>
  %p7 = stator.einsum "a k, a j -> k j" %x7, %y7 : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %s7 = stator.add %p7, %s6 : tensor<8x6xf32>
  stator.return %s7 : tensor<8x6xf32>
}
