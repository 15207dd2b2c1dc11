//===- ElementwiseOps.cpp - Eager elementwise ops -------------------------===//

#include "runtime/interpreter/eager/Engine.h"
#include <cmath>

using namespace mlir;

namespace stator::eager {

static Tensor runUnary(Unary Kernel, Tensor X) {
  Tensor Result(HostType::F32, X.getShape());
  auto *Run = getKernels().Unary[static_cast<int>(Kernel)];
  forEachRow(Result.getShape(), X, [&](const Row &R) {
    float *To = Result.data<float>() + R.ResultAt;
    const float *From = X.data<float>() + R.At[0];
    if (R.Step[0])
      return Run(To, From, R.N);
    Run(To, From, 1);
    getKernels().Fill(To, *To, R.N);
  });
  return Result;
}

Tensor runBinary(Binary Kernel, Tensor X, Tensor Y) {
  Tensor Result(HostType::F32, X.getShape());
  auto *Run = getKernels().Binary[static_cast<int>(Kernel)];
  Tensor Operands[] = {std::move(X), std::move(Y)};
  forEachRow(Result.getShape(), Operands, [&](const Row &R) {
    Run(Result.data<float>() + R.ResultAt, Operands[0].data<float>() + R.At[0],
        R.Step[0], Operands[1].data<float>() + R.At[1], R.Step[1], R.N);
  });
  return Result;
}

template <Unary Kernel>
static void handleUnary(Engine &, Operation *, ArrayRef<Tensor> Operands,
                        MutableArrayRef<Tensor> Results) {
  Results[0] = runUnary(Kernel, Operands[0]);
}

template <Binary Kernel>
static void handleBinary(Engine &, Operation *, ArrayRef<Tensor> Operands,
                         MutableArrayRef<Tensor> Results) {
  Results[0] = runBinary(Kernel, Operands[0], Operands[1]);
}

static void handleGelu(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                       MutableArrayRef<Tensor> Results) {
  Results[0] = runUnary(
      cast<GeluOp>(Op).getTanhApproximation() ? Unary::GeluTanh : Unary::Gelu,
      Operands[0]);
}

static void handleSelect(Engine &, Operation *, ArrayRef<Tensor> Given,
                         MutableArrayRef<Tensor> Results) {
  Tensor Result(HostType::F32, Given[1].getShape());
  Tensor Operands[] = {Given[0], Given[1], Given[2]};
  forEachRow(Result.getShape(), Operands, [&](const Row &R) {
    getKernels().Select(Result.data<float>() + R.ResultAt,
                        Operands[0].data<uint8_t>() + R.At[0], R.Step[0],
                        Operands[1].data<float>() + R.At[1], R.Step[1],
                        Operands[2].data<float>() + R.At[2], R.Step[2], R.N);
  });
  Results[0] = Result;
}

static void handleDropout(Engine &Runner, Operation *Op,
                          ArrayRef<Tensor> Operands,
                          MutableArrayRef<Tensor> Results) {
  auto Dropout = cast<DropoutOp>(Op);
  double Rate = Dropout.getRate().convertToDouble();
  // At this rate the word that nothing is below keeps every element.
  auto Threshold = static_cast<uint64_t>(std::llround(Rate * 0x1p32));
  if (!Runner.Training || Threshold == 0) {
    Results[0] = Operands[0];
    return;
  }
  if (Threshold >> 32)
    return Runner.runReference(Op, Operands, Results);
  Tensor X = Operands[0].contiguous();
  Tensor Result(HostType::F32, X.getShape());
  forEachPart(X.getNumElements(), 1, [&](int64_t First, int64_t End) {
    getKernels().Dropout(
        Result.data<float>() + First, X.data<float>() + First, End - First,
        Runner.Info.Seed, static_cast<uint32_t>(First),
        static_cast<uint32_t>(Dropout.getStream()),
        static_cast<uint32_t>(Runner.Info.Sequence),
        static_cast<uint32_t>(Threshold), static_cast<float>(1 / (1 - Rate)));
  });
  Results[0] = Result;
}

template <typename Op, Unary Kernel>
static void addUnary(llvm::DenseMap<TypeID, Handler> &Handlers) {
  Handlers[TypeID::get<Op>()] = handleUnary<Kernel>;
}
template <typename Op, Binary Kernel>
static void addBinary(llvm::DenseMap<TypeID, Handler> &Handlers) {
  Handlers[TypeID::get<Op>()] = handleBinary<Kernel>;
}

void addElementwiseHandlers(llvm::DenseMap<TypeID, Handler> &Handlers) {
  addUnary<NegOp, Unary::Neg>(Handlers);
  addUnary<AbsOp, Unary::Abs>(Handlers);
  addUnary<ExpOp, Unary::Exp>(Handlers);
  addUnary<LogOp, Unary::Log>(Handlers);
  addUnary<SqrtOp, Unary::Sqrt>(Handlers);
  addUnary<RsqrtOp, Unary::Rsqrt>(Handlers);
  addUnary<SinOp, Unary::Sin>(Handlers);
  addUnary<CosOp, Unary::Cos>(Handlers);
  addUnary<TanhOp, Unary::Tanh>(Handlers);
  addUnary<ErfOp, Unary::Erf>(Handlers);
  addUnary<SigmoidOp, Unary::Sigmoid>(Handlers);
  addUnary<ReluOp, Unary::Relu>(Handlers);
  addUnary<SiluOp, Unary::Silu>(Handlers);
  addBinary<AddOp, Binary::Add>(Handlers);
  addBinary<SubOp, Binary::Sub>(Handlers);
  addBinary<MulOp, Binary::Mul>(Handlers);
  addBinary<DivOp, Binary::Div>(Handlers);
  addBinary<PowOp, Binary::Pow>(Handlers);
  addBinary<MaximumOp, Binary::Maximum>(Handlers);
  addBinary<MinimumOp, Binary::Minimum>(Handlers);
  Handlers[TypeID::get<GeluOp>()] = handleGelu;
  Handlers[TypeID::get<SelectOp>()] = handleSelect;
  Handlers[TypeID::get<DropoutOp>()] = handleDropout;
}

} // namespace stator::eager
