//===- RuntimePrecompiled.h - What most runtime tests include ---*- C++ -*-===//

#ifndef STATOR_TESTS_RUNTIMEPRECOMPILED_H
#define STATOR_TESTS_RUNTIMEPRECOMPILED_H

#include "runtime/core/Precompiled.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#endif // STATOR_TESTS_RUNTIMEPRECOMPILED_H
