//===- AttentionBenchmark.cpp - The kernels of attention ------------------===//
//
// GFLOP/s of stator.attention and its derivative. What is counted is what a
// causal mask leaves: half of two products forward, of five backward.
//
//===----------------------------------------------------------------------===//

#include "../codegen/KernelJit.h"
#include "codegen/contraction/Contraction.h"
#include <benchmark/benchmark.h>
#include <string>

using namespace stator;
using namespace stator::test;

namespace {

struct Sizes {
  const char *Name;
  int64_t Batch, Heads, Time, Depth;
};

constexpr Sizes AllSizes[] = {
    {"char_12x4x64x32", 12, 4, 64, 32},
    {"gpt2_4x12x64x64", 4, 12, 64, 64},
    {"gpt2_1x12x1024x64", 1, 12, 1024, 64},
};

std::string getTensor(const Sizes &S, bool IsRow) {
  std::string Text = "tensor<" + std::to_string(S.Batch) + "x" +
                     std::to_string(S.Heads) + "x" + std::to_string(S.Time) +
                     "x";
  return Text + (IsRow ? "" : std::to_string(S.Depth) + "x") + "f32>";
}

double getFlops(const Sizes &S, int Products) {
  return 2.0 * Products * S.Batch * S.Heads * S.Depth * S.Time * (S.Time + 1) /
         2;
}

void report(benchmark::State &State, double Flops) {
  State.counters["GFLOP/s"] = benchmark::Counter(
      Flops * 1e-9 * State.iterations(), benchmark::Counter::kIsRate);
}

std::unique_ptr<Kernel> compile(const std::string &Text) {
  std::string Error;
  setThreads(1);
  return Kernel::compile(
      Text, *CpuTarget::get("native", Error), /*WithInfo=*/false,
      [](mlir::OpBuilder &B, mlir::Operation *Op, mlir::ValueRange A,
         const CpuTarget &Target) {
        llvm::SmallVector<mlir::Value> All(A);
        llvm::ArrayRef<mlir::Value> Values(All);
        if (auto Forward = llvm::dyn_cast<AttentionOp>(Op))
          return emitAttention(B, Forward, Values.take_front(3), {}, A[3], A[4],
                               Target);
        return emitAttentionGrad(B, llvm::cast<AttentionGradOp>(Op),
                                 Values.take_front(6), {}, A[6], A[7], A[8],
                                 Target);
      });
}

std::vector<float> makeValues(int64_t Count) {
  std::vector<float> Values(Count);
  for (int64_t I = 0; I < Count; ++I)
    Values[I] = static_cast<float>(I % 13) / 13 - 0.5f;
  return Values;
}

void runForward(benchmark::State &State, Sizes S) {
  std::string T = getTensor(S, false), L = getTensor(S, true);
  auto Compiled =
      compile("stator.func @f(%q: " + T + ", %k: " + T + ", %v: " + T +
              ") -> (" + T + ", " + L +
              ") {\n  %o, %l = stator.attention %q, %k, %v scale 0.125 "
              "causal : (" +
              T + ", " + T + ", " + T + ") -> (" + T + ", " + L +
              ")\n  stator.return %o, %l : " + T + ", " + L + "\n}\n");
  if (!Compiled)
    return State.SkipWithError("does not compile");
  int64_t Count = S.Batch * S.Heads * S.Time * S.Depth;
  auto Q = makeValues(Count), K = Q, V = Q, O = Q, Lse = Q;
  auto Run = [&] {
    Compiled->run({Q.data(), K.data(), V.data(), O.data(), Lse.data()});
  };
  Run(); // the code is generated now
  for (auto _ : State)
    Run();
  report(State, getFlops(S, 2));
}

void runBackward(benchmark::State &State, Sizes S) {
  std::string T = getTensor(S, false), L = getTensor(S, true);
  std::string All = "(" + T + ", " + T + ", " + T + ")";
  auto Compiled = compile(
      "stator.func @f(%q: " + T + ", %k: " + T + ", %v: " + T + ", %o: " + T +
      ", %l: " + L + ", %d: " + T + ") -> " + All +
      " {\n  %x, %y, %z = stator.attention_grad %q, %k, %v of %o, %l by %d "
      "scale 0.125 causal : (" +
      T + ", " + T + ", " + T + ", " + T + ", " + L + ", " + T + ") -> " + All +
      "\n  stator.return %x, %y, %z : " + T + ", " + T + ", " + T + "\n}\n");
  if (!Compiled)
    return State.SkipWithError("does not compile");
  int64_t Count = S.Batch * S.Heads * S.Time * S.Depth;
  auto Q = makeValues(Count), O = Q, D = Q, DQ = Q, DK = Q, DV = Q;
  std::vector<float> Lse(S.Batch * S.Heads * S.Time, 5.0f);
  auto Run = [&] {
    Compiled->run({Q.data(), Q.data(), Q.data(), O.data(), Lse.data(), D.data(),
                   DQ.data(), DK.data(), DV.data()});
  };
  Run();
  for (auto _ : State)
    Run();
  report(State, getFlops(S, 5));
}

} // namespace

int main(int Count, char **Arguments) {
  benchmark::Initialize(&Count, Arguments);
  if (benchmark::ReportUnrecognizedArguments(Count, Arguments))
    return 1;
  for (const Sizes &S : AllSizes) {
    benchmark::RegisterBenchmark(
        (std::string(S.Name) + "/forward").c_str(),
        [S](benchmark::State &State) { runForward(State, S); });
    benchmark::RegisterBenchmark(
        (std::string(S.Name) + "/backward").c_str(),
        [S](benchmark::State &State) { runBackward(State, S); });
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
