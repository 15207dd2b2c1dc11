//===- TrainingOps.td - Training settings, optimizers, schedules ----------===//

#ifndef STATOR_IR_TRAINING_OPS_TD
#define STATOR_IR_TRAINING_OPS_TD

include "StatorBase.td"

def Stator_TrainingOp : Stator_BaseOp<"training", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "What the `train` block of a model says";
  let description = [{
    ```mlir
    stator.training optimizer #stator.optimizer<adamw, ...> schedule #stator.schedule<cosine, ...>
        clip 1.0 micro_batches 1 steps 2000
    ```
    The loss is the function `@loss`: tokens and targets to a loss for each position. `steps` 0 means
    that the model does not say.
  }];
  let arguments = (ins Stator_OptimizerAttr:$optimizer, Stator_ScheduleAttr:$schedule,
                       OptionalAttr<F64Attr>:$clip, DefaultValuedAttr<I64Attr, "1">:$micro_batches,
                       DefaultValuedAttr<I64Attr, "0">:$steps);
  let assemblyFormat = [{
    `optimizer` $optimizer `schedule` $schedule (`clip` custom<Number>($clip)^)? `micro_batches` $micro_batches
    `steps` $steps attr-dict
  }];
  let hasVerifier = 1;
}

def Stator_GlobalNormOp : Stator_NonDifferentiableOp<"global_norm"> {
  let summary = "L2 norm of all elements of all operands";
  let description = [{The square root of the sum of squares, as if all operands were one vector.}];
  let arguments = (ins Variadic<Stator_FloatTensor>:$inputs);
  let results = (outs Stator_FloatScalar:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, $result)";
  let hasVerifier = 1;
}

def Stator_ClipScaleOp : Stator_NonDifferentiableOp<"clip_scale", [SameOperandsAndResultType]> {
  let summary = "The factor that brings gradients under a norm";
  let description = [{min(1, max_norm / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`.}];
  let arguments = (ins Stator_FloatScalar:$norm, F64Attr:$max_norm);
  let results = (outs Stator_FloatScalar:$result);
  let assemblyFormat = "$norm `max` custom<Number>($max_norm) attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Stator_LearningRateOp : Stator_NonDifferentiableOp<"learning_rate"> {
  let summary = "The learning rate of a step";
  let description = [{
    `peak` is the learning rate of the optimizer; what becomes of it at `step`, says the schedule
    (`#stator.schedule`).
  }];
  let arguments = (ins Stator_IntScalar:$step, Stator_IntScalar:$total_steps, F64Attr:$peak,
                       Stator_ScheduleAttr:$schedule);
  let results = (outs Stator_FloatScalar:$result);
  let assemblyFormat = "$step `of` $total_steps `peak` custom<Number>($peak) `schedule` $schedule attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def Stator_SgdOp : Stator_NonDifferentiableOp<"sgd", [
    AllTypesMatch<["parameter", "gradient", "newParameter"]>]> {
  let summary = "Stochastic gradient descent, with momentum as in PyTorch";
  let description = [{
    g = scale * gradient + weight_decay * p; with momentum: b' = momentum * b + g and g = b' (or
    g + momentum * b' with `nesterov`); p' = p - lr * g.
  }];
  let arguments = (ins Stator_FloatTensor:$parameter, Stator_FloatTensor:$gradient,
                       Stator_FloatScalar:$lr, Stator_FloatScalar:$scale,
                       Optional<Stator_FloatTensor>:$buffer, F64Attr:$momentum,
                       F64Attr:$weight_decay, UnitAttr:$nesterov);
  let results = (outs Stator_FloatTensor:$newParameter, Optional<Stator_FloatTensor>:$newBuffer);
  let assemblyFormat = [{
    $parameter `,` $gradient `lr` $lr `scale` $scale (`buffer` $buffer^)? `momentum` custom<Number>($momentum)
    `decay` custom<Number>($weight_decay) (`nesterov` $nesterov^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Stator_AdamOp : Stator_NonDifferentiableOp<"adam", [
    AllTypesMatch<["parameter", "gradient", "m", "v", "newParameter", "newM", "newV"]>]> {
  let summary = "Adam (Kingma and Ba 2015); AdamW (Loshchilov and Hutter 2019) with `decoupled`";
  let description = [{
    As in PyTorch, with t = step + 1. g = scale * gradient; p1 = p * (1 - lr * weight_decay) if
    `decoupled`, else p1 = p and g += weight_decay * p. m' = beta1 m + (1 - beta1) g;
    v' = beta2 v + (1 - beta2) g^2; p' = p1 - lr / (1 - beta1^t) * m' / (sqrt(v' / (1 - beta2^t)) + eps).
  }];
  let arguments = (ins Stator_FloatTensor:$parameter, Stator_FloatTensor:$gradient,
                       Stator_FloatTensor:$m, Stator_FloatTensor:$v, Stator_FloatScalar:$lr,
                       Stator_FloatScalar:$scale, Stator_IntScalar:$step, F64Attr:$beta1,
                       F64Attr:$beta2, F64Attr:$eps, F64Attr:$weight_decay, UnitAttr:$decoupled);
  let results = (outs Stator_FloatTensor:$newParameter, Stator_FloatTensor:$newM, Stator_FloatTensor:$newV);
  let assemblyFormat = [{
    $parameter `,` $gradient `,` $m `,` $v `lr` $lr `scale` $scale `step` $step
    `betas` `(` custom<Number>($beta1) `,` custom<Number>($beta2) `)` `eps` custom<Number>($eps) `decay` custom<Number>($weight_decay) (`decoupled` $decoupled^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

#endif // STATOR_IR_TRAINING_OPS_TD
