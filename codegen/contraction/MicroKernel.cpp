//===- MicroKernel.cpp - A matrix product in registers --------------------===//

#include "codegen/contraction/MicroKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace stator;

using Values = KernelBuilder::Values;

namespace {

/// One register tile being emitted.
class MicroKernel {
public:
  MicroKernel(KernelBuilder &K, const TileProduct &P)
      : K(K), P(P), Lanes(K.getLanes()),
        Vectors(llvm::divideCeil(P.Columns, Lanes)) {}

  void emit() {
    Values Sums = K.loop(
        K.index(0), P.Depth, 1, zeros(),
        [&](Value Step, ValueRange Sums) { return emitStep(Step, Sums); });
    storeSums(addPrevious(Sums));
  }

private:
  /// How many columns of vector `V` exist.
  int64_t getCount(int64_t V) const {
    return std::min(Lanes, P.Columns - V * Lanes);
  }

  /// Where column `V * Lanes` of row `Row` is.
  Value offsetIn(const MatrixView &View, int64_t Row, int64_t V) {
    return K.add(View.Offset,
                 Row * View.RowStride + V * Lanes * View.ColumnStride);
  }

  Values zeros() { return Values(P.Rows * Vectors, K.splat(0)); }

  Values addPrevious(const Values &Sums) {
    auto Add = [&] {
      Values Totals = loadPrevious();
      for (auto [Total, Sum] : llvm::zip_equal(Totals, Sums))
        Total = K.addf(Total, Sum);
      return Totals;
    };
    if (!P.Accumulate)
      return Sums;
    if (matchesTrue(P.Accumulate))
      return Add();
    return K.choose(P.Accumulate, Add, [&] { return Sums; });
  }

  static bool matchesTrue(Value Condition) {
    auto Constant = Condition.getDefiningOp<arith::ConstantOp>();
    return Constant && cast<BoolAttr>(Constant.getValue()).getValue();
  }

  Values loadPrevious() {
    const MatrixView &From = P.Previous.Buffer ? P.Previous : P.Result;
    Values Sums;
    for (int64_t Row = 0; Row < P.Rows; ++Row)
      for (int64_t V = 0; V < Vectors; ++V) {
        Value Offset = offsetIn(From, Row, V);
        if (From.ColumnStride == 1 || getCount(V) == 1) {
          Sums.push_back(K.loadVector(From.Buffer, Offset, getCount(V)));
          continue;
        }
        Value Sum = K.splat(0);
        for (int64_t Lane = 0; Lane < getCount(V); ++Lane)
          Sum = vector::InsertOp::create(
              K.B, K.Loc,
              K.load(From.Buffer, K.add(Offset, Lane * From.ColumnStride)), Sum,
              ArrayRef<int64_t>{Lane});
        Sums.push_back(Sum);
      }
    return Sums;
  }

  void storeSums(ValueRange Sums) {
    for (int64_t Row = 0; Row < P.Rows; ++Row)
      for (int64_t V = 0; V < Vectors; ++V) {
        Value Sum = Sums[Row * Vectors + V];
        Value Offset = offsetIn(P.Result, Row, V);
        if (P.Result.ColumnStride == 1 || getCount(V) == 1) {
          K.storeVector(Sum, P.Result.Buffer, Offset, getCount(V));
          continue;
        }
        for (int64_t Lane = 0; Lane < getCount(V); ++Lane)
          K.store(vector::ExtractOp::create(K.B, K.Loc, Sum,
                                            ArrayRef<int64_t>{Lane}),
                  P.Result.Buffer, K.add(Offset, Lane * P.Result.ColumnStride));
      }
  }

  Values emitStep(Value Step, ValueRange Sums) {
    if (P.EachStep)
      P.EachStep(Step);
    // The row of the panel, then one broadcast element of each row of Lhs.
    Value RhsOffset = K.add(K.mul(Step, P.Rhs.RowStride), P.Rhs.Offset);
    Values RhsRow;
    for (int64_t V = 0; V < Vectors; ++V)
      RhsRow.push_back(K.loadVector(P.Rhs.Buffer, K.add(RhsOffset, V * Lanes),
                                    P.RhsPadded ? Lanes : getCount(V)));
    if (P.PackTo)
      for (auto [V, Vector] : llvm::enumerate(RhsRow))
        K.storeVector(Vector, P.PackTo,
                      K.add(K.mul(Step, Vectors * Lanes), V * Lanes));
    Value LhsOffset = K.add(K.mul(Step, P.Lhs.ColumnStride), P.Lhs.Offset);
    Values Next;
    for (int64_t Row = 0; Row < P.Rows; ++Row) {
      Value Element = K.broadcast(
          K.load(P.Lhs.Buffer, K.add(LhsOffset, Row * P.Lhs.RowStride)));
      for (int64_t V = 0; V < Vectors; ++V) {
        Value Sum = Sums[Row * Vectors + V];
        Next.push_back(P.Pairs ? K.multiplyAddPairs(Element, RhsRow[V], Sum)
                               : K.multiplyAdd(Element, RhsRow[V], Sum));
      }
    }
    return Next;
  }

  KernelBuilder &K;
  const TileProduct &P;
  const int64_t Lanes, Vectors;
};

} // namespace

void stator::emitMicroKernel(KernelBuilder &K, const TileProduct &Product) {
  MicroKernel(K, Product).emit();
}

void stator::forEachTile(KernelBuilder &K, Value From, Value To, int64_t Whole,
                         bool HasEdge, function_ref<void(Value, bool)> Body) {
  if (Whole > 0)
    K.loop(From, HasEdge ? K.min(To, K.index(Whole)) : To, 1,
           [&](Value I) { Body(I, /*IsEdge=*/false); });
  if (!HasEdge)
    return;
  // At most one iteration: the last tile, if it is asked for.
  Value Edge = K.index(Whole);
  K.loop(Whole > 0 ? K.max(From, Edge) : From, To, 1,
         [&](Value I) { Body(I, /*IsEdge=*/true); });
}

void stator::emitBlockProduct(KernelBuilder &K, const TileProduct &Product) {
  RegisterTile Tile =
      RegisterTile::choose(Product.Rows, Product.Columns, K.Target);
  int64_t RowTiles = Product.Rows / Tile.Rows;
  int64_t Panels = Product.Columns / Tile.Columns;
  int64_t RowEdge = Product.Rows % Tile.Rows;
  int64_t ColumnEdge = Product.Columns % Tile.Columns;
  forEachTile(
      K, K.index(0), K.index(Panels + (ColumnEdge != 0)), Panels,
      ColumnEdge != 0, [&](Value Panel, bool IsColumnEdge) {
        Value Column = K.mul(Panel, Tile.Columns);
        TileProduct Part = Product;
        Part.Columns = IsColumnEdge ? ColumnEdge : Tile.Columns;
        Part.Rhs.Offset = K.add(Product.Rhs.Offset, Column);
        Value ResultColumn = K.add(Product.Result.Offset,
                                   K.mul(Column, Product.Result.ColumnStride));
        forEachTile(
            K, K.index(0), K.index(RowTiles + (RowEdge != 0)), RowTiles,
            RowEdge != 0, [&](Value RowTile, bool IsRowEdge) {
              Value Row = K.mul(RowTile, Tile.Rows);
              Part.Rows = IsRowEdge ? RowEdge : Tile.Rows;
              Part.Lhs.Offset =
                  K.add(Product.Lhs.Offset, K.mul(Row, Product.Lhs.RowStride));
              Part.Result.Offset =
                  K.add(ResultColumn, K.mul(Row, Product.Result.RowStride));
              emitMicroKernel(K, Part);
            });
      });
}
