//===- IndexChecks.h - Indices that are checked at run time -----*- C++ -*-===//
//
// The runtime checks the tokens that it reads, so that looking them up is safe.
// Indices and targets that the model computes are checked by the kernel that
// uses them, which notes the first bad one in the Info of the entry point
// (StatorIndexCheck in runtime/core/program.h). A pass in front of
// stator-form-kernels marks the ops that have to:
//
//   stator.gather %table[%i] {stator.index_check = array<i64: 0, 65>} : ...
//
// The numbers are that of the check and the bound of the indices.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_INDEXCHECKS_H
#define STATOR_CODEGEN_INDEXCHECKS_H

#include "ir/Dialect.h"
#include "mlir/Pass/Pass.h"
#include "runtime/core/program.h"
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace stator {

/// `stator-mark-index-checks`. All tokens are known to be below `Vocabulary`;
/// 0: whatever they index, they are not checked.
std::unique_ptr<mlir::Pass> createMarkIndexChecksPass(int64_t Vocabulary);
void registerMarkIndexChecksPass();

/// The memory behind the checks of a StatorProgram.
class IndexCheckTable {
public:
  /// Fills in IndexChecks and NumIndexChecks for a module whose ops are marked.
  void fill(mlir::ModuleOp Module, StatorProgram &Program);

private:
  std::vector<StatorIndexCheck> Checks;
  std::list<std::string> Texts;
};

} // namespace stator

#endif // STATOR_CODEGEN_INDEXCHECKS_H
