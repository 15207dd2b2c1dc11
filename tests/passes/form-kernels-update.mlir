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
