//===- Engine.cpp - Runs ops as they come ---------------------------------===//

#include "runtime/interpreter/eager/Engine.h"
#include "runtime/interpreter/eager/Tape.h"

using namespace mlir;

namespace stator::eager {

Engine::Engine() {
  addElementwiseHandlers(Handlers);
  addShapeHandlers(Handlers);
  addTensorHandlers(Handlers);
}

uint32_t Engine::getDropoutBits(int64_t Stream, int64_t Index) const {
  return drawDropoutBits(Info, Stream, Index);
}

void Engine::reportError(Location Loc, const Twine &Message) {
  Errors.push_back(describeError(Loc, Message));
}

std::vector<HostTensor> Engine::evaluateRegion(Region &,
                                               std::vector<HostTensor>) {
  llvm_unreachable("scans have a handler");
}

ArrayRef<int64_t> getShapeOf(Value Of) {
  return cast<RankedTensorType>(Of.getType()).getShape();
}

Tensor makeResult(Value Result) {
  auto Type = cast<RankedTensorType>(Result.getType());
  return Tensor(getHostType(Type.getElementType(), HostType::F32),
                Type.getShape());
}

void Engine::runReference(Operation *Op, ArrayRef<Tensor> Operands,
                          MutableArrayRef<Tensor> Results) {
  SmallVector<HostTensor, 4> Inputs;
  SmallVector<const HostTensor *, 4> Pointers;
  for (const Tensor &Operand : Operands)
    Inputs.push_back(toHost(Operand));
  for (const HostTensor &Input : Inputs)
    Pointers.push_back(&Input);
  std::vector<HostTensor> Outputs;
  for (Value Result : Op->getResults())
    Outputs.emplace_back(
        getHostType(getElementTypeOrSelf(Result.getType()), HostType::F32),
        getShapeOf(Result));
  cast<ReferenceEvaluation>(Op).evaluate(*this, Pointers, Outputs);
  for (auto [Result, Output] : llvm::zip_equal(Results, Outputs))
    Result = fromHost(Output);
}

TensorList Engine::runBlock(Block &Block) {
  TensorList Operands, Results;
  for (Operation &Op : Block.without_terminator()) {
    Operands.clear();
    for (Value Operand : Op.getOperands())
      Operands.push_back(Values->lookup(Operand));
    Results.assign(Op.getNumResults(), Tensor());

    bool Differentiates = false;
    if (auto Leaf = dyn_cast<ReadOp>(Op)) {
      Results[0] = Read(Leaf.getParameter());
      if (Record)
        Record->addLeaf(Leaf, Results[0]);
    } else if (auto Sink = dyn_cast<WriteOp>(Op)) {
      Writes.emplace_back(Sink.getParameter(), Operands[0]);
    } else if (auto Asked = dyn_cast<InfoOp>(Op)) {
      Results[0] = Tensor(HostType::I32, {});
      *Results[0].data<int32_t>() = Info.get(Asked.getKind());
    } else {
      if (Handler Run = Handlers.lookup(Op.getName().getTypeID()))
        Run(*this, &Op, Operands, Results);
      else
        runReference(&Op, Operands, Results);
      Differentiates =
          Record && llvm::any_of(Operands, [](const Tensor &Operand) {
            return Operand.RequiresGrad;
          });
      // Views carry the flag of what they show; it is decided here alone.
      Differentiates = Differentiates && isa<Differentiable>(Op);
      for (Tensor &Result : Results)
        Result.RequiresGrad =
            Differentiates && Result.getType() == HostType::F32;
      if (Differentiates)
        Record->record(*this, &Op, Operands, Results);
    }
    for (auto [Result, Made] : llvm::zip_equal(Op.getResults(), Results))
      (*Values)[Result] = std::move(Made);
    for (Value Dead : Uses.getDyingAt(Op))
      Values->erase(Dead);
  }
  TensorList Returned;
  for (Value Operand : Block.getTerminator()->getOperands())
    Returned.push_back(Values->lookup(Operand));
  return Returned;
}

TensorList Engine::runBody(Block &Body, ArrayRef<Tensor> Arguments) {
  Tape *Outer = std::exchange(Record, nullptr);
  for (auto [Argument, Value] : llvm::zip_equal(Body.getArguments(), Arguments))
    (*Values)[Argument] = Value;
  TensorList Yielded = runBlock(Body);
  Record = Outer;
  return Yielded;
}

TensorList Engine::run(FuncOp Function, ArrayRef<Tensor> Arguments) {
  llvm::DenseMap<Value, Tensor> Own;
  auto *Outer = std::exchange(Values, &Own);
  Block &Body = Function.getBody().front();
  for (auto [Argument, Value] : llvm::zip_equal(Body.getArguments(), Arguments))
    Own[Argument] = Value;
  TensorList Results = runBlock(Body);
  Values = Outer;
  if (Values)
    return Results;
  auto Written = std::exchange(Writes, {});
  // What came of an error must not get into the state.
  if (!hasErrors())
    for (auto &[Name, Value] : Written)
      Write(Name, Value);
  return Results;
}

} // namespace stator::eager
