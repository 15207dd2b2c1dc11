//===- MatvecBenchmark.cpp - Products of few rows against memory ----------===//
//
// GB/s at which the kernels of decoding read weights that come from memory: the
// matrices of GPT-2 124M with 1 and 4 rows, as f32, bf16 and int8 (whose scales
// count). `share` is that of the bandwidth of this machine, measured with as
// many threads in turn with the kernel, since it changes from second to second.
// The matrices of a small model, in cache, are measured in multiply-adds.
//
// One thread unless OMP_NUM_THREADS says otherwise.
//
//===----------------------------------------------------------------------===//

#include "../codegen/FormedKernel.h"
#include "../codegen/KernelJit.h"
#include "codegen/Target.h"
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <vector>

using namespace stator;
using namespace stator::test;

namespace {

using Clock = std::chrono::steady_clock;

int getThreads() {
  const char *Text = std::getenv("OMP_NUM_THREADS");
  return Text ? std::atoi(Text) : 1;
}

double getSeconds(Clock::time_point From) {
  return std::chrono::duration<double>(Clock::now() - From).count();
}

/// Memory in huge pages, as programs have it, filled with bytes that are small
/// numbers in each of the types.
class Buffer {
public:
  explicit Buffer(size_t Bytes) : Bytes(Bytes + HugePage) {
    Memory = mmap(nullptr, this->Bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (Memory == MAP_FAILED)
      std::abort();
    madvise(Memory, this->Bytes, MADV_HUGEPAGE);
    std::memset(Memory, 0x3c, this->Bytes);
  }
  ~Buffer() { munmap(Memory, Bytes); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  char *data() const {
    auto Address = reinterpret_cast<uintptr_t>(Memory);
    return reinterpret_cast<char *>((Address + HugePage - 1) / HugePage *
                                    HugePage);
  }

private:
  static constexpr size_t HugePage = 2 << 20;
  size_t Bytes;
  void *Memory;
};

constexpr size_t FarBytes = 512 << 20;

const Buffer &getFarMemory() {
  static const Buffer Memory(FarBytes);
  return Memory;
}

/// A kernel that reads what a thread is given from start to end: the sums of
/// 64 KiB each.
class Reader {
public:
  Reader() {
    std::string Error;
    auto Target = CpuTarget::get("native", Error);
    Kernel = FormedKernel::compile(
        "stator.func @f(%x: tensor<8192x16384xf32>) -> tensor<8192xf32> {\n"
        "  %y = stator.reduce sum %x axes [1] : tensor<8192x16384xf32> -> "
        "tensor<8192xf32>\n  stator.return %y : tensor<8192xf32>\n}\n",
        *Target);
    if (!Kernel)
      std::abort();
  }
  /// Seconds to read FarBytes.
  double run() {
    auto Start = Clock::now();
    Kernel->run({getFarMemory().data(), Sums.data()});
    return getSeconds(Start);
  }

private:
  std::unique_ptr<FormedKernel> Kernel;
  std::vector<float> Sums = std::vector<float>(8192);
};

struct Product {
  const char *Name;
  int64_t Depth, Columns;
};

constexpr Product Gpt2[] = {{"qkv", 768, 2304},
                            {"proj", 768, 768},
                            {"up", 768, 3072},
                            {"down", 3072, 768},
                            {"head", 768, 50257}};
constexpr Product Small[] = {
    {"64x64", 64, 64}, {"64x172", 64, 172}, {"172x64", 172, 64}};

std::string tensor(int64_t A, int64_t B, const std::string &Element) {
  return "tensor<" + std::to_string(A) + "x" + std::to_string(B) + "x" +
         Element + ">";
}

std::unique_ptr<FormedKernel> compile(const Product &P, int64_t Rows,
                                      const std::string &Type) {
  std::string X = tensor(Rows, P.Depth, "f32"),
              Y = tensor(Rows, P.Columns, "f32"),
              W = tensor(P.Columns, P.Depth, "f32"),
              Stored = tensor(P.Columns, P.Depth, Type),
              Scales = tensor(P.Columns, (P.Depth + 31) / 32, "f32"), Text;
  Text = "stator.func @f(%x: " + X + ", %q: " + Stored +
         (Type == "i8" ? ", %s: " + Scales : "") + ") -> " + Y + " {\n";
  if (Type == "i8")
    Text += "  %w = stator.dequantize %q scales %s axis 1 block 32 : (" +
            Stored + ", " + Scales + ") -> " + W + "\n";
  else if (Type == "bf16")
    Text += "  %w = stator.dequantize %q : (" + Stored + ") -> " + W + "\n";
  Text += "  %y = stator.einsum \"m k, n k -> m n\" %x, " +
          std::string(Type == "f32" ? "%q" : "%w") + " : (" + X + ", " + W +
          ") -> " + Y + "\n  stator.return %y : " + Y + "\n}\n";
  std::string Error;
  return FormedKernel::compile(Text, *CpuTarget::get("native", Error));
}

double getWeightBytes(const Product &P, const std::string &Type) {
  double Elements = static_cast<double>(P.Depth) * P.Columns;
  return Type == "f32"    ? 4 * Elements
         : Type == "bf16" ? 2 * Elements
                          : Elements;
}

double getMedian(std::vector<double> Values) {
  std::sort(Values.begin(), Values.end());
  return Values.empty() ? 0 : Values[Values.size() / 2];
}

/// Walks through copies of the matrix that fill the memory, in turn with
/// reading it.
void runFar(benchmark::State &State, const Product &P, int64_t Rows,
            const std::string &Type) {
  auto Kernel = compile(P, Rows, Type);
  if (!Kernel)
    return State.SkipWithError("does not compile");
  setThreads(getThreads());
  static Reader Bandwidth;
  std::vector<float> X(Rows * P.Depth, 0.5f), Y(Rows * P.Columns);
  double Weights = getWeightBytes(P, Type);
  double Scales = Type == "i8" ? 4.0 * ((P.Depth + 31) / 32) * P.Columns : 0;
  auto Each = static_cast<size_t>(Weights + Scales + 127) / 64 * 64;
  size_t Copies = FarBytes / Each;
  std::vector<double> Rates, Shares;
  for (auto _ : State) {
    double Reading = static_cast<double>(FarBytes) / Bandwidth.run();
    auto Start = Clock::now();
    for (size_t Copy = 0; Copy < Copies; ++Copy) {
      char *At = getFarMemory().data() + Copy * Each;
      std::vector<void *> Pointers = {X.data(), At};
      if (Scales > 0)
        Pointers.push_back(At + static_cast<size_t>(Weights + 63) / 64 * 64);
      Pointers.push_back(Y.data());
      Kernel->run(Pointers);
    }
    double Rate =
        (Weights + Scales) * static_cast<double>(Copies) / getSeconds(Start);
    Rates.push_back(Rate);
    Shares.push_back(Rate / Reading);
  }
  State.counters["GB/s"] = getMedian(Rates) * 1e-9;
  State.counters["share"] = getMedian(Shares);
  State.counters["us"] = (Weights + Scales) / getMedian(Rates) * 1e6;
}

/// The same matrix again and again.
void runNear(benchmark::State &State, const Product &P, int64_t Rows,
             const std::string &Type) {
  auto Kernel = compile(P, Rows, Type);
  if (!Kernel)
    return State.SkipWithError("does not compile");
  setThreads(getThreads());
  std::vector<float> X(Rows * P.Depth, 0.5f), Y(Rows * P.Columns),
      Scales(P.Depth * P.Columns, 0.5f);
  std::vector<void *> Pointers = {X.data(), getFarMemory().data()};
  if (Type == "i8")
    Pointers.push_back(Scales.data());
  Pointers.push_back(Y.data());
  for (auto _ : State)
    Kernel->run(Pointers);
  State.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * Rows * P.Depth * P.Columns * State.iterations(),
                         benchmark::Counter::kIsRate);
}

} // namespace

int main(int Count, char **Arguments) {
  benchmark::Initialize(&Count, Arguments);
  if (benchmark::ReportUnrecognizedArguments(Count, Arguments))
    return 1;
  for (std::string Type : {"f32", "bf16", "i8"})
    for (int64_t Rows : {1, 4}) {
      auto Add = [&](const Product &P, const char *Model, auto Run) {
        return benchmark::RegisterBenchmark(
            (Type + "/" + Model + "/" + P.Name + "/" + std::to_string(Rows))
                .c_str(),
            [=](benchmark::State &State) { Run(State, P, Rows, Type); });
      };
      for (const Product &P : Gpt2)
        Add(P, "gpt2", runFar)->Iterations(9)->UseRealTime();
      for (const Product &P : Small)
        Add(P, "small", runNear)->UseRealTime();
    }
  benchmark::RunSpecifiedBenchmarks();
}
