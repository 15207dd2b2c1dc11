// RUN: stator-opt %s -stator-fuse-attention -canonicalize -verify-diagnostics | FileCheck %s

// The forms in which people write attention, each fused. What is left of the
// old ops is gone after canonicalization.

stator.parameter @frozen : tensor<2x4x8x8xf32> init #stator.init<constant, 0.0, 0.0> frozen

// No scale, no mask.
// CHECK-LABEL: @plain(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @plain(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Scale on the scores.
// CHECK-LABEL: @scale_scores(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_scores(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %c = stator.constant dense<0.25> : tensor<2x4x8x8xf32>
  %x = stator.mul %s, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// The number on the left.
// CHECK-LABEL: @scale_scores_left(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_scores_left(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %c = stator.constant dense<0.25> : tensor<2x4x8x8xf32>
  %x = stator.mul %c, %s : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Division of the scores by the square root of the depth.
// CHECK-LABEL: @scale_division(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_division(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %c = stator.constant dense<4.0> : tensor<2x4x8x8xf32>
  %x = stator.div %s, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A scale that is a scalar repeated.
// CHECK-LABEL: @scale_broadcast(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_broadcast(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %n = stator.constant dense<0.25> : tensor<f32>
  %c = stator.broadcast %n dims [] : tensor<f32> -> tensor<2x4x8x8xf32>
  %x = stator.mul %s, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A scale that is computed: 1 / sqrt(16).
// CHECK-LABEL: @scale_computed(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_computed(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %n = stator.constant dense<16.0> : tensor<f32>
  %root = stator.rsqrt %n : tensor<f32>
  %c = stator.broadcast %root dims [] : tensor<f32> -> tensor<2x4x8x8xf32>
  %x = stator.mul %s, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Scale on the queries.
// CHECK-LABEL: @scale_query(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_query(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %c = stator.constant dense<0.25> : tensor<2x4x8x16xf32>
  %qs = stator.mul %q, %c : tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %qs, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Scale on the keys.
// CHECK-LABEL: @scale_key(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_key(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %c = stator.constant dense<4.0> : tensor<2x4x8x16xf32>
  %ks = stator.div %k, %c : tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %ks : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Half of the scale on each side, as T5X and others do against overflow.
// CHECK-LABEL: @scale_both(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @scale_both(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %c = stator.constant dense<0.5> : tensor<2x4x8x16xf32>
  %qs = stator.mul %q, %c : tensor<2x4x8x16xf32>
  %ks = stator.mul %k, %c : tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %qs, %ks : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Scale on the queries before they are split into heads.
// CHECK-LABEL: @scale_before_heads(
// CHECK-NEXT: %[[X:.*]] = stator.reshape %x : tensor<2x8x64xf32> -> tensor<2x8x4x16xf32>
// CHECK-NEXT: %[[Q:.*]] = stator.transpose %[[X]] perm [0, 2, 1, 3]
// CHECK-NEXT: {{.*}} = stator.attention %[[Q]], %k, %v scale 0.25 :
stator.func @scale_before_heads(%x: tensor<2x8x64xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %c = stator.constant dense<0.25> : tensor<2x8x64xf32>
  %xs = stator.mul %x, %c : tensor<2x8x64xf32>
  %xh = stator.reshape %xs : tensor<2x8x64xf32> -> tensor<2x8x4x16xf32>
  %q = stator.transpose %xh perm [0, 2, 1, 3] : tensor<2x8x4x16xf32> -> tensor<2x4x8x16xf32>
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// stator.causal_mask after the scale.
// CHECK-LABEL: @causal_mask(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_mask(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %c = stator.constant dense<0.25> : tensor<2x4x8x8xf32>
  %x = stator.mul %s, %c : tensor<2x4x8x8xf32>
  %m = stator.causal_mask %x fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25, causal}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// The mask first, the scale after it.
// CHECK-LABEL: @causal_mask_then_scale(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 0.25 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_mask_then_scale(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x4x8x8xf32>
  %c = stator.constant dense<0.25> : tensor<2x4x8x8xf32>
  %x = stator.mul %m, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25, causal}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A window.
// CHECK-LABEL: @causal_window(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal window 3 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_window(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 window 3 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal, window 3}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// select(q >= k, scores, -inf).
// CHECK-LABEL: @causal_select(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_select(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %c = stator.compare ge %qi, %ki : tensor<8x8xi32> -> tensor<8x8xi1>
  %cb = stator.broadcast %c dims [2, 3] : tensor<8x8xi1> -> tensor<2x4x8x8xi1>
  %inf = stator.constant dense<0xFF800000> : tensor<2x4x8x8xf32>
  %x = stator.select %cb, %s, %inf : tensor<2x4x8x8xi1>, tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// select(k > q, -1e9, scores), the condition over all heads.
// CHECK-LABEL: @causal_select_other_way(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_select_other_way(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 2 : tensor<2x4x8x8xi32>
  %ki = stator.iota axis 3 : tensor<2x4x8x8xi32>
  %c = stator.compare gt %ki, %qi : tensor<2x4x8x8xi32> -> tensor<2x4x8x8xi1>
  %inf = stator.constant dense<-1.0e+09> : tensor<2x4x8x8xf32>
  %x = stator.select %c, %inf, %s : tensor<2x4x8x8xi1>, tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A bias of 0 and -inf is added.
// CHECK-LABEL: @causal_bias(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_bias(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %c = stator.compare le %ki, %qi : tensor<8x8xi32> -> tensor<8x8xi1>
  %zero = stator.constant dense<0.0> : tensor<8x8xf32>
  %inf = stator.constant dense<0xFF800000> : tensor<8x8xf32>
  %b = stator.select %c, %zero, %inf : tensor<8x8xi1>, tensor<8x8xf32>
  %bb = stator.broadcast %b dims [2, 3] : tensor<8x8xf32> -> tensor<2x4x8x8xf32>
  %x = stator.add %s, %bb : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A constant bias, as a buffer in PyTorch (two queries, three keys).
// CHECK-LABEL: @causal_bias_constant(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_bias_constant(%q: tensor<1x1x2x16xf32>, %k: tensor<1x1x3x16xf32>, %v: tensor<1x1x3x16xf32>) -> tensor<1x1x2x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<1x1x2x16xf32>, tensor<1x1x3x16xf32>) -> tensor<1x1x2x3xf32>
  %b = stator.constant dense<[[[[0.0, 0.0, -1.0e+09], [0.0, 0.0, 0.0]]]]> : tensor<1x1x2x3xf32>
  %x = stator.add %s, %b : tensor<1x1x2x3xf32>
  // expected-remark @below {{fused into attention: 1 x 1 heads, 2 queries, 3 keys, scale 1, causal}}
  %w = stator.softmax %x axis 3 : tensor<1x1x2x3xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<1x1x2x3xf32>, tensor<1x1x3x16xf32>) -> tensor<1x1x2x16xf32>
  stator.return %r : tensor<1x1x2x16xf32>
}

// scores - 1e10 * (1 - mask), the mask as floats.
// CHECK-LABEL: @causal_bias_product(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_bias_product(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %c = stator.compare gt %ki, %qi : tensor<8x8xi32> -> tensor<8x8xi1>
  %cf = stator.convert %c : tensor<8x8xi1> -> tensor<8x8xf32>
  %big = stator.constant dense<1.0e+10> : tensor<8x8xf32>
  %b = stator.mul %cf, %big : tensor<8x8xf32>
  %bb = stator.broadcast %b dims [2, 3] : tensor<8x8xf32> -> tensor<2x4x8x8xf32>
  %x = stator.sub %s, %bb : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// scores * mask - 1e10 * (1 - mask), as in the first GPT-2.
// CHECK-LABEL: @causal_gate(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @causal_gate(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %c = stator.compare ge %qi, %ki : tensor<8x8xi32> -> tensor<8x8xi1>
  %cf = stator.convert %c : tensor<8x8xi1> -> tensor<8x8xf32>
  %m = stator.broadcast %cf dims [2, 3] : tensor<8x8xf32> -> tensor<2x4x8x8xf32>
  %one = stator.constant dense<1.0> : tensor<2x4x8x8xf32>
  %big = stator.constant dense<1.0e+10> : tensor<2x4x8x8xf32>
  %g = stator.mul %s, %m : tensor<2x4x8x8xf32>
  %o = stator.sub %one, %m : tensor<2x4x8x8xf32>
  %b = stator.mul %big, %o : tensor<2x4x8x8xf32>
  %x = stator.sub %g, %b : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A window written as q - k < 3.
// CHECK-LABEL: @window_select(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal window 3 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @window_select(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %d = stator.isub %qi, %ki : tensor<8x8xi32>
  %three = stator.constant dense<3> : tensor<8x8xi32>
  %zero = stator.constant dense<0> : tensor<8x8xi32>
  %near = stator.compare lt %d, %three : tensor<8x8xi32> -> tensor<8x8xi1>
  %past = stator.compare ge %d, %zero : tensor<8x8xi32> -> tensor<8x8xi1>
  %c = stator.and %near, %past : tensor<8x8xi1>
  %cb = stator.broadcast %c dims [2, 3] : tensor<8x8xi1> -> tensor<2x4x8x8xi1>
  %inf = stator.constant dense<-1.0e+09> : tensor<2x4x8x8xf32>
  %x = stator.select %cb, %s, %inf : tensor<2x4x8x8xi1>, tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal, window 3}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A mask that hides nothing is no mask.
// CHECK-LABEL: @keep_all(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @keep_all(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %big = stator.constant dense<100> : tensor<8x8xi32>
  %c = stator.compare lt %ki, %big : tensor<8x8xi32> -> tensor<8x8xi1>
  %cb = stator.broadcast %c dims [2, 3] : tensor<8x8xi1> -> tensor<2x4x8x8xi1>
  %inf = stator.constant dense<-1.0e+09> : tensor<2x4x8x8xf32>
  %x = stator.select %cb, %s, %inf : tensor<2x4x8x8xi1>, tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Dropout on the weights.
// CHECK-LABEL: @dropout(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 causal {dropout_rate = 1.000000e-01 : f64, dropout_stream = 3 : i64} :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @dropout(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal, dropout 0.1}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %wd = stator.dropout %w rate 0.1 stream 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %wd, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

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

// A bias for each head (Press et al. 2022), causal as well.
// CHECK-LABEL: @alibi(
// CHECK: %[[B:.*]] = stator.reshape %{{.*}} : tensor<4x8x8xf32> -> tensor<1x4x8x8xf32>
// CHECK-NEXT: {{.*}} = stator.attention %q, %k, %v bias %[[B]] scale 1.0 causal
stator.func @alibi(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>, %slopes: tensor<4xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %qi = stator.iota axis 0 : tensor<8x8xi32>
  %ki = stator.iota axis 1 : tensor<8x8xi32>
  %d = stator.isub %ki, %qi : tensor<8x8xi32>
  %df = stator.convert %d : tensor<8x8xi32> -> tensor<8x8xf32>
  %db = stator.broadcast %df dims [1, 2] : tensor<8x8xf32> -> tensor<4x8x8xf32>
  %sb = stator.broadcast %slopes dims [0] : tensor<4xf32> -> tensor<4x8x8xf32>
  %b = stator.mul %db, %sb : tensor<4x8x8xf32>
  %bb = stator.broadcast %b dims [1, 2, 3] : tensor<4x8x8xf32> -> tensor<2x4x8x8xf32>
  %x = stator.add %bb, %s : tensor<2x4x8x8xf32>
  %m = stator.causal_mask %x fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal, bias}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Keys of a sample that are padding, by an argument.
// CHECK-LABEL: @padding_mask(
// CHECK: %[[P:.*]] = stator.broadcast %pad dims [0, 2] : tensor<2x8xi1> -> tensor<2x8x8xi1>
// CHECK: %[[C:.*]] = stator.reshape %[[P]] : tensor<2x8x8xi1> -> tensor<2x1x8x8xi1>
// CHECK: %[[B:.*]] = stator.select %[[C]]
// CHECK-NEXT: {{.*}} = stator.attention %q, %k, %v bias %[[B]] scale 1.0 causal
stator.func @padding_mask(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>, %pad: tensor<2x8xi1>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %p = stator.broadcast %pad dims [0, 3] : tensor<2x8xi1> -> tensor<2x4x8x8xi1>
  %inf = stator.constant dense<-1.0e+09> : tensor<2x4x8x8xf32>
  %x = stator.select %p, %inf, %s : tensor<2x4x8x8xi1>, tensor<2x4x8x8xf32>
  %m = stator.causal_mask %x fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal, bias}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// What is added before the scale is scaled with it.
// CHECK-LABEL: @bias_scaled(
// CHECK: %[[B:.*]] = stator.mul %b, %{{.*}} : tensor<8x8xf32>
// CHECK-NEXT: {{.*}} = stator.attention %q, %k, %v bias %[[B]] scale 0.25 :
stator.func @bias_scaled(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>, %b: tensor<8x8xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %bb = stator.broadcast %b dims [2, 3] : tensor<8x8xf32> -> tensor<2x4x8x8xf32>
  %x = stator.add %s, %bb : tensor<2x4x8x8xf32>
  %c = stator.constant dense<0.25> : tensor<2x4x8x8xf32>
  %y = stator.mul %x, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 0.25, bias}}
  %w = stator.softmax %y axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A frozen parameter is a bias like any other.
// CHECK-LABEL: @bias_frozen(
// CHECK: %[[B:.*]] = stator.mul %frozen
// CHECK-NEXT: {{.*}} = stator.attention %q, %k, %v bias %[[B]]
stator.func @bias_frozen(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %b = stator.read @frozen : tensor<2x4x8x8xf32>
  %x = stator.sub %s, %b : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, bias}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A number added to all scores changes nothing.
// CHECK-LABEL: @number_added(
// CHECK-NEXT: %[[R:.*]]:2 = stator.attention %q, %k, %v scale 1.0 :
// CHECK-NEXT: stator.return %[[R]]#0
stator.func @number_added(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %c = stator.constant dense<7.0> : tensor<2x4x8x8xf32>
  %x = stator.add %s, %c : tensor<2x4x8x8xf32>
  // expected-remark @below {{fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}
