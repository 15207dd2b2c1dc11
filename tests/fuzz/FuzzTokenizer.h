//===- FuzzTokenizer.h - a tokenizer that was read from anything *- C++ -*-===//
#ifndef STATOR_TESTS_FUZZ_FUZZTOKENIZER_H
#define STATOR_TESTS_FUZZ_FUZZTOKENIZER_H

#include "runtime/core/TextStream.h"
#include "runtime/core/tokenizer/Tokenizer.h"
#include <cstdlib>
#include <utility>

namespace stator::runtime {

/// Ends the process, which the fuzzer reports, where \p Holds is false.
inline void require(bool Holds) {
  if (!Holds)
    std::abort();
}

/// Encodes \p Text both ways and decodes it; every id must be one.
inline void exercise(const Tokenizer &Coder, absl::string_view Text) {
  for (bool Special : {false, true}) {
    EncodeOptions Options;
    Options.AddSpecial = Options.ParseSpecial = Special;
    auto Ids = Coder.encode(Text, Options);
    if (!Ids.ok()) {
      require(!Ids.status().message().empty());
      continue;
    }
    for (int32_t Id : *Ids)
      require(Id >= 0 && Id < Coder.vocabularySize());
    require(Coder.decode(*Ids).ok());
    TextStream Stream(Coder, /*ShowSpecial=*/Special);
    for (int32_t Id : *Ids)
      Stream.push(Id);
    Stream.finish();
  }
  (void)Coder.bos();
  for (int32_t Id : Coder.eos())
    require(Id >= 0 && Id < Coder.vocabularySize());
}

/// Makes a tokenizer of files that may be anything; if they are one, uses it.
inline void readAndExercise(TokenizerFiles Files) {
  auto Coder = makeTokenizer(std::move(Files));
  if (!Coder.ok()) {
    require(!Coder.status().message().empty());
    return;
  }
  constexpr char Text[] =
      "The thing isn't 12345 \xc3\xa9t\xc3\xa9  e\xcc\x81 \xe4\xb8\xad\xe6\x96"
      "\x87\n\n\t x=\xf0\x9f\x98\x80 <s></s><|endoftext|>\xff\xfe\xe2\x96\x81 "
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  exercise(**Coder, Text);
}

} // namespace stator::runtime

#endif // STATOR_TESTS_FUZZ_FUZZTOKENIZER_H
