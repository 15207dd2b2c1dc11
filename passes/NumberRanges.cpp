//===- NumberRanges.cpp - How large numbers may be ------------------------===//

#include "passes/NumberRanges.h"
#include "ir/Einsum.h"
#include "ir/Splat.h"
#include "ir/TimeFlowSupport.h"
#include "passes/ConstantEvaluation.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace stator;

static constexpr double Infinity = std::numeric_limits<double>::infinity();

NumberRange NumberRange::any() { return {-Infinity, Infinity, false}; }

double NumberRange::getSize() const {
  return std::max(std::abs(Low), std::abs(High));
}

bool NumberRange::contains(const NumberRange &Other) const {
  return Low <= Other.Low && High >= Other.High && IsExact <= Other.IsExact;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// The bounds of numbers that are of one kind or the other.
static NumberRange join(const NumberRange &A, const NumberRange &B) {
  return {std::min(A.Low, B.Low), std::max(A.High, B.High),
          A.IsExact && B.IsExact};
}

/// Bounds from a formula: what it leaves undefined may be anything.
static NumberRange bound(double Low, double High, bool IsExact) {
  return {std::isnan(Low) ? -Infinity : Low, std::isnan(High) ? Infinity : High,
          IsExact};
}

NumberRange stator::add(const NumberRange &A, const NumberRange &B) {
  return bound(A.Low + B.Low, A.High + B.High, A.IsExact && B.IsExact);
}

static NumberRange negate(const NumberRange &A) {
  return {-A.High, -A.Low, A.IsExact};
}

NumberRange stator::multiply(const NumberRange &A, const NumberRange &B) {
  NumberRange Result{Infinity, -Infinity, A.IsExact && B.IsExact};
  for (double X : {A.Low, A.High})
    for (double Y : {B.Low, B.High}) {
      double Product = X == 0 || Y == 0 ? 0 : X * Y;
      Result.Low = std::min(Result.Low, Product);
      Result.High = std::max(Result.High, Product);
    }
  // What is ordinary in one may be as large as the other, of either sign.
  for (auto [X, Y] : {std::pair(&A, &B), std::pair(&B, &A)})
    if (!X->IsExact && Y->isLarge()) {
      Result.Low -= Y->getSize();
      Result.High += Y->getSize();
    }
  return bound(Result.Low, Result.High, Result.IsExact);
}

static NumberRange divide(const NumberRange &A, const NumberRange &B,
                          bool IsConstant) {
  if (B.IsExact && (B.Low > 0 || B.High < 0))
    return multiply(A, NumberRange::exactly(1 / B.High, 1 / B.Low));
  // Divisors that are computed are taken not to be close to zero.
  if (IsConstant)
    return NumberRange::any();
  return A.isLarge() ? NumberRange::any() : NumberRange::ordinary();
}

static NumberRange raise(const NumberRange &Base, const NumberRange &Exponent) {
  if (Base.IsExact && Base.Low >= 0 && Base.High <= 1 && Exponent.IsExact &&
      Exponent.Low >= 0)
    return NumberRange::exactly(0, 1);
  return Base.isLarge() || Exponent.isLarge() ? NumberRange::any()
                                              : NumberRange::ordinary();
}

NumberRange stator::sum(const NumberRange &Each, double Count) {
  return {Each.Low == 0 ? 0 : Each.Low * Count,
          Each.High == 0 ? 0 : Each.High * Count, Each.IsExact};
}

/// Bounds that the type of the numbers can hold.
static NumberRange fit(NumberRange Range, Type Type) {
  mlir::Type Element = cast<RankedTensorType>(Type).getElementType();
  if (Element.isInteger()) {
    unsigned Width = Element.getIntOrFloatBitWidth();
    double Max = Width == 1 ? 1 : std::ldexp(1.0, Width - 1) - 1;
    double Min = Width == 1 ? 0 : -Max - 1;
    // Sums that are too large come out anywhere.
    return Range.Low < Min || Range.High > Max ? NumberRange::exactly(Min, Max)
                                               : Range;
  }
  constexpr double Largest = std::numeric_limits<float>::max();
  if (Range.Low < -Largest)
    Range.Low = -Infinity;
  if (Range.High > Largest)
    Range.High = Infinity;
  return Range;
}

/// Whether the second operand of a difference is the largest of the numbers
/// that the first one is among.
static bool isLessMaximum(SubOp Op) {
  SmallVector<Operation *> Repeats;
  Value Less = Op.getRhs();
  while (isa_and_nonnull<BroadcastOp, ReshapeOp>(Less.getDefiningOp())) {
    Repeats.push_back(Less.getDefiningOp());
    Less = Repeats.back()->getOperand(0);
  }
  auto Reduce = Less.getDefiningOp<ReduceOp>();
  if (!Reduce || Reduce.getKind() != ReduceKind::Max ||
      Reduce.getInput() != Op.getLhs())
    return false;
  // Each dimension that is left must come back to where it was.
  int64_t Left = 0;
  for (auto [Dim, Size] :
       llvm::enumerate(Reduce.getInput().getType().getShape())) {
    if (llvm::is_contained(Reduce.getAxes(), Dim))
      continue;
    std::optional<int64_t> At = Left++;
    for (Operation *Each : llvm::reverse(Repeats)) {
      if (auto Broadcast = dyn_cast<BroadcastOp>(Each); Broadcast && At)
        At = Broadcast.getDimensions()[*At];
      else if (auto Reshape = dyn_cast<ReshapeOp>(Each); Reshape && At)
        At = findReshapedDim(Reshape.getInput().getType().getShape(),
                             Reshape.getType().getShape(), *At);
    }
    if (Size != 1 && At != static_cast<int64_t>(Dim))
      return false;
  }
  return true;
}

/// The bounds of what an op makes of elements between these bounds. Ops that
/// combine several elements are told of all.
NumberRange NumberRanges::apply(Operation *Op,
                                ArrayRef<NumberRange> Operands) const {
  const NumberRange &A = Operands[0];
  const NumberRange &B = Operands[Operands.size() > 1 ? 1 : 0];
  bool AreExact = A.IsExact && B.IsExact;
  NumberRange Positive{std::max(A.Low, 0.0), std::max(A.High, 0.0), A.IsExact};
  auto Default = [&] {
    return llvm::any_of(Operands,
                        [](const NumberRange &X) { return X.isLarge(); })
               ? NumberRange::any()
               : NumberRange::ordinary();
  };
  return llvm::TypeSwitch<Operation *, NumberRange>(Op)
      .Case<AddOp, IAddOp>([&](Operation *) { return add(A, B); })
      .Case([&](ISubOp) { return add(A, negate(B)); })
      .Case([&](SubOp Sub) {
        NumberRange Result = add(A, negate(B));
        if (isLessMaximum(Sub))
          Result.High = std::min(Result.High, 0.0);
        return Result;
      })
      .Case<MulOp, IMulOp>([&](Operation *) { return multiply(A, B); })
      .Case([&](DivOp Div) {
        return divide(A, B, Constants.contains(Div.getRhs()));
      })
      .Case([&](PowOp) { return raise(A, B); })
      .Case<MaximumOp, OrOp>([&](Operation *) {
        return NumberRange{std::max(A.Low, B.Low), std::max(A.High, B.High),
                           AreExact};
      })
      .Case<MinimumOp, AndOp>([&](Operation *) {
        return NumberRange{std::min(A.Low, B.Low), std::min(A.High, B.High),
                           AreExact};
      })
      .Case([&](SelectOp) {
        return A.Low > 0     ? Operands[1]
               : A.High <= 0 ? Operands[2]
                             : join(Operands[1], Operands[2]);
      })
      .Case([&](NotOp) { return NumberRange::exactly(1 - A.High, 1 - A.Low); })
      .Case([&](CompareOp) { return NumberRange::exactly(0, 1); })
      .Case([&](ConvertOp Convert) {
        return Convert.getType().getElementType().isInteger(1)
                   ? NumberRange::exactly(0, 1)
                   : A;
      })
      .Case([&](NegOp) { return negate(A); })
      .Case([&](AbsOp) {
        bool HasZero = A.Low < 0 && A.High > 0;
        double Least = std::min(std::abs(A.Low), std::abs(A.High));
        return NumberRange{HasZero ? 0 : Least, A.getSize(), A.IsExact};
      })
      .Case([&](ReluOp) { return Positive; })
      .Case<SiluOp, GeluOp>([&](Operation *) {
        return NumberRange{Positive.Low, Positive.High, false};
      })
      .Case([&](SqrtOp) {
        return NumberRange{std::sqrt(Positive.Low), std::sqrt(Positive.High),
                           A.IsExact};
      })
      .Case([&](ExpOp) {
        return NumberRange{std::exp(A.Low), std::exp(A.High), A.IsExact};
      })
      .Case<LogOp, RsqrtOp>(
          [&](Operation *) { return NumberRange::ordinary(); })
      .Case<TanhOp, ErfOp, SinOp, CosOp>(
          [&](Operation *) { return NumberRange::exactly(-1, 1); })
      .Case<SigmoidOp, SoftmaxOp>(
          [&](Operation *) { return NumberRange::exactly(0, 1); })
      .Case([&](DropoutOp Dropout) {
        double Scale = 1 / (1 - Dropout.getRate().convertToDouble());
        return join(NumberRange::exactly(0, 0),
                    multiply(A, NumberRange::exactly(Scale, Scale)));
      })
      .Case([&](CausalMaskOp Mask) {
        double Fill = Mask.getFill().convertToDouble();
        return join(A, NumberRange::exactly(Fill, Fill));
      })
      .Case<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, GatherOp>(
          [&](Operation *) { return A; })
      .Case([&](PadOp) { return join(A, NumberRange::exactly(0, 0)); })
      .Case([&](ConcatOp) {
        NumberRange Result = A;
        for (const NumberRange &Operand : Operands.drop_front())
          Result = join(Result, Operand);
        return Result;
      })
      .Case([&](ReduceOp Reduce) {
        RankedTensorType From = Reduce.getInput().getType();
        double Count = double(From.getNumElements()) /
                       std::max<int64_t>(Reduce.getType().getNumElements(), 1);
        if (Reduce.getKind() == ReduceKind::LogSumExp)
          return NumberRange{A.Low, A.High + std::log(Count), A.IsExact};
        return Reduce.getKind() == ReduceKind::Sum ? sum(A, Count) : A;
      })
      .Case([&](CumsumOp Cumsum) {
        double Count = Cumsum.getType().getDimSize(Cumsum.getAxis());
        return join(A, sum(A, Count));
      })
      .Case([&](EinsumOp Einsum) {
        std::string Error;
        FailureOr<EinsumEquation> Equation =
            EinsumEquation::parse(Einsum.getEquation(), Error);
        assert(succeeded(Equation) && "a verified einsum has an equation");
        double Count = 1;
        for (auto [Name, Size] : llvm::zip_equal(
                 Equation->Lhs, Einsum.getLhs().getType().getShape()))
          if (Equation->getRole(Name) == EinsumRole::Contracted)
            Count *= Size;
        return sum(multiply(A, B), Count);
      })
      .Default([&](Operation *) { return Default(); });
}

/// The bounds of a parameter, from what it starts as.
static NumberRange readParameter(ReadOp Read) {
  auto Parameter = SymbolTable::lookupNearestSymbolFrom<ParameterOp>(
      Read, Read.getParameterAttr());
  if (!Parameter)
    return NumberRange::ordinary();
  InitAttr Init = Parameter.getInit();
  double A = Init.getA().getValueAsDouble(), B = Init.getB().getValueAsDouble();
  NumberRange Range = Init.getKind() == InitKind::Constant
                          ? NumberRange{A, A, false}
                      : Init.getKind() == InitKind::Normal
                          ? NumberRange{A - 10 * B, A + 10 * B, false}
                          : NumberRange{A, B, false};
  if (!Range.isLarge())
    return NumberRange::ordinary();
  // Training may take it to ordinary numbers.
  return join(Range, NumberRange::ordinary());
}

//===----------------------------------------------------------------------===//
// All elements
//===----------------------------------------------------------------------===//

NumberRanges::NumberRanges(FuncOp Func) {
  for (Value Argument : Func.getBody().getArguments()) {
    Type Element = cast<RankedTensorType>(Argument.getType()).getElementType();
    // Tokens may be any index.
    Ranges[Argument] = isa<FloatType>(Element)
                           ? NumberRange::ordinary()
                           : NumberRange::exactly(0, double(INT32_MAX));
  }
  follow(Func.getBody().front());
}

void NumberRanges::follow(Block &Block) {
  for (Operation &Op : Block.without_terminator()) {
    if (auto Loop = dyn_cast<ScanOp>(Op)) {
      followLoop(Loop);
      continue;
    }
    bool IsConstant = isa<ReferenceEvaluation>(Op) && !isa<DropoutOp>(Op) &&
                      Op.getNumRegions() == 0 && Op.getNumResults() == 1 &&
                      (isa<ConstantOp, IotaOp>(Op) ||
                       (Op.getNumOperands() > 0 &&
                        llvm::all_of(Op.getOperands(), [&](Value Operand) {
                          return Constants.contains(Operand);
                        })));
    for (OpResult Result : Op.getResults())
      if (IsConstant)
        Constants.insert(Result);
      else
        Ranges[Result] = fit(followWhole(Result), Result.getType());
  }
}

NumberRange NumberRanges::followWhole(OpResult Result) {
  Operation *Op = Result.getOwner();
  if (auto Read = dyn_cast<ReadOp>(Op))
    return readParameter(Read);
  if (Op->getNumOperands() == 0)
    return NumberRange::ordinary();
  // A weighted mean of values.
  if (auto Attention = dyn_cast<AttentionOp>(Op))
    if (Result == Attention.getResult())
      return find(Attention.getValue());
  SmallVector<NumberRange> Operands;
  for (Value Operand : Op->getOperands())
    Operands.push_back(find(Operand));
  return apply(Op, Operands);
}

void NumberRanges::followLoop(ScanOp Loop) {
  Block &Body = Loop.getBody().front();
  Operation *Yield = Body.getTerminator();
  size_t NumInits = Loop.getInits().size();
  SmallVector<NumberRange> Arguments;
  for (Value Operand : Loop->getOperands())
    Arguments.push_back(find(Operand));
  // A state is ordinary if the loop keeps it so.
  for (NumberRange &Carry : MutableArrayRef(Arguments).take_front(NumInits))
    Carry = join(Carry, NumberRange::ordinary());
  for (bool IsStable = false; !IsStable;) {
    for (auto [Argument, Range] :
         llvm::zip_equal(Body.getArguments(), Arguments))
      Ranges[Argument] = Range;
    follow(Body);
    IsStable = true;
    for (size_t I = 0; I < NumInits; ++I)
      if (!Arguments[I].contains(find(Yield->getOperand(I)))) {
        Arguments[I] = NumberRange::any();
        IsStable = false;
      }
  }
  for (auto [Index, Result] : llvm::enumerate(Loop->getResults()))
    Ranges[Result] =
        Index < NumInits ? Arguments[Index] : find(Yield->getOperand(Index));
}

//===----------------------------------------------------------------------===//
// Own keys and hidden ones
//===----------------------------------------------------------------------===//

/// No dimensions: all elements.
static constexpr HiddenKeys AllKeys{-1, -1, 0, 0};

/// The same keys where each dimension of the pair is another one.
static HiddenKeys mapDims(const HiddenKeys &Keys,
                          function_ref<std::optional<int64_t>(int64_t)> Map) {
  if (Keys.Query < 0 || Keys.Key < 0)
    return AllKeys;
  std::optional<int64_t> Query = Map(Keys.Query), Key = Map(Keys.Key);
  return Query && Key ? HiddenKeys{*Query, *Key, Keys.Reach, Keys.KeyPrefix}
                      : AllKeys;
}

static HiddenKeys mapToInput(BroadcastOp Op, const HiddenKeys &Keys) {
  return mapDims(Keys, [&](int64_t Dim) -> std::optional<int64_t> {
    const int64_t *It = llvm::find(Op.getDimensions(), Dim);
    if (It == Op.getDimensions().end())
      return std::nullopt;
    return It - Op.getDimensions().begin();
  });
}

/// The bounds of the elements of a tensor.
static ScoreRanges read(const HostTensor &Tensor, const HiddenKeys &Keys) {
  NumberRange Empty{Infinity, -Infinity, true};
  ScoreRanges Result{Empty, Empty};
  bool IsPair = Keys.Query >= 0;
  SmallVector<int64_t, 4> Strides = Tensor.getStrides();
  ArrayRef<int64_t> Shape = Tensor.getShape();
  int64_t Offset = IsPair ? Shape[Keys.Key] - Shape[Keys.Query] : 0;
  auto Include = [](NumberRange &Range, double Number) {
    Range = join(Range, bound(Number, Number, true));
  };
  for (int64_t I = 0; I < Tensor.getNumElements(); ++I) {
    double Number = Tensor.getAsDouble(I);
    if (!IsPair) {
      Include(Result.Own, Number);
      continue;
    }
    int64_t Query = I / Strides[Keys.Query] % Shape[Keys.Query];
    int64_t Key = I / Strides[Keys.Key] % Shape[Keys.Key];
    if (Key == Query + Offset)
      Include(Result.Own, Number);
    if (Key > Query + Keys.Reach && Key > Keys.KeyPrefix)
      Include(Result.Hidden, Number);
  }
  if (!IsPair)
    Result.Hidden = Result.Own;
  // Of no elements nothing is asked.
  for (NumberRange *Range : {&Result.Own, &Result.Hidden})
    if (Range->Low > Range->High)
      *Range = NumberRange::exactly(0, 0);
  return Result;
}

NumberRange NumberRanges::find(Value Value) {
  if (auto It = Ranges.find(Value); It != Ranges.end())
    return It->second;
  assert(Constants.contains(Value) && "operands come before their uses");
  NumberRange Range = find(Value, AllKeys).Own;
  Ranges[Value] = Range;
  return Range;
}

ScoreRanges NumberRanges::find(Value Scores, const HiddenKeys &Keys) {
  Question Asked{Scores.getAsOpaquePointer(), Keys.Query, Keys.Key, Keys.Reach,
                 Keys.KeyPrefix};
  if (auto It = Answers.find(Asked); It != Answers.end())
    return It->second;
  std::optional<ScoreRanges> Answer;
  if (Operation *Op = Scores.getDefiningOp())
    Answer = findThrough(Op, Keys);
  if (!Answer) {
    NumberRange Whole = find(Scores);
    Answer = ScoreRanges{Whole, Whole};
  }
  Answer->Own = fit(Answer->Own, Scores.getType());
  Answer->Hidden = fit(Answer->Hidden, Scores.getType());
  Answers[Asked] = *Answer;
  return *Answer;
}

std::optional<ScoreRanges> NumberRanges::findThrough(Operation *Op,
                                                     const HiddenKeys &Keys) {
  // What is repeated has the bounds of what it is made of.
  if (auto Broadcast = dyn_cast<BroadcastOp>(Op))
    return find(Broadcast.getInput(), mapToInput(Broadcast, Keys));
  if (Constants.contains(Op->getResult(0))) {
    if (std::optional<double> Splat = getSplatNumber(Op->getResult(0))) {
      NumberRange Exact = NumberRange::exactly(*Splat, *Splat);
      return ScoreRanges{Exact, Exact};
    }
    if (std::optional<HostTensor> Tensor =
            evaluateConstant(Op->getResult(0), MaxMaskElements))
      return read(*Tensor, Keys);
    if (Op->getNumOperands() == 0)
      return ScoreRanges{NumberRange::any(), NumberRange::any()};
  } else if (Keys.Query < 0) {
    return std::nullopt;
  }
  if (auto Transpose = dyn_cast<TransposeOp>(Op))
    return find(Transpose.getInput(), mapDims(Keys, [&](int64_t Dim) {
                  return std::optional(Transpose.getPermutation()[Dim]);
                }));
  if (auto Reshape = dyn_cast<ReshapeOp>(Op))
    return find(Reshape.getInput(), mapDims(Keys, [&](int64_t Dim) {
                  return findReshapedDim(
                      Reshape.getType().getShape(),
                      Reshape.getInput().getType().getShape(), Dim);
                }));
  if (auto Mask = dyn_cast<CausalMaskOp>(Op)) {
    ScoreRanges Input = find(Mask.getInput(), Keys);
    RankedTensorType Type = Mask.getType();
    int64_t Rank = Type.getRank();
    int64_t Offset = Type.getDimSize(Rank - 1) - Type.getDimSize(Rank - 2);
    bool IsAlong = Keys.Query == Rank - 2 && Keys.Key == Rank - 1;
    double Fill = Mask.getFill().convertToDouble();
    NumberRange Filled = NumberRange::exactly(Fill, Fill);
    return ScoreRanges{
        IsAlong && Offset >= 0 ? Input.Own : join(Input.Own, Filled),
        IsAlong && Keys.Reach >= Offset ? Filled : join(Input.Hidden, Filled)};
  }
  bool IsPointwise = Op->hasTrait<OpTrait::Elementwise>() || isa<DropoutOp>(Op);
  if (!IsPointwise && !Constants.contains(Op->getResult(0)))
    return std::nullopt;
  // Ops on constants that are too large to evaluate may combine any elements.
  SmallVector<NumberRange> Own, Hidden;
  for (Value Operand : Op->getOperands()) {
    ScoreRanges Each = find(Operand, IsPointwise ? Keys : AllKeys);
    Own.push_back(Each.Own);
    Hidden.push_back(Each.Hidden);
  }
  return ScoreRanges{apply(Op, Own), apply(Op, Hidden)};
}
