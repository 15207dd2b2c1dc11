//===- QuantizeWeights.cpp - Weights as decoding reads them ---------------===//
//
// Every step of decoding reads all weights, so their bytes are its time. This
// pass says how the state holds them: in which type, and with the contracted
// dimension last, which kernels of few rows walk along.
//
//===----------------------------------------------------------------------===//

#include "ir/Einsum.h"
#include "passes/EntryPoints.h"
#include "passes/Passes.h"

namespace stator {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "passes/Passes.h.inc"
} // namespace stator

using namespace mlir;
using namespace stator;

namespace {

/// Elements that share a scale, along the contracted dimension.
constexpr int64_t ScaleBlock = 32;
/// Smaller matrices stay f32: all of them together are nothing beside the
/// others, and scales would be a large part of them.
constexpr int64_t MinElements = 1024;

/// What a program does with a parameter.
struct WeightUses {
  SmallVector<ReadOp> Reads;
  SmallVector<OpOperand *> Contractions; ///< operands of einsums
  bool IsTable = false;                  ///< rows of it are gathered
  bool HasOther = false;
  std::optional<int64_t> Axis; ///< that all contractions sum over
};

struct QuantizeWeights : stator::impl::QuantizeWeightsBase<QuantizeWeights> {
  using QuantizeWeightsBase::QuantizeWeightsBase;

  void runOnOperation() override;

private:
  void collectUses();
  static void addUse(WeightUses &Uses, OpOperand &Use);
  void handle(ParameterOp Parameter, WeightUses &Uses);
  void transpose(ParameterOp Parameter, WeightUses &Uses);
  void store(ParameterOp Parameter, WeightUses &Uses, Type Element);
  ParameterOp declareScales(ParameterOp Parameter);

  bool HasDecoding = false;
  llvm::DenseMap<StringAttr, WeightUses> UsesOf;
};

/// The dimension of the operand that the contraction sums over, if the operand
/// is a matrix and the other dimension one of the result alone.
std::optional<int64_t> getContractedAxis(OpOperand &Use) {
  auto Einsum = cast<EinsumOp>(Use.getOwner());
  std::string Error;
  auto Equation = EinsumEquation::parse(Einsum.getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  auto &Names = Use.getOperandNumber() == 0 ? Equation->Lhs : Equation->Rhs;
  std::optional<int64_t> Axis;
  for (auto [Dim, Name] : llvm::enumerate(Names)) {
    EinsumRole Role = Equation->getRole(Name);
    if (Role == EinsumRole::Batch)
      return std::nullopt;
    if (Role != EinsumRole::Contracted)
      continue;
    if (Axis)
      return std::nullopt;
    Axis = Dim;
  }
  return Names.size() == 2 ? Axis : std::nullopt;
}

void exchangeDimensions(OpOperand &Use) {
  auto Einsum = cast<EinsumOp>(Use.getOwner());
  std::string Error;
  auto Equation = EinsumEquation::parse(Einsum.getEquation(), Error);
  auto &Names = Use.getOperandNumber() == 0 ? Equation->Lhs : Equation->Rhs;
  std::swap(Names[0], Names[1]);
  Einsum.setEquation(Equation->str());
}

RankedTensorType withElement(RankedTensorType Type, mlir::Type Element) {
  return RankedTensorType::get(Type.getShape(), Element);
}

} // namespace

void QuantizeWeights::addUse(WeightUses &Uses, OpOperand &Use) {
  Operation *User = Use.getOwner();
  if (auto Gather = dyn_cast<GatherOp>(User);
      Gather && Use.getOperandNumber() == 0) {
    Uses.IsTable = true;
    return;
  }
  std::optional<int64_t> Axis;
  if (isa<EinsumOp>(User) && User->getOperand(0) != User->getOperand(1))
    Axis = getContractedAxis(Use);
  if (!Axis || (Uses.Axis && Uses.Axis != Axis)) {
    Uses.HasOther = true;
    return;
  }
  Uses.Axis = Axis;
  Uses.Contractions.push_back(&Use);
}

void QuantizeWeights::collectUses() {
  getOperation().walk([&](Operation *Op) {
    if (auto Read = dyn_cast<ReadOp>(Op)) {
      WeightUses &Uses = UsesOf[Read.getParameterAttr().getAttr()];
      Uses.Reads.push_back(Read);
      for (OpOperand &Use : Read->getUses())
        addUse(Uses, Use);
    } else if (auto Write = dyn_cast<WriteOp>(Op)) {
      UsesOf[Write.getParameterAttr().getAttr()].HasOther = true;
    }
  });
}

/// Stores the parameter with its dimensions exchanged.
void QuantizeWeights::transpose(ParameterOp Parameter, WeightUses &Uses) {
  for (OpOperand *Use : Uses.Contractions)
    exchangeDimensions(*Use);
  RankedTensorType Old = Parameter.getTensorType();
  auto New = RankedTensorType::get({Old.getDimSize(1), Old.getDimSize(0)},
                                   Old.getElementType());
  Parameter.setType(New);
  Parameter.setTransposed(!Parameter.getTransposed());
  for (ReadOp Read : Uses.Reads)
    Read.getResult().setType(New);
  Uses.Axis = 1;
}

ParameterOp QuantizeWeights::declareScales(ParameterOp Parameter) {
  MLIRContext *Context = &getContext();
  RankedTensorType Type = Parameter.getTensorType();
  auto Scales = RankedTensorType::get(
      {Type.getDimSize(0), (Type.getDimSize(1) + ScaleBlock - 1) / ScaleBlock},
      Float32Type::get(Context));
  std::string Name = Parameter.getSymName().str() + ".scale";
  if (getOperation().lookupSymbol(Name)) {
    Parameter.emitError() << "the scales of @" << Parameter.getSymName()
                          << " would be named @" << Name
                          << ", which already exists";
    return nullptr;
  }
  OpBuilder B(Context);
  B.setInsertionPointAfter(Parameter);
  return ParameterOp::create(
      B, Parameter.getLoc(), StringAttr::get(Context, Name),
      /*sym_visibility=*/nullptr, TypeAttr::get(Scales),
      InitAttr::get(Context, InitKind::Constant, 0.0, 0.0),
      RoleAttr::get(Context, Role::Scale),
      FlatSymbolRefAttr::get(Context, Parameter.getSymName()),
      /*frozen=*/nullptr, /*decay=*/nullptr, /*transposed=*/nullptr);
}

/// Stores the parameter as `Element`.
void QuantizeWeights::store(ParameterOp Parameter, WeightUses &Uses,
                            Type Element) {
  ParameterOp Scales;
  if (Element.isInteger()) {
    Scales = declareScales(Parameter);
    if (!Scales)
      return signalPassFailure();
  }
  RankedTensorType Old = Parameter.getTensorType();
  RankedTensorType New = withElement(Old, Element);
  Parameter.setType(New);
  for (ReadOp Read : Uses.Reads) {
    OpBuilder B(Read->getContext());
    B.setInsertionPointAfter(Read);
    Read.getResult().setType(New);
    Value Scale;
    if (Scales)
      Scale = ReadOp::create(
          B, Read.getLoc(), Scales.getTensorType(),
          FlatSymbolRefAttr::get(&getContext(), Scales.getSymName()));
    auto Dequantize = DequantizeOp::create(
        B, Read.getLoc(), Old, Read.getResult(), Scale,
        /*axis=*/Scales ? 1 : 0, /*block=*/Scales ? ScaleBlock : 0);
    Read.getResult().replaceAllUsesExcept(Dequantize.getResult(), Dequantize);
  }
}

void QuantizeWeights::handle(ParameterOp Parameter, WeightUses &Uses) {
  RankedTensorType Type = Parameter.getTensorType();
  if (Parameter.getRole() != Role::Parameter || Type.getRank() != 2 ||
      !Type.getElementType().isF32() || Uses.HasOther || Uses.Reads.empty())
    return;
  if (Uses.Axis == 0 && !Uses.IsTable && (type != "f32" || HasDecoding))
    transpose(Parameter, Uses);
  Type = Parameter.getTensorType();
  if (type == "f32" || Type.getNumElements() < MinElements)
    return;
  Builder B(&getContext());
  // What is only looked up is not read as a whole: a smaller type than bf16
  // would lose digits for nothing.
  bool IsInt8 =
      type == "int8" && Uses.Axis == 1 && Type.getDimSize(1) >= ScaleBlock;
  store(Parameter, Uses, IsInt8 ? mlir::Type(B.getI8Type()) : B.getBF16Type());
}

void QuantizeWeights::runOnOperation() {
  ModuleOp Module = getOperation();
  if (type != "f32" && type != "bf16" && type != "int8") {
    Module.emitError() << "unknown type of weights \"" << type
                       << "\"; there are f32, bf16 and int8";
    return signalPassFailure();
  }
  for (FuncOp Func : Module.getOps<FuncOp>()) {
    StringRef Name = Func.getSymName();
    HasDecoding |= entry::getDecodeWidth(Name) != 0;
    if (type != "f32" && entry::isEntryPoint(Name) && Name != entry::Forward &&
        !entry::getDecodeWidth(Name)) {
      Func.emitError() << "weights of type " << type
                       << " are supported for inference only: @" << Name
                       << " trains";
      return signalPassFailure();
    }
  }
  collectUses();
  for (ParameterOp Parameter :
       llvm::make_early_inc_range(Module.getOps<ParameterOp>()))
    if (auto Uses = UsesOf.find(Parameter.getSymNameAttr());
        Uses != UsesOf.end())
      handle(Parameter, Uses->second);
}
