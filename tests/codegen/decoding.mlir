// RUN: stator-opt %s --split-input-file --stator-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

// In the memory of the cache nothing but the part is written; else all of the
// cache is copied first.

// CHECK-LABEL: func.func private @update(
// CHECK-SAME: %[[C:.*]]: memref<2x64x16xf32>, %[[P:.*]]: memref<i32>, %[[X:.*]]: memref<2x3x16xf32>, %[[R:.*]]: memref<2x64x16xf32>)
// CHECK-DAG: %[[FROM:.*]] = memref.extract_aligned_pointer_as_index %{{.*}} : memref<2048xf32>
// CHECK-DAG: %[[TO:.*]] = memref.extract_aligned_pointer_as_index %{{.*}} : memref<2048xf32>
// CHECK: %[[DIFFER:.*]] = arith.cmpi ne, %[[FROM]], %[[TO]]
// CHECK-NEXT: scf.if %[[DIFFER]] {
// CHECK-NEXT: memref.copy
// CHECK-NEXT: }
// CHECK-NOT: memref.copy
// CHECK: memref.load %{{.*}} : memref<1xi32>
// CHECK: arith.maxsi %{{.*}}, %c0
// CHECK: arith.minsi %{{.*}}, %c61
// CHECK: scf.for %{{.*}} = %c0 to %c6
// CHECK: vector.store
// CHECK-NOT: vector.store
stator.func kernel @update(%c: tensor<2x64x16xf32>, %p: tensor<i32>, %x: tensor<2x3x16xf32>) -> tensor<2x64x16xf32> {
  %u = stator.update_slice %c[%p], %x axis 1 : (tensor<2x64x16xf32>, tensor<i32>, tensor<2x3x16xf32>) -> tensor<2x64x16xf32>
  stator.return %u : tensor<2x64x16xf32>
}

// -----

// One query: threads only if there is much to see; keys in blocks up to the
// position.

// CHECK-LABEL: func.func private @step(
// CHECK: %[[POSITION:.*]] = memref.load %{{.*}}[] : memref<i32>
// CHECK: %[[END:.*]] = arith.minsi %{{.*}}, %c1024
// CHECK: %[[MUCH:.*]] = arith.cmpi sgt, %[[END]], %c{{[0-9]+}}
// CHECK: scf.if %[[MUCH]] {
// CHECK-NEXT: scf.parallel
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c256
// CHECK: } else {
// CHECK-NOT: scf.parallel
// CHECK: scf.for %{{.*}} = %c0 to %[[END]] step %c256
stator.func kernel @step(%q: tensor<1x12x1x64xf32>, %k: tensor<1x12x1024x64xf32>, %v: tensor<1x12x1024x64xf32>, %p: tensor<i32>) -> tensor<1x12x1x64xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.125 : (tensor<1x12x1x64xf32>, tensor<1x12x1024x64xf32>, tensor<1x12x1024x64xf32>, tensor<i32>) -> tensor<1x12x1x64xf32>
  stator.return %o : tensor<1x12x1x64xf32>
}

// -----

// Few heads: their keys are divided, into a number of parts that does not
// depend on the threads.

// CHECK-LABEL: func.func private @split(
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c8)
// CHECK: } else {
// CHECK: scf.for %{{.*}} = %c0 to %c8
stator.func kernel @split(%q: tensor<1x2x1x64xf32>, %k: tensor<1x1x1024x64xf32>, %v: tensor<1x1x1024x64xf32>, %p: tensor<i32>) -> tensor<1x2x1x64xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.125 : (tensor<1x2x1x64xf32>, tensor<1x1x1024x64xf32>, tensor<1x1x1024x64xf32>, tensor<i32>) -> tensor<1x2x1x64xf32>
  stator.return %o : tensor<1x2x1x64xf32>
}
