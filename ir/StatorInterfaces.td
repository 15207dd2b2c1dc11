//===- StatorInterfaces.td - What every Stator op says about itself -------===//

#ifndef STATOR_IR_INTERFACES_TD
#define STATOR_IR_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Stator_DifferentiableInterface : OpInterface<"Differentiable"> {
  let cppNamespace = "::stator";
  let description = [{
    The vector-Jacobian product of an op, as ops of the same dialect. An op on floats without this
    interface is either one of the few that have no derivative (they derive from
    `Stator_NonDifferentiableOp`) or does not build.
  }];
  let methods = [
    InterfaceMethod<
      [{Builds the cotangents of the operands. `cotangents` has one value for each result, null
        where nothing flows back into that result (at least one is not null). `wanted` says for each
        operand whether its cotangent is needed; for the others nothing needs to be built.
        Writes one value for each operand into `operandCotangents`, of the operand's type; those
        where nothing flows, or nothing is wanted, stay null, as they come.}],
      "void", "buildVjp",
      (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$cotangents,
           "::llvm::ArrayRef<bool>":$wanted,
           "::llvm::MutableArrayRef<::mlir::Value>":$operandCotangents)>
  ];
}

def Stator_TimeSemanticsInterface : OpInterface<"TimeSemantics"> {
  let cppNamespace = "::stator";
  let description = [{
    How an op moves information along the time axis: `Pointwise` (position t of a result depends on
    position t of the operands), `Causal` (on positions up to t) or `Mixing` (on any position).
    `TimeAxis` (`ir/Interfaces.h`) says of a tensor how it varies with time; attention, whose scores
    have a time axis of queries and one of keys, is followed through mask, softmax and product. Taken
    from the arguments of `@forward` to its result, no op `Mixing`, this is the proof that no position
    sees the future. Infinite and NaN values are outside of the proof: a weight of 0 is taken to
    hide the value that it is multiplied with.
  }];
  let methods = [
    InterfaceMethod<
      [{Given how each operand varies with time, says how the results depend on them, and how each
        result varies.}],
      "::stator::TimeFlow", "getTimeFlow",
      (ins "::llvm::ArrayRef<::stator::TimeAxis>":$operandAxes)>
  ];
}

def Stator_CostInterface : OpInterface<"Cost"> {
  let cppNamespace = "::stator";
  let description = [{What an op costs if run on its own: floating-point operations and memory traffic.}];
  let methods = [
    InterfaceMethod<[{FLOPs (a fused multiply-add counts two) and bytes read and written.}],
                    "::stator::OpCost", "getCost", (ins)>
  ];
}

def Stator_ReferenceInterface : OpInterface<"ReferenceEvaluation"> {
  let cppNamespace = "::stator";
  let description = [{
    What an op computes, in plain loops, in f32 or f64: the oracle that everything else is compared
    with.
  }];
  let methods = [
    InterfaceMethod<
      [{Computes the results. `results` come with their shapes and types set and their elements
        zero. Float tensors are all f32 or all f64, as the context says, whatever the IR type.}],
      "void", "evaluate",
      (ins "::stator::EvalContext &":$context,
           "::llvm::ArrayRef<const ::stator::HostTensor *>":$operands,
           "::llvm::MutableArrayRef<::stator::HostTensor>":$results)>
  ];
}

#endif // STATOR_IR_INTERFACES_TD
