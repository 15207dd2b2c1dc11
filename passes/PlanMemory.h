//===- PlanMemory.h - The memory plan of entry points -----------*- C++ -*-===//
//
// Readable form of what stator-plan-memory has decided.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_PLANMEMORY_H
#define STATOR_PASSES_PLANMEMORY_H

#include "ir/Dialect.h"
#include "llvm/Support/raw_ostream.h"

namespace stator {

/// Attributes of a planned stator.scan besides `stator.places`: the places of
/// the slices that the body reads, and of the copies of next carries that are
/// made before any carry is overwritten (that of the carry itself if none).
inline constexpr llvm::StringLiteral SlicePlacesAttrName =
    "stator.slice_places";
inline constexpr llvm::StringLiteral StagingPlacesAttrName =
    "stator.staging_places";

/// The place of a value of a planned entry point: through views, of an
/// argument, a read, a result or an argument of the body of a scan.
PlaceAttr getPlace(mlir::Value Value);

/// Where entry point `Function` puts its results: bytes from the start of the
/// Result (runtime/core/program.h) of the first of them.
int64_t getFirstResultOffset(FuncOp Function);

/// Writes the arena of a planned entry point as lines of comment: offset, size
/// and name of every buffer, sorted by offset.
void printMemoryPlan(FuncOp Function, llvm::raw_ostream &OS);

} // namespace stator

#endif // STATOR_PASSES_PLANMEMORY_H
