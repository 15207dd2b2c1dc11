//===- ContractionPlan.cpp - How a contraction is computed ----------------===//

#include "codegen/contraction/ContractionPlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace stator;

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Adds the row-major strides of a tensor to the dimensions that it has.
static void addStrides(ArrayRef<int64_t> Names, ArrayRef<int64_t> Shape,
                       MutableArrayRef<ContractionDim> Dims,
                       int64_t ContractionDim::*Stride) {
  int64_t Step = 1;
  for (auto [Name, Size] : llvm::reverse(llvm::zip_equal(Names, Shape))) {
    Dims[Name].Size = Size;
    Dims[Name].*Stride = Step;
    Step *= Size;
  }
}

/// Whether `Inner` running inside `Outer` is one walk at a constant stride in
/// every tensor.
static bool canMerge(const ContractionDim &Outer, const ContractionDim &Inner) {
  auto Fits = [&](int64_t ContractionDim::*Stride) {
    return Outer.*Stride == Inner.*Stride * Inner.Size;
  };
  return Fits(&ContractionDim::Lhs) && Fits(&ContractionDim::Rhs) &&
         Fits(&ContractionDim::Result);
}

/// The dimensions of one role, merged where memory allows, outermost first.
static SmallVector<ContractionDim> collectDims(const EinsumEquation &Equation,
                                               EinsumRole Role,
                                               ArrayRef<ContractionDim> Dims) {
  SmallVector<ContractionDim> Group;
  for (int64_t Name : Equation.getDimensions(Role))
    if (Dims[Name].Size != 1)
      Group.push_back(Dims[Name]);
  llvm::sort(Group, [](const auto &X, const auto &Y) {
    return std::tie(X.Result, X.Lhs, X.Rhs) > std::tie(Y.Result, Y.Lhs, Y.Rhs);
  });
  SmallVector<ContractionDim> Merged;
  for (const ContractionDim &Dim : Group) {
    if (!Merged.empty() && canMerge(Merged.back(), Dim)) {
      int64_t Size = Merged.back().Size * Dim.Size;
      Merged.back() = Dim;
      Merged.back().Size = Size;
    } else {
      Merged.push_back(Dim);
    }
  }
  return Merged;
}

/// Takes the dimension that the inner product is to run over: the one with
/// stride 1 in `Stride` if it is long enough to matter, else the longest.
static ContractionDim takeMain(SmallVectorImpl<ContractionDim> &Group,
                               int64_t ContractionDim::*Stride) {
  if (Group.empty())
    return {};
  auto *Main = llvm::max_element(
      Group, [](const auto &X, const auto &Y) { return X.Size < Y.Size; });
  if (Stride)
    for (ContractionDim &Dim : Group)
      if (Dim.*Stride == 1 && Dim.Size * 4 >= Main->Size)
        Main = &Dim;
  ContractionDim Taken = *Main;
  Group.erase(Main);
  return Taken;
}

ContractionLoops ContractionLoops::get(const EinsumEquation &Equation,
                                       ArrayRef<int64_t> LhsShape,
                                       ArrayRef<int64_t> RhsShape,
                                       ArrayRef<int64_t> ResultShape) {
  SmallVector<ContractionDim> Dims(Equation.Names.size());
  addStrides(Equation.Lhs, LhsShape, Dims, &ContractionDim::Lhs);
  addStrides(Equation.Rhs, RhsShape, Dims, &ContractionDim::Rhs);
  addStrides(Equation.Result, ResultShape, Dims, &ContractionDim::Result);

  auto Batches = collectDims(Equation, EinsumRole::Batch, Dims);
  auto Rows = collectDims(Equation, EinsumRole::Row, Dims);
  auto Columns = collectDims(Equation, EinsumRole::Column, Dims);
  auto Depths = collectDims(Equation, EinsumRole::Contracted, Dims);

  ContractionLoops Loops;
  auto IsContiguous = [](const ContractionDim &Dim) { return Dim.Result == 1; };
  Loops.Swapped = llvm::any_of(Rows, IsContiguous);
  if (Loops.Swapped) {
    std::swap(Rows, Columns);
    for (auto *Group : {&Batches, &Rows, &Columns, &Depths})
      for (ContractionDim &Dim : *Group)
        std::swap(Dim.Lhs, Dim.Rhs);
  }
  Loops.Row = takeMain(Rows, nullptr);
  Loops.Column = takeMain(Columns, &ContractionDim::Result);
  Loops.Depth = takeMain(Depths, nullptr);
  llvm::append_range(Loops.Outer, Batches);
  llvm::append_range(Loops.Outer, Rows);
  llvm::append_range(Loops.Outer, Columns);
  llvm::append_range(Loops.OuterDepth, Depths);
  return Loops;
}

double ContractionLoops::getWork() const {
  double Work = 1.0 * Row.Size * Column.Size * Depth.Size;
  for (const ContractionDim &Dim :
       llvm::concat<const ContractionDim>(Outer, OuterDepth))
    Work *= Dim.Size;
  return Work;
}

//===----------------------------------------------------------------------===//
// Register tile
//===----------------------------------------------------------------------===//

/// Estimated cycles for one step of depth of a tile of `Rows` x `Vectors`: a
/// core issues two multiply-adds or two loads a cycle, each row needs one
/// broadcast, each vector one load, and each accumulator waits four cycles for
/// itself.
static double estimateCycles(int64_t Rows, int64_t Vectors) {
  double MultiplyAdds = Rows * Vectors / 2.0;
  double Loads = (Rows + Vectors) / 2.0;
  return std::max({MultiplyAdds, Loads, 4.0});
}

RegisterTile RegisterTile::choose(int64_t Rows, int64_t Columns,
                                  const CpuTarget &Target, int64_t MaxRows) {
  int64_t Lanes = Target.getF32Lanes();
  int64_t Registers = Target.NumVectorRegisters;
  MaxRows = std::min<int64_t>(MaxRows, 14);
  // One register holds the broadcast element, `Vectors` the row of the panel.
  int64_t Vectors = std::clamp<int64_t>((Registers - 1) / (MaxRows + 1), 2, 4);
  Vectors = std::min<int64_t>(llvm::divideCeil(Columns, Lanes), Vectors);
  MaxRows = std::min(MaxRows, (Registers - 1 - Vectors) / Vectors);
  RegisterTile Best;
  double BestCycles = 0;
  for (int64_t Tall = std::min(MaxRows, Rows); Tall >= 1; --Tall) {
    int64_t WholeTiles = Rows / Tall;
    double Cycles = WholeTiles * estimateCycles(Tall, Vectors);
    if (Rows % Tall)
      Cycles += estimateCycles(Rows % Tall, Vectors);
    if (BestCycles == 0 || Cycles < BestCycles) {
      Best = {Tall, Vectors * Lanes};
      BestCycles = Cycles;
    }
  }
  return Best;
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// A panel is streamed from L2 once for every register tile; it lies on the
/// stack of a thread.
static constexpr int64_t MaxPanelBytes = 96 << 10;
static constexpr int64_t MaxDepthBlock = 768;
/// Rows in one set of L1 that do not evict each other.
static constexpr int64_t MaxConflictingRows = 6;
/// Fewer rows than these do not pay for packing a panel.
static constexpr int64_t MinRowTiles = 20;
static constexpr int64_t MinSplitRowTiles = 7;
/// Enough for an even share on any number of threads in use today.
static constexpr int64_t TasksWanted = 64;
static constexpr int64_t MaxTaskPanels = 16;
/// Rows rounded to bf16 lie on the stack of a thread, and each task rounds its
/// rows anew.
static constexpr int64_t MaxRoundedBytes = 384 << 10;
static constexpr int64_t RoundingTasks = 16;
/// Enough for the threads of most machines, where more would cost: each task
/// reads its rows again for every block of depth.
static constexpr int64_t FewTasks = 8;
static constexpr int64_t FewestTasks = 4;
static constexpr int64_t ManyDepthBlocks = 8;

int64_t ContractionPlan::getRoundedStride() const {
  constexpr int64_t LinePairs = 16;
  return (llvm::divideCeil(DepthBlock, 2 * LinePairs) | 1) * LinePairs;
}
int64_t ContractionPlan::getDepthBlocks() const {
  return llvm::divideCeil(Loops.Depth.Size, DepthBlock);
}
int64_t ContractionPlan::getRowTiles() const {
  return llvm::divideCeil(Loops.Row.Size, Tile.Rows);
}
int64_t ContractionPlan::getPanels() const {
  return llvm::divideCeil(Loops.Column.Size, Tile.Columns);
}
int64_t ContractionPlan::getRowTasks() const {
  return llvm::divideCeil(getRowTiles(), RowTilesPerTask);
}
int64_t ContractionPlan::getPanelTasks() const {
  return llvm::divideCeil(getPanels(), PanelsPerTask);
}
int64_t ContractionPlan::getOuterTasks() const {
  int64_t Tasks = 1;
  for (const ContractionDim &Dim : Loops.Outer)
    Tasks *= Dim.Size;
  return Tasks;
}

int64_t stator::splitEvenly(int64_t Total, int64_t Limit) {
  Limit = std::max<int64_t>(Limit, 1);
  return llvm::divideCeil(Total, llvm::divideCeil(Total, Limit));
}

/// Whether rows at this stride, read side by side, evict each other from L1:
/// addresses a page apart fall into one set of it, and that has room for eight.
static bool isConflictingStride(int64_t Stride) {
  constexpr int64_t Page = 4096;
  return Stride * sizeof(float) % Page == 0;
}

/// More rows than these are faster in register tiles on packed panels.
static constexpr int64_t MaxFewRows = 8;

static bool hasFewRows(const ContractionLoops &Loops, const CpuTarget &Target) {
  int64_t Lanes = Target.getF32Lanes();
  return Loops.Outer.empty() && Loops.OuterDepth.empty() &&
         Loops.Row.Size <= MaxFewRows && Loops.Depth.Lhs == 1 &&
         Loops.Depth.Rhs == 1 && Loops.Column.Result == 1 &&
         Loops.Column.Size >= Lanes && Loops.Depth.Size >= Lanes;
}

/// Whether pairs of neighbours along the depth can be multiplied as bf16.
static bool hasPairs(const ContractionLoops &Loops, const CpuTarget &Target) {
  return Target.HasBf16Dot && Loops.Depth.Lhs == 1 && Loops.Depth.Rhs == 1 &&
         Loops.Row.Size > MaxFewRows && Loops.Depth.Size >= 2;
}

ContractionPlan ContractionPlan::get(ContractionLoops Loops,
                                     const CpuTarget &Target, bool IsLhsNarrow,
                                     bool IsRhsNarrow, bool IsRhsBf16) {
  ContractionPlan Plan;
  Plan.Parallel = Loops.getWork() >= MinParallelWork;
  int64_t Rows = Loops.Row.Size, Columns = Loops.Column.Size,
          Depth = Loops.Depth.Size;
  Plan.Plain = Rows * Columns == 1 ||
               Rows * Columns * Depth <= Target.getF32Lanes() || IsLhsNarrow;
  Plan.Loops = std::move(Loops);
  Plan.FewRows = !Plan.Plain && hasFewRows(Plan.Loops, Target);
  if (Plan.Plain || Plan.FewRows)
    return Plan;
  Plan.Pairs = IsRhsBf16 && hasPairs(Plan.Loops, Target);
  const int64_t ElementBytes = Plan.Pairs ? 2 : sizeof(float);
  bool IsConflicting = !Plan.Pairs && Plan.Loops.Depth.Lhs == 1 &&
                       isConflictingStride(Plan.Loops.Row.Lhs);
  Plan.Tile = RegisterTile::choose(Rows, Columns, Target,
                                   IsConflicting ? MaxConflictingRows : Rows);

  // A copy pays once the rows that read it are more than a few.
  bool IsContiguous = Plan.Loops.Column.Rhs == 1 || Columns == 1;
  Plan.PackRhs = !IsContiguous || Rows > 2 * Plan.Tile.Rows || IsRhsNarrow;

  // The panel and the rows of the left operand that pass over it stay in L2.
  int64_t Lanes = Target.getF32Lanes() * (Plan.Pairs ? 2 : 1);
  int64_t PanelLimit =
      std::min(MaxDepthBlock, std::min(Target.L2Bytes / 8, MaxPanelBytes) /
                                  (ElementBytes * Plan.Tile.Columns));
  Plan.DepthBlock = Depth;
  if (Plan.PackRhs && Depth > PanelLimit)
    Plan.DepthBlock = llvm::alignTo(
        splitEvenly(Depth, llvm::alignDown(PanelLimit, Lanes)), Lanes);
  int64_t RowLimit =
      Plan.Pairs ? std::min(Target.L2Bytes / 4 * 3, MaxRoundedBytes) /
                       (sizeof(float) * Plan.getRoundedStride())
                 : Target.L2Bytes / 4 * 3 / (sizeof(float) * Plan.DepthBlock);
  Plan.RowTilesPerTask = splitEvenly(
      Plan.getRowTiles(), std::max<int64_t>(RowLimit / Plan.Tile.Rows,
                                            Plan.Pairs ? 1 : MinRowTiles));

  // Panels side by side read the same rows while these are in cache, which
  // pays where the rows would be read again for each of them; but there must be
  // tasks enough for the threads to share.
  int64_t RowTasks = Plan.getOuterTasks() * Plan.getRowTasks();
  int64_t Panels = RowTasks * Plan.getPanels();
  int64_t Wanted = Plan.getDepthBlocks() > ManyDepthBlocks ? FewestTasks
                   : Plan.getDepthBlocks() > 1             ? FewTasks
                   : Plan.Pairs                            ? RoundingTasks
                                                           : TasksWanted;
  Plan.PanelsPerTask = splitEvenly(
      Plan.getPanels(), std::clamp<int64_t>(Panels / Wanted, 1, MaxTaskPanels));
  if (int64_t Tasks = RowTasks * Plan.getPanelTasks();
      Plan.Parallel && Tasks < FewestTasks)
    Plan.RowTilesPerTask =
        splitEvenly(Plan.getRowTiles(),
                    std::max<int64_t>(Plan.RowTilesPerTask /
                                          llvm::divideCeil(FewTasks, Tasks),
                                      MinSplitRowTiles));

  // Not if a task were left with nothing but the ragged tile, which is emitted
  // for packed panels only.
  bool IsLastTaskRagged = Rows % Plan.Tile.Rows != 0 &&
                          (Plan.getRowTiles() - 1) % Plan.RowTilesPerTask == 0;
  Plan.PackInFirstTile = Plan.PackRhs && Plan.Loops.Column.Rhs == 1 &&
                         !IsLastTaskRagged && !IsRhsNarrow;
  return Plan;
}
