//===- InlineModules.cpp - Inline all modules into the entry points -------===//

#include "mlir/IR/IRMapping.h"
#include "passes/EntryPoints.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_INLINEMODULES
#include "passes/Passes.h.inc"
} // namespace stator

/// The location of an op of a module where the module is called: the two paths
/// joined, the place in the file that of the op itself.
static Location joinPaths(Location Call, Location Inner) {
  StringRef Outer = getPathOfLocation(Call);
  if (Outer.empty())
    return Inner;
  StringRef Path = getPathOfLocation(Inner);
  auto Named = dyn_cast<NameLoc>(Inner);
  Location Source = Named ? Named.getChildLoc() : Inner;
  MLIRContext *Context = Inner.getContext();
  auto Name = Path.empty() ? StringAttr::get(Context, Outer)
                           : StringAttr::get(Context, Outer + "." + Path);
  return NameLoc::get(Name, Source);
}

namespace {
/// Inlines the calls of one entry point, depth first.
class Inliner {
public:
  explicit Inliner(SymbolTable &Symbols) : Symbols(Symbols) {}

  LogicalResult inlineCallsIn(FuncOp Func) {
    Stack.push_back(Func);
    SmallVector<CallOp> Calls;
    Func.walk([&](CallOp Call) { Calls.push_back(Call); });
    for (CallOp Call : Calls)
      if (failed(inlineCall(Call)))
        return failure();
    Stack.pop_back();
    return success();
  }

private:
  LogicalResult inlineCall(CallOp Call);
  LogicalResult reportRecursion(CallOp Call, FuncOp Callee);

  SymbolTable &Symbols;
  /// The functions whose bodies the call at hand comes from.
  SmallVector<FuncOp> Stack;
};
} // namespace

LogicalResult Inliner::reportRecursion(CallOp Call, FuncOp Callee) {
  std::string Chain;
  for (FuncOp Func :
       ArrayRef(Stack).drop_while([&](FuncOp Func) { return Func != Callee; }))
    Chain += ("@" + Func.getSymName() + " calls ").str();
  return Call.emitError() << "recursion: " << Chain << "@"
                          << Callee.getSymName()
                          << "; a module cannot contain itself";
}

LogicalResult Inliner::inlineCall(CallOp Call) {
  auto Callee = Symbols.lookup<FuncOp>(Call.getCallee());
  if (!Callee || Callee.isExternal())
    return Call.emitError() << "calls @" << Call.getCallee()
                            << ", which has no body in this module";
  if (llvm::is_contained(Stack, Callee))
    return reportRecursion(Call, Callee);

  OpBuilder Builder(Call);
  IRMapping Mapping;
  Block &Body = Callee.getBody().front();
  Mapping.map(Body.getArguments(), Call.getOperands());
  SmallVector<CallOp> Calls;
  for (Operation &Op : Body.without_terminator()) {
    Operation *Copy = Builder.clone(Op, Mapping);
    Copy->walk([&](Operation *Inner) {
      Inner->setLoc(joinPaths(Call.getLoc(), Inner->getLoc()));
      for (Region &Region : Inner->getRegions())
        for (BlockArgument Argument : Region.getArguments())
          Argument.setLoc(joinPaths(Call.getLoc(), Argument.getLoc()));
      if (auto InnerCall = dyn_cast<CallOp>(Inner))
        Calls.push_back(InnerCall);
    });
  }
  for (auto [Result, Returned] :
       llvm::zip_equal(Call.getResults(), Body.getTerminator()->getOperands()))
    Result.replaceAllUsesWith(Mapping.lookupOrDefault(Returned));
  Call.erase();

  Stack.push_back(Callee);
  for (CallOp Inner : Calls)
    if (failed(inlineCall(Inner)))
      return failure();
  Stack.pop_back();
  return success();
}

/// Gives each dropout a stream of its own, in the order of the ops.
static void numberDropoutStreams(FuncOp Func) {
  int64_t Next = 0;
  Func.walk<WalkOrder::PreOrder>([&](Operation *Op) {
    if (auto Dropout = dyn_cast<DropoutOp>(Op))
      Dropout.setStream(Next++);
    else if (auto Attention = dyn_cast<AttentionOp>(Op);
             Attention && Attention.getDropoutRate().convertToDouble() > 0)
      Attention.setDropoutStream(Next++);
  });
}

namespace {
struct InlineModules : stator::impl::InlineModulesBase<InlineModules> {
  using InlineModulesBase::InlineModulesBase;

  bool isKept(StringRef Name) const {
    return entry::isEntryPoint(Name) &&
           (entryPoints.empty() || llvm::is_contained(entryPoints, Name.str()));
  }

  void runOnOperation() override {
    ModuleOp Module = getOperation();
    SymbolTable Symbols(Module);
    SmallVector<FuncOp> Entries, Others;
    for (auto Func : Module.getOps<FuncOp>()) {
      if (isKept(Func.getSymName()))
        Entries.push_back(Func);
      else if (!Func.getKernel())
        Others.push_back(Func);
    }
    if (Entries.empty()) {
      InFlightDiagnostic Error = Module.emitError() << "there is no ";
      if (entryPoints.empty())
        Error << "entry point, neither @forward nor @loss,";
      else
        llvm::interleave(
            entryPoints, [&](StringRef Name) { Error << "@" << Name; },
            [&] { Error << " nor "; });
      Error << " in this module";
      return signalPassFailure();
    }
    Inliner Inliner(Symbols);
    for (FuncOp Entry : Entries)
      if (failed(Inliner.inlineCallsIn(Entry)))
        return signalPassFailure();
    for (FuncOp Entry : Entries)
      numberDropoutStreams(Entry);
    for (FuncOp Other : Others)
      Symbols.erase(Other);
  }
};
} // namespace
