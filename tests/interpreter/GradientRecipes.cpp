//===- GradientRecipes.cpp - Functions to check the derivatives on --------===//

#include "GradientRecipes.h"
#include "ir/Dialect.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;

namespace stator::test {

using Cases = std::vector<GradientCase>;
using Texts = std::vector<std::string>;

/// "3x5" to tensor<3x5xf64>, "" to a scalar.
static std::string tensor(const std::string &Shape,
                          const std::string &Element = "f64") {
  return "tensor<" + Shape + (Shape.empty() ? "" : "x") + Element + ">";
}

/// A function of one op: "%x: tensor<3xf64>, ...", the types of its results,
/// and the op as it is written after the equals sign.
static std::string function(const std::string &Arguments, const Texts &Types,
                            const std::string &Op) {
  std::string Joined = llvm::join(Types, ", "), Values;
  for (size_t I = 0; I < Types.size(); ++I)
    Values += (I ? ", %r#" : "%r#") + std::to_string(I);
  return "stator.func @f(" + Arguments + ") -> (" + Joined +
         ") {\n  %r:" + std::to_string(Types.size()) + " = " + Op +
         "\n  stator.return " + Values + " : " + Joined + "\n}\n";
}

static constexpr const char *Shapes[] = {"",    "1",     "7",
                                         "3x5", "1x4x1", "2x3x1x5"};

//===----------------------------------------------------------------------===//
// Elementwise ops, one family
//===----------------------------------------------------------------------===//

static Domain getDomain(StringRef Op) {
  static const std::map<std::string, Domain> Special = {
      {"stator.log", Domain::Positive},
      {"stator.sqrt", Domain::Positive},
      {"stator.rsqrt", Domain::Positive},
      {"stator.pow", Domain::Positive},
      {"stator.abs", Domain::AwayFromZero},
      {"stator.relu", Domain::AwayFromZero},
      {"stator.div", Domain::AwayFromZero},
      {"stator.maximum", Domain::Spread},
      {"stator.minimum", Domain::Spread}};
  auto It = Special.find(Op.str());
  return It == Special.end() ? Domain::Normal : It->second;
}

/// Cases of an op all of whose operands and results have one type. `Attributes`
/// are in the generic form.
static Cases makeElementwise(StringRef Op, size_t NumOperands,
                             const std::string &Attributes = "") {
  Cases Made;
  for (std::string Shape : Shapes) {
    Texts Arguments, Names, Types(NumOperands, tensor(Shape));
    for (size_t I = 0; I < NumOperands; ++I) {
      Names.push_back("%x" + std::to_string(I));
      Arguments.push_back(Names.back() + ": " + tensor(Shape));
    }
    Made.push_back(
        {("shape [" + Twine(Shape) + "] " + Attributes).str(),
         function(llvm::join(Arguments, ", "), {tensor(Shape)},
                  "\"" + Op.str() + "\"(" + llvm::join(Names, ", ") + ") " +
                      Attributes + " : (" + llvm::join(Types, ", ") + ") -> " +
                      tensor(Shape)),
         getDomain(Op)});
  }
  return Made;
}

static Cases makeMaximum(StringRef Op) {
  Cases Made = makeElementwise(Op, 2);
  GradientCase Tie = Made[3];
  Tie.Name += " equal operands";
  Tie.Inputs = Domain::Equal;
  Made.push_back(Tie);
  return Made;
}

static Cases makePow() {
  Cases Made = makeElementwise("stator.pow", 2);
  Made.push_back({"whole exponent, any base",
                  "stator.func @f(%x: tensor<2x7xf64>) -> tensor<2x7xf64> {\n"
                  "  %y = stator.constant dense<3.0> : tensor<2x7xf64>\n"
                  "  %r = stator.pow %x, %y : tensor<2x7xf64>\n"
                  "  stator.return %r : tensor<2x7xf64>\n}\n",
                  Domain::AwayFromZero});
  return Made;
}

static Cases makeSelect() {
  Cases Made;
  for (std::string Shape : Shapes) {
    std::string Type = tensor(Shape), Bool = tensor(Shape, "i1");
    Made.push_back(
        {"shape [" + Shape + "]",
         function(
             ("%c: " + Twine(Bool) + ", %x: " + Type + ", %y: " + Type).str(),
             {Type},
             ("stator.select %c, %x, %y : " + Twine(Bool) + ", " + Type)
                 .str())});
  }
  return Made;
}

static Cases makeDropout() {
  Cases Made;
  for (std::string Shape : Shapes)
    for (const char *Rate : {"0.0", "0.3", "0.9"})
      Made.push_back({"shape [" + Shape + "] rate " + Rate,
                      function("%x: " + tensor(Shape), {tensor(Shape)},
                               std::string("stator.dropout %x rate ") + Rate +
                                   " stream 2 : " + tensor(Shape))});
  return Made;
}

//===----------------------------------------------------------------------===//
// Ops that move elements
//===----------------------------------------------------------------------===//

/// Cases of ops with one operand: what is written after it, the operand's shape
/// and the result's.
struct Moved {
  std::string Rest, From, To;
};
static Cases makeMoved(const std::string &Op, const std::vector<Moved> &List,
                       bool ResultTypeOnly = false) {
  Cases Made;
  for (const Moved &Each : List)
    Made.push_back(
        {"[" + Each.From + "] " + Each.Rest,
         function("%x: " + tensor(Each.From), {tensor(Each.To)},
                  Op + " %x " + Each.Rest + " : " +
                      (ResultTypeOnly ? "" : tensor(Each.From) + " -> ") +
                      tensor(Each.To))});
  return Made;
}

static Cases makeConcat() {
  Cases Made;
  auto Add = [&](const Texts &Parts, const std::string &Axis,
                 const std::string &Result) {
    Texts Arguments, Names, Types;
    for (size_t I = 0; I < Parts.size(); ++I) {
      Names.push_back("%x" + std::to_string(I));
      Types.push_back(tensor(Parts[I]));
      Arguments.push_back(Names[I] + ": " + Types[I]);
    }
    Made.push_back(
        {llvm::join(Parts, " + ") + " axis " + Axis,
         function(llvm::join(Arguments, ", "), {tensor(Result)},
                  "stator.concat " + llvm::join(Names, ", ") + " axis " + Axis +
                      " : (" + llvm::join(Types, ", ") + ") -> " +
                      tensor(Result))});
  };
  Add({"3x2"}, "0", "3x2");
  Add({"1", "1"}, "0", "2");
  Add({"2x3x5", "2x1x5", "2x4x5"}, "1", "2x8x5");
  Add({"3x1", "3x7"}, "1", "3x8");
  Add({"1x3", "5x3"}, "0", "6x3");
  return Made;
}

//===----------------------------------------------------------------------===//
// Contractions, reductions, look-ups
//===----------------------------------------------------------------------===//

static Cases makeEinsum() {
  struct Form {
    std::string Equation, Lhs, Rhs, Result;
  };
  const std::vector<Form> Forms = {
      {"m k, k n -> m n", "3x5", "5x4", "3x4"},
      {"m k, k n -> m n", "1x1", "1x1", "1x1"},
      {"m k, n k -> m n", "3x7", "2x7", "3x2"},
      {"k m, k n -> m n", "5x3", "5x1", "3x1"},
      {"m k, k n -> n m", "2x3", "3x5", "5x2"},
      {"b t c, c d -> b t d", "2x3x5", "5x4", "2x3x4"},
      {"b t c, b t d -> c d", "2x3x5", "2x3x4", "5x4"},
      {"b h q d, b h k d -> b h q k", "2x3x4x5", "2x3x1x5", "2x3x4x1"},
      {"b h q k, b h k d -> b q h d", "1x2x3x5", "1x2x5x4", "1x3x2x4"},
      {"i, j -> i j", "3", "5", "3x5"},
      {"i, i -> i", "7", "7", "7"},
      {"i j, i j -> ", "3x5", "3x5", ""},
      {"k, k -> ", "1", "1", ""},
      {"b k, k -> b", "4x3", "3", "4"},
      {"k, b k -> b", "3", "4x3", "4"},
      {"b g q d, b k d -> b g q k", "2x3x4x5", "2x3x5", "2x3x4x3"}};
  Cases Made;
  for (const Form &Each : Forms)
    Made.push_back(
        {Each.Equation + " of [" + Each.Lhs + "], [" + Each.Rhs + "]",
         function("%x: " + tensor(Each.Lhs) + ", %y: " + tensor(Each.Rhs),
                  {tensor(Each.Result)},
                  "stator.einsum \"" + Each.Equation + "\" %x, %y : (" +
                      tensor(Each.Lhs) + ", " + tensor(Each.Rhs) + ") -> " +
                      tensor(Each.Result))});
  return Made;
}

static Cases makeReduce() {
  const std::vector<Moved> Forms = {
      {"axes [0]", "7", ""},         {"axes [0]", "1", ""},
      {"axes [1]", "3x5", "3"},      {"axes [0]", "3x5", "5"},
      {"axes [0, 1]", "3x5", ""},    {"axes [1]", "2x3x5", "2x5"},
      {"axes [0, 2]", "2x3x5", "3"}, {"axes [2]", "1x3x1", "1x3"}};
  Cases Made;
  for (const char *Kind : {"sum", "mean", "max", "min", "logsumexp"})
    for (GradientCase &Case :
         makeMoved(std::string("stator.reduce ") + Kind, Forms)) {
      Case.Name = std::string(Kind) + " " + Case.Name;
      Case.Inputs = Domain::Spread;
      Made.push_back(Case);
    }
  for (const char *Kind : {"max", "min"}) {
    Cases Tie = makeMoved(std::string("stator.reduce ") + Kind,
                          {{"axes [1]", "3x2", "3"}});
    Tie[0].Name = std::string(Kind) + " of equal elements";
    Tie[0].Inputs = Domain::Equal;
    Made.push_back(Tie[0]);
  }
  return Made;
}

static Cases makeGather() {
  Cases Made;
  auto Add = [&](const std::string &Table, const std::string &Indices,
                 const std::string &Result, int32_t Rows) {
    GradientCase Case{
        "[" + Table + "] at [" + Indices + "]",
        function("%x: " + tensor(Table) + ", %i: " + tensor(Indices, "i32"),
                 {tensor(Result)},
                 "stator.gather %x[%i] : (" + tensor(Table) + ", " +
                     tensor(Indices, "i32") + ") -> " + tensor(Result))};
    Case.IntHigh = Rows - 1;
    Made.push_back(Case);
  };
  Add("3x4", "2x5", "2x5x4", 3);
  Add("5", "7", "7", 5);
  Add("1x3", "2", "2x3", 1);
  Add("4x1", "", "1", 4);
  Add("4x2x3", "3x1", "3x1x2x3", 4);
  return Made;
}

//===----------------------------------------------------------------------===//
// Composite ops
//===----------------------------------------------------------------------===//

static Cases makeCrossEntropy() {
  Cases Made;
  auto Add = [&](const std::string &Positions, int32_t Classes, int32_t Low) {
    std::string Logits = tensor(Positions + (Positions.empty() ? "" : "x") +
                                std::to_string(Classes));
    std::string Targets = tensor(Positions, "i32");
    GradientCase Case{"[" + Positions + "] of " + std::to_string(Classes) +
                          " from " + std::to_string(Low),
                      function("%x: " + Logits + ", %t: " + Targets,
                               {tensor(Positions), tensor(Positions)},
                               "stator.cross_entropy %x, %t : (" + Logits +
                                   ", " + Targets + ") -> (" +
                                   tensor(Positions) + ", " +
                                   tensor(Positions) + ")")};
    Case.IntLow = Low;
    Case.IntHigh = Classes - 1;
    Case.NoCotangent = {1};
    Made.push_back(Case);
  };
  Add("2x3", 5, 0);
  Add("7", 2, -1);
  Add("1x1", 1, 0);
  Add("3x4", 7, -3);
  Add("", 4, 0);
  return Made;
}

static Cases makeAttention() {
  Cases Made;
  struct Sizes {
    int Batch, Heads, KeyHeads, Queries, Keys, Depth, ValueDepth;
  };
  auto Shape = [](std::initializer_list<int> Dimensions) {
    Texts All;
    for (int Size : Dimensions)
      All.push_back(std::to_string(Size));
    return llvm::join(All, "x");
  };
  auto Add = [&](Sizes S, const std::string &Mask, const std::string &Extra,
                 const std::string &Bias) {
    std::string Q = tensor(Shape({S.Batch, S.Heads, S.Queries, S.Depth}));
    std::string K = tensor(Shape({S.Batch, S.KeyHeads, S.Keys, S.Depth}));
    std::string V = tensor(Shape({S.Batch, S.KeyHeads, S.Keys, S.ValueDepth}));
    std::string O = tensor(Shape({S.Batch, S.Heads, S.Queries, S.ValueDepth}));
    std::string L = tensor(Shape({S.Batch, S.Heads, S.Queries}));
    GradientCase Case;
    Case.Name = "Q " + Q + " K " + K + " " + Mask + Extra +
                (Bias.empty() ? "" : " bias " + Bias);
    std::string Arguments = "%q: " + Q + ", %k: " + K + ", %v: " + V;
    std::string Types = Q + ", " + K + ", " + V;
    if (!Bias.empty()) {
      Arguments += ", %b: " + tensor(Bias);
      Types += ", " + tensor(Bias);
      Case.NoGradient = {3};
    }
    Case.NoCotangent = {1};
    Case.Text =
        function(Arguments, {O, L},
                 std::string("stator.attention %q, %k, %v") +
                     (Bias.empty() ? "" : " bias %b") + " scale 0.6 " + Mask +
                     Extra + " : (" + Types + ") -> (" + O + ", " + L + ")");
    Made.push_back(Case);
  };
  const Sizes Plain{2, 3, 3, 4, 4, 5, 5}, Odd{1, 2, 2, 3, 5, 3, 7},
      One{1, 1, 1, 1, 1, 1, 1}, Grouped{2, 6, 2, 3, 3, 4, 4},
      Single{1, 4, 1, 5, 5, 2, 1};
  const std::string Dropped =
      " {dropout_rate = 0.3 : f64, dropout_stream = 3 : i64}";
  for (const Sizes &S : {Plain, Odd, One, Grouped, Single})
    for (const char *Mask : {"", "causal", "causal window 2"})
      for (const std::string &Extra : {std::string(), Dropped})
        Add(S, Mask, Extra, "");
  Add(Plain, "", "", "4x4");
  Add(Plain, "causal", Dropped, "2x3x4x4");
  Add(Plain, "causal", "", "1x3x4x4");
  Add(Odd, "", "", "1x1x3x5");
  Add(Grouped, "causal window 1", "", "2x1x3x3");
  return Made;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static Cases makeScan() {
  auto Recurrent = [](const std::string &Order, int Axis, int Length) {
    std::string T = std::to_string(Length);
    std::string Xs = tensor(Axis == 0 ? T + "x2x3" : "2x" + T + "x3");
    std::string Ys = tensor(Axis == 0 ? T + "x2x5" : "2x" + T + "x5");
    return GradientCase{
        "recurrent axis " + std::to_string(Axis) + " length " + T + Order,
        "stator.func @f(%h0: tensor<2x5xf64>, %xs: " + Xs +
            ", %w: tensor<5x5xf64>, %u: tensor<3x5xf64>) -> "
            "(tensor<2x5xf64>, " +
            Ys + ") {\n  %r:2 = stator.scan axis " + std::to_string(Axis) +
            " length " + T + Order +
            " carries(%h = %h0) over(%x = %xs) : (tensor<2x5xf64>, " + Xs +
            ") -> (tensor<2x5xf64>, " + Ys + ") {\n" + R"(
    %a = stator.einsum "b i, i j -> b j" %h, %w : (tensor<2x5xf64>, tensor<5x5xf64>) -> tensor<2x5xf64>
    %b = stator.einsum "b i, i j -> b j" %x, %u : (tensor<2x3xf64>, tensor<3x5xf64>) -> tensor<2x5xf64>
    %c = stator.add %a, %b : tensor<2x5xf64>
    %n = stator.tanh %c : tensor<2x5xf64>
    %s = stator.sin %h : tensor<2x5xf64>
    %y = stator.mul %n, %s : tensor<2x5xf64>
    stator.yield %n, %y : tensor<2x5xf64>, tensor<2x5xf64>
  }
  stator.return %r#0, %r#1 : tensor<2x5xf64>, )" +
            Ys + "\n}\n"};
  };
  Cases Made;
  for (int Axis : {0, 1})
    for (int Length : {1, 4})
      for (const char *Order : {"", " reverse"})
        Made.push_back(Recurrent(Order, Axis, Length));

  Made.push_back({"two carries, one of them a scalar, no sequences", R"(
stator.func @f(%p0: tensor<f64>, %q0: tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>, tensor<5x3xf64>) {
  %r:3 = stator.scan axis 0 length 5 carries(%p = %p0, %q = %q0) : (tensor<f64>, tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>, tensor<5x3xf64>) {
    %e = stator.broadcast %p dims [] : tensor<f64> -> tensor<3xf64>
    %m = stator.mul %e, %q : tensor<3xf64>
    %t = stator.tanh %m : tensor<3xf64>
    %s = stator.reduce sum %t axes [0] : tensor<3xf64> -> tensor<f64>
    stator.yield %s, %t, %m : tensor<f64>, tensor<3xf64>, tensor<3xf64>
  }
  stator.return %r#0, %r#1, %r#2 : tensor<f64>, tensor<3xf64>, tensor<5x3xf64>
}
)"});
  Made.push_back({"two sequences and no carry", R"(
stator.func @f(%xs: tensor<2x3xf64>, %zs: tensor<2x3x4xf64>) -> tensor<2x3x4xf64> {
  %r = stator.scan axis 1 length 3 over(%x = %xs, %z = %zs) : (tensor<2x3xf64>, tensor<2x3x4xf64>) -> tensor<2x3x4xf64> {
    %e = stator.broadcast %x dims [0] : tensor<2xf64> -> tensor<2x4xf64>
    %m = stator.mul %e, %z : tensor<2x4xf64>
    stator.yield %m : tensor<2x4xf64>
  }
  stator.return %r : tensor<2x3x4xf64>
}
)"});
  Made.push_back(
      {"a carry that never changes, a captured value that is yielded", R"(
stator.func @f(%a0: tensor<2xf64>, %b0: tensor<2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>, tensor<3x2xf64>) {
  %r:3 = stator.scan axis 0 length 3 carries(%a = %a0, %b = %b0) : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>, tensor<3x2xf64>) {
    %m = stator.mul %a, %b : tensor<2xf64>
    %n = stator.add %m, %w : tensor<2xf64>
    stator.yield %n, %b, %w : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
  }
  stator.return %r#0, %r#1, %r#2 : tensor<2xf64>, tensor<2xf64>, tensor<3x2xf64>
}
)"});
  Made.push_back({"a carry stacked under another shape", R"(
stator.func @f(%a0: tensor<2x3xf64>, %w: tensor<2x3xf64>) -> (tensor<2x3xf64>, tensor<4x6xf64>) {
  %r:2 = stator.scan axis 0 length 4 carries(%a = %a0) : (tensor<2x3xf64>) -> (tensor<2x3xf64>, tensor<4x6xf64>) {
    %m = stator.mul %a, %w : tensor<2x3xf64>
    %n = stator.sin %m : tensor<2x3xf64>
    %f = stator.reshape %a : tensor<2x3xf64> -> tensor<6xf64>
    stator.yield %n, %f : tensor<2x3xf64>, tensor<6xf64>
  }
  stator.return %r#0, %r#1 : tensor<2x3xf64>, tensor<4x6xf64>
}
)"});
  Made.push_back({"a loop in a loop", R"(
stator.func @f(%h0: tensor<2xf64>, %xs: tensor<3x4x2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<3x2xf64>) {
  %r:2 = stator.scan axis 0 length 3 carries(%h = %h0) over(%x = %xs) : (tensor<2xf64>, tensor<3x4x2xf64>) -> (tensor<2xf64>, tensor<3x2xf64>) {
    %i = stator.scan axis 0 length 4 carries(%g = %h) over(%z = %x) : (tensor<2xf64>, tensor<4x2xf64>) -> tensor<2xf64> {
      %m = stator.mul %g, %w : tensor<2xf64>
      %a = stator.add %m, %z : tensor<2xf64>
      %t = stator.tanh %a : tensor<2xf64>
      stator.yield %t : tensor<2xf64>
    }
    %s = stator.mul %i, %h : tensor<2xf64>
    stator.yield %i, %s : tensor<2xf64>, tensor<2xf64>
  }
  stator.return %r#0, %r#1 : tensor<2xf64>, tensor<3x2xf64>
}
)"});
  return Made;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static Cases makeGelu() {
  Cases Made = makeElementwise("stator.gelu", 1);
  for (GradientCase &Case :
       makeElementwise("stator.gelu", 1, "{tanh_approximation}"))
    Made.push_back(Case);
  return Made;
}

static Cases makeListed(StringRef Op) {
  if (Op == "stator.gelu")
    return makeGelu();
  if (Op == "stator.maximum" || Op == "stator.minimum")
    return makeMaximum(Op);
  if (Op == "stator.pow")
    return makePow();
  if (Op == "stator.select")
    return makeSelect();
  if (Op == "stator.dropout")
    return makeDropout();
  if (Op == "stator.broadcast")
    return makeMoved("stator.broadcast", {{"dims []", "", "3"},
                                          {"dims []", "", "2x1"},
                                          {"dims [0]", "3", "3x5"},
                                          {"dims [1]", "5", "3x5"},
                                          {"dims [1]", "1", "3x1"},
                                          {"dims [0, 2]", "2x4", "2x3x4"},
                                          {"dims [0, 1]", "3x5", "3x5"}});
  if (Op == "stator.reshape")
    return makeMoved("stator.reshape", {{"", "", "1x1"},
                                        {"", "1", ""},
                                        {"", "2x3x5", "6x5"},
                                        {"", "7", "1x7x1"},
                                        {"", "3x4", "2x6"}});
  if (Op == "stator.transpose")
    return makeMoved("stator.transpose",
                     {{"perm [0]", "5", "5"},
                      {"perm [1, 0]", "3x5", "5x3"},
                      {"perm [2, 0, 1]", "2x3x5", "5x2x3"},
                      {"perm [0, 2, 1, 3]", "1x2x3x5", "1x3x2x5"}});
  if (Op == "stator.slice")
    return makeMoved("stator.slice",
                     {{"offsets [2] strides [1]", "7", "3"},
                      {"offsets [1] strides [2]", "7", "3"},
                      {"offsets [0] strides [1]", "1", "1"},
                      {"offsets [1, 0, 2] strides [1, 2, 3]", "2x5x9", "1x3x3"},
                      {"offsets [0, 4] strides [1, 1]", "3x5", "3x1"}});
  if (Op == "stator.pad")
    return makeMoved("stator.pad",
                     {{"low [2] strides [1]", "3", "7"},
                      {"low [1] strides [2]", "3", "7"},
                      {"low [0] strides [1]", "1", "1"},
                      {"low [1, 0, 2] strides [1, 2, 3]", "1x3x3", "2x5x9"}});
  if (Op == "stator.concat")
    return makeConcat();
  if (Op == "stator.einsum")
    return makeEinsum();
  if (Op == "stator.reduce")
    return makeReduce();
  if (Op == "stator.cumsum")
    return makeMoved("stator.cumsum",
                     {{"axis 0", "7", "7"},
                      {"axis 0 reverse", "7", "7"},
                      {"axis 0", "1", "1"},
                      {"axis 1", "2x3x5", "2x3x5"},
                      {"axis 1 reverse", "2x3x5", "2x3x5"},
                      {"axis 2 reverse", "2x3x1", "2x3x1"}},
                     /*ResultTypeOnly=*/true);
  if (Op == "stator.softmax")
    return makeMoved("stator.softmax",
                     {{"axis 0", "7", "7"},
                      {"axis 0", "1", "1"},
                      {"axis 1", "3x5", "3x5"},
                      {"axis 1", "2x5x3", "2x5x3"},
                      {"axis 0", "5x1x3", "5x1x3"}},
                     /*ResultTypeOnly=*/true);
  if (Op == "stator.causal_mask")
    return makeMoved("stator.causal_mask",
                     {{"fill -2.5", "5x5", "5x5"},
                      {"fill 0.0", "1x1", "1x1"},
                      {"fill -2.5", "2x3x4x4", "2x3x4x4"},
                      {"fill -2.5", "3x5", "3x5"},
                      {"fill -2.5", "5x3", "5x3"},
                      {"fill -2.5 window 2", "5x5", "5x5"},
                      {"fill -2.5 window 1", "2x3x7", "2x3x7"}},
                     /*ResultTypeOnly=*/true);
  if (Op == "stator.gather")
    return makeGather();
  if (Op == "stator.cross_entropy")
    return makeCrossEntropy();
  if (Op == "stator.attention")
    return makeAttention();
  if (Op == "stator.scan")
    return makeScan();
  return {};
}

/// How many operands an op of the elementwise family takes: the smallest number
/// with which it verifies.
static size_t findArity(RegisteredOperationName Op) {
  MLIRContext *Context = Op.getContext();
  // What does not verify is not an error here.
  ScopedDiagnosticHandler Silence(Context,
                                  [](Diagnostic &) { return success(); });
  OpBuilder Builder(Context);
  Type Type = RankedTensorType::get({3}, Builder.getF64Type());
  Location Loc = Builder.getUnknownLoc();
  OwningOpRef<ModuleOp> Module = ModuleOp::create(Loc);
  Builder.setInsertionPointToStart(Module->getBody());
  auto Constant = ConstantOp::create(
      Builder, Loc, Type, DenseElementsAttr::get(cast<ShapedType>(Type), 1.0));
  for (size_t Arity = 1; Arity <= 3; ++Arity) {
    OperationState State(Loc, Op);
    State.addOperands(SmallVector<Value>(Arity, Constant));
    State.addTypes(Type);
    Operation *Made = Operation::create(State);
    bool Verifies = succeeded(Op.verifyInvariants(Made));
    Made->destroy();
    if (Verifies)
      return Arity;
  }
  return 0;
}

std::vector<GradientCase> getGradientCases(RegisteredOperationName Op) {
  Cases Listed = makeListed(Op.getStringRef());
  if (!Listed.empty() || !Op.hasTrait<OpTrait::Elementwise>() ||
      !Op.hasTrait<OpTrait::SameOperandsAndResultType>())
    return Listed;
  size_t Arity = findArity(Op);
  return Arity ? makeElementwise(Op.getStringRef(), Arity) : Cases();
}

} // namespace stator::test
