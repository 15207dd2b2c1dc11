//===- FuseAttention.cpp - Make attention one op --------------------------===//

#include "passes/Passes.h"

using namespace mlir;
using namespace stator;

namespace stator {
#define GEN_PASS_DEF_FUSEATTENTION
#include "passes/Passes.h.inc"
} // namespace stator

namespace {
struct FuseAttention : stator::impl::FuseAttentionBase<FuseAttention> {
  using FuseAttentionBase::FuseAttentionBase;
  void runOnOperation() override {}
};
} // namespace
