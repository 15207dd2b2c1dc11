//===- Tensor.cpp - A strided tensor of the eager interpreter -------------===//

#include "runtime/interpreter/eager/Tensor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cstdlib>
#include <cstring>

using llvm::ArrayRef;
using llvm::MutableArrayRef;
using llvm::SmallVector;

namespace stator::eager {

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

namespace {
/// Keeps freed blocks by size, so that a step takes the memory of the step
/// before and touches no new pages.
class Cache {
public:
  ~Cache() {
    for (auto &Size : Free)
      for (void *Block : Size.second)
        std::free(Block);
  }
  void *take(size_t Bytes) {
    SmallVector<void *, 8> &Blocks = Free[Bytes];
    if (!Blocks.empty())
      return Blocks.pop_back_val();
    return std::aligned_alloc(64, Bytes);
  }
  void give(size_t Bytes, void *Block) { Free[Bytes].push_back(Block); }

private:
  llvm::DenseMap<size_t, SmallVector<void *, 8>> Free;
};
} // namespace

static Cache &getCache() {
  static thread_local Cache Instance;
  return Instance;
}

Storage::Storage(size_t Bytes)
    : Capacity(llvm::alignTo(std::max<size_t>(Bytes, 1), 64)) {
  Data = getCache().take(Capacity);
  if (!Data)
    llvm::report_fatal_error("out of memory");
}

Storage::~Storage() {
  if (Capacity)
    getCache().give(Capacity, Data);
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

Tensor::Tensor(HostType Type, ArrayRef<int64_t> Shape)
    : Type(Type), Shape(Shape), Strides(getRowMajorStrides(Shape)) {
  Memory = llvm::makeIntrusiveRefCnt<Storage>(
      static_cast<size_t>(getNumElements()) * getHostTypeSize(Type));
}

Tensor::Tensor(HostType Type, ArrayRef<int64_t> Shape, void *Borrowed)
    : Memory(llvm::makeIntrusiveRefCnt<Storage>(Borrowed)), Type(Type),
      Shape(Shape), Strides(getRowMajorStrides(Shape)) {}

int64_t Tensor::getNumElements() const {
  return llvm::product_of(Shape, int64_t(1));
}

bool Tensor::isContiguous() const {
  int64_t Expected = 1;
  for (size_t I = Shape.size(); I-- > 0;) {
    if (Shape[I] != 1 && Strides[I] != Expected)
      return false;
    Expected *= Shape[I];
  }
  return true;
}

Tensor Tensor::view(ArrayRef<int64_t> NewShape, ArrayRef<int64_t> NewStrides,
                    int64_t By) const {
  Tensor Result = *this;
  Result.Shape.assign(NewShape.begin(), NewShape.end());
  Result.Strides.assign(NewStrides.begin(), NewStrides.end());
  Result.Offset += By;
  return Result;
}

Tensor Tensor::permute(ArrayRef<int64_t> Order) const {
  Extents NewShape, NewStrides;
  for (int64_t Dimension : Order) {
    NewShape.push_back(Shape[Dimension]);
    NewStrides.push_back(Strides[Dimension]);
  }
  return view(NewShape, NewStrides);
}

template <typename T>
static void copyNest(const T *From, const int64_t *FromStrides, T *To,
                     const int64_t *ToStrides, ArrayRef<int64_t> Shape) {
  if (Shape.empty()) {
    *To = *From;
    return;
  }
  int64_t Size = Shape[0], FromStep = *FromStrides, ToStep = *ToStrides;
  if (Shape.size() == 1) {
    if (FromStep == 1 && ToStep == 1)
      std::memcpy(To, From, Size * sizeof(T));
    else
      for (int64_t I = 0; I < Size; ++I)
        To[I * ToStep] = From[I * FromStep];
    return;
  }
  // A matrix that lies the other way is copied in blocks, so that neither side
  // jumps over pages.
  if (Shape.size() == 2 && FromStep == 1 && Size > 8) {
    constexpr int64_t Block = 16;
    int64_t Inner = Shape[1];
    for (int64_t I0 = 0; I0 < Size; I0 += Block)
      for (int64_t J0 = 0; J0 < Inner; J0 += Block)
        for (int64_t I = I0, IE = std::min(I0 + Block, Size); I < IE; ++I)
          for (int64_t J = J0, JE = std::min(J0 + Block, Inner); J < JE; ++J)
            To[I * ToStep + J * ToStrides[1]] = From[I + J * FromStrides[1]];
    return;
  }
  for (int64_t I = 0; I < Size; ++I)
    copyNest(From + I * FromStep, FromStrides + 1, To + I * ToStep,
             ToStrides + 1, Shape.drop_front());
}

template <typename T> static void copyAs(const Tensor &From, const Tensor &To) {
  ArrayRef<int64_t> Shape = From.getShape();
  const int64_t *FromStrides = From.getStrides().data();
  const int64_t *ToStrides = To.getStrides().data();
  if (Shape.size() <= 2)
    return copyNest(From.data<T>(), FromStrides, To.data<T>(), ToStrides,
                    Shape);
  int64_t Inner = llvm::product_of(Shape.drop_front(), int64_t(1));
  forEachPart(Shape[0], Inner, [&](int64_t First, int64_t End) {
    for (int64_t I = First; I < End; ++I)
      copyNest(From.data<T>() + I * FromStrides[0], FromStrides + 1,
               To.data<T>() + I * ToStrides[0], ToStrides + 1,
               Shape.drop_front());
  });
}

void copyElements(const Tensor &From, const Tensor &To) {
  if (getHostTypeSize(From.getType()) == 4)
    copyAs<uint32_t>(From, To);
  else
    copyAs<uint8_t>(From, To);
}

Tensor Tensor::contiguous() const {
  if (isContiguous())
    return *this;
  Tensor Result(Type, Shape);
  Result.RequiresGrad = RequiresGrad;
  copyElements(*this, Result);
  return Result;
}

/// The strides under which the memory of a view can be seen in another shape,
/// or none if it has to be copied: every run of dimensions without a gap must
/// be made of whole new dimensions.
static std::optional<Extents> findStrides(ArrayRef<int64_t> Shape,
                                          ArrayRef<int64_t> Strides,
                                          ArrayRef<int64_t> NewShape) {
  Extents Result(NewShape.size(), 1);
  int64_t Next = static_cast<int64_t>(NewShape.size()) - 1;
  int64_t Step = Strides.empty() ? 1 : Strides.back(), Old = 1, New = 1;
  for (size_t I = Shape.size(); I-- > 0;) {
    Old *= Shape[I];
    if (I > 0 && (Shape[I - 1] == 1 || Strides[I - 1] == Old * Step))
      continue;
    while (Next >= 0 && (New < Old || NewShape[Next] == 1)) {
      Result[Next] = New * Step;
      New *= NewShape[Next--];
    }
    if (New != Old)
      return std::nullopt;
    if (I > 0) {
      Step = Strides[I - 1];
      Old = New = 1;
    }
  }
  return Result;
}

Tensor Tensor::reshape(ArrayRef<int64_t> NewShape) const {
  if (std::optional<Extents> Found = findStrides(Shape, Strides, NewShape))
    return view(NewShape, *Found);
  return contiguous().view(NewShape, getRowMajorStrides(NewShape));
}

HostTensor toHost(const Tensor &Source) {
  Tensor Packed = Source.contiguous();
  HostTensor Result(Packed.getType(), Packed.getShape());
  std::memcpy(Result.data<char>(), Packed.bytes(),
              Packed.getNumElements() * getHostTypeSize(Packed.getType()));
  return Result;
}

Tensor fromHost(const HostTensor &Source) {
  Tensor Result(Source.getType(), Source.getShape());
  std::memcpy(Result.bytes(), Source.data<char>(),
              Source.getNumElements() * getHostTypeSize(Source.getType()));
  return Result;
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

/// Fewer elements than this are not worth a second thread.
constexpr int64_t ParallelElements = 16384;
/// What one thread takes at a time.
constexpr int64_t PartElements = 8192;

void forEachPart(int64_t Rows, int64_t ElementsInRow,
                 llvm::function_ref<void(int64_t, int64_t)> Function) {
  if (Rows * ElementsInRow < ParallelElements || Rows == 1)
    return Function(0, Rows);
  int64_t RowsInPart =
      std::max<int64_t>(1, PartElements / std::max<int64_t>(1, ElementsInRow));
  int64_t Parts = llvm::divideCeil(Rows, RowsInPart);
#pragma omp parallel for schedule(static)
  for (int64_t Part = 0; Part < Parts; ++Part)
    Function(Part * RowsInPart, std::min(Rows, (Part + 1) * RowsInPart));
}

void forEachRow(ArrayRef<int64_t> Shape, MutableArrayRef<Tensor> Operands,
                llvm::function_ref<void(const Row &)> Function) {
  size_t Count = Operands.size();
  for (Tensor &Operand : Operands) {
    // The innermost dimension that has a step at all.
    for (size_t I = Shape.size(); I-- > 0;) {
      if (Shape[I] == 1)
        continue;
      if (Operand.getStrides()[I] > 1)
        Operand = Operand.contiguous();
      break;
    }
  }

  // Dimensions joined where no operand has a gap, innermost first.
  Extents Sizes;
  SmallVector<Extents, 3> Strides(Count);
  for (size_t I = Shape.size(); I-- > 0;) {
    if (Shape[I] == 1)
      continue;
    bool Joins = !Sizes.empty();
    for (size_t J = 0; J < Count && Joins; ++J)
      Joins = Operands[J].getStrides()[I] == Strides[J].back() * Sizes.back();
    if (Joins) {
      Sizes.back() *= Shape[I];
      continue;
    }
    Sizes.push_back(Shape[I]);
    for (size_t J = 0; J < Count; ++J)
      Strides[J].push_back(Operands[J].getStrides()[I]);
  }
  if (Sizes.empty()) {
    Sizes.push_back(1);
    for (Extents &Each : Strides)
      Each.push_back(0);
  }

  int64_t N = Sizes[0];
  int64_t Rows = llvm::product_of(ArrayRef(Sizes).drop_front(), int64_t(1));
  SmallVector<int64_t, 3> Step;
  for (Extents &Each : Strides)
    Step.push_back(Each[0]);
  if (Rows == 1) {
    int64_t Parts =
        N < ParallelElements ? 1 : llvm::divideCeil(N, PartElements);
    int64_t InPart = Parts == 1 ? N : PartElements;
#pragma omp parallel for schedule(static) if (Parts > 1)
    for (int64_t Part = 0; Part < Parts; ++Part) {
      int64_t From = Part * InPart;
      SmallVector<int64_t, 3> At;
      for (int64_t Each : Step)
        At.push_back(From * Each);
      Function({From, std::min(N - From, InPart), At.data(), Step.data()});
    }
    return;
  }
  forEachPart(Rows, N, [&](int64_t First, int64_t End) {
    SmallVector<int64_t, 3> At(Count, 0);
    Extents Index(Sizes.size(), 0);
    int64_t Rest = First;
    for (size_t D = 1; D < Sizes.size(); ++D) {
      Index[D] = Rest % Sizes[D];
      Rest /= Sizes[D];
      for (size_t J = 0; J < Count; ++J)
        At[J] += Index[D] * Strides[J][D];
    }
    for (int64_t I = First; I < End; ++I) {
      Function({I * N, N, At.data(), Step.data()});
      for (size_t D = 1; D < Sizes.size(); ++D) {
        ++Index[D];
        for (size_t J = 0; J < Count; ++J)
          At[J] += Strides[J][D];
        if (Index[D] < Sizes[D])
          break;
        Index[D] = 0;
        for (size_t J = 0; J < Count; ++J)
          At[J] -= Sizes[D] * Strides[J][D];
      }
    }
  });
}

} // namespace stator::eager
