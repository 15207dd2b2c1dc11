// Graphs drawn at random: what nobody would write, but groups are formed of.

stator.func @f0(%a0: tensor<16xf32>, %a1: tensor<16xf32>) -> (tensor<16xf32>, tensor<19xf32>, tensor<16xf32>, tensor<16x1xf32>, tensor<16x1xf32>, tensor<13xf32>, tensor<16xf32>) {
  %v1 = stator.add %a0, %a1 : tensor<16xf32>
  %v2 = stator.sin %v1 : tensor<16xf32>
  %v3 = stator.compare lt %a0, %a0 : tensor<16xf32> -> tensor<16xi1>
  %v4 = stator.select %v3, %a0, %v1 : tensor<16xi1>, tensor<16xf32>
  %v5 = stator.sin %v4 : tensor<16xf32>
  %v6 = stator.abs %v2 : tensor<16xf32>
  %v7 = stator.softmax %v2 axis 0 : tensor<16xf32>
  %v8 = stator.concat %v2, %v6 axis 0 : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  %v9 = stator.minimum %v5, %v5 : tensor<16xf32>
  %v10 = stator.broadcast %v2 dims [1] : tensor<16xf32> -> tensor<1x16xf32>
  %v11 = stator.slice %v8 offsets [6] strides [1] : tensor<32xf32> -> tensor<19xf32>
  %v12 = stator.transpose %v10 perm [1, 0] : tensor<1x16xf32> -> tensor<16x1xf32>
  %v13 = stator.minimum %v6, %v9 : tensor<16xf32>
  %v14 = stator.tanh %v13 : tensor<16xf32>
  %v15 = stator.sigmoid %v7 : tensor<16xf32>
  %v16 = stator.iota axis 0 : tensor<16xi32>
  %v17 = stator.gather %v12 [%v16] : (tensor<16x1xf32>, tensor<16xi32>) -> tensor<16x1xf32>
  %v18 = stator.tanh %v12 : tensor<16x1xf32>
  %v19 = stator.slice %v13 offsets [0] strides [1] : tensor<16xf32> -> tensor<13xf32>
  %v20 = stator.cumsum %v15 axis 0 : tensor<16xf32>
  %v21 = stator.tanh %v20 : tensor<16xf32>
  stator.return %v6, %v11, %v14, %v17, %v18, %v19, %v21 : tensor<16xf32>, tensor<19xf32>, tensor<16xf32>, tensor<16x1xf32>, tensor<16x1xf32>, tensor<13xf32>, tensor<16xf32>
}

stator.func @f1(%a0: tensor<3x7xf32>, %a1: tensor<3x7xf32>) -> (tensor<3xf32>, tensor<f32>, tensor<3x7xf32>, tensor<3x7x16xf32>, tensor<3xf32>) {
  %v1 = stator.reduce min %a0 axes [1] : tensor<3x7xf32> -> tensor<3xf32>
  %v2 = stator.add %v1, %v1 : tensor<3xf32>
  %v3 = stator.tanh %v2 : tensor<3xf32>
  %v4 = stator.reduce mean %v1 axes [0] : tensor<3xf32> -> tensor<f32>
  %v5 = stator.reshape %v1 : tensor<3xf32> -> tensor<3xf32>
  %v6 = stator.mul %v4, %v4 : tensor<f32>
  %v7 = stator.tanh %v6 : tensor<f32>
  %v8 = stator.softmax %v5 axis 0 : tensor<3xf32>
  %v9 = stator.broadcast %v7 dims [] : tensor<f32> -> tensor<3x7xf32>
  %v10 = stator.pad %v8 low [0] strides [1] : tensor<3xf32> -> tensor<3xf32>
  %v11 = stator.minimum %v3, %v5 : tensor<3xf32>
  %v12 = stator.reduce mean %v11 axes [0] : tensor<3xf32> -> tensor<f32>
  %v13 = stator.add %v9, %a0 : tensor<3x7xf32>
  %v14 = stator.tanh %v13 : tensor<3x7xf32>
  %v15 = stator.broadcast %v8 dims [0] : tensor<3xf32> -> tensor<3x7x16xf32>
  %v16 = stator.abs %v10 : tensor<3xf32>
  stator.return %v2, %v12, %v14, %v15, %v16 : tensor<3xf32>, tensor<f32>, tensor<3x7xf32>, tensor<3x7x16xf32>, tensor<3xf32>
}

stator.func @f2(%a0: tensor<32xf32>, %a1: tensor<2x7x32xf32>) -> (tensor<2x7x32xf32>, tensor<2x7x32xf32>, tensor<2x6x23xf32>, tensor<7x32xf32>, tensor<2x14x32xf32>, tensor<f32>, tensor<7x64xf32>) {
  %v1 = stator.sigmoid %a1 : tensor<2x7x32xf32>
  %v2 = stator.broadcast %a0 dims [2] : tensor<32xf32> -> tensor<2x7x32xf32>
  %v3 = stator.cumsum %v1 axis 0 : tensor<2x7x32xf32>
  %v4 = stator.tanh %v3 : tensor<2x7x32xf32>
  %v5 = stator.transpose %v3 perm [0, 1, 2] : tensor<2x7x32xf32> -> tensor<2x7x32xf32>
  %v6 = stator.reduce max %v3 axes [0] : tensor<2x7x32xf32> -> tensor<7x32xf32>
  %v7 = stator.dropout %v4 rate 0.25 stream 8 : tensor<2x7x32xf32>
  %v8 = stator.reduce max %v4 axes [0, 1, 2] : tensor<2x7x32xf32> -> tensor<f32>
  %v9 = stator.slice %v2 offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x7x32xf32> -> tensor<2x6x23xf32>
  %v10 = stator.transpose %v6 perm [0, 1] : tensor<7x32xf32> -> tensor<7x32xf32>
  %v11 = stator.concat %v4, %v7 axis 1 : (tensor<2x7x32xf32>, tensor<2x7x32xf32>) -> tensor<2x14x32xf32>
  %v12 = stator.abs %v8 : tensor<f32>
  %v13 = stator.pad %v6 low [0, 32] strides [1, 1] : tensor<7x32xf32> -> tensor<7x64xf32>
  stator.return %v3, %v5, %v9, %v10, %v11, %v12, %v13 : tensor<2x7x32xf32>, tensor<2x7x32xf32>, tensor<2x6x23xf32>, tensor<7x32xf32>, tensor<2x14x32xf32>, tensor<f32>, tensor<7x64xf32>
}

stator.func @f3(%a0: tensor<5x33xf32>, %a1: tensor<3x5x33xf32>, %a2: tensor<3x5x33xf32>) -> (tensor<33x5x3xf32>, tensor<3x5x33xf32>, tensor<5x33xf32>, tensor<3x5x33xf32>, tensor<2x4x15xf32>, tensor<2x4x15xf32>, tensor<2x4x15xf32>, tensor<2x4x15xf32>) {
  %v1 = stator.slice %a1 offsets [1, 1, 8] strides [1, 1, 1] : tensor<3x5x33xf32> -> tensor<2x4x15xf32>
  %v2 = stator.transpose %a1 perm [2, 1, 0] : tensor<3x5x33xf32> -> tensor<33x5x3xf32>
  %v3 = stator.sub %v1, %v1 : tensor<2x4x15xf32>
  %v4 = stator.tanh %v3 : tensor<2x4x15xf32>
  %v5 = stator.maximum %a2, %a2 : tensor<3x5x33xf32>
  %v6 = stator.tanh %v5 : tensor<3x5x33xf32>
  %v7 = stator.reduce min %a2 axes [0] : tensor<3x5x33xf32> -> tensor<5x33xf32>
  %v8 = stator.add %v1, %v1 : tensor<2x4x15xf32>
  %v9 = stator.tanh %v8 : tensor<2x4x15xf32>
  %v10 = stator.softmax %v5 axis 2 : tensor<3x5x33xf32>
  %v11 = stator.sub %v8, %v9 : tensor<2x4x15xf32>
  %v12 = stator.tanh %v11 : tensor<2x4x15xf32>
  %v13 = stator.sub %v9, %v3 : tensor<2x4x15xf32>
  %v14 = stator.dropout %v8 rate 0.25 stream 8 : tensor<2x4x15xf32>
  %v15 = stator.minimum %v4, %v9 : tensor<2x4x15xf32>
  stator.return %v2, %v6, %v7, %v10, %v12, %v13, %v14, %v15 : tensor<33x5x3xf32>, tensor<3x5x33xf32>, tensor<5x33xf32>, tensor<3x5x33xf32>, tensor<2x4x15xf32>, tensor<2x4x15xf32>, tensor<2x4x15xf32>, tensor<2x4x15xf32>
}

stator.func @f4(%a0: tensor<2x7x48xf32>, %a1: tensor<7x48xf32>, %a2: tensor<48xf32>) -> (tensor<7x48xf32>, tensor<48xf32>) {
  %v1 = stator.compare lt %a1, %a1 : tensor<7x48xf32> -> tensor<7x48xi1>
  %v2 = stator.select %v1, %a1, %a1 : tensor<7x48xi1>, tensor<7x48xf32>
  %v3 = stator.sub %v2, %a1 : tensor<7x48xf32>
  %v4 = stator.tanh %v3 : tensor<7x48xf32>
  %v5 = stator.reshape %a2 : tensor<48xf32> -> tensor<48xf32>
  stator.return %v4, %v5 : tensor<7x48xf32>, tensor<48xf32>
}

stator.func @f5(%a0: tensor<f32>, %a1: tensor<16xf32>, %a2: tensor<2x4x16xf32>) -> (tensor<1x4x16xf32>, tensor<16xf32>, tensor<2x4x16xf32>, tensor<2xf32>, tensor<f32>, tensor<4x19xf32>, tensor<2x4x16xf32>, tensor<2x4x16xf32>) {
  %v1 = stator.iota axis 0 : tensor<1xi32>
  %v2 = stator.gather %a2 [%v1] : (tensor<2x4x16xf32>, tensor<1xi32>) -> tensor<1x4x16xf32>
  %v3 = stator.neg %a1 : tensor<16xf32>
  %v4 = stator.maximum %a2, %a2 : tensor<2x4x16xf32>
  %v5 = stator.tanh %v4 : tensor<2x4x16xf32>
  %v6 = stator.concat %v4, %a2 axis 2 : (tensor<2x4x16xf32>, tensor<2x4x16xf32>) -> tensor<2x4x32xf32>
  %v7 = stator.maximum %v5, %a2 : tensor<2x4x16xf32>
  %v8 = stator.tanh %v7 : tensor<2x4x16xf32>
  %v9 = stator.slice %v6 offsets [0, 0, 1] strides [1, 1, 1] : tensor<2x4x32xf32> -> tensor<1x4x19xf32>
  %v10 = stator.cumsum %v8 axis 2 : tensor<2x4x16xf32>
  %v11 = stator.tanh %v10 : tensor<2x4x16xf32>
  %v12 = stator.reduce min %v6 axes [1, 2] : tensor<2x4x32xf32> -> tensor<2xf32>
  %v13 = stator.reduce min %v12 axes [0] : tensor<2xf32> -> tensor<f32>
  %v14 = stator.reshape %v9 : tensor<1x4x19xf32> -> tensor<4x19xf32>
  %v15 = stator.sub %v11, %v8 : tensor<2x4x16xf32>
  %v16 = stator.tanh %v15 : tensor<2x4x16xf32>
  %v17 = stator.causal_mask %v11 fill 0.5 window 2 : tensor<2x4x16xf32>
  stator.return %v2, %v3, %v10, %v12, %v13, %v14, %v16, %v17 : tensor<1x4x16xf32>, tensor<16xf32>, tensor<2x4x16xf32>, tensor<2xf32>, tensor<f32>, tensor<4x19xf32>, tensor<2x4x16xf32>, tensor<2x4x16xf32>
}

stator.func @f6(%a0: tensor<4x1xf32>, %a1: tensor<3x4xf32>, %a2: tensor<4x1xf32>, %a3: tensor<1xf32>) -> (tensor<8x2xf32>, tensor<1x1xf32>, tensor<4x1x1xf32>, tensor<1x1xf32>, tensor<1xf32>, tensor<1x1xf32>, tensor<f32>, tensor<1x1xf32>) {
  %v1 = stator.neg %a2 : tensor<4x1xf32>
  %v2 = stator.slice %a3 offsets [0] strides [1] : tensor<1xf32> -> tensor<1xf32>
  %v3 = stator.reshape %v2 : tensor<1xf32> -> tensor<1x1xf32>
  %v4 = stator.pad %v1 low [0, 1] strides [1, 1] : tensor<4x1xf32> -> tensor<8x2xf32>
  %v5 = stator.slice %v3 offsets [0, 0] strides [1, 2] : tensor<1x1xf32> -> tensor<1x1xf32>
  %v6 = stator.transpose %a0 perm [0, 1] : tensor<4x1xf32> -> tensor<4x1xf32>
  %v7 = stator.cumsum %v3 axis 1 : tensor<1x1xf32>
  %v8 = stator.tanh %v7 : tensor<1x1xf32>
  %v9 = stator.softmax %v5 axis 1 : tensor<1x1xf32>
  %v10 = stator.reshape %v6 : tensor<4x1xf32> -> tensor<4x1x1xf32>
  %v11 = stator.add %v8, %v8 : tensor<1x1xf32>
  %v12 = stator.tanh %v11 : tensor<1x1xf32>
  %v13 = stator.mul %v2, %a3 : tensor<1xf32>
  %v14 = stator.tanh %v13 : tensor<1xf32>
  %v15 = stator.dropout %v11 rate 0.25 stream 4 : tensor<1x1xf32>
  %v16 = stator.reduce mean %v11 axes [0, 1] : tensor<1x1xf32> -> tensor<f32>
  %v17 = stator.slice %v12 offsets [0, 0] strides [2, 1] : tensor<1x1xf32> -> tensor<1x1xf32>
  stator.return %v4, %v9, %v10, %v11, %v14, %v15, %v16, %v17 : tensor<8x2xf32>, tensor<1x1xf32>, tensor<4x1x1xf32>, tensor<1x1xf32>, tensor<1xf32>, tensor<1x1xf32>, tensor<f32>, tensor<1x1xf32>
}

stator.func @f7(%a0: tensor<32xf32>, %a1: tensor<3x4xf32>, %a2: tensor<3x4x32xf32>) -> (tensor<3x4xf32>, tensor<1x2xf32>, tensor<3x8xf32>, tensor<3x12x96xf32>, tensor<3x4xf32>) {
  %v1 = stator.concat %a2, %a2, %a2 axis 1 : (tensor<3x4x32xf32>, tensor<3x4x32xf32>, tensor<3x4x32xf32>) -> tensor<3x12x32xf32>
  %v2 = stator.mul %a1, %a1 : tensor<3x4xf32>
  %v3 = stator.tanh %v2 : tensor<3x4xf32>
  %v4 = stator.slice %a1 offsets [0, 0] strides [1, 1] : tensor<3x4xf32> -> tensor<1x2xf32>
  %v5 = stator.mul %v1, %v1 : tensor<3x12x32xf32>
  %v6 = stator.tanh %v5 : tensor<3x12x32xf32>
  %v7 = stator.sub %v3, %v3 : tensor<3x4xf32>
  %v8 = stator.tanh %v7 : tensor<3x4xf32>
  %v9 = stator.concat %v8, %v2 axis 1 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  %v10 = stator.concat %v6, %v1, %v5 axis 2 : (tensor<3x12x32xf32>, tensor<3x12x32xf32>, tensor<3x12x32xf32>) -> tensor<3x12x96xf32>
  %v11 = stator.softmax %v3 axis 1 : tensor<3x4xf32>
  stator.return %v2, %v4, %v9, %v10, %v11 : tensor<3x4xf32>, tensor<1x2xf32>, tensor<3x8xf32>, tensor<3x12x96xf32>, tensor<3x4xf32>
}

stator.func @f8(%a0: tensor<2x7x3xf32>, %a1: tensor<2x7x3xf32>, %a2: tensor<2x7x3xf32>, %a3: tensor<3xf32>) -> (tensor<2x7x3xf32>, tensor<2x7x3xf32>, tensor<2x7x3xf32>, tensor<3x2x7xf32>) {
  %v1 = stator.compare lt %a0, %a0 : tensor<2x7x3xf32> -> tensor<2x7x3xi1>
  %v2 = stator.select %v1, %a1, %a1 : tensor<2x7x3xi1>, tensor<2x7x3xf32>
  %v3 = stator.neg %a2 : tensor<2x7x3xf32>
  %v4 = stator.maximum %v2, %a0 : tensor<2x7x3xf32>
  %v5 = stator.sin %a1 : tensor<2x7x3xf32>
  %v6 = stator.cumsum %v2 axis 0 : tensor<2x7x3xf32>
  %v7 = stator.tanh %v6 : tensor<2x7x3xf32>
  %v8 = stator.iota axis 0 : tensor<2xi32>
  %v9 = stator.gather %v4 [%v8] : (tensor<2x7x3xf32>, tensor<2xi32>) -> tensor<2x7x3xf32>
  %v10 = stator.transpose %v3 perm [2, 0, 1] : tensor<2x7x3xf32> -> tensor<3x2x7xf32>
  stator.return %v5, %v7, %v9, %v10 : tensor<2x7x3xf32>, tensor<2x7x3xf32>, tensor<2x7x3xf32>, tensor<3x2x7xf32>
}

stator.func @f9(%a0: tensor<f32>, %a1: tensor<2x5x33xf32>, %a2: tensor<5x33xf32>, %a3: tensor<2x5x33xf32>) -> (tensor<2x10x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>) {
  %v1 = stator.pad %a1 low [0, 1, 0] strides [1, 2, 1] : tensor<2x5x33xf32> -> tensor<2x10x33xf32>
  %v2 = stator.cumsum %a3 axis 0 : tensor<2x5x33xf32>
  %v3 = stator.tanh %v2 : tensor<2x5x33xf32>
  %v4 = stator.mul %v3, %v3 : tensor<2x5x33xf32>
  %v5 = stator.tanh %v4 : tensor<2x5x33xf32>
  %v6 = stator.maximum %v2, %v2 : tensor<2x5x33xf32>
  %v7 = stator.tanh %v6 : tensor<2x5x33xf32>
  %v8 = stator.sigmoid %v6 : tensor<2x5x33xf32>
  %v9 = stator.cumsum %a1 axis 1 : tensor<2x5x33xf32>
  %v10 = stator.tanh %v9 : tensor<2x5x33xf32>
  stator.return %v1, %v2, %v5, %v7, %v8, %v10 : tensor<2x10x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>, tensor<2x5x33xf32>
}

stator.func @f10(%a0: tensor<f32>, %a1: tensor<1xf32>) -> (tensor<1x1xf32>, tensor<1xf32>, tensor<1x5x1xf32>, tensor<3x7x1xf32>, tensor<f32>, tensor<f32>, tensor<1x5x1xf32>, tensor<2x11x1xf32>) {
  %v1 = stator.broadcast %a0 dims [] : tensor<f32> -> tensor<3x7x1xf32>
  %v2 = stator.add %a1, %a1 : tensor<1xf32>
  %v3 = stator.tanh %v2 : tensor<1xf32>
  %v4 = stator.reshape %v3 : tensor<1xf32> -> tensor<1x1xf32>
  %v5 = stator.slice %v1 offsets [0, 1, 0] strides [1, 1, 1] : tensor<3x7x1xf32> -> tensor<1x5x1xf32>
  %v6 = stator.iota axis 0 : tensor<1xi32>
  %v7 = stator.gather %v5 [%v6] : (tensor<1x5x1xf32>, tensor<1xi32>) -> tensor<1x5x1xf32>
  %v8 = stator.dropout %v7 rate 0.25 stream 5 : tensor<1x5x1xf32>
  %v9 = stator.tanh %v2 : tensor<1xf32>
  %v10 = stator.dropout %v8 rate 0.25 stream 0 : tensor<1x5x1xf32>
  %v11 = stator.cumsum %v8 axis 1 : tensor<1x5x1xf32>
  %v12 = stator.tanh %v11 : tensor<1x5x1xf32>
  %v13 = stator.broadcast %v2 dims [2] : tensor<1xf32> -> tensor<3x7x1xf32>
  %v14 = stator.reduce mean %v12 axes [0, 1, 2] : tensor<1x5x1xf32> -> tensor<f32>
  %v15 = stator.mul %v14, %v14 : tensor<f32>
  %v16 = stator.tanh %v15 : tensor<f32>
  %v17 = stator.dropout %v12 rate 0.25 stream 7 : tensor<1x5x1xf32>
  %v18 = stator.pad %v7 low [1, 0, 0] strides [2, 2, 2] : tensor<1x5x1xf32> -> tensor<2x11x1xf32>
  stator.return %v4, %v9, %v10, %v13, %v14, %v16, %v17, %v18 : tensor<1x1xf32>, tensor<1xf32>, tensor<1x5x1xf32>, tensor<3x7x1xf32>, tensor<f32>, tensor<f32>, tensor<1x5x1xf32>, tensor<2x11x1xf32>
}

stator.func @f11(%a0: tensor<f32>, %a1: tensor<f32>, %a2: tensor<f32>) -> (tensor<1x3xf32>, tensor<f32>) {
  %v1 = stator.broadcast %a2 dims [] : tensor<f32> -> tensor<1x3xf32>
  %v2 = stator.dropout %v1 rate 0.25 stream 9 : tensor<1x3xf32>
  %v3 = stator.minimum %a2, %a2 : tensor<f32>
  stator.return %v2, %v3 : tensor<1x3xf32>, tensor<f32>
}

stator.func @f12(%a0: tensor<33xf32>, %a1: tensor<f32>) -> (tensor<67xf32>, tensor<f32>, tensor<67xf32>, tensor<33xf32>, tensor<67xf32>, tensor<70xf32>, tensor<2x5x33xf32>, tensor<f32>, tensor<2x5x33xf32>) {
  %v1 = stator.add %a0, %a0 : tensor<33xf32>
  %v2 = stator.tanh %v1 : tensor<33xf32>
  %v3 = stator.softmax %a0 axis 0 : tensor<33xf32>
  %v4 = stator.maximum %a0, %v2 : tensor<33xf32>
  %v5 = stator.pad %v1 low [1] strides [1] : tensor<33xf32> -> tensor<67xf32>
  %v6 = stator.softmax %v5 axis 0 : tensor<67xf32>
  %v7 = stator.sub %a1, %a1 : tensor<f32>
  %v8 = stator.tanh %v7 : tensor<f32>
  %v9 = stator.add %v5, %v6 : tensor<67xf32>
  %v10 = stator.tanh %v9 : tensor<67xf32>
  %v11 = stator.add %a0, %v3 : tensor<33xf32>
  %v12 = stator.neg %v9 : tensor<67xf32>
  %v13 = stator.pad %v9 low [1] strides [1] : tensor<67xf32> -> tensor<70xf32>
  %v14 = stator.reduce min %v6 axes [0] : tensor<67xf32> -> tensor<f32>
  %v15 = stator.minimum %v14, %v7 : tensor<f32>
  %v16 = stator.reshape %v4 : tensor<33xf32> -> tensor<33x1xf32>
  %v17 = stator.reduce min %v16 axes [0, 1] : tensor<33x1xf32> -> tensor<f32>
  %v18 = stator.broadcast %v17 dims [] : tensor<f32> -> tensor<2x5x33xf32>
  %v19 = stator.mul %v15, %v7 : tensor<f32>
  %v20 = stator.tanh %v19 : tensor<f32>
  %v21 = stator.broadcast %v15 dims [] : tensor<f32> -> tensor<2x5x33xf32>
  stator.return %v6, %v8, %v10, %v11, %v12, %v13, %v18, %v20, %v21 : tensor<67xf32>, tensor<f32>, tensor<67xf32>, tensor<33xf32>, tensor<67xf32>, tensor<70xf32>, tensor<2x5x33xf32>, tensor<f32>, tensor<2x5x33xf32>
}

stator.func @f13(%a0: tensor<f32>, %a1: tensor<3x4xf32>) -> (tensor<f32>, tensor<3x4xf32>, tensor<f32>, tensor<4x3xf32>, tensor<3x4x32xf32>, tensor<4x3xf32>, tensor<4x16xf32>) {
  %v1 = stator.broadcast %a0 dims [] : tensor<f32> -> tensor<3x4xf32>
  %v2 = stator.sub %a0, %a0 : tensor<f32>
  %v3 = stator.tanh %v2 : tensor<f32>
  %v4 = stator.compare lt %a0, %a0 : tensor<f32> -> tensor<i1>
  %v5 = stator.select %v4, %a0, %v3 : tensor<i1>, tensor<f32>
  %v6 = stator.compare lt %a0, %a0 : tensor<f32> -> tensor<i1>
  %v7 = stator.select %v6, %v3, %v5 : tensor<i1>, tensor<f32>
  %v8 = stator.broadcast %v7 dims [] : tensor<f32> -> tensor<3x4x32xf32>
  %v9 = stator.broadcast %v5 dims [] : tensor<f32> -> tensor<3x4xf32>
  %v10 = stator.maximum %v7, %a0 : tensor<f32>
  %v11 = stator.transpose %v1 perm [1, 0] : tensor<3x4xf32> -> tensor<4x3xf32>
  %v12 = stator.broadcast %v3 dims [] : tensor<f32> -> tensor<4x32xf32>
  %v13 = stator.maximum %v8, %v8 : tensor<3x4x32xf32>
  %v14 = stator.tanh %v13 : tensor<3x4x32xf32>
  %v15 = stator.transpose %a1 perm [1, 0] : tensor<3x4xf32> -> tensor<4x3xf32>
  %v16 = stator.slice %v12 offsets [0, 0] strides [1, 2] : tensor<4x32xf32> -> tensor<4x16xf32>
  stator.return %v3, %v9, %v10, %v11, %v14, %v15, %v16 : tensor<f32>, tensor<3x4xf32>, tensor<f32>, tensor<4x3xf32>, tensor<3x4x32xf32>, tensor<4x3xf32>, tensor<4x16xf32>
}

stator.func @f14(%a0: tensor<f32>, %a1: tensor<3x7x3xf32>, %a2: tensor<f32>) -> (tensor<9x7x3xf32>, tensor<3x7x3xf32>, tensor<1xf32>, tensor<3x7x3xf32>) {
  %v1 = stator.dropout %a0 rate 0.25 stream 4 : tensor<f32>
  %v2 = stator.sub %a1, %a1 : tensor<3x7x3xf32>
  %v3 = stator.broadcast %v1 dims [] : tensor<f32> -> tensor<7x3xf32>
  %v4 = stator.maximum %v2, %v2 : tensor<3x7x3xf32>
  %v5 = stator.abs %v2 : tensor<3x7x3xf32>
  %v6 = stator.concat %a1, %v5, %v4 axis 0 : (tensor<3x7x3xf32>, tensor<3x7x3xf32>, tensor<3x7x3xf32>) -> tensor<9x7x3xf32>
  %v7 = stator.slice %v4 offsets [1, 0, 0] strides [2, 1, 1] : tensor<3x7x3xf32> -> tensor<1x3x2xf32>
  %v8 = stator.softmax %v5 axis 2 : tensor<3x7x3xf32>
  %v9 = stator.reduce mean %v7 axes [1, 2] : tensor<1x3x2xf32> -> tensor<1xf32>
  %v10 = stator.broadcast %v3 dims [1, 2] : tensor<7x3xf32> -> tensor<3x7x3xf32>
  stator.return %v6, %v8, %v9, %v10 : tensor<9x7x3xf32>, tensor<3x7x3xf32>, tensor<1xf32>, tensor<3x7x3xf32>
}

stator.func @f15(%a0: tensor<2x1x16xf32>, %a1: tensor<2x1xf32>, %a2: tensor<2x1x16xf32>, %a3: tensor<2x1xf32>) -> (tensor<2x1x16xf32>, tensor<5x2xf32>, tensor<2x3x16xf32>, tensor<f32>, tensor<2x1x16xf32>, tensor<2xf32>, tensor<2x1x16xf32>, tensor<f32>, tensor<2xf32>, tensor<2x1xf32>, tensor<2x1xf32>) {
  %v1 = stator.compare lt %a0, %a2 : tensor<2x1x16xf32> -> tensor<2x1x16xi1>
  %v2 = stator.select %v1, %a0, %a2 : tensor<2x1x16xi1>, tensor<2x1x16xf32>
  %v3 = stator.slice %a1 offsets [0, 0] strides [1, 1] : tensor<2x1xf32> -> tensor<2x1xf32>
  %v4 = stator.softmax %a2 axis 2 : tensor<2x1x16xf32>
  %v5 = stator.pad %a1 low [2, 1] strides [2, 2] : tensor<2x1xf32> -> tensor<5x2xf32>
  %v6 = stator.pad %v4 low [0, 1, 0] strides [1, 1, 1] : tensor<2x1x16xf32> -> tensor<2x3x16xf32>
  %v7 = stator.broadcast %a1 dims [0, 1] : tensor<2x1xf32> -> tensor<2x1x16xf32>
  %v8 = stator.causal_mask %v3 fill 0.5 window 2 : tensor<2x1xf32>
  %v9 = stator.reduce max %v6 axes [0, 1, 2] : tensor<2x3x16xf32> -> tensor<f32>
  %v10 = stator.add %v4, %v4 : tensor<2x1x16xf32>
  %v11 = stator.reshape %v3 : tensor<2x1xf32> -> tensor<2xf32>
  %v12 = stator.minimum %v11, %v11 : tensor<2xf32>
  %v13 = stator.tanh %v12 : tensor<2xf32>
  %v14 = stator.abs %v13 : tensor<2xf32>
  %v15 = stator.sigmoid %v7 : tensor<2x1x16xf32>
  %v16 = stator.maximum %v14, %v12 : tensor<2xf32>
  %v17 = stator.causal_mask %v15 fill 0.5 : tensor<2x1x16xf32>
  %v18 = stator.reduce min %v16 axes [0] : tensor<2xf32> -> tensor<f32>
  %v19 = stator.dropout %v13 rate 0.25 stream 1 : tensor<2xf32>
  %v20 = stator.maximum %v8, %v3 : tensor<2x1xf32>
  %v21 = stator.tanh %v20 : tensor<2x1xf32>
  %v22 = stator.tanh %v21 : tensor<2x1xf32>
  stator.return %v2, %v5, %v6, %v9, %v10, %v14, %v17, %v18, %v19, %v20, %v22 : tensor<2x1x16xf32>, tensor<5x2xf32>, tensor<2x3x16xf32>, tensor<f32>, tensor<2x1x16xf32>, tensor<2xf32>, tensor<2x1x16xf32>, tensor<f32>, tensor<2xf32>, tensor<2x1xf32>, tensor<2x1xf32>
}

stator.func @f16(%a0: tensor<1xf32>, %a1: tensor<1xf32>, %a2: tensor<1xf32>, %a3: tensor<f32>) -> (tensor<1xf32>, tensor<f32>, tensor<2xf32>, tensor<1xf32>, tensor<f32>) {
  %v1 = stator.cumsum %a1 axis 0 : tensor<1xf32>
  %v2 = stator.tanh %v1 : tensor<1xf32>
  %v3 = stator.sub %a3, %a3 : tensor<f32>
  %v4 = stator.maximum %a2, %a1 : tensor<1xf32>
  %v5 = stator.maximum %v1, %v2 : tensor<1xf32>
  %v6 = stator.tanh %v5 : tensor<1xf32>
  %v7 = stator.dropout %v3 rate 0.25 stream 9 : tensor<f32>
  %v8 = stator.concat %v5, %a0 axis 0 : (tensor<1xf32>, tensor<1xf32>) -> tensor<2xf32>
  %v9 = stator.add %v2, %a2 : tensor<1xf32>
  %v10 = stator.tanh %v9 : tensor<1xf32>
  %v11 = stator.reduce mean %v6 axes [0] : tensor<1xf32> -> tensor<f32>
  stator.return %v4, %v7, %v8, %v10, %v11 : tensor<1xf32>, tensor<f32>, tensor<2xf32>, tensor<1xf32>, tensor<f32>
}

stator.func @f17(%a0: tensor<2x7xf32>, %a1: tensor<2x7xf32>, %a2: tensor<2x7x33xf32>) -> (tensor<2x7xf32>, tensor<2x7x33xf32>, tensor<3x16x35xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>) {
  %v1 = stator.cumsum %a0 axis 0 : tensor<2x7xf32>
  %v2 = stator.tanh %v1 : tensor<2x7xf32>
  %v3 = stator.cumsum %a2 axis 1 : tensor<2x7x33xf32>
  %v4 = stator.tanh %v3 : tensor<2x7x33xf32>
  %v5 = stator.sub %v1, %a1 : tensor<2x7xf32>
  %v6 = stator.softmax %a0 axis 1 : tensor<2x7xf32>
  %v7 = stator.broadcast %v6 dims [0, 1] : tensor<2x7xf32> -> tensor<2x7x33xf32>
  %v8 = stator.pad %a2 low [0, 7, 0] strides [2, 1, 1] : tensor<2x7x33xf32> -> tensor<3x16x35xf32>
  %v9 = stator.broadcast %v2 dims [0, 1] : tensor<2x7xf32> -> tensor<2x7x33xf32>
  %v10 = stator.minimum %v4, %v4 : tensor<2x7x33xf32>
  %v11 = stator.tanh %v10 : tensor<2x7x33xf32>
  %v12 = stator.maximum %v10, %v7 : tensor<2x7x33xf32>
  %v13 = stator.tanh %v12 : tensor<2x7x33xf32>
  %v14 = stator.abs %v13 : tensor<2x7x33xf32>
  %v15 = stator.sin %v13 : tensor<2x7x33xf32>
  %v16 = stator.maximum %v13, %v14 : tensor<2x7x33xf32>
  %v17 = stator.tanh %v16 : tensor<2x7x33xf32>
  stator.return %v5, %v7, %v8, %v9, %v11, %v12, %v14, %v15, %v17 : tensor<2x7xf32>, tensor<2x7x33xf32>, tensor<3x16x35xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>, tensor<2x7x33xf32>
}

stator.func @f18(%a0: tensor<3x1xf32>, %a1: tensor<3x1x33xf32>, %a2: tensor<33xf32>) -> (tensor<33xf32>, tensor<f32>, tensor<1x33xf32>, tensor<f32>) {
  %v1 = stator.tanh %a2 : tensor<33xf32>
  %v2 = stator.reduce mean %a2 axes [0] : tensor<33xf32> -> tensor<f32>
  %v3 = stator.broadcast %a2 dims [1] : tensor<33xf32> -> tensor<1x33xf32>
  %v4 = stator.reduce mean %v3 axes [0, 1] : tensor<1x33xf32> -> tensor<f32>
  stator.return %v1, %v2, %v3, %v4 : tensor<33xf32>, tensor<f32>, tensor<1x33xf32>, tensor<f32>
}

stator.func @f19(%a0: tensor<2x5x20xf32>, %a1: tensor<5x20xf32>) -> (tensor<f32>, tensor<10x20xf32>, tensor<5x6x20xf32>, tensor<5x6x20xf32>, tensor<100xf32>, tensor<2xf32>, tensor<f32>, tensor<1x5x20xf32>, tensor<f32>, tensor<1x5x20xf32>) {
  %v1 = stator.reduce max %a1 axes [0, 1] : tensor<5x20xf32> -> tensor<f32>
  %v2 = stator.causal_mask %a0 fill 0.5 window 2 : tensor<2x5x20xf32>
  %v3 = stator.transpose %v2 perm [1, 0, 2] : tensor<2x5x20xf32> -> tensor<5x2x20xf32>
  %v4 = stator.abs %v3 : tensor<5x2x20xf32>
  %v5 = stator.reshape %v4 : tensor<5x2x20xf32> -> tensor<10x20xf32>
  %v6 = stator.maximum %v3, %v3 : tensor<5x2x20xf32>
  %v7 = stator.tanh %v6 : tensor<5x2x20xf32>
  %v8 = stator.concat %v4, %v4, %v3 axis 1 : (tensor<5x2x20xf32>, tensor<5x2x20xf32>, tensor<5x2x20xf32>) -> tensor<5x6x20xf32>
  %v9 = stator.tanh %v8 : tensor<5x6x20xf32>
  %v10 = stator.tanh %v2 : tensor<2x5x20xf32>
  %v11 = stator.reshape %a1 : tensor<5x20xf32> -> tensor<100xf32>
  %v12 = stator.reduce mean %v2 axes [1, 2] : tensor<2x5x20xf32> -> tensor<2xf32>
  %v13 = stator.reduce mean %v7 axes [0, 1, 2] : tensor<5x2x20xf32> -> tensor<f32>
  %v14 = stator.neg %v13 : tensor<f32>
  %v15 = stator.mul %v13, %v14 : tensor<f32>
  %v16 = stator.tanh %v15 : tensor<f32>
  %v17 = stator.iota axis 0 : tensor<1xi32>
  %v18 = stator.gather %v10 [%v17] : (tensor<2x5x20xf32>, tensor<1xi32>) -> tensor<1x5x20xf32>
  %v19 = stator.dropout %v18 rate 0.25 stream 9 : tensor<1x5x20xf32>
  %v20 = stator.dropout %v19 rate 0.25 stream 9 : tensor<1x5x20xf32>
  %v21 = stator.dropout %v13 rate 0.25 stream 7 : tensor<f32>
  %v22 = stator.cumsum %v18 axis 2 : tensor<1x5x20xf32>
  %v23 = stator.tanh %v22 : tensor<1x5x20xf32>
  stator.return %v1, %v5, %v8, %v9, %v11, %v12, %v16, %v20, %v21, %v23 : tensor<f32>, tensor<10x20xf32>, tensor<5x6x20xf32>, tensor<5x6x20xf32>, tensor<100xf32>, tensor<2xf32>, tensor<f32>, tensor<1x5x20xf32>, tensor<f32>, tensor<1x5x20xf32>
}
