// RUN: stator-opt %s --stator-plan-memory --stator-lower-kernels --stator-emit-entries=profile=true | FileCheck %s
// RUN: stator-opt %s --stator-plan-memory --stator-lower-kernels --stator-emit-entries | FileCheck %s --check-prefix=PLAIN

// A profile is called before and after every kernel, if there is one. Launches
// are numbered through all entry points.
// PLAIN-NOT: stator_profile_mark
// CHECK: func.func private @stator_profile_mark(%[[PROFILE:.*]]: !llvm.ptr, %[[LAUNCH:.*]]: i64, %[[END:.*]]: i32)
// CHECK: %[[NULL:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK: %[[GIVEN:.*]] = llvm.icmp "ne" %[[PROFILE]], %[[NULL]]
// CHECK: scf.if %[[GIVEN]]
// CHECK: %[[MARK:.*]] = llvm.load %[[PROFILE]]
// CHECK: llvm.call %[[MARK]](%[[PROFILE]], %[[LAUNCH]], %[[END]])
stator.func kernel @twice(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = stator.add %x, %x : tensor<1x4xf32>
  stator.return %0 : tensor<1x4xf32>
}
stator.func kernel @float(%x: tensor<1x4xi32>) -> tensor<1x4xf32> {
  %0 = stator.convert %x : tensor<1x4xi32> -> tensor<1x4xf32>
  stator.return %0 : tensor<1x4xf32>
}
// CHECK-LABEL: func.func @forward
// CHECK-SAME: (%[[SELF:.*]]: !llvm.ptr,
// CHECK: call @stator_profile_mark(%[[SELF]], %c0_i64{{.*}}, %c0_i32
// CHECK-NEXT: call @float
// CHECK: call @stator_profile_mark(%[[SELF]], %c0_i64{{.*}}, %c1_i32
// CHECK: call @stator_profile_mark(%[[SELF]], %c1_i64{{.*}}, %c0_i32
// CHECK-NEXT: call @twice
// CHECK: call @stator_profile_mark(%[[SELF]], %c1_i64{{.*}}, %c1_i32
stator.func @forward(%tokens: tensor<1x4xi32>) -> tensor<1x4xf32> {
  %0 = stator.launch @float(%tokens) : (tensor<1x4xi32>) -> tensor<1x4xf32>
  %1 = stator.launch @twice(%0) : (tensor<1x4xf32>) -> tensor<1x4xf32>
  stator.return %1 : tensor<1x4xf32>
}
// CHECK-LABEL: func.func @evaluate
// CHECK: call @stator_profile_mark(%{{.*}}, %c2_i64{{.*}}, %c0_i32
stator.func @evaluate(%tokens: tensor<1x4xi32>, %targets: tensor<1x4xi32>) -> tensor<1x4xf32> {
  %0 = stator.launch @float(%tokens) : (tensor<1x4xi32>) -> tensor<1x4xf32>
  stator.return %0 : tensor<1x4xf32>
}
