//===- DeriveDecoding.h - What the incremental form says of itself -*- C++ -*-//

#ifndef STATOR_PASSES_DERIVEDECODING_H
#define STATOR_PASSES_DERIVEDECODING_H

#include "llvm/ADT/StringRef.h"

namespace stator {

/// On a module that could not be given an incremental form: why (string).
inline constexpr llvm::StringLiteral NoDecodingAttrName = "stator.no_decoding";

} // namespace stator

#endif // STATOR_PASSES_DERIVEDECODING_H
