#include "runtime/core/FlagSpellings.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include <algorithm>
#include <vector>

namespace stator::runtime {

namespace {
/// Spellings, the flags that they may mean, and what to do where the program
/// has none of these.
struct Spelling {
  const char *Names, *Flags, *Advice;
};
} // namespace

constexpr const char *Compiled =
    "this is fixed when the program is compiled: stator compile MODEL ";
constexpr const char *InTrainBlock =
    "this is set in the train block of the model";

constexpr Spelling Spellings[] = {
    {"n n-predict predict num-predict max-tokens max-new-tokens num-tokens "
     "max-length length",
     "tokens", ""},
    {"p", "prompt", ""},
    {"f file prompt-file", "prompts data", ""},
    {"m model model-path ckpt ckpt-path checkpoint load", "weights init-from",
     ""},
    {"t num-threads n-threads nthreads num-workers threads-batch", "threads",
     ""},
    {"s random-seed rng-seed manual-seed", "seed", ""},
    {"temp", "temperature", ""},
    {"repetition-penalty", "repeat-penalty", ""},
    {"repeat-last-n", "repeat-window", ""},
    {"i chat conversation interactive-first", "interactive", ""},
    {"num-samples n-samples num-return-sequences", "samples", ""},
    {"b bs batch-size micro-batch-size train-batch-size ubatch-size "
     "per-device-train-batch-size",
     "batch", "--batch N"},
    {"batch", "", "--batch N"},
    {"c ctx n-ctx ctx-size context context-length block-size seq-len "
     "sequence-length max-seq-len",
     "time", "--time N"},
    {"time", "", "--time N"},
    {"learning-rate", "lr",
     "the learning rate is for training: stator compile MODEL --mode train"},
    {"lr", "",
     "the learning rate is for training: stator compile MODEL --mode train"},
    {"min-learning-rate", "min-lr", InTrainBlock},
    {"wd decay", "weight-decay", InTrainBlock},
    {"grad-clip clip-grad clip-norm max-norm max-grad-norm "
     "gradient-clip-val",
     "clip", InTrainBlock},
    {"lr-decay-iters lr-decay-steps", "schedule-steps", InTrainBlock},
    {"warmup warmup-steps warmup-iters warmup-ratio lr-scheduler-type schedule "
     "optimizer optim betas beta1 beta2 adam-beta1 adam-beta2 adam-epsilon "
     "momentum label-smoothing",
     "", InTrainBlock},
    {"gradient-accumulation-steps grad-accum accumulate-grad-batches", "",
     "this is micro_batches in the train block of the model"},
    {"dropout dropout-rate n-layer n-head n-embd hidden-size vocab-size", "",
     "the configuration of the model is set when it is compiled: stator "
     "compile MODEL -D name=value"},
    {"max-steps num-steps train-steps max-iters iters iterations n-steps "
     "num-iterations",
     "steps", ""},
    {"epochs num-epochs num-train-epochs max-epochs", "steps", ""},
    {"train-file train-data dataset dataset-path data-path input input-file",
     "data", ""},
    {"val-data val-file validation-file eval-data eval-file", "val", ""},
    {"val-split validation-split test-size", "val-fraction", ""},
    {"eval-interval eval-steps eval-freq val-check-interval", "eval-every", ""},
    {"eval-iters max-eval-batches", "eval-batches", ""},
    {"save-interval save-steps save-freq checkpoint-every", "save-every", ""},
    {"o out-dir output output-dir save-dir", "out output", ""},
    {"out", "output", ""},
    {"resume-from resume-from-checkpoint continue", "resume", ""},
    {"pretrained init-weights finetune", "init-from", ""},
    {"logdir log-dir tensorboard-dir tb", "tensorboard", ""},
    {"log-file", "log", ""},
    {"q silent", "quiet", ""},
    {"v", "version", ""},
    {"dtype weights-type quantize quantization", "weight-type",
     "this is fixed when the program is compiled: stator compile MODEL "
     "--weight-type bf16"},
    {"device gpu cuda ngl gpu-layers n-gpu-layers", "",
     "programs compute on the CPU; --threads sets how many threads they use"},
};

static bool contains(absl::string_view Words, absl::string_view Word) {
  std::vector<absl::string_view> All = absl::StrSplit(Words, ' ');
  return std::ranges::find(All, Word) != All.end();
}

std::string
adviseOnSpelling(absl::string_view Name,
                 const std::function<bool(absl::string_view)> &Knows) {
  std::string Plain = absl::StrReplaceAll(Name, {{"_", "-"}});
  if (Knows(Plain))
    return absl::StrCat("; did you mean --", Plain, "?");
  for (const Spelling &Each : Spellings) {
    if (!contains(Each.Names, Plain))
      continue;
    for (absl::string_view Flag : absl::StrSplit(Each.Flags, ' '))
      if (!Flag.empty() && Knows(Flag))
        return absl::StrCat("; did you mean --", Flag, "?");
    absl::string_view Advice = Each.Advice;
    if (!Advice.empty())
      return absl::StrCat("\nhint: ", Advice.front() == '-' ? Compiled : "",
                          Advice);
  }
  return "";
}

} // namespace stator::runtime
