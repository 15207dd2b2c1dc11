//===- DecodingOps.td - Ops of the incremental form -----------------------===//

#ifndef STATOR_IR_DECODING_OPS_TD
#define STATOR_IR_DECODING_OPS_TD

include "StatorBase.td"

def Stator_DynamicSliceOp : Stator_NonDifferentiableOp<"dynamic_slice"> {
  let summary = "A part of a tensor that starts at a computed index";
  let description = [{
    Along `axis` the elements from `offset` on, as many as the result has; all of every other dimension.
    That they are inside is up to who computes the offset; compiled code clamps it.

    ```mlir
    %row = stator.dynamic_slice %x[%last] axis 1 : (tensor<1x64x768xf32>, tensor<i32>) -> tensor<1x1x768xf32>
    ```
  }];
  let arguments = (ins Stator_Tensor:$input, Stator_IntScalar:$offset, I64Attr:$axis);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "$input `[` $offset `]` `axis` $axis attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def Stator_UpdateSliceOp : Stator_NonDifferentiableOp<"update_slice", [
    AllTypesMatch<["input", "result"]>]> {
  let summary = "A tensor with a part replaced that starts at a computed index";
  let description = [{
    Along `axis` the elements from `offset` on are those of `part`, all others those of `input`. With
    `ring` indices are modulo the size of the dimension; without, that the part is inside is up to who
    computes the offset. Where nobody else needs the input, it is done in its memory.

    ```mlir
    %keys = stator.update_slice %cache[%position], %k axis 2
        : (tensor<1x12x1024x64xf32>, tensor<i32>, tensor<1x12x16x64xf32>) -> tensor<1x12x1024x64xf32>
    ```
  }];
  let arguments = (ins Stator_Tensor:$input, Stator_IntScalar:$offset, Stator_Tensor:$part,
                       I64Attr:$axis, UnitAttr:$ring);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = [{
    $input `[` $offset `]` `,` $part `axis` $axis (`ring` $ring^)? attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def Stator_CachedAttentionOp : Stator_NonDifferentiableOp<"cached_attention"> {
  let summary = "Causal attention of a few queries to a cache of keys and values";
  let description = [{
    What `stator.attention` with a causal mask computes for the queries at `position`,
    `position` + 1, ... With Q [batch, heads, queries, depth] and the caches K [batch, kv heads, slots,
    depth] and V [batch, kv heads, slots, value depth], which hold the keys and values of these
    positions already: query i sees the keys of positions up to p = `position` + i and, with a
    `window` w, after p - w. The key of position j is in slot j; with `ring` slot s has
    the latest position up to `position` + queries - 1 that is s modulo the number of slots, so that a window of w needs
    w + queries - 1 slots. `bias` is added to the scores; it is [queries, slots] or
    [batch or 1, heads or 1, queries, slots], and not with `ring`. The work is that of the keys seen, not
    of the slots.
  }];
  let arguments = (ins Stator_FloatTensor:$query, Stator_FloatTensor:$key, Stator_FloatTensor:$value,
                       Stator_IntScalar:$position, Optional<Stator_FloatTensor>:$bias, F64Attr:$scale,
                       OptionalAttr<I64Attr>:$window, UnitAttr:$ring);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `at` $position (`bias` $bias^)? `scale` custom<Number>($scale) (`window` $window^)?
    (`ring` $ring^)? attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def Stator_DequantizeOp : Stator_NonDifferentiableOp<"dequantize"> {
  let summary = "Weights as floats from the type that they are stored in";
  let description = [{
    Of `bf16` the number itself. Of `i8` the number times its scale: along `axis` each
    `block` elements share one (the last block may be shorter), so that scales have the shape of the weights with that
    dimension divided by `block`, rounded up. It is part of the kernel that uses the weights.

    ```mlir
    %w = stator.dequantize %q scales %s axis 1 block 32
        : (tensor<2304x768xi8>, tensor<2304x24xf32>) -> tensor<2304x768xf32>
    ```
  }];
  let arguments = (ins Stator_PackedTensor:$weights, Optional<Stator_FloatTensor>:$scales,
                       DefaultValuedAttr<I64Attr, "0">:$axis, DefaultValuedAttr<I64Attr, "0">:$block);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = [{
    $weights (`scales` $scales^ `axis` $axis `block` $block)? attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

#endif // STATOR_IR_DECODING_OPS_TD
