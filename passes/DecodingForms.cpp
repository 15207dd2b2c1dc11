//===- DecodingForms.cpp - Ops that need more than their new positions ----===//
//
// How a step computes positions, attention, masks, shifts in time, running
// sums and loops.
//
//===----------------------------------------------------------------------===//

#include "ir/Splat.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/DecodingStep.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace stator {

/// `Scalar` everywhere, in the shape of `Type`.
static Value broadcastScalar(ImplicitLocOpBuilder &B, Value Scalar,
                             RankedTensorType Type) {
  return BroadcastOp::create(B, Type, Scalar, ArrayRef<int64_t>());
}

/// Indices along a dimension, from a position on.
static Value createPositions(ImplicitLocOpBuilder &B, RankedTensorType Type,
                             int64_t Axis, Value Start) {
  return IAddOp::create(B, IotaOp::create(B, Type, Axis),
                        broadcastScalar(B, Start, Type));
}

Value DecodingStep::makeIota(IotaOp Op, StepForm Form) {
  if (Planning)
    return {};
  return createPositions(*B, resize(Op.getType(), Form.Dim, getSize(Form)),
                         Op.getAxis(), getStart(Form));
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

// A window needs the keys of the last positions only, which a ring of slots
// holds: those of the window and of the largest step, whose first row still
// sees what its last row is about to replace.
Value DecodingStep::makeAttention(AttentionOp Op, StepForm Form) {
  const int64_t TimeDim = 2;
  if (Form.Dim != TimeDim || !Op.getCausal())
    return fail(Op, "attention along another dimension than that of queries");
  RankedTensorType KeyType = Op.getKey().getType();
  if (KeyType.getDimSize(TimeDim) !=
      Op.getQuery().getType().getDimSize(TimeDim))
    return fail(Op, "attention to another number of positions than queries");
  std::optional<int64_t> Window;
  if (Op.getWindow())
    Window = *Op.getWindow();
  int64_t Slots = KeyType.getDimSize(TimeDim);
  if (!hasAllPositions(Op.getKey(), TimeDim))
    return fail(Op, "attention to some positions only");
  bool IsRing = Window && !Op.getBias() && varies(Op.getKey()) &&
                varies(Op.getValue()) &&
                *Window + Caches.LargestWidth - 1 < Slots;
  if (IsRing)
    Slots = *Window + Caches.LargestWidth - 1;

  StepForm QueryForm = Form;
  Value Query = use(Op.getQuery(), QueryForm);
  auto UseCache = [&](Value Of) -> Value {
    if (!IsRing)
      return use(Of, StepForm::whole());
    Value Rows = use(Of, StepForm::rows(TimeDim));
    if (Planning)
      return {};
    ParameterOp Cache =
        Caches.get(Of, "ring", resize(Of.getType(), TimeDim, Slots));
    if (Value Updated = Writes.lookup(Cache))
      return Updated;
    Value All =
        UpdateSliceOp::create(*B, Cache.getTensorType(), readCache(Cache),
                              Position, Rows, TimeDim, /*ring=*/true);
    writeCache(Cache, All);
    return All;
  };
  Value Key = UseCache(Op.getKey());
  Value Values = UseCache(Op.getValue());
  Value Bias;
  if (Op.getBias()) {
    StepForm BiasForm = Form;
    BiasForm.Dim = Op.getBias().getType().getRank() - 2;
    Bias = use(Op.getBias(), BiasForm);
  }
  if (Planning)
    return {};
  return CachedAttentionOp::create(
      *B, resize(Op.getResult().getType(), TimeDim, getSize(Form)), Query, Key,
      Values, getStart(Form), Bias, Op.getScaleAttr(), Op.getWindowAttr(),
      IsRing ? B->getUnitAttr() : UnitAttr());
}

// The mask as a comparison of positions.
Value DecodingStep::makeMask(CausalMaskOp Op, StepForm Form) {
  int64_t Rank = Op.getType().getRank(), QueryDim = Rank - 2, KeyDim = Rank - 1;
  if (Form.Dim != QueryDim)
    return fail(Op, "a mask whose keys are the positions of the step");
  Value Scores = use(Op.getInput(), Form);
  if (Planning)
    return {};
  auto Type = resize(Op.getType(), QueryDim, getSize(Form));
  auto Ints = RankedTensorType::get(Type.getShape(), B->getI32Type());
  auto Bools = RankedTensorType::get(Type.getShape(), B->getI1Type());
  int64_t Ahead =
      Op.getType().getDimSize(KeyDim) - Op.getType().getDimSize(QueryDim);
  Value Keys = IotaOp::create(*B, Ints, KeyDim);
  Value Queries = createPositions(*B, Ints, QueryDim, getStart(Form));
  if (Ahead != 0)
    Queries = IAddOp::create(
        *B, Queries,
        createSplat(*B, B->getLoc(), Ints, static_cast<double>(Ahead)));
  Value Seen = CompareOp::create(*B, Bools, Predicate::LE, Keys, Queries);
  if (std::optional<uint64_t> Window = Op.getWindow()) {
    Value First = ISubOp::create(
        *B, Queries,
        createSplat(*B, B->getLoc(), Ints, static_cast<double>(*Window)));
    Seen = AndOp::create(
        *B, Seen, CompareOp::create(*B, Bools, Predicate::GT, Keys, First));
  }
  return SelectOp::create(
      *B, Seen, Scores,
      createSplat(*B, B->getLoc(), Type, Op.getFill().convertToDouble()));
}

//===----------------------------------------------------------------------===//
// Shifts
//===----------------------------------------------------------------------===//

/// The numbers with that of one dimension replaced.
static SmallVector<int64_t> replaceAt(ArrayRef<int64_t> Numbers, int64_t Dim,
                                      int64_t Number) {
  SmallVector<int64_t> Result(Numbers);
  Result[Dim] = Number;
  return Result;
}

// Index i of a slice from o on is index i + o of its operand, of a pad with low
// l index i - l, and of a concatenation after n rows index i - n: all of them
// ask for other rows of their operand. A causal convolution pads by k - 1 rows
// and slices from 0, 1, ..., k - 1 on.
Value DecodingStep::makeShifted(OpResult Result, StepForm Form) {
  Operation *Op = Result.getOwner();
  int64_t Dim = Form.Dim;
  auto Refuse = [&](const Twine &Why) { return fail(Op, Why); };
  StepForm Inner = Form;
  if (auto Slice = dyn_cast<SliceOp>(Op)) {
    if (Slice.getStrides()[Dim] != 1)
      return Refuse("a slice that takes some positions only");
    Inner.Shift -= Slice.getOffsets()[Dim];
    if (Inner.Shift <= 0)
      Inner.Before = {};
    Value Rows = use(Slice.getInput(), Inner);
    return Planning
               ? Rows
               : SliceOp::create(*B, resize(Slice.getType(), Dim, Width), Rows,
                                 replaceAt(Slice.getOffsets(), Dim, 0),
                                 Slice.getStrides());
  }
  if (auto Pad = dyn_cast<PadOp>(Op)) {
    if (Pad.getStrides()[Dim] != 1)
      return Refuse("a pad that spreads positions");
    if (Form.Before)
      return Refuse("shifts in time that begin with different rows");
    Inner.Shift += Pad.getLow()[Dim]; // behind which there are zeros
    Value Rows = use(Pad.getInput(), Inner);
    return Planning ? Rows
                    : PadOp::create(*B, resize(Pad.getType(), Dim, Width), Rows,
                                    replaceAt(Pad.getLow(), Dim, 0),
                                    Pad.getStrides());
  }
  auto Concat = cast<ConcatOp>(Op);
  Value First = Concat.getInputs()[0];
  int64_t NumFirst = cast<RankedTensorType>(First.getType()).getDimSize(Dim);
  if (Concat.getInputs().size() != 2 || varies(First) || Form.Shift > 0)
    return Refuse("a concatenation along time of other things than a beginning "
                  "and what follows");
  Inner.Shift += NumFirst;
  if (Inner.Shift > 0) {
    Inner.Before = First;
    // Planned here, as its place may be behind that of what is delayed.
    if (Planning)
      use(First, StepForm::whole());
  }
  return use(Concat.getInputs()[1], Inner);
}

/// Rows of `Shift` positions before: those of this step behind the last ones of
/// the steps before, which a cache keeps.
Value DecodingStep::makeDelayed(Value Of, StepForm Form) {
  int64_t Dim = Form.Dim, Shift = Form.Shift;
  auto Type = cast<RankedTensorType>(Of.getType());
  if (Shift < 0)
    return fail(Of.getDefiningOp() ? Of.getDefiningOp() : Forward,
                "a slice needs later positions");
  if (!isa<FloatType>(Type.getElementType()))
    return fail(Of.getDefiningOp() ? Of.getDefiningOp() : Forward,
                "tokens are moved in time");
  Value Rows = use(Of, StepForm::rows(Dim));
  if (Planning)
    return {};
  Value Before;
  if (Form.Before)
    Before = use(Form.Before, StepForm::whole());
  std::string Kind = "last" + std::to_string(Shift);
  if (Form.Before)
    Kind += "@" + std::to_string(reinterpret_cast<uintptr_t>(
                      Form.Before.getAsOpaquePointer()));
  RankedTensorType KeptType = resize(Type, Dim, Shift);
  ParameterOp Cache = Caches.get(Of, Kind, KeptType);
  SmallVector<int64_t> Offsets(Type.getRank(), 0), Strides(Type.getRank(), 1);
  if (Before) {
    auto BeforeType = cast<RankedTensorType>(Before.getType());
    SmallVector<int64_t> From =
        replaceAt(Offsets, Dim, BeforeType.getDimSize(Dim) - Shift);
    if (BeforeType != KeptType)
      Before = SliceOp::create(*B, KeptType, Before, From, Strides);
  } else {
    Before = createSplat(*B, B->getLoc(), KeptType, 0);
  }
  Value Kept = atStart(Before, readCache(Cache));
  Value All = ConcatOp::create(*B, ValueRange{Kept, Rows}, Dim);
  // What the next step needs ends with the last row that counts.
  auto Scalar = cast<RankedTensorType>(Last.getType());
  Value Next =
      IAddOp::create(*B, Last, createSplat(*B, B->getLoc(), Scalar, 1));
  writeCache(Cache, sliceAt(All, Next, Dim, Shift));
  return SliceOp::create(*B, resize(Type, Dim, Width), All, Offsets, Strides);
}

//===----------------------------------------------------------------------===//
// Running sums and loops
//===----------------------------------------------------------------------===//

Value DecodingStep::makeCumsum(CumsumOp Op, StepForm Form) {
  int64_t Dim = Form.Dim;
  if (Op.getReverse())
    return fail(Op, "a running sum from the end");
  Value Rows = use(Op.getInput(), Form);
  if (Planning)
    return {};
  RankedTensorType CarryType = resize(Op.getType(), Dim, 1);
  RankedTensorType Type = resize(Op.getType(), Dim, Width);
  ParameterOp Cache = Caches.get(Op, "sum", CarryType);
  Value Carry =
      atStart(createSplat(*B, B->getLoc(), CarryType, 0), readCache(Cache));
  SmallVector<int64_t> Shape(CarryType.getShape()), Dims;
  Shape.erase(Shape.begin() + Dim);
  for (int64_t Each = 0; Each < Type.getRank(); ++Each)
    if (Each != Dim)
      Dims.push_back(Each);
  Value Flat = ReshapeOp::create(
      *B, RankedTensorType::get(Shape, Type.getElementType()), Carry);
  Value Sums = AddOp::create(*B, CumsumOp::create(*B, Type, Rows, Dim, false),
                             BroadcastOp::create(*B, Type, Flat, Dims));
  writeCache(Cache, sliceAt(Sums, Last, Dim, 1));
  return Sums;
}

// The loop over the rows of the step, from the carries that the step before
// ended with.
Value DecodingStep::makeScan(ScanOp Op, OpResult Result, StepForm Form) {
  unsigned NumCarries = Op.getInits().size();
  if (Result.getResultNumber() < NumCarries ||
      static_cast<int64_t>(Op.getAxis()) != Form.Dim || Op.getReverse())
    return fail(Op, "a loop that does not go forwards over the positions");
  Caches.NeedsWholeBlocks = true;
  SmallVector<Value> Inits, Sequences;
  for (Value Init : Op.getInits())
    Inits.push_back(use(Init, StepForm::whole()));
  for (Value Sequence : Op.getSequences())
    Sequences.push_back(use(Sequence, Form));
  llvm::SetVector<Value> Captured;
  getUsedValuesDefinedAbove(Op->getRegions(), Captured);
  IRMapping Mapping;
  for (Value Outer : Captured)
    Mapping.map(Outer, use(Outer, StepForm::whole()));
  if (Planning)
    return {};

  Operation *&Built = Scans[Op];
  if (!Built) {
    SmallVector<ParameterOp> Kept;
    for (auto [Init, Carry] : llvm::zip_equal(Inits, Op.getLastCarries())) {
      Kept.push_back(
          Caches.get(Carry, "carry", cast<RankedTensorType>(Carry.getType())));
      Init = atStart(Init, readCache(Kept.back()));
    }
    Built = B->clone(*Op, Mapping);
    auto Loop = cast<ScanOp>(Built);
    Loop.getInitsMutable().assign(Inits);
    Loop.getSequencesMutable().assign(Sequences);
    Loop.setLength(Width);
    for (OpResult Output : Loop.getOutputs())
      Output.setType(resize(Output.getType(), Form.Dim, Width));
    for (auto [Cache, Carry] : llvm::zip_equal(Kept, Loop.getLastCarries()))
      writeCache(Cache, Carry);
  }
  return Built->getResult(Result.getResultNumber());
}

} // namespace stator
