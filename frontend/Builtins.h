//===- Builtins.h - The functions of the language ---------------*- C++ -*-===//

#ifndef STATOR_FRONTEND_BUILTINS_H
#define STATOR_FRONTEND_BUILTINS_H

#include "frontend/Datum.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace stator {

class Elaborator;
struct BuiltinCall;

/// A parameter of a builtin function.
struct BuiltinParam {
  llvm::StringRef Name;
  std::optional<Datum> Default; ///< none: it must be given
};

/// A function of the language.
struct Builtin {
  llvm::StringRef Name;
  llvm::SmallVector<BuiltinParam, 4> Params;
  bool IsVariadic = false;      ///< any number of positional arguments
  bool TakesAnyKeyword = false; ///< and of named ones (einops sizes)
  bool IsTrainOnly = false;     ///< optimizers and schedules
  Datum (Elaborator::*Handler)(BuiltinCall &Call) = nullptr;
};

/// The builtin of this name, or null. Those of the `train` block hide the
/// others there and exist nowhere else.
const Builtin *findBuiltin(llvm::StringRef Name, bool InTrain);

/// All names, for suggestions.
llvm::ArrayRef<llvm::StringRef> getBuiltinNames(bool InTrain);

/// A call of a builtin with its arguments in the order of its parameters.
struct BuiltinCall {
  const Builtin &Function;
  llvm::SMRange Range; ///< of the whole call
  llvm::SmallVector<Datum, 4> Args;
  llvm::SmallVector<llvm::SMRange, 4> Ranges;
  llvm::SmallVector<bool, 4> Given;
  /// Named arguments beyond the parameters.
  llvm::SmallVector<std::pair<Identifier, Datum>, 4> Extra;

  explicit BuiltinCall(const Builtin &Function, llvm::SMRange Range)
      : Function(Function), Range(Range) {}
};

} // namespace stator

#endif // STATOR_FRONTEND_BUILTINS_H
