// RUN: stator-opt %s -stator-fuse-attention=remarks=false 2>&1 | FileCheck %s

// Without remarks nothing is said, fused or not. Values keep their names.

// CHECK-NOT: remark
// CHECK: %attn.q_heads{{.*}} = stator.transpose %attn.q_heads
// CHECK: %attn.y, %attn.y.lse = stator.attention
// CHECK: stator.softmax
// CHECK-NOT: remark
stator.func @f(%q: tensor<2x8x4x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) {
  %q1 = stator.neg %q : tensor<2x8x4x16xf32> loc("attn.q_heads")
  %s = stator.einsum "b q h d, b h k d -> b h q k" %q1, %k : (tensor<2x8x4x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32> loc("attn.scores")
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32> loc("attn.weights")
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> loc("attn.y")
  %u = stator.softmax %v axis 3 : tensor<2x4x8x16xf32>
  stator.return %r, %u : tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>
}
