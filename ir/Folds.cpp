#include "ir/Dialect.h"
#include "mlir/IR/PatternMatch.h"
using namespace mlir;
using namespace stator;
OpFoldResult NegOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult AddOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult SubOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult MulOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult DivOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult PowOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult SelectOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult DropoutOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult ConstantOp::fold(FoldAdaptor adaptor) { return getValue(); }
OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult SliceOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult PadOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult ConcatOp::fold(FoldAdaptor adaptor) { return {}; }
OpFoldResult ReduceOp::fold(FoldAdaptor adaptor) { return {}; }
void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &,
                                              MLIRContext *) {}
void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                            MLIRContext *) {}
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &,
                                              MLIRContext *) {}
void EinsumOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {
}
void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {
}
