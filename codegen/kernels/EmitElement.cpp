//===- EmitElement.cpp - The value of an op at an index -------------------===//

#include "codegen/EmitPhilox.h"
#include "codegen/kernels/EmitElementwise.h"
#include "codegen/kernels/KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;

namespace stator {
namespace {

ArrayRef<int64_t> getShape(Value V) {
  return cast<RankedTensorType>(V.getType()).getShape();
}

/// A tensor of zeros and ones as the element type of a lane: f32 0, i32 0 ...
Value createZero(ImplicitLocOpBuilder &B, Value Like) {
  return arith::ConstantOp::create(B, B.getZeroAttr(Like.getType()));
}

} // namespace

bool canEmit(Operation *Op) {
  return isElementwise(Op) ||
         isa<ConstantOp, IotaOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp,
             DynamicSliceOp, PadOp, ConcatOp, GatherOp, DequantizeOp,
             CausalMaskOp, DropoutOp, CrossEntropyGradOp, ReduceOp>(Op);
}

unsigned KernelEmitter::getDepth(Value V, const Indices &Index) const {
  unsigned Depth = AfterReduction.contains(V) ? RowDepth : 0;
  for (const LaneIndex &I : Index)
    Depth = std::max(Depth, I.Depth);
  return Depth;
}

Value KernelEmitter::emit(Value V, const Indices &Index) {
  if (Value Element = Reduced.lookup(V))
    return Element;
  unsigned Depth = getDepth(V, Index);
  auto &Known = Scopes[Depth].Known[V];
  for (auto &[KnownIndex, Element] : Known)
    if (KnownIndex == Index)
      return Element;

  auto Guard = enter(Depth);
  Location Saved = B.getLoc();
  Value Element;
  if (auto Argument = dyn_cast<BlockArgument>(V)) {
    Element = load(getOperandMemory(Argument), linearize(getShape(V), Index));
  } else if (auto Buffer = Buffers.find(V); Buffer != Buffers.end()) {
    Element =
        load(Buffer->second.first, linearize(Buffer->second.second, Index));
  } else {
    B.setLoc(V.getLoc());
    Element = compute(cast<OpResult>(V), Index);
  }
  B.setLoc(Saved);
  Scopes[Depth].Known[V].push_back({Index, Element});
  return Element;
}

Value KernelEmitter::compute(OpResult V, const Indices &Index) {
  Operation *Op = V.getOwner();
  if (isElementwise(Op)) {
    SmallVector<Value> Operands;
    bool Vector = false;
    for (Value Operand : Op->getOperands()) {
      // The scalars of the optimizers are the same for all elements.
      bool Scalar = getShape(Operand).empty() && !getShape(V).empty();
      Operands.push_back(emit(Operand, Scalar ? Indices() : Index));
      Vector |= isa<VectorType>(Operands.back().getType());
    }
    // Where a cross entropy asks whether a target is ignored.
    if (isa<CompareOp>(Op))
      checkIndex(Op, Operands.front(), /*IsTarget=*/true);
    if (Vector && !isa<AdamOp, SgdOp>(Op))
      for (Value &Operand : Operands)
        Operand = splat(Operand);
    SmallVector<Value, 3> Elements =
        emitElementwise(B, Op, Operands, Target, emitRunSettings(B, Op, Info));
    auto &Known = Scopes[getDepth(V, Index)].Known;
    for (auto [Result, Element] : llvm::zip(Op->getResults(), Elements))
      if (Result != V)
        Known[Result].push_back({Index, Element});
    return Elements[V.getResultNumber()];
  }

  return llvm::TypeSwitch<Operation *, Value>(Op)
      .Case(
          [&](ConstantOp Constant) { return computeConstant(Constant, Index); })
      .Case([&](IotaOp Iota) { return getLanesI32(Index[Iota.getAxis()]); })
      .Case([&](BroadcastOp Broadcast) {
        Indices Source;
        for (int64_t Dim : Broadcast.getDimensions())
          Source.push_back(Index[Dim]);
        return emit(Broadcast.getInput(), Source);
      })
      .Case([&](ReshapeOp Reshape) {
        return emit(
            Reshape.getInput(),
            reshapeIndex(getShape(Reshape.getInput()), getShape(V), Index));
      })
      .Case([&](TransposeOp Transpose) {
        Indices Source(Index.size());
        for (auto [I, Dim] : llvm::enumerate(Transpose.getPermutation()))
          Source[Dim] = Index[I];
        return emit(Transpose.getInput(), Source);
      })
      .Case([&](SliceOp Slice) {
        Indices Source;
        for (auto [I, Offset, Stride] :
             llvm::zip(Index, Slice.getOffsets(), Slice.getStrides()))
          Source.push_back(add(mul(I, Stride), Offset));
        return emit(Slice.getInput(), Source);
      })
      .Case([&](DynamicSliceOp Slice) {
        return computeDynamicSlice(Slice, Index);
      })
      .Case([&](PadOp Pad) { return computePad(Pad, Index); })
      .Case([&](ConcatOp Concat) { return computeConcat(Concat, Index); })
      .Case([&](GatherOp Gather) { return computeGather(Gather, Index); })
      .Case([&](DequantizeOp Dequantize) {
        return computeDequantize(Dequantize, Index);
      })
      .Case([&](CausalMaskOp Mask) { return computeCausalMask(Mask, Index); })
      .Case([&](DropoutOp Dropout) { return computeDropout(Dropout, Index); })
      .Case([&](CrossEntropyGradOp Grad) {
        return computeCrossEntropyGrad(Grad, Index);
      })
      .Default([&](Operation *) -> Value {
        llvm_unreachable("op is not computed element by element");
      });
}

Value KernelEmitter::computeConstant(ConstantOp Op, const Indices &Index) {
  auto Number = cast<DenseElementsAttr>(Op.getValue());
  if (Number.isSplat())
    return arith::ConstantOp::create(
        B, cast<TypedAttr>(Number.getSplatValue<Attribute>()));

  // Tables of numbers are read from constant memory.
  auto Module =
      B.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto Tensor = cast<RankedTensorType>(Number.getType());
  auto Type =
      MemRefType::get({Number.getNumElements()}, Tensor.getElementType());
  std::string Name;
  {
    OpBuilder::InsertionGuard Guard(B);
    B.setInsertionPointToStart(Module.getBody());
    for (unsigned I = 0; Name.empty() || Module.lookupSymbol(Name); ++I)
      Name = "stator_constant_" + std::to_string(I);
    memref::GlobalOp::create(B, Name, B.getStringAttr("private"), Type,
                             Number.reshape(RankedTensorType::get(
                                 Type.getShape(), Type.getElementType())),
                             /*constant=*/true, B.getI64IntegerAttr(64));
  }
  Value Table = memref::GetGlobalOp::create(B, Type, Name);
  return load(Table, linearize(Tensor.getShape(), Index));
}

Indices KernelEmitter::reshapeIndex(ArrayRef<int64_t> From,
                                    ArrayRef<int64_t> To,
                                    const Indices &Index) {
  SmallVector<int64_t> FromLong, ToLong;
  llvm::copy_if(From, std::back_inserter(FromLong),
                [](int64_t Size) { return Size != 1; });
  llvm::copy_if(To, std::back_inserter(ToLong),
                [](int64_t Size) { return Size != 1; });
  if (FromLong != ToLong)
    return delinearize(From, linearize(To, Index));
  // Only dimensions of one element come and go.
  Indices Source;
  size_t Dim = 0;
  for (int64_t Size : From) {
    if (Size == 1) {
      Source.push_back(getConstantIndex(0));
      continue;
    }
    while (To[Dim] == 1)
      ++Dim;
    Source.push_back(Index[Dim++]);
  }
  return Source;
}

LaneIndex KernelEmitter::clampToPart(const LaneIndex &Index, int64_t Low,
                                     int64_t Size, int64_t Stride,
                                     Value &Inside) {
  LaneIndex Shifted = add(Index, -Low);
  int64_t Extent = (Size - 1) * Stride + 1;
  // Vectors that are all inside or all outside need one comparison.
  bool SameForAll = Shifted.isUniform() ||
                    (!Shifted.Lanes && Shifted.Stride == 1 && Stride == 1 &&
                     Shifted.Align % Width == 0 && Size % Width == 0);
  auto Guard = enter(Shifted.Depth);
  Value Position = SameForAll ? Shifted.Base : splat(getLanes(Shifted));
  auto Constant = [&](int64_t Number) {
    return SameForAll ? getConstant(Number) : splat(getConstant(Number));
  };
  // Unsigned: negative positions are large ones.
  Inside = arith::CmpIOp::create(B, arith::CmpIPredicate::ult, Position,
                                 Constant(Extent));
  if (Stride != 1) {
    Value Rest = arith::RemUIOp::create(B, Position, Constant(Stride));
    Value OnGrid =
        arith::CmpIOp::create(B, arith::CmpIPredicate::eq, Rest, Constant(0));
    Inside = arith::AndIOp::create(B, Inside, OnGrid);
    Position = arith::DivUIOp::create(B, Position, Constant(Stride));
  }
  Position = arith::SelectOp::create(B, Inside, Position, Constant(0));
  LaneIndex Clamped;
  Clamped.Depth = Shifted.Depth;
  if (SameForAll) {
    Clamped.Base = Position;
    Clamped.Stride = Shifted.Stride;
    Clamped.Align = Stride == 1 ? Shifted.Align : 1;
  } else {
    Clamped.Lanes = Position;
  }
  return Clamped;
}

LaneIndex KernelEmitter::emitOffset(Value Offset, int64_t Size, int64_t Rows,
                                    bool Ring) {
  LaneIndex Start;
  Start.Depth = getDepth(Offset, {});
  auto Guard = enter(Start.Depth);
  Value Number =
      arith::IndexCastOp::create(B, B.getIndexType(), emit(Offset, {}));
  Number = arith::MaxSIOp::create(B, Number, getConstant(0));
  Start.Base =
      Ring ? arith::RemUIOp::create(B, Number, getConstant(Size)).getResult()
           : arith::MinSIOp::create(B, Number, getConstant(Size - Rows))
                 .getResult();
  return Start;
}

Value KernelEmitter::computeDynamicSlice(DynamicSliceOp Op,
                                         const Indices &Index) {
  int64_t Axis = Op.getAxis();
  Indices Source = Index;
  Source[Axis] =
      add(Index[Axis], emitOffset(Op.getOffset(), getShape(Op.getInput())[Axis],
                                  getShape(Op.getResult())[Axis]));
  return emit(Op.getInput(), Source);
}

Value KernelEmitter::computePad(PadOp Op, const Indices &Index) {
  ArrayRef<int64_t> From = getShape(Op.getInput());
  ArrayRef<int64_t> To = getShape(Op.getResult());
  Indices Source;
  SmallVector<Value> Conditions;
  for (size_t Dim = 0; Dim != From.size(); ++Dim) {
    int64_t Low = Op.getLow()[Dim], Stride = Op.getStrides()[Dim];
    if (Low == 0 && From[Dim] == To[Dim]) {
      Source.push_back(Index[Dim]);
      continue;
    }
    Value Inside;
    Source.push_back(clampToPart(Index[Dim], Low, From[Dim], Stride, Inside));
    Conditions.push_back(Inside);
  }
  Value Element = emit(Op.getInput(), Source);
  for (Value Inside : Conditions) {
    if (isa<VectorType>(Inside.getType()))
      Element = splat(Element);
    Element =
        arith::SelectOp::create(B, Inside, Element, createZero(B, Element));
  }
  return Element;
}

Value KernelEmitter::computeConcat(ConcatOp Op, const Indices &Index) {
  int64_t Axis = Op.getAxis(), Low = 0;
  Value Result;
  for (Value Input : Op.getInputs()) {
    int64_t Size = getShape(Input)[Axis];
    Value Inside;
    Indices Source = Index;
    Source[Axis] = clampToPart(Index[Axis], Low, Size, 1, Inside);
    Value Element = emit(Input, Source);
    Low += Size;
    if (!Result) {
      Result = Element;
      continue;
    }
    if (isa<VectorType>(Inside.getType()) ||
        isa<VectorType>(Element.getType()) ||
        isa<VectorType>(Result.getType())) {
      Element = splat(Element);
      Result = splat(Result);
    }
    Result = arith::SelectOp::create(B, Inside, Element, Result);
  }
  return Result;
}

Value KernelEmitter::computeGather(GatherOp Op, const Indices &Index) {
  size_t Rank = getShape(Op.getIndices()).size();
  Indices Position(Index.begin(), Index.begin() + Rank);
  LaneIndex Row;
  Row.Depth = getDepth(Op.getIndices(), Position);
  {
    auto Guard = enter(Row.Depth);
    Value Token = emit(Op.getIndices(), Position);
    checkIndex(Op, Token, /*IsTarget=*/false);
    Type To = B.getIndexType();
    if (isa<VectorType>(Token.getType()))
      To = VectorType::get({Width}, To);
    Value Number = arith::IndexCastOp::create(B, To, Token);
    auto Constant = [&](int64_t N) {
      return isa<VectorType>(To) ? splat(getConstant(N)) : getConstant(N);
    };
    Number = arith::MaxSIOp::create(B, Number, Constant(0));
    Number = arith::MinSIOp::create(
        B, Number, Constant(getShape(Op.getTable()).front() - 1));
    (isa<VectorType>(To) ? Row.Lanes : Row.Base) = Number;
  }
  Indices Source{Row};
  Source.append(Index.begin() + Rank, Index.end());
  return emit(Op.getTable(), Source);
}

Value KernelEmitter::computeDequantize(DequantizeOp Op, const Indices &Index) {
  Value Element = emit(Op.getWeights(), Index);
  Type To = Op.getType().getElementType();
  if (auto Vector = dyn_cast<VectorType>(Element.getType()))
    To = VectorType::get(Vector.getShape(), To);
  if (!Op.getScales())
    return arith::ExtFOp::create(B, To, Element);
  Element = arith::SIToFPOp::create(B, To, Element);
  Indices Position = Index;
  LaneIndex &Along = Position[Op.getAxis()];
  Along = floorDiv(Along, Op.getBlock());
  Value Scale = emit(Op.getScales(), Position);
  if (isa<VectorType>(Element.getType()) || isa<VectorType>(Scale.getType())) {
    Element = splat(Element);
    Scale = splat(Scale);
  }
  return arith::MulFOp::create(B, Element, Scale);
}

Value KernelEmitter::computeCausalMask(CausalMaskOp Op, const Indices &Index) {
  ArrayRef<int64_t> Shape = getShape(Op.getInput());
  size_t Rank = Shape.size();
  Value Query = getLanesI32(Index[Rank - 2]),
        Key = getLanesI32(Index[Rank - 1]);
  Value Element = emit(Op.getInput(), Index);
  if (isa<VectorType>(Query.getType()) || isa<VectorType>(Key.getType()) ||
      isa<VectorType>(Element.getType())) {
    Query = splat(Query);
    Key = splat(Key);
    Element = splat(Element);
  }
  // Key k of query q is kept iff k - q <= last and, in a window, > last - w.
  int64_t Last = Shape[Rank - 1] - Shape[Rank - 2];
  auto Constant = [&](int64_t Number) -> Value {
    TypedAttr Attr = B.getI32IntegerAttr(static_cast<int32_t>(Number));
    if (auto Vector = dyn_cast<VectorType>(Key.getType()))
      Attr = DenseElementsAttr::get(Vector, Attribute(Attr));
    return arith::ConstantOp::create(B, Attr);
  };
  Value Distance = arith::SubIOp::create(B, Key, Query);
  Value Kept = arith::CmpIOp::create(B, arith::CmpIPredicate::sle, Distance,
                                     Constant(Last));
  // A window as wide as the keys hides nothing; a wider one may be no i32.
  if (auto Window = Op.getWindow();
      Window && static_cast<int64_t>(*Window) < Shape[Rank - 1])
    Kept = arith::AndIOp::create(
        B, Kept,
        arith::CmpIOp::create(B, arith::CmpIPredicate::sgt, Distance,
                              Constant(Last - static_cast<int64_t>(*Window))));
  return arith::SelectOp::create(
      B, Kept, Element, emitFloat(B, Element, Op.getFill().convertToDouble()));
}

Value KernelEmitter::computeDropout(DropoutOp Op, const Indices &Index) {
  Value Element = emit(Op.getInput(), Index);
  Value Position = getLanesI32(linearize(getShape(Op.getInput()), Index));
  Value Factor =
      emitDropoutFactor(B, B.getLoc(), Info, Position, Op.getStream(),
                        Op.getRate().convertToDouble());
  if (isa<VectorType>(Factor.getType()))
    Element = splat(Element);
  Type Type = Element.getType();
  if (Factor.getType() != Type)
    Factor = arith::ExtFOp::create(B, Type, Factor);
  // What is dropped is 0, also if it was infinite or NaN.
  Value Zero = createZero(B, Factor);
  Value IsDropped =
      arith::CmpFOp::create(B, arith::CmpFPredicate::OEQ, Factor, Zero);
  return arith::SelectOp::create(B, IsDropped, Zero,
                                 arith::MulFOp::create(B, Element, Factor));
}

Value KernelEmitter::computeCrossEntropyGrad(CrossEntropyGradOp Op,
                                             const Indices &Index) {
  Indices Position(Index.begin(), Index.end() - 1);
  Value Logit = emit(Op.getLogits(), Index);
  Value Class = getLanesI32(Index.back());
  Value Target = emit(Op.getTargets(), Position);
  Value Lse = emit(Op.getLse(), Position);
  Value Cotangent = emit(Op.getCotangent(), Position);
  if (isa<VectorType>(Logit.getType()) || isa<VectorType>(Class.getType()))
    for (Value *V : {&Logit, &Class, &Target, &Lse, &Cotangent})
      *V = splat(*V);
  Value Weight =
      emitExponential(B, arith::SubFOp::create(B, Logit, Lse), this->Target);
  Value Less = arith::SubFOp::create(B, Weight, emitFloat(B, Weight, 1));
  Value IsTarget =
      arith::CmpIOp::create(B, arith::CmpIPredicate::eq, Class, Target);
  Value Result = arith::MulFOp::create(
      B, arith::SelectOp::create(B, IsTarget, Less, Weight), Cotangent);
  Value Ignored = arith::CmpIOp::create(B, arith::CmpIPredicate::slt, Target,
                                        createZero(B, Target));
  // All logits are -inf.
  Value Impossible = arith::CmpFOp::create(
      B, arith::CmpFPredicate::OEQ, Lse,
      emitFloat(B, Lse, -std::numeric_limits<double>::infinity()));
  Ignored = arith::OrIOp::create(B, Ignored, Impossible);
  return arith::SelectOp::create(B, Ignored, createZero(B, Result), Result);
}

} // namespace stator
