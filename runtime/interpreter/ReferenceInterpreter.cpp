//===- ReferenceInterpreter.cpp - The oracle as a program -----------------===//

#include "runtime/interpreter/ReferenceInterpreter.h"
#include "passes/EntryPoints.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/raw_ostream.h"
#include <bit>
#include <cstring>
#include <limits>

using namespace mlir;

namespace stator {

ShadowedState::ShadowedState(ArrayRef<StateTensor> Layout, HostType FloatType)
    : Layout(Layout), FloatType(FloatType) {
  for (size_t I = 0; I < Layout.size(); ++I)
    Indices[StateTensor(Layout[I]).Op.getSymName()] = I;
}

/// The tensor at its place in the block, in another type if need be.
static HostTensor load(const uint8_t *Block, StateTensor Tensor,
                       HostType FloatType) {
  RankedTensorType Type = Tensor.Op.getTensorType();
  HostTensor Result(getHostType(Type.getElementType(), FloatType),
                    Type.getShape());
  Block += Tensor.Offset;
  if (Type.getElementType().isInteger(8)) {
    std::copy_n(reinterpret_cast<const int8_t *>(Block), Tensor.Elements,
                Result.data<int32_t>());
    return Result;
  }
  if (Type.getElementType().isBF16()) {
    for (uint64_t I = 0; I < Tensor.Elements; ++I) {
      uint16_t Bits;
      std::memcpy(&Bits, Block + 2 * I, sizeof Bits);
      Result.setFromDouble(
          I, llvm::bit_cast<float>(static_cast<uint32_t>(Bits) << 16));
    }
    return Result;
  }
  auto *From = reinterpret_cast<const float *>(Block);
  if (FloatType == HostType::F32)
    std::memcpy(Result.data<float>(), From, Tensor.Bytes);
  else
    std::copy_n(From, Tensor.Elements, Result.data<double>());
  return Result;
}

void ShadowedState::attach(uint8_t *NewBlock) {
  Block = NewBlock;
  uint64_t Bytes = getStateBytes(Layout);
  if (FloatType == HostType::F32 ||
      (Stored.size() == Bytes && !std::memcmp(Stored.data(), Block, Bytes)))
    return;
  Shadow.clear();
  for (const StateTensor &Tensor : Layout)
    Shadow.push_back(load(Block, Tensor, FloatType));
}

void ShadowedState::detach() {
  if (FloatType == HostType::F64)
    Stored.assign(Block, Block + getStateBytes(Layout));
}

HostTensor ShadowedState::read(StringRef Name) {
  size_t Index = Indices.lookup(Name);
  return FloatType == HostType::F64 ? Shadow[Index]
                                    : load(Block, Layout[Index], FloatType);
}

void ShadowedState::write(StringRef Name, HostTensor Value) {
  size_t Index = Indices.lookup(Name);
  auto *To = reinterpret_cast<float *>(Block + Layout[Index].Offset);
  if (FloatType == HostType::F32) {
    std::memcpy(To, Value.data<float>(), Layout[Index].Bytes);
    return;
  }
  std::copy_n(Value.data<double>(), Layout[Index].Elements, To);
  Shadow[Index] = std::move(Value);
}

std::vector<std::shared_ptr<const HostTensor>>
makeArguments(FuncOp Entry, const int32_t *Tokens, const int32_t *Targets) {
  std::vector<std::shared_ptr<const HostTensor>> Arguments;
  const int32_t *Sources[] = {Tokens, Targets};
  for (auto [Index, Type] : llvm::enumerate(Entry.getArgumentTypes())) {
    HostTensor Argument(HostType::I32, cast<RankedTensorType>(Type).getShape());
    std::copy_n(Sources[Index], Argument.getNumElements(),
                Argument.data<int32_t>());
    Arguments.push_back(std::make_shared<HostTensor>(std::move(Argument)));
  }
  return Arguments;
}

RunInfo readInfo(const int64_t *Info) {
  RunInfo Result = {Info[STATOR_INFO_STEP],
                    Info[STATOR_INFO_TOTAL_STEPS],
                    static_cast<uint64_t>(Info[STATOR_INFO_SEED]),
                    Info[STATOR_INFO_SEQUENCE],
                    Info[STATOR_INFO_POSITION],
                    Info[STATOR_INFO_LAST]};
  for (size_t I = 0; I < NumRunSettings; ++I)
    if (Info[STATOR_INFO_SETTINGS] >> I & 1)
      Result.Settings[I] = std::bit_cast<double>(Info[STATOR_INFO_NUMBERS + I]);
  return Result;
}

void ReferenceInterpreter::call(FuncOp Entry, uint8_t *State, uint8_t *Cache,
                                const int32_t *Tokens, const int32_t *Targets,
                                int64_t *Info, ArrayRef<float *> Results) {
  Memory->State.attach(State);
  Memory->Cache.attach(Cache);
  Evaluator->setInfo(readInfo(Info));
  std::vector<GraphEvaluator::TensorRef> Values =
      Evaluator->run(Entry, makeArguments(Entry, Tokens, Targets));
  Memory->State.detach();
  Memory->Cache.detach();
  std::vector<std::string> Errors = Evaluator->takeErrors();
  if (!Evaluator->getBadIndex().finish(Program, Info) && !Errors.empty())
    llvm::errs() << Errors.front() << "\n";
  float *Next = nullptr;
  for (auto [Index, Value] : llvm::enumerate(Values)) {
    // Results without a place of their own follow the one before.
    if (Index < Results.size())
      Next = Results[Index];
    for (int64_t I = 0, E = Value->getNumElements(); I < E; ++I)
      *Next++ = Errors.empty() ? static_cast<float>(Value->getAsDouble(I))
                               : std::numeric_limits<float>::quiet_NaN();
  }
}

/// An entry point of the ABI that runs one function of the interpreter; Places
/// are where in Result its first results go.
template <FuncOp ReferenceInterpreter::*Entry, int... Places>
static void enter(void *Self, uint8_t *State, uint8_t *Cache, uint8_t *,
                  const int32_t *Tokens, const int32_t *Targets, int64_t *Info,
                  float *Result) {
  auto *Interpreter = static_cast<ReferenceInterpreter *>(Self);
  Interpreter->call(Interpreter->*Entry, State, Cache, Tokens, Targets, Info,
                    {Result + Places...});
}

/// The entry point of block number Index.
template <size_t Index>
static void enterBlock(void *Self, uint8_t *State, uint8_t *Cache, uint8_t *,
                       const int32_t *Tokens, const int32_t *Targets,
                       int64_t *Info, float *Result) {
  auto *Interpreter = static_cast<ReferenceInterpreter *>(Self);
  Interpreter->call(Interpreter->Decode[Index], State, Cache, Tokens, Targets,
                    Info, {Result});
}

std::unique_ptr<Interpreter>
ReferenceInterpreter::create(ModuleOp Module, HostType FloatType,
                             const InterpreterOptions &Options) {
  std::unique_ptr<ReferenceInterpreter> Made(new ReferenceInterpreter);
  StatorProgram &Program = Made->Program;
  if (failed(Made->Table.fill(Module, {}, "reference", Options, Program)))
    return nullptr;
  Made->Memory = std::make_unique<ShadowedMemory>(Made->Table, FloatType);
  Made->Evaluator =
      std::make_unique<GraphEvaluator>(Module, FloatType, Made->Memory.get());
  Program.Self = Made.get();
  auto Find = [&](FuncOp &Function, StringRef Name, StatorEntry &Slot,
                  StatorEntry Entry) {
    Function = Module.lookupSymbol<FuncOp>(Name);
    Slot = Function ? Entry : nullptr;
  };
  using Me = ReferenceInterpreter;
  constexpr int Loss = STATOR_RESULT_LOSS, Norm = STATOR_RESULT_GRAD_NORM,
                Rate = STATOR_RESULT_LR;
  Find(Made->TrainStep, "train_step", Program.TrainStep,
       enter<&Me::TrainStep, Loss, Norm, Rate>);
  Find(Made->Accumulate, "accumulate", Program.Accumulate,
       enter<&Me::Accumulate, Loss>);
  Find(Made->Update, "update", Program.Update, enter<&Me::Update, Norm, Rate>);
  Find(Made->Evaluate, "evaluate", Program.Evaluate, enter<&Me::Evaluate, 0>);
  Find(Made->Forward, "forward", Program.Forward, enter<&Me::Forward, 0>);
  Find(Made->Gradients, "gradients", Program.Gradients,
       enter<&Me::Gradients, 0>);
  Made->Decode = entry::getDecodeEntries(Module);
  if (failed(Made->Table.setBlocks(
          Module, makeBlockEntries([](auto Index) -> StatorEntry {
            return enterBlock<Index>;
          }),
          Program)))
    return nullptr;
  return Made;
}

} // namespace stator
