//===- RowIndependence.cpp - Rows of a batch do not mix -------------------===//
//
// An abstract interpretation, as that of time (passes/TimeAnalysis.h), but
// simpler: rows have no order, so that a value either keeps them apart, along
// one of its dimensions, or mixes them. What is not understood counts as
// mixing.
//
//===----------------------------------------------------------------------===//

#include "passes/RowIndependence.h"
#include "ir/Einsum.h"
#include "passes/UserPlace.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include <string>

using namespace mlir;
using namespace stator;

namespace {
/// How the elements of a value depend on the rows of the batch.
struct Rows {
  enum Kind { None, Apart, Mixed } Is = None;
  /// Apart: an element at index i along Axis depends on row i / Inner alone.
  /// Inner is the size of what was merged into the dimension behind the batch.
  int64_t Axis = 0, Inner = 1;
  /// Mixed: the op that did it, and how, in words.
  Operation *By = nullptr;
  std::string Reason;

  static Rows apart(int64_t Axis, int64_t Inner = 1) {
    Rows Result;
    Result.Is = Apart;
    Result.Axis = Axis;
    Result.Inner = Inner;
    return Result;
  }
  static Rows mixed(Operation *By, const Twine &Reason) {
    Rows Result;
    Result.Is = Mixed;
    Result.By = By;
    Result.Reason = Reason.str();
    return Result;
  }
  bool isApart() const { return Is == Apart; }
  bool isSame(const Rows &Other) const {
    return Is == Other.Is &&
           (Is != Apart || (Axis == Other.Axis && Inner == Other.Inner));
  }
};

class RowAnalysis {
public:
  Rows get(Value V) const { return Known.lookup(V); }
  void set(Value V, Rows State) { Known[V] = std::move(State); }
  void run(Block &Body) {
    for (Operation &Op : Body.without_terminator())
      follow(&Op);
  }

private:
  void follow(Operation *Op);
  void followScan(ScanOp Op);

  DenseMap<Value, Rows> Known;
};
} // namespace

static ArrayRef<int64_t> getShape(Value V) {
  return cast<RankedTensorType>(V.getType()).getShape();
}

/// What is made of operands index by index.
static Rows join(Operation *Op, ArrayRef<Rows> Operands) {
  Rows Result;
  for (const Rows &Each : Operands) {
    if (Each.Is == Rows::Mixed)
      return Each;
    if (Each.Is == Rows::None)
      continue;
    if (Result.isApart() && !Result.isSame(Each))
      return Rows::mixed(Op, "an op on tensors whose dimensions of the batch "
                             "are different ones");
    Result = Each;
  }
  return Result;
}

/// Elements keep their order, so that a row stays what it is if one dimension
/// of the result ends where that of the batch did.
static Rows followReshape(ReshapeOp Op, const Rows &From) {
  ArrayRef<int64_t> Shape = getShape(Op.getInput());
  int64_t Row = From.Inner;
  for (int64_t Size : Shape.drop_front(From.Axis + 1))
    Row *= Size;
  const int64_t All = Row / From.Inner * Shape[From.Axis];
  int64_t Behind = 1;
  ArrayRef<int64_t> To = getShape(Op.getResult());
  for (int64_t Dim = static_cast<int64_t>(To.size()) - 1; Dim >= 0; --Dim) {
    if (Behind * To[Dim] == All && To[Dim] != 1 && Row % Behind == 0)
      return Rows::apart(Dim, Row / Behind);
    Behind *= To[Dim];
  }
  return Rows::mixed(Op, "a reshape that merges the batch with a dimension in "
                         "front of it, or splits it");
}

static Rows followGather(GatherOp Op, const Rows &Table, const Rows &Indices) {
  if (Table.Is == Rows::None)
    return Indices;
  // Inside each row.
  if (Table.Axis != 0 && Indices.Is == Rows::None)
    return Rows::apart(
        Table.Axis - 1 + static_cast<int64_t>(getShape(Op.getIndices()).size()),
        Table.Inner);
  return Rows::mixed(Op, Table.Axis == 0
                             ? "a look-up among the rows of the batch"
                             : "a look-up in a table for each row of the batch "
                               "at indices for each row");
}

static Rows followEinsum(EinsumOp Op, const Rows &Lhs, const Rows &Rhs) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(Op.getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  std::optional<int64_t> Name;
  int64_t Inner = 1;
  for (auto [State, Names] :
       {std::pair(&Lhs, ArrayRef<int64_t>(Equation->Lhs)),
        std::pair(&Rhs, ArrayRef<int64_t>(Equation->Rhs))}) {
    if (!State->isApart())
      continue;
    int64_t Own = Names[State->Axis];
    if (Name && (*Name != Own || Inner != State->Inner))
      return Rows::mixed(Op, "a contraction of every row of the batch with "
                             "every other");
    Name = Own;
    Inner = State->Inner;
  }
  const auto *Place = llvm::find(Equation->Result, *Name);
  if (Place == Equation->Result.end())
    return Rows::mixed(Op, "a sum over the batch");
  return Rows::apart(Place - Equation->Result.begin(), Inner);
}

/// Each element of the dimensions of batch and heads attends on its own.
static Rows followAttention(AttentionOp Op, ArrayRef<Rows> Operands) {
  Rows All = join(Op, Operands.take_front(3));
  bool HasBias = Op.getBias() && Operands[3].isApart();
  if (!All.isApart() || HasBias) {
    int64_t Rank =
        Op.getBias() ? static_cast<int64_t>(getShape(Op.getBias()).size()) : 0;
    All = HasBias && Rank != 4 ? Rows::mixed(Op, "a mask over the batch")
                               : join(Op, Operands);
  }
  bool IsGrouped = getShape(Op.getQuery())[1] != getShape(Op.getKey())[1];
  if (All.isApart() && All.Axis > (IsGrouped ? 0 : 1))
    return Rows::mixed(Op, "attention over the batch");
  return All;
}

static Rows followOp(Operation *Op, ArrayRef<Rows> In) {
  if (Op->hasTrait<OpTrait::Elementwise>() || isa<DropoutOp, CausalMaskOp>(Op))
    return join(Op, In);
  const Rows &First = In.front();
  auto KeepUnless = [&](bool Mixes, const Twine &Reason) {
    return Mixes ? Rows::mixed(Op, Reason) : First;
  };
  return llvm::TypeSwitch<Operation *, Rows>(Op)
      .Case([&](BroadcastOp Each) {
        return Rows::apart(Each.getDimensions()[First.Axis], First.Inner);
      })
      .Case([&](ReshapeOp Each) { return followReshape(Each, First); })
      .Case([&](TransposeOp Each) {
        const auto *Place = llvm::find(Each.getPermutation(), First.Axis);
        return Rows::apart(Place - Each.getPermutation().begin(), First.Inner);
      })
      .Case([&](SliceOp Each) {
        return KeepUnless(getShape(Each.getInput())[First.Axis] !=
                              getShape(Each.getResult())[First.Axis],
                          "a part of the batch");
      })
      .Case([&](DynamicSliceOp Each) {
        return KeepUnless(!First.isApart() || In[1].Is != Rows::None ||
                              static_cast<int64_t>(Each.getAxis()) ==
                                  First.Axis,
                          "a part of the batch");
      })
      .Case([&](PadOp Each) {
        return KeepUnless(getShape(Each.getInput())[First.Axis] !=
                              getShape(Each.getResult())[First.Axis],
                          "rows that are moved along the batch");
      })
      .Case([&](ConcatOp Each) {
        Rows All = join(Op, In);
        return All.isApart() && All.Axis == static_cast<int64_t>(Each.getAxis())
                   ? Rows::mixed(Op, "a concatenation along the batch")
                   : All;
      })
      .Case([&](GatherOp Each) { return followGather(Each, In[0], In[1]); })
      .Case([&](ReduceOp Each) {
        if (llvm::is_contained(Each.getAxes(), First.Axis))
          return Rows::mixed(Op, "a " + stringifyReduceKind(Each.getKind()) +
                                     " over the batch");
        return Rows::apart(First.Axis - llvm::count_if(Each.getAxes(),
                                                       [&](int64_t Dim) {
                                                         return Dim <
                                                                First.Axis;
                                                       }),
                           First.Inner);
      })
      .Case([&](SoftmaxOp Each) {
        return KeepUnless(static_cast<int64_t>(Each.getAxis()) == First.Axis,
                          "a softmax over the batch");
      })
      .Case([&](CumsumOp Each) {
        return KeepUnless(static_cast<int64_t>(Each.getAxis()) == First.Axis,
                          "a running sum over the batch");
      })
      .Case([&](EinsumOp Each) { return followEinsum(Each, In[0], In[1]); })
      .Case([&](AttentionOp Each) { return followAttention(Each, In); })
      .Default([&](Operation *) {
        return Rows::mixed(Op, "an op of which it is not known that it keeps "
                               "rows of the batch apart");
      });
}

void RowAnalysis::follow(Operation *Op) {
  if (auto Scan = dyn_cast<ScanOp>(Op))
    return followScan(Scan);
  SmallVector<Rows> In;
  for (Value Operand : Op->getOperands())
    In.push_back(get(Operand));
  auto IsNone = [](const Rows &State) { return State.Is == Rows::None; };
  if (llvm::all_of(In, IsNone))
    return;
  // Which op mixes rows is said once, of the first.
  const auto *Mixed = llvm::find_if(
      In, [](const Rows &State) { return State.Is == Rows::Mixed; });
  Rows Result = Mixed != In.end() ? *Mixed : followOp(Op, In);
  for (Value Each : Op->getResults())
    set(Each, Result);
}

/// The body is followed until what its carries depend on does not change.
void RowAnalysis::followScan(ScanOp Op) {
  const int64_t Axis = Op.getAxis();
  const size_t NumCarries = Op.getInits().size();
  Block &Body = Op.getBody().front();
  auto Arguments = Body.getArguments();
  for (auto [Init, Argument] : llvm::zip(Op.getInits(), Arguments))
    set(Argument, get(Init));
  for (auto [Sequence, Argument] :
       llvm::zip(Op.getSequences(), Arguments.drop_front(NumCarries))) {
    Rows State = get(Sequence);
    if (State.isApart() && State.Axis == Axis)
      State = Rows::mixed(Op, "a loop over the batch");
    else if (State.isApart() && State.Axis > Axis)
      --State.Axis;
    set(Argument, State);
  }
  Operation *Yield = Body.getTerminator();
  for (bool Changed = true; Changed;) {
    run(Body);
    Changed = false;
    for (size_t I = 0; I != NumCarries; ++I) {
      Rows Next = join(Op, {get(Arguments[I]), get(Yield->getOperand(I))});
      Changed |= !Next.isSame(get(Arguments[I]));
      set(Arguments[I], Next);
    }
  }
  for (auto [I, Result] : llvm::enumerate(Op->getResults())) {
    Rows State = I < NumCarries ? get(Arguments[I]) : get(Yield->getOperand(I));
    if (I >= NumCarries && State.isApart() && State.Axis >= Axis)
      ++State.Axis;
    set(Result, State);
  }
}

LogicalResult stator::proveRowsIndependent(FuncOp Func) {
  RowAnalysis Analysis;
  Analysis.set(Func.getArgument(0), Rows::apart(0));
  Block &Body = Func.getBody().front();
  Analysis.run(Body);
  Value Logits = Body.getTerminator()->getOperand(0);
  Rows Found = Analysis.get(Logits);
  if (Found.Is == Rows::None ||
      (Found.isApart() && Found.Axis == 0 && Found.Inner == 1))
    return success();
  Operation *By = Found.By ? Found.By : Logits.getDefiningOp();
  InFlightDiagnostic Error =
      emitError(By ? getUserPlace(By, By->getOperands()) : Func.getLoc())
      << "rows of the batch depend on each other: "
      << (Found.By ? Found.Reason
                   : "dimension 0 of the result is not that of the batch");
  Error.attachNote(Func.getLoc())
      << "texts that are generated side by side must not change one another; "
         "compile with --batch 1";
  return Error;
}
