//===- WordScanner.h - the usual patterns, written out ----------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_WORDSCANNER_H
#define STATOR_RUNTIME_CORE_TOKENIZER_WORDSCANNER_H

#include "runtime/core/tokenizer/Pattern.h"
#include <memory>

namespace stator::runtime {

/// A scanner that matches as \p Regex does; null if none is written for it.
std::unique_ptr<Pattern> scannedPattern(absl::string_view Regex);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_WORDSCANNER_H
