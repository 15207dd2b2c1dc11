#include "tests/runtime/tokenizer/SmallTokenizers.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "runtime/core/tokenizer/ByteAlphabet.h"
#include <cstring>

namespace stator::runtime::testing {

std::string smallByteLevelJson() {
  nlohmann::ordered_json Vocabulary, Merges = nlohmann::ordered_json::array();
  int Next = 0;
  for (unsigned Byte = 0; Byte < 256; ++Byte)
    Vocabulary[std::string(byteToCharacter(static_cast<uint8_t>(Byte)))] =
        Next++;
  for (auto [Left, Right] : {std::pair("t", "h"),
                             {"th", "e"},
                             {"\xc4\xa0", "the"},
                             {"i", "n"},
                             {"in", "g"},
                             {"a", "a"},
                             {"aa", "aa"}}) {
    Vocabulary[std::string(Left) + Right] = Next++;
    Merges.push_back(std::string(Left) + " " + Right);
  }
  nlohmann::ordered_json Result = {
      {"version", "1.0"},
      {"added_tokens",
       {{{"id", Next},
         {"content", "<|endoftext|>"},
         {"single_word", false},
         {"lstrip", false},
         {"rstrip", false},
         {"normalized", false},
         {"special", true}}}},
      {"normalizer", nullptr},
      {"pre_tokenizer",
       {{"type", "ByteLevel"},
        {"add_prefix_space", false},
        {"trim_offsets", true},
        {"use_regex", true}}},
      {"post_processor", nullptr},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model", {{"type", "BPE"}, {"vocab", Vocabulary}, {"merges", Merges}}}};
  return Result.dump();
}

std::string smallMetaspaceJson() {
  nlohmann::ordered_json Vocabulary, Merges = nlohmann::ordered_json::array();
  int Next = 0;
  for (const char *Name : {"<unk>", "<s>", "</s>"})
    Vocabulary[Name] = Next++;
  for (unsigned Byte = 0; Byte < 256; ++Byte)
    Vocabulary[absl::StrFormat("<0x%02X>", Byte)] = Next++;
  for (const char *Name : {"\xe2\x96\x81", "a", "b", "c", "t", "h", "e"})
    Vocabulary[Name] = Next++;
  for (auto [Left, Right] : {std::pair("t", "h"),
                             {"th", "e"},
                             {"\xe2\x96\x81", "the"},
                             {"a", "b"}}) {
    Vocabulary[std::string(Left) + Right] = Next++;
    Merges.push_back({Left, Right});
  }
  auto Added = [](int Id, const char *Name) {
    return nlohmann::ordered_json{
        {"id", Id},        {"content", Name}, {"single_word", false},
        {"lstrip", false}, {"rstrip", false}, {"normalized", false},
        {"special", true}};
  };
  nlohmann::ordered_json Space = {{"String", " "}};
  nlohmann::ordered_json Mark = {{"String", "\xe2\x96\x81"}};
  nlohmann::ordered_json Result = {
      {"added_tokens", {Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")}},
      {"normalizer",
       {{"type", "Sequence"},
        {"normalizers",
         {{{"type", "Prepend"}, {"prepend", "\xe2\x96\x81"}},
          {{"type", "Replace"},
           {"pattern", Space},
           {"content", "\xe2\x96\x81"}}}}}},
      {"pre_tokenizer", nullptr},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
          {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
        {"special_tokens",
         {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}}},
      {"decoder",
       {{"type", "Sequence"},
        {"decoders",
         {{{"type", "Replace"}, {"pattern", Mark}, {"content", " "}},
          {{"type", "ByteFallback"}},
          {{"type", "Fuse"}},
          {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}}},
      {"model",
       {{"type", "BPE"},
        {"dropout", nullptr},
        {"unk_token", "<unk>"},
        {"fuse_unk", true},
        {"byte_fallback", true},
        {"vocab", Vocabulary},
        {"merges", Merges}}}};
  return Result.dump();
}

std::string smallLlama2c() {
  std::string Result("\6\0\0\0", 4); // the size of the longest token
  auto Add = [&](absl::string_view Name, float Score = 0) {
    char Bytes[sizeof Score];
    std::memcpy(Bytes, &Score, sizeof Score);
    Result.append(Bytes, sizeof Bytes);
    Result += std::string{static_cast<char>(Name.size()), 0, 0, 0};
    Result.append(Name.data(), Name.size());
  };
  for (const char *Name : {"<unk>", "<s>", "</s>"})
    Add(Name);
  for (unsigned Byte = 0; Byte < 256; ++Byte)
    Add(absl::StrFormat("<0x%02X>", Byte));
  for (const char *Name : {" ", "a", "h", "e", "n", "t"})
    Add(Name);
  float Score = 0;
  for (const char *Name : {"he", " t", " the", "an", " a", "aa", "aaaa"})
    Add(Name, --Score);
  return Result;
}

} // namespace stator::runtime::testing
