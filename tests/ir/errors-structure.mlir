// What functions, calls, parameters and loops refuse, and what they say.
// RUN: stator-opt %s --split-input-file --verify-diagnostics

stator.func @return_types(%x: tensor<4xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{returns ('tensor<4xf32>'), but @return_types is declared with ('tensor<5xf32>')}}
  stator.return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{a kernel needs a body}}
stator.func private kernel @declared(tensor<4xf32>) -> tensor<4xf32>

// -----

stator.func @call_nothing(%x: tensor<4xf32>) {
  // expected-error @+1 {{there is no function @missing}}
  %0 = stator.call @missing(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return
}

// -----

stator.func private @callee(%x: tensor<4xf32>) -> tensor<4xf32> {
  stator.return %x : tensor<4xf32>
}
stator.func @call_operands(%x: tensor<5xf32>) {
  // expected-error @+1 {{passes ('tensor<5xf32>') to @callee, which takes ('tensor<4xf32>')}}
  %0 = stator.call @callee(%x) : (tensor<5xf32>) -> tensor<4xf32>
  stator.return
}

// -----

stator.func private @callee(%x: tensor<4xf32>) -> tensor<4xf32> {
  stator.return %x : tensor<4xf32>
}
stator.func @call_results(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects ('tensor<5xf32>') from @callee, which returns ('tensor<4xf32>')}}
  %0 = stator.call @callee(%x) : (tensor<4xf32>) -> tensor<5xf32>
  stator.return
}

// -----

stator.func private @callee(%x: tensor<4xf32>) -> tensor<4xf32> {
  stator.return %x : tensor<4xf32>
}
stator.func @launch_function(%x: tensor<4xf32>) {
  // expected-error @+1 {{@callee is no kernel; stator.call applies it}}
  %0 = stator.launch @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return
}

// -----

stator.func private kernel @callee(%x: tensor<4xf32>) -> tensor<4xf32> {
  stator.return %x : tensor<4xf32>
}
stator.func @call_kernel(%x: tensor<4xf32>) {
  // expected-error @+1 {{@callee is a kernel; stator.launch runs it}}
  %0 = stator.call @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  stator.return
}

// -----

stator.func @read_nothing() {
  // expected-error @+1 {{there is no parameter @w}}
  %0 = stator.read @w : tensor<4xf32>
  stator.return
}

// -----

stator.parameter @w : tensor<5xf32> init <constant, 0.0, 0.0>
stator.func @read_type() {
  // expected-error @+1 {{has 'tensor<4xf32>', but @w is 'tensor<5xf32>'}}
  %0 = stator.read @w : tensor<4xf32>
  stator.return
}

// -----

stator.parameter @w : tensor<5xf32> init <constant, 0.0, 0.0>
stator.func @write_type(%x: tensor<4xf32>) {
  // expected-error @+1 {{has 'tensor<4xf32>', but @w is 'tensor<5xf32>'}}
  stator.write %x, @w : tensor<4xf32>
  stator.return
}

// -----

stator.parameter @w : tensor<4xf32> init <constant, 0.0, 0.0>
stator.func @write_twice(%x: tensor<4xf32>) {
  // expected-note @+1 {{here}}
  stator.write %x, @w : tensor<4xf32>
  // expected-error @+1 {{@w is already written}}
  stator.write %x, @w : tensor<4xf32>
  stator.return
}

// -----

stator.parameter @w : tensor<4xf32> init <constant, 0.0, 0.0>
stator.func @write_in_loop(%x: tensor<4xf32>) {
  %0 = stator.scan axis 0 length 3 carries(%c = %x) : (tensor<4xf32>) -> tensor<4xf32> {
    // expected-error @+1 {{must not be in a loop}}
    stator.write %c, @w : tensor<4xf32>
    stator.yield %c : tensor<4xf32>
  }
  stator.return
}

// -----

// expected-error @+1 {{a moment, gradient or scale names with `of` the parameter that it belongs to; @w.adam_m does not}}
stator.parameter @w.adam_m : tensor<5xf32> init <constant, 0.0, 0.0> role moment

// -----

stator.parameter @v : tensor<5xf32> init <constant, 0.0, 0.0>
// expected-error @+1 {{a parameter belongs to no other, but @w is `of` another}}
stator.parameter @w : tensor<5xf32> init <constant, 0.0, 0.0> of @v

// -----

stator.parameter @w : tensor<4xf32> init <constant, 0.0, 0.0>
// expected-error @+1 {{has 'tensor<5xf32>', but @w is 'tensor<4xf32>'}}
stator.parameter @w.adam_m : tensor<5xf32> init <constant, 0.0, 0.0> role moment of @w

// -----

// expected-error @+1 {{standard deviation must not be negative, found -1}}
stator.parameter @w : tensor<5xf32> init <normal, 0.0, -1.0>

// -----

// expected-error @+1 {{bounds must be in order, found 1.000000e+00 and 0.000000e+00}}
stator.parameter @w : tensor<5xf32> init <uniform, 1.0, 0.0>

// -----

stator.func @scan_length(%x: tensor<4x3xf32>) {
  // expected-error @+1 {{sequence 0 must be 5 long along axis 0, found 'tensor<4x3xf32>'}}
  %0 = stator.scan axis 0 length 5 over(%row = %x) : (tensor<4x3xf32>) -> tensor<5x3xf32> {
    stator.yield %row : tensor<3xf32>
  }
  stator.return
}

// -----

stator.func @scan_no_length(%x: tensor<4xf32>) {
  // expected-error @+1 {{length must be positive, found 0}}
  %0 = stator.scan axis 0 length 0 carries(%c = %x) : (tensor<4xf32>) -> tensor<4xf32> {
    stator.yield %c : tensor<4xf32>
  }
  stator.return
}

// -----

stator.func @scan_axis(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a tensor with axis 1, found 'tensor<4xf32>'}}
  %0 = stator.scan axis 1 length 4 over(%row = %x) : (tensor<4xf32>) -> tensor<4xf32> {
    stator.yield %row : tensor<f32>
  }
  stator.return
}

// -----

stator.func @scan_operand_types(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected 1 operand types, found 2}}
  %0 = stator.scan axis 0 length 4 over(%row = %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
    stator.yield %row : tensor<f32>
  }
  stator.return
}

// -----

stator.func @scan_yield(%x: tensor<4xf32>) {
  // expected-error @+1 {{has 1 results and 1 carries, but the body yields 2 values}}
  %0 = stator.scan axis 0 length 4 carries(%c = %x) : (tensor<4xf32>) -> tensor<4xf32> {
    stator.yield %c, %c : tensor<4xf32>, tensor<4xf32>
  }
  stator.return
}

// -----

stator.func @scan_carry(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  // expected-error @+1 {{carry 0 starts as 'tensor<4xf32>', but its yielded value is 'tensor<5xf32>'}}
  %0 = stator.scan axis 0 length 4 carries(%c = %x) : (tensor<4xf32>) -> tensor<4xf32> {
    stator.yield %y : tensor<5xf32>
  }
  stator.return
}

// -----

stator.func @scan_output(%x: tensor<4x3xf32>) {
  // expected-error @+1 {{slice of output 0 is 'tensor<2xf32>', but the body yields 'tensor<3xf32>'}}
  %0 = stator.scan axis 0 length 4 over(%row = %x) : (tensor<4x3xf32>) -> tensor<4x2xf32> {
    stator.yield %row : tensor<3xf32>
  }
  stator.return
}

// -----

// expected-error @+1 {{the body must be one block, found 2}}
stator.func @two_blocks(%x: tensor<2xf32>) -> tensor<2xf32> {
  stator.return %x : tensor<2xf32>
^second:
  stator.return %x : tensor<2xf32>
}
