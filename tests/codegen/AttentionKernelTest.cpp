//===- AttentionKernelTest.cpp - Attention against plain loops in f64 -----===//

#include "KernelJit.h"
#include "codegen/contraction/Contraction.h"
#include "runtime/core/philox.h"
#include "runtime/core/program.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <optional>
#include <random>

using namespace stator;
using namespace stator::test;

namespace {

constexpr double Infinity = std::numeric_limits<double>::infinity();

enum class BiasKind { None, Plane, PerHead, Full, BlocksRows };

struct Case {
  const char *Name;
  int64_t Batch, Heads, KvHeads, Queries, Keys, Depth, ValueDepth;
  bool Causal = false;
  std::optional<int64_t> Window = std::nullopt;
  BiasKind Bias = BiasKind::None;
  double Dropout = 0;
  double Sign = 1; ///< of the scale
};

/// The tensors of a problem and what comes out, in f64.
struct Problem {
  Case C;
  std::vector<float> Query, Key, Val, Bias, Cotangent;
  std::vector<double> Result, Lse, QueryCotangent, KeyCotangent, ValueCotangent;
  double Scale;
  int64_t Info[STATOR_INFO_COUNT] = {3, 10, 0x123456789abcdef, 77};
  static constexpr int64_t Stream = 5;

  explicit Problem(const Case &C) : C(C), Scale(C.Sign / std::sqrt(C.Depth)) {
    std::mt19937 Generator(7);
    std::uniform_real_distribution<float> Uniform(-2, 2);
    auto Fill = [&](std::vector<float> &Values, int64_t Count) {
      Values.resize(Count);
      for (float &Value : Values)
        Value = Uniform(Generator);
    };
    Fill(Query, C.Batch * C.Heads * C.Queries * C.Depth);
    Fill(Key, C.Batch * C.KvHeads * C.Keys * C.Depth);
    Fill(Val, C.Batch * C.KvHeads * C.Keys * C.ValueDepth);
    Fill(Cotangent, C.Batch * C.Heads * C.Queries * C.ValueDepth);
    Fill(Bias, biasSize());
    if (C.Bias == BiasKind::BlocksRows)
      for (int64_t Q = 0; Q < C.Queries; ++Q)
        for (int64_t K = 0; K < C.Keys; ++K)
          if (Q % 3 == 1 || (Q + K) % 4 == 0)
            Bias[Q * C.Keys + K] = -Infinity;
    compute();
  }

  int64_t biasSize() const {
    switch (C.Bias) {
    case BiasKind::None:
      return 0;
    case BiasKind::Plane:
    case BiasKind::BlocksRows:
      return C.Queries * C.Keys;
    case BiasKind::PerHead:
      return C.Heads * C.Queries * C.Keys;
    case BiasKind::Full:
      return C.Batch * C.Heads * C.Queries * C.Keys;
    }
    return 0;
  }

  double bias(int64_t B, int64_t H, int64_t Q, int64_t K) const {
    int64_t Line = C.Bias == BiasKind::Full      ? B * C.Heads + H
                   : C.Bias == BiasKind::PerHead ? H
                                                 : 0;
    return Bias.empty() ? 0 : Bias[(Line * C.Queries + Q) * C.Keys + K];
  }

  bool isVisible(int64_t Q, int64_t K) const {
    int64_t Shift = C.Keys - C.Queries;
    return (!C.Causal || K <= Q + Shift) &&
           (!C.Window || K > Q + Shift - *C.Window);
  }

  double dropoutFactor(int64_t Index) const {
    if (C.Dropout == 0)
      return 1;
    uint32_t Bits = statorRandomBits(
        Info[STATOR_INFO_SEED], static_cast<uint32_t>(Index), Stream,
        Info[STATOR_INFO_SEQUENCE], STATOR_RANDOM_DROPOUT);
    return Bits >= std::llround(C.Dropout * 0x1p32) ? 1 / (1 - C.Dropout) : 0;
  }

  void compute() {
    Result.assign(Cotangent.size(), 0);
    Lse.assign(C.Batch * C.Heads * C.Queries, 0);
    QueryCotangent.assign(Query.size(), 0);
    KeyCotangent.assign(Key.size(), 0);
    ValueCotangent.assign(Val.size(), 0);
    for (int64_t B = 0; B < C.Batch; ++B)
      for (int64_t H = 0; H < C.Heads; ++H)
        for (int64_t Q = 0; Q < C.Queries; ++Q)
          computeRow(B, H, Q);
  }

  void computeRow(int64_t B, int64_t H, int64_t Q) {
    int64_t Line = (B * C.Heads + H) * C.Queries + Q;
    int64_t KvLine = (B * C.KvHeads + H / (C.Heads / C.KvHeads)) * C.Keys;
    const float *QueryRow = &Query[Line * C.Depth];
    const float *CotangentRow = &Cotangent[Line * C.ValueDepth];
    std::vector<double> Weights(C.Keys), Products(C.Keys);
    double Maximum = -Infinity, Sum = 0;
    for (int64_t K = 0; K < C.Keys; ++K) {
      double Score = 0;
      for (int64_t D = 0; D < C.Depth; ++D)
        Score += double(QueryRow[D]) * Key[(KvLine + K) * C.Depth + D];
      Weights[K] =
          isVisible(Q, K) ? Score * Scale + bias(B, H, Q, K) : -Infinity;
      Maximum = std::max(Maximum, Weights[K]);
    }
    if (Maximum == -Infinity) {
      Lse[Line] = -Infinity;
      return;
    }
    for (double &Weight : Weights)
      Sum += Weight = std::exp(Weight - Maximum);
    Lse[Line] = Maximum + std::log(Sum);
    double Dot = 0;
    for (int64_t K = 0; K < C.Keys; ++K) {
      Weights[K] /= Sum;
      double Factor = dropoutFactor(Line * C.Keys + K);
      for (int64_t D = 0; D < C.ValueDepth; ++D) {
        double Element = Val[(KvLine + K) * C.ValueDepth + D];
        Result[Line * C.ValueDepth + D] += Weights[K] * Factor * Element;
        ValueCotangent[(KvLine + K) * C.ValueDepth + D] +=
            Weights[K] * Factor * CotangentRow[D];
        Products[K] += Factor * Element * CotangentRow[D];
      }
      Dot += Weights[K] * Products[K];
    }
    for (int64_t K = 0; K < C.Keys; ++K)
      for (int64_t D = 0; D < C.Depth; ++D) {
        double Score = Weights[K] * (Products[K] - Dot) * Scale;
        QueryCotangent[Line * C.Depth + D] +=
            Score * Key[(KvLine + K) * C.Depth + D];
        KeyCotangent[(KvLine + K) * C.Depth + D] += Score * QueryRow[D];
      }
  }

  //===--------------------------------------------------------------------===//
  // As IR
  //===--------------------------------------------------------------------===//

  static std::string tensor(std::initializer_list<int64_t> Shape) {
    std::string Text = "tensor<";
    for (int64_t Size : Shape)
      Text += std::to_string(Size) + "x";
    return Text + "f32>";
  }

  std::string queryType() const {
    return tensor({C.Batch, C.Heads, C.Queries, C.Depth});
  }
  std::string keyType() const {
    return tensor({C.Batch, C.KvHeads, C.Keys, C.Depth});
  }
  std::string valueType() const {
    return tensor({C.Batch, C.KvHeads, C.Keys, C.ValueDepth});
  }
  std::string resultType() const {
    return tensor({C.Batch, C.Heads, C.Queries, C.ValueDepth});
  }
  std::string lseType() const { return tensor({C.Batch, C.Heads, C.Queries}); }
  std::string biasType() const {
    if (C.Bias == BiasKind::PerHead)
      return tensor({1, C.Heads, C.Queries, C.Keys});
    if (C.Bias == BiasKind::Full)
      return tensor({C.Batch, C.Heads, C.Queries, C.Keys});
    return tensor({C.Queries, C.Keys});
  }

  std::string options() const {
    std::string Text = " scale " + std::to_string(Scale);
    char Precise[128];
    std::snprintf(Precise, sizeof(Precise), " scale %.17e", Scale);
    Text = Precise;
    if (C.Causal)
      Text += " causal";
    if (C.Window)
      Text += " window " + std::to_string(*C.Window);
    if (C.Dropout > 0) {
      std::snprintf(Precise, sizeof(Precise),
                    " {dropout_rate = %.17e : f64, dropout_stream = 5 : i64}",
                    C.Dropout);
      Text += Precise;
    }
    return Text;
  }

  std::string inputs() const {
    return "%q: " + queryType() + ", %k: " + keyType() +
           ", %v: " + valueType() + (Bias.empty() ? "" : ", %b: " + biasType());
  }
  std::string inputTypes() const {
    return queryType() + ", " + keyType() + ", " + valueType() +
           (Bias.empty() ? "" : ", " + biasType());
  }
  std::string operands() const {
    return std::string("%q, %k, %v") + (Bias.empty() ? "" : " bias %b");
  }

  std::string forwardModule() const {
    std::string Results = "(" + resultType() + ", " + lseType() + ")";
    return "stator.func @f(" + inputs() + ") -> " + Results +
           " {\n  %o, %l = stator.attention " + operands() + options() +
           " : (" + inputTypes() + ") -> " + Results +
           "\n  stator.return %o, %l : " + resultType() + ", " + lseType() +
           "\n}\n";
  }

  std::string backwardModule() const {
    std::string Types = queryType() + ", " + keyType() + ", " + valueType();
    std::string More =
        ", " + resultType() + ", " + lseType() + ", " + resultType();
    return "stator.func @f(" + inputs() + ", %o: " + resultType() +
           ", %l: " + lseType() + ", %d: " + resultType() + ") -> (" + Types +
           ") {\n  %x, %y, %z = stator.attention_grad " + operands() +
           " of %o, %l by %d" + options() + " : (" + inputTypes() + More +
           ") -> (" + Types + ")\n  stator.return %x, %y, %z : " + Types +
           "\n}\n";
  }
};

std::unique_ptr<Kernel> compileForward(const Problem &P,
                                       const CpuTarget &Target) {
  bool WithInfo = P.C.Dropout > 0;
  return Kernel::compile(
      P.forwardModule(), Target, WithInfo,
      [&](mlir::OpBuilder &B, mlir::Operation *Op, mlir::ValueRange Arguments,
          const CpuTarget &Target) {
        llvm::SmallVector<mlir::Value> A(Arguments);
        mlir::Value Info = WithInfo ? A.pop_back_val() : mlir::Value();
        mlir::Value Lse = A.pop_back_val(), Result = A.pop_back_val();
        return emitAttention(B, llvm::cast<AttentionOp>(Op), A, Info, Result,
                             Lse, Target);
      });
}

std::unique_ptr<Kernel> compileBackward(const Problem &P,
                                        const CpuTarget &Target) {
  bool WithInfo = P.C.Dropout > 0;
  return Kernel::compile(
      P.backwardModule(), Target, WithInfo,
      [&](mlir::OpBuilder &B, mlir::Operation *Op, mlir::ValueRange Arguments,
          const CpuTarget &Target) {
        llvm::SmallVector<mlir::Value> A(Arguments);
        mlir::Value Info = WithInfo ? A.pop_back_val() : mlir::Value();
        mlir::Value DV = A.pop_back_val(), DK = A.pop_back_val(),
                    DQ = A.pop_back_val();
        return emitAttentionGrad(B, llvm::cast<AttentionGradOp>(Op), A, Info,
                                 DQ, DK, DV, Target);
      });
}

void expectClose(const std::vector<float> &Actual,
                 const std::vector<double> &Expected, const char *What) {
  ASSERT_EQ(Actual.size(), Expected.size());
  double Largest = 0;
  for (double Value : Expected)
    if (std::isfinite(Value))
      Largest = std::max(Largest, std::fabs(Value));
  for (size_t I = 0; I < Expected.size(); ++I) {
    if (std::isinf(Expected[I])) {
      ASSERT_EQ(Actual[I], Expected[I]) << What << " " << I;
      continue;
    }
    ASSERT_NEAR(Actual[I], Expected[I],
                3e-6 * (Largest + std::fabs(Expected[I])) + 1e-6)
        << What << " " << I;
  }
}

/// This CPU and, taking turns from case to case, one of the others.
std::vector<CpuTarget> getTargets(const Case &C) {
  std::vector<CpuTarget> Targets = getTestTargets();
  if (Targets.size() > 2)
    Targets.erase(Targets.begin() + 1 + (C.Queries + C.Depth) % 2);
  return Targets;
}

class AttentionKernel : public testing::TestWithParam<Case> {};

/// What the results hold before the kernel runs: it must not read it.
constexpr float Garbage = std::numeric_limits<float>::quiet_NaN();

TEST_P(AttentionKernel, ForwardAgreesWithPlainLoops) {
  Problem P(GetParam());
  for (const CpuTarget &Target : getTargets(P.C)) {
    SCOPED_TRACE(Target.Cpu);
    auto Compiled = compileForward(P, Target);
    ASSERT_TRUE(Compiled);
    std::vector<float> OneThread;
    for (int Threads : {1, 2, 3}) {
      setThreads(Threads);
      std::vector<float> Result(P.Result.size(), Garbage);
      std::vector<float> Lse(P.Lse.size(), Garbage);
      std::vector<void *> Arguments{P.Query.data(), P.Key.data(), P.Val.data()};
      if (!P.Bias.empty())
        Arguments.push_back(P.Bias.data());
      Arguments.insert(Arguments.end(), {Result.data(), Lse.data(), P.Info});
      Compiled->run(Arguments);
      expectClose(Result, P.Result, "result");
      expectClose(Lse, P.Lse, "lse");
      if (Threads == 1)
        OneThread = Result;
      ASSERT_EQ(Result, OneThread) << Threads << " threads";
    }
  }
}

TEST_P(AttentionKernel, BackwardAgreesWithPlainLoops) {
  Problem P(GetParam());
  std::vector<float> Result(P.Result.begin(), P.Result.end());
  std::vector<float> Lse(P.Lse.begin(), P.Lse.end());
  for (const CpuTarget &Target : getTargets(P.C)) {
    SCOPED_TRACE(Target.Cpu);
    auto Compiled = compileBackward(P, Target);
    ASSERT_TRUE(Compiled);
    std::vector<float> OneThread;
    for (int Threads : {1, 2, 3}) {
      setThreads(Threads);
      std::vector<float> DQ(P.Query.size(), Garbage), DK(P.Key.size(), Garbage),
          DV(P.Val.size(), Garbage);
      std::vector<void *> Arguments{P.Query.data(), P.Key.data(), P.Val.data()};
      if (!P.Bias.empty())
        Arguments.push_back(P.Bias.data());
      Arguments.insert(Arguments.end(),
                       {Result.data(), Lse.data(), P.Cotangent.data(),
                        DQ.data(), DK.data(), DV.data(), P.Info});
      Compiled->run(Arguments);
      expectClose(DQ, P.QueryCotangent, "query cotangent");
      expectClose(DK, P.KeyCotangent, "key cotangent");
      expectClose(DV, P.ValueCotangent, "value cotangent");
      std::vector<float> All = DQ;
      All.insert(All.end(), DK.begin(), DK.end());
      All.insert(All.end(), DV.begin(), DV.end());
      if (Threads == 1)
        OneThread = All;
      ASSERT_EQ(All, OneThread) << Threads << " threads";
    }
  }
}

/// A NaN in a query must come out, not be hidden by a maximum or a mask.
TEST(AttentionKernelTest, NanStaysVisible) {
  Problem P({"nan", 1, 1, 1, 4, 4, 8, 8, true});
  P.Query[2 * 8] = Garbage;
  for (const CpuTarget &Target : getTestTargets()) {
    auto Compiled = compileForward(P, Target);
    ASSERT_TRUE(Compiled);
    std::vector<float> Result(P.Result.size()), Lse(P.Lse.size());
    Compiled->run({P.Query.data(), P.Key.data(), P.Val.data(), Result.data(),
                   Lse.data()});
    EXPECT_FALSE(std::isnan(Result[1 * 8]));
    EXPECT_TRUE(std::isnan(Result[2 * 8])) << Target.Cpu;
    EXPECT_TRUE(std::isnan(Lse[2])) << Target.Cpu;
    EXPECT_FALSE(std::isnan(Result[3 * 8]));
  }
}

const Case Cases[] = {
    {"plain", 2, 3, 3, 64, 64, 32, 32},
    {"one", 1, 1, 1, 1, 1, 1, 1, true},
    {"causal", 2, 3, 3, 64, 64, 32, 32, true},
    {"causal_odd", 2, 2, 2, 65, 65, 20, 13, true},
    {"causal_prime", 1, 2, 2, 131, 131, 33, 17, true},
    {"causal_long", 1, 2, 2, 257, 257, 64, 64, true},
    {"deep", 1, 2, 2, 70, 70, 128, 128, true},
    {"deeper", 1, 1, 1, 40, 40, 300, 260, true},
    {"one_query", 2, 4, 4, 1, 77, 16, 16, true},
    {"more_keys", 2, 2, 2, 10, 77, 16, 16, true},
    {"more_queries", 2, 2, 2, 77, 10, 16, 16},
    {"grouped", 2, 6, 2, 70, 70, 24, 24, true},
    {"one_key_head", 1, 4, 1, 33, 33, 16, 16, true},
    {"window", 1, 2, 2, 200, 200, 16, 16, true, 37},
    {"window_one", 1, 1, 1, 70, 70, 16, 16, true, 1},
    {"window_shifted", 1, 2, 1, 30, 150, 16, 16, true, 20},
    {"bias_plane", 2, 2, 2, 50, 41, 16, 16, false, std::nullopt,
     BiasKind::Plane},
    {"bias_head", 2, 2, 1, 50, 50, 16, 16, true, std::nullopt,
     BiasKind::PerHead},
    {"bias_full", 2, 2, 2, 19, 50, 16, 8, true, 7, BiasKind::Full},
    {"bias_infinite", 2, 2, 2, 50, 150, 16, 16, false, std::nullopt,
     BiasKind::BlocksRows},
    {"causal_more_keys", 2, 2, 2, 13, 91, 24, 20, true},
    {"causal_blocks_more_keys", 1, 2, 1, 67, 203, 40, 8, true},
    {"window_one_block", 1, 2, 2, 50, 50, 16, 16, true, 13},
    {"grouped_one_block", 2, 4, 2, 40, 40, 16, 16, true},
    {"bias_edge", 1, 2, 2, 37, 131, 16, 16, true, std::nullopt,
     BiasKind::PerHead},
    {"negative_scale", 1, 2, 2, 70, 70, 16, 16, true, std::nullopt,
     BiasKind::None, 0, -1},
    {"zero_scale", 1, 2, 2, 70, 70, 16, 16, true, std::nullopt, BiasKind::None,
     0, 0},
    {"dropout", 2, 2, 2, 70, 70, 16, 16, true, std::nullopt, BiasKind::None,
     0.2},
    {"dropout_all", 2, 4, 2, 33, 75, 16, 16, true, 25, BiasKind::PerHead, 0.5},
};

INSTANTIATE_TEST_SUITE_P(All, AttentionKernel, testing::ValuesIn(Cases),
                         [](const testing::TestParamInfo<Case> &Info) {
                           return std::string(Info.param.Name);
                         });

} // namespace
