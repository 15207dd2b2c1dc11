//===- ShapeOps.cpp - Eager ops that move elements ------------------------===//
//
// Most of them give a view and move nothing.
//
//===----------------------------------------------------------------------===//

#include "runtime/interpreter/eager/Engine.h"
#include <cstring>

using namespace mlir;

namespace stator::eager {

static void handleConstant(Engine &Runner, Operation *Op, ArrayRef<Tensor>,
                           MutableArrayRef<Tensor> Results) {
  Tensor &Buffer = Runner.getBuffer(Op);
  if (!Buffer) {
    auto Dense = dyn_cast<DenseElementsAttr>(cast<ConstantOp>(Op).getValue());
    auto Shape = getShapeOf(Op->getResult(0));
    if (Dense && Dense.isSplat() &&
        isa<mlir::FloatType>(Dense.getElementType())) {
      Tensor Scalar(HostType::F32, {});
      *Scalar.data<float>() =
          static_cast<float>(Dense.getSplatValue<APFloat>().convertToDouble());
      Buffer = Scalar.view(Shape, Extents(Shape.size(), 0));
    } else {
      Runner.runReference(Op, {}, Results);
      Buffer = Results[0];
    }
  }
  Results[0] = Buffer;
}

static void handleIota(Engine &Runner, Operation *Op, ArrayRef<Tensor>,
                       MutableArrayRef<Tensor> Results) {
  Tensor &Buffer = Runner.getBuffer(Op);
  if (!Buffer) {
    Runner.runReference(Op, {}, Results);
    Buffer = Results[0];
  }
  Results[0] = Buffer;
}

static void handleBroadcast(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                            MutableArrayRef<Tensor> Results) {
  ArrayRef<int64_t> Shape = getShapeOf(Op->getResult(0));
  Extents Strides(Shape.size(), 0);
  for (auto [Dimension, Stride] : llvm::zip_equal(
           cast<BroadcastOp>(Op).getDimensions(), Operands[0].getStrides()))
    Strides[Dimension] = Stride;
  Results[0] = Operands[0].view(Shape, Strides);
}

static void handleReshape(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                          MutableArrayRef<Tensor> Results) {
  Results[0] = Operands[0].reshape(getShapeOf(Op->getResult(0)));
}

static void handleTranspose(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                            MutableArrayRef<Tensor> Results) {
  Results[0] = Operands[0].permute(cast<TransposeOp>(Op).getPermutation());
}

/// The part of a tensor that begins at Offsets, with steps Steps.
static Tensor getPart(const Tensor &Whole, ArrayRef<int64_t> Offsets,
                      ArrayRef<int64_t> Steps, ArrayRef<int64_t> Shape) {
  Extents Strides(Whole.getStrides());
  int64_t By = 0;
  for (size_t I = 0; I < Strides.size(); ++I) {
    By += Offsets[I] * Strides[I];
    Strides[I] *= Steps[I];
  }
  return Whole.view(Shape, Strides, By);
}

static void handleSlice(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                        MutableArrayRef<Tensor> Results) {
  auto Slice = cast<SliceOp>(Op);
  Results[0] = getPart(Operands[0], Slice.getOffsets(), Slice.getStrides(),
                       getShapeOf(Op->getResult(0)));
}

static void handlePad(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                      MutableArrayRef<Tensor> Results) {
  auto Pad = cast<PadOp>(Op);
  Results[0] = makeResult(Op->getResult(0));
  std::memset(Results[0].bytes(), 0,
              Results[0].getNumElements() * sizeof(float));
  copyElements(Operands[0], getPart(Results[0], Pad.getLow(), Pad.getStrides(),
                                    Operands[0].getShape()));
}

static void handleConcat(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                         MutableArrayRef<Tensor> Results) {
  Results[0] = makeResult(Op->getResult(0));
  int64_t Axis = cast<ConcatOp>(Op).getAxis(), At = 0;
  if (Axis < 0)
    Axis += Results[0].getRank();
  ArrayRef<int64_t> Strides = Results[0].getStrides();
  for (const Tensor &Part : Operands) {
    copyElements(Part,
                 Results[0].view(Part.getShape(), Strides, At * Strides[Axis]));
    At += Part.getShape()[Axis];
  }
}

/// Slice Index of a sequence along an axis, as a view.
static Tensor getSlice(const Tensor &Sequence, int64_t Axis, int64_t Index) {
  Extents Shape(Sequence.getShape()), Strides(Sequence.getStrides());
  int64_t By = Index * Strides[Axis];
  Shape.erase(Shape.begin() + Axis);
  Strides.erase(Strides.begin() + Axis);
  return Sequence.view(Shape, Strides, By);
}

static void handleScan(Engine &Runner, Operation *Op, ArrayRef<Tensor> Operands,
                       MutableArrayRef<Tensor> Results) {
  auto Scan = cast<ScanOp>(Op);
  size_t NumCarries = Scan.getInits().size();
  int64_t Axis = Scan.getAxis(), Length = Scan.getLength();
  TensorList Arguments(Operands.take_front(NumCarries));
  for (size_t I = NumCarries; I < Results.size(); ++I)
    Results[I] = makeResult(Op->getResult(I));
  for (int64_t Iteration = 0; Iteration < Length; ++Iteration) {
    int64_t Time = Scan.getReverse() ? Length - 1 - Iteration : Iteration;
    for (const Tensor &Sequence : Operands.drop_front(NumCarries))
      Arguments.push_back(getSlice(Sequence, Axis, Time));
    TensorList Yielded = Runner.runBody(Scan.getBody().front(), Arguments);
    for (size_t I = NumCarries; I < Results.size(); ++I)
      copyElements(Yielded[I], getSlice(Results[I], Axis, Time));
    Yielded.truncate(NumCarries);
    Arguments = std::move(Yielded);
  }
  llvm::copy(Arguments, Results.begin());
}

void addShapeHandlers(llvm::DenseMap<TypeID, Handler> &Handlers) {
  Handlers[TypeID::get<ConstantOp>()] = handleConstant;
  Handlers[TypeID::get<IotaOp>()] = handleIota;
  Handlers[TypeID::get<BroadcastOp>()] = handleBroadcast;
  Handlers[TypeID::get<ReshapeOp>()] = handleReshape;
  Handlers[TypeID::get<TransposeOp>()] = handleTranspose;
  Handlers[TypeID::get<SliceOp>()] = handleSlice;
  Handlers[TypeID::get<PadOp>()] = handlePad;
  Handlers[TypeID::get<ConcatOp>()] = handleConcat;
  Handlers[TypeID::get<ScanOp>()] = handleScan;
}

} // namespace stator::eager
