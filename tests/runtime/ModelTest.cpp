// Weights in use: where they come from, and what begins and ends a text.

#include "runtime/core/Model.h"
#include "runtime/core/Safetensors.h"
#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <cstring>
#include <filesystem>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

class ModelTest : public FolderTest {
protected:
  ModelTest() {
    writeFakeWeights("model.safetensors", std::vector<float>(64, 0.5f),
                     std::vector<float>(8, -1.25f));
  }
  absl::StatusOr<Model> load(const StatorEmbedded *Embedded,
                             const std::string &Weights,
                             const std::string &Tokenizer = "") {
    ModelOptions Options;
    Options.Weights = Weights;
    Options.Tokenizer = Tokenizer;
    return Model::load(Fake.get(), Embedded, Options);
  }

  FakeProgram Fake{STATOR_MODE_INFER};
  const std::string Vocabulary =
      R"({"kind": "characters", "characters": ["a", "b", "\n"]})";
};

TEST_F(ModelTest, FindsATokenizerBesideTheWeights) {
  auto Found = load(nullptr, "model.safetensors");
  ASSERT_TRUE(Found.ok()) << Found.status();
  EXPECT_EQ(Found->tokenizer(), nullptr);
  EXPECT_EQ(Found->beginning(), 0);
  EXPECT_TRUE(Found->eos().empty());
  write("vocab.json", Vocabulary);
  Found = load(nullptr, "model.safetensors");
  ASSERT_TRUE(Found.ok()) << Found.status();
  ASSERT_NE(Found->tokenizer(), nullptr);
  EXPECT_EQ(Found->beginning(), 2) << "a newline";
  write("vocab.json", "{}");
  EXPECT_ERROR(load(nullptr, "."), "vocab.json");
  write("vocab.json",
        R"({"kind": "characters",
            "characters": ["a","b","c","d","e","f","g","h","i"]})");
  EXPECT_ERROR(load(nullptr, "."),
               "has 9 characters, but the model was compiled for 8\n"
               "hint: use the tokenizer that the weights were trained with; "
               "or, for weights with 9 tokens, compile the model with -D "
               "vocab=9");
}

/// --tokenizer takes what --weights takes.
TEST_F(ModelTest, FindsTheTokenizerOfARun) {
  namespace fs = std::filesystem;
  fs::create_directories("run/step-00000020");
  fs::create_directory_symlink("step-00000020", "run/latest");
  fs::copy("model.safetensors", "run/latest/model.safetensors");
  write("run/latest/vocab.json", Vocabulary);
  write("run/latest/generation.json", R"({"bos": 1})");
  for (const char *Path :
       {"run", "run/", "run/latest", "run/step-00000020",
        "run/latest/model.safetensors", "run/latest/vocab.json"}) {
    auto Found = load(nullptr, "model.safetensors", Path);
    ASSERT_TRUE(Found.ok()) << Path << Found.status();
    ASSERT_NE(Found->tokenizer(), nullptr) << Path;
    EXPECT_EQ(Found->bos(), 1) << Path;
  }
  EXPECT_ERROR(load(nullptr, "run", "model.safetensors"), "no tokenizer");
}

TEST_F(ModelTest, EmbeddedWeightsAreUsedWhereTheyAre) {
  auto FromFile = load(nullptr, ".");
  ASSERT_TRUE(FromFile.ok());
  write("vocab.json", Vocabulary);
  auto Tokenizer = openTokenizer(".");
  ASSERT_TRUE(Tokenizer.ok()) << Tokenizer.status();
  std::string Bytes = serializeTokenizer((*Tokenizer)->files()),
              Settings = R"({"bos": 1, "eos": 2})";
  std::filesystem::remove("vocab.json");
  StatorEmbedded Embedded = {FromFile->state(), Fake.get().StateBytes,
                             Bytes.data(),      Bytes.size(),
                             Settings.data(),   Settings.size()};
  auto Found = load(&Embedded, "");
  ASSERT_TRUE(Found.ok()) << Found.status();
  EXPECT_EQ(Found->state(), FromFile->state());
  EXPECT_EQ(Found->beginning(), 1);
  EXPECT_THAT(Found->eos(), ElementsAre(2));
  EXPECT_THAT(*Found->encode("ab", "a test"), ElementsAre(0, 1));
  // What is given on the command line goes before it.
  auto Given = load(&Embedded, "model.safetensors");
  ASSERT_TRUE(Given.ok()) << Given.status();
  EXPECT_NE(Given->state(), FromFile->state());
  EXPECT_EQ(
      std::memcmp(Given->state(), FromFile->state(), Fake.get().StateBytes), 0);
  Embedded.StateBytes -= 64;
  EXPECT_ERROR(load(&Embedded, ""), "the embedded weights have");
  EXPECT_ERROR(load(nullptr, ""), "there are no weights");
}

TEST_F(ModelTest, ATextBeginsAsItsSettingsSay) {
  write("vocab.json", Vocabulary);
  write("generation.json", R"({"bos": 2, "add_bos": true, "other": {}})");
  auto Found = load(nullptr, ".");
  ASSERT_TRUE(Found.ok()) << Found.status();
  EXPECT_THAT(*Found->encode("ab", "a test"), ElementsAre(2, 0, 1));
  EXPECT_THAT(*Found->encode("\nab", "a test"), ElementsAre(2, 0, 1))
      << "it is there already";
  EXPECT_THAT(*Found->encode("ab", "a test", /*AtStart=*/false),
              ElementsAre(0, 1));
  EXPECT_ERROR(Found->encode("x", "--prompt"), "--prompt: ");
  write("generation.json", R"({"bos": 2, "eos": null})");
  Found = load(nullptr, ".");
  ASSERT_TRUE(Found.ok()) << Found.status();
  EXPECT_THAT(*Found->encode("ab", "a test"), ElementsAre(0, 1));
}

TEST_F(ModelTest, SettingsSurviveARoundTrip) {
  for (const char *Text :
       {"{}", R"({"add_bos":false,"bos":1,"eos":[2,3]})", R"({"eos":[]})"}) {
    auto Parsed = GenerationSettings::parse(Text, "x", 8);
    ASSERT_TRUE(Parsed.ok()) << Parsed.status();
    EXPECT_EQ(Parsed->toJson(), Text);
  }
}

TEST_F(ModelTest, ReadsHalfPrecisionAndShards) {
  std::vector<uint16_t> Table(64, 0x3800), Bias(8, 0xBFA0); // 0.5, -1.25
  uint16_t One = 0x3F80;
  ASSERT_TRUE(writeSafetensors("a.safetensors",
                               {{"table.weight", "F16", {8, 8}, Table.data()}},
                               {})
                  .ok());
  ASSERT_TRUE(writeSafetensors("b.safetensors",
                               {{"bias", "BF16", {8}, Bias.data()},
                                {"scale", "BF16", {}, &One}},
                               {})
                  .ok());
  auto Plain = load(nullptr, "model.safetensors");
  ASSERT_TRUE(Plain.ok()) << Plain.status();
  std::filesystem::remove("model.safetensors");
  write("model.safetensors.index.json",
        R"({"weight_map": {"table.weight": "a.safetensors",
                           "bias": "b.safetensors",
                           "scale": "b.safetensors"}})");
  auto Found = load(nullptr, ".");
  ASSERT_TRUE(Found.ok()) << Found.status();
  EXPECT_EQ(std::memcmp(Found->state(), Plain->state(), Fake.get().StateBytes),
            0);
}

} // namespace
