// RUN: stator-opt %s -stator-fuse-attention -canonicalize -verify-diagnostics | FileCheck %s

// Masks as people write them in attention, each fused.

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
