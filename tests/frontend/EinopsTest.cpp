//===- EinopsTest.cpp - Patterns and the steps they stand for -------------===//

#include "frontend/Einops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <deque>

using namespace stator;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

std::vector<int64_t> sizes(llvm::ArrayRef<Dim> Dims) {
  std::vector<int64_t> Result;
  for (const Dim &D : Dims)
    Result.push_back(D.Size);
  return Result;
}

class Einops : public testing::Test {
protected:
  std::optional<EinopsPlan> plan(llvm::StringRef Text, EinopsForm Form,
                                 llvm::ArrayRef<Dim> Shape,
                                 const EinopsSizes &Sizes = {}) {
    auto Pattern = parseEinops(Text, Error);
    if (!Pattern)
      return std::nullopt;
    return planEinops(
        *Pattern, Form, Shape, Sizes,
        [&](const std::string &Name) -> llvm::StringRef {
          return Saved.emplace_back(Name);
        },
        Error);
  }

  EinopsError Error;
  std::deque<std::string> Saved;
};

TEST_F(Einops, SplitsAndTransposes) {
  auto Plan =
      plan("b t (h d) -> b h t d", EinopsForm::Rearrange,
           {{12, "B"}, {64, "T"}, {128, "width"}}, {{"h", {4, "heads"}}});
  ASSERT_TRUE(Plan) << Error.Message;
  EXPECT_THAT(sizes(Plan->Split), ElementsAre(12, 64, 4, 32));
  EXPECT_THAT(Plan->Permutation, ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(Plan->Reduced, IsEmpty());
  EXPECT_THAT(sizes(Plan->Merged), ElementsAre(12, 4, 64, 32));
  EXPECT_EQ(printShape(ElementKind::F32, Plan->Merged),
            "f32[B=12, heads=4, T=64, d=32]");
}

TEST_F(Einops, Merges) {
  auto Plan = plan("b h t d -> b t (h d)", EinopsForm::Rearrange,
                   {{2, ""}, {3, ""}, {5, ""}, {7, ""}});
  ASSERT_TRUE(Plan) << Error.Message;
  EXPECT_THAT(Plan->Permutation, ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(sizes(Plan->Merged), ElementsAre(2, 5, 21));
}

TEST_F(Einops, ReducesWithEllipsisAndOnes) {
  auto Plan = plan("... (t two) d -> ... t 1 d", EinopsForm::Reduce,
                   {{2, ""}, {3, ""}, {10, ""}, {7, ""}}, {{"two", {2, ""}}});
  ASSERT_TRUE(Plan) << Error.Message;
  EXPECT_THAT(sizes(Plan->Split), ElementsAre(2, 3, 5, 2, 7));
  EXPECT_THAT(Plan->Reduced, ElementsAre(3));
  EXPECT_THAT(Plan->Permutation, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(sizes(Plan->Merged), ElementsAre(2, 3, 5, 1, 7));
}

TEST_F(Einops, Repeats) {
  auto Plan = plan("b t d -> b (t n) d", EinopsForm::Repeat,
                   {{2, ""}, {3, ""}, {5, ""}}, {{"n", {4, ""}}});
  ASSERT_TRUE(Plan) << Error.Message;
  EXPECT_THAT(Plan->Broadcast, ElementsAre(0, 1, 3));
  EXPECT_THAT(sizes(Plan->Repeated), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(sizes(Plan->Merged), ElementsAre(2, 12, 5));
}

TEST_F(Einops, SaysWhereAPatternIsWrong) {
  EXPECT_FALSE(plan("b t -> b", EinopsForm::Rearrange, {{2, ""}, {3, ""}}));
  EXPECT_EQ(Error.Begin, 2u);
  EXPECT_EQ(Error.End, 3u);
  EXPECT_THAT(Error.Message, testing::HasSubstr("'t' stands on the left"));
  EXPECT_FALSE(plan("a (b a) -> a", EinopsForm::Reduce, {{2, ""}, {6, ""}}));
  EXPECT_THAT(Error.Message, testing::HasSubstr("twice"));
  EXPECT_FALSE(
      plan("(a b) -> a b", EinopsForm::Rearrange, {{7, ""}}, {{"a", {2, ""}}}));
  EXPECT_THAT(Error.Message, testing::HasSubstr("does not divide"));
  EXPECT_FALSE(plan("", EinopsForm::Rearrange, {}));
  EXPECT_FALSE(plan("a -> a ->", EinopsForm::Rearrange, {{2, ""}}));
  EXPECT_FALSE(plan("(a -> a", EinopsForm::Rearrange, {{2, ""}}));
}

} // namespace
