//===- DeriveDecodingTest.cpp - Decoding equals recomputation -------------===//
//
// For every model in models/, for each way in which positions can depend on
// earlier ones, and for random stacks of those: @decode_W in whatever blocks
// gives the logits of @forward at every position, in f64.
//
//===----------------------------------------------------------------------===//

#include "frontend/Frontend.h"
#include "passes/EntryPoints.h"
#include "tests/passes/PassTest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <random>

using namespace mlir;
using namespace stator;

namespace {

/// Layers that mix positions, each as a module `Mixer(width)` of the language.
struct Mixer {
  const char *Name;
  const char *Module;
  /// How the keys are kept and what else a step needs, as found in its IR.
  const char *Expected;
};

const Mixer Mixers[] = {
    {"Attention",
     "module Attention(width) { a = MultiHeadAttention(width, 2)\n"
     "fn (x) { return a(x) } }",
     "cached_attention"},
    {"Grouped",
     "module Grouped(width) { a = MultiHeadAttention(width, 4, kv_heads = 2)\n"
     "fn (x) { return a(x) } }",
     "cached_attention"},
    {"Window",
     "module Window(width) { a = MultiHeadAttention(width, 2, window = 3)\n"
     "fn (x) { return a(x) } }",
     "ring"},
    {"Alibi",
     R"(module Alibi(width) {
  qkv = Linear(width, 3 * width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k, v = split(qkv(x), 3)
    let distance = float(iota((T, T), axis = 1) - iota((T, T), axis = 0))
    let scores = einsum("b q d, b k d -> b q k", q, k) + 0.25 * distance
    return softmax(causal_mask(scores)) @ v
  }
})",
     "bias"},
    // Not recognised as attention: the weights are squared.
    {"Unfused",
     R"(module Unfused(width) {
  qkv = Linear(width, 3 * width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k, v = split(qkv(x), 3)
    let scores = einsum("b q d, b k d -> b q k", q, k) * 0.3
    let weights = softmax(causal_mask(scores, window = 5))
    return einsum("b q k, b k d -> b q d", weights ** 2, v)
  }
})",
     "update_slice"},
    {"Where",
     R"(module Where(width) {
  qkv = Linear(width, 3 * width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k, v = split(qkv(x), 3)
    let scores = einsum("b q d, b k d -> b q k", q, k)
    let seen = iota((T, T), axis = 1) <= iota((T, T), axis = 0)
    let weights = where(seen, exp(scores), 0)
    let total = sum(weights, axis = -1, keep = true)
    return einsum("b q k, b k d -> b q d", weights, v) / total
  }
})",
     "update_slice"},
    // The first query sees no key.
    {"Earlier",
     R"(module Earlier(width) {
  qkv = Linear(width, 3 * width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k, v = split(qkv(x), 3)
    let scores = einsum("b q d, b k d -> b q k", q, k)
    let seen = iota((T, T), axis = 1) < iota((T, T), axis = 0)
    return softmax(where(seen, scores, -inf)) @ v
  }
})",
     "update_slice"},
    {"LogWeights",
     R"(module LogWeights(width) {
  qk = Linear(width, 2 * width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k = split(qk(x), 2)
    let scores = causal_mask(einsum("b q d, b k d -> b q k", q, k))
    return x * logsumexp(scores, axis = -1, keep = true) + log_softmax(q)
  }
})",
     "logsumexp"},
    {"Shift",
     R"(module Shift(width) {
  mix = Linear(width, width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    return mix(concat(zeros(B, 1, width), x[:, :-1], axis = 1)) - x
  }
})",
     "concat"},
    {"Start",
     R"(module Start(width) {
  param start: f32[1, 2, width] = normal(0.5)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let begin = broadcast(start, (B, 2, width))
    return concat(begin, x[:, :-2], axis = 1)
  }
})",
     "concat"},
    {"Convolution",
     R"(module Convolution(width) {
  param taps: f32[4, width] = normal(0.5)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let p = concat(zeros(B, 3, width), x, axis = 1)
    return p[:, 0:-3] * taps[0] + p[:, 1:-2] * taps[1] + p[:, 2:-1] * taps[2] + p[:, 3:] * taps[3]
  }
})",
     "concat"},
    {"LinearAttention",
     R"(module LinearAttention(width) {
  qkv = Linear(width, 3 * width)
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let q, k, v = split(qkv(x), 3)
    let k = exp(k)
    let states = cumsum(einsum("b t i, b t j -> b t i j", k, v), axis = 1)
    let norms = cumsum(k, axis = 1)
    let q = exp(q)
    return einsum("b t i, b t i j -> b t j", q, states) / sum(q * norms, axis = -1, keep = true)
  }
})",
     "cumsum"},
    {"Recurrent",
     "module Recurrent(width) { r = GRU(width, width)\n"
     "fn (x) { return r(x) } }",
     "scan"},
    {"Memory",
     "module Memory(width) { r = LSTM(width, width)\n"
     "fn (x) { return r(x) } }",
     "scan"},
    {"Learned",
     R"(module Learned(width) {
  param table: f32[64, width] = normal(0.5)
  fn (x: f32[B, T, width]) -> f32[B, T, width] { return x + table[:T] }
})",
     "dynamic_slice"},
    {"Waves",
     R"(module Waves(width) {
  fn (x: f32[B, T, width]) -> f32[B, T, width] {
    let angle = float(positions(T)) * 0.3
    return x + rearrange(sin(angle), "t -> t 1")
  }
})",
     "iadd"},
};

std::string makeModel(ArrayRef<const Mixer *> Layers) {
  std::string Text = "config { vocab = 11; context = 16; width = 8 }\n";
  std::set<std::string> Written;
  for (const Mixer *Layer : Layers)
    if (Written.insert(Layer->Name).second)
      Text += std::string(Layer->Module) + "\n";
  Text += "model Test {\n  embed = Embedding(vocab, width)\n"
          "  norm = LayerNorm(width)\n  head = Linear(width, vocab)\n";
  std::string Body;
  for (auto [Index, Layer] : llvm::enumerate(Layers)) {
    std::string Name = "m" + std::to_string(Index);
    Text += "  " + Name + " = " + Layer->Name + "(width)\n";
    Body += "    let x = x + " + Name + "(norm(x))\n";
  }
  return Text +
         "  fn (tokens: i32[B, T]) -> f32[B, T, vocab] {\n"
         "    let x = embed(tokens)\n" +
         Body + "    return head(norm(x))\n  }\n}\n" +
         "train { optimizer = sgd(lr = 1); time = 16 }\n";
}

class DeriveDecodingTest : public test::PassTest {
protected:
  /// The module with @forward and steps of widths 1, 3 and 6.
  OwningOpRef<ModuleOp> derive(OwningOpRef<ModuleOp> Module) {
    EXPECT_TRUE(Module);
    if (Module)
      run(*Module, "stator-infer{decode=true decode-widths=3,6}");
    return Module;
  }
  OwningOpRef<ModuleOp> parseModel(StringRef Text, int64_t Batch) {
    FrontendOptions Options;
    Options.Mode = FrontendMode::Infer;
    Options.Batch = Batch;
    return compileModelText(Context, Text, "test.stator", Options,
                            llvm::errs());
  }
  OwningOpRef<ModuleOp> compile(StringRef Text, int64_t Batch = 2) {
    return derive(parseModel(Text, Batch));
  }

  void checkDecoding(ModuleOp Module, unsigned Seed);

  static std::string getText(ModuleOp Module) {
    std::string Text;
    llvm::raw_string_ostream(Text) << Module;
    return Text;
  }
};

void DeriveDecodingTest::checkDecoding(ModuleOp Module, unsigned Seed) {
  auto Forward = Module.lookupSymbol<FuncOp>(entry::Forward);
  SmallVector<FuncOp> Steps = entry::getDecodeEntries(Module);
  auto Reason = Module->getAttrOfType<StringAttr>("stator.no_decoding");
  ASSERT_FALSE(Steps.empty()) << (Reason ? Reason.str() : "");
  auto Logits = cast<RankedTensorType>(Forward.getResultTypes()[0]);
  int64_t Batch = Logits.getDimSize(0), Time = Logits.getDimSize(1);
  int64_t Classes = Logits.getDimSize(2);
  bool Padded = Module->hasAttr(entry::PaddedBlocksAttrName);

  test::MapState State;
  unsigned Number = Seed;
  for (ParameterOp Op : Module.getOps<ParameterOp>())
    if (Op.getRole() == Role::Parameter)
      State.Tensors[Op.getSymName().str()] =
          makeInput(Op.getTensorType(), ++Number);
  HostTensor Tokens =
      makeInput(Forward.getArgumentTypes()[0], Seed + 100, Classes - 1);
  auto Expected = evaluate(Module, entry::Forward, {Tokens}, State)[0];

  std::mt19937 Random(Seed);
  auto Draw = [&](int64_t Below) {
    return static_cast<int64_t>(Random() % Below);
  };
  // Two texts one after the other: what the first one left does not matter.
  for (int Text = 0; Text < 2; ++Text) {
    for (ParameterOp Op : Module.getOps<ParameterOp>())
      if (Op.getRole() == Role::Cache && Text == 0)
        State.Tensors[Op.getSymName().str()] =
            HostTensor(HostType::F64, Op.getTensorType().getShape());
    for (int64_t Position = 0; Position < Time;) {
      FuncOp Step = Steps[Draw(Steps.size())];
      int64_t Width = entry::getDecodeWidth(Step.getSymName());
      if (Position + Width > Time)
        Step = Steps[0], Width = 1;
      // Sometimes the last rows of a block mean nothing.
      int64_t Last = Padded ? Draw(Width) : Width - 1;
      HostTensor Rows(HostType::I32, {Batch, Width});
      for (int64_t B = 0; B < Batch; ++B)
        for (int64_t I = 0; I < Width; ++I)
          Rows.data<int32_t>()[B * Width + I] =
              I <= Last ? Tokens.data<int32_t>()[B * Time + Position + I]
                        : Draw(Classes);
      GraphEvaluator Evaluator(Module, HostType::F64, &State);
      RunInfo Info;
      Info.Position = Position;
      Info.Last = Last;
      Evaluator.setInfo(Info);
      auto Got = Evaluator.run(Step, {std::make_shared<HostTensor>(Rows)});
      ASSERT_TRUE(Evaluator.takeErrors().empty());
      ASSERT_EQ(Got[0]->getShape(), (ArrayRef<int64_t>{Batch, Classes}));
      Position += Last + 1;
      for (int64_t B = 0; B < Batch; ++B)
        for (int64_t C = 0; C < Classes; ++C) {
          double Want =
              Expected->getAsDouble((B * Time + Position - 1) * Classes + C);
          ASSERT_NEAR(Got[0]->getAsDouble(B * Classes + C), Want,
                      1e-9 * (1 + std::abs(Want)))
              << "at position " << Position - 1 << " after a block of " << Width
              << " of which " << Last + 1 << " count";
        }
    }
  }
}

TEST_F(DeriveDecodingTest, EachMixerAlone) {
  for (const Mixer &Layer : Mixers) {
    SCOPED_TRACE(Layer.Name);
    OwningOpRef<ModuleOp> Module = compile(makeModel({&Layer, &Layer}));
    ASSERT_TRUE(Module);
    EXPECT_TRUE(StringRef(getText(*Module)).contains(Layer.Expected));
    checkDecoding(*Module, 1);
  }
}

TEST_F(DeriveDecodingTest, RandomModels) {
  std::mt19937 Random(5);
  for (unsigned Seed = 0; Seed < 40; ++Seed) {
    SmallVector<const Mixer *> Layers;
    std::string Names;
    for (unsigned I = 0, E = 1 + Random() % 5; I < E; ++I) {
      Layers.push_back(&Mixers[Random() % std::size(Mixers)]);
      Names += std::string(Layers.back()->Name) + " ";
    }
    SCOPED_TRACE(Names);
    OwningOpRef<ModuleOp> Module = compile(makeModel(Layers), 1 + Random() % 3);
    ASSERT_TRUE(Module);
    checkDecoding(*Module, Seed);
    if (HasFatalFailure())
      return;
  }
}

struct Shipped {
  const char *File;
  std::vector<std::pair<std::string, std::string>> Defines;
};

TEST_F(DeriveDecodingTest, ModelsThatShip) {
  const Shipped Models[] = {
      {"bigram", {}},
      {"char_gpt", {{"vocab", "11"}, {"layers", "2"}, {"width", "16"}}},
      {"gpt2",
       {{"vocab", "11"},
        {"layers", "2"},
        {"width", "24"},
        {"heads", "3"},
        {"context", "16"}}},
      {"llama",
       {{"vocab", "11"},
        {"layers", "2"},
        {"width", "32"},
        {"hidden", "24"},
        {"context", "16"}}},
  };
  std::error_code Error;
  size_t NumFiles = 0;
  for (llvm::sys::fs::directory_iterator
           File(STATOR_SOURCE_DIR "/models", Error),
       End;
       !Error && File != End; File.increment(Error)) {
    StringRef Name = llvm::sys::path::stem(File->path());
    EXPECT_TRUE(llvm::any_of(
        Models, [&](const Shipped &Each) { return Each.File == Name; }))
        << Name.str() << " has no sizes here";
    ++NumFiles;
  }
  ASSERT_FALSE(Error) << Error.message();
  EXPECT_EQ(NumFiles, std::size(Models));
  for (const Shipped &Model : Models) {
    SCOPED_TRACE(Model.File);
    FrontendOptions Options;
    Options.Mode = FrontendMode::Infer;
    Options.Batch = 2;
    Options.Time = 16;
    Options.Defines = Model.Defines;
    OwningOpRef<ModuleOp> Module = derive(compileModel(
        Context,
        std::string(STATOR_SOURCE_DIR "/models/") + Model.File + ".stator",
        Options, llvm::errs()));
    ASSERT_TRUE(Module);
    checkDecoding(*Module, 3);
  }
}

// A window alone bounds nothing; a table of positions and full attention do.
TEST_F(DeriveDecodingTest, KnowsItsContext) {
  auto GetContext = [&](StringRef Name) {
    for (const Mixer &Layer : Mixers)
      if (Layer.Name == Name) {
        OwningOpRef<ModuleOp> Module = compile(makeModel({&Layer}));
        return (*Module)
            ->getAttrOfType<IntegerAttr>(entry::ContextAttrName)
            .getInt();
      }
    return int64_t(-1);
  };
  EXPECT_EQ(GetContext("Attention"), 16);
  EXPECT_EQ(GetContext("Learned"), 16);
  EXPECT_EQ(GetContext("Window"), 0);
  EXPECT_EQ(GetContext("Recurrent"), 0);
  EXPECT_EQ(GetContext("Waves"), 0);
}

// What is kept at the positions of a step's tokens must have all positions, or
// the last step would write beyond its end.
TEST_F(DeriveDecodingTest, DoesNotKeepSomePositionsOnly) {
  for (const char *Body :
       {"let y = a(x[:, :-1])", "let y = x[:, :-1] + table[:T - 1]"}) {
    const std::string Module = std::string("module Shorter(width) {\n"
                                           "a = MultiHeadAttention(width, 2)\n"
                                           "param table: f32[64, width] = "
                                           "normal(0.5)\n"
                                           "fn (x: f32[B, T, width]) -> "
                                           "f32[B, T, width] {\n") +
                               Body +
                               "\nreturn concat(zeros(B, 1, width), y, "
                               "axis = 1) } }";
    const Mixer Shorter{"Shorter", Module.c_str(), ""};
    OwningOpRef<ModuleOp> Derived = compile(makeModel({&Shorter}));
    ASSERT_TRUE(Derived);
    EXPECT_TRUE(entry::getDecodeEntries(*Derived).empty()) << Body;
  }
}

TEST_F(DeriveDecodingTest, SaysWhyNot) {
  const Mixer Encoder{"Encoder",
                      "module Encoder(width) {\n"
                      "  a = MultiHeadAttention(width, 2, causal = false)\n"
                      "  fn (x) { return a(x) } }",
                      ""};
  OwningOpRef<ModuleOp> Module = parseModel(makeModel({&Encoder}), 2);
  ASSERT_TRUE(Module);
  // Without the proof, which such a model does not pass.
  run(*Module, "stator-inline-modules{entry-points=forward},"
               "stator.func(stator-fuse-attention{remarks=false}),"
               "canonicalize,stator-derive-decoding{widths=3}");
  EXPECT_TRUE(entry::getDecodeEntries(*Module).empty());
  EXPECT_TRUE((*Module)->hasAttr("stator.no_decoding"));
  for (ParameterOp Op : Module->getOps<ParameterOp>())
    EXPECT_NE(Op.getRole(), Role::Cache);
}

} // namespace
