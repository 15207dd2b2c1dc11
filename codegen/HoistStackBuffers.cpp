//===- HoistStackBuffers.cpp - Stack buffers once a thread ----------------===//

#include "codegen/HoistStackBuffers.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace {

/// The op that a thread enters once: the nearest one that frees its stack
/// buffers at the end, scopes aside.
Operation *getThreadOwner(memref::AllocaScopeOp Scope) {
  Operation *Owner = Scope;
  do
    Owner = Owner->getParentWithTrait<OpTrait::AutomaticAllocationScope>();
  while (isa_and_nonnull<memref::AllocaScopeOp>(Owner));
  return Owner;
}

struct HoistStackBuffers
    : PassWrapper<HoistStackBuffers, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(HoistStackBuffers)

  StringRef getArgument() const override { return "hoist-stack-buffers"; }
  StringRef getDescription() const override {
    return "Allocate the stack buffers of loops once a thread";
  }

  void runOnOperation() override {
    SmallVector<memref::AllocaScopeOp> Scopes;
    getOperation().walk(
        [&](memref::AllocaScopeOp Scope) { Scopes.push_back(Scope); });
    IRRewriter Rewriter(&getContext());
    for (memref::AllocaScopeOp Scope : Scopes)
      dissolve(Scope, Rewriter);
  }

  void dissolve(memref::AllocaScopeOp Scope, IRRewriter &Rewriter) {
    Operation *Owner = getThreadOwner(Scope);
    if (!Owner || !Scope.getBodyRegion().hasOneBlock())
      return;
    SmallVector<memref::AllocaOp> Buffers;
    Scope.walk([&](memref::AllocaOp Buffer) {
      if (Buffer->getParentWithTrait<OpTrait::AutomaticAllocationScope>() ==
          Scope)
        Buffers.push_back(Buffer);
    });
    if (llvm::any_of(Buffers, [](memref::AllocaOp Buffer) {
          return Buffer->getNumOperands() != 0;
        }))
      return;
    Block *Start = &Owner->getRegion(0).front();
    for (memref::AllocaOp Buffer : Buffers)
      Rewriter.moveOpBefore(Buffer, Start, Start->begin());
    Block *Body = &Scope.getBodyRegion().front();
    Operation *End = Body->getTerminator();
    SmallVector<Value> Results(End->getOperands());
    Rewriter.eraseOp(End);
    Rewriter.inlineBlockBefore(Body, Scope);
    Rewriter.replaceOp(Scope, Results);
  }
};

} // namespace

std::unique_ptr<Pass> stator::createHoistStackBuffersPass() {
  return std::make_unique<HoistStackBuffers>();
}
