//===- Passes.td - Graph passes -------------------------------------------===//

#ifndef STATOR_PASSES_PASSES_TD
#define STATOR_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def InlineModules : Pass<"stator-inline-modules", "::mlir::ModuleOp"> {
  let summary = "Inline all modules into the entry points";
  let description = [{
    Replaces every `stator.call` by the body of the callee, joins the module paths in the locations
    (`h.3` and `attn.scores` give `h.3.attn.scores`), numbers the dropout streams and erases functions
    that are no entry points.
  }];
}

def FuseAttention : Pass<"stator-fuse-attention", "::stator::FuncOp"> {
  let summary = "Recognise scale, mask, softmax, product as one attention op";
  let description = [{
    Starts at each `stator.softmax` over keys and matches the forms in which attention is written:
    scale on the queries, the keys or the scores, as a product or a quotient; mask by
    `stator.causal_mask`, by adding a bias, or by select; dropout on the weights or none. A remark
    says for each softmax whether it was fused and, if not, why.
  }];
}

def Differentiate : Pass<"stator-differentiate", "::mlir::ModuleOp"> {
  let summary = "Build @gradients from @loss by reverse-mode differentiation";
  let description = [{
    Walks the ops of `@loss` from the mean loss backwards and asks each for its vector-Jacobian
    product (`Differentiable`). Cotangents of values used more than once are summed. Only ops between
    a trainable parameter and the loss are visited.
  }];
}

def BuildTrainingStep : Pass<"stator-build-training-step", "::mlir::ModuleOp"> {
  let summary = "Build the entry points of a training program from @gradients";
  let description = [{
    With the settings in `stator.training`: clipping by global norm, learning-rate schedule and
    optimizer after the gradients give `@train_step`; with more than one micro-batch `@accumulate` and
    `@update`. `@evaluate` is `@loss` without dropout.
  }];
  let options = [
    Option<"keepGradients", "keep-gradients", "bool", "false", "Keep @gradients as an entry point">];
}

def StripDropout : Pass<"stator-strip-dropout", "::stator::FuncOp"> {
  let summary = "Remove dropout, for evaluation and inference";
}

def FormKernels : Pass<"stator-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Outline fusion groups as kernels";
  let description = [{
    Groups elementwise ops with the reductions and data movement around them, outlines each group,
    contraction and attention as a `stator.func` with `kernel`, and puts a `stator.launch` in its place.
    Kernels equal but for locations are shared.
  }];
}

def PlanMemory : Pass<"stator-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every buffer of an entry point its place in the arena";
}

#endif // STATOR_PASSES_PASSES_TD
