//===- DifferentiateTest.cpp - Gradients of whole graphs ------------------===//
//
// What `stator-differentiate` builds against differences of the mean loss.
// (Each op on its own is checked in tests/interpreter.)
//
//===----------------------------------------------------------------------===//

#include "passes/EntryPoints.h"
#include "tests/passes/PassTest.h"
#include <cmath>

using namespace mlir;
using namespace stator;
using namespace stator::test;

namespace {
class DifferentiateTest : public PassTest {
protected:
  /// Compares all gradients, and returns how many numbers were compared.
  int64_t check(StringRef Text, StringRef Before = "") {
    OwningOpRef<ModuleOp> Written = parse(Text);
    if (!Written)
      return 0;
    OwningOpRef<ModuleOp> Module = Written->clone();
    run(*Module, (Before + "stator-differentiate,canonicalize,cse").str());
    MapState State;
    for (auto Parameter : Module->getOps<ParameterOp>())
      State.Tensors[Parameter.getSymName().str()] =
          makeInput(Parameter.getTensorType(), 100 + State.Tensors.size());
    SmallVector<HostTensor> Arguments;
    for (Type Type : Module->lookupSymbol<FuncOp>("loss").getArgumentTypes())
      Arguments.push_back(makeInput(Type, Arguments.size() + 1, 3));

    auto Gradients = evaluate(*Module, "gradients", Arguments, State);
    EXPECT_NEAR(Gradients.front()->getAsDouble(0),
                getMeanLoss(*Written, Arguments, State), 1e-12);
    SmallVector<ParameterOp> Parameters =
        entry::getTrainableParameters(*Module);
    EXPECT_EQ(Gradients.size(), Parameters.size() + 1);
    int64_t Compared = 0;
    for (auto [Parameter, Gradient] :
         llvm::zip_equal(Parameters, ArrayRef(Gradients).drop_front())) {
      SCOPED_TRACE(Parameter.getSymName().str());
      HostTensor &Value = State.Tensors[Parameter.getSymName().str()];
      for (int64_t I = 0; I < Value.getNumElements(); ++I, ++Compared) {
        double Old = Value.getAsDouble(I), Step = 1e-5;
        Value.setFromDouble(I, Old + Step);
        double Above = getMeanLoss(*Written, Arguments, State);
        Value.setFromDouble(I, Old - Step);
        double Below = getMeanLoss(*Written, Arguments, State);
        Value.setFromDouble(I, Old);
        EXPECT_NEAR(Gradient->getAsDouble(I), (Above - Below) / (2 * Step),
                    1e-7)
            << "element " << I;
      }
    }
    return Compared;
  }

  static double getMeanLoss(ModuleOp Module, ArrayRef<HostTensor> Arguments,
                            StateAccess &State) {
    auto Loss = evaluate(Module, "loss", Arguments, State).front();
    double Sum = 0;
    for (int64_t I = 0; I < Loss->getNumElements(); ++I)
      Sum += Loss->getAsDouble(I);
    return Sum / Loss->getNumElements();
  }
};
} // namespace

TEST_F(DifferentiateTest, TiedParametersAndValuesUsedTwice) {
  EXPECT_EQ(check(R"(
stator.parameter @wte : tensor<4x3xf32> init #stator.init<constant, 0.0, 0.0>
stator.parameter @scale : tensor<3xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @loss(%tokens: tensor<5xi32>, %targets: tensor<5xi32>) -> tensor<5xf32> {
  %e = stator.read @wte : tensor<4x3xf32>
  %s = stator.read @scale : tensor<3xf32>
  %sb = stator.broadcast %s dims [1] : tensor<3xf32> -> tensor<5x3xf32>
  %x = stator.gather %e[%tokens] : (tensor<4x3xf32>, tensor<5xi32>) -> tensor<5x3xf32>
  %y = stator.mul %x, %sb : tensor<5x3xf32>
  %t = stator.tanh %y : tensor<5x3xf32>
  %u = stator.mul %t, %y : tensor<5x3xf32>
  %v = stator.add %u, %x : tensor<5x3xf32>
  %o = stator.read @wte : tensor<4x3xf32>
  %z = stator.einsum "b d, v d -> b v" %v, %o : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  %l, %lse = stator.cross_entropy %z, %targets : (tensor<5x4xf32>, tensor<5xi32>) -> (tensor<5xf32>, tensor<5xf32>)
  stator.return %l : tensor<5xf32>
})"),
            15);
}

TEST_F(DifferentiateTest, DropoutDrawsTheSameForwardAndBackward) {
  EXPECT_EQ(check(R"(
stator.parameter @w : tensor<6xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @loss(%x: tensor<6xf32>) -> tensor<6xf32> {
  %w = stator.read @w : tensor<6xf32>
  %y = stator.mul %w, %x : tensor<6xf32>
  %d = stator.dropout %y rate 0.5 stream 0 : tensor<6xf32>
  %e = stator.exp %d : tensor<6xf32>
  stator.return %e : tensor<6xf32>
})"),
            6);
}

// Two weights that a loop captures, one of which is used outside as well, a
// state that starts from a parameter, a carry that is handed on, and the last
// state in the loss.
TEST_F(DifferentiateTest, LoopWithCaptures) {
  EXPECT_EQ(check(R"(
stator.parameter @w : tensor<3x3xf32> init #stator.init<constant, 0.0, 0.0>
stator.parameter @b : tensor<3xf32> init #stator.init<constant, 0.0, 0.0>
stator.parameter @start : tensor<2x3xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @loss(%x: tensor<2x4x3xf32>) -> tensor<2xf32> {
  %w = stator.read @w : tensor<3x3xf32>
  %b = stator.read @b : tensor<3xf32>
  %start = stator.read @start : tensor<2x3xf32>
  %x1 = stator.einsum "b t i, i o -> b t o" %x, %w : (tensor<2x4x3xf32>, tensor<3x3xf32>) -> tensor<2x4x3xf32>
  %zero = stator.constant dense<0.0> : tensor<2x3xf32>
  %h, %before, %ys = stator.scan axis 1 length 4 carries(%s = %start, %p = %zero) over(%slice = %x1)
      : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x4x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x4x3xf32>) {
    %hw = stator.einsum "b i, i o -> b o" %s, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
    %bb = stator.broadcast %b dims [1] : tensor<3xf32> -> tensor<2x3xf32>
    %a = stator.add %hw, %bb : tensor<2x3xf32>
    %c = stator.add %a, %slice : tensor<2x3xf32>
    %d = stator.mul %c, %p : tensor<2x3xf32>
    %e = stator.add %c, %d : tensor<2x3xf32>
    %n = stator.tanh %e : tensor<2x3xf32>
    %y = stator.mul %n, %slice : tensor<2x3xf32>
    stator.yield %n, %s, %y : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  }
  %sum = stator.reduce sum %ys axes [1] : tensor<2x4x3xf32> -> tensor<2x3xf32>
  %m = stator.mul %sum, %h : tensor<2x3xf32>
  %q = stator.add %m, %before : tensor<2x3xf32>
  %l = stator.reduce sum %q axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  stator.return %l : tensor<2xf32>
})"),
            18);
}

// A loop in a loop, the outer one backwards; the weight is captured through
// both, and the scalar state has fewer dimensions than the axis.
TEST_F(DifferentiateTest, NestedLoops) {
  EXPECT_EQ(check(R"(
stator.parameter @w : tensor<2xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @loss(%x: tensor<2x3x2xf32>) -> tensor<f32> {
  %w = stator.read @w : tensor<2xf32>
  %zero = stator.constant dense<0.5> : tensor<f32>
  %last = stator.scan axis 1 length 3 reverse carries(%s = %zero) over(%slice = %x)
      : (tensor<f32>, tensor<2x3x2xf32>) -> tensor<f32> {
    %in = stator.scan axis 0 length 2 carries(%t = %s) over(%row = %slice)
        : (tensor<f32>, tensor<2x2xf32>) -> tensor<f32> {
      %p = stator.mul %row, %w : tensor<2xf32>
      %r = stator.reduce sum %p axes [0] : tensor<2xf32> -> tensor<f32>
      %u = stator.add %r, %t : tensor<f32>
      %v = stator.sin %u : tensor<f32>
      stator.yield %v : tensor<f32>
    }
    %y = stator.mul %in, %s : tensor<f32>
    stator.yield %y : tensor<f32>
  }
  stator.return %last : tensor<f32>
})"),
            2);
}

// Attention as it is fused, against differences of attention as it is written.
TEST_F(DifferentiateTest, ThroughFusedAttention) {
  EXPECT_EQ(check(R"(
stator.parameter @w : tensor<6x4xf32> init #stator.init<constant, 0.0, 0.0>
stator.func @loss(%x: tensor<1x3x4xf32>) -> tensor<1x3x2xf32> {
  %w = stator.read @w : tensor<6x4xf32>
  %qkv = stator.einsum "b t i, o i -> b t o" %x, %w : (tensor<1x3x4xf32>, tensor<6x4xf32>) -> tensor<1x3x6xf32>
  %q = stator.slice %qkv offsets [0, 0, 0] strides [1, 1, 1] : tensor<1x3x6xf32> -> tensor<1x3x2xf32>
  %k = stator.slice %qkv offsets [0, 0, 2] strides [1, 1, 1] : tensor<1x3x6xf32> -> tensor<1x3x2xf32>
  %v = stator.slice %qkv offsets [0, 0, 4] strides [1, 1, 1] : tensor<1x3x6xf32> -> tensor<1x3x2xf32>
  %s = stator.einsum "b q d, b k d -> b q k" %q, %k : (tensor<1x3x2xf32>, tensor<1x3x2xf32>) -> tensor<1x3x3xf32>
  %m = stator.causal_mask %s fill -1.0e+30 : tensor<1x3x3xf32>
  %p = stator.softmax %m axis 2 : tensor<1x3x3xf32>
  %d = stator.dropout %p rate 0.3 stream 0 : tensor<1x3x3xf32>
  %y = stator.einsum "b q k, b k d -> b q d" %d, %v : (tensor<1x3x3xf32>, tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
  %l = stator.mul %y, %y : tensor<1x3x2xf32>
  stator.return %l : tensor<1x3x2xf32>
})",
                  "stator.func(stator-fuse-attention{remarks=false}),"),
            24);
}
