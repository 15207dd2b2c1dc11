//===- ChunkHeadTest.cpp - A head in chunks is what it was ----------------===//
//
// Every head of chunk-head.mlir is evaluated in f64 as it is written and in
// chunks of several sizes.
//
//===----------------------------------------------------------------------===//

#include "tests/passes/PassTest.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace stator;
using namespace stator::test;

using ChunkHeadTest = PassTest;

namespace {

unsigned countLosses(FuncOp Func) {
  auto Losses = Func.getOps<CrossEntropyOp>();
  return std::distance(Losses.begin(), Losses.end());
}

} // namespace

TEST_F(ChunkHeadTest, EveryHeadComputesTheSame) {
  auto File = llvm::MemoryBuffer::getFile(STATOR_SOURCE_DIR
                                          "/tests/passes/chunk-head.mlir");
  ASSERT_TRUE(File);
  unsigned NumChunked = 0;
  SmallVector<StringRef> Sections;
  (*File)->getBuffer().split(Sections, "// -----\n");
  for (StringRef Section : Sections) {
    OwningOpRef<ModuleOp> Written = parse(Section);
    ASSERT_TRUE(Written);
    // One row at a time, two chunks with a ragged end, two and one row.
    for (StringRef Options :
         {"min-rows=1 chunk-bytes=1", "min-rows=4 chunk-bytes=140",
          "min-rows=14 chunk-bytes=1"}) {
      OwningOpRef<ModuleOp> Chunked = Written->clone();
      run(*Chunked, ("stator.func(stator-chunk-head{min-bytes=0 " + Options +
                     "},canonicalize,cse)")
                        .str());
      for (auto Func : Written->getOps<FuncOp>()) {
        SCOPED_TRACE((Func.getSymName() + " " + Options).str());
        NumChunked +=
            countLosses(Chunked->lookupSymbol<FuncOp>(Func.getSymName())) > 1;
        MapState Before, After;
        for (auto Parameter : Written->getOps<ParameterOp>())
          Before.Tensors[Parameter.getSymName().str()] = makeInput(
              Parameter.getTensorType(), Parameter.getSymName().size());
        After = Before;
        SmallVector<HostTensor> Arguments;
        for (Type Type : Func.getArgumentTypes())
          Arguments.push_back(makeInput(Type, Arguments.size() + 1, 6));
        // Padding has no loss and no gradient.
        if (Arguments.size() > 1)
          Arguments.back().setFromDouble(2, -1);
        auto Expected =
            evaluate(*Written, Func.getSymName(), Arguments, Before);
        auto Found = evaluate(*Chunked, Func.getSymName(), Arguments, After);
        for (auto &[Name, Tensor] : Before.Tensors) {
          Expected.push_back(std::make_shared<HostTensor>(Tensor));
          Found.push_back(std::make_shared<HostTensor>(After.Tensors[Name]));
        }
        ASSERT_EQ(Expected.size(), Found.size());
        double Largest = 0;
        for (auto [X, Y] : llvm::zip_equal(Expected, Found)) {
          ASSERT_EQ(X->getShape(), Y->getShape());
          for (int64_t I = 0; I < X->getNumElements(); ++I) {
            ASSERT_NEAR(X->getAsDouble(I), Y->getAsDouble(I), 1e-12)
                << "element " << I;
            Largest = std::max(Largest, std::abs(X->getAsDouble(I)));
          }
        }
        EXPECT_GT(Largest, 0.01) << "nothing was compared";
      }
    }
  }
  EXPECT_GE(NumChunked, 6 * 3u);
}
