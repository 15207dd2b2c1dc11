//===- FormedKernel.cpp - The kernel that a function becomes --------------===//

#include "FormedKernel.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/kernels/KernelPasses.h"
#include "ir/Dialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace stator;
using namespace stator::test;

std::unique_ptr<FormedKernel> FormedKernel::compile(StringRef Text,
                                                    const CpuTarget &Target) {
  DialectRegistry Registry;
  registerLoweringDialects(Registry);
  Registry.insert<StatorDialect>();
  MLIRContext Context(Registry, MLIRContext::Threading::DISABLED);
  Context.loadAllAvailableDialects();
  auto Module = parseSourceString<ModuleOp>(Text, &Context);
  if (!Module)
    return nullptr;
  PassManager Forming(&Context);
  Forming.addPass(createFormKernels());
  if (failed(Forming.run(*Module)))
    return nullptr;
  std::unique_ptr<FormedKernel> Result(new FormedKernel());
  for (auto Func : llvm::make_early_inc_range(Module->getOps<FuncOp>())) {
    if (!Func.getKernel()) {
      Func.erase();
    } else if (Result->Name.empty()) {
      Result->Name = Func.getSymName().str();
    } else {
      llvm::errs() << "more than one kernel\n";
      return nullptr;
    }
  }
  LowerKernelsOptions Options;
  Options.cpu = Target.Cpu;
  PassManager Lowering(&Context);
  Lowering.addPass(createLowerKernels(Options));
  if (Result->Name.empty() || failed(Lowering.run(*Module)))
    return nullptr;
  Result->Jit = JitModule::load(*Module, Target);
  return Result->Jit ? std::move(Result) : nullptr;
}
