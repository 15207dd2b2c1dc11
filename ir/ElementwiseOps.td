//===- ElementwiseOps.td - Ops that work on each element alone ------------===//

#ifndef STATOR_IR_ELEMENTWISE_OPS_TD
#define STATOR_IR_ELEMENTWISE_OPS_TD

include "StatorBase.td"

class Stator_UnaryOp<string mnemonic, string what, string derivative>
    : Stator_Op<mnemonic, [SameOperandsAndResultType, Elementwise]> {
  let summary = what;
  let description = "Of each element x a y. Derivative: " # derivative # ".";
  let arguments = (ins Stator_FloatTensor:$input);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

def Stator_NegOp     : Stator_UnaryOp<"neg", "Negation, -x", "-1"> { let hasFolder = 1; }
def Stator_AbsOp     : Stator_UnaryOp<"abs", "Absolute value, |x|", "1 above, -1 below and 0 at 0">;
def Stator_ExpOp     : Stator_UnaryOp<"exp", "Exponential function, e^x", "y">;
def Stator_LogOp     : Stator_UnaryOp<"log", "Natural logarithm", "1 / x"> { let hasCanonicalizer = 1; }
def Stator_SqrtOp    : Stator_UnaryOp<"sqrt", "Square root", "1 / (2 y)">;
def Stator_RsqrtOp   : Stator_UnaryOp<"rsqrt", "Reciprocal square root, 1 / sqrt(x)", "-y^3 / 2">;
def Stator_SinOp     : Stator_UnaryOp<"sin", "Sine, x in radians", "cos x">;
def Stator_CosOp     : Stator_UnaryOp<"cos", "Cosine, x in radians", "-sin x">;
def Stator_TanhOp    : Stator_UnaryOp<"tanh", "Hyperbolic tangent", "1 - y^2">;
def Stator_ErfOp     : Stator_UnaryOp<"erf", "Error function", "2 / sqrt(pi) e^(-x^2)">;
def Stator_SigmoidOp : Stator_UnaryOp<"sigmoid", "Logistic function, 1 / (1 + e^-x)", "y (1 - y)">;
def Stator_ReluOp    : Stator_UnaryOp<"relu", "Rectified linear unit, max(x, 0)", "1 above 0, else 0">;
def Stator_SiluOp    : Stator_UnaryOp<"silu", "Sigmoid linear unit, x * sigmoid(x) (Elfwing et al. 2017)",
                                      "s (1 + x (1 - s)) with s = sigmoid(x)">;
def Stator_GeluOp : Stator_Op<"gelu", [SameOperandsAndResultType, Elementwise]> {
  let summary = "Gaussian error linear unit (Hendrycks and Gimpel 2016)";
  let description = [{
    x/2 * (1 + erf(x / sqrt 2)), or with `tanh_approximation` GPT-2's
    x/2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
  }];
  let arguments = (ins Stator_FloatTensor:$input, UnitAttr:$tanh_approximation);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input (`tanh` $tanh_approximation^)? attr-dict `:` type($result)";
}

class Stator_BinaryOp<string mnemonic, string what, string derivative, list<Trait> traits = []>
    : Stator_Op<mnemonic, [SameOperandsAndResultType, Elementwise] # traits> {
  let summary = what;
  let description = "Of two elements x and y a z. Derivatives: " # derivative # ".";
  let arguments = (ins Stator_FloatTensor:$lhs, Stator_FloatTensor:$rhs);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Stator_AddOp : Stator_BinaryOp<"add", "Sum, x + y", "1 and 1", [Commutative]> {
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Stator_SubOp : Stator_BinaryOp<"sub", "Difference, x - y", "1 and -1"> { let hasFolder = 1; }
def Stator_MulOp : Stator_BinaryOp<"mul", "Product, x * y", "y and x", [Commutative]> { let hasFolder = 1; }
def Stator_DivOp : Stator_BinaryOp<"div", "Quotient, x / y", "1 / y and -z / y"> { let hasFolder = 1; }
def Stator_PowOp : Stator_BinaryOp<"pow", "Power, x^y, for x > 0 or whole y",
                                     "y x^(y - 1) and z log x; 0 for y = 0 and for x = 0"> {
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Stator_MaximumOp : Stator_BinaryOp<"maximum", "The larger one; NaN if one is NaN",
                                         "1 for the larger, 0 for the other, 1/2 for equal ones", [Commutative]>;
def Stator_MinimumOp : Stator_BinaryOp<"minimum", "The smaller one; NaN if one is NaN",
                                         "1 for the smaller, 0 for the other, 1/2 for equal ones", [Commutative]>;

def Stator_SelectOp : Stator_Op<"select", [Elementwise, AllTypesMatch<["onTrue", "onFalse", "result"]>,
                                           AllShapesMatch<["condition", "result"]>]> {
  let summary = "Where the condition holds the first value, elsewhere the second";
  let description = [{
    The cotangent goes to the value that was taken; the other gets 0, whatever it was.

    ```mlir
    %2 = stator.select %mask, %scores, %fill : tensor<64x64xi1>, tensor<64x64xf32>
    ```
  }];
  let arguments = (ins Stator_BoolTensor:$condition, Stator_FloatTensor:$onTrue, Stator_FloatTensor:$onFalse);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$condition `,` $onTrue `,` $onFalse attr-dict `:` type($condition) `,` type($result)";
  let hasFolder = 1;
}

def Stator_CompareOp : Stator_NonDifferentiableOp<"compare", [
    Elementwise, AllTypesMatch<["lhs", "rhs"]>, AllShapesMatch<["lhs", "result"]>]> {
  let summary = "Compares two tensors of floats or integers, element by element";
  let description = [{
    With NaN all comparisons but `ne` are false. Integers are signed.

    ```mlir
    %2 = stator.compare ge %query, %key : tensor<64x64xi32> -> tensor<64x64xi1>
    ```
  }];
  let arguments = (ins Stator_PredicateAttr:$predicate, Stator_Tensor:$lhs, Stator_Tensor:$rhs);
  let results = (outs Stator_BoolTensor:$result);
  let assemblyFormat = "custom<Enum>($predicate) $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)";
}

class Stator_LogicalOp<string mnemonic, string what>
    : Stator_NonDifferentiableOp<mnemonic, [SameOperandsAndResultType, Elementwise, Commutative]> {
  let summary = what;
  let description = "Of booleans, element by element.";
  let arguments = (ins Stator_BoolTensor:$lhs, Stator_BoolTensor:$rhs);
  let results = (outs Stator_BoolTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}
def Stator_AndOp : Stator_LogicalOp<"and", "Both hold">;
def Stator_OrOp  : Stator_LogicalOp<"or", "At least one holds">;
def Stator_NotOp : Stator_NonDifferentiableOp<"not", [SameOperandsAndResultType, Elementwise, Involution]> {
  let summary = "Does not hold";
  let description = "Of booleans, element by element.";
  let arguments = (ins Stator_BoolTensor:$input);
  let results = (outs Stator_BoolTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

class Stator_IntBinaryOp<string mnemonic, string what>
    : Stator_NonDifferentiableOp<mnemonic, [SameOperandsAndResultType, Elementwise]> {
  let summary = what;
  let description = "Of signed integers of 32 bits, element by element, modulo 2^32.";
  let arguments = (ins Stator_IntTensor:$lhs, Stator_IntTensor:$rhs);
  let results = (outs Stator_IntTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}
def Stator_IAddOp : Stator_IntBinaryOp<"iadd", "Sum of integers">;
def Stator_ISubOp : Stator_IntBinaryOp<"isub", "Difference of integers">;
def Stator_IMulOp : Stator_IntBinaryOp<"imul", "Product of integers">;

def Stator_ConvertOp : Stator_NonDifferentiableOp<"convert", [Elementwise, AllShapesMatch<["input", "result"]>]> {
  let summary = "Integers or booleans as floats, booleans as integers";
  let description = [{
    True is 1, false is 0. An integer that a float cannot hold is rounded to nearest, ties to even.
  }];
  let arguments = (ins StaticShapeTensorOf<[I32, I1]>:$input);
  let results = (outs StaticShapeTensorOf<[F32, F64, I32]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Stator_DropoutOp : Stator_Op<"dropout", [SameOperandsAndResultType]> {
  let summary = "Zeroes elements at random, scales the others by 1 / (1 - rate)";
  let description = [{
    Element i (row-major) is kept iff Philox(seed of the run; i, `stream`, sequence, domain 1) is at
    least round(rate * 2^32) (`runtime/core/philox.h`). The mask is never stored: the derivative is
    the same op on the cotangent. Every dropout of a step has a stream of its own; the frontend
    writes -1, and inlining numbers them.
  }];
  let arguments = (ins Stator_FloatTensor:$input, F64Attr:$rate, DefaultValuedAttr<I64Attr, "-1">:$stream);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input `rate` custom<Number>($rate) `stream` $stream attr-dict `:` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

#endif // STATOR_IR_ELEMENTWISE_OPS_TD
