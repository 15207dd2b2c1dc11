//===- DimensionAtoms.cpp - Dimensions through reshapes -------------------===//

#include "passes/DimensionAtoms.h"
#include "passes/ConstantEvaluation.h"

using namespace mlir;
using namespace stator;

AtomList AtomTable::addDimension(int64_t Size) {
  if (Size == 1)
    return addList({});
  Sizes.push_back(Size);
  return addList({static_cast<Atom>(Sizes.size() - 1)});
}

AtomList AtomTable::addList(AtomVector Atoms) {
  Lists.push_back(std::move(Atoms));
  return Lists.size() - 1;
}

int64_t AtomTable::getSize(ArrayRef<Atom> Atoms) const {
  int64_t Size = 1;
  for (Atom A : Atoms)
    Size *= Sizes[A];
  return Size;
}

AtomVector AtomTable::concat(ArrayRef<AtomList> Dims) const {
  AtomVector Atoms;
  for (AtomList Dim : Dims)
    llvm::append_range(Atoms, Lists[Dim]);
  return Atoms;
}

void AtomTable::replace(Atom Old, ArrayRef<Atom> New) {
  for (AtomVector &List : Lists)
    if (auto *It = llvm::find(List, Old); It != List.end()) {
      It = List.erase(It);
      List.insert(It, New.begin(), New.end());
    }
}

void AtomTable::split(Atom A, int64_t OuterSize) {
  Atom Outer = Sizes.size(), Inner = Outer + 1;
  Sizes.push_back(OuterSize);
  Sizes.push_back(Sizes[A] / OuterSize);
  replace(A, {Outer, Inner});
}

bool AtomTable::unify(AtomList A, AtomList B) {
  for (size_t I = 0; I < Lists[A].size() && I < Lists[B].size(); ++I) {
    Atom OfA = Lists[A][I], OfB = Lists[B][I];
    if (OfA == OfB)
      continue;
    int64_t SizeA = Sizes[OfA], SizeB = Sizes[OfB];
    if (SizeA > SizeB && SizeA % SizeB == 0)
      split(OfA, SizeB);
    else if (SizeB > SizeA && SizeB % SizeA == 0)
      split(OfB, SizeA);
    else if (SizeA != SizeB)
      return false;
    replace(Lists[B][I], {Lists[A][I]});
  }
  return Lists[A].size() == Lists[B].size();
}

std::optional<AtomLists> AtomTable::regroup(ArrayRef<AtomList> Dims,
                                            ArrayRef<int64_t> Shape) {
  // Kept as a list, so that splitting an atom is seen here.
  AtomList Flat = addList(concat(Dims));
  AtomLists Result;
  size_t Next = 0;
  for (int64_t Size : Shape) {
    AtomList Dim = addList({});
    while (Size > 1) {
      if (Next == Lists[Flat].size())
        return std::nullopt;
      Atom A = Lists[Flat][Next];
      if (Sizes[A] > Size) {
        if (Sizes[A] % Size)
          return std::nullopt;
        split(A, Size);
        A = Lists[Flat][Next];
      } else if (Size % Sizes[A]) {
        return std::nullopt;
      }
      Lists[Dim].push_back(A);
      Size /= Sizes[A];
      ++Next;
    }
    Result.push_back(Dim);
  }
  return Result;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> getShape(Value Value) {
  return cast<RankedTensorType>(Value.getType()).getShape();
}

static TensorView viewAsIs(AtomTable &Table, Value Value) {
  TensorView View;
  View.Base = Value;
  for (int64_t Size : getShape(Value))
    View.BaseDims.push_back(Table.addDimension(Size));
  // Lists of their own: the dimensions of a view are regrouped, those of its
  // base only split.
  for (AtomList Dim : View.BaseDims)
    View.Dims.push_back(Table.addList(AtomVector(Table.get(Dim))));
  return View;
}

static TensorView viewThrough(AtomTable &Table, Value Value, ViewKind Kind) {
  Operation *Op = Value.getDefiningOp();
  if (auto Transpose = dyn_cast_or_null<TransposeOp>(Op)) {
    TensorView View = viewThrough(Table, Transpose.getInput(), Kind);
    AtomLists Dims;
    for (int64_t Dim : Transpose.getPermutation())
      Dims.push_back(View.Dims[Dim]);
    View.Dims = Dims;
    return View;
  }
  if (auto Reshape = dyn_cast_or_null<ReshapeOp>(Op)) {
    TensorView View = viewThrough(Table, Reshape.getInput(), Kind);
    if (auto Dims = Table.regroup(View.Dims, getShape(Value))) {
      View.Dims = *Dims;
      return View;
    }
  }
  if (auto Broadcast = dyn_cast_or_null<BroadcastOp>(Op);
      Broadcast && Kind == ViewKind::Repeated) {
    TensorView View = viewThrough(Table, Broadcast.getInput(), Kind);
    AtomLists Dims;
    for (int64_t Size : getShape(Value))
      Dims.push_back(Table.addDimension(Size));
    for (auto [From, To] : llvm::enumerate(Broadcast.getDimensions()))
      Dims[To] = View.Dims[From];
    View.Dims = Dims;
    return View;
  }
  if (isa_and_nonnull<MulOp, DivOp>(Op)) {
    mlir::Value Lhs = Op->getOperand(0), Rhs = Op->getOperand(1);
    std::optional<double> Number = getConstantNumber(Rhs);
    if (!Number && isa<MulOp>(Op)) {
      std::swap(Lhs, Rhs);
      Number = getConstantNumber(Rhs);
    }
    if (Number) {
      TensorView View = viewThrough(Table, Lhs, Kind);
      View.Scale *= isa<MulOp>(Op) ? *Number : 1 / *Number;
      return View;
    }
  }
  return viewAsIs(Table, Value);
}

TensorView stator::viewTensor(AtomTable &Table, Value Value, ViewKind Kind) {
  if (Kind == ViewKind::Plain)
    return viewAsIs(Table, Value);
  TensorView View = viewThrough(Table, Value, Kind);
  if (View.Scale == 1.0 && Table.getSize(Table.concat(View.BaseDims)) ==
                               Table.getSize(Table.concat(View.Dims)))
    return viewAsIs(Table, Value);
  return View;
}

//===----------------------------------------------------------------------===//
// Rearrangement
//===----------------------------------------------------------------------===//

static Value reshapeTo(OpBuilder &Builder, Location Loc, Value Value,
                       ArrayRef<int64_t> Shape) {
  auto Type = cast<RankedTensorType>(Value.getType());
  if (Type.getShape() == Shape)
    return Value;
  return ReshapeOp::create(Builder, Loc, Type.clone(Shape), Value);
}

static Value transposeTo(OpBuilder &Builder, Location Loc, Value Value,
                         ArrayRef<int64_t> Permutation) {
  if (llvm::equal(Permutation, llvm::seq<int64_t>(0, Permutation.size())))
    return Value;
  return TransposeOp::create(Builder, Loc, Value, Permutation);
}

static SmallVector<int64_t> getSizes(const AtomTable &Table,
                                     ArrayRef<AtomVector> Groups) {
  SmallVector<int64_t> Sizes;
  for (const AtomVector &Group : Groups)
    Sizes.push_back(Table.getSize(Group));
  return Sizes;
}

/// Cuts groups of atoms further, so that atoms that stand together in the same
/// order on both sides are moved as one.
static SmallVector<AtomVector> findRuns(ArrayRef<Atom> From,
                                        ArrayRef<Atom> To) {
  SmallVector<AtomVector> Runs;
  for (Atom A : From) {
    bool Joins = false;
    if (!Runs.empty()) {
      const auto *Before = llvm::find(To, Runs.back().back());
      Joins = Before != To.end() && std::next(Before) != To.end() &&
              *std::next(Before) == A;
    }
    if (Joins)
      Runs.back().push_back(A);
    else
      Runs.push_back({A});
  }
  return Runs;
}

Value stator::rearrangeTensor(OpBuilder &Builder, Location Loc,
                              const AtomTable &Table, Value Value,
                              ArrayRef<AtomVector> From,
                              ArrayRef<AtomVector> To) {
  AtomVector FlatFrom, FlatTo;
  for (const AtomVector &Group : From)
    llvm::append_range(FlatFrom, Group);
  for (const AtomVector &Group : To)
    llvm::append_range(FlatTo, Group);
  if (FlatFrom != FlatTo) {
    // Whole dimensions move as they are, if that is all there is to move.
    SmallVector<AtomVector> Pieces(From);
    auto IsWhole = [&](const AtomVector &Group) {
      return llvm::is_contained(From, Group);
    };
    if (From.size() != To.size() || !llvm::all_of(To, IsWhole) ||
        llvm::any_of(From, [](const AtomVector &G) { return G.empty(); }))
      Pieces = findRuns(FlatFrom, FlatTo);
    Value = reshapeTo(Builder, Loc, Value, getSizes(Table, Pieces));
    auto Permutation = llvm::to_vector(llvm::seq<int64_t>(0, Pieces.size()));
    llvm::sort(Permutation, [&](int64_t A, int64_t B) {
      return llvm::find(FlatTo, Pieces[A].front()) <
             llvm::find(FlatTo, Pieces[B].front());
    });
    Value = transposeTo(Builder, Loc, Value, Permutation);
  }
  return reshapeTo(Builder, Loc, Value, getSizes(Table, To));
}

Value stator::arrangeTensor(OpBuilder &Builder, Location Loc,
                            const AtomTable &Table, const TensorView &View,
                            ArrayRef<AtomVector> Groups) {
  SmallVector<AtomVector> From;
  AtomVector InBase;
  for (AtomList Dim : View.BaseDims) {
    From.push_back(AtomVector(Table.get(Dim)));
    llvm::append_range(InBase, Table.get(Dim));
  }
  AtomVector All;
  for (const AtomVector &Group : Groups)
    llvm::append_range(All, Group);
  auto IsInBase = [&](Atom A) { return llvm::is_contained(InBase, A); };
  if (llvm::all_of(All, IsInBase))
    return rearrangeTensor(Builder, Loc, Table, View.Base, From, Groups);

  // To single atoms in their order, then repeated along the others.
  SmallVector<AtomVector> Present;
  SmallVector<int64_t> Positions, Shape;
  for (auto [Position, A] : llvm::enumerate(All)) {
    Shape.push_back(Table.getSize(A));
    if (IsInBase(A)) {
      Present.push_back({A});
      Positions.push_back(Position);
    }
  }
  Value Result = rearrangeTensor(Builder, Loc, Table, View.Base, From, Present);
  auto Type = cast<RankedTensorType>(Result.getType());
  Result =
      BroadcastOp::create(Builder, Loc, Type.clone(Shape), Result, Positions);
  return reshapeTo(Builder, Loc, Result, getSizes(Table, Groups));
}
