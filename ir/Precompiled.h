//===- Precompiled.h - What most of the compiler includes -------*- C++ -*-===//
//
// The headers of MLIR and LLVM that most of the compiler includes. They are
// read once for all of it (cmake/StatorTargets.cmake), as reading them takes
// about four fifths of the time to compile a file. No file may rely on this
// header: each includes what it uses, and builds with
// -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_PRECOMPILED_H
#define STATOR_IR_PRECOMPILED_H

#include "ir/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

#endif // STATOR_IR_PRECOMPILED_H
