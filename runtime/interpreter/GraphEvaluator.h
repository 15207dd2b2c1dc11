//===- GraphEvaluator.h - Evaluates functions op by op ----------*- C++ -*-===//
//
// Runs a stator.func through the reference evaluation of its ops.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_GRAPHEVALUATOR_H
#define STATOR_RUNTIME_INTERPRETER_GRAPHEVALUATOR_H

#include "ir/Dialect.h"
#include "ir/HostTensor.h"
#include "ir/RunSettings.h"
#include "runtime/interpreter/BadIndex.h"
#include "runtime/interpreter/LastUses.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <array>
#include <memory>
#include <optional>

namespace stator {

/// The step that is running; see STATOR_INFO_* in runtime/core/program.h.
struct RunInfo {
  int64_t Step = 0;
  int64_t TotalSteps = 1;
  uint64_t Seed = 0;
  int64_t Sequence = 0;
  int64_t Position = 0;
  int64_t Last = 0;
  /// By RunSetting.
  std::array<std::optional<double>, NumRunSettings> Settings = {};

  /// What a stator.info asks for.
  int32_t get(InfoKind Kind) const;
};

/// The random word of element Index of a dropout in this run.
uint32_t drawDropoutBits(const RunInfo &Info, int64_t Stream, int64_t Index);

/// "file:line:col: error: path: message", with what of it the location knows.
std::string describeError(mlir::Location Loc, const llvm::Twine &Message);

/// The tensors that stator.read and stator.write mean.
class StateAccess {
public:
  virtual ~StateAccess();
  virtual HostTensor read(llvm::StringRef Name) = 0;
  /// Called when the function has ended: reads never see a write.
  virtual void write(llvm::StringRef Name, HostTensor Value) = 0;
};

/// The type of the elements that a tensor has when floats are FloatType.
HostType getHostType(mlir::Type ElementType, HostType FloatType);

/// Evaluates functions of one module. A value lives until its last use.
class GraphEvaluator : public EvalContext {
public:
  using TensorRef = std::shared_ptr<const HostTensor>;

  /// State may be null if the functions neither read nor write.
  GraphEvaluator(mlir::ModuleOp Module, HostType FloatType, StateAccess *State)
      : Symbols(Module), FloatType(FloatType), State(State) {}

  void setInfo(const RunInfo &New) { Info = New; }

  /// Runs a function; Arguments are as its signature says, with all floats of
  /// the evaluator's type. Writes happen at its end, unless there was an error.
  std::vector<TensorRef> run(FuncOp Function, std::vector<TensorRef> Arguments);

  /// Errors that depended on values, since the last call.
  std::vector<std::string> takeErrors() { return std::move(Errors); }
  /// What they were about.
  BadIndex &getBadIndex() { return Bad; }

  HostType getFloatType() const override { return FloatType; }
  uint32_t getDropoutBits(int64_t Stream, int64_t Index) const override;
  std::optional<double> getRunSetting(RunSetting Setting) const override {
    return Info.Settings[static_cast<size_t>(Setting)];
  }
  void reportError(mlir::Location Loc, const llvm::Twine &Message) override;
  std::vector<HostTensor>
  evaluateRegion(mlir::Region &Region,
                 std::vector<HostTensor> Arguments) override;

private:
  using Environment = llvm::DenseMap<mlir::Value, TensorRef>;

  /// Runs the ops of a block and gives the operands of its terminator.
  std::vector<TensorRef> runBlock(mlir::Block &Block);
  void runOp(mlir::Operation &Op);

  mlir::SymbolTable Symbols;
  HostType FloatType;
  StateAccess *State;
  RunInfo Info;
  Environment *Values = nullptr;
  llvm::SmallVector<std::pair<std::string, TensorRef>> Writes;
  unsigned Depth = 0;
  std::vector<std::string> Errors;
  BadIndex Bad;
  LastUses Uses;
};

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_GRAPHEVALUATOR_H
