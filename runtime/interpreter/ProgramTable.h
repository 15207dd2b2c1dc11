//===- ProgramTable.h - What a program says about itself --------*- C++ -*-===//
//
// Fills in the part of a StatorProgram that does not run: sizes and the table
// of tensors.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_PROGRAMTABLE_H
#define STATOR_RUNTIME_INTERPRETER_PROGRAMTABLE_H

#include "ir/StateLayout.h"
#include "runtime/interpreter/Interpreter.h"
#include <array>
#include <list>
#include <utility>

namespace stator {

/// Blocks that an interpreter can have: entry points know which one they are
/// only by being different functions.
inline constexpr size_t MostBlocks = 16;

/// The entry points that \p Make gives for the blocks 0, 1, ..., MostBlocks
/// - 1.
template <typename MakeType>
std::array<StatorEntry, MostBlocks> makeBlockEntries(MakeType Make) {
  return [&]<size_t... Index>(std::index_sequence<Index...>) {
    return std::array<StatorEntry, MostBlocks>{
        Make(std::integral_constant<size_t, Index>())...};
  }(std::make_index_sequence<MostBlocks>());
}

/// The memory behind the pointers of a StatorProgram.
class ProgramTable {
public:
  /// Fills in everything but Self and the entry points. A diagnostic at the
  /// module and failure if batch, time or vocabulary cannot be told.
  mlir::LogicalResult fill(mlir::ModuleOp Module, mlir::ModuleOp Loss,
                           llvm::StringRef Compiler,
                           const InterpreterOptions &Options,
                           StatorProgram &Program);

  /// Fills in the blocks of an interpreter, whose entry points are \p Entries,
  /// as many as there may be. A diagnostic and failure if there are more.
  mlir::LogicalResult setBlocks(mlir::ModuleOp Module,
                                llvm::ArrayRef<StatorEntry> Entries,
                                StatorProgram &Program);

  llvm::ArrayRef<StateTensor> getLayout() const { return Layout; }
  llvm::ArrayRef<StateTensor> getCacheLayout() const { return CacheLayout; }

private:
  void addTensors(llvm::ArrayRef<StateTensor> Layout);
  const char *keep(llvm::StringRef Text) {
    Names.push_back(Text.str());
    return Names.back().c_str();
  }

  std::vector<StateTensor> Layout, CacheLayout;
  std::vector<StatorBlock> Blocks;
  std::vector<StatorTensor> Tensors;
  std::list<std::string> Names;
  std::list<std::vector<int64_t>> Shapes;
};

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_PROGRAMTABLE_H
