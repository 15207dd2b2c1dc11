//===- ElaborateTensor.cpp - Building ops on tensors ----------------------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "ir/Einsum.h"
#include "ir/LogSoftmax.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <limits>

using namespace llvm;
using namespace stator;
using mlir::DenseElementsAttr;
using mlir::FileLineColLoc;
using mlir::Location;
using mlir::NameLoc;
using mlir::RankedTensorType;

ArrayRef<Dim> Elaborator::save(ArrayRef<Dim> Dims) {
  return Dims.copy(Allocator);
}

ArrayRef<Datum> Elaborator::save(ArrayRef<Datum> Elements) {
  if (Elements.empty())
    return {};
  Datum *Memory = Allocator.Allocate<Datum>(Elements.size());
  llvm::uninitialized_copy(Elements, Memory);
  return ArrayRef<Datum>(Memory, Elements.size());
}

Location Elaborator::makeLocation(SMRange Range, StringRef Path) {
  unsigned Buffer = Sources.FindBufferContainingLoc(Range.Start);
  auto [Line, Column] = Sources.getLineAndColumn(Range.Start, Buffer);
  Location Place = FileLineColLoc::get(
      &Context, Sources.getMemoryBuffer(Buffer)->getBufferIdentifier(), Line,
      Column);
  if (Path.empty())
    return Place;
  return NameLoc::get(Builder.getStringAttr(Path), Place);
}

/// The path of what is computed here: the variable it is for, below the fns
/// that were expanded. What a fn returns has the path of its call.
Location Elaborator::makeLocation(SMRange Range) {
  return makeLocation(Range, Current->Variable);
}

bool Elaborator::requireCode(SMRange Range, const Twine &What) {
  if (Current->Kind == FrameKind::Code)
    return true;
  error(Range, What + " is a tensor, and tensors exist only inside a fn; here "
                      "numbers, strings and modules stand");
  return false;
}

RankedTensorType Elaborator::makeType(ElementKind Element, ArrayRef<Dim> Dims,
                                      SMRange Range) {
  int64_t Elements = 1;
  SmallVector<int64_t, 6> Shape;
  for (const Dim &D : Dims) {
    if (D.Size < 1) {
      error(Range, "a dimension is at least 1, but this is " +
                       printShape(Element, Dims));
      return {};
    }
    if (D.Size > limits::Dimension || MulOverflow(Elements, D.Size, Elements) ||
        Elements > limits::Elements) {
      error(Range, "this tensor, " + printShape(Element, Dims) +
                       ", is too large; Stator allows " +
                       Twine(limits::Elements) + " elements");
      return {};
    }
    Shape.push_back(D.Size);
  }
  mlir::Type ElementType;
  switch (Element) {
  case ElementKind::F32:
    ElementType = Builder.getF32Type();
    break;
  case ElementKind::I32:
    ElementType = Builder.getI32Type();
    break;
  case ElementKind::Bool:
    ElementType = Builder.getI1Type();
    break;
  }
  return RankedTensorType::get(Shape, ElementType);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Datum Elaborator::makeSplat(ElementKind Element, double Value,
                            ArrayRef<Dim> Dims, SMRange Range) {
  RankedTensorType Type = makeType(Element, Dims, Range);
  if (!Type)
    return Datum::poison();
  if (Element == ElementKind::F32 && std::isfinite(Value) &&
      std::fabs(Value) > std::numeric_limits<float>::max())
    return error(Range, "the number " + printNumber(Value) +
                            " does not fit in f32; the largest is " +
                            printNumber(std::numeric_limits<float>::max()));
  mlir::Attribute Number;
  if (Element == ElementKind::F32)
    Number = Builder.getF32FloatAttr(static_cast<float>(Value));
  else if (Element == ElementKind::I32)
    Number = Builder.getI32IntegerAttr(static_cast<int32_t>(Value));
  else
    Number = Builder.getBoolAttr(Value != 0);
  mlir::Value Result =
      ConstantOp::create(Builder, makeLocation(Range), Type,
                         mlir::cast<mlir::ElementsAttr>(mlir::Attribute(
                             DenseElementsAttr::get(Type, Number))));
  Datum D = Datum::makeTensor(Element, Result, save(Dims));
  if (Element == ElementKind::I32 && Value >= 0)
    D.Bound = static_cast<int64_t>(Value) + 1;
  return D;
}

Datum Elaborator::makeReshape(const Datum &X, ArrayRef<Dim> Dims,
                              SMRange Range) {
  Datum Result = X;
  Result.Dims = save(Dims);
  if (hasSameSizes(X.Dims, Dims))
    return Result;
  RankedTensorType Type = makeType(X.Element, Dims, Range);
  if (!Type)
    return Datum::poison();
  // A dimension of size 1 that was kept for broadcasting goes away again.
  mlir::Value Source = X.Tensor;
  if (auto Before = Source.getDefiningOp<ReshapeOp>())
    Source = Before.getInput();
  Result.Tensor = Source.getType() == Type
                      ? Source
                      : mlir::Value(ReshapeOp::create(
                            Builder, makeLocation(Range), Type, Source));
  return Result;
}

Datum Elaborator::makeTranspose(const Datum &X, ArrayRef<int64_t> Permutation,
                                SMRange Range) {
  if (is_sorted(Permutation))
    return X;
  SmallVector<Dim, 6> Dims;
  for (int64_t I : Permutation)
    Dims.push_back(X.Dims[I]);
  Datum Result = makeOp<TransposeOp>(X.Element, Dims, Range, X.Tensor,
                                     Builder.getDenseI64ArrayAttr(Permutation));
  Result.Bound = X.Bound;
  return Result;
}

Datum Elaborator::makeReduce(ReduceKind Kind, const Datum &X,
                             ArrayRef<int64_t> Axes, SMRange Range) {
  if (Axes.empty())
    return X;
  SmallVector<Dim, 6> Dims;
  for (int64_t I = 0; I != X.getRank(); ++I)
    if (!is_contained(Axes, I))
      Dims.push_back(X.Dims[I]);
  return makeOp<ReduceOp>(X.Element, Dims, Range, Kind, X.Tensor, Axes);
}

Datum Elaborator::makeSliceOp(const Datum &X, ArrayRef<int64_t> Offsets,
                              ArrayRef<int64_t> Strides, ArrayRef<Dim> Dims,
                              SMRange Range) {
  if (hasSameSizes(X.Dims, Dims)) {
    Datum Result = X;
    Result.Dims = save(Dims);
    return Result;
  }
  Datum Result =
      makeOp<SliceOp>(X.Element, Dims, Range, X.Tensor, Offsets, Strides);
  Result.Bound = X.Bound;
  return Result;
}

Datum Elaborator::makeEinsum(const Datum &Lhs, ArrayRef<std::string> LhsNames,
                             const Datum &Rhs, ArrayRef<std::string> RhsNames,
                             ArrayRef<std::string> ResultNames,
                             ArrayRef<Dim> Dims, SMRange Range) {
  std::string Equation = join(LhsNames, " ") + ", " + join(RhsNames, " ") +
                         " -> " + join(ResultNames, " ");
  return makeOp<EinsumOp>(ElementKind::F32, Dims, Range,
                          Builder.getStringAttr(Equation), Lhs.Tensor,
                          Rhs.Tensor);
}

Datum Elaborator::makeConvert(const Datum &X, ElementKind Element,
                              SMRange Range) {
  if (X.Element == Element)
    return X;
  Datum Result = makeOp<ConvertOp>(Element, X.Dims, Range, X.Tensor);
  if (X.Element == ElementKind::Bool && Element == ElementKind::I32)
    Result.Bound = 2;
  return Result;
}

/// NumPy's rule, towards a shape that is known to fit: dimensions are aligned
/// from the last one, those of size 1 and missing ones are repeated.
Datum Elaborator::broadcastTo(const Datum &X, ArrayRef<Dim> Dims,
                              SMRange Range) {
  if (hasSameSizes(X.Dims, Dims)) {
    Datum Result = X;
    Result.Dims = save(Dims);
    return Result;
  }
  int64_t Missing = static_cast<int64_t>(Dims.size()) - X.getRank();
  SmallVector<Dim, 6> Kept;
  SmallVector<int64_t, 6> Places;
  for (int64_t I = 0; I != X.getRank(); ++I) {
    if (X.Dims[I].Size == 1 && Dims[I + Missing].Size != 1)
      continue;
    Kept.push_back(X.Dims[I]);
    Places.push_back(I + Missing);
  }
  Datum Squeezed = makeReshape(X, Kept, Range);
  if (Squeezed.isPoison())
    return Squeezed;
  Datum Result =
      makeOp<BroadcastOp>(X.Element, Dims, Range, Squeezed.Tensor, Places);
  Result.Bound = X.Bound;
  return Result;
}

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

/// As NumPy's: the last dimension of the left operand with the last but one of
/// the right; dimensions before them are a batch and broadcast.
Datum Elaborator::matMul(const Datum &Lhs, const Datum &Rhs, SMRange Range) {
  auto Mismatch = [&](const Twine &Why) {
    return error(Range, "cannot multiply " + describe(Lhs) + " @ " +
                            describe(Rhs) + ": " + Why);
  };
  if (!Lhs.isFloatTensor() || !Rhs.isFloatTensor())
    return Mismatch("'@' takes two f32 tensors");
  int64_t LhsRank = Lhs.getRank(), RhsRank = Rhs.getRank();
  if (LhsRank < 1 || RhsRank < 1)
    return Mismatch("a scalar has no dimension to sum over");
  const Dim &LhsInner = Lhs.Dims[LhsRank - 1];
  int64_t RhsInnerAxis = RhsRank == 1 ? 0 : RhsRank - 2;
  const Dim &RhsInner = Rhs.Dims[RhsInnerAxis];
  if (LhsInner.Size != RhsInner.Size) {
    std::string Hint;
    if (RhsRank >= 2 && Rhs.Dims[RhsRank - 1].Size == LhsInner.Size)
      Hint = "; did you mean '@ transpose(...)'?";
    return Mismatch("the last dimension of the left operand is " +
                    printDim(LhsInner) + ", but " +
                    (RhsRank == 1 ? "that" : "the last but one") +
                    " of the right operand is " + printDim(RhsInner) + Hint);
  }
  // Batch dimensions, named from the right end; those of size 1 against
  // larger ones are reshaped away.
  int64_t LhsBatch = std::max<int64_t>(LhsRank - 2, 0);
  int64_t RhsBatch = std::max<int64_t>(RhsRank - 2, 0);
  int64_t NumBatch = std::max(LhsBatch, RhsBatch);
  SmallVector<std::string, 6> LhsNames, RhsNames, ResultNames;
  SmallVector<Dim, 6> LhsDims, RhsDims, ResultDims;
  for (int64_t I = 0; I != NumBatch; ++I) {
    const Dim *L = I >= NumBatch - LhsBatch
                       ? &Lhs.Dims[I - (NumBatch - LhsBatch)]
                       : nullptr;
    const Dim *R = I >= NumBatch - RhsBatch
                       ? &Rhs.Dims[I - (NumBatch - RhsBatch)]
                       : nullptr;
    if (L && R && L->Size != R->Size && L->Size != 1 && R->Size != 1)
      return Mismatch("the batch dimensions " + printDim(*L) + " and " +
                      printDim(*R) + " do not fit");
    bool UseLhs = L && (!R || L->Size != 1 || R->Size == 1);
    bool UseRhs = R && (!L || R->Size != 1 || L->Size == 1);
    std::string Name(1, static_cast<char>('a' + std::min<int64_t>(I, 7)));
    if (I > 7)
      Name += std::to_string(I);
    if (UseLhs) {
      LhsNames.push_back(Name);
      LhsDims.push_back(*L);
    }
    if (UseRhs) {
      RhsNames.push_back(Name);
      RhsDims.push_back(*R);
    }
    ResultNames.push_back(Name);
    ResultDims.push_back(UseLhs ? *L : *R);
  }
  if (LhsRank >= 2) {
    LhsNames.push_back("i");
    LhsDims.push_back(Lhs.Dims[LhsRank - 2]);
    ResultNames.push_back("i");
    ResultDims.push_back(Lhs.Dims[LhsRank - 2]);
  }
  LhsNames.push_back("k");
  LhsDims.push_back(LhsInner);
  RhsNames.push_back("k");
  RhsDims.push_back(RhsInner);
  if (RhsRank >= 2) {
    RhsNames.push_back("j");
    RhsDims.push_back(Rhs.Dims[RhsRank - 1]);
    ResultNames.push_back("j");
    ResultDims.push_back(Rhs.Dims[RhsRank - 1]);
  }
  Datum L = makeReshape(Lhs, LhsDims, Range);
  Datum R = makeReshape(Rhs, RhsDims, Range);
  if (L.isPoison() || R.isPoison())
    return Datum::poison();
  return makeEinsum(L, LhsNames, R, RhsNames, ResultNames, ResultDims, Range);
}

//===----------------------------------------------------------------------===//
// Reductions and look-ups
//===----------------------------------------------------------------------===//

Datum Elaborator::reduction(BuiltinCall &Call, ReduceKind Kind) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  const Datum &X = Call.Args[0];
  auto Axes = wantAxes(Call, 1, X.getRank());
  auto Keep = wantBool(Call, 2);
  if (!Axes || !Keep)
    return Datum::poison();
  Datum Result = makeReduce(Kind, X, *Axes, Call.Range);
  if (!*Keep || Result.isPoison())
    return Result;
  SmallVector<Dim, 6> Dims(X.Dims);
  for (int64_t Axis : *Axes)
    Dims[Axis] = {1, ""};
  return makeReshape(Result, Dims, Call.Range);
}

Datum Elaborator::builtinCumsum(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  Datum X = Call.Args[0];
  auto Axis = wantAxis(Call, 1, X.getRank());
  auto Reverse = wantBool(Call, 2);
  if (!Axis || !Reverse)
    return Datum::poison();
  X.Tensor = CumsumOp::create(Builder, makeLocation(Call.Range),
                              X.Tensor.getType(), X.Tensor, *Axis, *Reverse);
  return X;
}

Datum Elaborator::builtinSoftmax(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  Datum X = Call.Args[0];
  auto Axis = wantAxis(Call, 1, X.getRank());
  if (!Axis)
    return Datum::poison();
  Location Loc = makeLocation(Call.Range);
  if (Call.Function.Name == "log_softmax")
    X.Tensor = createLogSoftmax(Builder, Loc, X.Tensor, *Axis);
  else
    X.Tensor =
        SoftmaxOp::create(Builder, Loc, X.Tensor.getType(), X.Tensor, *Axis);
  return X;
}

Datum Elaborator::builtinCausalMask(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  Datum X = Call.Args[0];
  if (X.getRank() < 2)
    return wrongArgument(Call, 0,
                         "a tensor whose last dimensions are queries and keys");
  mlir::IntegerAttr Window;
  if (Call.Args[1].Kind != DatumKind::None) {
    auto Size = wantIntIn(Call, 1, 1, limits::Dimension);
    if (!Size)
      return Datum::poison();
    Window = Builder.getI64IntegerAttr(*Size);
  }
  auto Fill = wantNumber(Call, 2);
  if (!Fill)
    return Datum::poison();
  X.Tensor = CausalMaskOp::create(Builder, makeLocation(Call.Range),
                                  X.Tensor.getType(), X.Tensor,
                                  Builder.getF64FloatAttr(*Fill), Window);
  return X;
}

Datum Elaborator::builtinGather(BuiltinCall &Call) {
  if (!wantTensor(Call, 0) || !wantTensor(Call, 1, ElementKind::I32))
    return Datum::poison();
  const Datum &Table = Call.Args[0], &Indices = Call.Args[1];
  if (Table.getRank() < 1)
    return wrongArgument(Call, 0, "a table, f32[rows, ...]");
  const Dim &Rows = Table.Dims[0];
  if (Indices.Bound > Rows.Size)
    return error(Call.Ranges[1],
                 "these indices reach " + Twine(Indices.Bound - 1) +
                     ", but the table has only " + Twine(Rows.Size) +
                     " rows: " + describe(Table));
  SmallVector<Dim, 6> Dims(Indices.Dims);
  append_range(Dims, Table.Dims.drop_front());
  return makeOp<GatherOp>(ElementKind::F32, Dims, Call.Range, Table.Tensor,
                          Indices.Tensor);
}

Datum Elaborator::builtinCrossEntropy(BuiltinCall &Call) {
  if (!wantTensor(Call, 0) || !wantTensor(Call, 1, ElementKind::I32))
    return Datum::poison();
  const Datum &Logits = Call.Args[0], &Targets = Call.Args[1];
  if (Logits.getRank() < 1 ||
      !hasSameSizes(Logits.Dims.drop_back(), Targets.Dims))
    return error(Call.Range,
                 "cross_entropy takes logits of one dimension more than the "
                 "targets, found logits " +
                     describe(Logits) + " and targets " + describe(Targets));
  RankedTensorType Type = makeType(ElementKind::F32, Targets.Dims, Call.Range);
  if (!Type)
    return Datum::poison();
  auto Op = CrossEntropyOp::create(Builder, makeLocation(Call.Range), Type,
                                   Type, Logits.Tensor, Targets.Tensor);
  return Datum::makeTensor(ElementKind::F32, Op.getLoss(), Targets.Dims);
}

Datum Elaborator::builtinDropout(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  Datum X = Call.Args[0];
  auto Rate = wantNumber(Call, 1);
  if (!Rate)
    return Datum::poison();
  if (!(*Rate >= 0 && *Rate < 1))
    return wrongArgument(Call, 1, "a rate from 0 up to, not including, 1");
  if (*Rate == 0 || Options.Mode == FrontendMode::Infer)
    return X;
  X.Tensor = DropoutOp::create(
      Builder, makeLocation(Call.Range), X.Tensor.getType(), X.Tensor,
      Builder.getF64FloatAttr(*Rate), Builder.getI64IntegerAttr(-1));
  return X;
}
