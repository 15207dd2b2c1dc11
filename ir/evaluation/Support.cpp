//===- Support.cpp - What reference evaluations share ---------------------===//

#include "ir/evaluation/Support.h"
#include <cmath>

using namespace mlir;

namespace stator::evaluation {

Strides getRowMajorStrides(ArrayRef<int64_t> Shape) {
  Strides Result(Shape.size(), 1);
  for (size_t I = Shape.size(); I-- > 1;)
    Result[I - 1] = Result[I] * Shape[I];
  return Result;
}

AxisView::AxisView(ArrayRef<int64_t> Shape, int64_t Axis) {
  Axis = normalizeAxis(Axis, Shape.size());
  for (int64_t I = 0, E = Shape.size(); I < E; ++I)
    (I < Axis ? Outer : I == Axis ? Size : Inner) *= Shape[I];
}

bool isKept(uint32_t Bits, double Rate) {
  return Bits >= static_cast<uint64_t>(std::llround(Rate * 0x1p32));
}

template <typename T>
static void copyNest(const T *Source, const int64_t *SourceStrides, T *Result,
                     const int64_t *ResultStrides, ArrayRef<int64_t> Shape) {
  if (Shape.empty()) {
    *Result = *Source;
    return;
  }
  int64_t From = *SourceStrides, To = *ResultStrides;
  if (Shape.size() == 1) {
    for (int64_t I = 0; I < Shape[0]; ++I)
      Result[I * To] = Source[I * From];
    return;
  }
  for (int64_t I = 0; I < Shape[0]; ++I)
    copyNest(Source + I * From, SourceStrides + 1, Result + I * To,
             ResultStrides + 1, Shape.drop_front());
}

template <typename T>
static void copyAs(const HostTensor &Source, int64_t SourceOffset,
                   ArrayRef<int64_t> SourceStrides, HostTensor &Result,
                   int64_t ResultOffset, ArrayRef<int64_t> ResultStrides,
                   ArrayRef<int64_t> Shape) {
  copyNest(Source.data<T>() + SourceOffset, SourceStrides.data(),
           Result.data<T>() + ResultOffset, ResultStrides.data(), Shape);
}

void copyStrided(const HostTensor &Source, int64_t SourceOffset,
                 ArrayRef<int64_t> SourceStrides, HostTensor &Result,
                 int64_t ResultOffset, ArrayRef<int64_t> ResultStrides,
                 ArrayRef<int64_t> Shape) {
  auto *Copy = copyAs<uint8_t>;
  if (getHostTypeSize(Source.getType()) == 4)
    Copy = copyAs<uint32_t>;
  else if (getHostTypeSize(Source.getType()) == 8)
    Copy = copyAs<uint64_t>;
  Copy(Source, SourceOffset, SourceStrides, Result, ResultOffset, ResultStrides,
       Shape);
}

} // namespace stator::evaluation
