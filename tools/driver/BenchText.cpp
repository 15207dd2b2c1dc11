//===- BenchText.cpp - The report as text ---------------------------------===//

#include "runtime/core/Format.h"
#include "tools/driver/BenchReport.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using stator::runtime::formatBytes;
using stator::runtime::formatCount;

namespace stator::driver {
namespace {

class TextReport {
public:
  TextReport(const BenchReport &R, llvm::raw_ostream &OS) : R(R), OS(OS) {}

  void machine();
  void model();
  void programs();
  void tokens();
  void perplexity();
  void breakdown();
  void kernels(int64_t MaxKernels);
  void ablations();

private:
  static double share(double Part, double Whole) {
    return Whole > 0 ? 100 * Part / Whole : 0;
  }
  void limit(const char *Name, double One, const Samples &All,
             const char *Unit);
  void program(const BenchProgram &Program, const std::string &Peak);

  const BenchReport &R;
  llvm::raw_ostream &OS;
};

void TextReport::limit(const char *Name, double One, const Samples &All,
                       const char *Unit) {
  const int Threads = R.Machine.Threads;
  OS << llvm::format("  %-22s%8.1f %s with 1 thread", Name,
                     (Threads > 1 ? One : All.getMedian()) / 1e9, Unit);
  if (Threads > 1)
    OS << llvm::format(", %.1f with %d", All.getMedian() / 1e9, Threads);
  OS << llvm::format(" (%.1f to %.1f)\n", All.getMin() / 1e9,
                     All.getMax() / 1e9);
}

void TextReport::machine() {
  const MachineSpeed &M = R.Machine;
  OS << M.Cpu << ", " << M.Vectors << ", " << M.Threads
     << (M.Threads == 1 ? " thread" : " threads")
     << "; medians of readings in turn with the steps\n";
  limit("FMA peak, f32", M.One.Flops, M.Flops, "GFLOP/s");
  limit(("memory, read " + formatBytes(static_cast<double>(M.ArrayBytes)))
            .c_str(),
        M.One.Bytes, M.Bytes, "GB/s");
}

void TextReport::model() {
  OS << "\n" << R.Model << ", " << R.Mode << ", batch " << R.Batch;
  if (R.MicroBatches > 1)
    OS << " x " << R.MicroBatches;
  OS << ", time " << R.Time << ": "
     << formatCount(static_cast<double>(R.Parameters)) << " parameters, "
     << formatCount(R.FlopsPerStep) << "FLOP a "
     << (R.Prefill || R.Decode ? "step, of its matmuls and attention"
         : R.Mode == "train"   ? "step"
                               : "forward")
     << llvm::format("; compiled for %s in %.1f s\n", R.Target.c_str(),
                     R.CompileSeconds);
}

void TextReport::program(const BenchProgram &Program, const std::string &Peak) {
  const Samples &Ms = Program.Milliseconds;
  OS << llvm::format(
      "  %-12s%10.3f%10.3f%10.3f%10.1f%8.1f %%%11s%11s\n", Program.Name.c_str(),
      Ms.getMedian(), Ms.getMin(), Ms.getMax(), R.getFlops(Program) / 1e9,
      100 * R.getSharesOfPeak(Program).getMedian(), Peak.c_str(),
      formatBytes(static_cast<double>(Program.ResidentBytes)).c_str());
}

void TextReport::programs() {
  OS << llvm::format("\n  %-12s%10s%10s%10s%10s%10s%11s%11s\n", "ms a step",
                     "median", "min", "max", "GFLOP/s", "of peak", "planned",
                     "resident");
  program(R.Compiled, formatBytes(static_cast<double>(R.getPeakBytes())));
  if (R.Eager)
    program(*R.Eager, "-");
  if (R.Eager)
    OS << llvm::format("  %.2f times as fast as the interpreter; loss after "
                       "the same steps %.5f and %.5f\n",
                       R.getSpeedup(), R.Compiled.LastLoss, R.Eager->LastLoss);
}

void TextReport::tokens() {
  int64_t Tokens = (R.Prefill + R.Decode) * R.Batch;
  double Seconds = R.Compiled.Milliseconds.getMedian() / 1e3;
  if (!Tokens || Seconds <= 0)
    return;
  OS << llvm::format("  %s of %lld tokens, weights %s: %.1f tokens/s\n",
                     R.Decode ? "decoding" : "prefill",
                     static_cast<long long>(Tokens), R.WeightType.c_str(),
                     static_cast<double>(Tokens) / Seconds);
  Samples Peak = R.getSharesOfPeak(R.Compiled),
          Memory = R.getSharesOfBandwidth(R.Compiled);
  OS << llvm::format("  matmuls and attention: %.1f GFLOP/s, %.1f %% of peak "
                     "(rounds: %.1f to %.1f)\n",
                     R.getFlops(R.Compiled) / 1e9, 100 * Peak.getMedian(),
                     100 * Peak.getMin(), 100 * Peak.getMax());
  OS << llvm::format("  %24s%.1f GB/s, %.1f %% of memory (rounds: %.1f to "
                     "%.1f)\n",
                     "", R.StepBytes / Seconds / 1e9, 100 * Memory.getMedian(),
                     100 * Memory.getMin(), 100 * Memory.getMax());
}

void TextReport::perplexity() {
  if (!R.Perplexity)
    return;
  const BenchPerplexity &P = *R.Perplexity;
  OS << llvm::format("\nPerplexity over %s, %lld tokens:\n", P.File.c_str(),
                     static_cast<long long>(P.F32.Tokens));
  auto Row = [&](const char *Name, const BenchLoss &Found) {
    OS << llvm::format("  %-6s%12.4f   loss %.5f\n", Name,
                       Found.getPerplexity(), Found.Loss);
  };
  Row("f32", P.F32);
  Row(P.WeightType.c_str(), P.Narrow);
  OS << llvm::format("  %s costs %+.4f, %+.3f %%\n", P.WeightType.c_str(),
                     P.getDifference(), 100 * P.getShare());
}

void TextReport::breakdown() {
  const BenchBreakdown &B = R.Breakdown;
  OS << llvm::format("\nWhere a step goes, mean of %lld profiled ones (the "
                     "hooks cost %+.1f %%):\n",
                     static_cast<long long>(B.Steps), 100 * R.getHookCost());
  auto Row = [&](const char *Name, double Ms) {
    OS << llvm::format("  %-28s%10.3f ms%8.2f %%\n", Name, Ms,
                       share(Ms, B.StepMs));
  };
  Row("in kernels", B.KernelMs);
  Row("in the schedule around them", B.ScheduleMs);
  Row("step", B.StepMs);
  Row("between steps, on top", B.BetweenMs);
}

void TextReport::kernels(int64_t MaxKernels) {
  const BenchBreakdown &B = R.Breakdown;
  OS << llvm::format("\n%9s%8s%7s%9s%9s%8s%8s%7s  %-10s %s\n", "ms", "share",
                     "calls", "GFLOP/s", "of peak", "GB/s", "of mem", "MB",
                     "kind", "where (kernel)");
  const MachineLimits Limits = R.getKernelLimits();
  double Rest = 0;
  int64_t Shown = 0;
  for (const BenchKernel &Kernel : B.Kernels) {
    if (MaxKernels && Shown == MaxKernels) {
      Rest += Kernel.Milliseconds;
      continue;
    }
    ++Shown;
    double Seconds = std::max(Kernel.Milliseconds / 1e3, 1e-12);
    std::string Where = llvm::join(Kernel.Paths, ", ");
    if (Where.size() > 72)
      Where = Where.substr(0, 69) + "...";
    OS << llvm::format(
              "%9.3f%6.1f %%%7.6g%9.1f%7.1f %%%8.1f%6.0f %%%7.1f  %-10s ",
              Kernel.Milliseconds, share(Kernel.Milliseconds, B.StepMs),
              Kernel.Calls, Kernel.Flops / Seconds / 1e9,
              share(Kernel.Flops / Seconds, Limits.Flops),
              Kernel.Bytes / Seconds / 1e9,
              share(Kernel.Bytes / Seconds, Limits.Bytes), Kernel.Bytes / 1e6,
              Kernel.Kind.c_str())
       << (Where.empty() ? "-" : Where) << " (" << Kernel.Name << ")\n";
  }
  if (Shown < static_cast<int64_t>(B.Kernels.size()))
    OS << llvm::format("%9.3f%6.1f %%  in %d more kernels; --kernels 0 shows "
                       "all\n",
                       Rest, share(Rest, B.StepMs),
                       static_cast<int>(B.Kernels.size() - Shown));
  // What comes from a cache is not read from memory.
  OS << "  of mem: operands and results, of the bandwidth of memory; more than "
        "100 % came from caches\n";
}

void TextReport::ablations() {
  if (R.Ablations.empty())
    return;
  OS << llvm::format("\n  %-20s%28s%28s%9s%11s%11s\n", "without",
                     "ms (min to max)", "with (min to max)", "slower",
                     "planned", "resident");
  auto Spread = [](const Samples &Ms) {
    std::string Text;
    llvm::raw_string_ostream(Text)
        << llvm::format("%.3f (%.3f to %.3f)", Ms.getMedian(), Ms.getMin(),
                        Ms.getMax());
    return Text;
  };
  for (const BenchAblation &A : R.Ablations) {
    OS << llvm::format("  %-20s", A.Name.c_str());
    if (!A.Failure.empty()) {
      OS << "  " << A.Failure << "\n";
      continue;
    }
    if (A.IsSameProgram) {
      OS << llvm::format("%28s  %s\n", "the same program", A.Summary.c_str());
      continue;
    }
    double Ms = A.Milliseconds.getMedian(),
           Full = A.FullMilliseconds.getMedian();
    OS << llvm::format(
        "%28s%28s%8.2fx%11s%11s  %s\n", Spread(A.Milliseconds).c_str(),
        Spread(A.FullMilliseconds).c_str(), Full > 0 ? Ms / Full : 0,
        formatBytes(static_cast<double>(A.PeakBytes)).c_str(),
        formatBytes(static_cast<double>(A.ResidentBytes)).c_str(),
        A.Summary.c_str());
  }
}

} // namespace

std::string formatText(const BenchReport &Report, int64_t MaxKernels) {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  TextReport Writer(Report, OS);
  Writer.machine();
  Writer.model();
  Writer.programs();
  Writer.tokens();
  Writer.perplexity();
  Writer.breakdown();
  Writer.kernels(MaxKernels);
  Writer.ablations();
  return Text;
}

} // namespace stator::driver
