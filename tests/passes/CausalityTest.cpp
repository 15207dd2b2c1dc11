//===- CausalityTest.cpp - What is proved is true -------------------------===//
//
// Random graphs are evaluated with other tokens: where the proof holds, no bit
// of an earlier position changes. And attention is causal in all the forms in
// which it can be written.
//
//===----------------------------------------------------------------------===//

#include "passes/FindLeak.h"
#include "tests/passes/PassTest.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <cstdlib>
#include <random>

using namespace mlir;
using namespace stator;
using namespace stator::test;

namespace {

constexpr int64_t Time = 5, Vocabulary = 7;

/// Writes a random function of tokens [2, 5] to logits [2, 5, 4].
class RandomGraph {
public:
  /// Of eight graphs four have numbers as large as masks in other places, too.
  explicit RandomGraph(unsigned Seed)
      : Random(Seed), HasLargeNumbers(Seed / 4 % 2) {}

  std::string write() {
    Text =
        R"(stator.parameter @table : tensor<7x4xf32> init <constant, 0.0, 0.0>
stator.parameter @mix : tensor<5x5xf32> init <constant, 0.0, 0.0>
stator.func @forward(%tokens: tensor<2x5xi32>) -> tensor<2x5x4xf32> {
  %table = stator.read @table : tensor<7x4xf32>
  %mix = stator.read @mix : tensor<5x5xf32>
  %q = stator.iota axis 0 : tensor<5x5xi32>
  %k = stator.iota axis 1 : tensor<5x5xi32>
)";
    Vectors.push_back(define("stator.gather %table[%tokens] : "
                             "(tensor<7x4xf32>, tensor<2x5xi32>) -> " +
                             Vector));
    unsigned Steps = 2 + pick(7);
    for (unsigned I = 0; I < Steps; ++I)
      addStep();
    // What is never used proves nothing; most of it should be.
    std::string Result = last(Vectors);
    if (!Scores.empty())
      Result = contract(last(Scores), Result);
    return Text + "  stator.return " + Result + " : " + Vector + "\n}\n";
  }

private:
  const std::string Vector = "tensor<2x5x4xf32>", Score = "tensor<2x5x5xf32>",
                    Square = "tensor<5x5xf32>", Flat = "tensor<2x5xf32>",
                    Bits = "tensor<5x5xi1>", Indices = "tensor<5x5xi32>";

  unsigned pick(unsigned Count) { return Random() % Count; }
  std::string pick(std::initializer_list<const char *> Of) {
    return Of.begin()[pick(Of.size())];
  }
  std::string any(const std::vector<std::string> &Values) {
    return Values[pick(Values.size())];
  }
  std::string last(const std::vector<std::string> &Values) {
    return Values[Values.size() - 1 - pick(std::min<size_t>(Values.size(), 2))];
  }
  std::string define(const std::string &Op) {
    std::string Name = "%v" + std::to_string(Next++);
    Text += "  " + Name + " = " + Op + "\n";
    return Name;
  }
  std::string constant(const std::string &Number, const std::string &Type) {
    return define("stator.constant dense<" + Number + "> : " + Type);
  }
  std::string broadcast(const std::string &Value, const char *Dims,
                        const std::string &From, const std::string &To) {
    return define("stator.broadcast " + Value + " dims " + Dims + " : " + From +
                  " -> " + To);
  }

  /// A comparison of query and key, moved by some.
  std::string makeCondition() {
    std::string Moved = define(
        "stator.iadd %q, " +
        constant(pick({"-1", "0", "0", "0", "1"}), Indices) + " : " + Indices);
    std::string Condition = define(
        "stator.compare " + pick({"le", "le", "le", "lt", "gt", "ge", "eq"}) +
        " %k, " + Moved + " : " + Indices + " -> " + Bits);
    if (pick(4) == 0)
      Condition = define("stator.not " + Condition + " : " + Bits);
    if (pick(4) == 0)
      Condition = define("stator." + pick({"and", "or"}) + " " + Condition +
                         ", " + makeCondition() + " : " + Bits);
    return Condition;
  }
  std::string makeWideCondition() {
    return broadcast(makeCondition(), "[1, 2]", Bits, "tensor<2x5x5xi1>");
  }
  std::string makeMask(const std::string &Seen, const std::string &Hidden) {
    return define("stator.select " + makeWideCondition() + ", " +
                  constant(Seen, Score) + ", " + constant(Hidden, Score) +
                  " : tensor<2x5x5xi1>, " + Score);
  }

  std::string binary(const std::string &A, const std::string &B,
                     const std::string &Type) {
    return define("stator." + pick({"add", "sub", "mul", "maximum"}) + " " + A +
                  ", " + B + " : " + Type);
  }
  std::string unary(const std::string &A, const std::string &Type) {
    return define("stator." + pick({"tanh", "sigmoid", "relu", "neg", "sin"}) +
                  " " + A + " : " + Type);
  }
  /// Weights with values: along the keys, or the wrong way.
  std::string contract(const std::string &Weights, const std::string &Values) {
    return define(std::string("stator.einsum ") +
                  (pick(8) ? "\"b q k, b k d -> b q d\" "
                           : "\"b k q, b k d -> b q d\" ") +
                  Weights + ", " + Values + " : (" + Score + ", " + Vector +
                  ") -> " + Vector);
  }

  std::string shift(const std::string &Value) {
    const std::string Short = "tensor<2x4x4xf32>";
    bool IsLater = pick(3);
    std::string Part = define(
        "stator.slice " + Value + " offsets [0, " + (IsLater ? "0" : "1") +
        ", 0] strides [1, 1, 1] : " + Vector + " -> " + Short);
    return define("stator.pad " + Part + " low [0, " + pick({"0", "1", "1"}) +
                  ", 0] strides [1, 1, 1] : " + Short + " -> " + Vector);
  }
  std::string loop(const std::string &Value) {
    std::string Name = "%v" + std::to_string(Next++);
    std::string Zero = constant("0.0", "tensor<2x4xf32>");
    Text += "  " + Name + ":2 = stator.scan axis 1 length 5 " +
            (pick(4) ? "" : "reverse ") + "carries(%h = " + Zero +
            ") over(%x = " + Value + ") : (tensor<2x4xf32>, " + Vector +
            ") -> (tensor<2x4xf32>, " + Vector + R"() {
    %a = stator.add %h, %x : tensor<2x4xf32>
    %b = stator.tanh %a : tensor<2x4xf32>
    stator.yield %b, %b : tensor<2x4xf32>, tensor<2x4xf32>
  }
)";
    if (pick(4))
      return Name + "#1";
    return broadcast(Name + "#0", "[0, 2]", "tensor<2x4xf32>", Vector);
  }
  std::string reduce(const std::string &Value, const std::string &Type) {
    bool IsLast = Type == Vector || pick(3);
    if (Type == Vector && pick(4) == 0) {
      std::string Mean =
          define("stator.reduce mean " + Value + " axes [1] : " + Vector +
                 " -> tensor<2x4xf32>");
      return broadcast(Mean, "[0, 2]", "tensor<2x4xf32>", Vector);
    }
    std::string Sum = define("stator.reduce " + pick({"sum", "max", "mean"}) +
                             " " + Value + " axes [" + (IsLast ? "2" : "1") +
                             "] : " + Type + " -> " + Flat);
    return broadcast(Sum, "[0, 1]", Flat, Vector);
  }
  std::string makeScores() {
    if (pick(6) == 0)
      return broadcast("%mix", "[1, 2]", Square, Score);
    return define("stator.einsum \"b q d, b k d -> b q k\" " + any(Vectors) +
                  ", " + any(Vectors) + " : (" + Vector + ", " + Vector +
                  ") -> " + Score);
  }
  std::string pickFill(std::initializer_list<const char *> Fills) {
    return HasLargeNumbers ? pick({"-1.0e9", "-1.0e9", "-1.0e4"}) : pick(Fills);
  }
  std::string mask(const std::string &Value) {
    switch (pick(6)) {
    case 0:
    case 1:
      return define("stator.causal_mask " + Value + " fill " +
                    pickFill({"-inf", "-inf", "-1.0e9", "0.0", "-5.0"}) +
                    " : " + Score);
    case 2:
      return define(
          "stator.select " + makeWideCondition() + ", " + Value + ", " +
          constant(pickFill({"0xFF800000", "-1.0e9", "0.0", "-5.0"}), Score) +
          " : tensor<2x5x5xi1>, " + Score);
    case 3:
      return define(
          "stator.add " + Value + ", " +
          makeMask("0.0", pickFill({"0xFF800000", "-1.0e9", "-5.0"})) + " : " +
          Score);
    case 4:
      return define("stator.sub " + Value + ", " +
                    makeMask("0.0", pick({"1.0e9", "5.0"})) + " : " + Score);
    default:
      return define("stator.mul " + Value + ", " + makeMask("1.0", "0.0") +
                    " : " + Score);
    }
  }

  /// Makes scores larger, or smaller, by what masks are made of.
  std::string enlarge(const std::string &Value) {
    auto Combine = [&](std::initializer_list<const char *> Ops,
                       const std::string &Other) {
      return define("stator." + pick(Ops) + " " + Value + ", " + Other + " : " +
                    Score);
    };
    switch (pick(6)) {
    case 0:
    case 1:
      return Combine(
          {"mul", "mul", "div"},
          constant(pick({"-1.0", "0.01", "0.1", "64.0", "3.0e4", "-2.0e9"}),
                   Score));
    case 2:
      return Combine(
          {"add", "sub", "minimum", "maximum"},
          constant(pick({"1.0e9", "-1.0e9", "2.0e9", "-3.0e4"}), Score));
    case 3:
      return define("stator." + pick({"exp", "abs", "sigmoid", "silu"}) + " " +
                    Value + " : " + Score);
    case 4:
      return define("stator.cumsum " + Value + " axis " + pick({"1", "2"}) +
                    (pick(2) ? "" : " reverse") + " : " + Score);
    default: {
      bool IsLast = pick(3);
      std::string Row = define("stator.reduce " + pick({"sum", "max", "min"}) +
                               " " + Value + " axes [" + (IsLast ? "2" : "1") +
                               "] : " + Score + " -> " + Flat);
      return Combine({"add", "sub", "div"},
                     broadcast(Row, IsLast ? "[0, 1]" : "[0, 2]", Flat, Score));
    }
    }
  }

  /// Does with masked scores what may bring the masked ones back.
  void changeMasked() {
    for (unsigned I = 0, Changes = pick(4); I < Changes; ++I)
      switch (pick(3)) {
      case 0:
        Scores.push_back(enlarge(Scores.back()));
        break;
      case 1:
        Scores.push_back(binary(Scores.back(), any(Scores), Score));
        break;
      default:
        Scores.push_back(binary(Scores.back(), mask(makeScores()), Score));
      }
  }

  void addStep() {
    if (Scores.empty() || pick(5) == 0) {
      if (pick(2)) {
        Scores.push_back(mask(makeScores()));
        if (HasLargeNumbers)
          changeMasked();
        if (pick(3))
          Scores.push_back(define("stator.softmax " + Scores.back() + " axis " +
                                  (pick(6) ? "2" : "1") + " : " + Score));
        return;
      }
      switch (pick(6)) {
      case 0:
        return Vectors.push_back(binary(any(Vectors), any(Vectors), Vector));
      case 1:
        return Vectors.push_back(unary(last(Vectors), Vector));
      case 2:
        return Vectors.push_back(shift(last(Vectors)));
      case 3:
        return Vectors.push_back(loop(last(Vectors)));
      case 4:
        return Vectors.push_back(define("stator.cumsum " + last(Vectors) +
                                        " axis " + pick({"1", "1", "2"}) +
                                        (pick(4) ? "" : " reverse") + " : " +
                                        Vector));
      default:
        return Vectors.push_back(reduce(last(Vectors), Vector));
      }
    }
    switch (pick(HasLargeNumbers ? 12 : 8)) {
    case 8:
    case 9:
    case 10:
    case 11:
      return Scores.push_back(enlarge(last(Scores)));
    case 0:
      return Scores.push_back(binary(any(Scores), any(Scores), Score));
    case 1:
      return Scores.push_back(unary(last(Scores), Score));
    case 2:
      return Scores.push_back(mask(last(Scores)));
    case 3:
      return Scores.push_back(define("stator.softmax " + last(Scores) +
                                     " axis " + (pick(6) ? "2" : "1") + " : " +
                                     Score));
    case 4:
      return Scores.push_back(define("stator.transpose " + last(Scores) +
                                     " perm [0, 2, 1] : " + Score + " -> " +
                                     Score));
    case 5:
      return Scores.push_back(define("stator.cumsum " + last(Scores) +
                                     " axis " + pick({"1", "2"}) + " : " +
                                     Score));
    case 6:
      return Vectors.push_back(reduce(last(Scores), Score));
    default:
      return Vectors.push_back(contract(last(Scores), any(Vectors)));
    }
  }

  std::mt19937 Random;
  bool HasLargeNumbers;
  std::string Text;
  unsigned Next = 0;
  std::vector<std::string> Vectors, Scores;
};

using CausalityTest = PassTest;

/// Positions of the logits that change when the token of one position does.
/// Numbers that are not finite are outside of the proof.
bool differsBefore(const HostTensor &A, const HostTensor &B, int64_t Position) {
  ArrayRef<int64_t> Shape = A.getShape();
  for (int64_t I = 0; I < A.getNumElements(); ++I) {
    int64_t At = I / Shape[2] % Shape[1];
    double X = A.getAsDouble(I), Y = B.getAsDouble(I);
    if (At < Position && std::isfinite(X) && std::isfinite(Y) && X != Y)
      return true;
  }
  return false;
}

TEST_F(CausalityTest, WhatIsProvedIsTrue) {
  unsigned NumProved = 0, NumUsed = 0, NumRefused = 0, NumLeaking = 0;
  // For a long search: STATOR_RANDOM_GRAPHS=1000000.
  unsigned Count = 3000;
  if (const char *More = std::getenv("STATOR_RANDOM_GRAPHS")) {
    unsigned Wanted;
    ASSERT_TRUE(llvm::to_integer(More, Wanted)) << More;
    Count = std::max(Count, Wanted);
  }
  for (unsigned Seed = 0; Seed < Count; ++Seed) {
    std::string Text = RandomGraph(Seed).write();
    OwningOpRef<ModuleOp> Module = parse(Text);
    ASSERT_TRUE(Module) << Text;
    auto Func = Module->lookupSymbol<FuncOp>("forward");
    int64_t Prefix = Seed % 4 == 0 ? 2 : 0;
    FailureOr<TimeAnalysis> Analysis = TimeAnalysis::run(Func, Prefix);
    ASSERT_TRUE(succeeded(Analysis)) << Text;
    std::optional<Leak> Found = findLeak(Func, *Analysis, Prefix);
    if (Found) {
      EXPECT_TRUE(Found->Op);
      EXPECT_FALSE(Found->Reason.empty()) << Text;
    }

    MapState State;
    for (auto Parameter : Module->getOps<ParameterOp>())
      State.Tensors[Parameter.getSymName().str()] =
          makeInput(Parameter.getTensorType(), 17 + Seed);
    HostTensor Tokens =
        makeInput(Func.getArgumentTypes()[0], Seed, Vocabulary - 1);
    auto Before = evaluate(*Module, "forward", {Tokens}, State);
    bool IsUsed = false, IsLeaking = false;
    for (int64_t Position = 0; Position < Time; ++Position) {
      HostTensor Other = Tokens;
      for (int64_t Row : {0, 1}) {
        int64_t At = Row * Time + Position;
        Other.setFromDouble(
            At, (static_cast<int64_t>(Tokens.getAsDouble(At)) + 1 + Row) %
                    Vocabulary);
      }
      auto After = evaluate(*Module, "forward", {Other}, State);
      IsUsed |= differsBefore(*Before[0], *After[0], Time);
      // Positions of the prefix may see each other.
      if (Position < Prefix)
        continue;
      IsLeaking |= differsBefore(*Before[0], *After[0], Position);
    }
    if (!Found)
      ASSERT_FALSE(IsLeaking) << "proved, but it leaks; seed " << Seed << "\n"
                              << Text;
    NumProved += !Found;
    NumUsed += !Found && IsUsed;
    NumRefused += Found.has_value();
    NumLeaking += Found && IsLeaking;
  }
  // Both happen, or nothing was tested.
  RecordProperty("proved", static_cast<int>(NumProved));
  EXPECT_GT(NumUsed, 200u) << NumProved << " proved";
  EXPECT_GT(NumLeaking, 200u) << NumRefused << " refused";
}

TEST_F(CausalityTest, AttentionIsCausalInAllForms) {
  auto [Written, Fused] = readFormsOfAttention();
  ASSERT_TRUE(Written && Fused);
  const int64_t Positions = 8;
  unsigned NumCausal = 0;
  for (auto Func : Written->getOps<FuncOp>()) {
    SCOPED_TRACE(Func.getSymName().str());
    auto After = Fused->lookupSymbol<FuncOp>(Func.getSymName());
    SmallVector<TimeAxis> Arguments;
    for (Type Type : Func.getArgumentTypes()) {
      ArrayRef<int64_t> Shape = cast<RankedTensorType>(Type).getShape();
      const int64_t *Dim = llvm::find(Shape, Positions);
      // Of biases and other arguments nothing depends on tokens.
      bool Varies = Arguments.size() < 3 && Dim != Shape.end();
      Arguments.push_back(Varies ? TimeAxis::along(Dim - Shape.begin())
                                 : TimeAxis::none());
    }
    if (!Arguments[0].Axis || !Arguments[1].Axis)
      continue;
    auto IsCausal = [&](FuncOp Func) {
      FailureOr<TimeAnalysis> Analysis = TimeAnalysis::run(Func, Arguments, 0);
      EXPECT_TRUE(succeeded(Analysis));
      TimeAxis Time = Analysis->getAxis(
          Func.getBody().front().getTerminator()->getOperand(0));
      return Time.Axis && !Time.KeyAxis && Time.Shift <= 0 && Time.Prefix < 0;
    };
    bool Expected = (*After.getOps<AttentionOp>().begin()).getCausal();
    EXPECT_EQ(IsCausal(Func), Expected) << "as it is written";
    EXPECT_EQ(IsCausal(After), Expected) << "as it is fused";
    NumCausal += Expected;
  }
  EXPECT_GE(NumCausal, 8u);
}

} // namespace
