//===- Shape.cpp - What ops that move elements compute --------------------===//

#include "ir/Dialect.h"
#include "ir/evaluation/Support.h"
#include <cstring>

using namespace mlir;
using namespace stator;
using namespace stator::evaluation;

void ConstantOp::evaluate(EvalContext &, ArrayRef<const HostTensor *>,
                          MutableArrayRef<HostTensor> Results) {
  HostTensor &Result = Results[0];
  auto Value = cast<ElementsAttr>(getValue());
  int64_t Index = 0;
  if (isa<FloatType>(Value.getElementType())) {
    for (const APFloat &Element : Value.getValues<APFloat>())
      Result.setFromDouble(Index++, Element.convertToDouble());
    return;
  }
  // A boolean is 1 or 0, not -1.
  bool IsBool = Value.getElementType().isInteger(1);
  for (const APInt &Element : Value.getValues<APInt>())
    Result.setFromDouble(Index++, IsBool ? Element.getBoolValue()
                                         : Element.signedRoundToDouble());
}

void IotaOp::evaluate(EvalContext &, ArrayRef<const HostTensor *>,
                      MutableArrayRef<HostTensor> Results) {
  AxisView View(Results[0].getShape(), getAxis());
  int32_t *Result = Results[0].data<int32_t>();
  for (int64_t Outer = 0; Outer < View.Outer; ++Outer)
    for (int64_t I = 0; I < View.Size; ++I)
      for (int64_t Inner = 0; Inner < View.Inner; ++Inner)
        *Result++ = static_cast<int32_t>(I);
}

void BroadcastOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                           MutableArrayRef<HostTensor> Results) {
  Strides From(Results[0].getRank(), 0), Own = Operands[0]->getStrides();
  for (auto [Dimension, Stride] : llvm::zip_equal(getDimensions(), Own))
    From[Dimension] = Stride;
  copyStrided(*Operands[0], 0, From, Results[0], 0, Results[0].getStrides(),
              Results[0].getShape());
}

void ReshapeOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                         MutableArrayRef<HostTensor> Results) {
  std::memcpy(Results[0].data<char>(), Operands[0]->data<char>(),
              Results[0].getNumElements() *
                  getHostTypeSize(Results[0].getType()));
}

void TransposeOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                           MutableArrayRef<HostTensor> Results) {
  Strides From, Own = Operands[0]->getStrides();
  for (int64_t Dimension : getPermutation())
    From.push_back(Own[Dimension]);
  copyStrided(*Operands[0], 0, From, Results[0], 0, Results[0].getStrides(),
              Results[0].getShape());
}

/// The offset of the first element of a strided part, and its strides.
static std::pair<int64_t, Strides> getPart(const HostTensor &Whole,
                                           ArrayRef<int64_t> Offsets,
                                           ArrayRef<int64_t> Steps) {
  Strides Result = Whole.getStrides();
  int64_t Offset = 0;
  for (size_t I = 0; I < Result.size(); ++I) {
    Offset += Offsets[I] * Result[I];
    Result[I] *= Steps[I];
  }
  return {Offset, Result};
}

void SliceOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                       MutableArrayRef<HostTensor> Results) {
  auto [Offset, From] = getPart(*Operands[0], getOffsets(), getStrides());
  copyStrided(*Operands[0], Offset, From, Results[0], 0,
              Results[0].getStrides(), Results[0].getShape());
}

void PadOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                     MutableArrayRef<HostTensor> Results) {
  auto [Offset, To] = getPart(Results[0], getLow(), getStrides());
  copyStrided(*Operands[0], 0, Operands[0]->getStrides(), Results[0], Offset,
              To, Operands[0]->getShape());
}

void ConcatOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                        MutableArrayRef<HostTensor> Results) {
  int64_t Axis = normalizeAxis(getAxis(), Results[0].getRank());
  Strides To = Results[0].getStrides();
  int64_t At = 0;
  for (const HostTensor *Part : Operands) {
    copyStrided(*Part, 0, Part->getStrides(), Results[0], At * To[Axis], To,
                Part->getShape());
    At += Part->getShape()[Axis];
  }
}

void ScanOp::evaluate(EvalContext &Context,
                      ArrayRef<const HostTensor *> Operands,
                      MutableArrayRef<HostTensor> Results) {
  size_t NumCarries = getInits().size();
  int64_t Axis = getAxis(), Length = getLength();
  std::vector<HostTensor> Carries;
  for (const HostTensor *Init : Operands.take_front(NumCarries))
    Carries.push_back(*Init);

  // Strides of all dimensions but the axis, and the axis's own.
  auto Split = [Axis](const HostTensor &Whole) {
    Strides Rest = Whole.getStrides();
    int64_t Step = Rest[Axis];
    Rest.erase(Rest.begin() + Axis);
    return std::pair(Rest, Step);
  };

  for (int64_t Iteration = 0; Iteration < Length; ++Iteration) {
    int64_t Time = getReverse() ? Length - 1 - Iteration : Iteration;
    std::vector<HostTensor> Arguments = std::move(Carries);
    for (const HostTensor *Sequence : Operands.drop_front(NumCarries)) {
      auto [Rest, Step] = Split(*Sequence);
      SmallVector<int64_t> Shape(Sequence->getShape());
      Shape.erase(Shape.begin() + Axis);
      HostTensor Slice(Sequence->getType(), Shape);
      copyStrided(*Sequence, Time * Step, Rest, Slice, 0, Slice.getStrides(),
                  Shape);
      Arguments.push_back(std::move(Slice));
    }
    std::vector<HostTensor> Yielded =
        Context.evaluateRegion(getBody(), std::move(Arguments));
    for (size_t I = NumCarries; I < Yielded.size(); ++I) {
      auto [Rest, Step] = Split(Results[I]);
      copyStrided(Yielded[I], 0, Yielded[I].getStrides(), Results[I],
                  Time * Step, Rest, Yielded[I].getShape());
    }
    Yielded.resize(NumCarries);
    Carries = std::move(Yielded);
  }
  for (size_t I = 0; I < NumCarries; ++I)
    Results[I] = std::move(Carries[I]);
}
