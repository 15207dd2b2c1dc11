//===- JitModule.cpp - Runs lowered kernels in this process ---------------===//

#include "JitModule.h"
#include "codegen/LlvmBackend.h"
#include "codegen/LowerToLLVM.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include <cstdlib>

using namespace mlir;
using namespace stator;
using namespace stator::test;

struct JitModule::State {
  std::unique_ptr<llvm::orc::LLJIT> Jit;
};

JitModule::JitModule() : S(std::make_unique<State>()) {}
JitModule::~JitModule() = default;

/// Adds void invoke_F(void **arguments), which calls F, for each function.
static void addInvokers(llvm::Module &Module) {
  llvm::LLVMContext &Context = Module.getContext();
  llvm::IRBuilder<> B(Context);
  SmallVector<llvm::Function *> Callees;
  for (llvm::Function &Function : Module)
    if (!Function.isDeclaration() && !Function.hasLocalLinkage())
      Callees.push_back(&Function);
  for (llvm::Function *Callee : Callees) {
    auto *Type = llvm::FunctionType::get(B.getVoidTy(), {B.getPtrTy()}, false);
    auto *Invoke =
        llvm::Function::Create(Type, llvm::Function::ExternalLinkage,
                               "invoke_" + Callee->getName(), Module);
    B.SetInsertPoint(llvm::BasicBlock::Create(Context, "entry", Invoke));
    SmallVector<llvm::Value *> Arguments;
    for (unsigned I = 0; I < Callee->arg_size(); ++I)
      Arguments.push_back(B.CreateLoad(
          B.getPtrTy(),
          B.CreateConstGEP1_64(B.getPtrTy(), Invoke->getArg(0), I)));
    B.CreateCall(Callee, Arguments);
    B.CreateRetVoid();
  }
}

std::unique_ptr<JitModule> JitModule::load(ModuleOp Module,
                                           const CpuTarget &Target) {
  PassManager Passes(Module.getContext());
  buildLlvmLoweringPipeline(Passes);
  if (failed(mlir::verify(Module)) || failed(Passes.run(Module)))
    return nullptr;

  std::string Error;
  std::unique_ptr<llvm::TargetMachine> Machine =
      Target.createTargetMachine(Error);
  if (!Machine) {
    llvm::errs() << Error << "\n";
    return nullptr;
  }
  auto LlvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> Llvm =
      translateToLlvm(Module, *LlvmContext, *Machine);
  if (!Llvm)
    return nullptr;
  addInvokers(*Llvm);
  optimizeLlvm(*Llvm, *Machine);
  if (const char *Path = std::getenv("STATOR_TEST_DUMP_LLVM")) {
    std::error_code Code;
    llvm::raw_fd_ostream Out(Path, Code);
    Llvm->print(Out, nullptr);
  }

  llvm::orc::JITTargetMachineBuilder Builder{llvm::Triple(Target.Triple)};
  Builder.setCPU(Target.Cpu)
      .setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  Builder.addFeatures(llvm::SubtargetFeatures(Target.Features).getFeatures());
  auto Jit = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(std::move(Builder))
                 .create();
  auto Report = [](llvm::Error Error) {
    llvm::errs() << llvm::toString(std::move(Error)) << "\n";
    return nullptr;
  };
  if (!Jit)
    return Report(Jit.takeError());
  auto Process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*Jit)->getDataLayout().getGlobalPrefix());
  if (!Process)
    return Report(Process.takeError());
  (*Jit)->getMainJITDylib().addGenerator(std::move(*Process));
  if (auto Error = (*Jit)->addIRModule(
          llvm::orc::ThreadSafeModule(std::move(Llvm), std::move(LlvmContext))))
    return Report(std::move(Error));
  std::unique_ptr<JitModule> Result(new JitModule());
  Result->S->Jit = std::move(*Jit);
  return Result;
}

void JitModule::run(StringRef Function, std::vector<void *> Arguments) const {
  auto Symbol = S->Jit->lookup(("invoke_" + Function).str());
  if (!Symbol)
    llvm::report_fatal_error(Symbol.takeError());
  Symbol->toPtr<void (*)(void **)>()(Arguments.data());
}
