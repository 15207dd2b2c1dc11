//===- TensorOps.td - Contractions, reductions, look-ups ------------------===//

#ifndef STATOR_IR_TENSOR_OPS_TD
#define STATOR_IR_TENSOR_OPS_TD

include "StatorBase.td"

def Stator_EinsumOp : Stator_Op<"einsum", [InferTypeOpAdaptor]> {
  let summary = "A product of two tensors, summed over the dimensions that the result lacks";
  let description = [{
    The one contraction of the dialect; every matrix product is one. The equation names dimensions
    in einops notation, divided by single spaces. No name stands twice in one operand, and a name
    of one operand only must stand in the result (sum it first with `stator.reduce`), so that each
    dimension is one of: batch (in all three), row (first operand and result), column (second
    operand and result), contracted (both operands). `ir/Einsum.h` reads it.

    ```mlir
    %1 = stator.einsum "b h q d, b h k d -> b h q k" %q, %k
        : (tensor<12x4x64x32xf32>, tensor<12x4x64x32xf32>) -> tensor<12x4x64x64xf32>
    ```
  }];
  let arguments = (ins StrAttr:$equation, Stator_FloatTensor:$lhs, Stator_FloatTensor:$rhs);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$equation $lhs `,` $rhs attr-dict `:` functional-type(operands, $result)";
  let hasCanonicalizer = 1;
}

def Stator_ReduceOp : Stator_Op<"reduce", [InferTypeOpAdaptor]> {
  let summary = "Combines the elements along `axes`, which are gone from the result";
  let description = [{
    `sum`, `mean`, `max`, `min` or `logsumexp`. The axes are strictly increasing. The cotangent of a
    maximum or minimum is shared equally by the elements that attain it. `logsumexp` is the logarithm
    of the sum of the exponentials, computed relative to the maximum so that it does not overflow; its
    derivative is the softmax. Elements that are all -inf give -inf and have gradient 0.

    ```mlir
    %mean = stator.reduce mean %x axes [2] : tensor<12x64x128xf32> -> tensor<12x64xf32>
    ```
  }];
  let arguments = (ins Stator_ReduceKindAttr:$kind, Stator_FloatTensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "custom<Enum>($kind) $input `axes` $axes attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Stator_CumsumOp : Stator_Op<"cumsum", [SameOperandsAndResultType]> {
  let summary = "Running sums along `axis`, from the end with `reverse`";
  let description = [{
    Element i is the sum of elements 0 to i (with `reverse` of i to the last). The derivative is the
    same op the other way.
  }];
  let arguments = (ins Stator_FloatTensor:$input, I64Attr:$axis, UnitAttr:$reverse);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input `axis` $axis (`reverse` $reverse^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Stator_SoftmaxOp : Stator_Op<"softmax", [SameOperandsAndResultType]> {
  let summary = "Softmax, exp(x - max) / sum exp(x - max), along `axis`";
  let description = [{
    Nonnegative numbers whose sum along `axis` is 1. Derivative, with cotangent d and result y:
    y (d - sum(d y)).

    A row that is -inf everywhere (all of it is masked) gives 0, and its gradient is 0. A row that
    contains NaN or +inf gives NaN. Attention, fused or cached, follows the same rules.
  }];
  let arguments = (ins Stator_FloatTensor:$input, I64Attr:$axis);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Stator_CausalMaskOp : Stator_Op<"causal_mask", [SameOperandsAndResultType]> {
  let summary = "Replaces what a query may not see by `fill`";
  let description = [{
    The last two dimensions are queries and keys. With Q queries and K keys, key k of query q is
    kept iff k <= q + K - Q and, with `window` w, also k > q + K - Q - w. The derivative is the same
    op with `fill` 0.
  }];
  let arguments = (ins Stator_FloatTensor:$input, F64Attr:$fill, OptionalAttr<I64Attr>:$window);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input `fill` custom<Number>($fill) (`window` $window^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Stator_GatherOp : Stator_Op<"gather", [InferTypeOpAdaptor]> {
  let summary = "Rows of a table: result[i..., :] = table[indices[i...], :]";
  let description = [{
    `table` is [rows, width...]; the result is [shape of indices..., width...]. An index outside the
    table is an error when the program runs: tokens are checked when they are read, other indices by
    the kernel, which clamps them so as to stay inside the table and reports them to the runtime.
  }];
  let arguments = (ins Stator_FloatTensor:$table, Stator_IntTensor:$indices);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$table `[` $indices `]` attr-dict `:` functional-type(operands, $result)";
}

def Stator_ScatterAddOp : Stator_NonDifferentiableOp<"scatter_add"> {
  let summary = "Sums rows into zeros by index: the derivative of a gather";
  let description = [{
    result[indices[i...], :] += updates[i..., :], in row-major order of i, so that the sum is the
    same every time.
  }];
  let arguments = (ins Stator_FloatTensor:$updates, Stator_IntTensor:$indices);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$updates `[` $indices `]` attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

#endif // STATOR_IR_TENSOR_OPS_TD
