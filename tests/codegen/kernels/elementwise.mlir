// Ops on each element, at sizes of several vectors and a rest.

stator.func @unary(%x: tensor<3x75xf32>) -> (tensor<3x75xf32>, tensor<3x75xf32>, tensor<3x75xf32>, tensor<3x75xf32>, tensor<3x75xf32>) {
  %a = stator.neg %x : tensor<3x75xf32>
  %b = stator.abs %x : tensor<3x75xf32>
  %c = stator.exp %x : tensor<3x75xf32>
  %d = stator.relu %x : tensor<3x75xf32>
  %e = stator.sigmoid %x : tensor<3x75xf32>
  stator.return %a, %b, %c, %d, %e : tensor<3x75xf32>, tensor<3x75xf32>, tensor<3x75xf32>, tensor<3x75xf32>, tensor<3x75xf32>
}
stator.func @curves(%x: tensor<113xf32> {test.low = -6.0, test.high = 6.0}) -> (tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>) {
  %a = stator.sin %x : tensor<113xf32>
  %b = stator.cos %x : tensor<113xf32>
  %c = stator.tanh %x : tensor<113xf32>
  %d = stator.erf %x : tensor<113xf32>
  %e = stator.silu %x : tensor<113xf32>
  %f = stator.gelu %x : tensor<113xf32>
  %g = stator.gelu %x tanh : tensor<113xf32>
  stator.return %a, %b, %c, %d, %e, %f, %g : tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>, tensor<113xf32>
}
stator.func @of_positive(%x: tensor<5x33xf32> {test.low = 0.01, test.high = 50.0}, %y: tensor<5x33xf32>) -> (tensor<5x33xf32>, tensor<5x33xf32>, tensor<5x33xf32>, tensor<5x33xf32>, tensor<5x33xf32>) {
  %a = stator.log %x : tensor<5x33xf32>
  %b = stator.sqrt %x : tensor<5x33xf32>
  %c = stator.rsqrt %x : tensor<5x33xf32>
  %d = stator.pow %x, %y : tensor<5x33xf32>
  %e = stator.div %y, %x : tensor<5x33xf32>
  stator.return %a, %b, %c, %d, %e : tensor<5x33xf32>, tensor<5x33xf32>, tensor<5x33xf32>, tensor<5x33xf32>, tensor<5x33xf32>
}
stator.func @whole_powers(%x: tensor<40xf32>) -> (tensor<40xf32>, tensor<40xf32>, tensor<40xf32>) {
  %two = stator.constant dense<2.0> : tensor<40xf32>
  %three = stator.constant dense<3.0> : tensor<40xf32>
  %minus = stator.constant dense<-2.0> : tensor<40xf32>
  %a = stator.pow %x, %two : tensor<40xf32>
  %b = stator.pow %x, %three : tensor<40xf32>
  %c = stator.pow %x, %minus : tensor<40xf32>
  stator.return %a, %b, %c : tensor<40xf32>, tensor<40xf32>, tensor<40xf32>
}
stator.func @binary(%x: tensor<2x2x17xf32>, %y: tensor<2x2x17xf32>) -> (tensor<2x2x17xf32>, tensor<2x2x17xf32>, tensor<2x2x17xf32>, tensor<2x2x17xf32>, tensor<2x2x17xf32>) {
  %a = stator.add %x, %y : tensor<2x2x17xf32>
  %b = stator.sub %x, %y : tensor<2x2x17xf32>
  %c = stator.mul %x, %y : tensor<2x2x17xf32>
  %d = stator.maximum %x, %y : tensor<2x2x17xf32>
  %e = stator.minimum %x, %y : tensor<2x2x17xf32>
  stator.return %a, %b, %c, %d, %e : tensor<2x2x17xf32>, tensor<2x2x17xf32>, tensor<2x2x17xf32>, tensor<2x2x17xf32>, tensor<2x2x17xf32>
}
stator.func @integers(%x: tensor<37xi32> {test.high = 9.0}, %y: tensor<37xi32> {test.high = 9.0}) -> (tensor<37xi32>, tensor<37xi32>, tensor<37xi32>, tensor<37xf32>) {
  %a = stator.iadd %x, %y : tensor<37xi32>
  %b = stator.isub %x, %y : tensor<37xi32>
  %c = stator.imul %x, %y : tensor<37xi32>
  %d = stator.convert %b : tensor<37xi32> -> tensor<37xf32>
  stator.return %a, %b, %c, %d : tensor<37xi32>, tensor<37xi32>, tensor<37xi32>, tensor<37xf32>
}
stator.func @logic(%x: tensor<3x21xf32>, %y: tensor<3x21xf32>, %i: tensor<3x21xi32>, %j: tensor<3x21xi32>) -> (tensor<3x21xi1>, tensor<3x21xi1>, tensor<3x21xi1>, tensor<3x21xf32>, tensor<3x21xi32>, tensor<3x21xf32>) {
  %lt = stator.compare lt %x, %y : tensor<3x21xf32> -> tensor<3x21xi1>
  %ge = stator.compare ge %i, %j : tensor<3x21xi32> -> tensor<3x21xi1>
  %ne = stator.compare ne %i, %j : tensor<3x21xi32> -> tensor<3x21xi1>
  %and = stator.and %lt, %ge : tensor<3x21xi1>
  %or = stator.or %and, %ne : tensor<3x21xi1>
  %not = stator.not %or : tensor<3x21xi1>
  %s = stator.select %not, %x, %y : tensor<3x21xi1>, tensor<3x21xf32>
  %c = stator.convert %or : tensor<3x21xi1> -> tensor<3x21xi32>
  %f = stator.convert %and : tensor<3x21xi1> -> tensor<3x21xf32>
  stator.return %and, %or, %not, %s, %c, %f : tensor<3x21xi1>, tensor<3x21xi1>, tensor<3x21xi1>, tensor<3x21xf32>, tensor<3x21xi32>, tensor<3x21xf32>
}
stator.func @compare_loaded(%x: tensor<3x40xi1>, %a: tensor<3x40xf32>, %b: tensor<3x40xf32>) -> (tensor<3x40xf32>, tensor<3x40xi1>) {
  %s = stator.select %x, %a, %b : tensor<3x40xi1>, tensor<3x40xf32>
  %n = stator.not %x : tensor<3x40xi1>
  stator.return %s, %n : tensor<3x40xf32>, tensor<3x40xi1>
}
stator.func @dropped(%x: tensor<7x35xf32>) -> (tensor<7x35xf32>, tensor<7x35xf32>) {
  %a = stator.dropout %x rate 0.3 stream 2 : tensor<7x35xf32>
  %h = stator.mul %x, %x : tensor<7x35xf32>
  %b = stator.dropout %h rate 0.5 stream 5 : tensor<7x35xf32>
  stator.return %a, %b : tensor<7x35xf32>, tensor<7x35xf32>
}
stator.func @large(%x: tensor<64x1031xf32>, %y: tensor<64x1031xf32>) -> tensor<64x1031xf32> {
  %a = stator.gelu %x : tensor<64x1031xf32>
  %b = stator.mul %a, %y : tensor<64x1031xf32>
  stator.return %b : tensor<64x1031xf32>
}
stator.func @scalar(%x: tensor<f32>) -> tensor<f32> {
  %a = stator.exp %x : tensor<f32>
  stator.return %a : tensor<f32>
}
