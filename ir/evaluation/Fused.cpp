//===- Fused.cpp - What composite ops compute -----------------------------===//

#include "ir/Dialect.h"
#include "ir/evaluation/Support.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace stator;
using namespace stator::evaluation;

/// Calls Function(position, target) for every position, with a target of -1
/// where there is none; reports an error where the target is not a class.
template <typename Fn>
static void forEachTarget(EvalContext &Context, Location Loc,
                          const HostTensor &Targets, int64_t Classes,
                          Fn Function) {
  for (int64_t I = 0, E = Targets.getNumElements(); I < E; ++I) {
    int64_t Target = Targets.data<int32_t>()[I];
    if (Target >= Classes)
      Context.reportError(Loc, "target " + Twine(Target) +
                                   " is outside a vocabulary of " +
                                   Twine(Classes));
    Function(I, Target < 0 || Target >= Classes ? -1 : Target);
  }
}

void CrossEntropyOp::evaluate(EvalContext &Context,
                              ArrayRef<const HostTensor *> Operands,
                              MutableArrayRef<HostTensor> Results) {
  int64_t Classes = Operands[0]->getShape().back();
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    auto SetLoss = [&](int64_t I, int64_t Target) {
      const T *Logits = Operands[0]->data<T>() + I * Classes;
      constexpr T Infinity = std::numeric_limits<T>::infinity();
      T LogSum = logSumExp(Logits, Classes);
      Results[0].data<T>()[I] = Target < 0            ? T(0)
                                : LogSum == -Infinity ? Infinity
                                                      : LogSum - Logits[Target];
      Results[1].data<T>()[I] = LogSum;
    };
    forEachTarget(Context, getLoc(), *Operands[1], Classes, SetLoss);
  });
}

void CrossEntropyGradOp::evaluate(EvalContext &Context,
                                  ArrayRef<const HostTensor *> Operands,
                                  MutableArrayRef<HostTensor> Results) {
  int64_t Classes = Operands[0]->getShape().back();
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    auto SetCotangents = [&](int64_t I, int64_t Target) {
      if (Target < 0)
        return;
      const T *Logits = Operands[0]->data<T>() + I * Classes;
      T LogSum = Operands[2]->data<T>()[I], By = Operands[3]->data<T>()[I];
      if (LogSum == -std::numeric_limits<T>::infinity())
        return;
      T *Result = Results[0].data<T>() + I * Classes;
      for (int64_t J = 0; J < Classes; ++J)
        Result[J] = std::exp(Logits[J] - LogSum) * By;
      Result[Target] -= By;
    };
    forEachTarget(Context, getLoc(), *Operands[1], Classes, SetCotangents);
  });
}

namespace {
/// The scores of one query of an attention, and what else both directions need.
template <typename T> struct AttentionRows {
  const T *Query, *Key, *Value, *Bias = nullptr;
  int64_t Batches, Heads, KeyHeads, Queries, Keys, Depth, ValueDepth;
  SmallVector<int64_t, 4> BiasStrides; ///< batch, head, query, key; 0 repeats
  double Scale, Rate;
  bool Causal;
  std::optional<int64_t> Window;
  int64_t Stream;

  template <typename Op>
  AttentionRows(Op Attention, ArrayRef<const HostTensor *> Operands)
      : Query(Operands[0]->data<T>()), Key(Operands[1]->data<T>()),
        Value(Operands[2]->data<T>()),
        Scale(Attention.getScale().convertToDouble()),
        Rate(Attention.getDropoutRate().convertToDouble()),
        Causal(Attention.getCausal()), Window(Attention.getWindow()),
        Stream(Attention.getDropoutStream()) {
    ArrayRef<int64_t> QueryShape = Operands[0]->getShape();
    Batches = QueryShape[0];
    Heads = QueryShape[1];
    Queries = QueryShape[2];
    Depth = QueryShape[3];
    KeyHeads = Operands[1]->getShape()[1];
    Keys = Operands[1]->getShape()[2];
    ValueDepth = Operands[2]->getShape()[3];
    if (!Attention.getBias())
      return;
    const HostTensor &Given = *Operands[3];
    Bias = Given.data<T>();
    BiasStrides = Given.getStrides();
    while (BiasStrides.size() < 4)
      BiasStrides.insert(BiasStrides.begin(), 0);
    if (Given.getRank() == 4)
      for (int I = 0; I < 2; ++I)
        if (Given.getShape()[I] == 1)
          BiasStrides[I] = 0;
  }

  const T *getQuery(int64_t Batch, int64_t Head, int64_t I) const {
    return Query + ((Batch * Heads + Head) * Queries + I) * Depth;
  }
  int64_t getKeyRow(int64_t Batch, int64_t Head, int64_t J) const {
    return (Batch * KeyHeads + Head / (Heads / KeyHeads)) * Keys + J;
  }
  bool sees(int64_t I, int64_t J) const {
    return !Causal || isVisible(I, J, Queries, Keys, Window);
  }
  T getScore(int64_t Batch, int64_t Head, int64_t I, int64_t J) const {
    const T *Q = getQuery(Batch, Head, I);
    const T *K = Key + getKeyRow(Batch, Head, J) * Depth;
    T Sum = 0;
    for (int64_t D = 0; D < Depth; ++D)
      Sum += Q[D] * K[D];
    Sum *= static_cast<T>(Scale);
    if (Bias)
      Sum += Bias[Batch * BiasStrides[0] + Head * BiasStrides[1] +
                  I * BiasStrides[2] + J * BiasStrides[3]];
    return Sum;
  }
  /// What dropout multiplies the weight with.
  T getKept(EvalContext &Context, int64_t Batch, int64_t Head, int64_t I,
            int64_t J) const {
    if (Rate == 0)
      return T(1);
    int64_t Index = ((Batch * Heads + Head) * Queries + I) * Keys + J;
    return isKept(Context.getDropoutBits(Stream, Index), Rate)
               ? static_cast<T>(getKeptScale(Rate))
               : T(0);
  }
  /// Calls Function(batch, head, query).
  template <typename Fn> void forEachQuery(Fn Function) const {
    for (int64_t Batch = 0; Batch < Batches; ++Batch)
      for (int64_t Head = 0; Head < Heads; ++Head)
        for (int64_t I = 0; I < Queries; ++I)
          Function(Batch, Head, I);
  }
};
} // namespace

void AttentionOp::evaluate(EvalContext &Context,
                           ArrayRef<const HostTensor *> Operands,
                           MutableArrayRef<HostTensor> Results) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    AttentionRows<T> Rows(*this, Operands);
    std::vector<T> Weights(Rows.Keys);
    T *Result = Results[0].data<T>(), *LogSums = Results[1].data<T>();
    Rows.forEachQuery([&](int64_t Batch, int64_t Head, int64_t I) {
      T Largest = -std::numeric_limits<T>::infinity(), Sum = 0;
      for (int64_t J = 0; J < Rows.Keys; ++J)
        if (Rows.sees(I, J)) {
          Weights[J] = Rows.getScore(Batch, Head, I, J);
          Largest = largerOrNaN(Largest, Weights[J]);
        }
      // A query that sees nothing gives 0; its weights would be 0 / 0.
      bool Empty = Largest == -std::numeric_limits<T>::infinity();
      for (int64_t J = 0; J < Rows.Keys; ++J) {
        Weights[J] =
            Empty || !Rows.sees(I, J) ? T(0) : std::exp(Weights[J] - Largest);
        Sum += Weights[J];
      }
      for (int64_t J = 0; !Empty && J < Rows.Keys; ++J) {
        T Weight = Weights[J] / Sum * Rows.getKept(Context, Batch, Head, I, J);
        const T *V =
            Rows.Value + Rows.getKeyRow(Batch, Head, J) * Rows.ValueDepth;
        for (int64_t D = 0; D < Rows.ValueDepth; ++D)
          Result[D] += Weight * V[D];
      }
      Result += Rows.ValueDepth;
      *LogSums++ = Empty ? Largest : Largest + std::log(Sum);
    });
  });
}

/// With P the weights, M what dropout multiplies with and G the cotangent:
/// dV = (P M)^T G, dS = P (M G V^T - rowsum(G O)), dQ = scale dS K,
/// dK = scale dS^T Q (Dao et al. 2022, section B.2).
void AttentionGradOp::evaluate(EvalContext &Context,
                               ArrayRef<const HostTensor *> Operands,
                               MutableArrayRef<HostTensor> Results) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    AttentionRows<T> Rows(*this, Operands);
    size_t After = getBias() ? 4 : 3;
    const T *Output = Operands[After]->data<T>();
    const T *LogSums = Operands[After + 1]->data<T>();
    const T *Cotangents = Operands[After + 2]->data<T>();
    T *QueryResult = Results[0].data<T>();
    Rows.forEachQuery([&](int64_t Batch, int64_t Head, int64_t I) {
      int64_t Row = (Batch * Rows.Heads + Head) * Rows.Queries + I;
      const T *G = Cotangents + Row * Rows.ValueDepth;
      const T *O = Output + Row * Rows.ValueDepth;
      const T *Q = Rows.getQuery(Batch, Head, I);
      T Delta = 0;
      for (int64_t D = 0; D < Rows.ValueDepth; ++D)
        Delta += G[D] * O[D];
      for (int64_t J = 0; J < Rows.Keys; ++J) {
        if (!Rows.sees(I, J))
          continue;
        T Score = Rows.getScore(Batch, Head, I, J);
        if (Score == -std::numeric_limits<T>::infinity())
          continue;
        T Weight = std::exp(Score - LogSums[Row]);
        T Kept = Rows.getKept(Context, Batch, Head, I, J);
        int64_t KeyRow = Rows.getKeyRow(Batch, Head, J);
        const T *V = Rows.Value + KeyRow * Rows.ValueDepth;
        T *ValueResult = Results[2].data<T>() + KeyRow * Rows.ValueDepth;
        T Product = 0;
        for (int64_t D = 0; D < Rows.ValueDepth; ++D) {
          Product += G[D] * V[D];
          ValueResult[D] += Weight * Kept * G[D];
        }
        T Score1 =
            Weight * (Kept * Product - Delta) * static_cast<T>(Rows.Scale);
        const T *K = Rows.Key + KeyRow * Rows.Depth;
        T *KeyResult = Results[1].data<T>() + KeyRow * Rows.Depth;
        for (int64_t D = 0; D < Rows.Depth; ++D) {
          QueryResult[D] += Score1 * K[D];
          KeyResult[D] += Score1 * Q[D];
        }
      }
      QueryResult += Rows.Depth;
    });
  });
}
