// What each op on tensors refuses, and what it says. Others: errors-structure.mlir,
// errors-training.mlir, decoding-errors.mlir.
// RUN: stator-opt %s --split-input-file --verify-diagnostics

stator.func @dropout_rate(%x: tensor<4xf32>) {
  // expected-error @+1 {{dropout rate must be at least 0 and below 1, found 1}}
  %0 = stator.dropout %x rate 1.0 stream 0 : tensor<4xf32>
  stator.return
}

// -----

stator.func @dropout_stream(%x: tensor<4xf32>) {
  // expected-error @+1 {{stream must be -1 (none yet) or more, found -2}}
  %0 = stator.dropout %x rate 0.1 stream -2 : tensor<4xf32>
  stator.return
}

// -----

stator.func @elementwise_types(%x: tensor<4xf32>, %y: tensor<5xf32>) {
  // expected-error @+1 {{requires the same type for all operands and results}}
  %0 = "stator.add"(%x, %y) : (tensor<4xf32>, tensor<5xf32>) -> tensor<4xf32>
  stator.return
}

// -----

stator.func @float_operand(%x: tensor<4xi32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<4xi32>'}}
  %0 = stator.exp %x : tensor<4xi32>
  stator.return
}

// -----

stator.func @static_shape(%x: tensor<?xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, but got 'tensor<?xf32>'}}
  %0 = stator.exp %x : tensor<?xf32>
  stator.return
}

// -----

stator.func @select_shapes(%c: tensor<3xi1>, %x: tensor<4xf32>) {
  // expected-error @+1 {{all of {condition, result} have same shape}}
  %0 = stator.select %c, %x, %x : tensor<3xi1>, tensor<4xf32>
  stator.return
}

// -----

stator.func @iota_axis() {
  // expected-error @+1 {{axis 2 is not one of the 2 dimensions of 'tensor<2x3xi32>'}}
  %0 = stator.iota axis 2 : tensor<2x3xi32>
  stator.return
}

// -----

stator.func @broadcast_count(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{needs a dimension of the result for each of the 2 of 'tensor<3x4xf32>', found [1]}}
  %0 = stator.broadcast %x dims [1] : tensor<3x4xf32> -> tensor<2x3x4xf32>
  stator.return
}

// -----

stator.func @broadcast_range(%x: tensor<4xf32>) {
  // expected-error @+1 {{dimension 2 is not one of the 2 of 'tensor<3x4xf32>'}}
  %0 = stator.broadcast %x dims [2] : tensor<4xf32> -> tensor<3x4xf32>
  stator.return
}

// -----

stator.func @broadcast_order(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{dimensions must be strictly increasing, found [1, 0]}}
  %0 = stator.broadcast %x dims [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
  stator.return
}

// -----

stator.func @broadcast_size(%x: tensor<4xf32>) {
  // expected-error @+1 {{dimension 0 of 'tensor<4xf32>' does not fit dimension 1 of 'tensor<3x5xf32>'}}
  %0 = stator.broadcast %x dims [1] : tensor<4xf32> -> tensor<3x5xf32>
  stator.return
}

// -----

stator.func @broadcast_element(%x: tensor<4xf32>) {
  // expected-error @+1 {{cannot change the element type: 'tensor<4xf32>' to 'tensor<3x4xf64>'}}
  %0 = stator.broadcast %x dims [1] : tensor<4xf32> -> tensor<3x4xf64>
  stator.return
}

// -----

stator.func @reshape_count(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{cannot turn the 12 elements of 'tensor<3x4xf32>' into the 14 of 'tensor<2x7xf32>'}}
  %0 = stator.reshape %x : tensor<3x4xf32> -> tensor<2x7xf32>
  stator.return
}

// -----

stator.func @reshape_element(%x: tensor<3x4xi32>) {
  // expected-error @+1 {{cannot change the element type: 'tensor<3x4xi32>' to 'tensor<12xf32>'}}
  %0 = stator.reshape %x : tensor<3x4xi32> -> tensor<12xf32>
  stator.return
}

// -----

stator.func @transpose_permutation(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{permutation [0, 0] is not a reordering of the 2 dimensions of 'tensor<3x4xf32>'}}
  %0 = stator.transpose %x perm [0, 0] : tensor<3x4xf32> -> tensor<3x3xf32>
  stator.return
}

// -----

stator.func @transpose_result(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{inferred type(s) 'tensor<4x3xf32>' are incompatible with return type(s) of operation 'tensor<3x4xf32>'}}
  %0 = stator.transpose %x perm [1, 0] : tensor<3x4xf32> -> tensor<3x4xf32>
  stator.return
}

// -----

stator.func @slice_rank(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{offsets [0] and strides [1, 1] must have a number for each dimension of 'tensor<3x4xf32>' and 'tensor<2x4xf32>'}}
  %0 = stator.slice %x offsets [0] strides [1, 1] : tensor<3x4xf32> -> tensor<2x4xf32>
  stator.return
}

// -----

stator.func @slice_negative(%x: tensor<4xf32>) {
  // expected-error @+1 {{offsets must not be negative, found [-1]}}
  %0 = stator.slice %x offsets [-1] strides [1] : tensor<4xf32> -> tensor<2xf32>
  stator.return
}

// -----

stator.func @slice_stride(%x: tensor<4xf32>) {
  // expected-error @+1 {{strides must be at least 1, found [0]}}
  %0 = stator.slice %x offsets [0] strides [0] : tensor<4xf32> -> tensor<2xf32>
  stator.return
}

// -----

stator.func @slice_end(%x: tensor<4xf32>) {
  // expected-error @+1 {{along dimension 0, 3 elements from 1 in steps of 2 do not fit in 4: 'tensor<3xf32>' in 'tensor<4xf32>'}}
  %0 = stator.slice %x offsets [1] strides [2] : tensor<4xf32> -> tensor<3xf32>
  stator.return
}

// -----

stator.func @slice_overflow(%x: tensor<4xf32>) {
  // expected-error @+1 {{along dimension 0, 3 elements from 1 in steps of 9223372036854775807 do not fit in 4}}
  %0 = stator.slice %x offsets [1] strides [9223372036854775807] : tensor<4xf32> -> tensor<3xf32>
  stator.return
}

// -----

stator.func @reduce_kind(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected one of [sum, mean, max, min, logsumexp] for how a reduction combines elements, got: product}}
  %0 = stator.reduce product %x axes [0] : tensor<4xf32> -> tensor<f32>
  stator.return
}

// -----

stator.func @pad_end(%x: tensor<3xf32>) {
  // expected-error @+1 {{along dimension 0, 3 elements from 2 in steps of 1 do not fit in 4: 'tensor<3xf32>' in 'tensor<4xf32>'}}
  %0 = stator.pad %x low [2] strides [1] : tensor<3xf32> -> tensor<4xf32>
  stator.return
}

// -----

stator.func @pad_low(%x: tensor<3xf32>) {
  // expected-error @+1 {{low must not be negative, found [-1]}}
  %0 = stator.pad %x low [-1] strides [1] : tensor<3xf32> -> tensor<4xf32>
  stator.return
}

// -----

stator.func @concat_axis(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{axis 2 is not one of the 2 dimensions of 'tensor<3x4xf32>'}}
  %0 = stator.concat %x, %x axis 2 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  stator.return
}

// -----

stator.func @concat_shapes(%x: tensor<3x4xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{operands must agree in all but axis 1, found 'tensor<3x4xf32>' and 'tensor<2x4xf32>'}}
  %0 = stator.concat %x, %y axis 1 : (tensor<3x4xf32>, tensor<2x4xf32>) -> tensor<3x8xf32>
  stator.return
}

// -----

stator.func @concat_empty() {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{needs at least one operand}}
  %0 = "stator.concat"() {axis = 0 : i64} : () -> tensor<3xf32>
  stator.return
}

// -----

stator.func @einsum_equation(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{equation "i k, j k": expected one "->" between the operands and the result, as in "m k, k n -> m n"}}
  %0 = stator.einsum "i k, j k" %x, %x : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x3xf32>
  stator.return
}

// -----

stator.func @einsum_unsummed(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{dimension "l" is in the second operand only and not in the result; sum it first with stator.reduce}}
  %0 = stator.einsum "i k, j l -> i j k" %x, %x : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x3x4xf32>
  stator.return
}

// -----

stator.func @einsum_rank(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{equation "b i k, j k -> b i j" names 3 dimensions for the first operand, which has 2: 'tensor<3x4xf32>'}}
  %0 = stator.einsum "b i k, j k -> b i j" %x, %x : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x3x3xf32>
  stator.return
}

// -----

stator.func @einsum_size(%x: tensor<3x4xf32>, %y: tensor<3x5xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{dimension "k" is 4 in the first operand and 5 in the second: 'tensor<3x4xf32>' and 'tensor<3x5xf32>'}}
  %0 = stator.einsum "i k, j k -> i j" %x, %y : (tensor<3x4xf32>, tensor<3x5xf32>) -> tensor<3x3xf32>
  stator.return
}

// -----

stator.func @einsum_elements(%x: tensor<3x4xf32>, %y: tensor<3x4xf64>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{operands have different element types: 'tensor<3x4xf32>' and 'tensor<3x4xf64>'}}
  %0 = stator.einsum "i k, j k -> i j" %x, %y : (tensor<3x4xf32>, tensor<3x4xf64>) -> tensor<3x3xf32>
  stator.return
}

// -----

stator.func @reduce_axis(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{axis -1 is not one of the 2 dimensions of 'tensor<3x4xf32>'}}
  %0 = stator.reduce sum %x axes [-1] : tensor<3x4xf32> -> tensor<3xf32>
  stator.return
}

// -----

stator.func @reduce_order(%x: tensor<3x4xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{axes must be strictly increasing, but 0 follows 1}}
  %0 = stator.reduce sum %x axes [1, 0] : tensor<3x4xf32> -> tensor<f32>
  stator.return
}

// -----

stator.func @reduce_nothing(%x: tensor<3x0xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{there is no mean of no elements along axis 1 of 'tensor<3x0xf32>'}}
  %0 = stator.reduce mean %x axes [1] : tensor<3x0xf32> -> tensor<3xf32>
  stator.return
}

// -----

stator.func @cumsum_axis(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{axis 2 is not one of the 2 dimensions of 'tensor<3x4xf32>'}}
  %0 = stator.cumsum %x axis 2 : tensor<3x4xf32>
  stator.return
}

// -----

stator.func @softmax_axis(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{axis -1 is not one of the 2 dimensions of 'tensor<3x4xf32>'}}
  %0 = stator.softmax %x axis -1 : tensor<3x4xf32>
  stator.return
}

// -----

stator.func @mask_rank(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs dimensions of queries and keys, found 'tensor<4xf32>'}}
  %0 = stator.causal_mask %x fill -inf : tensor<4xf32>
  stator.return
}

// -----

stator.func @mask_window(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{window must be at least 1, found 0}}
  %0 = stator.causal_mask %x fill -inf window 0 : tensor<4x4xf32>
  stator.return
}

// -----

stator.func @gather_table(%t: tensor<f32>, %i: tensor<2xi32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{the table needs a dimension of rows: 'tensor<f32>'}}
  %0 = stator.gather %t[%i] : (tensor<f32>, tensor<2xi32>) -> tensor<2xf32>
  stator.return
}

// -----

stator.func @gather_rows(%t: tensor<0x4xf32>, %i: tensor<2xi32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{the table has no rows: 'tensor<0x4xf32>'}}
  %0 = stator.gather %t[%i] : (tensor<0x4xf32>, tensor<2xi32>) -> tensor<2x4xf32>
  stator.return
}

// -----

stator.func @scatter_shapes(%u: tensor<2x5xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{updates must have the shape of the indices 'tensor<2xi32>' and then that of a row of 'tensor<9x4xf32>', found 'tensor<2x5xf32>'}}
  %0 = stator.scatter_add %u[%i] : (tensor<2x5xf32>, tensor<2xi32>) -> tensor<9x4xf32>
  stator.return
}

// -----

stator.func @loss_shapes(%x: tensor<2x3x9xf32>, %t: tensor<3x2xi32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{logits must have the shape of the targets and then one dimension, found 'tensor<2x3x9xf32>' and 'tensor<3x2xi32>'}}
  %0:2 = stator.cross_entropy %x, %t : (tensor<2x3x9xf32>, tensor<3x2xi32>) -> (tensor<3x2xf32>, tensor<3x2xf32>)
  stator.return
}

// -----

stator.func @loss_grad_shapes(%x: tensor<2x9xf32>, %t: tensor<3xi32>, %l: tensor<2xf32>) {
  // expected-error @+1 {{logits must have the shape of the targets and then one dimension, found 'tensor<2x9xf32>' and 'tensor<3xi32>'}}
  %0 = stator.cross_entropy_grad %x, %t, %l, %l : (tensor<2x9xf32>, tensor<3xi32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x9xf32>
  stator.return
}

// -----

stator.func @loss_grad_residual(%x: tensor<2x9xf32>, %t: tensor<2xi32>, %l: tensor<2x1xf32>) {
  // expected-error @+1 {{lse and cotangent must be 'tensor<2xf32>', found 'tensor<2x1xf32>'}}
  %0 = stator.cross_entropy_grad %x, %t, %l, %l : (tensor<2x9xf32>, tensor<2xi32>, tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x9xf32>
  stator.return
}

// -----

stator.func @attention_rank(%q: tensor<4x5x8xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{query, key and value must be [batch, heads, time, depth]: query 'tensor<4x5x8xf32>', key 'tensor<4x5x8xf32>', value 'tensor<4x5x8xf32>'}}
  %0:2 = stator.attention %q, %q, %q scale 1.0 : (tensor<4x5x8xf32>, tensor<4x5x8xf32>, tensor<4x5x8xf32>) -> (tensor<4x5x8xf32>, tensor<4x5xf32>)
  stator.return
}

// -----

stator.func @attention_heads(%q: tensor<2x4x5x8xf32>, %k: tensor<2x3x5x8xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{heads of the query must be a multiple of those of the key: query 'tensor<2x4x5x8xf32>', key 'tensor<2x3x5x8xf32>'}}
  %0:2 = stator.attention %q, %k, %k scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x3x5x8xf32>, tensor<2x3x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_depth(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x5x7xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{query and key have different depths: query 'tensor<2x4x5x8xf32>', key 'tensor<2x4x5x7xf32>'}}
  %0:2 = stator.attention %q, %k, %q scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x4x5x7xf32>, tensor<2x4x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_length(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x6x8xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{key and value have different lengths: query 'tensor<2x4x5x8xf32>', key 'tensor<2x4x6x8xf32>', value 'tensor<2x4x5x8xf32>'}}
  %0:2 = stator.attention %q, %k, %q scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_batch(%q: tensor<2x4x5x8xf32>, %k: tensor<1x4x5x8xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{query, key and value have different batch sizes}}
  %0:2 = stator.attention %q, %k, %q scale 1.0 : (tensor<2x4x5x8xf32>, tensor<1x4x5x8xf32>, tensor<2x4x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_value_heads(%q: tensor<2x4x5x8xf32>, %v: tensor<2x2x5x8xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{key and value have different numbers of heads}}
  %0:2 = stator.attention %q, %q, %v scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x2x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_bias(%q: tensor<2x4x5x8xf32>, %m: tensor<3x4x5x5xf32>) {
  // expected-error @+1 {{bias must be [5, 5] or [2 or 1, 4 or 1, 5, 5] of 'f32', found 'tensor<3x4x5x5xf32>'}}
  %0:2 = stator.attention %q, %q, %q bias %m scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<3x4x5x5xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_blind(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x3x8xf32>) {
  // expected-error @+1 {{with a causal mask the first 2 of 5 queries see none of the 3 keys}}
  %0:2 = stator.attention %q, %k, %k scale 1.0 causal : (tensor<2x4x5x8xf32>, tensor<2x4x3x8xf32>, tensor<2x4x3x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_window(%q: tensor<2x4x5x8xf32>) {
  // expected-error @+1 {{a window needs a causal mask}}
  %0:2 = stator.attention %q, %q, %q scale 1.0 window 3 : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5xf32>)
  stator.return
}

// -----

stator.func @attention_grad_residuals(%q: tensor<2x4x5x8xf32>, %l: tensor<2x4x6xf32>) {
  // expected-error @+1 {{result and lse of the attention must be 'tensor<2x4x5x8xf32>' and 'tensor<2x4x5xf32>', found 'tensor<2x4x5x8xf32>' and 'tensor<2x4x6xf32>'}}
  %0:3 = stator.attention_grad %q, %q, %q of %q, %l by %q scale 1.0 : (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x6xf32>, tensor<2x4x5x8xf32>) -> (tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>)
  stator.return
}

// -----

stator.func @constant_in_a_resource() {
  // expected-error @+1 {{value must be dense<...>, found dense_resource<blob>}}
  %0 = stator.constant dense_resource<blob> : tensor<2xf32>
  stator.return
}

// -----

stator.func @classes(%x: tensor<2x0xf32>, %t: tensor<2xi32>) {
  // expected-error @+2 {{there are no classes in the logits 'tensor<2x0xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0:2 = stator.cross_entropy %x, %t : (tensor<2x0xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>)
  stator.return
}

// -----

stator.func @classes_of_gradient(%x: tensor<2x0xf32>, %t: tensor<2xi32>, %l: tensor<2xf32>) {
  // expected-error @+1 {{there are no classes in the logits 'tensor<2x0xf32>'}}
  %0 = stator.cross_entropy_grad %x, %t, %l, %l : (tensor<2x0xf32>, tensor<2xi32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x0xf32>
  stator.return
}

// -----

stator.func @scatter_into_no_rows(%u: tensor<2x4xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{the table has no rows: 'tensor<0x4xf32>'}}
  %0 = stator.scatter_add %u[%i] : (tensor<2x4xf32>, tensor<2xi32>) -> tensor<0x4xf32>
  stator.return
}
