//===- DivideParallelLoops.cpp - Parallel loops, a part a thread ----------===//

#include "codegen/DivideParallelLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace {

struct DivideParallelLoops
    : PassWrapper<DivideParallelLoops, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DivideParallelLoops)

  StringRef getArgument() const override { return "divide-parallel-loops"; }
  StringRef getDescription() const override {
    return "Give each thread its part of a parallel loop";
  }
  void getDependentDialects(DialectRegistry &Registry) const override {
    Registry
        .insert<arith::ArithDialect, func::FuncDialect, omp::OpenMPDialect>();
  }

  void runOnOperation() override {
    SmallVector<scf::ParallelOp> Outer, Inner;
    getOperation().walk([&](scf::ParallelOp Loop) {
      bool IsInner = Loop->getParentOfType<scf::ParallelOp>() != nullptr;
      (IsInner ? Inner : Outer).push_back(Loop);
    });
    IRRewriter Rewriter(&getContext());
    for (scf::ParallelOp Loop : llvm::concat<scf::ParallelOp>(Inner, Outer))
      if (Loop.getNumReductions() != 0) {
        Loop.emitOpError("has reductions, which no kernel may have: their "
                         "order would depend on the number of threads");
        return signalPassFailure();
      }
    for (scf::ParallelOp Loop : Inner)
      runInOneThread(Rewriter, Loop);
    for (scf::ParallelOp Loop : Outer)
      divide(Rewriter, Loop);
    hoistBuffers(Rewriter);
  }

  /// The number of the thread or of all threads, as an index.
  Value callRuntime(IRRewriter &Rewriter, Location Loc, StringRef Name) {
    Type Int = Rewriter.getI32Type();
    auto Callee = getOperation().lookupSymbol<func::FuncOp>(Name);
    if (!Callee) {
      OpBuilder::InsertionGuard Guard(Rewriter);
      Rewriter.setInsertionPointToStart(getOperation().getBody());
      Callee =
          func::FuncOp::create(Rewriter, getOperation().getLoc(), Name,
                               Rewriter.getFunctionType(TypeRange(), {Int}));
      Callee.setPrivate();
    }
    Value Number =
        func::CallOp::create(Rewriter, Loc, Callee, ValueRange()).getResult(0);
    return arith::IndexCastUIOp::create(Rewriter, Loc, Rewriter.getIndexType(),
                                        Number);
  }

  /// Runs the iterations `From` up to, not including, `To` of all of them, in
  /// one loop, whose body is that of `Loop`.
  static void emitPart(IRRewriter &Rewriter, scf::ParallelOp Loop,
                       ArrayRef<Value> Counts, Value From, Value To) {
    Location Loc = Loop.getLoc();
    Value One = arith::ConstantIndexOp::create(Rewriter, Loc, 1);
    auto For = scf::ForOp::create(Rewriter, Loc, From, To, One);
    Rewriter.setInsertionPointToStart(For.getBody());
    Value Rest = For.getInductionVar();
    SmallVector<Value> Indices(Counts.size());
    for (size_t Dim = Counts.size(); Dim-- > 0;) {
      Value Index = Rest;
      if (Dim > 0) {
        Index = arith::RemUIOp::create(Rewriter, Loc, Rest, Counts[Dim]);
        Rest = arith::DivUIOp::create(Rewriter, Loc, Rest, Counts[Dim]);
      }
      Indices[Dim] = arith::AddIOp::create(
          Rewriter, Loc, Loop.getLowerBound()[Dim],
          arith::MulIOp::create(Rewriter, Loc, Index, Loop.getStep()[Dim]));
    }
    Rewriter.eraseOp(Loop.getBody()->getTerminator());
    Rewriter.inlineBlockBefore(Loop.getBody(), For.getBody()->getTerminator(),
                               Indices);
  }

  /// The iterations of each dimension, and of all dimensions together.
  static std::pair<SmallVector<Value>, Value> count(IRRewriter &Rewriter,
                                                    scf::ParallelOp Loop) {
    Location Loc = Loop.getLoc();
    SmallVector<Value> Counts;
    Value Total = arith::ConstantIndexOp::create(Rewriter, Loc, 1);
    for (auto [From, To, Step] : llvm::zip(
             Loop.getLowerBound(), Loop.getUpperBound(), Loop.getStep())) {
      Value Range = arith::SubIOp::create(Rewriter, Loc, To, From);
      Counts.push_back(arith::CeilDivSIOp::create(Rewriter, Loc, Range, Step));
      Total = arith::MulIOp::create(Rewriter, Loc, Total, Counts.back());
    }
    return {Counts, Total};
  }

  static void runInOneThread(IRRewriter &Rewriter, scf::ParallelOp Loop) {
    Rewriter.setInsertionPoint(Loop);
    auto [Counts, Total] = count(Rewriter, Loop);
    Value Zero = arith::ConstantIndexOp::create(Rewriter, Loop.getLoc(), 0);
    emitPart(Rewriter, Loop, Counts, Zero, Total);
    Rewriter.eraseOp(Loop);
  }

  void divide(IRRewriter &Rewriter, scf::ParallelOp Loop) {
    Location Loc = Loop.getLoc();
    Rewriter.setInsertionPoint(Loop);
    auto [Counts, Total] = count(Rewriter, Loop);
    auto Region = omp::ParallelOp::create(Rewriter, Loc);
    Block *Body = Rewriter.createBlock(&Region.getRegion());
    omp::TerminatorOp::create(Rewriter, Loc);
    Rewriter.setInsertionPointToStart(Body);
    Value Thread = callRuntime(Rewriter, Loc, "omp_get_thread_num");
    Value Threads = callRuntime(Rewriter, Loc, "omp_get_num_threads");
    Value One = arith::ConstantIndexOp::create(Rewriter, Loc, 1);
    auto PartStart = [&, Total = Total](Value Part) -> Value {
      return arith::DivUIOp::create(
          Rewriter, Loc, arith::MulIOp::create(Rewriter, Loc, Total, Part),
          Threads);
    };
    Value From = PartStart(Thread);
    Value To = PartStart(arith::AddIOp::create(Rewriter, Loc, Thread, One));
    emitPart(Rewriter, Loop, Counts, From, To);
    Rewriter.eraseOp(Loop);
  }

  /// Dissolves the scopes of stack buffers and moves the buffers to the start
  /// of what a thread enters once: the parallel region or the function. It also
  /// frees the way to control flow: a scope could not hold several blocks.
  void hoistBuffers(IRRewriter &Rewriter) {
    getOperation().walk([&](memref::AllocaScopeOp Scope) {
      if (!Scope.getBodyRegion().hasOneBlock())
        return;
      Block *Body = &Scope.getBodyRegion().front();
      Operation *End = Body->getTerminator();
      SmallVector<Value> Results(End->getOperands());
      Rewriter.eraseOp(End);
      Rewriter.inlineBlockBefore(Body, Scope);
      Rewriter.replaceOp(Scope, Results);
    });
    getOperation().walk([&](memref::AllocaOp Buffer) {
      Operation *Owner = Buffer->getParentOfType<memref::AllocaScopeOp>();
      if (Owner || Buffer->getNumOperands() != 0)
        return;
      Owner = Buffer->getParentOfType<omp::ParallelOp>();
      if (!Owner)
        Owner = Buffer->getParentOfType<func::FuncOp>();
      Block *Start = &Owner->getRegion(0).front();
      Rewriter.moveOpBefore(Buffer, Start, Start->begin());
    });
  }
};

} // namespace

std::unique_ptr<Pass> stator::createDivideParallelLoopsPass() {
  return std::make_unique<DivideParallelLoops>();
}
