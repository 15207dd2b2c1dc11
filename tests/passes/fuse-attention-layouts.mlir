// RUN: stator-opt %s -stator-fuse-attention -canonicalize -verify-diagnostics | FileCheck %s

// Orders of operands and dimensions, and ways to share heads, each fused into
// attention.

// Values first, keys first, other names of dimensions.
// CHECK-LABEL: @swapped_operands(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @swapped_operands(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "x y j e, x y i e -> x y i j" %k, %q : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "x y j e, x y i j -> x y i e" %v, %w : (tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Scores of keys by queries, softmax over the keys in front.
// CHECK-LABEL: @keys_before_queries(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @keys_before_queries(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h k q" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %s axis 2 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h k q, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A transpose between product and softmax, and back.
// CHECK-LABEL: @transposed_scores(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @transposed_scores(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h k q" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %t = stator.transpose %s perm [0, 1, 3, 2] : tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %t fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %wt = stator.transpose %w perm [0, 1, 3, 2] : tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  %r = stator.einsum "b h k q, b h k d -> b h q d" %wt, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Queries, keys and values as [batch, time, heads, depth].
// CHECK-LABEL: @time_before_heads(
// CHECK-NEXT: %[[Q:.*]] = stator.transpose %q perm [0, 2, 1, 3]
// CHECK-NEXT: %[[K:.*]] = stator.transpose %k perm [0, 2, 1, 3]
// CHECK-NEXT: %[[V:.*]] = stator.transpose %v perm [0, 2, 1, 3]
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %[[Q]], %[[K]], %[[V]] scale 1.0 causal :
// CHECK-NEXT: %[[T:.*]] = stator.transpose %[[R]]#0 perm [0, 2, 1, 3]
// CHECK-NEXT: stator.return %[[T]]
stator.func @time_before_heads(%q: tensor<2x8x4x16xf32>, %k: tensor<2x8x4x16xf32>, %v: tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32> {
  %s = stator.einsum "b t h d, b s h d -> b h t s" %q, %k : (tensor<2x8x4x16xf32>, tensor<2x8x4x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h t s, b s h d -> b t h d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32>
  stator.return %r : tensor<2x8x4x16xf32>
}

// The result goes to [batch, time, heads * depth] in the product already.
// CHECK-LABEL: @merged_result(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: %[[T:.*]] = stator.transpose %[[R]]#0 perm [0, 2, 1, 3]
// CHECK-NEXT: {{.*}} = stator.reshape %[[T]]
stator.func @merged_result(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x8x64xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %p = stator.einsum "b h q k, b h k d -> b q h d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x8x4x16xf32>
  %r = stator.reshape %p : tensor<2x8x4x16xf32> -> tensor<2x8x64xf32>
  stator.return %r : tensor<2x8x64xf32>
}

// One head, no dimension for it.
// CHECK-LABEL: @single_head(
// CHECK-NEXT: %[[Q:.*]] = stator.reshape %q : tensor<2x8x16xf32> -> tensor<2x1x8x16xf32>
// CHECK-NEXT: %[[K:.*]] = stator.reshape %k
// CHECK-NEXT: %[[V:.*]] = stator.reshape %v
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %[[Q]], %[[K]], %[[V]] scale 1.0 causal :
// CHECK-NEXT: {{.*}} = stator.reshape %[[R]]#0 : tensor<2x1x8x16xf32> -> tensor<2x8x16xf32>
stator.func @single_head(%q: tensor<2x8x16xf32>, %k: tensor<2x8x16xf32>, %v: tensor<2x8x16xf32>) -> tensor<2x8x16xf32> {
  %s = stator.einsum "b q d, b k d -> b q k" %q, %k : (tensor<2x8x16xf32>, tensor<2x8x16xf32>) -> tensor<2x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 1 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %m axis 2 : tensor<2x8x8xf32>
  %r = stator.einsum "b q k, b k d -> b q d" %w, %v : (tensor<2x8x8xf32>, tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
  stator.return %r : tensor<2x8x16xf32>
}

// Neither batch nor heads.
// CHECK-LABEL: @no_batch(
// CHECK: stator.attention {{.*}} scale 1.0 : (tensor<1x1x8x16xf32>, tensor<1x1x8x16xf32>, tensor<1x1x8x5xf32>) -> (tensor<1x1x8x5xf32>, tensor<1x1x8xf32>)
stator.func @no_batch(%q: tensor<8x16xf32>, %k: tensor<8x16xf32>, %v: tensor<8x5xf32>) -> tensor<8x5xf32> {
  %s = stator.einsum "q d, k d -> q k" %q, %k : (tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x8xf32>
  // expected-remark @below {{fused into attention: 1 x 1 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %s axis 1 : tensor<8x8xf32>
  %r = stator.einsum "q k, k d -> q d" %w, %v : (tensor<8x8xf32>, tensor<8x5xf32>) -> tensor<8x5xf32>
  stator.return %r : tensor<8x5xf32>
}

// Other keys than queries: 8 queries, 12 keys.
// CHECK-LABEL: @cross(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @cross(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x12x16xf32>, %v: tensor<2x4x12x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x12x16xf32>) -> tensor<2x4x8x12xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 12 keys, scale 1}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x12xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x12xf32>, tensor<2x4x12x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Grouped queries: keys and values are repeated, [b g t d] to [b (g r) t d].
// CHECK-LABEL: @grouped_repeated(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal : (tensor<2x4x8x16xf32>, tensor<2x2x8x16xf32>, tensor<2x2x8x16xf32>)
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @grouped_repeated(%q: tensor<2x4x8x16xf32>, %k: tensor<2x2x8x16xf32>, %v: tensor<2x2x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %k1 = stator.broadcast %k dims [0, 1, 3, 4] : tensor<2x2x8x16xf32> -> tensor<2x2x2x8x16xf32>
  %k2 = stator.reshape %k1 : tensor<2x2x2x8x16xf32> -> tensor<2x4x8x16xf32>
  %v1 = stator.broadcast %v dims [0, 1, 3, 4] : tensor<2x2x8x16xf32> -> tensor<2x2x2x8x16xf32>
  %v2 = stator.reshape %v1 : tensor<2x2x2x8x16xf32> -> tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k2 : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, 2 heads of keys, causal}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v2 : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// The same with time before heads, and a transpose after the repetition.
// CHECK-LABEL: @grouped_repeated_before_transpose(
// CHECK-NEXT: %[[K:.*]] = stator.transpose %k perm [0, 2, 1, 3]
// CHECK-NEXT: %[[V:.*]] = stator.transpose %v perm [0, 2, 1, 3]
// CHECK-NEXT: {{.*}} = stator.attention %q, %[[K]], %[[V]] scale 1.0 : (tensor<2x4x8x16xf32>, tensor<2x2x8x16xf32>, tensor<2x2x8x16xf32>)
stator.func @grouped_repeated_before_transpose(%q: tensor<2x4x8x16xf32>, %k: tensor<2x8x2x16xf32>, %v: tensor<2x8x2x16xf32>) -> tensor<2x4x8x16xf32> {
  %k1 = stator.broadcast %k dims [0, 1, 2, 4] : tensor<2x8x2x16xf32> -> tensor<2x8x2x2x16xf32>
  %k2 = stator.reshape %k1 : tensor<2x8x2x2x16xf32> -> tensor<2x8x4x16xf32>
  %k3 = stator.transpose %k2 perm [0, 2, 1, 3] : tensor<2x8x4x16xf32> -> tensor<2x4x8x16xf32>
  %v1 = stator.broadcast %v dims [0, 1, 2, 4] : tensor<2x8x2x16xf32> -> tensor<2x8x2x2x16xf32>
  %v2 = stator.reshape %v1 : tensor<2x8x2x2x16xf32> -> tensor<2x8x4x16xf32>
  %v3 = stator.transpose %v2 perm [0, 2, 1, 3] : tensor<2x8x4x16xf32> -> tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k3 : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, 2 heads of keys}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v3 : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Head h uses head h mod 2 of the keys: the query heads are reordered.
// CHECK-LABEL: @grouped_tiled(
// CHECK-NEXT: %[[A:.*]] = stator.reshape %q : tensor<2x4x8x16xf32> -> tensor<2x2x2x128xf32>
// CHECK-NEXT: %[[B:.*]] = stator.transpose %[[A]] perm [0, 2, 1, 3]
// CHECK-NEXT: %[[Q:.*]] = stator.reshape %[[B]]
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %[[Q]], %k, %v
stator.func @grouped_tiled(%q: tensor<2x4x8x16xf32>, %k: tensor<2x2x8x16xf32>, %v: tensor<2x2x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %k1 = stator.broadcast %k dims [0, 2, 3, 4] : tensor<2x2x8x16xf32> -> tensor<2x2x2x8x16xf32>
  %k2 = stator.reshape %k1 : tensor<2x2x2x8x16xf32> -> tensor<2x4x8x16xf32>
  %v1 = stator.broadcast %v dims [0, 2, 3, 4] : tensor<2x2x8x16xf32> -> tensor<2x2x2x8x16xf32>
  %v2 = stator.reshape %v1 : tensor<2x2x2x8x16xf32> -> tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k2 : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, 2 heads of keys}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v2 : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Grouped queries with a dimension of their own.
// CHECK-LABEL: @grouped_dimension(
// CHECK-NEXT: %[[Q:.*]] = stator.reshape %q : tensor<2x2x2x8x16xf32> -> tensor<2x4x8x16xf32>
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %[[Q]], %k, %v scale 1.0 causal
// CHECK-NEXT: {{.*}} = stator.reshape %[[R]]#0
stator.func @grouped_dimension(%q: tensor<2x2x2x8x16xf32>, %k: tensor<2x2x8x16xf32>, %v: tensor<2x2x8x16xf32>) -> tensor<2x2x2x8x16xf32> {
  %s = stator.einsum "b g r q d, b g k d -> b g r q k" %q, %k : (tensor<2x2x2x8x16xf32>, tensor<2x2x8x16xf32>) -> tensor<2x2x2x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x2x2x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, 2 heads of keys, causal}}
  %w = stator.softmax %m axis 4 : tensor<2x2x2x8x8xf32>
  %r = stator.einsum "b g r q k, b g k d -> b g r q d" %w, %v : (tensor<2x2x2x8x8xf32>, tensor<2x2x8x16xf32>) -> tensor<2x2x2x8x16xf32>
  stator.return %r : tensor<2x2x2x8x16xf32>
}

// All query heads share one head of keys and values.
// CHECK-LABEL: @multi_query(
// CHECK-NEXT: %[[K:.*]] = stator.reshape %k : tensor<2x8x16xf32> -> tensor<2x1x8x16xf32>
// CHECK-NEXT: %[[V:.*]] = stator.reshape %v
// CHECK-NEXT: {{.*}} = stator.attention %q, %[[K]], %[[V]] scale 1.0 causal
stator.func @multi_query(%q: tensor<2x4x8x16xf32>, %k: tensor<2x8x16xf32>, %v: tensor<2x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x8x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, 1 heads of keys, causal}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}
