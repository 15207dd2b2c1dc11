//===- RunAlone.cpp - Parallel regions of one thread ----------------------===//

#include "codegen/RunAlone.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace llvm;

/// Arguments of __kmpc_fork_call: the place in the source, the number of
/// arguments of the function, the function, its arguments. The function takes
/// two pointers to the number of the thread before them.
static constexpr unsigned FunctionArgument = 2;

void stator::runAloneDirectly(Module &Module) {
  Function *Fork = Module.getFunction("__kmpc_fork_call");
  if (!Fork)
    return;
  SmallVector<CallInst *> Calls;
  for (User *User : Fork->users())
    if (auto *Call = dyn_cast<CallInst>(User))
      if (isa<Function>(Call->getArgOperand(FunctionArgument)))
        Calls.push_back(Call);

  Type *Int = Type::getInt32Ty(Module.getContext());
  FunctionCallee MaxThreads =
      Module.getOrInsertFunction("omp_get_max_threads", Int);
  auto *Thread = new GlobalVariable(
      Module, Int, /*isConstant=*/true, GlobalValue::PrivateLinkage,
      ConstantInt::get(Int, 0), "stator.first_thread");
  for (CallInst *Call : Calls) {
    auto *Region = cast<Function>(Call->getArgOperand(FunctionArgument));
    IRBuilder<> B(Call);
    Value *Alone = B.CreateICmpEQ(B.CreateCall(MaxThreads), B.getInt32(1));
    Instruction *Then, *Else;
    SplitBlockAndInsertIfThenElse(Alone, Call->getIterator(), &Then, &Else);
    Call->moveBefore(Else->getIterator());
    B.SetInsertPoint(Then);
    SmallVector<Value *> Arguments{Thread, Thread};
    Arguments.append(Call->arg_begin() + FunctionArgument + 1, Call->arg_end());
    B.CreateCall(Region, Arguments);
  }
}
