// RUN: stator-opt %s --split-input-file --stator-plan-memory | FileCheck %s
// RUN: stator-opt %s --split-input-file --stator-plan-memory=in-place=false | FileCheck %s --check-prefix=COPY

// A chain: when %c is written %a is dead, and its place is used again. The
// reduction of @sum may not run in place, so %b and %c never share.
// CHECK-LABEL: stator.func @forward
// CHECK-SAME: stator.arena_bytes = 8192
// CHECK-SAME: stator.arena_lower_bound = 8192
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + [[A:[0-9]+]]>]
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + [[B:[0-9]+]]>]
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + [[A]]>]
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<result + 0>]
stator.func kernel @sum(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = stator.cumsum %x axis 0 : tensor<1024xf32>
  stator.return %0 : tensor<1024xf32>
}
stator.parameter @w : tensor<1024xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @forward(%tokens: tensor<1x4xi32>) -> tensor<1024xf32> {
  %w = stator.read @w : tensor<1024xf32>
  %a = stator.launch @sum(%w) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = stator.launch @sum(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %c = stator.launch @sum(%b) : (tensor<1024xf32>) -> tensor<1024xf32>
  %d = stator.launch @sum(%c) : (tensor<1024xf32>) -> tensor<1024xf32>
  stator.return %d : tensor<1024xf32>
}

// -----

// An elementwise kernel takes the place of its dying operand, and the new
// parameter is written over the old one, since the kernel that reads it goes
// element by element and nobody else reads it later.
// CHECK-LABEL: stator.func @update
// CHECK-SAME: stator.arena_bytes = 4096
// CHECK: stator.launch @twice({{.*}}stator.places = [#stator.place<arena + 0>]
// CHECK: stator.launch @twice({{.*}}stator.places = [#stator.place<arena + 0>]
// CHECK: stator.launch @step({{.*}}stator.places = [#stator.place<state + 0 of @w>]
// COPY-LABEL: stator.func @update
// COPY: stator.launch @step({{.*}}stator.places = [#stator.place<arena + {{[0-9]+}}>]
stator.func kernel @twice(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = stator.add %x, %x : tensor<1024xf32>
  stator.return %0 : tensor<1024xf32>
}
stator.func kernel @step(%w: tensor<1024xf32>, %g: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = stator.sub %w, %g : tensor<1024xf32>
  stator.return %0 : tensor<1024xf32>
}
stator.parameter @w : tensor<1024xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @update() {
  %w = stator.read @w : tensor<1024xf32>
  %a = stator.launch @twice(%w) : (tensor<1024xf32>) -> tensor<1024xf32>
  %b = stator.launch @twice(%a) : (tensor<1024xf32>) -> tensor<1024xf32>
  %new = stator.launch @step(%w, %b) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  stator.write %new, @w : tensor<1024xf32>
  stator.return
}

// -----

// The old value is read after the new one is there: a copy at the end.
// CHECK-LABEL: stator.func @update
// CHECK: stator.launch @step({{.*}}stator.places = [#stator.place<arena + {{[0-9]+}}>]
stator.func kernel @step(%w: tensor<1024xf32>, %g: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = stator.sub %w, %g : tensor<1024xf32>
  stator.return %0 : tensor<1024xf32>
}
stator.parameter @w : tensor<1024xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @v : tensor<1024xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @update() {
  %w = stator.read @w : tensor<1024xf32>
  %new = stator.launch @step(%w, %w) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  %other = stator.launch @step(%new, %w) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>
  stator.write %new, @w : tensor<1024xf32>
  stator.write %other, @v : tensor<1024xf32>
  stator.return
}

// -----

// A kernel that does not go element by element may not overwrite what it reads.
// CHECK-LABEL: stator.func @update
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + {{[0-9]+}}>]
stator.func kernel @sum(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %0 = stator.cumsum %x axis 0 : tensor<1024xf32>
  stator.return %0 : tensor<1024xf32>
}
stator.parameter @w : tensor<1024xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @update() {
  %w = stator.read @w : tensor<1024xf32>
  %new = stator.launch @sum(%w) : (tensor<1024xf32>) -> tensor<1024xf32>
  stator.write %new, @w : tensor<1024xf32>
  stator.return
}

// -----

// Two tensors change places: what is read is saved at the start.
// CHECK-LABEL: stator.func @update
// CHECK-DAG: stator.read @a {stator.places = [#stator.place<arena + [[A:[0-9]+]]>]}
// CHECK-DAG: stator.read @b {stator.places = [#stator.place<arena + [[B:[0-9]+]]>]}
stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @b : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @update() {
  %a = stator.read @a : tensor<16xf32>
  %b = stator.read @b : tensor<16xf32>
  stator.write %a, @b : tensor<16xf32>
  stator.write %b, @a : tensor<16xf32>
  stator.return
}

// -----

// @update has no loss, which is what the Result begins with; @train_step does.
// CHECK-LABEL: stator.func @update
// CHECK: stator.launch @norm({{.*}}stator.places = [#stator.place<result + 4>]
// CHECK-LABEL: stator.func @train_step
// CHECK: stator.launch @norm({{.*}}stator.places = [#stator.place<result + 0>]
stator.func kernel @norm(%x: tensor<16xf32>) -> tensor<f32> {
  %0 = stator.global_norm %x : (tensor<16xf32>) -> tensor<f32>
  stator.return %0 : tensor<f32>
}
stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @update() -> tensor<f32> {
  %a = stator.read @a : tensor<16xf32>
  %n = stator.launch @norm(%a) : (tensor<16xf32>) -> tensor<f32>
  stator.return %n : tensor<f32>
}
stator.func @train_step(%tokens: tensor<1x4xi32>, %targets: tensor<1x4xi32>) -> tensor<f32> {
  %a = stator.read @a : tensor<16xf32>
  %n = stator.launch @norm(%a) : (tensor<16xf32>) -> tensor<f32>
  stator.return %n : tensor<f32>
}

// -----

// A loop: the carries that change places are staged, the one that does not is
// not; the value from outside lives until the last iteration.
// CHECK-LABEL: stator.func @forward
// CHECK: stator.launch @twice({{.*}}stator.places = [#stator.place<arena + [[OUTER:[0-9]+]]>]
// CHECK: stator.scan
// CHECK-NOT: arena + [[OUTER]]>
// CHECK: stator.yield
stator.func kernel @twice(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = stator.add %x, %x : tensor<16xf32>
  stator.return %0 : tensor<16xf32>
}
stator.func kernel @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = stator.add %x, %y : tensor<16xf32>
  stator.return %0 : tensor<16xf32>
}
stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @xs : tensor<8x16xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @forward(%tokens: tensor<1x4xi32>) -> tensor<8x16xf32> {
  %a = stator.read @a : tensor<16xf32>
  %xs = stator.read @xs : tensor<8x16xf32>
  %out = stator.launch @twice(%a) : (tensor<16xf32>) -> tensor<16xf32>
  %last:2, %ys = stator.scan axis 0 length 8 carries(%p = %a, %q = %a) over(%x = %xs)
      : (tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>) {
    %s = stator.launch @add(%x, %out) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
    %y = stator.launch @add(%s, %p) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
    stator.yield %q, %p, %y : tensor<16xf32>, tensor<16xf32>, tensor<16xf32>
  }
  stator.return %ys : tensor<8x16xf32>
}

// -----

// A slice of rows is a view, also of tokens and of the state, and what is
// joined is written where it belongs: the two halves of one buffer, with no
// copies. The buffer of the whole is not free before the last half is read.
// CHECK-LABEL: stator.func @forward
// CHECK-SAME: stator.arena_bytes = 16384
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + [[A:[0-9]+]]>]
// CHECK: stator.slice %{{.*}} : tensor<2x1024xf32> -> tensor<1x1024xf32>
// CHECK-NOT: stator.places
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + [[B:[0-9]+]]>]
// CHECK: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + {{[0-9]+}}>]
// CHECK: stator.concat {{.*}}stator.places = [#stator.place<arena + [[B]]>]
// COPY-LABEL: stator.func @forward
// COPY: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + 8192>]
// COPY: stator.launch @sum({{.*}}stator.places = [#stator.place<arena + 12288>]
// COPY: stator.concat {{.*}}stator.places = [#stator.place<arena + 0>]
stator.func kernel @sum(%x: tensor<1x1024xf32>) -> tensor<1x1024xf32> {
  %0 = stator.cumsum %x axis 1 : tensor<1x1024xf32>
  stator.return %0 : tensor<1x1024xf32>
}
stator.func kernel @sum2(%x: tensor<2x1024xf32>) -> tensor<2x1024xf32> {
  %0 = stator.cumsum %x axis 1 : tensor<2x1024xf32>
  stator.return %0 : tensor<2x1024xf32>
}
stator.parameter @w : tensor<2x1024xf32> init #stator.init<normal, 0.0, 0.02>
stator.func @forward(%tokens: tensor<1x4xi32>) -> tensor<2x1024xf32> {
  %w = stator.read @w : tensor<2x1024xf32>
  %w1 = stator.slice %w offsets [1, 0] strides [1, 1] : tensor<2x1024xf32> -> tensor<1x1024xf32>
  %x1 = stator.launch @sum(%w1) : (tensor<1x1024xf32>) -> tensor<1x1024xf32>
  %x = stator.launch @sum2(%w) : (tensor<2x1024xf32>) -> tensor<2x1024xf32>
  %a = stator.slice %x offsets [0, 0] strides [1, 1] : tensor<2x1024xf32> -> tensor<1x1024xf32>
  %b = stator.slice %x offsets [1, 0] strides [1, 1] : tensor<2x1024xf32> -> tensor<1x1024xf32>
  %c = stator.launch @sum(%a) : (tensor<1x1024xf32>) -> tensor<1x1024xf32>
  %d = stator.launch @sum(%b) : (tensor<1x1024xf32>) -> tensor<1x1024xf32>
  %e = stator.concat %c, %d axis 0 : (tensor<1x1024xf32>, tensor<1x1024xf32>) -> tensor<2x1024xf32>
  %f = stator.launch @sum2(%e) : (tensor<2x1024xf32>) -> tensor<2x1024xf32>
  stator.return %f : tensor<2x1024xf32>
}

// -----

// Two terms are added to the state: the sum of the first is in the state too.
// CHECK-LABEL: stator.func @accumulate
// CHECK-SAME: stator.arena_bytes = 0
// CHECK-COUNT-2: stator.launch @add({{.*}}stator.places = [#stator.place<state + 0 of @g>]
stator.func kernel @add(%x: tensor<16xf32>, %y: tensor<16xf32>) -> tensor<16xf32> {
  %0 = stator.add %x, %y : tensor<16xf32>
  stator.return %0 : tensor<16xf32>
}
stator.parameter @w : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @g : tensor<16xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @accumulate() {
  %w = stator.read @w : tensor<16xf32>
  %g = stator.read @g : tensor<16xf32>
  %a = stator.launch @add(%w, %g) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  %b = stator.launch @add(%a, %w) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>
  stator.write %b, @g : tensor<16xf32>
  stator.return
}

// -----

// All parameters are updated by one kernel, each over itself; of two of one
// shape none is written over the other. The gradient is set to zero in place.
// CHECK-LABEL: stator.func @update
// CHECK: stator.launch @update_all(%{{.*}}stator.places = [#stator.place<state + 0 of @a>, #stator.place<state + 0 of @b>, #stator.place<state + 0 of @g>]
stator.func kernel @update_all(%a: tensor<16xf32>, %b: tensor<16xf32>, %g: tensor<16xf32>, %lr: tensor<f32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) {
  %zero = stator.constant dense<0.0> : tensor<16xf32>
  %0 = stator.sgd %a, %g lr %lr scale %lr momentum 0.0 decay 0.0 : (tensor<16xf32>, tensor<16xf32>, tensor<f32>, tensor<f32>) -> tensor<16xf32>
  %1 = stator.sgd %b, %g lr %lr scale %lr momentum 0.0 decay 0.0 : (tensor<16xf32>, tensor<16xf32>, tensor<f32>, tensor<f32>) -> tensor<16xf32>
  stator.return %0, %1, %zero : tensor<16xf32>, tensor<16xf32>, tensor<16xf32>
}
stator.parameter @a : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @b : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @g : tensor<16xf32> init #stator.init<constant, 0.0, 0.0>
stator.parameter @lr : tensor<f32> init #stator.init<constant, 0.1, 0.0>
stator.func @update() {
  %a = stator.read @a : tensor<16xf32>
  %b = stator.read @b : tensor<16xf32>
  %g = stator.read @g : tensor<16xf32>
  %lr = stator.read @lr : tensor<f32>
  %new:3 = stator.launch @update_all(%a, %b, %g, %lr) : (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<f32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>)
  stator.write %new#0, @a : tensor<16xf32>
  stator.write %new#1, @b : tensor<16xf32>
  stator.write %new#2, @g : tensor<16xf32>
  stator.return
}
