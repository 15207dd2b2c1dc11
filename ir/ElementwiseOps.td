//===- ElementwiseOps.td - Ops that work on each element alone ------------===//

#ifndef STATOR_IR_ELEMENTWISE_OPS_TD
#define STATOR_IR_ELEMENTWISE_OPS_TD

include "StatorBase.td"

class Stator_UnaryOp<string mnemonic, string what>
    : Stator_Op<mnemonic, [SameOperandsAndResultType, Elementwise]> {
  let summary = what;
  let arguments = (ins Stator_FloatTensor:$input);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

def Stator_NegOp     : Stator_UnaryOp<"neg", "-x"> { let hasFolder = 1; }
def Stator_AbsOp     : Stator_UnaryOp<"abs", "|x|; derivative 0 at 0">;
def Stator_ExpOp     : Stator_UnaryOp<"exp", "e^x">;
def Stator_LogOp     : Stator_UnaryOp<"log", "natural logarithm">;
def Stator_SqrtOp    : Stator_UnaryOp<"sqrt", "square root">;
def Stator_RsqrtOp   : Stator_UnaryOp<"rsqrt", "1 / sqrt(x)">;
def Stator_SinOp     : Stator_UnaryOp<"sin", "sine, x in radians">;
def Stator_CosOp     : Stator_UnaryOp<"cos", "cosine, x in radians">;
def Stator_TanhOp    : Stator_UnaryOp<"tanh", "hyperbolic tangent">;
def Stator_ErfOp     : Stator_UnaryOp<"erf", "error function">;
def Stator_SigmoidOp : Stator_UnaryOp<"sigmoid", "1 / (1 + e^-x)">;
def Stator_ReluOp    : Stator_UnaryOp<"relu", "max(x, 0); derivative 0 at 0">;
def Stator_SiluOp    : Stator_UnaryOp<"silu", "x * sigmoid(x) (Elfwing et al. 2017)">;
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

class Stator_BinaryOp<string mnemonic, string what, list<Trait> traits = []>
    : Stator_Op<mnemonic, [SameOperandsAndResultType, Elementwise] # traits> {
  let summary = what;
  let arguments = (ins Stator_FloatTensor:$lhs, Stator_FloatTensor:$rhs);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Stator_AddOp : Stator_BinaryOp<"add", "x + y", [Commutative]> { let hasFolder = 1; }
def Stator_SubOp : Stator_BinaryOp<"sub", "x - y"> { let hasFolder = 1; }
def Stator_MulOp : Stator_BinaryOp<"mul", "x * y", [Commutative]> { let hasFolder = 1; }
def Stator_DivOp : Stator_BinaryOp<"div", "x / y"> { let hasFolder = 1; }
def Stator_PowOp : Stator_BinaryOp<"pow", "x^y, for x > 0 or whole y"> {
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def Stator_MaximumOp : Stator_BinaryOp<"maximum", "the larger; NaN if one is; equal operands share the cotangent", [Commutative]>;
def Stator_MinimumOp : Stator_BinaryOp<"minimum", "the smaller; NaN if one is; equal operands share the cotangent", [Commutative]>;

def Stator_SelectOp : Stator_Op<"select", [Elementwise, AllTypesMatch<["onTrue", "onFalse", "result"]>,
                                           AllShapesMatch<["condition", "result"]>]> {
  let summary = "Where the condition holds the first value, elsewhere the second";
  let arguments = (ins Stator_BoolTensor:$condition, Stator_FloatTensor:$onTrue, Stator_FloatTensor:$onFalse);
  let results = (outs Stator_FloatTensor:$result);
  let assemblyFormat = "$condition `,` $onTrue `,` $onFalse attr-dict `:` type($condition) `,` type($result)";
  let hasFolder = 1;
}

def Stator_CompareOp : Stator_NonDifferentiableOp<"compare", [
    Elementwise, AllTypesMatch<["lhs", "rhs"]>, AllShapesMatch<["lhs", "result"]>]> {
  let summary = "Compares two tensors of floats or integers";
  let arguments = (ins Stator_PredicateAttr:$predicate, Stator_Tensor:$lhs, Stator_Tensor:$rhs);
  let results = (outs Stator_BoolTensor:$result);
  let assemblyFormat = "$predicate $lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)";
}

class Stator_LogicalOp<string mnemonic, string what>
    : Stator_NonDifferentiableOp<mnemonic, [SameOperandsAndResultType, Elementwise, Commutative]> {
  let summary = what;
  let arguments = (ins Stator_BoolTensor:$lhs, Stator_BoolTensor:$rhs);
  let results = (outs Stator_BoolTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}
def Stator_AndOp : Stator_LogicalOp<"and", "both hold">;
def Stator_OrOp  : Stator_LogicalOp<"or", "at least one holds">;
def Stator_NotOp : Stator_NonDifferentiableOp<"not", [SameOperandsAndResultType, Elementwise, Involution]> {
  let summary = "does not hold";
  let arguments = (ins Stator_BoolTensor:$input);
  let results = (outs Stator_BoolTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

class Stator_IntBinaryOp<string mnemonic, string what>
    : Stator_NonDifferentiableOp<mnemonic, [SameOperandsAndResultType, Elementwise]> {
  let summary = what;
  let arguments = (ins Stator_IntTensor:$lhs, Stator_IntTensor:$rhs);
  let results = (outs Stator_IntTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}
def Stator_IAddOp : Stator_IntBinaryOp<"iadd", "x + y of integers, wrapping">;
def Stator_ISubOp : Stator_IntBinaryOp<"isub", "x - y of integers, wrapping">;
def Stator_IMulOp : Stator_IntBinaryOp<"imul", "x * y of integers, wrapping">;

def Stator_ConvertOp : Stator_NonDifferentiableOp<"convert", [Elementwise, AllShapesMatch<["input", "result"]>]> {
  let summary = "Integers or booleans as floats, booleans as integers";
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
