// RUN: stator-opt %s -split-input-file -stator-differentiate -canonicalize -cse | FileCheck %s

// The cotangent of a value that is used twice is a sum; the mean over the four
// positions is the seed; backward ops are named after the values whose cotangents
// they compute.

stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>

// CHECK-LABEL: stator.func @loss(
// CHECK-LABEL: stator.func @gradients(%x: tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>) {
// CHECK: %[[SEED:d_loss.*]] = stator.constant dense<2.500000e-01>
// CHECK: %w = stator.read @w
// CHECK: %[[Y:y]] = stator.mul %w, %x
// CHECK: %[[Z:z]] = stator.exp %[[Y]]
// CHECK: %l = stator.mul %[[Z]], %[[Y]]
// CHECK: %[[MEAN:loss]] = stator.reduce mean %l axes [0]
// CHECK-DAG: %[[DZ:d_z.*]] = stator.mul %[[Y]], %[[SEED]]
// CHECK-DAG: %[[DY1:d_y.*]] = stator.mul %[[Z]], %[[SEED]]
// CHECK: %[[DY2:d_y.*]] = stator.mul %[[DZ]], %[[Z]]
// CHECK: %[[DY:d_y.*]] = stator.add %[[DY1]], %[[DY2]]
// CHECK: %[[DW:d_w]] = stator.mul %[[DY]], %x
// CHECK-NEXT: stator.return %[[MEAN]], %[[DW]]
stator.func @loss(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = stator.read @w : tensor<4xf32>
  %y = stator.mul %w, %x : tensor<4xf32> loc("y")
  %z = stator.exp %y : tensor<4xf32> loc("z")
  %l = stator.mul %z, %y : tensor<4xf32> loc("l")
  stator.return %l : tensor<4xf32>
}

// -----

// Only what lies between a trainable parameter and the loss is visited: nothing
// flows into the frozen parameter, the argument or the op that the loss does
// not use. The gradient of a parameter that is not reached is zero. A loss that
// is one number is its own mean.

stator.parameter @first : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>
stator.parameter @frozen : tensor<4xf32> init #stator.init<constant, 1.0, 0.0> frozen
stator.parameter @unused : tensor<2x2xf32> init #stator.init<constant, 1.0, 0.0>
stator.parameter @last : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>

// CHECK-LABEL: stator.func @gradients(
// CHECK-SAME: -> (tensor<f32>, tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>)
// CHECK-DAG: %[[ZERO:.*]] = stator.constant dense<0.000000e+00> : tensor<2x2xf32>
// CHECK-DAG: %first = stator.read @first
// CHECK-DAG: %last = stator.read @last
// CHECK-DAG: %frozen = stator.read @frozen
// CHECK: %a = stator.tanh %frozen
// CHECK-NOT: d_a
// CHECK: %loss = stator.reduce sum
// CHECK-NEXT: %[[DFIRST:d_first]] = stator.mul %last, %a
// CHECK-NEXT: stator.return %loss, %[[DFIRST]], %[[ZERO]], %b
stator.func @loss(%x: tensor<4xf32>) -> tensor<f32> {
  %frozen = stator.read @frozen : tensor<4xf32>
  %first = stator.read @first : tensor<4xf32>
  %last = stator.read @last : tensor<4xf32>
  %a = stator.tanh %frozen : tensor<4xf32> loc("a")
  %b = stator.mul %a, %first : tensor<4xf32> loc("b")
  %dead = stator.exp %b : tensor<4xf32> loc("dead")
  %c = stator.mul %b, %last : tensor<4xf32> loc("c")
  %l = stator.reduce sum %c axes [0] : tensor<4xf32> -> tensor<f32> loc("loss")
  stator.return %l : tensor<f32>
}

// -----

// Tied parameters: a table that is read as embedding and as output has one
// gradient, the sum of both.

stator.parameter @wte : tensor<5x3xf32> init #stator.init<constant, 1.0, 0.0>

// CHECK-LABEL: stator.func @gradients(
// CHECK: %[[OUT:d_wte]] = stator.einsum "b v, b d -> v d"
// CHECK: %[[IN:d_wte.*]] = stator.scatter_add %{{.*}}[%tokens]
// CHECK: %[[SUM:d_wte.*]] = stator.add %{{.*}}, %{{.*}}
// CHECK: stator.return %{{.*}}, %[[SUM]]
stator.func @loss(%tokens: tensor<2xi32>, %targets: tensor<2xi32>) -> tensor<2xf32> {
  %e = stator.read @wte : tensor<5x3xf32>
  %x = stator.gather %e[%tokens] : (tensor<5x3xf32>, tensor<2xi32>) -> tensor<2x3xf32> loc("x")
  %o = stator.read @wte : tensor<5x3xf32>
  %y = stator.einsum "v d, b d -> b v" %o, %x : (tensor<5x3xf32>, tensor<2x3xf32>) -> tensor<2x5xf32> loc("logits")
  %l, %lse = stator.cross_entropy %y, %targets : (tensor<2x5xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>) loc("l")
  stator.return %l : tensor<2xf32>
}

// -----

// No gradient flows through integers and booleans.

stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>

// CHECK-LABEL: stator.func @gradients(
// CHECK: %mask = stator.compare gt
// CHECK-NOT: d_mask
// CHECK: stator.select %mask, %d_loss, %{{.*}}
// CHECK-NOT: d_mask
// CHECK: stator.return
stator.func @loss(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = stator.read @w : tensor<4xf32>
  %m = stator.compare gt %w, %x : tensor<4xf32> -> tensor<4xi1> loc("mask")
  %l = stator.select %m, %w, %x : tensor<4xi1>, tensor<4xf32> loc("l")
  stator.return %l : tensor<4xf32>
}
