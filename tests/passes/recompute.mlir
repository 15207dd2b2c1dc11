// RUN: stator-opt %s --stator-recompute='budget=900KB remarks' --verify-diagnostics | FileCheck %s
// RUN: stator-opt %s --stator-recompute='budget=900KB' --cse --stator-form-kernels --stator-plan-memory 2>&1 | FileCheck %s --check-prefix=PLAN
// RUN: stator-opt %s --stator-recompute='budget=10MB' | FileCheck %s --check-prefix=ENOUGH
// RUN: not stator-opt %s --stator-recompute='budget=500KB' 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not stator-opt %s --stator-recompute 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not stator-opt %s --stator-recompute='budget=lots' 2>&1 | FileCheck %s --check-prefix=WORD

// While the backward pass begins, %h, %d, %z and a cotangent are in memory, 256
// KiB each. Dropout is cheap: it is repeated in front of its first use there,
// with its stream, and stays there through CSE and kernel formation.
// CHECK: stator.recompute = {budget = 900000 : i64, flops = 6.553600e+04 : f64, saved = 262144 : i64, values = 1 : i64}
// CHECK-LABEL: stator.func @gradients
// CHECK: %[[H:.*]] = stator.einsum "a k, k j -> a j"
// CHECK: %[[D:.*]] = stator.dropout %[[H]] rate 0.5 stream 3 :
// CHECK: stator.cumsum %[[D]]
// CHECK: stator.reduce sum
// CHECK: stator.cumsum
// CHECK: %[[S:.*]] = stator.cumsum
// CHECK: %[[AGAIN:.*]] = stator.dropout %[[H]] rate 0.5 stream 3 {stator.recomputed} :
// CHECK: stator.mul %[[S]], %[[AGAIN]]
// ENOUGH: values = 0 : i64
// ENOUGH-LABEL: stator.func @gradients
// ENOUGH-NOT: recomputed
// PLAN: stator.func @gradients
// PLAN-SAME: stator.arena_bytes = 786432 : i64
// The forward kernel leaves one result, and the mask is drawn twice.
// PLAN: stator.func kernel @k{{[0-9]+}}_einsum_dropout
// PLAN: stator.func kernel @k{{[0-9]+}}{{.*}}dropout
// PLAN-NOT: recomputed
// SMALL: error: @gradients does not fit into a memory budget of 500.00 KB: it needs at least {{[0-9.]+}} KB, {{[0-9.]+}} KB more
// SMALL: note: largest activations at its peak:
// SMALL-NEXT: 262.14 KB
// NONE: error: budget: "" is no amount of memory: it is empty
// WORD: error: budget: "lots" is no amount of memory: it does not start with a number
stator.func @gradients(%x: tensor<256x64xf32>, %w: tensor<64x256xf32>) -> (tensor<f32>, tensor<64x256xf32>) {
  %h = stator.einsum "a k, k j -> a j" %x, %w : (tensor<256x64xf32>, tensor<64x256xf32>) -> tensor<256x256xf32>
  // expected-remark@+1 {{recomputed in the backward pass: 262144 bytes less to keep, 65536 FLOPs more}}
  %d = stator.dropout %h rate 0.5 stream 3 : tensor<256x256xf32>
  %y = stator.cumsum %d axis 1 : tensor<256x256xf32>
  %z = stator.cumsum %y axis 1 : tensor<256x256xf32>
  %loss = stator.reduce sum %z axes [0, 1] : tensor<256x256xf32> -> tensor<f32>
  %1 = stator.cumsum %z axis 1 reverse : tensor<256x256xf32>
  %2 = stator.cumsum %1 axis 1 reverse : tensor<256x256xf32>
  %3 = stator.mul %2, %d : tensor<256x256xf32>
  %4 = stator.mul %3, %h : tensor<256x256xf32>
  %dw = stator.einsum "a k, a j -> k j" %x, %4 : (tensor<256x64xf32>, tensor<256x256xf32>) -> tensor<64x256xf32>
  stator.return %loss, %dw : tensor<f32>, tensor<64x256xf32>
}
