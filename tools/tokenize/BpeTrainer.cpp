#include "tools/tokenize/BpeTrainer.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "runtime/core/tokenizer/AddedTokens.h"
#include "runtime/core/tokenizer/ByteAlphabet.h"
#include "runtime/core/tokenizer/CharacterClass.h"
#include "runtime/core/tokenizer/WordScanner.h"
#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

namespace stator::tokenize {

using namespace stator::runtime;

namespace {

using WordCounts = absl::flat_hash_map<absl::string_view, int64_t>;
using Pair = std::pair<int32_t, int32_t>;

struct Word {
  std::vector<int32_t> Tokens;
  int64_t Count;
};

/// The words of a text, each with how often it is there.
class Counter {
public:
  explicit Counter(const std::vector<std::string> &Special)
      : Words(scannedPattern(Gpt2Words)) {
    std::vector<AddedToken> Tokens;
    for (const std::string &Name : Special) {
      AddedToken Token;
      Token.Content = Name;
      Token.Special = true;
      Tokens.push_back(std::move(Token));
    }
    Cuts = AddedTokens(std::move(Tokens));
  }

  void count(absl::string_view Text) {
    for (size_t Position = 0; Position < Text.size();) {
      size_t Size = validUtf8Length(Text, Position);
      Cuts.split(
          Text.substr(Position, Size), /*ParseSpecial=*/true,
          [&](absl::string_view Part) { countWords(Part); },
          [](const AddedToken &) {});
      Position += Size;
      // As the tokenizer does: what is no UTF-8 is a word.
      Size = invalidUtf8Length(Text, Position);
      if (Size > 0)
        ++Counts[Text.substr(Position, Size)];
      Position += Size;
    }
  }

  /// In an order that depends on the text alone.
  std::vector<Word> words() const {
    std::vector<std::pair<absl::string_view, int64_t>> Sorted(Counts.begin(),
                                                              Counts.end());
    std::sort(Sorted.begin(), Sorted.end());
    std::vector<Word> Result;
    Result.reserve(Sorted.size());
    for (const auto &[Text, Count] : Sorted) {
      Word &New = Result.emplace_back();
      New.Count = Count;
      for (char Byte : Text)
        New.Tokens.push_back(static_cast<unsigned char>(Byte));
    }
    return Result;
  }

private:
  void countWords(absl::string_view Text) {
    size_t Begin, End, Position = 0;
    while (Words->find(Text, Position, Begin, End) == Pattern::Outcome::Found) {
      ++Counts[Text.substr(Begin, End - Begin)];
      Position = End;
    }
  }

  std::unique_ptr<Pattern> Words;
  AddedTokens Cuts;
  WordCounts Counts;
};

/// How often pairs of tokens are next to each other, and where.
class PairTable {
public:
  explicit PairTable(std::vector<Word> Given) : Words(std::move(Given)) {
    for (size_t I = 0; I < Words.size(); ++I)
      for (size_t J = 0; J + 1 < Words[I].Tokens.size(); ++J)
        change({Words[I].Tokens[J], Words[I].Tokens[J + 1]}, Words[I].Count, I);
    queueChanged();
  }

  /// The most frequent pair, or a count of 0 if there is none.
  std::pair<Pair, int64_t> best() {
    while (!Queue.empty()) {
      Candidate Top = Queue.top();
      const Entry &Now = Pairs[Top.Of];
      if (Now.Count == Top.Count)
        return {Top.Of, Top.Count};
      // It was counted since, and is there with its count too, if it is less.
      Queue.pop();
    }
    return {{0, 0}, 0};
  }

  /// Makes \p Token of every \p Merged.
  void merge(Pair Merged, int32_t Token) {
    std::vector<size_t> Where = std::move(Pairs[Merged].Where);
    for (size_t I : Where)
      mergeIn(I, Merged, Token);
    Pairs.erase(Merged);
    Changed.erase(std::remove(Changed.begin(), Changed.end(), Merged),
                  Changed.end());
    queueChanged();
  }

private:
  struct Entry {
    int64_t Count = 0;
    std::vector<size_t> Where; ///< words that had it at some time
    bool IsChanged = false;
  };
  struct Candidate {
    int64_t Count;
    Pair Of;
    bool operator<(const Candidate &Other) const {
      return std::tie(Count, Other.Of) < std::tie(Other.Count, Of);
    }
  };

  void change(Pair Of, int64_t By, size_t WordIndex) {
    Entry &Now = Pairs[Of];
    Now.Count += By;
    if (By > 0 && (Now.Where.empty() || Now.Where.back() != WordIndex))
      Now.Where.push_back(WordIndex);
    if (!std::exchange(Now.IsChanged, true))
      Changed.push_back(Of);
  }

  void queueChanged() {
    for (const Pair &Of : Changed) {
      Entry &Now = Pairs[Of];
      Now.IsChanged = false;
      if (Now.Count > 0)
        Queue.push({Now.Count, Of});
    }
    Changed.clear();
  }

  void mergeIn(size_t Index, Pair Merged, int32_t Token) {
    std::vector<int32_t> &Tokens = Words[Index].Tokens;
    int64_t Count = Words[Index].Count;
    size_t Out = 0;
    for (size_t I = 0; I < Tokens.size();) {
      if (I + 1 == Tokens.size() || Tokens[I] != Merged.first ||
          Tokens[I + 1] != Merged.second) {
        Tokens[Out++] = Tokens[I++];
        continue;
      }
      // Tokens before Out are merged already.
      if (Out > 0) {
        change({Tokens[Out - 1], Merged.first}, -Count, Index);
        change({Tokens[Out - 1], Token}, Count, Index);
      }
      if (I + 2 < Tokens.size()) {
        change({Merged.second, Tokens[I + 2]}, -Count, Index);
        change({Token, Tokens[I + 2]}, Count, Index);
      }
      Tokens[Out++] = Token;
      I += 2;
    }
    Tokens.resize(Out);
  }

  std::vector<Word> Words;
  absl::flat_hash_map<Pair, Entry> Pairs;
  std::vector<Pair> Changed;
  std::priority_queue<Candidate> Queue;
};

} // namespace

TrainedBpe trainBpe(absl::string_view Text, const TrainerOptions &Options,
                    absl::FunctionRef<void(double)> Progress) {
  TrainedBpe Result;
  Result.Special = Options.Special;
  Result.Tokens.reserve(static_cast<size_t>(Options.Vocabulary));
  Result.Bytes = static_cast<int64_t>(Text.size());
  Counter Counted(Options.Special);
  Progress(0);
  Counted.count(Text);
  std::vector<Word> Words = Counted.words();
  Result.Words = static_cast<int64_t>(Words.size());
  PairTable Table(std::move(Words));
  absl::flat_hash_map<std::string, int32_t> Known;
  for (unsigned Byte = 0; Byte < 256; ++Byte) {
    std::string &Bytes = Result.Tokens.emplace_back(1, static_cast<char>(Byte));
    Known.emplace(Bytes, static_cast<int32_t>(Byte));
  }
  auto First = static_cast<double>(Result.vocabulary());
  auto Wanted = static_cast<double>(Options.Vocabulary);
  while (Result.vocabulary() < Options.Vocabulary) {
    auto [Best, Count] = Table.best();
    if (Count < Options.MinCount || Count == 0)
      break;
    std::string Bytes = Result.Tokens[static_cast<size_t>(Best.first)] +
                        Result.Tokens[static_cast<size_t>(Best.second)];
    auto [Place, IsNew] =
        Known.try_emplace(Bytes, static_cast<int32_t>(Result.Tokens.size()));
    if (IsNew)
      Result.Tokens.push_back(std::move(Bytes));
    Result.Merges.push_back({Best.first, Best.second, Place->second, Count});
    Table.merge(Best, Place->second);
    if (Result.Merges.size() % 64 == 0)
      Progress((static_cast<double>(Result.vocabulary()) - First) /
               (Wanted - First));
  }
  return Result;
}

std::string TrainedBpe::toJson() const {
  std::vector<std::string> Names;
  Names.reserve(static_cast<size_t>(vocabulary()));
  for (const std::string &Bytes : Tokens)
    Names.push_back(tokenOfBytes(Bytes));
  nlohmann::ordered_json MergeList = nlohmann::ordered_json::array();
  for (const Merge &Each : Merges)
    MergeList.push_back(absl::StrCat(Names[static_cast<size_t>(Each.Left)], " ",
                                     Names[static_cast<size_t>(Each.Right)]));
  nlohmann::ordered_json Added = nlohmann::ordered_json::array();
  for (const std::string &Name : Special) {
    Added.push_back({{"id", Names.size()},
                     {"content", Name},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
    Names.push_back(Name);
  }
  nlohmann::ordered_json ByteLevel = {{"type", "ByteLevel"},
                                      {"add_prefix_space", false},
                                      {"trim_offsets", true},
                                      {"use_regex", true}};
  nlohmann::ordered_json Json = {
      {"version", "1.0"},          {"truncation", nullptr},
      {"padding", nullptr},        {"added_tokens", Added},
      {"normalizer", nullptr},     {"pre_tokenizer", ByteLevel},
      {"post_processor", nullptr}, {"decoder", ByteLevel}};
  // The vocabulary is written in the order of its ids; an ordered_json of so
  // many names would search all of them for each.
  std::string Vocabulary;
  for (size_t Id = 0; Id < Names.size(); ++Id)
    Vocabulary += (Id ? ",\n      " : "\n      ") +
                  nlohmann::json(Names[Id]).dump() + ": " + std::to_string(Id);
  std::string Head = Json.dump(2);
  Head.resize(Head.rfind("\n}"));
  return Head +
         ",\n  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n"
         "    \"unk_token\": null,\n    \"continuing_subword_prefix\": null,\n"
         "    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n"
         "    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n"
         "    \"vocab\": {" +
         Vocabulary + "\n    },\n    \"merges\": " + MergeList.dump() +
         "\n  }\n}\n";
}

} // namespace stator::tokenize
