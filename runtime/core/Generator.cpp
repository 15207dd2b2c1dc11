#include "runtime/core/Generator.h"
#include "runtime/core/Errors.h"
#include <algorithm>

namespace stator::runtime {

absl::Status generate(const StatorProgram &Program, const ProgramMemory &Memory,
                      std::vector<int32_t> Text, int64_t Count,
                      Sampler &Sampler, uint32_t Stream,
                      const std::function<void(int32_t)> &Emit) {
  auto Size = static_cast<size_t>(Program.Batch * Program.Time);
  std::vector<int32_t> Tokens(Size), Targets(Size, -1);
  int64_t Info[STATOR_INFO_COUNT] = {};
  for (int64_t Index = 0; Index < Count; ++Index) {
    int64_t Seen = std::min(static_cast<int64_t>(Text.size()), Program.Time);
    std::copy(Text.end() - Seen, Text.end(), Tokens.begin());
    std::fill(Tokens.begin() + Seen, Tokens.begin() + Program.Time, 0);
    Program.Forward(Program.Self, Memory.state(), Memory.cache(),
                    Memory.arena(), Tokens.data(), Targets.data(), Info,
                    Memory.result());
    int32_t Next = Sampler.sample(
        Memory.result() + (Seen - 1) * Program.Vocabulary, Program.Vocabulary,
        static_cast<uint32_t>(Index), Stream);
    if (Next < 0)
      return error("token ", Index,
                   ": every logit is NaN; the weights are not "
                   "usable");
    Text.push_back(Next);
    Emit(Next);
  }
  return absl::OkStatus();
}

} // namespace stator::runtime
