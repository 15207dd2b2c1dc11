// RUN: stator-opt %s -stator-inline-modules -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s
// RUN: stator-opt %s -stator-inline-modules=entry-points=forward | FileCheck %s --check-prefix=FORWARD

// Modules inside modules: the paths are joined, the place stays that of the op,
// and each dropout has a stream, the same in both entry points.

// CHECK-NOT: @Linear
// CHECK-NOT: @Block

// CHECK-LABEL: stator.func @forward
// CHECK: stator.einsum {{.*}} loc("h.0.fc.y"("std.stator":3:7))
// CHECK: stator.dropout {{.*}} stream 0 {{.*}} loc("h.0.drop"("model.stator":9:5))
// CHECK: stator.einsum {{.*}} loc("h.1.fc.y"("std.stator":3:7))
// CHECK: stator.dropout {{.*}} stream 1 {{.*}} loc("h.1.drop"("model.stator":9:5))
// CHECK-NOT: stator.call

// CHECK-LABEL: stator.func @loss
// CHECK: stator.einsum {{.*}} loc("h.0.fc.y"("std.stator":3:7))
// CHECK: stator.dropout {{.*}} stream 0
// CHECK: stator.einsum {{.*}} loc("h.1.fc.y"("std.stator":3:7))
// CHECK: stator.dropout {{.*}} stream 1
// Arguments of loops are named too; an op without a path takes that of the call.
// CHECK: stator.scan axis 1 length 4 carries(%rnn.state {{.*}}) over(%rnn.slice {{.*}})
// CHECK: stator.add {{.*}} loc("rnn"("model.stator":20:9))
// A call in a loop.
// CHECK: stator.tanh {{.*}} loc("rnn.cell.act"("std.stator":30:3))
// CHECK-NOT: stator.call
// CHECK: stator.return

// FORWARD: stator.func @forward
// FORWARD-NOT: stator.func

stator.func @Linear(%x: tensor<2x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<2x4x8xf32> {
  %y = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<2x4x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8xf32> loc("y"("std.stator":3:7))
  stator.return %y : tensor<2x4x8xf32>
}

stator.func @Block(%x: tensor<2x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<2x4x8xf32> {
  %y = stator.call @Linear(%x, %w) : (tensor<2x4x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8xf32> loc("fc"("model.stator":8:5))
  %d = stator.dropout %y rate 0.1 stream -1 : tensor<2x4x8xf32> loc("drop"("model.stator":9:5))
  stator.return %d : tensor<2x4x8xf32>
}

stator.func @Cell(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %y = stator.tanh %x : tensor<2x8xf32> loc("act"("std.stator":30:3))
  stator.return %y : tensor<2x8xf32>
}

stator.func @Recurrent(%x: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  %zero = stator.constant dense<0.0> : tensor<2x8xf32>
  %last, %ys = stator.scan axis 1 length 4 carries(%state = %zero) over(%slice = %x)
      : (tensor<2x8xf32>, tensor<2x4x8xf32>) -> (tensor<2x8xf32>, tensor<2x4x8xf32>) {
    %s = stator.add %state, %slice : tensor<2x8xf32> loc("model.stator":20:9)
    %n = stator.call @Cell(%s) : (tensor<2x8xf32>) -> tensor<2x8xf32> loc("cell"("model.stator":21:9))
    stator.yield %n, %n : tensor<2x8xf32>, tensor<2x8xf32>
  }
  stator.return %ys : tensor<2x4x8xf32>
}

stator.func @forward(%x: tensor<2x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<2x4x8xf32> {
  %a = stator.call @Block(%x, %w) : (tensor<2x4x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8xf32> loc("h.0"("model.stator":15:3))
  %b = stator.call @Block(%a, %w) : (tensor<2x4x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8xf32> loc("h.1"("model.stator":15:3))
  stator.return %b : tensor<2x4x8xf32>
}

stator.func @loss(%x: tensor<2x4x8xf32>, %w: tensor<8x8xf32>) -> tensor<2x4x8xf32> {
  %y = stator.call @forward(%x, %w) : (tensor<2x4x8xf32>, tensor<8x8xf32>) -> tensor<2x4x8xf32>
  %z = stator.call @Recurrent(%y) : (tensor<2x4x8xf32>) -> tensor<2x4x8xf32> loc("rnn"("model.stator":18:3))
  stator.return %z : tensor<2x4x8xf32>
}
