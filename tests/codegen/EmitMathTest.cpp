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
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>

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

/// With all that kernels are lowered through.
class LoweringContext : public MLIRContext {
public:
  LoweringContext() {
    DialectRegistry Registry;
    registerLoweringDialects(Registry);
    appendDialectRegistry(Registry);
    loadAllAvailableDialects();
  }
};

//===----------------------------------------------------------------------===//
// Elementary functions
//===----------------------------------------------------------------------===//

struct MathFunction {
  const char *Name;
  Value (*Emit)(OpBuilder &, Location, Value, bool UseFma);
  double (*Reference)(double);
  double MaxUlps; ///< as documented in codegen/EmitMath.h
  float MaxArgument = std::numeric_limits<float>::infinity();
};

constexpr float Infinity = std::numeric_limits<float>::infinity();

/// The exponential without results that are no normal number.
double expOfWeight(double X) { return X < -87.33f ? 0 : std::exp(X); }

constexpr MathFunction Functions[] = {
    {"Exp", emitExp, [](double X) { return std::exp(X); }, 1.2},
    {"ExpOfWeight", emitExpOfWeight, expOfWeight, 1.2, /*MaxArgument=*/88},
    {"Log", emitLog, [](double X) { return std::log(X); }, 1.1},
    {"Tanh", emitTanh, [](double X) { return std::tanh(X); }, 1.5},
    {"Erf", emitErf, [](double X) { return std::erf(X); }, 1.8},
    {"Rsqrt",
     [](OpBuilder &B, Location Loc, Value X, bool) {
       return emitRsqrt(B, Loc, X);
     },
     [](double X) { return 1 / std::sqrt(X); }, 1.5},
    {"Sin", emitSin, [](double X) { return std::sin(X); }, 1.6},
    {"Cos", emitCos, [](double X) { return std::cos(X); }, 1.6},
};

/// Distance in units of the last place of the exact result.
double getUlps(float Actual, double Exact) {
  if (std::isnan(Actual) || std::isnan(Exact))
    return std::isnan(Actual) && std::isnan(Exact) ? 0 : Infinity;
  // What lies beyond the largest number is infinite.
  double Found = std::isinf(Actual) ? std::copysign(0x1p128, Actual) : Actual;
  Exact = std::clamp(Exact, -0x1p128, 0x1p128);
  int Exponent = Exact == 0 ? -126 : std::max(std::ilogb(Exact), -126);
  return std::fabs(Found - Exact) /
         std::ldexp(1.0, std::min(Exponent, 127) - 23);
}

float fromBits(uint32_t Bits) {
  float X;
  std::memcpy(&X, &Bits, sizeof(X));
  return X;
}

/// Every `Stride`th f32, and those near the points where something changes.
class Arguments {
public:
  explicit Arguments(uint64_t Stride) : Stride(Stride) {
    std::vector<float> Points = {
        0,      0x1p-149f, 0x1p-126f, 0.5f,    1,        std::sqrt(0.5f),
        1.414f, 2.375f,    3.91f,     9.02f,   87.33f,   88.72f,
        103.9f, 104,       89,        0x1p20f, 0x1p24f,  0x1p127f,
        1e30f,  Infinity,  NAN,       1e-20f,  0x1p-63f, 1e22f};
    for (int N = 1; N < 300; ++N) {
      Points.push_back(N * 0.34657359f);  // ln 2 / 2
      Points.push_back(N * 0.785398163f); // pi / 4
    }
    for (float Point : Points) {
      uint32_t Bits;
      std::memcpy(&Bits, &Point, sizeof(Bits));
      for (uint32_t Sign : {0u, 0x80000000u})
        for (uint32_t Near = 0; Near < 65; ++Near)
          Special.push_back((Bits + Near - 32) ^ Sign);
    }
  }

  uint64_t size() const {
    return ((uint64_t(1) << 32) + Stride - 1) / Stride + Special.size();
  }
  float operator[](uint64_t I) const {
    if (I < Special.size())
      return fromBits(Special[I]);
    return fromBits(static_cast<uint32_t>((I - Special.size()) * Stride));
  }

private:
  uint64_t Stride;
  std::vector<uint32_t> Special;
};

/// Arguments of one call of compiled code.
constexpr int64_t CallSize = 1 << 14;

struct WorstCase {
  double Ulps = 0;
  float X = 0, Result = 0;
};

class EmittedFunction : public testing::TestWithParam<MathFunction> {
protected:
  /// Function @f(arguments, results) on vectors.
  std::unique_ptr<JitModule> compileFor(const CpuTarget &Target) {
    auto Type = MemRefType::get({CallSize}, Float32Type::get(&Context));
    return compile(
        Context, Target, {Type, Type}, [&](KernelBuilder &K, ValueRange A) {
          K.loop(0, CallSize, K.getLanes(), [&](Value I) {
            K.storeVector(GetParam().Emit(K.B, K.Loc, K.loadVector(A[0], I),
                                          Target.HasFma),
                          A[1], I);
          });
        });
  }

  LoweringContext Context;
};

/// The worst results of all code for arguments `From` up to `To`.
std::vector<WorstCase> findWorst(const MathFunction &Function,
                                 const Arguments &All, uint64_t From,
                                 uint64_t To,
                                 ArrayRef<std::unique_ptr<JitModule>> Codes) {
  std::vector<WorstCase> Worst(Codes.size());
  std::vector<float> X(CallSize), Y(CallSize);
  std::vector<double> Exact(CallSize);
  for (; From < To; From += CallSize) {
    for (int64_t I = 0; I < CallSize; ++I) {
      X[I] = All[std::min(From + I, To - 1)];
      Exact[I] = Function.Reference(X[I]);
    }
    for (auto [Code, W] : llvm::zip_equal(Codes, Worst)) {
      Code->run("f", {X.data(), Y.data()});
      for (int64_t I = 0; I < CallSize; ++I) {
        // The common case, made quick.
        if (Y[I] == static_cast<float>(Exact[I]) && W.Ulps >= 0.5)
          continue;
        double Ulps = getUlps(Y[I], Exact[I]);
        if (Ulps > W.Ulps && !(X[I] > Function.MaxArgument))
          W = {Ulps, X[I], Y[I]};
      }
    }
  }
  return Worst;
}

/// Every 1021st f32, or with STATOR_EXHAUSTIVE_MATH=N all of the N-th quarter
/// (0 to 3) of them, which takes up to a minute a function and prints what is
/// worst.
TEST_P(EmittedFunction, IsAccurateForAllArguments) {
  const MathFunction &Function = GetParam();
  const char *Quarter = std::getenv("STATOR_EXHAUSTIVE_MATH");
  std::vector<CpuTarget> Targets = getTestTargets();
  std::vector<std::unique_ptr<JitModule>> Codes;
  for (const CpuTarget &Target : Targets) {
    Codes.push_back(compileFor(Target));
    ASSERT_TRUE(Codes.back());
  }
  Arguments All(Quarter ? 1 : 1021);
  uint64_t From = 0, Count = All.size();
  if (Quarter) {
    Count = (Count + 3) / 4;
    From = std::min(std::strtoull(Quarter, nullptr, 10), 3ull) * Count;
    Count = std::min(Count, All.size() - From);
  }
  unsigned Threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::vector<WorstCase>> Found(Threads);
  std::vector<std::thread> Running;
  Running.reserve(Threads);
  for (unsigned T = 0; T < Threads; ++T)
    Running.emplace_back([&, T] {
      Found[T] = findWorst(Function, All, From + Count * T / Threads,
                           From + Count * (T + 1) / Threads, Codes);
    });
  for (std::thread &Thread : Running)
    Thread.join();
  for (size_t I = 0; I < Targets.size(); ++I) {
    WorstCase Worst;
    for (const auto &OfThread : Found)
      if (OfThread[I].Ulps > Worst.Ulps)
        Worst = OfThread[I];
    EXPECT_LE(Worst.Ulps, Function.MaxUlps) << Targets[I].Cpu;
    if (Quarter || Worst.Ulps > Function.MaxUlps)
      llvm::outs() << Function.Name << ", " << Targets[I].Cpu
                   << llvm::format(": %.3f ulp at %a, where it is %a\n",
                                   Worst.Ulps, Worst.X, Worst.Result);
  }
}

/// A scalar is computed as a lane is.
TEST_P(EmittedFunction, IsTheSameOnScalars) {
  const MathFunction &Function = GetParam();
  Arguments All(1000003);
  std::vector<float> X(CallSize), Lanes(CallSize), Scalars(CallSize);
  for (int64_t I = 0; I < CallSize; ++I)
    X[I] = All[std::min<uint64_t>(I * 5, All.size() - 1)];
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    auto Type = MemRefType::get({CallSize}, Float32Type::get(&Context));
    auto Code = compile(
        Context, Target, {Type, Type}, [&](KernelBuilder &K, ValueRange A) {
          K.loop(0, CallSize, 1, [&](Value I) {
            K.store(Function.Emit(K.B, K.Loc, K.load(A[0], I), Target.HasFma),
                    A[1], I);
          });
        });
    auto VectorCode = compileFor(Target);
    ASSERT_TRUE(Code && VectorCode);
    Code->run("f", {X.data(), Scalars.data()});
    VectorCode->run("f", {X.data(), Lanes.data()});
    for (int64_t I = 0; I < CallSize; ++I)
      if (!std::isnan(Lanes[I]) || !std::isnan(Scalars[I])) {
        ASSERT_EQ(Scalars[I], Lanes[I]) << X[I];
        ASSERT_EQ(std::signbit(Scalars[I]), std::signbit(Lanes[I])) << X[I];
      }
  }
}

/// Values that are known without rounding, signs of zeros included.
TEST_P(EmittedFunction, IsExactAtTheLimits) {
  const MathFunction &Function = GetParam();
  const float Points[] = {0.0f, -0.0f, Infinity, -Infinity, NAN, 1e30f, -1e30f};
  for (const CpuTarget &Target : getTestTargets()) {
    SCOPED_TRACE(Target.Cpu);
    auto Code = compileFor(Target);
    ASSERT_TRUE(Code);
    std::vector<float> X(CallSize, 1.0f), Y(CallSize);
    llvm::copy(Points, X.begin());
    Code->run("f", {X.data(), Y.data()});
    for (size_t I = 0; I < std::size(Points); ++I) {
      double Exact = Function.Reference(X[I]);
      if (X[I] > Function.MaxArgument)
        continue;
      if (std::isnan(Exact)) {
        EXPECT_TRUE(std::isnan(Y[I])) << X[I];
      } else if (Exact == std::trunc(Exact)) {
        EXPECT_EQ(Y[I], static_cast<float>(Exact)) << X[I];
        EXPECT_EQ(std::signbit(Y[I]), std::signbit(Exact)) << X[I];
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, EmittedFunction,
                         testing::ValuesIn(Functions), [](const auto &Info) {
                           return std::string(Info.param.Name);
                         });

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

TEST(EmitPhiloxTest, DropoutKeepsWhatPhiloxSays) {
  LoweringContext Context;
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
