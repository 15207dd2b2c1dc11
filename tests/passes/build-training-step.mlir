// RUN: stator-opt %s -split-input-file -stator-differentiate -stator-build-training-step -canonicalize -cse | FileCheck %s
// RUN: stator-opt %s -split-input-file -stator-differentiate -stator-build-training-step="keep-gradients separate-update" -canonicalize -cse | FileCheck %s --check-prefix=SEPARATE

// AdamW with clipping. Decay only where the parameter says so; the frozen
// parameter has neither moments nor an update; the evaluation draws nothing.

// CHECK-DAG: stator.parameter @w.adam_m : tensor<4x4xf32> init <constant, 0.0, 0.0> role moment of @w
// CHECK-DAG: stator.parameter @w.adam_v : tensor<4x4xf32> init <constant, 0.0, 0.0> role moment of @w
// CHECK-DAG: stator.parameter @b.adam_m : tensor<4xf32> {{.*}} role moment of @b
// CHECK-DAG: stator.parameter @b.adam_v
// CHECK-NOT: frozen.adam
// CHECK-NOT: .grad
// CHECK-NOT: stator.func @loss
// CHECK-NOT: stator.func @forward
// CHECK-NOT: stator.func @gradients
// CHECK-LABEL: stator.func @train_step(%x: tensor<2x4xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK: %loss = stator.reduce mean
// CHECK: %grad_norm = stator.global_norm %[[DW:.*]], %[[DB:.*]] :
// CHECK: %clip_scale = stator.clip_scale %grad_norm max 1.0 {stator.settable}
// CHECK: %step = stator.info step
// CHECK: %total_steps = stator.info total_steps
// CHECK: %lr = stator.learning_rate %step of %total_steps peak 0.001 schedule <cosine, warmup = 10{{.*}} {stator.settable}
// CHECK: %[[W:w.*]], %w.m, %w.v = stator.adam %w, %[[DW]], %w.adam_m, %w.adam_v lr %lr scale %clip_scale step %step betas(0.9, 0.95) eps 1.0e-08 decay 0.1 decoupled {stator.settable}
// CHECK: stator.write %[[W]], @w
// CHECK: stator.write %w.m, @w.adam_m
// CHECK: stator.write %w.v, @w.adam_v
// CHECK: stator.adam %b, %[[DB]], {{.*}} decay 0.0 decoupled :
// CHECK: stator.write %{{.*}}, @b :
// CHECK-NOT: @frozen
// CHECK: stator.return %loss, %grad_norm, %lr
// CHECK-LABEL: stator.func @evaluate(%x: tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NOT: stator.dropout
// CHECK: stator.return

// SEPARATE-DAG: stator.parameter @w.adam_m
// SEPARATE-DAG: stator.parameter @w.grad : tensor<4x4xf32> init <constant, 0.0, 0.0> role gradient of @w
// SEPARATE-DAG: stator.parameter @b.grad
// SEPARATE-NOT: frozen.grad
// SEPARATE: stator.func @gradients
// SEPARATE-NOT: stator.func @train_step
// SEPARATE-LABEL: stator.func @accumulate(%x: tensor<2x4xf32>) -> tensor<f32>
// SEPARATE: %[[OLD:.*]] = stator.read @w.grad
// SEPARATE: stator.dropout
// SEPARATE: %[[NEW:.*]] = stator.add %[[OLD]], %
// SEPARATE: stator.write %[[NEW]], @w.grad
// SEPARATE: stator.write %{{.*}}, @b.grad
// SEPARATE: stator.return %loss
// One micro-batch: the sum is the mean.
// SEPARATE-LABEL: stator.func @update() -> (tensor<f32>, tensor<f32>)
// SEPARATE-DAG: %[[ZERO:.*]] = stator.constant dense<0.000000e+00> : tensor<4x4xf32>
// SEPARATE-DAG: %[[DW:.*]] = stator.read @w.grad
// SEPARATE-DAG: %[[DB:.*]] = stator.read @b.grad
// SEPARATE: %grad_norm = stator.global_norm %[[DW]], %[[DB]]
// SEPARATE: %clip_scale = stator.clip_scale %grad_norm
// SEPARATE: stator.adam %{{.*}}, %[[DW]], {{.*}} scale %clip_scale
// SEPARATE: stator.write %[[ZERO]], @w.grad
// SEPARATE: stator.return %grad_norm, %lr

stator.parameter @w : tensor<4x4xf32> init #stator.init<normal, 0.0, 0.02> decay
stator.parameter @frozen : tensor<4xf32> init #stator.init<constant, 1.0, 0.0> frozen
stator.parameter @b : tensor<4xf32> init #stator.init<constant, 0.0, 0.0>
stator.training
  optimizer #stator.optimizer<adamw, lr = 1.0e-3, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<cosine, warmup = 10, floor = 1.0e-4, steps = 100, width = 0.0>
  clip 1.0 micro_batches 1 steps 100
stator.func @forward(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  stator.return %x : tensor<2x4xf32>
}
stator.func @loss(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = stator.read @w : tensor<4x4xf32>
  %b = stator.read @b : tensor<4xf32>
  %f = stator.read @frozen : tensor<4xf32>
  %s = stator.mul %b, %f : tensor<4xf32>
  %sb = stator.broadcast %s dims [1] : tensor<4xf32> -> tensor<2x4xf32>
  %y = stator.einsum "b i, i o -> b o" %x, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %d = stator.dropout %y rate 0.5 stream 0 : tensor<2x4xf32>
  %l = stator.add %d, %sb : tensor<2x4xf32>
  stator.return %l : tensor<2x4xf32>
}

// -----

// Four micro-batches with SGD and momentum: norm, clipping and update are those
// of the mean. A loss that is one number is given for each position.

// CHECK: stator.parameter @w.momentum : tensor<4xf32> {{.*}} role moment of @w
// CHECK: stator.parameter @w.grad
// CHECK-LABEL: stator.func @accumulate(
// CHECK-LABEL: stator.func @update() -> (tensor<f32>, tensor<f32>)
// CHECK: %[[QUARTER:.*]] = stator.constant dense<2.500000e-01> : tensor<f32>
// CHECK: %[[SUM:.*]] = stator.global_norm %[[GRAD:w.grad.*]] :
// CHECK: %[[NORM:.*]] = stator.mul %[[SUM]], %[[QUARTER]]
// CHECK: %[[CLIP:.*]] = stator.clip_scale %[[NORM]] max 0.5
// CHECK: %[[SCALE:.*]] = stator.mul %[[CLIP]], %[[QUARTER]]
// CHECK: stator.sgd %w, %[[GRAD]] lr %lr scale %[[SCALE]] buffer %w.momentum momentum 0.9 decay 0.0 nesterov
// CHECK: stator.write %{{.*}}, @w :
// CHECK: stator.write %{{.*}}, @w.momentum :
// CHECK: stator.return %[[NORM]], %lr
// CHECK-LABEL: stator.func @evaluate(%x: tensor<3xi32>) -> tensor<3xf32>
// CHECK: %[[EACH:.*]] = stator.broadcast %{{.*}} dims [] : tensor<f32> -> tensor<3xf32>
// CHECK: stator.return %[[EACH]]

// SEPARATE-LABEL: stator.func @update()
// SEPARATE: stator.constant dense<2.500000e-01>

stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>
stator.training
  optimizer #stator.optimizer<sgd, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.9, nesterov = true>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  clip 0.5 micro_batches 4 steps 0
stator.func @loss(%x: tensor<3xi32>) -> tensor<f32> {
  %w = stator.read @w : tensor<4xf32>
  %y = stator.gather %w[%x] : (tensor<4xf32>, tensor<3xi32>) -> tensor<3xf32>
  %l = stator.reduce sum %y axes [0] : tensor<3xf32> -> tensor<f32>
  stator.return %l : tensor<f32>
}

// -----

// Plain SGD has no state; where the model does not clip, any norm is small
// enough, until the run sets a limit.

// CHECK-NOT: @w.momentum
// CHECK-LABEL: stator.func @train_step(
// CHECK: %grad_norm = stator.global_norm
// CHECK: %clip_scale = stator.clip_scale %grad_norm max inf {stator.settable}
// CHECK: stator.sgd %w, %{{.*}} lr %lr scale %clip_scale momentum 0.0 decay 0.1 {stator.settable} :
// CHECK: stator.return %{{.*}}, %grad_norm, %lr

// SEPARATE-LABEL: stator.func @update()
// SEPARATE: stator.sgd

stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0> decay
stator.training
  optimizer #stator.optimizer<sgd, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  micro_batches 1 steps 0
stator.func @loss(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = stator.read @w : tensor<4xf32>
  %y = stator.mul %w, %x : tensor<4xf32>
  stator.return %y : tensor<4xf32>
}

// -----

// Adam without decoupling.

// CHECK-LABEL: stator.func @train_step(
// CHECK: stator.adam {{.*}} decay 0.1 {stator.settable} :
// SEPARATE-LABEL: stator.func @update()
// SEPARATE: stator.adam {{.*}} decay 0.1 {stator.settable} :

stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0> decay
stator.training
  optimizer #stator.optimizer<adam, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  micro_batches 1 steps 0
stator.func @loss(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = stator.read @w : tensor<4xf32>
  %y = stator.mul %w, %x : tensor<4xf32>
  stator.return %y : tensor<4xf32>
}
