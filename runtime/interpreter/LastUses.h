//===- LastUses.h - When values die -----------------------------*- C++ -*-===//

#ifndef STATOR_RUNTIME_INTERPRETER_LASTUSES_H
#define STATOR_RUNTIME_INTERPRETER_LASTUSES_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

namespace stator {

/// For each op of a block the values of this block that nobody needs after it.
/// What regions inside use counts as used by the op that holds them.
class LastUses {
public:
  /// Worked out at the first question about a block, which must not change any
  /// more. The answer is valid until the next question about a new block.
  llvm::ArrayRef<mlir::Value> getDyingAt(mlir::Operation &Op);

private:
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value, 2>> Dying;
  llvm::DenseSet<mlir::Block *> Known;
};

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_LASTUSES_H
