//===- BadIndex.cpp - The look-up that was out of range -------------------===//

#include "runtime/interpreter/BadIndex.h"
#include "passes/Lookups.h"
#include "passes/UserPlace.h"
#include <algorithm>

using namespace mlir;

namespace stator {

void BadIndex::note(Operation *Op, ArrayRef<int32_t> Indices) {
  const Lookup Found = getLookup(Op);
  if (!Found.Indices || (Of && Of != Op))
    return;
  for (int32_t Each : Indices) {
    if (Each < Found.Bound && (Each >= 0 || Found.IsTarget))
      continue;
    Index = std::max(Of ? Index : 0, static_cast<uint32_t>(Each));
    Of = Op;
  }
}

bool BadIndex::finish(StatorProgram &Program, int64_t *Info) {
  if (!Of)
    return false;
  const Lookup Found = getLookup(Of);
  Path = getPathOfLocation(Of->getLoc()).str();
  Source = describeSource(getUserPlace(Of, Found.Indices));
  Check = {Path.c_str(), Source.c_str(), Found.Bound, Found.IsTarget, 0};
  Program.IndexChecks = &Check;
  Program.NumIndexChecks = 1;
  Info[STATOR_INFO_BAD_INDEX] = STATOR_BAD_INDEX(0, Index);
  Of = nullptr;
  return true;
}

} // namespace stator
