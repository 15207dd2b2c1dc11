// RUN: stator-opt %s -stator-train | FileCheck %s --check-prefix=TRAIN
// RUN: stator-opt %s -stator-train="fuse-attention=false keep-gradients separate-update" | FileCheck %s --check-prefix=PLAIN
// RUN: stator-opt %s -stator-infer | FileCheck %s --check-prefix=INFER
// RUN: stator-opt %s -stator-train="remarks" 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// From modules to the entry points of a program: attention is one op before
// differentiation, so that its derivative is one op too.

// TRAIN-NOT: @Attention
// TRAIN-LABEL: stator.func @train_step(
// TRAIN: %h.0.y, %h.0.y.lse = stator.attention {{.*}} causal {dropout_rate = 1.000000e-01 : f64, dropout_stream = 0 : i64}
// TRAIN: stator.attention_grad {{.*}} dropout_stream = 0
// TRAIN-NOT: stator.softmax
// TRAIN: stator.adam
// TRAIN-LABEL: stator.func @evaluate(
// TRAIN: %h.0.y, %h.0.y.lse = stator.attention {{.*}} causal :
// TRAIN-NOT: stator.func

// PLAIN-LABEL: stator.func @gradients(
// PLAIN: stator.softmax
// PLAIN-LABEL: stator.func @accumulate(
// PLAIN: stator.softmax
// PLAIN-NOT: stator.attention
// PLAIN-LABEL: stator.func @update(
// PLAIN-LABEL: stator.func @evaluate(

// INFER-LABEL: stator.func @forward(
// INFER: %h.0.y, %h.0.y.lse = stator.attention {{.*}} causal :
// INFER-NOT: stator.func

// REMARK: remark: fused into attention: 2 x 4 heads, 8 queries, 8 keys, scale 1, causal, dropout 0.1

stator.parameter @"h.0.weight" : tensor<16x16xf32> init #stator.init<normal, 0.0, 0.02> decay
stator.training
  optimizer #stator.optimizer<adamw, lr = 1.0e-3, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  clip 1.0 micro_batches 1 steps 100
stator.func private @Attention(%x: tensor<2x4x8x16xf32>, %weight: tensor<16x16xf32>) -> tensor<2x4x8x16xf32> {
  %q = stator.einsum "b h t d, d e -> b h t e" %x, %weight : (tensor<2x4x8x16xf32>, tensor<16x16xf32>) -> tensor<2x4x8x16xf32> loc("q")
  %s = stator.einsum "b h q d, b h k d -> b h q k" %q, %x : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x8xf32> loc("scores")
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<2x4x8x8xf32> loc("masked")
  %w = stator.softmax %m axis 3 : tensor<2x4x8x8xf32>
  %d = stator.dropout %w rate 0.1 stream -1 : tensor<2x4x8x8xf32> loc("weights")
  %y = stator.einsum "b h q k, b h k d -> b h q d" %d, %x : (tensor<2x4x8x8xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> loc("y")
  stator.return %y : tensor<2x4x8x16xf32>
}
stator.func @forward(%x: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %w = stator.read @"h.0.weight" : tensor<16x16xf32>
  %y = stator.call @Attention(%x, %w) : (tensor<2x4x8x16xf32>, tensor<16x16xf32>) -> tensor<2x4x8x16xf32> loc("h.0")
  stator.return %y : tensor<2x4x8x16xf32>
}
stator.func @loss(%x: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %y = stator.call @forward(%x) : (tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  stator.return %y : tensor<2x4x8x16xf32>
}
