//===- Diagnostics.cpp - Errors that show the place -----------------------===//

#include "frontend/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Unicode.h"
#include <algorithm>

using namespace llvm;
using namespace stator;

void Diagnostics::error(SMRange Range, const Twine &Message) {
  Printed = false;
  if (isFull() || !Places.insert(Range.Start.getPointer()).second)
    return;
  Printed = true;
  ++NumErrors;
  print(Range, "error", raw_ostream::RED, Message);
  if (isFull())
    OS << "too many errors, stopping here\n";
}

void Diagnostics::warning(SMRange Range, const Twine &Message) {
  if (Treatment == Warnings::AreErrors) {
    error(Range, Message + " [--werror]");
    NumWarnings += Printed;
    return;
  }
  Printed = Treatment == Warnings::Show && !isFull() &&
            WarnedPlaces.insert(Range.Start.getPointer()).second;
  if (Printed)
    print(Range, "warning", raw_ostream::MAGENTA, Message);
}

void Diagnostics::remark(SMRange Range, const Twine &Message) {
  Printed = !isFull();
  if (Printed)
    print(Range, "remark", raw_ostream::BLUE, Message);
}

void Diagnostics::note(SMRange Range, const Twine &Message) {
  if (Printed && !isFull())
    print(Range, "note", raw_ostream::CYAN, Message);
}

void Diagnostics::error(const Twine &Message) {
  Printed = !isFull();
  if (!Printed)
    return;
  ++NumErrors;
  printKind("error", raw_ostream::RED);
  OS << Message << '\n';
}

void Diagnostics::note(const Twine &Message) {
  if (!Printed || isFull())
    return;
  printKind("note", raw_ostream::CYAN);
  OS << Message << '\n';
}

void Diagnostics::printKind(StringRef Kind, raw_ostream::Colors KindColor) {
  if (Color)
    OS.changeColor(KindColor, /*Bold=*/true);
  OS << Kind << ": ";
  if (Color)
    OS.resetColor();
}

void Diagnostics::print(SMRange Range, StringRef Kind,
                        raw_ostream::Colors KindColor, const Twine &Message) {
  unsigned Buffer = Sources.FindBufferContainingLoc(Range.Start);
  auto [Line, Column] = Sources.getLineAndColumn(Range.Start, Buffer);
  if (Color)
    OS.changeColor(raw_ostream::SAVEDCOLOR, /*Bold=*/true);
  OS << Sources.getMemoryBuffer(Buffer)->getBufferIdentifier() << ':' << Line
     << ':' << Column << ": ";
  printKind(Kind, KindColor);
  if (Color)
    OS.changeColor(raw_ostream::SAVEDCOLOR, /*Bold=*/true);
  OS << Message << '\n';
  if (Color)
    OS.resetColor();
  printSource(Range);
}

/// What stands for a piece of source text on the terminal: no tabs, no control
/// characters, nothing that is not UTF-8.
static std::string makePrintable(StringRef Text) {
  bool IsUtf8 =
      sys::unicode::columnWidthUTF8(Text) != sys::unicode::ErrorInvalidUTF8;
  std::string Result;
  for (unsigned char C : Text) {
    if (C == '\t')
      Result += ' ';
    else if (C < 0x20 || C == 0x7f || (C >= 0x80 && !IsUtf8))
      Result += '?';
    else
      Result += static_cast<char>(C);
  }
  return Result;
}

/// Columns that printable text takes.
static size_t getWidth(StringRef Printable) {
  int Width = sys::unicode::columnWidthUTF8(Printable);
  return Width < 0 ? Printable.size() : static_cast<size_t>(Width);
}

void Diagnostics::printSource(SMRange Range) {
  constexpr ptrdiff_t LongestPart = 120;
  unsigned Buffer = Sources.FindBufferContainingLoc(Range.Start);
  StringRef Text = Sources.getMemoryBuffer(Buffer)->getBuffer();
  const char *Start = Range.Start.getPointer();
  const char *Begin = Start, *End = Start;
  while (Begin != Text.begin() && Begin[-1] != '\n' &&
         Start - Begin < LongestPart)
    --Begin;
  while (End != Text.end() && *End != '\n' && *End != '\r' &&
         End - Start < LongestPart)
    ++End;
  // Never cut a UTF-8 sequence.
  while (Begin != Start && (*Begin & 0xc0) == 0x80)
    ++Begin;
  while (End != Text.end() && (*End & 0xc0) == 0x80)
    ++End;
  const char *Stop = std::clamp(Range.End.getPointer(), Start, End);

  unsigned Line = Sources.getLineAndColumn(Range.Start, Buffer).first;
  std::string Number = std::to_string(Line);
  std::string Before = makePrintable(StringRef(Begin, Start - Begin));
  std::string Marked = makePrintable(StringRef(Start, Stop - Start));
  std::string After = makePrintable(StringRef(Stop, End - Stop));
  OS.indent(Number.size() < 5 ? 5 - Number.size() : 0)
      << Number << " | " << Before << Marked << After << '\n';
  OS.indent(std::max<size_t>(Number.size(), 5)) << " | ";
  OS.indent(getWidth(Before));
  if (Color)
    OS.changeColor(raw_ostream::GREEN, /*Bold=*/true);
  OS << std::string(std::max<size_t>(getWidth(Marked), 1), '^') << '\n';
  if (Color)
    OS.resetColor();
}

/// Whether the letters are the same in another order: "wieght".
static bool isScrambled(StringRef A, StringRef B) {
  std::string X = A.str(), Y = B.str();
  llvm::sort(X);
  llvm::sort(Y);
  return X == Y;
}

StringRef stator::suggest(StringRef Name, ArrayRef<StringRef> Candidates) {
  StringRef Best;
  unsigned Allowed = std::max<unsigned>(1, (Name.size() + 1) / 3);
  unsigned BestDistance = Allowed + 1;
  for (StringRef Candidate : Candidates) {
    if (Candidate == Name)
      continue;
    unsigned Distance =
        Name.edit_distance(Candidate, /*AllowReplacements=*/true, Allowed + 1);
    if (Candidate.equals_insensitive(Name))
      Distance = 0;
    else if (Name.size() > 2 && isScrambled(Name, Candidate))
      Distance = 1;
    // One letter for another of a one-letter name is no misspelling.
    if (Distance >= std::max(Name.size(), Candidate.size()))
      continue;
    if (Distance < BestDistance) {
      Best = Candidate;
      BestDistance = Distance;
    }
  }
  return Best;
}

std::string stator::didYouMean(StringRef Name, ArrayRef<StringRef> Candidates) {
  StringRef Best = suggest(Name, Candidates);
  return Best.empty() ? std::string()
                      : ("; did you mean '" + Best + "'?").str();
}
