//===- ProgramConstant.cpp - The program table in LLVM IR -----------------===//
//
// Structures are written with the layout that the C compiler gives them, which
// the offsets of their fields are checked against.
//
//===----------------------------------------------------------------------===//

#include "codegen/ProgramConstant.h"
#include "passes/EntryPoints.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Module.h"
#include <cstddef>

using namespace llvm;

namespace stator {
namespace {

/// Collects the fields of one structure.
class StructBuilder {
public:
  explicit StructBuilder(Module &M) : M(M), C(M.getContext()) {}

  void i32(uint32_t V) { add(ConstantInt::get(Type::getInt32Ty(C), V)); }
  void i64(uint64_t V) { add(ConstantInt::get(Type::getInt64Ty(C), V)); }
  void f64(double V) { add(ConstantFP::get(Type::getDoubleTy(C), V)); }
  void pointer(Constant *V) {
    add(V ? V : ConstantPointerNull::get(PointerType::getUnqual(C)));
  }
  void text(const char *Text) {
    pointer(global(ConstantDataArray::getString(C, Text ? Text : "")));
  }
  /// A text that many structures share.
  void text(const char *Text, StringMap<Constant *> &Known) {
    Constant *&Global = Known[Text];
    if (!Global)
      Global = global(ConstantDataArray::getString(C, Text));
    pointer(Global);
  }
  void shape(ArrayRef<int64_t> Shape) {
    SmallVector<uint64_t> Words(Shape.begin(), Shape.end());
    pointer(Shape.empty() ? nullptr : global(ConstantDataArray::get(C, Words)));
  }

  Constant *finish() { return ConstantStruct::getAnon(C, Fields); }

  Constant *global(Constant *Value) {
    auto *Global = new GlobalVariable(M, Value->getType(), /*isConstant=*/true,
                                      GlobalValue::PrivateLinkage, Value);
    Global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return Global;
  }

private:
  void add(Constant *Field) { Fields.push_back(Field); }

  Module &M;
  LLVMContext &C;
  SmallVector<Constant *> Fields;
};

Constant *makeTensor(Module &M, const StatorTensor &Tensor) {
  StructBuilder S(M);
  S.text(Tensor.Name);
  S.shape(ArrayRef<int64_t>(Tensor.Shape, Tensor.Rank));
  S.i64(Tensor.Rank);
  S.i64(Tensor.Offset);
  S.i64(Tensor.Elements);
  S.i32(Tensor.Role);
  S.i32(Tensor.Init);
  S.f64(Tensor.InitA);
  S.f64(Tensor.InitB);
  S.i32(Tensor.Trainable);
  S.i32(Tensor.Type);
  S.i32(Tensor.Layout);
  S.i32(Tensor.Reserved);
  return S.finish();
}

Constant *makeLaunch(Module &M, const StatorLaunch &Launch,
                     StringMap<Constant *> &Texts) {
  StructBuilder S(M);
  S.text(Launch.Kernel, Texts);
  S.text(Launch.Kind, Texts);
  S.text(Launch.Path, Texts);
  S.i32(Launch.Entry);
  S.i32(Launch.Reserved);
  S.i64(Launch.Repeats);
  S.f64(Launch.Flops);
  S.f64(Launch.Bytes);
  S.i64(Launch.Slots);
  S.i64(Launch.Window);
  S.f64(Launch.SlotFlops);
  S.f64(Launch.SlotBytes);
  return S.finish();
}

Constant *makeIndexCheck(Module &M, const StatorIndexCheck &Check) {
  StructBuilder S(M);
  S.text(Check.Path);
  S.text(Check.Source);
  S.i64(Check.Bound);
  S.i32(Check.IsTarget);
  S.i32(Check.Reserved);
  return S.finish();
}

/// The functions that decode, in ascending order of their widths.
Constant *makeBlocks(Module &M, StructBuilder &S, uint64_t &Count) {
  SmallVector<std::pair<int64_t, Function *>> Found;
  for (Function &F : M)
    if (!F.isDeclaration())
      if (int64_t Width = entry::getDecodeWidth(F.getName()))
        Found.push_back({Width, &F});
  llvm::sort(Found, llvm::less_first());
  SmallVector<Constant *> Rows;
  for (auto [Width, F] : Found) {
    StructBuilder Row(M);
    Row.i64(Width);
    Row.pointer(F);
    Rows.push_back(Row.finish());
  }
  Count = Rows.size();
  return Rows.empty()
             ? nullptr
             : S.global(ConstantArray::get(
                   ArrayType::get(Rows[0]->getType(), Rows.size()), Rows));
}

[[maybe_unused]] uint64_t sizeInC(const Module &M, Constant *Struct) {
  return M.getDataLayout().getTypeAllocSize(Struct->getType());
}

} // namespace

void emitProgramConstant(Module &M, const StatorProgram &Program) {
  for (Function &F : M)
    if (!F.isDeclaration())
      F.setLinkage(GlobalValue::InternalLinkage);
  for (GlobalVariable &G : M.globals())
    if (!G.isDeclaration() && !G.hasLocalLinkage())
      G.setLinkage(GlobalValue::InternalLinkage);

  StructBuilder S(M);
  SmallVector<Constant *> Rows;
  for (int64_t I = 0; I < Program.NumTensors; ++I)
    Rows.push_back(makeTensor(M, Program.Tensors[I]));
  Constant *Table = nullptr;
  if (!Rows.empty()) {
    assert(sizeInC(M, Rows[0]) == sizeof(StatorTensor) &&
           "the table does not have the layout of StatorTensor");
    Table = S.global(ConstantArray::get(
        ArrayType::get(Rows[0]->getType(), Rows.size()), Rows));
  }

  SmallVector<Constant *> Launches;
  StringMap<Constant *> Texts;
  for (int64_t I = 0; I < Program.NumLaunches; ++I)
    Launches.push_back(makeLaunch(M, Program.Launches[I], Texts));
  Constant *LaunchTable = nullptr;
  if (!Launches.empty()) {
    assert(sizeInC(M, Launches[0]) == sizeof(StatorLaunch) &&
           "the table does not have the layout of StatorLaunch");
    LaunchTable = S.global(ConstantArray::get(
        ArrayType::get(Launches[0]->getType(), Launches.size()), Launches));
  }

  SmallVector<Constant *> Checks;
  for (int64_t I = 0; I < Program.NumIndexChecks; ++I)
    Checks.push_back(makeIndexCheck(M, Program.IndexChecks[I]));
  Constant *CheckTable = nullptr;
  if (!Checks.empty()) {
    assert(sizeInC(M, Checks[0]) == sizeof(StatorIndexCheck) &&
           "the table does not have the layout of StatorIndexCheck");
    CheckTable = S.global(ConstantArray::get(
        ArrayType::get(Checks[0]->getType(), Checks.size()), Checks));
  }

  S.i32(Program.AbiVersion);
  S.i32(Program.Mode);
  S.text(Program.Name);
  S.text(Program.Compiler);
  S.text(Program.Options);
  S.pointer(nullptr);
  S.i64(Program.Batch);
  S.i64(Program.Time);
  S.i64(Program.Vocabulary);
  S.i64(Program.MicroBatches);
  S.i64(Program.DefaultSteps);
  S.pointer(Table);
  S.i64(Program.NumTensors);
  S.i64(Program.StateBytes);
  S.i64(Program.CacheBytes);
  S.i64(Program.ArenaBytes);
  S.f64(Program.FlopsPerStep);
  auto Entry = [&](StringRef Name) {
    Function *F = M.getFunction(Name);
    S.pointer(F && !F->isDeclaration() ? F : nullptr);
  };
  for (StringRef Name :
       {"train_step", "accumulate", "update", "evaluate", "forward"})
    Entry(Name);
  uint64_t NumBlocks;
  S.pointer(makeBlocks(M, S, NumBlocks));
  S.i64(NumBlocks);
  S.i64(Program.Context);
  S.i32(Program.PaddedBlocks);
  S.i32(Program.Prefix);
  Entry("gradients");
  S.pointer(LaunchTable);
  S.i64(Program.NumLaunches);
  S.pointer(CheckTable);
  S.i64(Program.NumIndexChecks);
  Constant *Value = S.finish();
  assert(sizeInC(M, Value) == sizeof(StatorProgram) &&
         "the table does not have the layout of StatorProgram");
  new GlobalVariable(M, Value->getType(), /*isConstant=*/true,
                     GlobalValue::ExternalLinkage, Value, "stator_program");
}

} // namespace stator
