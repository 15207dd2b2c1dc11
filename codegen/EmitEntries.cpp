//===- EmitEntries.cpp - Entry points as functions on pointers ------------===//

#include "codegen/EmitEntries.h"
#include "codegen/KernelTable.h"
#include "ir/Dialect.h"
#include "ir/KernelInterface.h"
#include "ir/StateLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/PlanMemory.h"
#include "passes/Views.h"
#include "runtime/core/program.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace stator {
namespace {

/// What all entry points of a module share.
struct Program {
  ModuleOp Module;
  SymbolTable Symbols;
  llvm::StringMap<int64_t> StateOffsets, CacheOffsets;
  int64_t StateBytes = 0, CacheBytes = 0;
  unsigned NumConstants = 0;
  int64_t NumLaunches = 0;
  /// What calls Mark of a StatorProfile; null without profiling.
  func::FuncOp Mark;

  explicit Program(ModuleOp Module) : Module(Module), Symbols(Module) {
    std::vector<StateTensor> Layout = layoutState(Module);
    for (const StateTensor &Tensor : Layout)
      StateOffsets[ParameterOp(Tensor.Op).getSymName()] = Tensor.Offset;
    StateBytes = getStateBytes(Layout);
    Layout = layoutCaches(Module);
    for (const StateTensor &Tensor : Layout)
      CacheOffsets[ParameterOp(Tensor.Op).getSymName()] = Tensor.Offset;
    CacheBytes = getStateBytes(Layout);
  }
};

class EntryEmitter {
public:
  EntryEmitter(FuncOp Source, Program &P)
      : Source(Source), P(P), B(Source.getContext()) {}

  LogicalResult emit();

private:
  LogicalResult emitBlock(Block &Ops);
  LogicalResult emitLaunch(LaunchOp Launch);
  SmallVector<Value> emitArgumentTable(LaunchOp Launch);
  LogicalResult emitCall(LaunchOp Launch, func::FuncOp Kernel,
                         ArrayRef<Value> Arguments);
  Value createConstant(Location Loc, StringRef Name, ElementsAttr Value);
  LogicalResult emitScan(ScanOp Scan);
  void emitMark(Location Loc, int64_t Launch, bool End);
  void emitConcat(ConcatOp Concat);
  void emitConstant(ConstantOp Constant);
  void emitInfo(InfoOp Info);

  Value index(int64_t N) {
    return arith::ConstantIndexOp::create(B, Source.getLoc(), N);
  }
  MemRefType bytes(int64_t N) { return MemRefType::get({N}, B.getI8Type()); }
  int64_t getOffset(PlaceAttr Place) const {
    int64_t Base = 0;
    if (Place.getMemory() == Memory::State)
      Base = (isCache(Place) ? P.CacheOffsets : P.StateOffsets)
                 .lookup(Place.getTensor().getValue());
    return Base + Place.getOffset();
  }
  bool isCache(PlaceAttr Place) const {
    return Place.getMemory() == Memory::State &&
           P.CacheOffsets.contains(Place.getTensor().getValue());
  }
  /// Of the block that a place is in.
  unsigned getBase(PlaceAttr Place) const {
    return isCache(Place) ? CacheBase
                          : static_cast<unsigned>(Place.getMemory());
  }

  /// The memory at a place as elements of this shape.
  Value view(Location Loc, PlaceAttr Place, ArrayRef<int64_t> Shape,
             Type ElementType) {
    return memref::ViewOp::create(B, Loc, MemRefType::get(Shape, ElementType),
                                  Bases[getBase(Place)],
                                  index(getOffset(Place)), ValueRange());
  }
  Value view(Location Loc, PlaceAttr Place, Type Tensor) {
    auto Ranked = cast<RankedTensorType>(Tensor);
    return view(Loc, Place, Ranked.getShape(), Ranked.getElementType());
  }
  void copy(Location Loc, PlaceAttr From, PlaceAttr To, Type Tensor) {
    if (From != To)
      memref::CopyOp::create(B, Loc, view(Loc, From, Tensor),
                             view(Loc, To, Tensor));
  }
  void copySlice(Location Loc, PlaceAttr Slice, PlaceAttr Whole,
                 RankedTensorType WholeType, int64_t Axis, Value Time,
                 bool ToWhole);

  FuncOp Source;
  Program &P;
  OpBuilder B;
  /// By Memory; then the cache, whose places are written as of the state.
  static constexpr unsigned CacheBase = getMaxEnumValForMemory() + 1;
  Value Bases[CacheBase + 1];
  Value Self, Info;
};

LogicalResult EntryEmitter::emit() {
  MLIRContext *Context = Source.getContext();
  auto ArenaBytes = Source->getAttrOfType<IntegerAttr>(ArenaBytesAttrName);
  if (!ArenaBytes)
    return Source.emitError("entry point has no memory plan");

  int64_t ResultBytes = getFirstResultOffset(Source);
  for (Type Result : Source.getFunctionType().getResults())
    ResultBytes += getTensorBytes(Result);
  int64_t InputBytes[2] = {0, 0};
  for (auto [I, Input] : llvm::enumerate(Source.getFunctionType().getInputs()))
    if (I < 2)
      InputBytes[I] = getTensorBytes(Input);

  Type Pointer = LLVM::LLVMPointerType::get(Context);
  FunctionType Type = FunctionType::get(
      Context,
      {Pointer, bytes(P.StateBytes), bytes(P.CacheBytes),
       bytes(ArenaBytes.getInt()), bytes(InputBytes[0]), bytes(InputBytes[1]),
       MemRefType::get({STATOR_INFO_COUNT}, B.getI64Type()),
       bytes(ResultBytes)},
      {});
  B.setInsertionPoint(Source);
  auto Function = func::FuncOp::create(
      B, Source.getLoc(), (Source.getSymName() + "_entry").str(), Type);
  Block *Body = Function.addEntryBlock();
  auto SetBase = [&](Memory Which, unsigned Argument) {
    Bases[static_cast<unsigned>(Which)] = Body->getArgument(Argument);
  };
  Self = Body->getArgument(0);
  SetBase(Memory::State, 1);
  Bases[CacheBase] = Body->getArgument(2);
  SetBase(Memory::Arena, 3);
  SetBase(Memory::Tokens, 4);
  SetBase(Memory::Targets, 5);
  Info = Body->getArgument(6);
  SetBase(Memory::Result, 7);
  B.setInsertionPointToStart(Body);

  // Reads with a place in the arena keep the old value for the end of the step.
  Source.walk([&](ReadOp Read) {
    PlaceAttr Place = getPlace(Read);
    copy(Read.getLoc(),
         PlaceAttr::get(Context, Memory::State, 0, Read.getParameterAttr()),
         Place, Read.getType());
  });
  if (failed(emitBlock(Source.getBody().front())))
    return failure();

  Source.walk([&](WriteOp Write) {
    copy(Write.getLoc(), getPlace(Write.getValue()),
         PlaceAttr::get(Context, Memory::State, 0, Write.getParameterAttr()),
         Write.getValue().getType());
  });
  Operation *Return = Source.getBody().front().getTerminator();
  int64_t Offset = getFirstResultOffset(Source);
  for (Value Operand : Return->getOperands()) {
    copy(Return->getLoc(), getPlace(Operand),
         PlaceAttr::get(Context, Memory::Result, Offset, FlatSymbolRefAttr()),
         Operand.getType());
    Offset += getTensorBytes(Operand.getType());
  }
  func::ReturnOp::create(B, Return->getLoc());

  StringAttr Name = Source.getSymNameAttr();
  Source.erase();
  Function.setSymNameAttr(Name);
  return success();
}

LogicalResult EntryEmitter::emitBlock(Block &Ops) {
  for (Operation &Op : Ops) {
    if (isa<ReadOp, WriteOp, ReturnOp, YieldOp>(Op) || isView(&Op))
      continue;
    if (auto Launch = dyn_cast<LaunchOp>(Op)) {
      if (failed(emitLaunch(Launch)))
        return failure();
    } else if (auto Scan = dyn_cast<ScanOp>(Op)) {
      if (failed(emitScan(Scan)))
        return failure();
    } else if (auto Concat = dyn_cast<ConcatOp>(Op)) {
      emitConcat(Concat);
    } else if (auto Constant = dyn_cast<ConstantOp>(Op)) {
      emitConstant(Constant);
    } else if (auto Info = dyn_cast<InfoOp>(Op)) {
      emitInfo(Info);
    } else {
      return Op.emitOpError("is not part of a schedule");
    }
  }
  return success();
}

LogicalResult EntryEmitter::emitLaunch(LaunchOp Launch) {
  Location Loc = Launch.getLoc();
  auto Kernel = P.Symbols.lookup<func::FuncOp>(Launch.getKernel());
  if (!Kernel)
    return Launch.emitOpError("runs @")
           << Launch.getKernel() << ", which is no lowered kernel";
  TypeRange Parameters = Kernel.getFunctionType().getInputs();
  SmallVector<Value> Arguments;
  auto AddInfo = [&] {
    if (Arguments.size() < Parameters.size() &&
        Parameters[Arguments.size()] == Info.getType())
      Arguments.push_back(Info);
  };
  if (Kernel->hasAttr(ArgumentTableAttrName)) {
    Arguments = emitArgumentTable(Launch);
    AddInfo();
    return emitCall(Launch, Kernel, Arguments);
  }
  for (Value Operand : Launch.getOperands())
    Arguments.push_back(view(Loc, getPlace(Operand), Operand.getType()));
  AddInfo();
  for (Value Result : Launch.getResults())
    Arguments.push_back(view(Loc, getPlace(Result), Result.getType()));
  if (auto Place = Launch->getAttrOfType<PlaceAttr>(WorkspacePlaceAttrName))
    if (Arguments.size() < Parameters.size())
      Arguments.push_back(view(
          Loc, Place, cast<MemRefType>(Parameters[Arguments.size()]).getShape(),
          B.getI8Type()));
  return emitCall(Launch, Kernel, Arguments);
}

/// The addresses of operands and results, computed from the offsets in a loop.
SmallVector<Value> EntryEmitter::emitArgumentTable(LaunchOp Launch) {
  Location Loc = Launch.getLoc();
  SmallVector<int64_t> Numbers;
  SmallVector<Value> Beside;
  for (Value Tensor :
       llvm::concat<Value>(llvm::to_vector(Launch.getOperands()),
                           llvm::to_vector(Launch->getResults()))) {
    PlaceAttr Place = getPlace(Tensor);
    Numbers.push_back(getBase(Place));
    Numbers.push_back(getOffset(Place));
    if (isArgumentBesideTable(Tensor.getType()))
      Beside.push_back(view(Loc, Place, Tensor.getType()));
  }
  const int64_t Count = Numbers.size() / 2;
  Value Places = createConstant(
      Loc, "places_",
      DenseElementsAttr::get(RankedTensorType::get({Count, 2}, B.getI64Type()),
                             ArrayRef<int64_t>(Numbers)));

  auto Allocate = [&](int64_t Size) -> Value {
    OpBuilder::InsertionGuard Guard(B);
    B.setInsertionPointToStart(&Info.getParentBlock()->getParent()->front());
    return memref::AllocaOp::create(B, Loc,
                                    MemRefType::get({Size}, B.getIndexType()));
  };
  Value Starts = Allocate(std::size(Bases)), Table = Allocate(Count);
  for (auto [I, Base] : llvm::enumerate(Bases))
    memref::StoreOp::create(
        B, Loc,
        memref::ExtractAlignedPointerAsIndexOp::create(B, Loc, Base)
            .getResult(),
        Starts, index(I));
  auto Loop = scf::ForOp::create(B, Loc, index(0), index(Count), index(1));
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPointToStart(Loop.getBody());
  Value I = Loop.getInductionVar();
  auto Load = [&](Value Column) -> Value {
    return arith::IndexCastOp::create(
        B, Loc, B.getIndexType(),
        memref::LoadOp::create(B, Loc, Places, ValueRange{I, Column}));
  };
  Value Start = memref::LoadOp::create(B, Loc, Starts, Load(index(0)));
  memref::StoreOp::create(
      B, Loc, arith::AddIOp::create(B, Loc, Start, Load(index(1))).getResult(),
      Table, I);
  Beside.insert(Beside.begin(), Table);
  return Beside;
}

LogicalResult EntryEmitter::emitCall(LaunchOp Launch, func::FuncOp Kernel,
                                     ArrayRef<Value> Arguments) {
  Location Loc = Launch.getLoc();
  TypeRange Parameters = Kernel.getFunctionType().getInputs();
  if (TypeRange(ValueRange(Arguments)) != Parameters)
    return Launch.emitOpError("does not fit the arguments of @")
           << Launch.getKernel() << ", " << Kernel.getFunctionType();
  const int64_t Number = P.NumLaunches++;
  emitMark(Loc, Number, /*End=*/false);
  func::CallOp::create(B, Loc, Kernel, Arguments);
  emitMark(Loc, Number, /*End=*/true);
  return success();
}

void EntryEmitter::emitMark(Location Loc, int64_t Launch, bool End) {
  if (!P.Mark)
    return;
  Value Number = arith::ConstantIntOp::create(B, Loc, Launch, 64);
  Value IsEnd = arith::ConstantIntOp::create(B, Loc, End, 32);
  func::CallOp::create(B, Loc, P.Mark, ValueRange{Self, Number, IsEnd});
}

/// Defines the function that calls Mark of the StatorProfile that it is given,
/// if that is not null.
func::FuncOp defineMark(ModuleOp Module) {
  MLIRContext *Context = Module.getContext();
  Location Loc = UnknownLoc::get(Context);
  OpBuilder B(Context);
  B.setInsertionPointToStart(Module.getBody());
  Type Pointer = LLVM::LLVMPointerType::get(Context);
  Type Types[] = {Pointer, B.getI64Type(), B.getI32Type()};
  auto Function = func::FuncOp::create(B, Loc, "stator_profile_mark",
                                       FunctionType::get(Context, Types, {}));
  Function.setPrivate();
  Block *Body = Function.addEntryBlock();
  B.setInsertionPointToStart(Body);
  Value Profile = Body->getArgument(0);
  Value Null = LLVM::ZeroOp::create(B, Loc, Pointer);
  Value Given =
      LLVM::ICmpOp::create(B, Loc, LLVM::ICmpPredicate::ne, Profile, Null);
  auto If = scf::IfOp::create(B, Loc, Given, /*withElseRegion=*/false);
  func::ReturnOp::create(B, Loc);
  B.setInsertionPointToStart(If.thenBlock());
  // Mark is the first field.
  Value Callee = LLVM::LoadOp::create(B, Loc, Pointer, Profile);
  SmallVector<Value> Arguments = {Callee};
  llvm::append_range(Arguments, Body->getArguments());
  LLVM::CallOp::create(
      B, Loc,
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(Context), Types),
      Arguments);
  return Function;
}

// Bytes of i1 tensors are copied as bytes.
void EntryEmitter::copySlice(Location Loc, PlaceAttr Slice, PlaceAttr Whole,
                             RankedTensorType WholeType, int64_t Axis,
                             Value Time, bool ToWhole) {
  int64_t Outer = 1, Inner = 1;
  for (int64_t D = 0; D < WholeType.getRank(); ++D)
    (D < Axis ? Outer : Inner) *= D == Axis ? 1 : WholeType.getDimSize(D);
  Type Element = WholeType.getElementType();
  if (Element.isInteger(1))
    Element = B.getI8Type();
  Value SliceView = view(Loc, Slice, {Outer, Inner}, Element);
  Value WholeView =
      view(Loc, Whole, {Outer, WholeType.getDimSize(Axis), Inner}, Element);
  Value Zero = index(0), One = index(1);
  auto Rows = scf::ForOp::create(B, Loc, Zero, index(Outer), One);
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPointToStart(Rows.getBody());
  auto Columns = scf::ForOp::create(B, Loc, Zero, index(Inner), One);
  B.setInsertionPointToStart(Columns.getBody());
  Value Row = Rows.getInductionVar(), Column = Columns.getInductionVar();
  SmallVector<Value> InSlice = {Row, Column}, InWhole = {Row, Time, Column};
  if (ToWhole) {
    Value V = memref::LoadOp::create(B, Loc, SliceView, InSlice);
    memref::StoreOp::create(B, Loc, V, WholeView, InWhole);
  } else {
    Value V = memref::LoadOp::create(B, Loc, WholeView, InWhole);
    memref::StoreOp::create(B, Loc, V, SliceView, InSlice);
  }
}

LogicalResult EntryEmitter::emitScan(ScanOp Scan) {
  Location Loc = Scan.getLoc();
  const int64_t Axis = Scan.getAxis(), Length = Scan.getLength();
  const unsigned NumCarries = Scan.getInits().size();
  Block &Body = Scan.getBody().front();
  Operation *Yield = Body.getTerminator();

  for (auto [Init, Carry] : llvm::zip(Scan.getInits(), Scan.getLastCarries()))
    copy(Loc, getPlace(Init), getPlace(Carry), Carry.getType());

  auto Loop = scf::ForOp::create(B, Loc, index(0), index(Length), index(1));
  OpBuilder::InsertionGuard Guard(B);
  B.setInsertionPointToStart(Loop.getBody());
  Value Time = Loop.getInductionVar();
  if (Scan.getReverse())
    Time = arith::SubIOp::create(B, Loc, index(Length - 1), Time);

  for (auto [Sequence, Slice] : llvm::zip(
           Scan.getSequences(), Body.getArguments().drop_front(NumCarries)))
    copySlice(Loc, getPlace(Slice), getPlace(Sequence),
              cast<RankedTensorType>(Sequence.getType()), Axis, Time,
              /*ToWhole=*/false);
  if (failed(emitBlock(Body)))
    return failure();
  for (auto [Output, Slice] : llvm::zip(
           Scan.getOutputs(), Yield->getOperands().drop_front(NumCarries)))
    copySlice(Loc, getPlace(Slice), getPlace(Output),
              cast<RankedTensorType>(Output.getType()), Axis, Time,
              /*ToWhole=*/true);

  // Carries that the next carries lie in are saved before one is overwritten.
  auto Staging = Scan->getAttrOfType<ArrayAttr>(StagingPlacesAttrName);
  SmallVector<PlaceAttr> From;
  for (unsigned I = 0; I < NumCarries; ++I) {
    PlaceAttr Own = getPlace(Scan.getResult(I));
    auto Saved = cast<PlaceAttr>(Staging[I]);
    From.push_back(getPlace(Yield->getOperand(I)));
    if (Saved != Own) {
      copy(Loc, From.back(), Saved, Scan.getResult(I).getType());
      From.back() = Saved;
    }
  }
  for (unsigned I = 0; I < NumCarries; ++I)
    copy(Loc, From[I], getPlace(Scan.getResult(I)),
         Scan.getResult(I).getType());
  return success();
}

// Along the first dimension. What its kernel has written there is not copied.
void EntryEmitter::emitConcat(ConcatOp Concat) {
  PlaceAttr Whole = getPlace(Concat);
  int64_t Offset = Whole.getOffset();
  for (Value Input : Concat.getInputs()) {
    copy(Concat.getLoc(), getPlace(Input),
         PlaceAttr::get(Source.getContext(), Whole.getMemory(), Offset,
                        Whole.getTensor()),
         Input.getType());
    Offset += getTensorBytes(Input.getType());
  }
}

void EntryEmitter::emitConstant(ConstantOp Constant) {
  Location Loc = Constant.getLoc();
  auto Type = cast<RankedTensorType>(Constant.getType());
  Value Target = view(Loc, getPlace(Constant), Type);
  if (auto Splat = dyn_cast<SplatElementsAttr>(Constant.getValue())) {
    Value Number =
        arith::ConstantOp::create(B, Loc, Splat.getSplatValue<TypedAttr>());
    linalg::FillOp::create(B, Loc, Number, Target);
    return;
  }
  memref::CopyOp::create(
      B, Loc, createConstant(Loc, "constant_", Constant.getValue()), Target);
}

/// The memref of a new constant of the module.
Value EntryEmitter::createConstant(Location Loc, StringRef Name,
                                   ElementsAttr Elements) {
  auto Type = cast<ShapedType>(Elements.getType());
  auto MemType = MemRefType::get(Type.getShape(), Type.getElementType());
  std::string Unique = (Name + Twine(P.NumConstants++)).str();
  {
    OpBuilder::InsertionGuard Guard(B);
    B.setInsertionPointToStart(P.Module.getBody());
    memref::GlobalOp::create(B, Loc, Unique, B.getStringAttr("private"),
                             MemType, Elements, /*constant=*/true,
                             B.getI64IntegerAttr(64));
  }
  return memref::GetGlobalOp::create(B, Loc, MemType, Unique);
}

int64_t getInfoIndex(InfoKind Kind) {
  switch (Kind) {
  case InfoKind::Step:
    return STATOR_INFO_STEP;
  case InfoKind::TotalSteps:
    return STATOR_INFO_TOTAL_STEPS;
  case InfoKind::Position:
    return STATOR_INFO_POSITION;
  case InfoKind::Last:
    return STATOR_INFO_LAST;
  }
  llvm_unreachable("all kinds are above");
}

void EntryEmitter::emitInfo(InfoOp Op) {
  Location Loc = Op.getLoc();
  Value Number = memref::LoadOp::create(
      B, Loc, Info, ValueRange{index(getInfoIndex(Op.getKind()))});
  Number = arith::TruncIOp::create(B, Loc, B.getI32Type(), Number);
  memref::StoreOp::create(B, Loc, Number, view(Loc, getPlace(Op), Op.getType()),
                          ValueRange());
}

struct EmitEntries : PassWrapper<EmitEntries, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(EmitEntries)

  EmitEntries() = default;
  EmitEntries(const EmitEntries &Other) : PassWrapper(Other) {}

  Option<bool> Profile{*this, "profile",
                       llvm::cl::desc("Call a StatorProfile around kernels"),
                       llvm::cl::init(false)};

  StringRef getArgument() const override { return "stator-emit-entries"; }
  StringRef getDescription() const override {
    return "Make functions on pointers of planned entry points";
  }
  void getDependentDialects(DialectRegistry &Registry) const override {
    Registry
        .insert<arith::ArithDialect, func::FuncDialect, linalg::LinalgDialect,
                LLVM::LLVMDialect, memref::MemRefDialect, scf::SCFDialect>();
  }
  void runOnOperation() override {
    ModuleOp Module = getOperation();
    Program P(Module);
    if (Profile)
      P.Mark = defineMark(Module);
    for (FuncOp Entry : llvm::make_early_inc_range(Module.getOps<FuncOp>()))
      if (failed(EntryEmitter(Entry, P).emit()))
        return signalPassFailure();
    for (Operation &Op :
         llvm::make_early_inc_range(Module.getBody()->getOperations()))
      if (isa<ParameterOp, TrainingOp>(Op))
        Op.erase();
  }
};

} // namespace

std::unique_ptr<Pass> createEmitEntriesPass(bool Profile) {
  auto Result = std::make_unique<EmitEntries>();
  Result->Profile = Profile;
  return Result;
}

void registerEmitEntriesPass() { PassRegistration<EmitEntries>(); }

} // namespace stator
