#include "runtime/core/Sampler.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

} // namespace
