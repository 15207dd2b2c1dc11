//===- BenchReport.cpp - What stator bench has found ----------------------===//

#include "tools/driver/BenchReport.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

namespace stator::driver {

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// Cuts a path into the pieces between its dots and parentheses, which are
/// pieces of their own.
static std::vector<std::string> splitPath(llvm::StringRef Path) {
  std::vector<std::string> Pieces;
  while (!Path.empty()) {
    size_t End = Path.find_first_of(".()");
    if (End == 0)
      End = 1;
    Pieces.push_back(Path.substr(0, End).str());
    Path = Path.substr(Pieces.back().size());
  }
  return Pieces;
}

std::vector<std::string> summarizePaths(const std::vector<std::string> &Paths) {
  auto IsNumber = [](llvm::StringRef Piece) {
    return !Piece.empty() && llvm::all_of(Piece, llvm::isDigit);
  };
  std::vector<std::vector<std::string>> Found;
  llvm::StringMap<size_t> ByShape;
  for (const std::string &Path : Paths) {
    if (Path.empty())
      continue;
    std::vector<std::string> Pieces = splitPath(Path);
    std::string Shape;
    for (const std::string &Piece : Pieces)
      Shape += IsNumber(Piece) ? "*" : Piece;
    auto [At, New] = ByShape.try_emplace(Shape, Found.size());
    if (New) {
      Found.push_back(std::move(Pieces));
      continue;
    }
    for (auto [Known, Piece] : llvm::zip(Found[At->second], Pieces))
      if (Known != Piece)
        Known = "*";
  }
  std::vector<std::string> Result;
  for (const std::vector<std::string> &Pieces : Found)
    Result.push_back(llvm::join(Pieces, ""));
  return Result;
}

//===----------------------------------------------------------------------===//
// Breakdown
//===----------------------------------------------------------------------===//

BenchBreakdown breakDown(const std::vector<BenchLaunch> &Launches,
                         std::vector<BenchStep> Steps) {
  BenchBreakdown Result;
  llvm::sort(Steps, [](const BenchStep &A, const BenchStep &B) {
    return A.Milliseconds < B.Milliseconds;
  });
  Result.Median = Steps[Steps.size() / 2];
  const size_t Cut = Steps.size() / 4;
  const size_t Count = Steps.size() - 2 * Cut;
  Result.Steps = Count;
  const double Weight = 1.0 / Count;

  llvm::StringMap<size_t> ByName;
  std::vector<std::vector<std::string>> Paths;
  size_t Gaps = 0;
  for (const BenchStep &Step : llvm::ArrayRef(Steps).slice(Cut, Count)) {
    Result.StepMs += Weight * Step.Milliseconds;
    if (Step.Between > 0) {
      Result.BetweenMs += Step.Between;
      ++Gaps;
    }
    for (const BenchEvent &Event : Step.Events) {
      const BenchLaunch &Launch = Launches[Event.Launch];
      auto [At, New] = ByName.try_emplace(Launch.Kernel, Result.Kernels.size());
      if (New) {
        BenchKernel Kernel;
        Kernel.Name = Launch.Kernel;
        Kernel.Kind = Launch.Kind;
        Result.Kernels.push_back(std::move(Kernel));
        Paths.emplace_back();
      }
      BenchKernel &Kernel = Result.Kernels[At->second];
      Kernel.Calls += Weight;
      Kernel.Milliseconds += Weight * (Event.End - Event.Begin);
      Kernel.Flops += Weight * Launch.Flops;
      Kernel.Bytes += Weight * Launch.Bytes;
      if (&Step == &Steps[Cut])
        Paths[At->second].push_back(Launch.Path);
    }
  }
  if (Gaps)
    Result.BetweenMs /= Gaps;
  for (auto [Kernel, Where] : llvm::zip(Result.Kernels, Paths)) {
    Kernel.Paths = summarizePaths(Where);
    Result.KernelMs += Kernel.Milliseconds;
  }
  Result.ScheduleMs = Result.StepMs - Result.KernelMs;
  llvm::sort(Result.Kernels, [](const BenchKernel &A, const BenchKernel &B) {
    return A.Milliseconds > B.Milliseconds;
  });
  return Result;
}

//===----------------------------------------------------------------------===//
// Report
//===----------------------------------------------------------------------===//

double BenchLoss::getPerplexity() const { return std::exp(Loss); }

double BenchReport::getFlops(const BenchProgram &Program) const {
  double Milliseconds = Program.Milliseconds.getMedian();
  return Milliseconds > 0 ? FlopsPerStep / (Milliseconds / 1e3) : 0;
}

/// What a rate of \p Amount in some milliseconds is of a limit; 0 if either is
/// not known.
static double getShare(double Amount, double Milliseconds, double Limit) {
  return Milliseconds > 0 && Limit > 0 ? Amount / (Milliseconds / 1e3) / Limit
                                       : 0;
}

double BenchReport::getShareOfPeak(const BenchRound &Round) const {
  return getShare(FlopsPerStep, Round.Milliseconds, Round.Limits.Flops);
}

double BenchReport::getShareOfBandwidth(const BenchRound &Round) const {
  return getShare(StepBytes, Round.Milliseconds, Round.Limits.Bytes);
}

Samples BenchReport::getSharesOfPeak(const BenchProgram &Program) const {
  Samples Result;
  for (const BenchRound &Round : Program.Rounds)
    Result.Values.push_back(getShareOfPeak(Round));
  return Result;
}

Samples BenchReport::getSharesOfBandwidth(const BenchProgram &Program) const {
  Samples Result;
  for (const BenchRound &Round : Program.Rounds)
    Result.Values.push_back(getShareOfBandwidth(Round));
  return Result;
}

MachineLimits BenchReport::getKernelLimits() const {
  Samples Flops, Bytes;
  for (const BenchRound &Round : Profiled.Rounds) {
    Flops.Values.push_back(Round.Limits.Flops);
    Bytes.Values.push_back(Round.Limits.Bytes);
  }
  return {Flops.getMedian(), Bytes.getMedian()};
}

double BenchReport::getHookCost() const {
  double Plain = BesideProfiled.getMedian();
  return Plain > 0 ? Profiled.Milliseconds.getMedian() / Plain - 1 : 0;
}

double BenchReport::getSpeedup() const {
  double Ours = Compiled.Milliseconds.getMedian();
  return Eager && Ours > 0 ? Eager->Milliseconds.getMedian() / Ours : 0;
}

} // namespace stator::driver
