//===- SentencePieceOracle.h - the SentencePiece library --------*- C++ -*-===//
//
// Apart from everything else, since the library's headers have an absl of their
// own.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_TESTS_RUNTIME_TOKENIZER_SENTENCEPIECEORACLE_H
#define STATOR_TESTS_RUNTIME_TOKENIZER_SENTENCEPIECEORACLE_H

#include <memory>
#include <string>
#include <vector>

namespace stator::runtime::testing {

/// Trains a model on the sentences of \p Text, its lines; \p Options are those
/// of spm_train. The bytes of the model, or nothing if training fails.
std::string trainSentencePiece(const std::string &Text,
                               const std::string &Options);

class SentencePieceOracle {
public:
  explicit SentencePieceOracle(const std::string &Model);
  ~SentencePieceOracle();

  std::vector<int> encode(const std::string &Text) const;
  std::string decode(const std::vector<int> &Ids) const;

private:
  struct Library;
  std::unique_ptr<Library> Processor;
};

} // namespace stator::runtime::testing

#endif // STATOR_TESTS_RUNTIME_TOKENIZER_SENTENCEPIECEORACLE_H
