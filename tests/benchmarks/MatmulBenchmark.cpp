//===- MatmulBenchmark.cpp - Contractions against BLAS and oneDNN ---------===//
//
// GFLOP/s of the kernels of stator.einsum, of cblas_sgemm and, where it is
// installed, of oneDNN with the right operand packed beforehand, on the
// products of GPT-2 124M at 256 and 1024 positions and of the character model:
// forward, dX and dW. As in a training step the operands come from memory, not
// from cache. `peak` is the share of the multiply-adds that this core does in
// registers, measured beside each product, since clocks change. Geometric means
// of the shares are printed at the end.
//
// One thread unless OMP_NUM_THREADS says otherwise.
//
//===----------------------------------------------------------------------===//

#include "../codegen/KernelJit.h"
#include "OneDnn.h"
#include "codegen/contraction/Contraction.h"
#include "ir/Einsum.h"
#include <benchmark/benchmark.h>
#include <cblas.h>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <sys/mman.h>

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

//===----------------------------------------------------------------------===//
// Peak
//===----------------------------------------------------------------------===//

/// Seconds that this thread ran, which other processes do not add to.
double getThreadSeconds() {
  timespec Time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &Time);
  return static_cast<double>(Time.tv_sec) +
         1e-9 * static_cast<double>(Time.tv_nsec);
}

using Vector16 = float __attribute__((vector_size(64)));

/// GFLOP/s of independent multiply-adds in registers of this core; 0 without
/// AVX-512.
__attribute__((target("arch=x86-64-v4"))) double measurePeak512() {
  constexpr int Steps = 400000;
  Vector16 Sum[12] = {}, X, Y;
  for (int I = 0; I < 16; ++I)
    X[I] = 0.5f, Y[I] = 0.25f;
  asm volatile("" : "+v"(X), "+v"(Y));
  double Start = getThreadSeconds();
  for (int Step = 0; Step < Steps; ++Step)
    for (int I = 0; I < 12; ++I)
      asm volatile("vfmadd231ps %1, %2, %0" : "+v"(Sum[I]) : "v"(X), "v"(Y));
  double Seconds = getThreadSeconds() - Start;
  for (Vector16 &S : Sum)
    asm volatile("" : "+v"(S));
  return 2.0 * 16 * 12 * Steps / Seconds * 1e-9;
}

double measurePeak() {
  return __builtin_cpu_supports("avx512f") ? measurePeak512() : 0;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

struct Product {
  std::string Name;
  const char *Equation; ///< names m, k, n
  int64_t M, K, N;
  /// What the operands of a training step of the model take.
  int64_t StepBytes;

  double getFlops() const { return 2.0 * M * K * N; }
};

/// Shares of peak by who computed, then by what, for the means. A benchmark
/// that is run again, to time it longer, replaces what it left.
std::map<std::string, std::map<std::string, double>> &getShares() {
  static std::map<std::string, std::map<std::string, double>> Shares;
  return Shares;
}

/// Memory in huge pages, as the programs have it.
class Buffer {
public:
  explicit Buffer(size_t Floats) : Bytes(Floats * sizeof(float) + 4096) {
    Memory = mmap(nullptr, Bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (Memory == MAP_FAILED)
      std::abort();
    madvise(Memory, Bytes, MADV_HUGEPAGE);
    for (size_t I = 0; I < Floats; ++I)
      data()[I] = static_cast<float>(I % 17) - 8;
  }
  ~Buffer() { munmap(Memory, Bytes); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  float *data() const { return static_cast<float *>(Memory); }

private:
  size_t Bytes;
  void *Memory;
};

/// So many copies of the matrices of a product as fill `Bytes`.
class Operands {
public:
  explicit Operands(const Product &P, int64_t Bytes)
      : Sizes{P.M * P.K, P.K * P.N, P.M * P.N},
        Copies(1 + Bytes / (4 * (Sizes[0] + Sizes[1] + Sizes[2]))),
        Memory(Copies * (Sizes[0] + Sizes[1] + Sizes[2] + 3 * Line)) {}

  int64_t getCopies() const { return Copies; }
  void next() { Turn = (Turn + 1) % Copies; }
  int64_t getTurn() const { return Turn; }
  float *getLhs() { return at(0, Turn); }
  float *getRhs() { return at(1, Turn); }
  float *getRhs(int64_t Copy) { return at(1, Copy); }
  float *getResult() { return at(2, Turn); }

private:
  static constexpr int64_t Line = 16;
  float *at(int Operand, int64_t Copy) {
    int64_t Offset = 0;
    for (int Before = 0; Before < Operand; ++Before)
      Offset += Copies * align(Sizes[Before]);
    return Memory.data() + Offset + Copy * align(Sizes[Operand]);
  }
  static int64_t align(int64_t Size) { return (Size + Line - 1) / Line * Line; }

  int64_t Sizes[3];
  int64_t Copies, Turn = 0;
  Buffer Memory;
};

/// Times `Run` and the peak beside it.
template <typename RunT>
void measure(benchmark::State &State, const Product &P, Operands &Data,
             const std::string &Group, RunT Run) {
  for (int64_t Copy = 0; Copy < std::min<int64_t>(Data.getCopies(), 3); ++Copy)
    Run(), Data.next();
  double Peak = measurePeak(), Seconds = 0;
  int64_t Count = 0;
  bool Several = getThreads() > 1;
  for (auto _ : State) {
    timespec From, To;
    clockid_t Clock = Several ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID;
    clock_gettime(Clock, &From);
    Run();
    clock_gettime(Clock, &To);
    Seconds += static_cast<double>(To.tv_sec - From.tv_sec) +
               1e-9 * static_cast<double>(To.tv_nsec - From.tv_nsec);
    ++Count;
    Data.next();
  }
  Peak = (Peak + measurePeak()) / 2 * getThreads();
  double Rate = P.getFlops() * static_cast<double>(Count) / Seconds * 1e-9;
  State.counters["GFLOP/s"] = Rate;
  if (Peak > 0) {
    State.counters["peak"] = Rate / Peak;
    getShares()[Group][P.Name] = Rate / Peak;
  }
}

//===----------------------------------------------------------------------===//
// Who computes
//===----------------------------------------------------------------------===//

std::string getType(const Product &P, const EinsumEquation &E,
                    llvm::ArrayRef<int64_t> Names) {
  std::string Text = "tensor<";
  for (int64_t Name : Names)
    Text += std::to_string(E.Names[Name] == "m"   ? P.M
                           : E.Names[Name] == "k" ? P.K
                                                  : P.N) +
            "x";
  return Text + "f32>";
}

void runStator(benchmark::State &State, const Product &P,
               const std::string &Group) {
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
  Operands Data(P, P.StepBytes);
  measure(State, P, Data, Group, [&] {
    Compiled->run({Data.getLhs(), Data.getRhs(), Data.getResult()});
  });
}

bool isTransposedLhs(const Product &P) {
  return std::string(P.Equation).rfind("k m", 0) == 0;
}
bool isTransposedRhs(const Product &P) {
  return std::string(P.Equation).find(", n k") != std::string::npos;
}

void runOpenBlas(benchmark::State &State, const Product &P,
                 const std::string &Group) {
  openblas_set_num_threads(getThreads());
  bool TransposeA = isTransposedLhs(P), TransposeB = isTransposedRhs(P);
  Operands Data(P, P.StepBytes);
  measure(State, P, Data, Group, [&] {
    cblas_sgemm(CblasRowMajor, TransposeA ? CblasTrans : CblasNoTrans,
                TransposeB ? CblasTrans : CblasNoTrans, P.M, P.N, P.K, 1,
                Data.getLhs(), TransposeA ? P.M : P.K, Data.getRhs(),
                TransposeB ? P.K : P.N, 0, Data.getResult(), P.N);
  });
}

void runOneDnn(benchmark::State &State, const Product &P,
               const std::string &Group) {
  Operands Data(P, P.StepBytes);
  OneDnnMatmul Matmul(P.M, P.K, P.N, isTransposedLhs(P), isTransposedRhs(P));
  for (int64_t Copy = 0; Copy < Data.getCopies(); ++Copy)
    Matmul.addWeights(Data.getRhs(Copy));
  measure(State, P, Data, Group,
          [&] { Matmul.run(Data.getLhs(), Data.getTurn(), Data.getResult()); });
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

constexpr const char *Plain = "m k, k n -> m n";
constexpr const char *TransposedRhs = "m k, n k -> m n";
constexpr const char *TransposedLhs = "k m, k n -> m n";

/// Enough for operands to come from memory; and what the small model has.
constexpr int64_t FarBytes = 96 << 20, NearBytes = 16 << 20;

struct Layer {
  const char *Name;
  int64_t Inputs, Outputs;
  bool IsTied = false; ///< the weight is [outputs, inputs], as an embedding
};

constexpr Layer Gpt2[] = {{"qkv", 768, 2304},
                          {"proj", 768, 768},
                          {"up", 768, 3072},
                          {"down", 3072, 768},
                          {"head", 768, 50257, true}};
constexpr Layer CharGpt[] = {{"qkv", 128, 384},
                             {"proj", 128, 128},
                             {"up", 128, 512},
                             {"down", 512, 128},
                             {"head", 128, 65, true}};

using Runner = void (*)(benchmark::State &, const Product &,
                        const std::string &);

void add(const std::string &Model, const Product &P) {
  static const std::pair<const char *, Runner> Runners[] = {
      {"stator", runStator},
      {"openblas", runOpenBlas},
      {"onednn", OneDnnMatmul::IsThere ? runOneDnn : nullptr}};
  for (auto [By, Run] : Runners) {
    if (!Run)
      continue;
    std::string Group = Model + " " + By;
    auto *Added = benchmark::RegisterBenchmark(
        (Model + "/" + P.Name + "/" + By).c_str(),
        [=, Run = Run](benchmark::State &S) { Run(S, P, Group); });
    // The processor time of one thread does not suffer from other processes.
    if (getThreads() > 1)
      Added->UseRealTime();
  }
}

void addLayers(const std::string &Model, llvm::ArrayRef<Layer> Layers,
               int64_t Rows, int64_t Bytes) {
  for (const Layer &L : Layers) {
    std::string Name = L.Name;
    add(Model, {Name + "/forward", L.IsTied ? TransposedRhs : Plain, Rows,
                L.Inputs, L.Outputs, Bytes});
    add(Model, {Name + "/dX", L.IsTied ? Plain : TransposedRhs, Rows, L.Outputs,
                L.Inputs, Bytes});
    if (L.IsTied)
      add(Model,
          {Name + "/dW", TransposedLhs, L.Outputs, Rows, L.Inputs, Bytes});
    else
      add(Model,
          {Name + "/dW", TransposedLhs, L.Inputs, Rows, L.Outputs, Bytes});
  }
}

} // namespace

int main(int Count, char **Arguments) {
  benchmark::Initialize(&Count, Arguments);
  if (benchmark::ReportUnrecognizedArguments(Count, Arguments))
    return 1;
  addLayers("gpt2-256", Gpt2, 256, FarBytes);
  addLayers("gpt2-1024", Gpt2, 1024, FarBytes);
  addLayers("char", CharGpt, 768, NearBytes);
  add("square", {"1024", Plain, 1024, 1024, 1024, FarBytes});
  benchmark::AddCustomContext("peak GFLOP/s of a core",
                              std::to_string(measurePeak()));
  benchmark::RunSpecifiedBenchmarks();
  for (const auto &[Group, Shares] : getShares()) {
    double Sum = 0, Least = 1;
    for (const auto &[Name, Share] : Shares) {
      Sum += std::log(Share);
      Least = std::min(Least, Share);
    }
    std::printf("%-20s %3zu products, %5.1f %% of peak in the geometric mean, "
                "%5.1f %% at least\n",
                Group.c_str(), Shares.size(),
                100 * std::exp(Sum / static_cast<double>(Shares.size())),
                100 * Least);
  }
  return 0;
}
