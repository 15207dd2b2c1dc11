//===- Packing.cpp - Panels of a matrix -----------------------------------===//

#include "codegen/contraction/Packing.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace stator;

using Values = KernelBuilder::Values;

/// Transposes as many vectors as they have lanes. Each of log2(n) rounds
/// interleaves vector i with vector i + n/2, which rotates the bits of
/// (vector, lane) by one.
static Values transpose(KernelBuilder &K, Values Rows) {
  int64_t N = Rows.size();
  SmallVector<int64_t> Low, High;
  for (int64_t I = 0; I < N / 2; ++I) {
    Low.append({I, N + I});
    High.append({N / 2 + I, N + N / 2 + I});
  }
  for (int64_t Round = N; Round > 1; Round /= 2) {
    Values Next;
    for (int64_t I = 0; I < N / 2; ++I)
      for (ArrayRef<int64_t> Mask : {ArrayRef(Low), ArrayRef(High)})
        Next.push_back(vector::ShuffleOp::create(K.B, K.Loc, Rows[I],
                                                 Rows[I + N / 2], Mask));
    Rows = std::move(Next);
  }
  return Rows;
}

namespace {

struct Packer {
  KernelBuilder &K;
  const WeightView &Weights;
  const MatrixView &Source;
  Value Depth;
  int64_t Columns;
  Value Panel;
  int64_t PanelColumns;

  int64_t getCount(int64_t Column) const {
    return std::min(K.getLanes(), Columns - Column);
  }

  Value sourceOffset(Value Step, int64_t Column) {
    return K.add(K.add(K.mul(Step, Source.RowStride), Source.Offset),
                 Column * Source.ColumnStride);
  }

  Value panelOffset(Value Step, int64_t Column) {
    return K.add(K.mul(Step, PanelColumns), Column);
  }

  /// Row after row: whole vectors where columns are contiguous, else element
  /// by element.
  void copyRows(Value From, Value To) {
    int64_t Lanes = K.getLanes();
    K.loop(From, To, 1, [&](Value Step) {
      for (int64_t Column = 0; Column < PanelColumns; Column += Lanes) {
        int64_t Count = getCount(Column);
        Value Row;
        if (Count <= 0) {
          Row = K.splat(0);
        } else if (Count == 1 ||
                   (Source.ColumnStride == 1 && !Weights.Scales)) {
          Row = Weights.loadVector(K, sourceOffset(Step, Column), Count);
        } else {
          Row = K.splat(0);
          for (int64_t Lane = 0; Lane < Count; ++Lane)
            Row = vector::InsertOp::create(
                K.B, K.Loc, Weights.load(K, sourceOffset(Step, Column + Lane)),
                Row, ArrayRef<int64_t>{Lane});
        }
        K.storeVector(Row, Panel, panelOffset(Step, Column));
      }
    });
  }

  /// Blocks of lanes x lanes of a source whose depth is contiguous.
  void transposeBlocks(Value To) {
    int64_t Lanes = K.getLanes();
    K.loop(K.index(0), To, Lanes, [&](Value Step) {
      for (int64_t Column = 0; Column < PanelColumns; Column += Lanes) {
        Values Rows;
        for (int64_t Lane = 0; Lane < Lanes; ++Lane)
          Rows.push_back(Lane < getCount(Column)
                             ? Weights.loadVector(
                                   K, sourceOffset(Step, Column + Lane), Lanes)
                             : K.splat(0));
        Rows = transpose(K, std::move(Rows));
        for (auto [Lane, Row] : llvm::enumerate(Rows))
          K.storeVector(Row, Panel,
                        panelOffset(K.add(Step, int64_t(Lane)), Column));
      }
    });
  }
};

} // namespace

void stator::emitPackPanel(KernelBuilder &K, const MatrixView &Source,
                           Value Depth, int64_t Columns, Value Panel,
                           int64_t PanelColumns) {
  return emitPackPanel(K, WeightView{Source.Buffer, nullptr}, Source, Depth,
                       Columns, Panel, PanelColumns);
}

void stator::emitPackPanel(KernelBuilder &K, const WeightView &Weights,
                           const MatrixView &Source, Value Depth,
                           int64_t Columns, Value Panel, int64_t PanelColumns) {
  Packer P{K, Weights, Source, Depth, Columns, Panel, PanelColumns};
  if (Source.RowStride != 1 || Source.ColumnStride == 1)
    return P.copyRows(K.index(0), Depth);
  Value Whole = K.sub(Depth, K.rem(Depth, K.getLanes()));
  P.transposeBlocks(Whole);
  P.copyRows(Whole, Depth);
}

void stator::emitPackPairs(KernelBuilder &K, const WeightView &Weights,
                           const MatrixView &Source, Value Depth,
                           int64_t TotalDepth, int64_t Columns, Value Panel,
                           int64_t PanelColumns) {
  assert(Source.RowStride == 1 && "pairs of neighbours");
  int64_t Lanes = K.getLanes(), Block = getPairsBlock(K);
  auto Transpose = [&](Value Step, int64_t Count) {
    Value Row = K.mul(K.div(Step, 2), PanelColumns);
    for (int64_t Column = 0; Column < PanelColumns; Column += Lanes) {
      Values Rows;
      for (int64_t Lane = 0; Lane < Lanes; ++Lane)
        Rows.push_back(Column + Lane < Columns
                           ? Weights.loadPairs(
                                 K,
                                 K.add(K.add(Source.Offset, Step),
                                       (Column + Lane) * Source.ColumnStride),
                                 Count)
                           : K.splat(0));
      Rows = transpose(K, std::move(Rows));
      for (auto [Lane, Vector] : llvm::enumerate(Rows))
        K.storeVector(Vector, Panel,
                      K.add(Row, int64_t(Lane) * PanelColumns + Column));
    }
  };
  Value Whole = K.sub(Depth, K.rem(Depth, Block));
  K.loop(K.index(0), Whole, Block, [&](Value Step) { Transpose(Step, Block); });
  if (int64_t Rest = TotalDepth % Block)
    K.loop(Whole, Depth, Block, [&](Value Step) { Transpose(Step, Rest); });
}

void stator::emitRoundRows(KernelBuilder &K, const MatrixView &Source,
                           Value Rows, Value Depth, int64_t TotalDepth,
                           const MatrixView &To) {
  assert(Source.ColumnStride == 1 && "pairs of neighbours");
  int64_t Lanes = K.getLanes();
  Value Whole = K.sub(Depth, K.rem(Depth, Lanes));
  K.loop(K.index(0), Rows, 1, [&](Value Row) {
    Value From = K.add(Source.Offset, K.mul(Row, Source.RowStride));
    Value Start = K.add(To.Offset, K.mul(Row, To.RowStride));
    auto Round = [&](Value Step, int64_t Count) {
      Value Vector = K.loadVector(Source.Buffer, K.add(From, Step), Count);
      vector::StoreOp::create(K.B, K.Loc, K.roundToPairs(Vector), To.Buffer,
                              K.add(Start, K.div(Step, 2)));
    };
    K.loop(K.index(0), Whole, Lanes, [&](Value Step) { Round(Step, Lanes); });
    if (int64_t Rest = TotalDepth % Lanes)
      K.loop(Whole, Depth, Lanes, [&](Value Step) { Round(Step, Rest); });
  });
}
