#include "ir/Dialect.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<stator::StatorDialect>();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Stator pass driver\n", registry));
}
