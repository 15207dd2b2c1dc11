// What follows from measurements, and how it is shown.

#include "tools/driver/BenchReport.h"
#include "nlohmann/json.hpp"
#include "tools/driver/BenchPictures.h"
#include "tools/driver/SvgWriter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace stator::driver;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

/// Two steps out of four count: those of 10 and 12 ms.
BenchReport makeReport() {
  BenchReport R;
  R.Machine.Cpu = "A <fast> CPU & more";
  R.Machine.Vectors = "AVX-512";
  R.Machine.Threads = 2;
  R.Machine.One = {100e9, 20e9};
  R.Machine.Flops.Values = {200e9, 220e9, 190e9};
  R.Machine.Bytes.Values = {30e9, 28e9, 40e9};
  R.Model = "Small \"&\" <b>";
  R.Mode = "train";
  R.Target = "native";
  R.Batch = 2;
  R.Time = 8;
  R.Parameters = 1000;
  R.FlopsPerStep = 1e9;
  R.StateBytes = 4000;
  R.ArenaBytes = 6000;
  R.AliveBytes = 5000;
  R.Launches = {{"k0_einsum", "matmul", "h.0.attn.y", "train_step", 3e8, 1e6},
                {"k0_einsum", "matmul", "h.1.attn.y", "train_step", 3e8, 1e6},
                {"k1_add", "pointwise", "d(h.1.x)", "train_step", 1e6, 3e6}};
  auto Step = [](double Scale, double Between) {
    BenchStep S;
    S.Milliseconds = 10 * Scale;
    S.Between = Between;
    S.Events = {{0, 0.5 * Scale, 3.5 * Scale},
                {1, 4 * Scale, 7 * Scale},
                {2, 7 * Scale, 8 * Scale}};
    return S;
  };
  R.Breakdown = breakDown(
      R.Launches, {Step(5, 9), Step(1, 0), Step(1.2, 0.5), Step(0.5, 9)});
  R.Compiled.Name = "compiled";
  R.Compiled.Milliseconds.Values = {10, 11, 12};
  R.Compiled.Rounds = {
      {10, {200e9, 20e9}}, {11, {100e9, 40e9}}, {12, {150e9, 30e9}}};
  R.Compiled.LastLoss = 1.5;
  R.Compiled.ResidentBytes = 12000;
  R.Profiled = R.Compiled;
  R.Profiled.Name = "profiled";
  R.BesideProfiled.Values = {10};
  R.Eager = R.Compiled;
  R.Eager->Name = "eager";
  R.Eager->Milliseconds.Values = {33};
  R.Buffers = {
      {"train_step", "h.0.attn.y", "k0_einsum", false, 0, 4096, 0, 2},
      {"train_step", "h.1.attn.y", "k0_einsum", false, 4096, 1000, 1, 2},
      {"train_step", "", "k1_add", true, 5120, 64, 2, 2}};
  return R;
}

TEST(Samples, MedianOfOddAndEven) {
  Samples S;
  EXPECT_EQ(S.getMedian(), 0);
  EXPECT_EQ(S.getMin(), 0);
  S.Values = {5, 1, 9};
  EXPECT_EQ(S.getMedian(), 5);
  S.Values.push_back(7);
  EXPECT_EQ(S.getMedian(), 6);
  EXPECT_EQ(S.getMin(), 1);
  EXPECT_EQ(S.getMax(), 9);
}

TEST(Paths, NumbersThatDifferBecomeStars) {
  EXPECT_THAT(summarizePaths({"h.0.attn.y", "h.1.attn.y", "h.11.attn.y"}),
              ElementsAre("h.*.attn.y"));
  EXPECT_THAT(summarizePaths({"h.3.x"}), ElementsAre("h.3.x"));
  EXPECT_THAT(summarizePaths({"h.3.x", "h.3.x"}), ElementsAre("h.3.x"));
  EXPECT_THAT(summarizePaths({"d(h.0.mlp.2)", "ln_f", "d(h.1.mlp.2)", ""}),
              ElementsAre("d(h.*.mlp.2)", "ln_f"));
  EXPECT_THAT(summarizePaths({"ln_1", "ln_2"}), ElementsAre("ln_1", "ln_2"));
  EXPECT_THAT(summarizePaths({"a.1", "b.1"}), ElementsAre("a.1", "b.1"));
  EXPECT_THAT(summarizePaths({"", ""}), IsEmpty());
}

TEST(Breakdown, AddsUp) {
  BenchBreakdown B = makeReport().Breakdown;
  EXPECT_EQ(B.Steps, 2);
  EXPECT_NEAR(B.StepMs, 11, 1e-9);
  EXPECT_NEAR(B.BetweenMs, 0.5, 1e-9);
  ASSERT_EQ(B.Kernels.size(), 2u);
  EXPECT_EQ(B.Kernels[0].Name, "k0_einsum");
  EXPECT_NEAR(B.Kernels[0].Calls, 2, 1e-9);
  EXPECT_NEAR(B.Kernels[0].Milliseconds, 6.6, 1e-9);
  EXPECT_NEAR(B.Kernels[0].Flops, 6e8, 1);
  EXPECT_NEAR(B.Kernels[0].Bytes, 2e6, 1);
  EXPECT_THAT(B.Kernels[0].Paths, ElementsAre("h.*.attn.y"));
  EXPECT_NEAR(B.Kernels[1].Milliseconds, 1.1, 1e-9);
  double Sum = 0;
  for (const BenchKernel &Kernel : B.Kernels)
    Sum += Kernel.Milliseconds;
  EXPECT_NEAR(Sum, B.KernelMs, 1e-9);
  EXPECT_NEAR(B.KernelMs + B.ScheduleMs, B.StepMs, 1e-9);
}

TEST(Breakdown, OfOneStep) {
  BenchStep Step;
  Step.Milliseconds = 3;
  BenchBreakdown B = breakDown({}, {Step});
  EXPECT_EQ(B.Steps, 1);
  EXPECT_EQ(B.StepMs, 3);
  EXPECT_EQ(B.ScheduleMs, 3);
  EXPECT_THAT(B.Kernels, IsEmpty());
}

TEST(Report, Ratios) {
  BenchReport R = makeReport();
  EXPECT_NEAR(R.getSpeedup(), 3, 1e-9);
  EXPECT_NEAR(R.getFlops(R.Compiled), 1e9 / 11e-3, 1);
  EXPECT_NEAR(R.getHookCost(), 0.1, 1e-9);
  R.Eager.reset();
  EXPECT_EQ(R.getSpeedup(), 0);
}

// Each round is compared with what the machine could then.
TEST(Report, SharesAreOfTheRound) {
  BenchReport R = makeReport();
  EXPECT_THAT(R.getSharesOfPeak(R.Compiled).Values,
              ElementsAre(DoubleEq(1e9 / 10e-3 / 200e9),
                          DoubleEq(1e9 / 11e-3 / 100e9),
                          DoubleEq(1e9 / 12e-3 / 150e9)));
  EXPECT_DOUBLE_EQ(R.getSharesOfPeak(R.Compiled).getMedian(),
                   1e9 / 12e-3 / 150e9);
  EXPECT_THAT(R.getSharesOfBandwidth(R.Compiled).Values, ElementsAre(0, 0, 0));
  R.StepBytes = 3e8;
  EXPECT_DOUBLE_EQ(R.getSharesOfBandwidth(R.Compiled).getMedian(),
                   3e8 / 12e-3 / 30e9);
  // No bandwidth where there was no memory to measure it with.
  EXPECT_EQ(R.getShareOfBandwidth({10, {200e9, 0}}), 0);
  EXPECT_EQ(R.getKernelLimits().Flops, 150e9);
  EXPECT_EQ(R.getKernelLimits().Bytes, 30e9);
}

TEST(Text, ShowsWhatWasAskedFor) {
  BenchReport R = makeReport();
  std::string Text = formatText(R, 0);
  EXPECT_THAT(Text, HasSubstr("200.0 with 2 (190.0 to 220.0)"));
  EXPECT_THAT(Text, HasSubstr("30.0 with 2 (28.0 to 40.0)"));
  EXPECT_THAT(Text, Not(HasSubstr("tokens/s")));
  EXPECT_THAT(Text, HasSubstr("3.00 times as fast"));
  EXPECT_THAT(Text, HasSubstr("h.*.attn.y (k0_einsum)"));
  EXPECT_THAT(Text, HasSubstr("k1_add"));
  EXPECT_THAT(Text, HasSubstr("the hooks cost +10.0 %"));
  EXPECT_THAT(Text, Not(HasSubstr("without")));
  Text = formatText(R, 1);
  EXPECT_THAT(Text, Not(HasSubstr("k1_add")));
  EXPECT_THAT(Text, HasSubstr("in 1 more kernels"));

  BenchAblation Off;
  Off.Name = "kernel-fusion";
  Off.Milliseconds.Values = {22};
  Off.FullMilliseconds.Values = {11};
  BenchAblation Failed;
  Failed.Name = "in-place";
  Failed.Failure = "does not compile";
  R.Ablations = {Off, Failed};
  Text = formatText(R, 0);
  EXPECT_THAT(Text, HasSubstr("2.00x"));
  EXPECT_THAT(Text, HasSubstr("does not compile"));
}

TEST(Text, OfDecodingHasSharesOfBothLimits) {
  BenchReport R = makeReport();
  R.Decode = 4;
  R.StepBytes = 3e8;
  R.WeightType = "bf16";
  std::string Text = formatText(R, 0);
  EXPECT_THAT(Text, HasSubstr("decoding of 8 tokens, weights bf16: 727.3 "
                              "tokens/s"));
  EXPECT_THAT(Text, HasSubstr("90.9 GFLOP/s, 55.6 % of peak (rounds: 50.0 to "
                              "90.9)"));
  EXPECT_THAT(Text, HasSubstr("27.3 GB/s, 83.3 % of memory (rounds: 68.2 to "
                              "150.0)"));
}

TEST(JsonReport, HasItsShape) {
  auto Json = nlohmann::json::parse(formatJson(makeReport()), nullptr, false);
  ASSERT_FALSE(Json.is_discarded());
  EXPECT_EQ(Json["machine"]["flops"], 200e9);
  EXPECT_EQ(Json["machine"]["bytes_per_s"], 30e9);
  EXPECT_EQ(Json["machine"]["readings"].size(), 3u);
  EXPECT_EQ(Json["machine"]["readings"][2]["bytes_per_s"], 40e9);
  EXPECT_EQ(Json["compiled"]["rounds"].size(), 3u);
  EXPECT_EQ(Json["compiled"]["rounds"][1]["ms"], 11);
  EXPECT_EQ(Json["compiled"]["rounds"][1]["flops"], 100e9);
  EXPECT_DOUBLE_EQ(Json["compiled"]["rounds"][0]["share_of_peak"], 0.5);
  EXPECT_FALSE(Json["compiled"].contains("share_of_bandwidth"));
  EXPECT_EQ(Json["breakdown"]["flops"], 150e9);
  EXPECT_EQ(Json["model"]["name"], "Small \"&\" <b>");
  EXPECT_EQ(Json["memory"]["peak_bytes"], 10000);
  EXPECT_EQ(Json["compiled"]["ms"]["median"], 11);
  EXPECT_EQ(Json["compiled"]["ms"]["all"].size(), 3u);
  EXPECT_NEAR(Json["speedup"].get<double>(), 3, 1e-9);
  EXPECT_EQ(Json["kernels"].size(), 2u);
  EXPECT_EQ(Json["kernels"][0]["paths"][0], "h.*.attn.y");
  EXPECT_EQ(Json["timeline"].size(), 3u);
  EXPECT_EQ(Json["timeline"][1]["path"], "h.1.attn.y");
  EXPECT_TRUE(Json["ablations"].is_array());
  double Sum = Json["breakdown"]["schedule_ms"];
  for (const auto &Kernel : Json["kernels"])
    Sum += Kernel["ms"].get<double>();
  EXPECT_NEAR(Sum, Json["breakdown"]["step_ms"].get<double>(), 1e-9);
  BenchReport NoEager = makeReport();
  NoEager.Eager.reset();
  EXPECT_FALSE(nlohmann::json::parse(formatJson(NoEager)).contains("eager"));
}

/// Whether every element of a document without comments is closed in its order,
/// and every `&` begins an entity. What is between CDATA marks is not looked
/// at.
std::string findMistake(std::string Text) {
  size_t Begin = Text.find("<![CDATA["), End = Text.find("]]>");
  if (Begin != std::string::npos)
    Text.erase(Begin, End + 3 - Begin);
  std::vector<std::string> Open;
  for (size_t I = 0; I < Text.size(); ++I) {
    if (Text[I] == '&') {
      size_t Semicolon = Text.find(';', I);
      std::string Entity = Text.substr(I, Semicolon - I + 1);
      if (Entity != "&amp;" && Entity != "&lt;" && Entity != "&gt;" &&
          Entity != "&quot;")
        return "entity " + Entity;
      continue;
    }
    if (Text[I] != '<')
      continue;
    size_t Close = Text.find('>', I);
    std::string Tag = Text.substr(I + 1, Close - I - 1);
    I = Close;
    if (Tag[0] == '!')
      continue;
    if (Tag[0] == '/') {
      if (Open.empty() || Open.back() != Tag.substr(1))
        return "</" + Tag + ">";
      Open.pop_back();
      continue;
    }
    if (Tag.back() != '/')
      Open.push_back(Tag.substr(0, Tag.find_first_of(" \n")));
  }
  return Open.empty() ? "" : "<" + Open.back() + "> stays open";
}

TEST(HtmlReport, IsWellFormed) {
  BenchReport R = makeReport();
  std::string Html = formatHtml(R);
  EXPECT_EQ(findMistake(Html), "");
  EXPECT_THAT(Html, HasSubstr("Small &quot;&amp;&quot; &lt;b&gt;"));
  EXPECT_THAT(Html, HasSubstr("prefers-color-scheme: dark"));
  // It needs nothing from elsewhere.
  EXPECT_THAT(Html, Not(HasSubstr(" src=")));
  EXPECT_THAT(Html, Not(HasSubstr("@import")));
  EXPECT_THAT(Html, Not(HasSubstr("nan")));

  // Nor does it need anything to have been measured.
  BenchReport Empty;
  Empty.Breakdown = breakDown({}, {BenchStep()});
  EXPECT_EQ(findMistake(formatHtml(Empty)), "");
  EXPECT_THAT(formatHtml(Empty), Not(HasSubstr("nan")));
}

size_t count(const std::string &Text, const std::string &Piece) {
  size_t Found = 0;
  for (size_t At = Text.find(Piece); At != std::string::npos;
       At = Text.find(Piece, At + 1))
    ++Found;
  return Found;
}

TEST(Pictures, HaveAShapeForEach) {
  BenchReport R = makeReport();
  // A launch is in the row of all and in that of its kind.
  EXPECT_EQ(count(drawTimeline(R), "<rect"), 6u);
  EXPECT_EQ(count(drawRoofline(R), "<circle"), 2u);
  EXPECT_EQ(count(drawMemory(R), "<rect"), 3u);
  EXPECT_THAT(drawMemory(R), HasSubstr("buffer scratch"));
  EXPECT_THAT(listKinds(R), ElementsAre("matmul", "pointwise"));
  R.Buffers.clear();
  EXPECT_EQ(drawMemory(R), "");
}

TEST(Svg, EscapesAndFormats) {
  EXPECT_EQ(escapeXml("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(escapeXml("\x01"), "\xEF\xBF\xBD");
  EXPECT_EQ(findMistake("<a>" + escapeXml("\xFF\xC3") + "</a>"), "");
  EXPECT_EQ(formatPixel(1.5), "1.5");
  EXPECT_EQ(formatPixel(-0.001), "0");
  EXPECT_EQ(formatPixel(100), "100");
  EXPECT_THAT(chooseTicks(10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(chooseTicks(0, 5), ElementsAre(0));
  EXPECT_THAT(chooseTicks(0.03, 3),
              ElementsAre(0, testing::DoubleEq(0.01), testing::DoubleEq(0.02),
                          testing::DoubleEq(0.03)));
}

} // namespace
