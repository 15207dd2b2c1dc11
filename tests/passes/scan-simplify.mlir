// RUN: stator-opt %s -canonicalize | FileCheck %s

// A carry that never changes is a capture; a sequence that nobody reads and an
// output that nobody uses go.

// CHECK-LABEL: @f(
// CHECK: %[[R:.*]]:2 = stator.scan axis 0 length 3 carries(%h = %h0) over(%x = %xs) : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
// CHECK-NEXT: %[[A:.*]] = stator.add %h, %x
// CHECK-NEXT: %[[B:.*]] = stator.mul %[[A]], %w0
// CHECK-NEXT: stator.yield %[[B]], %[[A]]
// CHECK: stator.return %[[R]]#0, %w0, %[[R]]#1
stator.func @f(%h0: tensor<4xf32>, %w0: tensor<4xf32>, %xs: tensor<3x4xf32>, %ys: tensor<3x4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>) {
  %r:4 = stator.scan axis 0 length 3 carries(%h = %h0, %w = %w0) over(%y = %ys, %x = %xs)
      : (tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
    %a = stator.add %h, %x : tensor<4xf32>
    %b = stator.mul %a, %w : tensor<4xf32>
    stator.yield %b, %w, %b, %a : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
  stator.return %r#0, %r#1, %r#3 : tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>
}

// All of it is needed.
// CHECK-LABEL: @keep(
// CHECK: stator.scan axis 0 length 3 carries(%{{.*}} = %h0, %{{.*}} = %g0) over(%{{.*}} = %xs)
stator.func @keep(%h0: tensor<4xf32>, %g0: tensor<4xf32>, %xs: tensor<3x4xf32>) -> tensor<4xf32> {
  %r:2 = stator.scan axis 0 length 3 carries(%h = %h0, %g = %g0) over(%x = %xs)
      : (tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %a = stator.add %h, %x : tensor<4xf32>
    stator.yield %g, %a : tensor<4xf32>, tensor<4xf32>
  }
  stator.return %r#0 : tensor<4xf32>
}
