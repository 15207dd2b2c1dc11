//===- TimeSemanticsTest.cpp - How ops move information along time --------===//

#include "tests/ir/ModuleForTest.h"
#include "llvm/ADT/DenseMap.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace stator;
using ::testing::HasSubstr;

namespace {

constexpr TimeAxis None;
const TimeAxis Whole = TimeAxis::whole();
TimeAxis along(int64_t Axis, int64_t Shift = 0) {
  return TimeAxis::along(Axis, Shift);
}
TimeAxis upTo(int64_t Last) { return TimeAxis::upTo(Last); }
/// Along an axis, and all elements depend on positions up to `Last` too.
TimeAxis alongAndUpTo(int64_t Axis, int64_t Last) {
  TimeAxis Result = along(Axis);
  Result.Prefix = Last;
  return Result;
}

/// The flow of the last op of a function when its arguments vary so.
TimeFlow follow(const std::string &Arguments, const std::string &Body,
                std::vector<TimeAxis> Times) {
  ModuleForTest Module(Arguments, Body,
                       "stator.parameter @w : tensor<4x4xf32> init <constant, "
                       "0.0, 0.0>");
  FuncOp Func = Module.getFunction();
  if (!Func) {
    ADD_FAILURE() << Body;
    return {};
  }
  llvm::DenseMap<Value, TimeAxis> TimeOf;
  for (auto [Argument, Time] :
       llvm::zip_equal(Func.getBody().getArguments(), Times))
    TimeOf[Argument] = Time;
  TimeFlow Last;
  for (Operation &Op : Func.getBody().front().without_terminator()) {
    if (isa<ReadOp>(Op))
      continue;
    llvm::SmallVector<TimeAxis> Operands;
    for (Value Operand : Op.getOperands())
      Operands.push_back(TimeOf.lookup(Operand));
    Last = cast<TimeSemantics>(Op).getTimeFlow(Operands);
    EXPECT_EQ(Last.ResultAxes.size(), Op.getNumResults());
    EXPECT_EQ(Last.Kind == TimeKind::Mixing, !Last.Reason.empty());
    for (auto [Result, Time] :
         llvm::zip_equal(Op.getResults(), Last.ResultAxes))
      TimeOf[Result] = Time;
  }
  return Last;
}

void expectFlow(const TimeFlow &Flow, TimeKind Kind, TimeAxis Time) {
  EXPECT_EQ(Flow.Kind, Kind) << Flow.Reason;
  ASSERT_FALSE(Flow.ResultAxes.empty());
  EXPECT_TRUE(Flow.ResultAxes[0] == Time)
      << "axis " << Flow.ResultAxes[0].Axis.value_or(-1) << ", keys "
      << Flow.ResultAxes[0].KeyAxis.value_or(-1) << ", future "
      << static_cast<int>(Flow.ResultAxes[0].Future) << ", shifts "
      << Flow.ResultAxes[0].Shift << " and " << Flow.ResultAxes[0].KeyShift
      << ", reach " << Flow.ResultAxes[0].Reach << ", prefix "
      << Flow.ResultAxes[0].Prefix;
}

/// Most of the tests have five positions, and mix all of them.
void expectMixing(const TimeFlow &Flow, const std::string &Reason,
                  TimeAxis Time = upTo(4)) {
  expectFlow(Flow, TimeKind::Mixing, Time);
  EXPECT_THAT(Flow.Reason, HasSubstr(Reason));
}

TEST(TimeSemanticsTest, ElementwiseKeepsTime) {
  const std::string Args = "%x: tensor<2x5x4xf32>, %y: tensor<2x5x4xf32>";
  const std::string Add = "%0 = stator.add %x, %y : tensor<2x5x4xf32>";
  expectFlow(follow(Args, Add, {along(1), along(1)}), TimeKind::Pointwise,
             along(1));
  expectFlow(follow(Args, Add, {None, along(1)}), TimeKind::Pointwise,
             along(1));
  expectFlow(follow(Args, Add, {None, None}), TimeKind::Pointwise, None);
  expectFlow(follow(Args, Add, {along(1), upTo(3)}), TimeKind::Pointwise,
             alongAndUpTo(1, 3));
  // Two vectors along different dimensions make a matrix of pairs.
  expectFlow(follow(Args, Add, {along(1), along(2)}), TimeKind::Pointwise,
             TimeAxis::pair(1, 2));
}

TEST(TimeSemanticsTest, MovesWithItsDimension) {
  const std::string Args = "%x: tensor<2x5x8xf32>";
  expectFlow(follow(Args,
                    "%0 = stator.transpose %x perm [2, 0, 1] : "
                    "tensor<2x5x8xf32> -> tensor<8x2x5xf32>",
                    {along(1)}),
             TimeKind::Pointwise, along(2));
  expectFlow(follow(Args,
                    "%0 = stator.broadcast %x dims [0, 2, 3] : "
                    "tensor<2x5x8xf32> -> tensor<2x3x5x8xf32>",
                    {along(1)}),
             TimeKind::Pointwise, along(2));
  // Heads are split off behind time and merged again.
  expectFlow(follow(Args,
                    "%0 = stator.reshape %x : tensor<2x5x8xf32> -> "
                    "tensor<2x5x4x2xf32>",
                    {along(1)}),
             TimeKind::Pointwise, along(1));
  expectMixing(follow(Args,
                      "%0 = stator.reshape %x : tensor<2x5x8xf32> -> "
                      "tensor<10x8xf32>",
                      {along(1)}),
               "merges");
}

TEST(TimeSemanticsTest, SlicesAndPads) {
  const std::string Args = "%x: tensor<5x4xf32>";
  auto Slice = [&](const std::string &How, TimeAxis Time) {
    return follow(Args, "%0 = stator.slice %x " + How, {Time});
  };
  const std::string First = "offsets [0, 1] strides [1, 1] : tensor<5x4xf32> "
                            "-> tensor<3x2xf32>";
  expectFlow(Slice(First, along(0)), TimeKind::Pointwise, along(0));
  expectMixing(Slice(First, along(1)), "later positions to earlier",
               along(1, 1));
  expectMixing(Slice("offsets [0, 0] strides [2, 1] : tensor<5x4xf32> -> "
                     "tensor<3x4xf32>",
                     along(0)),
               "later positions to earlier", along(0, 2));
  expectFlow(follow(Args,
                    "%0 = stator.pad %x low [1, 0] strides [1, 1] : "
                    "tensor<5x4xf32> -> tensor<6x4xf32>",
                    {along(0)}),
             TimeKind::Causal, along(0, -1));
  // What was moved to later positions may move back.
  expectFlow(follow(Args, R"(
    %0 = stator.pad %x low [2, 0] strides [1, 1] : tensor<5x4xf32> -> tensor<7x4xf32>
    %1 = stator.slice %0 offsets [1, 0] strides [1, 1] : tensor<7x4xf32> -> tensor<5x4xf32>)",
                    {along(0)}),
             TimeKind::Causal, along(0, -1));
  // The position before each.
  expectFlow(follow(Args + ", %z: tensor<1x4xf32>", R"(
    %0 = stator.slice %x offsets [0, 0] strides [1, 1] : tensor<5x4xf32> -> tensor<4x4xf32>
    %1 = stator.concat %z, %0 axis 0 : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<5x4xf32>)",
                    {along(0), None}),
             TimeKind::Causal, along(0, -1));
}

TEST(TimeSemanticsTest, Reductions) {
  const std::string Args = "%x: tensor<2x5x8xf32>";
  expectFlow(follow(Args,
                    "%0 = stator.reduce mean %x axes [0] : tensor<2x5x8xf32> "
                    "-> tensor<5x8xf32>",
                    {along(1)}),
             TimeKind::Pointwise, along(0));
  expectMixing(follow(Args,
                      "%0 = stator.reduce mean %x axes [1] : "
                      "tensor<2x5x8xf32> -> tensor<2x8xf32>",
                      {along(1)}),
               "a mean over time");
  expectMixing(follow(Args, "%0 = stator.softmax %x axis 1 : tensor<2x5x8xf32>",
                      {along(1)}),
               "a softmax over time");
  const std::string Cumsum = "%0 = stator.cumsum %x axis 1";
  expectFlow(follow(Args, Cumsum + " : tensor<2x5x8xf32>", {along(1)}),
             TimeKind::Causal, along(1));
  expectMixing(
      follow(Args, Cumsum + " reverse : tensor<2x5x8xf32>", {along(1)}),
      "from the end");
}

TEST(TimeSemanticsTest, Contractions) {
  const std::string Args = "%x: tensor<2x5x8xf32>, %w: tensor<8x3xf32>, "
                           "%m: tensor<5x5xf32>";
  expectFlow(follow(Args,
                    "%0 = stator.einsum \"b t i, i o -> o b t\" %x, %w : "
                    "(tensor<2x5x8xf32>, tensor<8x3xf32>) -> tensor<3x2x5xf32>",
                    {along(1), None, None}),
             TimeKind::Pointwise, along(2));
  // A matrix of weights between positions, as in MLP-Mixer.
  expectMixing(follow(Args,
                      "%0 = stator.einsum \"b t i, t s -> b s i\" %x, %m : "
                      "(tensor<2x5x8xf32>, tensor<5x5xf32>) -> "
                      "tensor<2x5x8xf32>",
                      {along(1), None, None}),
               "a sum over time");
}

TEST(TimeSemanticsTest, LookUps) {
  const std::string Args = "%t: tensor<9x4xf32>, %i: tensor<2x5xi32>";
  const std::string Gather = "%0 = stator.gather %t[%i] : (tensor<9x4xf32>, "
                             "tensor<2x5xi32>) -> tensor<2x5x4xf32>";
  expectFlow(follow(Args, Gather, {None, along(1)}), TimeKind::Pointwise,
             along(1));
  expectMixing(follow(Args, Gather, {along(0), None}), "among the positions",
               upTo(8));
}

/// Attention as it is written out; `Mask` makes %m of %s.
std::string makeAttention(const std::string &Mask,
                          const std::string &Weights = "%p") {
  return R"(
    %s = stator.einsum "b q d, b k d -> b q k" %x, %x : (tensor<2x5x8xf32>, tensor<2x5x8xf32>) -> tensor<2x5x5xf32>
    )" + Mask +
         R"(
    %p = stator.softmax %m axis 2 : tensor<2x5x5xf32>
    %d = stator.dropout %p rate 0.1 stream 0 : tensor<2x5x5xf32>
    %r = stator.einsum "b q k, b k d -> b q d" )" +
         Weights +
         R"(, %x : (tensor<2x5x5xf32>, tensor<2x5x8xf32>) -> tensor<2x5x8xf32>)";
}

TEST(TimeSemanticsTest, FollowsAttentionWrittenOut) {
  const std::string Args = "%x: tensor<2x5x8xf32>";
  const std::string Causal =
      "%m = stator.causal_mask %s fill -inf : tensor<2x5x5xf32>";
  expectFlow(follow(Args, makeAttention(Causal), {along(1)}), TimeKind::Causal,
             along(1));
  expectFlow(follow(Args, makeAttention(Causal, "%d"), {along(1)}),
             TimeKind::Causal, along(1));
  // Scaled after the mask.
  expectFlow(follow(Args, makeAttention(R"(
    %n = stator.causal_mask %s fill -inf : tensor<2x5x5xf32>
    %c = stator.constant dense<0.5> : tensor<2x5x5xf32>
    %m = stator.mul %n, %c : tensor<2x5x5xf32>)"),
                    {along(1)}),
             TimeKind::Causal, along(1));
  // Zeros instead of minus infinity still show how much there is to come: the
  // values of later positions get a weight.
  expectMixing(follow(Args,
                      makeAttention("%m = stator.causal_mask %s fill 0.0 : "
                                    "tensor<2x5x5xf32>"),
                      {along(1)}),
               "weights are not zero for later positions", alongAndUpTo(1, 4));
  expectMixing(follow(Args,
                      "%s = stator.einsum \"b q d, b k d -> b q k\" %x, %x : "
                      "(tensor<2x5x8xf32>, tensor<2x5x8xf32>) -> "
                      "tensor<2x5x5xf32>\n"
                      "%p = stator.softmax %s axis 2 : tensor<2x5x5xf32>",
                      {along(1)}),
               "no causal mask hides", alongAndUpTo(1, 4));
}

TEST(TimeSemanticsTest, FollowsScoresMaskedInOtherWays) {
  const std::string Args = "%x: tensor<2x5x8xf32>, %b: tensor<5xf32>";
  // Linear attention: no softmax, zeros after the query.
  const std::string Linear = R"(
    %s = stator.einsum "b q d, b k d -> b q k" %x, %x : (tensor<2x5x8xf32>, tensor<2x5x8xf32>) -> tensor<2x5x5xf32>
    %m = stator.causal_mask %s fill 0.0 : tensor<2x5x5xf32>
    %r = stator.einsum "b q k, b k d -> b q d" %m, %x : (tensor<2x5x5xf32>, tensor<2x5x8xf32>) -> tensor<2x5x8xf32>)";
  expectFlow(follow(Args, Linear, {along(1), None}), TimeKind::Causal,
             along(1));
  // A sum over what a query may see.
  expectFlow(follow(Args, R"(
    %s = stator.einsum "b q d, b k d -> b q k" %x, %x : (tensor<2x5x8xf32>, tensor<2x5x8xf32>) -> tensor<2x5x5xf32>
    %m = stator.causal_mask %s fill 0.0 : tensor<2x5x5xf32>
    %r = stator.reduce sum %m axes [2] : tensor<2x5x5xf32> -> tensor<2x5xf32>)",
                    {along(1), None}),
             TimeKind::Causal, along(1));
  // What is added to zeros along the keys shows again.
  expectMixing(follow(Args, R"(
    %s = stator.einsum "b q d, b k d -> b q k" %x, %x : (tensor<2x5x8xf32>, tensor<2x5x8xf32>) -> tensor<2x5x5xf32>
    %m = stator.causal_mask %s fill 0.0 : tensor<2x5x5xf32>
    %c = stator.broadcast %b dims [2] : tensor<5xf32> -> tensor<2x5x5xf32>
    %a = stator.add %m, %c : tensor<2x5x5xf32>
    %r = stator.reduce sum %a axes [2] : tensor<2x5x5xf32> -> tensor<2x5xf32>)",
                      {along(1), along(0)}),
               "a sum over time", alongAndUpTo(1, 4));
}

TEST(TimeSemanticsTest, Attention) {
  const std::string T = "tensor<2x4x5x8xf32>";
  auto Attention = [&](const std::string &Mask, std::vector<TimeAxis> Times) {
    return follow("%q: " + T + ", %k: " + T + ", %v: " + T,
                  "%0:2 = stator.attention %q, %k, %v scale 1.0 " + Mask +
                      " : (" + T + ", " + T + ", " + T + ") -> (" + T +
                      ", tensor<2x4x5xf32>)",
                  std::move(Times));
  };
  expectFlow(Attention("causal", {along(2), along(2), along(2)}),
             TimeKind::Causal, along(2));
  expectFlow(Attention("causal window 2", {along(2), along(2), along(2)}),
             TimeKind::Causal, along(2));
  expectMixing(Attention("", {along(2), along(2), along(2)}),
               "without a causal mask", alongAndUpTo(2, 4));
  // To memories that are no tokens.
  expectFlow(Attention("", {along(2), None, None}), TimeKind::Pointwise,
             along(2));
  expectMixing(Attention("causal", {along(1), along(1), along(1)}),
               "another dimension", upTo(3));
  expectFlow(Attention("causal", {None, None, None}), TimeKind::Pointwise,
             None);
}

TEST(TimeSemanticsTest, AttentionWithBias) {
  auto Attention = [&](const std::string &Bias, TimeAxis Scores,
                       TimeAxis OfBias) {
    const std::string T = "tensor<2x4x5x8xf32>";
    return follow("%q: " + T + ", %k: " + T + ", %v: " + T + ", %b: " + Bias,
                  "%0:2 = stator.attention %q, %k, %v bias %b scale 1.0 "
                  "causal : (" +
                      T + ", " + T + ", " + T + ", " + Bias + ") -> (" + T +
                      ", tensor<2x4x5xf32>)",
                  {Scores, Scores, Scores, OfBias});
  };
  expectFlow(Attention("tensor<5x5xf32>", along(2), None), TimeKind::Causal,
             along(2));
  expectFlow(Attention("tensor<2x1x5x5xf32>", along(0), along(0)),
             TimeKind::Pointwise, along(0));
  // The first dimension of this one is that of the queries.
  expectMixing(Attention("tensor<5x5xf32>", along(0), along(0)),
               "another dimension");
}

TEST(TimeSemanticsTest, Loops) {
  const std::string Args = "%c: tensor<4xf32>, %x: tensor<4x5xf32>, "
                           "%u: tensor<4xf32>";
  auto Scan = [&](const std::string &How, const std::string &Other,
                  std::vector<TimeAxis> Times) {
    return follow(Args,
                  "%w = stator.read @w : tensor<4x4xf32>\n"
                  "%l, %y = stator.scan axis 1 length 5 " +
                      How + R"( carries(%s = %c) over(%r = %x)
        : (tensor<4xf32>, tensor<4x5xf32>) -> (tensor<4xf32>, tensor<4x5xf32>) {
      %0 = stator.einsum "i j, j -> i" %w, %s : (tensor<4x4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %1 = stator.add %0, )" +
                      Other + R"( : tensor<4xf32>
      stator.yield %1, %1 : tensor<4xf32>, tensor<4xf32>
    })",
                  std::move(Times));
  };
  TimeFlow Forward = Scan("", "%r", {None, along(1), None});
  // The last state has seen everything.
  expectFlow(Forward, TimeKind::Causal, upTo(4));
  ASSERT_EQ(Forward.ResultAxes.size(), 2u);
  EXPECT_TRUE(Forward.ResultAxes[1] == along(1));
  expectMixing(Scan("reverse", "%r", {None, along(1), None}), "backwards");
  expectMixing(Scan("", "%r", {None, along(0), None}), "another dimension",
               upTo(3));
  expectMixing(Scan("", "%r", {along(0), None, None}), "first state", upTo(3));
  // All of a state may depend on a prefix, and then all that follows does.
  expectFlow(Scan("", "%r", {upTo(2), None, None}), TimeKind::Pointwise,
             upTo(2));
  expectMixing(Scan("", "%u", {None, along(1), None}), "from outside", Whole);
}

TEST(TimeSemanticsTest, LossesAndBackwardOps) {
  expectFlow(follow("%x: tensor<2x5x9xf32>, %t: tensor<2x5xi32>",
                    "%0:2 = stator.cross_entropy %x, %t : "
                    "(tensor<2x5x9xf32>, tensor<2x5xi32>) -> "
                    "(tensor<2x5xf32>, tensor<2x5xf32>)",
                    {along(1), None}),
             TimeKind::Pointwise, along(1));
  expectMixing(follow("%u: tensor<2x5x4xf32>, %i: tensor<2x5xi32>",
                      "%0 = stator.scatter_add %u[%i] : (tensor<2x5x4xf32>, "
                      "tensor<2x5xi32>) -> tensor<9x4xf32>",
                      {along(1), along(1)}),
               "a sum over positions");
}

} // namespace
