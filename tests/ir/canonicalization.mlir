// RUN: stator-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: stator.func @neutral
// CHECK-SAME: (%x: tensor<4xf32>)
// CHECK-NEXT: stator.return %x, %x, %x, %x, %x, %x, %x :
stator.func @neutral(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %zero = stator.constant dense<0.0> : tensor<4xf32>
  %one = stator.constant dense<1.0> : tensor<4xf32>
  %a = stator.add %zero, %x : tensor<4xf32>
  %b = stator.sub %x, %zero : tensor<4xf32>
  %c = stator.mul %one, %x : tensor<4xf32>
  %d = stator.div %x, %one : tensor<4xf32>
  %e = stator.pow %x, %one : tensor<4xf32>
  %f = stator.neg %x : tensor<4xf32>
  %g = stator.neg %f : tensor<4xf32>
  %h = stator.dropout %x rate 0.0 stream 1 : tensor<4xf32>
  stator.return %a, %b, %c, %d, %e, %g, %h : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// What is wrong for NaN and infinity stays: x * 0, x - x, x / x.
// CHECK-LABEL: stator.func @not_a_number
stator.func @not_a_number(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %zero = stator.constant dense<0.0> : tensor<4xf32>
  // CHECK: stator.mul %x, %cst
  %a = stator.mul %x, %zero : tensor<4xf32>
  // CHECK: stator.sub %x, %x
  %b = stator.sub %x, %x : tensor<4xf32>
  // CHECK: stator.div %x, %x
  %c = stator.div %x, %x : tensor<4xf32>
  stator.return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: stator.func @constants
stator.func @constants() -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %two = stator.constant dense<2.0> : tensor<4xf32>
  %three = stator.constant dense<3.0> : tensor<4xf32>
  // CHECK-DAG: %[[ADD:.*]] = stator.constant dense<5.0{{.*}}> : tensor<4xf32>
  %a = stator.add %two, %three : tensor<4xf32>
  // CHECK-DAG: %[[SUB:.*]] = stator.constant dense<-1.0{{.*}}> : tensor<4xf32>
  %b = stator.sub %two, %three : tensor<4xf32>
  // CHECK-DAG: %[[MUL:.*]] = stator.constant dense<6.0{{.*}}> : tensor<4xf32>
  %c = stator.mul %two, %three : tensor<4xf32>
  // CHECK-DAG: %[[DIV:.*]] = stator.constant dense<1.5{{.*}}> : tensor<4xf32>
  %d = stator.div %three, %two : tensor<4xf32>
  // CHECK-DAG: %[[POW:.*]] = stator.constant dense<9.0{{.*}}> : tensor<4xf32>
  %e = stator.pow %three, %two : tensor<4xf32>
  // CHECK-DAG: %[[NEG:.*]] = stator.constant dense<-2.0{{.*}}> : tensor<4xf32>
  %f = stator.neg %two : tensor<4xf32>
  // CHECK: stator.return %[[ADD]], %[[SUB]], %[[MUL]], %[[DIV]], %[[POW]], %[[NEG]]
  stator.return %a, %b, %c, %d, %e, %f : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// A dense constant is not computed with.
// CHECK-LABEL: stator.func @dense
stator.func @dense() -> (tensor<2xf32>, tensor<2x1xf32>) {
  %x = stator.constant dense<[1.0, 2.0]> : tensor<2xf32>
  // Its shape may change.
  // CHECK: stator.constant dense<{{\[\[}}1.0{{.*}}], [2.0{{.*}}]]> : tensor<2x1xf32>
  // CHECK-NOT: stator.reshape
  // CHECK: stator.add
  %a = stator.add %x, %x : tensor<2xf32>
  %b = stator.reshape %x : tensor<2xf32> -> tensor<2x1xf32>
  stator.return %a, %b : tensor<2xf32>, tensor<2x1xf32>
}

// -----

// CHECK-LABEL: stator.func @powers
stator.func @powers(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %two = stator.constant dense<2.0> : tensor<4xf32>
  %three = stator.constant dense<3.0> : tensor<4xf32>
  %inverse = stator.constant dense<-1.0> : tensor<4xf32>
  %half = stator.constant dense<0.5> : tensor<4xf32>
  %minus_half = stator.constant dense<-0.5> : tensor<4xf32>
  %odd = stator.constant dense<2.5> : tensor<4xf32>
  // CHECK-DAG: %[[ONE:.*]] = stator.constant dense<1.0{{.*}}>
  // CHECK-DAG: %[[ODD:.*]] = stator.constant dense<2.5{{.*}}>
  // CHECK: stator.mul %x, %x
  %a = stator.pow %x, %two : tensor<4xf32>
  // CHECK: %[[SQUARE:.*]] = stator.mul %x, %x
  // CHECK: stator.mul %[[SQUARE]], %x
  %b = stator.pow %x, %three : tensor<4xf32>
  // CHECK: stator.div %[[ONE]], %x
  %c = stator.pow %x, %inverse : tensor<4xf32>
  // CHECK: stator.sqrt %x
  %d = stator.pow %x, %half : tensor<4xf32>
  // CHECK: stator.rsqrt %x
  %e = stator.pow %x, %minus_half : tensor<4xf32>
  // CHECK: stator.pow %x, %[[ODD]]
  %f = stator.pow %x, %odd : tensor<4xf32>
  stator.return %a, %b, %c, %d, %e, %f : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: stator.func @selects
// CHECK-SAME: (%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>)
// CHECK-NEXT: stator.return %x, %y, %x
stator.func @selects(%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %true = stator.constant dense<true> : tensor<4xi1>
  %false = stator.constant dense<false> : tensor<4xi1>
  %a = stator.select %true, %x, %y : tensor<4xi1>, tensor<4xf32>
  %b = stator.select %false, %x, %y : tensor<4xi1>, tensor<4xf32>
  %d = stator.select %c, %x, %x : tensor<4xi1>, tensor<4xf32>
  stator.return %a, %b, %d : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: stator.func @identities
// CHECK-SAME: (%x: tensor<2x3xf32>)
// CHECK-NEXT: stator.return %x, %x, %x, %x, %x, %x, %x :
stator.func @identities(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %a = stator.broadcast %x dims [0, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %b = stator.reshape %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %c = stator.transpose %x perm [0, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %d = stator.slice %x offsets [0, 0] strides [1, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %e = stator.pad %x low [0, 0] strides [1, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %f = stator.concat %x axis 0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %g = stator.reduce mean %x axes [] : tensor<2x3xf32> -> tensor<2x3xf32>
  stator.return %a, %b, %c, %d, %e, %f, %g : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// A transpose of a square is none of the identities.
// CHECK-LABEL: stator.func @square
stator.func @square(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // CHECK: stator.transpose %x perm [1, 0]
  %a = stator.transpose %x perm [1, 0] : tensor<3x3xf32> -> tensor<3x3xf32>
  stator.return %a : tensor<3x3xf32>
}

// -----

// CHECK-LABEL: stator.func @moved_splats
stator.func @moved_splats() -> (tensor<2x3xf32>, tensor<6xf32>, tensor<3x2xf32>, tensor<1x3xf32>, tensor<4x3xf32>) {
  %s = stator.constant dense<7.0> : tensor<f32>
  // CHECK-DAG: stator.constant dense<7.0{{.*}}> : tensor<2x3xf32>
  %a = stator.broadcast %s dims [] : tensor<f32> -> tensor<2x3xf32>
  // CHECK-DAG: stator.constant dense<7.0{{.*}}> : tensor<6xf32>
  %b = stator.reshape %a : tensor<2x3xf32> -> tensor<6xf32>
  // CHECK-DAG: stator.constant dense<7.0{{.*}}> : tensor<3x2xf32>
  %c = stator.transpose %a perm [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  // CHECK-DAG: stator.constant dense<7.0{{.*}}> : tensor<1x3xf32>
  %d = stator.slice %a offsets [1, 0] strides [1, 1] : tensor<2x3xf32> -> tensor<1x3xf32>
  // Beside what is padded there are zeros.
  // CHECK: stator.pad
  %e = stator.pad %a low [1, 0] strides [1, 1] : tensor<2x3xf32> -> tensor<4x3xf32>
  stator.return %a, %b, %c, %d, %e : tensor<2x3xf32>, tensor<6xf32>, tensor<3x2xf32>, tensor<1x3xf32>, tensor<4x3xf32>
}

// -----

// CHECK-LABEL: stator.func @joins
stator.func @joins(%x: tensor<2x3xf32>) -> (tensor<4x2x5x3xf32>, tensor<3x2xf32>, tensor<2x3xf32>, tensor<3x5x2xf32>) {
  // CHECK: stator.broadcast %x dims [1, 3] : tensor<2x3xf32> -> tensor<4x2x5x3xf32>
  %a = stator.broadcast %x dims [0, 2] : tensor<2x3xf32> -> tensor<2x5x3xf32>
  %b = stator.broadcast %a dims [1, 2, 3] : tensor<2x5x3xf32> -> tensor<4x2x5x3xf32>
  // CHECK: stator.reshape %x : tensor<2x3xf32> -> tensor<3x2xf32>
  %c = stator.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %d = stator.reshape %c : tensor<6xf32> -> tensor<3x2xf32>
  // The inverse of itself.
  %e = stator.transpose %x perm [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  %f = stator.transpose %e perm [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
  // CHECK: stator.transpose %{{.*}} perm [2, 1, 0] : tensor<2x5x3xf32> -> tensor<3x5x2xf32>
  %g = stator.transpose %a perm [1, 2, 0] : tensor<2x5x3xf32> -> tensor<5x3x2xf32>
  %h = stator.transpose %g perm [1, 0, 2] : tensor<5x3x2xf32> -> tensor<3x5x2xf32>
  // CHECK: stator.return %{{.*}}, %{{.*}}, %x, %{{.*}}
  stator.return %b, %d, %f, %h : tensor<4x2x5x3xf32>, tensor<3x2xf32>, tensor<2x3xf32>, tensor<3x5x2xf32>
}

// -----

// CHECK-LABEL: stator.func @size_one
stator.func @size_one(%x: tensor<2x1x3xf32>) -> (tensor<1x2x3xf32>, tensor<2x3xf32>, tensor<2xf32>) {
  // CHECK: stator.reshape %x : tensor<2x1x3xf32> -> tensor<1x2x3xf32>
  %a = stator.transpose %x perm [1, 0, 2] : tensor<2x1x3xf32> -> tensor<1x2x3xf32>
  // CHECK: stator.reshape %x : tensor<2x1x3xf32> -> tensor<2x3xf32>
  %b = stator.reduce mean %x axes [1] : tensor<2x1x3xf32> -> tensor<2x3xf32>
  // CHECK: stator.reduce mean %x axes [1, 2]
  %c = stator.reduce mean %x axes [1, 2] : tensor<2x1x3xf32> -> tensor<2xf32>
  stator.return %a, %b, %c : tensor<1x2x3xf32>, tensor<2x3xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: stator.func @reduced_splats
stator.func @reduced_splats() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %x = stator.constant dense<2.0> : tensor<2x3xf32>
  // CHECK-DAG: %[[SUM:.*]] = stator.constant dense<6.0{{.*}}> : tensor<2xf32>
  %a = stator.reduce sum %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  // CHECK-DAG: %[[SAME:.*]] = stator.constant dense<2.0{{.*}}> : tensor<2xf32>
  %b = stator.reduce mean %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %c = stator.reduce max %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  // CHECK: stator.return %[[SUM]], %[[SAME]], %[[SAME]]
  stator.return %a, %b, %c : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: stator.func @transposed_operands
stator.func @transposed_operands(%q: tensor<2x5x4x8xf32>, %k: tensor<2x4x8x6xf32>) -> tensor<2x4x5x6xf32> {
  // CHECK-NEXT: stator.einsum "b q h d, b h d k -> b h q k" %q, %k : (tensor<2x5x4x8xf32>, tensor<2x4x8x6xf32>) -> tensor<2x4x5x6xf32>
  %a = stator.transpose %q perm [0, 2, 1, 3] : tensor<2x5x4x8xf32> -> tensor<2x4x5x8xf32>
  %b = stator.transpose %k perm [0, 1, 3, 2] : tensor<2x4x8x6xf32> -> tensor<2x4x6x8xf32>
  %c = stator.einsum "b h q d, b h k d -> b h q k" %a, %b : (tensor<2x4x5x8xf32>, tensor<2x4x6x8xf32>) -> tensor<2x4x5x6xf32>
  stator.return %c : tensor<2x4x5x6xf32>
}

// -----

// A three-way permutation, which is not its own inverse.
// CHECK-LABEL: stator.func @rotated_operand
stator.func @rotated_operand(%x: tensor<2x3x4xf32>, %w: tensor<2x5xf32>) -> tensor<3x4x5xf32> {
  // CHECK-NEXT: stator.einsum "k a b, k n -> a b n" %x, %w
  %a = stator.transpose %x perm [1, 2, 0] : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %b = stator.einsum "a b k, k n -> a b n" %a, %w : (tensor<3x4x2xf32>, tensor<2x5xf32>) -> tensor<3x4x5xf32>
  stator.return %b : tensor<3x4x5xf32>
}

// -----

// A reshape in front of a contraction stays.
// CHECK-LABEL: stator.func @reshaped_operand
stator.func @reshaped_operand(%x: tensor<6x4xf32>, %w: tensor<4x5xf32>) -> tensor<2x3x5xf32> {
  // CHECK: stator.reshape
  %a = stator.reshape %x : tensor<6x4xf32> -> tensor<2x3x4xf32>
  // CHECK: stator.einsum "a b k, k n -> a b n"
  %b = stator.einsum "a b k, k n -> a b n" %a, %w : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
  stator.return %b : tensor<2x3x5xf32>
}

// -----

// Dead and equal ops go; what writes the state stays.
// CHECK-LABEL: stator.func @state
stator.parameter @w : tensor<4xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @state() {
  // CHECK-NEXT: %w = stator.read @w
  %w = stator.read @w : tensor<4xf32>
  %unused = stator.exp %w : tensor<4xf32>
  // CHECK-NEXT: %[[N:.*]] = stator.neg %w
  %n = stator.neg %w : tensor<4xf32>
  // CHECK-NEXT: stator.write %[[N]], @w
  stator.write %n, @w : tensor<4xf32>
  stator.return
}

// -----

// The derivative of a split is a concatenation, in whichever order its parts
// are summed.
// CHECK-LABEL: stator.func @parts
stator.func @parts(%q: tensor<2x3xf32>, %k: tensor<2x3xf32>, %v: tensor<2x3xf32>) -> tensor<2x9xf32> {
  // CHECK-NEXT: %[[R:.*]] = stator.concat %q, %k, %v axis 1 : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x9xf32>
  // CHECK-NEXT: stator.return %[[R]]
  %0 = stator.pad %v low [0, 6] strides [1, 1] : tensor<2x3xf32> -> tensor<2x9xf32>
  %1 = stator.pad %k low [0, 3] strides [1, 1] : tensor<2x3xf32> -> tensor<2x9xf32>
  %2 = stator.add %0, %1 : tensor<2x9xf32>
  %3 = stator.pad %q low [0, 0] strides [1, 1] : tensor<2x3xf32> -> tensor<2x9xf32>
  %4 = stator.add %2, %3 : tensor<2x9xf32>
  stator.return %4 : tensor<2x9xf32>
}

// -----

// Parts that overlap, leave a gap or are strided stay sums.
// CHECK-LABEL: stator.func @other_parts
// CHECK-NOT: stator.concat
stator.func @other_parts(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<9xf32>, tensor<9xf32>, tensor<9xf32>) {
  %low = stator.pad %x low [0] strides [1] : tensor<3xf32> -> tensor<9xf32>
  %overlap = stator.pad %y low [2] strides [1] : tensor<3xf32> -> tensor<9xf32>
  %gap = stator.pad %y low [4] strides [1] : tensor<3xf32> -> tensor<9xf32>
  %strided = stator.pad %y low [3] strides [2] : tensor<3xf32> -> tensor<9xf32>
  // CHECK-COUNT-3: stator.add
  %0 = stator.add %low, %overlap : tensor<9xf32>
  %1 = stator.add %low, %gap : tensor<9xf32>
  %2 = stator.add %low, %strided : tensor<9xf32>
  stator.return %0, %1, %2 : tensor<9xf32>, tensor<9xf32>, tensor<9xf32>
}

// -----

// Only concatenations along the same dimension are one.
// CHECK-LABEL: stator.func @concats
stator.func @concats(%x: tensor<2x3xf32>) -> (tensor<2x9xf32>, tensor<4x6xf32>) {
  // CHECK: stator.concat %x, %x, %x axis 1
  %0 = stator.concat %x, %x axis 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %1 = stator.concat %0, %x axis 1 : (tensor<2x6xf32>, tensor<2x3xf32>) -> tensor<2x9xf32>
  // CHECK: %[[INNER:.*]] = stator.concat %x, %x axis 1
  // CHECK: stator.concat %[[INNER]], %[[INNER]] axis 0
  %2 = stator.concat %x, %x axis 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %3 = stator.concat %2, %2 axis 0 : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<4x6xf32>
  stator.return %1, %3 : tensor<2x9xf32>, tensor<4x6xf32>
}

// -----

// The logarithm of a softmax does not go through numbers that underflow: it is
// x - logsumexp(x), with nothing subtracted where all of a row is -inf.
// CHECK-LABEL: stator.func @log_softmax
// CHECK-DAG: %[[NONE:.*]] = stator.constant dense<0xFF800000> : tensor<3xf32>
// CHECK-DAG: %[[ZERO:.*]] = stator.constant dense<0.0{{.*}}> : tensor<3xf32>
// CHECK: %[[LSE:.*]] = stator.reduce logsumexp %x axes [1] : tensor<3x5xf32> -> tensor<3xf32>
// CHECK: %[[MASKED:.*]] = stator.compare eq %[[LSE]], %[[NONE]]
// CHECK: %[[BASE:.*]] = stator.select %[[MASKED]], %[[ZERO]], %[[LSE]]
// CHECK: %[[SPREAD:.*]] = stator.broadcast %[[BASE]] dims [0]
// CHECK: %[[LOG:.*]] = stator.sub %x, %[[SPREAD]]
// CHECK-NOT: stator.softmax
// CHECK: stator.return %[[LOG]]
stator.func @log_softmax(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %0 = stator.softmax %x axis 1 : tensor<3x5xf32>
  %1 = stator.log %0 : tensor<3x5xf32>
  stator.return %1 : tensor<3x5xf32>
}

// -----

// Also with the softmax used otherwise, and elements moved in between.
// CHECK-LABEL: stator.func @log_softmax_moved
// CHECK: %[[P:.*]] = stator.softmax %x axis 2
// CHECK: stator.reduce logsumexp %x axes [2]
// CHECK: %[[LOG:.*]] = stator.sub %x
// CHECK-NOT: stator.log
// CHECK: %[[T:.*]] = stator.transpose %[[LOG]]
// CHECK: %[[S:.*]] = stator.slice %[[T]]
// CHECK: %[[R:.*]] = stator.reshape %[[S]]
// CHECK: stator.return %[[P]], %[[R]]
stator.func @log_softmax_moved(%x: tensor<2x3x5xf32>) -> (tensor<2x3x5xf32>, tensor<12xf32>) {
  %0 = stator.softmax %x axis 2 : tensor<2x3x5xf32>
  %1 = stator.transpose %0 perm [1, 0, 2] : tensor<2x3x5xf32> -> tensor<3x2x5xf32>
  %2 = stator.slice %1 offsets [1, 0, 2] strides [1, 1, 1] : tensor<3x2x5xf32> -> tensor<2x2x3xf32>
  %3 = stator.reshape %2 : tensor<2x2x3xf32> -> tensor<12xf32>
  %4 = stator.log %3 : tensor<12xf32>
  stator.return %0, %4 : tensor<2x3x5xf32>, tensor<12xf32>
}

// -----

// A sum keeps small numbers from 0 on purpose.
// CHECK-LABEL: stator.func @log_of_others
// CHECK: stator.softmax
// CHECK: stator.log
stator.func @log_of_others(%x: tensor<3x5xf32>, %y: tensor<3x5xf32>) -> (tensor<3x5xf32>, tensor<3x5xf32>) {
  %0 = stator.softmax %x axis 1 : tensor<3x5xf32>
  %1 = stator.add %0, %y : tensor<3x5xf32>
  %2 = stator.log %1 : tensor<3x5xf32>
  %3 = stator.log %y : tensor<3x5xf32>
  stator.return %2, %3 : tensor<3x5xf32>, tensor<3x5xf32>
}

// -----

// CHECK-LABEL: stator.func @logsumexp_of_one_number
// CHECK-DAG: stator.constant dense<1.38629436> : tensor<3xf32>
// CHECK-DAG: stator.constant dense<0xFF800000> : tensor<3xf32>
// CHECK-NOT: stator.reduce
stator.func @logsumexp_of_one_number() -> (tensor<3xf32>, tensor<3xf32>) {
  %zero = stator.constant dense<0.0> : tensor<3x4xf32>
  %none = stator.constant dense<0xFF800000> : tensor<3x4xf32>
  %0 = stator.reduce logsumexp %zero axes [1] : tensor<3x4xf32> -> tensor<3xf32>
  %1 = stator.reduce logsumexp %none axes [1] : tensor<3x4xf32> -> tensor<3xf32>
  stator.return %0, %1 : tensor<3xf32>, tensor<3xf32>
}
