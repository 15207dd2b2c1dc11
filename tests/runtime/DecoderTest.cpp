// Blocks, batches and what is generated with them.

#include "runtime/core/Decoder.h"
#include "runtime/core/Generator.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <map>
#include <numeric>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;
using ::testing::Pair;

namespace {

/// A fake program with random weights.
struct Loaded {
  explicit Loaded(FakeProgram::Shape Sizes)
      : Fake(STATOR_MODE_INFER, Sizes),
        State(*Memory::allocate(Fake.get().StateBytes, "state")) {
    initializeState(Fake.get(), State.data(), 5);
  }
  Decoder decoder() { return *Decoder::create(Fake.get(), State.data()); }

  FakeProgram Fake;
  Memory State;
};

FakeProgram::Shape blocks(int64_t Batch, int64_t Context, bool Padded = true) {
  FakeProgram::Shape Sizes;
  Sizes.Vocabulary = 11;
  Sizes.Batch = Batch;
  Sizes.Time = Context ? Context : 64;
  Sizes.Blocks = true;
  Sizes.Padded = Padded;
  Sizes.Context = Context;
  return Sizes;
}

std::vector<int32_t> someTokens(int64_t Count, uint32_t Seed = 1) {
  std::vector<int32_t> Result;
  for (int64_t I = 0; I < Count; ++I) {
    Seed = Seed * 1664525u + 1013904223u;
    Result.push_back(static_cast<int32_t>(Seed >> 16) % 11);
  }
  return Result;
}

/// Widths and real tokens of a plan.
std::vector<std::pair<int64_t, int64_t>> plan(const StatorProgram &Program,
                                              int64_t Position, int64_t Count) {
  std::vector<std::pair<int64_t, int64_t>> Result;
  for (const BlockCall &Call : planBlocks(Program, Position, Count))
    Result.push_back({Program.Blocks[Call.Block].Width, Call.Real});
  return Result;
}

TEST(PlanBlocks, TakesTheCheapest) {
  FakeProgram Fake(STATOR_MODE_INFER, blocks(1, 64));
  const StatorProgram &Program = Fake.get();
  EXPECT_THAT(plan(Program, 0, 1), ElementsAre(Pair(1, 1)));
  EXPECT_THAT(plan(Program, 0, 4), ElementsAre(Pair(4, 4)));
  EXPECT_THAT(plan(Program, 0, 3), ElementsAre(Pair(4, 3))) << "padded";
  EXPECT_THAT(plan(Program, 0, 11), ElementsAre(Pair(16, 11)));
  EXPECT_THAT(plan(Program, 0, 17), ElementsAre(Pair(16, 16), Pair(1, 1)));
  EXPECT_THAT(plan(Program, 0, 20), ElementsAre(Pair(16, 16), Pair(4, 4)));
}

TEST(PlanBlocks, StaysInTheContext) {
  FakeProgram Fake(STATOR_MODE_INFER, blocks(1, 19));
  EXPECT_THAT(plan(Fake.get(), 0, 19),
              ElementsAre(Pair(16, 16), Pair(1, 1), Pair(1, 1), Pair(1, 1)));
  EXPECT_THAT(plan(Fake.get(), 3, 15), ElementsAre(Pair(16, 15)));
  EXPECT_THAT(plan(Fake.get(), 4, 7), ElementsAre(Pair(4, 4), Pair(4, 3)));
}

TEST(PlanBlocks, EveryRowCountsWhereNothingMayBePadded) {
  FakeProgram Fake(STATOR_MODE_INFER, blocks(1, 0, /*Padded=*/false));
  EXPECT_THAT(plan(Fake.get(), 0, 7),
              ElementsAre(Pair(4, 4), Pair(1, 1), Pair(1, 1), Pair(1, 1)));
}

TEST(PlanBlocks, FeedsEveryTokenOnce) {
  for (bool Padded : {true, false})
    for (int64_t Context : {200, 0}) {
      FakeProgram Fake(STATOR_MODE_INFER, blocks(1, Context, Padded));
      for (int64_t Position : {0, 1, 37, 190})
        for (int64_t Count = 1; Count <= 200 - Position; ++Count) {
          int64_t At = Position;
          for (auto [Width, Real] : plan(Fake.get(), Position, Count)) {
            ASSERT_LE(Real, Width);
            ASSERT_TRUE(Padded || Real == Width);
            ASSERT_TRUE(Context == 0 || At + Width <= Context);
            At += Real;
          }
          ASSERT_EQ(At, Position + Count);
        }
    }
}

/// The logits after each prefix of a text, of which the first Prompt tokens are
/// fed at once.
std::vector<float> logitsOf(Decoder &Text, const std::vector<int32_t> &Tokens,
                            int64_t Prompt) {
  std::vector<float> Result;
  Text.reset();
  for (int64_t I = 0; I < static_cast<int64_t>(Tokens.size());) {
    int64_t Count = I ? 1 : Prompt;
    EXPECT_TRUE(Text.feed(Tokens.data() + I, Count).ok());
    I += Count;
    if (I >= Prompt)
      Result.insert(Result.end(), Text.logits(0),
                    Text.logits(0) + Text.vocabulary());
  }
  return Result;
}

TEST(Decoder, BlocksGiveWhatRecomputingGives) {
  FakeProgram::Shape Whole = blocks(1, 64);
  Loaded WithBlocks(Whole), Without(Whole);
  Without.Fake.edit().NumBlocks = 0;
  std::vector<int32_t> Text = someTokens(64);
  for (int64_t Prompt : {1, 3, 15, 16, 17, 40, 64}) {
    Decoder A = WithBlocks.decoder(), B = Without.decoder();
    EXPECT_EQ(logitsOf(A, Text, Prompt), logitsOf(B, Text, Prompt)) << Prompt;
    EXPECT_EQ(logitsOf(A, Text, Prompt), logitsOf(B, Text, Prompt))
        << "after a reset";
  }
}

TEST(Decoder, StopsAtTheEndOfTheContext) {
  Loaded Model(blocks(1, 20));
  Decoder Text = Model.decoder();
  std::vector<int32_t> Tokens = someTokens(21);
  ASSERT_TRUE(Text.feed(Tokens.data(), 20).ok());
  EXPECT_EQ(Text.room(), 0);
  EXPECT_ERROR(Text.feed(Tokens.data() + 20, 1),
               "the text has 21 tokens, but the context of Fake holds 20\n"
               "hint: shorten it; or compile the model with --time 21 or "
               "more");
  EXPECT_EQ(Text.position(), 20);
}

TEST(Decoder, SharesAState) {
  Loaded Model(blocks(2, 64));
  Decoder A = Model.decoder(), B = Model.decoder();
  std::vector<int32_t> X = someTokens(12, 1), Y = someTokens(12, 2);
  ASSERT_TRUE(A.feed(X.data(), 6).ok());
  std::vector<float> Before(A.logits(0), A.logits(0) + 22);
  ASSERT_TRUE(B.feed(Y.data(), 6).ok());
  EXPECT_EQ(Before, std::vector<float>(A.logits(0), A.logits(0) + 22));
}

//===----------------------------------------------------------------------===//
// Generator
//===----------------------------------------------------------------------===//

using Texts = std::map<size_t, std::vector<int32_t>>;

Texts generateAll(Decoder &Rows, const std::vector<TextStart> &Starts,
                  const GeneratorOptions &Options,
                  std::vector<TextEnd> *Ends = nullptr) {
  Texts Result;
  auto Found = generate(Rows, Starts, Options,
                        [&](size_t Text, int32_t Id, const float *) {
                          Result[Text].push_back(Id);
                          return true;
                        });
  EXPECT_TRUE(Found.ok()) << Found.status();
  if (Ends && Found.ok())
    *Ends = *Found;
  return Result;
}

GeneratorOptions tokens(int64_t Count) {
  GeneratorOptions Options;
  Options.Tokens = Count;
  Options.Sampling.Seed = 9;
  return Options;
}

TEST(Generator, IsTheSameWithBlocksAndWithout) {
  Loaded WithBlocks(blocks(1, 64)), Without(blocks(1, 64));
  Without.Fake.edit().NumBlocks = 0;
  Decoder A = WithBlocks.decoder(), B = Without.decoder();
  for (int64_t Prompt : {1, 5, 18}) {
    std::vector<TextStart> Starts = {{someTokens(Prompt), 3}};
    EXPECT_EQ(generateAll(A, Starts, tokens(40)),
              generateAll(B, Starts, tokens(40)));
  }
}

TEST(Generator, OneTokenACallAfterThePrompt) {
  Loaded Model(blocks(1, 64));
  Decoder Text = Model.decoder();
  generateAll(Text, {{someTokens(18), 0}}, tokens(4));
  EXPECT_THAT(Model.Fake.Calls,
              ElementsAre(Pair(16, 15), Pair(4, 1), Pair(1, 0), Pair(1, 0),
                          Pair(1, 0)));
}

TEST(Generator, ATextDoesNotDependOnThoseBesideIt) {
  for (bool Blocks : {true, false}) {
    Loaded Model(blocks(3, 64));
    if (!Blocks)
      Model.Fake.edit().NumBlocks = 0;
    Decoder Rows = Model.decoder();
    std::vector<TextStart> Starts = {
        {someTokens(20, 1), 0}, {someTokens(2, 2), 1}, {someTokens(9, 3), 2}};
    Texts Together = generateAll(Rows, Starts, tokens(12));
    ASSERT_EQ(Together.size(), 3u);
    for (size_t I = 0; I < 3; ++I) {
      Model.Fake.Calls.clear();
      Texts Alone = generateAll(Rows, {Starts[I]}, tokens(12));
      EXPECT_EQ(Together[I], Alone[0]) << I;
      EXPECT_EQ(Alone[0].size(), 12u);
    }
    std::swap(Starts[0], Starts[1]);
    Texts Swapped = generateAll(Rows, Starts, tokens(12));
    EXPECT_EQ(Swapped[1], Together[0]);
    EXPECT_EQ(Swapped[0], Together[1]);
  }
}

TEST(Generator, PromptsAreFedAsIfAlone) {
  Loaded Model(blocks(2, 64));
  Decoder Rows = Model.decoder();
  generateAll(Rows, {{someTokens(17), 0}, {someTokens(4), 1}}, tokens(1));
  EXPECT_THAT(Model.Fake.Calls,
              ElementsAre(Pair(16, 15), Pair(1, 0), Pair(4, 3)))
      << "the longer one in its own blocks; nothing in between";
}

TEST(Generator, SaysWhyTextsEnd) {
  Loaded Model(blocks(2, 24));
  Decoder Rows = Model.decoder();
  std::vector<TextEnd> Ends;
  std::vector<TextStart> Starts = {{someTokens(20), 0}, {someTokens(3), 0}};
  Texts All = generateAll(Rows, Starts, tokens(10), &Ends);
  EXPECT_THAT(Ends, ElementsAre(TextEnd::Context, TextEnd::Tokens));
  EXPECT_EQ(All[0].size(), 5u) << "the last is known, though it has no place";
  EXPECT_EQ(All[1].size(), 10u);

  GeneratorOptions Stop = tokens(10);
  Stop.StopIds = {All[1][4]};
  size_t First = static_cast<size_t>(
      std::find(All[1].begin(), All[1].end(), All[1][4]) - All[1].begin());
  Texts Stopped = generateAll(Rows, {Starts[1]}, Stop, &Ends);
  EXPECT_THAT(Ends, ElementsAre(TextEnd::StopId));
  EXPECT_EQ(Stopped[0].size(), First);

  Texts None = generateAll(Rows, {Starts[1]}, tokens(0), &Ends);
  EXPECT_THAT(Ends, ElementsAre(TextEnd::Tokens));
  EXPECT_TRUE(None.empty());
}

TEST(Generator, ReportsLogitsThatAreNotNumbers) {
  Loaded Model(blocks(1, 0));
  std::fill_n(reinterpret_cast<float *>(Model.State.data()), 121, NAN);
  Decoder Rows = Model.decoder();
  std::vector<TextStart> Starts = {{{1}, 0}};
  EXPECT_ERROR(
      generate(Rows, Starts, tokens(3),
               [](size_t, int32_t, const float *) { return true; }),
      "continuing the prompt, step 0 (position 1): the logit of token 0 "
      "is nan; logits must be finite");
}

} // namespace
