// RUN: stator-opt %s --stator-lower-kernels=cpu=znver4 | FileCheck %s
// RUN: stator-opt %s --stator-lower-kernels=cpu=sapphirerapids | FileCheck %s
// RUN: stator-opt %s --stator-lower-kernels=cpu=x86-64-v4 | FileCheck %s --check-prefix=WIDE

// CPUs that multiply bf16 get panels of pairs, and rows rounded to bf16.
// Others multiply f32.
stator.func kernel @forward(%x: tensor<56x96xf32>, %q: tensor<64x96xbf16>) -> tensor<56x64xf32> {
  %w = stator.dequantize %q : (tensor<64x96xbf16>) -> tensor<64x96xf32>
  %y = stator.einsum "m k, n k -> m n" %x, %w : (tensor<56x96xf32>, tensor<64x96xf32>) -> tensor<56x64xf32>
  stator.return %y : tensor<56x64xf32>
}
// CHECK-LABEL: func.func private @forward
// CHECK: %[[PANEL:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1536xf32>
// CHECK: arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: vector.load {{.*}} : memref<{{.*}}xbf16{{.*}}>, vector<32xbf16>
// CHECK: vector.shuffle
// CHECK: vector.store {{.*}}, %[[PANEL]]
// CHECK: scf.for {{.*}} -> (vector<16xf32>{{((, vector<16xf32>){27})}})
// CHECK-COUNT-28: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// CHECK-NOT: vector.fma
// WIDE-LABEL: func.func private @forward
// WIDE-NOT: dpbf16ps
// WIDE: vector.fma
// WIDE-NOT: dpbf16ps

// A few rows, as those of a step of decoding, are never rounded; nor are those
// that meet weights of one byte.
stator.func kernel @few(%x: tensor<8x96xf32>, %q: tensor<64x96xbf16>) -> tensor<8x64xf32> {
  %w = stator.dequantize %q : (tensor<64x96xbf16>) -> tensor<64x96xf32>
  %y = stator.einsum "m k, n k -> m n" %x, %w : (tensor<8x96xf32>, tensor<64x96xf32>) -> tensor<8x64xf32>
  stator.return %y : tensor<8x64xf32>
}
stator.func kernel @bytes(%x: tensor<56x96xf32>, %q: tensor<64x96xi8>, %s: tensor<64x3xf32>) -> tensor<56x64xf32> {
  %w = stator.dequantize %q scales %s axis 1 block 32 : (tensor<64x96xi8>, tensor<64x3xf32>) -> tensor<64x96xf32>
  %y = stator.einsum "m k, n k -> m n" %x, %w : (tensor<56x96xf32>, tensor<64x96xf32>) -> tensor<56x64xf32>
  stator.return %y : tensor<56x64xf32>
}
// CHECK-LABEL: func.func private @few
// CHECK-NOT: {{truncf|dpbf16ps}}
// CHECK: vector.fma
// CHECK-NOT: {{truncf|dpbf16ps}}
// CHECK-LABEL: func.func private @bytes
// CHECK-NOT: {{truncf|dpbf16ps}}
// CHECK: vector.fma
// CHECK-NOT: {{truncf|dpbf16ps}}
