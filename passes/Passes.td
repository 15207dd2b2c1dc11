//===- Passes.td - Graph passes -------------------------------------------===//

#ifndef STATOR_PASSES_PASSES_TD
#define STATOR_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def InlineModules : Pass<"stator-inline-modules", "::mlir::ModuleOp"> {
  let summary = "Inline all modules into the entry points";
  let description = [{
    Replaces every `stator.call` in an entry point (`@forward`, `@loss` and what is derived from them) by
    the body of the callee, down to the last module, and erases all functions that are neither entry
    points nor kernels.

    Locations: the path of the call and that of the op inside are joined, the place in the file is that
    of the op. The op `attn.scores` of a block that is called as `h.3` becomes `h.3.attn.scores`.

    Dropout: each `stator.dropout` of an entry point gets a stream of its own, 0, 1, 2, ... in the order
    of the ops, so that entry points derived from `@loss` draw what it draws. A dropout in the body of a
    `stator.scan` has one stream too: it draws the same mask in every iteration.

    A module that calls itself, directly or through others, is an error, and so is a module without
    entry points.
  }];
  let options = [
    ListOption<"entryPoints", "entry-points", "std::string",
               "Entry points to keep; all if none is named">];
}

def FuseAttention : Pass<"stator-fuse-attention", "::stator::FuncOp"> {
  let summary = "Recognise scale, mask, softmax, product as one attention op";
  let description = [{
    Starts at each `stator.softmax` and matches the forms in which attention is written, before
    differentiation, so that its derivative is that of `stator.attention`, which never keeps the weights
    of all queries and keys:

    - scale: none, or a product with or a quotient by a constant, on the queries, the keys, the scores,
      or on several of them;
    - mask: `stator.causal_mask`; an added bias, constant or computed, that no trainable parameter
      reaches; a `stator.select` between the scores and a large negative number (at most -1e4, or minus
      infinity). A condition or bias that says "key index at most query index", also within a window,
      becomes `causal` (and `window`) and takes no memory; any other becomes the bias. A product with a
      mask of ones and zeros may precede it (`scores * mask - 1e10 * (1 - mask)`, as in the first GPT-2);
    - softmax over the keys, wherever they stand;
    - dropout on the weights, or none;
    - products in any order of dimensions, as one `stator.einsum` each; transposes and reshapes bring
      queries, keys and values to [batch, heads, time, depth] and the result back. One head without a
      dimension for it, and several batch dimensions, are fine;
    - grouped queries, where keys and values are repeated by `stator.broadcast` and `stator.reshape`, or
      where the product has a dimension for the group: the heads of keys and values stay few.

    What stays of the old ops is dead and left to canonicalization. With `remarks` a remark at each
    softmax says whether it was fused and, if not, why.
  }];
  let options = [
    Option<"remarks", "remarks", "bool", "true", "Say for each softmax whether it was fused, and if not, why">];
}

def CheckCausality : Pass<"stator-check-causality", "::mlir::ModuleOp"> {
  let summary = "Prove that no position of the output depends on later ones";
  let description = [{
    Follows the time semantics of the ops (`TimeSemantics`, `passes/TimeAnalysis.h`) from the tokens of
    `@forward`, whose dimension 1 is time, to its result, of which position t may depend on positions up
    to t only. A bound is kept for each value: how far each of its elements depends on positions, given
    by their index along the dimension of time, by that of a key in scores, and by a prefix that all of
    them share. Masks are evaluated: comparisons of positions, added biases, weights multiplied with
    ones and zeros. What an op does not say of itself counts as mixing all positions.

    If the proof fails, the error is at the op that lets the future in, and its notes are the chain of
    values from there back to the tokens: of all ways from the tokens to the output by which some
    position depends on a later one, the shortest (`passes/FindLeak.h`).

    With the attribute `stator.prefix = P` on the module, the first P positions are given together: output
    t may depend on positions up to the larger of t and P - 1. That is how models with a prefix and
    encoder-decoders are causal. A module with `stator.non_causal` is not refused with `training`.

    Sets `stator.causality` on the module to "proved" or "non_causal" (`ir/ModelSettings.h`). Does
    nothing if there is no `@forward`. `docs/causality.md` explains the proof and its limits.
  }];
  let options = [
    Option<"training", "training", "bool", "false",
           "For a program that trains: let a model be declared non-causal, and drop @forward, which is "
           "not part of the program">];
}

def Differentiate : Pass<"stator-differentiate", "::mlir::ModuleOp"> {
  let summary = "Build @gradients from @loss by reverse-mode differentiation";
  let description = [{
    `@gradients` takes what `@loss` takes and returns the mean of the loss over all positions, then its
    gradient with respect to every trainable parameter, in the order of their declaration. `@loss` stays.

    The pass walks the ops from the loss backwards and asks each for its vector-Jacobian product
    (`Differentiable`). Only ops that lie between a trainable parameter and the loss are visited, so
    frozen parameters cost nothing; the gradient of a trainable parameter that does not reach the loss
    is zero. Cotangents of values used more than once, tied parameters included, are summed with
    `stator.add`. Backward ops have the path of their forward op in `d(...)`. An op without a
    derivative on the way is an error.

    The derivative of a `stator.scan` is a scan the other way. For it the forward scan is changed: values
    that its body captures and that need a gradient become carries, and carries that change are stacked.
  }];
}

def BuildTrainingStep : Pass<"stator-build-training-step", "::mlir::ModuleOp"> {
  let summary = "Build the entry points of a training program from @gradients";
  let description = [{
    Follows the settings in `stator.training`. With one micro-batch:

    - `@train_step`: `@gradients`, then the norm of all gradients (`stator.global_norm`), clipping by it
      (`stator.clip_scale`, if the model asks for it), the learning rate of the step
      (`stator.learning_rate`) and one `stator.adam` or `stator.sgd` per trainable parameter. Returns
      mean loss, gradient norm before clipping, learning rate.

    With more micro-batches, or with `separate-update`:

    - `@accumulate`: `@gradients`, whose results are added to the gradients in the state. Returns the
      mean loss.
    - `@update`: the same on the mean of the accumulated gradients, which are zeroed. Returns gradient
      norm and learning rate.

    And always `@evaluate`, which is `@loss` without dropout: the loss of each position.

    Moments and accumulated gradients are declared as `stator.parameter`s after the parameters:
    `<parameter>.adam_m`, `.adam_v`, `.momentum` (only with a momentum) and `.grad`. Weight decay applies
    to parameters with `decay` only. Frozen parameters are neither read for nor written by the update.
    `@loss`, `@forward` and `@gradients` are erased.
  }];
  let options = [
    Option<"keepGradients", "keep-gradients", "bool", "false", "Keep @gradients as an entry point">,
    Option<"separateUpdate", "separate-update", "bool", "false",
           "Build @accumulate and @update also for one micro-batch">];
}

def StripDropout : Pass<"stator-strip-dropout", "::stator::FuncOp"> {
  let summary = "Remove dropout, for evaluation and inference";
  let description = [{
    Every `stator.dropout` gives way to its operand, also in loops, and every `stator.attention` gets
    a dropout rate of 0.
  }];
}

def DeriveDecoding : Pass<"stator-derive-decoding", "::mlir::ModuleOp"> {
  let summary = "Derive the form that decodes a few positions at a time from @forward";
  let description = [{
    `@forward` computes the logits of all positions at once. For each of a few widths W this pass makes
    `@decode_W`, which takes the tokens of W positions that follow those of the calls before, and
    returns the logits of one of them, row `stator.info last`. How values vary with time
    (`TimeSemantics`) says what must be computed and what kept:

    - what works on each position alone works on the new ones alone; what the logits of the last row do
      not need is computed for that row only (the output head, most of the last block);
    - keys and values, and whatever else later positions need of earlier ones, are written into a cache
      (a parameter with the role `cache`): `stator.attention` becomes `stator.cached_attention`, a
      `stator.causal_mask` a comparison with the positions. A window keeps its keys in a ring;
    - a shift in time (a concatenation, a pad and slices: token shift, causal convolution) keeps the last
      rows, a running sum its last row, a loop its carries;
    - positions, and tables of something for each position, begin at `stator.info position`.

    Works backwards to find what is needed of each value (`StepForm`), then forwards to build it.
    All steps share the caches. Sets `stator.context` and `stator.padded_blocks`
    (`passes/EntryPoints.h`). What cannot be continued from one position to the next (attention of
    positions to later ones, as in an encoder) leaves the module as it is but for `stator.no_decoding`,
    which says why; `remarks` says it at the op. Run after dropout is gone and the model is proven causal.
  }];
  let options = [
    ListOption<"widths", "widths", "int64_t", "Widths of the steps beside 1; those beyond the time of the model are left out">,
    Option<"remarks", "remarks", "bool", "false", "Say why a model cannot be decoded step by step">];
}

def QuantizeWeights : Pass<"stator-quantize-weights", "::mlir::ModuleOp"> {
  let summary = "Choose how the state holds the weights of an inference program";
  let description = [{
    Of parameters of two dimensions that are only used as weights of contractions, or as tables whose rows
    are gathered:

    - They are stored with the contracted dimension last, as `transposed` where files have it first, and
      the equations of the contractions are changed. Kernels of few rows then walk through them from
      start to end. With `type=f32` only in modules that decode (`@decode_1`).
    - With `type=bf16` they are `bf16`, rounded to nearest.
    - With `type=int8` they are `i8`, and each 32 elements along the contracted dimension share a scale, which
      is the largest of their absolute values divided by 127: another parameter, named
      `<parameter>.scale`, with `role scale`. Tables that no contraction uses are `bf16`.

    A `stator.dequantize` stands between each read and its users; kernels have it inside. All others,
    biases, norms and matrices of less than 1024 elements among them, stay f32.

    ```mlir
    stator.parameter @w : tensor<2304x768xi8> init #stator.init<normal, 0.0, 0.02> transposed
    stator.parameter @w.scale : tensor<2304x24xf32> init #stator.init<constant, 0.0, 0.0> role scale of @w
    %q = stator.read @w : tensor<2304x768xi8>
    %s = stator.read @w.scale : tensor<2304x24xf32>
    %w = stator.dequantize %q scales %s axis 1 block 32 : ...
    %y = stator.einsum "b t i, o i -> b t o" %x, %w : ...
    ```
  }];
  let options = [
    Option<"type", "type", "std::string", "\"f32\"", "f32, bf16 or int8">];
}

def ChunkHead : Pass<"stator-chunk-head", "::stator::FuncOp"> {
  let summary = "Compute the output head by chunks of rows";
  let description = [{
    The logits, [batch, time, vocabulary], and their gradient are the largest tensors of a training step.
    This pass finds for each `stator.cross_entropy` all that is done with the logits, which is done row by
    row (a row is a position of a sequence): the contraction that makes them and what may follow it
    (bias, scaling, soft caps), the loss and its gradient, the contraction to the gradient of what came
    in, and sums over all rows, which are the gradients of the weights and the bias. Batch and time
    become one dimension, and the ops are repeated for one chunk of rows after the other:

    ```mlir
    %x0 = stator.slice %x offsets [0, 0] strides [1, 1] : tensor<256x768xf32> -> tensor<128x768xf32>
    %logits0 = stator.einsum "a k, j k -> a j" %x0, %w
    %loss0, %lse0 = stator.cross_entropy %logits0, %targets0
    %dlogits0 = stator.cross_entropy_grad %logits0, %targets0, %lse0, %dloss0
    %dx0 = stator.einsum "a j, j k -> a k" %dlogits0, %w
    %dw0 = stator.einsum "a k, a j -> j k" %x0, %dlogits0
    ... the same for the next rows ...
    %dw = stator.add %dw0, %dw1
    %dx = stator.concat %dx0, %dx1 axis 0
    ```

    The slices are views, the parts of `%dx` are written where they belong, the sums grow in place, and
    the gradient is written over the logits, so that what is in memory is one chunk of logits. Rows
    rather than blocks of the vocabulary: the gradient of a row needs the sum over all its classes, so
    that with blocks the logits would be computed twice, a third more work for the head.

    A head stays whole if its logits have less than `min-bytes` or its rows are less than `min-rows`, or
    if something is not done row by row; `remarks` say what. Otherwise a chunk has as many rows as
    `chunk-bytes` hold, at least `min-rows` for contractions to run well, and at most half of the rows.
  }];
  let options = [
    Option<"chunkBytes", "chunk-bytes", "int64_t", "25165824", "Bytes of logits of a chunk">,
    Option<"minRows", "min-rows", "int64_t", "128", "Rows that a chunk has at least, if there are two of them">,
    Option<"minBytes", "min-bytes", "int64_t", "4194304", "Bytes of all logits below which a head stays whole">,
    Option<"remarks", "remarks", "bool", "false", "Say for each head how it is computed">];
}

def Recompute : Pass<"stator-recompute", "::mlir::ModuleOp"> {
  let summary = "Recompute residuals so that a step fits into a memory budget";
  let description = [{
    What the backward pass needs of the forward pass stays in memory between the two. Where all of it,
    with the state, takes more than `budget`, some of it is computed again from the rest, in front of
    where the backward pass first needs it:

    ```mlir
    %a = stator.gelu %h {tanh_approximation} : tensor<4x1024x3072xf32>
    ... the rest of the forward pass, the head, the backward pass of later layers ...
    %again = stator.gelu %h {stator.recomputed, tanh_approximation} : tensor<4x1024x3072xf32>
    %dw = stator.einsum "b t i, b t j -> i j" %again, %dy
    ```

    First what is cheap: activations, normalizations, dropout (its mask is a function of the step and of
    the position, and is never stored), anything elementwise. Then what takes contractions or
    attention, from the values of the residual stream, which are kept. Last the residual stream itself
    but for some points of it, between which all is computed again (Chen et al., "Training deep nets
    with sublinear memory cost", 2016). Within that, what saves most bytes for most of the schedule per
    FLOP goes first (`Cost`); of several values that take the same contraction, all.

    How many of these choices it takes is found by forming kernels and planning memory of copies of the
    entry point: what is chosen is known to fit, and the ops and kernels are those of the forward pass,
    so that losses and gradients do not change.

    An op with `stator.recomputed` is not put into a kernel that runs early, neither by CSE nor by
    stator-form-kernels; so are ops of the backward pass that depend on the forward pass only, such as
    derivatives of activations.

    If the smallest step is too large, the error says by how much and what holds the memory. Sets
    `stator.recompute` on the module (`passes/Recompute.h`).
  }];
  let options = [
    Option<"budget", "budget", "std::string", "",
           "Bytes of state and arena, as 3500000000, 3.5GB or 3338MiB">,
    Option<"fuse", "fuse", "bool", "true", "As in stator-form-kernels">,
    Option<"epilogues", "epilogues", "bool", "true", "As in stator-form-kernels">,
    Option<"repeat", "repeat", "bool", "true", "As in stator-form-kernels">,
    Option<"inPlace", "in-place", "bool", "true", "As in stator-plan-memory">,
    Option<"remarks", "remarks", "bool", "false", "Say what is recomputed">];
}

def FormKernels : Pass<"stator-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Outline fusion groups as kernels";
  let description = [{
    Groups elementwise ops with the reductions and data movement around them, outlines each group,
    contraction and attention as a `stator.func` with `kernel`, and puts a `stator.launch` in its place.
    Kernels equal but for locations and the names of dimensions are shared.

    Elementwise ops on the result of a contraction (bias, activation, residual, scale, dropout, product
    with the derivative of an activation) run in its kernel, on each block of the result while that is
    in cache: its epilogue. They do so unless they move no fewer bytes to and from memory in the
    kernel that needs what they compute, as the cost model counts them (`Cost`, and what leaves a kernel);
    unless they need something that comes much later than the operands of the contraction; and unless
    one of their operands needs the product itself. The sum of a product and a tensor that nobody else
    needs grows in the memory of that tensor.

    Values that are cheap to compute from a tensor that is in memory anyway (the centred rows of a
    normalization) are computed again by each kernel that needs them instead of being kept.
  }];
  let options = [
    Option<"fuse", "fuse", "bool", "true", "Put more than one op into a kernel">,
    Option<"epilogues", "epilogues", "bool", "true", "Let elementwise ops follow a contraction in its kernel">,
    Option<"repeat", "repeat", "bool", "true", "Compute cheap values again rather than keep them">,
    Option<"remarks", "remarks", "bool", "false",
           "Say for each launch what its kernel is, and of contractions what runs behind them and why">];
}

def PlanMemory : Pass<"stator-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every buffer of an entry point its place";
  let description = [{
    Works out from when to when each buffer is alive in the schedule, and lays the buffers out in one
    arena (`passes/ArenaOffsets.h`). What is written to the state or returned goes straight there where
    nobody needs the old value any more; a result of an elementwise kernel takes the place of an
    operand that dies there. Results: `stator.places` on every op of the schedule,
    `stator.arena_bytes` (exactly what is used) and `stator.arena_lower_bound` on the entry point.
  }];
  let options = [
    Option<"inPlace", "in-place", "bool", "true",
           "Write results over what they replace where that is safe">];
}

#endif // STATOR_PASSES_PASSES_TD
