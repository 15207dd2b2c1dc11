//===- LaunchTable.h - What the schedules of a program run ------*- C++ -*-===//
//
// Every launch of a planned module with what it costs, and every buffer of the
// arena with the launches between which it is alive: what profiles and reports
// are made of.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_LAUNCHTABLE_H
#define STATOR_CODEGEN_LAUNCHTABLE_H

#include "ir/Dialect.h"
#include "runtime/core/program.h"
#include <list>
#include <string>
#include <vector>

namespace stator {

/// FLOPs of a kernel: those of its ops. Bytes: its operands and results, each
/// once; of an operand that no op reads whole (the table of a gather, what a
/// slice is taken from) what is read of it.
OpCost getKernelCost(FuncOp Kernel);

/// What most of a kernel's work is, in one word: "matmul", "attention", "norm",
/// "loss", "embedding", "optimizer", "reduction", "pointwise", "copy".
llvm::StringRef getKernelKind(FuncOp Kernel);

/// The launches of all entry points of a module of kernels, in the order in
/// which stator-emit-entries numbers them: entry point by entry point, each
/// from its first op to its last, those in the body of a loop where the loop
/// is.
std::vector<LaunchOp> listLaunches(mlir::ModuleOp Module);

/// The memory behind the launches of a StatorProgram.
class LaunchTable {
public:
  /// Fills in Launches and NumLaunches. Entry points that the ABI does not
  /// know get the Entry -1.
  void fill(mlir::ModuleOp Module, StatorProgram &Program);

private:
  std::vector<StatorLaunch> Launches;
  std::list<std::string> Texts;
};

/// A buffer of the arena. Launches are counted from the first of its entry
/// point; it is alive from before `First` until after `Last`.
struct ArenaBuffer {
  std::string Entry;  ///< name of the entry point
  std::string Name;   ///< module path of what it holds
  std::string Kernel; ///< that writes it, or ""
  bool Scratch = false;
  int64_t Offset = 0, Bytes = 0;
  int64_t First = 0, Last = 0;
};

/// The buffers of a planned module (after stator-plan-memory). One that several
/// kernels write in turn, in place, is listed once for each.
std::vector<ArenaBuffer> listBuffers(mlir::ModuleOp Planned);

} // namespace stator

#endif // STATOR_CODEGEN_LAUNCHTABLE_H
