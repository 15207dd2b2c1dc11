//===- SuggestionTest.cpp - The name that was probably meant --------------===//

#include "frontend/Diagnostics.h"
#include "gtest/gtest.h"

using namespace stator;

TEST(Suggestion, FindsTheClosestName) {
  llvm::StringRef Names[] = {"width", "heads", "layers", "softmax", "MLP", "T"};
  EXPECT_EQ(suggest("widht", Names), "width");
  EXPECT_EQ(suggest("layer", Names), "layers");
  EXPECT_EQ(suggest("sofmax", Names), "softmax");
  EXPECT_EQ(suggest("SoftMax", Names), "softmax");
  EXPECT_EQ(suggest("MPL", Names), "MLP");
}

TEST(Suggestion, StaysSilentWhereNothingIsClose) {
  llvm::StringRef Names[] = {"width", "heads", "x", "T"};
  EXPECT_EQ(suggest("vocabulary", Names), "");
  EXPECT_EQ(suggest("y", Names), "");
  EXPECT_EQ(suggest("width", Names), "");
  EXPECT_EQ(didYouMean("y", Names), "");
  EXPECT_EQ(didYouMean("head", Names), "; did you mean 'heads'?");
}
