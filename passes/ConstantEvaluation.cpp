//===- ConstantEvaluation.cpp - Values known at compile time --------------===//

#include "passes/ConstantEvaluation.h"
#include "ir/Splat.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace stator;

namespace {
/// Nothing that depends on a run is evaluated here.
class CompileTime : public EvalContext {
public:
  bool Failed = false;

  HostType getFloatType() const override { return HostType::F32; }
  uint32_t getDropoutBits(int64_t, int64_t) const override {
    llvm_unreachable("dropout is not known at compile time");
  }
  void reportError(Location, const Twine &) override { Failed = true; }
  std::vector<HostTensor> evaluateRegion(Region &,
                                         std::vector<HostTensor>) override {
    llvm_unreachable("loops are not evaluated at compile time");
  }
};

/// Evaluates the ops that a value depends on, each once.
class ConstantEvaluator {
public:
  explicit ConstantEvaluator(int64_t MaxElements) : MaxElements(MaxElements) {}

  /// Whether all ops before the value can be evaluated.
  bool isKnown(Value Value) {
    Operation *Op = Value.getDefiningOp();
    if (!Op)
      return false;
    auto [It, IsNew] = Known.try_emplace(Op, false);
    if (!IsNew)
      return It->second;
    bool IsFine =
        isa<ReferenceEvaluation>(Op) && !isa<DropoutOp>(Op) &&
        Op->getNumRegions() == 0 &&
        llvm::all_of(Op->getResultTypes(),
                     [&](Type Type) {
                       return cast<RankedTensorType>(Type).getNumElements() <=
                              MaxElements;
                     }) &&
        llvm::all_of(Op->getOperands(),
                     [&](mlir::Value Operand) { return isKnown(Operand); });
    return Known[Op] = IsFine;
  }

  const HostTensor &evaluate(Value Value) {
    auto Result = cast<OpResult>(Value);
    Operation *Op = Result.getOwner();
    if (!Values.count(Op)) {
      SmallVector<const HostTensor *> Operands;
      for (mlir::Value Operand : Op->getOperands())
        evaluate(Operand);
      for (mlir::Value Operand : Op->getOperands())
        Operands.push_back(&evaluate(Operand));
      std::vector<HostTensor> Results;
      for (Type Type : Op->getResultTypes())
        Results.push_back(makeTensor(cast<RankedTensorType>(Type)));
      cast<ReferenceEvaluation>(Op).evaluate(Context, Operands, Results);
      Values[Op] =
          std::make_unique<std::vector<HostTensor>>(std::move(Results));
    }
    return (*Values[Op])[Result.getResultNumber()];
  }

  bool hasFailed() const { return Context.Failed; }

private:
  static HostTensor makeTensor(RankedTensorType Type) {
    mlir::Type Element = Type.getElementType();
    HostType Host = isa<FloatType>(Element) ? HostType::F32
                    : Element.isInteger(1)  ? HostType::I1
                                            : HostType::I32;
    return HostTensor(Host, Type.getShape());
  }

  int64_t MaxElements;
  CompileTime Context;
  llvm::DenseMap<Operation *, bool> Known;
  llvm::DenseMap<Operation *, std::unique_ptr<std::vector<HostTensor>>> Values;
};
} // namespace

std::optional<HostTensor> stator::evaluateConstant(Value Value,
                                                   int64_t MaxElements) {
  ConstantEvaluator Evaluator(MaxElements);
  if (!Evaluator.isKnown(Value))
    return std::nullopt;
  HostTensor Result = Evaluator.evaluate(Value);
  if (Evaluator.hasFailed())
    return std::nullopt;
  return Result;
}

std::optional<double> stator::getConstantNumber(Value Value) {
  if (std::optional<double> Number = getSplatNumber(Value))
    return Number;
  if (!isa<FloatType>(cast<RankedTensorType>(Value.getType()).getElementType()))
    return std::nullopt;
  // What is repeated is the same everywhere if it is so before.
  while (auto Broadcast = Value.getDefiningOp<BroadcastOp>())
    Value = Broadcast.getInput();
  std::optional<HostTensor> Tensor = evaluateConstant(Value);
  if (!Tensor || Tensor->getNumElements() == 0)
    return std::nullopt;
  double First = Tensor->getAsDouble(0);
  for (int64_t I = 1; I < Tensor->getNumElements(); ++I)
    if (Tensor->getAsDouble(I) != First)
      return std::nullopt;
  return First;
}
