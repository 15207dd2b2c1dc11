//===- DeriveDecoding.cpp - From all positions at once to one at a time ---===//

#include "passes/DeriveDecoding.h"
#include "ir/ModelSettings.h"
#include "passes/DecodingStep.h"
#include "passes/EntryPoints.h"
#include "passes/Passes.h"

namespace stator {
#define GEN_PASS_DEF_DERIVEDECODING
#include "passes/Passes.h.inc"
} // namespace stator

using namespace mlir;
using namespace stator;

namespace {
struct DeriveDecoding : stator::impl::DeriveDecodingBase<DeriveDecoding> {
  using DeriveDecodingBase::DeriveDecodingBase;

  void runOnOperation() override;

private:
  /// The widths that fit into the time of the model, ascending.
  SmallVector<int64_t> getWidths(int64_t Context) const;
};
} // namespace

SmallVector<int64_t> DeriveDecoding::getWidths(int64_t Context) const {
  SmallVector<int64_t> Fitting{1};
  for (int64_t Width : widths)
    if (Width > 1 && Width <= Context)
      Fitting.push_back(Width);
  llvm::sort(Fitting);
  Fitting.erase(llvm::unique(Fitting), Fitting.end());
  return Fitting;
}

void DeriveDecoding::runOnOperation() {
  ModuleOp Module = getOperation();
  auto Forward = Module.lookupSymbol<FuncOp>(entry::Forward);
  if (!Forward)
    return;
  // What a position of the prefix remembers depends on later ones.
  if (getPrefix(Module) > 0) {
    constexpr StringLiteral Reason =
        "the positions of the prefix depend on one another";
    Module->setAttr(NoDecodingAttrName, StringAttr::get(&getContext(), Reason));
    if (remarks)
      emitRemark(Forward.getLoc())
          << "every token recomputes all positions before it: " << Reason;
    return;
  }
  FailureOr<TimeAnalysis> Time = TimeAnalysis::run(Forward);
  if (failed(Time))
    return signalPassFailure();
  auto Tokens = cast<RankedTensorType>(Forward.getArgument(0).getType());
  int64_t Context = Tokens.getDimSize(1);
  SmallVector<int64_t> Widths = getWidths(Context);
  DecodingCaches Caches(Module, Widths.back());
  // The widest first: its entry point comes last in the module.
  SmallVector<FuncOp> Steps;
  for (int64_t Width : llvm::reverse(Widths)) {
    DecodingStep Step(Forward, *Time, Caches, Width);
    if (FuncOp Built = Step.build()) {
      Steps.push_back(Built);
      continue;
    }
    for (FuncOp Built : Steps)
      Built.erase();
    Caches.clear();
    Module->setAttr(NoDecodingAttrName,
                    StringAttr::get(&getContext(), Step.getReason()));
    if (remarks)
      emitRemark(Step.getReasonLoc())
          << "every token recomputes all positions before it: " << Step.getReason();
    return;
  }
  Builder B(&getContext());
  Module->setAttr(entry::ContextAttrName,
                  B.getI64IntegerAttr(Caches.IsBounded ? Context : 0));
  if (!Caches.NeedsWholeBlocks)
    Module->setAttr(entry::PaddedBlocksAttrName, B.getUnitAttr());
}
