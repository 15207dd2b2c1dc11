//===- KernelPasses.td - From fusion groups to loops ----------------------===//

#ifndef STATOR_CODEGEN_KERNELS_KERNELPASSES_TD
#define STATOR_CODEGEN_KERNELS_KERNELPASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernels : Pass<"stator-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn kernels into loops on memrefs";
  let description = [{
    Every `stator.func` with `kernel` becomes a `func.func` of the same name on row-major memrefs:
    operands, then the `Info` of the entry point if the kernel draws random numbers, then the results,
    which it writes. Loops over result tiles are `scf.parallel`; each tile is one vector loop a
    reduction and one for the results. Sums have one order, whatever the number of threads.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", [{"native"}], "The CPU to choose vector lengths for">,
    Option<"platform", "platform", "std::string", [{""}], "Whose CPU that is, as --target says it">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::vector::VectorDialect", "::mlir::affine::AffineDialect", "::mlir::ub::UBDialect"];
}

#endif // STATOR_CODEGEN_KERNELS_KERNELPASSES_TD
