//===- stator-opt.cpp - Runs any pass on a file ---------------------------===//

#include "codegen/CodegenStages.h"
#include "codegen/LowerToLLVM.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/Pipelines.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry Registry;
  Registry.insert<stator::StatorDialect>();
  stator::registerLoweringDialects(Registry);
  mlir::registerAllPasses();
  stator::registerPassesAndPipelines();
  stator::registerCodegenPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "Runs Stator's passes on a file\n", Registry));
}
