// RUN: stator-opt %s -stator-fuse-attention -canonicalize -verify-diagnostics | FileCheck %s

// The forms in which people write attention, each fused: scales, dropout and
// biases; fuse-attention-masks.mlir and fuse-attention-layouts.mlir have the
// others. What is left of the old ops is gone after canonicalization.

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
