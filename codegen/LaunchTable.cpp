//===- LaunchTable.cpp - What the schedules of a program run --------------===//

#include "codegen/LaunchTable.h"
#include "ir/KernelInterface.h"
#include "passes/EntryPoints.h"
#include "passes/PlanMemory.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace stator {

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// Bytes that a kernel has to read of one of its operands: all of it, or less
/// if all its users read less. A part is replaced in place.
static double getBytesRead(BlockArgument Operand) {
  const double Whole = getTensorBytes(Operand.getType());
  double Sum = 0;
  for (OpOperand &Use : Operand.getUses()) {
    Operation *User = Use.getOwner();
    auto Priced = dyn_cast<Cost>(User);
    if (isa<UpdateSliceOp>(User) && Use.getOperandNumber() == 0)
      continue;
    if (!isa<GatherOp, SliceOp, DynamicSliceOp>(User) || !Priced)
      return Whole;
    Sum += Priced.getCost().BytesRead;
  }
  return std::min(Whole, Sum);
}

static double getBytesWritten(Value Result) {
  auto Update = Result.getDefiningOp<UpdateSliceOp>();
  return getTensorBytes((Update ? Update.getPart() : Result).getType());
}

OpCost getKernelCost(FuncOp Kernel) {
  OpCost Sum;
  for (Operation &Op : Kernel.getBody().front())
    if (auto Priced = dyn_cast<Cost>(Op))
      Sum.Flops += Priced.getCost().Flops;
  for (BlockArgument Operand : Kernel.getArguments())
    Sum.BytesRead += getBytesRead(Operand);
  for (Value Result : Kernel.getBody().front().getTerminator()->getOperands())
    Sum.BytesWritten += getBytesWritten(Result);
  return Sum;
}

/// The kind of work of one op, by its name, so that ops of a kind are one word.
/// Kinds further down the list of `Rank` give way to those above.
static StringRef getOpKind(StringRef Name) {
  if (Name.contains("attention"))
    return "attention";
  if (Name.contains("cross_entropy"))
    return "loss";
  return llvm::StringSwitch<StringRef>(Name)
      .Case("einsum", "matmul")
      .Cases({"adam", "sgd", "global_norm"}, "optimizer")
      .Cases({"gather", "scatter_add"}, "embedding")
      .Case("softmax", "norm")
      .Cases({"reduce", "cumsum"}, "reduction")
      .Cases({"transpose", "slice", "dynamic_slice", "update_slice", "pad",
              "concat", "broadcast", "reshape", "iota", "constant", "return",
              "convert"},
             "copy")
      .Default("pointwise");
}

StringRef getKernelKind(FuncOp Kernel) {
  static constexpr llvm::StringLiteral Rank[] = {
      "attention", "matmul",    "loss",      "optimizer", "embedding",
      "norm",      "reduction", "pointwise", "copy"};
  const auto *Best = std::end(Rank) - 1;
  bool Rsqrt = false;
  for (Operation &Op : Kernel.getBody().front()) {
    StringRef Name = Op.getName().stripDialect();
    Best = std::min(Best, llvm::find(Rank, getOpKind(Name)));
    Rsqrt |= isa<RsqrtOp>(Op);
  }
  // A normalization is a reduction with the root of a variance in it.
  return Rsqrt && *Best == "reduction" ? StringRef("norm") : StringRef(*Best);
}

/// What the slots of a kernel's caches take, if it attends to some.
static void describeSlots(FuncOp Kernel, StatorLaunch &Row) {
  auto Attentions = Kernel.getBody().front().getOps<CachedAttentionOp>();
  // Several could have different caches, which no kernel that is formed has.
  if (!llvm::hasSingleElement(Attentions))
    return;
  CachedAttentionOp Attention = *Attentions.begin();
  Row.Slots = Attention.getKey().getType().getDimSize(2);
  Row.Window = Attention.getWindow().value_or(Row.Slots);
  Row.SlotFlops = Attention.getCost().Flops /
                  static_cast<double>(std::min(Row.Slots, Row.Window));
  for (Value Read : {Value(Attention.getKey()), Value(Attention.getValue()),
                     Value(Attention.getBias())})
    if (auto Operand = dyn_cast_or_null<BlockArgument>(Read))
      Row.SlotBytes += getBytesRead(Operand) / static_cast<double>(Row.Slots);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static SmallVector<FuncOp> listEntries(ModuleOp Module) {
  SmallVector<FuncOp> Entries;
  for (FuncOp Function : Module.getOps<FuncOp>())
    if (!Function.getKernel() && !Function.isExternal())
      Entries.push_back(Function);
  return Entries;
}

std::vector<LaunchOp> listLaunches(ModuleOp Module) {
  std::vector<LaunchOp> Launches;
  for (FuncOp Entry : listEntries(Module))
    Entry.walk<WalkOrder::PreOrder>(
        [&](LaunchOp Launch) { Launches.push_back(Launch); });
  return Launches;
}

static int32_t getEntryNumber(FuncOp Entry) {
  StringRef Name = Entry.getSymName();
  if (entry::getDecodeWidth(Name)) {
    auto Blocks = entry::getDecodeEntries(Entry->getParentOfType<ModuleOp>());
    return STATOR_ENTRY_BLOCKS +
           static_cast<int32_t>(llvm::find(Blocks, Entry) - Blocks.begin());
  }
  return llvm::StringSwitch<int32_t>(Name)
      .Case(entry::TrainStep, STATOR_ENTRY_TRAIN_STEP)
      .Case(entry::Accumulate, STATOR_ENTRY_ACCUMULATE)
      .Case(entry::Update, STATOR_ENTRY_UPDATE)
      .Case(entry::Evaluate, STATOR_ENTRY_EVALUATE)
      .Case(entry::Forward, STATOR_ENTRY_FORWARD)
      .Case(entry::Gradients, STATOR_ENTRY_GRADIENTS)
      .Default(-1);
}

void LaunchTable::fill(ModuleOp Module, StatorProgram &Program) {
  auto Keep = [&](StringRef Text) {
    Texts.push_back(Text.str());
    return Texts.back().c_str();
  };
  llvm::StringMap<StatorLaunch> Kernels;
  for (FuncOp Kernel : Module.getOps<FuncOp>())
    if (Kernel.getKernel()) {
      OpCost Cost = getKernelCost(Kernel);
      StatorLaunch &Row = Kernels[Kernel.getSymName()];
      Row.Kernel = Keep(Kernel.getSymName());
      Row.Kind = Keep(getKernelKind(Kernel));
      Row.Flops = Cost.Flops;
      Row.Bytes = Cost.BytesRead + Cost.BytesWritten;
      describeSlots(Kernel, Row);
    }
  Launches.clear();
  for (LaunchOp Launch : listLaunches(Module)) {
    StatorLaunch Row = Kernels[Launch.getKernel()];
    Row.Path = Keep(getPathOfLocation(Launch.getLoc()));
    Row.Entry = getEntryNumber(Launch->getParentOfType<FuncOp>());
    Row.Repeats = 1;
    for (Operation *Parent = Launch->getParentOp(); Parent;
         Parent = Parent->getParentOp())
      if (auto Scan = dyn_cast<ScanOp>(Parent))
        Row.Repeats *= Scan.getLength();
    Launches.push_back(Row);
  }
  Program.Launches = Launches.data();
  Program.NumLaunches = Launches.size();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

namespace {

/// Finds the buffers of one entry point.
class BufferLister {
public:
  BufferLister(FuncOp Entry, std::vector<ArenaBuffer> &Out)
      : Entry(Entry), Out(Out) {}

  void list();

private:
  int64_t getFirst(Operation *Op) const { return Range.lookup(Op).first; }
  int64_t getLast(Operation *Op) const { return Range.lookup(Op).second; }
  int64_t getLastUse(Value V, Block *Home) const;
  void add(Attribute Place, int64_t Bytes, Operation *Op, int64_t Last,
           bool Scratch);

  FuncOp Entry;
  std::vector<ArenaBuffer> &Out;
  /// The launches that have begun when an op of the schedule begins, and those
  /// that have when it ends.
  DenseMap<Operation *, std::pair<int64_t, int64_t>> Range;
};

/// The launch during or before which the last use of a value ends. A loop uses
/// what its body uses until it ends.
int64_t BufferLister::getLastUse(Value V, Block *Home) const {
  int64_t Last = getFirst(V.getDefiningOp());
  for (Operation *User : V.getUsers()) {
    if (auto Reshape = dyn_cast<ReshapeOp>(User)) {
      Last = std::max(Last, getLastUse(Reshape, Home));
      continue;
    }
    Operation *InHome = Home->findAncestorOpInBlock(*User);
    Last = std::max(Last, isa<WriteOp, ReturnOp>(User)
                              ? getLast(Entry)
                              : getLast(InHome ? InHome : User));
  }
  return Last;
}

void BufferLister::add(Attribute Place, int64_t Bytes, Operation *Op,
                       int64_t Last, bool Scratch) {
  auto Where = dyn_cast_or_null<PlaceAttr>(Place);
  if (!Where || Where.getMemory() != Memory::Arena)
    return;
  ArenaBuffer Buffer;
  Buffer.Entry = Entry.getSymName();
  Buffer.Name = getPathOfLocation(Op->getLoc());
  if (auto Launch = dyn_cast<LaunchOp>(Op))
    Buffer.Kernel = Launch.getKernel();
  Buffer.Scratch = Scratch;
  Buffer.Offset = Where.getOffset();
  Buffer.Bytes = Bytes;
  Buffer.First = getFirst(Op);
  Buffer.Last = std::max(Last, Buffer.First);
  Out.push_back(std::move(Buffer));
}

void BufferLister::list() {
  int64_t NumLaunches = 0;
  Entry.walk([&](Operation *Op, const WalkStage &Stage) {
    if (Stage.isBeforeAllRegions())
      Range[Op] = {NumLaunches, NumLaunches};
    if (!Stage.isAfterAllRegions())
      return;
    // A launch is over when it has run, a loop with the last launch in it.
    if (isa<LaunchOp>(Op))
      Range[Op].second = NumLaunches++;
    else if (Op->getNumRegions())
      Range[Op].second = std::max(Range[Op].first, NumLaunches - 1);
  });
  Entry.walk([&](Operation *Op) {
    Block *Home = Op->getBlock();
    if (auto Places = Op->getAttrOfType<ArrayAttr>(PlacesAttrName))
      for (auto [Place, Result] : llvm::zip(Places, Op->getResults()))
        add(Place, getTensorBytes(Result.getType()), Op,
            getLastUse(Result, Home), /*Scratch=*/false);
    if (auto Launch = dyn_cast<LaunchOp>(Op))
      if (auto Kernel = SymbolTable::lookupNearestSymbolFrom<FuncOp>(
              Op, Launch.getKernelAttr()))
        add(Op->getAttr(WorkspacePlaceAttrName),
            getKernelWorkspaceBytes(Kernel), Op, getLast(Op),
            /*Scratch=*/true);
  });
}

} // namespace

std::vector<ArenaBuffer> listBuffers(ModuleOp Planned) {
  std::vector<ArenaBuffer> Buffers;
  for (FuncOp Entry : listEntries(Planned))
    BufferLister(Entry, Buffers).list();
  return Buffers;
}

} // namespace stator
