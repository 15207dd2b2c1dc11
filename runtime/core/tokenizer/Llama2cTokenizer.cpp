//===- Llama2cTokenizer.cpp - llama2.c's tokenizer.bin --------------------===//
//
// The file: int32 size of the longest token; then, for each token in the order
// of ids, float32 score, int32 size, bytes. Little-endian. Encoding and
// decoding are those of run.c: a space is put in front of a text, characters
// without a token become bytes, whose tokens begin at 3, and pairs are joined
// by score; a space is taken away behind BOS.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Utf8.h"
#include "runtime/core/tokenizer/BpeModel.h"
#include "runtime/core/tokenizer/ScoredMerges.h"
#include "runtime/core/tokenizer/TokenizerReaders.h"
#include "runtime/core/tokenizer/WordEncoder.h"
#include <cstring>
#include <utility>

namespace stator::runtime {

namespace {

constexpr int32_t UnknownId = 0, BeginId = 1, EndId = 2, FirstByteId = 3;

class Llama2cTokenizer final : public Tokenizer {
public:
  Llama2cTokenizer(TokenizerFiles Files, TokenTable Table, BpeMerges Merges)
      : Files(std::move(Files)), Tokens(std::move(Table)) {
    Model.Tokens = &Tokens;
    Model.Merges = std::move(Merges);
    Model.AnyByteFallback = true;
    Model.Unknown = UnknownId;
    for (int32_t Byte = 0; Byte < 256; ++Byte)
      if (FirstByteId + Byte < Tokens.size())
        Model.ByteTokens[static_cast<size_t>(Byte)] = FirstByteId + Byte;
    Model.findCuts(" ");
  }

  absl::Status encodeTo(absl::string_view Text, EncodeOptions Options,
                        IdSink Sink) const override {
    WordEncoder Out(Model, Text, Sink);
    if (Options.AddSpecial && bos())
      Out.id(BeginId);
    if (!Text.empty())
      Out.word(absl::StrCat(" ", Text));
    return Out.finish();
  }

  void append(int32_t Id, DecodeState &State,
              std::string &Text) const override {
    if (isSpecial(Id)) {
      State.AtStart = Id == BeginId;
      if (State.ShowSpecial)
        absl::StrAppend(&Text, Tokens.name(Id));
      return;
    }
    bool First = std::exchange(State.AtStart, false);
    absl::string_view Name = Tokens.name(Id);
    if (Id < 0 || Id >= Tokens.size())
      appendUtf8(Text, 0xFFFD);
    else if (int Byte = byteOfName(Name); Byte >= 0)
      Text.push_back(static_cast<char>(Byte));
    else
      absl::StrAppend(&Text,
                      Name.substr(First && Name.substr(0, 1) == " " ? 1 : 0));
  }

  int64_t vocabularySize() const override { return Tokens.size(); }
  std::string token(int32_t Id) const override {
    return std::string(Tokens.name(Id));
  }
  std::optional<int32_t> find(absl::string_view Token) const override {
    return Tokens.lookUp(Token);
  }
  bool isSpecial(int32_t Id) const override {
    return Id == BeginId || Id == EndId;
  }
  std::optional<int32_t> bos() const override {
    return Tokens.size() > BeginId ? std::optional<int32_t>(BeginId)
                                   : std::nullopt;
  }
  std::vector<int32_t> eos() const override {
    return Tokens.size() > EndId ? std::vector<int32_t>{EndId}
                                 : std::vector<int32_t>();
  }
  TokenizerFiles files() const override { return Files; }
  TokenizerKind kind() const override { return TokenizerKind::Llama2c; }

private:
  TokenizerFiles Files;
  TokenTable Tokens;
  BpeModel Model;
};

} // namespace

absl::StatusOr<std::unique_ptr<Tokenizer>> readLlama2c(TokenizerFiles Files) {
  absl::string_view Bytes = Files.Files[0].Contents;
  auto Invalid = [&](absl::string_view Why) {
    return error(Files.Origin, " is not a tokenizer of llama2.c: ", Why);
  };
  uint32_t Longest;
  if (Bytes.size() < sizeof Longest)
    return Invalid("it is shorter than its header");
  std::memcpy(&Longest, Bytes.data(), sizeof Longest);
  Bytes.remove_prefix(sizeof Longest);

  TokenTable Tokens;
  std::vector<float> Scores;
  while (!Bytes.empty()) {
    float Score;
    uint32_t Size;
    auto Id = static_cast<int64_t>(Scores.size());
    if (Bytes.size() < sizeof Score + sizeof Size)
      return Invalid(absl::StrCat("it ends inside of token ", Id));
    std::memcpy(&Score, Bytes.data(), sizeof Score);
    std::memcpy(&Size, Bytes.data() + sizeof Score, sizeof Size);
    Bytes.remove_prefix(sizeof Score + sizeof Size);
    if (Size > Longest)
      return Invalid(absl::StrCat("token ", Id, " has ", Size,
                                  " bytes, but the longest one should have ",
                                  Longest));
    if (Size > Bytes.size())
      return Invalid(absl::StrCat("it ends inside of token ", Id));
    if (absl::Status Status = Tokens.add(Id, Bytes.substr(0, Size));
        !Status.ok())
      return Invalid(Status.message());
    Scores.push_back(Score);
    Bytes.remove_prefix(Size);
  }
  if (Scores.empty())
    return Invalid("it has no tokens");
  absl::StatusOr<BpeMerges> Merges =
      scoredMerges(Tokens, Scores, [](int32_t) { return true; });
  if (!Merges.ok())
    return Invalid(Merges.status().message());
  return std::make_unique<Llama2cTokenizer>(std::move(Files), std::move(Tokens),
                                            *std::move(Merges));
}

} // namespace stator::runtime
