//===- Lookups.cpp - Ops that index a table -------------------------------===//

#include "passes/Lookups.h"

using namespace mlir;

stator::Lookup stator::getLookup(Operation *Op) {
  auto GetShape = [](Value V) {
    return cast<RankedTensorType>(V.getType()).getShape();
  };
  if (auto Gather = dyn_cast<GatherOp>(Op))
    return {Gather.getIndices(), GetShape(Gather.getTable()).front(), false};
  if (auto Loss = dyn_cast<CrossEntropyOp>(Op))
    return {Loss.getTargets(), GetShape(Loss.getLogits()).back(), true};
  return {};
}

std::string stator::describeSource(Location Loc) {
  FileLineColLoc Source = getSourceOfLocation(Loc);
  if (!Source)
    return "";
  return (Source.getFilename().getValue() + ":" + Twine(Source.getLine()) +
          ":" + Twine(Source.getColumn()))
      .str();
}
