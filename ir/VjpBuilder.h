//===- VjpBuilder.h - Short hand for writing derivatives --------*- C++ -*-===//
//
// Builds ops at the location of a forward op, so that a derivative reads like
// its formula.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_VJPBUILDER_H
#define STATOR_IR_VJPBUILDER_H

#include "ir/Dialect.h"
#include "ir/Splat.h"
#include "llvm/ADT/STLExtras.h"

namespace stator {

/// All operands of an arithmetic method have one type, which the result has
/// too.
struct VjpBuilder {
  mlir::OpBuilder &Builder;
  mlir::Location Loc;

  VjpBuilder(mlir::OpBuilder &Builder, mlir::Operation *Forward)
      : Builder(Builder), Loc(getCotangentLoc(Forward->getLoc())) {}

  /// Any op with one result.
  template <typename OpT, typename... ArgTs> mlir::Value make(ArgTs &&...Args) {
    return OpT::create(Builder, Loc, std::forward<ArgTs>(Args)...).getResult();
  }

  mlir::Value splat(mlir::Value Like, double Number) {
    return createSplat(Builder, Loc, Like.getType(), Number);
  }
  mlir::Value zero(mlir::Value Like) { return splat(Like, 0); }

  mlir::Value neg(mlir::Value X) { return make<NegOp>(X); }
  mlir::Value exp(mlir::Value X) { return make<ExpOp>(X); }
  mlir::Value add(mlir::Value X, mlir::Value Y) { return make<AddOp>(X, Y); }
  mlir::Value add(mlir::Value X, double Y) { return add(X, splat(X, Y)); }
  mlir::Value sub(mlir::Value X, mlir::Value Y) { return make<SubOp>(X, Y); }
  mlir::Value sub(double X, mlir::Value Y) { return sub(splat(Y, X), Y); }
  mlir::Value mul(mlir::Value X, mlir::Value Y) { return make<MulOp>(X, Y); }
  mlir::Value mul(mlir::Value X, double Y) { return mul(X, splat(X, Y)); }
  mlir::Value div(mlir::Value X, mlir::Value Y) { return make<DivOp>(X, Y); }

  mlir::Value compare(Predicate Predicate, mlir::Value X, mlir::Value Y) {
    auto Type = llvm::cast<mlir::RankedTensorType>(X.getType());
    return make<CompareOp>(Type.clone(Builder.getI1Type()), Predicate, X, Y);
  }
  mlir::Value select(mlir::Value Condition, mlir::Value X, mlir::Value Y) {
    return make<SelectOp>(X.getType(), Condition, X, Y);
  }

  /// The value under another shape, or itself if it has it.
  mlir::Value reshape(mlir::Value X, mlir::Type Type) {
    return X.getType() == Type ? X : make<ReshapeOp>(Type, X);
  }

  /// Repeats what a reduction over `Axes` of a tensor of that type gave.
  mlir::Value broadcastOver(mlir::Value Reduced, mlir::Type Type,
                            llvm::ArrayRef<int64_t> Axes) {
    llvm::SmallVector<int64_t> Kept;
    int64_t Rank = llvm::cast<mlir::RankedTensorType>(Type).getRank();
    for (int64_t Dim = 0; Dim < Rank; ++Dim)
      if (!llvm::is_contained(Axes, Dim))
        Kept.push_back(Dim);
    return make<BroadcastOp>(Type, Reduced, Kept);
  }

  mlir::Value einsum(llvm::StringRef Equation, mlir::Value Lhs,
                     mlir::Value Rhs) {
    return make<EinsumOp>(Equation, Lhs, Rhs);
  }
};

} // namespace stator

#endif // STATOR_IR_VJPBUILDER_H
