//===- SourceDiagnostics.cpp - Pass errors in the model file --------------===//

#include "tools/driver/SourceDiagnostics.h"
#include "frontend/StandardLibrary.h"
#include "ir/Dialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace stator::driver {

SourceDiagnostics::SourceDiagnostics(MLIRContext &Context,
                                     llvm::raw_ostream &OS)
    : ScopedDiagnosticHandler(&Context), OS(OS),
      Printer(Sources, OS, OS.has_colors()) {
  // The op is named by its place; its text would only hide the message.
  Context.printOpOnDiagnostic(false);
  setHandler([this](mlir::Diagnostic &D) {
    print(D);
    for (mlir::Diagnostic &Note : D.getNotes())
      print(Note);
  });
}

/// The text of a file, or of one of the standard modules. Null if there is
/// none.
static std::unique_ptr<llvm::MemoryBuffer> read(StringRef Name) {
  for (const StandardFile &File : getStandardLibrary())
    if (Name == File.Name)
      return llvm::MemoryBuffer::getMemBuffer(File.Text, Name);
  auto File = llvm::MemoryBuffer::getFile(Name);
  return File ? std::move(*File) : nullptr;
}

llvm::SMRange SourceDiagnostics::find(FileLineColLoc Place) {
  auto [Entry, IsNew] = Buffers.try_emplace(Place.getFilename(), 0);
  if (IsNew)
    if (std::unique_ptr<llvm::MemoryBuffer> File = read(Place.getFilename()))
      Entry->second = Sources.AddNewSourceBuffer(std::move(File), {});
  if (Entry->second == 0)
    return {};
  llvm::SMLoc Start = Sources.FindLocForLineAndColumn(
      Entry->second, Place.getLine(), Place.getColumn());
  if (!Start.isValid())
    return {};
  const char *End = Start.getPointer();
  const char *FileEnd = Sources.getMemoryBuffer(Entry->second)->getBufferEnd();
  while (End != FileEnd && (llvm::isAlnum(*End) || *End == '_'))
    ++End;
  return {Start, llvm::SMLoc::getFromPointer(End)};
}

template <typename DiagnosticType>
void SourceDiagnostics::print(DiagnosticType &D) {
  std::string Message;
  llvm::raw_string_ostream Text(Message);
  if (StringRef Path = getPathOfLocation(D.getLocation()); !Path.empty())
    Text << Path << ": ";
  Text << D;

  FileLineColLoc Place = getSourceOfLocation(D.getLocation());
  llvm::SMRange Range = Place ? find(Place) : llvm::SMRange();
  if (Range.isValid()) {
    switch (D.getSeverity()) {
    case DiagnosticSeverity::Error:
      return Printer.error(Range, Message);
    case DiagnosticSeverity::Warning:
      return Printer.warning(Range, Message);
    case DiagnosticSeverity::Remark:
      return Printer.remark(Range, Message);
    case DiagnosticSeverity::Note:
      return Printer.note(Range, Message);
    }
  }
  if (Place)
    OS << Place.getFilename().getValue() << ":" << Place.getLine() << ":"
       << Place.getColumn() << ": ";
  switch (D.getSeverity()) {
  case DiagnosticSeverity::Error:
    OS << "error: ";
    break;
  case DiagnosticSeverity::Warning:
    OS << "warning: ";
    break;
  case DiagnosticSeverity::Remark:
    OS << "remark: ";
    break;
  case DiagnosticSeverity::Note:
    OS << "note: ";
    break;
  }
  OS << Message << "\n";
}

} // namespace stator::driver
