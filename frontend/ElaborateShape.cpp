//===- ElaborateShape.cpp - Slicing, splitting, joining -------------------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace stator;

//===----------------------------------------------------------------------===//
// Indexing
//===----------------------------------------------------------------------===//

std::optional<int64_t> Elaborator::evaluateIndexPart(const Expr *E,
                                                     int64_t Default) {
  if (!E)
    return Default;
  Datum Value = evaluate(*E);
  if (Value.isInt())
    return Value.Int;
  if (Value.isTensor())
    error(E->Range,
          "an index is a number that is known when compiling, found " +
              describe(Value) +
              "; gather(table, indices) looks up "
              "rows by a tensor");
  else if (!Value.isPoison())
    error(E->Range, "an index is a whole number, found " + describe(Value));
  noteOrigin(Value);
  return std::nullopt;
}

std::optional<int64_t> Elaborator::evaluateElement(const IndexItem &Item,
                                                   int64_t Size) {
  auto Index = evaluateIndexPart(Item.First, 0);
  if (!Index || (*Index >= -Size && *Index < Size))
    return Index && *Index < 0 ? *Index + Size : Index;
  error(Item.Range, "the index " + Twine(*Index) + " is outside of the " +
                        Twine(Size) + " elements");
  return std::nullopt;
}

/// `x[:, -1, 0:4:2, ...]`, as in NumPy: a number takes its dimension away,
/// negative numbers count from the end.
Datum Elaborator::evaluateSlice(const IndexExpr &E, const Datum &Base) {
  size_t Plain = 0;
  const IndexItem *Ellipsis = nullptr;
  for (const IndexItem &Item : E.Items) {
    if (Item.Kind != IndexItem::Ellipsis) {
      ++Plain;
      continue;
    }
    if (Ellipsis)
      return error(Item.Range, "'...' can stand only once in an index");
    Ellipsis = &Item;
  }
  size_t Rank = Base.Dims.size();
  if (Plain > Rank)
    return error(E.Range, "this index is for " + Twine(Plain) +
                              " dimensions, but the tensor has " + Twine(Rank) +
                              ": " + describe(Base));
  SmallVector<int64_t, 6> Offsets, Strides;
  SmallVector<Dim, 6> Sliced, Result;
  auto TakeAll = [&](size_t Count) {
    for (; Count; --Count) {
      const Dim &D = Base.Dims[Sliced.size()];
      Offsets.push_back(0);
      Strides.push_back(1);
      Sliced.push_back(D);
      Result.push_back(D);
    }
  };
  bool Failed = false;
  for (const IndexItem &Item : E.Items) {
    if (Item.Kind == IndexItem::Ellipsis) {
      TakeAll(Rank - Plain);
      continue;
    }
    const Dim &D = Base.Dims[Sliced.size()];
    if (Item.Kind == IndexItem::Element) {
      auto Index = evaluateIndexPart(Item.First, 0);
      if (Index && (*Index < -D.Size || *Index >= D.Size)) {
        error(Item.Range, "the index " + Twine(*Index) + " is outside of " +
                              printDim(D) + " in " + describe(Base));
        Index.reset();
      }
      Failed |= !Index;
      Offsets.push_back(Index ? (*Index < 0 ? *Index + D.Size : *Index) : 0);
      Strides.push_back(1);
      Sliced.push_back({1, ""});
      continue;
    }
    auto From = evaluateIndexPart(Item.First, 0);
    auto To = evaluateIndexPart(Item.Last, D.Size);
    auto Step = evaluateIndexPart(Item.Step, 1);
    if (!From || !To || !Step) {
      Failed = true;
      TakeAll(1);
      continue;
    }
    if (*Step < 1) {
      error(Item.Range,
            "the step of a slice is at least 1, found " + Twine(*Step));
      Failed = true;
      TakeAll(1);
      continue;
    }
    auto Clamp = [&](int64_t I) {
      return std::clamp<int64_t>(I < 0 ? I + D.Size : I, 0, D.Size);
    };
    // A bound outside of the dimension is most likely a mistake here, where
    // all sizes are known.
    for (auto [Part, Value] :
         {std::pair(Item.First, *From), std::pair(Item.Last, *To)})
      if (Part && (Value < -D.Size || Value > D.Size)) {
        error(Part->Range, "the bound " + Twine(Value) + " is outside of " +
                               printDim(D) + " in " + describe(Base));
        Failed = true;
      }
    int64_t Begin = Clamp(*From), End = Clamp(*To);
    if (Begin >= End) {
      if (!Failed)
        error(Item.Range, "this slice of " + printDim(D) + " is empty");
      Failed = true;
      TakeAll(1);
      continue;
    }
    Dim New = D;
    New.Size = (End - Begin - 1) / *Step + 1;
    if (New.Size != D.Size)
      New.Name = {};
    Offsets.push_back(Begin);
    Strides.push_back(*Step);
    Sliced.push_back(New);
    Result.push_back(New);
  }
  if (Failed)
    return Datum::poison();
  TakeAll(Rank - Sliced.size());
  Datum Slice = makeSliceOp(Base, Offsets, Strides, Sliced, E.Range);
  if (Slice.isPoison())
    return Slice;
  return makeReshape(Slice, Result, E.Range);
}

//===----------------------------------------------------------------------===//
// Builtins
//===----------------------------------------------------------------------===//

Datum Elaborator::builtinTranspose(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  const Datum &X = Call.Args[0];
  SmallVector<int64_t, 6> Permutation;
  for (int64_t I = 0; I != X.getRank(); ++I)
    Permutation.push_back(I);
  if (Call.Args[1].Kind == DatumKind::None) {
    if (X.getRank() < 2)
      return wrongArgument(Call, 0, "a tensor of two or more dimensions");
    std::swap(Permutation[X.getRank() - 1], Permutation[X.getRank() - 2]);
    return makeTranspose(X, Permutation, Call.Range);
  }
  const Datum &Order = Call.Args[1];
  SmallVector<int64_t, 6> Sorted;
  if (Order.Kind == DatumKind::Tuple &&
      all_of(Order.Elements, [](auto &Axis) { return Axis.isInt(); }))
    for (const Datum &Axis : Order.Elements)
      Sorted.push_back(Axis.Int < 0 ? Axis.Int + X.getRank() : Axis.Int);
  SmallVector<int64_t, 6> Given(Sorted);
  llvm::sort(Sorted);
  if (Sorted != Permutation)
    return wrongArgument(Call, 1,
                         "each of the " + Twine(X.getRank()) + " axes of " +
                             describe(X) + " once");
  return makeTranspose(X, Given, Call.Range);
}

Datum Elaborator::builtinReshape(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  const Datum &X = Call.Args[0], &Shape = Call.Args[1];
  if (Shape.Kind != DatumKind::Tuple && !Shape.isInt())
    return wrongArgument(Call, 1, "a tuple of sizes");
  ArrayRef<Datum> Sizes =
      Shape.isInt() ? ArrayRef<Datum>(Shape) : Shape.Elements;
  int64_t Elements = 1, Known = 1;
  for (const Dim &D : X.Dims)
    Elements *= D.Size;
  SmallVector<Dim, 6> Dims;
  Dim *Open = nullptr;
  Dims.reserve(Sizes.size());
  for (const Datum &Size : Sizes) {
    if (!Size.isInt() || Size.Int == 0 || Size.Int < -1)
      return wrongArgument(Call, 1, "sizes of at least 1, or one -1");
    Dims.push_back({Size.Int, Size.Text});
    if (Size.Int == -1) {
      if (Open)
        return wrongArgument(Call, 1, "at most one -1");
      Open = &Dims.back();
      Open->Name = {};
    } else if (MulOverflow(Known, Size.Int, Known)) {
      return wrongArgument(Call, 1, "sizes whose product does not overflow");
    }
  }
  if (Open && Elements % Known == 0)
    Open->Size = Elements / Known;
  else if (Open || Known != Elements)
    return error(Call.Range,
                 "cannot reshape " + describe(X) + " (" + Twine(Elements) +
                     " elements) to " + printShape(X.Element, Dims) +
                     (Open ? "" : " (" + Twine(Known).str() + " elements)"));
  return makeReshape(X, Dims, Call.Range);
}

Datum Elaborator::builtinBroadcast(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  const Datum &X = Call.Args[0], &Shape = Call.Args[1];
  SmallVector<Dim, 6> Dims;
  if (Shape.Kind != DatumKind::Tuple)
    return wrongArgument(Call, 1, "a tuple of sizes");
  for (const Datum &Size : Shape.Elements) {
    if (!Size.isInt() || Size.Int < 1)
      return wrongArgument(Call, 1, "sizes of at least 1");
    Dims.push_back({Size.Int, Size.Text});
  }
  size_t Missing = Dims.size() - X.Dims.size();
  bool Fits = Dims.size() >= X.Dims.size();
  for (size_t I = 0; Fits && I != X.Dims.size(); ++I)
    Fits = X.Dims[I].Size == 1 || X.Dims[I].Size == Dims[I + Missing].Size;
  if (!Fits)
    return error(Call.Range, "cannot broadcast " + describe(X) + " to " +
                                 printShape(X.Element, Dims));
  return broadcastTo(X, Dims, Call.Range);
}

/// Parts of one size (`split(x, 3)`) or of given sizes (`split(x, (2, 4))`).
Datum Elaborator::builtinSplit(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  const Datum &X = Call.Args[0], &Parts = Call.Args[1];
  auto Axis = wantAxis(Call, 2, X.getRank());
  if (!Axis)
    return Datum::poison();
  const Dim &Whole = X.Dims[*Axis];
  SmallVector<Dim, 4> Sizes;
  if (Parts.isInt()) {
    int64_t Limit = std::min(Whole.Size, limits::SplitParts);
    if (Parts.Int < 1 || Parts.Int > Limit)
      return wrongArgument(Call, 1,
                           "a number of parts from 1 to " + Twine(Limit));
    if (Whole.Size % Parts.Int)
      return error(Call.Ranges[1], "cannot split " + printDim(Whole) + " of " +
                                       describe(X) + " into " +
                                       Twine(Parts.Int) + " equal parts");
    Sizes.assign(Parts.Int, Dim{Whole.Size / Parts.Int, ""});
  } else if (Parts.Kind == DatumKind::Tuple && !Parts.Elements.empty()) {
    int64_t Sum = 0;
    for (const Datum &Size : Parts.Elements) {
      if (!Size.isInt() || Size.Int < 1 || AddOverflow(Sum, Size.Int, Sum))
        return wrongArgument(Call, 1, "sizes of at least 1");
      Sizes.push_back({Size.Int, Size.Text});
    }
    if (Sum != Whole.Size)
      return error(Call.Ranges[1], "these sizes add up to " + Twine(Sum) +
                                       ", but the dimension is " +
                                       printDim(Whole) + " in " + describe(X));
  } else {
    return wrongArgument(Call, 1, "a number of parts or a tuple of sizes");
  }
  SmallVector<int64_t, 6> Offsets(X.Dims.size(), 0), Strides(X.Dims.size(), 1);
  SmallVector<Datum, 4> Results;
  for (const Dim &Size : Sizes) {
    SmallVector<Dim, 6> Dims(X.Dims);
    Dims[*Axis] = Size;
    Datum Part = makeSliceOp(X, Offsets, Strides, Dims, Call.Range);
    if (Part.isPoison())
      return Part;
    Results.push_back(Part);
    Offsets[*Axis] += Size.Size;
  }
  return Datum::makeTuple(save(Results));
}

/// The operands of a concat or stack: all arguments, or the one tuple's.
static SmallVector<Datum, 4> flattenOperands(ArrayRef<Datum> Args) {
  if (Args.size() == 1 && Args[0].Kind == DatumKind::Tuple)
    return SmallVector<Datum, 4>(Args[0].Elements);
  return SmallVector<Datum, 4>(Args);
}

/// `concat` along an axis, `stack` along a new one.
Datum Elaborator::joinTensors(BuiltinCall &Call, bool IsStack) {
  SmallVector<Datum, 4> Operands = flattenOperands(Call.Args);
  StringRef Name = Call.Function.Name;
  Datum Axis = Datum::makeInt(IsStack ? 0 : -1);
  for (auto &[Extra, Value] : Call.Extra) {
    if (Extra.Text != "axis")
      return error(Extra.Range, "'" + Name + "' has no parameter '" +
                                    Extra.Text + "'; it takes 'axis'");
    Axis = Value;
  }
  if (Operands.empty())
    return error(Call.Range, "'" + Name + "' needs at least one tensor");
  const Datum First = Operands[0];
  for (const Datum &X : Operands)
    if (!X.isTensor() || X.Element != First.Element)
      return error(Call.Range, "'" + Name +
                                   "' takes tensors of one element type, "
                                   "found " +
                                   describe(X));
  int64_t Rank = First.getRank() + (IsStack ? 1 : 0);
  if (Rank == 0)
    return error(Call.Range, "'concat' joins tensors along an axis, and "
                             "scalars have none; stack(...) makes one");
  if (!Axis.isInt() || Axis.Int < -Rank || Axis.Int >= Rank)
    return error(Call.Range, "'axis' of '" + Name +
                                 "': expected a number "
                                 "from " +
                                 Twine(-Rank) + " to " + Twine(Rank - 1) +
                                 ", found " + describe(Axis));
  int64_t Along = Axis.Int < 0 ? Axis.Int + Rank : Axis.Int;
  SmallVector<Dim, 6> Dims;
  SmallVector<mlir::Value, 4> Values;
  Dim Total{0, ""};
  for (Datum &X : Operands) {
    bool Fits = X.getRank() == First.getRank();
    for (int64_t I = 0; Fits && I != First.getRank(); ++I)
      Fits = X.Dims[I].Size == First.Dims[I].Size || (!IsStack && I == Along);
    if (!Fits)
      return error(Call.Range, "the shapes of '" + Name + "' do not fit: " +
                                   describe(First) + " and " + describe(X));
    if (IsStack) {
      SmallVector<Dim, 6> Expanded(X.Dims);
      Expanded.insert(Expanded.begin() + Along, Dim{1, ""});
      X = makeReshape(X, Expanded, Call.Range);
      if (X.isPoison())
        return X;
    }
    if (AddOverflow(Total.Size, X.Dims[Along].Size, Total.Size))
      return error(Call.Range, "this tensor is too large");
    Values.push_back(X.Tensor);
  }
  if (Operands.size() == 1)
    return Operands[0];
  Dims.assign(Operands[0].Dims.begin(), Operands[0].Dims.end());
  Dims[Along] = Total;
  return makeOp<ConcatOp>(First.Element, Dims, Call.Range, Values,
                          static_cast<uint64_t>(Along));
}

Datum Elaborator::builtinSize(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  const Datum &X = Call.Args[0];
  auto Axis = wantAxis(Call, 1, X.getRank());
  if (!Axis)
    return Datum::poison();
  return Datum::makeInt(X.Dims[*Axis].Size, X.Dims[*Axis].Name);
}

Datum Elaborator::builtinRank(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  return Datum::makeInt(Call.Args[0].getRank());
}

//===----------------------------------------------------------------------===//
// Tensors from nothing
//===----------------------------------------------------------------------===//

Datum Elaborator::builtinPositions(BuiltinCall &Call) {
  auto Size = wantInt(Call, 0);
  if (!Size)
    return Datum::poison();
  Dim D{*Size, Call.Args[0].Text};
  Datum Result = makeOp<IotaOp>(ElementKind::I32, D, Call.Range, uint64_t(0));
  Result.Bound = *Size;
  return Result;
}

/// Sizes given as arguments or as one tuple.
std::optional<SmallVector<Dim, 4>>
Elaborator::wantShape(BuiltinCall &Call, ArrayRef<Datum> Sizes) {
  SmallVector<Dim, 4> Dims;
  for (const Datum &Size : flattenOperands(Sizes)) {
    if (!Size.isInt() || Size.Int < 1) {
      error(Call.Range,
            "a size is a whole number of at least 1, found " + describe(Size));
      return std::nullopt;
    }
    Dims.push_back({Size.Int, Size.Text});
  }
  return Dims;
}

Datum Elaborator::builtinIota(BuiltinCall &Call) {
  auto Dims = wantShape(Call, Call.Args[0]);
  if (!Dims)
    return Datum::poison();
  auto Axis = wantAxis(Call, 1, static_cast<int64_t>(Dims->size()));
  if (!Axis)
    return Datum::poison();
  Datum Result = makeOp<IotaOp>(ElementKind::I32, *Dims, Call.Range,
                                static_cast<uint64_t>(*Axis));
  Result.Bound = (*Dims)[*Axis].Size;
  return Result;
}

Datum Elaborator::filled(BuiltinCall &Call, double Value,
                         ArrayRef<Datum> Sizes) {
  if (!Call.Extra.empty())
    return error(Call.Extra[0].first.Range,
                 "'" + Call.Function.Name + "' takes sizes only");
  if (!requireCode(Call.Range, "'" + Call.Function.Name + "(...)'"))
    return Datum::poison();
  auto Dims = wantShape(Call, Sizes);
  if (!Dims)
    return Datum::poison();
  return makeSplat(ElementKind::F32, Value, *Dims, Call.Range);
}

Datum Elaborator::builtinFull(BuiltinCall &Call) {
  if (Call.Args.size() < 1 || !Call.Args[0].isNumber())
    return error(Call.Range, "'full' takes a number and sizes, as in "
                             "full(0.5, B, T)");
  return filled(Call, Call.Args[0].asFloat(), ArrayRef(Call.Args).drop_front());
}
