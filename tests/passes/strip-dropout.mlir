// RUN: stator-opt %s -stator-strip-dropout | FileCheck %s

// CHECK-LABEL: @f
// CHECK-NEXT: %{{.*}}, %{{.*}} = stator.attention %q, %q, %q scale 1.0 :
// CHECK: stator.scan
// CHECK-NEXT: %[[S:.*]] = stator.add %h, %s
// CHECK-NEXT: stator.yield %[[S]]
// CHECK-NOT: stator.dropout
stator.func @f(%q: tensor<1x2x4x8xf32>, %x: tensor<4x8xf32>, %h0: tensor<8xf32>) -> (tensor<1x2x4x8xf32>, tensor<8xf32>) {
  %d = stator.dropout %q rate 0.1 stream 0 : tensor<1x2x4x8xf32>
  %y, %lse = stator.attention %d, %d, %d scale 1.0 {dropout_rate = 0.2 : f64, dropout_stream = 1 : i64}
      : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> (tensor<1x2x4x8xf32>, tensor<1x2x4xf32>) loc("y")
  %last = stator.scan axis 0 length 4 carries(%h = %h0) over(%s = %x) : (tensor<8xf32>, tensor<4x8xf32>) -> tensor<8xf32> {
    %hd = stator.dropout %h rate 0.5 stream 2 : tensor<8xf32>
    %n = stator.add %hd, %s : tensor<8xf32>
    stator.yield %n : tensor<8xf32>
  }
  stator.return %y, %last : tensor<1x2x4x8xf32>, tensor<8xf32>
}
