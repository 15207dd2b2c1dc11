#include "runtime/core/StopText.h"
#include "gtest/gtest.h"

using namespace stator::runtime;

namespace {

TEST(StopText, EndsBeforeTheStopString) {
  StopText Text({"END"});
  EXPECT_EQ(Text.push("abc"), "abc");
  EXPECT_EQ(Text.push("dENDef"), "d");
  EXPECT_TRUE(Text.found());
  EXPECT_EQ(Text.push("more"), "");
  EXPECT_EQ(Text.finish(), "");
}

TEST(StopText, HoldsBackWhatCouldBeABeginning) {
  StopText Text({"END"});
  EXPECT_EQ(Text.push("aE"), "a");
  EXPECT_EQ(Text.push("N"), "");
  EXPECT_EQ(Text.push("x"), "ENx");
  EXPECT_EQ(Text.push("EEN"), "E");
  EXPECT_EQ(Text.finish(), "EN") << "it was none";
  EXPECT_FALSE(Text.found());
}

TEST(StopText, TakesTheFirstOfSeveral) {
  StopText Text({"\n\n", "b"});
  EXPECT_EQ(Text.push("a\n"), "a");
  EXPECT_EQ(Text.push("b\n\n"), "\n");
  EXPECT_TRUE(Text.found());
}

TEST(StopText, WithoutAnyEverythingPasses) {
  StopText Text({});
  EXPECT_EQ(Text.push("abc"), "abc");
  EXPECT_EQ(Text.finish(), "");
}

// Whatever the pieces are, what is shown is the text up to the stop string, and
// never a part of one.
TEST(StopText, PiecesDoNotMatter) {
  const std::string Whole = "aababbaababab|rest";
  for (const std::string &Stop : {"abab", "baba", "bb", "|", "zz"}) {
    std::string Expected = Whole.substr(0, Whole.find(Stop));
    for (unsigned Cuts = 0; Cuts < 1u << 12; Cuts += 37) {
      StopText Text({Stop});
      std::string Shown, Piece;
      for (size_t I = 0; I < Whole.size(); ++I) {
        Piece += Whole[I];
        if (Cuts >> (I % 12) & 1) {
          Shown += Text.push(Piece);
          ASSERT_EQ(Expected.compare(0, Shown.size(), Shown), 0);
          Piece.clear();
        }
      }
      Shown += Text.push(Piece);
      if (!Text.found())
        Shown += Text.finish();
      ASSERT_EQ(Shown, Expected) << Stop << " " << Cuts;
    }
  }
}

} // namespace
