//===- FuseAttention.cpp - Make attention one op --------------------------===//

#include "ir/Splat.h"
#include "passes/AttentionChain.h"
#include "passes/AttentionMatch.h"
#include "passes/Passes.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_FUSEATTENTION
#include "passes/Passes.h.inc"
} // namespace stator

namespace {
/// Builds stator.attention from what was matched.
class AttentionRewriter {
public:
  explicit AttentionRewriter(AttentionMatch &Match)
      : Match(Match), Builder(Match.Product), Loc(Match.Product.getLoc()) {}

  AttentionOp rewrite();

private:
  Value arrange(const TensorView &View, ArrayRef<AtomVector> Groups) {
    return arrangeTensor(Builder, View.Base.getLoc(), Match.Atoms, View,
                         Groups);
  }
  Value buildBias();
  Value buildBiasTerm(const BiasTerm &Term, ArrayRef<AtomVector> Groups);

  AttentionMatch &Match;
  OpBuilder Builder;
  Location Loc;
};
} // namespace

Value AttentionRewriter::buildBiasTerm(const BiasTerm &Term,
                                       ArrayRef<AtomVector> Groups) {
  Value Arranged = arrange(Term.View, Groups);
  auto Shape = cast<RankedTensorType>(Arranged.getType());
  auto Float = cast<RankedTensorType>(Match.Product.getType());
  Type Type = Shape.clone(Float.getElementType());
  if (Term.IsCondition) {
    Value Fill = createSplat(Builder, Loc, Type, Term.Fill);
    Value Zero = createSplat(Builder, Loc, Type, 0.0);
    return SelectOp::create(Builder, Loc, Type, Arranged,
                            Term.FillWhereTrue ? Fill : Zero,
                            Term.FillWhereTrue ? Zero : Fill);
  }
  double Factor = Term.Factor * Term.View.Scale;
  if (Factor == 1.0)
    return Arranged;
  return MulOp::create(Builder, Loc, Arranged,
                       createSplat(Builder, Loc, Type, Factor));
}

Value AttentionRewriter::buildBias() {
  bool VariesWithBatch = false, VariesWithHeads = false;
  for (const BiasTerm &Term : Match.Biases)
    for (Atom A : Match.Atoms.concat(Term.View.BaseDims)) {
      VariesWithBatch |= llvm::is_contained(Match.Batch, A);
      VariesWithHeads |= llvm::is_contained(Match.getQueryHeads(), A);
    }
  SmallVector<AtomVector> Groups{Match.Queries, Match.Keys};
  if (VariesWithBatch || VariesWithHeads)
    Groups = {VariesWithBatch ? Match.Batch : AtomVector(),
              VariesWithHeads ? Match.getQueryHeads() : AtomVector(),
              Match.Queries, Match.Keys};
  Value Bias;
  for (const BiasTerm &Term : Match.Biases) {
    Value Part = buildBiasTerm(Term, Groups);
    Bias = Bias ? AddOp::create(Builder, Loc, Bias, Part) : Part;
  }
  return Bias;
}

AttentionOp AttentionRewriter::rewrite() {
  AtomVector QueryHeads = Match.getQueryHeads();
  Value Query = arrange(Match.Query,
                        {Match.Batch, QueryHeads, Match.Queries, Match.Depth});
  Value Key =
      arrange(Match.Key, {Match.Batch, Match.Heads, Match.Keys, Match.Depth});
  Value Values = arrange(
      Match.Value, {Match.Batch, Match.Heads, Match.Keys, Match.ValueDepth});
  auto Attention = AttentionOp::create(
      Builder, Loc, Query, Key, Values, buildBias(),
      Builder.getF64FloatAttr(Match.Scale),
      Match.Causal ? Builder.getUnitAttr() : UnitAttr(),
      Match.Window ? Builder.getI64IntegerAttr(*Match.Window) : IntegerAttr(),
      Builder.getF64FloatAttr(Match.DropoutRate),
      Builder.getI64IntegerAttr(Match.DropoutStream));
  Value Result = rearrangeTensor(
      Builder, Loc, Match.Atoms, Attention.getResult(),
      {Match.Batch, QueryHeads, Match.Queries, Match.ValueDepth},
      Match.ResultDims);
  Match.Product.getResult().replaceAllUsesWith(Result);
  Match.Product.erase();
  return Attention;
}

/// What was made, in words.
static std::string summarize(AttentionOp Attention) {
  auto Query = cast<RankedTensorType>(Attention.getQuery().getType());
  auto Key = cast<RankedTensorType>(Attention.getKey().getType());
  std::string Text;
  llvm::raw_string_ostream Out(Text);
  Out << Query.getDimSize(0) << " x " << Query.getDimSize(1) << " heads, "
      << Query.getDimSize(2) << " queries, " << Key.getDimSize(2)
      << " keys, scale " << describe(Attention.getScale().convertToDouble());
  if (Query.getDimSize(1) != Key.getDimSize(1))
    Out << ", " << Key.getDimSize(1) << " heads of keys";
  if (Attention.getCausal())
    Out << ", causal";
  if (std::optional<int64_t> Window = Attention.getWindow())
    Out << ", window " << *Window;
  if (Attention.getBias())
    Out << ", bias";
  if (double Rate = Attention.getDropoutRate().convertToDouble(); Rate > 0)
    Out << ", dropout " << describe(Rate);
  return Text;
}

namespace {
struct FuseAttention : stator::impl::FuseAttentionBase<FuseAttention> {
  using FuseAttentionBase::FuseAttentionBase;

  void runOnOperation() override {
    SmallVector<SoftmaxOp> Softmaxes;
    getOperation().walk([&](SoftmaxOp Op) { Softmaxes.push_back(Op); });
    for (SoftmaxOp Softmax : Softmaxes) {
      std::string Reason;
      std::optional<AttentionMatch> Match = matchAttention(Softmax, Reason);
      if (!Match) {
        if (remarks)
          Softmax.emitRemark() << "not fused into attention: " << Reason;
        continue;
      }
      AttentionOp Attention = AttentionRewriter(*Match).rewrite();
      if (remarks)
        Softmax.emitRemark()
            << "fused into attention: " << summarize(Attention);
    }
  }
};
} // namespace
