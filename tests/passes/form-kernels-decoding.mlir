// RUN: stator-opt %s --split-input-file --stator-form-kernels | FileCheck %s
// RUN: stator-opt %s --split-input-file --stator-form-kernels --stator-plan-memory | FileCheck %s --check-prefix=PLAN
// RUN: stator-opt %s --split-input-file --stator-form-kernels --stator-plan-memory=in-place=false | FileCheck %s --check-prefix=COPY

// The step of a layer. Keys and values are written to their caches by one
// kernel, which makes them of the products, and the caches take no memory but
// their own: the arena holds two offsets and the heads.

// CHECK-LABEL: stator.func @decode_4
// CHECK: %[[KV:.*]]:2 = stator.launch @[[UPDATE:k0_[a-z_]*update_slice[a-z_]*]](
// CHECK-NEXT: stator.launch @[[ATTEND:k1_cached_attention]](%{{.*}}, %[[KV]]#{{[01]}}, %[[KV]]#{{[01]}}, %
// CHECK-NOT: stator.launch
// CHECK: stator.func kernel @[[UPDATE]]
// CHECK: %[[V:.*]] = stator.transpose
// CHECK-DAG: stator.update_slice %{{.*}}, %[[V]] axis 2
// CHECK-DAG: stator.mul
// CHECK: %[[K:.*]] = stator.transpose
// CHECK-NEXT: stator.update_slice %{{.*}}, %[[K]] axis 2
// CHECK: stator.func kernel @[[ATTEND]]

// PLAN-LABEL: stator.func @decode_4
// PLAN-SAME: stator.arena_bytes = 64 : i64
// PLAN: stator.launch @k0_{{.*}}stator.places = [#stator.place<state + 0 of @values>, #stator.place<state + 0 of @keys>]
// COPY-LABEL: stator.func @decode_4
// COPY: stator.launch @k0_{{.*}}stator.places = [#stator.place<arena + {{[0-9]+}}>, #stator.place<arena + {{[0-9]+}}>]
stator.parameter @wk : tensor<16xf32> init #stator.init<constant, 1.0, 0.0>
stator.parameter @keys : tensor<1x2x64x16xf32> init #stator.init<constant, 0.0, 0.0> role cache
stator.parameter @values : tensor<1x2x64x16xf32> init #stator.init<constant, 0.0, 0.0> role cache
stator.parameter @q : tensor<1x2x4x16xf32> init #stator.init<constant, 0.0, 0.0>
stator.parameter @x : tensor<1x4x2x16xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @decode_4(%tokens: tensor<1x4xi32>) -> tensor<1x2x4x16xf32> {
  %kc = stator.read @keys : tensor<1x2x64x16xf32>
  %vc = stator.read @values : tensor<1x2x64x16xf32>
  %q = stator.read @q : tensor<1x2x4x16xf32>
  %x = stator.read @x : tensor<1x4x2x16xf32>
  %w = stator.read @wk : tensor<16xf32>
  %p = stator.info position : tensor<i32>
  %v = stator.transpose %x perm [0, 2, 1, 3] : tensor<1x4x2x16xf32> -> tensor<1x2x4x16xf32>
  %vu = stator.update_slice %vc[%p], %v axis 2 : (tensor<1x2x64x16xf32>, tensor<i32>, tensor<1x2x4x16xf32>) -> tensor<1x2x64x16xf32>
  %wb = stator.broadcast %w dims [3] : tensor<16xf32> -> tensor<1x4x2x16xf32>
  %t = stator.mul %x, %wb : tensor<1x4x2x16xf32>
  %k = stator.transpose %t perm [0, 2, 1, 3] : tensor<1x4x2x16xf32> -> tensor<1x2x4x16xf32>
  %ku = stator.update_slice %kc[%p], %k axis 2 : (tensor<1x2x64x16xf32>, tensor<i32>, tensor<1x2x4x16xf32>) -> tensor<1x2x64x16xf32>
  %o = stator.cached_attention %q, %ku, %vu at %p scale 0.25 : (tensor<1x2x4x16xf32>, tensor<1x2x64x16xf32>, tensor<1x2x64x16xf32>, tensor<i32>) -> tensor<1x2x4x16xf32>
  stator.write %ku, @keys : tensor<1x2x64x16xf32>
  stator.write %vu, @values : tensor<1x2x64x16xf32>
  stator.return %o : tensor<1x2x4x16xf32>
}

// -----

// A row at a computed index is part of the kernel that needs it, as a slice is;
// one that takes everything is nothing.

// CHECK-LABEL: stator.func @last
// CHECK-NEXT: stator.launch @[[NORM:k0_[a-z_]*]](
// CHECK-NEXT: stator.return
// CHECK: stator.func kernel @[[NORM]]
// CHECK: stator.dynamic_slice %{{.*}} axis 1 : (tensor<2x6x48xf32>
// CHECK-NOT: stator.dynamic_slice
// CHECK: stator.rsqrt
stator.func @last(%x: tensor<2x6x48xf32>, %p: tensor<i32>) -> tensor<2x1x48xf32> {
  %r = stator.dynamic_slice %x[%p] axis 1 : (tensor<2x6x48xf32>, tensor<i32>) -> tensor<2x1x48xf32>
  %a = stator.dynamic_slice %r[%p] axis 1 : (tensor<2x1x48xf32>, tensor<i32>) -> tensor<2x1x48xf32>
  %s = stator.mul %a, %a : tensor<2x1x48xf32>
  %m = stator.reduce mean %s axes [2] : tensor<2x1x48xf32> -> tensor<2x1xf32>
  %i = stator.rsqrt %m : tensor<2x1xf32>
  %b = stator.broadcast %i dims [0, 1] : tensor<2x1xf32> -> tensor<2x1x48xf32>
  %n = stator.mul %a, %b : tensor<2x1x48xf32>
  stator.return %n : tensor<2x1x48xf32>
}

// -----

// What is replaced in a part is memory: not computed in the kernel that does
// it, nor is anything computed of the result there. Nor are two updates one
// kernel if one needs the other.

// CHECK-LABEL: stator.func @apart
// CHECK: stator.launch @{{k[0-9]+}}_exp
// CHECK: stator.launch @{{k[0-9]+}}_neg_update_slice
// CHECK: stator.launch @{{k[0-9]+}}_update_slice
// CHECK: stator.launch @{{k[0-9]+}}_add
// CHECK-NOT: stator.launch
// CHECK: stator.func kernel
stator.func @apart(%c: tensor<5x8xf32>, %x: tensor<2x8xf32>, %p: tensor<i32>) -> tensor<5x8xf32> {
  %d = stator.exp %c : tensor<5x8xf32>
  %y = stator.neg %x : tensor<2x8xf32>
  %u = stator.update_slice %d[%p], %y axis 0 : (tensor<5x8xf32>, tensor<i32>, tensor<2x8xf32>) -> tensor<5x8xf32>
  %v = stator.update_slice %u[%p], %x axis 0 : (tensor<5x8xf32>, tensor<i32>, tensor<2x8xf32>) -> tensor<5x8xf32>
  %e = stator.add %v, %v : tensor<5x8xf32>
  stator.return %e : tensor<5x8xf32>
}
