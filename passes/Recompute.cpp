//===- Recompute.cpp - Fit a step into a memory budget --------------------===//
//
// RecomputeGraph.cpp says what could be computed again, in the order in which
// it pays. How much of that is needed is found out by forming the kernels and
// planning the memory of copies of the entry point, so that the plan that is
// chosen is known to fit, whatever kernel formation makes of it. The bytes of
// the choices predict how many of them it takes, and so a few copies do.
//
//===----------------------------------------------------------------------===//

#include "passes/Recompute.h"
#include "ir/KernelInterface.h"
#include "ir/StateLayout.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"
#include "passes/RecomputeGraph.h"
#include "passes/RecomputePeak.h"

namespace stator {
#define GEN_PASS_DEF_RECOMPUTE
#include "passes/Passes.h.inc"
} // namespace stator

using namespace mlir;

namespace stator {
namespace {

/// Copies that are planned between one that does not fit and one that does.
constexpr unsigned MaxTries = 8;
/// A plan that uses all but this share of the budget is good enough.
constexpr double Slack = 0.005;

/// An entry point that was planned on trial.
struct Trial {
  RecomputePlan Plan;
  llvm::BitVector Dropped;
  int64_t ArenaBytes = 0;
  OwningOpRef<ModuleOp> Module; ///< with the planned copy
};

/// Finds the plan of one entry point.
class BudgetSearch {
public:
  BudgetSearch(ModuleOp Module, FuncOp Function, int64_t Allowed,
               const FormKernelsOptions &Kernels,
               const PlanMemoryOptions &Memory)
      : Module(Module), Function(Function), Allowed(Allowed), Kernels(Kernels),
        Memory(Memory) {}

  /// Plans until one fits, or nothing more can be dropped. `best` is that plan,
  /// or the smallest of all. Fails if a copy could not be planned.
  LogicalResult run();

  const Trial &best() const { return Best; }
  /// Bytes of arena if nothing is recomputed.
  int64_t getBytesBefore() const { return BytesBefore; }
  bool fits() const { return Best.ArenaBytes <= Allowed; }
  const RecomputeGraph *graph() const { return Graph ? &*Graph : nullptr; }

private:
  /// Plans a copy and keeps it if it is the best; gives its bytes.
  FailureOr<int64_t> tryPlan(RecomputePlan Plan,
                             const llvm::BitVector &Dropped);
  FailureOr<int64_t> tryFirst(size_t Count);
  LogicalResult narrow(size_t Low, int64_t LowBytes, size_t High,
                       int64_t HighBytes);
  LogicalResult dropCuts();

  ModuleOp Module;
  FuncOp Function;
  int64_t Allowed;
  FormKernelsOptions Kernels;
  PlanMemoryOptions Memory;
  std::optional<RecomputeGraph> Graph;
  Trial Best;
  bool HaveBest = false;
  int64_t BytesBefore = 0;
};

FailureOr<int64_t> BudgetSearch::tryPlan(RecomputePlan Plan,
                                         const llvm::BitVector &Dropped) {
  OwningOpRef<ModuleOp> Copy = ModuleOp::create(Module.getLoc());
  OpBuilder B(Copy->getBody(), Copy->getBody()->end());
  for (ParameterOp Parameter : Module.getOps<ParameterOp>())
    B.clone(*Parameter);
  auto Clone = cast<FuncOp>(B.clone(*Function));
  applyRecomputePlan(Clone.getBody().front(), Plan);
  PassManager Passes(Module.getContext());
  Passes.enableVerifier(false);
  Passes.addPass(createFormKernels(Kernels));
  Passes.addPass(createPlanMemory(Memory));
  if (failed(Passes.run(*Copy)))
    return failure();
  auto Planned = Copy->lookupSymbol<FuncOp>(Function.getSymName());
  auto Bytes = Planned->getAttrOfType<IntegerAttr>(ArenaBytesAttrName).getInt();
  // What fits is better with fewer FLOPs, what does not with fewer bytes.
  bool Better = !HaveBest ||
                (Bytes <= Allowed ? !fits() || Plan.Flops < Best.Plan.Flops ||
                                        (Plan.Flops == Best.Plan.Flops &&
                                         Bytes < Best.ArenaBytes)
                                  : !fits() && Bytes < Best.ArenaBytes);
  if (Better) {
    Best.Plan = std::move(Plan);
    Best.Dropped = Dropped;
    Best.ArenaBytes = Bytes;
    Best.Module = std::move(Copy);
    HaveBest = true;
  }
  return Bytes;
}

FailureOr<int64_t> BudgetSearch::tryFirst(size_t Count) {
  llvm::BitVector Dropped(Graph->getNumOps());
  for (const RecomputeChoice &Choice : Graph->getChoices().take_front(Count))
    for (unsigned Op : Choice.Ops)
      Dropped.set(Op);
  return tryPlan(Graph->makePlan(Dropped), Dropped);
}

/// Finds the fewest choices that fit between `Low`, which do not, and `High`.
LogicalResult BudgetSearch::narrow(size_t Low, int64_t LowBytes, size_t High,
                                   int64_t HighBytes) {
  std::vector<double> Sum{0};
  for (const RecomputeChoice &Choice : Graph->getChoices())
    Sum.push_back(Sum.back() + static_cast<double>(Choice.Bytes));
  for (unsigned Try = 0; Try != MaxTries && High - Low > 1; ++Try) {
    // As if each byte of a choice were a byte less, with a look at the middle
    // now and then, for it is not.
    double Share = Try % 3 == 2 ? 0.5
                                : static_cast<double>(LowBytes - Allowed) /
                                      static_cast<double>(LowBytes - HighBytes);
    double Target = Sum[Low] + Share * (Sum[High] - Sum[Low]);
    size_t Middle = llvm::lower_bound(Sum, Target) - Sum.begin();
    Middle = std::clamp(Middle, Low + 1, High - 1);
    FailureOr<int64_t> Bytes = tryFirst(Middle);
    if (failed(Bytes))
      return failure();
    if (*Bytes > Allowed) {
      Low = Middle;
      LowBytes = *Bytes;
    } else {
      High = Middle;
      HighBytes = *Bytes;
      if (static_cast<double>(Allowed - *Bytes) <
          Slack * static_cast<double>(Allowed))
        break;
    }
  }
  return success();
}

/// Drops all choices and all cuts but each second, third, ... of them.
LogicalResult BudgetSearch::dropCuts() {
  llvm::BitVector Dropped(Graph->getNumOps());
  for (const RecomputeChoice &Choice : Graph->getChoices())
    for (unsigned Op : Choice.Ops)
      Dropped.set(Op);
  ArrayRef<unsigned> Cuts = Graph->getCuts();
  unsigned Worse = 0;
  int64_t Smallest = Best.ArenaBytes;
  for (size_t Stride = 2; Stride < Cuts.size() + 2 && Worse < 3 && !fits();
       Stride += (Stride + 3) / 4) {
    llvm::BitVector More = Dropped;
    for (size_t I = 0; I != Cuts.size(); ++I)
      if ((I + 1) % Stride != 0)
        More.set(Cuts[I]);
    FailureOr<int64_t> Bytes = tryPlan(Graph->makePlan(More), More);
    if (failed(Bytes))
      return failure();
    Worse = *Bytes < Smallest ? 0 : Worse + 1;
    Smallest = std::min(Smallest, *Bytes);
  }
  return success();
}

LogicalResult BudgetSearch::run() {
  FailureOr<int64_t> Before = tryPlan({}, {});
  if (failed(Before))
    return failure();
  BytesBefore = *Before;
  if (fits())
    return success();
  Graph.emplace(Function.getBody().front());
  const size_t Count = Graph->getChoices().size();
  if (Count == 0)
    return success();
  FailureOr<int64_t> Low = tryFirst(0);
  if (failed(Low) || fits())
    return LogicalResult(Low);
  FailureOr<int64_t> High = tryFirst(Count);
  if (failed(High))
    return failure();
  return fits() ? narrow(0, *Low, Count, *High) : dropCuts();
}

struct Recompute : impl::RecomputeBase<Recompute> {
  using RecomputeBase::RecomputeBase;
  void runOnOperation() override;

private:
  void explain(const BudgetSearch &Search, FuncOp Function, int64_t Budget,
               int64_t StateBytes);
  void say(const BudgetSearch &Search);
};

/// Says why the smallest step is too large.
void Recompute::explain(const BudgetSearch &Search, FuncOp Function,
                        int64_t Budget, int64_t StateBytes) {
  auto Text = [](int64_t Bytes) {
    return formatByteCount(static_cast<double>(Bytes));
  };
  const int64_t Needed =
      StateBytes + Search.best().ArenaBytes + getBudgetReserve(Budget);
  InFlightDiagnostic Error = emitError(Function.getLoc());
  Error << "@" << Function.getSymName()
        << " does not fit into a memory budget of " << Text(Budget)
        << ": it needs at least " << Text(Needed) << ", "
        << Text(Needed - Budget) << " more";
  int64_t ByRole[getMaxEnumValForRole() + 1] = {};
  for (const StateTensor &Tensor : layoutState(getOperation())) {
    ParameterOp Op = Tensor.Op;
    ByRole[static_cast<unsigned>(Op.getRole())] += Tensor.Bytes;
  }
  OwningOpRef<ModuleOp> Planned(Search.best().Module.get().clone());
  PeakUse Peak = describePeak(
      *Planned, Planned->lookupSymbol<FuncOp>(Function.getSymName()));
  auto &Note = Error.attachNote(Function.getLoc());
  Note << "the smallest step that could be made holds " << Text(ByRole[0])
       << " of parameters, " << Text(ByRole[1]) << " of optimizer state, "
       << Text(ByRole[2] + Peak.GradientBytes) << " of gradients and "
       << Text(Search.best().ArenaBytes - Peak.GradientBytes)
       << " of activations and scratch; " << Text(getBudgetReserve(Budget))
       << " are left to the program itself";
  if (!Peak.Largest.empty()) {
    auto &Largest = Error.attachNote(Function.getLoc());
    Largest << "largest activations at its peak:";
    for (const PeakBuffer &Buffer : ArrayRef(Peak.Largest).take_front(8))
      Largest << "\n  " << Text(Buffer.Bytes) << "  " << Buffer.Name;
  }
  Error.attachNote(Function.getLoc())
      << "a smaller batch or time takes less memory";
}

void Recompute::say(const BudgetSearch &Search) {
  const RecomputeGraph &Graph = *Search.graph();
  for (unsigned Number : Search.best().Dropped.set_bits()) {
    Operation *Op = Graph.getOp(Number);
    int64_t Bytes = 0;
    for (Value Result : Op->getResults())
      Bytes += getTensorBytes(Result.getType());
    auto Priced = dyn_cast<Cost>(Op);
    double Flops = Priced ? Priced.getCost().Flops : 0;
    Op->emitRemark() << "recomputed in the backward pass: " << Bytes
                     << " bytes less to keep, " << static_cast<int64_t>(Flops)
                     << " FLOPs more";
  }
}

void Recompute::runOnOperation() {
  ModuleOp Module = getOperation();
  std::string Error;
  std::optional<int64_t> Budget = parseByteCount(budget, Error);
  if (!Budget) {
    Module.emitError() << "budget: " << Error;
    return signalPassFailure();
  }
  const int64_t StateBytes = getStateBytes(layoutState(Module));
  const int64_t Allowed = *Budget - getBudgetReserve(*Budget) - StateBytes;
  FormKernelsOptions Kernels;
  Kernels.fuse = fuse;
  Kernels.epilogues = epilogues;
  Kernels.repeat = repeat;
  PlanMemoryOptions Memory;
  Memory.inPlace = inPlace;

  int64_t Values = 0, Before = 0, After = 0;
  double Flops = 0;
  for (FuncOp Function : Module.getOps<FuncOp>()) {
    if (Function.getKernel() || Function.isExternal())
      continue;
    BudgetSearch Search(Module, Function, Allowed, Kernels, Memory);
    if (failed(Search.run()))
      return signalPassFailure();
    if (!Search.fits()) {
      explain(Search, Function, *Budget, StateBytes);
      return signalPassFailure();
    }
    const Trial &Best = Search.best();
    if (Search.graph()) {
      if (remarks)
        say(Search);
      applyRecomputePlan(Function.getBody().front(), Best.Plan);
      Values += Best.Dropped.count();
      Flops += Best.Plan.Flops;
    }
    Before = std::max(Before, Search.getBytesBefore());
    After = std::max(After, Best.ArenaBytes);
  }
  Builder B(Module.getContext());
  Module->setAttr(
      RecomputeSummaryAttrName,
      B.getDictionaryAttr(
          {B.getNamedAttr("budget", B.getI64IntegerAttr(*Budget)),
           B.getNamedAttr("values", B.getI64IntegerAttr(Values)),
           B.getNamedAttr("saved", B.getI64IntegerAttr(Before - After)),
           B.getNamedAttr("flops", B.getF64FloatAttr(Flops))}));
}

} // namespace
} // namespace stator
