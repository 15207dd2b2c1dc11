#include "runtime/core/Evaluation.h"
#include "runtime/core/Batches.h"
#include "runtime/core/Finite.h"
#include "runtime/core/IndexChecks.h"
#include "runtime/core/LogProbabilities.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <vector>

namespace stator::runtime {

uint64_t evaluationResults(const StatorProgram &Program) {
  auto Positions = static_cast<uint64_t>(Program.Batch * Program.Time);
  if (Program.Mode == STATOR_MODE_TRAIN)
    return std::max<uint64_t>(Positions, STATOR_RESULT_COUNT);
  return Positions * static_cast<uint64_t>(Program.Vocabulary);
}

absl::StatusOr<std::optional<double>>
evaluate(const StatorProgram &Program, const ProgramMemory &Memory,
         TokenView Text, int64_t MostBatches,
         const std::function<bool()> &Continue) {
  Windows All(Text, Program.Batch, Program.Time);
  int64_t NumBatches = All.numBatches();
  if (MostBatches > 0)
    NumBatches = std::min(NumBatches, MostBatches);
  auto Size = static_cast<size_t>(Program.Batch * Program.Time);
  std::vector<int32_t> Tokens(Size), Targets(Size);
  int64_t Info[STATOR_INFO_COUNT] = {};
  bool Train = Program.Mode == STATOR_MODE_TRAIN;
  StatorEntry Entry = Train ? Program.Evaluate : Program.Forward;
  double Sum = 0;
  int64_t Count = 0;
  for (int64_t Batch = 0; Batch < NumBatches; ++Batch) {
    int64_t Real = All.fill(Batch, Tokens.data(), Targets.data());
    // After the tokens are read: those of a file that has changed must not
    // reach the kernels, which trust that tokens were checked.
    if (!Continue())
      return std::optional<double>();
    Entry(Program.Self, Memory.state(), Memory.cache(), Memory.arena(),
          Tokens.data(), Targets.data(), Info, Memory.result());
    STATOR_RETURN_IF_ERROR(checkIndices(Program, Info));
    const float *Result = Memory.result();
    for (int64_t I = 0; I < Real; ++I) {
      if (Train) {
        Sum += Result[I];
        continue;
      }
      const float *Logits = Result + I * Program.Vocabulary;
      STATOR_RETURN_IF_ERROR(
          checkLogits(Logits, Program.Vocabulary,
                      absl::StrCat("predicting token ", Count + I + 1)));
      Sum += crossEntropy(Logits, Program.Vocabulary,
                          Targets[static_cast<size_t>(I)]);
    }
    Count += Real;
  }
  return std::optional(Sum / static_cast<double>(Count));
}

} // namespace stator::runtime
