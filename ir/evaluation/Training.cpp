//===- Training.cpp - What optimizers and schedules compute ---------------===//

#include "ir/Dialect.h"
#include "ir/RunSettings.h"
#include "ir/evaluation/Support.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace stator;
using namespace stator::evaluation;

/// The number that the run sets, if it does and the op lets it, or \p Compiled.
static double getNumber(Operation *Op, const EvalContext &Context,
                        RunSetting Setting, double Compiled) {
  if (!isSettable(Op))
    return Compiled;
  return Context.getRunSetting(Setting).value_or(Compiled);
}

void GlobalNormOp::evaluate(EvalContext &,
                            ArrayRef<const HostTensor *> Operands,
                            MutableArrayRef<HostTensor> Results) {
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    // In parts first: one running sum over a large tensor would lose digits.
    constexpr int64_t Part = 1024;
    T Total = 0;
    for (const HostTensor *Operand : Operands) {
      T OfTensor = 0;
      for (int64_t I = 0, E = Operand->getNumElements(); I < E; I += Part) {
        T Sum = 0;
        for (int64_t J = I, End = std::min(I + Part, E); J < End; ++J)
          Sum += Operand->data<T>()[J] * Operand->data<T>()[J];
        OfTensor += Sum;
      }
      Total += OfTensor;
    }
    *Results[0].data<T>() = std::sqrt(Total);
  });
}

void ClipScaleOp::evaluate(EvalContext &Context,
                           ArrayRef<const HostTensor *> Operands,
                           MutableArrayRef<HostTensor> Results) {
  double MaxNorm = getNumber(*this, Context, RunSetting::Clip,
                             getMaxNorm().convertToDouble());
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    T Limit = static_cast<T>(MaxNorm);
    T Scale = Limit / (*Operands[0]->data<T>() + T(1e-6));
    // Not std::min: a NaN must stay one.
    *Results[0].data<T>() = Scale > T(1) ? T(1) : Scale;
  });
}

void LearningRateOp::evaluate(EvalContext &Context,
                              ArrayRef<const HostTensor *> Operands,
                              MutableArrayRef<HostTensor> Results) {
  ScheduleAttr Schedule = getSchedule();
  double Peak = getNumber(*this, Context, RunSetting::LearningRate,
                          getPeak().convertToDouble());
  bool HasSteps =
      Schedule.getSteps() &&
      !(isSettable(*this) && Context.getRunSetting(RunSetting::ScheduleSteps));
  double Step = Operands[0]->getAsDouble(0);
  double Total = HasSteps ? static_cast<double>(Schedule.getSteps())
                          : Operands[1]->getAsDouble(0);
  double Warmup = static_cast<double>(Schedule.getWarmup());
  double Floor = getNumber(*this, Context, RunSetting::MinLearningRate,
                           Schedule.getFloor().getValueAsDouble());
  double Rate = Peak;
  if (Schedule.getKind() == ScheduleKind::InverseSqrt) {
    double Fall = 1 / std::sqrt(Step + 1);
    double Rise = Warmup > 0 ? (Step + 1) * std::pow(Warmup, -1.5) : Fall;
    Rate = Peak / std::sqrt(Schedule.getWidth().getValueAsDouble()) *
           std::min(Fall, Rise);
  } else if (Step < Warmup) {
    Rate = Peak * (Step + 1) / (Warmup + 1);
  } else if (Schedule.getKind() != ScheduleKind::Constant) {
    double Done =
        Step >= Total ? 1.0 : std::min(1.0, (Step - Warmup) / (Total - Warmup));
    double Left = Schedule.getKind() == ScheduleKind::Linear
                      ? 1 - Done
                      : (1 + std::cos(M_PI * Done)) / 2;
    Rate = Floor + (Peak - Floor) * Left;
  }
  Results[0].setFromDouble(0, Rate);
}

void SgdOp::evaluate(EvalContext &Context,
                     ArrayRef<const HostTensor *> Operands,
                     MutableArrayRef<HostTensor> Results) {
  double Momentum = getMomentum().convertToDouble();
  double Decay = getNumber(*this, Context, RunSetting::WeightDecay,
                           getWeightDecay().convertToDouble());
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const T *P = Operands[0]->data<T>(), *Gradient = Operands[1]->data<T>();
    T Rate = *Operands[2]->data<T>(), Scale = *Operands[3]->data<T>();
    const T *Buffer = getBuffer() ? Operands[4]->data<T>() : nullptr;
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I) {
      T G = Scale * Gradient[I] + static_cast<T>(Decay) * P[I];
      if (Buffer) {
        T Next = static_cast<T>(Momentum) * Buffer[I] + G;
        Results[1].data<T>()[I] = Next;
        G = getNesterov() ? G + static_cast<T>(Momentum) * Next : Next;
      }
      Results[0].data<T>()[I] = P[I] - Rate * G;
    }
  });
}

void AdamOp::evaluate(EvalContext &Context,
                      ArrayRef<const HostTensor *> Operands,
                      MutableArrayRef<HostTensor> Results) {
  double Beta1 = getBeta1().convertToDouble();
  double Beta2 = getBeta2().convertToDouble();
  double Time = Operands[6]->getAsDouble(0) + 1;
  double Rate = Operands[4]->getAsDouble(0);
  double Decay = getNumber(*this, Context, RunSetting::WeightDecay,
                           getWeightDecay().convertToDouble());
  // The numbers that do not depend on the element are worked out in f64, as in
  // PyTorch.
  double StepSize = Rate / (1 - std::pow(Beta1, Time));
  double Correction = std::sqrt(1 - std::pow(Beta2, Time));
  withFloat(Results[0].getType(), [&](auto Zero) {
    using T = decltype(Zero);
    const T *P = Operands[0]->data<T>(), *Gradient = Operands[1]->data<T>();
    const T *M = Operands[2]->data<T>(), *V = Operands[3]->data<T>();
    T Scale = *Operands[5]->data<T>();
    T Eps = static_cast<T>(getEps().convertToDouble());
    T Shrink = getDecoupled() ? static_cast<T>(1 - Rate * Decay) : T(1);
    T Coupled = getDecoupled() ? T(0) : static_cast<T>(Decay);
    for (int64_t I = 0, E = Results[0].getNumElements(); I < E; ++I) {
      T G = Scale * Gradient[I] + Coupled * P[I];
      T NewM = static_cast<T>(Beta1) * M[I] + static_cast<T>(1 - Beta1) * G;
      T NewV = static_cast<T>(Beta2) * V[I] + static_cast<T>(1 - Beta2) * G * G;
      T Denominator = std::sqrt(NewV) / static_cast<T>(Correction) + Eps;
      Results[0].data<T>()[I] =
          P[I] * Shrink - static_cast<T>(StepSize) * NewM / Denominator;
      Results[1].data<T>()[I] = NewM;
      Results[2].data<T>()[I] = NewV;
    }
  });
}
