// RUN: stator-opt %s -stator-fuse-attention -verify-diagnostics | FileCheck %s

// What looks like attention and is not, or is none that stator.attention can
// express: the softmax stays, and the remark says why.

// CHECK-NOT: stator.attention

stator.parameter @relative : tensor<4x8x8xf32> init #stator.init<normal, 0.0, 0.02>

// The weights are returned, as for a plot of them.
stator.func @weights_returned(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> (tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>) {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: its weights are used elsewhere too, as a result}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r, %w : tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>
}

// Another op reads the weights.
stator.func @weights_used(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> (tensor<2x4x8x16xf32>, tensor<2x4x8xf32>) {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: its weights are used elsewhere too, by peak ('stator.reduce')}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  %m = stator.reduce max %w axes [3] : tensor<2x4x8x8xf32> -> tensor<2x4x8xf32> loc("peak")
  stator.return %r, %m : tensor<2x4x8x16xf32>, tensor<2x4x8xf32>
}

// A softmax over a vocabulary, not attention at all.
stator.func @output(%x: tensor<2x8x65xf32>) -> tensor<2x8x65xf32> {
  // expected-remark @below {{not fused into attention: its weights are a result, not part of a product}}
  %w = stator.softmax %x axis 2 : tensor<2x8x65xf32>
  stator.return %w : tensor<2x8x65xf32>
}

// A gate: softmax of an argument, times values.
stator.func @gate(%x: tensor<2x8x4xf32>, %v: tensor<2x4x16xf32>) -> tensor<2x8x16xf32> {
  // expected-remark @below {{not fused into attention: its input is the argument x, not a product of queries and keys}}
  %w = stator.softmax %x axis 2 : tensor<2x8x4xf32>
  %r = stator.einsum "b t e, b e d -> b t d" %w, %v : (tensor<2x8x4xf32>, tensor<2x4x16xf32>) -> tensor<2x8x16xf32>
  stator.return %r : tensor<2x8x16xf32>
}

// The weights are squared before the product.
stator.func @weights_changed(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: its weights go to 'stator.exp', not to a product with values}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %e = stator.exp %w : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %e, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Normalised over the queries: every key divides itself among them.
stator.func @over_queries(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the product with the values does not sum over the keys}}
  %w = stator.softmax %s axis 2 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// Normalised over the heads.
stator.func @over_heads(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: it is over a dimension that queries and keys share, not over the keys}}
  %w = stator.softmax %s axis 1 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A bias that is trained needs a gradient, which attention does not give.
stator.func @trained_bias(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %p = stator.read @relative : tensor<4x8x8xf32>
  %b = stator.broadcast %p dims [1, 2, 3] : tensor<4x8x8xf32> -> tensor<2x4x8x8xf32> loc("attn.bias")
  %x = stator.add %s, %b : tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the bias attn.bias ('stator.broadcast') depends on the trainable parameter @relative}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A learned temperature.
stator.func @trained_scale(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>, %temperature: tensor<f32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %t = stator.broadcast %temperature dims [] : tensor<f32> -> tensor<2x4x8x8xf32>
  %x = stator.mul %s, %t : tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the scores are not scaled by a number, but by 'stator.broadcast'}}
  %w = stator.softmax %x axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A mask that only dampens: filled in is a score like any other.
stator.func @weak_mask(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %m = stator.causal_mask %s fill 0.0 : tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the mask fills in 0, which does not hide a score}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// A causal mask over heads and keys, by mistake.
stator.func @mask_on_heads(%q: tensor<2x8x4x16xf32>, %k: tensor<2x8x4x16xf32>, %v: tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32> {
  %s = stator.einsum "b q h d, b k h d -> b q h k" %q, %k : (tensor<2x8x4x16xf32>, tensor<2x8x4x16xf32>) -> tensor<2x8x4x8xf32>
  %m = stator.causal_mask %s fill -1.0e+09 : tensor<2x8x4x8xf32>
  // expected-remark @below {{not fused into attention: the causal mask is not over queries and keys}}
  %w = stator.softmax %m axis 3 : tensor<2x8x4x8xf32>
  %r = stator.einsum "b q h k, b k h d -> b q h d" %w, %v : (tensor<2x8x4x8xf32>, tensor<2x8x4x16xf32>) -> tensor<2x8x4x16xf32>
  stator.return %r : tensor<2x8x4x16xf32>
}

// With fewer keys than queries the first queries see no key at all.
stator.func @too_few_keys(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x6x16xf32>, %v: tensor<2x4x6x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x6x16xf32>) -> tensor<2x4x8x6xf32>
  %m = stator.causal_mask %s fill -1.0e+09 : tensor<2x4x8x6xf32>
  // expected-remark @below {{not fused into attention: there are fewer keys than queries, so that the causal mask leaves some without any}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x6xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x6xf32>, tensor<2x4x6x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// The heads are summed in the product with the values.
stator.func @heads_summed(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the product with the values does not sum over the keys alone}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x8x16xf32>
  stator.return %r : tensor<2x8x16xf32>
}

// The keys have heads, the values have none.
stator.func @values_without_heads(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the keys have a dimension that the values lack}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// The scores are bounded by a tanh before the softmax.
stator.func @soft_capped(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %t = stator.tanh %s : tensor<2x4x8x8xf32> loc("h.0.attn.capped")
  // expected-remark @below {{not fused into attention: its input is made by h.0.attn.capped ('stator.tanh'), which is no part of attention}}
  %w = stator.softmax %t axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}

// The scores are returned as well.
stator.func @scores_used(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> (tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>) {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the scores are used elsewhere too, as a result}}
  %w = stator.softmax %s axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r, %s : tensor<2x4x8x16xf32>, tensor<2x4x8x8xf32>
}

// Nothing uses the softmax.
stator.func @dead(%q: tensor<2x8x16xf32>) -> tensor<2x8x16xf32> {
  // expected-remark @below {{not fused into attention: nothing uses its weights}}
  %w = stator.softmax %q axis 2 : tensor<2x8x16xf32>
  stator.return %q : tensor<2x8x16xf32>
}

// A factor for each distance dampens scores that stay visible.
stator.func @decay(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x8x16xf32>, %v: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %k : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32>
  %i = stator.iota axis 3 : tensor<2x4x8x8xi32>
  %f = stator.convert %i : tensor<2x4x8x8xi32> -> tensor<2x4x8x8xf32>
  %x = stator.mul %s, %f : tensor<2x4x8x8xf32>
  %m = stator.causal_mask %x fill -1.0e+30 : tensor<2x4x8x8xf32>
  // expected-remark @below {{not fused into attention: the scores are multiplied by a mask that changes scores which stay visible}}
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %r = stator.einsum "b h q k, b h k d -> b h q d" %w, %v : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %r : tensor<2x4x8x16xf32>
}
