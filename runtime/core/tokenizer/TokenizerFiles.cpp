#include "runtime/core/tokenizer/TokenizerFiles.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Json.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/RunPath.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <system_error>

namespace stator::runtime {

namespace fs = std::filesystem;

constexpr absl::string_view Magic = "stator-tokenizer\n";
constexpr uint32_t SerializedVersion = 1;

constexpr std::array<absl::string_view, 2> VocabularyNames = {"vocab.json",
                                                              "encoder.json"};
constexpr std::array<absl::string_view, 2> MergesNames = {"merges.txt",
                                                          "vocab.bpe"};
/// Of a Hugging Face folder: what begins and ends a text.
constexpr std::array<absl::string_view, 3> SideNames = {
    "tokenizer_config.json", "special_tokens_map.json",
    "generation_config.json"};

absl::string_view tokenizerKindName(TokenizerKind Kind) {
  switch (Kind) {
  case TokenizerKind::Characters:
    return "characters";
  case TokenizerKind::Bytes:
    return "bytes";
  case TokenizerKind::Tokens:
    return "token ids";
  case TokenizerKind::HuggingFace:
    return "Hugging Face tokenizer.json";
  case TokenizerKind::VocabMerges:
    return "byte-level BPE, vocabulary and merges";
  case TokenizerKind::SentencePiece:
    return "SentencePiece model";
  case TokenizerKind::Llama2c:
    break;
  }
  return "llama2.c tokenizer.bin";
}

const TokenizerFiles::File *TokenizerFiles::find(absl::string_view Name) const {
  for (const File &Entry : Files)
    if (Entry.Name == Name)
      return &Entry;
  return nullptr;
}

static bool isFile(const fs::path &Path) {
  std::error_code Ignored;
  return fs::is_regular_file(Path, Ignored);
}

/// Adds the file at \p Path under the name that its kind has everywhere.
static absl::Status addFile(TokenizerFiles &Result, const fs::path &Path,
                            absl::string_view Name) {
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path.string()));
  Result.Files.push_back({std::string(Name), std::string(File.text())});
  return absl::OkStatus();
}

/// The first of \p Names that is a file in \p Folder; empty if none is.
template <size_t Count>
static fs::path findAny(const fs::path &Folder,
                        const std::array<absl::string_view, Count> &Names) {
  for (absl::string_view Name : Names)
    if (fs::path Path = Folder / std::string(Name); isFile(Path))
      return Path;
  return {};
}

static absl::Status addSideFiles(TokenizerFiles &Result,
                                 const fs::path &Folder) {
  for (absl::string_view Name : SideNames)
    if (fs::path Path = Folder / std::string(Name); isFile(Path))
      STATOR_RETURN_IF_ERROR(addFile(Result, Path, Name));
  return absl::OkStatus();
}

static absl::string_view usualName(TokenizerKind Kind) {
  switch (Kind) {
  case TokenizerKind::HuggingFace:
    return "tokenizer.json";
  case TokenizerKind::SentencePiece:
    return "tokenizer.model";
  case TokenizerKind::Llama2c:
    return "tokenizer.bin";
  default:
    return VocabularyNames[0];
  }
}

static absl::StatusOr<TokenizerFiles> readKind(TokenizerKind Kind,
                                               const fs::path &Path) {
  TokenizerFiles Result;
  Result.Kind = Kind;
  Result.Origin = Path.string();
  STATOR_RETURN_IF_ERROR(addFile(Result, Path, usualName(Kind)));
  if (Kind == TokenizerKind::HuggingFace ||
      Kind == TokenizerKind::SentencePiece)
    STATOR_RETURN_IF_ERROR(addSideFiles(Result, Path.parent_path()));
  return Result;
}

static absl::StatusOr<TokenizerFiles>
readVocabMerges(const fs::path &Vocabulary, const fs::path &Merges) {
  TokenizerFiles Result;
  Result.Kind = TokenizerKind::VocabMerges;
  Result.Origin = Vocabulary.string();
  STATOR_RETURN_IF_ERROR(addFile(Result, Vocabulary, VocabularyNames[0]));
  STATOR_RETURN_IF_ERROR(addFile(Result, Merges, MergesNames[0]));
  STATOR_RETURN_IF_ERROR(addSideFiles(Result, Vocabulary.parent_path()));
  return Result;
}

/// Stator's own vocab.json, with the kind that it says. Only the beginning is
/// looked at: the reader of the kind says what is wrong further on.
static bool readOwnKind(absl::string_view Contents, TokenizerKind &Kind) {
  absl::StatusOr<nlohmann::json> Json = parseJson(Contents, "vocab.json");
  if (!Json.ok() || !Json->is_object() || !Json->contains("kind") ||
      !Json->at("kind").is_string())
    return false;
  const auto &Name = Json->at("kind").get_ref<const std::string &>();
  Kind = Name == "bytes"    ? TokenizerKind::Bytes
         : Name == "tokens" ? TokenizerKind::Tokens
                            : TokenizerKind::Characters;
  return true;
}

static absl::StatusOr<TokenizerFiles> readOwn(const fs::path &Path) {
  STATOR_ASSIGN_OR_RETURN(TokenizerFiles Result,
                          readKind(TokenizerKind::Characters, Path));
  if (!readOwnKind(Result.Files[0].Contents, Result.Kind))
    return error(Path.string(), " is neither a vocabulary of Stator's (a JSON "
                                "object with \"kind\") nor beside a "
                                "merges.txt or vocab.bpe");
  return Result;
}

/// A *.model in \p Folder: tokenizer.model, else the first by name.
static fs::path findModel(const fs::path &Folder) {
  if (fs::path Usual = Folder / "tokenizer.model"; isFile(Usual))
    return Usual;
  fs::path Result;
  std::error_code Error;
  for (fs::directory_iterator I(Folder, Error), End; !Error && I != End;
       I.increment(Error))
    if (I->path().extension() == ".model" && isFile(I->path()) &&
        (Result.empty() || I->path() < Result))
      Result = I->path();
  return Result;
}

static absl::StatusOr<TokenizerFiles> readFolder(const fs::path &Folder) {
  if (fs::path Path = Folder / "tokenizer.json"; isFile(Path))
    return readKind(TokenizerKind::HuggingFace, Path);
  if (fs::path Path = findModel(Folder); !Path.empty())
    return readKind(TokenizerKind::SentencePiece, Path);
  if (fs::path Path = Folder / "tokenizer.bin"; isFile(Path))
    return readKind(TokenizerKind::Llama2c, Path);
  fs::path Vocabulary = findAny(Folder, VocabularyNames);
  fs::path Merges = findAny(Folder, MergesNames);
  if (!Vocabulary.empty() && !Merges.empty())
    return readVocabMerges(Vocabulary, Merges);
  if (fs::path Path = Folder / "vocab.json"; isFile(Path))
    return readOwn(Path);
  return error(Folder.string(),
               " holds no tokenizer: looked for tokenizer.json, *.model, "
               "tokenizer.bin, vocab.json or encoder.json with merges.txt or "
               "vocab.bpe, and a vocab.json of Stator's");
}

bool holdsTokenizer(const std::string &Folder) {
  fs::path Path(Folder);
  return isFile(Path / "tokenizer.json") || !findModel(Path).empty() ||
         isFile(Path / "tokenizer.bin") ||
         !findAny(Path, VocabularyNames).empty();
}

absl::Status refuseOtherTokenizer(const std::string &Folder,
                                  const std::optional<TokenizerFiles> &Own) {
  std::vector<std::string> Found;
  auto Look = [&](const fs::path &Path) {
    std::string Name = Path.filename().string();
    if (isFile(Path) && !(Own && Own->find(Name)))
      Found.push_back(Name);
  };
  fs::path Whole(Folder);
  Look(Whole / "tokenizer.json");
  if (fs::path Model = findModel(Whole); !Model.empty())
    Look(Model);
  Look(Whole / "tokenizer.bin");
  for (const auto &Names : {VocabularyNames, MergesNames})
    for (absl::string_view Name : Names)
      Look(Whole / std::string(Name));
  for (absl::string_view Name : SideNames)
    Look(Whole / std::string(Name));
  if (Found.empty())
    return absl::OkStatus();
  return error(Folder, " holds the tokenizer of something else: ",
               absl::StrJoin(Found, ", "),
               "\nhint: remove it, or give another folder");
}

/// A llama2.c file begins with the length of its longest token, then the score
/// and the length of the first one. Its first three tokens are the unknown
/// token and those around a text.
static bool looksLikeLlama2c(absl::string_view Bytes) {
  auto Number = [&](size_t Offset) {
    uint32_t Result = 0;
    for (size_t I = 0; I < 4; ++I)
      Result |= uint32_t{static_cast<unsigned char>(Bytes[Offset + I])}
                << (8 * I);
    return Result;
  };
  return Bytes.size() >= 12 && Number(0) > 0 && Number(0) < (1u << 20) &&
         Number(8) <= Number(0);
}

std::string findTokenizer(const std::string &Path) {
  std::error_code Ignored;
  if (absl::EndsWith(Path, ".safetensors") ||
      absl::EndsWith(Path, ".safetensors.index.json"))
    return directoryOf(Path);
  return fs::is_directory(Path, Ignored) && !holdsTokenizer(Path)
             ? checkpointFolder(Path)
             : Path;
}

absl::StatusOr<TokenizerFiles> readTokenizerFiles(const std::string &Given) {
  std::string Path = findTokenizer(Given);
  fs::path Whole(Path);
  std::error_code Ignored;
  if (fs::is_directory(Whole, Ignored))
    return readFolder(Whole);
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
  absl::string_view Bytes = withoutByteOrderMark(File.text());
  if (absl::StartsWith(Bytes, Magic))
    return deserializeTokenizer(Bytes, Path);

  fs::path Folder = Whole.parent_path();
  std::string Extension = Whole.extension().string();
  if (Extension == ".model")
    return readKind(TokenizerKind::SentencePiece, Whole);
  if (Extension == ".bpe" || Whole.filename() == "merges.txt" ||
      absl::StartsWith(Bytes, "#version")) {
    fs::path Vocabulary = findAny(Folder, VocabularyNames);
    if (Vocabulary.empty())
      return error(Path, " holds merges, but beside it is no vocab.json or "
                         "encoder.json with the ids of the tokens");
    return readVocabMerges(Vocabulary, Whole);
  }
  size_t First = Bytes.find_first_not_of(" \t\r\n");
  if (First != absl::string_view::npos && Bytes[First] == '{') {
    TokenizerKind Own;
    fs::path Merges = findAny(Folder, MergesNames);
    bool IsTokenizerJson = absl::StrContains(Bytes, "\"model\"") &&
                           (absl::StrContains(Bytes, "\"added_tokens\"") ||
                            absl::StrContains(Bytes, "\"pre_tokenizer\"") ||
                            absl::StrContains(Bytes, "\"merges\""));
    if (IsTokenizerJson || Whole.filename() == "tokenizer.json")
      return readKind(TokenizerKind::HuggingFace, Whole);
    if (Bytes.size() < (size_t{1} << 26) && readOwnKind(Bytes, Own))
      return readOwn(Whole);
    if (!Merges.empty())
      return readVocabMerges(Whole, Merges);
    return error(Path, " is no tokenizer.json, and no vocabulary of Stator's "
                       "(a JSON object with \"kind\"); for a vocabulary of "
                       "byte-level BPE there must be a merges.txt or "
                       "vocab.bpe beside it");
  }
  if (looksLikeLlama2c(Bytes))
    return readKind(TokenizerKind::Llama2c, Whole);
  if (First != absl::string_view::npos && Bytes[0] == '\n')
    return readKind(TokenizerKind::SentencePiece, Whole);
  return error(Path, " is no tokenizer: expected a tokenizer.json, a "
                     "SentencePiece model (*.model), a tokenizer.bin of "
                     "llama2.c, or a vocab.json");
}

static void appendNumber(std::string &Out, uint64_t Value, int Bytes) {
  for (int I = 0; I < Bytes; ++I)
    Out.push_back(static_cast<char>(Value >> (8 * I)));
}

std::string serializeTokenizer(const TokenizerFiles &Files) {
  std::string Result(Magic);
  appendNumber(Result, SerializedVersion, 4);
  appendNumber(Result, static_cast<uint64_t>(Files.Kind), 4);
  appendNumber(Result, Files.Files.size(), 4);
  for (const TokenizerFiles::File &File : Files.Files) {
    appendNumber(Result, File.Name.size(), 4);
    appendNumber(Result, File.Contents.size(), 8);
    Result += File.Name;
    Result += File.Contents;
  }
  return Result;
}

absl::StatusOr<TokenizerFiles> deserializeTokenizer(absl::string_view Bytes,
                                                    absl::string_view Name) {
  auto Invalid = [&](absl::string_view Why) {
    return error(Name, " is not a serialized tokenizer: ", Why);
  };
  if (!absl::ConsumePrefix(&Bytes, Magic))
    return Invalid("it does not begin as one");
  bool Whole = true;
  auto Number = [&](size_t Size) {
    uint64_t Result = 0;
    if (Bytes.size() < Size) {
      Whole = false;
      return Result;
    }
    for (size_t I = 0; I < Size; ++I)
      Result |= uint64_t{static_cast<unsigned char>(Bytes[I])} << (8 * I);
    Bytes.remove_prefix(Size);
    return Result;
  };
  auto Text = [&](uint64_t Size) {
    if (Size > Bytes.size()) {
      Whole = false;
      return std::string();
    }
    std::string Result(Bytes.substr(0, Size));
    Bytes.remove_prefix(Size);
    return Result;
  };

  uint64_t Version = Number(4), Kind = Number(4), Count = Number(4);
  if (Whole && Version != SerializedVersion)
    return Invalid(
        absl::StrCat("version ", Version, ", this reads ", SerializedVersion));
  if (Whole && Kind > static_cast<uint64_t>(TokenizerKind::Llama2c))
    return Invalid(absl::StrCat("unknown kind ", Kind));
  TokenizerFiles Result;
  Result.Kind = static_cast<TokenizerKind>(Kind);
  Result.Origin = std::string(Name);
  for (uint64_t I = 0; I < Count && Whole; ++I) {
    uint64_t NameSize = Number(4), Size = Number(8);
    std::string FileName = Text(NameSize);
    // Names are joined to folders when files are written.
    if (FileName.empty() || FileName == "." || FileName == ".." ||
        FileName.find('/') != std::string::npos ||
        FileName.find('\0') != std::string::npos)
      return Invalid(Whole ? "a file's name is not one" : "it ends early");
    Result.Files.push_back({std::move(FileName), Text(Size)});
  }
  if (!Whole)
    return Invalid("it ends early");
  if (!Bytes.empty())
    return Invalid("something follows its end");
  return Result;
}

absl::Status writeTokenizerFiles(const TokenizerFiles &Files,
                                 const std::string &Folder) {
  for (const TokenizerFiles::File &File : Files.Files)
    STATOR_RETURN_IF_ERROR(
        writeFileAtomically(Folder + "/" + File.Name, File.Contents));
  return absl::OkStatus();
}

} // namespace stator::runtime
