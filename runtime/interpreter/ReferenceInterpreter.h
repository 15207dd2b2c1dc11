//===- ReferenceInterpreter.h - The oracle as a program ---------*- C++ -*-===//

#ifndef STATOR_RUNTIME_INTERPRETER_REFERENCEINTERPRETER_H
#define STATOR_RUNTIME_INTERPRETER_REFERENCEINTERPRETER_H

#include "runtime/interpreter/GraphEvaluator.h"
#include "runtime/interpreter/ProgramTable.h"

namespace stator {

/// The state or the cache of a program. In f64 it keeps a shadow of
/// the f32 block, which stands for as long as nobody else writes to the block.
class ShadowedState {
public:
  ShadowedState(llvm::ArrayRef<StateTensor> Layout, HostType FloatType);

  /// Turns to the block of a call; reads the shadow anew if the block is not
  /// what was last stored there (a checkpoint was loaded).
  void attach(uint8_t *Block);
  /// Takes note of what is in the block now.
  void detach();

  bool has(llvm::StringRef Name) const { return Indices.contains(Name); }
  HostTensor read(llvm::StringRef Name);
  void write(llvm::StringRef Name, HostTensor Value);

private:
  std::vector<StateTensor> Layout;
  llvm::StringMap<size_t> Indices;
  HostType FloatType;
  uint8_t *Block = nullptr;
  std::vector<HostTensor> Shadow; ///< one for each tensor; only in f64
  std::vector<uint8_t> Stored;    ///< the block as it was last left
};

/// State and cache as the evaluator sees them.
class ShadowedMemory : public StateAccess {
public:
  ShadowedMemory(const ProgramTable &Table, HostType FloatType)
      : State(Table.getLayout(), FloatType),
        Cache(Table.getCacheLayout(), FloatType) {}

  HostTensor read(llvm::StringRef Name) override { return of(Name).read(Name); }
  void write(llvm::StringRef Name, HostTensor Value) override {
    of(Name).write(Name, std::move(Value));
  }

  ShadowedState State, Cache;

private:
  ShadowedState &of(llvm::StringRef Name) {
    return Cache.has(Name) ? Cache : State;
  }
};

/// Evaluates the entry points of a module with plain loops.
class ReferenceInterpreter : public Interpreter {
public:
  static std::unique_ptr<Interpreter> create(mlir::ModuleOp Module,
                                             HostType FloatType,
                                             const InterpreterOptions &Options);

  /// What a call gave: results one after the other, in f32.
  void call(FuncOp Entry, uint8_t *State, uint8_t *Cache, const int32_t *Tokens,
            const int32_t *Targets, int64_t *Info,
            llvm::ArrayRef<float *> Results);

  FuncOp TrainStep, Accumulate, Update, Evaluate, Forward, Gradients;
  /// Those of the blocks, in their order.
  llvm::SmallVector<FuncOp> Decode;

private:
  ReferenceInterpreter() = default;

  ProgramTable Table;
  std::unique_ptr<ShadowedMemory> Memory;
  std::unique_ptr<GraphEvaluator> Evaluator;
};

/// The arguments of an entry point from the buffers of a call.
std::vector<std::shared_ptr<const HostTensor>>
makeArguments(FuncOp Entry, const int32_t *Tokens, const int32_t *Targets);

/// The Info of a call.
RunInfo readInfo(const int64_t *Info);

} // namespace stator

#endif // STATOR_RUNTIME_INTERPRETER_REFERENCEINTERPRETER_H
