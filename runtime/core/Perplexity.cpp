#include "runtime/core/Perplexity.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Evaluation.h"
#include "runtime/core/Finite.h"
#include "runtime/core/IndexChecks.h"
#include "runtime/core/LogProbabilities.h"
#include "runtime/core/Parallel.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/TextFile.h"
#include <algorithm>
#include <cmath>
#include <vector>

namespace stator::runtime {

absl::StatusOr<MeanLoss> measureStrided(const StatorProgram &Program,
                                        const ProgramMemory &Memory,
                                        TokenView Text, int64_t Window,
                                        int64_t Stride) {
  int64_t Size = Text.size(), Time = Program.Time;
  std::vector<int32_t> Tokens(static_cast<size_t>(Program.Batch * Time)),
      Targets(Tokens.size(), -1);
  int64_t Info[STATOR_INFO_COUNT] = {};
  MeanLoss Result;
  double Sum = 0;
  int64_t Begin = 0, Done = 0; // tokens that have been counted, or the first
  while (Done < Size) {
    // As many windows as the program has rows; row by row what counts.
    struct Counted {
      int64_t Row, Position;
      int32_t Target;
      int64_t Token; ///< the number of the target in the text
    };
    std::vector<Counted> All;
    std::ranges::fill(Tokens, 0);
    for (int64_t Row = 0; Row < Program.Batch && Done < Size; ++Row) {
      int64_t End = std::min(Begin + Window, Size);
      Text.copy(Begin, End - Begin, Tokens.data() + Row * Time);
      for (int64_t I = std::max(Done, Begin + 1); I < End; ++I) {
        int32_t Target;
        Text.copy(I, 1, &Target);
        All.push_back({Row, I - 1 - Begin, Target, I});
      }
      Done = End;
      Begin += Stride;
    }
    Program.Forward(Program.Self, Memory.state(), Memory.cache(),
                    Memory.arena(), Tokens.data(), Targets.data(), Info,
                    Memory.result());
    STATOR_RETURN_IF_ERROR(checkIndices(Program, Info));
    auto LogitsOf = [&](const Counted &Each) {
      return Memory.result() +
             (Each.Row * Time + Each.Position) * Program.Vocabulary;
    };
    std::vector<double> Losses(All.size());
    forPieces(All.size(), 16, [&](uint64_t From, uint64_t To) {
      for (uint64_t I = From; I < To; ++I) {
        const float *Logits = LogitsOf(All[I]);
        // NaN stands for what is reported below, in order.
        Losses[I] =
            findBeyond(Logits, Program.Vocabulary)
                ? std::nan("")
                : crossEntropy(Logits, Program.Vocabulary, All[I].Target);
      }
    });
    for (size_t I = 0; I < All.size(); ++I) {
      if (std::isnan(Losses[I]))
        return checkLogits(LogitsOf(All[I]), Program.Vocabulary,
                           absl::StrCat("predicting token ", All[I].Token));
      Sum += Losses[I];
    }
    Result.Tokens += static_cast<int64_t>(Losses.size());
  }
  Result.Loss = Sum / static_cast<double>(Result.Tokens);
  return Result;
}

namespace {
/// The tokens of a file, and what they are in.
struct FileTokens {
  std::optional<TokenFile> File;
  std::vector<int32_t> Ids;
  TokenView View;
};
} // namespace

static bool isVocabulary(const Tokenizer &Text) {
  return Text.kind() == TokenizerKind::Characters ||
         Text.kind() == TokenizerKind::Bytes ||
         Text.kind() == TokenizerKind::Tokens;
}

/// What a file has to hold for a tokenizer of the simple kinds.
static absl::StatusOr<DataFormat> formatFor(const Model &Model,
                                            const InferOptions &Options) {
  const Tokenizer &Text = *Model.tokenizer();
  const std::string &File = Options.Perplexity;
  DataFormat Format = dataFormat(Options.Format, File);
  if (Text.kind() == TokenizerKind::Tokens) {
    if (Format == DataFormat::Text || Format == DataFormat::Bytes)
      return error(File, ": the model was trained on token ids; give a file of "
                         "ids, with --format uint16 or uint32");
    return Format;
  }
  DataFormat Trained = Text.kind() == TokenizerKind::Bytes ? DataFormat::Bytes
                                                           : DataFormat::Text;
  if (!Options.Format.empty() && Format != Trained)
    return error("--format ", Options.Format,
                 " contradicts the tokenizer of the weights in ",
                 Model.origin(), ", which were trained on ",
                 dataFormatName(Trained));
  return Trained;
}

static absl::StatusOr<FileTokens> readTokens(const Model &Model,
                                             const InferOptions &Options) {
  FileTokens Result;
  const std::string &Path = Options.Perplexity;
  const Tokenizer *Text = Model.tokenizer();
  DataFormat Format = dataFormat(Options.Format, Path);
  if (Text && isVocabulary(*Text)) {
    STATOR_ASSIGN_OR_RETURN(Format, formatFor(Model, Options));
  } else if (Format == DataFormat::Bytes) {
    return error(Path, ": --format bytes is for models that were trained on "
                       "bytes");
  } else if (Format == DataFormat::Text) {
    if (!Text)
      return error("there is no tokenizer beside the weights in ",
                   Model.origin(),
                   ", so text cannot be read\nhint: --tokenizer says where it "
                   "is, --format what else the file holds");
    STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::openInput(Path));
    STATOR_RETURN_IF_ERROR(checkEncoding(File.text(), Path));
    absl::string_view Contents = withoutByteOrderMark(File.text());
    if (Contents.empty())
      return error(Path, " is empty");
    STATOR_ASSIGN_OR_RETURN(Result.Ids, Model.encode(Contents, Path));
    Result.View = TokenView(Result.Ids.data(), sizeof(int32_t),
                            static_cast<int64_t>(Result.Ids.size()));
    return Result;
  }
  // The model, which owns it, is there for longer than the file.
  std::shared_ptr<const Tokenizer> Known;
  if (Format == DataFormat::Text)
    Known = std::shared_ptr<const Tokenizer>(std::shared_ptr<void>(), Text);
  STATOR_ASSIGN_OR_RETURN(
      Result.File, TokenFile::open(Path, Format, std::move(Known),
                                   Model.program().Vocabulary, Model.origin()));
  Result.View = Result.File->tokens();
  return Result;
}

absl::StatusOr<MeanLoss> measurePerplexity(const Model &Model,
                                           const InferOptions &Options) {
  const StatorProgram &Program = Model.program();
  STATOR_ASSIGN_OR_RETURN(FileTokens Text, readTokens(Model, Options));
  if (Text.View.size() == 0)
    return error(Options.Perplexity, " has no tokens");
  if (Text.View.size() == 1)
    return error(Options.Perplexity, " has a single token; nothing follows it "
                                     "that could be predicted");
  STATOR_ASSIGN_OR_RETURN(ProgramMemory Memory,
                          ProgramMemory::allocate(Program,
                                                  evaluationResults(Program),
                                                  Model.state()));
  MeanLoss Result;
  if (Options.Stride) {
    absl::StatusOr<MeanLoss> Strided = measureStrided(
        Program, Memory, Text.View, Options.Window, Options.Stride);
    if (!Strided.ok())
      return error(Options.Perplexity, ": ", Strided.status().message());
    Result = *Strided;
  } else {
    absl::StatusOr<std::optional<double>> Loss =
        evaluate(Program, Memory, Text.View, 0, [] { return true; });
    if (!Loss.ok())
      return error(Options.Perplexity, ": ", Loss.status().message());
    Result.Loss = **Loss;
    Result.Tokens = Text.View.size() - 1;
  }
  if (Text.File)
    STATOR_RETURN_IF_ERROR(Text.File->checkUnchanged());
  if (!std::isfinite(Result.Loss))
    return error("the loss over ", Options.Perplexity, " is ", Result.Loss);
  return Result;
}

} // namespace stator::runtime
