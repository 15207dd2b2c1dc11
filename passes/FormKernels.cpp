//===- FormKernels.cpp - Outline fusion groups as kernels -----------------===//

#include "ir/Einsum.h"
#include "ir/KernelInterface.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/FormKernelsGroups.h"
#include "passes/Passes.h"
#include "passes/Recompute.h"
#include "passes/Views.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace stator {
#define GEN_PASS_DEF_FORMKERNELS
#include "passes/Passes.h.inc"
} // namespace stator

using namespace mlir;

namespace stator {
namespace {

/// Takes the views at the border out of a group. A part of what is computed
/// inside is none, for then all of it would have to be written.
void peelViews(FusionGroup &Ops) {
  llvm::DenseSet<Operation *> Inside(Ops.begin(), Ops.end());
  auto IsInside = [&](Operation *Op) { return Op && Inside.contains(Op); };
  bool Changed = true;
  while (Changed) {
    Changed = false;
    for (Operation *Op : Ops) {
      if (!Inside.contains(Op) || !isView(Op))
        continue;
      Operation *Source = Op->getOperand(0).getDefiningOp();
      bool First = !IsInside(Source) && !isa_and_nonnull<ConstantOp>(Source);
      bool Last = isa<ReshapeOp>(Op) && llvm::none_of(Op->getUsers(), IsInside);
      if (First || Last)
        Changed |= Inside.erase(Op);
    }
  }
  llvm::erase_if(Ops, [&](Operation *Op) { return !IsInside(Op); });
}

/// A transpose that only moves dimensions of one element is a reshape.
void simplifyTransposes(Block &Body) {
  for (auto Transpose :
       llvm::make_early_inc_range(Body.getOps<TransposeOp>())) {
    ArrayRef<int64_t> Shape =
        cast<RankedTensorType>(Transpose.getInput().getType()).getShape();
    SmallVector<int64_t> Order;
    for (int64_t Dim : Transpose.getPermutation())
      if (Shape[Dim] != 1)
        Order.push_back(Dim);
    if (!llvm::is_sorted(Order))
      continue;
    OpBuilder B(Transpose);
    Value View = ReshapeOp::create(B, Transpose.getLoc(),
                                   Transpose.getResult().getType(),
                                   Transpose.getInput());
    Transpose.getResult().replaceAllUsesWith(View);
    Transpose.erase();
  }
}

/// A slice at a computed index that takes everything is what it is of: blocks
/// of one position have many.
void simplifySlices(Block &Body) {
  for (auto Slice : llvm::make_early_inc_range(Body.getOps<DynamicSliceOp>())) {
    if (Slice.getType() != Slice.getInput().getType())
      continue;
    Slice.getResult().replaceAllUsesWith(Slice.getInput());
    Slice.erase();
  }
}

/// "layer_norm_add" of the ops that say most about a kernel.
std::string describe(ArrayRef<Operation *> Ops) {
  llvm::SetVector<StringRef> Names;
  for (Operation *Op : Ops)
    if (isa<EinsumOp>(Op))
      Names.insert(Op->getName().stripDialect());
  for (Operation *Op : Ops)
    if (!isa<BroadcastOp, ConvertOp, ReshapeOp, IotaOp, CompareOp, ConstantOp,
             DequantizeOp>(Op))
      Names.insert(Op->getName().stripDialect());
  if (Names.empty())
    for (Operation *Op : Ops)
      Names.insert(Op->getName().stripDialect());
  std::string Text;
  size_t Count = 0;
  for (StringRef Name : Names) {
    if (Count++ == 4)
      break;
    Text += ("_" + Name).str();
  }
  return Text;
}

/// Names the dimensions of a contraction a, b, c, ...: what they are called in
/// the model makes no difference to the kernel.
void renameDimensions(EinsumOp Einsum) {
  std::string Error;
  auto Equation = EinsumEquation::parse(Einsum.getEquation(), Error);
  assert(succeeded(Equation) && "a verified einsum has an equation");
  for (auto [Number, Name] : llvm::enumerate(Equation->Names))
    Name = Number < 26 ? std::string(1, static_cast<char>('a' + Number))
                       : "d" + std::to_string(Number);
  Einsum.setEquation(Equation->str());
}

class KernelFormation {
public:
  KernelFormation(ModuleOp Module, const FusionOptions &Options, bool Remarks)
      : Module(Module), Symbols(Module), Options(Options), Remarks(Remarks) {}

  void runOnBlock(Block &Body);

private:
  void schedule(Block &Body, ArrayRef<FusionGroup> Groups);
  void outline(Block &Body, const FusionGroup &Ops);
  FuncOp getKernel(ArrayRef<Operation *> Ops, ValueRange Operands,
                   ValueRange Results);

  ModuleOp Module;
  SymbolTable Symbols;
  FusionOptions Options;
  bool Remarks;
  /// Kernels by their text without name and locations.
  llvm::StringMap<FuncOp> Known;
  unsigned NumKernels = 0;
};

/// The function that computes `Results` from `Operands`, made new only if there
/// is none like it.
FuncOp KernelFormation::getKernel(ArrayRef<Operation *> Ops,
                                  ValueRange Operands, ValueRange Results) {
  OpBuilder B(Module.getContext());
  Location Loc = Ops.back()->getLoc();
  auto Type = B.getFunctionType(Operands.getTypes(), Results.getTypes());
  auto Kernel = FuncOp::create(B, Loc, "kernel", Type);
  Kernel.setKernel(true);
  Block *Body = Kernel.addEntryBlock();
  B.setInsertionPointToStart(Body);
  IRMapping Map;
  for (auto [Operand, Argument] : llvm::zip(Operands, Body->getArguments())) {
    Map.map(Operand, Argument);
    Argument.setLoc(Operand.getLoc());
  }
  for (Operation *Op : Ops) {
    for (Value Operand : Op->getOperands())
      if (Operation *Defining = Operand.getDefiningOp();
          Defining && !Map.contains(Operand) &&
          (isa<ConstantOp>(Defining) || isWeightType(Defining)))
        B.clone(*Defining, Map);
    Operation *Inside = B.clone(*Op, Map);
    Inside->removeAttr(RecomputedAttrName); // the kernel is the same
    if (auto Einsum = dyn_cast<EinsumOp>(Inside))
      renameDimensions(Einsum);
  }
  SmallVector<Value> Returned;
  for (Value Result : Results)
    Returned.push_back(Map.lookup(Result));
  ReturnOp::create(B, Loc, Returned);

  // Values are numbered in the generic form, so that names do not matter; nor
  // do locations, also where those are to be printed.
  std::string Text;
  llvm::raw_string_ostream Stream(Text);
  Kernel->print(
      Stream,
      OpPrintingFlags().printGenericOpForm().useLocalScope().enableDebugInfo(
          false));
  FuncOp &Same = Known[Text];
  if (Same) {
    Kernel.erase();
    return Same;
  }
  Kernel.setSymName("k" + std::to_string(NumKernels++) + describe(Ops));
  Module.push_back(Kernel);
  Symbols.insert(Kernel);
  return Same = Kernel;
}

void KernelFormation::outline(Block &Body, const FusionGroup &Ops) {
  llvm::DenseSet<Operation *> Inside(Ops.begin(), Ops.end());
  llvm::SetVector<Value> Operands, Results;
  for (Operation *Op : Ops) {
    for (Value Operand : Op->getOperands()) {
      Operation *Defining = Operand.getDefiningOp();
      if (Defining && (Inside.contains(Defining) ||
                       (isa<ConstantOp>(Defining) && !needsOwnKernel(Op))))
        continue;
      if (isWeightType(Defining))
        Operands.insert(Defining->operand_begin(), Defining->operand_end());
      else
        Operands.insert(Operand);
    }
    for (Value Result : Op->getResults())
      if (llvm::any_of(Result.getUsers(),
                       [&](Operation *User) { return !Inside.contains(User); }))
        Results.insert(Result);
  }
  // An op on its own writes all of its results, in their order, unless it can
  // do without those that nobody uses.
  if (Ops.size() == 1 && !canOmitResults(Ops.front())) {
    Results.clear();
    Results.insert(Ops.front()->result_begin(), Ops.front()->result_end());
  }

  OpBuilder B = OpBuilder::atBlockTerminator(&Body);
  FuncOp Kernel = getKernel(Ops, Operands.getArrayRef(), Results.getArrayRef());
  auto Launch = LaunchOp::create(
      B, Ops.back()->getLoc(), Kernel.getFunctionType().getResults(),
      FlatSymbolRefAttr::get(Kernel.getSymNameAttr()), Operands.getArrayRef());
  if (Remarks)
    Launch.emitRemark() << "kernel @" << Kernel.getSymName() << " of "
                        << Ops.size() << " ops";
  for (auto [I, New] : llvm::enumerate(Launch.getResults()))
    Value(Results[I]).replaceAllUsesWith(New);
  for (Operation *Op : llvm::reverse(Ops))
    Op->erase();
}

/// Writes launches and the ops between them in an order in which they can run:
/// that of their contractions, whose operands must not wait for long, or else
/// of their last ops, each after what it needs.
void KernelFormation::schedule(Block &Body, ArrayRef<FusionGroup> Groups) {
  DenseMap<Operation *, unsigned> GroupOf;
  for (auto [Index, Ops] : llvm::enumerate(Groups))
    for (Operation *Op : Ops)
      GroupOf[Op] = Index;
  SmallVector<Operation *> InOrder;
  for (Operation &Op : Body.without_terminator())
    InOrder.push_back(&Op);

  llvm::DenseSet<Operation *> Done;
  SmallVector<SmallVector<Operation *>> Steps;
  auto Place = [&](auto &Self, Operation *Op) -> void {
    if (Op->getBlock() != &Body || Done.contains(Op))
      return;
    auto Found = GroupOf.find(Op);
    SmallVector<Operation *> Members{Op};
    if (Found != GroupOf.end())
      Members.assign(Groups[Found->second].begin(),
                     Groups[Found->second].end());
    Done.insert(Members.begin(), Members.end());
    for (Operation *Member : Members)
      Member->walk([&](Operation *Inner) {
        for (Value Operand : Inner->getOperands())
          if (Operation *Defining = Operand.getDefiningOp())
            Self(Self, Defining);
      });
    Steps.push_back(std::move(Members));
  };
  auto GetAnchor = [](const FusionGroup &Ops) {
    for (Operation *Op : Ops)
      if (isa<EinsumOp>(Op))
        return Op;
    return Ops.back();
  };
  for (Operation *Op : InOrder) {
    auto Found = GroupOf.find(Op);
    if (Found == GroupOf.end() || GetAnchor(Groups[Found->second]) == Op)
      Place(Place, Op);
  }
  Operation *End = Body.getTerminator();
  for (auto &Members : Steps) {
    if (GroupOf.count(Members.front()))
      outline(Body, FusionGroup(Members.begin(), Members.end()));
    else
      Members.front()->moveBefore(End);
  }
}

void KernelFormation::runOnBlock(Block &Body) {
  for (auto Scan : Body.getOps<ScanOp>())
    runOnBlock(Scan.getBody().front());
  // A group without results would have nothing to write.
  for (Operation &Op : llvm::make_early_inc_range(llvm::reverse(Body)))
    if (isOpTriviallyDead(&Op))
      Op.erase();
  simplifyTransposes(Body);
  simplifySlices(Body);
  if (Options.Fuse)
    duplicateCheapOps(Body);
  FusionNotes Notes;
  SmallVector<FusionGroup> Groups = formGroups(Body, Options, Notes);
  if (Remarks)
    for (auto &[Op, Text] : Notes)
      Op->emitRemark() << Text;
  for (FusionGroup &Ops : Groups)
    peelViews(Ops);
  llvm::erase_if(Groups, [](const FusionGroup &Ops) { return Ops.empty(); });
  schedule(Body, Groups);
  for (Operation &Op : llvm::make_early_inc_range(llvm::reverse(Body)))
    if ((isa<ConstantOp, DequantizeOp>(Op) || isView(&Op)) && Op.use_empty())
      Op.erase();
}

struct FormKernels : impl::FormKernelsBase<FormKernels> {
  using FormKernelsBase::FormKernelsBase;

  void runOnOperation() override {
    FusionOptions Options;
    Options.Fuse = fuse;
    Options.Epilogues = epilogues;
    Options.Repeat = repeat;
    KernelFormation Formation(getOperation(), Options, remarks);
    for (FuncOp Func :
         llvm::make_early_inc_range(getOperation().getOps<FuncOp>()))
      if (!Func.getKernel() && !Func.isExternal())
        Formation.runOnBlock(Func.getBody().front());
  }
};

} // namespace
} // namespace stator
