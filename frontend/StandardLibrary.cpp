//===- StandardLibrary.cpp - The modules under frontend/std ---------------===//

#include "frontend/StandardLibrary.h"

using namespace stator;

static const StandardFile Files[] = {
#include "frontend/StandardLibrary.inc"
};

llvm::ArrayRef<StandardFile> stator::getStandardLibrary() { return Files; }
