// RUN: stator-opt %s --stator-plan-memory --stator-lower-kernels --stator-emit-entries | FileCheck %s

// The type of a StatorEntry: self, state, arena, tokens, targets, info, result.
// CHECK-LABEL: func.func @train_step
// CHECK-SAME: (%{{.*}}: !llvm.ptr, %[[STATE:.*]]: memref<128xi8>, %{{.*}}: memref<0xi8>, %[[ARENA:.*]]: memref<{{[0-9]+}}xi8>, %{{.*}}: memref<16xi8>, %{{.*}}: memref<16xi8>, %[[INFO:.*]]: memref<13xi64>, %[[RESULT:.*]]: memref<4xi8>)
stator.parameter @w : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.parameter @v : tensor<16xf32> init #stator.init<normal, 0.0, 0.02>
stator.func kernel @step(%w: tensor<16xf32>, %n: tensor<f32>, %i: tensor<i32>) -> tensor<16xf32> {
  %0 = stator.broadcast %n dims [] : tensor<f32> -> tensor<16xf32>
  %f = stator.convert %i : tensor<i32> -> tensor<f32>
  %1 = stator.broadcast %f dims [] : tensor<f32> -> tensor<16xf32>
  %2 = stator.mul %0, %1 : tensor<16xf32>
  %3 = stator.sub %w, %2 : tensor<16xf32>
  stator.return %3 : tensor<16xf32>
}
stator.func kernel @norm(%x: tensor<16xf32>) -> tensor<f32> {
  %0 = stator.global_norm %x : (tensor<16xf32>) -> tensor<f32>
  stator.return %0 : tensor<f32>
}
stator.func kernel @drop(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = stator.dropout %x rate 0.5 stream 3 : tensor<4x4xf32>
  stator.return %0 : tensor<4x4xf32>
}
stator.func @train_step(%tokens: tensor<1x4xi32>, %targets: tensor<1x4xi32>) -> tensor<f32> {
  %w = stator.read @w : tensor<16xf32>
  %v = stator.read @v : tensor<16xf32>
  // The number of the step, as i32 in the arena.
  // CHECK: %[[STEP:.*]] = memref.load %[[INFO]]
  // CHECK: arith.trunci %[[STEP]]
  %i = stator.info step : tensor<i32>
  // The norm goes straight to the result, and is read from there.
  // CHECK: %[[NORM:.*]] = memref.view %[[RESULT]][%{{.*}}][] : memref<4xi8> to memref<f32>
  // CHECK: call @norm(%{{.*}}, %[[NORM]])
  %n = stator.launch @norm(%w) : (tensor<16xf32>) -> tensor<f32>
  // @w is overwritten in place.
  // CHECK: %[[IN:.*]] = memref.view %[[STATE]][%[[C0:.*]]][] : memref<128xi8> to memref<16xf32>
  // CHECK: %[[OUT:.*]] = memref.view %[[STATE]][%{{.*}}][] : memref<128xi8> to memref<16xf32>
  // CHECK: call @step(%[[IN]], %{{.*}}, %{{.*}}, %[[OUT]])
  %new = stator.launch @step(%w, %n, %i) : (tensor<16xf32>, tensor<f32>, tensor<i32>) -> tensor<16xf32>
  // A kernel that draws numbers gets the info between operands and results; a reshape is another view.
  // CHECK: memref.view %[[STATE]]{{.*}} : memref<128xi8> to memref<4x4xf32>
  // CHECK: call @drop(%{{.*}}, %[[INFO]], %{{.*}})
  %m = stator.reshape %v : tensor<16xf32> -> tensor<4x4xf32>
  %d = stator.launch @drop(%m) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %e = stator.reshape %d : tensor<4x4xf32> -> tensor<16xf32>
  stator.write %new, @w : tensor<16xf32>
  stator.write %e, @v : tensor<16xf32>
  // CHECK: return
  stator.return %n : tensor<f32>
}
// CHECK-NOT: stator.
