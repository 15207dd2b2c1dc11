#include "runtime/core/Generator.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/Finite.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <optional>
#include <set>

namespace stator::runtime {

absl::string_view textEndName(TextEnd End) {
  switch (End) {
  case TextEnd::Tokens:
    return "tokens";
  case TextEnd::StopId:
    return "eos";
  case TextEnd::Stopped:
    return "stop";
  case TextEnd::Context:
    break;
  }
  return "context";
}

namespace {

class Generation {
public:
  Generation(Decoder &Texts, absl::Span<const TextStart> Starts,
             const GeneratorOptions &Options, TokenSink Emit)
      : Texts(Texts), Starts(Starts), Options(Options), Emit(Emit),
        Draw(Options.Sampling), Rows(Starts.size()) {}

  absl::StatusOr<std::vector<TextEnd>> run();

private:
  struct Row {
    Decoder::Row Prompt; ///< where the row waits for the others
    std::vector<int32_t> Text;
    uint32_t Generated = 0;
    bool Joined = false;
    std::optional<TextEnd> End;

    bool isActive() const { return Joined && !End; }
  };

  absl::Status feedPrompts();
  absl::Status slide();
  absl::Status drawNext(size_t Index, const float *Logits, int32_t &Next);

  Decoder &Texts;
  absl::Span<const TextStart> Starts;
  const GeneratorOptions &Options;
  TokenSink Emit;
  Sampler Draw;
  std::vector<Row> Rows;
};

/// Feeds the prompts of one length after the other, each with empty texts
/// beside it, and leaves the decoder with the shortest.
absl::Status Generation::feedPrompts() {
  std::set<size_t> Lengths;
  for (size_t I = 0; I < Starts.size(); ++I) {
    Lengths.insert(Starts[I].Prompt.size());
    Rows[I].Text = Starts[I].Prompt;
  }
  // The shortest last: its rows are where they belong already.
  for (auto Length = Lengths.rbegin(); Length != Lengths.rend(); ++Length) {
    auto Count = static_cast<int64_t>(*Length);
    std::vector<int32_t> Tokens(static_cast<size_t>(Texts.batch() * Count), 0);
    for (size_t I = 0; I < Starts.size(); ++I)
      if (Starts[I].Prompt.size() == *Length)
        std::copy(Starts[I].Prompt.begin(), Starts[I].Prompt.end(),
                  Tokens.begin() + static_cast<int64_t>(I) * Count);
    Texts.reset();
    STATOR_RETURN_IF_ERROR(Texts.feed(Tokens.data(), Count));
    for (size_t I = 0; I < Starts.size(); ++I)
      if (Starts[I].Prompt.size() == *Length && *Length != *Lengths.begin())
        Rows[I].Prompt = Texts.save(static_cast<int64_t>(I));
  }
  return absl::OkStatus();
}

absl::Status Generation::drawNext(size_t Index, const float *Logits,
                                  int32_t &Next) {
  Row &Each = Rows[Index];
  STATOR_RETURN_IF_ERROR(checkLogits(
      Logits, Texts.vocabulary(),
      absl::StrCat("continuing ", Starts[Index].Name, ", step ", Each.Generated,
                   " (position ", Each.Text.size(), ")")));
  Next = Draw.sample(Logits, Texts.vocabulary(), Each.Generated,
                     Starts[Index].Stream, Each.Text);
  if (std::ranges::find(Options.StopIds, Next) != Options.StopIds.end()) {
    Each.End = TextEnd::StopId;
    return absl::OkStatus();
  }
  Each.Text.push_back(Next);
  ++Each.Generated;
  if (!Emit(Index, Next, Logits))
    Each.End = TextEnd::Stopped;
  else if (Each.Generated == Options.Tokens)
    Each.End = TextEnd::Tokens;
  else if (Texts.room() == 0 && !Options.Slide)
    Each.End = TextEnd::Context;
  return absl::OkStatus();
}

/// Feeds the ends of all texts anew. No row waits any more: a prompt is no
/// longer than the context.
absl::Status Generation::slide() {
  int64_t Kept = keptBySlide(Texts.context());
  std::vector<int32_t> Tokens(static_cast<size_t>(Texts.batch() * Kept), 0);
  for (size_t I = 0; I < Rows.size(); ++I)
    if (Rows[I].isActive())
      std::copy(Rows[I].Text.end() - Kept, Rows[I].Text.end(),
                Tokens.begin() + static_cast<int64_t>(I) * Kept);
  Texts.reset();
  return Texts.feed(Tokens.data(), Kept);
}

absl::StatusOr<std::vector<TextEnd>> Generation::run() {
  STATOR_RETURN_IF_ERROR(feedPrompts());
  std::vector<int32_t> Next(static_cast<size_t>(Texts.batch()), 0);
  for (;;) {
    bool Active = false, Waiting = false;
    for (size_t I = 0; I < Rows.size(); ++I) {
      Row &Each = Rows[I];
      const float *Logits = Texts.logits(static_cast<int64_t>(I));
      if (!Each.Joined) {
        if (static_cast<int64_t>(Each.Text.size()) > Texts.position()) {
          Waiting = true;
          continue;
        }
        Each.Joined = true;
        if (!Each.Prompt.Logits.empty()) {
          Texts.restore(static_cast<int64_t>(I), Each.Prompt);
          Logits = Each.Prompt.Logits.data();
        }
        if (Options.Tokens == 0)
          Each.End = TextEnd::Tokens;
      }
      if (!Each.isActive())
        continue;
      STATOR_RETURN_IF_ERROR(drawNext(I, Logits, Next[I]));
      Each.Prompt = {};
      Active |= Each.isActive();
    }
    if (!Active && !Waiting)
      break;
    if (!Active) {
      // Nobody is there to be computed until the next one joins.
      size_t Least = SIZE_MAX;
      for (const Row &Each : Rows)
        if (!Each.Joined)
          Least = std::min(Least, Each.Text.size());
      Texts.setPosition(static_cast<int64_t>(Least));
      continue;
    }
    if (Texts.room() == 0)
      STATOR_RETURN_IF_ERROR(slide());
    else
      STATOR_RETURN_IF_ERROR(Texts.feed(Next.data(), 1));
  }
  std::vector<TextEnd> Ends;
  Ends.reserve(Rows.size());
  for (const Row &Each : Rows)
    Ends.push_back(*Each.End);
  return Ends;
}

} // namespace

absl::StatusOr<std::vector<TextEnd>>
generate(Decoder &Texts, absl::Span<const TextStart> Starts,
         const GeneratorOptions &Options, TokenSink Emit) {
  return Generation(Texts, Starts, Options, Emit).run();
}

} // namespace stator::runtime
