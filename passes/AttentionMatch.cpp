//===- AttentionMatch.cpp - Finds attention around a softmax --------------===//

#include "passes/AttentionMatch.h"
#include "ir/Einsum.h"
#include "passes/AttentionChain.h"
#include "passes/ConstantEvaluation.h"
#include "passes/MaskPattern.h"

using namespace mlir;
using namespace stator;

namespace {
/// Brings a chain of ops to the form of stator.attention.
class AttentionMatcher {
public:
  AttentionMatcher(const AttentionChain &Chain, bool KeysAreLhs,
                   ViewKind KeyViews, std::string &Reason)
      : Chain(Chain), KeysAreLhs(KeysAreLhs), KeyViews(KeyViews),
        Atoms(Match.Atoms), Reason(Reason) {}

  std::optional<AttentionMatch> match() {
    if (!viewScores() || !replaySteps() || !viewProduct() || !classifyAtoms() ||
        !chooseQueries() || !readMasks())
      return std::nullopt;
    return std::move(Match);
  }

  /// Whether matching failed because the keys are the other operand.
  bool KeysAreOtherOperand = false;

private:
  bool fail(const Twine &Why) {
    Reason = Why.str();
    return false;
  }
  bool addBias(const ScoreStep &Step, ArrayRef<AtomList> Dims);
  bool addCausalMask(const ScoreStep &Step, ArrayRef<AtomList> Dims);
  void scaleBy(double Number);
  bool viewScores();
  bool replaySteps();
  bool viewProduct();
  bool classifyAtoms();
  bool chooseQueries();
  bool readMasks();

  bool moveDims(Operation *Op, AtomLists &Dims);
  AtomVector getBaseAtoms(const TensorView &View) const {
    return Atoms.concat(View.BaseDims);
  }

  const AttentionChain &Chain;
  bool KeysAreLhs;
  ViewKind KeyViews;
  AttentionMatch Match;
  AtomTable &Atoms;
  std::string &Reason;

  AtomLists ScoreDims;
  /// The dimensions of the softmax and those of the weights in the product.
  AtomLists SoftmaxDims, WeightDims;
  AtomList KeyDim = 0;
  AtomLists CausalQueries, CausalKeys;
  double CausalFill = -std::numeric_limits<double>::infinity();
  /// What the product with the values leaves and sums over.
  AtomLists ResultDims, SummedDims;
  /// Dimensions of the queries alone, in the order of the scores.
  AtomVector FreeAtoms;
};
} // namespace

static bool contains(ArrayRef<Atom> Atoms, Atom A) {
  return llvm::is_contained(Atoms, A);
}

/// Names of dimensions to lists of atoms, each name once.
using NamedDims = SmallVector<std::pair<int64_t, AtomList>>;

static std::optional<AtomList> lookup(const NamedDims &Dims, int64_t Name) {
  for (auto [Other, List] : Dims)
    if (Other == Name)
      return List;
  return std::nullopt;
}

/// Gives the names of an operand the dimensions of its view.
static bool nameDims(AtomTable &Table, NamedDims &Names,
                     ArrayRef<int64_t> Operand, ArrayRef<AtomList> Dims) {
  for (auto [Name, Dim] : llvm::zip_equal(Operand, Dims)) {
    if (std::optional<AtomList> Known = lookup(Names, Name)) {
      if (!Table.unify(*Known, Dim))
        return false;
    } else {
      Names.push_back({Name, Dim});
    }
  }
  return true;
}

static EinsumEquation parseEquation(EinsumOp Op) {
  std::string Error;
  return *EinsumEquation::parse(Op.getEquation(), Error);
}

bool AttentionMatcher::viewScores() {
  EinsumOp Scores = Chain.Scores;
  EinsumEquation Equation = parseEquation(Scores);
  NamedDims Names;
  for (bool IsLhs : {true, false}) {
    bool IsKeys = IsLhs == KeysAreLhs;
    TensorView &View = IsKeys ? Match.Key : Match.Query;
    View = viewTensor(Atoms, IsLhs ? Scores.getLhs() : Scores.getRhs(),
                      IsKeys ? KeyViews : ViewKind::Scaled);
    if (!nameDims(Atoms, Names, IsLhs ? Equation.Lhs : Equation.Rhs, View.Dims))
      return fail("the dimensions of queries and keys cannot be matched");
  }
  for (int64_t Name : Equation.Result)
    ScoreDims.push_back(
        Atoms.addList(AtomVector(Atoms.get(*lookup(Names, Name)))));
  Match.Scale = Match.Query.Scale * Match.Key.Scale;
  return true;
}

bool AttentionMatcher::moveDims(Operation *Op, AtomLists &Dims) {
  if (auto Transpose = dyn_cast<TransposeOp>(Op)) {
    AtomLists Moved;
    for (int64_t Dim : Transpose.getPermutation())
      Moved.push_back(Dims[Dim]);
    Dims = Moved;
    return true;
  }
  ArrayRef<int64_t> Shape =
      cast<RankedTensorType>(Op->getResult(0).getType()).getShape();
  std::optional<AtomLists> Regrouped = Atoms.regroup(Dims, Shape);
  if (!Regrouped)
    return fail("the scores are reshaped across dimensions by " +
                describe(Op->getResult(0)));
  Dims = *Regrouped;
  return true;
}

/// All that was added before is scaled with the scores.
void AttentionMatcher::scaleBy(double Number) {
  Match.Scale *= Number;
  CausalFill *= Number;
  for (BiasTerm &Term : Match.Biases) {
    Term.Factor *= Number;
    Term.Fill *= Number;
  }
}

bool AttentionMatcher::addBias(const ScoreStep &Step, ArrayRef<AtomList> Dims) {
  BiasTerm Term;
  Term.IsCondition = Step.What == ScoreStep::Kind::Condition;
  // Softmax does not see what is added to all scores.
  if (Step.What == ScoreStep::Kind::Bias && getConstantNumber(Step.Other))
    return true;
  Term.View = viewTensor(Atoms, Step.Other, ViewKind::Repeated);
  (Term.IsCondition ? Term.Fill : Term.Factor) = Step.Number;
  Term.FillWhereTrue = Step.FillWhereTrue;
  for (auto [Dim, OfBias] : llvm::zip_equal(Dims, Term.View.Dims))
    if (!Atoms.unify(Dim, OfBias))
      return fail("the dimensions of the bias " + describe(Step.Other) +
                  " cannot be matched with those of the scores");
  (Step.What == ScoreStep::Kind::Gate ? Match.Gates : Match.Biases)
      .push_back(Term);
  return true;
}

bool AttentionMatcher::addCausalMask(const ScoreStep &Step,
                                     ArrayRef<AtomList> Dims) {
  Match.Causal = true;
  CausalFill = std::max(CausalFill, Step.Number);
  CausalQueries.push_back(Dims[Dims.size() - 2]);
  CausalKeys.push_back(Dims.back());
  auto Mask = cast<CausalMaskOp>(Step.Op);
  if (std::optional<int64_t> Window = Mask.getWindow())
    Match.Window = std::min(Match.Window.value_or(*Window), *Window);
  return true;
}

/// Goes from the scores to the softmax once more, now with dimensions.
bool AttentionMatcher::replaySteps() {
  AtomLists Dims = ScoreDims;
  for (const ScoreStep &Step : Chain.BeforeSoftmax) {
    bool IsFine = true;
    switch (Step.What) {
    case ScoreStep::Kind::Scale:
      scaleBy(Step.Number);
      break;
    case ScoreStep::Kind::Bias:
    case ScoreStep::Kind::Condition:
    case ScoreStep::Kind::Gate:
      IsFine = addBias(Step, Dims);
      break;
    case ScoreStep::Kind::CausalMask:
      IsFine = addCausalMask(Step, Dims);
      break;
    case ScoreStep::Kind::Transpose:
    case ScoreStep::Kind::Reshape:
      IsFine = moveDims(Step.Op, Dims);
      break;
    }
    if (!IsFine)
      return false;
  }

  auto FailToHide = [&](double Fill) {
    return fail("the mask fills in " + describe(Fill) +
                ", which does not hide a score");
  };
  if (Match.Causal && !(CausalFill <= MaskedScore))
    return FailToHide(CausalFill);
  for (const BiasTerm &Term : Match.Biases)
    if (Term.IsCondition && !(Term.Fill <= MaskedScore))
      return FailToHide(Term.Fill);

  SoftmaxDims = Dims;
  auto Softmax = Chain.Softmax;
  int64_t Axis = Softmax.getAxis();
  KeyDim = Dims[Axis < 0 ? Axis + Dims.size() : Axis];
  WeightDims = Dims;
  for (Operation *Op : Chain.AfterSoftmax)
    if (!moveDims(Op, WeightDims))
      return false;
  return true;
}

bool AttentionMatcher::viewProduct() {
  EinsumOp Product = Chain.Product;
  EinsumEquation Equation = parseEquation(Product);
  bool WeightsAreLhs = Product.getLhs() == Chain.Weights;
  Value Values = WeightsAreLhs ? Product.getRhs() : Product.getLhs();
  // The op scales scores only, so a scale on the values stays where it is.
  Match.Value =
      viewTensor(Atoms, Values,
                 KeyViews == ViewKind::Repeated ? KeyViews : ViewKind::Plain);
  if (Match.Value.Scale != 1.0)
    Match.Value = viewTensor(Atoms, Values, ViewKind::Plain);

  NamedDims Names;
  ArrayRef<int64_t> OfWeights = WeightsAreLhs ? Equation.Lhs : Equation.Rhs;
  ArrayRef<int64_t> OfValues = WeightsAreLhs ? Equation.Rhs : Equation.Lhs;
  if (!nameDims(Atoms, Names, OfWeights, WeightDims) ||
      !nameDims(Atoms, Names, OfValues, Match.Value.Dims))
    return fail("the dimensions of weights and values cannot be matched");
  for (int64_t Name : Equation.Result)
    ResultDims.push_back(*lookup(Names, Name));
  for (int64_t Name : OfWeights)
    if (!llvm::is_contained(Equation.Result, Name))
      SummedDims.push_back(*lookup(Names, Name));
  return true;
}

bool AttentionMatcher::classifyAtoms() {
  AtomVector InQuery = getBaseAtoms(Match.Query);
  AtomVector InKey = getBaseAtoms(Match.Key);
  AtomVector InValue = getBaseAtoms(Match.Value);
  AtomVector InScores = Atoms.concat(ScoreDims);
  AtomVector InResult = Atoms.concat(ResultDims);
  Match.Keys = AtomVector(Atoms.get(KeyDim));

  for (Atom A : Match.Keys) {
    if (contains(InQuery, A) && contains(InKey, A))
      return fail("it is over a dimension that queries and keys share, not "
                  "over the keys");
    if (contains(InQuery, A)) {
      KeysAreOtherOperand = true;
      return fail("it is over the queries, not over the keys");
    }
    if (!contains(InKey, A))
      return fail("it is not over the keys");
    if (contains(InResult, A))
      return fail("the product with the values does not sum over the keys");
    if (!contains(InValue, A))
      return fail("the values do not have the dimension of the keys");
  }
  if (AtomVector Summed = Atoms.concat(SummedDims);
      Summed.size() != Match.Keys.size() ||
      !llvm::all_of(Summed, [&](Atom A) { return contains(Match.Keys, A); }))
    return fail("the product with the values does not sum over the keys alone");

  AtomVector Shared;
  for (Atom A : InScores) {
    if (contains(Match.Keys, A))
      continue;
    bool HasQuery = contains(InQuery, A), HasKey = contains(InKey, A),
         HasValue = contains(InValue, A);
    if (!HasQuery)
      return fail("the keys have a dimension that the queries lack");
    if (HasKey != HasValue)
      return fail(Twine("the ") + (HasKey ? "keys" : "values") +
                  " have a dimension that the " + (HasKey ? "values" : "keys") +
                  " lack");
    (HasKey ? Shared : FreeAtoms).push_back(A);
  }
  for (Atom A : InQuery)
    if (!contains(InScores, A)) {
      if (!contains(InKey, A))
        return fail("queries and keys differ in depth");
      Match.Depth.push_back(A);
    }
  AtomVector InWeights = Atoms.concat(WeightDims);
  for (Atom A : InValue)
    if (!contains(InWeights, A))
      Match.ValueDepth.push_back(A);

  if (!Shared.empty()) {
    Match.Batch = {Shared.front()};
    Match.Heads.append(Shared.begin() + 1, Shared.end());
  }
  for (AtomList Dim : ResultDims)
    Match.ResultDims.push_back(AtomVector(Atoms.get(Dim)));
  return true;
}

/// Of the dimensions that only the queries have, one is time; the others tell
/// query heads apart that share keys.
bool AttentionMatcher::chooseQueries() {
  auto IsFree = [&](Atom A) { return contains(FreeAtoms, A); };
  if (Match.Causal) {
    ArrayRef<Atom> Queries = Atoms.get(CausalQueries.front());
    for (auto [OfQueries, OfKeys] : llvm::zip_equal(CausalQueries, CausalKeys))
      if (Atoms.get(OfQueries) != Queries ||
          Atoms.get(OfKeys) != ArrayRef(Match.Keys) ||
          !llvm::all_of(Queries, IsFree))
        return fail("the causal mask is not over queries and keys");
    Match.Queries = AtomVector(Queries);
  } else if (!FreeAtoms.empty()) {
    Match.Queries = {FreeAtoms.back()};
    // A mask without heads says which dimension is time.
    for (const BiasTerm &Term : Match.Biases) {
      AtomVector InBias;
      for (Atom A : FreeAtoms)
        if (contains(getBaseAtoms(Term.View), A))
          InBias.push_back(A);
      if (!InBias.empty() && !contains(InBias, FreeAtoms.back()))
        Match.Queries = InBias;
    }
  }
  for (Atom A : FreeAtoms)
    if (!contains(Match.Queries, A))
      Match.Groups.push_back(A);
  return true;
}

/// Finds causal masks among the biases, and drops what these say already.
bool AttentionMatcher::readMasks() {
  llvm::erase_if(Match.Biases, [&](const BiasTerm &Term) {
    std::optional<MaskPattern> Pattern = readMaskPattern(Match, Term);
    if (!Pattern)
      return false;
    if (Pattern->IsCausal) {
      Match.Causal = true;
      if (Pattern->Window)
        Match.Window =
            std::min(Match.Window.value_or(*Pattern->Window), *Pattern->Window);
    }
    return Pattern->KeptAreEqual && (Pattern->IsCausal || Pattern->KeepsAll);
  });
  if (Match.Causal && Atoms.getSize(Match.Keys) < Atoms.getSize(Match.Queries))
    return fail("there are fewer keys than queries, so that the causal mask "
                "leaves some without any");
  for (const BiasTerm &Gate : Match.Gates)
    if (!isOneWhereVisible(Match, Gate))
      return fail("the scores are multiplied by a mask that changes scores "
                  "which stay visible");
  Match.Product = Chain.Product;
  if (DropoutOp Dropout = Chain.Dropout) {
    Match.DropoutRate = Dropout.getRate().convertToDouble();
    Match.DropoutStream = Dropout.getStream();
  }
  return true;
}

std::optional<AttentionMatch> stator::matchAttention(SoftmaxOp Softmax,
                                                     std::string &Reason) {
  std::optional<AttentionChain> Chain = findAttentionChain(Softmax, Reason);
  if (!Chain)
    return std::nullopt;
  // Grouped queries first: keys and values as they are before they are
  // repeated. If only one of them is, both are taken as they come.
  for (bool KeysAreLhs : {false, true})
    for (ViewKind KeyViews : {ViewKind::Repeated, ViewKind::Scaled}) {
      std::string Why;
      AttentionMatcher Matcher(*Chain, KeysAreLhs, KeyViews, Why);
      if (std::optional<AttentionMatch> Match = Matcher.match())
        return Match;
      if (Matcher.KeysAreOtherOperand)
        break;
      Reason = Why;
    }
  return std::nullopt;
}
