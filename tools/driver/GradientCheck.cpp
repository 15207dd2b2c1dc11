//===- GradientCheck.cpp - Gradients against differences ------------------===//

#include "tools/driver/GradientCheck.h"
#include "runtime/core/State.h"
#include "runtime/interpreter/GraphEvaluator.h"
#include <cmath>
#include <random>

using namespace mlir;

namespace stator::driver {
namespace {

/// The state as f64 tensors; what a function writes is dropped.
class WideState : public StateAccess {
public:
  explicit WideState(const StatorProgram &Program) {
    std::vector<float> Block(Program.StateBytes / sizeof(float) + 1);
    auto *Bytes = reinterpret_cast<uint8_t *>(Block.data());
    runtime::initializeState(Program, Bytes, /*Seed=*/1);
    for (int64_t I = 0; I < Program.NumTensors; ++I) {
      const StatorTensor &Tensor = Program.Tensors[I];
      HostTensor Wide(HostType::F64,
                      ArrayRef<int64_t>(Tensor.Shape, Tensor.Rank));
      std::copy_n(Block.data() + Tensor.Offset / sizeof(float), Tensor.Elements,
                  Wide.data<double>());
      Tensors[Tensor.Name] = std::move(Wide);
    }
  }
  HostTensor read(StringRef Name) override { return Tensors[Name]; }
  void write(StringRef, HostTensor) override {}
  HostTensor &operator[](StringRef Name) { return Tensors[Name]; }

private:
  llvm::StringMap<HostTensor> Tensors;
};

GraphEvaluator::TensorRef drawTokens(std::mt19937_64 &Random, Type Of,
                                     int64_t Vocabulary) {
  HostTensor Tokens(HostType::I32, cast<RankedTensorType>(Of).getShape());
  for (int64_t I = 0; I < Tokens.getNumElements(); ++I)
    Tokens.data<int32_t>()[I] =
        static_cast<int32_t>(Random() % static_cast<uint64_t>(Vocabulary));
  return std::make_shared<HostTensor>(std::move(Tokens));
}

double norm(ArrayRef<double> V) {
  double Sum = 0;
  for (double X : V)
    Sum += X * X;
  return std::sqrt(Sum);
}

} // namespace

GradientReport checkGradients(ModuleOp Module, const StatorProgram &Program) {
  // Small enough that the curvature of the loss does not count, large enough
  // that rounding does not: errors of 1e-10 and 1e-11 of the loss.
  constexpr double Step = 1e-5;
  // A wrong gradient of this size would pass as well.
  constexpr double LeastGradient = 1e-9;

  GradientReport Report;
  auto Gradients = Module.lookupSymbol<FuncOp>("gradients");
  std::mt19937_64 Random(1);
  std::vector<GraphEvaluator::TensorRef> Batch;
  for (Type Input : Gradients.getFunctionType().getInputs())
    Batch.push_back(drawTokens(Random, Input, Program.Vocabulary));
  WideState State(Program);
  GraphEvaluator Evaluator(Module, HostType::F64, &State);
  auto Evaluate = [&] {
    auto Results = Evaluator.run(Gradients, Batch);
    for (const std::string &Error : Evaluator.takeErrors())
      Report.Failure = Error;
    return Results;
  };

  auto Results = Evaluate();
  if (Report.Failure.empty())
    if (double Loss = Results[0]->getAsDouble(0); !std::isfinite(Loss))
      Report.Failure = "the loss of random tokens is " + std::to_string(Loss) +
                       " at the initial weights, so its gradients cannot be "
                       "compared with anything";
  size_t Next = 1;
  for (int64_t I = 0; I < Program.NumTensors && Report.Failure.empty(); ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role != STATOR_ROLE_PARAMETER || !Tensor.Trainable)
      continue;
    const HostTensor &Gradient = *Results[Next++];
    ArrayRef<double> G(Gradient.data<double>(), Gradient.getNumElements());

    std::normal_distribution<double> Normal;
    std::vector<double> Direction(G.size());
    for (double &X : Direction)
      X = Normal(Random);
    const double Random1 = norm(Direction), Length = norm(G);
    if (!std::isfinite(Length)) {
      Report.Failure = std::string("the gradient of ") + Tensor.Name +
                       " is not finite (it contains NaN or infinity) though "
                       "the loss is";
      break;
    }
    double Expected = 0;
    for (auto [X, Y] : llvm::zip(Direction, G)) {
      X = X / Random1 + (Length > 0 ? Y / Length : 0);
      Expected += X * Y;
    }

    const HostTensor Saved = State[Tensor.Name];
    auto LossAt = [&](double Distance) {
      HostTensor Moved = Saved;
      for (size_t J = 0; J < Direction.size(); ++J)
        Moved.data<double>()[J] += Distance * Direction[J];
      State[Tensor.Name] = std::move(Moved);
      return Evaluate()[0]->getAsDouble(0);
    };
    const double Difference = (LossAt(Step) - LossAt(-Step)) / (2 * Step);
    State[Tensor.Name] = Saved;

    // Relative, but for gradients that are nothing but rounding.
    const double Error =
        std::abs(Difference - Expected) / std::max(std::abs(Expected), 1e-4);
    if (Length <= LeastGradient && Error <= Report.Tolerance)
      Report.Untested.push_back(Tensor.Name);
    else
      ++Report.Checked;
    // A NaN is the worst of all.
    if (!(Error <= Report.WorstError)) {
      Report.WorstError = Error;
      Report.WorstName = Tensor.Name;
      if (std::isnan(Error))
        break;
    }
  }
  return Report;
}

} // namespace stator::driver
