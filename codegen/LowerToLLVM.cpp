//===- LowerToLLVM.cpp - From loops and vectors to LLVM -------------------===//

#include "codegen/LowerToLLVM.h"
#include "codegen/DivideParallelLoops.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/VectorToSCF/VectorToSCF.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/OpenMP/OpenMPToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace stator {

void buildOpenMpLoweringPipeline(OpPassManager &Passes) {
  OpPassManager &Functions = Passes.nest<func::FuncOp>();
  Functions.addPass(createConvertLinalgToLoopsPass());
  // Threads are given parts of scf.parallel only.
  Functions.addPass(createForallToParallelLoopPass());
  Functions.addPass(createConvertVectorToSCFPass());
  Functions.addPass(createLowerAffinePass());
  Functions.addPass(createCanonicalizerPass());
  Functions.addPass(createCSEPass());
  Functions.addPass(createLoopInvariantCodeMotionPass());
  Passes.addPass(createDivideParallelLoopsPass());
  Passes.addPass(createCanonicalizerPass());
}

void buildLlvmDialectPipeline(OpPassManager &Passes) {
  Passes.addPass(createSCFToControlFlowPass());
  Passes.addPass(memref::createExpandStridedMetadataPass());
  Passes.addPass(createLowerAffinePass());
  Passes.addPass(createConvertVectorToLLVMPass());
  Passes.addPass(createArithToLLVMConversionPass());
  Passes.addPass(createConvertMathToLLVMPass());
  Passes.addPass(createFinalizeMemRefToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions Calls;
  Calls.useBarePtrCallConv = true;
  Passes.addPass(createConvertFuncToLLVMPass(Calls));
  Passes.addPass(createConvertControlFlowToLLVMPass());
  Passes.addPass(createConvertOpenMPToLLVMPass());
  Passes.addPass(createConvertIndexToLLVMPass());
  Passes.addPass(createUBToLLVMConversionPass());
  Passes.addPass(createReconcileUnrealizedCastsPass());
  Passes.addPass(createCanonicalizerPass());
  Passes.addPass(createCSEPass());
}

void buildLlvmLoweringPipeline(OpPassManager &Passes) {
  buildOpenMpLoweringPipeline(Passes);
  buildLlvmDialectPipeline(Passes);
}

void registerLoweringDialects(DialectRegistry &Registry) {
  Registry.insert<affine::AffineDialect, arith::ArithDialect,
                  cf::ControlFlowDialect, func::FuncDialect,
                  linalg::LinalgDialect, LLVM::LLVMDialect, math::MathDialect,
                  memref::MemRefDialect, omp::OpenMPDialect, scf::SCFDialect,
                  ub::UBDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(Registry);
  registerLLVMDialectTranslation(Registry);
  registerOpenMPDialectTranslation(Registry);
}

} // namespace stator
