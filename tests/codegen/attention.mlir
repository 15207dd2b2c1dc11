// RUN: stator-opt %s --split-input-file --stator-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

// One block of keys: eight rows at a time, scores and products with the values
// as far as one of them sees, a mask in the vectors on the diagonal only, and
// nothing is added to a result, or brought to a new maximum.

// CHECK-LABEL: func.func private @one_block(
// CHECK-SAME: %[[RESULT:[a-z0-9]*]]: memref<1x1x16x8xf32>, %{{[a-z0-9]*}}: memref<1x1x16xf32>)
// CHECK: %[[FLAT:.*]] = memref.collapse_shape %[[RESULT]]
// CHECK: scf.for %[[TILE:.*]] = %c0 to %c2 step %c1 {
// CHECK: %[[END:.*]] = arith.addi %{{.*}}, %c8
// CHECK: %[[SEEN:.*]] = arith.minsi %{{.*}}, %c16
// CHECK: %[[VECTORS:.*]] = arith.minsi %{{.*}}, %c2
// CHECK-NOT: arith.cmpi
// CHECK: scf.for %{{.*}} = %c0 to %[[VECTORS]] step %c1
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1 iter_args
// CHECK: scf.for %{{.*}} = %c0 to %c8 step %c1 {
// CHECK: scf.for %{{.*}} = %c0 to %[[CLEAR:.*]] step %c1 iter_args
// CHECK-NOT: arith.cmpi
// CHECK: scf.for %{{.*}} = %[[CLEAR]] to
// CHECK: arith.cmpi sle
// CHECK-NOT: arith.cmpi
// CHECK: %{{.*}}:8 = scf.for %{{.*}} = %c0 to %[[SEEN]] step %c1 iter_args
// CHECK-NOT: vector.load %[[FLAT]]
// CHECK: %[[ROW:.*]] = arith.mulf
// CHECK: vector.store %[[ROW]], %[[FLAT]]
// CHECK-NOT: vector.load %[[FLAT]]
// CHECK: return
stator.func kernel @one_block(%q: tensor<1x1x16x8xf32>, %k: tensor<1x1x16x8xf32>, %v: tensor<1x1x16x8xf32>) -> (tensor<1x1x16x8xf32>, tensor<1x1x16xf32>) {
  %o, %l = stator.attention %q, %k, %v scale 0.125 causal : (tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>) -> (tensor<1x1x16x8xf32>, tensor<1x1x16xf32>)
  stator.return %o, %l : tensor<1x1x16x8xf32>, tensor<1x1x16xf32>
}

// -----

// Queries and keys are frozen. Their cotangents are not computed, and neither
// are those of the weights, for which the values would be packed.

// CHECK-LABEL: func.func private @values_only(
// CHECK-SAME: %{{[a-z0-9]*}}: memref<1x1x16x8xf32>, %{{[a-z0-9]*}}: memref<1x1x16x8xf32>, %[[VALUE:[a-z0-9]*]]: memref<1x1x16x8xf32>, %[[RESULT:[a-z0-9]*]]: memref<1x1x16x8xf32>, %{{[a-z0-9]*}}: memref<1x1x16xf32>, %{{[a-z0-9]*}}: memref<1x1x16x8xf32>, %[[WRITTEN:[a-z0-9]*]]: memref<1x1x16x8xf32>)
// CHECK-NOT: %[[VALUE]]
// CHECK-NOT: %[[RESULT]]
// CHECK: memref.collapse_shape %[[WRITTEN]]
// CHECK-NOT: %[[VALUE]]
// CHECK-NOT: %[[RESULT]]
// CHECK: return
stator.func kernel @values_only(%q: tensor<1x1x16x8xf32>, %k: tensor<1x1x16x8xf32>, %v: tensor<1x1x16x8xf32>, %o: tensor<1x1x16x8xf32>, %l: tensor<1x1x16xf32>, %d: tensor<1x1x16x8xf32>) -> tensor<1x1x16x8xf32> {
  %dq, %dk, %dv = stator.attention_grad %q, %k, %v of %o, %l by %d scale 0.125 causal : (tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>, tensor<1x1x16xf32>, tensor<1x1x16x8xf32>) -> (tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>, tensor<1x1x16x8xf32>)
  stator.return %dv : tensor<1x1x16x8xf32>
}
