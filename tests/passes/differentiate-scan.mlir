// RUN: stator-opt %s -stator-differentiate -canonicalize -cse | FileCheck %s

// A recurrent model: h' = tanh(h W U + x). The forward scan of @gradients also
// stacks the states that come into each step. The backward scan runs the other
// way, carries the cotangents of the state and of the weight W that the body
// captures, computes each step again, and stacks the cotangents of the inputs.
// The frozen U stays a capture in both.

stator.parameter @w : tensor<8x8xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @u : tensor<8x8xf32> init #stator.init<normal, 0.0, 0.02> frozen

// CHECK-LABEL: stator.func @gradients(
// CHECK-DAG: %[[ZEROS:.*]] = stator.constant dense<0.000000e+00> : tensor<8x8xf32>
// CHECK-DAG: %[[START:.*]] = stator.constant dense<0.000000e+00> : tensor<2x8xf32>
// CHECK-DAG: %[[SEED:.*]] = stator.constant dense<1.562500e-02>
// CHECK: %[[IN:x1]] = stator.einsum
// CHECK: %[[RNN:.*]]:3 = stator.scan axis 1 length 4 carries(%[[H:.*]] = %[[START]]) over(%{{.*}} = %[[IN]]) : {{.*}} -> (tensor<2x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>) {
// CHECK: stator.yield %next, %next, %[[H]]
// CHECK: }
// CHECK: %[[BACK:.*]]:3 = stator.scan axis 1 length 4 reverse carries(%[[DH:.*]] = %[[START]], %[[DW:.*]] = %[[ZEROS]]) over(%[[H1:.*]] = %[[RNN]]#2, %[[X1:.*]] = %[[IN]], %[[DY:.*]] = %[[SEED]]) : {{.*}} -> (tensor<2x8xf32>, tensor<8x8xf32>, tensor<2x4x8xf32>) {
// CHECK: %[[HW:.*]] = stator.einsum "b i, i o -> b o" %[[H1]], %w
// CHECK: stator.tanh
// CHECK: stator.add %[[DH]], %[[DY]]
// CHECK: %[[DHW:.*]] = stator.einsum {{.*}}, %u :
// CHECK-DAG: %[[NEXTDH:.*]] = stator.einsum "b o, i o -> b i" %[[DHW]], %w
// CHECK-DAG: %[[PART:.*]] = stator.einsum "b i, b o -> i o" %[[H1]], %[[DHW]]
// CHECK: %[[NEXTDW:.*]] = stator.add %[[DW]], %[[PART]]
// CHECK: stator.yield %[[NEXTDH]], %[[NEXTDW]], %{{.*}} : tensor<2x8xf32>, tensor<8x8xf32>, tensor<2x8xf32>
// CHECK: }
// CHECK: %[[OUTER:.*]] = stator.einsum "b t i, b t o -> i o" %x, %[[BACK]]#2
// CHECK: %[[SUM:.*]] = stator.add %[[BACK]]#1, %[[OUTER]]
// CHECK: stator.return %{{.*}}, %[[SUM]]
stator.func @loss(%x: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  %w = stator.read @w : tensor<8x8xf32>
  %u = stator.read @u : tensor<8x8xf32>
  %x1 = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<2x4x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8xf32> loc("x1")
  %zero = stator.constant dense<0.0> : tensor<2x8xf32>
  %last, %ys = stator.scan axis 1 length 4 carries(%state = %zero) over(%slice = %x1)
      : (tensor<2x8xf32>, tensor<2x4x8xf32>) -> (tensor<2x8xf32>, tensor<2x4x8xf32>) {
    %hw = stator.einsum "b i, i o -> b o" %state, %w : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32> loc("hw")
    %hu = stator.einsum "b i, i o -> b o" %hw, %u : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32> loc("hu")
    %s = stator.add %hu, %slice : tensor<2x8xf32> loc("sum")
    %n = stator.tanh %s : tensor<2x8xf32> loc("next")
    stator.yield %n, %n : tensor<2x8xf32>, tensor<2x8xf32>
  } loc("rnn")
  stator.return %ys : tensor<2x4x8xf32>
}
