//===- MatmulBenchmark.cpp - Contractions against OpenBLAS ----------------===//
//
// GFLOP/s of the kernels of stator.einsum and of cblas_sgemm on the products of
// GPT-2 124M (256 positions) and of a small character model, and the peak of
// multiply-adds of this core, measured here and now, that both are a share of.
// One thread unless OMP_NUM_THREADS says otherwise.
//
//===----------------------------------------------------------------------===//

#include "../codegen/KernelJit.h"
#include "codegen/contraction/Contraction.h"
#include "ir/Einsum.h"
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>

using namespace stator;
using namespace stator::test;

extern "C" void openblas_set_num_threads(int Count);

namespace {

CpuTarget getHost() {
  std::string Error;
  return *CpuTarget::get("native", Error);
}

int getThreads() {
  const char *Text = std::getenv("OMP_NUM_THREADS");
  return Text ? std::atoi(Text) : 1;
}

using Vector16 = float __attribute__((vector_size(64)));

/// GFLOP/s of independent multiply-adds in registers of this core, the best of
/// several runs.
__attribute__((target("arch=x86-64-v4"))) double measurePeak512() {
  double Best = 0;
  for (int Run = 0; Run < 20; ++Run) {
    constexpr int Steps = 1000000;
    Vector16 Sum[12] = {}, X, Y;
    for (int I = 0; I < 16; ++I)
      X[I] = 0.5f, Y[I] = 0.25f;
    asm volatile("" : "+v"(X), "+v"(Y));
    auto Start = std::chrono::steady_clock::now();
    for (int Step = 0; Step < Steps; ++Step)
      for (int I = 0; I < 12; ++I)
        asm volatile("vfmadd231ps %1, %2, %0" : "+v"(Sum[I]) : "v"(X), "v"(Y));
    std::chrono::duration<double> Time =
        std::chrono::steady_clock::now() - Start;
    for (Vector16 &S : Sum)
      asm volatile("" : "+v"(S));
    Best = std::max(Best, 2.0 * 16 * 12 * Steps / Time.count() * 1e-9);
  }
  return Best;
}

double getPeak() {
  static double Peak = __builtin_cpu_supports("avx512f") ? measurePeak512() : 0;
  return Peak;
}

struct Product {
  const char *Equation; ///< names m, k, n
  int64_t M, K, N;
};

int64_t getSize(const Product &P, const std::string &Name) {
  return Name == "m" ? P.M : Name == "k" ? P.K : P.N;
}

std::string getType(const Product &P, const EinsumEquation &E,
                    llvm::ArrayRef<int64_t> Names) {
  std::string Text = "tensor<";
  for (int64_t Name : Names)
    Text += std::to_string(getSize(P, E.Names[Name])) + "x";
  return Text + "f32>";
}

void report(benchmark::State &State, const Product &P) {
  double Flops = 2.0 * P.M * P.K * P.N * State.iterations();
  State.counters["GFLOP/s"] =
      benchmark::Counter(Flops * 1e-9, benchmark::Counter::kIsRate);
  if (getPeak() > 0)
    State.counters["peak"] = benchmark::Counter(
        Flops * 1e-9 / (getPeak() * getThreads()), benchmark::Counter::kIsRate);
}

std::vector<float> makeMatrix(int64_t Rows, int64_t Columns) {
  std::vector<float> Matrix(Rows * Columns);
  for (size_t I = 0; I < Matrix.size(); ++I)
    Matrix[I] = static_cast<float>(I % 17) - 8;
  return Matrix;
}

void runStator(benchmark::State &State, Product P) {
  std::string Error;
  auto E = *EinsumEquation::parse(P.Equation, Error);
  std::string L = getType(P, E, E.Lhs), R = getType(P, E, E.Rhs),
              Out = getType(P, E, E.Result);
  auto Compiled = Kernel::compile(
      "stator.func @f(%a: " + L + ", %b: " + R + ") -> " + Out +
          " {\n  %c = stator.einsum \"" + E.str() + "\" %a, %b : (" + L + ", " +
          R + ") -> " + Out + "\n  stator.return %c : " + Out + "\n}\n",
      getHost(), /*WithInfo=*/false,
      [](mlir::OpBuilder &B, mlir::Operation *Op, mlir::ValueRange Arguments,
         const CpuTarget &Target) {
        return emitEinsum(B, llvm::cast<EinsumOp>(Op),
                          {Arguments[0], Arguments[1]}, Arguments[2], Target);
      });
  if (!Compiled)
    return State.SkipWithError("does not compile");
  setThreads(getThreads());
  auto A = makeMatrix(P.M, P.K), B = makeMatrix(P.K, P.N),
       C = makeMatrix(P.M, P.N);
  Compiled->run({A.data(), B.data(), C.data()}); // the code is generated now
  for (auto _ : State)
    Compiled->run({A.data(), B.data(), C.data()});
  report(State, P);
}

void runOpenBlas(benchmark::State &State, Product P) {
  openblas_set_num_threads(getThreads());
  std::string Text = P.Equation;
  bool TransposeA = Text.rfind("k m", 0) == 0;
  bool TransposeB = Text.find(", n k") != std::string::npos;
  auto A = makeMatrix(P.M, P.K), B = makeMatrix(P.K, P.N),
       C = makeMatrix(P.M, P.N);
  for (auto _ : State)
    cblas_sgemm(CblasRowMajor, TransposeA ? CblasTrans : CblasNoTrans,
                TransposeB ? CblasTrans : CblasNoTrans, P.M, P.N, P.K, 1,
                A.data(), TransposeA ? P.M : P.K, B.data(),
                TransposeB ? P.K : P.N, 0, C.data(), P.N);
  report(State, P);
}

constexpr const char *Forward = "m k, k n -> m n";
constexpr const char *Tied = "m k, n k -> m n";   // dX too: dY W^T
constexpr const char *Weight = "k m, k n -> m n"; // dW: X^T dY

const std::pair<const char *, Product> Products[] = {
    // GPT-2 124M, four samples of 64 positions.
    {"gpt2/qkv", {Forward, 256, 768, 2304}},
    {"gpt2/qkv/dX", {Tied, 256, 2304, 768}},
    {"gpt2/qkv/dW", {Weight, 768, 256, 2304}},
    {"gpt2/proj", {Forward, 256, 768, 768}},
    {"gpt2/up", {Forward, 256, 768, 3072}},
    {"gpt2/up/dX", {Tied, 256, 3072, 768}},
    {"gpt2/up/dW", {Weight, 768, 256, 3072}},
    {"gpt2/down", {Forward, 256, 3072, 768}},
    {"gpt2/down/dX", {Tied, 256, 768, 3072}},
    {"gpt2/down/dW", {Weight, 3072, 256, 768}},
    {"gpt2/head", {Tied, 256, 768, 50257}},
    {"gpt2/head/dX", {Forward, 256, 50257, 768}},
    {"gpt2/head/dW", {Weight, 50257, 256, 768}},
    // Character model: twelve samples of 64 positions, width 128.
    {"char/qkv", {Forward, 768, 128, 384}},
    {"char/qkv/dX", {Tied, 768, 384, 128}},
    {"char/qkv/dW", {Weight, 128, 768, 384}},
    {"char/up", {Forward, 768, 128, 512}},
    {"char/down", {Forward, 768, 512, 128}},
    {"char/down/dW", {Weight, 512, 768, 128}},
    {"char/head", {Tied, 768, 128, 65}},
    {"char/head/dX", {Forward, 768, 65, 128}},
    {"char/head/dW", {Weight, 65, 768, 128}},
    {"square/1024", {Forward, 1024, 1024, 1024}},
};

} // namespace

int main(int Count, char **Arguments) {
  benchmark::Initialize(&Count, Arguments);
  if (benchmark::ReportUnrecognizedArguments(Count, Arguments))
    return 1;
  for (const auto &[Name, P] : Products) {
    auto Each = P;
    auto Add = [&](const char *By, void (*Run)(benchmark::State &, Product)) {
      auto *Added = benchmark::RegisterBenchmark(
          (std::string(Name) + "/" + By).c_str(),
          [Each, Run](benchmark::State &S) { Run(S, Each); });
      // The processor time of one thread does not suffer from other processes.
      if (getThreads() > 1)
        Added->UseRealTime();
    };
    Add("stator", runStator);
    Add("openblas", runOpenBlas);
  }
  benchmark::AddCustomContext("peak GFLOP/s of a core",
                              std::to_string(getPeak()));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
