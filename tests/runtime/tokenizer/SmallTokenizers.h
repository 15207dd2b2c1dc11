//===- SmallTokenizers.h - files of tokenizers for tests --------*- C++ -*-===//
#ifndef STATOR_TESTS_RUNTIME_TOKENIZER_SMALLTOKENIZERS_H
#define STATOR_TESTS_RUNTIME_TOKENIZER_SMALLTOKENIZERS_H

#include <string>

namespace stator::runtime::testing {

/// A small tokenizer.json of byte-level BPE that knows a few words.
std::string smallByteLevelJson();
/// One of characters with byte fallback, as Llama 2's.
std::string smallMetaspaceJson();
/// A tokenizer.bin of llama2.c: the bytes, a space and a few letters.
std::string smallLlama2c();

} // namespace stator::runtime::testing

#endif // STATOR_TESTS_RUNTIME_TOKENIZER_SMALLTOKENIZERS_H
