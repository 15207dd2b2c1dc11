// RUN: stator-opt %s --split-input-file --pass-pipeline='builtin.module(stator.func(stator-chunk-head{min-bytes=0 min-rows=4 chunk-bytes=140 remarks}),canonicalize)' --verify-diagnostics | FileCheck %s
// RUN: stator-opt %s --split-input-file --pass-pipeline='builtin.module(stator.func(stator-chunk-head{min-rows=4}))' | FileCheck %s --check-prefix=WHOLE
// ChunkHeadTest.cpp computes what is here in both ways.

// 15 rows in chunks of 8, the last one of 7. What comes in is a view of rows,
// the gradient of the weights is a sum, that of what came in is joined.
// CHECK-LABEL: stator.func @step
// CHECK-SAME: %[[X:[a-z]+]]: tensor<3x5x8xf32>, %[[W:[a-z]+]]: tensor<7x8xf32>, %[[T:[a-z]+]]: tensor<3x5xi32>
// CHECK-DAG: %[[D0:.*]] = stator.constant dense<0.0666666701> : tensor<8xf32>
// CHECK-DAG: %[[D1:.*]] = stator.constant dense<0.0666666701> : tensor<7xf32>
// CHECK: %[[XR:.*]] = stator.reshape %[[X]] : tensor<3x5x8xf32> -> tensor<15x8xf32>
// CHECK: %[[X0:.*]] = stator.slice %[[XR]] offsets [0, 0] strides [1, 1] : tensor<15x8xf32> -> tensor<8x8xf32>
// CHECK: %[[L0:.*]] = stator.einsum "b k, j k -> b j" %[[X0]], %[[W]]
// CHECK: %[[TR:.*]] = stator.reshape %[[T]] : tensor<3x5xi32> -> tensor<15xi32>
// CHECK: %[[T0:.*]] = stator.slice %[[TR]] offsets [0]
// CHECK: %[[CE0:.*]]:2 = stator.cross_entropy %[[L0]], %[[T0]]
// CHECK: %[[G0:.*]] = stator.cross_entropy_grad %[[L0]], %{{.*}}, %[[CE0]]#1, %[[D0]]
// CHECK: %[[DX0:.*]] = stator.einsum "b j, j k -> b k" %[[G0]], %[[W]]
// CHECK: %[[DW0:.*]] = stator.einsum "b k, b j -> j k" %{{.*}}, %[[G0]]
// CHECK: stator.slice %[[XR]] offsets [8, 0] strides [1, 1] : tensor<15x8xf32> -> tensor<7x8xf32>
// CHECK: %[[L1:.*]] = stator.einsum "b k, j k -> b j"
// CHECK: %[[CE1:.*]]:2 = stator.cross_entropy %[[L1]]
// CHECK: %[[G1:.*]] = stator.cross_entropy_grad %[[L1]], %{{.*}}, %[[CE1]]#1, %[[D1]]
// CHECK: %[[DX1:.*]] = stator.einsum "b j, j k -> b k" %[[G1]]
// CHECK: %[[P1:.*]] = stator.einsum "b k, b j -> j k" %{{.*}}, %[[G1]]
// CHECK: %[[DW:.*]] = stator.add %[[P1]], %[[DW0]]
// CHECK: %[[LOSS:.*]] = stator.concat %[[CE0]]#0, %[[CE1]]#0 axis 0
// CHECK: stator.reshape %[[LOSS]] : tensor<15xf32> -> tensor<3x5xf32>
// CHECK: %[[DX:.*]] = stator.concat %[[DX0]], %[[DX1]] axis 0
// CHECK: stator.reduce mean
// CHECK-NOT: cross_entropy
// CHECK: stator.return %{{.*}}, %{{.*}}, %[[DW]]
// WHOLE-LABEL: stator.func @step
// WHOLE: stator.einsum "b t k, j k -> b t j"
// WHOLE-NOT: stator.concat
stator.func @step(%x: tensor<3x5x8xf32>, %w: tensor<7x8xf32>, %t: tensor<3x5xi32>) -> (tensor<f32>, tensor<3x5x8xf32>, tensor<7x8xf32>) {
  %logits = stator.einsum "b t k, j k -> b t j" %x, %w : (tensor<3x5x8xf32>, tensor<7x8xf32>) -> tensor<3x5x7xf32>
  // expected-remark@+1 {{head of 15 rows in chunks of 8: 224 bytes of logits at a time instead of 420}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<3x5x7xf32>, tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5xf32>)
  %mean = stator.reduce mean %loss axes [0, 1] : tensor<3x5xf32> -> tensor<f32>
  %c = stator.constant dense<0.06666667> : tensor<3x5xf32>
  %g = stator.cross_entropy_grad %logits, %t, %lse, %c : (tensor<3x5x7xf32>, tensor<3x5xi32>, tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5x7xf32>
  %dx = stator.einsum "b t j, j k -> b t k" %g, %w : (tensor<3x5x7xf32>, tensor<7x8xf32>) -> tensor<3x5x8xf32>
  %dw = stator.einsum "b t k, b t j -> j k" %x, %g : (tensor<3x5x8xf32>, tensor<3x5x7xf32>) -> tensor<7x8xf32>
  stator.return %mean, %dx, %dw : tensor<f32>, tensor<3x5x8xf32>, tensor<7x8xf32>
}

// -----

// Everything that is done row by row on the way: bias, scaling, a soft cap.
// Their gradient, and what is summed for the bias.
// CHECK-LABEL: stator.func @bias
// CHECK-COUNT-2: stator.tanh {{.*}} : tensor<{{8|7}}x7xf32>
// CHECK-NOT: stator.tanh
// CHECK: stator.return
stator.func @bias(%x: tensor<3x5x8xf32>, %w: tensor<8x7xf32>, %b: tensor<7xf32>, %t: tensor<3x5xi32>, %c: tensor<3x5xf32>) -> (tensor<3x5xf32>, tensor<3x5x8xf32>, tensor<8x7xf32>, tensor<7xf32>) {
  %e = stator.einsum "b t k, k j -> b t j" %x, %w : (tensor<3x5x8xf32>, tensor<8x7xf32>) -> tensor<3x5x7xf32>
  %bb = stator.broadcast %b dims [2] : tensor<7xf32> -> tensor<3x5x7xf32>
  %s = stator.add %e, %bb : tensor<3x5x7xf32>
  %one = stator.constant dense<1.0> : tensor<3x5x7xf32>
  %cap = stator.constant dense<3.0> : tensor<3x5x7xf32>
  %y = stator.tanh %s : tensor<3x5x7xf32>
  %logits = stator.mul %y, %cap : tensor<3x5x7xf32>
  // expected-remark@+1 {{head of 15 rows in chunks of 8}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<3x5x7xf32>, tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5xf32>)
  %g = stator.cross_entropy_grad %logits, %t, %lse, %c : (tensor<3x5x7xf32>, tensor<3x5xi32>, tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5x7xf32>
  %y2 = stator.mul %y, %y : tensor<3x5x7xf32>
  %slope = stator.sub %one, %y2 : tensor<3x5x7xf32>
  %gs = stator.mul %g, %slope : tensor<3x5x7xf32>
  %gc = stator.mul %gs, %cap : tensor<3x5x7xf32>
  %db = stator.reduce sum %gc axes [0, 1] : tensor<3x5x7xf32> -> tensor<7xf32>
  %dx = stator.einsum "b t j, k j -> b t k" %gc, %w : (tensor<3x5x7xf32>, tensor<8x7xf32>) -> tensor<3x5x8xf32>
  %dw = stator.einsum "b t k, b t j -> k j" %x, %gc : (tensor<3x5x8xf32>, tensor<3x5x7xf32>) -> tensor<8x7xf32>
  stator.return %loss, %dx, %dw, %db : tensor<3x5xf32>, tensor<3x5x8xf32>, tensor<8x7xf32>, tensor<7xf32>
}

// -----

// The sum goes on from what was accumulated; the rows of the table are added
// later (the weights are tied).
// CHECK-LABEL: stator.func @accumulate
// CHECK: %[[OLD:.*]] = stator.read @w.grad
// CHECK: %[[S0:.*]] = stator.add %{{.*}}, %[[OLD]] : tensor<7x8xf32>
// CHECK: %[[S1:.*]] = stator.add %{{.*}}, %[[S0]] : tensor<7x8xf32>
// CHECK: %[[ROWS:.*]] = stator.scatter_add
// CHECK: %[[ALL:.*]] = stator.add %[[S1]], %[[ROWS]]
// CHECK: stator.write %[[ALL]], @w.grad
stator.parameter @w : tensor<7x8xf32> init <normal, 0.0, 0.02>
stator.parameter @w.grad : tensor<7x8xf32> init <constant, 0.0, 0.0> role gradient of @w
stator.func @accumulate(%t: tensor<3x5xi32>) -> tensor<3x5xf32> {
  %w = stator.read @w : tensor<7x8xf32>
  %x = stator.gather %w[%t] : (tensor<7x8xf32>, tensor<3x5xi32>) -> tensor<3x5x8xf32>
  %logits = stator.einsum "j k, b t k -> b t j" %w, %x : (tensor<7x8xf32>, tensor<3x5x8xf32>) -> tensor<3x5x7xf32>
  // expected-remark@+1 {{head of 15 rows in chunks of 8}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<3x5x7xf32>, tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5xf32>)
  %c = stator.constant dense<0.5> : tensor<3x5xf32>
  %g = stator.cross_entropy_grad %logits, %t, %lse, %c : (tensor<3x5x7xf32>, tensor<3x5xi32>, tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5x7xf32>
  %dx = stator.einsum "b t j, j k -> b t k" %g, %w : (tensor<3x5x7xf32>, tensor<7x8xf32>) -> tensor<3x5x8xf32>
  %dw = stator.einsum "b t k, b t j -> j k" %x, %g : (tensor<3x5x8xf32>, tensor<3x5x7xf32>) -> tensor<7x8xf32>
  %old = stator.read @w.grad : tensor<7x8xf32>
  %sum = stator.add %old, %dw : tensor<7x8xf32>
  %rows = stator.scatter_add %dx[%t] : (tensor<3x5x8xf32>, tensor<3x5xi32>) -> tensor<7x8xf32>
  %all = stator.add %sum, %rows : tensor<7x8xf32>
  stator.write %all, @w.grad : tensor<7x8xf32>
  stator.return %loss : tensor<3x5xf32>
}

// -----

// Only the loss; positions are one dimension already, or more than two.
// CHECK-LABEL: stator.func @evaluate
// CHECK-COUNT-2: stator.cross_entropy {{.*}} -> (tensor<{{8|7}}xf32>,
// CHECK-NOT: stator.cross_entropy
// CHECK: stator.concat
// CHECK: stator.return
stator.func @evaluate(%x: tensor<15x8xf32>, %w: tensor<8x7xf32>, %t: tensor<15xi32>) -> tensor<15xf32> {
  %logits = stator.einsum "r k, k j -> r j" %x, %w : (tensor<15x8xf32>, tensor<8x7xf32>) -> tensor<15x7xf32>
  // expected-remark@+1 {{head of 15 rows in chunks of 8}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<15x7xf32>, tensor<15xi32>) -> (tensor<15xf32>, tensor<15xf32>)
  stator.return %loss : tensor<15xf32>
}

// CHECK-LABEL: stator.func @flattened
// CHECK-COUNT-2: stator.cross_entropy {{.*}} -> (tensor<{{8|7}}xf32>,
stator.func @flattened(%x: tensor<1x3x5x8xf32>, %w: tensor<8x7xf32>, %t: tensor<15xi32>) -> tensor<15xf32> {
  %e = stator.einsum "a b t k, k j -> a b t j" %x, %w : (tensor<1x3x5x8xf32>, tensor<8x7xf32>) -> tensor<1x3x5x7xf32>
  %logits = stator.reshape %e : tensor<1x3x5x7xf32> -> tensor<15x7xf32>
  // expected-remark@+1 {{head of 15 rows in chunks of 8}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<15x7xf32>, tensor<15xi32>) -> (tensor<15xf32>, tensor<15xf32>)
  stator.return %loss : tensor<15xf32>
}

// -----

// A second term of the loss, log^2 of the sum over the classes (PaLM): its
// gradient needs one number a row, which lies between ops of the head; and a
// mask on classes, and the largest logit of each row.
// CHECK-LABEL: stator.func @z_loss
// CHECK-COUNT-2: stator.cross_entropy_grad
// CHECK-NOT: tensor<3x5x7xf32>
// CHECK: stator.return
stator.func @z_loss(%x: tensor<3x5x8xf32>, %w: tensor<8x7xf32>, %t: tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5x8xf32>, tensor<3x5xf32>) {
  %e = stator.einsum "b t k, k j -> b t j" %x, %w : (tensor<3x5x8xf32>, tensor<8x7xf32>) -> tensor<3x5x7xf32>
  %class = stator.iota axis 2 : tensor<3x5x7xi32>
  %last = stator.constant dense<5> : tensor<3x5x7xi32>
  %low = stator.constant dense<-10.0> : tensor<3x5x7xf32>
  %hidden = stator.compare gt %class, %last : tensor<3x5x7xi32> -> tensor<3x5x7xi1>
  %logits = stator.select %hidden, %low, %e : tensor<3x5x7xi1>, tensor<3x5x7xf32>
  // expected-remark@+1 {{head of 15 rows in chunks of 8}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<3x5x7xf32>, tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5xf32>)
  %max = stator.reduce max %logits axes [2] : tensor<3x5x7xf32> -> tensor<3x5xf32>
  %z = stator.mul %lse, %lse : tensor<3x5xf32>
  %total = stator.add %loss, %z : tensor<3x5xf32>
  %c = stator.constant dense<1.0> : tensor<3x5xf32>
  %g = stator.cross_entropy_grad %logits, %t, %lse, %c : (tensor<3x5x7xf32>, tensor<3x5xi32>, tensor<3x5xf32>, tensor<3x5xf32>) -> tensor<3x5x7xf32>
  %lses = stator.broadcast %lse dims [0, 1] : tensor<3x5xf32> -> tensor<3x5x7xf32>
  %diff = stator.sub %logits, %lses : tensor<3x5x7xf32>
  %p = stator.exp %diff : tensor<3x5x7xf32>
  %two = stator.constant dense<2.0> : tensor<3x5xf32>
  %dz = stator.mul %lse, %two : tensor<3x5xf32>
  %dzs = stator.broadcast %dz dims [0, 1] : tensor<3x5xf32> -> tensor<3x5x7xf32>
  %gz = stator.mul %p, %dzs : tensor<3x5x7xf32>
  %sum = stator.add %g, %gz : tensor<3x5x7xf32>
  %zero = stator.constant dense<0.0> : tensor<3x5x7xf32>
  %seen = stator.select %hidden, %zero, %sum : tensor<3x5x7xi1>, tensor<3x5x7xf32>
  %dx = stator.einsum "b t j, k j -> b t k" %seen, %w : (tensor<3x5x7xf32>, tensor<8x7xf32>) -> tensor<3x5x8xf32>
  stator.return %total, %dx, %max : tensor<3x5xf32>, tensor<3x5x8xf32>, tensor<3x5xf32>
}

// -----

// What is in the way.

stator.func @returned(%x: tensor<15x8xf32>, %w: tensor<8x7xf32>, %t: tensor<15xi32>) -> (tensor<15xf32>, tensor<15x7xf32>) {
  %logits = stator.einsum "r k, k j -> r j" %x, %w : (tensor<15x8xf32>, tensor<8x7xf32>) -> tensor<15x7xf32>
  // expected-remark@+1 {{head left whole: stator.return does not use the logits row by row}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<15x7xf32>, tensor<15xi32>) -> (tensor<15xf32>, tensor<15xf32>)
  stator.return %loss, %logits : tensor<15xf32>, tensor<15x7xf32>
}

stator.func @given(%logits: tensor<15x7xf32>, %t: tensor<15xi32>) -> tensor<15xf32> {
  // expected-remark@+1 {{head left whole: the logits are not computed in this function}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<15x7xf32>, tensor<15xi32>) -> (tensor<15xf32>, tensor<15xf32>)
  stator.return %loss : tensor<15xf32>
}

stator.func @time_first(%x: tensor<5x3x8xf32>, %w: tensor<8x7xf32>, %t: tensor<3x5xi32>) -> tensor<3x5xf32> {
  %logits = stator.einsum "t b k, k j -> b t j" %x, %w : (tensor<5x3x8xf32>, tensor<8x7xf32>) -> tensor<3x5x7xf32>
  // expected-remark@+1 {{head left whole: stator.einsum does not have the rows as its first dimensions}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<3x5x7xf32>, tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5xf32>)
  stator.return %loss : tensor<3x5xf32>
}

stator.func @of_all_rows(%x: tensor<15x8xf32>, %w: tensor<8x7xf32>, %t: tensor<15xi32>) -> tensor<15x8xf32> {
  %logits = stator.einsum "r k, k j -> r j" %x, %w : (tensor<15x8xf32>, tensor<8x7xf32>) -> tensor<15x7xf32>
  // expected-remark@+1 {{head left whole: stator.broadcast needs all rows before their gradient}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<15x7xf32>, tensor<15xi32>) -> (tensor<15xf32>, tensor<15xf32>)
  %sum = stator.reduce sum %loss axes [0] : tensor<15xf32> -> tensor<f32>
  %c = stator.broadcast %sum dims [] : tensor<f32> -> tensor<15xf32>
  %g = stator.cross_entropy_grad %logits, %t, %lse, %c : (tensor<15x7xf32>, tensor<15xi32>, tensor<15xf32>, tensor<15xf32>) -> tensor<15x7xf32>
  %dx = stator.einsum "r j, k j -> r k" %g, %w : (tensor<15x7xf32>, tensor<8x7xf32>) -> tensor<15x8xf32>
  stator.return %dx : tensor<15x8xf32>
}

stator.func @small(%x: tensor<3x8xf32>, %w: tensor<8x7xf32>, %t: tensor<3xi32>) -> tensor<3xf32> {
  %logits = stator.einsum "r k, k j -> r j" %x, %w : (tensor<3x8xf32>, tensor<8x7xf32>) -> tensor<3x7xf32>
  // expected-remark@+1 {{head left whole: 3 rows, 84 bytes of logits}}
  %loss, %lse = stator.cross_entropy %logits, %t : (tensor<3x7xf32>, tensor<3xi32>) -> (tensor<3xf32>, tensor<3xf32>)
  stator.return %loss : tensor<3xf32>
}
