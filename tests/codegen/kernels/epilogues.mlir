// Contractions and what follows them in their kernel: sizes that fill no vector,
// no register tile and no block of depth, and results that are not walked as
// plain rows and columns.

// A sum that grows in the memory of what it is added to.
stator.func @accumulates(%x: tensor<37x61xf32>, %d: tensor<37x47xf32>, %acc: tensor<61x47xf32>) -> tensor<61x47xf32> {
  %p = stator.einsum "t i, t o -> i o" %x, %d : (tensor<37x61xf32>, tensor<37x47xf32>) -> tensor<61x47xf32>
  %s = stator.add %acc, %p : tensor<61x47xf32>
  stator.return %s : tensor<61x47xf32>
}

// More depth than a panel has, and a depth that is two dimensions.
stator.func @accumulates_deep(%x: tensor<3x1301x19xf32>, %d: tensor<1301x3x33xf32>, %acc: tensor<33x19xf32>) -> tensor<33x19xf32> {
  %p = stator.einsum "b t i, t b o -> o i" %x, %d : (tensor<3x1301x19xf32>, tensor<1301x3x33xf32>) -> tensor<33x19xf32>
  %s = stator.add %p, %acc : tensor<33x19xf32>
  stator.return %s : tensor<33x19xf32>
}

// What the sums are added to is needed again behind them, and multiplied.
stator.func @accumulator_is_used(%x: tensor<23x23xf32>, %w: tensor<23x23xf32>) -> tensor<23x23xf32> {
  %p = stator.einsum "i k, k j -> i j" %x, %w : (tensor<23x23xf32>, tensor<23x23xf32>) -> tensor<23x23xf32>
  %s = stator.add %p, %x : tensor<23x23xf32>
  %t = stator.tanh %s : tensor<23x23xf32>
  %r = stator.mul %t, %x : tensor<23x23xf32>
  stator.return %r : tensor<23x23xf32>
}

// Two accumulations one after the other.
stator.func @sum_of_two(%x: tensor<17x29xf32>, %v: tensor<29x41xf32>, %y: tensor<17x31xf32>, %w: tensor<31x41xf32>) -> tensor<17x41xf32> {
  %p = stator.einsum "i k, k j -> i j" %x, %v : (tensor<17x29xf32>, tensor<29x41xf32>) -> tensor<17x41xf32>
  %q = stator.einsum "a b, b c -> a c" %y, %w : (tensor<17x31xf32>, tensor<31x41xf32>) -> tensor<17x41xf32>
  %s = stator.add %p, %q : tensor<17x41xf32>
  stator.return %s : tensor<17x41xf32>
}

// Bias and activation; what goes into the activation is a result too.
stator.func @bias_gelu(%x: tensor<3x13x31xf32>, %w: tensor<71x31xf32>, %b: tensor<71xf32>) -> (tensor<3x13x71xf32>, tensor<3x13x71xf32>) {
  %p = stator.einsum "b t i, o i -> b t o" %x, %w : (tensor<3x13x31xf32>, tensor<71x31xf32>) -> tensor<3x13x71xf32>
  %bb = stator.broadcast %b dims [2] : tensor<71xf32> -> tensor<3x13x71xf32>
  %h = stator.add %p, %bb : tensor<3x13x71xf32>
  %g = stator.gelu %h : tensor<3x13x71xf32>
  stator.return %h, %g : tensor<3x13x71xf32>, tensor<3x13x71xf32>
}

stator.func @bias_of_one(%x: tensor<1x7xf32>, %w: tensor<7x1xf32>, %b: tensor<1xf32>) -> tensor<1x1xf32> {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<1x7xf32>, tensor<7x1xf32>) -> tensor<1x1xf32>
  %bb = stator.broadcast %b dims [1] : tensor<1xf32> -> tensor<1x1xf32>
  %h = stator.add %p, %bb : tensor<1x1xf32>
  %g = stator.relu %h : tensor<1x1xf32>
  stator.return %g : tensor<1x1xf32>
}

// A number for each row, and columns that fill whole vectors.
stator.func @scaled_rows(%x: tensor<65x16xf32>, %w: tensor<16x64xf32>, %s: tensor<65xf32>) -> tensor<65x64xf32> {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<65x16xf32>, tensor<16x64xf32>) -> tensor<65x64xf32>
  %sb = stator.broadcast %s dims [0] : tensor<65xf32> -> tensor<65x64xf32>
  %h = stator.mul %p, %sb : tensor<65x64xf32>
  %g = stator.sigmoid %h : tensor<65x64xf32>
  stator.return %g : tensor<65x64xf32>
}

stator.func @residual_dropout(%x: tensor<2x11x53xf32>, %w: tensor<53x37xf32>, %b: tensor<37xf32>, %h: tensor<2x11x37xf32>) -> tensor<2x11x37xf32> {
  %p = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<2x11x53xf32>, tensor<53x37xf32>) -> tensor<2x11x37xf32>
  %bb = stator.broadcast %b dims [2] : tensor<37xf32> -> tensor<2x11x37xf32>
  %a = stator.add %p, %bb : tensor<2x11x37xf32>
  %d = stator.dropout %a rate 0.25 stream 5 : tensor<2x11x37xf32>
  %r = stator.add %h, %d : tensor<2x11x37xf32>
  stator.return %r : tensor<2x11x37xf32>
}

// Both maps of a gated unit, with what the backward pass keeps.
stator.func @swiglu(%x: tensor<2x9x20xf32>, %v: tensor<20x43xf32>, %w: tensor<20x43xf32>) -> (tensor<2x9x43xf32>, tensor<2x9x43xf32>, tensor<2x9x43xf32>) {
  %g = stator.einsum "b t i, i o -> b t o" %x, %v : (tensor<2x9x20xf32>, tensor<20x43xf32>) -> tensor<2x9x43xf32>
  %u = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<2x9x20xf32>, tensor<20x43xf32>) -> tensor<2x9x43xf32>
  %s = stator.silu %g : tensor<2x9x43xf32>
  %r = stator.mul %s, %u : tensor<2x9x43xf32>
  stator.return %g, %u, %r : tensor<2x9x43xf32>, tensor<2x9x43xf32>, tensor<2x9x43xf32>
}

// The product with the derivative of an activation.
stator.func @backward_tanh(%d: tensor<19x21xf32>, %w: tensor<67x21xf32>, %y: tensor<19x67xf32>) -> tensor<19x67xf32> {
  %one = stator.constant dense<1.0> : tensor<19x67xf32>
  %p = stator.einsum "t o, i o -> t i" %d, %w : (tensor<19x21xf32>, tensor<67x21xf32>) -> tensor<19x67xf32>
  %sq = stator.mul %y, %y : tensor<19x67xf32>
  %f = stator.sub %one, %sq : tensor<19x67xf32>
  %r = stator.mul %p, %f : tensor<19x67xf32>
  stator.return %r : tensor<19x67xf32>
}

// Heads: the columns of the product are the last two dimensions of its result.
stator.func @split_columns(%x: tensor<5x18xf32>, %w: tensor<3x7x18xf32>, %b: tensor<3x7xf32>) -> tensor<5x3x7xf32> {
  %p = stator.einsum "t i, h d i -> t h d" %x, %w : (tensor<5x18xf32>, tensor<3x7x18xf32>) -> tensor<5x3x7xf32>
  %bb = stator.broadcast %b dims [1, 2] : tensor<3x7xf32> -> tensor<5x3x7xf32>
  %h = stator.add %p, %bb : tensor<5x3x7xf32>
  %g = stator.silu %h : tensor<5x3x7xf32>
  stator.return %g : tensor<5x3x7xf32>
}

// The rows of the result are two dimensions with a third between them.
stator.func @outer_between(%x: tensor<4x6x10xf32>, %w: tensor<5x10x17xf32>, %y: tensor<4x5x6x17xf32>) -> tensor<4x5x6x17xf32> {
  %p = stator.einsum "b t i, h i d -> b h t d" %x, %w : (tensor<4x6x10xf32>, tensor<5x10x17xf32>) -> tensor<4x5x6x17xf32>
  %e = stator.exp %p : tensor<4x5x6x17xf32>
  %r = stator.mul %e, %y : tensor<4x5x6x17xf32>
  stator.return %r : tensor<4x5x6x17xf32>
}

// The last dimension of the result is short and no column of the product.
stator.func @short_last(%x: tensor<40x10xf32>, %w: tensor<2x10x50xf32>, %b: tensor<2xf32>) -> tensor<40x50x2xf32> {
  %p = stator.einsum "t i, h i d -> t d h" %x, %w : (tensor<40x10xf32>, tensor<2x10x50xf32>) -> tensor<40x50x2xf32>
  %bb = stator.broadcast %b dims [2] : tensor<2xf32> -> tensor<40x50x2xf32>
  %r = stator.add %p, %bb : tensor<40x50x2xf32>
  %s = stator.sigmoid %r : tensor<40x50x2xf32>
  stator.return %s : tensor<40x50x2xf32>
}

// One result a row, and a plain product of few elements.
stator.func @one_column(%x: tensor<70x33xf32>, %w: tensor<33xf32>, %b: tensor<70xf32>) -> tensor<70xf32> {
  %p = stator.einsum "t i, i -> t" %x, %w : (tensor<70x33xf32>, tensor<33xf32>) -> tensor<70xf32>
  %r = stator.add %p, %b : tensor<70xf32>
  %s = stator.sigmoid %r : tensor<70xf32>
  stator.return %s : tensor<70xf32>
}

stator.func @plain(%x: tensor<31x3xf32>, %y: tensor<31x3xf32>, %z: tensor<31xf32>) -> tensor<31xf32> {
  %p = stator.einsum "t i, t i -> t" %x, %y : (tensor<31x3xf32>, tensor<31x3xf32>) -> tensor<31xf32>
  %r = stator.add %z, %p : tensor<31xf32>
  %s = stator.cos %r : tensor<31xf32>
  stator.return %s : tensor<31xf32>
}

stator.func @number(%x: tensor<50xf32>, %y: tensor<50xf32>, %z: tensor<f32>) -> tensor<f32> {
  %p = stator.einsum "i, i -> " %x, %y : (tensor<50xf32>, tensor<50xf32>) -> tensor<f32>
  %r = stator.add %p, %z : tensor<f32>
  %s = stator.exp %r : tensor<f32>
  stator.return %s : tensor<f32>
}

// Ops that see the result under another shape.
stator.func @reshaped(%x: tensor<14x12xf32>, %w: tensor<12x30xf32>, %b: tensor<5x6xf32>, %y: tensor<7x2x30xf32>) -> (tensor<14x5x6xf32>, tensor<7x2x30xf32>) {
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<14x12xf32>, tensor<12x30xf32>) -> tensor<14x30xf32>
  %q = stator.reshape %p : tensor<14x30xf32> -> tensor<14x5x6xf32>
  %bb = stator.broadcast %b dims [1, 2] : tensor<5x6xf32> -> tensor<14x5x6xf32>
  %r = stator.add %q, %bb : tensor<14x5x6xf32>
  %s = stator.reshape %r : tensor<14x5x6xf32> -> tensor<7x2x30xf32>
  %t = stator.mul %s, %y : tensor<7x2x30xf32>
  stator.return %r, %t : tensor<14x5x6xf32>, tensor<7x2x30xf32>
}

// Only booleans leave: there is no room for the sums.
stator.func @no_room(%x: tensor<9x10xf32>, %w: tensor<10x35xf32>) -> tensor<9x35xi1> {
  %zero = stator.constant dense<0.0> : tensor<9x35xf32>
  %p = stator.einsum "t i, i o -> t o" %x, %w : (tensor<9x10xf32>, tensor<10x35xf32>) -> tensor<9x35xf32>
  %c = stator.compare gt %p, %zero : tensor<9x35xf32> -> tensor<9x35xi1>
  stator.return %c : tensor<9x35xi1>
}

// The normalization of a sum, and the sums of its backward pass over rows.
stator.func @normalized(%x: tensor<2x9x40xf32>, %w: tensor<40x24xf32>, %h: tensor<2x9x24xf32>, %g: tensor<24xf32>, %d: tensor<2x9x24xf32>) -> (tensor<2x9x24xf32>, tensor<2x9x24xf32>, tensor<24xf32>, tensor<2x9x24xf32>) {
  %eps = stator.constant dense<1.0e-5> : tensor<2x9xf32>
  %p = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<2x9x40xf32>, tensor<40x24xf32>) -> tensor<2x9x24xf32>
  %s = stator.add %h, %p : tensor<2x9x24xf32>
  %m = stator.reduce mean %s axes [2] : tensor<2x9x24xf32> -> tensor<2x9xf32>
  %mb = stator.broadcast %m dims [0, 1] : tensor<2x9xf32> -> tensor<2x9x24xf32>
  %c = stator.sub %s, %mb : tensor<2x9x24xf32>
  %sq = stator.mul %c, %c : tensor<2x9x24xf32>
  %v = stator.reduce mean %sq axes [2] : tensor<2x9x24xf32> -> tensor<2x9xf32>
  %ve = stator.add %v, %eps : tensor<2x9xf32>
  %r = stator.rsqrt %ve : tensor<2x9xf32>
  %rb = stator.broadcast %r dims [0, 1] : tensor<2x9xf32> -> tensor<2x9x24xf32>
  %n = stator.mul %c, %rb : tensor<2x9x24xf32>
  %gb = stator.broadcast %g dims [2] : tensor<24xf32> -> tensor<2x9x24xf32>
  %y = stator.mul %n, %gb : tensor<2x9x24xf32>
  %z = stator.cumsum %y axis 1 : tensor<2x9x24xf32>
  %dz = stator.mul %z, %d : tensor<2x9x24xf32>
  %dn = stator.mul %dz, %n : tensor<2x9x24xf32>
  %dg = stator.reduce sum %dn axes [0, 1] : tensor<2x9x24xf32> -> tensor<24xf32>
  %t = stator.mul %c, %dz : tensor<2x9x24xf32>
  %o = stator.add %t, %rb : tensor<2x9x24xf32>
  stator.return %s, %y, %dg, %o : tensor<2x9x24xf32>, tensor<2x9x24xf32>, tensor<24xf32>, tensor<2x9x24xf32>
}

// A gate on the sum of two products: the first is computed before the second.
stator.func @cell(%x: tensor<3x16xf32>, %wx: tensor<16x24xf32>, %h: tensor<3x24xf32>, %wh: tensor<24x24xf32>, %b: tensor<24xf32>) -> tensor<3x24xf32> {
  %p = stator.einsum "b i, i o -> b o" %x, %wx : (tensor<3x16xf32>, tensor<16x24xf32>) -> tensor<3x24xf32>
  %q = stator.einsum "b i, i o -> b o" %h, %wh : (tensor<3x24xf32>, tensor<24x24xf32>) -> tensor<3x24xf32>
  %s = stator.add %p, %q : tensor<3x24xf32>
  %bb = stator.broadcast %b dims [1] : tensor<24xf32> -> tensor<3x24xf32>
  %t = stator.add %s, %bb : tensor<3x24xf32>
  %r = stator.tanh %t : tensor<3x24xf32>
  stator.return %r : tensor<3x24xf32>
}
