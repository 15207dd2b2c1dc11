//===- TokenizerDifference.h - do ids mean the same tokens ------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERDIFFERENCE_H
#define STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERDIFFERENCE_H

#include "runtime/core/tokenizer/Tokenizer.h"
#include <string>

namespace stator::runtime {

/// In which ids \p New, with weights that were trained with \p Old, stands for
/// something else, in words; "" where every id that \p Old has stands for the
/// same token. \p New may have more. Ids whose text is not known agree with
/// everything.
std::string describeDifference(const Tokenizer &Old, const Tokenizer &New);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_TOKENIZER_TOKENIZERDIFFERENCE_H
