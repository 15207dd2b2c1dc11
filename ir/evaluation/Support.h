//===- Support.h - What reference evaluations share -------------*- C++ -*-===//
//
// Dispatch on the float type, and the one loop nest that moves elements between
// two strided layouts.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_EVALUATION_SUPPORT_H
#define STATOR_IR_EVALUATION_SUPPORT_H

#include "ir/HostTensor.h"
#include "mlir/Support/LLVM.h"
#include <cmath>

namespace stator::evaluation {

using Strides = llvm::SmallVector<int64_t, 4>;

/// Calls Function with a zero of the C++ type of a float tensor.
template <typename Fn> void withFloat(HostType Type, Fn &&Function) {
  if (Type == HostType::F64)
    Function(double(0));
  else
    Function(float(0));
}

/// Row-major strides of a shape, in elements.
Strides getRowMajorStrides(llvm::ArrayRef<int64_t> Shape);

/// An axis counted from the front, whatever way it was written.
inline int64_t normalizeAxis(int64_t Axis, int64_t Rank) {
  return Axis < 0 ? Axis + Rank : Axis;
}

/// Copies Shape elements of any type, element i of the nest from
/// Source[SourceOffset + i . SourceStrides] to the like place of Result.
void copyStrided(const HostTensor &Source, int64_t SourceOffset,
                 llvm::ArrayRef<int64_t> SourceStrides, HostTensor &Result,
                 int64_t ResultOffset, llvm::ArrayRef<int64_t> ResultStrides,
                 llvm::ArrayRef<int64_t> Shape);

/// A tensor seen as [Outer, Size, Inner] around one of its axes.
struct AxisView {
  int64_t Outer = 1, Size = 1, Inner = 1;
  AxisView(llvm::ArrayRef<int64_t> Shape, int64_t Axis);

  /// Calls Function(start) for each run of elements along the axis; element i
  /// of it is at start + i * Inner.
  template <typename Fn> void forEachRun(Fn Function) const {
    for (int64_t I = 0; I < Outer; ++I)
      for (int64_t J = 0; J < Inner; ++J)
        Function(I * Size * Inner + J);
  }
};

/// The larger (smaller) of two numbers, or the NaN among them.
template <typename T> T largerOrNaN(T X, T Y) {
  return std::isnan(X) || Y <= X ? X : Y;
}
template <typename T> T smallerOrNaN(T X, T Y) {
  return std::isnan(X) || Y >= X ? X : Y;
}

/// What is subtracted from numbers whose largest is `Largest` before their
/// exponentials are taken: an infinite one would leave a NaN.
template <typename T> T getExponentBase(T Largest) {
  return std::isinf(Largest) ? T(0) : Largest;
}

/// The logarithm of the sum of the exponentials of Count numbers.
template <typename T> T logSumExp(const T *X, int64_t Count) {
  T Largest = X[0], Sum = 0;
  for (int64_t I = 1; I < Count; ++I)
    Largest = largerOrNaN(Largest, X[I]);
  T Base = getExponentBase(Largest);
  for (int64_t I = 0; I < Count; ++I)
    Sum += std::exp(X[I] - Base);
  return Base + std::log(Sum);
}

/// Whether query Query of Queries sees key Key of Keys (see
/// stator.causal_mask).
inline bool isVisible(int64_t Query, int64_t Key, int64_t Queries, int64_t Keys,
                      std::optional<int64_t> Window) {
  int64_t Last = Query + Keys - Queries;
  return Key <= Last && (!Window || Key > Last - *Window);
}

/// Whether dropout at this rate keeps an element with these random bits.
bool isKept(uint32_t Bits, double Rate);

/// What dropout multiplies a kept element with.
inline double getKeptScale(double Rate) { return 1.0 / (1.0 - Rate); }

} // namespace stator::evaluation

#endif // STATOR_IR_EVALUATION_SUPPORT_H
