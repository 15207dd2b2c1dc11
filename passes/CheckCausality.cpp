//===- CheckCausality.cpp - Prove that no position sees the future --------===//

#include "ir/ModelSettings.h"
#include "passes/EntryPoints.h"
#include "passes/FindLeak.h"
#include "passes/Passes.h"
#include "passes/RowIndependence.h"
#include "passes/UserPlace.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_CHECKCAUSALITY
#include "passes/Passes.h.inc"
} // namespace stator

/// What an op of a chain is called in a message.
static std::string nameOp(Operation *Op) {
  StringRef Name = Op->getName().stripDialect();
  std::string Words = llvm::StringSwitch<std::string>(Name)
                          .Case("add", "sum")
                          .Case("iadd", "sum")
                          .Case("sub", "difference")
                          .Case("isub", "difference")
                          .Case("mul", "product")
                          .Case("imul", "product")
                          .Case("div", "quotient")
                          .Case("einsum", "contraction")
                          .Case("gather", "look-up")
                          .Case("reduce", "reduction")
                          .Case("cumsum", "running sum")
                          .Case("concat", "concatenation")
                          .Case("causal_mask", "causal mask")
                          .Case("scan", "loop")
                          .Case("select", "choice")
                          .Case("compare", "comparison")
                          .Case("convert", "conversion")
                          .Default(Name.str());
  if (auto Reduce = dyn_cast<ReduceOp>(Op))
    Words = stringifyReduceKind(Reduce.getKind()).str();
  return Words;
}

/// Whether an op says nothing that a reader of the model wants to know.
static bool isFormality(Operation *Op) {
  return isa<BroadcastOp, ReshapeOp, TransposeOp, ConvertOp>(Op);
}

/// The ops of a chain that are worth a note: those that do something, and of
/// several that come from one place in the source the first. Of the standard
/// modules only the op that the future comes from is one.
static SmallVector<Operation *> selectSteps(ArrayRef<Value> Chain) {
  SmallVector<Operation *> Steps;
  for (Value Each : Chain) {
    Operation *Op = Each.getDefiningOp();
    if (!Op || isFormality(Op) || (!Steps.empty() && isInStandardModule(Op)))
      continue;
    if (!Steps.empty() &&
        getSourceOfLocation(Steps.back()->getLoc()) ==
            getSourceOfLocation(Op->getLoc()) &&
        getPathOfLocation(Steps.back()->getLoc()) ==
            getPathOfLocation(Op->getLoc()))
      continue;
    Steps.push_back(Op);
  }
  return Steps;
}

static void report(FuncOp Func, const Leak &Found, int64_t Prefix,
                   bool IsGenerating) {
  Location Loc = Found.Op ? Found.Op->getLoc() : Func.getLoc();
  InFlightDiagnostic Error = emitError(Loc);
  if (Prefix > 1)
    Error << "positions after the prefix of " << Prefix
          << " depend on later ones: ";
  else
    Error << "positions depend on later ones: ";
  Error << Found.Reason;
  // Long chains keep what is near the leak and near the tokens.
  constexpr size_t Head = 6, Tail = 4;
  SmallVector<Operation *> Steps = selectSteps(Found.Chain);
  for (auto [Index, Op] : llvm::enumerate(Steps)) {
    if (Steps.size() > Head + Tail + 1 && Index >= Head &&
        Index < Steps.size() - Tail) {
      if (Index == Head)
        Error.attachNote(Op->getLoc())
            << "through " << Steps.size() - Head - Tail
            << " more steps, the first of which is this " << nameOp(Op);
      continue;
    }
    Error.attachNote(Op->getLoc())
        << (Index == 0 ? "of this " : "which comes from this ") << nameOp(Op);
  }
  if (Steps.empty())
    Error.attachNote(Func.getArgument(0).getLoc()) << "of the tokens";
  if (IsGenerating && isNonCausal(Func->getParentOfType<ModuleOp>()))
    Error.attachNote(Func.getLoc())
        << "the model is declared non_causal, which is for training; to "
           "generate text, a model must be causal";
}

namespace {
struct CheckCausality : stator::impl::CheckCausalityBase<CheckCausality> {
  using CheckCausalityBase::CheckCausalityBase;

  void runOnOperation() override {
    ModuleOp Module = getOperation();
    auto Func = Module.lookupSymbol<FuncOp>(entry::Forward);
    if (!Func)
      return;
    if (failed(prove(Module, Func)))
      return signalPassFailure();
    // One row has nothing to mix with.
    auto Tokens = cast<RankedTensorType>(Func.getFunctionType().getInput(0));
    if (!training && Tokens.getDimSize(0) > 1 &&
        failed(proveRowsIndependent(Func)))
      return signalPassFailure();
    if (training && Module.lookupSymbol<FuncOp>(entry::Loss)) {
      // The loss need not have the logits: it may be any function of them.
      auto Logits = cast<RankedTensorType>(Func.getResultTypes().front());
      if (Logits.getRank() > 0)
        setVocabulary(Module, Logits.getShape().back());
      Func.erase();
    }
  }

  LogicalResult prove(ModuleOp Module, FuncOp Func) {
    int64_t Prefix = getPrefix(Module);
    FailureOr<TimeAnalysis> Analysis = TimeAnalysis::run(Func, Prefix);
    if (failed(Analysis))
      return failure();
    std::optional<Leak> Found = findLeak(Func, *Analysis, Prefix);
    if (!Found) {
      setCausality(Module, Causality::Proved);
      return success();
    }
    if (training && isNonCausal(Module)) {
      setCausality(Module, Causality::NotNeeded);
      return success();
    }
    report(Func, *Found, Prefix, !training);
    return failure();
  }
};
} // namespace
