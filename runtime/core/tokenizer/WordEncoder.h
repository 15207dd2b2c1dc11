//===- WordEncoder.h - words in, portions of ids out ------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_WORDENCODER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_WORDENCODER_H

#include "runtime/core/tokenizer/Tokenizer.h"
#include "runtime/core/tokenizer/WordModel.h"
#include <cstdint>
#include <vector>

namespace stator::runtime {

/// One encoding of one text: remembers the tokens of words that it has seen,
/// and hands ids on in portions.
class WordEncoder {
public:
  WordEncoder(const WordModel &Model, absl::string_view Text,
              Tokenizer::IdSink Sink);

  /// Encodes \p Word, which may lie in the text or elsewhere. The first error
  /// is kept; after it nothing is done.
  void word(absl::string_view Word);
  void id(int32_t Id);

  void fail(absl::Status Error) {
    if (Failure.ok())
      Failure = std::move(Error);
  }
  const absl::Status &failure() const { return Failure; }

  /// Hands on what is left.
  absl::Status finish();

private:
  /// A word that was encoded, in one cache line. Words meet in slots by their
  /// hash; the newer one stays.
  struct alignas(64) Slot {
    static constexpr size_t MaxBytes = 24, MaxIds = 9;
    uint8_t Size = 0, Count = 0;
    char Bytes[MaxBytes];
    int32_t Ids[MaxIds];
  };
  static_assert(sizeof(Slot) == 64);

  void part(absl::string_view Word);
  void flush(size_t Consumed);

  const WordModel &Model;
  absl::string_view Text;
  Tokenizer::IdSink Sink;
  absl::string_view CutMark;
  std::vector<Slot> Slots;
  std::vector<int32_t> Portion, Scratch;
  size_t Consumed = 0;
  absl::Status Failure;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_WORDENCODER_H
