//===- GenerationTest.h - A program that decodes, and its weights -*- C++
//-*-===//
#ifndef STATOR_TESTS_RUNTIME_GENERATIONTEST_H
#define STATOR_TESTS_RUNTIME_GENERATIONTEST_H

#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"

namespace stator::runtime::testing {

/// A program whose blocks look at all that was before, with weights of its own.
class GenerationTest : public FolderTest {
protected:
  GenerationTest() {
    write("vocab.json",
          R"({"kind": "characters",
              "characters": ["\n", "a", "b", "c", "d", "e", "f", "g"]})");
    std::vector<float> Table(64), Bias(8, 0);
    uint32_t Number = 7;
    for (float &Each : Table) {
      Number = Number * 1664525u + 1013904223u;
      Each = static_cast<float>(Number >> 24) / 64.0f;
    }
    writeFakeWeights("model.safetensors", Table, Bias);
  }

  static FakeProgram::Shape sizes(int64_t Batch, int64_t Context) {
    FakeProgram::Shape Result;
    Result.Batch = Batch;
    Result.Time = Context;
    Result.Blocks = true;
    Result.Context = Context;
    return Result;
  }
  static Outcome infer(const FakeProgram &Fake,
                       std::vector<std::string> Arguments) {
    Arguments.push_back("--weights=model.safetensors");
    return run(Fake.get(), Arguments);
  }

  FakeProgram Fake{STATOR_MODE_INFER, sizes(1, 64)};
};

} // namespace stator::runtime::testing

#endif // STATOR_TESTS_RUNTIME_GENERATIONTEST_H
