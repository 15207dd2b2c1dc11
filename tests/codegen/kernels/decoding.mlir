// Ops of the incremental form: slices at computed indices, parts of caches that
// are replaced, attention to what a cache holds.

stator.func @dynamic_slices(%x: tensor<7x5x35xf32>, %y: tensor<9xf32>, %p: tensor<i32> {test.low = 3.0, test.high = 3.0}, %q: tensor<i32> {test.low = 5.0, test.high = 90.0}, %n: tensor<i32> {test.low = -4.0, test.high = -1.0}) -> (tensor<2x5x35xf32>, tensor<7x1x35xf32>, tensor<7x5x16xf32>, tensor<4xf32>, tensor<7x5x35xf32>) {
  %a = stator.dynamic_slice %x[%p] axis 0 : (tensor<7x5x35xf32>, tensor<i32>) -> tensor<2x5x35xf32>
  %b = stator.dynamic_slice %x[%q] axis 1 : (tensor<7x5x35xf32>, tensor<i32>) -> tensor<7x1x35xf32>
  %c = stator.dynamic_slice %x[%p] axis 2 : (tensor<7x5x35xf32>, tensor<i32>) -> tensor<7x5x16xf32>
  %d = stator.dynamic_slice %y[%n] axis 0 : (tensor<9xf32>, tensor<i32>) -> tensor<4xf32>
  %e = stator.dynamic_slice %x[%q] axis 1 : (tensor<7x5x35xf32>, tensor<i32>) -> tensor<7x5x35xf32>
  stator.return %a, %b, %c, %d, %e : tensor<2x5x35xf32>, tensor<7x1x35xf32>, tensor<7x5x16xf32>, tensor<4xf32>, tensor<7x5x35xf32>
}
// The row that is asked for, normalized: one kernel.
stator.func @last_row(%x: tensor<2x6x48xf32>, %w: tensor<48xf32>, %p: tensor<i32> {test.low = 4.0, test.high = 4.0}) -> tensor<2x1x48xf32> {
  %r = stator.dynamic_slice %x[%p] axis 1 : (tensor<2x6x48xf32>, tensor<i32>) -> tensor<2x1x48xf32>
  %s = stator.mul %r, %r : tensor<2x1x48xf32>
  %m = stator.reduce mean %s axes [2] : tensor<2x1x48xf32> -> tensor<2x1xf32>
  %i = stator.rsqrt %m : tensor<2x1xf32>
  %b = stator.broadcast %i dims [0, 1] : tensor<2x1xf32> -> tensor<2x1x48xf32>
  %v = stator.broadcast %w dims [2] : tensor<48xf32> -> tensor<2x1x48xf32>
  %n = stator.mul %r, %b : tensor<2x1x48xf32>
  %o = stator.mul %n, %v : tensor<2x1x48xf32>
  stator.return %o : tensor<2x1x48xf32>
}
// Rows of a table of positions, from a computed offset that is itself computed.
stator.func @position_rows(%t: tensor<32x24xf32>, %x: tensor<2x4x24xf32>, %p: tensor<i32> {test.low = 3.0, test.high = 9.0}) -> tensor<2x4x24xf32> {
  %one = stator.constant dense<1> : tensor<i32>
  %q = stator.iadd %p, %one : tensor<i32>
  %r = stator.dynamic_slice %t[%q] axis 0 : (tensor<32x24xf32>, tensor<i32>) -> tensor<4x24xf32>
  %b = stator.broadcast %r dims [1, 2] : tensor<4x24xf32> -> tensor<2x4x24xf32>
  %s = stator.add %x, %b : tensor<2x4x24xf32>
  stator.return %s : tensor<2x4x24xf32>
}
stator.func @update_0(%c: tensor<7x35xf32>, %x: tensor<2x35xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<7x35xf32> {
  %u = stator.update_slice %c[%p], %x axis 0 : (tensor<7x35xf32>, tensor<i32>, tensor<2x35xf32>) -> tensor<7x35xf32>
  stator.return %u : tensor<7x35xf32>
}
stator.func @update_1(%c: tensor<7x35xf32>, %x: tensor<2x35xf32>, %p: tensor<i32> {test.low = 5.0, test.high = 5.0}) -> tensor<7x35xf32> {
  %u = stator.update_slice %c[%p], %x axis 0 : (tensor<7x35xf32>, tensor<i32>, tensor<2x35xf32>) -> tensor<7x35xf32>
  stator.return %u : tensor<7x35xf32>
}
stator.func @update_2(%c: tensor<7x35xf32>, %x: tensor<2x35xf32>, %p: tensor<i32> {test.low = 80.0, test.high = 90.0}) -> tensor<7x35xf32> {
  %u = stator.update_slice %c[%p], %x axis 0 : (tensor<7x35xf32>, tensor<i32>, tensor<2x35xf32>) -> tensor<7x35xf32>
  stator.return %u : tensor<7x35xf32>
}
stator.func @update_3(%c: tensor<7x35xf32>, %x: tensor<2x35xf32>, %p: tensor<i32> {test.low = -9.0, test.high = -2.0}) -> tensor<7x35xf32> {
  %u = stator.update_slice %c[%p], %x axis 0 : (tensor<7x35xf32>, tensor<i32>, tensor<2x35xf32>) -> tensor<7x35xf32>
  stator.return %u : tensor<7x35xf32>
}
stator.func @update_4(%c: tensor<3x7x35xf32>, %x: tensor<3x7x16xf32>, %p: tensor<i32> {test.low = 3.0, test.high = 3.0}) -> tensor<3x7x35xf32> {
  %u = stator.update_slice %c[%p], %x axis 2 : (tensor<3x7x35xf32>, tensor<i32>, tensor<3x7x16xf32>) -> tensor<3x7x35xf32>
  stator.return %u : tensor<3x7x35xf32>
}
stator.func @update_5(%c: tensor<3x7x35xf32>, %x: tensor<3x7x5xf32>, %p: tensor<i32> {test.low = 33.0, test.high = 34.0}) -> tensor<3x7x35xf32> {
  %u = stator.update_slice %c[%p], %x axis 2 ring : (tensor<3x7x35xf32>, tensor<i32>, tensor<3x7x5xf32>) -> tensor<3x7x35xf32>
  stator.return %u : tensor<3x7x35xf32>
}
stator.func @update_6(%c: tensor<3x64xf32>, %x: tensor<3x32xf32>, %p: tensor<i32> {test.low = 7.0, test.high = 7.0}) -> tensor<3x64xf32> {
  %u = stator.update_slice %c[%p], %x axis 1 : (tensor<3x64xf32>, tensor<i32>, tensor<3x32xf32>) -> tensor<3x64xf32>
  stator.return %u : tensor<3x64xf32>
}
stator.func @update_7(%c: tensor<3x64xf32>, %x: tensor<3x32xf32>, %p: tensor<i32> {test.low = 120.0, test.high = 120.0}) -> tensor<3x64xf32> {
  %u = stator.update_slice %c[%p], %x axis 1 ring : (tensor<3x64xf32>, tensor<i32>, tensor<3x32xf32>) -> tensor<3x64xf32>
  stator.return %u : tensor<3x64xf32>
}
stator.func @update_8(%c: tensor<2x3x9x16xf32>, %x: tensor<2x3x4x16xf32>, %p: tensor<i32> {test.low = 7.0, test.high = 8.0}) -> tensor<2x3x9x16xf32> {
  %u = stator.update_slice %c[%p], %x axis 2 ring : (tensor<2x3x9x16xf32>, tensor<i32>, tensor<2x3x4x16xf32>) -> tensor<2x3x9x16xf32>
  stator.return %u : tensor<2x3x9x16xf32>
}
stator.func @update_9(%c: tensor<2x3x9x16xf32>, %x: tensor<2x3x9x16xf32>, %p: tensor<i32> {test.low = 5.0, test.high = 5.0}) -> tensor<2x3x9x16xf32> {
  %u = stator.update_slice %c[%p], %x axis 2 ring : (tensor<2x3x9x16xf32>, tensor<i32>, tensor<2x3x9x16xf32>) -> tensor<2x3x9x16xf32>
  stator.return %u : tensor<2x3x9x16xf32>
}
stator.func @update_10(%c: tensor<2x3x9x16xf32>, %x: tensor<2x3x9x16xf32>, %p: tensor<i32> {test.low = 5.0, test.high = 5.0}) -> tensor<2x3x9x16xf32> {
  %u = stator.update_slice %c[%p], %x axis 2 : (tensor<2x3x9x16xf32>, tensor<i32>, tensor<2x3x9x16xf32>) -> tensor<2x3x9x16xf32>
  stator.return %u : tensor<2x3x9x16xf32>
}
stator.func @update_11(%c: tensor<2x3x9x16xf32>, %x: tensor<2x3x1x16xf32>, %p: tensor<i32> {test.low = 2147483640.0, test.high = 2147483647.0}) -> tensor<2x3x9x16xf32> {
  %u = stator.update_slice %c[%p], %x axis 2 ring : (tensor<2x3x9x16xf32>, tensor<i32>, tensor<2x3x1x16xf32>) -> tensor<2x3x9x16xf32>
  stator.return %u : tensor<2x3x9x16xf32>
}
stator.func @update_12(%c: tensor<11xf32>, %x: tensor<3xf32>, %p: tensor<i32> {test.low = 4.0, test.high = 4.0}) -> tensor<11xf32> {
  %u = stator.update_slice %c[%p], %x axis 0 : (tensor<11xf32>, tensor<i32>, tensor<3xf32>) -> tensor<11xf32>
  stator.return %u : tensor<11xf32>
}
// What is replaced is computed, and needed before and after.
stator.func @update_computed(%c: tensor<5x8xf32>, %x: tensor<2x8xf32>, %p: tensor<i32> {test.low = 1.0, test.high = 3.0}) -> (tensor<5x8xf32>, tensor<5x8xf32>) {
  %d = stator.exp %c : tensor<5x8xf32>
  %y = stator.neg %x : tensor<2x8xf32>
  %u = stator.update_slice %d[%p], %y axis 0 : (tensor<5x8xf32>, tensor<i32>, tensor<2x8xf32>) -> tensor<5x8xf32>
  %e = stator.add %d, %u : tensor<5x8xf32>
  stator.return %u, %e : tensor<5x8xf32>, tensor<5x8xf32>
}
// One after the other in one cache; in the second the part is what the first
// holds there.
stator.func @update_twice(%c: tensor<6x8xf32>, %x: tensor<2x8xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 2.0}, %q: tensor<i32> {test.low = 3.0, test.high = 4.0}) -> tensor<6x8xf32> {
  %u = stator.update_slice %c[%p], %x axis 0 : (tensor<6x8xf32>, tensor<i32>, tensor<2x8xf32>) -> tensor<6x8xf32>
  %r = stator.dynamic_slice %u[%p] axis 0 : (tensor<6x8xf32>, tensor<i32>) -> tensor<2x8xf32>
  %s = stator.mul %r, %r : tensor<2x8xf32>
  %v = stator.update_slice %u[%q], %s axis 0 : (tensor<6x8xf32>, tensor<i32>, tensor<2x8xf32>) -> tensor<6x8xf32>
  stator.return %v : tensor<6x8xf32>
}
// The part comes from the cache itself: not in place.
stator.func @update_from_itself(%c: tensor<6x8xf32>, %p: tensor<i32> {test.low = 1.0, test.high = 1.0}, %q: tensor<i32> {test.low = 4.0, test.high = 4.0}) -> tensor<6x8xf32> {
  %r = stator.dynamic_slice %c[%p] axis 0 : (tensor<6x8xf32>, tensor<i32>) -> tensor<4x8xf32>
  %v = stator.update_slice %c[%q], %r axis 0 ring : (tensor<6x8xf32>, tensor<i32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  stator.return %v : tensor<6x8xf32>
}
// Keys are turned by their positions and written to their cache with the values.
stator.func @cache_step(%x: tensor<1x1x96xf32>, %cos: tensor<1x16xf32>, %sin: tensor<1x16xf32>, %kc: tensor<1x2x12x16xf32>, %vc: tensor<1x2x12x16xf32>, %p: tensor<i32> {test.low = 4.0, test.high = 6.0}) -> (tensor<1x2x12x16xf32>, tensor<1x2x12x16xf32>) {
  %k0 = stator.slice %x offsets [0, 0, 32] strides [1, 1, 1] : tensor<1x1x96xf32> -> tensor<1x1x32xf32>
  %v0 = stator.slice %x offsets [0, 0, 64] strides [1, 1, 1] : tensor<1x1x96xf32> -> tensor<1x1x32xf32>
  %k1 = stator.reshape %k0 : tensor<1x1x32xf32> -> tensor<1x1x2x16xf32>
  %v1 = stator.reshape %v0 : tensor<1x1x32xf32> -> tensor<1x1x2x16xf32>
  %k = stator.transpose %k1 perm [0, 2, 1, 3] : tensor<1x1x2x16xf32> -> tensor<1x2x1x16xf32>
  %v = stator.transpose %v1 perm [0, 2, 1, 3] : tensor<1x1x2x16xf32> -> tensor<1x2x1x16xf32>
  %a = stator.slice %k offsets [0, 0, 0, 0] strides [1, 1, 1, 1] : tensor<1x2x1x16xf32> -> tensor<1x2x1x8xf32>
  %b = stator.slice %k offsets [0, 0, 0, 8] strides [1, 1, 1, 1] : tensor<1x2x1x16xf32> -> tensor<1x2x1x8xf32>
  %n = stator.neg %b : tensor<1x2x1x8xf32>
  %t = stator.concat %n, %a axis 3 : (tensor<1x2x1x8xf32>, tensor<1x2x1x8xf32>) -> tensor<1x2x1x16xf32>
  %c = stator.broadcast %cos dims [2, 3] : tensor<1x16xf32> -> tensor<1x2x1x16xf32>
  %s = stator.broadcast %sin dims [2, 3] : tensor<1x16xf32> -> tensor<1x2x1x16xf32>
  %kc1 = stator.mul %k, %c : tensor<1x2x1x16xf32>
  %ts = stator.mul %t, %s : tensor<1x2x1x16xf32>
  %kr = stator.add %kc1, %ts : tensor<1x2x1x16xf32>
  %ku = stator.update_slice %kc[%p], %kr axis 2 : (tensor<1x2x12x16xf32>, tensor<i32>, tensor<1x2x1x16xf32>) -> tensor<1x2x12x16xf32>
  %vu = stator.update_slice %vc[%p], %v axis 2 : (tensor<1x2x12x16xf32>, tensor<i32>, tensor<1x2x1x16xf32>) -> tensor<1x2x12x16xf32>
  stator.return %ku, %vu : tensor<1x2x12x16xf32>, tensor<1x2x12x16xf32>
}
// Keys are turned by their positions and written to their cache with the values.
stator.func @cache_block(%x: tensor<1x6x96xf32>, %cos: tensor<6x16xf32>, %sin: tensor<6x16xf32>, %kc: tensor<1x2x12x16xf32>, %vc: tensor<1x2x12x16xf32>, %p: tensor<i32> {test.low = 4.0, test.high = 6.0}) -> (tensor<1x2x12x16xf32>, tensor<1x2x12x16xf32>) {
  %k0 = stator.slice %x offsets [0, 0, 32] strides [1, 1, 1] : tensor<1x6x96xf32> -> tensor<1x6x32xf32>
  %v0 = stator.slice %x offsets [0, 0, 64] strides [1, 1, 1] : tensor<1x6x96xf32> -> tensor<1x6x32xf32>
  %k1 = stator.reshape %k0 : tensor<1x6x32xf32> -> tensor<1x6x2x16xf32>
  %v1 = stator.reshape %v0 : tensor<1x6x32xf32> -> tensor<1x6x2x16xf32>
  %k = stator.transpose %k1 perm [0, 2, 1, 3] : tensor<1x6x2x16xf32> -> tensor<1x2x6x16xf32>
  %v = stator.transpose %v1 perm [0, 2, 1, 3] : tensor<1x6x2x16xf32> -> tensor<1x2x6x16xf32>
  %a = stator.slice %k offsets [0, 0, 0, 0] strides [1, 1, 1, 1] : tensor<1x2x6x16xf32> -> tensor<1x2x6x8xf32>
  %b = stator.slice %k offsets [0, 0, 0, 8] strides [1, 1, 1, 1] : tensor<1x2x6x16xf32> -> tensor<1x2x6x8xf32>
  %n = stator.neg %b : tensor<1x2x6x8xf32>
  %t = stator.concat %n, %a axis 3 : (tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x2x6x16xf32>
  %c = stator.broadcast %cos dims [2, 3] : tensor<6x16xf32> -> tensor<1x2x6x16xf32>
  %s = stator.broadcast %sin dims [2, 3] : tensor<6x16xf32> -> tensor<1x2x6x16xf32>
  %kc1 = stator.mul %k, %c : tensor<1x2x6x16xf32>
  %ts = stator.mul %t, %s : tensor<1x2x6x16xf32>
  %kr = stator.add %kc1, %ts : tensor<1x2x6x16xf32>
  %ku = stator.update_slice %kc[%p], %kr axis 2 : (tensor<1x2x12x16xf32>, tensor<i32>, tensor<1x2x6x16xf32>) -> tensor<1x2x12x16xf32>
  %vu = stator.update_slice %vc[%p], %v axis 2 : (tensor<1x2x12x16xf32>, tensor<i32>, tensor<1x2x6x16xf32>) -> tensor<1x2x12x16xf32>
  stator.return %ku, %vu : tensor<1x2x12x16xf32>, tensor<1x2x12x16xf32>
}
// Keys are turned by their positions and written to their cache with the values.
stator.func @cache_ring(%x: tensor<1x6x96xf32>, %cos: tensor<6x16xf32>, %sin: tensor<6x16xf32>, %kc: tensor<1x2x12x16xf32>, %vc: tensor<1x2x12x16xf32>, %p: tensor<i32> {test.low = 4.0, test.high = 6.0}) -> (tensor<1x2x12x16xf32>, tensor<1x2x12x16xf32>) {
  %k0 = stator.slice %x offsets [0, 0, 32] strides [1, 1, 1] : tensor<1x6x96xf32> -> tensor<1x6x32xf32>
  %v0 = stator.slice %x offsets [0, 0, 64] strides [1, 1, 1] : tensor<1x6x96xf32> -> tensor<1x6x32xf32>
  %k1 = stator.reshape %k0 : tensor<1x6x32xf32> -> tensor<1x6x2x16xf32>
  %v1 = stator.reshape %v0 : tensor<1x6x32xf32> -> tensor<1x6x2x16xf32>
  %k = stator.transpose %k1 perm [0, 2, 1, 3] : tensor<1x6x2x16xf32> -> tensor<1x2x6x16xf32>
  %v = stator.transpose %v1 perm [0, 2, 1, 3] : tensor<1x6x2x16xf32> -> tensor<1x2x6x16xf32>
  %a = stator.slice %k offsets [0, 0, 0, 0] strides [1, 1, 1, 1] : tensor<1x2x6x16xf32> -> tensor<1x2x6x8xf32>
  %b = stator.slice %k offsets [0, 0, 0, 8] strides [1, 1, 1, 1] : tensor<1x2x6x16xf32> -> tensor<1x2x6x8xf32>
  %n = stator.neg %b : tensor<1x2x6x8xf32>
  %t = stator.concat %n, %a axis 3 : (tensor<1x2x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x2x6x16xf32>
  %c = stator.broadcast %cos dims [2, 3] : tensor<6x16xf32> -> tensor<1x2x6x16xf32>
  %s = stator.broadcast %sin dims [2, 3] : tensor<6x16xf32> -> tensor<1x2x6x16xf32>
  %kc1 = stator.mul %k, %c : tensor<1x2x6x16xf32>
  %ts = stator.mul %t, %s : tensor<1x2x6x16xf32>
  %kr = stator.add %kc1, %ts : tensor<1x2x6x16xf32>
  %ku = stator.update_slice %kc[%p], %kr axis 2 ring : (tensor<1x2x12x16xf32>, tensor<i32>, tensor<1x2x6x16xf32>) -> tensor<1x2x12x16xf32>
  %vu = stator.update_slice %vc[%p], %v axis 2 ring : (tensor<1x2x12x16xf32>, tensor<i32>, tensor<1x2x6x16xf32>) -> tensor<1x2x12x16xf32>
  stator.return %ku, %vu : tensor<1x2x12x16xf32>, tensor<1x2x12x16xf32>
}
// Keys are turned by their positions and written to their cache with the values.
stator.func @cache_odd(%x: tensor<1x3x60xf32>, %cos: tensor<3x10xf32>, %sin: tensor<3x10xf32>, %kc: tensor<1x2x12x10xf32>, %vc: tensor<1x2x12x10xf32>, %p: tensor<i32> {test.low = 4.0, test.high = 6.0}) -> (tensor<1x2x12x10xf32>, tensor<1x2x12x10xf32>) {
  %k0 = stator.slice %x offsets [0, 0, 20] strides [1, 1, 1] : tensor<1x3x60xf32> -> tensor<1x3x20xf32>
  %v0 = stator.slice %x offsets [0, 0, 40] strides [1, 1, 1] : tensor<1x3x60xf32> -> tensor<1x3x20xf32>
  %k1 = stator.reshape %k0 : tensor<1x3x20xf32> -> tensor<1x3x2x10xf32>
  %v1 = stator.reshape %v0 : tensor<1x3x20xf32> -> tensor<1x3x2x10xf32>
  %k = stator.transpose %k1 perm [0, 2, 1, 3] : tensor<1x3x2x10xf32> -> tensor<1x2x3x10xf32>
  %v = stator.transpose %v1 perm [0, 2, 1, 3] : tensor<1x3x2x10xf32> -> tensor<1x2x3x10xf32>
  %a = stator.slice %k offsets [0, 0, 0, 0] strides [1, 1, 1, 1] : tensor<1x2x3x10xf32> -> tensor<1x2x3x5xf32>
  %b = stator.slice %k offsets [0, 0, 0, 5] strides [1, 1, 1, 1] : tensor<1x2x3x10xf32> -> tensor<1x2x3x5xf32>
  %n = stator.neg %b : tensor<1x2x3x5xf32>
  %t = stator.concat %n, %a axis 3 : (tensor<1x2x3x5xf32>, tensor<1x2x3x5xf32>) -> tensor<1x2x3x10xf32>
  %c = stator.broadcast %cos dims [2, 3] : tensor<3x10xf32> -> tensor<1x2x3x10xf32>
  %s = stator.broadcast %sin dims [2, 3] : tensor<3x10xf32> -> tensor<1x2x3x10xf32>
  %kc1 = stator.mul %k, %c : tensor<1x2x3x10xf32>
  %ts = stator.mul %t, %s : tensor<1x2x3x10xf32>
  %kr = stator.add %kc1, %ts : tensor<1x2x3x10xf32>
  %ku = stator.update_slice %kc[%p], %kr axis 2 : (tensor<1x2x12x10xf32>, tensor<i32>, tensor<1x2x3x10xf32>) -> tensor<1x2x12x10xf32>
  %vu = stator.update_slice %vc[%p], %v axis 2 : (tensor<1x2x12x10xf32>, tensor<i32>, tensor<1x2x3x10xf32>) -> tensor<1x2x12x10xf32>
  stator.return %ku, %vu : tensor<1x2x12x10xf32>, tensor<1x2x12x10xf32>
}
// One query: at the start, somewhere, at the end; odd sizes; shared keys; biases.
stator.func @attention_0(%q: tensor<1x1x1x4xf32>, %k: tensor<1x1x1x4xf32>, %v: tensor<1x1x1x4xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<1x1x1x4xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>, tensor<i32>) -> tensor<1x1x1x4xf32>
  stator.return %o : tensor<1x1x1x4xf32>
}
stator.func @attention_1(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_2(%q: tensor<2x2x1x16xf32>, %k: tensor<2x2x40x16xf32>, %v: tensor<2x2x40x16xf32>, %p: tensor<i32> {test.low = 7.0, test.high = 30.0}) -> tensor<2x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<2x2x1x16xf32>, tensor<2x2x40x16xf32>, tensor<2x2x40x16xf32>, tensor<i32>) -> tensor<2x2x1x16xf32>
  stator.return %o : tensor<2x2x1x16xf32>
}
stator.func @attention_3(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 39.0, test.high = 39.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_4(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 60.0, test.high = 90.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_5(%q: tensor<1x4x1x8xf32>, %k: tensor<1x2x37x8xf32>, %v: tensor<1x2x37x8xf32>, %p: tensor<i32> {test.low = 36.0, test.high = 36.0}) -> tensor<1x4x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x4x1x8xf32>, tensor<1x2x37x8xf32>, tensor<1x2x37x8xf32>, tensor<i32>) -> tensor<1x4x1x8xf32>
  stator.return %o : tensor<1x4x1x8xf32>
}
stator.func @attention_6(%q: tensor<2x6x1x5xf32>, %k: tensor<2x2x37x5xf32>, %v: tensor<2x2x37x3xf32>, %p: tensor<i32> {test.low = 20.0, test.high = 33.0}) -> tensor<2x6x1x3xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<2x6x1x5xf32>, tensor<2x2x37x5xf32>, tensor<2x2x37x3xf32>, tensor<i32>) -> tensor<2x6x1x3xf32>
  stator.return %o : tensor<2x6x1x3xf32>
}
stator.func @attention_7(%q: tensor<1x3x1x33xf32>, %k: tensor<1x1x50x33xf32>, %v: tensor<1x1x50x70xf32>, %p: tensor<i32> {test.low = 44.0, test.high = 49.0}) -> tensor<1x3x1x70xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x3x1x33xf32>, tensor<1x1x50x33xf32>, tensor<1x1x50x70xf32>, tensor<i32>) -> tensor<1x3x1x70xf32>
  stator.return %o : tensor<1x3x1x70xf32>
}
stator.func @attention_8(%q: tensor<1x4x1x64xf32>, %k: tensor<1x4x70x64xf32>, %v: tensor<1x4x70x64xf32>, %p: tensor<i32> {test.low = 64.0, test.high = 68.0}) -> tensor<1x4x1x64xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x4x1x64xf32>, tensor<1x4x70x64xf32>, tensor<1x4x70x64xf32>, tensor<i32>) -> tensor<1x4x1x64xf32>
  stator.return %o : tensor<1x4x1x64xf32>
}
stator.func @attention_9(%q: tensor<1x2x1x80xf32>, %k: tensor<1x1x70x80xf32>, %v: tensor<1x1x70x96xf32>, %p: tensor<i32> {test.low = 15.0, test.high = 16.0}) -> tensor<1x2x1x96xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x80xf32>, tensor<1x1x70x80xf32>, tensor<1x1x70x96xf32>, tensor<i32>) -> tensor<1x2x1x96xf32>
  stator.return %o : tensor<1x2x1x96xf32>
}
stator.func @attention_10(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x70x16xf32>, %v: tensor<1x1x70x128xf32>, %p: tensor<i32> {test.low = 31.0, test.high = 31.0}) -> tensor<1x2x1x128xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x1x70x16xf32>, tensor<1x1x70x128xf32>, tensor<i32>) -> tensor<1x2x1x128xf32>
  stator.return %o : tensor<1x2x1x128xf32>
}
stator.func @attention_11(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 37.0, test.high = 37.0}, %b: tensor<1x40xf32>) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>, tensor<1x40xf32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_12(%q: tensor<2x4x1x16xf32>, %k: tensor<2x2x37x16xf32>, %v: tensor<2x2x37x16xf32>, %p: tensor<i32> {test.low = 36.0, test.high = 36.0}, %b: tensor<2x4x1x37xf32>) -> tensor<2x4x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<2x4x1x16xf32>, tensor<2x2x37x16xf32>, tensor<2x2x37x16xf32>, tensor<i32>, tensor<2x4x1x37xf32>) -> tensor<2x4x1x16xf32>
  stator.return %o : tensor<2x4x1x16xf32>
}
stator.func @attention_13(%q: tensor<2x4x1x16xf32>, %k: tensor<2x2x37x16xf32>, %v: tensor<2x2x37x16xf32>, %p: tensor<i32> {test.low = 30.0, test.high = 30.0}, %b: tensor<1x4x1x37xf32>) -> tensor<2x4x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<2x4x1x16xf32>, tensor<2x2x37x16xf32>, tensor<2x2x37x16xf32>, tensor<i32>, tensor<1x4x1x37xf32>) -> tensor<2x4x1x16xf32>
  stator.return %o : tensor<2x4x1x16xf32>
}
stator.func @attention_14(%q: tensor<2x4x1x16xf32>, %k: tensor<2x2x37x16xf32>, %v: tensor<2x2x37x16xf32>, %p: tensor<i32> {test.low = 16.0, test.high = 16.0}, %b: tensor<2x1x1x37xf32>) -> tensor<2x4x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<2x4x1x16xf32>, tensor<2x2x37x16xf32>, tensor<2x2x37x16xf32>, tensor<i32>, tensor<2x1x1x37xf32>) -> tensor<2x4x1x16xf32>
  stator.return %o : tensor<2x4x1x16xf32>
}
// Windows and rings, before and after they are full.
stator.func @attention_15(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 30.0, test.high = 30.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 7 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_16(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 3.0, test.high = 3.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 7 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_17(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 30.0, test.high = 30.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 4294967297 : (tensor<1x2x1x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_18(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x20x16xf32>, %v: tensor<1x1x20x16xf32>, %p: tensor<i32> {test.low = 5.0, test.high = 5.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 20 ring : (tensor<1x2x1x16xf32>, tensor<1x1x20x16xf32>, tensor<1x1x20x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_19(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x20x16xf32>, %v: tensor<1x1x20x16xf32>, %p: tensor<i32> {test.low = 19.0, test.high = 19.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 20 ring : (tensor<1x2x1x16xf32>, tensor<1x1x20x16xf32>, tensor<1x1x20x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_20(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x20x16xf32>, %v: tensor<1x1x20x16xf32>, %p: tensor<i32> {test.low = 27.0, test.high = 27.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 20 ring : (tensor<1x2x1x16xf32>, tensor<1x1x20x16xf32>, tensor<1x1x20x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_21(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x24x16xf32>, %v: tensor<1x1x24x16xf32>, %p: tensor<i32> {test.low = 1000.0, test.high = 1010.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 20 ring : (tensor<1x2x1x16xf32>, tensor<1x1x24x16xf32>, tensor<1x1x24x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_22(%q: tensor<1x4x1x8xf32>, %k: tensor<1x2x24x8xf32>, %v: tensor<1x2x24x8xf32>, %p: tensor<i32> {test.low = 46.0, test.high = 46.0}) -> tensor<1x4x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 3 ring : (tensor<1x4x1x8xf32>, tensor<1x2x24x8xf32>, tensor<1x2x24x8xf32>, tensor<i32>) -> tensor<1x4x1x8xf32>
  stator.return %o : tensor<1x4x1x8xf32>
}
stator.func @attention_23(%q: tensor<1x4x1x8xf32>, %k: tensor<1x2x24x8xf32>, %v: tensor<1x2x24x8xf32>, %p: tensor<i32> {test.low = 48.0, test.high = 48.0}) -> tensor<1x4x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 3 ring : (tensor<1x4x1x8xf32>, tensor<1x2x24x8xf32>, tensor<1x2x24x8xf32>, tensor<i32>) -> tensor<1x4x1x8xf32>
  stator.return %o : tensor<1x4x1x8xf32>
}
// Few heads and many slots: the keys of a head are divided.
stator.func @attention_24(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x600x16xf32>, %v: tensor<1x1x600x16xf32>, %p: tensor<i32> {test.low = 599.0, test.high = 599.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x2x1x16xf32>, tensor<1x1x600x16xf32>, tensor<1x1x600x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_25(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x600x16xf32>, %v: tensor<1x1x600x16xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x1x600x16xf32>, tensor<1x1x600x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_26(%q: tensor<1x2x1x16xf32>, %k: tensor<1x1x600x16xf32>, %v: tensor<1x1x600x16xf32>, %p: tensor<i32> {test.low = 100.0, test.high = 100.0}) -> tensor<1x2x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x16xf32>, tensor<1x1x600x16xf32>, tensor<1x1x600x16xf32>, tensor<i32>) -> tensor<1x2x1x16xf32>
  stator.return %o : tensor<1x2x1x16xf32>
}
stator.func @attention_27(%q: tensor<1x4x1x12xf32>, %k: tensor<1x2x515x12xf32>, %v: tensor<1x2x515x20xf32>, %p: tensor<i32> {test.low = 300.0, test.high = 514.0}) -> tensor<1x4x1x20xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x4x1x12xf32>, tensor<1x2x515x12xf32>, tensor<1x2x515x20xf32>, tensor<i32>) -> tensor<1x4x1x20xf32>
  stator.return %o : tensor<1x4x1x20xf32>
}
stator.func @attention_28(%q: tensor<1x1x1x16xf32>, %k: tensor<1x1x700x16xf32>, %v: tensor<1x1x700x16xf32>, %p: tensor<i32> {test.low = 650.0, test.high = 690.0}) -> tensor<1x1x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 window 601 : (tensor<1x1x1x16xf32>, tensor<1x1x700x16xf32>, tensor<1x1x700x16xf32>, tensor<i32>) -> tensor<1x1x1x16xf32>
  stator.return %o : tensor<1x1x1x16xf32>
}
stator.func @attention_29(%q: tensor<1x1x1x16xf32>, %k: tensor<1x1x613x16xf32>, %v: tensor<1x1x613x16xf32>, %p: tensor<i32> {test.low = 900.0, test.high = 900.0}) -> tensor<1x1x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 window 601 ring : (tensor<1x1x1x16xf32>, tensor<1x1x613x16xf32>, tensor<1x1x613x16xf32>, tensor<i32>) -> tensor<1x1x1x16xf32>
  stator.return %o : tensor<1x1x1x16xf32>
}
stator.func @attention_30(%q: tensor<1x12x1x16xf32>, %k: tensor<1x12x600x16xf32>, %v: tensor<1x12x600x16xf32>, %p: tensor<i32> {test.low = 580.0, test.high = 599.0}) -> tensor<1x12x1x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x12x1x16xf32>, tensor<1x12x600x16xf32>, tensor<1x12x600x16xf32>, tensor<i32>) -> tensor<1x12x1x16xf32>
  stator.return %o : tensor<1x12x1x16xf32>
}
// Keys smaller than a vector.
stator.func @small_0(%q: tensor<2x4x1x4xf32>, %k: tensor<2x2x37x4xf32>, %v: tensor<2x2x37x4xf32>, %p: tensor<i32> {test.low = 20.0, test.high = 33.0}) -> tensor<2x4x1x4xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<2x4x1x4xf32>, tensor<2x2x37x4xf32>, tensor<2x2x37x4xf32>, tensor<i32>) -> tensor<2x4x1x4xf32>
  stator.return %o : tensor<2x4x1x4xf32>
}
stator.func @small_1(%q: tensor<1x2x1x8xf32>, %k: tensor<1x1x300x8xf32>, %v: tensor<1x1x300x8xf32>, %p: tensor<i32> {test.low = 270.0, test.high = 299.0}) -> tensor<1x2x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x2x1x8xf32>, tensor<1x1x300x8xf32>, tensor<1x1x300x8xf32>, tensor<i32>) -> tensor<1x2x1x8xf32>
  stator.return %o : tensor<1x2x1x8xf32>
}
stator.func @small_2(%q: tensor<1x2x1x2xf32>, %k: tensor<1x2x37x2xf32>, %v: tensor<1x2x37x2xf32>, %p: tensor<i32> {test.low = 36.0, test.high = 36.0}) -> tensor<1x2x1x2xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x1x2xf32>, tensor<1x2x37x2xf32>, tensor<1x2x37x2xf32>, tensor<i32>) -> tensor<1x2x1x2xf32>
  stator.return %o : tensor<1x2x1x2xf32>
}
stator.func @small_3(%q: tensor<1x2x1x8xf32>, %k: tensor<1x2x40x8xf32>, %v: tensor<1x2x40x8xf32>, %p: tensor<i32> {test.low = 37.0, test.high = 37.0}, %b: tensor<1x40xf32>) -> tensor<1x2x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<1x2x1x8xf32>, tensor<1x2x40x8xf32>, tensor<1x2x40x8xf32>, tensor<i32>, tensor<1x40xf32>) -> tensor<1x2x1x8xf32>
  stator.return %o : tensor<1x2x1x8xf32>
}
stator.func @small_4(%q: tensor<1x1x1x8xf32>, %k: tensor<1x1x700x8xf32>, %v: tensor<1x1x700x8xf32>, %p: tensor<i32> {test.low = 650.0, test.high = 690.0}) -> tensor<1x1x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x1x1x8xf32>, tensor<1x1x700x8xf32>, tensor<1x1x700x8xf32>, tensor<i32>) -> tensor<1x1x1x8xf32>
  stator.return %o : tensor<1x1x1x8xf32>
}
stator.func @small_5(%q: tensor<1x2x1x8xf32>, %k: tensor<1x1x45x8xf32>, %v: tensor<1x1x45x8xf32>, %p: tensor<i32> {test.low = 100.0, test.high = 130.0}) -> tensor<1x2x1x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 window 40 ring : (tensor<1x2x1x8xf32>, tensor<1x1x45x8xf32>, tensor<1x1x45x8xf32>, tensor<i32>) -> tensor<1x2x1x8xf32>
  stator.return %o : tensor<1x2x1x8xf32>
}
// Blocks of queries.
stator.func @attention_31(%q: tensor<1x2x2x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<1x2x2x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x2x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x2x16xf32>
  stator.return %o : tensor<1x2x2x16xf32>
}
stator.func @attention_32(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 13.0, test.high = 13.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x8x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_33(%q: tensor<1x2x8x16xf32>, %k: tensor<1x1x40x16xf32>, %v: tensor<1x1x40x24xf32>, %p: tensor<i32> {test.low = 32.0, test.high = 32.0}) -> tensor<1x2x8x24xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x8x16xf32>, tensor<1x1x40x16xf32>, tensor<1x1x40x24xf32>, tensor<i32>) -> tensor<1x2x8x24xf32>
  stator.return %o : tensor<1x2x8x24xf32>
}
stator.func @attention_34(%q: tensor<2x4x16x8xf32>, %k: tensor<2x2x130x8xf32>, %v: tensor<2x2x130x8xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<2x4x16x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<2x4x16x8xf32>, tensor<2x2x130x8xf32>, tensor<2x2x130x8xf32>, tensor<i32>) -> tensor<2x4x16x8xf32>
  stator.return %o : tensor<2x4x16x8xf32>
}
stator.func @attention_35(%q: tensor<2x4x16x8xf32>, %k: tensor<2x2x130x8xf32>, %v: tensor<2x2x130x8xf32>, %p: tensor<i32> {test.low = 77.0, test.high = 77.0}) -> tensor<2x4x16x8xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<2x4x16x8xf32>, tensor<2x2x130x8xf32>, tensor<2x2x130x8xf32>, tensor<i32>) -> tensor<2x4x16x8xf32>
  stator.return %o : tensor<2x4x16x8xf32>
}
stator.func @attention_36(%q: tensor<1x2x33x16xf32>, %k: tensor<1x2x200x16xf32>, %v: tensor<1x2x200x16xf32>, %p: tensor<i32> {test.low = 101.0, test.high = 101.0}) -> tensor<1x2x33x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x2x33x16xf32>, tensor<1x2x200x16xf32>, tensor<1x2x200x16xf32>, tensor<i32>) -> tensor<1x2x33x16xf32>
  stator.return %o : tensor<1x2x33x16xf32>
}
stator.func @attention_37(%q: tensor<1x2x130x16xf32>, %k: tensor<1x1x300x16xf32>, %v: tensor<1x1x300x16xf32>, %p: tensor<i32> {test.low = 20.0, test.high = 20.0}) -> tensor<1x2x130x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.7 : (tensor<1x2x130x16xf32>, tensor<1x1x300x16xf32>, tensor<1x1x300x16xf32>, tensor<i32>) -> tensor<1x2x130x16xf32>
  stator.return %o : tensor<1x2x130x16xf32>
}
stator.func @attention_38(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x8x16xf32>, %v: tensor<1x2x8x16xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 : (tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>, tensor<1x2x8x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_39(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x40x16xf32>, %v: tensor<1x2x40x16xf32>, %p: tensor<i32> {test.low = 13.0, test.high = 13.0}, %b: tensor<8x40xf32>) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<1x2x8x16xf32>, tensor<1x2x40x16xf32>, tensor<1x2x40x16xf32>, tensor<i32>, tensor<8x40xf32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_40(%q: tensor<2x4x9x16xf32>, %k: tensor<2x2x37x16xf32>, %v: tensor<2x2x37x16xf32>, %p: tensor<i32> {test.low = 20.0, test.high = 20.0}, %b: tensor<1x4x9x37xf32>) -> tensor<2x4x9x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p bias %b scale 0.5 : (tensor<2x4x9x16xf32>, tensor<2x2x37x16xf32>, tensor<2x2x37x16xf32>, tensor<i32>, tensor<1x4x9x37xf32>) -> tensor<2x4x9x16xf32>
  stator.return %o : tensor<2x4x9x16xf32>
}
// Blocks with windows and rings, before, while and after they wrap.
stator.func @attention_41(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x100x16xf32>, %v: tensor<1x2x100x16xf32>, %p: tensor<i32> {test.low = 50.0, test.high = 50.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 : (tensor<1x2x8x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_42(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x100x16xf32>, %v: tensor<1x2x100x16xf32>, %p: tensor<i32> {test.low = 2.0, test.high = 2.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 : (tensor<1x2x8x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_43(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x18x16xf32>, %v: tensor<1x2x18x16xf32>, %p: tensor<i32> {test.low = 0.0, test.high = 0.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 ring : (tensor<1x2x8x16xf32>, tensor<1x2x18x16xf32>, tensor<1x2x18x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_44(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x18x16xf32>, %v: tensor<1x2x18x16xf32>, %p: tensor<i32> {test.low = 7.0, test.high = 7.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 ring : (tensor<1x2x8x16xf32>, tensor<1x2x18x16xf32>, tensor<1x2x18x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_45(%q: tensor<1x2x8x16xf32>, %k: tensor<1x2x18x16xf32>, %v: tensor<1x2x18x16xf32>, %p: tensor<i32> {test.low = 14.0, test.high = 14.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 ring : (tensor<1x2x8x16xf32>, tensor<1x2x18x16xf32>, tensor<1x2x18x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_46(%q: tensor<1x2x8x16xf32>, %k: tensor<1x1x18x16xf32>, %v: tensor<1x1x18x16xf32>, %p: tensor<i32> {test.low = 40.0, test.high = 60.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 ring : (tensor<1x2x8x16xf32>, tensor<1x1x18x16xf32>, tensor<1x1x18x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_47(%q: tensor<1x2x8x16xf32>, %k: tensor<1x1x18x16xf32>, %v: tensor<1x1x18x16xf32>, %p: tensor<i32> {test.low = 1000.0, test.high = 1000.0}) -> tensor<1x2x8x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 11 ring : (tensor<1x2x8x16xf32>, tensor<1x1x18x16xf32>, tensor<1x1x18x16xf32>, tensor<i32>) -> tensor<1x2x8x16xf32>
  stator.return %o : tensor<1x2x8x16xf32>
}
stator.func @attention_48(%q: tensor<1x2x40x16xf32>, %k: tensor<1x1x150x16xf32>, %v: tensor<1x1x150x16xf32>, %p: tensor<i32> {test.low = 290.0, test.high = 310.0}) -> tensor<1x2x40x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 100 ring : (tensor<1x2x40x16xf32>, tensor<1x1x150x16xf32>, tensor<1x1x150x16xf32>, tensor<i32>) -> tensor<1x2x40x16xf32>
  stator.return %o : tensor<1x2x40x16xf32>
}
stator.func @attention_49(%q: tensor<1x2x40x16xf32>, %k: tensor<1x1x150x16xf32>, %v: tensor<1x1x150x16xf32>, %p: tensor<i32> {test.low = 80.0, test.high = 80.0}) -> tensor<1x2x40x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 100 ring : (tensor<1x2x40x16xf32>, tensor<1x1x150x16xf32>, tensor<1x1x150x16xf32>, tensor<i32>) -> tensor<1x2x40x16xf32>
  stator.return %o : tensor<1x2x40x16xf32>
}
stator.func @attention_50(%q: tensor<1x2x130x16xf32>, %k: tensor<1x1x400x16xf32>, %v: tensor<1x1x400x16xf32>, %p: tensor<i32> {test.low = 500.0, test.high = 500.0}) -> tensor<1x2x130x16xf32> {
  %o = stator.cached_attention %q, %k, %v at %p scale 0.5 window 200 ring : (tensor<1x2x130x16xf32>, tensor<1x1x400x16xf32>, tensor<1x1x400x16xf32>, tensor<i32>) -> tensor<1x2x130x16xf32>
  stator.return %o : tensor<1x2x130x16xf32>
}
// A step of a layer: what is written is what is attended to.
stator.func @step(%q: tensor<1x4x1x16xf32>, %k: tensor<1x2x1x16xf32>, %v: tensor<1x2x1x16xf32>, %kc: tensor<1x2x24x16xf32>, %vc: tensor<1x2x24x16xf32>, %p: tensor<i32> {test.low = 9.0, test.high = 9.0}) -> (tensor<1x4x1x16xf32>, tensor<1x2x24x16xf32>, tensor<1x2x24x16xf32>) {
  %ku = stator.update_slice %kc[%p], %k axis 2 : (tensor<1x2x24x16xf32>, tensor<i32>, tensor<1x2x1x16xf32>) -> tensor<1x2x24x16xf32>
  %vu = stator.update_slice %vc[%p], %v axis 2 : (tensor<1x2x24x16xf32>, tensor<i32>, tensor<1x2x1x16xf32>) -> tensor<1x2x24x16xf32>
  %o = stator.cached_attention %q, %ku, %vu at %p scale 0.25 : (tensor<1x4x1x16xf32>, tensor<1x2x24x16xf32>, tensor<1x2x24x16xf32>, tensor<i32>) -> tensor<1x4x1x16xf32>
  stator.return %o, %ku, %vu : tensor<1x4x1x16xf32>, tensor<1x2x24x16xf32>, tensor<1x2x24x16xf32>
}
