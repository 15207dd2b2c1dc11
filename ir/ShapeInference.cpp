//===- ShapeInference.cpp - Result types from operands --------------------===//
//
// For the ops whose result type follows from operands and attributes. The same
// code verifies a type that was written down.
//
//===----------------------------------------------------------------------===//

#include "ir/Dialect.h"
#include "ir/Einsum.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace stator;

/// The type of a tensor operand.
static RankedTensorType getTensorType(Value Operand) {
  return cast<RankedTensorType>(Operand.getType());
}

/// Checks that `Axis` is a dimension of the type.
static LogicalResult checkAxis(std::optional<Location> Loc, int64_t Axis,
                               RankedTensorType Type) {
  if (Axis >= 0 && Axis < Type.getRank())
    return success();
  return emitOptionalError(Loc, "axis ", Axis, " is not one of the ",
                           Type.getRank(), " dimensions of ", Type);
}

/// "first", "second" operand of a contraction.
static StringRef getOrdinal(int64_t Operand) {
  return Operand == 0 ? "first" : "second";
}

LogicalResult EinsumOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> Loc,
                                         Adaptor Op,
                                         SmallVectorImpl<Type> &Inferred) {
  std::string Error;
  FailureOr<EinsumEquation> Equation =
      EinsumEquation::parse(Op.getEquation(), Error);
  if (failed(Equation))
    return emitOptionalError(Loc, "equation \"", Op.getEquation(),
                             "\": ", Error);
  RankedTensorType Types[] = {getTensorType(Op.getLhs()),
                              getTensorType(Op.getRhs())};
  if (Types[0].getElementType() != Types[1].getElementType())
    return emitOptionalError(Loc, "operands have different element types: ",
                             Types[0], " and ", Types[1]);

  SmallVector<int64_t> Sizes(Equation->Names.size(), ShapedType::kDynamic);
  for (int64_t Operand : {0, 1}) {
    ArrayRef<int64_t> Numbers = Operand == 0 ? Equation->Lhs : Equation->Rhs;
    RankedTensorType Type = Types[Operand];
    if (Type.getRank() != static_cast<int64_t>(Numbers.size()))
      return emitOptionalError(
          Loc, "equation \"", Op.getEquation(), "\" names ", Numbers.size(),
          " dimensions for the ", getOrdinal(Operand), " operand, which has ",
          Type.getRank(), ": ", Type);
    for (auto [Number, Size] : llvm::zip_equal(Numbers, Type.getShape())) {
      if (Operand == 1 && Sizes[Number] != ShapedType::kDynamic &&
          Sizes[Number] != Size)
        return emitOptionalError(
            Loc, "dimension \"", Equation->Names[Number], "\" is ",
            Sizes[Number], " in the first operand and ", Size,
            " in the second: ", Types[0], " and ", Types[1]);
      Sizes[Number] = Size;
    }
  }
  SmallVector<int64_t> Shape;
  for (int64_t Number : Equation->Result)
    Shape.push_back(Sizes[Number]);
  Inferred.push_back(RankedTensorType::get(Shape, Types[0].getElementType()));
  return success();
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> Loc,
                                         Adaptor Op,
                                         SmallVectorImpl<Type> &Inferred) {
  RankedTensorType Type = getTensorType(Op.getInput());
  llvm::SmallBitVector Reduced(Type.getRank());
  int64_t Last = -1;
  for (int64_t Axis : Op.getAxes()) {
    if (failed(checkAxis(Loc, Axis, Type)))
      return failure();
    if (Axis <= Last)
      return emitOptionalError(Loc, "axes must be strictly increasing, but ",
                               Axis, " follows ", Last);
    if (Type.getDimSize(Axis) == 0 && Op.getKind() != ReduceKind::Sum)
      return emitOptionalError(
          Loc, "there is no ", stringifyReduceKind(Op.getKind()),
          " of no elements along axis ", Axis, " of ", Type);
    Last = Axis;
    Reduced.set(Axis);
  }
  SmallVector<int64_t> Shape;
  for (int64_t Dim = 0; Dim < Type.getRank(); ++Dim)
    if (!Reduced.test(Dim))
      Shape.push_back(Type.getDimSize(Dim));
  Inferred.push_back(RankedTensorType::get(Shape, Type.getElementType()));
  return success();
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> Loc,
                                            Adaptor Op,
                                            SmallVectorImpl<Type> &Inferred) {
  RankedTensorType Type = getTensorType(Op.getInput());
  ArrayRef<int64_t> Permutation = Op.getPermutation();
  llvm::SmallBitVector Seen(Type.getRank());
  bool Valid = static_cast<int64_t>(Permutation.size()) == Type.getRank();
  SmallVector<int64_t> Shape;
  for (int64_t Dim : Permutation) {
    Valid = Valid && Dim >= 0 && Dim < Type.getRank() && !Seen.test(Dim);
    if (!Valid)
      break;
    Seen.set(Dim);
    Shape.push_back(Type.getDimSize(Dim));
  }
  if (!Valid)
    return emitOptionalError(Loc, "permutation [", Permutation,
                             "] is not a reordering of the ", Type.getRank(),
                             " dimensions of ", Type);
  Inferred.push_back(RankedTensorType::get(Shape, Type.getElementType()));
  return success();
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> Loc,
                                         Adaptor Op,
                                         SmallVectorImpl<Type> &Inferred) {
  ValueRange Operands = Op.getInputs();
  if (Operands.empty())
    return emitOptionalError(Loc, "needs at least one operand");
  RankedTensorType First = getTensorType(Operands.front());
  int64_t Axis = Op.getAxis();
  if (failed(checkAxis(Loc, Axis, First)))
    return failure();
  SmallVector<int64_t> Shape(First.getShape());
  for (Value Operand : Operands.drop_front()) {
    RankedTensorType Type = getTensorType(Operand);
    bool Matches = Type.getElementType() == First.getElementType() &&
                   Type.getRank() == First.getRank();
    for (int64_t Dim = 0; Matches && Dim < First.getRank(); ++Dim)
      Matches = Dim == Axis || Type.getDimSize(Dim) == First.getDimSize(Dim);
    if (!Matches)
      return emitOptionalError(Loc, "operands must agree in all but axis ",
                               Axis, ", found ", First, " and ", Type);
    Shape[Axis] += Type.getDimSize(Axis);
  }
  Inferred.push_back(RankedTensorType::get(Shape, First.getElementType()));
  return success();
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> Loc,
                                         Adaptor Op,
                                         SmallVectorImpl<Type> &Inferred) {
  RankedTensorType Table = getTensorType(Op.getTable());
  if (Table.getRank() == 0)
    return emitOptionalError(Loc,
                             "the table needs a dimension of rows: ", Table);
  if (Table.getDimSize(0) == 0)
    return emitOptionalError(Loc, "the table has no rows: ", Table);
  SmallVector<int64_t> Shape(getTensorType(Op.getIndices()).getShape());
  llvm::append_range(Shape, Table.getShape().drop_front());
  Inferred.push_back(RankedTensorType::get(Shape, Table.getElementType()));
  return success();
}

LogicalResult
CrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location> Loc,
                                 Adaptor Op, SmallVectorImpl<Type> &Inferred) {
  RankedTensorType Logits = getTensorType(Op.getLogits());
  RankedTensorType Targets = getTensorType(Op.getTargets());
  if (Logits.getRank() == 0 ||
      Logits.getShape().drop_back() != Targets.getShape())
    return emitOptionalError(Loc, "logits must have the shape of the targets ",
                             "and then one dimension, found ", Logits, " and ",
                             Targets);
  if (Logits.getShape().back() == 0)
    return emitOptionalError(Loc, "there are no classes in the logits ",
                             Logits);
  auto Type =
      RankedTensorType::get(Targets.getShape(), Logits.getElementType());
  Inferred.append({Type, Type});
  return success();
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location> Loc,
                                            Adaptor Op,
                                            SmallVectorImpl<Type> &Inferred) {
  RankedTensorType Query = getTensorType(Op.getQuery());
  RankedTensorType Key = getTensorType(Op.getKey());
  RankedTensorType Value = getTensorType(Op.getValue());
  auto Fail = [&](const Twine &What) {
    return emitOptionalError(Loc, What, ": query ", Query, ", key ", Key,
                             ", value ", Value);
  };
  if (Query.getRank() != 4 || Key.getRank() != 4 || Value.getRank() != 4)
    return Fail("query, key and value must be [batch, heads, time, depth]");
  if (Query.getElementType() != Key.getElementType() ||
      Query.getElementType() != Value.getElementType())
    return Fail("query, key and value have different element types");
  if (Query.getDimSize(0) != Key.getDimSize(0) ||
      Query.getDimSize(0) != Value.getDimSize(0))
    return Fail("query, key and value have different batch sizes");
  if (Key.getDimSize(1) != Value.getDimSize(1))
    return Fail("key and value have different numbers of heads");
  if (Key.getDimSize(1) == 0 || Query.getDimSize(1) % Key.getDimSize(1) != 0)
    return Fail("heads of the query must be a multiple of those of the key");
  if (Key.getDimSize(2) != Value.getDimSize(2))
    return Fail("key and value have different lengths");
  if (Query.getDimSize(3) != Key.getDimSize(3))
    return Fail("query and key have different depths");
  SmallVector<int64_t> Shape(Query.getShape());
  Shape.back() = Value.getDimSize(3);
  Inferred.push_back(RankedTensorType::get(Shape, Query.getElementType()));
  Inferred.push_back(RankedTensorType::get(Query.getShape().drop_back(),
                                           Query.getElementType()));
  return success();
}
