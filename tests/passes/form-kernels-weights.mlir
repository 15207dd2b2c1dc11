// RUN: stator-opt %s --stator-form-kernels | FileCheck %s

// What makes floats of weights is part of each kernel that needs them; the
// kernels take the weights as they are stored.
// CHECK-LABEL: stator.func @decode_1
// CHECK-NOT: stator.dequantize
// CHECK: %[[X:.*]] = stator.launch @[[GATHER:.*]](%{{.*}}, %{{.*}}, %{{.*}}) : (tensor<100x64xi8>, tensor<100x2xf32>, tensor<1xi32>) -> tensor<1x64xf32>
// CHECK: stator.launch @[[PRODUCT:.*]](%[[X]], %{{.*}}, %{{.*}}, %{{.*}}) : (tensor<1x64xf32>, tensor<100x64xi8>, tensor<100x2xf32>, tensor<{{(1x)?}}100xf32>) -> tensor<1x100xf32>
// CHECK: stator.func kernel @[[GATHER]]
// CHECK: stator.dequantize
// CHECK: stator.gather
// CHECK: stator.func kernel @[[PRODUCT]]
// CHECK: stator.dequantize
// CHECK: stator.einsum
// CHECK: stator.add
stator.parameter @w : tensor<100x64xi8> init <normal, 0.0, 0.02>
stator.parameter @w.scale : tensor<100x2xf32> init <constant, 0.0, 0.0> role scale of @w
stator.parameter @bias : tensor<100xf32> init <constant, 0.0, 0.0>
stator.func @decode_1(%tokens: tensor<1xi32>) -> tensor<1x100xf32> {
  %q = stator.read @w : tensor<100x64xi8>
  %s = stator.read @w.scale : tensor<100x2xf32>
  %b = stator.read @bias : tensor<100xf32>
  %w = stator.dequantize %q scales %s axis 1 block 32 : (tensor<100x64xi8>, tensor<100x2xf32>) -> tensor<100x64xf32>
  %x = stator.gather %w[%tokens] : (tensor<100x64xf32>, tensor<1xi32>) -> tensor<1x64xf32>
  %y = stator.einsum "t i, v i -> t v" %x, %w : (tensor<1x64xf32>, tensor<100x64xf32>) -> tensor<1x100xf32>
  %c = stator.broadcast %b dims [1] : tensor<100xf32> -> tensor<1x100xf32>
  %z = stator.add %y, %c : tensor<1x100xf32>
  stator.return %z : tensor<1x100xf32>
}
