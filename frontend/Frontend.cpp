//===- Frontend.cpp - From a model file to the stator dialect -------------===//

#include "frontend/Frontend.h"
#include "frontend/Diagnostics.h"
#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "frontend/Parser.h"
#include "frontend/Scope.h"
#include "frontend/StandardLibrary.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;
using namespace stator;
using mlir::MLIRContext;
using mlir::ModuleOp;
using mlir::OwningOpRef;

/// The text of a file of any system as the lexer expects it: no byte order
/// mark, and lines that end with "\n". Lines and columns stay the same.
static std::unique_ptr<MemoryBuffer>
normalizeText(std::unique_ptr<MemoryBuffer> Buffer) {
  StringRef Text = Buffer->getBuffer();
  bool HasMark = Text.consume_front("\xEF\xBB\xBF");
  if (!HasMark && !Text.contains('\r'))
    return Buffer;
  std::string Result;
  Result.reserve(Text.size());
  while (!Text.empty()) {
    if (!Text.consume_front("\r\n") && !Text.consume_front("\r")) {
      Result += Text.front();
      Text = Text.drop_front();
    } else {
      Result += '\n';
    }
  }
  return MemoryBuffer::getMemBufferCopy(Result, Buffer->getBufferIdentifier());
}

static OwningOpRef<ModuleOp> compileBuffer(MLIRContext &Context,
                                           std::unique_ptr<MemoryBuffer> Buffer,
                                           const FrontendOptions &Options,
                                           raw_ostream &Errors) {
  Context.loadDialect<StatorDialect>();
  SourceMgr Sources;
  Diagnostics Diags(Sources, Errors, Options.Color, Options.Warnings);
  ASTContext Nodes;
  Program P;
  if (Buffer->getBufferSize() > limits::FileBytes) {
    Diags.error("'" + Buffer->getBufferIdentifier() +
                "' is larger than 16 MiB, which no model file is");
    return nullptr;
  }
  Buffer = normalizeText(std::move(Buffer));
  StringRef Text = Buffer->getBuffer();
  Sources.AddNewSourceBuffer(std::move(Buffer), SMLoc());
  P.File = Parser(Text, /*IsStd=*/false, Nodes, Diags).parseFile();
  // What follows from a syntax error is no news.
  if (Diags.hasErrors())
    return nullptr;
  SmallVector<FileAST, 8> Std;
  for (const StandardFile &File : getStandardLibrary()) {
    unsigned Id = Sources.AddNewSourceBuffer(
        MemoryBuffer::getMemBuffer(File.Text, File.Name), SMLoc());
    Std.push_back(Parser(Sources.getMemoryBuffer(Id)->getBuffer(),
                         /*IsStd=*/true, Nodes, Diags)
                      .parseFile());
  }
  analyse(P, Std, Diags);
  if (!P.Model || Diags.isFull())
    return nullptr;
  OwningOpRef<ModuleOp> Module =
      Elaborator(Context, P, Options, Sources, Diags).run();
  if (Diags.hasErrors() || !Module)
    return nullptr;
  // What the verifier finds now is a mistake of Stator's, but still no crash.
  mlir::ScopedDiagnosticHandler Handler(&Context, [&](mlir::Diagnostic &D) {
    Errors << D.getLocation() << ": internal error: " << D << '\n';
    return mlir::success();
  });
  if (mlir::failed(mlir::verify(*Module)))
    return nullptr;
  return Module;
}

OwningOpRef<ModuleOp> stator::compileModelText(MLIRContext &Context,
                                               StringRef Text, StringRef Name,
                                               const FrontendOptions &Options,
                                               raw_ostream &Errors) {
  return compileBuffer(Context, MemoryBuffer::getMemBufferCopy(Text, Name),
                       Options, Errors);
}

OwningOpRef<ModuleOp> stator::compileModel(MLIRContext &Context, StringRef Path,
                                           const FrontendOptions &Options,
                                           raw_ostream &Errors) {
  auto Buffer = MemoryBuffer::getFile(Path, /*IsText=*/false);
  if (!Buffer) {
    Errors << "error: cannot read '" << Path
           << "': " << Buffer.getError().message() << '\n';
    return nullptr;
  }
  return compileBuffer(Context, std::move(*Buffer), Options, Errors);
}
