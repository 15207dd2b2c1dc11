// Values are named after the module path in their location.
// RUN: stator-opt %s | FileCheck %s
// RUN: stator-opt %s --mlir-print-debuginfo | stator-opt | FileCheck %s

stator.parameter @h.3.attn.weight : tensor<2x3xf32> init #stator.init<constant, 0.0, 0.0>

// CHECK-LABEL: stator.func @paths(%tokens: tensor<2x3xf32>, %arg0: tensor<2x3xf32>)
stator.func @paths(%0: tensor<2x3xf32> loc("tokens"), %1: tensor<2x3xf32>) {
  // CHECK: %h.3.attn.scores = stator.exp %tokens
  %2 = stator.exp %0 : tensor<2x3xf32> loc("h.3.attn.scores"("model.stator":7:3))
  // CHECK: %h.3.attn.scores_0 = stator.neg %h.3.attn.scores
  %3 = stator.neg %2 : tensor<2x3xf32> loc("h.3.attn.scores"("model.stator":7:9))
  // Through fused and inlined locations.
  // CHECK: %ln_f.x = stator.log
  %4 = stator.log %3 : tensor<2x3xf32> loc(fused["model.stator":1:1, "ln_f.x"])
  // CHECK: %ln_f.y = stator.log
  %5 = stator.log %3 : tensor<2x3xf32> loc(callsite("ln_f.y" at "outer"))
  // CHECK: %outer = stator.log
  %6 = stator.log %3 : tensor<2x3xf32> loc(callsite("model.stator":1:1 at "outer"))
  // Cotangents, and what no value can be called.
  // CHECK: %d_h.3.attn.scores = stator.log
  %7 = stator.log %3 : tensor<2x3xf32> loc("d(h.3.attn.scores)")
  // CHECK: %a_b_c = stator.log
  %8 = stator.log %3 : tensor<2x3xf32> loc("a b/c")
  // CHECK: %h.3.attn.weight = stator.read
  %9 = stator.read @h.3.attn.weight : tensor<2x3xf32>
  // CHECK: %cst = stator.constant
  %10 = stator.constant dense<0.0> : tensor<f32>
  // CHECK: %{{[0-9]+}} = stator.log
  %11 = stator.log %3 : tensor<2x3xf32>
  stator.return
}

// CHECK-LABEL: stator.func @several
stator.func @several(%x: tensor<2x9xf32>, %t: tensor<2xi32>, %q: tensor<1x1x2x3xf32>,
                     %l: tensor<1x1x2xf32>, %p: tensor<2xf32>, %s: tensor<f32>, %i: tensor<i32>) {
  // CHECK: %loss, %loss.lse = stator.cross_entropy
  %0:2 = stator.cross_entropy %x, %t : (tensor<2x9xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>) loc("loss")
  // CHECK: %attn, %attn.lse = stator.attention
  %1:2 = stator.attention %q, %q, %q scale 1.0 : (tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>) -> (tensor<1x1x2x3xf32>, tensor<1x1x2xf32>) loc("attn")
  // CHECK: %d_attn.query, %d_attn.key, %d_attn.value = stator.attention_grad
  %2:3 = stator.attention_grad %q, %q, %q of %q, %l by %q scale 1.0 : (tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>, tensor<1x1x2xf32>, tensor<1x1x2x3xf32>) -> (tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>) loc("d(attn)")
  // CHECK: %w, %w.m, %w.v = stator.adam
  %3:3 = stator.adam %p, %p, %p, %p lr %s scale %s step %i betas (0.9, 0.99) eps 1.0e-8 decay 0.0 : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) loc("w")
  // CHECK: %w_0, %w.momentum = stator.sgd
  %4:2 = stator.sgd %p, %p lr %s scale %s buffer %p momentum 0.9 decay 0.0 : (tensor<2xf32>, tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) loc("w")
  // A pack has one name.
  // CHECK: %rnn:2 = stator.scan axis 0 length 2 carries(%state = %s) over(%x_ = %p)
  %5:2 = stator.scan axis 0 length 2 carries(%state = %s) over(%x_ = %p) : (tensor<f32>, tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>) {
    stator.yield %state, %x_ : tensor<f32>, tensor<f32>
  } loc("rnn")
  stator.return
}
