#include "runtime/core/Decoder.h"
#include "runtime/core/ContextLimit.h"
#include "runtime/core/IndexChecks.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace stator::runtime {

//===----------------------------------------------------------------------===//
// Which blocks
//===----------------------------------------------------------------------===//

/// What a call costs beside its tokens, in tokens.
static constexpr int64_t CallCost = 12;

std::vector<BlockCall> planBlocks(const StatorProgram &Program,
                                  int64_t Position, int64_t Count) {
  auto Width = [&](int64_t Block) { return Program.Blocks[Block].Width; };
  std::vector<BlockCall> Calls;
  // Of a long text all but the end is fed in the widest blocks.
  int64_t Widest = Program.NumBlocks - 1;
  for (; Count > 8 * Width(Widest); Count -= Width(Widest)) {
    Calls.push_back({Widest, Width(Widest)});
    Position += Width(Widest);
  }
  struct Step {
    int64_t Cost = std::numeric_limits<int64_t>::max(), Block = 0, From = 0;
  };
  auto Consider = [&](Step &To, int64_t From, int64_t CostThere,
                      int64_t Block) {
    int64_t Cost = CostThere + CallCost + Width(Block);
    if (Cost < To.Cost)
      To = {Cost, Block, From};
  };
  // The cheapest way to have fed the first I tokens with none but real ones.
  std::vector<Step> Best(static_cast<size_t>(Count) + 1);
  Best[0].Cost = 0;
  for (int64_t I = 1; I <= Count; ++I)
    for (int64_t B = 0; B < Program.NumBlocks && Width(B) <= I; ++B)
      Consider(Best[static_cast<size_t>(I)], I - Width(B),
               Best[static_cast<size_t>(I - Width(B))].Cost, B);
  Step Last = Best[static_cast<size_t>(Count)];
  if (Program.PaddedBlocks)
    for (int64_t I = Count - 1; I >= 0; --I) // of equal ways, little padding
      for (int64_t B = 0; B < Program.NumBlocks; ++B)
        if (Width(B) > Count - I &&
            (Program.Context == 0 ||
             Position + I + Width(B) <= Program.Context))
          Consider(Last, I, Best[static_cast<size_t>(I)].Cost, B);
  size_t Begin = Calls.size();
  for (int64_t End = Count; End > 0;) {
    Calls.push_back({Last.Block, End - Last.From});
    End = Last.From;
    Last = Best[static_cast<size_t>(End)];
  }
  std::reverse(Calls.begin() + static_cast<int64_t>(Begin), Calls.end());
  // The widest first: what is near the context's end must fit.
  std::sort(Calls.begin() + static_cast<int64_t>(Begin), Calls.end(),
            [&](const BlockCall &A, const BlockCall &B) {
              return A.Real == Width(A.Block) &&
                     (B.Real != Width(B.Block) || A.Block > B.Block);
            });
  return Calls;
}

//===----------------------------------------------------------------------===//
// Decoder
//===----------------------------------------------------------------------===//

absl::StatusOr<Decoder> Decoder::create(const StatorProgram &Program,
                                        uint8_t *State) {
  Decoder Result;
  Result.Program = &Program;
  auto Rows = static_cast<uint64_t>(Program.Batch);
  if (!Result.usesBlocks())
    Rows *= static_cast<uint64_t>(Program.Time);
  STATOR_ASSIGN_OR_RETURN(
      Result.Memory,
      ProgramMemory::allocate(
          Program, Rows * static_cast<uint64_t>(Program.Vocabulary), State));
  Result.Logits.resize(static_cast<size_t>(Program.Batch));
  Result.Texts.resize(static_cast<size_t>(Program.Batch));
  return Result;
}

bool Decoder::separatesRows() const {
  for (int64_t I = 0; I < Program->NumTensors; ++I) {
    const StatorTensor &Tensor = Program->Tensors[I];
    if (Tensor.Role == STATOR_ROLE_CACHE &&
        (Tensor.Rank < 1 || Tensor.Shape[0] != Program->Batch))
      return false;
  }
  return true;
}

void Decoder::reset() {
  Position = 0;
  for (auto &Text : Texts)
    Text.clear();
  if (Program->CacheBytes && !std::exchange(Clean, true))
    std::memset(Memory.cache(), 0, Program->CacheBytes);
}

int64_t Decoder::room() const {
  return context() == 0 ? std::numeric_limits<int64_t>::max()
                        : context() - Position;
}

absl::Status Decoder::feed(const int32_t *Given, int64_t Count) {
  if (Count > room())
    return beyondContext(*Program, "the text", Position + Count);
  if (Position + Count < Program->Prefix)
    return withinPrefix(*Program, "the text", Position + Count);
  if (!usesBlocks()) {
    for (int64_t R = 0; R < batch(); ++R)
      Texts[static_cast<size_t>(R)].insert(Texts[static_cast<size_t>(R)].end(),
                                           Given + R * Count,
                                           Given + (R + 1) * Count);
    Position += Count;
    return recompute();
  }
  Clean = false;
  const int32_t *Next = Given;
  for (const BlockCall &Call : planBlocks(*Program, Position, Count)) {
    const StatorBlock &Block = Program->Blocks[Call.Block];
    Tokens.assign(static_cast<size_t>(batch() * Block.Width), 0);
    for (int64_t R = 0; R < batch(); ++R)
      std::copy_n(Next + R * Count, Call.Real,
                  Tokens.begin() + R * Block.Width);
    int64_t Info[STATOR_INFO_COUNT] = {};
    Info[STATOR_INFO_POSITION] = Position;
    Info[STATOR_INFO_LAST] = Call.Real - 1;
    Block.Run(Program->Self, Memory.state(), Memory.cache(), Memory.arena(),
              Tokens.data(), nullptr, Info, Memory.result());
    STATOR_RETURN_IF_ERROR(checkIndices(*Program, Info));
    Position += Call.Real;
    Next += Call.Real;
  }
  for (int64_t R = 0; R < batch(); ++R)
    Logits[static_cast<size_t>(R)] = Memory.result() + R * vocabulary();
  return absl::OkStatus();
}

/// Of a text so far, the last Time tokens are in the model's sight, padded on
/// the right, where causality hides the padding.
absl::Status Decoder::recompute() {
  int64_t Time = Program->Time;
  Tokens.assign(static_cast<size_t>(batch() * Time), 0);
  std::vector<int32_t> Targets(Tokens.size(), -1);
  int64_t Info[STATOR_INFO_COUNT] = {};
  for (int64_t R = 0; R < batch(); ++R) {
    std::vector<int32_t> &Text = Texts[static_cast<size_t>(R)];
    int64_t Seen = std::min(static_cast<int64_t>(Text.size()), Time);
    Text.erase(Text.begin(), Text.end() - Seen);
    std::ranges::copy(Text, Tokens.begin() + R * Time);
    Logits[static_cast<size_t>(R)] =
        Memory.result() + (R * Time + Seen - 1) * vocabulary();
  }
  Program->Forward(Program->Self, Memory.state(), Memory.cache(),
                   Memory.arena(), Tokens.data(), Targets.data(), Info,
                   Memory.result());
  return checkIndices(*Program, Info);
}

const float *Decoder::logits(int64_t Row) const {
  return Logits[static_cast<size_t>(Row)];
}

/// Calls \p Visit with the offset and the bytes of what each cache holds of row
/// \p Index.
template <typename Visitor>
static void forCaches(const StatorProgram &Program, int64_t Index,
                      Visitor Visit) {
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role != STATOR_ROLE_CACHE)
      continue;
    uint64_t Bytes = Tensor.Elements / static_cast<uint64_t>(Program.Batch) *
                     bytesOfType(Tensor.Type);
    Visit(Tensor.Offset + static_cast<uint64_t>(Index) * Bytes, Bytes);
  }
}

Decoder::Row Decoder::save(int64_t Index) const {
  Row Result;
  Result.Text = Texts[static_cast<size_t>(Index)];
  Result.Logits.assign(logits(Index), logits(Index) + vocabulary());
  forCaches(*Program, Index, [&](uint64_t Offset, uint64_t Bytes) {
    const uint8_t *From = Memory.cache() + Offset;
    Result.Cache.insert(Result.Cache.end(), From, From + Bytes);
  });
  return Result;
}

void Decoder::restore(int64_t Index, const Row &From) {
  Clean = false;
  Texts[static_cast<size_t>(Index)] = From.Text;
  const uint8_t *Next = From.Cache.data();
  forCaches(*Program, Index, [&](uint64_t Offset, uint64_t Bytes) {
    std::memcpy(Memory.cache() + Offset, Next, Bytes);
    Next += Bytes;
  });
}

} // namespace stator::runtime
