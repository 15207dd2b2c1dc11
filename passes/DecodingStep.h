//===- DecodingStep.h - The incremental form of @forward --------*- C++ -*-===//
//
// Builds one @decode_W from @forward: what it computes for W new positions, and
// what it keeps for those to come. See stator-derive-decoding in Passes.td.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_PASSES_DECODINGSTEP_H
#define STATOR_PASSES_DECODINGSTEP_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/TimeAnalysis.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace stator {

/// What all steps of a program share: the caches, and what is true of every
/// step.
class DecodingCaches {
public:
  DecodingCaches(mlir::ModuleOp Module, int64_t LargestWidth)
      : LargestWidth(LargestWidth), Module(Module) {}

  /// The parameter that keeps something of `Value`; made if there is none yet.
  /// \p Kind distinguishes what is kept of one value.
  ParameterOp get(mlir::Value Value, llvm::StringRef Kind,
                  mlir::RankedTensorType Type);

  /// Removes all caches, and forgets them.
  void clear();

  const int64_t LargestWidth;
  /// Whether something is kept, or looked up, for each position by itself, so
  /// that positions are bounded by the time that @forward was compiled for.
  bool IsBounded = false;
  /// Whether every row of a step must be a token: its state cannot be that of
  /// an earlier row.
  bool NeedsWholeBlocks = false;

private:
  mlir::ModuleOp Module;
  llvm::DenseMap<mlir::Value, llvm::StringMap<ParameterOp>> Caches;
  llvm::StringSet<> Names;
};

/// What of a value a step needs.
struct StepForm {
  enum class Kind {
    Rows,  ///< along `Dim` the positions of the step
    Whole, ///< all positions so far, each at its place
    Last   ///< along `Dim` the last position of the step alone
  };
  Kind What = Kind::Whole;
  int64_t Dim = -1;
  /// For Rows: of how many positions before (after, if negative), and what is
  /// there before the first one: the last rows of `Before`, a value that does
  /// not vary, or zeros.
  int64_t Shift = 0;
  mlir::Value Before;

  static StepForm whole() { return {}; }
  static StepForm rows(int64_t Dim, int64_t Shift = 0,
                       mlir::Value Before = {}) {
    return {Kind::Rows, Dim, Shift, Before};
  }
  static StepForm last(int64_t Dim) { return {Kind::Last, Dim, 0, {}}; }
  bool operator==(const StepForm &) const = default;
};

/// Derives a step in two passes over @forward: backwards to find which forms of
/// each value are needed, forwards to build them. Both run the same code
/// (`make`): while planning, `use` notes what is asked for and no op is made.
class DecodingStep {
public:
  DecodingStep(FuncOp Forward, const TimeAnalysis &Time, DecodingCaches &Caches,
               int64_t Width);

  /// Makes @decode_W after @forward; none if the model cannot be decoded step
  /// by step, with the reason in getReason().
  FuncOp build();

  /// Why not, and at which op.
  llvm::StringRef getReason() const { return Reason; }
  mlir::Location getReasonLoc() const { return ReasonLoc; }

private:
  using Kind = StepForm::Kind;

  bool plan();
  mlir::Value build(mlir::Value Value, StepForm Form);
  mlir::Value use(mlir::Value Value, StepForm Form);
  mlir::Value fail(mlir::Operation *Op, const llvm::Twine &Why);

  mlir::Value make(mlir::Value Value, StepForm Form);
  mlir::Value makeWhole(mlir::Value Value);
  mlir::Value makeArgument(mlir::BlockArgument Argument, StepForm Form);
  mlir::Value makePart(mlir::OpResult Result, StepForm Form);
  mlir::Value makePointwise(mlir::OpResult Result, StepForm Form,
                            llvm::ArrayRef<std::optional<int64_t>> Dims);
  mlir::Value makeIota(IotaOp Op, StepForm Form);
  mlir::Value makeAttention(AttentionOp Op, StepForm Form);
  mlir::Value makeMask(CausalMaskOp Op, StepForm Form);
  mlir::Value makeShifted(mlir::OpResult Result, StepForm Form);
  mlir::Value makeDelayed(mlir::Value Value, StepForm Form);
  mlir::Value makeCumsum(CumsumOp Op, StepForm Form);
  mlir::Value makeScan(ScanOp Op, mlir::OpResult Result, StepForm Form);

  /// The type with another size of one dimension.
  static mlir::RankedTensorType resize(mlir::Type Of, int64_t Dim,
                                       int64_t Size);
  mlir::Value cloneWith(mlir::OpResult Result, mlir::ValueRange Operands,
                        int64_t Dim, int64_t Size);
  mlir::Value sliceAt(mlir::Value Value, mlir::Value Offset, int64_t Dim,
                      int64_t Size);
  mlir::Value getStart(StepForm Form);
  mlir::Value atStart(mlir::Value First, mlir::Value Later);
  mlir::Value readCache(ParameterOp Cache);
  void writeCache(ParameterOp Cache, mlir::Value Value);

  int64_t getSize(StepForm Form) const {
    return Form.What == Kind::Rows ? Width : 1;
  }
  /// Whether it has a row for every position. A step reads and writes rows at
  /// the positions of its tokens, some of which a shorter one would lack.
  bool hasAllPositions(mlir::Value Value, int64_t Dim) {
    auto Size = [](mlir::Type Type, int64_t At) {
      return llvm::cast<mlir::RankedTensorType>(Type).getDimSize(At);
    };
    return Size(Value.getType(), Dim) >= Size(Forward.getArgumentTypes()[0], 1);
  }
  bool varies(mlir::Value Value) const { return Time.getAxis(Value).varies(); }
  /// Whether a form of a varying value that is built from its operands can be
  /// built: its dimension is the one of time.
  bool isAlongTime(mlir::Value Value, int64_t Dim) const {
    TimeAxis Axis = Time.getAxis(Value);
    return Axis.Prefix < 0 && Axis.Axis == Dim;
  }

  FuncOp Forward;
  const TimeAnalysis &Time;
  DecodingCaches &Caches;
  const int64_t Width;

  bool Planning = true;
  std::string Reason;
  mlir::Location ReasonLoc;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<StepForm, 2>> Needed;
  llvm::DenseMap<mlir::Value,
                 llvm::SmallVector<std::pair<StepForm, mlir::Value>, 2>>
      Built;
  /// Copies of ops that do not vary, and of loops.
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> Wholes, Scans;

  // While building.
  mlir::ImplicitLocOpBuilder *B = nullptr;
  FuncOp Step;
  mlir::Value Position, Last, LastPosition, IsFirst;
  llvm::MapVector<mlir::Operation *, mlir::Value> Reads, Writes;
};

} // namespace stator

#endif // STATOR_PASSES_DECODINGSTEP_H
