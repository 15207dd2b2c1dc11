//===- PassTest.cpp - Runs passes and evaluates what comes out ------------===//

#include "tests/passes/PassTest.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace stator;
using namespace stator::test;

PassTest::PassTest() : Context(MLIRContext::Threading::DISABLED) {
  Context.loadDialect<StatorDialect>();
  static bool Registered = [] {
    registerPassesAndPipelines();
    registerTransformsPasses();
    return true;
  }();
  (void)Registered;
}

OwningOpRef<ModuleOp> PassTest::parse(StringRef Text) {
  OwningOpRef<ModuleOp> Module = parseSourceString<ModuleOp>(Text, &Context);
  EXPECT_TRUE(Module) << "the test's own module is not right";
  return Module;
}

PassTest::BeforeAndAfter PassTest::readFormsOfAttention() {
  std::string Text;
  for (const char *Part : {"", "-layouts", "-masks"}) {
    auto File = llvm::MemoryBuffer::getFile(STATOR_SOURCE_DIR
                                            "/tests/passes/fuse-attention" +
                                            llvm::Twine(Part) + ".mlir");
    if (!File) {
      ADD_FAILURE() << Part << ": " << File.getError().message();
      return {};
    }
    Text += (*File)->getBuffer();
  }
  BeforeAndAfter Forms;
  Forms.Before = parse(Text);
  if (!Forms.Before)
    return {};
  Forms.After = Forms.Before->clone();
  run(*Forms.After,
      "stator.func(stator-fuse-attention{remarks=false},canonicalize)");
  return Forms;
}

void PassTest::run(ModuleOp Module, StringRef Pipeline) {
  PassManager Manager(&Context);
  ASSERT_TRUE(succeeded(parsePassPipeline(Pipeline, Manager)));
  ASSERT_TRUE(succeeded(Manager.run(Module)));
}

/// Numbers without a pattern: the finalizer of SplitMix64 (Steele et al. 2014).
static uint64_t scramble(uint64_t X) {
  X += 0x9E3779B97F4A7C15;
  X = (X ^ (X >> 30)) * 0xBF58476D1CE4E5B9;
  X = (X ^ (X >> 27)) * 0x94D049BB133111EB;
  return X ^ (X >> 31);
}

HostTensor PassTest::makeInput(Type Type, uint64_t Seed, int32_t MaxInt) {
  auto Tensor = cast<RankedTensorType>(Type);
  HostTensor Result(getHostType(Tensor.getElementType(), HostType::F64),
                    Tensor.getShape());
  for (int64_t I = 0; I < Result.getNumElements(); ++I) {
    uint64_t Bits = scramble(Seed * 1000003 + I);
    Result.setFromDouble(I, Result.getType() == HostType::F64
                                ? double(Bits >> 11) / (1ULL << 52) - 1.0
                                : double(Bits % (MaxInt + 1)));
  }
  return Result;
}

std::vector<GraphEvaluator::TensorRef>
PassTest::evaluate(ModuleOp Module, StringRef Function,
                   ArrayRef<HostTensor> Arguments, StateAccess &State) {
  GraphEvaluator Evaluator(Module, HostType::F64, &State);
  RunInfo Info;
  Info.Seed = 7;
  Evaluator.setInfo(Info);
  std::vector<GraphEvaluator::TensorRef> Shared;
  for (const HostTensor &Argument : Arguments)
    Shared.push_back(std::make_shared<HostTensor>(Argument));
  auto Results = Evaluator.run(Module.lookupSymbol<FuncOp>(Function), Shared);
  EXPECT_TRUE(Evaluator.takeErrors().empty());
  return Results;
}
