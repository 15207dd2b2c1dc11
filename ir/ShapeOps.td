//===- ShapeOps.td - Ops that move elements -------------------------------===//

#ifndef STATOR_IR_SHAPE_OPS_TD
#define STATOR_IR_SHAPE_OPS_TD

include "StatorBase.td"

def Stator_ConstantOp : Stator_NonDifferentiableOp<"constant", [
    ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "A tensor known when the model is compiled, usually one number everywhere";
  let description = [{
    ```mlir
    %scale = stator.constant dense<0.125> : tensor<12x4x64x64xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Stator_IotaOp : Stator_NonDifferentiableOp<"iota"> {
  let summary = "Each element is its index along `axis`";
  let description = [{
    Positions, and with `stator.compare` masks of every shape.

    ```mlir
    %key = stator.iota axis 1 : tensor<64x64xi32>
    ```
  }];
  let arguments = (ins I64Attr:$axis);
  let results = (outs Stator_IntTensor:$result);
  let assemblyFormat = "`axis` $axis attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Stator_BroadcastOp : Stator_Op<"broadcast"> {
  let summary = "Repeats a tensor along new dimensions";
  let description = [{
    `dimensions` says for each dimension of the operand which one of the result it becomes (strictly
    increasing, sizes equal); the result repeats along all others. A dimension of size 1 is repeated
    by reshaping it away first.

    ```mlir
    %1 = stator.broadcast %bias dims [2] : tensor<384xf32> -> tensor<12x64x384xf32>
    ```
  }];
  let arguments = (ins Stator_Tensor:$input, DenseI64ArrayAttr:$dimensions);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "$input `dims` $dimensions attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
}

def Stator_ReshapeOp : Stator_Op<"reshape"> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    Costs nothing: the memory stays as it is.

    ```mlir
    %heads = stator.reshape %q : tensor<12x64x128xf32> -> tensor<12x64x4x32xf32>
    ```
  }];
  let arguments = (ins Stator_Tensor:$input);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
}

def Stator_TransposeOp : Stator_Op<"transpose", [InferTypeOpAdaptor]> {
  let summary = "Reorders dimensions: dimension i of the result is `permutation[i]` of the operand";
  let description = [{
    ```mlir
    %1 = stator.transpose %heads perm [0, 2, 1, 3] : tensor<12x64x4x32xf32> -> tensor<12x4x64x32xf32>
    ```
  }];
  let arguments = (ins Stator_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "$input `perm` $permutation attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Stator_SliceOp : Stator_Op<"slice"> {
  let summary = "A part of a tensor";
  let description = [{
    Along each dimension the elements `offsets[d] + i * strides[d]`, as many as the result has. The
    derivative is `stator.pad`.

    ```mlir
    %k = stator.slice %qkv offsets [0, 0, 128] strides [1, 1, 1] : tensor<12x64x384xf32> -> tensor<12x64x128xf32>
    ```
  }];
  let arguments = (ins Stator_Tensor:$input, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "$input `offsets` $offsets `strides` $strides attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Stator_PadOp : Stator_Op<"pad"> {
  let summary = "Puts a tensor into zeros: the derivative of a slice, and back";
  let description = [{
    Element i of the operand goes to `low[d] + i * strides[d]` along each dimension of the result;
    all others are zero.

    ```mlir
    %1 = stator.pad %dk low [0, 0, 128] strides [1, 1, 1] : tensor<12x64x128xf32> -> tensor<12x64x384xf32>
    ```
  }];
  let arguments = (ins Stator_FloatTensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$strides);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input `low` $low `strides` $strides attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Stator_ConcatOp : Stator_Op<"concat", [InferTypeOpAdaptor]> {
  let summary = "Tensors one after the other along `axis`";
  let description = [{
    They agree in all other dimensions.

    ```mlir
    %1 = stator.concat %x, %y axis 1 : (tensor<2x3xf32>, tensor<2x5xf32>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Variadic<Stator_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Stator_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type($inputs, $result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

#endif // STATOR_IR_SHAPE_OPS_TD
