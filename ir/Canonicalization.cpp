//===- Canonicalization.cpp - Rewrites to simpler ops ---------------------===//

#include "ir/Dialect.h"
#include "ir/Einsum.h"
#include "ir/LogSoftmax.h"
#include "ir/Splat.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Powers that are cheaper as other ops.
static LogicalResult simplifyPow(PowOp Op, PatternRewriter &Rewriter) {
  std::optional<double> Exponent = getSplatNumber(Op.getRhs());
  if (!Exponent)
    return failure();
  Value X = Op.getLhs();
  Location Loc = Op.getLoc();
  if (*Exponent == 2) {
    Rewriter.replaceOpWithNewOp<MulOp>(Op, X, X);
  } else if (*Exponent == 3) {
    Rewriter.replaceOpWithNewOp<MulOp>(Op, MulOp::create(Rewriter, Loc, X, X),
                                       X);
  } else if (*Exponent == -1) {
    Rewriter.replaceOpWithNewOp<DivOp>(
        Op, createSplat(Rewriter, Loc, X.getType(), 1), X);
  } else if (*Exponent == 0.5) {
    Rewriter.replaceOpWithNewOp<SqrtOp>(Op, X);
  } else if (*Exponent == -0.5) {
    Rewriter.replaceOpWithNewOp<RsqrtOp>(Op, X);
  } else {
    return failure();
  }
  return success();
}

void PowOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                        MLIRContext *Context) {
  Patterns.add(simplifyPow);
}

/// Whether the value is elements of a softmax, moved.
static bool isOfSoftmax(Value Value) {
  while (Operation *Op = Value.getDefiningOp()) {
    if (isa<SoftmaxOp>(Op))
      return true;
    if (!isa<ReshapeOp, TransposeOp, BroadcastOp, SliceOp, GatherOp>(Op))
      return false;
    Value = Op->getOperand(0);
  }
  return false;
}

/// log(softmax(x)) is x - logsumexp(x), which is finite where the softmax
/// underflows. What only moves elements in between is done afterwards.
static LogicalResult takeLogOfSoftmax(LogOp Op, PatternRewriter &Rewriter) {
  Operation *Source = Op.getInput().getDefiningOp();
  if (auto Softmax = dyn_cast_or_null<SoftmaxOp>(Source)) {
    Rewriter.replaceOp(Op,
                       createLogSoftmax(Rewriter, Op.getLoc(),
                                        Softmax.getInput(), Softmax.getAxis()));
    return success();
  }
  if (!isOfSoftmax(Op.getInput()))
    return failure();
  Value Log = LogOp::create(Rewriter, Op.getLoc(), Source->getOperand(0));
  IRMapping Operands;
  Operands.map(Source->getOperand(0), Log);
  Rewriter.replaceOp(Op, Rewriter.clone(*Source, Operands));
  return success();
}

void LogOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                        MLIRContext *Context) {
  Patterns.add(takeLogOfSoftmax);
}

static bool isContiguous(PadOp Op) {
  return llvm::all_of(Op.getStrides(), [](int64_t S) { return S == 1; });
}

/// The dimension along which the second part begins where the first one ends,
/// if they cover the same of all others.
static std::optional<int64_t> getSeam(PadOp First, PadOp Second) {
  RankedTensorType Type = First.getInput().getType();
  RankedTensorType Next = Second.getInput().getType();
  std::optional<int64_t> Seam;
  for (int64_t Dim = 0; Dim < Type.getRank(); ++Dim) {
    int64_t Low = First.getLow()[Dim], Size = Type.getDimSize(Dim);
    if (Second.getLow()[Dim] == Low && Next.getDimSize(Dim) == Size)
      continue;
    if (Seam || Second.getLow()[Dim] != Low + Size)
      return std::nullopt;
    Seam = Dim;
  }
  return Seam;
}

/// The sum of two parts that lie side by side, each in zeros, is both in zeros:
/// what the derivative of a split comes to.
static LogicalResult joinParts(AddOp Op, PatternRewriter &Rewriter) {
  auto First = Op.getLhs().getDefiningOp<PadOp>();
  auto Second = Op.getRhs().getDefiningOp<PadOp>();
  if (!First || !Second || !isContiguous(First) || !isContiguous(Second))
    return failure();
  std::optional<int64_t> Seam = getSeam(First, Second);
  if (!Seam) {
    std::swap(First, Second);
    Seam = getSeam(First, Second);
  }
  if (!Seam)
    return failure();
  Value Joined =
      ConcatOp::create(Rewriter, Op.getLoc(),
                       ValueRange{First.getInput(), Second.getInput()}, *Seam);
  Rewriter.replaceOpWithNewOp<PadOp>(Op, Op.getType(), Joined, First.getLow(),
                                     First.getStrides());
  return success();
}

void AddOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                        MLIRContext *Context) {
  Patterns.add(joinParts);
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

/// broadcast(broadcast(x)) is one broadcast.
static LogicalResult joinBroadcasts(BroadcastOp Op, PatternRewriter &Rewriter) {
  auto Inner = Op.getInput().getDefiningOp<BroadcastOp>();
  if (!Inner)
    return failure();
  SmallVector<int64_t> Dims;
  for (int64_t Dim : Inner.getDimensions())
    Dims.push_back(Op.getDimensions()[Dim]);
  Rewriter.replaceOpWithNewOp<BroadcastOp>(Op, Op.getType(), Inner.getInput(),
                                           Dims);
  return success();
}

void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                              MLIRContext *Context) {
  Patterns.add(joinBroadcasts);
}

/// reshape(reshape(x)) is one reshape.
static LogicalResult joinReshapes(ReshapeOp Op, PatternRewriter &Rewriter) {
  auto Inner = Op.getInput().getDefiningOp<ReshapeOp>();
  if (!Inner)
    return failure();
  Rewriter.replaceOpWithNewOp<ReshapeOp>(Op, Op.getType(), Inner.getInput());
  return success();
}

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                            MLIRContext *Context) {
  Patterns.add(joinReshapes);
}

/// transpose(transpose(x)) is one transpose.
static LogicalResult joinTransposes(TransposeOp Op, PatternRewriter &Rewriter) {
  auto Inner = Op.getInput().getDefiningOp<TransposeOp>();
  if (!Inner)
    return failure();
  SmallVector<int64_t> Permutation =
      applyPermutation(Inner.getPermutation(), Op.getPermutation());
  Rewriter.replaceOpWithNewOp<TransposeOp>(Op, Inner.getInput(), Permutation);
  return success();
}

/// A transpose that moves only dimensions of size 1 leaves all elements where
/// they are.
static LogicalResult transposeToReshape(TransposeOp Op,
                                        PatternRewriter &Rewriter) {
  RankedTensorType Type = Op.getInput().getType();
  int64_t Last = -1;
  for (int64_t Dim : Op.getPermutation()) {
    if (Type.getDimSize(Dim) == 1)
      continue;
    if (Dim < Last)
      return failure();
    Last = Dim;
  }
  Rewriter.replaceOpWithNewOp<ReshapeOp>(Op, Op.getType(), Op.getInput());
  return success();
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                              MLIRContext *Context) {
  Patterns.add(joinTransposes);
  Patterns.add(transposeToReshape);
}

/// concat(concat(x, y), z) is one concat.
static LogicalResult joinConcats(ConcatOp Op, PatternRewriter &Rewriter) {
  SmallVector<Value> Inputs;
  for (Value Input : Op.getInputs()) {
    auto Inner = Input.getDefiningOp<ConcatOp>();
    if (Inner && Inner.getAxis() == Op.getAxis() && Inner->hasOneUse())
      llvm::append_range(Inputs, Inner.getInputs());
    else
      Inputs.push_back(Input);
  }
  if (Inputs.size() == Op.getInputs().size())
    return failure();
  Rewriter.replaceOpWithNewOp<ConcatOp>(Op, Op.getType(), Inputs, Op.getAxis());
  return success();
}

void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                           MLIRContext *Context) {
  Patterns.add(joinConcats);
}

//===----------------------------------------------------------------------===//
// Contractions and reductions
//===----------------------------------------------------------------------===//

/// An operand that is transposed: the equation can read it as it is.
static LogicalResult foldTransposesIntoEinsum(EinsumOp Op,
                                              PatternRewriter &Rewriter) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(Op.getEquation(), Error);
  if (failed(Equation))
    return failure();
  Value Operands[] = {Op.getLhs(), Op.getRhs()};
  bool Changed = false;
  for (int Index : {0, 1}) {
    auto Transpose = Operands[Index].getDefiningOp<TransposeOp>();
    if (!Transpose)
      continue;
    SmallVector<int64_t, 4> &Dims = Index == 0 ? Equation->Lhs : Equation->Rhs;
    SmallVector<int64_t, 4> OfInput(Dims.size());
    for (auto [To, From] : llvm::enumerate(Transpose.getPermutation()))
      OfInput[From] = Dims[To];
    Dims = OfInput;
    Operands[Index] = Transpose.getInput();
    Changed = true;
  }
  if (!Changed)
    return failure();
  Rewriter.replaceOpWithNewOp<EinsumOp>(Op, Equation->str(), Operands[0],
                                        Operands[1]);
  return success();
}

void EinsumOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                           MLIRContext *Context) {
  Patterns.add(foldTransposesIntoEinsum);
}

/// A reduction of single elements only drops dimensions.
static LogicalResult reduceToReshape(ReduceOp Op, PatternRewriter &Rewriter) {
  for (int64_t Axis : Op.getAxes())
    if (Op.getInput().getType().getDimSize(Axis) != 1)
      return failure();
  Rewriter.replaceOpWithNewOp<ReshapeOp>(Op, Op.getType(), Op.getInput());
  return success();
}

void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                           MLIRContext *Context) {
  Patterns.add(reduceToReshape);
}
