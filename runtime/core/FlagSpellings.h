//===- FlagSpellings.h - what other programs call our flags -----*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_FLAGSPELLINGS_H
#define STATOR_RUNTIME_CORE_FLAGSPELLINGS_H

#include "absl/strings/string_view.h"
#include <functional>
#include <string>

namespace stator::runtime {

/// What to do instead of giving \p Name, which PyTorch's, Hugging Face's,
/// nanoGPT's or llama.cpp's programs take, and which is written without its
/// dashes: "; did you mean --tokens?", or a line that begins with "hint: ".
/// "" if \p Name is not known, or if it is about a flag that this program does
/// not have. \p Knows tells whether the program has a flag.
std::string
adviseOnSpelling(absl::string_view Name,
                 const std::function<bool(absl::string_view)> &Knows);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_FLAGSPELLINGS_H
