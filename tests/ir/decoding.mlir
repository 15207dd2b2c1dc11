// Ops of the incremental form print as they are read.
// RUN: stator-opt %s | stator-opt | FileCheck %s
// RUN: stator-opt %s --mlir-print-op-generic --mlir-print-debuginfo | stator-opt | FileCheck %s

stator.func @decoding(%x: tensor<2x6x48xf32>, %c: tensor<1x2x16x8xf32>, %k: tensor<1x2x2x8xf32>, %q: tensor<1x4x2x8xf32>, %b: tensor<2x16xf32>, %d: tensor<1x4x2x16xf32>, %p: tensor<i32>) {
  // CHECK: stator.dynamic_slice %x[%p] axis 1 : (tensor<2x6x48xf32>, tensor<i32>) -> tensor<2x1x48xf32>
  %0 = stator.dynamic_slice %x[%p] axis 1 : (tensor<2x6x48xf32>, tensor<i32>) -> tensor<2x1x48xf32>
  // CHECK: stator.update_slice %c[%p], %k axis 2 : (tensor<1x2x16x8xf32>, tensor<i32>, tensor<1x2x2x8xf32>) -> tensor<1x2x16x8xf32>
  %1 = stator.update_slice %c[%p], %k axis 2 : (tensor<1x2x16x8xf32>, tensor<i32>, tensor<1x2x2x8xf32>) -> tensor<1x2x16x8xf32>
  // CHECK: stator.update_slice %c[%p], %k axis 2 ring : (tensor<1x2x16x8xf32>, tensor<i32>, tensor<1x2x2x8xf32>) -> tensor<1x2x16x8xf32>
  %2 = stator.update_slice %c[%p], %k axis 2 ring : (tensor<1x2x16x8xf32>, tensor<i32>, tensor<1x2x2x8xf32>) -> tensor<1x2x16x8xf32>
  // CHECK: stator.cached_attention %q, %c, %c at %p scale 0.5 : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>) -> tensor<1x4x2x8xf32>
  %3 = stator.cached_attention %q, %c, %c at %p scale 0.5 : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>) -> tensor<1x4x2x8xf32>
  // CHECK: stator.cached_attention %q, %c, %c at %p bias %b scale 0.5 : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>, tensor<2x16xf32>) -> tensor<1x4x2x8xf32>
  %4 = stator.cached_attention %q, %c, %c at %p bias %b scale 0.5 : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>, tensor<2x16xf32>) -> tensor<1x4x2x8xf32>
  // CHECK: stator.cached_attention %q, %c, %c at %p bias %d scale 0.5 window 7 : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>, tensor<1x4x2x16xf32>) -> tensor<1x4x2x8xf32>
  %5 = stator.cached_attention %q, %c, %c at %p bias %d scale 0.5 window 7 : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>, tensor<1x4x2x16xf32>) -> tensor<1x4x2x8xf32>
  // CHECK: stator.cached_attention %q, %c, %c at %p scale 0.5 window 15 ring : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>) -> tensor<1x4x2x8xf32>
  %6 = stator.cached_attention %q, %c, %c at %p scale 0.5 window 15 ring : (tensor<1x4x2x8xf32>, tensor<1x2x16x8xf32>, tensor<1x2x16x8xf32>, tensor<i32>) -> tensor<1x4x2x8xf32>
  stator.return
}
