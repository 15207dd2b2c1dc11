//===- EmitMatvec.cpp - Products of a matrix with few rows ----------------===//
//
// A step of decoding multiplies one row, or a few, with every weight of the
// model: all that counts is how fast the weights arrive. Rows of the matrix
// that are neighbours are not taken together, unless they are in cache:
// prefetchers follow a walk through contiguous memory, and with two to sixteen
// rows side by side a core gets half to three quarters of what it gets from
// one. But they stop at the end of a page and begin anew in the next, for which
// a single walk waits. So there are two walks: a row of the first half of the
// matrix is taken with one of the second, one goes on while the other waits,
// and a thread reads two contiguous parts. That gives f32 a third to a half
// more, int8 a tenth to a fifth, and bf16 nothing, which has one walk.
//
// The sums of a row are a vector; those of as many rows as a vector has lanes
// are added up together, by a tree that transposes them on the way. A matrix
// that is in cache is bound by that and by loads of the other operand, so as
// many of its rows as there are registers share these.
//
//===----------------------------------------------------------------------===//

#include "codegen/contraction/EmitMatvec.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace stator;

using Values = KernelBuilder::Values;

/// A matrix from this size on comes from memory, or from a cache that all cores
/// share: no model is one matrix.
static constexpr int64_t FarBytes = 128 << 10;
/// Shorter rows are summed up too often for one walk through them to pay.
static constexpr int64_t MinFarDepth = 256;
/// How far ahead packed weights are asked for: multiplying them takes about as
/// long as they take to arrive, and the hardware alone does not keep up.
static constexpr int64_t PrefetchBytes = 4096;
static constexpr int64_t LineBytes = 64;
/// Enough for an even share on any number of threads in use today.
static constexpr int64_t TasksWanted = 64;
static constexpr int64_t MaxGroupsPerTask = 4;

namespace {

class MatvecEmitter {
public:
  MatvecEmitter(KernelBuilder &K, const MatvecProduct &P)
      : K(K), P(P), Loops(P.Loops), Lanes(K.getLanes()), Rows(Loops.Row.Size),
        Depth(Loops.Depth.Size), Columns(Loops.Column.Size),
        Unit(P.Rhs.Scales ? P.Rhs.Block : Lanes) {
    int64_t Bytes = Columns * Depth * P.Rhs.getElementBytes();
    IsFar = Bytes >= FarBytes && Depth >= MinFarDepth;
    // All sums have to stay in registers.
    if (IsFar && !P.Rhs.isBF16() && Columns >= 2 * Lanes &&
        4 * Rows <= K.Target.NumVectorRegisters)
      Half = Columns / Lanes / 2;
    if (Half)
      Together = 2;
    else if (!IsFar)
      Together = llvm::bit_floor(uint64_t(Lanes / std::min(Rows, Lanes)));
    // Each accumulator waits four cycles for itself.
    Chains = std::max<int64_t>((P.Rhs.Scales ? 2 : 4) / (Rows * Together), 1);
  }

  void emit() {
    // Two walks go through the first `2 * Half` groups; what is left of the
    // columns behind them is a task of its own.
    int64_t Groups = llvm::divideCeil(Columns, Lanes);
    int64_t Steps = Half ? Half : Groups;
    int64_t PerTask = std::clamp<int64_t>(Steps / TasksWanted, 1,
                                          MaxGroupsPerTask / (Half ? 2 : 1));
    int64_t Tasks = llvm::divideCeil(Steps, PerTask);
    bool HasRest = Half && 2 * Half < Groups;
    K.tasks(Tasks + HasRest, P.Parallel, [&](Value Task) {
      Sums = K.stackBuffer(Rows * Lanes * Lanes * (Half ? 2 : 1));
      Value From = K.mul(Task, PerTask);
      Value To = K.min(K.add(From, PerTask), K.index(Steps));
      if (!Half) {
        emitGroups(From, To);
        return finish(From, To);
      }
      Value IsRest = K.isLess(K.index(Tasks - 1), Task);
      auto Select = [&](Value OfRest, Value Else) -> Value {
        return arith::SelectOp::create(K.B, K.Loc, IsRest, OfRest, Else);
      };
      auto EmitWalks = [&] {
        K.loop(From, To, 1, [&](Value Group) { emitGroup(Group, Lanes, 2); });
      };
      if (HasRest)
        K.ifThenElse(
            IsRest, [&] { emitGroups(K.index(2 * Half), K.index(Groups)); },
            EmitWalks);
      else
        EmitWalks();
      K.loop(K.index(0), Select(K.index(1), K.index(2)), 1, [&](Value Walk) {
        Value Before = K.mul(Walk, Half);
        finish(Select(K.index(2 * Half), K.add(From, Before)),
               Select(K.index(Groups), K.add(To, Before)));
      });
    });
  }

private:
  /// The groups of columns from one up to and not including the other, in one
  /// walk; the last of all may be a part of one.
  void emitGroups(Value From, Value To) {
    int64_t Whole = Columns / Lanes, Edge = Columns % Lanes;
    Value WholeTo = Edge ? K.min(To, K.index(Whole)) : To;
    K.loop(From, WholeTo, 1, [&](Value Group) { emitGroup(Group, Lanes, 1); });
    if (Edge)
      K.ifThenElse(K.isLess(K.index(Whole), To),
                   [&] { emitGroup(K.index(Whole), Edge, 1); });
  }

  void finish(Value From, Value To) {
    if (P.Finish)
      P.Finish(K.mul(From, Lanes), K.min(K.mul(To, Lanes), K.index(Columns)));
  }

  /// `Count` columns of the result, and with two walks as many of the second
  /// half.
  void emitGroup(Value Group, int64_t Count, int64_t Walks) {
    Value First = K.mul(Group, Lanes);
    if (Walks > 1) {
      K.loop(0, Lanes, 1, [&](Value I) {
        emitMatrixRows(First, I, Walks, /*Distance=*/Half * Lanes, Lanes);
      });
    } else {
      int64_t AtOnce = Half ? 1 : Together;
      int64_t Whole = Count / AtOnce * AtOnce;
      K.loop(0, Whole, AtOnce,
             [&](Value I) { emitMatrixRows(First, I, AtOnce); });
      if (Whole < Count)
        emitMatrixRows(First, K.index(Whole), Count - Whole);
    }
    for (int64_t Walk = 0; Walk < Walks; ++Walk)
      for (int64_t Row = 0; Row < Rows; ++Row) {
        Values Vectors;
        for (int64_t I = 0; I < Count; ++I)
          Vectors.push_back(K.loadVector(
              Sums, K.index(getSumsOfRow(Row) + (Walk * Lanes + I) * Lanes)));
        Value Sum = K.combineRows(
            std::move(Vectors), [&](Value X, Value Y) { return K.addf(X, Y); });
        Value At =
            K.add(K.add(First, Walk * Half * Lanes), Row * Loops.Row.Result);
        if (P.Accumulator)
          Sum = K.addf(K.loadVector(P.Accumulator, At, Count), Sum);
        K.storeVector(Sum, P.Result, At, Count);
      }
  }

  /// Where the sums of a row of the other operand begin.
  int64_t getSumsOfRow(int64_t Row) const {
    return Row * Lanes * Lanes * (Half ? 2 : 1);
  }

  /// Leaves the products of `Count` rows of the matrix, `Distance` apart, with
  /// all rows of the other operand, as vectors that are yet to be summed up;
  /// those of one row are `SumDistance` vectors from those of the next.
  void emitMatrixRows(Value First, Value Number, int64_t Count,
                      int64_t Distance = 1, int64_t SumDistance = 1) {
    Value Row = K.add(First, Number);
    Value At = K.mul(Row, Loops.Column.Rhs);
    Value ScaleAt =
        P.Rhs.Scales ? K.mul(Row, P.Rhs.getBlocksPerRow()) : Value();
    int64_t Step = Chains * Unit, Whole = Depth / Step * Step;
    Values Zeros(Count * Rows * Chains, K.splat(0));
    Values Partial = K.loop(
        K.index(0), K.index(Whole), Step, Zeros, [&](Value I, ValueRange Old) {
          Values New(Old);
          for (int64_t R = 0; R < Count; ++R)
            prefetch(K.add(K.add(At, I), R * Distance * Loops.Column.Rhs),
                     Step);
          for (int64_t Chain = 0; Chain < Chains; ++Chain)
            emitUnit(At, ScaleAt, K.add(I, Chain * Unit), Unit, Count, Distance,
                     Chain, New);
          return New;
        });
    // Unrolled, the rows would be read one after the other again.
    if (Distance > 1 && Whole > Step)
      K.keepRolled(Partial);
    for (int64_t I = Whole, Chain = 0; I < Depth; I += Unit, ++Chain)
      emitUnit(At, ScaleAt, K.index(I), std::min(Unit, Depth - I), Count,
               Distance, Chain, Partial);
    for (int64_t R = 0; R < Count; ++R)
      for (int64_t M = 0; M < Rows; ++M) {
        Value Sum = Partial[getNumber(R, M, 0)];
        for (int64_t Chain = 1; Chain < Chains; ++Chain)
          Sum = K.addf(Sum, Partial[getNumber(R, M, Chain)]);
        K.storeVector(Sum, Sums,
                      K.add(K.mul(K.add(Number, R * SumDistance), Lanes),
                            getSumsOfRow(M)));
      }
  }

  int64_t getNumber(int64_t MatrixRow, int64_t Row, int64_t Chain) const {
    return (MatrixRow * Rows + Row) * Chains + Chain;
  }

  /// Adds the products of `Size` steps of depth from `I` on.
  void emitUnit(Value At, Value ScaleAt, Value I, int64_t Size, int64_t Count,
                int64_t Distance, int64_t Chain, Values &Partial) {
    int64_t Pieces = llvm::divideCeil(Size, Lanes);
    auto GetCount = [&](int64_t Piece) {
      return std::min(Lanes, Size - Piece * Lanes);
    };
    Values Others; // by row, then piece
    for (int64_t M = 0; M < Rows; ++M)
      for (int64_t Piece = 0; Piece < Pieces; ++Piece)
        Others.push_back(
            K.loadVector(P.Lhs, K.add(I, M * Loops.Row.Lhs + Piece * Lanes),
                         GetCount(Piece)));
    for (int64_t R = 0; R < Count; ++R) {
      Value RowAt = K.add(K.add(At, I), R * Distance * Loops.Column.Rhs);
      Values Weights;
      for (int64_t Piece = 0; Piece < Pieces; ++Piece)
        Weights.push_back(P.Rhs.loadUnscaled(K, K.add(RowAt, Piece * Lanes),
                                             GetCount(Piece)));
      Value Scale;
      if (P.Rhs.Scales)
        Scale = K.broadcast(K.load(
            P.Rhs.Scales, K.add(K.add(ScaleAt, K.div(I, Unit)),
                                R * Distance * P.Rhs.getBlocksPerRow())));
      for (int64_t M = 0; M < Rows; ++M) {
        Value &Sum = Partial[getNumber(R, M, Chain)];
        Value Other = Others[M * Pieces];
        if (!Scale) {
          Sum = K.multiplyAdd(Weights[0], Other, Sum);
          continue;
        }
        Value Block = K.mulf(Weights[0], Other);
        for (int64_t Piece = 1; Piece < Pieces; ++Piece)
          Block =
              K.multiplyAdd(Weights[Piece], Others[M * Pieces + Piece], Block);
        Sum = K.multiplyAdd(Block, Scale, Sum);
      }
    }
  }

  void prefetch(Value At, int64_t Step) {
    int64_t Size = P.Rhs.getElementBytes();
    if (!IsFar || !P.Rhs.Scales)
      return;
    for (int64_t Byte = 0; Byte < Step * Size; Byte += LineBytes)
      K.prefetch(P.Rhs.Buffer, K.add(At, (PrefetchBytes + Byte) / Size));
  }

  KernelBuilder &K;
  const MatvecProduct &P;
  const ContractionLoops &Loops;
  const int64_t Lanes, Rows, Depth, Columns;
  const int64_t Unit; ///< steps of depth that are one vector, or share a scale
  bool IsFar;         ///< whether the matrix is larger than the caches
  int64_t Half = 0;   ///< groups of columns of each of two walks, or none
  int64_t Together = 1; ///< rows of the matrix at once
  int64_t Chains;       ///< independent sums of each row
  Value Sums; ///< [rows][lanes of a vector][lanes], on the stack of the thread
};

} // namespace

void stator::emitMatvec(KernelBuilder &K, const MatvecProduct &Product) {
  MatvecEmitter(K, Product).emit();
}
