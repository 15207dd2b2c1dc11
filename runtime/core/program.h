/* The program ABI: everything that a compiled model and the runtime agree on.
 *
 * A compiled object defines one constant, `stator_program`. The interpreters
 * build the same structure while they run, so the training loop and the
 * generator are written once. Plain C: the compiler writes these structures
 * field by field as LLVM constants. */
#ifndef STATOR_RUNTIME_CORE_PROGRAM_H
#define STATOR_RUNTIME_CORE_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a field is added, removed or changes its meaning. */
#define STATOR_ABI_VERSION 6

/* What a tensor of the state is for. */
enum {
  STATOR_ROLE_PARAMETER = 0, /* trained, or frozen if `trainable` is 0 */
  STATOR_ROLE_MOMENT = 1,    /* optimizer state, starts as zeros */
  STATOR_ROLE_GRADIENT =
      2, /* accumulator over micro-batches, zero between steps */
  STATOR_ROLE_CACHE = 3, /* what decoding remembers of the positions before:
                           keys and values, carries. In the cache block, not in
                           the state; in no file; starts as zeros */
  STATOR_ROLE_SCALE = 4  /* of the int8 parameter P, named "P.scale": [rows,
                            columns / 32 rounded up] of f32, one for each 32
                            elements of a row; in no file */
};

/* How the elements of a tensor are stored. */
enum {
  STATOR_TYPE_F32 = 0,
  STATOR_TYPE_BF16 = 1,
  STATOR_TYPE_INT8 = 2 /* with scales in a tensor of their own */
};

/* How a parameter starts: every element drawn on its own (see philox.h). */
enum {
  STATOR_INIT_CONSTANT = 0, /* InitA */
  STATOR_INIT_NORMAL = 1,   /* mean InitA, standard deviation InitB */
  STATOR_INIT_UNIFORM = 2   /* from InitA up to, not including, InitB */
};

/* How the elements of a tensor lie in memory, which files know nothing of. */
enum {
  STATOR_LAYOUT_PLAIN = 0,
  STATOR_LAYOUT_TRANSPOSED = 1 /* Shape is that of memory; files have the two
                                  dimensions exchanged */
};

/* One tensor of the state or of the cache. All are row-major. */
typedef struct {
  const char *Name; /* as in the checkpoint: "h.0.attn.c_attn.weight",
                       "h.0....weight.adam_m" */
  const int64_t *Shape;
  int64_t Rank;
  uint64_t Offset;   /* bytes from the start of the state, or of the cache if
                        that is its Role; a multiple of 64 */
  uint64_t Elements; /* product of Shape; 1 for a scalar */
  int32_t Role;      /* STATOR_ROLE_* */
  int32_t Init;      /* STATOR_INIT_* */
  double InitA, InitB;
  int32_t Trainable;
  int32_t Type;   /* STATOR_TYPE_* */
  int32_t Layout; /* STATOR_LAYOUT_* */
  int32_t Reserved;
} StatorTensor;

/* Indices into the `Info` of an entry point. */
enum {
  STATOR_INFO_STEP = 0,        /* optimizer step, from 0 */
  STATOR_INFO_TOTAL_STEPS = 1, /* where the schedules of the learning rate end:
                                 the steps of the whole run, or what it says */
  STATOR_INFO_SEED = 2,        /* seed of the run */
  STATOR_INFO_SEQUENCE =
      3, /* step * MicroBatches + micro-batch: the dropout counter */
  STATOR_INFO_POSITION = 4, /* of a block: position of its first token */
  STATOR_INFO_LAST = 5,     /* of a block: row whose logits are wanted */
  /* Numbers of the optimizer that the run sets. Info[STATOR_INFO_SETTINGS] has
   * bit S set if the run sets STATOR_SETTING_S, and Info[STATOR_INFO_NUMBERS +
   * S] then holds the bits of the number, a double. Where a bit is not set, the
   * number that the program was compiled with holds. */
  STATOR_INFO_SETTINGS = 6,
  STATOR_INFO_NUMBERS = 7,
  STATOR_INFO_BAD_INDEX = 12, /* written by the entry point, see
                                 StatorIndexCheck; 0 before the call */
  STATOR_INFO_COUNT = 13
};

/* What a run can set without compiling the model again. */
enum {
  STATOR_SETTING_LR = 0,     /* the peak of the learning rate */
  STATOR_SETTING_MIN_LR = 1, /* where its schedule ends */
  STATOR_SETTING_SCHEDULE_STEPS =
      2, /* without a number: the schedule ends after
            Info[STATOR_INFO_TOTAL_STEPS], though the program names a step */
  STATOR_SETTING_WEIGHT_DECAY = 3,
  STATOR_SETTING_CLIP =
      4, /* the largest norm of the gradient; infinity: none */
  STATOR_SETTING_COUNT = 5
};

/* Indices into the `Result` of a training entry point. */
enum {
  STATOR_RESULT_LOSS = 0, /* mean loss of the (micro-)batch */
  STATOR_RESULT_GRAD_NORM =
      1,                /* global L2 norm of the gradient before clipping */
  STATOR_RESULT_LR = 2, /* learning rate used */
  STATOR_RESULT_COUNT = 3
};

/* An entry point. Nothing is allocated and nothing is kept between calls except
 * in State and Cache.
 *
 * - Self: StatorProgram.Self.
 * - State: StateBytes bytes, 64-byte aligned; the tensors of the table are in
 *   it.
 * - Cache: CacheBytes bytes, 64-byte aligned, zeroed before position 0; null
 *   where CacheBytes is 0. What one text has left behind: texts that are
 *   written side by side have one each, over one State.
 * - Arena: ArenaBytes bytes, 64-byte aligned; scratch, contents undefined
 *   before and after.
 * - Tokens: int32 [Batch, Time]; of a block, int32 [Batch, Width].
 * - Targets: int32 [Batch, Time]; a negative target is ignored (loss 0, no
 *   gradient).
 * - Info: int64 [STATOR_INFO_COUNT]. The entry point writes
 *   Info[STATOR_INFO_BAD_INDEX], and only if an index was bad.
 * - Result: f32; what it holds is said at each entry point. */
typedef void (*StatorEntry)(void *Self, uint8_t *State, uint8_t *Cache,
                            uint8_t *Arena, const int32_t *Tokens,
                            const int32_t *Targets, int64_t *Info,
                            float *Result);

/* Decoding, Width tokens of every text at a time: Info[STATOR_INFO_POSITION] is
 * the position of the first, which must be where the block before ended, or
 * earlier if StatorProgram.PaddedBlocks. Result[Batch * Vocabulary] are the
 * logits of row Info[STATOR_INFO_LAST]. Reads and writes Cache. */
typedef struct {
  int64_t Width;
  StatorEntry Run;
} StatorBlock;

enum { STATOR_MODE_TRAIN = 0, STATOR_MODE_INFER = 1 };

/* Entry points, in the order in which StatorProgram has them. */
enum {
  STATOR_ENTRY_TRAIN_STEP = 0,
  STATOR_ENTRY_ACCUMULATE = 1,
  STATOR_ENTRY_UPDATE = 2,
  STATOR_ENTRY_EVALUATE = 3,
  STATOR_ENTRY_FORWARD = 4,
  STATOR_ENTRY_GRADIENTS = 5,
  STATOR_ENTRY_COUNT = 6,
  STATOR_ENTRY_BLOCKS = 6 /* and above: number of a block of the program */
};

/* One place in the schedule of an entry point where a kernel is run. */
typedef struct {
  const char *Kernel; /* name; launches of one kernel share it */
  const char *Kind;   /* what most of its work is: "matmul", "attention" */
  const char *Path;   /* in the model, of what it computes: "h.3.attn.c_attn",
                         "d(h.3.attn.c_attn)" */
  int32_t Entry;      /* STATOR_ENTRY_*; of block I, STATOR_ENTRY_BLOCKS + I */
  int32_t Reserved;
  int64_t Repeats; /* times a call of the entry point runs it; 1 outside of
                      loops */
  double Flops;    /* of one run */
  double Bytes;    /* that one run reads and writes: its operands and results */
  /* Attention to caches, of which Flops and Bytes count all Slots: what a slot
   * takes of them where it is visible to all queries. A query sees at most
   * Window positions, itself included. Slots is 0 of other launches. */
  int64_t Slots, Window;
  double SlotFlops, SlotBytes;
} StatorLaunch;

/* What a program compiled with `--profile` calls before (End = 0) and after
 * (End = 1) the kernel of launch number Launch of its table. */
typedef struct StatorProfile StatorProfile;
struct StatorProfile {
  void (*Mark)(StatorProfile *Profile, int64_t Launch, int32_t End);
};

/* An index that the program computes, and so checks while it runs: where it is
 * outside of its table, the nearest row is used instead, so that memory stays
 * safe, and Info[STATOR_INFO_BAD_INDEX] becomes the largest of
 * STATOR_BAD_INDEX(number of the check, index), whatever the order in which
 * threads find them. What the call has computed then means nothing. */
typedef struct {
  const char *Path;   /* in the model: "embed" */
  const char *Source; /* "model.stator:8:13" */
  int64_t Bound;      /* indices are below it */
  int32_t IsTarget;   /* 1: a class of a cross entropy, ignored where it is
                         negative; 0: a row of a table, from 0 on */
  int32_t Reserved;
} StatorIndexCheck;

/* Never 0, and larger for a check of a smaller number. */
#define STATOR_BAD_INDEX(Check, Index)                                         \
  ((int64_t)(((uint64_t)(0x7fffffff - (uint32_t)(Check)) << 32) |              \
             (uint32_t)(Index)))
#define STATOR_BAD_INDEX_CHECK(Word)                                           \
  ((int64_t)(0x7fffffff - (uint32_t)((uint64_t)(Word) >> 32)))
#define STATOR_BAD_INDEX_VALUE(Word) ((int32_t)(uint32_t)(uint64_t)(Word))

typedef struct {
  uint32_t AbiVersion;  /* STATOR_ABI_VERSION */
  int32_t Mode;         /* STATOR_MODE_* */
  const char *Name;     /* of the model, "CharGPT" */
  const char *Compiler; /* "stator 0.1.0", or "eager", "reference" for the
                           interpreters */
  const char *Options;  /* what it was compiled with, one JSON object */
  void *Self; /* handed to every entry point. Compiled programs: null, or, if
                 compiled with `--profile`, the StatorProfile to call or null */

  int64_t Batch, Time;
  int64_t Vocabulary;   /* size of the last dimension of the logits */
  int64_t MicroBatches; /* micro-batches a step; 1: TrainStep, more: Accumulate
                           and Update */
  int64_t DefaultSteps; /* --steps where it is not given; 0 if the model does
                           not say */

  const StatorTensor *Tensors;
  int64_t NumTensors;
  uint64_t StateBytes;
  uint64_t CacheBytes; /* 0 if there are no blocks */
  uint64_t ArenaBytes; /* the largest any entry point needs */
  double FlopsPerStep; /* of one whole training step, or of one Forward */

  /* Mode train. Null where it does not apply.
   *
   * - TrainStep: forward, backward, clipping, optimizer in one.
   *   Result[STATOR_RESULT_COUNT].
   * - Accumulate: forward and backward of a micro-batch, adds to the gradients.
   *   Result as above, loss only.
   * - Update: clipping and optimizer on the mean gradient, zeroes the
   *   accumulators. Result as above, gradient norm and learning rate only.
   * - Evaluate: loss of each position without dropout, Result[Batch * Time]. */
  StatorEntry TrainStep, Accumulate, Update, Evaluate;

  /* Mode infer. Forward: Result[Batch * Time * Vocabulary] are the logits. */
  StatorEntry Forward;

  /* Mode infer, where the model could be turned into one that goes on from a
   * position: in ascending order of Width, the first 1. Without blocks, text is
   * generated by computing Forward anew for every token. */
  const StatorBlock *Blocks;
  int64_t NumBlocks;
  int64_t Context; /* positions that the cache can hold: a block at position p
                      needs p + Width <= Context. 0: no bound. Without blocks,
                      positions that a text can have; 0: its last Time count */
  int32_t PaddedBlocks; /* 1: rows after Info[STATOR_INFO_LAST] may be tokens
                           that mean nothing, the next block starts at the
                           position after that row and overwrites them; 0:
                           every row of a block counts, Info[STATOR_INFO_LAST]
                           is Width - 1 */
  int32_t Prefix; /* positions that are given together: any of them may depend
                     on all, so that a text begins with at least as many, and
                     keeps them (Context is Time). 0: none */

  /* Gradients of the batch without an update, for tests: Result holds the loss
   * and then every trainable parameter's gradient, in the order of the table.
   * Null in most programs (compiled only with `--gradients`). */
  StatorEntry Gradients;

  /* Only if compiled with `--profile`, else null and 0. */
  const StatorLaunch *Launches;
  int64_t NumLaunches;

  /* Indices that the entry points compute and check. */
  const StatorIndexCheck *IndexChecks;
  int64_t NumIndexChecks;
} StatorProgram;

/* The one symbol that a compiled object defines. */
extern const StatorProgram
    stator_program; /* NOLINT(readability-identifier-naming) */

#ifdef __cplusplus
}
#endif

#endif /* STATOR_RUNTIME_CORE_PROGRAM_H */
