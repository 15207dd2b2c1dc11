//===- ContractionPlan.h - How a contraction is computed --------*- C++ -*-===//
//
// From an equation and shapes to the loops of a matrix product: which
// dimensions are one (merged where memory allows), which of them the register
// tile runs over, and the sizes of all tiles.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_CONTRACTION_CONTRACTIONPLAN_H
#define STATOR_CODEGEN_CONTRACTION_CONTRACTIONPLAN_H

#include "codegen/Target.h"
#include "ir/Einsum.h"

namespace stator {

/// A loop of a contraction: its extent and how far a step moves in each tensor,
/// in elements (0 where the tensor lacks the dimension).
struct ContractionDim {
  int64_t Size = 1;
  int64_t Lhs = 0, Rhs = 0, Result = 0;
};

/// The loops of a contraction, sorted by what they are. Result[outer, row,
/// column] += Lhs[outer, row, depth] * Rhs[outer, depth, column]: row, column
/// and depth are the three loops of the matrix product in the middle; all
/// others run outside of it.
struct ContractionLoops {
  /// Lhs and Rhs are the other way round than in the equation, so that the
  /// columns are contiguous in the result.
  bool Swapped = false;
  ContractionDim Row, Column, Depth;
  llvm::SmallVector<ContractionDim, 4> Outer; ///< of the result: independent
  llvm::SmallVector<ContractionDim, 2> OuterDepth; ///< contracted: in sequence

  /// Multiply-adds in all.
  double getWork() const;

  static ContractionLoops get(const EinsumEquation &Equation,
                              llvm::ArrayRef<int64_t> LhsShape,
                              llvm::ArrayRef<int64_t> RhsShape,
                              llvm::ArrayRef<int64_t> ResultShape);
};

/// The register tile: `Rows` x `Columns` of the result are kept in registers
/// while the depth runs. `Columns` is a multiple of the vector length.
struct RegisterTile {
  int64_t Rows = 1, Columns = 1;

  /// The tile for a matrix of `Rows` x `Columns`, by least estimated time, of
  /// at most `MaxRows`.
  static RegisterTile choose(int64_t Rows, int64_t Columns,
                             const CpuTarget &Target, int64_t MaxRows = 14);
};

/// All sizes of a blocked matrix product.
struct ContractionPlan {
  ContractionLoops Loops;
  /// No register tile: so little happens per element of the outer loops that
  /// plain loops are as good.
  bool Plain = false;
  /// So few rows that the right operand, whose depth is contiguous, is best
  /// read once, as it is (EmitMatvec.h). Nothing below applies but `Parallel`.
  bool FewRows = false;
  RegisterTile Tile;
  /// A panel of `Tile.Columns` columns of the right operand is copied to a
  /// contiguous buffer before use; otherwise it is read where it is.
  bool PackRhs = true;
  /// The first register tile of a panel reads it where it is and copies it on
  /// the way; otherwise it is copied, or transposed, before.
  bool PackInFirstTile = false;
  /// The right operand is bf16, and the CPU multiplies pairs of bf16: panels
  /// are of pairs, and a task rounds its rows of the left operand to bf16 for
  /// each block of depth, which is a multiple of twice the lanes or all.
  bool Pairs = false;
  int64_t DepthBlock = 1; ///< depth of a panel
  int64_t RowTilesPerTask =
      1; ///< register tiles that a task has below each other
  int64_t PanelsPerTask = 1; ///< panels that a task has side by side
  bool Parallel = false;     ///< enough work for several threads

  /// How far rows of pairs of bf16 are apart, in pairs: an odd number of cache
  /// lines, so that no two rows of a tile evict each other.
  int64_t getRoundedStride() const;
  int64_t getDepthBlocks() const;
  int64_t getRowTiles() const;
  int64_t getPanels() const;
  int64_t getRowTasks() const;
  int64_t getPanelTasks() const;
  int64_t getOuterTasks() const;

  /// An operand may be stored in another type than f32. It is made f32 on its
  /// way to a panel, or multiplied as bf16; as left operand it is read in plain
  /// loops.
  static ContractionPlan get(ContractionLoops Loops, const CpuTarget &Target,
                             bool IsLhsNarrow = false, bool IsRhsNarrow = false,
                             bool IsRhsBf16 = false);
};

/// Multiply-adds from which on a kernel is worth waking the threads.
inline constexpr double MinParallelWork = 1 << 18;

/// The size of a part when `Total` is split into parts as equal as can be of at
/// most `Limit`, which counts as 1 if it is less.
int64_t splitEvenly(int64_t Total, int64_t Limit);

} // namespace stator

#endif // STATOR_CODEGEN_CONTRACTION_CONTRACTIONPLAN_H
