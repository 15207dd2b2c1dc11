#include "runtime/core/Evaluation.h"
#include "runtime/core/Batches.h"
#include "runtime/core/LogProbabilities.h"
#include <algorithm>
#include <vector>

namespace stator::runtime {

uint64_t evaluationResults(const StatorProgram &Program) {
  auto Positions = static_cast<uint64_t>(Program.Batch * Program.Time);
  if (Program.Mode == STATOR_MODE_TRAIN)
    return std::max<uint64_t>(Positions, STATOR_RESULT_COUNT);
  return Positions * static_cast<uint64_t>(Program.Vocabulary);
}

std::optional<double> evaluate(const StatorProgram &Program,
                               const ProgramMemory &Memory, TokenView Text,
                               int64_t MostBatches,
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
    if (!Continue())
      return std::nullopt;
    int64_t Real = All.fill(Batch, Tokens.data(), Targets.data());
    Entry(Program.Self, Memory.state(), Memory.cache(), Memory.arena(),
          Tokens.data(), Targets.data(), Info, Memory.result());
    const float *Result = Memory.result();
    for (int64_t I = 0; I < Real; ++I)
      Sum += Train ? Result[I]
                   : crossEntropy(Result + I * Program.Vocabulary,
                                  Program.Vocabulary,
                                  Targets[static_cast<size_t>(I)]);
    Count += Real;
  }
  return Sum / static_cast<double>(Count);
}

} // namespace stator::runtime
