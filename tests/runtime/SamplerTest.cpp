#include "runtime/core/Sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <vector>

using namespace stator::runtime;
using ::testing::ElementsAre;
using ::testing::Key;

namespace {

constexpr int Draws = 20000;

/// How often each token is drawn.
std::map<int32_t, double> shares(const SamplerOptions &Options,
                                 std::span<const float> Logits) {
  Sampler Sampler(Options);
  std::map<int32_t, double> Result;
  for (uint32_t I = 0; I < Draws; ++I)
    Result[Sampler.sample(Logits.data(), static_cast<int64_t>(Logits.size()), I,
                          0)] += 1.0 / Draws;
  return Result;
}

/// Of the probabilities 0.1, 0.4, 0.2, 0.3.
const float FourLogits[] = {-2.302585f, -0.916291f, -1.609438f, -1.203973f};

TEST(Sampler, DrawsInProportion) {
  auto Shares = shares({}, FourLogits);
  EXPECT_NEAR(Shares[0], 0.1, 0.01);
  EXPECT_NEAR(Shares[1], 0.4, 0.015);
  EXPECT_NEAR(Shares[2], 0.2, 0.015);
  EXPECT_NEAR(Shares[3], 0.3, 0.015);
}

TEST(Sampler, TemperatureSharpens) {
  SamplerOptions Options;
  Options.Temperature = 0.5; // squares: 1, 16, 4, 9 of 30
  auto Shares = shares(Options, FourLogits);
  EXPECT_NEAR(Shares[1], 16.0 / 30, 0.015);
  EXPECT_NEAR(Shares[0], 1.0 / 30, 0.01);
}

TEST(Sampler, TemperatureZeroIsGreedy) {
  SamplerOptions Options;
  Options.Temperature = 0;
  EXPECT_THAT(shares(Options, FourLogits), ElementsAre(Key(1)));
  EXPECT_THAT(shares(Options, std::vector<float>{1, 3, 3, 2}),
              ElementsAre(Key(1)))
      << "of equal ones the first";
}

TEST(Sampler, TopKKeepsTheLikeliest) {
  SamplerOptions Options;
  Options.TopK = 2;
  auto Shares = shares(Options, FourLogits);
  EXPECT_THAT(Shares, ElementsAre(Key(1), Key(3)));
  EXPECT_NEAR(Shares[1], 4.0 / 7, 0.015);
  Options.TopK = 100;
  EXPECT_EQ(shares(Options, FourLogits).size(), 4u);
  Options.TopK = 2;
  EXPECT_THAT(shares(Options, std::vector<float>{1, 1, 1, 1}),
              ElementsAre(Key(0), Key(1)));
}

TEST(Sampler, TopPKeepsTheNucleus) {
  SamplerOptions Options;
  Options.TopP = 0.6; // 0.4 does not reach it, 0.4 + 0.3 does
  EXPECT_THAT(shares(Options, FourLogits), ElementsAre(Key(1), Key(3)));
  Options.TopP = 0;
  EXPECT_THAT(shares(Options, FourLogits), ElementsAre(Key(1)));
  Options.TopP = 0.95;
  EXPECT_EQ(shares(Options, FourLogits).size(), 4u);
  Options.TopK = 3; // of 0.9: 0.4 and 0.3 are 0.78, all three are needed
  EXPECT_EQ(shares(Options, FourLogits).size(), 3u);
}

TEST(Sampler, IsAFunctionOfSeedIndexAndStream) {
  std::vector<float> Flat(1000, 0);
  SamplerOptions Options;
  Sampler A(Options), B(Options);
  EXPECT_EQ(A.sample(Flat.data(), 1000, 5, 2),
            B.sample(Flat.data(), 1000, 5, 2));
  int32_t First = A.sample(Flat.data(), 1000, 5, 2);
  EXPECT_NE(A.sample(Flat.data(), 1000, 6, 2), First);
  EXPECT_NE(A.sample(Flat.data(), 1000, 5, 3), First);
  Options.Seed = 1;
  Sampler C(Options);
  EXPECT_NE(C.sample(Flat.data(), 1000, 5, 2), First);
}

TEST(Sampler, SurvivesExtremes) {
  constexpr float Infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(shares({}, std::vector<float>{-Infinity, 1, -Infinity}),
              ElementsAre(Key(1)));
  EXPECT_THAT(shares({}, std::vector<float>{0, Infinity, 0}),
              ElementsAre(Key(1)));
  EXPECT_THAT(shares({}, std::vector<float>{NAN, 1, NAN}), ElementsAre(Key(1)));
  EXPECT_THAT(shares({}, std::vector<float>{NAN, NAN}), ElementsAre(Key(-1)));
  EXPECT_THAT(shares({}, std::vector<float>{1000, -1000}), ElementsAre(Key(0)));
  SamplerOptions Options;
  Options.Temperature = 1e-30;
  EXPECT_THAT(shares(Options, FourLogits), ElementsAre(Key(1)));
}

TEST(Sampler, MinPKeepsWhatIsNotFarLessLikely) {
  SamplerOptions Options;
  Options.MinP = 0.6; // of 0.4: 0.24, which 0.3 reaches and 0.2 does not
  auto Shares = shares(Options, FourLogits);
  EXPECT_THAT(Shares, ElementsAre(Key(1), Key(3)));
  EXPECT_NEAR(Shares[1], 4.0 / 7, 0.015);
  Options.MinP = 0.2;
  EXPECT_EQ(shares(Options, FourLogits).size(), 4u);
  Options.MinP = 1;
  EXPECT_THAT(shares(Options, FourLogits), ElementsAre(Key(1)));
  EXPECT_THAT(shares(Options, std::vector<float>{1, 1, 0}),
              ElementsAre(Key(0), Key(1)));
}

/// How often each token is drawn after a text.
std::map<int32_t, double> sharesAfter(const SamplerOptions &Options,
                                      std::span<const float> Logits,
                                      const std::vector<int32_t> &Text) {
  Sampler Sampler(Options);
  std::map<int32_t, double> Result;
  for (uint32_t I = 0; I < Draws; ++I)
    Result[Sampler.sample(Logits.data(), static_cast<int64_t>(Logits.size()), I,
                          0, Text)] += 1.0 / Draws;
  return Result;
}

TEST(Sampler, RepetitionIsPenalizedInItsWindow) {
  SamplerOptions Options;
  Options.RepeatPenalty = 2;
  Options.RepeatWindow = 2;
  // Logits 1, -1, 0 of tokens 0, 1, 2: halved, doubled, as it is.
  const float Logits[] = {1, -1, 0};
  auto Share = [](double Logit, double A, double B, double C) {
    return std::exp(Logit) / (std::exp(A) + std::exp(B) + std::exp(C));
  };
  auto Shares = sharesAfter(Options, Logits, {2, 0, 1, 1, 0});
  EXPECT_NEAR(Shares[0], Share(0.5, 0.5, -2, 0), 0.015);
  EXPECT_NEAR(Shares[1], Share(-2, 0.5, -2, 0), 0.01);
  Shares = sharesAfter(Options, Logits, {0, 0, 2, 2});
  EXPECT_NEAR(Shares[0], Share(1, 1, -1, 0), 0.015) << "long ago";
  Options.RepeatWindow = 0;
  Shares = sharesAfter(Options, Logits, {0, 0, 2, 2});
  EXPECT_NEAR(Shares[0], Share(0.5, 0.5, -1, 0), 0.015) << "once, not twice";
  Options.Temperature = 0;
  Options.RepeatPenalty = 100;
  EXPECT_THAT(sharesAfter(Options, std::vector<float>{2, 1}, {0}),
              ElementsAre(Key(1)));
}

TEST(Sampler, NucleusIsThatOfAFullSort) {
  // As many tokens as the search does not sort at first.
  std::vector<float> Logits(5000);
  uint32_t Number = 1;
  for (float &Each : Logits) {
    Number = Number * 1664525u + 1013904223u;
    Each = static_cast<float>(Number >> 20) / 1024.0f;
  }
  std::vector<int32_t> Order(Logits.size());
  for (size_t I = 0; I < Order.size(); ++I)
    Order[I] = static_cast<int32_t>(I);
  std::sort(Order.begin(), Order.end(), [&](int32_t A, int32_t B) {
    float X = Logits[static_cast<size_t>(A)],
          Y = Logits[static_cast<size_t>(B)];
    return X != Y ? X > Y : A < B;
  });
  double Total = 0;
  for (float Each : Logits)
    Total += std::exp(static_cast<double>(Each));
  for (double P : {0.01, 0.3, 0.9}) {
    std::vector<bool> Inside(Logits.size());
    double Sum = 0;
    for (size_t I = 0; I < Order.size() && Sum < P * Total; ++I) {
      Inside[static_cast<size_t>(Order[I])] = true;
      Sum +=
          std::exp(static_cast<double>(Logits[static_cast<size_t>(Order[I])]));
    }
    SamplerOptions Options;
    Options.TopP = P;
    Sampler Draw(Options);
    for (uint32_t I = 0; I < 300; ++I)
      EXPECT_TRUE(
          Inside[static_cast<size_t>(Draw.sample(Logits.data(), 5000, I, 0))])
          << P;
  }
}

// Filters only ever take tokens away, and the likeliest stays.
TEST(Sampler, FiltersLeaveTheLikeliest) {
  uint32_t Number = 3;
  auto Random = [&] {
    Number = Number * 1664525u + 1013904223u;
    return static_cast<double>(Number >> 8) * 0x1p-24;
  };
  for (int Trial = 0; Trial < 2000; ++Trial) {
    std::vector<float> Logits(1 + static_cast<size_t>(Random() * 40));
    for (float &Each : Logits)
      Each = static_cast<float>(Random() * 10 - 5);
    if (Random() < 0.2)
      Logits[static_cast<size_t>(Random() *
                                 static_cast<double>(Logits.size()))] = NAN;
    SamplerOptions Options;
    Options.Temperature = Random() * 2 + 0.01;
    Options.TopK = static_cast<int64_t>(Random() * 5);
    Options.TopP = Random() < 0.5 ? 1 : Random();
    Options.MinP = Random() < 0.5 ? 0 : Random();
    Options.Seed = Trial;
    Sampler Draw(Options);
    auto Count = static_cast<int64_t>(Logits.size());
    int32_t Best = findLikeliest(Logits.data(), Count);
    int32_t Id = Draw.sample(Logits.data(), Count, 0, 0);
    EXPECT_EQ(Id, Draw.sample(Logits.data(), Count, 0, 0)) << "the same again";
    if (Best < 0) {
      EXPECT_EQ(Id, -1);
      continue;
    }
    double Drawn = Logits[static_cast<size_t>(Id)],
           Most = Logits[static_cast<size_t>(Best)];
    ASSERT_LE(Drawn, Most);
    EXPECT_GE(std::exp((Drawn - Most) / Options.Temperature), Options.MinP);
    int64_t Likelier = 0;
    for (float Each : Logits)
      Likelier += Each > Logits[static_cast<size_t>(Id)];
    EXPECT_TRUE(Options.TopK == 0 || Likelier < Options.TopK);
  }
}

TEST(Sampler, FindsTheFirstOfTheLikeliest) {
  for (size_t Count : {1u, 31u, 32u, 33u, 100u})
    for (size_t At = 0; At < Count; ++At) {
      std::vector<float> Logits(Count, -1);
      Logits[At] = 2;
      Logits[Count - 1] = At + 1 == Count ? 2.0f : NAN;
      EXPECT_EQ(findLikeliest(Logits.data(), static_cast<int64_t>(Count)),
                static_cast<int32_t>(At));
      std::fill(Logits.begin() + static_cast<int64_t>(At), Logits.end(), 2.0f);
      EXPECT_EQ(findLikeliest(Logits.data(), static_cast<int64_t>(Count)),
                static_cast<int32_t>(At));
    }
}

} // namespace
