//===- EagerInterpreter.cpp - The define-by-run program -------------------===//

#include "runtime/interpreter/eager/EagerInterpreter.h"
#include "ir/ReverseWalk.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/EntryPoints.h"
#include "runtime/interpreter/ReferenceInterpreter.h"
#include "runtime/interpreter/eager/Gemm.h"
#include "llvm/Support/raw_ostream.h"
#include <limits>

using namespace mlir;

namespace stator::eager {

//===----------------------------------------------------------------------===//
// The functions
//===----------------------------------------------------------------------===//

/// The name of the parameter whose gradient an optimizer op takes, or "".
static StringRef getUpdatedParameter(Operation &Op) {
  if (!isa<AdamOp, SgdOp>(Op))
    return "";
  auto Read = Op.getOperand(0).getDefiningOp<ReadOp>();
  return Read ? Read.getParameter() : "";
}

/// Makes of a @train_step the function of the gradients that comes after them:
/// whatever goes into an optimizer as the gradient becomes an argument, and
/// what computed it falls away.
void EagerInterpreter::cutUpdate(FuncOp TrainStep) {
  Update = TrainStep.clone();
  Update.setSymName("update");
  Functions->push_back(Update);
  Block &Body = Update.getBody().front();
  size_t NumInputs = Body.getNumArguments();
  for (Operation &Op : Body) {
    StringRef Name = getUpdatedParameter(Op);
    if (Name.empty())
      continue;
    Value Gradient = Op.getOperand(1);
    // Two parameters with one gradient, after CSE, share its argument.
    if (auto Argument = dyn_cast<BlockArgument>(Gradient);
        Argument && Argument.getArgNumber() >= NumInputs)
      continue;
    Value Argument = Body.addArgument(Gradient.getType(), Op.getLoc());
    Gradient.replaceAllUsesWith(Argument);
    UpdateArguments.push_back(ByName.lookup(Name).Op);
  }
  Operation *Return = Body.getTerminator();
  Return->eraseOperand(0); // the loss
  for (Operation &Op : llvm::make_early_inc_range(llvm::reverse(Body)))
    if (isOpTriviallyDead(&Op))
      Op.erase();
  Body.eraseArguments(0, NumInputs);
  Update.setFunctionType(FunctionType::get(
      Update.getContext(), Body.getArgumentTypes(), Return->getOperandTypes()));
}

std::unique_ptr<Interpreter>
EagerInterpreter::create(ModuleOp Module, ModuleOp LossModule,
                         const InterpreterOptions &Options) {
  MLIRContext *Context = Module.getContext();
  std::unique_ptr<EagerInterpreter> Made(new EagerInterpreter(Context));
  StatorProgram &Program = Made->Program;
  if (failed(Made->Table.fill(Module, LossModule, "eager", Options, Program)))
    return nullptr;
  if (!LossModule)
    LossModule = Module;
  for (const StateTensor &Tensor : llvm::concat<const StateTensor>(
           Made->Table.getLayout(), Made->Table.getCacheLayout())) {
    ParameterOp Op = Tensor.Op;
    Made->ByName[Op.getSymName()] = Tensor;
    if (Op.isTrainable())
      Made->Steps.Trainable.insert(Op.getSymName());
  }
  Made->Functions = ModuleOp::create(Module.getLoc());
  auto Copy = [&](ModuleOp From, StringRef Name) {
    FuncOp Found = From.lookupSymbol<FuncOp>(Name);
    if (Found)
      Made->Functions->push_back(Found = Found.clone());
    return Found;
  };
  Made->Loss = Copy(LossModule, "loss");
  Made->Forward = Copy(Module, "forward");
  for (FuncOp Entry : entry::getDecodeEntries(Module))
    Made->Decode.push_back(Copy(Module, Entry.getSymName()));
  if (failed(Made->Table.setBlocks(
          Module, makeBlockEntries([](auto Index) -> StatorEntry {
            return runBlock<Index>;
          }),
          Program)))
    return nullptr;
  auto TrainStep = Module.lookupSymbol<FuncOp>("train_step");
  if (TrainStep)
    Made->cutUpdate(TrainStep);
  else
    Made->Update = Copy(Module, "update");
  if (Program.Mode == STATOR_MODE_TRAIN && !Made->Loss) {
    Module.emitError("the eager interpreter needs @loss");
    return nullptr;
  }
  if (Made->Loss) {
    // Loops take what they capture as carries, so that the tape sees it.
    SmallVector<Value> Sources;
    Made->Loss.walk([&](ReadOp Read) {
      if (Made->Steps.Trainable.contains(Read.getParameter()))
        Sources.push_back(Read);
    });
    prepareActiveValues(Made->Loss.getBody().front(), Sources);
  }

  EagerInterpreter *Self = Made.get();
  Self->Runner.Read = [Self](StringRef Name) { return Self->readState(Name); };
  Self->Runner.Write = [Self](StringRef Name, const Tensor &Value) {
    Self->writeState(Name, Value);
  };
  Program.Self = Self;
  if (Made->Loss) {
    Program.Evaluate = runEvaluate;
    Program.Gradients = runGradients;
    if (TrainStep)
      Program.TrainStep = runTrainStep;
    else if (Made->Update) {
      Program.Accumulate = runAccumulate;
      Program.Update = runUpdate;
    }
  }
  if (Made->Forward)
    Program.Forward = runForward;
  setUpGemm();
  return Made;
}

//===----------------------------------------------------------------------===//
// The state
//===----------------------------------------------------------------------===//

Tensor EagerInterpreter::readState(StringRef Name) {
  StateTensor Row = ByName.lookup(Name);
  return Tensor(HostType::F32, Row.Op.getTensorType().getShape(),
                (Row.Op.getRole() == Role::Cache ? Cache : State) + Row.Offset);
}

void EagerInterpreter::writeState(StringRef Name, const Tensor &Value) {
  copyElements(Value, readState(Name));
}

Tensor EagerInterpreter::getGradient(ParameterOp Of) {
  if (auto It = Gradients.find(Of.getSymName()); It != Gradients.end())
    return It->second;
  Tensor Zeros(HostType::F32, Of.getTensorType().getShape());
  std::fill_n(Zeros.data<float>(), Zeros.getNumElements(), 0.0f);
  return Zeros;
}

//===----------------------------------------------------------------------===//
// The entry points
//===----------------------------------------------------------------------===//

void EagerInterpreter::begin(uint8_t *StateBlock, uint8_t *CacheBlock,
                             int64_t *InfoOfCall) {
  Info = InfoOfCall;
  State = StateBlock;
  Cache = CacheBlock;
  Runner.Info = readInfo(Info);
  Gradients.clear();
}

TensorList EagerInterpreter::callWithInputs(FuncOp Function,
                                            const int32_t *Tokens,
                                            const int32_t *Targets) {
  TensorList Arguments;
  const int32_t *Sources[] = {Tokens, Targets};
  for (auto [Index, Type] : llvm::enumerate(Function.getArgumentTypes()))
    Arguments.emplace_back(HostType::I32,
                           cast<RankedTensorType>(Type).getShape(),
                           const_cast<int32_t *>(Sources[Index]));
  return Runner.run(Function, Arguments);
}

float EagerInterpreter::differentiate(const int32_t *Tokens,
                                      const int32_t *Targets) {
  Runner.Training = true;
  Runner.Record = &Steps;
  Tensor Losses = callWithInputs(Loss, Tokens, Targets)[0].contiguous();
  Runner.Record = nullptr;
  int64_t Count = Losses.getNumElements();
  float Mean =
      getKernels().Sum(Losses.data<float>(), Count) / static_cast<float>(Count);
  Tensor Share(HostType::F32, {});
  *Share.data<float>() = 1.0f / static_cast<float>(Count);
  Tensor Seed = Share.view(Losses.getShape(), Extents(Losses.getRank(), 0));
  Gradients = Steps.runBackwards(
      Runner, Loss.getBody().front().getTerminator()->getOperand(0), Seed);
  return Mean;
}

void EagerInterpreter::update(float *Result) {
  TensorList Arguments;
  for (ParameterOp Parameter : UpdateArguments)
    Arguments.push_back(getGradient(Parameter));
  TensorList Numbers = Runner.run(Update, Arguments);
  Result[STATOR_RESULT_GRAD_NORM] = *Numbers[0].data<float>();
  Result[STATOR_RESULT_LR] = *Numbers[1].data<float>();
  Gradients.clear();
}

void EagerInterpreter::finish(MutableArrayRef<float> Result) {
  std::vector<std::string> Errors = Runner.takeErrors();
  if (Errors.empty())
    return;
  if (!Runner.Bad.finish(Program, Info))
    llvm::errs() << Errors.front() << "\n";
  llvm::fill(Result, std::numeric_limits<float>::quiet_NaN());
}

void EagerInterpreter::runTrainStep(void *Given, uint8_t *State, uint8_t *Cache,
                                    uint8_t *, const int32_t *Tokens,
                                    const int32_t *Targets, int64_t *Info,
                                    float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  Result[STATOR_RESULT_LOSS] = Self->differentiate(Tokens, Targets);
  Self->update(Result);
  Self->finish({Result, STATOR_RESULT_COUNT});
}

void EagerInterpreter::runAccumulate(void *Given, uint8_t *State,
                                     uint8_t *Cache, uint8_t *,
                                     const int32_t *Tokens,
                                     const int32_t *Targets, int64_t *Info,
                                     float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  Result[STATOR_RESULT_LOSS] = Self->differentiate(Tokens, Targets);
  for (const StateTensor &Row : Self->Table.getLayout()) {
    ParameterOp Op = Row.Op;
    if (Op.getRole() != Role::Gradient || Self->Runner.hasErrors())
      continue;
    auto It = Self->Gradients.find(*Op.getOf());
    if (It != Self->Gradients.end())
      Self->writeState(Op.getSymName(),
                       add(Self->readState(Op.getSymName()), It->second));
  }
  Self->Gradients.clear();
  Self->finish({Result, 1});
}

void EagerInterpreter::runUpdate(void *Given, uint8_t *State, uint8_t *Cache,
                                 uint8_t *, const int32_t *, const int32_t *,
                                 int64_t *Info, float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  Self->update(Result);
}

void EagerInterpreter::runEvaluate(void *Given, uint8_t *State, uint8_t *Cache,
                                   uint8_t *, const int32_t *Tokens,
                                   const int32_t *Targets, int64_t *Info,
                                   float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  Self->Runner.Training = false;
  Tensor Losses = Self->callWithInputs(Self->Loss, Tokens, Targets)[0];
  // One loss for all is that of every position.
  int64_t Shape[] = {Self->Program.Batch, Self->Program.Time};
  Tensor Each(HostType::F32, Shape, Result);
  if (Losses.getRank() == 0)
    Losses = Losses.view(Shape, {0, 0});
  copyElements(Losses, Each);
  Self->finish({Result, static_cast<size_t>(Each.getNumElements())});
}

void EagerInterpreter::runLogits(FuncOp Function, const int32_t *Tokens,
                                 const int32_t *Targets, float *Result) {
  Runner.Training = false;
  Tensor Logits = callWithInputs(Function, Tokens, Targets)[0];
  Tensor Each(HostType::F32, Logits.getShape(), Result);
  copyElements(Logits, Each);
  finish({Result, static_cast<size_t>(Each.getNumElements())});
}

template <size_t Index>
void EagerInterpreter::runBlock(void *Given, uint8_t *State, uint8_t *Cache,
                                uint8_t *, const int32_t *Tokens,
                                const int32_t *Targets, int64_t *Info,
                                float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  Self->runLogits(Self->Decode[Index], Tokens, Targets, Result);
}

void EagerInterpreter::runForward(void *Given, uint8_t *State, uint8_t *Cache,
                                  uint8_t *, const int32_t *Tokens,
                                  const int32_t *Targets, int64_t *Info,
                                  float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  Self->runLogits(Self->Forward, Tokens, Targets, Result);
}

void EagerInterpreter::runGradients(void *Given, uint8_t *State, uint8_t *Cache,
                                    uint8_t *, const int32_t *Tokens,
                                    const int32_t *Targets, int64_t *Info,
                                    float *Result) {
  auto *Self = static_cast<EagerInterpreter *>(Given);
  Self->begin(State, Cache, Info);
  float *Next = Result;
  *Next++ = Self->differentiate(Tokens, Targets);
  for (const StateTensor &Row : Self->Table.getLayout()) {
    ParameterOp Op = Row.Op;
    if (!Op.isTrainable())
      continue;
    Tensor Gradient = Self->getGradient(Op);
    copyElements(Gradient, Tensor(HostType::F32, Gradient.getShape(), Next));
    Next += Row.Elements;
  }
  Self->Gradients.clear();
  Self->finish({Result, static_cast<size_t>(Next - Result)});
}

} // namespace stator::eager
