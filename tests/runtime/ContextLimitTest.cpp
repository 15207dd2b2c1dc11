// What to do where a text is longer than the context, and where weights are of
// another size.

#include "runtime/core/ContextLimit.h"
#include "runtime/core/CompiledConfig.h"
#include "tests/runtime/TestSupport.h"
#include <gtest/gtest.h>
#include <vector>

using namespace stator::runtime;
using ::testing::HasSubstr;

namespace {

struct Sizes {
  const char *Name;
  int64_t Rows, Columns;
};

class ContextLimitTest : public ::testing::Test {
protected:
  /// A program with these parameters.
  const StatorProgram &with(const std::vector<Sizes> &Parameters) {
    Shapes.clear();
    Tensors.clear();
    Shapes.reserve(Parameters.size());
    for (const Sizes &Each : Parameters) {
      StatorTensor &Tensor = Tensors.emplace_back();
      Tensor.Name = Each.Name;
      Shapes.push_back({Each.Rows, Each.Columns});
      Tensor.Shape = Shapes.back().data();
      Tensor.Rank = 2;
      Tensor.Role = STATOR_ROLE_PARAMETER;
    }
    Program.Name = "Small";
    Program.Options = R"({"config": {"vocab": 65, "heads": 64, "context": 64,
                          "lr": 0.1, "bias": false}})";
    Program.Vocabulary = 65;
    Program.Time = Program.Context = 64;
    Program.Tensors = Tensors.data();
    Program.NumTensors = static_cast<int64_t>(Tensors.size());
    return Program;
  }

  StatorProgram Program = {};
  std::vector<StatorTensor> Tensors;
  std::vector<std::vector<int64_t>> Shapes;
};

TEST_F(ContextLimitTest, LearnedPositionsEndWithTheirTable) {
  with({{"wte.weight", 65, 32}, {"wpe.weight", 64, 32}});
  EXPECT_EQ(adviceForMore(Program),
            "train the model with a longer context (-D context=128), as these "
            "weights (wpe.weight) know only 64 positions; or go on with "
            "--slide");
  EXPECT_THAT(beyondContext(Program, "the prompt", 70).ToString(),
              HasSubstr("the prompt has 70 tokens, but the context of Small "
                        "holds 64\nhint: shorten it; or train the model with a "
                        "longer context (-D context=70), as these weights"));
  Program.Prefix = 3;
  EXPECT_THAT(adviceForMore(Program), ::testing::Not(HasSubstr("--slide")));
  Program.Options = nullptr;
  EXPECT_THAT(adviceForMore(Program),
              HasSubstr("a longer context, as these weights"));
}

TEST_F(ContextLimitTest, ATableMayHaveMorePositionsThanWereCompiled) {
  with({{"wte.weight", 65, 32}, {"wpe.weight", 100, 32}});
  EXPECT_EQ(adviceForMore(Program),
            "compile the model with --time 100 or more; or go on with --slide");
  EXPECT_THAT(beyondContext(Program, "the prompt", 90).ToString(),
              HasSubstr("compile the model with --time 90 or more"));
  EXPECT_THAT(beyondContext(Program, "the prompt", 101).ToString(),
              HasSubstr("know only 100 positions"));
}

TEST_F(ContextLimitTest, OtherMatricesAreNoTableOfPositions) {
  for (const Sizes &Each : {Sizes{"mlp.up_proj.weight", 64, 32},
                            {"wte.weight", 65, 64},
                            {"pos.down.weight", 32, 64}}) {
    EXPECT_EQ(findPositionTable(with({Each})), nullptr) << Each.Name;
    EXPECT_EQ(adviceForMore(Program), "compile the model with --time 128 or "
                                      "more; or go on with --slide");
  }
}

TEST_F(ContextLimitTest, FlagsForTheConfigOfWeights) {
  with({});
  EXPECT_EQ(flagsForConfig(Program, R"({"vocab": 61, "heads": 64, "lr": 0.5,
                                        "bias": true, "unknown": 3})"),
            "-D vocab=61 -D bias=true");
  EXPECT_EQ(flagsForConfig(Program, R"({"vocab": 65})"), "");
  EXPECT_EQ(flagsForConfig(Program, "[1]"), "");
  EXPECT_EQ(flagsForConfig(Program, "{"), "");
}

} // namespace
