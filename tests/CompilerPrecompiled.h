//===- CompilerPrecompiled.h - What most compiler tests include -*- C++ -*-===//

#ifndef STATOR_TESTS_COMPILERPRECOMPILED_H
#define STATOR_TESTS_COMPILERPRECOMPILED_H

#include "ir/Precompiled.h"
#include "mlir/Parser/Parser.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#endif // STATOR_TESTS_COMPILERPRECOMPILED_H
