//===- Model.h - a program with its weights and tokenizer -------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_MODEL_H
#define STATOR_RUNTIME_CORE_MODEL_H

#include "absl/status/statusor.h"
#include "runtime/core/Embedded.h"
#include "runtime/core/State.h"
#include "runtime/core/program.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stator::runtime {

/// What generation.json says, which `stator import` writes beside the weights:
///   {"bos": 1, "eos": [2], "add_bos": true}
/// all of it optional. It goes before what the tokenizer says of itself.
struct GenerationSettings {
  std::optional<int32_t> Bos;
  std::optional<std::vector<int32_t>> Eos;
  std::optional<bool> AddBos;

  /// \p Name is for messages. Error: not such an object, or an id that a
  /// vocabulary of \p Vocabulary lacks.
  static absl::StatusOr<GenerationSettings>
  parse(absl::string_view Contents, absl::string_view Name, int64_t Vocabulary);
  std::string toJson() const;
};

struct ModelOptions {
  std::string Weights;   ///< empty: the embedded ones
  std::string Tokenizer; ///< empty: the embedded one, or beside the weights
  bool AllowExtra = false;
  bool IgnoreTokenizer = false; ///< for who has tokens already
};

/// Weights in use: a state that several decoders share, and how text becomes
/// tokens.
class Model {
public:
  /// Maps the weights and copies them into a state of its own, once; embedded
  /// ones are used where they are. \p Embedded may be null. Errors: no weights;
  /// tensors that do not fit the program; a value that is not finite; a
  /// tokenizer that is damaged or has more tokens than the model.
  static absl::StatusOr<Model> load(const StatorProgram &Program,
                                    const StatorEmbedded *Embedded,
                                    const ModelOptions &Options);

  const StatorProgram &program() const { return *Program; }
  uint8_t *state() const { return State; }
  /// Null if there is none, which is no error until text has to be read.
  const Tokenizer *tokenizer() const { return Text.get(); }
  /// A tokenizer to write text with: without one, ids are written as numbers.
  const Tokenizer &writer() const;
  const GenerationSettings &settings() const { return Settings; }
  /// Where weights come from, for messages.
  const std::string &origin() const { return Origin; }

  /// The token that begins a text, if there is one.
  std::optional<int32_t> bos() const;
  std::vector<int32_t> eos() const;
  /// Ids of \p Prompt, which \p What of a message calls it; \p AtStart: of a
  /// text, which some tokenizers begin with a token of its own.
  absl::StatusOr<std::vector<int32_t>> encode(absl::string_view Prompt,
                                              absl::string_view What,
                                              bool AtStart = true) const;
  /// What to begin with where nothing is to be continued: the token for it,
  /// else a newline, else token 0.
  int32_t beginning() const;

private:
  Model() = default;
  absl::Status loadState(const StatorEmbedded *Embedded,
                         const ModelOptions &Options);
  absl::Status loadTokenizer(const StatorEmbedded *Embedded,
                             const ModelOptions &Options);
  absl::Status checkTokenizer() const;

  const StatorProgram *Program = nullptr;
  Memory Owned;
  uint8_t *State = nullptr;
  std::string Origin, Directory; ///< Directory: of the weights, if in a file
  std::unique_ptr<Tokenizer> Text;
  GenerationSettings Settings;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_MODEL_H
