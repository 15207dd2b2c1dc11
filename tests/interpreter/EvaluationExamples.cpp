//===- EvaluationExamples.cpp - Ops on a few numbers ----------------------===//

#include "EvaluationExamples.h"
#include "runtime/core/philox.h"
#include <cmath>
#include <limits>
#include <utility>

namespace stator::test {

std::string constant(const std::string &Name, const std::string &Value,
                     const std::string &Type) {
  return "  %" + Name + " = stator.constant dense<" + Value + "> : tensor<" +
         Type + ">\n";
}

namespace {

constexpr double NotANumber = std::numeric_limits<double>::quiet_NaN();

double sigmoid(double X) { return 1 / (1 + std::exp(-X)); }
double gelu(double X) { return X / 2 * (1 + std::erf(X / std::sqrt(2))); }
double geluTanh(double X) {
  return X / 2 *
         (1 + std::tanh(std::sqrt(2 / M_PI) * (X + 0.044715 * X * X * X)));
}

/// What dropout with rate 0.5 in stream 2 makes of ones.
double keep(uint32_t Index) {
  return statorRandomBits(ExampleInfo.Seed, Index, 2, ExampleInfo.Sequence,
                          STATOR_RANDOM_DROPOUT) >= 0x80000000u
             ? 2
             : 0;
}

std::vector<Example> getElementwiseExamples() {
  const std::string X = constant("a", "[-1.5, 0.0, 2.0]", "3xf32");
  const std::string P = constant("a", "[0.25, 1.0, 4.0]", "3xf32");
  const std::string XY = X + constant("b", "[2.0, 0.5, -4.0]", "3xf32");
  const std::string Bools = constant("a", "[true, true, false]", "3xi1") +
                            constant("b", "[true, false, false]", "3xi1");
  const std::string Ints = constant("a", "[7, -3, 2147483647]", "3xi32") +
                           constant("b", "[2, 5, 1]", "3xi32");
  const std::string F = ": tensor<3xf32>", T = "tensor<3xf32>";
  auto Unary = [&](const std::string &Op, const std::string &Values,
                   double (*Function)(double)) {
    std::vector<double> Inputs =
        Values == X ? std::vector{-1.5, 0.0, 2.0} : std::vector{0.25, 1.0, 4.0};
    for (double &Each : Inputs)
      Each = Function(Each);
    return Example{Values, "stator." + Op + " %a " + F, T, Inputs};
  };
  auto Binary = [&](const std::string &Op, std::vector<double> Expected) {
    return Example{XY, "stator." + Op + " %a, %b " + F, T, std::move(Expected)};
  };
  auto Logic = [&](const std::string &Op, std::vector<double> Expected) {
    return Example{Bools, "stator." + Op + " %a, %b : tensor<3xi1>",
                   "tensor<3xi1>", std::move(Expected)};
  };
  auto Whole = [&](const std::string &Op, std::vector<double> Expected) {
    return Example{Ints, "stator." + Op + " %a, %b : tensor<3xi32>",
                   "tensor<3xi32>", std::move(Expected)};
  };
  auto Compare = [&](const std::string &Predicate,
                     std::vector<double> Expected) {
    return Example{constant("a", "[1.0, 2.0, 3.0, 0x7FC00000]", "4xf32") +
                       constant("b", "[2.0, 2.0, 2.0, 2.0]", "4xf32"),
                   "stator.compare " + Predicate +
                       " %a, %b : tensor<4xf32> -> "
                       "tensor<4xi1>",
                   "tensor<4xi1>", std::move(Expected)};
  };
  return {
      Unary("neg", X, [](double A) { return -A; }),
      Unary("abs", X, [](double A) { return std::abs(A); }),
      Unary("exp", X, [](double A) { return std::exp(A); }),
      Unary("log", P, [](double A) { return std::log(A); }),
      Unary("sqrt", P, [](double A) { return std::sqrt(A); }),
      Unary("rsqrt", P, [](double A) { return 1 / std::sqrt(A); }),
      Unary("sin", X, [](double A) { return std::sin(A); }),
      Unary("cos", X, [](double A) { return std::cos(A); }),
      Unary("tanh", X, [](double A) { return std::tanh(A); }),
      Unary("erf", X, [](double A) { return std::erf(A); }),
      Unary("sigmoid", X, sigmoid),
      Unary("relu", X, [](double A) { return std::max(A, 0.0); }),
      Unary("silu", X, [](double A) { return A * sigmoid(A); }),
      Unary("gelu", X, gelu),
      {X, "stator.gelu %a tanh " + F, T, {geluTanh(-1.5), 0, geluTanh(2)}},
      Binary("add", {0.5, 0.5, -2}),
      Binary("sub", {-3.5, -0.5, 6}),
      Binary("mul", {-3, 0, -8}),
      Binary("div", {-0.75, 0, -0.5}),
      Binary("maximum", {2, 0.5, 2}),
      Binary("minimum", {-1.5, 0, -4}),
      {constant("a", "[2.0, -3.0, 4.0]", "3xf32") +
           constant("b", "[3.0, 2.0, 0.5]", "3xf32"),
       "stator.pow %a, %b " + F,
       T,
       {8, 9, 2}},
      {XY + constant("c", "[true, false, true]", "3xi1"),
       "stator.select %c, %a, %b : tensor<3xi1>, tensor<3xf32>",
       T,
       {-1.5, 0.5, 2}},
      Compare("eq", {0, 1, 0, 0}),
      Compare("ne", {1, 0, 1, 1}),
      Compare("lt", {1, 0, 0, 0}),
      Compare("le", {1, 1, 0, 0}),
      Compare("gt", {0, 0, 1, 0}),
      Compare("ge", {0, 1, 1, 0}),
      {Ints,
       "stator.compare lt %a, %b : tensor<3xi32> -> tensor<3xi1>",
       "tensor<3xi1>",
       {0, 1, 0}},
      Logic("and", {1, 0, 0}),
      Logic("or", {1, 1, 0}),
      {Bools, "stator.not %a : tensor<3xi1>", "tensor<3xi1>", {0, 0, 1}},
      Whole("iadd", {9, 2, -2147483648.0}), // which wraps
      Whole("isub", {5, -8, 2147483646.0}),
      Whole("imul", {14, -15, 2147483647.0}),
      {Ints,
       "stator.convert %b : tensor<3xi32> -> tensor<3xf32>",
       T,
       {2, 5, 1}},
      {Bools,
       "stator.convert %a : tensor<3xi1> -> tensor<3xi32>",
       "tensor<3xi32>",
       {1, 1, 0}},
      {constant("a", "1.0", "4xf32"),
       "stator.dropout %a rate 0.5 stream 2 : tensor<4xf32>",
       "tensor<4xf32>",
       {keep(0), keep(1), keep(2), keep(3)}},
  };
}

std::vector<Example> getShapeExamples() {
  const std::string A =
      constant("a", "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", "2x3xf32");
  return {
      {"",
       "stator.constant dense<[[1, -2], [3, 4]]> : tensor<2x2xi32>",
       "tensor<2x2xi32>",
       {1, -2, 3, 4}},
      {"",
       "stator.iota axis 1 : tensor<2x3xi32>",
       "tensor<2x3xi32>",
       {0, 1, 2, 0, 1, 2}},
      {constant("a", "[1.0, 2.0]", "2xf32"),
       "stator.broadcast %a dims [0] : tensor<2xf32> -> tensor<2x3xf32>",
       "tensor<2x3xf32>",
       {1, 1, 1, 2, 2, 2}},
      {A,
       "stator.reshape %a : tensor<2x3xf32> -> tensor<3x2xf32>",
       "tensor<3x2xf32>",
       {1, 2, 3, 4, 5, 6}},
      {A,
       "stator.transpose %a perm [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>",
       "tensor<3x2xf32>",
       {1, 4, 2, 5, 3, 6}},
      {A,
       "stator.slice %a offsets [1, 0] strides [1, 2] : tensor<2x3xf32> -> "
       "tensor<1x2xf32>",
       "tensor<1x2xf32>",
       {4, 6}},
      {constant("a", "[1.0, 2.0]", "2xf32"),
       "stator.pad %a low [1] strides [2] : tensor<2xf32> -> tensor<5xf32>",
       "tensor<5xf32>",
       {0, 1, 0, 2, 0}},
      {A + constant("b", "[[7.0], [8.0]]", "2x1xf32"),
       "stator.concat %a, %b axis 1 : (tensor<2x3xf32>, tensor<2x1xf32>) -> "
       "tensor<2x4xf32>",
       "tensor<2x4xf32>",
       {1, 2, 3, 7, 4, 5, 6, 8}},
      // h' = h w + x, outputs h, from the end: 0, 3, 3*2+2, 8*2+1.
      {constant("h", "0.0", "f32") + constant("x", "[1.0, 2.0, 3.0]", "3xf32") +
           constant("w", "2.0", "f32"),
       "stator.scan axis 0 length 3 reverse carries(%s = %h) over(%t = %x) : "
       "(tensor<f32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>) {\n"
       "    %m = stator.mul %s, %w : tensor<f32>\n"
       "    %n = stator.add %m, %t : tensor<f32>\n"
       "    stator.yield %n, %s : tensor<f32>, tensor<f32>\n  }",
       "tensor<f32>, tensor<3xf32>",
       {17, 8, 3, 0}},
  };
}

std::vector<Example> getTensorExamples() {
  const std::string A =
      constant("a", "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", "2x3xf32");
  const std::string B =
      constant("b", "[[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]", "3x2xf32");
  auto Reduce = [&](const std::string &Kind, std::vector<double> Expected) {
    return Example{A,
                   "stator.reduce " + Kind +
                       " %a axes [0] : tensor<2x3xf32> -> tensor<3xf32>",
                   "tensor<3xf32>", std::move(Expected)};
  };
  const std::string Table =
      constant("t", "[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]", "3x2xf32");
  const double E1 = std::exp(1.0), E2 = std::exp(2.0);
  const double Sum = 1 + E1 + E2;
  return {
      {A + B,
       "stator.einsum \"m k, k n -> m n\" %a, %b : (tensor<2x3xf32>, "
       "tensor<3x2xf32>) -> tensor<2x2xf32>",
       "tensor<2x2xf32>",
       {7, -1, 16, -1}},
      {A + B,
       "stator.einsum \"m k, k n -> n m\" %a, %b : (tensor<2x3xf32>, "
       "tensor<3x2xf32>) -> tensor<2x2xf32>",
       "tensor<2x2xf32>",
       {7, 16, -1, -1}},
      {A + B,
       "stator.einsum \"i j, j i -> i\" %a, %b : (tensor<2x3xf32>, "
       "tensor<3x2xf32>) -> tensor<2xf32>",
       "tensor<2xf32>",
       {7, -1}},
      Reduce("sum", {5, 7, 9}),
      Reduce("mean", {2.5, 3.5, 4.5}),
      Reduce("max", {4, 5, 6}),
      Reduce("min", {1, 2, 3}),
      Reduce("logsumexp",
             {4 + std::log1p(std::exp(-3)), 5 + std::log1p(std::exp(-3)),
              6 + std::log1p(std::exp(-3))}),
      {constant("a", "[[1000.0, 1001.0], [-1000.0, 0xFF800000]]", "2x2xf32"),
       "stator.reduce logsumexp %a axes [1] : tensor<2x2xf32> -> tensor<2xf32>",
       "tensor<2xf32>",
       {1001 + std::log1p(std::exp(-1)), -1000}},
      {constant("a", "", "2x0xf32"),
       "stator.reduce sum %a axes [1] : tensor<2x0xf32> -> tensor<2xf32>",
       "tensor<2xf32>",
       {0, 0}},
      {A,
       "stator.cumsum %a axis 1 : tensor<2x3xf32>",
       "tensor<2x3xf32>",
       {1, 3, 6, 4, 9, 15}},
      {A,
       "stator.cumsum %a axis 1 reverse : tensor<2x3xf32>",
       "tensor<2x3xf32>",
       {6, 5, 3, 15, 11, 6}},
      {constant("a", "[1000.0, 1001.0, 1002.0]", "3xf32"),
       "stator.softmax %a axis 0 : tensor<3xf32>",
       "tensor<3xf32>",
       {1 / Sum, E1 / Sum, E2 / Sum}},
      // All of it is masked.
      {constant("a", "[[0xFF800000, 0xFF800000], [1.0, 0xFF800000]]",
                "2x2xf32"),
       "stator.softmax %a axis 1 : tensor<2x2xf32>",
       "tensor<2x2xf32>",
       {0, 0, 1, 0}},
      {constant("a", "", "0xf32"),
       "stator.softmax %a axis 0 : tensor<0xf32>",
       "tensor<0xf32>",
       {}},
      {A,
       "stator.causal_mask %a fill -9.0 : tensor<2x3xf32>",
       "tensor<2x3xf32>",
       {1, 2, -9, 4, 5, 6}},
      {A,
       "stator.causal_mask %a fill -9.0 window 1 : tensor<2x3xf32>",
       "tensor<2x3xf32>",
       {-9, 2, -9, -9, -9, 6}},
      {Table + constant("i", "[2, 0]", "2xi32"),
       "stator.gather %t[%i] : (tensor<3x2xf32>, tensor<2xi32>) -> "
       "tensor<2x2xf32>",
       "tensor<2x2xf32>",
       {5, 6, 1, 2}},
      {Table + constant("i", "[1, 3, 1]", "3xi32"),
       "stator.scatter_add %t[%i] : (tensor<3x2xf32>, tensor<3xi32>) -> "
       "tensor<4x2xf32>",
       "tensor<4x2xf32>",
       {0, 0, 6, 8, 0, 0, 3, 4}},
  };
}

std::vector<Example> getFusedExamples() {
  const std::string Logits =
      constant("x", "[[0.0, 1.0, 2.0], [5.0, 5.0, 5.0]]", "2x3xf32") +
      constant("t", "[2, -1]", "2xi32");
  const double E1 = std::exp(1.0), E2 = std::exp(2.0);
  const double Lse = std::log(1 + E1 + E2), Flat = 5 + std::log(3.0);
  // Two queries and two keys of one head: q = (1, 0), k = (ln 3, 0), so that
  // with scale 1 the first query weighs the keys 3 : 1.
  const double L3 = std::log(3.0);
  const std::string Attention =
      constant("q", "[[[[1.0], [0.0]]]]", "1x1x2x1xf32") +
      constant("k", "[[[[" + std::to_string(L3) + "], [0.0]]]]",
               "1x1x2x1xf32") +
      constant("v", "[[[[4.0], [8.0]]]]", "1x1x2x1xf32");
  const std::string M = "tensor<1x1x2x1xf32>", L = "tensor<1x1x2xf32>";
  const double K = std::stof(std::to_string(L3));
  const double W = std::exp(K) / (std::exp(K) + 1);
  const double Lse0 = std::log(std::exp(K) + 1), Lse1 = std::log(2.0);
  const double Out0 = 4 * W + 8 * (1 - W);
  // With cotangent 1 for the first query only: ds = W (v - out).
  const double D0 = W * (4 - Out0), D1 = (1 - W) * (8 - Out0);
  return {
      {Logits,
       "stator.cross_entropy %x, %t : (tensor<2x3xf32>, tensor<2xi32>) -> "
       "(tensor<2xf32>, tensor<2xf32>)",
       "tensor<2xf32>, tensor<2xf32>",
       {Lse - 2, 0, Lse, Flat}},
      {Logits +
           "  %l:2 = stator.cross_entropy %x, %t : (tensor<2x3xf32>, "
           "tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>)\n" +
           constant("c", "[2.0, 1.0]", "2xf32"),
       "stator.cross_entropy_grad %x, %t, %l#1, %c : (tensor<2x3xf32>, "
       "tensor<2xi32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x3xf32>",
       "tensor<2x3xf32>",
       {2 * std::exp(-Lse), 2 * std::exp(1 - Lse), 2 * std::exp(2 - Lse) - 2, 0,
        0, 0}},
      {Attention,
       "stator.attention %q, %k, %v scale 1.0 : (" + M + ", " + M + ", " + M +
           ") -> (" + M + ", " + L + ")",
       M + ", " + L,
       {Out0, 6, Lse0, Lse1}},
      {Attention,
       "stator.attention %q, %k, %v scale 1.0 causal : (" + M + ", " + M +
           ", " + M + ") -> (" + M + ", " + L + ")",
       M + ", " + L,
       {4, 6, K, Lse1}},
      {Attention + constant("b", "[[0.0, 0.0], [0xFF800000, 0.0]]", "2x2xf32"),
       "stator.attention %q, %k, %v bias %b scale 1.0 : (" + M + ", " + M +
           ", " + M + ", tensor<2x2xf32>) -> (" + M + ", " + L + ")",
       M + ", " + L,
       {Out0, 8, Lse0, 0}},
      // Not a number stays none, and does not make the query see nothing.
      {Attention +
           constant("b", "[[0.0, 0x7FC00000], [0xFF800000, 0.0]]", "2x2xf32"),
       "stator.attention %q, %k, %v bias %b scale 1.0 : (" + M + ", " + M +
           ", " + M + ", tensor<2x2xf32>) -> (" + M + ", " + L + ")",
       M + ", " + L,
       {NotANumber, 8, NotANumber, 0}},
      {Attention +
           constant("b", "[[0x7FC00000, 0.0], [0x7FC00000, 0.0]]", "2x2xf32"),
       "stator.attention %q, %k, %v bias %b scale 1.0 causal : (" + M + ", " +
           M + ", " + M + ", tensor<2x2xf32>) -> (" + M + ", " + L + ")",
       M + ", " + L,
       {NotANumber, NotANumber, NotANumber, NotANumber}},
      {Attention + constant("c", "[[[[1.0], [0.0]]]]", "1x1x2x1xf32") +
           "  %o:2 = stator.attention %q, %k, %v scale 1.0 : (" + M + ", " + M +
           ", " + M + ") -> (" + M + ", " + L + ")\n",
       "stator.attention_grad %q, %k, %v of %o#0, %o#1 by %c scale 1.0 : (" +
           M + ", " + M + ", " + M + ", " + M + ", " + L + ", " + M + ") -> (" +
           M + ", " + M + ", " + M + ")",
       M + ", " + M + ", " + M,
       {D0 * K, 0, D0, D1, W, 1 - W}},
  };
}

std::vector<Example> getDecodingExamples() {
  const std::string A =
      constant("a", "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", "2x3xf32");
  auto Slice = [&](const std::string &Offset) {
    return Example{A + constant("i", Offset, "i32"),
                   "stator.dynamic_slice %a[%i] axis 1 : (tensor<2x3xf32>, "
                   "tensor<i32>) -> tensor<2x2xf32>",
                   "tensor<2x2xf32>",
                   {2, 3, 5, 6}};
  };
  const std::string Cache = constant("c", "[1.0, 2.0, 3.0, 4.0]", "4xf32") +
                            constant("x", "[7.0, 8.0]", "2xf32");
  auto Update = [&](const std::string &Offset, const std::string &Ring,
                    std::vector<double> Expected) {
    return Example{Cache + constant("i", Offset, "i32"),
                   "stator.update_slice %c[%i], %x axis 0" + Ring +
                       " : (tensor<4xf32>, tensor<i32>, tensor<2xf32>) -> "
                       "tensor<4xf32>",
                   "tensor<4xf32>", std::move(Expected)};
  };
  // Slot 1 weighs e^(1/2) times what slot 0 does; slot 2 is not seen.
  const std::string Weighed =
      constant("q", "[[[[1.0]]]]", "1x1x1x1xf32") +
      constant("k", "[[[[0.0], [0.5], [9.0]]]]", "1x1x3x1xf32") +
      constant("v", "[[[[3.0], [6.0], [90.0]]]]", "1x1x3x1xf32");
  const double W = std::exp(0.5);
  auto Attend = [&](const std::string &Position, const std::string &How,
                    double Expected) {
    const std::string C = "tensor<1x1x3x1xf32>", O = "tensor<1x1x1x1xf32>";
    return Example{Weighed + constant("p", Position, "i32"),
                   "stator.cached_attention %q, %k, %v at %p scale 1.0" + How +
                       " : (" + O + ", " + C + ", " + C + ", tensor<i32>) -> " +
                       O,
                   O,
                   {Expected}};
  };
  auto AttendBiased = [&](const std::string &Bias, double Expected) {
    const std::string C = "tensor<1x1x3x1xf32>", O = "tensor<1x1x1x1xf32>";
    return Example{Weighed + constant("p", "1", "i32") +
                       constant("b", "[[" + Bias + "]]", "1x3xf32"),
                   "stator.cached_attention %q, %k, %v at %p bias %b scale "
                   "1.0 : (" +
                       O + ", " + C + ", " + C +
                       ", tensor<i32>, tensor<1x3xf32>) -> " + O,
                   O,
                   {Expected}};
  };
  return {
      Slice("1"),
      Slice("7"), // the last that fits
      Update("1", "", {1, 7, 8, 4}),
      Update("9", "", {1, 2, 7, 8}),
      Update("7", " ring", {8, 2, 3, 7}),
      Attend("0", "", 3),
      Attend("1", "", (3 + 6 * W) / (1 + W)),
      Attend("1", " window 1", 6),
      // Position 4 is in slot 1, position 3 in slot 0.
      Attend("4", " window 2 ring", (3 + 6 * W) / (1 + W)),
      Attend("3", " window 1 ring", 3),
      AttendBiased("0xFF800000, 0.0, 0.0", 6),
      // The bias hides all that the position does not.
      AttendBiased("0xFF800000, 0xFF800000, 0.0", 0),
      // Not a number stays none, and does not make the query see nothing.
      AttendBiased("0xFF800000, 0x7FC00000, 0.0", NotANumber),
      {constant("w", "[[1, -2, 3]]", "1x3xi8") +
           constant("s", "[[0.5, 2.0]]", "1x2xf32"),
       "stator.dequantize %w scales %s axis 1 block 2 : (tensor<1x3xi8>, "
       "tensor<1x2xf32>) -> tensor<1x3xf32>",
       "tensor<1x3xf32>",
       {0.5, -1, 6}},
      {constant("w", "[1.5, -2.0]", "2xbf16"),
       "stator.dequantize %w : (tensor<2xbf16>) -> tensor<2xf32>",
       "tensor<2xf32>",
       {1.5, -2}},
  };
}

Example makeRate(const std::string &Step, const std::string &Schedule,
                 double Expected) {
  return {constant("s", Step, "i32") + constant("n", "11", "i32"),
          "stator.learning_rate %s of %n peak 0.5 schedule <" + Schedule +
              "> : (tensor<i32>, tensor<i32>) -> tensor<f32>",
          "tensor<f32>",
          {Expected}};
}

std::vector<Example> getTrainingExamples() {
  const std::string S = "tensor<f32>", V = "tensor<2xf32>";
  const std::string State = constant("p", "[1.0, -2.0]", "2xf32") +
                            constant("g", "[0.5, 0.25]", "2xf32") +
                            constant("lr", "0.5", "f32") +
                            constant("scale", "2.0", "f32");
  const std::string Moments = constant("m", "[0.0, 1.0]", "2xf32") +
                              constant("v", "[0.0, 4.0]", "2xf32") +
                              constant("step", "1", "i32");
  // Adam with beta 0.5 and 0.75 at t = 2: corrections 0.75 and 0.4375; the
  // gradients are 1 and 0.5, m' 0.5 and 0.75, v' 0.25 and 3.0625.
  auto Moved = [](double P, double M, double V) {
    return P - 0.5 / 0.75 * M / (std::sqrt(V) / std::sqrt(0.4375) + 0.125);
  };
  auto Adam = [&](const std::string &Decoupled, std::vector<double> Expected) {
    return Example{State + Moments,
                   "stator.adam %p, %g, %m, %v lr %lr scale %scale step %step "
                   "betas(0.5, 0.75) eps 0.125 decay 0.5 " +
                       Decoupled + " : (" + V + ", " + V + ", " + V + ", " + V +
                       ", " + S + ", " + S + ", tensor<i32>) -> (" + V + ", " +
                       V + ", " + V + ")",
                   V + ", " + V + ", " + V, std::move(Expected)};
  };
  const std::string Numbers = " : (" + V + ", " + V + ", " + S + ", " + S;
  return {
      {constant("a", "[1.0, 2.0]", "2xf32") + constant("b", "-2.0", "f32"),
       "stator.global_norm %a, %b : (tensor<2xf32>, tensor<f32>) -> "
       "tensor<f32>",
       S,
       {3}},
      {constant("a", "4.0", "f32"),
       "stator.clip_scale %a max 1.0 : tensor<f32>",
       S,
       {1 / (4 + 1e-6)}},
      {constant("a", "0.5", "f32"),
       "stator.clip_scale %a max 1.0 : tensor<f32>",
       S,
       {1}},
      makeRate("3", "constant, warmup = 0, floor = 0.0, steps = 0, width = 0.0",
               0.5),
      makeRate("1", "constant, warmup = 3, floor = 0.0, steps = 0, width = 0.0",
               0.25),
      makeRate("6", "linear, warmup = 1, floor = 0.1, steps = 0, width = 0.0",
               0.3),
      makeRate("3", "linear, warmup = 1, floor = 0.1, steps = 3, width = 0.0",
               0.1),
      makeRate("6", "cosine, warmup = 1, floor = 0.1, steps = 0, width = 0.0",
               0.3),
      makeRate("99", "cosine, warmup = 1, floor = 0.1, steps = 0, width = 0.0",
               0.1),
      makeRate("3",
               "inverse_sqrt, warmup = 16, floor = 0.0, steps = 0, width = 4.0",
               0.25 * 4 / 64),
      makeRate("24",
               "inverse_sqrt, warmup = 16, floor = 0.0, steps = 0, width = 4.0",
               0.25 / 5),
      // g = 2 * (0.5, 0.25) + 0.5 * (1, -2) = (1.5, -0.5)
      {State,
       "stator.sgd %p, %g lr %lr scale %scale momentum 0.0 decay 0.5" +
           Numbers + ") -> " + V,
       V,
       {1 - 0.75, -2 + 0.25}},
      {State + constant("b", "[2.0, 4.0]", "2xf32"),
       "stator.sgd %p, %g lr %lr scale %scale buffer %b momentum 0.5 decay "
       "0.5" +
           Numbers + ", " + V + ") -> (" + V + ", " + V + ")",
       V + ", " + V,
       {1 - 1.25, -2 - 0.75, 2.5, 1.5}},
      {State + constant("b", "[2.0, 4.0]", "2xf32"),
       "stator.sgd %p, %g lr %lr scale %scale buffer %b momentum 0.5 decay 0.5 "
       "nesterov" +
           Numbers + ", " + V + ") -> (" + V + ", " + V + ")",
       V + ", " + V,
       {1 - 0.5 * 2.75, -2 - 0.5 * 0.25, 2.5, 1.5}},
      Adam("decoupled", {Moved(0.75, 0.5, 0.25), Moved(-1.5, 0.75, 3.0625), 0.5,
                         0.75, 0.25, 3.0625}),
      // Coupled: g = (1.5, -0.5), m' = (0.75, 0.25), v' = (0.5625, 3.0625).
      Adam("", {Moved(1, 0.75, 0.5625), Moved(-2, 0.25, 3.0625), 0.75, 0.25,
                0.5625, 3.0625}),
  };
}

} // namespace

std::vector<Example> getExamples() {
  std::vector<Example> All;
  for (auto Get : {getElementwiseExamples, getShapeExamples, getTensorExamples,
                   getFusedExamples, getDecodingExamples, getTrainingExamples})
    for (Example &Each : Get())
      All.push_back(std::move(Each));
  return All;
}

} // namespace stator::test
