//===- Verifiers.cpp - What the ops on tensors demand ---------------------===//
//
// The ops whose result types are inferred are checked in ShapeInference.cpp,
// functions, state and loops in StructureOps.cpp.
//
//===----------------------------------------------------------------------===//

#include "ir/Verifiers.h"
#include <limits>

using namespace mlir;
using namespace stator;

LogicalResult stator::verifyAxis(Operation *Op, int64_t Axis,
                                 RankedTensorType Type) {
  if (Axis >= 0 && Axis < Type.getRank())
    return success();
  return Op->emitOpError() << "axis " << Axis << " is not one of the "
                           << Type.getRank() << " dimensions of " << Type;
}

/// Checks that an op that moves elements keeps their type.
static LogicalResult verifySameElementType(Operation *Op, RankedTensorType From,
                                           RankedTensorType To) {
  if (From.getElementType() == To.getElementType())
    return success();
  return Op->emitOpError() << "cannot change the element type: " << From
                           << " to " << To;
}

/// Checks the probability of a dropout.
static LogicalResult verifyRate(Operation *Op, const APFloat &Rate) {
  double Number = Rate.convertToDouble();
  if (Number >= 0 && Number < 1)
    return success();
  return Op->emitOpError() << "dropout rate must be at least 0 and below 1, "
                              "found "
                           << Number;
}

LogicalResult stator::verifyWindow(Operation *Op,
                                   std::optional<uint64_t> Window) {
  if (!Window || static_cast<int64_t>(*Window) >= 1)
    return success();
  return Op->emitOpError() << "window must be at least 1, found "
                           << static_cast<int64_t>(*Window);
}

LogicalResult DropoutOp::verify() {
  if (static_cast<int64_t>(getStream()) < -1)
    return emitOpError() << "stream must be -1 (none yet) or more, found "
                         << static_cast<int64_t>(getStream());
  return verifyRate(*this, getRate());
}

// Everything that reads constants can read those whose elements are in the IR.
LogicalResult ConstantOp::verify() {
  if (isa<DenseIntOrFPElementsAttr>(getValue()))
    return success();
  return emitOpError() << "value must be dense<...>, found " << getValue();
}

LogicalResult IotaOp::verify() {
  return verifyAxis(*this, getAxis(), getResult().getType());
}

LogicalResult BroadcastOp::verify() {
  RankedTensorType From = getInput().getType(), To = getResult().getType();
  ArrayRef<int64_t> Dims = getDimensions();
  if (static_cast<int64_t>(Dims.size()) != From.getRank())
    return emitOpError() << "needs a dimension of the result for each of the "
                         << From.getRank() << " of " << From << ", found ["
                         << Dims << "]";
  for (auto [Index, Dim] : llvm::enumerate(Dims)) {
    if (Dim < 0 || Dim >= To.getRank())
      return emitOpError() << "dimension " << Dim << " is not one of the "
                           << To.getRank() << " of " << To;
    if (Index > 0 && Dim <= Dims[Index - 1])
      return emitOpError() << "dimensions must be strictly increasing, found ["
                           << Dims << "]";
    if (From.getDimSize(Index) != To.getDimSize(Dim))
      return emitOpError() << "dimension " << Index << " of " << From
                           << " does not fit dimension " << Dim << " of " << To;
  }
  return verifySameElementType(*this, From, To);
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType From = getInput().getType(), To = getResult().getType();
  if (From.getNumElements() != To.getNumElements())
    return emitOpError() << "cannot turn the " << From.getNumElements()
                         << " elements of " << From << " into the "
                         << To.getNumElements() << " of " << To;
  return verifySameElementType(*this, From, To);
}

/// Checks that `Starts[d] + i * Strides[d]` is inside the whole for each i of
/// the part: what a slice takes out and a pad puts in.
static LogicalResult verifyPart(Operation *Op, RankedTensorType Whole,
                                RankedTensorType Part, StringRef StartsName,
                                ArrayRef<int64_t> Starts,
                                ArrayRef<int64_t> Strides) {
  int64_t Rank = Whole.getRank();
  if (Part.getRank() != Rank || static_cast<int64_t>(Starts.size()) != Rank ||
      static_cast<int64_t>(Strides.size()) != Rank)
    return Op->emitOpError()
           << StartsName << " [" << Starts << "] and strides [" << Strides
           << "] must have a number for each dimension of " << Whole << " and "
           << Part;
  for (int64_t Dim = 0; Dim < Rank; ++Dim) {
    if (Starts[Dim] < 0)
      return Op->emitOpError()
             << StartsName << " must not be negative, found [" << Starts << "]";
    if (Strides[Dim] < 1)
      return Op->emitOpError()
             << "strides must be at least 1, found [" << Strides << "]";
    // How many steps of the stride fit after the start, without overflow.
    int64_t Size = Part.getDimSize(Dim), Room = Whole.getDimSize(Dim);
    bool Fits = Size == 0
                    ? Starts[Dim] <= Room
                    : Starts[Dim] < Room &&
                          (Room - 1 - Starts[Dim]) / Strides[Dim] >= Size - 1;
    if (!Fits)
      return Op->emitOpError()
             << "along dimension " << Dim << ", " << Size << " elements from "
             << Starts[Dim] << " in steps of " << Strides[Dim]
             << " do not fit in " << Room << ": " << Part << " in " << Whole;
  }
  return verifySameElementType(Op, Whole, Part);
}

LogicalResult SliceOp::verify() {
  return verifyPart(*this, getInput().getType(), getResult().getType(),
                    "offsets", getOffsets(), getStrides());
}

LogicalResult PadOp::verify() {
  return verifyPart(*this, getResult().getType(), getInput().getType(), "low",
                    getLow(), getStrides());
}

LogicalResult CumsumOp::verify() {
  return verifyAxis(*this, getAxis(), getInput().getType());
}

LogicalResult SoftmaxOp::verify() {
  return verifyAxis(*this, getAxis(), getInput().getType());
}

LogicalResult CausalMaskOp::verify() {
  if (getInput().getType().getRank() < 2)
    return emitOpError() << "needs dimensions of queries and keys, found "
                         << getInput().getType();
  return verifyWindow(*this, getWindow());
}

LogicalResult ScatterAddOp::verify() {
  RankedTensorType Updates = getUpdates().getType();
  RankedTensorType Indices = getIndices().getType();
  RankedTensorType Table = getResult().getType();
  SmallVector<int64_t> Expected(Indices.getShape());
  if (Table.getRank() > 0)
    llvm::append_range(Expected, Table.getShape().drop_front());
  if (Table.getRank() > 0 && Table.getDimSize(0) == 0)
    return emitOpError() << "the table has no rows: " << Table;
  if (Table.getRank() == 0 || Updates.getShape() != ArrayRef(Expected))
    return emitOpError() << "updates must have the shape of the indices "
                         << Indices << " and then that of a row of " << Table
                         << ", found " << Updates;
  return verifySameElementType(*this, Updates, Table);
}

LogicalResult CrossEntropyGradOp::verify() {
  RankedTensorType Logits = getLogits().getType();
  RankedTensorType Targets = getTargets().getType();
  if (Logits.getRank() == 0 ||
      Logits.getShape().drop_back() != Targets.getShape())
    return emitOpError() << "logits must have the shape of the targets and "
                            "then one dimension, found "
                         << Logits << " and " << Targets;
  if (Logits.getShape().back() == 0)
    return emitOpError() << "there are no classes in the logits " << Logits;
  auto Expected =
      RankedTensorType::get(Targets.getShape(), Logits.getElementType());
  if (getLse().getType() != Expected)
    return emitOpError() << "lse and cotangent must be " << Expected
                         << ", found " << getLse().getType();
  return success();
}

LogicalResult stator::verifyBias(Operation *Op, Value Bias,
                                 RankedTensorType Query, int64_t Keys) {
  if (!Bias)
    return success();
  auto Type = cast<RankedTensorType>(Bias.getType());
  int64_t Queries = Query.getDimSize(2);
  int64_t Full[] = {Query.getDimSize(0), Query.getDimSize(1), Queries, Keys};
  bool Fits = (Type.getRank() == 2 || Type.getRank() == 4) &&
              Type.getElementType() == Query.getElementType() &&
              Type.getShape().take_back(2) == ArrayRef(Full).take_back(2);
  if (Fits && Type.getRank() == 4)
    for (int64_t Dim : {0, 1})
      Fits &= Type.getDimSize(Dim) == 1 || Type.getDimSize(Dim) == Full[Dim];
  if (Fits)
    return success();
  return Op->emitOpError() << "bias must be [" << Queries << ", " << Keys
                           << "] or [" << Full[0] << " or 1, " << Full[1]
                           << " or 1, " << Queries << ", " << Keys << "] of "
                           << Query.getElementType() << ", found " << Type;
}

/// What attention and its derivative have in common.
template <typename OpT> static LogicalResult verifyAttention(OpT Op) {
  RankedTensorType Query = Op.getQuery().getType();
  int64_t Queries = Query.getDimSize(2);
  int64_t Keys = Op.getKey().getType().getDimSize(2);
  if (failed(verifyBias(Op, Op.getBias(), Query, Keys)))
    return failure();
  if (Op.getCausal() && Keys < Queries)
    return Op.emitOpError()
           << "with a causal mask the first " << Queries - Keys << " of "
           << Queries << " queries see none of the " << Keys << " keys";
  if (Op.getWindow() && !Op.getCausal())
    return Op.emitOpError() << "a window needs a causal mask";
  if (failed(verifyWindow(Op, Op.getWindow())))
    return failure();
  return verifyRate(Op, Op.getDropoutRate());
}

LogicalResult AttentionOp::verify() { return verifyAttention(*this); }

LogicalResult AttentionGradOp::verify() {
  SmallVector<Type, 2> Expected;
  Operation *Op = *this;
  AttentionOp::Adaptor Attention(Op->getOperands().take_front(3));
  if (failed(AttentionOp::inferReturnTypes(getContext(), getLoc(), Attention,
                                           Expected)))
    return failure();
  if (getResult().getType() != Expected[0] || getLse().getType() != Expected[1])
    return emitOpError() << "result and lse of the attention must be "
                         << Expected[0] << " and " << Expected[1] << ", found "
                         << getResult().getType() << " and "
                         << getLse().getType();
  return verifyAttention(*this);
}

LogicalResult GlobalNormOp::verify() {
  for (Value Input : getInputs())
    if (getElementTypeOrSelf(Input) != getElementTypeOrSelf(getResult()))
      return emitOpError() << "operands and result have different element "
                              "types: "
                           << Input.getType() << " and "
                           << getResult().getType();
  return success();
}

LogicalResult ClipScaleOp::verify() {
  if (getMaxNorm().convertToDouble() > 0)
    return success();
  return emitOpError() << "maximum of the norm must be positive, found "
                       << getMaxNorm().convertToDouble();
}

LogicalResult SgdOp::verify() {
  bool HasMomentum = !getMomentum().isZero();
  if (HasMomentum != bool(getBuffer()) || HasMomentum != bool(getNewBuffer()))
    return emitOpError() << "takes and returns a buffer if, and only if, it "
                            "has momentum, found momentum "
                         << getMomentum().convertToDouble() << " with "
                         << (getBuffer() ? "a" : "no") << " buffer";
  if (HasMomentum && (getBuffer().getType() != getParameter().getType() ||
                      getNewBuffer().getType() != getParameter().getType()))
    return emitOpError() << "buffer must have the type of the parameter "
                         << getParameter().getType() << ", found "
                         << getBuffer().getType() << " and "
                         << getNewBuffer().getType();
  return success();
}

/// Checks the numbers of a schedule.
static LogicalResult verifySchedule(Operation *Op, ScheduleAttr Schedule) {
  if (Schedule.getWarmup() < 0)
    return Op->emitOpError()
           << "warmup must not be negative, found " << Schedule.getWarmup();
  if (Schedule.getSteps() < 0)
    return Op->emitOpError()
           << "steps of the schedule must not be negative, found "
           << Schedule.getSteps();
  double Width = Schedule.getWidth().getValueAsDouble();
  if (Schedule.getKind() == ScheduleKind::InverseSqrt && !(Width > 0))
    return Op->emitOpError()
           << "inverse_sqrt needs a positive width, found " << Width;
  return success();
}

LogicalResult LearningRateOp::verify() {
  return verifySchedule(*this, getSchedule());
}

LogicalResult TrainingOp::verify() {
  if (static_cast<int64_t>(getMicroBatches()) < 1)
    return emitOpError() << "micro_batches must be at least 1, found "
                         << static_cast<int64_t>(getMicroBatches());
  if (static_cast<int64_t>(getSteps()) < 0)
    return emitOpError() << "steps must not be negative, found "
                         << static_cast<int64_t>(getSteps());
  if (std::optional<APFloat> Clip = getClip();
      Clip && !(Clip->convertToDouble() > 0))
    return emitOpError() << "clip must be positive, found "
                         << Clip->convertToDouble();
  OptimizerAttr Optimizer = getOptimizer();
  auto CheckRange = [&](StringRef Name, FloatAttr Number, double Low,
                        double High) -> LogicalResult {
    double Found = Number.getValueAsDouble();
    if (Found >= Low && Found < High)
      return success();
    InFlightDiagnostic Error = emitOpError();
    Error << Name << " must be at least " << Low;
    if (High < std::numeric_limits<double>::infinity())
      Error << " and below " << High;
    return Error << ", found " << Found;
  };
  const double Inf = std::numeric_limits<double>::infinity();
  if (failed(CheckRange("lr", Optimizer.getLr(), 0, Inf)) ||
      failed(CheckRange("beta1", Optimizer.getBeta1(), 0, 1)) ||
      failed(CheckRange("beta2", Optimizer.getBeta2(), 0, 1)) ||
      failed(CheckRange("eps", Optimizer.getEps(), 0, Inf)) ||
      failed(CheckRange("weight_decay", Optimizer.getWeightDecay(), 0, Inf)) ||
      failed(CheckRange("momentum", Optimizer.getMomentum(), 0, Inf)) ||
      failed(CheckRange("floor", getSchedule().getFloor(), 0, Inf)))
    return failure();
  return verifySchedule(*this, getSchedule());
}
