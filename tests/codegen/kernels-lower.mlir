// RUN: stator-opt %s --split-input-file --stator-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

// Operands, then results; whole vectors, then what remains; no allocation.

// CHECK-LABEL: func.func private @scales(
// CHECK-SAME: %[[X:.*]]: memref<3x37xf32>, %[[S:.*]]: memref<f32>, %[[R:.*]]: memref<3x37xf32>)
// CHECK-NOT: memref.alloc
// CHECK: %[[V:.*]] = vector.load {{.*}} vector<8xf32>
// CHECK: arith.mulf %[[V]], {{.*}} fastmath<contract> : vector<8xf32>
// CHECK: vector.store
// CHECK: memref.load
// CHECK: arith.mulf {{.*}} fastmath<contract> : f32
// CHECK: memref.store
stator.func kernel @scales(%x: tensor<3x37xf32>, %s: tensor<f32>) -> tensor<3x37xf32> {
  %b = stator.broadcast %s dims [] : tensor<f32> -> tensor<3x37xf32>
  %y = stator.mul %x, %b : tensor<3x37xf32>
  stator.return %y : tensor<3x37xf32>
}

// -----

// All operands are read at an index before any result is written there, so that
// a result may lie over an operand.

// CHECK-LABEL: func.func private @swaps(
// CHECK: vector.load
// CHECK: vector.load
// CHECK-NOT: vector.load
// CHECK: vector.store
// CHECK: vector.store
stator.func kernel @swaps(%x: tensor<64xf32>, %y: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %a = stator.add %x, %y : tensor<64xf32>
  %b = stator.sub %x, %y : tensor<64xf32>
  stator.return %a, %b : tensor<64xf32>, tensor<64xf32>
}

// -----

// The lanes of a sum are combined pairwise, in an order that is the same at any
// number of threads; threads divide rows.

// CHECK-LABEL: func.func private @softmax(
// CHECK: scf.parallel
// The exponentials are kept for the row.
// CHECK: memref.alloca() {{.*}} : memref<96xf32>
// CHECK: scf.for
// CHECK: arith.maximumf {{.*}} : vector<8xf32>
// CHECK: vector.shuffle
// CHECK: scf.for
// CHECK: vector.store
// CHECK: vector.shuffle
// CHECK: arith.divf
// CHECK-NOT: scf.reduce(
stator.func kernel @softmax(%x: tensor<640x96xf32>) -> tensor<640x96xf32> {
  %y = stator.softmax %x axis 1 : tensor<640x96xf32>
  stator.return %y : tensor<640x96xf32>
}

// -----

// A sum over rows has a lane for each column and no combination of lanes.

// CHECK-LABEL: func.func private @columns(
// CHECK-NOT: vector.shuffle
// CHECK: %[[SUM:.*]] = scf.for
// CHECK-NOT: vector.shuffle
// CHECK: vector.store
stator.func kernel @columns(%x: tensor<640x96xf32>) -> tensor<96xf32> {
  %y = stator.reduce sum %x axes [0] : tensor<640x96xf32> -> tensor<96xf32>
  stator.return %y : tensor<96xf32>
}

// -----

// Kernels with dropout take the Info in front of the results.

// CHECK-LABEL: func.func private @drops(
// CHECK-SAME: memref<64xf32>, %{{.*}}: memref<13xi64>, %{{.*}}: memref<64xf32>)
stator.func kernel @drops(%x: tensor<64xf32>) -> tensor<64xf32> {
  %y = stator.dropout %x rate 0.1 stream 3 : tensor<64xf32>
  stator.return %y : tensor<64xf32>
}
