//===- BenchPictures.cpp - Pictures of a report ---------------------------===//

#include "tools/driver/BenchPictures.h"
#include "runtime/core/Format.h"
#include "tools/driver/SvgWriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using llvm::StringRef;
using stator::runtime::formatBytes;
using stator::runtime::formatCount;

namespace stator::driver {

template <typename... Ts>
static std::string print(const char *Format, Ts... Values) {
  std::string Text;
  llvm::raw_string_ostream(Text) << llvm::format(Format, Values...);
  return Text;
}

std::string formatTime(double Milliseconds) {
  if (Milliseconds >= 10000)
    return print("%.2f s", Milliseconds / 1e3);
  if (Milliseconds >= 1)
    return print("%.2f ms", Milliseconds);
  return print("%.1f \xC2\xB5s", Milliseconds * 1e3);
}

std::vector<std::string> listKinds(const BenchReport &Report) {
  std::vector<std::pair<double, std::string>> Kinds;
  for (const BenchKernel &Kernel : Report.Breakdown.Kernels) {
    auto Found = llvm::find_if(
        Kinds, [&](const auto &Each) { return Each.second == Kernel.Kind; });
    if (Found == Kinds.end())
      Kinds.emplace_back(Kernel.Milliseconds, Kernel.Kind);
    else
      Found->first += Kernel.Milliseconds;
  }
  llvm::sort(Kinds,
             [](const auto &A, const auto &B) { return A.first > B.first; });
  std::vector<std::string> Names;
  for (auto &[Time, Name] : Kinds)
    Names.push_back(Name);
  return Names;
}

static std::string describeRate(const BenchReport &Report, double Flops,
                                double Bytes, double Milliseconds) {
  double Seconds = std::max(Milliseconds, 1e-9) / 1e3;
  const MachineLimits M = Report.getKernelLimits();
  return print("%.1f GFLOP/s (%.1f %% of peak), %.1f GB/s (%.0f %% of memory)",
               Flops / Seconds / 1e9,
               M.Flops > 0 ? 100 * Flops / Seconds / M.Flops : 0.0,
               Bytes / Seconds / 1e9,
               M.Bytes > 0 ? 100 * Bytes / Seconds / M.Bytes : 0.0);
}

/// A frame with room for labels around it.
namespace {
struct Plot {
  double Left = 70, Top = 12, Right = 1080, Bottom = 400;
  double width() const { return Right - Left; }
  double height() const { return Bottom - Top; }
};
} // namespace

static void drawTimeAxis(SvgWriter &Svg, const Plot &P, double Milliseconds) {
  bool Micro = Milliseconds < 1;
  double Unit = Micro ? 1e3 : 1;
  for (double Tick : chooseTicks(Milliseconds * Unit, 8)) {
    double X = P.Left + P.width() * Tick / (Milliseconds * Unit);
    Svg.line(X, P.Top, X, P.Bottom, "grid");
    Svg.text(X, P.Bottom + 16, print("%g", Tick), "axis", "middle");
  }
  Svg.text(P.Right, P.Bottom + 32, Micro ? "\xC2\xB5s" : "ms", "axis", "end");
}

//===----------------------------------------------------------------------===//
// Timeline
//===----------------------------------------------------------------------===//

std::string drawTimeline(const BenchReport &Report) {
  const BenchStep &Step = Report.Breakdown.Median;
  std::vector<std::string> Kinds = listKinds(Report);
  constexpr double RowHeight = 30;
  Plot P;
  P.Left = 90;
  P.Bottom = P.Top + RowHeight * (Kinds.size() + 1);
  SvgWriter Svg(1100, P.Bottom + 40, "Timeline of one step");
  const double Whole = std::max(Step.Milliseconds, 1e-9);
  drawTimeAxis(Svg, P, Whole);

  llvm::StringMap<double> RowOf;
  Svg.text(P.Left - 8, P.Top + RowHeight / 2 + 4, "all", "axis", "end");
  for (auto [Index, Kind] : llvm::enumerate(Kinds)) {
    RowOf[Kind] = P.Top + RowHeight * (Index + 1);
    Svg.text(P.Left - 8, RowOf[Kind] + RowHeight / 2 + 4, Kind, "axis", "end");
    Svg.line(P.Left, RowOf[Kind], P.Right, RowOf[Kind], "grid");
  }
  for (const BenchEvent &Event : Step.Events) {
    const BenchLaunch &Launch = Report.Launches[Event.Launch];
    double X = P.Left + P.width() * Event.Begin / Whole;
    double Width = P.width() * (Event.End - Event.Begin) / Whole;
    std::string Tip =
        (Launch.Path.empty() ? Launch.Kernel
                             : Launch.Path + "\n" + Launch.Kernel) +
        "\n" + formatTime(Event.End - Event.Begin) + " at " +
        formatTime(Event.Begin) + "\n" +
        describeRate(Report, Launch.Flops, Launch.Bytes,
                     Event.End - Event.Begin);
    Svg.rectangle(X, P.Top + 3, Width, RowHeight - 6, "k-" + Launch.Kind, Tip);
    // What is thinner than a hair would not be seen.
    Svg.rectangle(X, RowOf[Launch.Kind] + 3, std::max(Width, 0.4),
                  RowHeight - 6, "k-" + Launch.Kind, Tip);
  }
  return Svg.finish();
}

//===----------------------------------------------------------------------===//
// Roofline
//===----------------------------------------------------------------------===//

std::string drawRoofline(const BenchReport &Report) {
  const MachineSpeed &M = Report.Machine;
  Plot P;
  P.Right = 1060;
  P.Bottom = 440;
  SvgWriter Svg(1100, P.Bottom + 48, "Roofline of the kernels");

  struct Point {
    const BenchKernel *Kernel;
    double Intensity, Rate;
  };
  std::vector<Point> Points;
  for (const BenchKernel &Kernel : Report.Breakdown.Kernels)
    if (Kernel.Flops > 0 && Kernel.Bytes > 0 && Kernel.Milliseconds > 0)
      Points.push_back({&Kernel, Kernel.Flops / Kernel.Bytes,
                        Kernel.Flops / (Kernel.Milliseconds / 1e3)});
  const MachineLimits All = Report.getKernelLimits();
  double Peak = std::max(All.Flops, 1.0), Memory = std::max(All.Bytes, 1.0);
  double Ridge = Peak / Memory;
  double LeastX = Ridge / 100, MostX = Ridge * 100, LeastY = Peak / 1e3;
  for (const Point &Each : Points) {
    LeastX = std::min(LeastX, Each.Intensity / 1.5);
    MostX = std::max(MostX, Each.Intensity * 1.5);
    LeastY = std::min(LeastY, Each.Rate / 1.5);
  }
  // Kernels of next to no work would make room for nothing else.
  LeastX = std::max(LeastX, Ridge / 1e4);
  LeastY = std::max(LeastY, Peak / 1e5);
  const double MostY = Peak * 2;
  auto MapX = [&](double Value) {
    double Part =
        std::log(std::max(Value, LeastX) / LeastX) / std::log(MostX / LeastX);
    return P.Left + P.width() * Part;
  };
  auto MapY = [&](double Value) {
    double Part =
        std::log(std::max(Value, LeastY) / LeastY) / std::log(MostY / LeastY);
    return P.Bottom - P.height() * Part;
  };
  for (int E = std::ceil(std::log10(LeastX)); std::pow(10, E) <= MostX; ++E) {
    double X = MapX(std::pow(10, E));
    Svg.line(X, P.Top, X, P.Bottom, "grid");
    Svg.text(X, P.Bottom + 16, print("%g", std::pow(10, E)), "axis", "middle");
  }
  for (int E = std::ceil(std::log10(LeastY)); std::pow(10, E) <= MostY; ++E) {
    double Y = MapY(std::pow(10, E));
    Svg.line(P.Left, Y, P.Right, Y, "grid");
    Svg.text(P.Left - 8, Y + 4, print("%g", std::pow(10, E - 9)), "axis",
             "end");
  }
  Svg.text(P.Right, P.Bottom + 36, "FLOPs a byte of operands and results",
           "axis", "end");
  Svg.text(16, (P.Top + P.Bottom) / 2, "GFLOP/s", "axis", "middle", -90);

  auto Roof = [&](double FlopsASecond, double BytesASecond, StringRef Class,
                  const std::string &Label, double Shift) {
    double Flops = std::max(FlopsASecond, 1.0),
           Bytes = std::max(BytesASecond, 1.0);
    double Low = std::max(LeastX, LeastY / Bytes);
    Svg.path({MapX(Low), MapY(Low * Bytes), MapX(Flops / Bytes), MapY(Flops),
              MapX(MostX), MapY(Flops)},
             Class);
    Svg.text(MapX(MostX) - 4, MapY(Flops) + Shift, Label, "axis", "end");
  };
  std::string Threads =
      M.Threads == 1 ? "1 thread" : print("%d threads", M.Threads);
  Roof(All.Flops, All.Bytes, "roof",
       print("%s: %.0f GFLOP/s, %.1f GB/s", Threads.c_str(), All.Flops / 1e9,
             All.Bytes / 1e9),
       -6);
  if (M.Threads > 1)
    Roof(M.One.Flops, M.One.Bytes, "roof thin",
         print("1 thread: %.0f GFLOP/s, %.1f GB/s", M.One.Flops / 1e9,
               M.One.Bytes / 1e9),
         14);
  // Small kernels on top of large ones.
  llvm::sort(Points, [](const Point &A, const Point &B) {
    return A.Kernel->Milliseconds > B.Kernel->Milliseconds;
  });
  for (const Point &Each : Points) {
    const BenchKernel &Kernel = *Each.Kernel;
    double Share =
        Kernel.Milliseconds / std::max(Report.Breakdown.StepMs, 1e-9);
    std::string Where = llvm::join(Kernel.Paths, "\n");
    Svg.circle(MapX(Each.Intensity), MapY(Each.Rate),
               std::max(3.0, 34 * std::sqrt(Share)), "dot k-" + Kernel.Kind,
               Where + (Where.empty() ? "" : "\n") + Kernel.Name + "\n" +
                   print("%.4g calls, ", Kernel.Calls) +
                   formatTime(Kernel.Milliseconds) +
                   print(", %.1f %% of the step\n", 100 * Share) +
                   describeRate(Report, Kernel.Flops, Kernel.Bytes,
                                Kernel.Milliseconds));
  }
  return Svg.finish();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The entry point of a step whose buffers reach furthest.
static std::string findLargestEntry(const BenchReport &Report) {
  std::string Best;
  int64_t Most = -1;
  for (const BenchBuffer &Buffer : Report.Buffers) {
    bool Runs = llvm::any_of(
        Report.Breakdown.Median.Events, [&](const BenchEvent &Event) {
          return Report.Launches[Event.Launch].Entry == Buffer.Entry;
        });
    if (Runs && Buffer.Offset + Buffer.Bytes > Most) {
      Most = Buffer.Offset + Buffer.Bytes;
      Best = Buffer.Entry;
    }
  }
  return Best;
}

namespace {
/// When the launches of one call of an entry point began and ended.
struct EntryTimes {
  EntryTimes(const BenchReport &Report, const std::string &Entry);
  std::vector<double> Begins, Ends; ///< by launch of the entry point
  double Begin = 0, End = 0;
};
} // namespace

EntryTimes::EntryTimes(const BenchReport &Report, const std::string &Entry) {
  auto Of = [&](const BenchEvent &Event) -> const std::string & {
    return Report.Launches[Event.Launch].Entry;
  };
  int64_t FirstLaunch = -1;
  for (auto [Index, Launch] : llvm::enumerate(Report.Launches))
    if (Launch.Entry == Entry) {
      if (FirstLaunch < 0)
        FirstLaunch = Index;
      Begins.push_back(-1);
      Ends.push_back(-1);
    }
  const std::vector<BenchEvent> &Events = Report.Breakdown.Median.Events;
  int64_t Before = -1;
  bool Seen = false;
  for (const BenchEvent &Event : Events) {
    if (Of(Event) != Entry) {
      if (Seen)
        break;
      continue;
    }
    size_t Index = Event.Launch - FirstLaunch;
    // The next call of the entry point begins with its first launch again.
    if (Seen && Index == 0 && Before > 0)
      break;
    if (!Seen)
      Begin = Event.Begin;
    Seen = true;
    Before = Index;
    if (Begins[Index] < 0)
      Begins[Index] = Event.Begin;
    Ends[Index] = Event.End;
    End = Event.End;
  }
  // Launches that did not run take no time.
  double Last = Begin;
  for (auto [From, To] : llvm::zip(Begins, Ends)) {
    if (From < 0)
      From = To = Last;
    Last = To;
  }
}

std::string drawMemory(const BenchReport &Report) {
  std::string Entry = findLargestEntry(Report);
  if (Entry.empty())
    return "";
  EntryTimes Times(Report, Entry);
  double Span = std::max(Times.End - Times.Begin, 1e-9);
  int64_t Most = 1;
  for (const BenchBuffer &Buffer : Report.Buffers)
    if (Buffer.Entry == Entry)
      Most = std::max(Most, Buffer.Offset + Buffer.Bytes);

  Plot P;
  P.Left = 90;
  SvgWriter Svg(1100, P.Bottom + 40,
                "Buffers of the arena of @" + Entry + " over time");
  drawTimeAxis(Svg, P, Span);
  double Unit = Most >= 2e9 ? 1e9 : Most >= 2e6 ? 1e6 : 1e3;
  for (double Tick : chooseTicks(Most / Unit, 6)) {
    double Y = P.Bottom - P.height() * Tick * Unit / Most;
    Svg.line(P.Left, Y, P.Right, Y, "grid");
    Svg.text(P.Left - 8, Y + 4, print("%g", Tick), "axis", "end");
  }
  Svg.text(16, (P.Top + P.Bottom) / 2,
           StringRef(Unit == 1e9   ? "GB"
                     : Unit == 1e6 ? "MB"
                                   : "kB")
                   .str() +
               " from the start of the arena",
           "axis", "middle", -90);

  llvm::StringMap<std::string> KindOf;
  for (const BenchLaunch &Launch : Report.Launches)
    KindOf[Launch.Kernel] = Launch.Kind;
  std::vector<const BenchBuffer *> Drawn;
  for (const BenchBuffer &Buffer : Report.Buffers)
    if (Buffer.Entry == Entry)
      Drawn.push_back(&Buffer);
  // Small ones last, so that nothing hides them.
  llvm::sort(Drawn, [](const BenchBuffer *A, const BenchBuffer *B) {
    return A->Bytes > B->Bytes;
  });
  const int64_t Count = Times.Begins.size();
  for (const BenchBuffer *Buffer : Drawn) {
    if (Count == 0)
      break;
    int64_t First = std::clamp<int64_t>(Buffer->First, 0, Count - 1);
    int64_t Last = std::clamp<int64_t>(Buffer->Last, First, Count - 1);
    double X = P.Left + P.width() * (Times.Begins[First] - Times.Begin) / Span;
    double To = P.Left + P.width() * (Times.Ends[Last] - Times.Begin) / Span;
    double Height = P.height() * Buffer->Bytes / Most;
    double Y = P.Bottom - P.height() * (Buffer->Offset + Buffer->Bytes) / Most;
    std::string Kind = KindOf.lookup(Buffer->Kernel);
    Svg.rectangle(X, Y, std::max(To - X, 0.3), std::max(Height, 0.3),
                  "buffer " + (Buffer->Scratch
                                   ? "scratch"
                                   : "k-" + (Kind.empty() ? "copy" : Kind)),
                  (Buffer->Name.empty() ? "" : Buffer->Name + "\n") +
                      (Buffer->Scratch ? "scratch of " : "written by ") +
                      Buffer->Kernel + "\n" + formatBytes(Buffer->Bytes) +
                      " at " + formatBytes(Buffer->Offset) + "\nlaunches " +
                      std::to_string(Buffer->First) + " to " +
                      std::to_string(Buffer->Last) + ", " +
                      formatTime(Times.Ends[Last] - Times.Begins[First]));
  }
  return Svg.finish();
}

} // namespace stator::driver
