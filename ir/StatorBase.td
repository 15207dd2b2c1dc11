//===- StatorBase.td - Dialect, types, attributes and op classes ----------===//

#ifndef STATOR_IR_BASE_TD
#define STATOR_IR_BASE_TD

include "StatorInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Dialect
//===----------------------------------------------------------------------===//

def Stator_Dialect : Dialect {
  let name = "stator";
  let cppNamespace = "::stator";
  let summary = "Static graphs of language models: tensors with value semantics";
  let description = [{
    Every value is a ranked tensor of static shape, of `f32`, `f64`, `i32` or `i1`. Weights of an
    inference program may be stored as `bf16` or `i8`, which only `stator.dequantize` computes with.
    Elementwise ops take operands of one shape; broadcasting is an op of its own. A model's parameters are symbols
    (`stator.parameter`) that are read at the start of a step and written at its end, so that inside
    a function everything is a value.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let extraClassDeclaration = "void registerAttributes();";
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Stator_FloatTensor : StaticShapeTensorOf<[F32, F64]>;
def Stator_IntTensor   : StaticShapeTensorOf<[I32]>;
def Stator_BoolTensor  : StaticShapeTensorOf<[I1]>;
def Stator_PackedTensor : StaticShapeTensorOf<[BF16, I8]>;
def Stator_WeightTensor : StaticShapeTensorOf<[F32, F64, BF16, I8]>;
def Stator_Tensor      : StaticShapeTensorOf<[F32, F64, I32, I1, BF16, I8]>;
def Stator_FloatScalar : 0DTensorOf<[F32, F64]>;
def Stator_IntScalar   : 0DTensorOf<[I32]>;

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

class Stator_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::stator";
  let genSpecializedAttr = 0;
}
// In the formats of ops: `custom<Enum>($kind)`, which is the word alone.
class Stator_EnumAttr<EnumAttrInfo info, string mnemonic> : EnumAttr<Stator_Dialect, info, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Stator_ReduceKind : Stator_Enum<"ReduceKind", "how a reduction combines elements", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
  I32EnumAttrCase<"LogSumExp", 4, "logsumexp">]>;
def Stator_ReduceKindAttr : Stator_EnumAttr<Stator_ReduceKind, "reduce_kind">;

def Stator_Predicate : Stator_Enum<"Predicate", "what a comparison asks; with NaN only `ne` holds", [
  I32EnumAttrCase<"EQ", 0, "eq">, I32EnumAttrCase<"NE", 1, "ne">,
  I32EnumAttrCase<"LT", 2, "lt">, I32EnumAttrCase<"LE", 3, "le">,
  I32EnumAttrCase<"GT", 4, "gt">, I32EnumAttrCase<"GE", 5, "ge">]>;
def Stator_PredicateAttr : Stator_EnumAttr<Stator_Predicate, "predicate">;

def Stator_Role : Stator_Enum<"Role", "what a tensor of the state is for", [
  I32EnumAttrCase<"Parameter", 0, "parameter">, I32EnumAttrCase<"Moment", 1, "moment">,
  I32EnumAttrCase<"Gradient", 2, "gradient">, I32EnumAttrCase<"Cache", 3, "cache">,
  I32EnumAttrCase<"Scale", 4, "scale">]>;
def Stator_RoleAttr : Stator_EnumAttr<Stator_Role, "role">;

def Stator_InitKind : Stator_Enum<"InitKind", "the distribution a parameter starts from", [
  I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Normal", 1, "normal">,
  I32EnumAttrCase<"Uniform", 2, "uniform">]>;

def Stator_OptimizerKind : Stator_Enum<"OptimizerKind", "an update rule", [
  I32EnumAttrCase<"Sgd", 0, "sgd">, I32EnumAttrCase<"Adam", 1, "adam">,
  I32EnumAttrCase<"AdamW", 2, "adamw">]>;

def Stator_ScheduleKind : Stator_Enum<"ScheduleKind", "a learning-rate schedule", [
  I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cosine", 2, "cosine">, I32EnumAttrCase<"InverseSqrt", 3, "inverse_sqrt">]>;

def Stator_InfoKind : Stator_Enum<"InfoKind", "a number of the running step", [
  I32EnumAttrCase<"Step", 0, "step">, I32EnumAttrCase<"TotalSteps", 1, "total_steps">,
  I32EnumAttrCase<"Position", 2, "position">, I32EnumAttrCase<"Last", 3, "last">]>;
def Stator_InfoKindAttr : Stator_EnumAttr<Stator_InfoKind, "info_kind">;

def Stator_Memory : Stator_Enum<"Memory", "a block of memory that an entry point is handed", [
  I32EnumAttrCase<"Arena", 0, "arena">, I32EnumAttrCase<"State", 1, "state">,
  I32EnumAttrCase<"Result", 2, "result">, I32EnumAttrCase<"Tokens", 3, "tokens">,
  I32EnumAttrCase<"Targets", 4, "targets">]>;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Stator_Attr<string name, string attrMnemonic> : AttrDef<Stator_Dialect, name> {
  let mnemonic = attrMnemonic;
}

// A double, kept as a FloatAttr because doubles do not hash.
def Stator_Double : AttrParameter<"::mlir::FloatAttr", "a number"> {
  let parser = "::stator::parseDouble($_parser)";
  let printer = "::stator::printDouble($_printer, $_self.getValueAsDouble())";
}

def Stator_InitAttr : Stator_Attr<"Init", "init"> {
  let summary = "How a parameter starts";
  let description = [{
    `#stator.init<constant, 0.0, 0.0>` (the value), `#stator.init<normal, 0.0, 0.02>` (mean, standard
    deviation) or `#stator.init<uniform, -0.1, 0.1>` (from, to). Xavier initialisation is a uniform
    or normal one whose bounds the frontend works out from the shape.
  }];
  let parameters = (ins EnumParameter<Stator_InitKind>:$kind, Stator_Double:$a, Stator_Double:$b);
  let assemblyFormat = "`<` $kind `,` $a `,` $b `>`";
  let builders = [AttrBuilder<(ins "::stator::InitKind":$kind, "double":$a, "double":$b), [{
    ::mlir::Builder builder($_ctxt);
    return $_get($_ctxt, kind, builder.getF64FloatAttr(a), builder.getF64FloatAttr(b));
  }]>];
}

def Stator_OptimizerAttr : Stator_Attr<"Optimizer", "optimizer"> {
  let summary = "An update rule and its constants";
  let description = [{
    `lr` is the peak learning rate, which the schedule scales. `sgd` uses `momentum` and `nesterov`,
    `adam` and `adamw` use `betas` and `eps`; all use `weight_decay`, on parameters with `decay`. What
    exactly they do, say `stator.sgd` and `stator.adam`.
  }];
  let parameters = (ins EnumParameter<Stator_OptimizerKind>:$kind, Stator_Double:$lr, Stator_Double:$beta1,
                        Stator_Double:$beta2, Stator_Double:$eps, Stator_Double:$weightDecay,
                        Stator_Double:$momentum,
                        "bool":$nesterov);
  let assemblyFormat = [{
    `<` $kind `,` `lr` `=` $lr `,` `betas` `=` `(` $beta1 `,` $beta2 `)` `,` `eps` `=` $eps `,`
    `weight_decay` `=` $weightDecay `,` `momentum` `=` $momentum `,` `nesterov` `=` $nesterov `>`
  }];
  let builders = [AttrBuilder<(ins "::stator::OptimizerKind":$kind, "double":$lr, "double":$beta1,
                                   "double":$beta2, "double":$eps, "double":$weightDecay,
                                   "double":$momentum, "bool":$nesterov), [{
    ::mlir::Builder b($_ctxt);
    return $_get($_ctxt, kind, b.getF64FloatAttr(lr), b.getF64FloatAttr(beta1),
                 b.getF64FloatAttr(beta2), b.getF64FloatAttr(eps), b.getF64FloatAttr(weightDecay),
                 b.getF64FloatAttr(momentum), nesterov);
  }]>];
}

def Stator_ScheduleAttr : Stator_Attr<"Schedule", "schedule"> {
  let summary = "How the learning rate moves over the steps";
  let description = [{
    With s the step from 0, w the warm-up, n the number of steps (`steps`, or that of the run if 0):
    while s < w the rate is lr * (s + 1) / (w + 1), as in nanoGPT; then `constant` keeps lr, `linear`
    falls in a line and `cosine` along half a cosine from lr at s = w to `floor` at s = n, where both
    stay. `inverse_sqrt` is lr * width^-0.5 * min((s + 1)^-0.5, (s + 1) * w^-1.5) (Vaswani et al. 2017).
  }];
  let parameters = (ins EnumParameter<Stator_ScheduleKind>:$kind, "int64_t":$warmup, Stator_Double:$floor,
                        "int64_t":$steps, Stator_Double:$width);
  let assemblyFormat = [{
    `<` $kind `,` `warmup` `=` $warmup `,` `floor` `=` $floor `,` `steps` `=` $steps `,`
    `width` `=` $width `>`
  }];
  let builders = [AttrBuilder<(ins "::stator::ScheduleKind":$kind, "int64_t":$warmup,
                                   "double":$floor, "int64_t":$steps, "double":$width), [{
    ::mlir::Builder b($_ctxt);
    return $_get($_ctxt, kind, warmup, b.getF64FloatAttr(floor), steps, b.getF64FloatAttr(width));
  }]>];
}

def Stator_PlaceAttr : Stator_Attr<"Place", "place"> {
  let summary = "Where a planned buffer lies";
  let description = [{
    `#stator.place<arena + 1024>`: bytes from the start of the arena, of the result or of the tokens;
    `#stator.place<state + 0 of @"h.0.attn.weight">`: bytes from the start of a tensor of the state.
  }];
  let parameters = (ins EnumParameter<Stator_Memory>:$memory, "int64_t":$offset,
                        OptionalParameter<"::mlir::FlatSymbolRefAttr">:$tensor);
  let assemblyFormat = "`<` $memory `+` $offset (`of` $tensor^)? `>`";
}

//===----------------------------------------------------------------------===//
// Op classes
//===----------------------------------------------------------------------===//

// Every op: results are named after the module path and variable in its location.
class Stator_BaseOp<string mnemonic, list<Trait> traits = []>
    : Op<Stator_Dialect, mnemonic,
         traits # [DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  string commonClassDefinition = [{
    void $cppClass::getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
      ::stator::nameResultsFromLocation(*this, setName);
    }
  }];
  let extraClassDefinition = commonClassDefinition;
}

// Ops that compute something: pure, with a cost, time semantics and a reference evaluation.
class Stator_ComputeOp<string mnemonic, list<Trait> traits = []>
    : Stator_BaseOp<mnemonic, traits # [Pure,
        DeclareOpInterfaceMethods<Stator_TimeSemanticsInterface>,
        DeclareOpInterfaceMethods<Stator_CostInterface>,
        DeclareOpInterfaceMethods<Stator_ReferenceInterface>]>;

// Ops on floats through which gradients flow.
class Stator_Op<string mnemonic, list<Trait> traits = []>
    : Stator_ComputeOp<mnemonic, traits # [
        DeclareOpInterfaceMethods<Stator_DifferentiableInterface>]>;

// Ops through which none flow: on integers and booleans, the derivatives of composite ops (there
// is no second order), and the optimizers.
class Stator_NonDifferentiableOp<string mnemonic, list<Trait> traits = []>
    : Stator_ComputeOp<mnemonic, traits>;

#endif // STATOR_IR_BASE_TD
