//===- LastUses.cpp - When values die -------------------------------------===//

#include "runtime/interpreter/LastUses.h"
#include "mlir/IR/OpDefinition.h"

using namespace mlir;

namespace stator {

llvm::ArrayRef<Value> LastUses::getDyingAt(Operation &Op) {
  Block &Block = *Op.getBlock();
  if (Known.insert(&Block).second) {
    auto Record = [&](Value Used) {
      Operation *Last = nullptr;
      for (Operation *User : Used.getUsers()) {
        Operation *Here = Block.findAncestorOpInBlock(*User);
        if (!Last || Last->isBeforeInBlock(Here))
          Last = Here;
      }
      // What nobody uses dies where it is made; an argument lives to the end.
      if (!Last)
        Last = Used.getDefiningOp();
      if (Last && !Last->hasTrait<OpTrait::IsTerminator>())
        Dying[Last].push_back(Used);
    };
    for (BlockArgument Argument : Block.getArguments())
      Record(Argument);
    for (Operation &Each : Block)
      for (Value Result : Each.getResults())
        Record(Result);
  }
  auto It = Dying.find(&Op);
  return It == Dying.end() ? llvm::ArrayRef<Value>()
                           : llvm::ArrayRef<Value>(It->second);
}

} // namespace stator
