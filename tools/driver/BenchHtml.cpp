//===- BenchHtml.cpp - The report as a page with pictures -----------------===//
//
// One file without anything from elsewhere. It is well-formed XML as well as
// HTML, so that tests can read it.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Format.h"
#include "tools/driver/BenchPictures.h"
#include "tools/driver/BenchReport.h"
#include "tools/driver/SvgWriter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using stator::runtime::formatBytes;
using stator::runtime::formatCount;

namespace stator::driver {
namespace {

// Colours of kinds: those of Okabe and Ito (2008), which all eyes tell apart,
// and a few tints of them.
const char Style[] = R"(
:root { color-scheme: light dark; --back: #fff; --text: #1c1f24; --soft: #5c6470;
  --line: #dfe3e8; --card: #f6f7f9; --accent: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --back: #14171c; --text: #e6e8eb;
  --soft: #9aa3ae; --line: #2c323a; --card: #1c2026; --accent: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 28px 64px; max-width: 1240px;
  background: var(--back); color: var(--text);
  font: 14px/1.45 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 0 0 2px; }
h2 { font-size: 17px; margin: 36px 0 6px; }
p { margin: 4px 0 12px; color: var(--soft); max-width: 900px; }
.cards { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0 8px; }
.card { background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 10px 14px; min-width: 150px; flex: 1; }
.card b { display: block; font-size: 21px; font-weight: 600; }
.card span { color: var(--soft); font-size: 12.5px; }
figure { margin: 0; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 720px; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); stroke-width: 1; fill: none; }
.roof { stroke: var(--text); stroke-width: 2; fill: none; }
.thin { stroke-width: 1; stroke-dasharray: 5 4; }
.dot { fill-opacity: .72; stroke: var(--back); stroke-width: 1; }
.buffer { fill-opacity: .8; stroke: var(--back); stroke-width: .35; }
.scratch { fill: var(--soft); fill-opacity: .15; stroke: var(--soft);
  stroke-width: .6; }
rect:hover, circle:hover { stroke: var(--text); stroke-width: 1.5; }
.k-matmul { fill: #0072b2; } .k-attention { fill: #e69f00; }
.k-norm { fill: #009e73; } .k-loss { fill: #d55e00; }
.k-optimizer { fill: #cc79a7; } .k-embedding { fill: #c9b800; }
.k-reduction { fill: #66c2a5; } .k-pointwise { fill: #56b4e9; }
.k-copy { fill: #8a8f98; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 2px 0 8px;
  color: var(--soft); font-size: 12.5px; }
.legend svg { width: 12px; min-width: 0; height: 12px; display: inline-block;
  vertical-align: -1px; margin-right: 5px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px;
  font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); font-size: 12px;
  border-bottom: 1px solid var(--line); padding: 4px 8px; white-space: nowrap; }
td { text-align: right; padding: 3px 8px; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th.left, td.left, .kernels th:last-child { text-align: left; }
td.where { text-align: left; white-space: normal; min-width: 240px; }
td.where small { color: var(--soft); }
.bar { display: inline-block; height: 9px; background: var(--accent);
  border-radius: 2px; vertical-align: 0; margin-left: 6px; }
#tip { position: fixed; display: none; pointer-events: none; z-index: 9;
  white-space: pre-line; background: var(--text); color: var(--back);
  border-radius: 6px; padding: 6px 9px; font-size: 12.5px; max-width: 460px; }
)";

/// Shows tips at once, instead of after the second that browsers take.
const char Script[] = R"(
(function () {
  var tip = document.getElementById("tip");
  document.addEventListener("mousemove", function (event) {
    var shape = event.target;
    var title = shape.querySelector && /^(rect|circle)$/.test(shape.tagName) &&
                shape.querySelector("title");
    if (title) {
      shape.setAttribute("data-tip", title.textContent);
      shape.removeChild(title);
    }
    var text = shape.getAttribute && shape.getAttribute("data-tip");
    tip.style.display = text ? "block" : "none";
    if (!text) return;
    tip.textContent = text;
    var x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    var y = event.clientY + 16;
    if (y + tip.offsetHeight > innerHeight - 8)
      y = event.clientY - tip.offsetHeight - 10;
    tip.style.left = Math.max(4, x) + "px";
    tip.style.top = Math.max(4, y) + "px";
  });
})();
)";

template <typename... Ts> std::string print(const char *Format, Ts... Values) {
  std::string Text;
  llvm::raw_string_ostream(Text) << llvm::format(Format, Values...);
  return Text;
}

class HtmlReport {
public:
  explicit HtmlReport(const BenchReport &R) : R(R) {}
  std::string write();

private:
  void head();
  void cards();
  void card(const std::string &Value, const std::string &What);
  void legend();
  void picture(const char *Title, const std::string &About,
               const std::string &Svg);
  void programs();
  void perplexity();
  void breakdown();
  void kernels();
  void ablations();
  void row(const std::vector<std::string> &Cells, const char *Tag = "td");

  const BenchReport &R;
  std::string Out;
};

/// Cells are text; the first is left-aligned.
void HtmlReport::row(const std::vector<std::string> &Cells, const char *Tag) {
  Out += "<tr>";
  for (const auto &[Index, Cell] : llvm::enumerate(Cells))
    Out += std::string("<") + Tag + (Index ? "" : " class=\"left\"") + ">" +
           escapeXml(Cell) + "</" + Tag + ">";
  Out += "</tr>\n";
}

void HtmlReport::head() {
  std::string Title = R.Model + ", " + R.Mode + ", batch " +
                      std::to_string(R.Batch) + ", time " +
                      std::to_string(R.Time);
  Out += "<!DOCTYPE html>\n<html lang=\"en\" "
         "xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
         "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
         "content=\"width=device-width\"/>\n<title>" +
         escapeXml(Title) + "</title>\n<style>" + Style +
         "</style>\n</head>\n<body>\n<h1>" + escapeXml(Title) + "</h1>\n<p>" +
         escapeXml(R.Machine.Cpu + ", " + R.Machine.Vectors + ", " +
                   std::to_string(R.Machine.Threads) +
                   (R.Machine.Threads == 1 ? " thread" : " threads") +
                   print("; peak %.1f GFLOP/s, memory %.1f GB/s; compiled for ",
                         R.Machine.getLimits().Flops / 1e9,
                         R.Machine.getLimits().Bytes / 1e9) +
                   R.Target + print(" in %.1f s", R.CompileSeconds)) +
         "</p>\n";
}

void HtmlReport::card(const std::string &Value, const std::string &What) {
  Out += "<div class=\"card\"><b>" + escapeXml(Value) + "</b><span>" +
         escapeXml(What) + "</span></div>\n";
}

void HtmlReport::cards() {
  const double Flops = R.getFlops(R.Compiled);
  Out += "<div class=\"cards\">\n";
  card(formatTime(R.Compiled.Milliseconds.getMedian()),
       R.Mode == "train" ? "a training step" : "a forward");
  card(print("%.1f %%", 100 * R.getSharesOfPeak(R.Compiled).getMedian()),
       print("of peak: %.1f GFLOP/s", Flops / 1e9));
  if (R.Eager)
    card(print("%.2f\xC3\x97", R.getSpeedup()),
         "as fast as the eager interpreter");
  card(formatBytes(R.getPeakBytes()),
       "planned; " + formatBytes(R.Compiled.ResidentBytes) + " resident");
  card(formatCount(R.Parameters),
       "parameters; " + formatCount(R.FlopsPerStep) + "FLOP a step");
  Out += "</div>\n";
}

void HtmlReport::legend() {
  Out += "<div class=\"legend\">";
  for (const std::string &Kind : listKinds(R)) {
    double Ms = 0;
    for (const BenchKernel &Kernel : R.Breakdown.Kernels)
      if (Kernel.Kind == Kind)
        Ms += Kernel.Milliseconds;
    Out += "<span><svg viewBox=\"0 0 12 12\"><rect class=\"k-" +
           escapeXml(Kind) + "\" width=\"12\" height=\"12\" rx=\"2\"/></svg>" +
           escapeXml(Kind) +
           print(" %.1f %%",
                 R.Breakdown.StepMs > 0 ? 100 * Ms / R.Breakdown.StepMs : 0.0) +
           "</span>";
  }
  Out += "</div>\n";
}

void HtmlReport::picture(const char *Title, const std::string &About,
                         const std::string &Svg) {
  if (Svg.empty())
    return;
  Out +=
      std::string("<h2>") + Title + "</h2>\n<p>" + escapeXml(About) + "</p>\n";
  legend();
  Out += "<figure>\n" + Svg + "</figure>\n";
}

void HtmlReport::programs() {
  Out += "<h2>Programs</h2>\n<div class=\"scroll\"><table>\n";
  row({"", "median", "min", "max", "GFLOP/s", "of peak", "between steps",
       "resident", "steps", "loss at the end"},
      "th");
  std::vector<const BenchProgram *> All = {&R.Compiled};
  if (R.Eager)
    All.push_back(&*R.Eager);
  All.push_back(&R.Profiled);
  for (const BenchProgram *Each : All)
    row({Each->Name, formatTime(Each->Milliseconds.getMedian()),
         formatTime(Each->Milliseconds.getMin()),
         formatTime(Each->Milliseconds.getMax()),
         print("%.1f", R.getFlops(*Each) / 1e9),
         print("%.1f %%", 100 * R.getSharesOfPeak(*Each).getMedian()),
         formatTime(Each->Between.getMedian()),
         formatBytes(Each->ResidentBytes),
         std::to_string(Each->Milliseconds.Values.size()),
         print("%.5f", Each->LastLoss)});
  Out += "</table></div>\n";
}

void HtmlReport::breakdown() {
  const BenchBreakdown &B = R.Breakdown;
  Out += "<h2>Where a step goes</h2>\n<p>Mean of " + std::to_string(B.Steps) +
         " steps of the program with hooks around its kernels, the middle half "
         "by time; the hooks cost " +
         print("%+.1f %%", 100 * R.getHookCost()) +
         ".</p>\n<div class=\"scroll\"><table>\n";
  row({"", "time", "of the step"}, "th");
  auto Line = [&](const char *Name, double Ms) {
    row({Name, formatTime(Ms),
         print("%.2f %%", B.StepMs > 0 ? 100 * Ms / B.StepMs : 0.0)});
  };
  Line("in kernels", B.KernelMs);
  Line("in the schedule around them", B.ScheduleMs);
  Line("step", B.StepMs);
  Line("between two steps, on top", B.BetweenMs);
  Out += "</table></div>\n";
}

void HtmlReport::kernels() {
  const MachineLimits Limits = R.getKernelLimits();
  Out += "<h2>Kernels</h2>\n<p>By time. Equal kernels are one row. Bytes are "
         "those of operands and results; more than 100 % of the bandwidth of "
         "memory came from caches.</p>\n<div class=\"scroll\"><table "
         "class=\"kernels\">\n";
  row({"kind", "time", "share", "calls", "GFLOP/s", "of peak", "GB/s",
       "of memory", "bytes", "where"},
      "th");
  for (const BenchKernel &Kernel : R.Breakdown.Kernels) {
    double Seconds = std::max(Kernel.Milliseconds, 1e-9) / 1e3;
    double Share = R.Breakdown.StepMs > 0
                       ? 100 * Kernel.Milliseconds / R.Breakdown.StepMs
                       : 0;
    auto Cell = [&](const std::string &Text) {
      Out += "<td>" + escapeXml(Text) + "</td>";
    };
    Out += "<tr><td class=\"left\"><svg viewBox=\"0 0 12 12\" style=\"width: "
           "12px; min-width: 0; display: inline-block; vertical-align: -1px; "
           "margin-right: 6px\"><rect class=\"k-" +
           escapeXml(Kernel.Kind) +
           "\" width=\"12\" height=\"12\" rx=\"2\"/></svg>" +
           escapeXml(Kernel.Kind) + "</td>";
    Cell(formatTime(Kernel.Milliseconds));
    Cell(print("%.1f %%", Share));
    Cell(print("%.6g", Kernel.Calls));
    Cell(print("%.1f", Kernel.Flops / Seconds / 1e9));
    double Peak =
        Limits.Flops > 0 ? 100 * Kernel.Flops / Seconds / Limits.Flops : 0;
    Out += "<td>" + print("%.1f %%", Peak) +
           "<span class=\"bar\" style=\"width: " +
           formatPixel(std::min(Peak, 120.0) * 0.4) + "px; margin-right: " +
           formatPixel(std::max(0.0, 48 - std::min(Peak, 120.0) * 0.4)) +
           "px\"></span></td>";
    Cell(print("%.1f", Kernel.Bytes / Seconds / 1e9));
    Cell(print("%.0f %%", Limits.Bytes > 0
                              ? 100 * Kernel.Bytes / Seconds / Limits.Bytes
                              : 0.0));
    Cell(formatBytes(Kernel.Bytes));
    Out += "<td class=\"where\">" + escapeXml(llvm::join(Kernel.Paths, ", ")) +
           " <small>" + escapeXml(Kernel.Name) + "</small></td></tr>\n";
  }
  Out += "</table></div>\n";
}

void HtmlReport::perplexity() {
  if (!R.Perplexity)
    return;
  const BenchPerplexity &P = *R.Perplexity;
  Out += "<h2>What the weight type costs</h2>\n<p>Over " + escapeXml(P.File) +
         ", " + std::to_string(P.F32.Tokens) +
         " tokens.</p>\n<div class=\"scroll\"><table>\n";
  row({"weights", "loss", "perplexity", "difference"}, "th");
  row({"f32", print("%.5f", P.F32.Loss), print("%.4f", P.F32.getPerplexity()),
       ""});
  row({P.WeightType, print("%.5f", P.Narrow.Loss),
       print("%.4f", P.Narrow.getPerplexity()),
       print("%+.4f (%+.3f %%)", P.getDifference(), 100 * P.getShare())});
  Out += "</table></div>\n";
}

void HtmlReport::ablations() {
  if (R.Ablations.empty())
    return;
  Out += "<h2>Without one optimization</h2>\n<p>Each measured in turn with the "
         "full program.</p>\n<div class=\"scroll\"><table>\n";
  row({"without", "time", "with", "slower", "planned", "with", "resident"},
      "th");
  for (const BenchAblation &Each : R.Ablations) {
    std::string Name = Each.Name + ": " + Each.Summary;
    if (!Each.Failure.empty()) {
      row({Name, Each.Failure, "", "", "", "", ""});
      continue;
    }
    if (Each.IsSameProgram) {
      row({Name, "the same program", "", "", formatBytes(Each.PeakBytes),
           formatBytes(R.getPeakBytes()), ""});
      continue;
    }
    double Full = Each.FullMilliseconds.getMedian();
    auto Spread = [](const Samples &Ms) {
      return formatTime(Ms.getMedian()) + " (" + formatTime(Ms.getMin()) +
             " to " + formatTime(Ms.getMax()) + ")";
    };
    row({Name, Spread(Each.Milliseconds), Spread(Each.FullMilliseconds),
         print("%.2f\xC3\x97",
               Full > 0 ? Each.Milliseconds.getMedian() / Full : 0.0),
         formatBytes(Each.PeakBytes), formatBytes(R.getPeakBytes()),
         formatBytes(Each.ResidentBytes)});
  }
  Out += "</table></div>\n";
}

std::string HtmlReport::write() {
  head();
  cards();
  picture("Timeline of a step",
          "The profiled step in the middle by time. Every launch is a "
          "rectangle, once in the row of all and once in that of its kind; "
          "gaps are the schedule.",
          drawTimeline(R));
  picture("Roofline",
          "Each kernel by what it computes a byte and a second, under what the "
          "machine can do; the area is its share of the time. A kernel far "
          "under the line has room; one above its slope is fed by caches.",
          drawRoofline(R));
  picture(
      "Memory over time",
      "The arena during that step: every buffer from its first to its last "
      "launch, at its place. At most " +
          formatBytes(R.AliveBytes) + " are alive at once, the arena has " +
          formatBytes(R.ArenaBytes) + ", the state beside it " +
          formatBytes(R.StateBytes) +
          "; colours say what kind of kernel writes the buffer, scratch of a "
          "kernel is hollow.",
      drawMemory(R));
  programs();
  perplexity();
  breakdown();
  kernels();
  ablations();
  Out += std::string("<div id=\"tip\"></div>\n<script>//<![CDATA[") + Script +
         "//]]></script>\n</body>\n</html>\n";
  return std::move(Out);
}

} // namespace

std::string formatHtml(const BenchReport &Report) {
  return HtmlReport(Report).write();
}

} // namespace stator::driver
