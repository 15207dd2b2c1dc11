//===- AttentionChain.cpp - From the scores to the softmax and on ---------===//

#include "passes/AttentionChain.h"
#include "passes/AttentionMatch.h"
#include "passes/ConstantEvaluation.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace stator;

static std::string describe(Operation *Op) {
  StringRef Path = getPathOfLocation(Op->getLoc());
  std::string Text = ("'" + Op->getName().getStringRef() + "'").str();
  return Path.empty() ? Text : (Path + " (" + Text + ")").str();
}

std::string stator::describe(Value Value) {
  if (Operation *Op = Value.getDefiningOp())
    return ::describe(Op);
  StringRef Path = getPathOfLocation(Value.getLoc());
  return Path.empty() ? "an argument" : ("the argument " + Path).str();
}

std::string stator::describe(double Number) {
  std::string Text;
  llvm::raw_string_ostream(Text) << llvm::format("%g", Number);
  return Text;
}

/// One of several users, the one that is least part of attention.
static std::string describeOtherUser(Value Value) {
  for (Operation *User : Value.getUsers())
    if (!isa<EinsumOp, DropoutOp, SoftmaxOp>(User))
      return isa<ReturnOp, YieldOp>(User) ? "as a result"
                                          : "by " + describe(User);
  return "by " + describe(*Value.user_begin());
}

std::string stator::findTrainableDependence(Value Value) {
  SmallVector<mlir::Value> Worklist{Value};
  DenseSet<mlir::Value> Seen;
  while (!Worklist.empty()) {
    mlir::Value Next = Worklist.pop_back_val();
    if (!Seen.insert(Next).second)
      continue;
    if (auto Argument = dyn_cast<BlockArgument>(Next)) {
      if (!isa<FuncOp>(Argument.getOwner()->getParentOp()))
        return "the state of a loop";
      continue;
    }
    Operation *Op = Next.getDefiningOp();
    if (auto Read = dyn_cast<ReadOp>(Op)) {
      auto Parameter = SymbolTable::lookupNearestSymbolFrom<ParameterOp>(
          Op, Read.getParameterAttr());
      if (!Parameter || Parameter.isTrainable())
        return ("the trainable parameter @" + Read.getParameter()).str();
    }
    llvm::append_range(Worklist, Op->getOperands());
    // What a loop captures is used inside.
    for (Region &Region : Op->getRegions())
      Region.walk([&](Operation *Inner) {
        for (mlir::Value Operand : Inner->getOperands())
          if (!Region.isAncestor(Operand.getParentRegion()))
            Worklist.push_back(Operand);
      });
  }
  return "";
}

namespace {
class ChainFinder {
public:
  ChainFinder(SoftmaxOp Softmax, std::string &Reason) : Reason(Reason) {
    Chain.Softmax = Softmax;
  }

  std::optional<AttentionChain> find() {
    if (!followWeights() || !followScores())
      return std::nullopt;
    std::reverse(Chain.BeforeSoftmax.begin(), Chain.BeforeSoftmax.end());
    return std::move(Chain);
  }

private:
  bool fail(const Twine &Why) {
    Reason = Why.str();
    return false;
  }
  bool followWeights();
  bool followScores();
  bool stepBack(Value &Scores);
  bool stepBackThroughSum(Operation *Op, Value &Scores);
  bool stepBackThroughSelect(SelectOp Select, Value &Scores);
  static bool leadsToProduct(Value Value);

  AttentionChain Chain;
  std::string &Reason;
};
} // namespace

bool ChainFinder::followWeights() {
  Value Weights = Chain.Softmax.getResult();
  while (true) {
    if (Weights.use_empty())
      return fail("nothing uses its weights");
    if (!Weights.hasOneUse())
      return fail("its weights are used elsewhere too, " +
                  describeOtherUser(Weights));
    Operation *User = *Weights.user_begin();
    if (auto Product = dyn_cast<EinsumOp>(User)) {
      Chain.Product = Product;
      Chain.Weights = Weights;
      return true;
    }
    if (auto Dropout = dyn_cast<DropoutOp>(User); Dropout && !Chain.Dropout)
      Chain.Dropout = Dropout;
    else if (isa<TransposeOp, ReshapeOp>(User))
      Chain.AfterSoftmax.push_back(User);
    else if (isa<ReturnOp, YieldOp>(User))
      return fail("its weights are a result, not part of a product");
    else
      return fail("its weights go to " + ::describe(User) +
                  ", not to a product with values");
    Weights = User->getResult(0);
  }
}

/// Whether one comes to a product when going back as stepBack does.
bool ChainFinder::leadsToProduct(Value Value) {
  Operation *Op = Value.getDefiningOp();
  if (!Op)
    return false;
  if (isa<EinsumOp>(Op))
    return true;
  if (isa<TransposeOp, ReshapeOp, NegOp, CausalMaskOp, DivOp>(Op))
    return leadsToProduct(Op->getOperand(0));
  if (isa<AddOp, SubOp, MulOp>(Op))
    return leadsToProduct(Op->getOperand(0)) ||
           leadsToProduct(Op->getOperand(1));
  if (auto Select = dyn_cast<SelectOp>(Op))
    return leadsToProduct(Select.getOnTrue()) ||
           leadsToProduct(Select.getOnFalse());
  return false;
}

bool ChainFinder::stepBackThroughSum(Operation *Op, Value &Scores) {
  Value Lhs = Op->getOperand(0), Rhs = Op->getOperand(1);
  bool LhsLeads = leadsToProduct(Lhs), RhsLeads = leadsToProduct(Rhs);
  if (!LhsLeads && !RhsLeads)
    return fail("its input, " + ::describe(Op) +
                ", is not made from a product of queries and keys");
  // A bias may be a product itself; the scores are what parameters make.
  bool ScoresAreLhs = LhsLeads;
  if (LhsLeads && RhsLeads)
    ScoresAreLhs = findTrainableDependence(Rhs).empty() ||
                   !findTrainableDependence(Lhs).empty();
  bool IsSub = isa<SubOp>(Op);
  Value Bias = ScoresAreLhs ? Rhs : Lhs;
  if (std::string On = findTrainableDependence(Bias); !On.empty())
    return fail("the bias " + stator::describe(Bias) + " depends on " + On);
  Chain.BeforeSoftmax.push_back(
      {ScoreStep::Kind::Bias, Op, Bias, IsSub && ScoresAreLhs ? -1.0 : 1.0});
  // Bias minus scores are the scores, negated, plus the bias.
  if (IsSub && !ScoresAreLhs)
    Chain.BeforeSoftmax.push_back({ScoreStep::Kind::Scale, Op, {}, -1.0});
  Scores = ScoresAreLhs ? Lhs : Rhs;
  return true;
}

bool ChainFinder::stepBackThroughSelect(SelectOp Select, Value &Scores) {
  bool ScoresAreTrue = leadsToProduct(Select.getOnTrue());
  Value Other = ScoresAreTrue ? Select.getOnFalse() : Select.getOnTrue();
  Scores = ScoresAreTrue ? Select.getOnTrue() : Select.getOnFalse();
  std::optional<double> Fill = getConstantNumber(Other);
  if (!Fill)
    return fail("masked scores are not replaced by a number, but by " +
                stator::describe(Other));
  if (std::string On = findTrainableDependence(Select.getCondition());
      !On.empty())
    return fail("the mask " + stator::describe(Select.getCondition()) +
                " depends on " + On);
  Chain.BeforeSoftmax.push_back({ScoreStep::Kind::Condition, Select,
                                 Select.getCondition(), *Fill,
                                 /*FillWhereTrue=*/!ScoresAreTrue});
  return true;
}

/// One op back; the steps are collected from the last to the first.
bool ChainFinder::stepBack(Value &Scores) {
  Operation *Op = Scores.getDefiningOp();
  if (!Op)
    return fail("its input is " + stator::describe(Scores) +
                ", not a product of queries and keys");
  auto AddScale = [&](double Number, Value Scaled) {
    Chain.BeforeSoftmax.push_back({ScoreStep::Kind::Scale, Op, {}, Number});
    Scores = Scaled;
    return true;
  };
  if (auto Mask = dyn_cast<CausalMaskOp>(Op)) {
    Chain.BeforeSoftmax.push_back({ScoreStep::Kind::CausalMask,
                                   Op,
                                   {},
                                   Mask.getFill().convertToDouble()});
    Scores = Mask.getInput();
    return true;
  }
  if (auto Select = dyn_cast<SelectOp>(Op))
    return stepBackThroughSelect(Select, Scores);
  if (isa<AddOp, SubOp>(Op))
    return stepBackThroughSum(Op, Scores);
  if (isa<TransposeOp, ReshapeOp>(Op)) {
    Chain.BeforeSoftmax.push_back({isa<TransposeOp>(Op)
                                       ? ScoreStep::Kind::Transpose
                                       : ScoreStep::Kind::Reshape,
                                   Op});
    Scores = Op->getOperand(0);
    return true;
  }
  if (isa<NegOp>(Op))
    return AddScale(-1.0, Op->getOperand(0));
  if (isa<MulOp, DivOp>(Op)) {
    Value Lhs = Op->getOperand(0), Rhs = Op->getOperand(1);
    if (std::optional<double> Number = getConstantNumber(Rhs))
      return AddScale(isa<MulOp>(Op) ? *Number : 1 / *Number, Lhs);
    if (std::optional<double> Number = getConstantNumber(Lhs);
        Number && isa<MulOp>(Op))
      return AddScale(*Number, Rhs);
    // A mask of ones and zeros, whose zeros are to be hidden by a bias.
    bool ScoresAreLhs = leadsToProduct(Lhs);
    Value Other = ScoresAreLhs ? Rhs : Lhs;
    if (isa<MulOp>(Op) && evaluateConstant(Other)) {
      Chain.BeforeSoftmax.push_back({ScoreStep::Kind::Gate, Op, Other});
      Scores = ScoresAreLhs ? Lhs : Rhs;
      return true;
    }
    return fail("the scores are not scaled by a number, but by " +
                stator::describe(Other));
  }
  return fail("its input is made by " + ::describe(Op) +
              ", which is no part of attention");
}

bool ChainFinder::followScores() {
  Value Scores = Chain.Softmax.getInput();
  while (true) {
    if (!Scores.hasOneUse())
      return fail("the scores are used elsewhere too, " +
                  describeOtherUser(Scores));
    if (auto Product = Scores.getDefiningOp<EinsumOp>()) {
      Chain.Scores = Product;
      return true;
    }
    if (!stepBack(Scores))
      return false;
  }
}

std::optional<AttentionChain> stator::findAttentionChain(SoftmaxOp Softmax,
                                                         std::string &Reason) {
  return ChainFinder(Softmax, Reason).find();
}
