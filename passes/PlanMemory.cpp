//===- PlanMemory.cpp - Places for all buffers of the entry points --------===//
//
// Liveness of every buffer over the schedule of an entry point, then offsets in
// one arena. What an entry point returns is written straight to the Result, and
// what it writes to the state straight into the state, wherever nobody still
// needs what was there.
//
//===----------------------------------------------------------------------===//

#include "passes/PlanMemory.h"
#include "ir/KernelInterface.h"
#include "passes/ArenaOffsets.h"
#include "passes/Passes.h"
#include "passes/Views.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Format.h"

namespace stator {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"
} // namespace stator

using namespace mlir;

namespace stator {
namespace {

/// The place `Bytes` after another.
PlaceAttr shift(PlaceAttr Place, int64_t Bytes) {
  if (Bytes == 0 || !Place)
    return Place;
  return PlaceAttr::get(Place.getContext(), Place.getMemory(),
                        Place.getOffset() + Bytes, Place.getTensor());
}

/// A piece of memory that one or more values share.
struct Buffer {
  BufferLifetime Life;
  PlaceAttr Fixed;       ///< where it lies if that is not in the arena
  Block *Home = nullptr; ///< the block that defines it
  bool Private = true;   ///< written once, by the op that defines it
};

class Planner {
public:
  Planner(FuncOp Function, SymbolTable &Symbols, bool InPlace)
      : Function(Function), Symbols(Symbols), InPlace(InPlace) {}

  LogicalResult run();

private:
  void numberBlock(Block &B);
  LogicalResult defineBlock(Block &B);
  void defineScan(ScanOp Scan);
  void defineConcat(ConcatOp Concat);
  void addUses(Block &B);
  void placeWrites();
  void placeChain(OpResult Result, FlatSymbolRefAttr Tensor);
  void placeReturns();
  void shareDyingOperands(Block &B);
  void annotate(ArrayRef<PlaceAttr> Places);

  unsigned addBuffer(int64_t Bytes, int64_t First, Block *Home) {
    Buffers.push_back({{Bytes, First, First}, {}, Home, true});
    return Buffers.size() - 1;
  }
  unsigned addFixed(PlaceAttr Place, Block *Home) {
    unsigned Index = addBuffer(0, 0, Home);
    Buffers[Index].Fixed = Place;
    Buffers[Index].Private = false;
    return Index;
  }
  PlaceAttr place(Memory Where, int64_t Offset,
                  FlatSymbolRefAttr Tensor = {}) const {
    return PlaceAttr::get(Function->getContext(), Where, Offset, Tensor);
  }
  FuncOp getKernel(LaunchOp Launch) {
    return Symbols.lookup<FuncOp>(Launch.getKernel());
  }

  /// The position from which a use by `User` counts as over, for a buffer that
  /// lives in `Home`: a loop that uses it needs it until its last iteration.
  int64_t useEnds(Operation *User, Block *Home) const {
    Operation *InHome = Home->findAncestorOpInBlock(*User);
    return InHome == User ? First.lookup(User) : Last.lookup(InHome);
  }

  /// Whether `Value` is all that is in its buffer.
  bool fillsBuffer(Value Value) const {
    return OffsetOf.lookup(Value) == 0 &&
           Buffers[BufferOf.lookup(Value)].Life.Bytes ==
               getTensorBytes(Value.getType());
  }
  OpResult getOwner(Value Value) const;
  bool mayOverwrite(OpResult Result, FlatSymbolRefAttr Tensor);
  bool mayRunInPlace(LaunchOp Launch, unsigned Operand, unsigned Result);

  FuncOp Function;
  SymbolTable &Symbols;
  bool InPlace;
  int64_t Position = 0;
  DenseMap<Operation *, int64_t> First, Last;
  std::vector<Buffer> Buffers;
  DenseMap<Value, unsigned> BufferOf;
  DenseMap<Attribute, SmallVector<Value, 1>> Reads; ///< by tensor
  /// Bytes from the start of the buffer, of what does not start there.
  DenseMap<Value, int64_t> OffsetOf;
  /// Scratch of launches; slices and staged carries of scans.
  DenseMap<Operation *, unsigned> Workspace;
  DenseMap<Operation *, SmallVector<unsigned>> Staging;
};

void Planner::numberBlock(Block &B) {
  for (Operation &Op : B) {
    First[&Op] = Position++;
    if (auto Scan = dyn_cast<ScanOp>(Op))
      numberBlock(Scan.getBody().front());
    Last[&Op] = isa<ScanOp>(Op) ? Position++ : First[&Op];
  }
}

LogicalResult Planner::defineBlock(Block &B) {
  for (Operation &Op : B) {
    if (isa<WriteOp, ReturnOp, YieldOp>(Op))
      continue;
    if (auto Read = dyn_cast<ReadOp>(Op)) {
      BufferOf[Read] =
          addFixed(place(Memory::State, 0, Read.getParameterAttr()), &B);
      Reads[Read.getParameterAttr()].push_back(Read);
      continue;
    }
    if (isView(&Op)) {
      Value Source = Op.getOperand(0), View = Op.getResult(0);
      BufferOf[View] = BufferOf.lookup(Source);
      if (int64_t Offset = OffsetOf.lookup(Source) + getViewOffset(&Op))
        OffsetOf[View] = Offset;
      continue;
    }
    if (auto Concat = dyn_cast<ConcatOp>(Op); Concat && Concat.getAxis() == 0) {
      defineConcat(Concat);
      continue;
    }
    if (auto Scan = dyn_cast<ScanOp>(Op)) {
      defineScan(Scan);
      if (failed(defineBlock(Scan.getBody().front())))
        return failure();
      continue;
    }
    if (!isa<LaunchOp, ConstantOp, InfoOp>(Op))
      return Op.emitOpError(
          "is not part of a schedule; run stator-form-kernels "
          "before stator-plan-memory");
    for (Value Result : Op.getResults())
      BufferOf[Result] =
          addBuffer(getTensorBytes(Result.getType()), First[&Op], &B);
    if (auto Launch = dyn_cast<LaunchOp>(Op)) {
      FuncOp Kernel = getKernel(Launch);
      if (!Kernel)
        return Launch.emitOpError("runs @")
               << Launch.getKernel() << ", which is no kernel of this module";
      if (int64_t Bytes = getKernelWorkspaceBytes(Kernel))
        Workspace[&Op] = addBuffer(Bytes, First[&Op], &B);
    }
  }
  return success();
}

// The kernels that compute the operands write them where they belong. What is
// not written by one, or lies elsewhere already, is copied.
void Planner::defineConcat(ConcatOp Concat) {
  Block *Home = Concat->getBlock();
  const unsigned Whole =
      addBuffer(getTensorBytes(Concat.getType()), First[Concat], Home);
  Buffers[Whole].Private = false;
  BufferOf[Concat] = Whole;
  int64_t Offset = 0;
  for (Value Input : Concat.getInputs()) {
    const unsigned Part = BufferOf.lookup(Input);
    Value Source = Input;
    while (auto Reshape = Source.getDefiningOp<ReshapeOp>())
      Source = Reshape.getInput();
    if (InPlace && Source.getDefiningOp<LaunchOp>() && fillsBuffer(Input) &&
        Buffers[Part].Private && Buffers[Part].Home == Home) {
      for (auto &[Value, Index] : BufferOf)
        if (Index == Part) {
          Index = Whole;
          OffsetOf[Value] += Offset;
        }
      Buffers[Whole].Life.First =
          std::min(Buffers[Whole].Life.First, Buffers[Part].Life.First);
      Buffers[Part].Life.Bytes = -1; // no longer a buffer
    }
    Offset += getTensorBytes(Input.getType());
  }
}

// A carry has one buffer, which is also that of the result. It is filled before
// the loop and again at the end of each iteration.
void Planner::defineScan(ScanOp Scan) {
  Block &Body = Scan.getBody().front();
  Block *Home = Scan->getBlock();
  const unsigned NumCarries = Scan.getInits().size();
  for (auto [Index, Result] : llvm::enumerate(Scan.getResults())) {
    unsigned Buffer =
        addBuffer(getTensorBytes(Result.getType()), First[Scan], Home);
    Buffers[Buffer].Life.Last = Last[Scan];
    Buffers[Buffer].Private = false;
    BufferOf[Result] = Buffer;
    if (Index < NumCarries)
      BufferOf[Body.getArgument(Index)] = Buffer;
  }
  for (BlockArgument Slice : Body.getArguments().drop_front(NumCarries)) {
    BufferOf[Slice] =
        addBuffer(getTensorBytes(Slice.getType()), First[Scan], &Body);
    Buffers.back().Private = false;
  }
}

void Planner::addUses(Block &B) {
  for (Operation &Op : B) {
    for (Value Operand : Op.getOperands()) {
      Buffer &Used = Buffers[BufferOf.lookup(Operand)];
      int64_t End = useEnds(&Op, Used.Home);
      // Sequences are read in each iteration; values for the state and for the
      // caller are copied when everything else is done.
      if (isa<ScanOp>(Op))
        End = std::max(End, Last[&Op]);
      if (isa<WriteOp>(Op))
        End = Position;
      // A view is no use; what it makes shares the buffer, and its uses count.
      if (!isView(&Op))
        Used.Life.Last = std::max(Used.Life.Last, End);
    }
    if (auto Scan = dyn_cast<ScanOp>(Op)) {
      Block &Body = Scan.getBody().front();
      addUses(Body);
      // A next carry that lies in another carry must be saved before that one
      // is overwritten.
      auto &Saved = Staging[Scan];
      Operation *Yield = Body.getTerminator();
      for (unsigned I = 0, E = Scan.getInits().size(); I != E; ++I) {
        const unsigned Own = BufferOf.lookup(Scan.getResult(I));
        const unsigned Next = BufferOf.lookup(Yield->getOperand(I));
        bool InCarry = llvm::any_of(Scan.getLastCarries(), [&](Value Carry) {
          return BufferOf.lookup(Carry) == Next;
        });
        Saved.push_back(Own);
        if (InCarry && Next != Own) {
          Saved.back() = addBuffer(getTensorBytes(Scan.getResult(I).getType()),
                                   First[Yield], &Body);
          Buffers.back().Life.Last = Last[Scan];
        }
      }
    }
  }
}

/// The result of a launch or concatenation at the level of the function that
/// `Value` is, seen through reshapes, if it has a buffer of its own, or null.
OpResult Planner::getOwner(Value Value) const {
  while (auto Reshape = Value.getDefiningOp<ReshapeOp>())
    Value = Reshape.getInput();
  Operation *Op = Value.getDefiningOp();
  if (!isa_and_nonnull<LaunchOp, ConcatOp>(Op) || !fillsBuffer(Value) ||
      Op->getBlock() != &Function->getRegion(0).front())
    return {};
  return cast<OpResult>(Value);
}

bool Planner::mayRunInPlace(LaunchOp Launch, unsigned Operand,
                            unsigned Result) {
  return canRunInPlace(getKernel(Launch), Operand, Result);
}

// The old value must not be needed any more when `Result` is written, unless by
// the writing kernel itself if that goes element by element.
bool Planner::mayOverwrite(OpResult Result, FlatSymbolRefAttr Tensor) {
  auto Launch = dyn_cast<LaunchOp>(Result.getOwner());
  if (!Launch)
    return false;
  Block &Entry = Function.getBody().front();
  SmallVector<Value> OldValues(Reads.lookup(Tensor));
  while (!OldValues.empty()) {
    Value Old = OldValues.pop_back_val();
    for (OpOperand &Use : Old.getUses()) {
      Operation *User = Use.getOwner();
      if (isView(User)) {
        OldValues.push_back(User->getResult(0));
        continue;
      }
      if (User == Launch) {
        if (!mayRunInPlace(Launch, Use.getOperandNumber(),
                           Result.getResultNumber()))
          return false;
        continue;
      }
      if (isa<WriteOp, ReturnOp>(User) ||
          Last.lookup(Entry.findAncestorOpInBlock(*User)) > First[Launch])
        return false;
    }
  }
  return true;
}

void Planner::placeWrites() {
  // What was read and is returned, or written to another tensor, is saved in
  // the arena at the start if its own tensor changes.
  DenseSet<Attribute> Written;
  Function.walk(
      [&](WriteOp Write) { Written.insert(Write.getParameterAttr()); });
  Function.walk([&](Operation *Op) {
    if (!isa<WriteOp, ReturnOp>(Op))
      return;
    for (Value Operand : Op->getOperands()) {
      Buffer &B = Buffers[BufferOf.lookup(Operand)];
      if (!B.Fixed || B.Fixed.getMemory() != Memory::State ||
          !Written.contains(B.Fixed.getTensor()))
        continue;
      if (auto Write = dyn_cast<WriteOp>(Op);
          Write && Write.getParameterAttr() == B.Fixed.getTensor())
        continue;
      while (Operation *View = Operand.getDefiningOp()) {
        if (!isView(View))
          break;
        Operand = View->getOperand(0);
      }
      B.Fixed = {};
      B.Life.First = 0;
      B.Life.Bytes = getTensorBytes(Operand.getType());
    }
  });
  if (!InPlace)
    return;
  Function.walk([&](WriteOp Write) {
    OpResult Result = getOwner(Write.getValue());
    if (!Result || Buffers[BufferOf.lookup(Result)].Fixed)
      return;
    placeChain(Result, Write.getParameterAttr());
  });
}

// A sum of several terms grows in the state: what a result in the state is
// written over goes there too.
void Planner::placeChain(OpResult Result, FlatSymbolRefAttr Tensor) {
  while (Result && mayOverwrite(Result, Tensor)) {
    Buffers[BufferOf.lookup(Result)].Fixed = place(Memory::State, 0, Tensor);
    auto Launch = cast<LaunchOp>(Result.getOwner());
    OpResult Before;
    for (OpOperand &Operand : Launch->getOpOperands()) {
      OpResult Owner = getOwner(Operand.get());
      if (Owner && Owner == Operand.get() && Owner.hasOneUse() &&
          !Buffers[BufferOf.lookup(Owner)].Fixed &&
          mayRunInPlace(Launch, Operand.getOperandNumber(),
                        Result.getResultNumber()))
        Before = Owner;
    }
    Result = Before;
  }
}

void Planner::placeReturns() {
  int64_t Offset = getFirstResultOffset(Function);
  for (Value Operand :
       Function.getBody().front().getTerminator()->getOperands()) {
    OpResult Result = getOwner(Operand);
    if (Result && !Buffers[BufferOf.lookup(Result)].Fixed)
      Buffers[BufferOf.lookup(Result)].Fixed = place(Memory::Result, Offset);
    Offset += getTensorBytes(Operand.getType());
  }
}

// In the order of the schedule, so that a chain of elementwise kernels stays in
// one buffer.
void Planner::shareDyingOperands(Block &B) {
  for (Operation &Op : B) {
    if (auto Scan = dyn_cast<ScanOp>(Op))
      shareDyingOperands(Scan.getBody().front());
    auto Launch = dyn_cast<LaunchOp>(Op);
    if (!Launch)
      continue;
    DenseSet<unsigned> Taken;
    for (OpResult Result : Launch->getResults()) {
      const unsigned Own = BufferOf.lookup(Result);
      if (Buffers[Own].Fixed || !Buffers[Own].Private)
        continue;
      for (Value Operand : Launch.getOperands()) {
        const unsigned Other = BufferOf.lookup(Operand);
        Buffer &Dying = Buffers[Other];
        if (Dying.Fixed || !Dying.Private || Dying.Home != &B ||
            Dying.Life.Last != First[&Op] || Dying.Life.First == First[&Op] ||
            !fillsBuffer(Operand) || Taken.contains(Other))
          continue;
        // It may come in as several operands.
        bool Safe =
            llvm::all_of(llvm::enumerate(Launch.getOperands()), [&](auto Item) {
              return BufferOf.lookup(Item.value()) != Other ||
                     mayRunInPlace(Launch, Item.index(),
                                   Result.getResultNumber());
            });
        if (!Safe)
          continue;
        Taken.insert(Other);
        Dying.Life.Last = Buffers[Own].Life.Last;
        Buffers[Own].Life.Bytes = -1; // no longer a buffer
        for (auto &[Value, Index] : BufferOf)
          if (Index == Own)
            Index = Other;
        break;
      }
    }
  }
}

void Planner::annotate(ArrayRef<PlaceAttr> Places) {
  auto Collect = [&](auto &&Range) {
    SmallVector<Attribute> Attributes;
    for (PlaceAttr Place : Range)
      Attributes.push_back(Place);
    return ArrayAttr::get(Function.getContext(), Attributes);
  };
  auto GetPlaceOf = [&](Value Value) {
    return shift(Places[BufferOf.lookup(Value)], OffsetOf.lookup(Value));
  };
  auto GetPlaceAt = [&](unsigned Index) { return Places[Index]; };
  Function.walk([&](Operation *Op) {
    if (Op == Function || isView(Op) || Op->getNumResults() == 0)
      return;
    Op->setAttr(PlacesAttrName,
                Collect(llvm::map_range(Op->getResults(), GetPlaceOf)));
    if (Workspace.count(Op))
      Op->setAttr(WorkspacePlaceAttrName, Places[Workspace.lookup(Op)]);
    if (auto Scan = dyn_cast<ScanOp>(Op)) {
      auto Slices = Scan.getBody().front().getArguments().drop_front(
          Scan.getInits().size());
      Op->setAttr(SlicePlacesAttrName,
                  Collect(llvm::map_range(Slices, GetPlaceOf)));
      Op->setAttr(StagingPlacesAttrName,
                  Collect(llvm::map_range(Staging.lookup(Op), GetPlaceAt)));
    }
  });
}

LogicalResult Planner::run() {
  Block &Entry = Function.getBody().front();
  numberBlock(Entry);
  for (auto [Index, Argument] : llvm::enumerate(Entry.getArguments()))
    BufferOf[Argument] = addFixed(
        place(Index == 0 ? Memory::Tokens : Memory::Targets, 0), &Entry);
  if (failed(defineBlock(Entry)))
    return failure();
  placeWrites();
  placeReturns();
  addUses(Entry);
  if (InPlace)
    shareDyingOperands(Entry);

  std::vector<BufferLifetime> Lifetimes;
  std::vector<unsigned> Indices;
  for (auto [Index, Buffer] : llvm::enumerate(Buffers))
    if (!Buffer.Fixed && Buffer.Life.Bytes >= 0) {
      Lifetimes.push_back(Buffer.Life);
      Indices.push_back(Index);
    }
  ArenaPlan Plan = planArena(Lifetimes);

  std::vector<PlaceAttr> Places(Buffers.size());
  for (auto [Index, Buffer] : llvm::enumerate(Buffers))
    Places[Index] = Buffer.Fixed;
  for (auto [Index, Offset] : llvm::zip(Indices, Plan.Offsets))
    Places[Index] = place(Memory::Arena, Offset);
  annotate(Places);

  Builder B(Function.getContext());
  Function->setAttr(ArenaBytesAttrName, B.getI64IntegerAttr(Plan.Bytes));
  Function->setAttr(ArenaLowerBoundAttrName,
                    B.getI64IntegerAttr(Plan.LowerBound));
  return success();
}

struct PlanMemory : impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;
  void runOnOperation() override {
    SymbolTable Symbols(getOperation());
    for (FuncOp Function : getOperation().getOps<FuncOp>())
      if (!Function.getKernel() && !Function.isExternal())
        if (failed(Planner(Function, Symbols, inPlace).run()))
          return signalPassFailure();
  }
};

} // namespace

PlaceAttr getPlace(Value Value) {
  int64_t Offset = 0;
  for (Operation *View = Value.getDefiningOp(); View && isView(View);
       View = Value.getDefiningOp()) {
    Offset += getViewOffset(View);
    Value = View->getOperand(0);
  }
  if (auto Result = dyn_cast<OpResult>(Value)) {
    auto Places = Result.getOwner()->getAttrOfType<ArrayAttr>(PlacesAttrName);
    return Places ? shift(cast<PlaceAttr>(Places[Result.getResultNumber()]),
                          Offset)
                  : PlaceAttr();
  }
  auto Argument = cast<BlockArgument>(Value);
  Operation *Parent = Argument.getOwner()->getParentOp();
  const unsigned Number = Argument.getArgNumber();
  auto Scan = dyn_cast<ScanOp>(Parent);
  if (!Scan)
    return PlaceAttr::get(Value.getContext(),
                          Number == 0 ? Memory::Tokens : Memory::Targets,
                          Offset, FlatSymbolRefAttr());
  const unsigned NumCarries = Scan.getInits().size();
  auto Places = Scan->getAttrOfType<ArrayAttr>(
      Number < NumCarries ? PlacesAttrName : SlicePlacesAttrName);
  if (!Places)
    return {};
  return shift(cast<PlaceAttr>(
                   Places[Number < NumCarries ? Number : Number - NumCarries]),
               Offset);
}

int64_t getFirstResultOffset(FuncOp Function) {
  // @update has no loss, which is first in the Result of a training step.
  return Function.getSymName() == "update" ? sizeof(float) : 0;
}

void printMemoryPlan(FuncOp Function, raw_ostream &OS) {
  auto Bytes = Function->getAttrOfType<IntegerAttr>(ArenaBytesAttrName);
  auto Bound = Function->getAttrOfType<IntegerAttr>(ArenaLowerBoundAttrName);
  if (!Bytes || !Bound)
    return;
  OS << "// Arena of @" << Function.getSymName() << ": " << Bytes.getInt()
     << " bytes; at most " << Bound.getInt() << " are alive at once.\n"
     << "//       offset        bytes  buffer\n";
  struct Row {
    int64_t Offset, Bytes;
    std::string Name;
  };
  std::vector<Row> Rows;
  auto Add = [&](Attribute Place, int64_t Size, Operation *Op, StringRef What) {
    auto Where = dyn_cast_or_null<PlaceAttr>(Place);
    if (!Where || Where.getMemory() != Memory::Arena)
      return;
    StringRef Path = getPathOfLocation(Op->getLoc());
    std::string Name = Path.empty() ? "-" : Path.str();
    if (auto Launch = dyn_cast<LaunchOp>(Op))
      Name += (" by @" + Launch.getKernel()).str();
    Rows.push_back({Where.getOffset(), Size, Name + What.str()});
  };
  Function.walk([&](Operation *Op) {
    if (auto Places = Op->getAttrOfType<ArrayAttr>(PlacesAttrName))
      for (auto [Place, Result] : llvm::zip(Places, Op->getResults()))
        Add(Place, getTensorBytes(Result.getType()), Op, "");
    auto Launch = dyn_cast<LaunchOp>(Op);
    if (Launch && Op->hasAttr(WorkspacePlaceAttrName))
      if (auto Kernel = SymbolTable::lookupNearestSymbolFrom<FuncOp>(
              Op, Launch.getKernelAttr()))
        Add(Op->getAttr(WorkspacePlaceAttrName),
            getKernelWorkspaceBytes(Kernel), Op, " (scratch)");
    if (auto Scan = dyn_cast<ScanOp>(Op)) {
      auto Slices = Scan.getBody().front().getArguments().drop_front(
          Scan.getInits().size());
      if (auto Places = Op->getAttrOfType<ArrayAttr>(SlicePlacesAttrName))
        for (auto [Place, Slice] : llvm::zip(Places, Slices))
          Add(Place, getTensorBytes(Slice.getType()), Op, " (slice)");
    }
  });
  llvm::sort(Rows, [](const Row &A, const Row &B) {
    return std::tie(A.Offset, A.Name) < std::tie(B.Offset, B.Name);
  });
  for (const Row &R : Rows)
    OS << llvm::format("// %12lld %12lld  ", static_cast<long long>(R.Offset),
                       static_cast<long long>(R.Bytes))
       << R.Name << "\n";
}

} // namespace stator
