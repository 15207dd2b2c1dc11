//===- Tensor.h - A strided tensor of the eager interpreter -----*- C++ -*-===//
//
// Reference-counted memory and views on it: reshaping, transposing, slicing and
// broadcasting copy nothing.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_EAGER_TENSOR_H
#define STATOR_RUNTIME_INTERPRETER_EAGER_TENSOR_H

#include "ir/HostTensor.h"
#include "ir/evaluation/Support.h"
#include "llvm/ADT/IntrusiveRefCntPtr.h"
#include "llvm/ADT/SmallVector.h"

namespace stator::eager {

using Extents = llvm::SmallVector<int64_t, 4>;

/// A block of memory, from the caching allocator or borrowed from a caller.
class Storage : public llvm::RefCountedBase<Storage> {
public:
  explicit Storage(size_t Bytes);
  explicit Storage(void *Borrowed) : Data(Borrowed) {}
  ~Storage();
  Storage(const Storage &) = delete;
  Storage &operator=(const Storage &) = delete;

  void *Data = nullptr;

private:
  size_t Capacity = 0; ///< 0 if borrowed
};

class Tensor {
public:
  Tensor() = default;
  /// Undefined elements, row-major.
  Tensor(HostType Type, llvm::ArrayRef<int64_t> Shape);
  /// Row-major elements that somebody else owns.
  Tensor(HostType Type, llvm::ArrayRef<int64_t> Shape, void *Borrowed);

  explicit operator bool() const { return static_cast<bool>(Memory); }
  HostType getType() const { return Type; }
  llvm::ArrayRef<int64_t> getShape() const { return Shape; }
  llvm::ArrayRef<int64_t> getStrides() const { return Strides; }
  int64_t getRank() const { return static_cast<int64_t>(Shape.size()); }
  int64_t getNumElements() const;
  bool isContiguous() const;

  /// The first element of the view.
  template <typename T> T *data() const {
    return static_cast<T *>(Memory->Data) + Offset;
  }
  char *bytes() const {
    return static_cast<char *>(Memory->Data) + Offset * getHostTypeSize(Type);
  }

  /// The same memory seen in another way. `By` is added to the offset.
  Tensor view(llvm::ArrayRef<int64_t> NewShape,
              llvm::ArrayRef<int64_t> NewStrides, int64_t By = 0) const;
  Tensor permute(llvm::ArrayRef<int64_t> Order) const;
  /// Itself if it is row-major, else a row-major copy.
  Tensor contiguous() const;
  /// Row-major elements under another shape; copies only if need be.
  Tensor reshape(llvm::ArrayRef<int64_t> NewShape) const;

  /// Whether a gradient is wanted of what this was made from.
  bool RequiresGrad = false;

private:
  llvm::IntrusiveRefCntPtr<Storage> Memory;
  int64_t Offset = 0;
  HostType Type = HostType::F32;
  Extents Shape, Strides;
};

using evaluation::getRowMajorStrides;

/// Copies elements between two views of one shape and type.
void copyElements(const Tensor &From, const Tensor &To);

/// The elements as a tensor of the reference, and back.
HostTensor toHost(const Tensor &Source);
Tensor fromHost(const HostTensor &Source);

/// What is handed to the function of forEachRow: N elements of the result from
/// ResultAt on, and of each operand from At[i] on, Step[i] (0 or 1) apart.
struct Row {
  int64_t ResultAt, N;
  const int64_t *At, *Step;
};

/// Visits the elements of a row-major result of this shape together with those
/// of the operands, in runs as long as the strides permit, in parallel where
/// there are many. What a run is depends on shapes only, never on the number of
/// threads. Operands whose inner stride is neither 0 nor 1 are copied first.
void forEachRow(llvm::ArrayRef<int64_t> Shape,
                llvm::MutableArrayRef<Tensor> Operands,
                llvm::function_ref<void(const Row &)> Function);

/// Calls Function(first, end) on parts of [0, Rows), in parallel if rows of
/// this many elements are worth it.
void forEachPart(int64_t Rows, int64_t ElementsInRow,
                 llvm::function_ref<void(int64_t, int64_t)> Function);

} // namespace stator::eager

#endif // STATOR_RUNTIME_INTERPRETER_EAGER_TENSOR_H
