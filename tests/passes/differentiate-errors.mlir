// RUN: stator-opt %s -stator-differentiate -split-input-file -verify-diagnostics

// expected-error @below {{there is no @loss to differentiate}}
module {
}

// -----

stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>
stator.func @loss() -> tensor<f32> {
  %w = stator.read @w : tensor<4xf32>
  // expected-error @unknown {{'stator.global_norm' at model.norm has no derivative, but a gradient flows through it}}
  %n = stator.global_norm %w : (tensor<4xf32>) -> tensor<f32> loc("model.norm")
  stator.return %n : tensor<f32>
}

// -----

// No gradient flows through it: no error.
stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0> frozen
stator.func @loss() -> tensor<f32> {
  %w = stator.read @w : tensor<4xf32>
  %n = stator.global_norm %w : (tensor<4xf32>) -> tensor<f32>
  stator.return %n : tensor<f32>
}

// -----

// Inside of a loop as well.
stator.parameter @w : tensor<4xf32> init #stator.init<constant, 1.0, 0.0>
stator.func @loss(%x: tensor<3x4xf32>) -> tensor<f32> {
  %w = stator.read @w : tensor<4xf32>
  %zero = stator.constant dense<0.0> : tensor<f32>
  %last = stator.scan axis 0 length 3 carries(%state = %zero) over(%slice = %x)
      : (tensor<f32>, tensor<3x4xf32>) -> tensor<f32> {
    %y = stator.mul %slice, %w : tensor<4xf32>
    // expected-error @below {{'stator.global_norm' has no derivative, but a gradient flows through it}}
    %n = stator.global_norm %y : (tensor<4xf32>) -> tensor<f32>
    %s = stator.add %state, %n : tensor<f32>
    stator.yield %s : tensor<f32>
  }
  stator.return %last : tensor<f32>
}

// -----

stator.func @callee(%x: tensor<f32>) -> tensor<f32> {
  stator.return %x : tensor<f32>
}
stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{has to be inlined before differentiation (stator-inline-modules)}}
  %y = stator.call @callee(%x) : (tensor<f32>) -> tensor<f32>
  stator.return %y : tensor<f32>
}

// -----

// expected-error @below {{@loss has to return one tensor of floats: the loss of each position, or one loss}}
stator.func @loss(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  stator.return %x, %x : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{@loss has to return one tensor of floats: the loss of each position, or one loss}}
stator.func @loss(%x: tensor<i32>) -> tensor<i32> {
  stator.return %x : tensor<i32>
}

// -----

// expected-error @below {{@gradients already exists}}
module {
  stator.func @loss(%x: tensor<f32>) -> tensor<f32> {
    stator.return %x : tensor<f32>
  }
  stator.func @gradients(%x: tensor<f32>) -> tensor<f32> {
    stator.return %x : tensor<f32>
  }
}
