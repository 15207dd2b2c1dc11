// A parallel loop becomes a region in which each thread finds out its part,
// and stack buffers are made once a thread.
// RUN: stator-opt %s --divide-parallel-loops | FileCheck %s

// CHECK: func.func private @omp_get_num_threads() -> i32
// CHECK: func.func private @omp_get_thread_num() -> i32

// CHECK-LABEL: func.func @one
// CHECK: omp.parallel {
// CHECK-NEXT: memref.alloca() : memref<4xf32>
// CHECK: %[[T:.*]] = func.call @omp_get_thread_num()
// CHECK-NEXT: %[[THREAD:.*]] = arith.index_castui %[[T]]
// CHECK: %[[N:.*]] = func.call @omp_get_num_threads()
// CHECK-NEXT: %[[THREADS:.*]] = arith.index_castui %[[N]]
// CHECK: arith.muli %[[TOTAL:.*]], %[[THREAD]]
// CHECK-NEXT: %[[FROM:.*]] = arith.divui %{{.*}}, %[[THREADS]]
// CHECK: arith.addi %[[THREAD]]
// CHECK: %[[TO:.*]] = arith.divui %{{.*}}, %[[THREADS]]
// CHECK: scf.for %{{.*}} = %[[FROM]] to %[[TO]]
// CHECK-NOT: alloca
// CHECK: memref.store
// CHECK-NOT: omp.wsloop
// CHECK: omp.terminator
func.func @one(%out: memref<100xf32>) {
  %c3 = arith.constant 3 : index
  %c7 = arith.constant 7 : index
  %c100 = arith.constant 100 : index
  %x = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c3) to (%c100) step (%c7) {
    memref.alloca_scope {
      %buffer = memref.alloca() : memref<4xf32>
      %c0 = arith.constant 0 : index
      memref.store %x, %buffer[%c0] : memref<4xf32>
      %y = memref.load %buffer[%c0] : memref<4xf32>
      memref.store %y, %out[%i] : memref<100xf32>
    }
  }
  return
}

// Two dimensions are walked as one; what is inside of a thread stays there.
// CHECK-LABEL: func.func @nested
// CHECK: omp.parallel
// CHECK: scf.for
// CHECK: arith.remui
// CHECK: arith.divui
// CHECK: scf.for
// CHECK-NOT: omp.parallel
// CHECK: return
func.func @nested(%out: memref<6x5x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %c6 = arith.constant 6 : index
  %x = arith.constant 1.0 : f32
  scf.parallel (%i, %j) = (%c0, %c0) to (%c6, %c5) step (%c1, %c1) {
    scf.parallel (%k) = (%c0) to (%c4) step (%c1) {
      memref.store %x, %out[%i, %j, %k] : memref<6x5x4xf32>
    }
  }
  return
}
