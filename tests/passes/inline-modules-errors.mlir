// RUN: stator-opt %s -stator-inline-modules -split-input-file -verify-diagnostics

stator.func @A(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = stator.call @B(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return %y : tensor<4xf32>
}
stator.func @B(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{recursion: @A calls @B calls @A; a module cannot contain itself}}
  %y = stator.call @A(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return %y : tensor<4xf32>
}
stator.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = stator.call @A(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return %y : tensor<4xf32>
}

// -----

stator.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{recursion: @forward calls @forward; a module cannot contain itself}}
  %y = stator.call @forward(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return %y : tensor<4xf32>
}

// -----

// expected-error @below {{there is no entry point, neither @forward nor @loss, in this module}}
module {
  stator.func @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
    stator.return %x : tensor<4xf32>
  }
}

// -----

stator.func private @outside(tensor<4xf32>) -> tensor<4xf32>
stator.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{calls @outside, which has no body in this module}}
  %y = stator.call @outside(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return %y : tensor<4xf32>
}
