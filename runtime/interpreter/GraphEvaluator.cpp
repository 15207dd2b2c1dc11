//===- GraphEvaluator.cpp - Evaluates functions op by op ------------------===//

#include "runtime/interpreter/GraphEvaluator.h"
#include "passes/Lookups.h"
#include "runtime/core/philox.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace stator {

StateAccess::~StateAccess() = default;

HostType getHostType(Type ElementType, HostType FloatType) {
  if (isa<mlir::FloatType>(ElementType))
    return FloatType;
  return ElementType.isInteger(1) ? HostType::I1 : HostType::I32;
}

int32_t RunInfo::get(InfoKind Kind) const {
  switch (Kind) {
  case InfoKind::Step:
    return static_cast<int32_t>(Step);
  case InfoKind::TotalSteps:
    return static_cast<int32_t>(TotalSteps);
  case InfoKind::Position:
    return static_cast<int32_t>(Position);
  case InfoKind::Last:
    return static_cast<int32_t>(Last);
  }
  llvm_unreachable("all kinds are above");
}

uint32_t drawDropoutBits(const RunInfo &Info, int64_t Stream, int64_t Index) {
  return statorRandomBits(
      Info.Seed, static_cast<uint32_t>(Index), static_cast<uint32_t>(Stream),
      static_cast<uint32_t>(Info.Sequence), STATOR_RANDOM_DROPOUT);
}

uint32_t GraphEvaluator::getDropoutBits(int64_t Stream, int64_t Index) const {
  return drawDropoutBits(Info, Stream, Index);
}

void GraphEvaluator::reportError(Location Loc, const Twine &Message) {
  Errors.push_back(describeError(Loc, Message));
}

std::string describeError(Location Loc, const Twine &Message) {
  std::string Text;
  llvm::raw_string_ostream Stream(Text);
  if (FileLineColLoc Source = getSourceOfLocation(Loc))
    Stream << Source.getFilename().getValue() << ":" << Source.getLine() << ":"
           << Source.getColumn() << ": ";
  Stream << "error: ";
  if (StringRef Path = getPathOfLocation(Loc); !Path.empty())
    Stream << Path << ": ";
  Stream << Message;
  return Text;
}

std::vector<GraphEvaluator::TensorRef> GraphEvaluator::runBlock(Block &Block) {
  for (Operation &Op : Block.without_terminator()) {
    runOp(Op);
    for (Value Dead : Uses.getDyingAt(Op))
      Values->erase(Dead);
  }
  std::vector<TensorRef> Results;
  for (Value Operand : Block.getTerminator()->getOperands())
    Results.push_back(Values->lookup(Operand));
  return Results;
}

void GraphEvaluator::runOp(Operation &Op) {
  std::vector<TensorRef> Operands;
  for (Value Operand : Op.getOperands())
    Operands.push_back(Values->lookup(Operand));
  auto Define = [&](ArrayRef<TensorRef> Results) {
    for (auto [Result, Tensor] : llvm::zip_equal(Op.getResults(), Results))
      (*Values)[Result] = Tensor;
  };

  StringRef Callee;
  if (auto Call = dyn_cast<CallOp>(Op))
    Callee = Call.getCallee();
  else if (auto Launch = dyn_cast<LaunchOp>(Op))
    Callee = Launch.getKernel();
  if (!Callee.empty())
    return Define(run(Symbols.lookup<FuncOp>(Callee), std::move(Operands)));

  if (auto Read = dyn_cast<ReadOp>(Op))
    return Define(
        {std::make_shared<HostTensor>(State->read(Read.getParameter()))});
  if (auto Write = dyn_cast<WriteOp>(Op)) {
    Writes.emplace_back(Write.getParameter().str(), Operands[0]);
    return;
  }
  if (auto Asked = dyn_cast<InfoOp>(Op)) {
    HostTensor Number(HostType::I32, {});
    *Number.data<int32_t>() = Info.get(Asked.getKind());
    return Define({std::make_shared<HostTensor>(std::move(Number))});
  }

  std::vector<HostTensor> Results;
  for (Type Result : Op.getResultTypes()) {
    auto Tensor = cast<RankedTensorType>(Result);
    Results.emplace_back(getHostType(Tensor.getElementType(), FloatType),
                         Tensor.getShape());
  }
  SmallVector<const HostTensor *> Pointers;
  for (const TensorRef &Operand : Operands)
    Pointers.push_back(Operand.get());
  const size_t NumErrors = Errors.size();
  cast<ReferenceEvaluation>(Op).evaluate(*this, Pointers, Results);
  if (Errors.size() != NumErrors && getLookup(&Op).Indices)
    Bad.note(&Op, {Operands[1]->data<int32_t>(),
                   static_cast<size_t>(Operands[1]->getNumElements())});
  std::vector<TensorRef> Shared;
  Shared.reserve(Results.size());
  for (HostTensor &Result : Results)
    Shared.push_back(std::make_shared<HostTensor>(std::move(Result)));
  Define(Shared);
}

std::vector<HostTensor>
GraphEvaluator::evaluateRegion(Region &Region,
                               std::vector<HostTensor> Arguments) {
  Block &Body = Region.front();
  for (auto [Argument, Tensor] :
       llvm::zip_equal(Body.getArguments(), Arguments))
    (*Values)[Argument] = std::make_shared<HostTensor>(std::move(Tensor));
  std::vector<HostTensor> Results;
  for (const TensorRef &Result : runBlock(Body))
    Results.push_back(*Result);
  return Results;
}

std::vector<GraphEvaluator::TensorRef>
GraphEvaluator::run(FuncOp Function, std::vector<TensorRef> Arguments) {
  Environment Own;
  Environment *Outer = std::exchange(Values, &Own);
  Block &Body = Function.getBody().front();
  for (auto [Argument, Tensor] :
       llvm::zip_equal(Body.getArguments(), Arguments))
    Own[Argument] = std::move(Tensor);
  Arguments.clear();
  ++Depth;
  std::vector<TensorRef> Results = runBlock(Body);
  Values = Outer;
  if (--Depth > 0)
    return Results;
  auto Written = std::exchange(Writes, {});
  // What came of an error must not get into the state.
  if (Errors.empty())
    for (auto &[Name, Value] : Written)
      State->write(Name, *Value);
  return Results;
}

} // namespace stator
