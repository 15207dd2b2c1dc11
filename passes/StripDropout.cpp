//===- StripDropout.cpp - Remove dropout ----------------------------------===//

#include "passes/EntryPoints.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_STRIPDROPOUT
#include "passes/Passes.h.inc"
} // namespace stator

void entry::stripDropout(FuncOp Func) {
  Func.walk([](Operation *Op) {
    if (auto Dropout = dyn_cast<DropoutOp>(Op)) {
      Dropout.getResult().replaceAllUsesWith(Dropout.getInput());
      Dropout.erase();
    } else if (isa<AttentionOp, AttentionGradOp>(Op)) {
      // Both attributes have defaults: a rate of 0, no stream.
      Op->setAttr("dropout_rate",
                  FloatAttr::get(Float64Type::get(Op->getContext()), 0.0));
      Op->setAttr("dropout_stream",
                  IntegerAttr::get(IntegerType::get(Op->getContext(), 64), -1));
    }
  });
}

namespace {
struct StripDropout : stator::impl::StripDropoutBase<StripDropout> {
  void runOnOperation() override { entry::stripDropout(getOperation()); }
};
} // namespace
