//===- DimensionAtoms.h - Dimensions through reshapes -----------*- C++ -*-===//
//
// Follows the dimensions of tensors through transposes, reshapes and
// broadcasts. Every dimension is a list of atoms, from the slowest to the
// fastest; a reshape regroups them, and splits one where it has to. Two
// tensors whose dimensions have the same atoms there run over the same index.
// Dimensions of size 1 have no atoms.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_DIMENSIONATOMS_H
#define STATOR_PASSES_DIMENSIONATOMS_H

#include "ir/Dialect.h"
#include <deque>
#include <optional>

namespace stator {

using Atom = unsigned;
using AtomVector = llvm::SmallVector<Atom, 4>;

/// A list of atoms in an AtomTable, which stays right when atoms are split.
using AtomList = unsigned;
using AtomLists = llvm::SmallVector<AtomList, 4>;

/// All atoms of a match, and the lists that consist of them.
class AtomTable {
public:
  /// A list for a dimension: one new atom, or none if the size is 1.
  AtomList addDimension(int64_t Size);
  AtomList addList(AtomVector Atoms);

  llvm::ArrayRef<Atom> get(AtomList List) const { return Lists[List]; }
  int64_t getSize(Atom A) const { return Sizes[A]; }
  int64_t getSize(llvm::ArrayRef<Atom> Atoms) const;

  /// All atoms of several lists, one after the other.
  AtomVector concat(llvm::ArrayRef<AtomList> Dims) const;

  /// Makes two dimensions one: splits atoms until both lists are alike. False
  /// if their sizes do not allow it.
  bool unify(AtomList A, AtomList B);

  /// The dimensions after a reshape to this shape, or none if that would cut
  /// an atom at a size that does not divide it.
  std::optional<AtomLists> regroup(llvm::ArrayRef<AtomList> Dims,
                                   llvm::ArrayRef<int64_t> Shape);

private:
  /// Replaces an atom everywhere by two, the slower one of this size.
  void split(Atom A, int64_t OuterSize);
  void replace(Atom Old, llvm::ArrayRef<Atom> New);

  llvm::SmallVector<int64_t> Sizes;
  std::deque<AtomVector> Lists;
};

/// A tensor seen as another one whose dimensions were moved, scaled by a
/// number.
struct TensorView {
  mlir::Value Base;
  AtomLists BaseDims;
  /// The dimensions of the tensor; atoms that the base lacks are repeated.
  AtomLists Dims;
  double Scale = 1.0;
};

/// What a view may look through besides transposes and reshapes.
enum class ViewKind {
  Plain,    ///< nothing: the value itself
  Scaled,   ///< products with and quotients by a number
  Repeated, ///< these, and broadcasts
};

/// Views a value; ops that change nothing but the order of elements are only
/// looked through where there is a scale or a broadcast behind them.
TensorView viewTensor(AtomTable &Table, mlir::Value Value, ViewKind Kind);

/// Builds the tensor, without the scale, with one dimension for each group of
/// atoms. Atoms that the base lacks are broadcast.
mlir::Value arrangeTensor(mlir::OpBuilder &Builder, mlir::Location Loc,
                          const AtomTable &Table, const TensorView &View,
                          llvm::ArrayRef<AtomVector> Groups);

/// Reshapes, transposes and reshapes a tensor whose dimensions are `From`
/// (groups of atoms) into one with the dimensions `To` of the same atoms.
mlir::Value rearrangeTensor(mlir::OpBuilder &Builder, mlir::Location Loc,
                            const AtomTable &Table, mlir::Value Value,
                            llvm::ArrayRef<AtomVector> From,
                            llvm::ArrayRef<AtomVector> To);

} // namespace stator

#endif // STATOR_PASSES_DIMENSIONATOMS_H
