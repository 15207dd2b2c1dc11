//===- RecomputeGraph.cpp - What could be computed again ------------------===//
//
// Everything here is linear in the graph, but for chains, which end at the
// residuals in front of them and are not followed further than MaxChain ops.
//
//===----------------------------------------------------------------------===//

#include "passes/RecomputeGraph.h"
#include "ir/KernelInterface.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Recompute.h"
#include "passes/Views.h"
#include "llvm/ADT/MapVector.h"
#include <map>

using namespace mlir;

namespace stator {

/// Ops that are followed back from a residual. Blocks of a model have fewer; a
/// longer chain is nothing that one wants to compute again for one value.
static constexpr size_t MaxChain = 1024;
/// FLOPs in the time of a byte of memory traffic.
static constexpr double FlopsPerByte = 4;

/// Ops that take long next to their memory traffic.
static bool isExpensive(Operation *Op) {
  return isa<EinsumOp, AttentionOp, ScanOp, CumsumOp, CallOp>(Op);
}

RecomputeGraph::RecomputeGraph(Block &Body) {
  connect(Body);
  divide(Body);
  findResiduals();
  findCuts();
  findLateOps();
  makeChoices();
}

void RecomputeGraph::connect(Block &Body) {
  for (Operation &Op : Body) {
    NumberOf[&Op] = Ops.size();
    Ops.push_back(&Op);
  }
  Nodes.resize(Ops.size());
  for (auto [Number, Op] : llvm::enumerate(Ops)) {
    Node &N = Nodes[Number];
    N.Given = isa<ReadOp, ConstantOp, InfoOp>(Op);
    N.IsView = isView(Op);
    for (Value Result : Op->getResults())
      N.Bytes += getTensorBytes(Result.getType());
    // A loop also needs what its body takes from outside.
    Op->walk([&, Number = Number](Operation *Inner) {
      for (Value Operand : Inner->getOperands()) {
        Operation *Source = Operand.getDefiningOp();
        if (!Source) {
          Nodes[Number].Varies |=
              cast<BlockArgument>(Operand).getOwner() == &Body;
          continue;
        }
        auto Found = NumberOf.find(Source);
        if (Found == NumberOf.end() || Found->second == Number ||
            llvm::is_contained(Nodes[Number].Inputs, Found->second))
          continue;
        Nodes[Number].Inputs.push_back(Found->second);
        Nodes[Found->second].Users.push_back(Number);
      }
    });
    for (unsigned Input : N.Inputs)
      N.Varies |= Nodes[Input].Varies;
    if (N.IsView) {
      int Source = N.Inputs.empty() ? -1 : static_cast<int>(N.Inputs.front());
      N.Root =
          Source >= 0 && Nodes[Source].IsView ? Nodes[Source].Root : Source;
    }
  }
}

/// Finds the forward pass.
void RecomputeGraph::divide(Block &Body) {
  Operation *End = Body.getTerminator();
  if (End->getNumOperands() == 0)
    return;
  if (Operation *Loss = End->getOperand(0).getDefiningOp())
    Nodes[NumberOf.lookup(Loss)].Forward = true;
  FirstBackward = Ops.size();
  for (unsigned Number = Ops.size(); Number-- > 0;) {
    if (Nodes[Number].Forward)
      for (unsigned Input : Nodes[Number].Inputs)
        Nodes[Input].Forward = true;
    if (Nodes[Number].Forward && !Nodes[Number].Given)
      LastForward = std::max(LastForward, Number);
    else if (!Nodes[Number].Forward && Nodes[Number].Varies)
      FirstBackward = Number;
  }
}

/// A residual is in memory from the forward pass on. Candidates are those that
/// wait while the backward pass begins; what the head needs at once, for the
/// gradient of its logits, is none.
void RecomputeGraph::findResiduals() {
  for (Node &N : Nodes)
    N.FirstBackwardUse = Ops.size();
  for (unsigned Number = Ops.size(); Number-- > 0;) {
    Node &N = Nodes[Number];
    if (!N.Forward)
      continue;
    for (unsigned User : N.Users) {
      if (Nodes[User].Forward)
        N.LastForwardUse = std::max(N.LastForwardUse, User);
      else
        N.FirstBackwardUse = std::min(N.FirstBackwardUse, User);
      // Who uses a view uses what it shows.
      if (Nodes[User].Forward && Nodes[User].IsView) {
        N.LastForwardUse =
            std::max(N.LastForwardUse, Nodes[User].LastForwardUse);
        N.FirstBackwardUse =
            std::min(N.FirstBackwardUse, Nodes[User].FirstBackwardUse);
      }
    }
    N.Residual = !N.Given && !N.IsView &&
                 !isa<BroadcastOp, IotaOp>(Ops[Number]) &&
                 N.FirstBackwardUse < Ops.size();
    N.Candidate = N.Residual && N.FirstBackwardUse > LastForward &&
                  Number < FirstBackward;
  }
  int64_t Largest = 0;
  for (Node &N : Nodes)
    if (N.Candidate)
      Largest = std::max(Largest, N.Bytes);
  SmallBytes = Largest / 64;
  for (Node &N : Nodes)
    N.Candidate &= N.Bytes > SmallBytes;
}

/// Goes through the forward pass and counts what is still needed by it.
void RecomputeGraph::findCuts() {
  std::vector<unsigned> Ending(Ops.size() + 1, 0);
  unsigned Alive = 0;
  std::vector<unsigned> Stack; // what became alive, the last on top
  auto Counts = [&](unsigned Number) {
    const Node &N = Nodes[Number];
    return N.Forward && N.Varies && !N.IsView && N.Bytes > SmallBytes &&
           N.LastForwardUse > Number;
  };
  for (unsigned Number = 0; Number < FirstBackward; ++Number) {
    Alive -= Ending[Number];
    if (Counts(Number)) {
      ++Alive;
      ++Ending[Nodes[Number].LastForwardUse];
      Stack.push_back(Number);
    }
    while (!Stack.empty() && Nodes[Stack.back()].LastForwardUse <= Number)
      Stack.pop_back();
    if (Alive != 1 || Stack.empty())
      continue;
    const unsigned Cut = Stack.back();
    // What is cheap to compute from the one before is none.
    if (!std::exchange(Nodes[Cut].Visited, true) && isExpensiveFromCuts(Cut)) {
      Nodes[Cut].Cut = true;
      Cuts.push_back(Cut);
    }
  }
}

/// Whether it takes a contraction or the like to compute a value from cuts.
bool RecomputeGraph::isExpensiveFromCuts(unsigned Number) const {
  SmallVector<unsigned> Work{Number};
  llvm::SmallDenseSet<unsigned> Seen{Number};
  while (!Work.empty()) {
    unsigned Next = Work.pop_back_val();
    if (isExpensive(Ops[Next]) || Seen.size() > MaxChain)
      return true;
    for (unsigned Input : Nodes[Next].Inputs)
      if (!Nodes[Input].Given && !Nodes[Input].Cut && Seen.insert(Input).second)
        Work.push_back(Input);
  }
  return false;
}

/// Ops of the backward pass that depend on the forward pass only, such as the
/// derivative of an activation. They are told by what they do not need: the
/// end of the forward pass, through which all cotangents come.
void RecomputeGraph::findLateOps() {
  const unsigned End = Cuts.empty() ? FirstBackward : Cuts.back();
  std::vector<bool> Cotangent(Ops.size(), false);
  for (unsigned Number = FirstBackward; Number < Ops.size(); ++Number) {
    const Node &N = Nodes[Number];
    if (N.Forward || !N.Varies || Number == FirstBackward) {
      Cotangent[Number] = Number == FirstBackward;
      continue;
    }
    bool Early = Number > LastForward;
    for (unsigned Input : N.Inputs)
      Early &= !Cotangent[Input] && !(Nodes[Input].Forward && Input > End);
    Cotangent[Number] = !Early;
    if (Early)
      Late.push_back(Number);
  }
}

bool RecomputeGraph::isKept(unsigned Number,
                            const llvm::BitVector &Dropped) const {
  const Node *N = &Nodes[Number];
  if (N->IsView) {
    if (N->Root < 0)
      return true;
    Number = N->Root;
    N = &Nodes[Number];
  }
  if (N->Given || N->Bytes <= SmallBytes)
    return true;
  // Made in every kernel that needs it.
  if (isa<BroadcastOp, IotaOp>(Ops[Number]))
    return llvm::all_of(N->Inputs,
                        [&](unsigned Each) { return isKept(Each, Dropped); });
  return (N->Residual || N->Cut) && !Dropped.test(Number);
}

double RecomputeGraph::getFlops(unsigned Number) const {
  auto Priced = dyn_cast<Cost>(Ops[Number]);
  return Priced ? Priced.getCost().Flops : 0;
}

/// The ops that compute a residual if all others are kept. Fails if that are
/// too many.
bool RecomputeGraph::collectChain(unsigned Number,
                                  SmallVectorImpl<unsigned> &Chain) {
  llvm::BitVector None(Ops.size());
  llvm::SmallDenseSet<unsigned> Seen{Number};
  Chain.push_back(Number);
  for (size_t Next = 0; Next != Chain.size(); ++Next)
    for (unsigned Input : Nodes[Chain[Next]].Inputs) {
      if (isKept(Input, None) || !Seen.insert(Input).second)
        continue;
      if (Chain.size() == MaxChain)
        return false;
      Chain.push_back(Input);
    }
  return true;
}

void RecomputeGraph::makeChoices() {
  // Choices by the expensive ops that they need.
  std::map<SmallVector<unsigned>, size_t> Known;
  for (auto [Number, N] : llvm::enumerate(Nodes)) {
    SmallVector<unsigned> Chain;
    if (!N.Candidate || N.Cut || !collectChain(Number, Chain))
      continue;
    SmallVector<unsigned> Expensive;
    llvm::copy_if(Chain, std::back_inserter(Expensive),
                  [&](unsigned Each) { return isExpensive(Ops[Each]); });
    llvm::sort(Expensive);
    size_t Index = Choices.size();
    if (!Expensive.empty())
      Index = Known.try_emplace(Expensive, Index).first->second;
    if (Index == Choices.size())
      Choices.emplace_back();
    RecomputeChoice &Choice = Choices[Index];
    const unsigned Since =
        std::max(static_cast<unsigned>(Number), N.LastForwardUse);
    double Flops = 0;
    for (unsigned Each : Chain)
      Flops += getFlops(Each);
    Choice.Ops.push_back(Number);
    Choice.Bytes += N.Bytes;
    Choice.Cheap = Expensive.empty();
    Choice.Flops = std::max(Choice.Flops, Flops);
    Choice.Lifetime =
        std::max<double>(Choice.Lifetime, N.FirstBackwardUse - Since);
  }
  auto GetScore = [](const RecomputeChoice &C) {
    const double Bytes = static_cast<double>(C.Bytes);
    return Bytes * C.Lifetime / (C.Flops + Bytes * FlopsPerByte);
  };
  llvm::sort(Choices, [&](const RecomputeChoice &X, const RecomputeChoice &Y) {
    if (X.Cheap != Y.Cheap)
      return X.Cheap;
    const double ScoreX = GetScore(X), ScoreY = GetScore(Y);
    return ScoreX != ScoreY ? ScoreX > ScoreY : X.Ops.front() < Y.Ops.front();
  });
}

RecomputePlan RecomputeGraph::makePlan(const llvm::BitVector &Dropped) const {
  RecomputePlan Plan;
  Plan.Late = Late;
  // From the end, so that the users of an op are known before it.
  std::vector<unsigned> Before(Ops.size(), Ops.size());
  for (unsigned Number = Ops.size(); Number-- > 0;) {
    const bool Backward = !Nodes[Number].Forward;
    const unsigned Position = Backward ? Number : Before[Number];
    if (Position == Ops.size())
      continue;
    for (unsigned Input : Nodes[Number].Inputs)
      if (Nodes[Input].Forward && !isKept(Input, Dropped))
        Before[Input] = std::min(Before[Input], Position);
    if (!Backward) {
      Plan.Clones.emplace_back(Number, Position);
      Plan.Flops += getFlops(Number);
    }
  }
  llvm::sort(Plan.Clones, [](auto X, auto Y) {
    return std::tie(X.second, X.first) < std::tie(Y.second, Y.first);
  });
  return Plan;
}

void applyRecomputePlan(Block &Body, const RecomputePlan &Plan) {
  std::vector<Operation *> Ops;
  for (Operation &Op : Body)
    Ops.push_back(&Op);
  UnitAttr Mark = UnitAttr::get(Body.getParentOp()->getContext());
  for (unsigned Number : Plan.Late)
    Ops[Number]->setAttr(RecomputedAttrName, Mark);
  if (Plan.Clones.empty())
    return;

  IRMapping Map;
  for (auto [Number, Before] : Plan.Clones) {
    Operation *Op = Ops[Number];
    OpBuilder B(Ops[Before]);
    Operation *Clone = B.clone(*Op, Map);
    Clone->setAttr(RecomputedAttrName, Mark);
  }
  // Behind the first clone everything that is no forward op takes clones. A
  // clone stands in front of all backward users of its op.
  llvm::DenseMap<Operation *, unsigned> NumberOf;
  for (auto [Number, Op] : llvm::enumerate(Ops))
    NumberOf[Op] = Number;
  for (auto [Number, Before] : Plan.Clones) {
    Operation *Op = Ops[Number];
    for (Value Result : Op->getResults())
      Result.replaceUsesWithIf(
          Map.lookup(Result), [&, Before = Before](OpOperand &Use) {
            Operation *User = Body.findAncestorOpInBlock(*Use.getOwner());
            auto Found = NumberOf.find(User);
            return Found != NumberOf.end() && Found->second >= Before;
          });
  }
}

} // namespace stator
