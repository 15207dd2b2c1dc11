//===- LowerKernels.cpp - Kernels as functions on memrefs -----------------===//

#include "codegen/KernelTable.h"
#include "codegen/Target.h"
#include "codegen/contraction/Contraction.h"
#include "codegen/kernels/KernelPasses.h"
#include "codegen/kernels/Lowerings.h"
#include "ir/KernelInterface.h"
#include "ir/UpdateKernel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "runtime/core/program.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace stator {

#define GEN_PASS_DEF_LOWERKERNELS
#include "codegen/kernels/KernelPasses.h.inc"

namespace {

MemRefType getMemoryType(Type Tensor) {
  auto Type = cast<RankedTensorType>(Tensor);
  return MemRefType::get(Type.getShape(), Type.getElementType());
}

/// The op of a kernel that holds one and returns its results as they are, each
/// at most once and in their order; those that it can do without may be
/// missing.
Operation *getSingleOp(FuncOp Kernel) {
  Block &Body = Kernel.getBody().front();
  if (Body.getOperations().size() != 2)
    return nullptr;
  Operation *Op = &Body.front();
  SmallVector<Value> Expected(Op->getResults());
  if (canOmitResults(Op))
    llvm::erase_if(Expected, [](Value Result) { return Result.use_empty(); });
  return llvm::equal(Expected, Body.getTerminator()->getOperands()) ? Op
                                                                    : nullptr;
}

/// The scatter_add of a kernel that adds its sums to an operand, and that
/// operand.
std::pair<ScatterAddOp, BlockArgument> getAddedScatter(FuncOp Kernel) {
  Block &Body = Kernel.getBody().front();
  auto Scatter = dyn_cast<ScatterAddOp>(Body.front());
  if (!Scatter || !Scatter->hasOneUse() || Body.getOperations().size() != 3)
    return {};
  auto Add = dyn_cast<AddOp>(*Scatter->user_begin());
  if (!Add)
    return {};
  Value Base =
      Add.getLhs() == Scatter.getResult() ? Add.getRhs() : Add.getLhs();
  return {Scatter, dyn_cast<BlockArgument>(Base)};
}

LogicalResult lowerBody(FuncOp Kernel, func::FuncOp Func,
                        const CpuTarget &Target) {
  KernelEmitter E(Kernel, Func, Target);
  if (auto Form = EinsumKernel::get(Kernel))
    return lowerEinsum(
        E, *Form, llvm::to_vector_of<Value>(Func.getBody().getArguments()));
  if (isUpdateKernel(Kernel))
    return lowerUpdate(E, Kernel);
  if (auto [Scatter, Base] = getAddedScatter(Kernel); Base)
    return lowerScatterAdd(E, Scatter, Base);
  Operation *Op = getSingleOp(Kernel);
  if (!Op) {
    decomposeOps(Kernel);
    return lowerGroup(E, Kernel);
  }

  E.B.setLoc(Op->getLoc());
  // Its function takes a table of addresses, not a memref for each operand.
  if (auto Norm = dyn_cast<GlobalNormOp>(Op))
    return lowerGlobalNorm(E, Norm);

  // The memrefs of the op, which may take one operand twice.
  Block &Entry = Func.getBody().front();
  SmallVector<Value> Operands;
  for (Value Operand : Op->getOperands())
    if (auto Argument = dyn_cast<BlockArgument>(Operand))
      Operands.push_back(Entry.getArgument(Argument.getArgNumber()));
  // Null for the results that the kernel does without.
  auto Memory =
      Entry.getArguments().take_back(Kernel.getFunctionType().getNumResults());
  SmallVector<Value> Results;
  for (Value Result : Op->getResults()) {
    bool IsWritten = !Result.use_empty();
    Results.push_back(IsWritten ? Value(Memory.front()) : Value());
    Memory = Memory.drop_front(IsWritten);
  }

  return llvm::TypeSwitch<Operation *, LogicalResult>(Op)
      .Case([&](AttentionOp Attention) {
        return emitAttention(E.B, Attention, Operands, E.Info, Results[0],
                             Results[1], Target);
      })
      .Case([&](AttentionGradOp Grad) {
        return emitAttentionGrad(E.B, Grad, Operands, E.Info, Results[0],
                                 Results[1], Results[2], Target);
      })
      .Case([&](CachedAttentionOp Attention) {
        return emitCachedAttention(E.B, Attention, Operands, Results[0],
                                   Target);
      })
      .Case([&](ScatterAddOp Scatter) { return lowerScatterAdd(E, Scatter); })
      .Case([&](CumsumOp Cumsum) { return lowerCumsum(E, Cumsum); })
      .Default([&](Operation *) {
        decomposeOps(Kernel);
        return lowerGroup(E, Kernel);
      });
}

SmallVector<Type> getArguments(FuncOp Kernel) {
  OpBuilder B(Kernel);
  SmallVector<Type> Arguments;
  FunctionType Tensors = Kernel.getFunctionType();
  if (takesArgumentTable(Kernel)) {
    const int64_t Count = Tensors.getNumInputs() + Tensors.getNumResults();
    Arguments.push_back(MemRefType::get({Count}, B.getIndexType()));
    for (Type Tensor :
         llvm::concat<const Type>(Tensors.getInputs(), Tensors.getResults()))
      if (isArgumentBesideTable(Tensor))
        Arguments.push_back(getMemoryType(Tensor));
    if (kernelNeedsInfo(Kernel))
      Arguments.push_back(MemRefType::get({STATOR_INFO_COUNT}, B.getI64Type()));
    return Arguments;
  }
  for (Type Operand : Kernel.getFunctionType().getInputs())
    Arguments.push_back(getMemoryType(Operand));
  if (kernelNeedsInfo(Kernel))
    Arguments.push_back(MemRefType::get({STATOR_INFO_COUNT}, B.getI64Type()));
  for (Type Result : Kernel.getFunctionType().getResults())
    Arguments.push_back(getMemoryType(Result));
  return Arguments;
}

LogicalResult lowerKernel(FuncOp Kernel, const CpuTarget &Target) {
  OpBuilder B(Kernel);
  auto Func = func::FuncOp::create(B, Kernel.getLoc(), Kernel.getSymName(),
                                   B.getFunctionType(getArguments(Kernel), {}));
  if (takesArgumentTable(Kernel))
    Func->setAttr(ArgumentTableAttrName, B.getUnitAttr());
  Func.setPrivate();
  Func.addEntryBlock();
  if (failed(lowerBody(Kernel, Func, Target)))
    return failure();
  Kernel.erase();
  return success();
}

struct LowerKernels : impl::LowerKernelsBase<LowerKernels> {
  using LowerKernelsBase::LowerKernelsBase;

  void runOnOperation() override {
    std::string Error;
    FailureOr<CpuTarget> Target = CpuTarget::get(cpu, Error, platform);
    if (failed(Target)) {
      getOperation().emitError() << Error;
      return signalPassFailure();
    }
    for (FuncOp Func :
         llvm::make_early_inc_range(getOperation().getOps<FuncOp>()))
      if (Func.getKernel() && failed(lowerKernel(Func, *Target)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace stator
