//===- Decoding.cpp - What the ops of the incremental form compute --------===//

#include "ir/Dialect.h"
#include "ir/evaluation/Support.h"
#include <algorithm>
#include <limits>

using namespace mlir;
using namespace stator;
using namespace stator::evaluation;

/// Copies rows between a part and the place along `Axis` of a whole where it
/// begins; `Ring`: indices of the whole are modulo its size.
static void copyRows(const HostTensor &From, HostTensor &To, int64_t Axis,
                     int64_t FromStart, int64_t ToStart, int64_t Rows,
                     bool Ring) {
  SmallVector<int64_t> Shape(From.getShape());
  Shape[Axis] = 1;
  Strides FromStrides = From.getStrides(), ToStrides = To.getStrides();
  for (int64_t Row = 0; Row < Rows; ++Row) {
    int64_t At = ToStart + Row;
    if (Ring)
      At %= To.getShape()[Axis];
    copyStrided(From, (FromStart + Row) * FromStrides[Axis], FromStrides, To,
                At * ToStrides[Axis], ToStrides, Shape);
  }
}

/// The offset, as compiled code takes it: the largest where rows still fit if
/// it is beyond that.
static int64_t clampOffset(const HostTensor &Offset, int64_t Size,
                           int64_t Rows) {
  return std::clamp<int64_t>(*Offset.data<int32_t>(), 0, Size - Rows);
}

void DynamicSliceOp::evaluate(EvalContext &,
                              ArrayRef<const HostTensor *> Operands,
                              MutableArrayRef<HostTensor> Results) {
  int64_t Axis = getAxis(), Rows = Results[0].getShape()[Axis];
  int64_t Start =
      clampOffset(*Operands[1], Operands[0]->getShape()[Axis], Rows);
  copyRows(*Operands[0], Results[0], Axis, Start, 0, Rows, /*Ring=*/false);
}

void UpdateSliceOp::evaluate(EvalContext &,
                             ArrayRef<const HostTensor *> Operands,
                             MutableArrayRef<HostTensor> Results) {
  int64_t Axis = getAxis(), Rows = Operands[2]->getShape()[Axis];
  int64_t Size = Results[0].getShape()[Axis];
  int64_t Start = getRing() ? *Operands[1]->data<int32_t>() % Size
                            : clampOffset(*Operands[1], Size, Rows);
  Results[0] = *Operands[0];
  copyRows(*Operands[2], Results[0], Axis, 0, Start, Rows, getRing());
}

void CachedAttentionOp::evaluate(EvalContext &,
                                 ArrayRef<const HostTensor *> Operands,
                                 MutableArrayRef<HostTensor> Results) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    ArrayRef<int64_t> QueryShape = Operands[0]->getShape();
    ArrayRef<int64_t> KeyShape = Operands[1]->getShape();
    int64_t Heads = QueryShape[1], Queries = QueryShape[2];
    int64_t Depth = QueryShape[3], KeyHeads = KeyShape[1];
    int64_t Slots = KeyShape[2], ValueDepth = Operands[2]->getShape()[3];
    int64_t Position = *Operands[3]->data<int32_t>();
    T Scale = static_cast<T>(getScale().convertToDouble());
    Strides BiasStrides;
    if (getBias()) {
      BiasStrides = Operands[4]->getStrides();
      for (int64_t I = 0; I < Operands[4]->getRank(); ++I)
        if (Operands[4]->getShape()[I] == 1)
          BiasStrides[I] = 0;
      while (BiasStrides.size() < 4)
        BiasStrides.insert(BiasStrides.begin(), 0);
    }
    int64_t Newest = Position + Queries - 1;
    std::vector<T> Weights(Slots);
    for (int64_t Row = 0, E = QueryShape[0] * Heads * Queries; Row < E; ++Row) {
      int64_t I = Row % Queries, Head = Row / Queries % Heads;
      int64_t Batch = Row / Queries / Heads;
      int64_t KeyRow = (Batch * KeyHeads + Head / (Heads / KeyHeads)) * Slots;
      auto Sees = [&](int64_t Slot) {
        int64_t At = Slot;
        if (getRing())
          At = Newest - (((Newest - Slot) % Slots) + Slots) % Slots;
        return At >= 0 && At <= Position + I &&
               (!getWindow() ||
                At > Position + I - static_cast<int64_t>(*getWindow()));
      };
      T Largest = -std::numeric_limits<T>::infinity(), Sum = 0;
      for (int64_t Slot = 0; Slot < Slots; ++Slot) {
        if (!Sees(Slot))
          continue;
        T Score = 0;
        for (int64_t D = 0; D < Depth; ++D)
          Score += Operands[0]->data<T>()[Row * Depth + D] *
                   Operands[1]->data<T>()[(KeyRow + Slot) * Depth + D];
        Score *= Scale;
        if (getBias())
          Score +=
              Operands[4]
                  ->data<T>()[Batch * BiasStrides[0] + Head * BiasStrides[1] +
                              I * BiasStrides[2] + Slot * BiasStrides[3]];
        Weights[Slot] = Score;
        Largest = largerOrNaN(Largest, Score);
      }
      // A query that sees nothing gives 0, as in stator.attention.
      if (Largest == -std::numeric_limits<T>::infinity())
        continue;
      for (int64_t Slot = 0; Slot < Slots; ++Slot) {
        Weights[Slot] = Sees(Slot) ? std::exp(Weights[Slot] - Largest) : T(0);
        Sum += Weights[Slot];
      }
      T *Result = Results[0].data<T>() + Row * ValueDepth;
      for (int64_t Slot = 0; Slot < Slots; ++Slot) {
        if (!Sees(Slot))
          continue;
        const T *Value = Operands[2]->data<T>() + (KeyRow + Slot) * ValueDepth;
        for (int64_t D = 0; D < ValueDepth; ++D)
          Result[D] += Weights[Slot] / Sum * Value[D];
      }
    }
  });
}

void DequantizeOp::evaluate(EvalContext &,
                            ArrayRef<const HostTensor *> Operands,
                            MutableArrayRef<HostTensor> Results) {
  const HostTensor &Weights = *Operands[0];
  if (!getScales()) {
    for (int64_t I = 0, E = Weights.getNumElements(); I < E; ++I)
      Results[0].setFromDouble(I, Weights.getAsDouble(I));
    return;
  }
  AxisView View(Weights.getShape(), getAxis());
  int64_t Block = getBlock(), Blocks = (View.Size + Block - 1) / Block;
  for (int64_t I = 0, E = Weights.getNumElements(); I < E; ++I) {
    int64_t Inner = I % View.Inner, At = I / View.Inner % View.Size;
    int64_t Outer = I / View.Inner / View.Size;
    int64_t Scale = (Outer * Blocks + At / Block) * View.Inner + Inner;
    Results[0].setFromDouble(I, Weights.getAsDouble(I) *
                                    Operands[1]->getAsDouble(Scale));
  }
}
