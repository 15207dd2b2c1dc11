// RUN: stator-opt %s --split-input-file --stator-derive-decoding=widths=4,64 --canonicalize --cse | FileCheck %s
// RUN: stator-opt %s --split-input-file --stator-derive-decoding="widths=4 remarks=true" -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Keys and values are written into caches that both widths share; positions
// begin at that of the step; 64 positions are more than there are. The head is
// computed for the last row alone.
// CHECK: module attributes {stator.context = 8 : i64, stator.padded_blocks}
// CHECK: stator.parameter @cache.value : tensor<2x1x8x3xf32> init <constant, 0.0, 0.0> role cache
// CHECK-NOT: role cache
// CHECK-LABEL: stator.func @forward
// CHECK-LABEL: stator.func @decode_1(%tokens: tensor<2x1xi32>) -> tensor<2x5xf32>
// CHECK: %[[CACHE:.*]] = stator.read @cache.value
// CHECK: %[[POSITION:.*]] = stator.info position
// CHECK: %[[ALL:.*]] = stator.update_slice %[[CACHE]][%[[POSITION]]], %{{.*}} axis 2
// CHECK: stator.cached_attention %{{.*}}, %[[ALL]], %[[ALL]] at %[[POSITION]] scale 0.5
// CHECK: stator.write %[[ALL]], @cache.value
// CHECK-LABEL: stator.func @decode_4(%tokens: tensor<2x4xi32>) -> tensor<2x5xf32>
// CHECK-DAG: %[[POSITION4:.*]] = stator.info position
// CHECK-DAG: %[[LAST:.*]] = stator.info last
// CHECK: %[[LAST_POSITION:.*]] = stator.iadd %[[POSITION4]], %[[LAST]]
// CHECK: %[[INDICES:.*]] = stator.iota axis 0 : tensor<4xi32>
// CHECK: %[[START:.*]] = stator.broadcast %[[POSITION4]]
// CHECK: stator.iadd %[[INDICES]], %[[START]]
// CHECK: stator.dynamic_slice %{{.*}}[%[[LAST]]] axis 2 : (tensor<2x1x4x3xf32>, tensor<i32>) -> tensor<2x1x1x3xf32>
// CHECK: stator.cached_attention %{{.*}} at %[[LAST_POSITION]]
// CHECK: stator.einsum "b t i, i o -> b t o" {{.*}} -> tensor<2x1x5xf32>
// CHECK-NOT: @decode_64
module {
  stator.parameter @table : tensor<5x3xf32> init <normal, 0.0, 1.0>
  stator.parameter @places : tensor<8x3xf32> init <normal, 0.0, 1.0>
  stator.parameter @head : tensor<3x5xf32> init <normal, 0.0, 1.0>
  stator.func @forward(%tokens: tensor<2x8xi32>) -> tensor<2x8x5xf32> {
    %table = stator.read @table : tensor<5x3xf32>
    %places = stator.read @places : tensor<8x3xf32>
    %head = stator.read @head : tensor<3x5xf32>
    %0 = stator.gather %table[%tokens] : (tensor<5x3xf32>, tensor<2x8xi32>) -> tensor<2x8x3xf32>
    %1 = stator.iota axis 0 : tensor<8xi32>
    %2 = stator.gather %places[%1] : (tensor<8x3xf32>, tensor<8xi32>) -> tensor<8x3xf32>
    %3 = stator.broadcast %2 dims [1, 2] : tensor<8x3xf32> -> tensor<2x8x3xf32>
    %4 = stator.add %0, %3 : tensor<2x8x3xf32>
    %5 = stator.reshape %4 : tensor<2x8x3xf32> -> tensor<2x1x8x3xf32>
    %6, %lse = stator.attention %5, %5, %5 scale 0.5 causal : (tensor<2x1x8x3xf32>, tensor<2x1x8x3xf32>, tensor<2x1x8x3xf32>) -> (tensor<2x1x8x3xf32>, tensor<2x1x8xf32>)
    %7 = stator.reshape %6 : tensor<2x1x8x3xf32> -> tensor<2x8x3xf32>
    %8 = stator.einsum "b t i, i o -> b t o" %7, %head : (tensor<2x8x3xf32>, tensor<3x5xf32>) -> tensor<2x8x5xf32>
    stator.return %8 : tensor<2x8x5xf32>
  }
}

// -----

// A window of 2 and steps of up to 4 need a ring of 5 slots; nothing bounds the
// text.
// CHECK: module attributes {stator.context = 0 : i64, stator.padded_blocks}
// CHECK: stator.parameter @cache.value : tensor<1x1x5x3xf32> init <constant, 0.0, 0.0> role cache
// CHECK-LABEL: stator.func @decode_4
// CHECK: stator.update_slice %{{.*}} axis 2 ring
// CHECK: stator.cached_attention %{{.*}} window 2 ring
module {
  stator.parameter @table : tensor<3x3xf32> init <normal, 0.0, 1.0>
  stator.func @forward(%tokens: tensor<1x8xi32>) -> tensor<1x8x3xf32> {
    %table = stator.read @table : tensor<3x3xf32>
    %0 = stator.gather %table[%tokens] : (tensor<3x3xf32>, tensor<1x8xi32>) -> tensor<1x8x3xf32>
    %1 = stator.reshape %0 : tensor<1x8x3xf32> -> tensor<1x1x8x3xf32>
    %2, %lse = stator.attention %1, %1, %1 scale 0.5 causal window 2 : (tensor<1x1x8x3xf32>, tensor<1x1x8x3xf32>, tensor<1x1x8x3xf32>) -> (tensor<1x1x8x3xf32>, tensor<1x1x8xf32>)
    %3 = stator.reshape %2 : tensor<1x1x8x3xf32> -> tensor<1x8x3xf32>
    stator.return %3 : tensor<1x8x3xf32>
  }
}

// -----

// Every other position, moved to the end, has no incremental form: the module stays.
// CHECK: module attributes {stator.no_decoding = "{{.*}}"}
// CHECK-NOT: @decode_
// CHECK-NOT: role cache
// REMARK: remark: every token recomputes all positions before it:
module {
  stator.parameter @table : tensor<3x3xf32> init <normal, 0.0, 1.0>
  stator.func @forward(%tokens: tensor<1x8xi32>) -> tensor<1x8x3xf32> {
    %table = stator.read @table : tensor<3x3xf32>
    %0 = stator.gather %table[%tokens] : (tensor<3x3xf32>, tensor<1x8xi32>) -> tensor<1x8x3xf32>
    %1 = stator.slice %0 offsets [0, 0, 0] strides [1, 2, 1] : tensor<1x8x3xf32> -> tensor<1x4x3xf32>
    %2 = stator.pad %1 low [0, 4, 0] strides [1, 1, 1] : tensor<1x4x3xf32> -> tensor<1x8x3xf32>
    stator.return %2 : tensor<1x8x3xf32>
  }
}
