//===- ProgramTable.cpp - What a program says about itself ----------------===//

#include "runtime/interpreter/ProgramTable.h"
#include "ir/ModelSettings.h"
#include "passes/EntryPoints.h"

using namespace mlir;

namespace stator {

static int32_t getRoleNumber(Role Of) {
  switch (Of) {
  case Role::Parameter:
    return STATOR_ROLE_PARAMETER;
  case Role::Moment:
    return STATOR_ROLE_MOMENT;
  case Role::Gradient:
    return STATOR_ROLE_GRADIENT;
  case Role::Cache:
    return STATOR_ROLE_CACHE;
  case Role::Scale:
    return STATOR_ROLE_SCALE;
  }
  llvm_unreachable("all roles are above");
}

static int32_t getInitNumber(InitKind Kind) {
  switch (Kind) {
  case InitKind::Constant:
    return STATOR_INIT_CONSTANT;
  case InitKind::Normal:
    return STATOR_INIT_NORMAL;
  case InitKind::Uniform:
    return STATOR_INIT_UNIFORM;
  }
  llvm_unreachable("all kinds are above");
}

static int32_t getTypeNumber(Type Element) {
  return Element.isBF16()       ? STATOR_TYPE_BF16
         : Element.isInteger(8) ? STATOR_TYPE_INT8
                                : STATOR_TYPE_F32;
}

static FuncOp findEntry(ModuleOp Module, ModuleOp Loss,
                        ArrayRef<StringRef> Names) {
  for (ModuleOp In : {Module, Loss})
    for (StringRef Name : Names)
      if (In)
        if (auto Found = In.lookupSymbol<FuncOp>(Name))
          return Found;
  return {};
}

/// Size of the last dimension of the logits: of what @forward gives, as it was
/// recorded before @forward was removed, or of what a cross entropy takes.
static int64_t findVocabulary(ModuleOp Module, ModuleOp Loss) {
  if (FuncOp Forward = findEntry(Module, Loss, {"forward"}))
    if (Forward.getNumResults() == 1)
      return cast<RankedTensorType>(Forward.getResultTypes()[0])
          .getShape()
          .back();
  int64_t Found = 0;
  for (ModuleOp In : {Module, Loss})
    if (In && !Found)
      Found = getVocabulary(In);
  for (ModuleOp In : {Module, Loss})
    if (In && !Found)
      In.walk([&](CrossEntropyOp Op) {
        Found = Op.getLogits().getType().getShape().back();
      });
  return Found;
}

/// Floating-point operations of a block with what it calls.
static double countFlops(Block &Ops, const SymbolTable &Symbols) {
  auto OfCallee = [&](StringRef Name) {
    return countFlops(Symbols.lookup<FuncOp>(Name).getBody().front(), Symbols);
  };
  double Sum = 0;
  for (Operation &Op : Ops) {
    if (auto Launch = dyn_cast<LaunchOp>(Op))
      Sum += OfCallee(Launch.getKernel());
    else if (auto Call = dyn_cast<CallOp>(Op))
      Sum += OfCallee(Call.getCallee());
    else if (auto Scan = dyn_cast<ScanOp>(Op))
      Sum += static_cast<double>(Scan.getLength()) *
             countFlops(Scan.getBody().front(), Symbols);
    else if (auto Priced = dyn_cast<Cost>(Op))
      Sum += Priced.getCost().Flops;
  }
  return Sum;
}

static double countFlops(FuncOp Function) {
  SymbolTable Symbols(Function->getParentOfType<ModuleOp>());
  return countFlops(Function.getBody().front(), Symbols);
}

void ProgramTable::addTensors(ArrayRef<StateTensor> Layout) {
  for (const StateTensor &Tensor : Layout) {
    ParameterOp Op = Tensor.Op;
    ArrayRef<int64_t> Shape = Op.getTensorType().getShape();
    Shapes.emplace_back(Shape.begin(), Shape.end());
    StatorTensor Row{};
    Row.Name = keep(Op.getSymName());
    Row.Shape = Shapes.back().data();
    Row.Rank = Shapes.back().size();
    Row.Offset = Tensor.Offset;
    Row.Elements = Tensor.Elements;
    Row.Role = getRoleNumber(Op.getRole());
    Row.Init = getInitNumber(Op.getInit().getKind());
    Row.InitA = Op.getInit().getA().getValueAsDouble();
    Row.InitB = Op.getInit().getB().getValueAsDouble();
    Row.Trainable = Op.isTrainable();
    Row.Type = getTypeNumber(Op.getTensorType().getElementType());
    Row.Layout =
        Op.getTransposed() ? STATOR_LAYOUT_TRANSPOSED : STATOR_LAYOUT_PLAIN;
    Tensors.push_back(Row);
  }
}

LogicalResult ProgramTable::setBlocks(ModuleOp Module,
                                      ArrayRef<StatorEntry> Entries,
                                      StatorProgram &Program) {
  for (auto [Index, Entry] : llvm::enumerate(entry::getDecodeEntries(Module))) {
    if (Index == Entries.size())
      return Entry.emitError("an interpreter can have at most ")
             << Entries.size() << " widths of blocks";
    Blocks.push_back(
        {entry::getDecodeWidth(Entry.getSymName()), Entries[Index]});
  }
  Program.Blocks = Blocks.data();
  Program.NumBlocks = Blocks.size();
  return success();
}

LogicalResult ProgramTable::fill(ModuleOp Module, ModuleOp Loss,
                                 StringRef Compiler,
                                 const InterpreterOptions &Options,
                                 StatorProgram &Program) {
  Layout = layoutState(Module);
  CacheLayout = layoutCaches(Module);
  addTensors(Layout);
  addTensors(CacheLayout);

  FuncOp Entry = findEntry(
      Module, Loss,
      {"train_step", "accumulate", "evaluate", "gradients", "loss", "forward"});
  if (!Entry)
    return Module.emitError("nothing to interpret: no entry point");
  auto Tokens = Entry.getNumArguments() == 0
                    ? RankedTensorType()
                    : dyn_cast<RankedTensorType>(Entry.getArgumentTypes()[0]);
  if (!Tokens || Tokens.getRank() != 2)
    return Entry.emitError("the first argument of an entry point must be "
                           "tokens, [batch, time]");
  int64_t Vocabulary = findVocabulary(Module, Loss);
  if (Vocabulary <= 0)
    return Module.emitError("the size of the vocabulary is unknown: there is "
                            "neither @forward, nor a cross entropy, nor the "
                            "attribute ")
           << VocabularyAttr;

  Program.AbiVersion = STATOR_ABI_VERSION;
  bool Trains = Entry.getSymName() != "forward";
  Program.Mode = Trains ? STATOR_MODE_TRAIN : STATOR_MODE_INFER;
  Program.Name = keep(Options.ModelName);
  Program.Compiler = keep(Compiler);
  Program.Options = keep(Options.OptionsJson);
  Program.Batch = Tokens.getDimSize(0);
  Program.Time = Tokens.getDimSize(1);
  Program.Vocabulary = Vocabulary;
  Program.MicroBatches = 1;
  for (ModuleOp In : {Module, Loss})
    if (In)
      for (TrainingOp Training : In.getOps<TrainingOp>()) {
        Program.MicroBatches = Training.getMicroBatches();
        Program.DefaultSteps = Training.getSteps();
      }
  Program.Tensors = Tensors.data();
  Program.NumTensors = Tensors.size();
  Program.StateBytes = getStateBytes(Layout);
  Program.CacheBytes = getStateBytes(CacheLayout);
  Program.ArenaBytes = 0;
  if (auto Context = Module->getAttrOfType<IntegerAttr>(entry::ContextAttrName))
    Program.Context = Context.getInt();
  if (!Trains && getPrefix(Module) > 0) {
    Program.Prefix = static_cast<int32_t>(getPrefix(Module));
    Program.Context = Program.Time;
  }
  Program.PaddedBlocks = Module->hasAttr(entry::PaddedBlocksAttrName);
  Program.FlopsPerStep = countFlops(Entry);
  if (Entry.getSymName() == "accumulate") {
    Program.FlopsPerStep *= Program.MicroBatches;
    if (FuncOp Update = findEntry(Module, {}, {"update"}))
      Program.FlopsPerStep += countFlops(Update);
  }
  return success();
}

} // namespace stator
