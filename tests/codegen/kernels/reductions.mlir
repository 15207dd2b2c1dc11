// Sums, and what is fused around them.

stator.func @rows(%x: tensor<5x37xf32>) -> (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>) {
  %a = stator.reduce sum %x axes [1] : tensor<5x37xf32> -> tensor<5xf32>
  %b = stator.reduce mean %x axes [1] : tensor<5x37xf32> -> tensor<5xf32>
  %c = stator.reduce max %x axes [1] : tensor<5x37xf32> -> tensor<5xf32>
  %d = stator.reduce min %x axes [1] : tensor<5x37xf32> -> tensor<5xf32>
  stator.return %a, %b, %c, %d : tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
}
stator.func @all(%x: tensor<5x3x37xf32>) -> (tensor<f32>, tensor<5xf32>) {
  %a = stator.reduce mean %x axes [0, 1, 2] : tensor<5x3x37xf32> -> tensor<f32>
  %b = stator.reduce max %x axes [1, 2] : tensor<5x3x37xf32> -> tensor<5xf32>
  stator.return %a, %b : tensor<f32>, tensor<5xf32>
}
stator.func @columns(%x: tensor<9x4x37xf32>) -> (tensor<37xf32>, tensor<9x37xf32>, tensor<4xf32>) {
  %a = stator.reduce sum %x axes [0, 1] : tensor<9x4x37xf32> -> tensor<37xf32>
  %b = stator.reduce max %x axes [1] : tensor<9x4x37xf32> -> tensor<9x37xf32>
  %c = stator.reduce mean %x axes [0, 2] : tensor<9x4x37xf32> -> tensor<4xf32>
  stator.return %a, %b, %c : tensor<37xf32>, tensor<9x37xf32>, tensor<4xf32>
}
stator.func @gain_and_bias(%dy: tensor<9x6x40xf32>, %n: tensor<9x6x40xf32>) -> (tensor<40xf32>, tensor<40xf32>) {
  %p = stator.mul %dy, %n : tensor<9x6x40xf32>
  %a = stator.reduce sum %p axes [0, 1] : tensor<9x6x40xf32> -> tensor<40xf32>
  %b = stator.reduce sum %dy axes [0, 1] : tensor<9x6x40xf32> -> tensor<40xf32>
  stator.return %a, %b : tensor<40xf32>, tensor<40xf32>
}
stator.func @layer_norm(%x: tensor<3x7x48xf32>, %h: tensor<3x7x48xf32>, %g: tensor<48xf32>, %b: tensor<48xf32>) -> (tensor<3x7x48xf32>, tensor<3x7x48xf32>, tensor<3x7xf32>) {
  %eps = stator.constant dense<1.0e-5> : tensor<3x7xf32>
  %s0 = stator.add %x, %h : tensor<3x7x48xf32>
  %m = stator.reduce mean %s0 axes [2] : tensor<3x7x48xf32> -> tensor<3x7xf32>
  %mb = stator.broadcast %m dims [0, 1] : tensor<3x7xf32> -> tensor<3x7x48xf32>
  %c = stator.sub %s0, %mb : tensor<3x7x48xf32>
  %sq = stator.mul %c, %c : tensor<3x7x48xf32>
  %v = stator.reduce mean %sq axes [2] : tensor<3x7x48xf32> -> tensor<3x7xf32>
  %ve = stator.add %v, %eps : tensor<3x7xf32>
  %r = stator.rsqrt %ve : tensor<3x7xf32>
  %rb = stator.broadcast %r dims [0, 1] : tensor<3x7xf32> -> tensor<3x7x48xf32>
  %n = stator.mul %c, %rb : tensor<3x7x48xf32>
  %gb = stator.broadcast %g dims [2] : tensor<48xf32> -> tensor<3x7x48xf32>
  %bb = stator.broadcast %b dims [2] : tensor<48xf32> -> tensor<3x7x48xf32>
  %s = stator.mul %n, %gb : tensor<3x7x48xf32>
  %y = stator.add %s, %bb : tensor<3x7x48xf32>
  stator.return %s0, %y, %r : tensor<3x7x48xf32>, tensor<3x7x48xf32>, tensor<3x7xf32>
}
stator.func @kept_dimension(%x: tensor<3x7x20xf32>) -> tensor<3x7x20xf32> {
  %m = stator.reduce sum %x axes [2] : tensor<3x7x20xf32> -> tensor<3x7xf32>
  %k = stator.reshape %m : tensor<3x7xf32> -> tensor<3x7x1xf32>
  %e = stator.exp %k : tensor<3x7x1xf32>
  %f = stator.reshape %e : tensor<3x7x1xf32> -> tensor<3x7xf32>
  %b = stator.broadcast %f dims [0, 1] : tensor<3x7xf32> -> tensor<3x7x20xf32>
  %y = stator.div %x, %b : tensor<3x7x20xf32>
  stator.return %y : tensor<3x7x20xf32>
}
stator.func @softmaxes(%x: tensor<4x6x37xf32>) -> (tensor<4x6x37xf32>, tensor<4x6x37xf32>, tensor<4x6x37xf32>) {
  %a = stator.softmax %x axis 2 : tensor<4x6x37xf32>
  %b = stator.softmax %x axis 1 : tensor<4x6x37xf32>
  %s = stator.causal_mask %x fill -1.0e30 : tensor<4x6x37xf32>
  %c = stator.softmax %s axis 2 : tensor<4x6x37xf32>
  stator.return %a, %b, %c : tensor<4x6x37xf32>, tensor<4x6x37xf32>, tensor<4x6x37xf32>
}
stator.func @softmax_backward(%x: tensor<6x33xf32>, %dy: tensor<6x33xf32>) -> tensor<6x33xf32> {
  %y = stator.softmax %x axis 1 : tensor<6x33xf32>
  %p = stator.mul %y, %dy : tensor<6x33xf32>
  %s = stator.reduce sum %p axes [1] : tensor<6x33xf32> -> tensor<6xf32>
  %b = stator.broadcast %s dims [0] : tensor<6xf32> -> tensor<6x33xf32>
  %d = stator.sub %dy, %b : tensor<6x33xf32>
  %r = stator.mul %y, %d : tensor<6x33xf32>
  stator.return %r : tensor<6x33xf32>
}
stator.func @logsumexps(%x: tensor<4x6x37xf32>) -> (tensor<4x6xf32>, tensor<4x37xf32>, tensor<4xf32>, tensor<4x6x37xf32>) {
  %a = stator.reduce logsumexp %x axes [2] : tensor<4x6x37xf32> -> tensor<4x6xf32>
  %b = stator.reduce logsumexp %x axes [1] : tensor<4x6x37xf32> -> tensor<4x37xf32>
  %c = stator.reduce logsumexp %x axes [1, 2] : tensor<4x6x37xf32> -> tensor<4xf32>
  %ab = stator.broadcast %a dims [0, 1] : tensor<4x6xf32> -> tensor<4x6x37xf32>
  %d = stator.sub %x, %ab : tensor<4x6x37xf32>
  stator.return %a, %b, %c, %d : tensor<4x6xf32>, tensor<4x37xf32>, tensor<4xf32>, tensor<4x6x37xf32>
}
stator.func @column_feeds_logsumexp(%x: tensor<9x5x8xf32>, %y: tensor<9x5x8xf32>) -> (tensor<5x8xf32>, tensor<5x8xf32>) {
  %p = stator.mul %x, %y : tensor<9x5x8xf32>
  %a = stator.reduce logsumexp %p axes [0] : tensor<9x5x8xf32> -> tensor<5x8xf32>
  %b = stator.reduce sum %x axes [0] : tensor<9x5x8xf32> -> tensor<5x8xf32>
  stator.return %a, %b : tensor<5x8xf32>, tensor<5x8xf32>
}
stator.func @running_sums(%x: tensor<3x5x37xf32>) -> (tensor<3x5x37xf32>, tensor<3x5x37xf32>) {
  %a = stator.cumsum %x axis 1 : tensor<3x5x37xf32>
  %b = stator.cumsum %x axis 2 reverse : tensor<3x5x37xf32>
  stator.return %a, %b : tensor<3x5x37xf32>, tensor<3x5x37xf32>
}
stator.func @loss(%x: tensor<4x6x65xf32>, %t: tensor<4x6xi32> {test.low = -1.0, test.high = 64.0}) -> (tensor<4x6xf32>, tensor<f32>, tensor<4x6x65xf32>) {
  %l, %lse = stator.cross_entropy %x, %t : (tensor<4x6x65xf32>, tensor<4x6xi32>) -> (tensor<4x6xf32>, tensor<4x6xf32>)
  %m = stator.reduce mean %l axes [0, 1] : tensor<4x6xf32> -> tensor<f32>
  %c = stator.constant dense<0.125> : tensor<4x6xf32>
  %g = stator.cross_entropy_grad %x, %t, %lse, %c : (tensor<4x6x65xf32>, tensor<4x6xi32>, tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x6x65xf32>
  stator.return %l, %m, %g : tensor<4x6xf32>, tensor<f32>, tensor<4x6x65xf32>
}
stator.func @products(%x: tensor<4x6x20xf32>, %w: tensor<20x33xf32>, %b: tensor<33xf32>) -> tensor<4x6x33xf32> {
  %p = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<4x6x20xf32>, tensor<20x33xf32>) -> tensor<4x6x33xf32>
  %bb = stator.broadcast %b dims [2] : tensor<33xf32> -> tensor<4x6x33xf32>
  %a = stator.add %p, %bb : tensor<4x6x33xf32>
  %y = stator.gelu %a : tensor<4x6x33xf32>
  stator.return %y : tensor<4x6x33xf32>
}
stator.func @attends(%q: tensor<2x4x9x16xf32>, %k: tensor<2x4x9x16xf32>, %v: tensor<2x4x9x16xf32>, %d: tensor<2x4x9x16xf32>) -> (tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>) {
  %r, %l = stator.attention %q, %k, %v scale 0.25 causal : (tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>) -> (tensor<2x4x9x16xf32>, tensor<2x4x9xf32>)
  %dq, %dk, %dv = stator.attention_grad %q, %k, %v of %r, %l by %d scale 0.25 causal : (tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9xf32>, tensor<2x4x9x16xf32>) -> (tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>)
  stator.return %r, %dq, %dk, %dv : tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>
}
