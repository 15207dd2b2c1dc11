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
