//===- LocationsTest.cpp - Every op knows its line and module path --------===//

#include "frontend/Frontend.h"
#include "ir/Dialect.h"
#include "gtest/gtest.h"

using namespace stator;

namespace {

constexpr const char *Text = R"(config { vocab = 16; width = 8 }
module Inner(width) {
  param gain: f32[width] = ones
  fn (x: f32[..., width]) {
    let scaled = x * gain
    return scaled + 1
  }
}
fn twice(x) {
  let double = x * 2
  return double
}
model Outer {
  embed = Embedding(vocab, width)
  inner = repeat(2, Inner(width))
  head = Linear(width, vocab)
  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {
    let y = twice(inner(embed(tokens)))
    return head(y)
  }
}
train { optimizer = sgd(lr = 0.1); batch = 2; time = 4 }
)";

TEST(Locations, HoldPathLineAndColumn) {
  mlir::MLIRContext Context;
  std::string Errors;
  llvm::raw_string_ostream OS(Errors);
  auto Module = compileModelText(Context, Text, "outer.stator", {}, OS);
  ASSERT_TRUE(Module) << Errors;
  std::vector<std::string> Found;
  // What @forward computes is part of @loss.
  Module->lookupSymbol("forward")->erase();
  Module->walk([&](mlir::Operation *Op) {
    if (!mlir::isa<MulOp, CallOp, CrossEntropyOp, ReadOp>(Op))
      return;
    mlir::FileLineColLoc Source = getSourceOfLocation(Op->getLoc());
    ASSERT_TRUE(Source);
    Found.push_back((getPathOfLocation(Op->getLoc()) + " " +
                     Source.getFilename().getValue() + ":" +
                     llvm::Twine(Source.getLine()) + ":" +
                     llvm::Twine(Source.getColumn()))
                        .str());
  });
  std::vector<std::string> Expected = {"scaled outer.stator:5:18",
                                       "embed.weight std/linear.stator:38:9",
                                       "inner.0.gain outer.stator:3:9",
                                       "inner.1.gain outer.stator:3:9",
                                       "head.weight std/linear.stator:6:9",
                                       "head.bias std/linear.stator:8:11",
                                       "embed outer.stator:18:25",
                                       "inner.0 outer.stator:18:19",
                                       "inner.1 outer.stator:18:19",
                                       "y.double outer.stator:10:16",
                                       "head outer.stator:19:12",
                                       "loss outer.stator:13:7"};
  EXPECT_EQ(Found, Expected);
}

TEST(Locations, EveryOpHasASource) {
  mlir::MLIRContext Context;
  for (const char *Name : {"bigram", "char_gpt", "gpt2", "llama"}) {
    FrontendOptions Options;
    Options.Defines = {{"vocab", "99"}};
    auto Module = compileModel(
        Context, std::string(STATOR_SOURCE_DIR "/models/") + Name + ".stator",
        Options, llvm::errs());
    ASSERT_TRUE(Module) << Name;
    Module->walk([&](mlir::Operation *Op) {
      EXPECT_TRUE(getSourceOfLocation(Op->getLoc()))
          << Name << ": " << Op->getName().getStringRef().str();
    });
  }
}

} // namespace
