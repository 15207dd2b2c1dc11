#include "runtime/core/tokenizer/BpeVocabulary.h"
#include "runtime/core/Errors.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include "runtime/core/tokenizer/ByteAlphabet.h"
#include "runtime/core/tokenizer/TokenizerReaders.h"
#include <algorithm>

namespace stator::runtime {

absl::Status addVocabulary(const JsonFields &Vocabulary, TokenTable &Tokens) {
  Tokens.reserve(Vocabulary.value().size());
  for (auto Entry = Vocabulary.value().begin(), End = Vocabulary.value().end();
       Entry != End; ++Entry) {
    if (!Entry->is_number_integer())
      return Vocabulary.fail("",
                             absl::StrCat("has the token \"", Entry.key(),
                                          "\", whose id is not an integer"));
    // An unsigned id beyond the range is seen as negative.
    if (absl::Status Status = Tokens.add(Entry->get<int64_t>(), Entry.key());
        !Status.ok())
      return Vocabulary.fail("",
                             absl::StrCat("is damaged: ", Status.message()));
  }
  return absl::OkStatus();
}

absl::Status setMerges(
    const std::vector<std::pair<absl::string_view, absl::string_view>> &Pairs,
    const TokenTable &Tokens, absl::string_view Origin, BpeModel &Model) {
  Model.Merges = BpeMerges(Pairs.size());
  std::string Joined;
  for (size_t Rank = 0; Rank < Pairs.size(); ++Rank) {
    const auto &[Left, Right] = Pairs[Rank];
    Joined.assign(Left.data(), Left.size());
    Joined.append(Right.data(), Right.size());
    int32_t LeftId = Tokens.find(Left), RightId = Tokens.find(Right);
    int32_t Id = Tokens.find(Joined);
    if (LeftId < 0 || RightId < 0 || Id < 0)
      return error(Origin, ": merge ", Rank, " joins \"", Left, "\" and \"",
                   Right, "\", but \"",
                   LeftId < 0    ? Left
                   : RightId < 0 ? Right
                                 : Joined,
                   "\" is not in the vocabulary");
    Model.Merges.add(LeftId, RightId, static_cast<uint32_t>(Rank), Id);
  }
  return absl::OkStatus();
}

void setByteLevel(const TokenTable &Tokens, BpeModel &Model) {
  Model.ByteLevel = true;
  for (unsigned Byte = 0; Byte < 256; ++Byte)
    Model.ByteTokens[Byte] =
        Tokens.find(byteToCharacter(static_cast<uint8_t>(Byte)));
}

std::vector<std::string> byteLevelPieces(const TokenTable &Tokens) {
  std::vector<std::string> Result;
  Result.reserve(static_cast<size_t>(Tokens.size()));
  for (int64_t Id = 0; Id < Tokens.size(); ++Id) {
    absl::string_view Name = Tokens.name(static_cast<int32_t>(Id));
    Result.push_back(bytesOfToken(Name).value_or(std::string(Name)));
  }
  return Result;
}

static bool isSpecialName(absl::string_view Name) {
  return Name.size() > 4 && Name.substr(0, 2) == "<|" &&
         Name.substr(Name.size() - 2) == "|>";
}

/// The lines of a file of merges: two tokens and a space between, behind a
/// first line that may name a version.
static absl::StatusOr<
    std::vector<std::pair<absl::string_view, absl::string_view>>>
parseMerges(const TokenizerFiles::File &File) {
  std::vector<std::pair<absl::string_view, absl::string_view>> Result;
  size_t Number = 0;
  for (absl::string_view Line : splitLines(File.Contents)) {
    ++Number;
    if (Line.empty() || (Number == 1 && Line.substr(0, 8) == "#version"))
      continue;
    size_t Space = Line.find(' ');
    if (Space == 0 || Space == absl::string_view::npos ||
        Space + 1 == Line.size() ||
        Line.find(' ', Space + 1) != absl::string_view::npos)
      return error(File.Name, ": line ", Number,
                   " is not two tokens with a space between");
    Result.emplace_back(Line.substr(0, Space), Line.substr(Space + 1));
  }
  return Result;
}

absl::StatusOr<std::unique_ptr<Tokenizer>>
readVocabMerges(TokenizerFiles Files) {
  PipelineTokenizer::Parts Parts;
  const TokenizerFiles::File &Vocabulary = Files.Files[0];
  const TokenizerFiles::File &Merges = Files.Files[1];
  nlohmann::json Storage;
  STATOR_ASSIGN_OR_RETURN(
      JsonFields Json,
      JsonFields::parse(Vocabulary.Contents, Files.Origin, Storage));
  STATOR_RETURN_IF_ERROR(addVocabulary(Json, Parts.Tokens));
  STATOR_ASSIGN_OR_RETURN(auto Pairs, parseMerges(Merges));
  STATOR_RETURN_IF_ERROR(
      setMerges(Pairs, Parts.Tokens, Merges.Name, Parts.Model));
  setByteLevel(Parts.Tokens, Parts.Model);
  // Some published vocabularies lack a few bytes, which are left out of texts.
  if (std::ranges::all_of(Parts.Model.ByteTokens,
                          [](int32_t Id) { return Id == BpeModel::None; }))
    return error(Files.Origin, " has no token for any byte, so it is not a "
                               "vocabulary of byte-level BPE");

  PreTokenizer::Stage Words;
  STATOR_ASSIGN_OR_RETURN(Words.Splits, regexPattern(Gpt2Words));
  STATOR_ASSIGN_OR_RETURN(Parts.Ends, readTextEnds(Files, Parts.Tokens));
  if (Parts.Ends.AddPrefixSpace.value_or(false))
    Words.Prefix = " ";
  Parts.Divide.add(std::move(Words));
  Parts.Pieces = byteLevelPieces(Parts.Tokens);
  for (int64_t I = 0; I < Parts.Tokens.size(); ++I) {
    auto Id = static_cast<int32_t>(I);
    absl::string_view Name = Parts.Tokens.name(Id);
    if (isSpecialName(Name)) {
      AddedToken Token;
      Token.Id = Id;
      Token.Content = std::string(Name);
      Token.Special = true;
      Parts.Added.push_back(std::move(Token));
    }
  }
  if (Parts.Ends.End.empty())
    Parts.Ends.End = usualEnds(Parts.Tokens);
  surroundText(Parts.Ends, Parts.Tokens, Parts.Before, Parts.After);
  Parts.Files = std::move(Files);
  return std::make_unique<PipelineTokenizer>(std::move(Parts));
}

} // namespace stator::runtime
