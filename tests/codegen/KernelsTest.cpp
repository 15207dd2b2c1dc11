//===- KernelsTest.cpp - Kernels against reference evaluation in f64 ------===//
//
// Every function of kernels/*.mlir is formed into kernels, fused and op by op,
// the kernels are compiled and run in the order of the schedule, and the
// results are compared with those of the reference evaluation. The environment
// variable STATOR_KERNEL_CASES names another folder of such files.
//
//===----------------------------------------------------------------------===//

#include "JitModule.h"
#include "KernelJit.h"
#include "codegen/KernelTable.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/kernels/KernelPasses.h"
#include "ir/KernelInterface.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"
#include "passes/Views.h"
#include "runtime/interpreter/GraphEvaluator.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>
#include <set>

using namespace mlir;
using namespace stator;
using namespace stator::test;

namespace {

using Tensors = std::vector<HostTensor>;

MLIRContext &getContext() {
  static MLIRContext *Context = [] {
    DialectRegistry Registry;
    registerLoweringDialects(Registry);
    Registry.insert<StatorDialect>();
    auto *Made = new MLIRContext(Registry, MLIRContext::Threading::DISABLED);
    Made->allowUnregisteredDialects();
    Made->loadAllAvailableDialects();
    return Made;
  }();
  return *Context;
}

std::vector<std::string> getFiles() {
  std::vector<std::string> Files;
  std::error_code Code;
  const char *Other = std::getenv("STATOR_KERNEL_CASES");
  std::string Folder = Other ? Other : STATOR_KERNEL_CASES;
  for (llvm::sys::fs::directory_iterator It(Folder, Code), End;
       It != End && !Code; It.increment(Code))
    if (StringRef(It->path()).ends_with(".mlir"))
      Files.push_back(It->path());
  llvm::sort(Files);
  return Files;
}

HostTensor makeTensor(Type Type) {
  auto Tensor = cast<RankedTensorType>(Type);
  return HostTensor(getHostType(Tensor.getElementType(), HostType::F32),
                    Tensor.getShape());
}

void *getMemory(const HostTensor &T) {
  return const_cast<std::byte *>(T.data<std::byte>());
}

size_t getBytes(const HostTensor &T) {
  return T.getNumElements() * getHostTypeSize(T.getType());
}

/// Arguments between -1.5 and 1.5, or as `test.low` and `test.high` say.
Tensors drawArguments(FuncOp Func, std::mt19937 &Random) {
  Tensors Result;
  for (auto [I, Type] : llvm::enumerate(Func.getArgumentTypes())) {
    HostTensor T = makeTensor(Type);
    double Low = T.getType() == HostType::F32 ? -1.5 : 0.0;
    double High = T.getType() == HostType::I1 ? 1.0 : 1.5;
    if (auto A = Func.getArgAttrOfType<FloatAttr>(I, "test.low"))
      Low = A.getValueAsDouble();
    if (auto A = Func.getArgAttrOfType<FloatAttr>(I, "test.high"))
      High = A.getValueAsDouble();
    for (int64_t E = 0; E != T.getNumElements(); ++E) {
      if (T.getType() == HostType::F32)
        T.setFromDouble(
            E, std::uniform_real_distribution<double>(Low, High)(Random));
      else
        T.setFromDouble(
            E, std::uniform_int_distribution<int>(
                   static_cast<int>(Low), static_cast<int>(High))(Random));
    }
    Result.push_back(std::move(T));
  }
  return Result;
}

HostTensor widen(const HostTensor &T) {
  if (T.getType() != HostType::F32)
    return T;
  HostTensor Wide(HostType::F64, T.getShape());
  for (int64_t E = 0; E != T.getNumElements(); ++E)
    Wide.setFromDouble(E, T.getAsDouble(E));
  return Wide;
}

/// Kernels of one file, compiled, and the schedules that run them.
class Schedules {
public:
  static std::unique_ptr<Schedules> compile(const std::string &File, bool Fuse,
                                            const CpuTarget &Target) {
    auto Result = std::make_unique<Schedules>();
    ParserConfig Config(&getContext());
    Result->Formed = parseSourceFile<ModuleOp>(File, Config);
    if (!Result->Formed)
      return nullptr;
    PassManager Forming(&getContext());
    FormKernelsOptions Options;
    Options.fuse = Fuse;
    Forming.addPass(createFormKernels(Options));
    if (failed(Forming.run(*Result->Formed)))
      return nullptr;

    OwningOpRef<ModuleOp> Kernels = Result->Formed->clone();
    for (FuncOp Func : llvm::make_early_inc_range(Kernels->getOps<FuncOp>()))
      if (!Func.getKernel())
        Func.erase();
    PassManager Lowering(&getContext());
    LowerKernelsOptions LowerOptions;
    LowerOptions.cpu = Target.Cpu;
    Lowering.addPass(createLowerKernels(LowerOptions));
    if (failed(Lowering.run(*Kernels)))
      return nullptr;
    Result->Jit = JitModule::load(*Kernels, Target);
    return Result->Jit ? std::move(Result) : nullptr;
  }

  /// Runs the schedule of `Name`. Where `InPlace` is set, results take the
  /// memory of the first operand that they may take; operands of the function
  /// are copied, so that nobody else sees it.
  Tensors run(StringRef Name, const Tensors &Arguments, const RunInfo &Info,
              bool InPlace) {
    auto Func = Formed->lookupSymbol<FuncOp>(Name);
    int64_t InfoWords[4] = {Info.Step, Info.TotalSteps,
                            static_cast<int64_t>(Info.Seed), Info.Sequence};
    llvm::DenseMap<Value, HostTensor> Values;
    Block &Body = Func.getBody().front();
    for (auto [Argument, T] : llvm::zip(Body.getArguments(), Arguments))
      Values[Argument] = T;
    Tensors Results;
    for (Operation &Op : Body) {
      if (auto Launch = dyn_cast<LaunchOp>(Op)) {
        auto Kernel = Formed->lookupSymbol<FuncOp>(Launch.getKernel());
        runKernel(Launch, Kernel, InfoWords, Values, InPlace);
      } else if (isView(&Op)) {
        HostTensor T = makeTensor(Op.getResult(0).getType());
        std::memcpy(getMemory(T),
                    static_cast<char *>(getMemory(Values[Op.getOperand(0)])) +
                        getViewOffset(&Op),
                    getBytes(T));
        Values[Op.getResult(0)] = T;
      } else if (auto Concat = dyn_cast<ConcatOp>(Op)) {
        EXPECT_EQ(Concat.getAxis(), 0u);
        HostTensor T = makeTensor(Concat.getType());
        auto *To = static_cast<char *>(getMemory(T));
        for (Value V : Concat.getInputs()) {
          std::memcpy(To, getMemory(Values[V]), getBytes(Values[V]));
          To += getBytes(Values[V]);
        }
        Values[Concat.getResult()] = T;
      } else if (isa<ReturnOp>(Op)) {
        for (Value V : Op.getOperands())
          Results.push_back(Values[V]);
      } else {
        ADD_FAILURE() << Op.getName().getStringRef().str()
                      << " remains in the schedule";
      }
    }
    return Results;
  }

  ModuleOp getModule() { return *Formed; }

private:
  void runKernel(LaunchOp Launch, FuncOp Kernel, int64_t *InfoWords,
                 llvm::DenseMap<Value, HostTensor> &Values, bool InPlace) {
    Tensors Operands, Results;
    for (Value V : Launch.getOperands())
      Operands.push_back(Values[V]);
    std::vector<void *> Pointers;
    for (HostTensor &T : Operands)
      Pointers.push_back(getMemory(T));
    if (kernelNeedsInfo(Kernel))
      Pointers.push_back(InfoWords);
    std::vector<int> Source(Launch.getNumResults(), -1);
    std::set<int> Taken;
    for (Value V : Launch.getResults())
      Results.push_back(makeTensor(V.getType()));
    for (unsigned R = 0; R != Results.size(); ++R) {
      // NaNs: what a kernel does not write is found.
      std::memset(getMemory(Results[R]), 0xff, getBytes(Results[R]));
      for (unsigned I = 0; InPlace && I != Operands.size(); ++I)
        if (Source[R] < 0 && !Taken.count(I) && canRunInPlace(Kernel, I, R)) {
          Source[R] = I;
          Taken.insert(I);
        }
      Pointers.push_back(Source[R] < 0 ? getMemory(Results[R])
                                       : getMemory(Operands[Source[R]]));
    }
    std::vector<void *> Table;
    if (takesArgumentTable(Kernel)) {
      Table = std::exchange(Pointers, {});
      Pointers.push_back(Table.data());
      auto Types = llvm::to_vector(Launch.getOperandTypes());
      llvm::append_range(Types, Launch.getResultTypes());
      for (auto [Type, Pointer] : llvm::zip_equal(Types, Table))
        if (isArgumentBesideTable(Type))
          Pointers.push_back(Pointer);
    }
    Jit->run(Kernel.getSymName(), Pointers);
    for (unsigned R = 0; R != Results.size(); ++R)
      Values[Launch.getResult(R)] =
          Source[R] < 0 ? Results[R] : Operands[Source[R]];
  }

  OwningOpRef<ModuleOp> Formed;
  std::unique_ptr<JitModule> Jit;
};

Tensors runReference(ModuleOp Module, StringRef Name, const Tensors &Arguments,
                     const RunInfo &Info) {
  GraphEvaluator Evaluator(Module, HostType::F64, nullptr);
  Evaluator.setInfo(Info);
  std::vector<GraphEvaluator::TensorRef> Wide;
  for (const HostTensor &T : Arguments)
    Wide.push_back(std::make_shared<HostTensor>(widen(T)));
  Tensors Results;
  for (auto &T : Evaluator.run(Module.lookupSymbol<FuncOp>(Name), Wide))
    Results.push_back(*T);
  EXPECT_TRUE(Evaluator.takeErrors().empty());
  return Results;
}

double Largest = 0; ///< relative error seen so far

void expectClose(const HostTensor &Got, const HostTensor &Expected,
                 const std::string &What) {
  ASSERT_EQ(Got.getNumElements(), Expected.getNumElements()) << What;
  double Scale = 0;
  for (int64_t E = 0; E != Got.getNumElements(); ++E)
    if (std::isfinite(Expected.getAsDouble(E)))
      Scale = std::max(Scale, std::abs(Expected.getAsDouble(E)));
  bool Exact = Got.getType() != HostType::F32;
  for (int64_t E = 0; E != Got.getNumElements(); ++E) {
    double X = Got.getAsDouble(E), Y = Expected.getAsDouble(E);
    double Tolerance = Exact ? 0 : 2e-6 * std::abs(Y) + 5e-7 * Scale;
    Largest = std::max(Largest, std::abs(X - Y) / (std::abs(Y) + Scale));
    ASSERT_LE(std::abs(X - Y), Tolerance)
        << What << ", element " << E << ": " << X << " for " << Y;
  }
}

void expectSame(const Tensors &Got, const Tensors &Expected,
                const std::string &What) {
  ASSERT_EQ(Got.size(), Expected.size());
  for (size_t I = 0; I != Got.size(); ++I)
    EXPECT_EQ(std::memcmp(getMemory(Got[I]), getMemory(Expected[I]),
                          getBytes(Got[I])),
              0)
        << What << ", result " << I;
}

void checkFile(const std::string &File, bool Fuse, const CpuTarget &Target) {
  ParserConfig Config(&getContext());
  auto Source = parseSourceFile<ModuleOp>(File, Config);
  ASSERT_TRUE(Source) << File;
  auto Compiled = Schedules::compile(File, Fuse, Target);
  ASSERT_TRUE(Compiled) << File;
  RunInfo Info;
  Info.Step = 3;
  Info.TotalSteps = 100;
  Info.Seed = 0x123456789abcdef0;
  Info.Sequence = 17;
  std::mt19937 Random(7);
  unsigned Count = 0;
  for (FuncOp Func : Source->getOps<FuncOp>()) {
    std::string Name = Func.getSymName().str();
    SCOPED_TRACE(File + " @" + Name + (Fuse ? " fused" : " op by op") +
                 " for " + Target.Cpu);
    Tensors Arguments = drawArguments(Func, Random);
    Tensors Expected = runReference(*Source, Name, Arguments, Info);
    setThreads(1);
    Tensors Got = Compiled->run(Name, Arguments, Info, /*InPlace=*/false);
    ASSERT_EQ(Got.size(), Expected.size());
    for (size_t I = 0; I != Got.size(); ++I)
      expectClose(Got[I], Expected[I], "result " + std::to_string(I));
    expectSame(Compiled->run(Name, Arguments, Info, /*InPlace=*/true), Got,
               "in place");
    setThreads(3);
    expectSame(Compiled->run(Name, Arguments, Info, /*InPlace=*/false), Got,
               "three threads");
    ++Count;
  }
  EXPECT_GT(Count, 0u);
  // Rounding shows in f32 against f64; where none does, nothing was compared.
  EXPECT_GT(Largest, 0);
}

TEST(KernelsTest, AgreeWithReference) {
  for (const CpuTarget &Target : getTestTargets())
    for (const std::string &File : getFiles())
      checkFile(File, /*Fuse=*/true, Target);
}

TEST(KernelsTest, AgreeWithReferenceOpByOp) {
  CpuTarget Target = getTestTargets().front();
  for (const std::string &File : getFiles())
    checkFile(File, /*Fuse=*/false, Target);
}

/// All ops that compute are in some file.
TEST(KernelsTest, CoverAllOps) {
  std::set<std::string> Covered;
  for (const std::string &File : getFiles()) {
    ParserConfig Config(&getContext());
    auto Source = parseSourceFile<ModuleOp>(File, Config);
    ASSERT_TRUE(Source) << File;
    Source->walk([&](Operation *Op) {
      Covered.insert(Op->getName().getStringRef().str());
    });
  }
  // A loop stays in the schedule; its body is kernels.
  Covered.insert(ScanOp::getOperationName().str());
  // WeightKernelTest makes operands of its types.
  Covered.insert(DequantizeOp::getOperationName().str());
  for (RegisteredOperationName Op : getContext().getRegisteredOperations())
    if (Op.hasInterface<ReferenceEvaluation>())
      EXPECT_TRUE(Covered.count(Op.getStringRef().str()))
          << Op.getStringRef().str() << " has no case in " STATOR_KERNEL_CASES;
}

} // namespace
