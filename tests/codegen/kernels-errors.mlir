// RUN: not stator-opt %s --split-input-file --stator-lower-kernels=cpu=no-such-cpu 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: stator-opt %s --split-input-file --verify-diagnostics --stator-lower-kernels

// CPU: no-such-cpu

stator.func kernel @two_spaces(%x: tensor<4x6xf32>) -> (tensor<4xf32>, tensor<6xf32>) {
  %a = stator.reduce sum %x axes [1] : tensor<4x6xf32> -> tensor<4xf32>
  // expected-error @below {{reduces over other dimensions than its kernel}}
  %b = stator.reduce sum %x axes [0] : tensor<4x6xf32> -> tensor<6xf32>
  stator.return %a, %b : tensor<4xf32>, tensor<6xf32>
}

// -----

stator.func kernel @with_sum(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error @below {{cannot be fused with other ops}}
  %a = stator.cumsum %x axis 1 : tensor<4x6xf32>
  %b = stator.exp %a : tensor<4x6xf32>
  stator.return %b : tensor<4x6xf32>
}

// -----

stator.func kernel @two_products(%x: tensor<6x6xf32>) -> tensor<6x6xf32> {
  // expected-error @below {{cannot be fused with other ops}}
  %a = stator.einsum "t i, i o -> t o" %x, %x : (tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x6xf32>
  %b = stator.einsum "t i, i o -> t o" %a, %x : (tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x6xf32>
  stator.return %b : tensor<6x6xf32>
}

// -----

stator.func kernel @sum_of_product(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>) -> (tensor<4x5xf32>, tensor<4xf32>) {
  %a = stator.einsum "t i, i o -> t o" %x, %w : (tensor<4x6xf32>, tensor<6x5xf32>) -> tensor<4x5xf32>
  // expected-error @below {{cannot be fused after a contraction}}
  %b = stator.reduce sum %a axes [1] : tensor<4x5xf32> -> tensor<4xf32>
  stator.return %a, %b : tensor<4x5xf32>, tensor<4xf32>
}

// -----

stator.func kernel @part_of_product(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>) -> (tensor<4x5xf32>, tensor<2x5xf32>) {
  // expected-error @below {{is in a kernel with results of another size}}
  %a = stator.einsum "t i, i o -> t o" %x, %w : (tensor<4x6xf32>, tensor<6x5xf32>) -> tensor<4x5xf32>
  %b = stator.slice %a offsets [0, 0] strides [1, 1] : tensor<4x5xf32> -> tensor<2x5xf32>
  stator.return %a, %b : tensor<4x5xf32>, tensor<2x5xf32>
}

// -----

stator.func kernel @product_of_what_it_computes(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>) -> tensor<4x5xf32> {
  %e = stator.exp %x : tensor<4x6xf32>
  // expected-error @below {{has an operand that is not in memory}}
  %a = stator.einsum "t i, i o -> t o" %e, %w : (tensor<4x6xf32>, tensor<6x5xf32>) -> tensor<4x5xf32>
  stator.return %a : tensor<4x5xf32>
}

// -----

// One number for each column of what the kernel runs over row by row.
stator.func kernel @columns(%x: tensor<4x6xf32>, %y: tensor<6xf32>) -> (tensor<6xf32>, tensor<4x6xf32>) {
  // expected-error @below {{a result of 'tensor<6xf32>' is in a kernel over 24 elements in rows of 6}}
  %a = stator.exp %y : tensor<6xf32>
  %b = stator.broadcast %a dims [1] : tensor<6xf32> -> tensor<4x6xf32>
  %c = stator.add %x, %b : tensor<4x6xf32>
  stator.return %a, %c : tensor<6xf32>, tensor<4x6xf32>
}
