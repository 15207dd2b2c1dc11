//===- EmitMathTest.cpp - Elementary functions and random numbers ---------===//

#include "codegen/EmitMath.h"
#include "JitModule.h"
#include "KernelJit.h"
#include "codegen/EmitPhilox.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/contraction/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "runtime/core/philox.h"
#include "runtime/core/program.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace mlir;
using namespace stator;
using namespace stator::test;

namespace {

/// Compiles func @f(memrefs of f32 or i64) with the body that `Emit` writes.
std::unique_ptr<JitModule>
compile(MLIRContext &Context, const CpuTarget &Target,
        ArrayRef<MemRefType> Arguments,
        function_ref<void(KernelBuilder &, ValueRange)> Emit) {
  Location Loc = UnknownLoc::get(&Context);
  OwningOpRef<ModuleOp> Module = ModuleOp::create(Loc);
  OpBuilder B = OpBuilder::atBlockBegin(Module->getBody());
  SmallVector<Type> Types(Arguments.begin(), Arguments.end());
  auto Function =
      func::FuncOp::create(B, Loc, "f", B.getFunctionType(Types, {}));
  Block *Entry = Function.addEntryBlock();
  B.setInsertionPointToStart(Entry);
  KernelBuilder K(B, Loc, Target);
  Emit(K, Entry->getArguments());
  func::ReturnOp::create(B, Loc);
  return JitModule::load(*Module, Target);
}

class Emitted : public testing::Test {
protected:
  Emitted() {
    DialectRegistry Registry;
    registerLoweringDialects(Registry);
    Context.appendDialectRegistry(Registry);
    Context.loadAllAvailableDialects();
  }
  MLIRContext Context;
};

/// Distance in units of the last place of the exact result.
double getUlps(float Actual, double Exact) {
  float Nearest = static_cast<float>(Exact);
  double Ulp = std::nextafter(std::fabs(Nearest),
                              std::numeric_limits<float>::infinity()) -
               std::fabs(Nearest);
  return std::fabs(Actual - Exact) / Ulp;
}

TEST_F(Emitted, ExpIsWithinTwoUlp) {
  constexpr int64_t Count = 1 << 20;
  std::vector<float> X(Count), Y(Count);
  for (int64_t I = 0; I < Count; ++I)
    X[I] = -87.3f + 176.0f * static_cast<float>(I) / Count;
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    auto Type = MemRefType::get({Count}, Float32Type::get(&Context));
    auto Code = compile(
        Context, Target, {Type, Type}, [&](KernelBuilder &K, ValueRange A) {
          K.loop(0, Count, K.getLanes(), [&](Value I) {
            K.storeVector(
                emitExp(K.B, K.Loc, K.loadVector(A[0], I), Target.HasFma), A[1],
                I);
          });
        });
    ASSERT_TRUE(Code);
    Code->run("f", {X.data(), Y.data()});
    double Worst = 0;
    for (int64_t I = 0; I < Count; ++I)
      Worst = std::max(Worst, getUlps(Y[I], std::exp(double(X[I]))));
    EXPECT_LE(Worst, 2.0);
  }
}

TEST_F(Emitted, ExpAtTheLimits) {
  float Infinity = std::numeric_limits<float>::infinity();
  std::vector<float> X = {0,      -0.0f, Infinity, -Infinity, NAN,  -104,
                          -1000,  -200,  89,       1e30f,     -100, 88.7f,
                          -1e30f, 1,     -1,       -87.4f};
  std::vector<float> Y(X.size());
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    int64_t Count = X.size();
    auto Type = MemRefType::get({Count}, Float32Type::get(&Context));
    auto Code = compile(
        Context, Target, {Type, Type}, [&](KernelBuilder &K, ValueRange A) {
          K.loop(0, Count, 1, [&](Value I) {
            K.store(emitExp(K.B, K.Loc, K.load(A[0], I), Target.HasFma), A[1],
                    I);
          });
        });
    ASSERT_TRUE(Code);
    Code->run("f", {X.data(), Y.data()});
    for (size_t I = 0; I < X.size(); ++I)
      if (std::isnan(X[I]))
        EXPECT_TRUE(std::isnan(Y[I]));
      else if (std::exp(X[I]) == 0 || std::isinf(std::exp(X[I])))
        EXPECT_EQ(Y[I], std::exp(X[I])) << X[I];
      else
        EXPECT_NEAR(Y[I] / std::exp(double(X[I])), 1, X[I] < -87 ? 0.02 : 3e-7)
            << X[I];
  }
}

TEST_F(Emitted, DropoutKeepsWhatPhiloxSays) {
  constexpr int64_t Count = 1024;
  constexpr double Rate = 0.3;
  constexpr uint32_t Stream = 9;
  // A sequence and indices beyond 31 bits wrap as in the runtime.
  int64_t Info[STATOR_INFO_COUNT] = {0, 0, -123456789012345, 0x1fffffff7};
  constexpr uint32_t First = 0xfffffe00u;
  std::vector<float> Y(Count);
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    auto Code = compile(
        Context, Target,
        {MemRefType::get({4}, IntegerType::get(&Context, 64)),
         MemRefType::get({Count}, Float32Type::get(&Context))},
        [&](KernelBuilder &K, ValueRange A) {
          K.loop(0, Count, 1, [&](Value I) {
            Value Index = arith::IndexCastOp::create(
                K.B, K.Loc, K.B.getI32Type(), K.add(I, int64_t(First)));
            K.store(emitDropoutFactor(K.B, K.Loc, A[0], Index, Stream, Rate),
                    A[1], I);
          });
        });
    ASSERT_TRUE(Code);
    Code->run("f", {Info, Y.data()});
    int Kept = 0;
    for (int64_t I = 0; I < Count; ++I) {
      uint32_t Bits =
          statorRandomBits(static_cast<uint64_t>(Info[STATOR_INFO_SEED]),
                           First + static_cast<uint32_t>(I), Stream,
                           static_cast<uint32_t>(Info[STATOR_INFO_SEQUENCE]),
                           STATOR_RANDOM_DROPOUT);
      bool IsKept = Bits >= std::llround(Rate * 0x1p32);
      Kept += IsKept;
      EXPECT_EQ(Y[I], IsKept ? static_cast<float>(1 / (1 - Rate)) : 0.0f) << I;
    }
    EXPECT_NEAR(Kept / double(Count), 1 - Rate, 0.06);
  }
}

} // namespace
