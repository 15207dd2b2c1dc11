// RUN: stator-opt %s -stator-build-training-step -split-input-file -verify-diagnostics

// expected-error @below {{@loss and @gradients are needed to build a training step (stator-differentiate)}}
module {
}

// -----

// expected-error @below {{the model has no `train` block, so it cannot be compiled for training}}
module {
  stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
    stator.return %x : tensor<f32>
  }
  stator.func @gradients(%x: tensor<f32>) -> tensor<f32> {
    stator.return %x : tensor<f32>
  }
}

// -----

// expected-error @below {{the model has no trainable parameter, so there is nothing to train}}
stator.training
  optimizer #stator.optimizer<sgd, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  micro_batches 1 steps 0
stator.parameter @w : tensor<f32> init #stator.init<constant, 1.0, 0.0> frozen
stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}
stator.func @gradients(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}

// -----

stator.training
  optimizer #stator.optimizer<adam, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  micro_batches 1 steps 0
// expected-note @below {{of the parameter @w}}
stator.parameter @w : tensor<f32> init #stator.init<constant, 1.0, 0.0>
// expected-error @below {{the name @w.adam_m is needed for the optimizer's state}}
stator.parameter @w.adam_m : tensor<f32> init #stator.init<constant, 1.0, 0.0> frozen
stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}
stator.func @gradients(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  stator.return %x, %x : tensor<f32>, tensor<f32>
}

// -----

stator.training
  optimizer #stator.optimizer<sgd, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  micro_batches 1 steps 0
stator.parameter @w : tensor<f32> init #stator.init<constant, 1.0, 0.0>
stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}
// expected-error @below {{has 1 results, but the loss and the gradients of 1 trainable parameters are expected}}
stator.func @gradients(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}

// -----

stator.training
  optimizer #stator.optimizer<sgd, lr = 0.1, betas = (0.9, 0.95), eps = 1.0e-8, weight_decay = 0.1, momentum = 0.0, nesterov = false>
  schedule #stator.schedule<constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0>
  micro_batches 1 steps 0
stator.parameter @w : tensor<f32> init #stator.init<constant, 1.0, 0.0>
// expected-error @below {{@evaluate already exists}}
stator.func @evaluate(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}
stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}
stator.func @gradients(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  stator.return %x, %x : tensor<f32>, tensor<f32>
}
