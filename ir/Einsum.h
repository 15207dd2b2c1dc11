//===- Einsum.h - Equations of contractions ---------------------*- C++ -*-===//
//
// Reads "b h q d, b h k d -> b h q k" and says what each dimension is.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_EINSUM_H
#define STATOR_IR_EINSUM_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace stator {

/// What a dimension of a contraction of two operands is.
enum class EinsumRole {
  Batch,     ///< in both operands and the result
  Row,       ///< in the first operand and the result
  Column,    ///< in the second operand and the result
  Contracted ///< in both operands only
};

/// A parsed equation. Dimension names are numbered in the order of their first
/// appearance.
struct EinsumEquation {
  llvm::SmallVector<std::string, 6> Names; ///< by dimension number
  llvm::SmallVector<int64_t, 4> Lhs, Rhs,
      Result; ///< dimension numbers, in order

  /// Parses and checks the rules of stator.einsum; on failure `error` says what
  /// is wrong.
  static mlir::FailureOr<EinsumEquation> parse(llvm::StringRef Text,
                                               std::string &Error);

  EinsumRole getRole(int64_t Dimension) const;
  llvm::SmallVector<int64_t, 4> getDimensions(EinsumRole Role) const;

  /// The canonical text: "b h q d, b h k d -> b h q k".
  std::string str() const;
};

/// Writes an equation from the dimension names of its three tensors.
std::string makeEinsumEquation(llvm::ArrayRef<std::string> Lhs,
                               llvm::ArrayRef<std::string> Rhs,
                               llvm::ArrayRef<std::string> Result);

} // namespace stator

#endif // STATOR_IR_EINSUM_H
