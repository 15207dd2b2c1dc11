// RUN: stator-opt %s -split-input-file -verify-diagnostics

stator.func @rows(%x: tensor<2x4xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{axis 2 is not one of the 2 dimensions}}
  %0 = stator.dynamic_slice %x[%at] axis 2 : (tensor<2x4xf32>, tensor<i32>) -> tensor<2x1xf32>
  stator.return
}

// -----

stator.func @longer(%x: tensor<2x4xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{the part must be like 'tensor<2x4xf32>' but shorter along dimension 1, found 'tensor<2x5xf32>'}}
  %0 = stator.dynamic_slice %x[%at] axis 1 : (tensor<2x4xf32>, tensor<i32>) -> tensor<2x5xf32>
  stator.return
}

// -----

stator.func @other_type(%x: tensor<2x4xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{the part must be like}}
  %0 = stator.dynamic_slice %x[%at] axis 1 : (tensor<2x4xf32>, tensor<i32>) -> tensor<2x1xi32>
  stator.return
}

// -----

stator.func @update(%x: tensor<2x4xf32>, %at: tensor<i32>, %part: tensor<3x1xf32>) {
  // expected-error @+1 {{the part must be like 'tensor<2x4xf32>' but shorter along dimension 1, found 'tensor<3x1xf32>'}}
  %0 = stator.update_slice %x[%at], %part axis 1 : (tensor<2x4xf32>, tensor<i32>, tensor<3x1xf32>) -> tensor<2x4xf32>
  stator.return
}

// -----

stator.func @few_slots(%q: tensor<1x1x4x2xf32>, %k: tensor<1x1x3x2xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{4 queries need as many slots, found 3}}
  %0 = stator.cached_attention %q, %k, %k at %at scale 1.0 : (tensor<1x1x4x2xf32>, tensor<1x1x3x2xf32>, tensor<1x1x3x2xf32>, tensor<i32>) -> tensor<1x1x4x2xf32>
  stator.return
}

// -----

stator.func @small_ring(%q: tensor<1x1x4x2xf32>, %k: tensor<1x1x6x2xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{a window of 4 and 4 queries need a ring of 7 slots, found 6}}
  %0 = stator.cached_attention %q, %k, %k at %at scale 1.0 window 4 ring : (tensor<1x1x4x2xf32>, tensor<1x1x6x2xf32>, tensor<1x1x6x2xf32>, tensor<i32>) -> tensor<1x1x4x2xf32>
  stator.return
}

// -----

stator.func @ring_alone(%q: tensor<1x1x4x2xf32>, %k: tensor<1x1x6x2xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{a ring needs a window}}
  %0 = stator.cached_attention %q, %k, %k at %at scale 1.0 ring : (tensor<1x1x4x2xf32>, tensor<1x1x6x2xf32>, tensor<1x1x6x2xf32>, tensor<i32>) -> tensor<1x1x4x2xf32>
  stator.return
}

// -----

stator.func @ring_bias(%q: tensor<1x1x1x2xf32>, %k: tensor<1x1x6x2xf32>, %at: tensor<i32>, %b: tensor<1x6xf32>) {
  // expected-error @+1 {{a ring cannot have a bias}}
  %0 = stator.cached_attention %q, %k, %k at %at bias %b scale 1.0 window 4 ring : (tensor<1x1x1x2xf32>, tensor<1x1x6x2xf32>, tensor<1x1x6x2xf32>, tensor<i32>, tensor<1x6xf32>) -> tensor<1x1x1x2xf32>
  stator.return
}

// -----

stator.func @bias(%q: tensor<1x1x1x2xf32>, %k: tensor<1x1x6x2xf32>, %at: tensor<i32>, %b: tensor<1x5xf32>) {
  // expected-error @+1 {{bias must be [1, 6] or [1 or 1, 1 or 1, 1, 6] of 'f32', found 'tensor<1x5xf32>'}}
  %0 = stator.cached_attention %q, %k, %k at %at bias %b scale 1.0 : (tensor<1x1x1x2xf32>, tensor<1x1x6x2xf32>, tensor<1x1x6x2xf32>, tensor<i32>, tensor<1x5xf32>) -> tensor<1x1x1x2xf32>
  stator.return
}

// -----

stator.func @window(%q: tensor<1x1x1x2xf32>, %k: tensor<1x1x6x2xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{window must be at least 1, found 0}}
  %0 = stator.cached_attention %q, %k, %k at %at scale 1.0 window 0 : (tensor<1x1x1x2xf32>, tensor<1x1x6x2xf32>, tensor<1x1x6x2xf32>, tensor<i32>) -> tensor<1x1x1x2xf32>
  stator.return
}

// -----

stator.func @result(%q: tensor<1x1x1x2xf32>, %k: tensor<1x1x6x2xf32>, %at: tensor<i32>) {
  // expected-error @+1 {{the result must be 'tensor<1x1x1x2xf32>', found 'tensor<1x1x1x3xf32>'}}
  %0 = stator.cached_attention %q, %k, %k at %at scale 1.0 : (tensor<1x1x1x2xf32>, tensor<1x1x6x2xf32>, tensor<1x1x6x2xf32>, tensor<i32>) -> tensor<1x1x1x3xf32>
  stator.return
}

// -----

stator.func @no_scales(%w: tensor<4x40xi8>) {
  // expected-error @+1 {{i8 weights need scales, and others have none}}
  %0 = stator.dequantize %w : (tensor<4x40xi8>) -> tensor<4x40xf32>
  stator.return
}

// -----

stator.func @scales(%w: tensor<4x40xi8>, %s: tensor<4x1xf32>) {
  // expected-error @+1 {{scales of 'tensor<4x40xi8>' must be [4, 2], found 'tensor<4x1xf32>'}}
  %0 = stator.dequantize %w scales %s axis 1 block 32 : (tensor<4x40xi8>, tensor<4x1xf32>) -> tensor<4x40xf32>
  stator.return
}

// -----

// expected-error @+1 {{scales belong to a parameter of i8; @w is none}}
stator.parameter @s : tensor<4x2xf32> init <constant, 0.0, 0.0> role scale of @w
stator.parameter @w : tensor<4x40xf32> init <constant, 0.0, 0.0>

// -----

// expected-error @+1 {{a parameter belongs to no other, but @c is `of` another}}
stator.parameter @c : tensor<4x40xf32> init <constant, 0.0, 0.0> role cache of @w
stator.parameter @w : tensor<4x40xf32> init <constant, 0.0, 0.0>
