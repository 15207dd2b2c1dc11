//===- TensorOps.cpp - Eager reductions, look-ups and optimizers ----------===//

#include "runtime/interpreter/eager/Engine.h"
#include "runtime/interpreter/eager/Gemm.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;

namespace stator::eager {

/// Calls Function(row) for all rows along the last axis, many at a time.
template <typename Fn>
static void forEachLastAxis(const Tensor &Of, Fn Function) {
  int64_t Size = Of.getRank() ? Of.getShape().back() : 1;
  forEachPart(Of.getNumElements() / Size, Size,
              [&](int64_t First, int64_t End) {
                for (int64_t I = First; I < End; ++I)
                  Function(I);
              });
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

constexpr float Infinity = std::numeric_limits<float>::infinity();

static float reduceRow(ReduceKind Kind, const float *X, int64_t N) {
  const KernelTable &Kernels = getKernels();
  switch (Kind) {
  case ReduceKind::Sum:
    return Kernels.Sum(X, N);
  case ReduceKind::Mean:
    return Kernels.Sum(X, N) / static_cast<float>(N);
  case ReduceKind::Max:
    return Kernels.Max(X, N);
  case ReduceKind::Min:
    return Kernels.Min(X, N);
  case ReduceKind::LogSumExp:
    return Kernels.LogSumExp(X, N);
  }
  llvm_unreachable("all kinds are above");
}

/// Combines Count rows of N elements, Stride apart, into one.
static void reduceRows(ReduceKind Kind, const float *X, float *Result,
                       int64_t Count, int64_t Stride, int64_t N) {
  const KernelTable &Kernels = getKernels();
  auto *Into = Kind == ReduceKind::Max   ? Kernels.MaxInto
               : Kind == ReduceKind::Min ? Kernels.MinInto
                                         : Kernels.Accumulate;
  std::memcpy(Result, X, N * sizeof(float));
  for (int64_t I = 1; I < Count; ++I)
    Into(Result, X + I * Stride, N);
  if (Kind == ReduceKind::Mean)
    Kernels.Scale(Result, 1.0f / static_cast<float>(Count), N);
}

static void handleReduce(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                         MutableArrayRef<Tensor> Results) {
  auto Reduce = cast<ReduceOp>(Op);
  ReduceKind Kind = Reduce.getKind();
  Tensor X = Operands[0];
  int64_t Rank = X.getRank();
  SmallVector<bool, 4> IsGone(Rank, false);
  for (int64_t Axis : Reduce.getAxes())
    IsGone[Axis < 0 ? Axis + Rank : Axis] = true;
  Results[0] = makeResult(Op->getResult(0));
  float *Result = Results[0].data<float>();

  // Leading axes go from a row-major tensor: rows are added up as they lie.
  int64_t NumGone = Reduce.getAxes().size();
  bool IsLeading = NumGone < Rank && Kind != ReduceKind::LogSumExp;
  for (int64_t I = 0; I < NumGone && IsLeading; ++I)
    IsLeading = IsGone[I];
  if (IsLeading && X.isContiguous()) {
    int64_t N = Results[0].getNumElements(), Count = X.getNumElements() / N;
    constexpr int64_t Part = 64;
    forEachPart(llvm::divideCeil(N, Part), Part * Count,
                [&](int64_t First, int64_t End) {
                  int64_t From = First * Part, To = std::min(N, End * Part);
                  reduceRows(Kind, X.data<float>() + From, Result + From, Count,
                             N, To - From);
                });
    return;
  }

  // Else the kept dimensions first, so that every result is one run.
  Extents Order;
  for (bool Gone : {false, true})
    for (int64_t I = 0; I < Rank; ++I)
      if (IsGone[I] == Gone)
        Order.push_back(I);
  X = X.permute(Order).contiguous();
  int64_t Length = X.getNumElements() / Results[0].getNumElements();
  forEachPart(
      Results[0].getNumElements(), Length, [&](int64_t First, int64_t End) {
        for (int64_t I = First; I < End; ++I)
          Result[I] = reduceRow(Kind, X.data<float>() + I * Length, Length);
      });
}

static void handleSoftmax(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                          MutableArrayRef<Tensor> Results) {
  int64_t Axis = cast<SoftmaxOp>(Op).getAxis(), Rank = Operands[0].getRank();
  // Another axis is made the last one, and the result seen the other way.
  Extents Order = llvm::to_vector<4>(llvm::seq<int64_t>(0, Rank));
  std::swap(Order[Axis < 0 ? Axis + Rank : Axis], Order[Rank - 1]);
  Tensor X = Operands[0].permute(Order).contiguous();
  Tensor Result(HostType::F32, X.getShape());
  int64_t Size = X.getShape().back();
  forEachLastAxis(X, [&](int64_t I) {
    getKernels().Softmax(Result.data<float>() + I * Size,
                         X.data<float>() + I * Size, Size);
  });
  Results[0] = Result.permute(Order);
}

static void handleCausalMask(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                             MutableArrayRef<Tensor> Results) {
  auto Mask = cast<CausalMaskOp>(Op);
  Tensor X = Operands[0].contiguous();
  Results[0] = makeResult(Op->getResult(0));
  ArrayRef<int64_t> Shape = X.getShape();
  int64_t Keys = Shape.back(), Queries = Shape[Shape.size() - 2];
  float Fill = static_cast<float>(Mask.getFill().convertToDouble());
  std::optional<int64_t> Window = Mask.getWindow();
  forEachLastAxis(X, [&](int64_t I) {
    int64_t End =
        std::clamp<int64_t>(I % Queries + Keys - Queries + 1, 0, Keys);
    int64_t Begin = Window ? std::max<int64_t>(End - *Window, 0) : 0;
    const float *From = X.data<float>() + I * Keys;
    float *To = Results[0].data<float>() + I * Keys;
    getKernels().Fill(To, Fill, Begin);
    std::memcpy(To + Begin, From + Begin, (End - Begin) * sizeof(float));
    getKernels().Fill(To + End, Fill, Keys - End);
  });
}

//===----------------------------------------------------------------------===//
// Look-ups
//===----------------------------------------------------------------------===//

/// Whether all indices are rows of the table; an error at the op if not.
static bool checkIndices(Engine &Runner, Operation *Op, const Tensor &Indices,
                         int64_t Rows) {
  for (int64_t I = 0, E = Indices.getNumElements(); I < E; ++I) {
    int32_t Index = Indices.data<int32_t>()[I];
    if (Index >= 0 && Index < Rows)
      continue;
    Runner.Bad.note(Op, {Indices.data<int32_t>(), static_cast<size_t>(E)});
    Runner.reportError(Op->getLoc(), "index " + Twine(Index) +
                                         " is outside a table of " +
                                         Twine(Rows) + " rows");
    return false;
  }
  return true;
}

static void handleGather(Engine &Runner, Operation *Op,
                         ArrayRef<Tensor> Operands,
                         MutableArrayRef<Tensor> Results) {
  Tensor Table = Operands[0].contiguous(), Indices = Operands[1].contiguous();
  Results[0] = makeResult(Op->getResult(0));
  int64_t Rows = Table.getShape()[0], Width = Table.getNumElements() / Rows;
  if (!checkIndices(Runner, Op, Indices, Rows)) {
    std::memset(Results[0].bytes(), 0,
                Results[0].getNumElements() * sizeof(float));
    return;
  }
  forEachPart(Indices.getNumElements(), Width, [&](int64_t First, int64_t End) {
    for (int64_t I = First; I < End; ++I)
      std::memcpy(Results[0].data<float>() + I * Width,
                  Table.data<float>() + Indices.data<int32_t>()[I] * Width,
                  Width * sizeof(float));
  });
}

static void handleScatterAdd(Engine &Runner, Operation *Op,
                             ArrayRef<Tensor> Operands,
                             MutableArrayRef<Tensor> Results) {
  Tensor Updates = Operands[0].contiguous(), Indices = Operands[1].contiguous();
  Results[0] = makeResult(Op->getResult(0));
  int64_t Rows = Results[0].getShape()[0];
  int64_t Width = Results[0].getNumElements() / Rows;
  std::memset(Results[0].bytes(), 0,
              Results[0].getNumElements() * sizeof(float));
  if (!checkIndices(Runner, Op, Indices, Rows))
    return;
  for (int64_t I = 0, E = Indices.getNumElements(); I < E; ++I)
    getKernels().Accumulate(Results[0].data<float>() +
                                Indices.data<int32_t>()[I] * Width,
                            Updates.data<float>() + I * Width, Width);
}

static void handleCrossEntropy(Engine &Runner, Operation *Op,
                               ArrayRef<Tensor> Operands,
                               MutableArrayRef<Tensor> Results) {
  Tensor Logits = Operands[0].contiguous(), Targets = Operands[1].contiguous();
  int64_t Classes = Logits.getShape().back();
  for (int64_t I = 0, E = Targets.getNumElements(); I < E; ++I)
    if (Targets.data<int32_t>()[I] >= Classes) {
      Runner.Bad.note(Op, {Targets.data<int32_t>(), static_cast<size_t>(E)});
      return Runner.runReference(Op, Operands, Results); // which reports it
    }
  Results[0] = makeResult(Op->getResult(0));
  Results[1] = makeResult(Op->getResult(1));
  forEachLastAxis(Logits, [&](int64_t I) {
    const float *X = Logits.data<float>() + I * Classes;
    int32_t Target = Targets.data<int32_t>()[I];
    float LogSum = getKernels().LogSumExp(X, Classes);
    Results[0].data<float>()[I] = Target < 0            ? 0.0f
                                  : LogSum == -Infinity ? Infinity
                                                        : LogSum - X[Target];
    Results[1].data<float>()[I] = LogSum;
  });
}

static void handleCrossEntropyGrad(Engine &, Operation *Op,
                                   ArrayRef<Tensor> Operands,
                                   MutableArrayRef<Tensor> Results) {
  Tensor Logits = Operands[0].contiguous(), Targets = Operands[1].contiguous();
  Tensor LogSums = Operands[2].contiguous(), By = Operands[3].contiguous();
  int64_t Classes = Logits.getShape().back();
  Results[0] = makeResult(Op->getResult(0));
  forEachLastAxis(Logits, [&](int64_t I) {
    float *To = Results[0].data<float>() + I * Classes;
    int32_t Target = Targets.data<int32_t>()[I];
    float Cotangent = By.data<float>()[I];
    if (Target < 0 || Target >= Classes ||
        LogSums.data<float>()[I] == -Infinity)
      return getKernels().Fill(To, 0.0f, Classes);
    getKernels().ExpShifted(To, Logits.data<float>() + I * Classes,
                            LogSums.data<float>()[I], Cotangent, Classes);
    To[Target] -= Cotangent;
  });
}

//===----------------------------------------------------------------------===//
// Optimizers
//===----------------------------------------------------------------------===//

static void handleGlobalNorm(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                             MutableArrayRef<Tensor> Results) {
  constexpr int64_t Part = 4096;
  float Total = 0;
  for (const Tensor &Operand : Operands) {
    Tensor X = Operand.contiguous();
    int64_t Size = X.getNumElements(), Parts = llvm::divideCeil(Size, Part);
    std::vector<float> Sums(Parts);
    forEachPart(Parts, Part, [&](int64_t First, int64_t End) {
      for (int64_t I = First; I < End; ++I)
        Sums[I] = getKernels().SumOfSquares(X.data<float>() + I * Part,
                                            std::min(Part, Size - I * Part));
    });
    Total += getKernels().Sum(Sums.data(), Parts);
  }
  Results[0] = makeResult(Op->getResult(0));
  *Results[0].data<float>() = std::sqrt(Total);
}

static void handleAdam(Engine &E, Operation *Op, ArrayRef<Tensor> Operands,
                       MutableArrayRef<Tensor> Results) {
  auto Adam = cast<AdamOp>(Op);
  double Beta1 = Adam.getBeta1().convertToDouble();
  double Beta2 = Adam.getBeta2().convertToDouble();
  double Rate = *Operands[4].data<float>();
  double Time = *Operands[6].data<int32_t>() + 1.0;
  double Decay = Adam.getWeightDecay().convertToDouble();
  if (isSettable(Op))
    Decay = E.getRunSetting(RunSetting::WeightDecay).value_or(Decay);
  AdamNumbers Numbers;
  Numbers.Beta1 = static_cast<float>(Beta1);
  Numbers.Beta2 = static_cast<float>(Beta2);
  Numbers.Eps = static_cast<float>(Adam.getEps().convertToDouble());
  Numbers.StepSize = static_cast<float>(Rate / (1 - std::pow(Beta1, Time)));
  Numbers.Correction = static_cast<float>(std::sqrt(1 - std::pow(Beta2, Time)));
  Numbers.Shrink =
      Adam.getDecoupled() ? static_cast<float>(1 - Rate * Decay) : 1.0f;
  Numbers.Coupled = Adam.getDecoupled() ? 0.0f : static_cast<float>(Decay);
  Numbers.Scale = *Operands[5].data<float>();
  Tensor P = Operands[0].contiguous(), Gradient = Operands[1].contiguous();
  Tensor M = Operands[2].contiguous(), V = Operands[3].contiguous();
  for (auto [Result, Value] : llvm::zip_equal(Results, Op->getResults()))
    Result = makeResult(Value);
  forEachPart(P.getNumElements(), 1, [&](int64_t First, int64_t End) {
    auto At = [First](const Tensor &Of) { return Of.data<float>() + First; };
    getKernels().Adam(At(Results[0]), At(Results[1]), At(Results[2]), At(P),
                      At(Gradient), At(M), At(V), Numbers, End - First);
  });
}

void addTensorHandlers(llvm::DenseMap<TypeID, Handler> &Handlers) {
  Handlers[TypeID::get<EinsumOp>()] = handleEinsum;
  Handlers[TypeID::get<ReduceOp>()] = handleReduce;
  Handlers[TypeID::get<SoftmaxOp>()] = handleSoftmax;
  Handlers[TypeID::get<CausalMaskOp>()] = handleCausalMask;
  Handlers[TypeID::get<GatherOp>()] = handleGather;
  Handlers[TypeID::get<ScatterAddOp>()] = handleScatterAdd;
  Handlers[TypeID::get<CrossEntropyOp>()] = handleCrossEntropy;
  Handlers[TypeID::get<CrossEntropyGradOp>()] = handleCrossEntropyGrad;
  Handlers[TypeID::get<GlobalNormOp>()] = handleGlobalNorm;
  Handlers[TypeID::get<AdamOp>()] = handleAdam;
}

} // namespace stator::eager
