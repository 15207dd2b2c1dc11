//===- Contraction.cpp - What contractions, reductions, look-ups compute --===//

#include "ir/Dialect.h"
#include "ir/Einsum.h"
#include "ir/evaluation/Support.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace stator;
using namespace stator::evaluation;

/// A tensor's elements in the order of the given dimensions of an equation,
/// and the shape that they have so.
static HostTensor permute(const HostTensor &Source, ArrayRef<int64_t> Names,
                          ArrayRef<int64_t> Order) {
  Strides Own = Source.getStrides(), From;
  SmallVector<int64_t> Shape;
  for (int64_t Name : Order) {
    size_t At = llvm::find(Names, Name) - Names.begin();
    From.push_back(Own[At]);
    Shape.push_back(Source.getShape()[At]);
  }
  HostTensor Result(Source.getType(), Shape);
  copyStrided(Source, 0, From, Result, 0, Result.getStrides(), Shape);
  return Result;
}

/// C[M, N] += A[M, K] B[K, N]. The innermost loop runs along rows of B and C,
/// so that memory is read in order; four products at a time keep C in
/// registers.
template <typename T>
static void multiply(const T *__restrict A, const T *__restrict B,
                     T *__restrict C, int64_t M, int64_t N, int64_t K) {
  for (int64_t I = 0; I < M; ++I) {
    T *__restrict Row = C + I * N;
    const T *Left = A + I * K;
    int64_t J = 0;
    for (; J + 4 <= K; J += 4) {
      T A0 = Left[J], A1 = Left[J + 1], A2 = Left[J + 2], A3 = Left[J + 3];
      const T *__restrict B0 = B + J * N, *__restrict B1 = B0 + N;
      const T *__restrict B2 = B1 + N, *__restrict B3 = B2 + N;
      for (int64_t L = 0; L < N; ++L)
        Row[L] += A0 * B0[L] + A1 * B1[L] + A2 * B2[L] + A3 * B3[L];
    }
    for (; J < K; ++J) {
      T A0 = Left[J];
      const T *__restrict B0 = B + J * N;
      for (int64_t L = 0; L < N; ++L)
        Row[L] += A0 * B0[L];
    }
  }
}

void EinsumOp::evaluate(EvalContext &Context,
                        ArrayRef<const HostTensor *> Operands,
                        MutableArrayRef<HostTensor> Results) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(getEquation(), Error);
  if (failed(Equation))
    return Context.reportError(getLoc(), Error);

  SmallVector<int64_t, 4> Batch = Equation->getDimensions(EinsumRole::Batch);
  SmallVector<int64_t, 4> Row = Equation->getDimensions(EinsumRole::Row);
  SmallVector<int64_t, 4> Column = Equation->getDimensions(EinsumRole::Column);
  SmallVector<int64_t, 4> Inner =
      Equation->getDimensions(EinsumRole::Contracted);
  auto Joined = [](ArrayRef<int64_t> A, ArrayRef<int64_t> B,
                   ArrayRef<int64_t> C) {
    SmallVector<int64_t> All(A);
    llvm::append_range(All, B);
    llvm::append_range(All, C);
    return All;
  };
  HostTensor A =
      permute(*Operands[0], Equation->Lhs, Joined(Batch, Row, Inner));
  HostTensor B =
      permute(*Operands[1], Equation->Rhs, Joined(Batch, Inner, Column));
  SmallVector<int64_t> Order = Joined(Batch, Row, Column);

  auto SizeOf = [&](ArrayRef<int64_t> Names) {
    int64_t Size = 1;
    for (int64_t Name : Names) {
      size_t InLhs = llvm::find(Equation->Lhs, Name) - Equation->Lhs.begin();
      size_t InRhs = llvm::find(Equation->Rhs, Name) - Equation->Rhs.begin();
      Size *= InLhs < Equation->Lhs.size() ? Operands[0]->getShape()[InLhs]
                                           : Operands[1]->getShape()[InRhs];
    }
    return Size;
  };
  int64_t M = SizeOf(Row), N = SizeOf(Column), K = SizeOf(Inner);
  SmallVector<int64_t> Shape;
  for (int64_t Name : Order)
    Shape.push_back(SizeOf(Name));
  HostTensor C(Results[0].getType(), Shape);
  withFloat(C.getType(), [&](auto Zero) {
    using T = decltype(Zero);
    for (int64_t I = 0, E = SizeOf(Batch); I < E; ++I)
      multiply(A.data<T>() + I * M * K, B.data<T>() + I * K * N,
               C.data<T>() + I * M * N, M, N, K);
  });
  Results[0] = permute(C, Order, Equation->Result);
}

void ReduceOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                        MutableArrayRef<HostTensor> Results) {
  const HostTensor &Input = *Operands[0];
  Strides Own = Input.getStrides(), Kept, Gone;
  SmallVector<int64_t> KeptShape, GoneShape;
  SmallVector<bool> IsGone(Input.getRank(), false);
  for (int64_t Axis : getAxes())
    IsGone[normalizeAxis(Axis, Input.getRank())] = true;
  for (int64_t I = 0; I < Input.getRank(); ++I) {
    (IsGone[I] ? Gone : Kept).push_back(Own[I]);
    (IsGone[I] ? GoneShape : KeptShape).push_back(Input.getShape()[I]);
  }
  // The kept dimensions first: every result is then one run of numbers.
  Strides From = Kept;
  llvm::append_range(From, Gone);
  SmallVector<int64_t> Shape = KeptShape;
  llvm::append_range(Shape, GoneShape);
  HostTensor Runs(Input.getType(), Shape);
  copyStrided(Input, 0, From, Runs, 0, Runs.getStrides(), Shape);
  int64_t Length = 1;
  for (int64_t Size : GoneShape)
    Length *= Size;

  withFloat(Input.getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const T *Run = Runs.data<T>();
    T *Result = Results[0].data<T>();
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E;
         ++I, Run += Length) {
      // Only a sum can be of no elements (see the verifier).
      T Value = Length > 0 ? Run[0] : T(0);
      for (int64_t J = 1; J < Length; ++J) {
        switch (getKind()) {
        case ReduceKind::Sum:
        case ReduceKind::Mean:
          Value += Run[J];
          break;
        case ReduceKind::Max:
          Value = largerOrNaN(Value, Run[J]);
          break;
        case ReduceKind::Min:
          Value = smallerOrNaN(Value, Run[J]);
          break;
        case ReduceKind::LogSumExp:
          break;
        }
      }
      if (getKind() == ReduceKind::LogSumExp)
        Value = logSumExp(Run, Length);
      Result[I] = getKind() == ReduceKind::Mean ? Value / T(Length) : Value;
    }
  });
}

void CumsumOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                        MutableArrayRef<HostTensor> Results) {
  AxisView View(Operands[0]->getShape(), getAxis());
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    View.forEachRun([&](int64_t Start) {
      T Sum = 0;
      for (int64_t J = 0; J < View.Size; ++J) {
        int64_t I = getReverse() ? View.Size - 1 - J : J;
        Sum += Operands[0]->data<T>()[Start + I * View.Inner];
        Results[0].data<T>()[Start + I * View.Inner] = Sum;
      }
    });
  });
}

void SoftmaxOp::evaluate(EvalContext &, ArrayRef<const HostTensor *> Operands,
                         MutableArrayRef<HostTensor> Results) {
  AxisView View(Operands[0]->getShape(), getAxis());
  if (View.Size == 0)
    return;
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    View.forEachRun([&](int64_t Start) {
      const T *X = Operands[0]->data<T>() + Start;
      T *Y = Results[0].data<T>() + Start;
      T Largest = X[0], Sum = 0;
      for (int64_t I = 1; I < View.Size; ++I)
        Largest = largerOrNaN(Largest, X[I * View.Inner]);
      // A row of -inf gives 0; its weights would be 0 / 0.
      if (Largest == -std::numeric_limits<T>::infinity()) {
        for (int64_t I = 0; I < View.Size; ++I)
          Y[I * View.Inner] = 0;
        return;
      }
      for (int64_t I = 0; I < View.Size; ++I)
        Sum += Y[I * View.Inner] = std::exp(X[I * View.Inner] - Largest);
      for (int64_t I = 0; I < View.Size; ++I)
        Y[I * View.Inner] /= Sum;
    });
  });
}

void CausalMaskOp::evaluate(EvalContext &,
                            ArrayRef<const HostTensor *> Operands,
                            MutableArrayRef<HostTensor> Results) {
  ArrayRef<int64_t> Shape = Operands[0]->getShape();
  int64_t Queries = Shape[Shape.size() - 2], Keys = Shape.back();
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    T Fill = static_cast<T>(getFill().convertToDouble());
    const T *X = Operands[0]->data<T>();
    T *Y = Results[0].data<T>();
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I)
      Y[I] = isVisible(I / Keys % Queries, I % Keys, Queries, Keys, getWindow())
                 ? X[I]
                 : Fill;
  });
}

/// An index into Rows rows, or -1 and an error if it is outside.
static int64_t checkIndex(EvalContext &Context, Location Loc, int32_t Index,
                          int64_t Rows) {
  if (Index >= 0 && Index < Rows)
    return Index;
  Context.reportError(Loc, "index " + Twine(Index) + " is outside a table of " +
                               Twine(Rows) + " rows");
  return -1;
}

void GatherOp::evaluate(EvalContext &Context,
                        ArrayRef<const HostTensor *> Operands,
                        MutableArrayRef<HostTensor> Results) {
  const int32_t *Indices = Operands[1]->data<int32_t>();
  int64_t Rows = Operands[0]->getShape()[0];
  int64_t Width = Operands[0]->getNumElements() / Rows;
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    for (int64_t I = 0, E = Operands[1]->getNumElements(); I < E; ++I)
      if (int64_t Row = checkIndex(Context, getLoc(), Indices[I], Rows);
          Row >= 0)
        std::copy_n(Operands[0]->data<T>() + Row * Width, Width,
                    Results[0].data<T>() + I * Width);
  });
}

void ScatterAddOp::evaluate(EvalContext &Context,
                            ArrayRef<const HostTensor *> Operands,
                            MutableArrayRef<HostTensor> Results) {
  const int32_t *Indices = Operands[1]->data<int32_t>();
  int64_t Rows = Results[0].getShape()[0];
  int64_t Width = Results[0].getNumElements() / Rows;
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    for (int64_t I = 0, E = Operands[1]->getNumElements(); I < E; ++I) {
      int64_t Row = checkIndex(Context, getLoc(), Indices[I], Rows);
      if (Row < 0)
        continue;
      const T *From = Operands[0]->data<T>() + I * Width;
      T *To = Results[0].data<T>() + Row * Width;
      for (int64_t J = 0; J < Width; ++J)
        To[J] += From[J];
    }
  });
}
