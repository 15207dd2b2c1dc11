//===- Gemm.cpp - Contractions by OpenBLAS --------------------------------===//

#include "runtime/interpreter/eager/Gemm.h"
#include "ir/Einsum.h"
#include "llvm/Support/MathExtras.h"
#include <cblas.h>

using namespace mlir;

namespace stator::eager {

namespace {
/// Positions of dimensions in a tensor.
using Positions = llvm::SmallVector<int64_t, 4>;

/// A batch of matrices in memory; element (i, j) of one is at
/// i * RowStride + j * ColumnStride, and one of the two is 1.
struct Matrices {
  float *Data;
  int64_t RowStride, ColumnStride;
  Extents BatchStrides;
};
} // namespace

void setUpGemm() { openblas_set_num_threads(1); }

static Positions findPositions(ArrayRef<int64_t> Names, ArrayRef<int64_t> In) {
  Positions Result;
  for (int64_t Name : Names)
    Result.push_back(llvm::find(In, Name) - In.begin());
  return Result;
}

static int64_t getSize(const Tensor &Of, ArrayRef<int64_t> Dimensions) {
  int64_t Size = 1;
  for (int64_t Dimension : Dimensions)
    Size *= Of.getShape()[Dimension];
  return Size;
}

/// The stride of several dimensions taken as one, or none if there are gaps; 0
/// if there is but one element.
static std::optional<int64_t> joinStrides(const Tensor &Of,
                                          ArrayRef<int64_t> Dimensions) {
  int64_t Stride = 0, Next = 0;
  for (int64_t Dimension : llvm::reverse(Dimensions)) {
    int64_t Size = Of.getShape()[Dimension];
    if (Size == 1)
      continue;
    int64_t Own = Of.getStrides()[Dimension];
    if (Next && Own != Next)
      return std::nullopt;
    if (!Next)
      Stride = Own;
    Next = Own * Size;
  }
  return Stride;
}

/// Sees a tensor as matrices where it lies, if it is that.
static std::optional<Matrices> seeAsMatrices(const Tensor &Of,
                                             ArrayRef<int64_t> Batch,
                                             ArrayRef<int64_t> Rows,
                                             ArrayRef<int64_t> Columns) {
  std::optional<int64_t> Row = joinStrides(Of, Rows);
  std::optional<int64_t> Column = joinStrides(Of, Columns);
  if (!Row || !Column)
    return std::nullopt;
  int64_t NumRows = getSize(Of, Rows), NumColumns = getSize(Of, Columns);
  // The stride along a dimension of one element may be anything.
  if (NumColumns == 1 && NumRows == 1)
    Row = Column = 1;
  else if (NumColumns == 1)
    Column = *Row == 1 ? NumRows : 1;
  else if (NumRows == 1)
    Row = *Column == 1 ? NumColumns : 1;
  bool IsMatrix =
      (*Column == 1 && *Row >= NumColumns) || (*Row == 1 && *Column >= NumRows);
  if (!IsMatrix)
    return std::nullopt;
  Matrices Result{Of.data<float>(), *Row, *Column, {}};
  for (int64_t Dimension : Batch)
    Result.BatchStrides.push_back(Of.getStrides()[Dimension]);
  return Result;
}

/// The same, copying the tensor into `Copy` if need be.
static Matrices getMatrices(const Tensor &Of, ArrayRef<int64_t> Batch,
                            ArrayRef<int64_t> Rows, ArrayRef<int64_t> Columns,
                            Tensor &Copy) {
  if (std::optional<Matrices> Seen = seeAsMatrices(Of, Batch, Rows, Columns))
    return *Seen;
  Positions Order(Batch);
  llvm::append_range(Order, Rows);
  llvm::append_range(Order, Columns);
  Tensor Packed = Of.permute(Order).contiguous();
  // A broadcast tensor may be called row-major although its strides are 0.
  Copy = Packed.view(Packed.getShape(), getRowMajorStrides(Packed.getShape()));
  Positions All = llvm::to_vector<4>(llvm::seq<int64_t>(0, Copy.getRank()));
  return *seeAsMatrices(Copy, ArrayRef(All).take_front(Batch.size()),
                        ArrayRef(All).slice(Batch.size(), Rows.size()),
                        ArrayRef(All).take_back(Columns.size()));
}

static void multiply(int64_t M, int64_t N, int64_t K, const Matrices &A,
                     const Matrices &B, const Matrices &C) {
  // BLAS writes rows without gaps; a result that lies the other way is the
  // product of the transposed operands the other way round.
  if (C.ColumnStride != 1)
    return multiply(N, M, K, {B.Data, B.ColumnStride, B.RowStride, {}},
                    {A.Data, A.ColumnStride, A.RowStride, {}},
                    {C.Data, C.ColumnStride, C.RowStride, {}});
  auto IsPlain = [](const Matrices &X) { return X.ColumnStride == 1; };
  cblas_sgemm(CblasRowMajor, IsPlain(A) ? CblasNoTrans : CblasTrans,
              IsPlain(B) ? CblasNoTrans : CblasTrans, M, N, K, 1.0f, A.Data,
              IsPlain(A) ? A.RowStride : A.ColumnStride, B.Data,
              IsPlain(B) ? B.RowStride : B.ColumnStride, 0.0f, C.Data,
              C.RowStride);
}

/// All products of a batch. What one call of BLAS computes depends on the
/// sizes only, never on the number of threads.
static void multiplyBatch(ArrayRef<int64_t> BatchShape, int64_t M, int64_t N,
                          int64_t K, const Matrices &A, const Matrices &B,
                          const Matrices &C) {
  constexpr int64_t SmallestPart = 64, MostParts = 8;
  int64_t Batches = llvm::product_of(BatchShape, int64_t(1));
  int64_t Longer = std::max(M, N);
  int64_t Parts =
      Batches >= MostParts
          ? 1
          : std::clamp<int64_t>(Longer / SmallestPart, 1, MostParts);
  int64_t InPart = llvm::alignTo(llvm::divideCeil(Longer, Parts), 16);
  Parts = llvm::divideCeil(Longer, InPart);
  bool IsWorthIt = double(Batches) * M * N * K > 1e5;
#pragma omp parallel for schedule(static) if (IsWorthIt)
  for (int64_t Task = 0; Task < Batches * Parts; ++Task) {
    Matrices OwnA = A, OwnB = B, OwnC = C;
    int64_t Rest = Task / Parts;
    for (size_t D = BatchShape.size(); D-- > 0;) {
      int64_t Index = Rest % BatchShape[D];
      Rest /= BatchShape[D];
      OwnA.Data += Index * A.BatchStrides[D];
      OwnB.Data += Index * B.BatchStrides[D];
      OwnC.Data += Index * C.BatchStrides[D];
    }
    int64_t First = Task % Parts * InPart;
    int64_t Size = std::min(InPart, Longer - First);
    if (M >= N) {
      OwnA.Data += First * A.RowStride;
      OwnC.Data += First * C.RowStride;
      multiply(Size, N, K, OwnA, OwnB, OwnC);
    } else {
      OwnB.Data += First * B.ColumnStride;
      OwnC.Data += First * C.ColumnStride;
      multiply(M, Size, K, OwnA, OwnB, OwnC);
    }
  }
}

void handleEinsum(Engine &, Operation *Op, ArrayRef<Tensor> Operands,
                  MutableArrayRef<Tensor> Results) {
  std::string Error;
  EinsumEquation Equation =
      *EinsumEquation::parse(cast<EinsumOp>(Op).getEquation(), Error);
  Positions Batch = Equation.getDimensions(EinsumRole::Batch);
  Positions Row = Equation.getDimensions(EinsumRole::Row);
  Positions Column = Equation.getDimensions(EinsumRole::Column);
  Positions Inner = Equation.getDimensions(EinsumRole::Contracted);
  const Tensor &Lhs = Operands[0], &Rhs = Operands[1];
  auto InLhs = [&](ArrayRef<int64_t> Names) {
    return findPositions(Names, Equation.Lhs);
  };
  auto InRhs = [&](ArrayRef<int64_t> Names) {
    return findPositions(Names, Equation.Rhs);
  };
  auto InResult = [&](ArrayRef<int64_t> Names) {
    return findPositions(Names, Equation.Result);
  };
  int64_t M = getSize(Lhs, InLhs(Row)), N = getSize(Rhs, InRhs(Column));
  int64_t K = getSize(Lhs, InLhs(Inner));
  Tensor Result = makeResult(Op->getResult(0));

  // Nothing is summed and nothing is crossed: an elementwise product.
  if (M == 1 && N == 1 && K == 1) {
    auto Aligned = [&](const Tensor &Of, const Positions &Order) {
      // Dimensions of size 1 that the result lacks fall away in the reshape.
      return Of.permute(Order).reshape(Result.getShape());
    };
    Positions LhsOrder, RhsOrder;
    auto Fill = [&](ArrayRef<int64_t> Names, Positions &Order) {
      for (int64_t Name : Equation.Result)
        if (llvm::is_contained(Names, Name))
          Order.push_back(llvm::find(Names, Name) - Names.begin());
      for (auto [At, Name] : llvm::enumerate(Names))
        if (!llvm::is_contained(Equation.Result, Name))
          Order.push_back(At);
    };
    Fill(Equation.Lhs, LhsOrder);
    Fill(Equation.Rhs, RhsOrder);
    Results[0] =
        runBinary(Binary::Mul, Aligned(Lhs, LhsOrder), Aligned(Rhs, RhsOrder));
    return;
  }

  Extents BatchShape;
  for (int64_t Dimension : InLhs(Batch))
    BatchShape.push_back(Lhs.getShape()[Dimension]);
  Tensor CopyOfLhs, CopyOfRhs;
  Matrices A =
      getMatrices(Lhs, InLhs(Batch), InLhs(Row), InLhs(Inner), CopyOfLhs);
  Matrices B =
      getMatrices(Rhs, InRhs(Batch), InRhs(Inner), InRhs(Column), CopyOfRhs);
  std::optional<Matrices> C =
      seeAsMatrices(Result, InResult(Batch), InResult(Row), InResult(Column));
  if (C) {
    multiplyBatch(BatchShape, M, N, K, A, B, *C);
    Results[0] = Result;
    return;
  }
  // The product in its own order; the result is a view of it.
  Positions Names(Batch);
  llvm::append_range(Names, Row);
  llvm::append_range(Names, Column);
  Extents Shape;
  for (int64_t Dimension : InResult(Names))
    Shape.push_back(Result.getShape()[Dimension]);
  Tensor Product(HostType::F32, Shape);
  Positions All = llvm::to_vector<4>(llvm::seq<int64_t>(0, Product.getRank()));
  multiplyBatch(BatchShape, M, N, K, A, B,
                *seeAsMatrices(Product, ArrayRef(All).take_front(Batch.size()),
                               ArrayRef(All).slice(Batch.size(), Row.size()),
                               ArrayRef(All).take_back(Column.size())));
  Results[0] = Product.permute(findPositions(Equation.Result, Names));
}

} // namespace stator::eager
