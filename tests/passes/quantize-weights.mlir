// RUN: stator-opt %s --split-input-file --stator-quantize-weights=type=int8 | FileCheck %s --check-prefixes=CHECK,INT8
// RUN: stator-opt %s --split-input-file --stator-quantize-weights=type=bf16 | FileCheck %s --check-prefixes=CHECK,BF16
// RUN: stator-opt %s --split-input-file --stator-quantize-weights | FileCheck %s --check-prefixes=CHECK,F32

// A matrix that files have as [in, out] is transposed, a tied head is one table
// and one operand, and a matrix whose rows are only looked up is bf16 at least.
// Vectors, small matrices and those that something else uses stay as they are.
// INT8: stator.parameter @head : tensor<100x40xi8> init <normal, 0.0, 0.02>{{$}}
// INT8-NEXT: stator.parameter @head.scale : tensor<100x2xf32> init <constant, 0.0, 0.0> role scale of @head
// INT8: stator.parameter @places : tensor<64x40xbf16>
// INT8: stator.parameter @inner : tensor<48x40xi8> init <normal, 0.0, 0.02> transposed
// INT8-NEXT: stator.parameter @inner.scale : tensor<48x2xf32>
// BF16: stator.parameter @head : tensor<100x40xbf16>
// BF16: stator.parameter @places : tensor<64x40xbf16>
// BF16: stator.parameter @inner : tensor<48x40xbf16> init <normal, 0.0, 0.02> transposed
// F32: stator.parameter @head : tensor<100x40xf32>
// F32: stator.parameter @inner : tensor<48x40xf32> init <normal, 0.0, 0.02> transposed
// CHECK: stator.parameter @small : tensor<4x40xf32>
// CHECK: stator.parameter @bias : tensor<48xf32>
// CHECK: stator.parameter @both : tensor<40x40xf32> init <normal, 0.0, 0.02>{{$}}
// CHECK: stator.parameter @summed : tensor<40x48xf32> init <normal, 0.0, 0.02>{{$}}
module {
  stator.parameter @head : tensor<100x40xf32> init <normal, 0.0, 0.02>
  stator.parameter @places : tensor<64x40xf32> init <normal, 0.0, 0.02>
  stator.parameter @inner : tensor<40x48xf32> init <normal, 0.0, 0.02>
  stator.parameter @small : tensor<4x40xf32> init <normal, 0.0, 0.02>
  stator.parameter @bias : tensor<48xf32> init <constant, 0.0, 0.0>
  stator.parameter @both : tensor<40x40xf32> init <normal, 0.0, 0.02>
  stator.parameter @summed : tensor<40x48xf32> init <normal, 0.0, 0.02>
  // CHECK-LABEL: stator.func @decode_1
  stator.func @decode_1(%tokens: tensor<1x1xi32>) -> (tensor<1x1x100xf32>, tensor<1x1x40xf32>, tensor<1x1x40xf32>, tensor<1x1x48xf32>, tensor<1x1x4xf32>, tensor<40xf32>) {
    // INT8-DAG: %[[Q:.*]] = stator.read @head : tensor<100x40xi8>
    // INT8-DAG: %[[S:.*]] = stator.read @head.scale : tensor<100x2xf32>
    // INT8-DAG: %[[W:.*]] = stator.dequantize %[[Q]] scales %[[S]] axis 1 block 32 : (tensor<100x40xi8>, tensor<100x2xf32>) -> tensor<100x40xf32>
    // BF16: %[[W:.*]] = stator.dequantize %{{.*}} : (tensor<100x40xbf16>) -> tensor<100x40xf32>
    // F32-NOT: stator.dequantize
    // F32: %[[W:.*]] = stator.read @head : tensor<100x40xf32>
    %head = stator.read @head : tensor<100x40xf32>
    %places = stator.read @places : tensor<64x40xf32>
    %inner = stator.read @inner : tensor<40x48xf32>
    %small = stator.read @small : tensor<4x40xf32>
    %both = stator.read @both : tensor<40x40xf32>
    %summed = stator.read @summed : tensor<40x48xf32>
    // CHECK: stator.gather %[[W]]
    %x = stator.gather %head[%tokens] : (tensor<100x40xf32>, tensor<1x1xi32>) -> tensor<1x1x40xf32>
    %p = stator.gather %places[%tokens] : (tensor<64x40xf32>, tensor<1x1xi32>) -> tensor<1x1x40xf32>
    // CHECK: stator.einsum "b t i, o i -> b t o"
    %y = stator.einsum "b t i, i o -> b t o" %x, %inner : (tensor<1x1x40xf32>, tensor<40x48xf32>) -> tensor<1x1x48xf32>
    // CHECK: stator.einsum "b t i, v i -> b t v" %{{.*}}, %[[W]]
    %z = stator.einsum "b t i, v i -> b t v" %x, %head : (tensor<1x1x40xf32>, tensor<100x40xf32>) -> tensor<1x1x100xf32>
    %s = stator.einsum "b t i, o i -> b t o" %x, %small : (tensor<1x1x40xf32>, tensor<4x40xf32>) -> tensor<1x1x4xf32>
    // CHECK: stator.einsum "b t i, i o -> b t o"
    %b1 = stator.einsum "b t i, i o -> b t o" %x, %both : (tensor<1x1x40xf32>, tensor<40x40xf32>) -> tensor<1x1x40xf32>
    %b2 = stator.einsum "b t i, o i -> b t o" %b1, %both : (tensor<1x1x40xf32>, tensor<40x40xf32>) -> tensor<1x1x40xf32>
    %m = stator.reduce sum %summed axes [1] : tensor<40x48xf32> -> tensor<40xf32>
    stator.return %z, %p, %b2, %y, %s, %m : tensor<1x1x100xf32>, tensor<1x1x40xf32>, tensor<1x1x40xf32>, tensor<1x1x48xf32>, tensor<1x1x4xf32>, tensor<40xf32>
  }
}

// -----

// Without decoding f32 stays as it is in files.
// F32: stator.parameter @w : tensor<40x48xf32> init <normal, 0.0, 0.02>{{$}}
// BF16: stator.parameter @w : tensor<48x40xbf16> init <normal, 0.0, 0.02> transposed
// INT8: stator.parameter @w : tensor<48x40xi8> init <normal, 0.0, 0.02> transposed
module {
  stator.parameter @w : tensor<40x48xf32> init <normal, 0.0, 0.02>
  stator.func @forward(%x: tensor<2x40xf32>) -> tensor<2x48xf32> {
    %w = stator.read @w : tensor<40x48xf32>
    %y = stator.einsum "t i, i o -> t o" %x, %w : (tensor<2x40xf32>, tensor<40x48xf32>) -> tensor<2x48xf32>
    stator.return %y : tensor<2x48xf32>
  }
}
