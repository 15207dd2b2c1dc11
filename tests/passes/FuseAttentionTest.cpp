//===- FuseAttentionTest.cpp - Fused attention is what it was -------------===//
//
// Every form of attention that is fused is evaluated in f64 as it is written
// and as it is fused.
//
//===----------------------------------------------------------------------===//

#include "tests/passes/PassTest.h"

using namespace mlir;
using namespace stator;
using namespace stator::test;

using FuseAttentionTest = PassTest;

TEST_F(FuseAttentionTest, EveryFormComputesTheSame) {
  auto [Written, Fused] = readFormsOfAttention();
  ASSERT_TRUE(Written && Fused);

  unsigned NumForms = 0;
  for (auto Func : Written->getOps<FuncOp>()) {
    SCOPED_TRACE(Func.getSymName().str());
    auto After = Fused->lookupSymbol<FuncOp>(Func.getSymName());
    ASSERT_FALSE(After.getOps<AttentionOp>().empty());
    ASSERT_TRUE(After.getOps<SoftmaxOp>().empty());

    MapState State;
    State.Tensors["frozen"] = makeInput(
        Written->lookupSymbol<ParameterOp>("frozen").getTensorType(), 99);
    SmallVector<HostTensor> Arguments;
    for (Type Type : Func.getArgumentTypes()) {
      Arguments.push_back(makeInput(Type, Arguments.size() + 1));
      // A row of a padding mask that hides every key tells nothing.
      if (Arguments.back().getType() == HostType::I1)
        for (int64_t I = 0; I < Arguments.back().getNumElements(); I += 4)
          Arguments.back().setFromDouble(I, 0);
    }
    auto Expected = evaluate(*Written, Func.getSymName(), Arguments, State);
    auto Found = evaluate(*Fused, Func.getSymName(), Arguments, State);
    ASSERT_EQ(Expected.size(), Found.size());
    double Largest = 0;
    for (auto [X, Y] : llvm::zip_equal(Expected, Found)) {
      ASSERT_EQ(X->getShape(), Y->getShape());
      for (int64_t I = 0; I < X->getNumElements(); ++I) {
        ASSERT_NEAR(X->getAsDouble(I), Y->getAsDouble(I), 1e-6)
            << "element " << I;
        Largest = std::max(Largest, std::abs(X->getAsDouble(I)));
      }
    }
    EXPECT_GT(Largest, 0.01) << "nothing was compared";
    ++NumForms;
  }
  EXPECT_GE(NumForms, 40u);
}
