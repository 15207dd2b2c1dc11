//===- EmitCachedAttention.cpp - One query to a cache of keys -------------===//
//
// What a step of decoding spends beside reading the weights is reading the
// keys and values seen so far. Each is read once, front to back, by whom works
// on the query heads that share it. The keys a query sees are a range of
// positions; threads divide heads and, where there are few of those, equal
// parts of the range, whose sums are then put together in their order. Scores
// are weighed a block of keys at a time, relative to the largest so far (online
// softmax; Milakov and Gimelshein 2018, and Dao et al. 2023, "Flash-Decoding",
// for the parts).
//
// Blocks of several queries are a matter of tiles, as in training.
//
//===----------------------------------------------------------------------===//

#include "codegen/EmitMath.h"
#include "codegen/contraction/CachedAttention.h"
#include "codegen/contraction/Contraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace stator;

namespace {

constexpr double Infinity = std::numeric_limits<double>::infinity();
/// Tasks that keep all threads busy, and slots from which on a head is worth
/// dividing.
constexpr int64_t EnoughTasks = 8, MinSplitSlots = 512;
/// Multiply-adds that are worth another thread: fewer than of a matrix product,
/// for each waits for a key or value from memory.
constexpr int64_t MinParallelKeyWork = 1 << 16;
/// Vectors of values, and rows of values, whose sums are in registers.
constexpr int64_t MaxPanel = 4, MaxSums = 8;

class StepEmitter {
public:
  StepEmitter(KernelBuilder &K, const AttentionSizes &Sizes,
              const CachedTensors &T)
      : K(K), Sizes(Sizes), T(T), Lanes(K.getLanes()),
        Depth(llvm::alignTo(Sizes.Depth, Lanes)),
        ValueDepth(llvm::alignTo(Sizes.ValueDepth, Lanes)),
        Group(Sizes.getGroup()) {}

  void emit() {
    const int64_t Lines = Sizes.Batch * Sizes.KvHeads;
    int64_t Range = Sizes.Window ? *Sizes.Window : Sizes.Keys;
    Splits = Lines < EnoughTasks && Range >= MinSplitSlots
                 ? llvm::divideCeil(EnoughTasks, Lines)
                 : 1;
    findRange();
    if (Splits > 1) {
      Sums = K.stackBuffer(Lines * Splits * Group * ValueDepth);
      Maxima = K.stackBuffer(Lines * Splits * Group);
      Totals = K.stackBuffer(Lines * Splits * Group);
    }
    const int64_t WorkOfKey =
        Sizes.Batch * Sizes.Heads * (Sizes.Depth + Sizes.ValueDepth);
    Value IsMuch = K.isLess(
        K.index(llvm::divideCeil(MinParallelKeyWork, WorkOfKey)), Seen);
    auto EmitTasks = [&](bool Parallel) {
      K.tasks(Lines * Splits, Parallel, [&](Value Task) { emitTask(Task); });
    };
    if (Lines * Splits == 1)
      EmitTasks(false);
    else
      K.ifThenElse(IsMuch, [&] { EmitTasks(true); }, [&] { EmitTasks(false); });
    if (Splits > 1)
      K.loop(0, Lines * Group, 1, [&](Value Row) { joinSplits(Row); });
  }

private:
  /// The positions that are seen: `Seen` from `First` on.
  void findRange() {
    Value End = K.add(T.Position, 1);
    if (!Sizes.Ring)
      End = K.min(End, K.index(Sizes.Keys));
    First = K.index(0);
    if (Sizes.Window)
      First = K.max(K.add(End, -*Sizes.Window), First);
    Seen = K.sub(End, First);
  }

  void emitTask(Value Task) {
    Value Line = K.div(Task, Splits);
    Value Part = K.rem(Task, Splits);
    KeyStart = K.mul(Line, Sizes.Keys * Sizes.Depth);
    ValueStart = K.mul(Line, Sizes.Keys * Sizes.ValueDepth);
    FirstRow = K.mul(Line, Group);
    if (Splits == 1) {
      Sums = K.stackBuffer(Group * ValueDepth);
      Maxima = K.stackBuffer(Group);
      Totals = K.stackBuffer(Group);
      Home = K.index(0);
    } else {
      Home = K.mul(Task, Group);
    }
    Queries = K.stackBuffer(Group * Depth);
    Scores = K.stackBuffer(KeyBlock);
    if (Sizes.HasBias)
      EdgeBias = K.stackBuffer(Lanes);
    K.loop(0, Group, 1, [&](Value G) { startRow(G); });

    // Parts are of whole vectors of keys.
    Value From = First, Count = Seen;
    if (Splits > 1) {
      Value Vectors = K.div(K.add(Seen, Lanes * Splits - 1), Lanes * Splits);
      Value Size = K.mul(Vectors, Lanes);
      Value Before = arith::MulIOp::create(K.B, K.Loc, Size, Part);
      Before = K.min(Before, Seen);
      From = K.add(First, Before);
      Count = K.min(Size, K.sub(Seen, Before));
    }
    if (!Sizes.Ring) {
      emitSlots(From, K.add(From, Count));
    } else {
      // Up to the end of the ring, and from its start on.
      From = K.rem(From, Sizes.Keys);
      Value End = K.add(From, Count);
      K.loop(0, 2, 1, [&](Value Round) {
        Value IsFirst = K.isLess(Round, K.index(1));
        emitSlots(select(IsFirst, From, K.index(0)),
                  select(IsFirst, K.min(End, K.index(Sizes.Keys)),
                         K.sub(End, K.index(Sizes.Keys))));
      });
    }
    if (Splits == 1)
      K.loop(0, Group, 1, [&](Value G) { finishRow(G); });
  }

  /// The query times the scale in whole vectors; nothing seen yet.
  void startRow(Value G) {
    Value From = K.mul(K.add(FirstRow, G), Sizes.Depth);
    forVectors(Sizes.Depth, [&](int64_t At, int64_t Count) {
      Value Query = K.loadVector(T.Query, K.add(From, At), Count);
      K.storeVector(K.mulf(Query, K.splat(Sizes.Scale)), Queries,
                    K.add(K.mul(G, Depth), At));
    });
    Value Row = K.add(Home, G);
    K.store(K.constant(-Infinity), Maxima, Row);
    K.store(K.constant(0), Totals, Row);
    forVectors(ValueDepth, [&](int64_t At, int64_t) {
      K.storeVector(K.splat(0), Sums, K.add(K.mul(Row, ValueDepth), At));
    });
  }

  /// The keys in slots `From` up to, not including, `To`.
  void emitSlots(Value From, Value To) {
    K.loop(From, To, KeyBlock, [&](Value Start) {
      Value Count = K.min(K.sub(To, Start), K.index(KeyBlock));
      K.loop(0, Group, 1, [&](Value G) { emitBlock(G, Start, Count); });
    });
  }

  void emitBlock(Value G, Value Start, Value Count) {
    Value Row = K.add(Home, G);
    Value Old = K.load(Maxima, Row);
    Value Largest = scoreBlock(G, Start, Count);
    Largest = larger(K.maxLanes(Largest), Old);
    K.store(Largest, Maxima, Row);
    // All scores so far may be -inf: any finite base will do.
    Value Base = select(equals(Largest, -Infinity), K.constant(0), Largest);
    Value Factor = emitExpOfWeight(K.B, K.Loc, K.subf(Old, Base), HasFma);
    Value Bases = K.broadcast(Base);
    Value Vectors = K.div(K.add(Count, Lanes - 1), Lanes);
    Value Total = K.loop(K.index(0), Vectors, 1, K.splat(0),
                         [&](Value V, ValueRange Total) {
                           Value At = K.mul(V, Lanes);
                           Value Difference =
                               K.subf(K.loadVector(Scores, At), Bases);
                           Value Weights =
                               emitExpOfWeight(K.B, K.Loc, Difference, HasFma);
                           K.storeVector(Weights, Scores, At);
                           return Values{K.addf(Total[0], Weights)};
                         })
                      .front();
    K.store(K.multiplyAdd(K.load(Totals, Row), Factor, K.sumLanes(Total)),
            Totals, Row);
    addValues(K.mul(Row, ValueDepth), Start, Count, K.broadcast(Factor));
  }

  /// Scores of a block to the buffer, whole vectors, with -inf behind the last;
  /// gives the largest of each lane.
  Value scoreBlock(Value G, Value Start, Value Count) {
    Value Whole = K.div(Count, Lanes);
    Value Largest = K.loop(K.index(0), Whole, 1, K.splat(-Infinity),
                           [&](Value V, ValueRange Largest) {
                             Value At = K.mul(V, Lanes);
                             Value Slot = K.add(Start, At);
                             Value Score = scoreKeys(G, Slot, Value());
                             K.storeVector(Score, Scores, At);
                             return Values{larger(Score, Largest[0])};
                           })
                        .front();
    Value At = K.mul(Whole, Lanes);
    return K
        .choose(
            K.isLess(At, Count),
            [&] {
              Value Rest = K.sub(Count, At);
              Value Score = scoreKeys(G, K.add(Start, At), Rest);
              Score = select(isBelow(Rest), Score, K.splat(-Infinity));
              K.storeVector(Score, Scores, At);
              return Values{larger(Score, Largest)};
            },
            [&] { return Values{Largest}; })
        .front();
  }

  /// The scores of the keys in as many slots as a vector has lanes; with
  /// `Count` only so many, and the last one again in the other lanes.
  Value scoreKeys(Value G, Value Slot, Value Count) {
    Values Products;
    for (int64_t Lane = 0; Lane < Lanes; ++Lane) {
      Value At = K.index(Lane);
      if (Count)
        At = K.min(At, K.sub(Count, K.index(1)));
      Value Key = K.add(KeyStart, K.mul(K.add(Slot, At), Sizes.Depth));
      Value Product;
      forVectors(Sizes.Depth, [&](int64_t Offset, int64_t Width) {
        Value Query = K.loadVector(Queries, K.add(K.mul(G, Depth), Offset));
        Value Part = K.loadVector(T.Key, K.add(Key, Offset), Width);
        Product =
            Product ? K.multiplyAdd(Part, Query, Product) : K.mulf(Part, Query);
      });
      Products.push_back(Product);
    }
    Value Score = K.combineRows(std::move(Products),
                                [&](Value X, Value Y) { return K.addf(X, Y); });
    return Sizes.HasBias ? K.addf(Score, loadBias(G, Slot, Count)) : Score;
  }

  Value loadBias(Value G, Value Slot, Value Count) {
    Value Row = K.add(FirstRow, G);
    Value Offset = K.add(K.mul(K.div(Row, Sizes.Heads), Sizes.BiasBatchStride),
                         K.mul(K.rem(Row, Sizes.Heads), Sizes.BiasHeadStride));
    Offset = K.add(Offset, Slot);
    if (!Count)
      return K.loadVector(T.Bias, Offset);
    K.storeVector(K.splat(0), EdgeBias, K.index(0));
    K.loop(K.index(0), Count, 1, [&](Value I) {
      K.store(K.load(T.Bias, K.add(Offset, I)), EdgeBias, I);
    });
    return K.loadVector(EdgeBias, K.index(0));
  }

  /// Sums[Row...] = Sums * Factor + weights of the block * values.
  void addValues(Value Row, Value Start, Value Count, Value Factor) {
    const int64_t Width = MaxPanel * Lanes;
    for (int64_t Column = 0; Column < Sizes.ValueDepth; Column += Width)
      addPanel(K.add(Row, Column), Start, Count, Factor, Column,
               std::min(Width, Sizes.ValueDepth - Column));
  }

  /// The same for `Columns` columns from `Column` on.
  void addPanel(Value Row, Value Start, Value Count, Value Factor,
                int64_t Column, int64_t Columns) {
    const int64_t Vectors = llvm::divideCeil(Columns, Lanes);
    const int64_t Rows = MaxSums / Vectors;
    auto AddKeys = [&](Value Key, int64_t Keys, ValueRange Before) {
      Values After(Before);
      for (int64_t R = 0; R < Keys; ++R) {
        Value Each = K.add(Key, R);
        Value Weight = K.broadcast(K.load(Scores, Each));
        Value From = K.add(K.add(ValueStart, Column),
                           K.mul(K.add(Start, Each), Sizes.ValueDepth));
        for (int64_t V = 0; V < Vectors; ++V) {
          Value Part = K.loadVector(T.Val, K.add(From, V * Lanes),
                                    std::min(Lanes, Columns - V * Lanes));
          Value &Sum = After[R * Vectors + V];
          Sum = K.multiplyAdd(Weight, Part, Sum);
        }
      }
      return After;
    };
    Values Parts(Rows * Vectors, K.splat(0));
    Value Whole = K.sub(Count, K.rem(Count, Rows));
    Parts = K.loop(K.index(0), Whole, Rows, Parts,
                   [&](Value Key, ValueRange Before) {
                     return AddKeys(Key, Rows, Before);
                   });
    if (Rows > 1)
      Parts = K.loop(Whole, Count, 1, Parts, [&](Value Key, ValueRange Before) {
        return AddKeys(Key, 1, Before);
      });
    for (int64_t V = 0; V < Vectors; ++V) {
      for (int64_t N = Rows; N > 1; N = llvm::divideCeil(N, 2))
        for (int64_t R = llvm::divideCeil(N, 2); R < N; ++R) {
          Value &Sum = Parts[(R - llvm::divideCeil(N, 2)) * Vectors + V];
          Sum = K.addf(Sum, Parts[R * Vectors + V]);
        }
      Value At = K.add(Row, V * Lanes);
      K.storeVector(K.multiplyAdd(K.loadVector(Sums, At), Factor, Parts[V]),
                    Sums, At);
    }
  }

  void finishRow(Value G) {
    storeResult(K.add(FirstRow, G), K.load(Totals, G), [&](int64_t At) {
      return K.loadVector(Sums, K.add(K.mul(G, ValueDepth), At));
    });
  }

  /// The row as what its parts have come to.
  void joinSplits(Value Row) {
    Value Line = K.div(Row, Group), G = K.rem(Row, Group);
    auto GetPart = [&](int64_t Part) {
      return K.add(K.mul(K.add(K.mul(Line, Splits), Part), Group), G);
    };
    Value Largest;
    for (int64_t Part = 0; Part < Splits; ++Part) {
      Value Each = K.load(Maxima, GetPart(Part));
      Largest = Largest ? larger(Each, Largest) : Each;
    }
    Value Base = select(equals(Largest, -Infinity), K.constant(0), Largest);
    Values Factors;
    Value Total = K.constant(0);
    for (int64_t Part = 0; Part < Splits; ++Part) {
      Value Difference = K.subf(K.load(Maxima, GetPart(Part)), Base);
      Factors.push_back(emitExpOfWeight(K.B, K.Loc, Difference, HasFma));
      Total =
          K.multiplyAdd(K.load(Totals, GetPart(Part)), Factors.back(), Total);
    }
    storeResult(Row, Total, [&](int64_t At) {
      Value Sum = K.splat(0);
      for (int64_t Part = 0; Part < Splits; ++Part)
        Sum = K.multiplyAdd(
            K.loadVector(Sums, K.add(K.mul(GetPart(Part), ValueDepth), At)),
            K.broadcast(Factors[Part]), Sum);
      return Sum;
    });
  }

  /// A row that has seen nothing but -inf is 0.
  void storeResult(Value Row, Value Total,
                   function_ref<Value(int64_t At)> GetSum) {
    Value Divisor = select(equals(Total, 0), K.constant(1), Total);
    Value Factor = K.broadcast(
        arith::DivFOp::create(K.B, K.Loc, K.constant(1), Divisor).getResult());
    forVectors(Sizes.ValueDepth, [&](int64_t At, int64_t Count) {
      K.storeVector(K.mulf(GetSum(At), Factor), T.Result,
                    K.add(K.mul(Row, Sizes.ValueDepth), At), Count);
    });
  }

  /// `Body` for each vector of `Count` elements, and how many of its lanes
  /// exist.
  void forVectors(int64_t Count,
                  function_ref<void(int64_t At, int64_t Count)> Body) {
    for (int64_t At = 0; At < Count; At += Lanes)
      Body(At, std::min(Lanes, Count - At));
  }

  /// Which lanes are before `Count` (index).
  Value isBelow(Value Count) {
    auto Type = VectorType::get({Lanes}, K.B.getI32Type());
    auto Numbers = llvm::to_vector(llvm::seq<int32_t>(0, Lanes));
    Value Iota = arith::ConstantOp::create(
        K.B, K.Loc, DenseElementsAttr::get(Type, ArrayRef(Numbers)));
    Value Word =
        arith::IndexCastOp::create(K.B, K.Loc, K.B.getI32Type(), Count);
    Word = vector::BroadcastOp::create(K.B, K.Loc, Type, Word);
    return arith::CmpIOp::create(K.B, K.Loc, arith::CmpIPredicate::slt, Iota,
                                 Word);
  }

  Value select(Value Condition, Value X, Value Y) {
    return arith::SelectOp::create(K.B, K.Loc, Condition, X, Y);
  }
  Value equals(Value X, double Y) {
    return arith::CmpFOp::create(K.B, K.Loc, arith::CmpFPredicate::OEQ, X,
                                 K.constant(Y));
  }
  /// The larger one; `Y` if `X` is NaN.
  Value larger(Value X, Value Y) {
    Value IsLarger =
        arith::CmpFOp::create(K.B, K.Loc, arith::CmpFPredicate::OGT, X, Y);
    return select(IsLarger, X, Y);
  }

  using Values = KernelBuilder::Values;

  KernelBuilder &K;
  const AttentionSizes &Sizes;
  const CachedTensors &T;
  const int64_t Lanes;
  const int64_t Depth, ValueDepth; ///< in whole vectors
  const int64_t Group;             ///< query heads of a key head
  const bool HasFma = K.Target.HasFma;
  /// Keys of a block: they stay in the nearest cache where several heads need
  /// them.
  const int64_t KeyBlock = Group > 1 ? 64 : 256;
  int64_t Splits = 1;
  Value First, Seen;
  // Of the task being emitted; rows of sums are in whole vectors.
  Value KeyStart, ValueStart, FirstRow, Home;
  Value Queries, Scores, EdgeBias, Sums, Maxima, Totals;
};

} // namespace

LogicalResult stator::emitCachedAttention(OpBuilder &B, CachedAttentionOp Op,
                                          ArrayRef<Value> Operands,
                                          Value Result,
                                          const CpuTarget &Target) {
  Value Query = Operands[0], Key = Operands[1], Val = Operands[2];
  Value Bias = Op.getBias() ? Operands[4] : Value();
  if (failed(checkElementTypes(Op, {Query, Key, Val})))
    return failure();
  auto Sizes = AttentionSizes::get(Op, Query, Key, Val, Bias);
  // A register is no wider than what is to be in it.
  CpuTarget Narrow = Target;
  int64_t Widest = std::max(Sizes.Depth, Sizes.ValueDepth);
  while (Sizes.Queries == 1 && Narrow.VectorBits > 128 &&
         Narrow.getF32Lanes() / 2 >= Widest)
    Narrow.VectorBits /= 2;
  KernelBuilder K(B, Op.getLoc(), Narrow);
  Value Position = memref::LoadOp::create(B, Op.getLoc(), Operands[3]);
  Position =
      arith::IndexCastOp::create(B, Op.getLoc(), B.getIndexType(), Position);
  CachedTensors T{K.flatten(Query),  K.flatten(Key),
                  K.flatten(Val),    Bias ? K.flatten(Bias) : Value(),
                  K.flatten(Result), K.max(Position, K.index(0))};
  if (Sizes.Queries == 1)
    StepEmitter(K, Sizes, T).emit();
  else
    emitCachedBlock(K, Sizes, T);
  return success();
}
