//===- KernelJit.cpp - Runs the kernel of one op in this process ----------===//

#include "KernelJit.h"
#include "JitModule.h"
#include "codegen/LowerToLLVM.h"
#include "ir/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <cstdlib>
#include <omp.h>

using namespace mlir;
using namespace stator;
using namespace stator::test;

struct Kernel::State {
  std::unique_ptr<JitModule> Jit;
};

Kernel::Kernel() : S(std::make_unique<State>()) {}
Kernel::~Kernel() = default;

/// The tensor type as the memref that a kernel gets.
static Type asMemref(Type Tensor) {
  auto Ranked = cast<RankedTensorType>(Tensor);
  return MemRefType::get(Ranked.getShape(), Ranked.getElementType());
}

/// func @kernel(memrefs), with the body that `Emit` writes.
static LogicalResult buildFunction(ModuleOp Module, Operation *Op,
                                   const CpuTarget &Target, bool WithInfo,
                                   Kernel::Emitter Emit) {
  OpBuilder B = OpBuilder::atBlockBegin(Module.getBody());
  SmallVector<Type> Types;
  for (Type Type : Op->getOperandTypes())
    Types.push_back(asMemref(Type));
  for (Type Type : Op->getResultTypes())
    Types.push_back(asMemref(Type));
  if (WithInfo)
    Types.push_back(MemRefType::get({4}, B.getI64Type()));
  auto Function = func::FuncOp::create(B, Op->getLoc(), "kernel",
                                       B.getFunctionType(Types, {}));
  Block *Entry = Function.addEntryBlock();
  B.setInsertionPointToStart(Entry);
  if (failed(Emit(B, Op, Entry->getArguments(), Target)))
    return failure();
  func::ReturnOp::create(B, Op->getLoc());
  return success();
}

std::unique_ptr<Kernel> Kernel::compile(StringRef Text, const CpuTarget &Target,
                                        bool WithInfo, Emitter Emit) {
  DialectRegistry Registry;
  registerLoweringDialects(Registry);
  Registry.insert<StatorDialect>();
  MLIRContext Context(Registry, MLIRContext::Threading::DISABLED);
  Context.loadAllAvailableDialects();
  auto Source = parseSourceString<ModuleOp>(Text, &Context);
  if (!Source)
    return nullptr;
  Operation *Op = nullptr;
  Source->walk([&](Operation *Each) {
    if (isa<EinsumOp, AttentionOp, AttentionGradOp>(Each))
      Op = Each;
  });
  OwningOpRef<ModuleOp> Module = ModuleOp::create(Source->getLoc());
  if (!Op || failed(buildFunction(*Module, Op, Target, WithInfo, Emit)))
    return nullptr;
  if (std::getenv("STATOR_TEST_DUMP"))
    Module->dump();
  std::unique_ptr<JitModule> Jit = JitModule::load(*Module, Target);
  if (!Jit)
    return nullptr;
  std::unique_ptr<Kernel> Result(new Kernel());
  Result->S->Jit = std::move(Jit);
  return Result;
}

void Kernel::run(std::vector<void *> Arguments) const {
  S->Jit->run("kernel", std::move(Arguments));
}

void stator::test::setThreads(int Count) { omp_set_num_threads(Count); }

bool stator::test::canRun(const CpuTarget &Target) {
  auto Features = llvm::sys::getHostCPUFeatures();
  if (!llvm::Triple(Target.Triple).isX86())
    return Target.Cpu == llvm::sys::getHostCPUName();
  return (Target.VectorBits < 512 || Features["avx512f"]) &&
         (Target.VectorBits < 256 || Features["avx2"]) &&
         (!Target.HasFma || Features["fma"]);
}

std::vector<CpuTarget> stator::test::getTestTargets() {
  std::vector<CpuTarget> Targets;
  for (StringRef Name : {"native", "x86-64-v3", "x86-64"}) {
    std::string Error;
    auto Target = CpuTarget::get(Name, Error);
    if (succeeded(Target) && canRun(*Target))
      Targets.push_back(*Target);
  }
  return Targets;
}
