#include "tests/runtime/tokenizer/SentencePieceOracle.h"
#include <fstream>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <sstream>

namespace stator::runtime::testing {

std::string trainSentencePiece(const std::string &Text,
                               const std::string &Options) {
  std::ofstream("corpus.txt") << Text;
  auto Status = sentencepiece::SentencePieceTrainer::Train(
      "--input=corpus.txt --model_prefix=trained --minloglevel=2 "
      "--num_threads=1 --hard_vocab_limit=false " +
      Options);
  if (!Status.ok())
    return "";
  std::ifstream File("trained.model", std::ios::binary);
  std::stringstream Result;
  Result << File.rdbuf();
  return Result.str();
}

struct SentencePieceOracle::Library {
  sentencepiece::SentencePieceProcessor It;
};

SentencePieceOracle::SentencePieceOracle(const std::string &Model)
    : Processor(std::make_unique<Library>()) {
  (void)Processor->It.LoadFromSerializedProto(Model);
}

SentencePieceOracle::~SentencePieceOracle() = default;

std::vector<int> SentencePieceOracle::encode(const std::string &Text) const {
  std::vector<int> Result;
  (void)Processor->It.Encode(Text, &Result);
  return Result;
}

std::string SentencePieceOracle::decode(const std::vector<int> &Ids) const {
  std::string Result;
  (void)Processor->It.Decode(Ids, &Result);
  return Result;
}

} // namespace stator::runtime::testing
