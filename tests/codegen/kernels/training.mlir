// Clipping, schedules and optimizers.

stator.func @norm(%a: tensor<13x700xf32>, %b: tensor<33xf32>, %c: tensor<f32>, %d: tensor<9000xf32>) -> (tensor<f32>, tensor<f32>) {
  %n = stator.global_norm %a, %b, %c, %d : (tensor<13x700xf32>, tensor<33xf32>, tensor<f32>, tensor<9000xf32>) -> tensor<f32>
  %s = stator.clip_scale %n max 1.5 : tensor<f32>
  stator.return %n, %s : tensor<f32>, tensor<f32>
}
stator.func @rates(%t: tensor<i32> {test.low = 5.0, test.high = 90.0}, %n: tensor<i32> {test.low = 100.0, test.high = 200.0}) -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) {
  %a = stator.learning_rate %t of %n peak 3.0e-3 schedule <constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  %b = stator.learning_rate %t of %n peak 3.0e-3 schedule <linear, warmup = 10, floor = 1.0e-4, steps = 0, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  %c = stator.learning_rate %t of %n peak 3.0e-3 schedule <cosine, warmup = 10, floor = 1.0e-4, steps = 80, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  %d = stator.learning_rate %t of %n peak 1.0 schedule <inverse_sqrt, warmup = 40, floor = 0.0, steps = 0, width = 128.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  %e = stator.learning_rate %t of %n peak 3.0e-3 schedule <cosine, warmup = 200, floor = 1.0e-4, steps = 300, width = 0.0> : (tensor<i32>, tensor<i32>) -> tensor<f32>
  stator.return %a, %b, %c, %d, %e : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
}
stator.func @adamw(%p: tensor<3x37xf32>, %g: tensor<3x37xf32>, %m: tensor<3x37xf32>, %v: tensor<3x37xf32> {test.low = 0.0, test.high = 1.0}, %lr: tensor<f32> {test.low = 0.001, test.high = 0.01}, %s: tensor<f32>, %t: tensor<i32> {test.high = 50.0}) -> (tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>) {
  %a:3 = stator.adam %p, %g, %m, %v lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.1 decoupled : (tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>)
  stator.return %a#0, %a#1, %a#2 : tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>
}
stator.func @adam(%p: tensor<37xf32>, %g: tensor<37xf32>, %m: tensor<37xf32>, %v: tensor<37xf32> {test.low = 0.0, test.high = 1.0}, %lr: tensor<f32> {test.low = 0.001, test.high = 0.01}, %s: tensor<f32>, %t: tensor<i32> {test.high = 50.0}) -> (tensor<37xf32>, tensor<37xf32>, tensor<37xf32>) {
  %a:3 = stator.adam %p, %g, %m, %v lr %lr scale %s step %t betas(0.9, 0.999) eps 1.0e-8 decay 0.01 : (tensor<37xf32>, tensor<37xf32>, tensor<37xf32>, tensor<37xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<37xf32>, tensor<37xf32>, tensor<37xf32>)
  stator.return %a#0, %a#1, %a#2 : tensor<37xf32>, tensor<37xf32>, tensor<37xf32>
}
stator.func @sgd(%p: tensor<5x37xf32>, %g: tensor<5x37xf32>, %b: tensor<5x37xf32>, %lr: tensor<f32>, %s: tensor<f32>) -> (tensor<5x37xf32>, tensor<5x37xf32>, tensor<5x37xf32>) {
  %a:2 = stator.sgd %p, %g lr %lr scale %s buffer %b momentum 0.9 decay 0.1 nesterov : (tensor<5x37xf32>, tensor<5x37xf32>, tensor<f32>, tensor<f32>, tensor<5x37xf32>) -> (tensor<5x37xf32>, tensor<5x37xf32>)
  %c = stator.sgd %p, %g lr %lr scale %s momentum 0.0 decay 0.0 : (tensor<5x37xf32>, tensor<5x37xf32>, tensor<f32>, tensor<f32>) -> tensor<5x37xf32>
  stator.return %a#0, %a#1, %c : tensor<5x37xf32>, tensor<5x37xf32>, tensor<5x37xf32>
}
// All optimizers are one kernel, with a loop for each kind: with and without
// decay, with a gradient that is zero, and where a result is dropped.
stator.func @updates(%p0: tensor<3x37xf32>, %g0: tensor<3x37xf32>, %m0: tensor<3x37xf32>, %v0: tensor<3x37xf32> {test.low = 0.0, test.high = 1.0}, %p1: tensor<f32>, %g1: tensor<f32>, %m1: tensor<f32>, %v1: tensor<f32> {test.low = 0.0, test.high = 1.0}, %p2: tensor<8209xf32>, %g2: tensor<8209xf32>, %m2: tensor<8209xf32>, %v2: tensor<8209xf32> {test.low = 0.0, test.high = 1.0}, %p3: tensor<1xf32>, %g3: tensor<1xf32>, %m3: tensor<1xf32>, %v3: tensor<1xf32> {test.low = 0.0, test.high = 1.0}, %p4: tensor<16385xf32>, %g4: tensor<16385xf32>, %m4: tensor<16385xf32>, %v4: tensor<16385xf32> {test.low = 0.0, test.high = 1.0}, %p5: tensor<2x8192xf32>, %m5: tensor<2x8192xf32>, %v5: tensor<2x8192xf32> {test.low = 0.0, test.high = 1.0}, %p6: tensor<7xf32>, %g6: tensor<7xf32>, %m6: tensor<7xf32>, %v6: tensor<7xf32> {test.low = 0.0, test.high = 1.0}, %lr: tensor<f32> {test.low = 0.001, test.high = 0.01}, %s: tensor<f32>, %t: tensor<i32> {test.high = 50.0}) -> (tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<8209xf32>, tensor<8209xf32>, tensor<8209xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<16385xf32>, tensor<16385xf32>, tensor<16385xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<7xf32>, tensor<7xf32>) {
  %a0:3 = stator.adam %p0, %g0, %m0, %v0 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.1 decoupled : (tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>)
  %a1:3 = stator.adam %p1, %g1, %m1, %v1 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.0 decoupled : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
  %a2:3 = stator.adam %p2, %g2, %m2, %v2 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.1 decoupled : (tensor<8209xf32>, tensor<8209xf32>, tensor<8209xf32>, tensor<8209xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<8209xf32>, tensor<8209xf32>, tensor<8209xf32>)
  %a3:3 = stator.adam %p3, %g3, %m3, %v3 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.0 decoupled : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>)
  %a4:3 = stator.adam %p4, %g4, %m4, %v4 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.0 decoupled : (tensor<16385xf32>, tensor<16385xf32>, tensor<16385xf32>, tensor<16385xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<16385xf32>, tensor<16385xf32>, tensor<16385xf32>)
  %zero = stator.constant dense<0.0> : tensor<2x8192xf32>
  %a5:3 = stator.adam %p5, %zero, %m5, %v5 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.1 decoupled : (tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>)
  %a6:3 = stator.adam %p6, %g6, %m6, %v6 lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay 0.0 decoupled : (tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<7xf32>, tensor<f32>, tensor<f32>, tensor<i32>) -> (tensor<7xf32>, tensor<7xf32>, tensor<7xf32>)
  stator.return %a0#0, %a0#1, %a0#2, %a1#0, %a1#1, %a1#2, %a2#0, %a2#1, %a2#2, %a3#0, %a3#1, %a3#2, %a4#0, %a4#1, %a4#2, %a5#0, %a5#1, %a5#2, %a6#0, %a6#1 : tensor<3x37xf32>, tensor<3x37xf32>, tensor<3x37xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<8209xf32>, tensor<8209xf32>, tensor<8209xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<16385xf32>, tensor<16385xf32>, tensor<16385xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<2x8192xf32>, tensor<7xf32>, tensor<7xf32>
}
stator.func @sgds(%p: tensor<5x37xf32>, %g: tensor<5x37xf32>, %b: tensor<5x37xf32>, %q: tensor<8209xf32>, %h: tensor<8209xf32>, %c: tensor<8209xf32>, %lr: tensor<f32>) -> (tensor<5x37xf32>, tensor<5x37xf32>, tensor<8209xf32>, tensor<8209xf32>) {
  %s = stator.constant dense<0.5> : tensor<f32>
  %x:2 = stator.sgd %p, %g lr %lr scale %s buffer %b momentum 0.9 decay 0.1 : (tensor<5x37xf32>, tensor<5x37xf32>, tensor<f32>, tensor<f32>, tensor<5x37xf32>) -> (tensor<5x37xf32>, tensor<5x37xf32>)
  %y:2 = stator.sgd %q, %h lr %lr scale %s buffer %c momentum 0.9 decay 0.1 : (tensor<8209xf32>, tensor<8209xf32>, tensor<f32>, tensor<f32>, tensor<8209xf32>) -> (tensor<8209xf32>, tensor<8209xf32>)
  stator.return %x#0, %x#1, %y#0, %y#1 : tensor<5x37xf32>, tensor<5x37xf32>, tensor<8209xf32>, tensor<8209xf32>
}
// Many segments, and pieces of less than a vector.
stator.func @norms(%a: tensor<1xf32>, %b: tensor<16411xf32>, %c: tensor<15xf32>, %d: tensor<3x8192xf32>, %e: tensor<31xf32>) -> tensor<f32> {
  %n = stator.global_norm %a, %b, %c, %d, %e : (tensor<1xf32>, tensor<16411xf32>, tensor<15xf32>, tensor<3x8192xf32>, tensor<31xf32>) -> tensor<f32>
  stator.return %n : tensor<f32>
}
