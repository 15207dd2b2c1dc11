//===- Normalizer.h - what is done to text before it is divided -*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_NORMALIZER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_NORMALIZER_H

#include "runtime/core/tokenizer/Pattern.h"
#include <memory>
#include <string>
#include <vector>

namespace stator::runtime {

/// A row of changes to text, as tokenizer.json names them.
class Normalizer {
public:
  enum class Form { Nfc, Nfd, Nfkc, Nfkd };

  bool empty() const { return Steps.empty(); }
  void addUnicodeForm(Form Wanted);
  /// Puts \p Text in front of text that is not empty.
  void addPrefix(std::string Text);
  void addReplacement(std::unique_ptr<Pattern> What, std::string With);
  /// Takes white space away from the ends.
  void addStrip(bool Left, bool Right);

  /// Changes \p Text, which is valid UTF-8. \p AtStart: no text that belongs
  /// to it is in front of it, so that prefixes are put. False if a replacement
  /// took too long.
  bool apply(std::string &Text, bool AtStart) const;

private:
  enum class Kind { Unicode, Prefix, Replacement, Strip };
  struct Step {
    explicit Step(Kind What) : What(What) {}

    Kind What;
    Form Unicode = Form::Nfc;
    std::string With;
    std::unique_ptr<Pattern> Replaced;
    bool Left = false, Right = false;
  };

  std::vector<Step> Steps;
};

/// \p Text, which is valid UTF-8, in a Unicode normalization form.
std::string toUnicodeForm(absl::string_view Text, Normalizer::Form Form);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_NORMALIZER_H
