//===- EinsumTest.cpp - Equations of contractions -------------------------===//

#include "ir/Einsum.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace stator;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

EinsumEquation parse(llvm::StringRef Text) {
  std::string Error;
  FailureOr<EinsumEquation> Equation = EinsumEquation::parse(Text, Error);
  EXPECT_TRUE(succeeded(Equation)) << Error;
  return succeeded(Equation) ? *Equation : EinsumEquation();
}

/// The error, or "" if there is none.
std::string getError(llvm::StringRef Text) {
  std::string Error;
  return succeeded(EinsumEquation::parse(Text, Error)) ? "" : Error;
}

TEST(EinsumTest, NumbersNamesInOrderOfAppearance) {
  EinsumEquation Scores = parse("b h q d, b h k d -> b h q k");
  EXPECT_THAT(Scores.Names, ElementsAre("b", "h", "q", "d", "k"));
  EXPECT_THAT(Scores.Lhs, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Scores.Rhs, ElementsAre(0, 1, 4, 3));
  EXPECT_THAT(Scores.Result, ElementsAre(0, 1, 2, 4));
}

TEST(EinsumTest, GivesEachDimensionItsRole) {
  EinsumEquation Scores = parse("b h q d, b h k d -> b h q k");
  EXPECT_THAT(Scores.getDimensions(EinsumRole::Batch), ElementsAre(0, 1));
  EXPECT_THAT(Scores.getDimensions(EinsumRole::Row), ElementsAre(2));
  EXPECT_THAT(Scores.getDimensions(EinsumRole::Contracted), ElementsAre(3));
  EXPECT_THAT(Scores.getDimensions(EinsumRole::Column), ElementsAre(4));
  EXPECT_EQ(Scores.getRole(2), EinsumRole::Row);
}

TEST(EinsumTest, KnowsProductsWithoutAContraction) {
  EinsumEquation Outer = parse("i, j -> j i");
  EXPECT_THAT(Outer.getDimensions(EinsumRole::Contracted), IsEmpty());
  EXPECT_EQ(Outer.getRole(0), EinsumRole::Row);
  EXPECT_EQ(Outer.getRole(1), EinsumRole::Column);
}

TEST(EinsumTest, ReadsScalars) {
  EXPECT_THAT(parse("i, i ->").Result, IsEmpty());
  EXPECT_THAT(parse(", i -> i").Lhs, IsEmpty());
  EXPECT_THAT(parse(", ->").Names, IsEmpty());
}

TEST(EinsumTest, WritesTheCanonicalText) {
  EXPECT_EQ(parse("  b  head_1 q,q->b head_1 q").str(),
            "b head_1 q, q -> b head_1 q");
  for (const char *Text : {"m k, k n -> m n", "i, i -> ", ", i -> i"})
    EXPECT_EQ(parse(parse(Text).str()).str(), parse(Text).str());
  EXPECT_EQ(makeEinsumEquation({"m", "k"}, {"k"}, {"m"}), "m k, k -> m");
}

TEST(EinsumTest, SaysWhatIsWrong) {
  EXPECT_EQ(getError("m k, k n"),
            "expected one \"->\" between the operands and the result, as in "
            "\"m k, k n -> m n\"");
  EXPECT_EQ(getError("m k, k n -> m n -> n"), getError("m k, k n"));
  EXPECT_EQ(getError("m k -> m"), "expected two operands divided by one comma "
                                  "before \"->\", found 1");
  EXPECT_EQ(getError("a, b, c -> a b c"), "expected two operands divided by "
                                          "one comma before \"->\", found 3");
  EXPECT_EQ(getError("m m, m -> m"),
            "dimension \"m\" stands twice in the first operand");
  EXPECT_EQ(getError("m, m m -> m"),
            "dimension \"m\" stands twice in the second operand");
  EXPECT_EQ(getError("m k, k -> m m"),
            "dimension \"m\" stands twice in the result");
  EXPECT_EQ(getError("m k, k -> m n"),
            "dimension \"n\" of the result is in neither operand");
  EXPECT_EQ(getError("m k, m -> m"),
            "dimension \"k\" is in the first operand only and not in the "
            "result; sum it first with stator.reduce");
  EXPECT_EQ(getError("m, m k -> m"),
            "dimension \"k\" is in the second operand only and not in the "
            "result; sum it first with stator.reduce");
  EXPECT_EQ(getError("b t (h d), d -> b t h"),
            "\"(h\" in the first operand is not a dimension name (letters, "
            "digits and _, divided by spaces)");
  EXPECT_EQ(getError("2 k, k -> 2"),
            "\"2\" in the first operand is not a dimension name (letters, "
            "digits and _, divided by spaces)");
}

} // namespace
