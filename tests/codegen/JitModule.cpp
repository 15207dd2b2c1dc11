//===- JitModule.cpp - Runs lowered kernels in this process ---------------===//

#include "JitModule.h"
#include "codegen/LowerToLLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Passes/PassBuilder.h"
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

static void optimize(llvm::Module &Module, llvm::TargetMachine &Machine) {
  llvm::LoopAnalysisManager Loops;
  llvm::FunctionAnalysisManager Functions;
  llvm::CGSCCAnalysisManager Components;
  llvm::ModuleAnalysisManager Modules;
  llvm::PassBuilder Builder(&Machine);
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(Components);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, Components, Modules);
  Builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(Module, Modules);
}

std::unique_ptr<JitModule> JitModule::load(ModuleOp Module,
                                           const CpuTarget &Target) {
  PassManager Passes(Module.getContext());
  buildLlvmLoweringPipeline(Passes, Target);
  if (failed(mlir::verify(Module)) || failed(Passes.run(Module)))
    return nullptr;

  auto LlvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> Llvm =
      translateModuleToLLVMIR(Module, *LlvmContext);
  std::string Error;
  std::unique_ptr<llvm::TargetMachine> Machine =
      Target.createTargetMachine(Error);
  if (!Llvm || !Machine)
    return nullptr;
  Llvm->setTargetTriple(Machine->getTargetTriple());
  Llvm->setDataLayout(Machine->createDataLayout());
  addInvokers(*Llvm);
  for (llvm::Function &Function : *Llvm) {
    Function.addFnAttr("target-cpu", Target.Cpu);
    Function.addFnAttr("target-features", Target.Features);
  }
  optimize(*Llvm, *Machine);
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
  auto report = [](llvm::Error Error) {
    llvm::errs() << llvm::toString(std::move(Error)) << "\n";
    return nullptr;
  };
  if (!Jit)
    return report(Jit.takeError());
  auto Process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*Jit)->getDataLayout().getGlobalPrefix());
  if (!Process)
    return report(Process.takeError());
  (*Jit)->getMainJITDylib().addGenerator(std::move(*Process));
  if (auto Error = (*Jit)->addIRModule(
          llvm::orc::ThreadSafeModule(std::move(Llvm), std::move(LlvmContext))))
    return report(std::move(Error));
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
