//===- FusedOps.td - Composite ops and their derivatives ------------------===//

#ifndef STATOR_IR_FUSED_OPS_TD
#define STATOR_IR_FUSED_OPS_TD

include "StatorBase.td"

def Stator_CrossEntropyOp : Stator_Op<"cross_entropy", [InferTypeOpAdaptor]> {
  let summary = "Loss of each position, -log softmax(logits)[target]";
  let description = [{
    `logits` is [positions..., vocabulary], `targets` [positions...]. A negative target has loss 0
    and no gradient. There is at least one class. The second result, log sum exp of the logits, is the residual of the derivative.
    Where all logits of a position are -inf, every class has probability 0: the loss is +inf, and the
    gradient is 0.
  }];
  let arguments = (ins Stator_FloatTensor:$logits, Stator_IntTensor:$targets);
  let results = (outs Stator_FloatTensor:$loss, Stator_FloatTensor:$lse);
  let assemblyFormat = "$logits `,` $targets attr-dict `:` functional-type(operands, results)";
}

def Stator_CrossEntropyGradOp : Stator_NonDifferentiableOp<"cross_entropy_grad", [
    AllTypesMatch<["logits", "result"]>, AllTypesMatch<["lse", "cotangent"]>]> {
  let summary = "The derivative of cross_entropy";
  let description = [{
    (softmax(logits) - onehot(target)) * cotangent for each position, 0 where the target is negative.
    The softmax is exp(logits - lse). `cotangent` is that of the loss. The result is 0 where lse is
    -inf, too: all logits of the position are -inf.
  }];
  let arguments = (ins Stator_FloatTensor:$logits, Stator_IntTensor:$targets, Stator_FloatTensor:$lse,
                       Stator_FloatTensor:$cotangent);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$logits `,` $targets `,` $lse `,` $cotangent attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def Stator_AttentionOp : Stator_Op<"attention", [InferTypeOpAdaptor]> {
  let summary = "Scaled dot-product attention as one op; the weights never exist";
  let description = [{
    With Q [batch, heads, queries, depth], K [batch, kv heads, keys, depth], V [batch, kv heads,
    keys, value depth]: dropout(softmax(scale * Q K^T + bias, masked)) V and, as the residual of the
    derivative, log sum exp of the masked scores, [batch, heads, queries]. Query head h uses key head
    h / (heads / kv heads). `causal` and `window` mask as `stator.causal_mask` does. `bias` is added
    to the scores; it is [queries, keys] or [batch or 1, heads or 1, queries, keys] and gets no gradient.
    A query all of whose scores are masked or -inf has result 0, lse -inf and gradient 0.
    Dropout is that of `stator.dropout` on [batch, heads, queries, keys]. Made by `stator-fuse-attention`
    (Dao et al. 2022 for the tiled form).
  }];
  let arguments = (ins Stator_FloatTensor:$query, Stator_FloatTensor:$key, Stator_FloatTensor:$value,
                       Optional<Stator_FloatTensor>:$bias, F64Attr:$scale, UnitAttr:$causal,
                       OptionalAttr<I64Attr>:$window,
                       DefaultValuedAttr<F64Attr, "0.0">:$dropout_rate,
                       DefaultValuedAttr<I64Attr, "-1">:$dropout_stream);
  let results = (outs Stator_FloatTensor:$result, Stator_FloatTensor:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`bias` $bias^)? `scale` custom<Number>($scale) (`causal` $causal^)? (`window` $window^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Stator_AttentionGradOp : Stator_NonDifferentiableOp<"attention_grad", [
    AllTypesMatch<["query", "queryCotangent"]>,
    AllTypesMatch<["key", "keyCotangent"]>, AllTypesMatch<["value", "valueCotangent"]>,
    AllTypesMatch<["result", "cotangent"]>]> {
  let summary = "The derivative of attention, which computes the weights again tile by tile";
  let description = [{
    The cotangents of query, key and value. `result` and `lse` are the results of the attention,
    `cotangent` is that of `result`; everything else is as there. With P the weights before dropout,
    D the scaled mask of dropout and dO the cotangent: dV = (D P)^T dO, dP = D (dO V^T),
    dS = P (dP - rowsum(dO O)), dQ = scale dS K, dK = scale dS^T Q (Dao et al. 2022).
  }];
  let arguments = (ins Stator_FloatTensor:$query, Stator_FloatTensor:$key, Stator_FloatTensor:$value,
                       Optional<Stator_FloatTensor>:$bias, Stator_FloatTensor:$result,
                       Stator_FloatTensor:$lse, Stator_FloatTensor:$cotangent,
                       F64Attr:$scale, UnitAttr:$causal, OptionalAttr<I64Attr>:$window,
                       DefaultValuedAttr<F64Attr, "0.0">:$dropout_rate,
                       DefaultValuedAttr<I64Attr, "-1">:$dropout_stream);
  let results = (outs Stator_FloatTensor:$queryCotangent, Stator_FloatTensor:$keyCotangent,
                      Stator_FloatTensor:$valueCotangent);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`bias` $bias^)? `of` $result `,` $lse `by` $cotangent `scale` custom<Number>($scale)
    (`causal` $causal^)? (`window` $window^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // STATOR_IR_FUSED_OPS_TD
