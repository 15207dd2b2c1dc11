//===- MaskPattern.cpp - What a mask says, however it is written ----------===//

#include "passes/MaskPattern.h"
#include "passes/ConstantEvaluation.h"

using namespace mlir;
using namespace stator;

namespace {
/// A bias for each query and key.
struct BiasTable {
  int64_t Queries, Keys;
  std::vector<double> Values;

  double at(int64_t Query, int64_t Key) const {
    return Values[Query * Keys + Key];
  }
  bool isMasked(int64_t Query, int64_t Key) const {
    return at(Query, Key) <= MaskedScore;
  }
};
} // namespace

/// The index of an element along a group of atoms.
static int64_t getIndexAlong(const AtomTable &Table, ArrayRef<Atom> Group,
                             ArrayRef<Atom> Atoms, ArrayRef<int64_t> Indices) {
  int64_t Index = 0;
  for (Atom A : Group) {
    const auto *It = llvm::find(Atoms, A);
    Index = Index * Table.getSize(A) +
            (It == Atoms.end() ? 0 : Indices[It - Atoms.begin()]);
  }
  return Index;
}

static std::optional<BiasTable> tabulate(const AttentionMatch &Match,
                                         const BiasTerm &Term) {
  std::optional<HostTensor> Tensor = evaluateConstant(Term.View.Base);
  if (!Tensor)
    return std::nullopt;
  const AtomTable &Table = Match.Atoms;
  AtomVector Atoms = Table.concat(Term.View.BaseDims);
  // A table over all queries and keys only: others would be read as constant.
  for (const AtomVector *Group : {&Match.Queries, &Match.Keys})
    for (Atom A : *Group)
      if (!llvm::is_contained(Atoms, A))
        return std::nullopt;

  BiasTable Result{Table.getSize(Match.Queries), Table.getSize(Match.Keys), {}};
  Result.Values.resize(Result.Queries * Result.Keys);
  std::vector<bool> IsSet(Result.Values.size());
  SmallVector<int64_t> Indices(Atoms.size());
  for (int64_t I = 0; I < Tensor->getNumElements(); ++I) {
    int64_t Rest = I;
    for (size_t Dim = Atoms.size(); Dim-- > 0;) {
      Indices[Dim] = Rest % Table.getSize(Atoms[Dim]);
      Rest /= Table.getSize(Atoms[Dim]);
    }
    int64_t Place =
        getIndexAlong(Table, Match.Queries, Atoms, Indices) * Result.Keys +
        getIndexAlong(Table, Match.Keys, Atoms, Indices);
    double Value = Tensor->getAsDouble(I);
    if (Term.IsCondition)
      Value = (Value != 0) == Term.FillWhereTrue ? Term.Fill : 0.0;
    else
      Value *= Term.Factor * Term.View.Scale;
    if (IsSet[Place] && Result.Values[Place] != Value)
      return std::nullopt;
    IsSet[Place] = true;
    Result.Values[Place] = Value;
  }
  return Result;
}

/// The window of a table that masks as a causal mask does: how many keys each
/// query sees at most.
static std::optional<int64_t> findWindow(const BiasTable &Table) {
  for (int64_t Query = 0; Query < Table.Queries; ++Query) {
    int64_t Last = Query + Table.Keys - Table.Queries, First = Last;
    while (First > 0 && !Table.isMasked(Query, First - 1))
      --First;
    // The first query that does not see the first key tells.
    if (First > 0)
      return Last - First + 1;
  }
  return std::nullopt;
}

static bool isVisible(const BiasTable &Table, int64_t Query, int64_t Key,
                      std::optional<int64_t> Window) {
  int64_t Last = Query + Table.Keys - Table.Queries;
  return Key <= Last && (!Window || Key > Last - *Window);
}

static bool masksLike(const BiasTable &Table, std::optional<int64_t> Window) {
  for (int64_t Query = 0; Query < Table.Queries; ++Query)
    for (int64_t Key = 0; Key < Table.Keys; ++Key)
      if (Table.isMasked(Query, Key) == isVisible(Table, Query, Key, Window))
        return false;
  return true;
}

std::optional<MaskPattern> stator::readMaskPattern(const AttentionMatch &Match,
                                                   const BiasTerm &Term) {
  std::optional<BiasTable> Table = tabulate(Match, Term);
  if (!Table)
    return std::nullopt;
  MaskPattern Pattern;
  Pattern.KeepsAll = true;
  Pattern.KeptAreEqual = true;
  std::optional<double> Kept;
  for (double Value : Table->Values) {
    if (Value <= MaskedScore) {
      Pattern.KeepsAll = false;
      continue;
    }
    Pattern.KeptAreEqual &= !Kept || *Kept == Value;
    Kept = Value;
  }
  if (!Pattern.KeepsAll && Table->Keys >= Table->Queries) {
    Pattern.Window = findWindow(*Table);
    Pattern.IsCausal = masksLike(*Table, Pattern.Window);
  }
  return Pattern;
}

bool stator::isOneWhereVisible(const AttentionMatch &Match,
                               const BiasTerm &Factor) {
  std::optional<BiasTable> Table = tabulate(Match, Factor);
  if (!Table)
    return false;
  for (int64_t Query = 0; Query < Table->Queries; ++Query)
    for (int64_t Key = 0; Key < Table->Keys; ++Key)
      if (Table->at(Query, Key) != 1.0 &&
          (!Match.Causal || isVisible(*Table, Query, Key, Match.Window)))
        return false;
  return true;
}
