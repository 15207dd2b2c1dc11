//===- LowerUpdate.cpp - The optimizer and the norm of the gradients ------===//

#include "codegen/EmitMath.h"
#include "codegen/kernels/EmitElementwise.h"
#include "codegen/kernels/Lowerings.h"
#include "codegen/kernels/TensorStreams.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace stator {
namespace {

constexpr auto Contract = arith::FastMathFlags::contract;

RankedTensorType getType(Value V) {
  return cast<RankedTensorType>(V.getType());
}

/// Operands of an optimizer that have an element for each of the parameter.
bool isStream(Operation *Op, unsigned Operand) {
  if (isa<AdamOp>(Op))
    return Operand < 4;
  return Operand < 2 || Operand == 4;
}

std::string makeName(FuncOp Kernel, StringRef What) {
  return (Kernel.getSymName() + "." + What).str();
}

class UpdateLowering {
public:
  UpdateLowering(KernelEmitter &E, FuncOp Kernel) : E(E), Kernel(Kernel) {
    auto *Return = Kernel.getBody().front().getTerminator();
    for (auto [I, V] : llvm::enumerate(Return->getOperands()))
      ResultOf[V] = I;
  }

  void run();

private:
  /// What ops must have in common to be done in one loop.
  std::string describe(Operation *Op) const;
  void emitUpdates(ArrayRef<Operation *> Ops);
  void emitFills(MutableArrayRef<ConstantOp> Ops);

  KernelEmitter &E;
  FuncOp Kernel;
  llvm::DenseMap<Value, unsigned> ResultOf;
};

std::string UpdateLowering::describe(Operation *Op) const {
  std::string Text;
  llvm::raw_string_ostream Stream(Text);
  Stream << Op->getName() << Op->getAttrDictionary()
         << getType(Op->getOperand(0)).getElementType();
  for (OpOperand &Operand : Op->getOpOperands()) {
    // Tensors are streams, unless they are one number everywhere.
    auto Constant = Operand.get().getDefiningOp<ConstantOp>();
    if (Constant && isStream(Op, Operand.getOperandNumber()))
      Stream << " "
             << cast<DenseElementsAttr>(Constant.getValue())
                    .getSplatValue<Attribute>();
    else if (!isStream(Op, Operand.getOperandNumber()))
      Stream << " " << Operand.get().getAsOpaquePointer();
    else
      Stream << " tensor";
  }
  for (Value Result : Op->getResults())
    Stream << (ResultOf.contains(Result) ? " written" : " dropped");
  return Text;
}

void UpdateLowering::emitUpdates(ArrayRef<Operation *> Ops) {
  Operation *Prototype = Ops.front();
  E.B.setLoc(Prototype->getLoc());
  SmallVector<int64_t> Sizes;
  for (Operation *Op : Ops)
    Sizes.push_back(getType(Op->getOperand(0)).getNumElements());
  Type Element = getType(Prototype->getOperand(0)).getElementType();
  TensorStreams Streams(E, makeName(Kernel, "update"), Sizes, Element);

  // Numbers that are the same for all elements; null where there is a stream.
  SmallVector<Value> Numbers;
  for (OpOperand &Operand : Prototype->getOpOperands()) {
    const unsigned I = Operand.getOperandNumber();
    if (!isStream(Prototype, I) || Operand.get().getDefiningOp()) {
      Indices Index(isStream(Prototype, I) ? getType(Operand.get()).getRank()
                                           : 0,
                    E.getConstantIndex(0));
      Numbers.push_back(E.emit(Operand.get(), Index));
      continue;
    }
    SmallVector<int64_t> Arguments;
    for (Operation *Op : Ops)
      Arguments.push_back(
          cast<BlockArgument>(Op->getOperand(I)).getArgNumber());
    Streams.addStream(Arguments);
    Numbers.push_back({});
  }
  SmallVector<unsigned> Written;
  for (unsigned I = 0; I != Prototype->getNumResults(); ++I) {
    if (!ResultOf.contains(Prototype->getResult(I)))
      continue;
    SmallVector<int64_t> Arguments;
    for (Operation *Op : Ops)
      Arguments.push_back(E.getResultArgument(ResultOf[Op->getResult(I)]));
    Streams.addStream(Arguments);
    Written.push_back(I);
  }

  auto Settings = emitRunSettings(E.B, Prototype, E.Info);

  // Results may lie over operands, so all are read before any is written.
  using Carried = TensorStreams::Carried;
  Streams.forEach([] { return Carried(); },
                  [&](ArrayRef<Value> Addresses, const Carried &) {
                    SmallVector<Value> Operands;
                    for (auto [I, Number] : llvm::enumerate(Numbers)) {
                      if (!Number) {
                        Operands.push_back(Streams.load(Addresses.front()));
                        Addresses = Addresses.drop_front();
                      } else {
                        Operands.push_back(
                            isStream(Prototype, I) ? E.splat(Number) : Number);
                      }
                    }
                    auto Results = emitElementwise(E.B, Prototype, Operands,
                                                   E.Target, Settings);
                    for (auto [I, Address] : llvm::zip(Written, Addresses))
                      Streams.store(Results[I], Address);
                    return Carried();
                  },
                  [](LaneIndex, const Carried &) {});
}

void UpdateLowering::emitFills(MutableArrayRef<ConstantOp> Ops) {
  E.B.setLoc(Ops.front().getLoc());
  SmallVector<int64_t> Sizes;
  SmallVector<int64_t> Arguments;
  for (ConstantOp Op : Ops) {
    Sizes.push_back(getType(Op.getResult()).getNumElements());
    Arguments.push_back(E.getResultArgument(ResultOf[Op.getResult()]));
  }
  RankedTensorType Type = getType(Ops.front().getResult());
  TensorStreams Streams(E, makeName(Kernel, "fill"), Sizes,
                        Type.getElementType());
  Streams.addStream(Arguments);
  Value Number = E.emit(Ops.front().getResult(),
                        Indices(Type.getRank(), E.getConstantIndex(0)));
  using Carried = TensorStreams::Carried;
  Streams.forEach([] { return Carried(); },
                  [&](ArrayRef<Value> Addresses, const Carried &) {
                    Streams.store(Number, Addresses.front());
                    return Carried();
                  },
                  [](LaneIndex, const Carried &) {});
}

void UpdateLowering::run() {
  llvm::StringMap<unsigned> Known;
  SmallVector<SmallVector<Operation *>> Updates;
  llvm::MapVector<Attribute, SmallVector<ConstantOp>> Fills;
  for (Operation &Op : Kernel.getBody().front().without_terminator()) {
    auto Constant = dyn_cast<ConstantOp>(Op);
    if (!Constant) {
      auto [Found, New] = Known.try_emplace(describe(&Op), Updates.size());
      if (New)
        Updates.emplace_back();
      Updates[Found->second].push_back(&Op);
    } else if (ResultOf.contains(Constant.getResult())) {
      Fills[cast<DenseElementsAttr>(Constant.getValue())
                .getSplatValue<Attribute>()]
          .push_back(Constant);
    }
  }
  for (ArrayRef<Operation *> Ops : Updates)
    if (llvm::any_of(Ops.front()->getResults(),
                     [&](Value V) { return ResultOf.contains(V); }))
      emitUpdates(Ops);
  // What is filled may have been read above.
  for (auto &[Number, Ops] : Fills)
    emitFills(Ops);
}

} // namespace

LogicalResult lowerUpdate(KernelEmitter &E, FuncOp Kernel) {
  UpdateLowering(E, Kernel).run();
  return success();
}

/// Squares are summed in f64, segment by segment, and the segments in their
/// order.
LogicalResult lowerGlobalNorm(KernelEmitter &E, GlobalNormOp Op) {
  SmallVector<int64_t> Sizes;
  SmallVector<int64_t> Arguments;
  for (Value Input : Op.getInputs()) {
    Sizes.push_back(getType(Input).getNumElements());
    Arguments.push_back(cast<BlockArgument>(Input).getArgNumber());
  }
  Type Element = getType(Op.getResult()).getElementType();
  Type F64 = E.B.getF64Type();
  const int64_t Lanes = E.Target.getF32Lanes();
  auto GetZero = [&](int64_t Width) -> Value {
    Type Type = F64;
    if (Width > 1)
      Type = VectorType::get({Width}, F64);
    return arith::ConstantOp::create(E.B, E.B.getZeroAttr(Type));
  };

  TensorStreams Streams(E, makeName(Op->getParentOfType<FuncOp>(), "norm"),
                        Sizes, Element);
  Streams.addStream(Arguments);
  Value Partial =
      E.createBuffer(F64, std::max<int64_t>(Streams.getNumSegments(), 1));
  using Carried = TensorStreams::Carried;
  // The sum of whole vectors, and that of what remains.
  Streams.forEach([&] { return Carried{GetZero(Lanes), GetZero(1)}; },
                  [&](ArrayRef<Value> Addresses, const Carried &Before) {
                    Value X = Streams.load(Addresses.front());
                    if (!Element.isF64()) {
                      Type Wide = F64;
                      if (auto Vector = dyn_cast<VectorType>(X.getType()))
                        Wide = Vector.clone(F64);
                      X = arith::ExtFOp::create(E.B, Wide, X);
                    }
                    X = arith::MulFOp::create(E.B, X, X, Contract);
                    Carried After = Before;
                    Value &Sum = After[E.Width == Lanes && Lanes > 1 ? 0 : 1];
                    Sum = arith::AddFOp::create(E.B, Sum, X, Contract);
                    return After;
                  },
                  [&](LaneIndex Segment, const Carried &After) {
                    auto Add = [&](Value X, Value Y) -> Value {
                      return arith::AddFOp::create(E.B, X, Y, Contract);
                    };
                    Value Sum = After[1];
                    if (Lanes > 1)
                      Sum = Add(combineLanes(E.B, E.B.getLoc(), After[0], Add),
                                Sum);
                    E.store(Sum, Partial, Segment);
                  });

  scf::ForOp Loop =
      E.openFor(E.getConstant(0), E.getConstant(Streams.getNumSegments()), 1,
                ValueRange{GetZero(1)});
  Value Part = E.load(Partial, E.getUniform(Loop.getInductionVar()));
  E.close(ValueRange{
      arith::AddFOp::create(E.B, Loop.getRegionIterArgs().front(), Part)});
  Value Norm = math::SqrtOp::create(E.B, Loop.getResult(0));
  if (!Element.isF64())
    Norm = arith::TruncFOp::create(E.B, Element, Norm);
  E.store(Norm, E.getResultMemory(0), E.getConstantIndex(0));
  return success();
}

} // namespace stator
