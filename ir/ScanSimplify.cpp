//===- ScanSimplify.cpp - Canonicalization of loops over time -------------===//

#include "ir/Dialect.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace stator;

namespace {
/// Drops what a scan carries, reads or stacks for nobody: carries that never
/// change become captures, outputs without a use and sequences that the body
/// does not read go.
struct DropUnused : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp Scan,
                                PatternRewriter &Rewriter) const override;
};
} // namespace

LogicalResult DropUnused::matchAndRewrite(ScanOp Scan,
                                          PatternRewriter &Rewriter) const {
  Block &Body = Scan.getBody().front();
  auto Yield = cast<YieldOp>(Body.getTerminator());
  size_t NumCarries = Scan.getInits().size();
  size_t NumSequences = Scan.getSequences().size();
  size_t NumResults = Scan->getNumResults();

  // What stays: arguments by their index, results by theirs.
  SmallVector<unsigned> Arguments, Results;
  SmallVector<Value> Inits, Sequences;
  for (size_t I = 0; I < NumCarries; ++I)
    if (Yield.getOperand(I) != Body.getArgument(I)) {
      Arguments.push_back(I);
      Results.push_back(I);
      Inits.push_back(Scan.getInits()[I]);
    }
  for (size_t J = 0; J < NumSequences; ++J)
    if (!Body.getArgument(NumCarries + J).use_empty()) {
      Arguments.push_back(NumCarries + J);
      Sequences.push_back(Scan.getSequences()[J]);
    }
  for (size_t K = NumCarries; K < NumResults; ++K)
    if (!Scan.getResult(K).use_empty())
      Results.push_back(K);
  if (Arguments.size() == NumCarries + NumSequences &&
      Results.size() == NumResults)
    return failure();

  SmallVector<Type> Types;
  SmallVector<Value> Yielded;
  for (unsigned K : Results) {
    Types.push_back(Scan.getResult(K).getType());
    Yielded.push_back(Yield.getOperand(K));
  }
  auto Smaller =
      ScanOp::create(Rewriter, Scan.getLoc(), Types, Inits, Sequences,
                     Scan.getAxis(), Scan.getLength(), Scan.getReverse());
  Rewriter.modifyOpInPlace(Yield, [&] { Yield->setOperands(Yielded); });
  Rewriter.inlineRegionBefore(Scan.getBody(), Smaller.getBody(),
                              Smaller.getBody().end());
  for (size_t Index = NumCarries + NumSequences; Index-- > 0;) {
    if (llvm::is_contained(Arguments, Index))
      continue;
    BlockArgument Argument = Body.getArgument(Index);
    if (Index < NumCarries)
      Rewriter.replaceAllUsesWith(Argument, Scan.getInits()[Index]);
    Body.eraseArgument(Index);
  }

  for (size_t I = 0; I < NumCarries; ++I)
    if (!llvm::is_contained(Results, I))
      Rewriter.replaceAllUsesWith(Scan.getResult(I), Scan.getInits()[I]);
  for (auto [New, Old] : llvm::enumerate(Results))
    Rewriter.replaceAllUsesWith(Scan.getResult(Old), Smaller.getResult(New));
  Rewriter.eraseOp(Scan);
  return success();
}

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &Patterns,
                                         MLIRContext *Context) {
  Patterns.add<DropUnused>(Context);
}
