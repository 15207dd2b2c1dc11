//===- Diagnostics.h - Errors that show the place ---------------*- C++ -*-===//
//
// Prints errors, warnings and notes with file:line:col, the source line and a
// caret range; and finds the name that was probably meant.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_DIAGNOSTICS_H
#define STATOR_FRONTEND_DIAGNOSTICS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace stator {

/// Collects and prints what is wrong with a model. A place gets one error only:
/// what comes after it at the same place is most likely a consequence.
class Diagnostics {
public:
  /// What becomes of warnings.
  enum class Warnings { Show, Hide, AreErrors };

  Diagnostics(llvm::SourceMgr &Sources, llvm::raw_ostream &OS, bool Color,
              Warnings Treatment = Warnings::Show)
      : Sources(Sources), OS(OS), Color(Color), Treatment(Treatment) {}

  /// For the same files, but prints nothing: to try something out.
  Diagnostics makeSilent() const {
    return Diagnostics(Sources, llvm::nulls(), /*Color=*/false);
  }

  void error(llvm::SMRange Range, const llvm::Twine &Message);
  /// A place gets one warning only, too.
  void warning(llvm::SMRange Range, const llvm::Twine &Message);
  void remark(llvm::SMRange Range, const llvm::Twine &Message);
  /// A note to the last error or warning; dropped if that one was.
  void note(llvm::SMRange Range, const llvm::Twine &Message);
  /// An error without a place in a file (the command line).
  void error(const llvm::Twine &Message);
  /// A note without a place.
  void note(const llvm::Twine &Message);

  bool hasErrors() const { return NumErrors != 0; }
  unsigned getNumErrors() const { return NumErrors; }
  /// Errors beside the warnings that are treated as such.
  bool hasErrorsByThemselves() const { return NumErrors != NumWarnings; }
  /// Whether so many errors were printed that there is no point in going on.
  bool isFull() const { return NumErrors >= ErrorLimit; }

private:
  static constexpr unsigned ErrorLimit = 20;

  void print(llvm::SMRange Range, llvm::StringRef Kind,
             llvm::raw_ostream::Colors KindColor, const llvm::Twine &Message);
  void printKind(llvm::StringRef Kind, llvm::raw_ostream::Colors KindColor);
  void printSource(llvm::SMRange Range);

  llvm::SourceMgr &Sources;
  llvm::raw_ostream &OS;
  bool Color;
  Warnings Treatment;
  bool Printed = false;
  unsigned NumErrors = 0, NumWarnings = 0; ///< NumWarnings: among the errors
  llvm::DenseSet<const char *> Places, WarnedPlaces;
};

/// The candidate closest to a misspelt name, or "" if none is close.
llvm::StringRef suggest(llvm::StringRef Name,
                        llvm::ArrayRef<llvm::StringRef> Candidates);

/// "; did you mean 'x'?", or "" where there is no close candidate.
std::string didYouMean(llvm::StringRef Name,
                       llvm::ArrayRef<llvm::StringRef> Candidates);

} // namespace stator

#endif // STATOR_FRONTEND_DIAGNOSTICS_H
