//===- EmitEinsum.cpp - The kernel of a contraction -----------------------===//
//
// The loops around the register tile, after Goto and van de Geijn, "Anatomy of
// high-performance matrix multiplication", TOMS 2008: a task owns some rows and
// panels of the result; for each block of depth it packs one panel of the right
// operand after the other and runs all its rows over it. The first register
// tile packs the panel on the way where it need not be transposed; meanwhile
// the next panel is fetched from memory.
//
//===----------------------------------------------------------------------===//

#include "codegen/contraction/Contraction.h"
#include "codegen/contraction/ContractionPlan.h"
#include "codegen/contraction/EmitMatvec.h"
#include "codegen/contraction/KernelBuilder.h"
#include "codegen/contraction/MicroKernel.h"
#include "codegen/contraction/Packing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace stator;

using Values = KernelBuilder::Values;

namespace {

/// Positions in the three flat buffers.
struct Offsets {
  Value Lhs, Rhs, Result;
};

class EinsumEmitter {
public:
  /// The views are in the order of the loops.
  EinsumEmitter(KernelBuilder &K, const ContractionPlan &Plan,
                const WeightView &LhsView, const WeightView &RhsView,
                Value Result, const EinsumExtras &Extras)
      : K(K), Plan(Plan), Loops(Plan.Loops), LhsView(LhsView), RhsView(RhsView),
        Lhs(LhsView.Buffer), Rhs(RhsView.Buffer), Result(K.flatten(Result)),
        Epilogue(Extras.Epilogue),
        ResultShape(cast<MemRefType>(Result.getType()).getShape()) {
    if (Extras.Accumulator)
      Accumulator = K.flatten(Extras.Accumulator);
  }

  void emit() {
    if (Plan.Plain)
      emitPlain();
    else if (Plan.FewRows)
      emitFewRows();
    else
      emitTiled();
    if (Epilogue && !hasBlocks())
      emitWholeEpilogue();
  }

private:
  Offsets start() { return {K.index(0), K.index(0), K.index(0)}; }

  Offsets advance(Offsets At, const ContractionDim &Dim, Value I) {
    return {K.add(At.Lhs, K.mul(I, Dim.Lhs)), K.add(At.Rhs, K.mul(I, Dim.Rhs)),
            K.add(At.Result, K.mul(I, Dim.Result))};
  }

  /// Moves to element `Linear` of the space of the dimensions, row-major.
  Offsets advance(Offsets At, ArrayRef<ContractionDim> Dims, Value Linear) {
    for (auto [Number, Dim] : llvm::enumerate(llvm::reverse(Dims))) {
      bool IsOutermost = Number + 1 == Dims.size();
      At = advance(At, Dim, IsOutermost ? Linear : K.rem(Linear, Dim.Size));
      if (!IsOutermost)
        Linear = K.div(Linear, Dim.Size);
    }
    return At;
  }

  static int64_t getVolume(ArrayRef<ContractionDim> Dims) {
    int64_t Volume = 1;
    for (const ContractionDim &Dim : Dims)
      Volume *= Dim.Size;
    return Volume;
  }

  //===--------------------------------------------------------------------===//
  // Epilogue
  //===--------------------------------------------------------------------===//

  /// Whether the columns of a tile are the last dimensions of the result.
  bool hasBlocks() const {
    if (Plan.Plain || (Loops.Column.Result != 1 && Loops.Column.Size != 1))
      return false;
    int64_t Size = 1;
    for (int64_t Dim : llvm::reverse(ResultShape)) {
      if (Size == Loops.Column.Size)
        break;
      Size *= Dim;
    }
    return Size == Loops.Column.Size;
  }

  /// What a task has summed up, while it is in cache.
  void emitBlockEpilogue(Offsets At, Value RowTask, Value PanelTask) {
    Value FirstRow = K.mul(RowTask, Plan.RowTilesPerTask * Plan.Tile.Rows);
    Value FirstColumn =
        K.mul(PanelTask, Plan.PanelsPerTask * Plan.Tile.Columns);
    ResultBlock Block;
    Block.Offset = At.Result;
    Block.FirstRow = FirstRow;
    Block.LastRow =
        K.min(K.add(FirstRow, Plan.RowTilesPerTask * Plan.Tile.Rows),
              K.index(Loops.Row.Size));
    Block.RowStride = Loops.Row.Result;
    Block.FirstColumn = FirstColumn;
    Block.LastColumn =
        K.min(K.add(FirstColumn, Plan.PanelsPerTask * Plan.Tile.Columns),
              K.index(Loops.Column.Size));
    Block.TotalColumns = Loops.Column.Size;
    Epilogue(Block);
  }

  /// All of the result at the end, its last dimension taken as columns.
  void emitWholeEpilogue() {
    int64_t Columns = ResultShape.empty() ? 1 : ResultShape.back();
    int64_t Rows = 1;
    for (int64_t Dim : ResultShape)
      Rows *= Dim;
    Rows /= Columns;
    constexpr int64_t TaskElements = 1 << 13;
    int64_t RowsPerTask = splitEvenly(Rows, TaskElements / Columns);
    K.tasks(llvm::divideCeil(Rows, RowsPerTask), Plan.Parallel,
            [&](Value Task) {
              ResultBlock Block;
              Block.Offset = K.index(0);
              Block.FirstRow = K.mul(Task, RowsPerTask);
              Block.LastRow =
                  K.min(K.add(Block.FirstRow, RowsPerTask), K.index(Rows));
              Block.RowStride = Columns;
              Block.FirstColumn = K.index(0);
              Block.LastColumn = K.index(Columns);
              Block.TotalColumns = Columns;
              Epilogue(Block);
            });
  }

  //===--------------------------------------------------------------------===//
  // Few rows
  //===--------------------------------------------------------------------===//

  void emitFewRows() {
    MatvecProduct Product{Loops,       Lhs,           RhsView, Result,
                          Accumulator, Plan.Parallel, nullptr};
    auto Finish = [&](Value FirstColumn, Value LastColumn) {
      ResultBlock Block;
      Block.Offset = K.index(0);
      Block.FirstRow = K.index(0);
      Block.LastRow = K.index(Loops.Row.Size);
      Block.RowStride =
          Loops.Row.Size == 1 ? Loops.Column.Size : Loops.Row.Result;
      Block.FirstColumn = FirstColumn;
      Block.LastColumn = LastColumn;
      Block.TotalColumns = Loops.Column.Size;
      Epilogue(Block);
    };
    if (Epilogue && hasBlocks())
      Product.Finish = Finish;
    emitMatvec(K, Product);
  }

  //===--------------------------------------------------------------------===//
  // Plain loops
  //===--------------------------------------------------------------------===//

  /// One result after the other, in chunks of equal numbers of results.
  void emitPlain() {
    auto Dims = llvm::to_vector(Loops.Outer);
    for (const ContractionDim &Dim : {Loops.Row, Loops.Column})
      if (Dim.Size != 1)
        Dims.push_back(Dim);
    auto Sums = llvm::to_vector(Loops.OuterDepth);
    if (Loops.Depth.Size != 1)
      Sums.push_back(Loops.Depth);
    constexpr int64_t Chunk = 1024;
    int64_t Total = getVolume(Dims);
    K.tasks(llvm::divideCeil(Total, Chunk), Plan.Parallel, [&](Value Task) {
      Value From = K.mul(Task, Chunk);
      Value To = K.min(K.add(From, Chunk), K.index(Total));
      K.loop(From, To, 1, [&](Value I) {
        Offsets At = advance(start(), Dims, I);
        Value Sum = emitSum(Sums, At);
        if (Accumulator)
          Sum = K.addf(K.load(Accumulator, At.Result), Sum);
        K.store(Sum, Result, At.Result);
      });
    });
  }

  /// The sum of products over `Dims`, from `At` on.
  Value emitSum(ArrayRef<ContractionDim> Dims, Offsets At) {
    if (Dims.empty())
      return K.mulf(LhsView.load(K, At.Lhs), RhsView.load(K, At.Rhs));
    const ContractionDim &Dim = Dims.front();
    if (Dims.size() == 1 && Dim.Lhs == 1 && Dim.Rhs == 1 &&
        Dim.Size >= K.getLanes())
      return emitDotProduct(Dim.Size, At);
    return K
        .loop(K.index(0), K.index(Dim.Size), 1, {K.constant(0)},
              [&](Value I, ValueRange Sum) {
                return Values{K.addf(
                    Sum[0], emitSum(Dims.drop_front(), advance(At, Dim, I)))};
              })
        .front();
  }

  /// Both operands contiguous: lane by lane, the rest at the end.
  Value emitDotProduct(int64_t Size, Offsets At) {
    int64_t Lanes = K.getLanes();
    int64_t Whole = Size / Lanes * Lanes;
    auto MultiplyAdd = [&](Value I, int64_t Count, Value Sum) {
      return K.multiplyAdd(LhsView.loadVector(K, K.add(At.Lhs, I), Count),
                           RhsView.loadVector(K, K.add(At.Rhs, I), Count), Sum);
    };
    Value Sum = K.loop(K.index(0), K.index(Whole), Lanes, {K.splat(0)},
                       [&](Value I, ValueRange Sum) {
                         return Values{MultiplyAdd(I, Lanes, Sum[0])};
                       })
                    .front();
    if (Whole < Size)
      Sum = MultiplyAdd(K.index(Whole), Size - Whole, Sum);
    return K.sumLanes(Sum);
  }

  //===--------------------------------------------------------------------===//
  // Register tiles
  //===--------------------------------------------------------------------===//

  void emitTiled() {
    int64_t RowTasks = Plan.getRowTasks(), PanelTasks = Plan.getPanelTasks();
    int64_t Tasks = Plan.getOuterTasks() * RowTasks * PanelTasks;
    K.tasks(Tasks, Plan.Parallel, [&](Value Task) {
      Value PanelTask = K.rem(Task, PanelTasks);
      Value RowTask = K.rem(K.div(Task, PanelTasks), RowTasks);
      Value Outer = K.div(Task, PanelTasks * RowTasks);
      Offsets At = advance(start(), Loops.Outer, Outer);
      if (Plan.PackRhs)
        Panel = K.stackBuffer(getPanelSteps() * Plan.Tile.Columns);
      if (Plan.Pairs)
        Rounded = K.stackBuffer(Plan.RowTilesPerTask * Plan.Tile.Rows *
                                Plan.getRoundedStride());
      emitDepthLoops(Loops.OuterDepth, At, /*IsLater=*/Value(), RowTask,
                     PanelTask);
      if (Epilogue && hasBlocks())
        emitBlockEpilogue(At, RowTask, PanelTask);
    });
  }

  /// The contracted dimensions in sequence; all but the very first block
  /// (`IsLater`) add to what the result holds.
  void emitDepthLoops(ArrayRef<ContractionDim> Dims, Offsets At, Value IsLater,
                      Value RowTask, Value PanelTask) {
    if (!Dims.empty()) {
      K.loop(0, Dims.front().Size, 1, [&](Value I) {
        emitDepthLoops(Dims.drop_front(), advance(At, Dims.front(), I),
                       notFirst(IsLater, I), RowTask, PanelTask);
      });
      return;
    }
    int64_t Depth = Loops.Depth.Size, Block = Plan.DepthBlock;
    if (Depth <= Block)
      return emitTask(At, K.index(Depth), IsLater, RowTask, PanelTask, At.Rhs,
                      /*HasNext=*/Value());
    K.loop(0, Depth, Block, [&](Value From) {
      Value Size = Depth % Block == 0
                       ? K.index(Block)
                       : K.min(K.sub(K.index(Depth), From), K.index(Block));
      Value Next = K.add(From, Block);
      Value HasNext = K.isLess(Next, K.index(Depth));
      Value NextRhs = arith::SelectOp::create(
          K.B, K.Loc, HasNext, advance(At, Loops.Depth, Next).Rhs, At.Rhs);
      emitTask(advance(At, Loops.Depth, From), Size, notFirst(IsLater, From),
               RowTask, PanelTask, NextRhs, HasNext);
    });
  }

  Value notFirst(Value IsLater, Value I) {
    Value IsNotFirst = arith::CmpIOp::create(
        K.B, K.Loc, arith::CmpIPredicate::ne, I, K.index(0));
    if (!IsLater)
      return IsNotFirst;
    return arith::OrIOp::create(K.B, K.Loc, IsLater, IsNotFirst);
  }

  /// All panels and rows of a task for one block of depth. `NextRhs` is where
  /// the right operand has the block of depth that comes after the last panel:
  /// of this task if `HasNext` (null for never), else of the task behind it.
  void emitTask(Offsets At, Value Depth, Value IsLater, Value RowTask,
                Value PanelTask, Value NextRhs, Value HasNext) {
    int64_t Rows = Loops.Row.Size, Columns = Loops.Column.Size;
    RegisterTile Tile = Plan.Tile;
    Value FirstPanel = K.mul(PanelTask, Plan.PanelsPerTask);
    Value LastPanel =
        K.min(K.add(FirstPanel, Plan.PanelsPerTask), K.index(Plan.getPanels()));
    Value FirstRow = K.mul(RowTask, Plan.RowTilesPerTask);
    Value LastRow = K.min(K.add(FirstRow, Plan.RowTilesPerTask),
                          K.index(Plan.getRowTiles()));
    Value NextPanel =
        K.rem(LastPanel, Plan.getPanels()); // where the next task starts
    if (HasNext)
      NextPanel =
          arith::SelectOp::create(K.B, K.Loc, HasNext, FirstPanel, NextPanel);
    if (Plan.Pairs)
      roundRows(At, Depth, FirstRow, LastRow);
    forEachTile(
        K, FirstPanel, LastPanel, Columns / Tile.Columns,
        Columns % Tile.Columns != 0, [&](Value PanelNumber, bool IsEdge) {
          TileProduct Product;
          Product.Columns = IsEdge ? Columns % Tile.Columns : Tile.Columns;
          Product.Depth = Depth;
          Product.Accumulate = IsLater;
          Offsets AtPanel =
              advance(At, Loops.Column, K.mul(PanelNumber, Tile.Columns));
          Product.Rhs = {Rhs, AtPanel.Rhs, Loops.Depth.Rhs, Loops.Column.Rhs};
          Value FirstTile = FirstRow;
          if (Plan.PackRhs && Plan.PackInFirstTile && !IsEdge) {
            emitPackingTile(Product, AtPanel, FirstRow);
            FirstTile = K.add(FirstRow, 1);
            Product.Rhs = {Panel, K.index(0), Tile.Columns, 1};
            Product.RhsPadded = true;
          } else if (Plan.Pairs) {
            int64_t Padded = llvm::alignTo(Product.Columns, K.getLanes());
            emitPackPairs(K, RhsView, Product.Rhs, Depth, Loops.Depth.Size,
                          Product.Columns, Panel, Padded);
            Product.Rhs = {Panel, K.index(0), Padded, 1};
            Product.RhsPadded = true;
            Product.Pairs = true;
            Product.Depth = K.div(K.add(Depth, 1), 2);
            FirstRowOfTask = FirstRow;
          } else if (Plan.PackRhs) {
            int64_t Padded = llvm::alignTo(Product.Columns, K.getLanes());
            emitPackPanel(K, RhsView, Product.Rhs, Depth, Product.Columns,
                          Panel, Padded);
            Product.Rhs = {Panel, K.index(0), Padded, 1};
            Product.RhsPadded = true;
          }
          Value NextSource =
              nextPanel(At, PanelNumber, LastPanel, NextRhs, NextPanel);
          forEachTile(K, FirstTile, LastRow, Rows / Tile.Rows,
                      Rows % Tile.Rows != 0, [&](Value RowTile, bool IsEdge) {
                        if (Plan.PackRhs)
                          Product.EachStep = prefetchPanel(
                              NextSource, K.sub(RowTile, FirstRow));
                        emitRowTile(Product, AtPanel, RowTile,
                                    IsEdge ? Rows % Tile.Rows : Tile.Rows);
                      });
        });
  }

  /// The rows of a task for one block of depth, as pairs of bf16.
  void roundRows(Offsets At, Value Depth, Value FirstTile, Value LastTile) {
    Value First = K.mul(FirstTile, Plan.Tile.Rows);
    Value Last =
        K.min(K.mul(LastTile, Plan.Tile.Rows), K.index(Loops.Row.Size));
    emitRoundRows(K, {Lhs, advance(At, Loops.Row, First).Lhs, Loops.Row.Lhs, 1},
                  K.sub(Last, First), Depth, Loops.Depth.Size,
                  {Rounded, K.index(0), Plan.getRoundedStride(), 1});
  }

  /// Steps of the micro-kernel in a block of depth.
  int64_t getPanelSteps() const {
    return Plan.Pairs ? llvm::alignTo(Plan.DepthBlock, getPairsBlock(K)) / 2
                      : Plan.DepthBlock;
  }

  /// The first tile of a panel, which packs it on the way.
  void emitPackingTile(TileProduct Product, Offsets At, Value FirstRow) {
    // Far enough ahead for the next cache, where the panel should be by now.
    constexpr int64_t Ahead = 12;
    MatrixView Source = Product.Rhs;
    Product.PackTo = Panel;
    Product.EachStep = [this, Source](Value Step) {
      Value Row =
          K.add(K.mul(K.add(Step, Ahead), Source.RowStride), Source.Offset);
      for (int64_t Column = 0; Column < Plan.Tile.Columns; Column += CacheLine)
        K.prefetch(Source.Buffer, K.add(Row, Column));
    };
    emitRowTile(Product, At, FirstRow, Plan.Tile.Rows);
  }

  //===--------------------------------------------------------------------===//
  // Fetching the next panel while this one is multiplied
  //===--------------------------------------------------------------------===//

  static constexpr int64_t CacheLine = 64 / sizeof(float);

  /// Where the panel starts that will be packed after panel `Number`.
  Value nextPanel(Offsets At, Value Number, Value LastPanel, Value NextRhs,
                  Value NextPanel) {
    int64_t Step = Plan.Tile.Columns * Loops.Column.Rhs;
    if (Plan.PanelsPerTask == 1)
      return K.add(NextRhs, K.mul(NextPanel, Step));
    Value Next = K.add(Number, 1);
    Value IsHere = K.isLess(Next, LastPanel);
    auto Select = [&](Value X, Value Y) -> Value {
      return arith::SelectOp::create(K.B, K.Loc, IsHere, X, Y);
    };
    return K.add(Select(At.Rhs, NextRhs), K.mul(Select(Next, NextPanel), Step));
  }

  /// Each row tile asks for its share of the panel at `Source`, spread over its
  /// steps: as many requests at once as the whole of it would wait for each
  /// other, and the multiply-adds for them.
  std::function<void(Value)> prefetchPanel(Value Source, Value RowTile) {
    int64_t Tiles = Plan.RowTilesPerTask;
    if (Loops.Column.Rhs == 1) {
      // Some rows of the panel: one in 2^Shift steps.
      int64_t Shift = std::min<int64_t>(llvm::Log2_64(Tiles), 6);
      int64_t Count = llvm::divideCeil(Plan.DepthBlock, int64_t(1) << Shift);
      Value Row =
          K.min(K.mul(RowTile, Count), K.index(Plan.DepthBlock - Count));
      Value First = K.add(Source, K.mul(Row, Loops.Depth.Rhs));
      return [=, this](Value Step) {
        Value Row = K.add(
            First, K.mul(K.div(Step, int64_t(1) << Shift), Loops.Depth.Rhs));
        for (int64_t Column = 0; Column < Plan.Tile.Columns;
             Column += CacheLine)
          K.prefetch(Rhs, K.add(Row, Column), KernelBuilder::Cache::Second);
      };
    }
    // Some columns of the panel, from start to end.
    int64_t Count =
        std::min<int64_t>(llvm::divideCeil(Plan.Tile.Columns, Tiles), 4);
    Value Column =
        K.min(K.mul(RowTile, Count), K.index(Plan.Tile.Columns - Count));
    Value First = K.add(Source, K.mul(Column, Loops.Column.Rhs));
    return [=, this](Value Step) {
      Value Row =
          K.add(First, K.mul(Step, Loops.Depth.Rhs * (Plan.Pairs ? 2 : 1)));
      for (int64_t I = 0; I < Count; ++I)
        K.prefetch(Rhs, K.add(Row, I * Loops.Column.Rhs),
                   KernelBuilder::Cache::Second);
    };
  }

  //===--------------------------------------------------------------------===//
  // Rows
  //===--------------------------------------------------------------------===//

  /// The result of this tile, spread over its steps as well.
  void prefetchResult(Offsets At, Value Step) {
    if (Loops.Column.Result != 1)
      return;
    int64_t LinesPerRow = llvm::divideCeil(Plan.Tile.Columns, CacheLine);
    int64_t StepsPerLine =
        std::max<int64_t>(getPanelSteps() / (Plan.Tile.Rows * LinesPerRow), 1);
    Value Line = K.div(Step, int64_t(1) << llvm::Log2_64(StepsPerLine));
    Value Row = K.div(Line, LinesPerRow);
    Value Column = K.mul(K.rem(Line, LinesPerRow), CacheLine);
    K.prefetch(Result,
               K.add(K.add(At.Result, Column), K.mul(Row, Loops.Row.Result)),
               KernelBuilder::Cache::Nearest, /*ForWriting=*/true);
  }

  /// One line of the rows of the next tile in each step.
  void prefetchNextRows(Offsets At, Value Step) {
    int64_t Rows = Plan.Tile.Rows;
    Value Next = K.add(At.Lhs, Rows * Loops.Row.Lhs);
    if (Loops.Depth.Lhs == 1) {
      // Row after row, then the next line of each.
      Next = K.add(Next, K.mul(K.rem(Step, CacheLine), Loops.Row.Lhs));
      Next = K.add(Next, K.mul(K.div(Step, CacheLine), CacheLine));
    } else if (Loops.Row.Lhs == 1) {
      // The line that the tile reaches into; it shares the one before with
      // this tile.
      Next = K.add(K.add(Next, Rows - 1), K.mul(Step, Loops.Depth.Lhs));
    } else {
      return;
    }
    K.prefetch(Lhs, Next, KernelBuilder::Cache::Second);
  }

  void emitRowTile(TileProduct Product, Offsets At, Value RowTile,
                   int64_t Rows) {
    At = advance(At, Loops.Row, K.mul(RowTile, Plan.Tile.Rows));
    Product.Rows = Rows;
    Product.Lhs = {Lhs, At.Lhs, Loops.Row.Lhs, Loops.Depth.Lhs};
    if (Plan.Pairs)
      Product.Lhs = {Rounded,
                     K.mul(K.sub(RowTile, FirstRowOfTask),
                           Plan.Tile.Rows * Plan.getRoundedStride()),
                     Plan.getRoundedStride(), 1};
    Product.Result = {Result, At.Result, Loops.Row.Result, Loops.Column.Result};
    Product.EachStep = [this, At,
                        Others = std::move(Product.EachStep)](Value Step) {
      if (Others)
        Others(Step);
      if (!Plan.Pairs)
        prefetchNextRows(At, Step);
      prefetchResult(At, Step);
    };
    if (Accumulator) {
      // The first block of depth starts from there, the others from its sums.
      Product.Previous = Product.Result;
      Product.Previous.Buffer =
          Product.Accumulate
              ? arith::SelectOp::create(K.B, K.Loc, Product.Accumulate, Result,
                                        Accumulator)
              : Accumulator;
      Product.Accumulate =
          arith::ConstantOp::create(K.B, K.Loc, K.B.getBoolAttr(true));
    }
    emitMicroKernel(K, Product);
  }

  KernelBuilder &K;
  const ContractionPlan &Plan;
  const ContractionLoops &Loops;
  const WeightView &LhsView, &RhsView;
  Value Lhs, Rhs, Result; ///< flat, in the order of the loops
  Value Accumulator;      ///< flat, or null
  function_ref<void(const ResultBlock &)> Epilogue;
  ArrayRef<int64_t> ResultShape;
  Value Panel;          ///< on the stack of the thread
  Value Rounded;        ///< the rows of a task as pairs of bf16, there as well
  Value FirstRowOfTask; ///< the number of its first register tile
};

} // namespace

LogicalResult stator::emitEinsum(OpBuilder &B, EinsumOp Op,
                                 ArrayRef<Value> Operands, Value Result,
                                 const CpuTarget &Target,
                                 const EinsumExtras &Extras) {
  std::string Error;
  auto Equation = EinsumEquation::parse(Op.getEquation(), Error);
  if (failed(Equation))
    return Op.emitOpError() << Error;
  auto ShapeOf = [](Value Memref) {
    return cast<MemRefType>(Memref.getType()).getShape();
  };
  ContractionLoops Loops = ContractionLoops::get(
      *Equation, ShapeOf(Operands[0]), ShapeOf(Operands[1]), ShapeOf(Result));
  KernelBuilder K(B, Op.getLoc(), Target);
  WeightView Views[2];
  for (unsigned I : {0, 1}) {
    WeightView &View = Views[Loops.Swapped ? 1 - I : I];
    View.Buffer = K.flatten(Operands[I]);
    Type Element = View.getElementType();
    if (Extras.Scales[I]) {
      View.Scales = K.flatten(Extras.Scales[I]);
      View.RowLength = ShapeOf(Operands[I]).back();
      View.Block = Extras.ScaleBlock;
    }
    if (!(Element.isF32() || Element.isBF16() ||
          (Element.isInteger(8) && View.Scales)))
      return Op->emitOpError("has a kernel for f32, bf16 and scaled i8 only, "
                             "not for ")
             << Element;
  }
  ContractionPlan Plan =
      ContractionPlan::get(std::move(Loops), Target, !Views[0].isF32(),
                           !Views[1].isF32(), Views[1].isBF16());
  EinsumEmitter(K, Plan, Views[0], Views[1], Result, Extras).emit();
  return success();
}
