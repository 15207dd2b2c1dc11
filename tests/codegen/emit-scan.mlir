// RUN: stator-opt %s --stator-plan-memory --stator-lower-kernels --stator-emit-entries | FileCheck %s

// A loop backwards over time: the carry is set up, then each iteration copies
// its slice in, runs the body, copies its output out and the next carry back.
// CHECK-LABEL: func.func @forward
// CHECK: memref.copy
// CHECK: scf.for %[[I:.*]] = %c0{{.*}} to %c8
// CHECK: %[[T:.*]] = arith.subi %{{.*}}, %[[I]]
// CHECK: scf.for
// CHECK: memref.load %{{.*}}[%{{.*}}, %[[T]], %{{.*}}] : memref<1x8x16xf32>
// CHECK: call @add
// CHECK: scf.for
// CHECK: memref.store %{{.*}}[%{{.*}}, %[[T]], %{{.*}}] : memref<1x8x16xf32>
// CHECK: memref.copy
// CHECK: return
stator.func kernel @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = stator.add %x, %y : tensor<16xf32>
  stator.return %0 : tensor<16xf32>
}
stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @xs : tensor<8x16xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @forward(%tokens: tensor<1x4xi32>) -> tensor<8x16xf32> {
  %a = stator.read @a : tensor<16xf32>
  %xs = stator.read @xs : tensor<8x16xf32>
  %last, %ys = stator.scan axis 0 length 8 reverse carries(%p = %a) over(%x = %xs)
      : (tensor<16xf32>, tensor<8x16xf32>) -> (tensor<16xf32>, tensor<8x16xf32>) {
    %s = stator.launch @add(%x, %p) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
    stator.yield %s, %s : tensor<16xf32>, tensor<16xf32>
  }
  stator.return %ys : tensor<8x16xf32>
}
