// What is refused of optimizers, and what is said.
// RUN: stator-opt %s --split-input-file --verify-diagnostics

stator.func @norm_elements(%x: tensor<4xf64>) {
  // expected-error @+1 {{operands and result have different element types: 'tensor<4xf64>' and 'tensor<f32>'}}
  %0 = stator.global_norm %x : (tensor<4xf64>) -> tensor<f32>
  stator.return
}

// -----

stator.func @clip(%n: tensor<f32>) {
  // expected-error @+1 {{maximum of the norm must be positive, found 0}}
  %0 = stator.clip_scale %n max 0.0 : tensor<f32>
  stator.return
}

// -----

stator.func @sgd_buffer(%p: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{takes and returns a buffer if, and only if, it has momentum, found momentum 9.000000e-01 with no buffer}}
  %0 = stator.sgd %p, %p lr %s scale %s momentum 0.9 decay 0.0 : (tensor<4xf32>, tensor<4xf32>, tensor<f32>, tensor<f32>) -> tensor<4xf32>
  stator.return
}

// -----

stator.func @sgd_buffer_type(%p: tensor<4xf32>, %b: tensor<5xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{buffer must have the type of the parameter 'tensor<4xf32>', found 'tensor<5xf32>' and 'tensor<5xf32>'}}
  %0:2 = stator.sgd %p, %p lr %s scale %s buffer %b momentum 0.9 decay 0.0 : (tensor<4xf32>, tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<5xf32>) -> (tensor<4xf32>, tensor<5xf32>)
  stator.return
}

// -----

stator.func @learning_rate_step(%s: tensor<i32>, %t: tensor<2xi32>) {
  // expected-error @+1 {{operand #1 must be 0D tensor of 32-bit signless integer values, but got 'tensor<2xi32>'}}
  %0 = stator.learning_rate %s of %t peak 1.0 schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> : (tensor<i32>, tensor<2xi32>) -> tensor<f32>
  stator.return
}

// -----

// expected-error @+1 {{micro_batches must be at least 1, found 0}}
stator.training optimizer <sgd, lr = 0.1, betas = (0.0, 0.0), eps = 0.0, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 0 steps 0

// -----

// expected-error @+1 {{steps must not be negative, found -5}}
stator.training optimizer <sgd, lr = 0.1, betas = (0.0, 0.0), eps = 0.0, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps -5

// -----

// expected-error @+1 {{clip must be positive, found -1}}
stator.training optimizer <sgd, lr = 0.1, betas = (0.0, 0.0), eps = 0.0, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> clip -1.0 micro_batches 1 steps 0

// -----

// expected-error @+1 {{lr must be at least 0.000000e+00, found -1.000000e-01}}
stator.training optimizer <adamw, lr = -0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{beta1 must be at least 0.000000e+00 and below 1.000000e+00, found 1.000000e+00}}
stator.training optimizer <adamw, lr = 0.1, betas = (1.0, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{beta2 must be at least 0.000000e+00 and below 1.000000e+00, found 1.500000e+00}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 1.5), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{eps must be at least}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 0.99), eps = -1.0, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{weight_decay must be at least}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = -1.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{momentum must be at least}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = -1.0, nesterov = false> schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{floor must be at least}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = 0, floor = -1.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{warmup must not be negative, found -3}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <constant, warmup = -3, floor = 0.0, steps = 0, width = 0.0> micro_batches 1 steps 0

// -----

// expected-error @+1 {{steps of the schedule must not be negative, found -1}}
stator.training optimizer <adamw, lr = 0.1, betas = (0.9, 0.99), eps = 1.0e-8, weight_decay = 0.0, momentum = 0.0, nesterov = false> schedule <cosine, warmup = 0, floor = 0.0, steps = -1, width = 0.0> micro_batches 1 steps 0

// -----

stator.func @schedule_width(%s: tensor<i32>) {
  // expected-error @+1 {{inverse_sqrt needs a positive width, found 0.000000e+00}}
  %0 = stator.learning_rate %s of %s peak 1.0 schedule <inverse_sqrt, warmup = 0, floor = 0.0, steps = 0, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  stator.return
}
