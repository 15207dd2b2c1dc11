// RUN: stator-opt %s --stator-lower-kernels=cpu=x86-64-v4 | FileCheck %s

// The first register tile packs its panel; the others read it and ask for the
// next one, for the rows of the next tile and for the result.
stator.func kernel @forward(%x: tensor<56x96xf32>, %w: tensor<96x64xf32>) -> tensor<56x64xf32> {
  %y = stator.einsum "m k, k n -> m n" %x, %w : (tensor<56x96xf32>, tensor<96x64xf32>) -> tensor<56x64xf32>
  stator.return %y : tensor<56x64xf32>
}
// CHECK-LABEL: func.func private @forward
// CHECK: scf.parallel
// CHECK: %[[PANEL:.*]] = memref.alloca() {alignment = 64 : i64} : memref<3072xf32>
// CHECK-NOT: scf.for
// CHECK: scf.for
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{((, vector<16xf32>){27})}})
// CHECK: memref.prefetch {{.*}}, read, locality<3>
// CHECK: memref.prefetch {{.*}}, read, locality<2>
// CHECK: memref.prefetch {{.*}}, write, locality<3>
// CHECK: vector.store {{.*}}, %[[PANEL]]
// CHECK-COUNT-28: vector.fma
// CHECK-NOT: vector.store {{.*}}, %[[PANEL]]
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{((, vector<16xf32>){27})}})
// CHECK: memref.prefetch {{.*}}, read, locality<2>
// CHECK: memref.prefetch {{.*}}, read, locality<2>
// CHECK: memref.prefetch {{.*}}, write, locality<3>
// CHECK: vector.load %[[PANEL]]
// CHECK-COUNT-28: vector.fma

// A panel that must be transposed is packed before.
stator.func kernel @transposed(%x: tensor<56x96xf32>, %w: tensor<64x96xf32>) -> tensor<56x64xf32> {
  %y = stator.einsum "m k, n k -> m n" %x, %w : (tensor<56x96xf32>, tensor<64x96xf32>) -> tensor<56x64xf32>
  stator.return %y : tensor<56x64xf32>
}
// CHECK-LABEL: func.func private @transposed
// CHECK: %[[PANEL:.*]] = memref.alloca() {alignment = 64 : i64} : memref<3072xf32>
// CHECK: vector.shuffle
// CHECK: vector.store {{.*}}, %[[PANEL]]
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{((, vector<16xf32>){27})}})
// CHECK: memref.prefetch {{.*}}, read, locality<2>
// CHECK-NOT: vector.store {{.*}}, %[[PANEL]]

// Rows a page apart fall into one set of L1, which has room for eight.
stator.func kernel @conflicting(%x: tensor<54x1024xf32>, %w: tensor<1024x64xf32>) -> tensor<54x64xf32> {
  %y = stator.einsum "m k, k n -> m n" %x, %w : (tensor<54x1024xf32>, tensor<1024x64xf32>) -> tensor<54x64xf32>
  stator.return %y : tensor<54x64xf32>
}
// CHECK-LABEL: func.func private @conflicting
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{((, vector<16xf32>){23})}})
