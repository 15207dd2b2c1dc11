//===- ScanDerivative.h - The derivative of a loop over time ----*- C++ -*-===//
//
// The derivative of a scan is a scan the other way. Its body computes the
// iteration again from the carries that came into it, and applies the
// vector-Jacobian products of its ops: back-propagation through time (Werbos
// 1990). It needs the forward scan in a form in which
//  - values that the body captures, the weights above all, are carries that
//    never change: their cotangents are then sums over the iterations like
//    those of any other carry;
//  - the carries that come into each iteration are stacked as outputs.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_SCANDERIVATIVE_H
#define STATOR_IR_SCANDERIVATIVE_H

#include "ir/ReverseWalk.h"

namespace stator {

/// Brings a scan into the form above: captured values that are in `Active`
/// become carries, and all carries that change are stacked. Replaces the scan
/// and returns the new one, which has the same results among its own.
ScanOp prepareScanForDerivative(ScanOp Scan, const ValueSet &Active);

/// The arguments and values of the body that depend on the operands which
/// `Wanted` marks, in this iteration or an earlier one.
ValueSet getActiveBodyValues(ScanOp Scan, llvm::ArrayRef<bool> Wanted);

} // namespace stator

#endif // STATOR_IR_SCANDERIVATIVE_H
