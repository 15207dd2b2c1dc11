// RUN: stator-opt %s --split-input-file --verify-diagnostics --stator-quantize-weights=type=int8
// RUN: not stator-opt %s --split-input-file --stator-quantize-weights=type=int4 2>&1 | FileCheck %s

// CHECK: unknown type of weights "int4"; there are f32, bf16 and int8
module {
  // expected-error @below {{the scales of @w would be named @w.scale, which already exists}}
  stator.parameter @w : tensor<48x40xf32> init <normal, 0.0, 0.02>
  stator.parameter @w.scale : tensor<1xf32> init <constant, 0.0, 0.0>
  stator.func @forward(%x: tensor<2x40xf32>) -> tensor<2x48xf32> {
    %w = stator.read @w : tensor<48x40xf32>
    %y = stator.einsum "t i, o i -> t o" %x, %w : (tensor<2x40xf32>, tensor<48x40xf32>) -> tensor<2x48xf32>
    stator.return %y : tensor<2x48xf32>
  }
}

// -----

module {
  stator.parameter @w : tensor<48x40xf32> init <normal, 0.0, 0.02>
  // expected-error @below {{weights of type int8 are supported for inference only: @train_step trains}}
  stator.func @train_step(%x: tensor<2x40xf32>) -> tensor<2x48xf32> {
    %w = stator.read @w : tensor<48x40xf32>
    %y = stator.einsum "t i, o i -> t o" %x, %w : (tensor<2x40xf32>, tensor<48x40xf32>) -> tensor<2x48xf32>
    stator.return %y : tensor<2x48xf32>
  }
}
