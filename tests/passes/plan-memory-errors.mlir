// RUN: stator-opt %s --split-input-file --verify-diagnostics --stator-plan-memory

stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @forward(%tokens: tensor<1x4xi32>) -> tensor<16xf32> {
  %a = stator.read @a : tensor<16xf32>
  // expected-error @below {{is not part of a schedule; run stator-form-kernels}}
  %0 = stator.exp %a : tensor<16xf32>
  stator.return %0 : tensor<16xf32>
}
