// Ops that move elements, aligned to vectors and not.

stator.func @broadcasts(%x: tensor<37xf32>, %y: tensor<4xf32>, %z: tensor<f32>) -> (tensor<4x37xf32>, tensor<4x37xf32>, tensor<4x37xf32>) {
  %a = stator.broadcast %x dims [1] : tensor<37xf32> -> tensor<4x37xf32>
  %b = stator.broadcast %y dims [0] : tensor<4xf32> -> tensor<4x37xf32>
  %c = stator.broadcast %z dims [] : tensor<f32> -> tensor<4x37xf32>
  stator.return %a, %b, %c : tensor<4x37xf32>, tensor<4x37xf32>, tensor<4x37xf32>
}
stator.func @transposes(%x: tensor<3x5x4x32xf32>, %y: tensor<18x21xf32>) -> (tensor<3x4x5x32xf32>, tensor<21x18xf32>) {
  %a = stator.transpose %x perm [0, 2, 1, 3] : tensor<3x5x4x32xf32> -> tensor<3x4x5x32xf32>
  %b = stator.transpose %y perm [1, 0] : tensor<18x21xf32> -> tensor<21x18xf32>
  stator.return %a, %b : tensor<3x4x5x32xf32>, tensor<21x18xf32>
}
stator.func @slices(%x: tensor<5x96xf32>, %y: tensor<9x50xf32>) -> (tensor<5x32xf32>, tensor<4x16xf32>, tensor<9x25xf32>) {
  %a = stator.slice %x offsets [0, 32] strides [1, 1] : tensor<5x96xf32> -> tensor<5x32xf32>
  %b = stator.slice %y offsets [1, 2] strides [2, 3] : tensor<9x50xf32> -> tensor<4x16xf32>
  %c = stator.slice %y offsets [0, 1] strides [1, 2] : tensor<9x50xf32> -> tensor<9x25xf32>
  stator.return %a, %b, %c : tensor<5x32xf32>, tensor<4x16xf32>, tensor<9x25xf32>
}
stator.func @pads(%x: tensor<5x32xf32>, %y: tensor<3x7xf32>) -> (tensor<5x96xf32>, tensor<8x40xf32>, tensor<4x15xf32>) {
  %a = stator.pad %x low [0, 32] strides [1, 1] : tensor<5x32xf32> -> tensor<5x96xf32>
  %b = stator.pad %y low [2, 5] strides [2, 3] : tensor<3x7xf32> -> tensor<8x40xf32>
  %c = stator.pad %y low [1, 3] strides [1, 1] : tensor<3x7xf32> -> tensor<4x15xf32>
  stator.return %a, %b, %c : tensor<5x96xf32>, tensor<8x40xf32>, tensor<4x15xf32>
}
stator.func @sum_of_pads(%q: tensor<6x32xf32>, %k: tensor<6x32xf32>, %v: tensor<6x32xf32>) -> tensor<6x96xf32> {
  %a = stator.pad %q low [0, 0] strides [1, 1] : tensor<6x32xf32> -> tensor<6x96xf32>
  %b = stator.pad %k low [0, 32] strides [1, 1] : tensor<6x32xf32> -> tensor<6x96xf32>
  %c = stator.pad %v low [0, 64] strides [1, 1] : tensor<6x32xf32> -> tensor<6x96xf32>
  %d = stator.add %a, %b : tensor<6x96xf32>
  %e = stator.add %d, %c : tensor<6x96xf32>
  stator.return %e : tensor<6x96xf32>
}
stator.func @concats(%x: tensor<4x16xf32>, %y: tensor<4x48xf32>, %z: tensor<4x7xf32>) -> (tensor<4x64xf32>, tensor<4x71xf32>, tensor<8x16xf32>) {
  %a = stator.concat %x, %y axis 1 : (tensor<4x16xf32>, tensor<4x48xf32>) -> tensor<4x64xf32>
  %b = stator.concat %x, %z, %y axis 1 : (tensor<4x16xf32>, tensor<4x7xf32>, tensor<4x48xf32>) -> tensor<4x71xf32>
  %c = stator.concat %x, %x axis 0 : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  stator.return %a, %b, %c : tensor<4x64xf32>, tensor<4x71xf32>, tensor<8x16xf32>
}
stator.func @split_heads(%x: tensor<2x6x96xf32>) -> (tensor<2x2x6x16xf32>, tensor<2x2x6x16xf32>) {
  %q = stator.slice %x offsets [0, 0, 0] strides [1, 1, 1] : tensor<2x6x96xf32> -> tensor<2x6x32xf32>
  %k = stator.slice %x offsets [0, 0, 32] strides [1, 1, 1] : tensor<2x6x96xf32> -> tensor<2x6x32xf32>
  %qh = stator.reshape %q : tensor<2x6x32xf32> -> tensor<2x6x2x16xf32>
  %kh = stator.reshape %k : tensor<2x6x32xf32> -> tensor<2x6x2x16xf32>
  %a = stator.transpose %qh perm [0, 2, 1, 3] : tensor<2x6x2x16xf32> -> tensor<2x2x6x16xf32>
  %b = stator.transpose %kh perm [0, 2, 1, 3] : tensor<2x6x2x16xf32> -> tensor<2x2x6x16xf32>
  stator.return %a, %b : tensor<2x2x6x16xf32>, tensor<2x2x6x16xf32>
}
stator.func @join_heads(%x: tensor<2x3x5x8xf32>, %y: tensor<2x5x24xf32>) -> tensor<2x5x24xf32> {
  %t = stator.transpose %x perm [0, 2, 1, 3] : tensor<2x3x5x8xf32> -> tensor<2x5x3x8xf32>
  %r = stator.reshape %t : tensor<2x5x3x8xf32> -> tensor<2x5x24xf32>
  %s = stator.add %r, %y : tensor<2x5x24xf32>
  stator.return %s : tensor<2x5x24xf32>
}
stator.func @gathers(%t: tensor<11x35xf32>, %v: tensor<11xf32>, %i: tensor<3x5xi32> {test.high = 10.0}) -> (tensor<3x5x35xf32>, tensor<3x5xf32>) {
  %a = stator.gather %t [%i] : (tensor<11x35xf32>, tensor<3x5xi32>) -> tensor<3x5x35xf32>
  %b = stator.gather %v [%i] : (tensor<11xf32>, tensor<3x5xi32>) -> tensor<3x5xf32>
  stator.return %a, %b : tensor<3x5x35xf32>, tensor<3x5xf32>
}
stator.func @positions(%t: tensor<11x35xf32>, %p: tensor<16x35xf32>, %i: tensor<3x9xi32> {test.high = 10.0}) -> tensor<3x9x35xf32> {
  %a = stator.gather %t [%i] : (tensor<11x35xf32>, tensor<3x9xi32>) -> tensor<3x9x35xf32>
  %n = stator.iota axis 0 : tensor<9xi32>
  %b = stator.gather %p [%n] : (tensor<16x35xf32>, tensor<9xi32>) -> tensor<9x35xf32>
  %c = stator.broadcast %b dims [1, 2] : tensor<9x35xf32> -> tensor<3x9x35xf32>
  %s = stator.add %a, %c : tensor<3x9x35xf32>
  stator.return %s : tensor<3x9x35xf32>
}
stator.func @scatters(%u: tensor<3x5x35xf32>, %v: tensor<3x5xf32>, %i: tensor<3x5xi32> {test.high = 10.0}) -> (tensor<11x35xf32>, tensor<11xf32>) {
  %a = stator.scatter_add %u [%i] : (tensor<3x5x35xf32>, tensor<3x5xi32>) -> tensor<11x35xf32>
  %b = stator.scatter_add %v [%i] : (tensor<3x5xf32>, tensor<3x5xi32>) -> tensor<11xf32>
  stator.return %a, %b : tensor<11x35xf32>, tensor<11xf32>
}
stator.func @masks(%x: tensor<2x9x20xf32>, %y: tensor<17x17xf32>) -> (tensor<2x9x20xf32>, tensor<17x17xf32>) {
  %a = stator.causal_mask %x fill -7.0 : tensor<2x9x20xf32>
  %b = stator.causal_mask %y fill 0.0 window 3 : tensor<17x17xf32>
  stator.return %a, %b : tensor<2x9x20xf32>, tensor<17x17xf32>
}
stator.func @counting() -> (tensor<3x20xi32>, tensor<3x20xi32>, tensor<2x3xf32>) {
  %a = stator.iota axis 0 : tensor<3x20xi32>
  %b = stator.iota axis 1 : tensor<3x20xi32>
  %aa = stator.iadd %a, %b : tensor<3x20xi32>
  %bb = stator.imul %a, %b : tensor<3x20xi32>
  %c = stator.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]]> : tensor<2x3xf32>
  %d = stator.add %c, %c : tensor<2x3xf32>
  stator.return %aa, %bb, %d : tensor<3x20xi32>, tensor<3x20xi32>, tensor<2x3xf32>
}

// Numbers that are no i32: a window wider than all keys, a rate that rounds to
// 1 in units of 2^-32.
stator.func @beyond_words(%x: tensor<3x20xf32>) -> (tensor<3x20xf32>, tensor<3x20xf32>) {
  %a = stator.causal_mask %x fill -7.0 window 4294967297 : tensor<3x20xf32>
  %b = stator.dropout %x rate 0.99999999999 stream 0 : tensor<3x20xf32>
  stator.return %a, %b : tensor<3x20xf32>, tensor<3x20xf32>
}
// Rows are views; what comes of them is joined.
stator.func @rows(%x: tensor<7x5x3xf32>, %i: tensor<7xi32> {test.high = 4.0}) -> (tensor<7x5x3xf32>, tensor<5xf32>, tensor<3xf32>) {
  %a = stator.slice %x offsets [0, 0, 0] strides [1, 1, 1] : tensor<7x5x3xf32> -> tensor<4x5x3xf32>
  %b = stator.slice %x offsets [4, 0, 0] strides [1, 1, 1] : tensor<7x5x3xf32> -> tensor<3x5x3xf32>
  %j = stator.slice %i offsets [2] strides [1] : tensor<7xi32> -> tensor<5xi32>
  %k = stator.convert %j : tensor<5xi32> -> tensor<5xf32>
  %c = stator.tanh %a : tensor<4x5x3xf32>
  %d = stator.tanh %b : tensor<3x5x3xf32>
  %e = stator.concat %c, %d axis 0 : (tensor<4x5x3xf32>, tensor<3x5x3xf32>) -> tensor<7x5x3xf32>
  %f = stator.slice %x offsets [6, 2, 0] strides [1, 1, 1] : tensor<7x5x3xf32> -> tensor<1x1x3xf32>
  %g = stator.reshape %f : tensor<1x1x3xf32> -> tensor<3xf32>
  %h = stator.exp %g : tensor<3xf32>
  stator.return %e, %k, %h : tensor<7x5x3xf32>, tensor<5xf32>, tensor<3xf32>
}
// Rows are summed into what they are added to.
stator.func @sums_into(%u: tensor<9x37xf32>, %i: tensor<9xi32> {test.high = 12.0}, %t: tensor<13x37xf32>, %v: tensor<2x9xf32>, %n: tensor<2x9xi32> {test.high = 1.0}, %w: tensor<2xf32>) -> (tensor<13x37xf32>, tensor<2xf32>) {
  %s = stator.scatter_add %u[%i] : (tensor<9x37xf32>, tensor<9xi32>) -> tensor<13x37xf32>
  %a = stator.add %t, %s : tensor<13x37xf32>
  %r = stator.scatter_add %v[%n] : (tensor<2x9xf32>, tensor<2x9xi32>) -> tensor<2xf32>
  %b = stator.add %r, %w : tensor<2xf32>
  stator.return %a, %b : tensor<13x37xf32>, tensor<2xf32>
}
