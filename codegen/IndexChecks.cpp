//===- IndexChecks.cpp - Indices that are checked at run time -------------===//

#include "codegen/IndexChecks.h"
#include "ir/KernelInterface.h"
#include "passes/ConstantEvaluation.h"
#include "passes/Lookups.h"
#include "passes/UserPlace.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace stator {
namespace {

/// Whether all elements are known to be within the bound: constants, and the
/// inputs of the program, of which the runtime knows that they are below
/// `Vocabulary`.
bool isWithin(Value Indices, const Lookup &Of, int64_t Vocabulary) {
  if (auto Argument = dyn_cast<BlockArgument>(Indices)) {
    Operation *Parent = Argument.getOwner()->getParentOp();
    if (auto Scan = dyn_cast<ScanOp>(Parent)) {
      unsigned NumCarries = Scan.getInits().size();
      return Argument.getArgNumber() >= NumCarries &&
             isWithin(Scan.getSequences()[Argument.getArgNumber() - NumCarries],
                      Of, Vocabulary);
    }
    // Targets that are ignored are negative.
    return isa<FuncOp>(Parent) && Vocabulary <= Of.Bound &&
           (Argument.getArgNumber() == 0 || Of.IsTarget);
  }
  Operation *Op = Indices.getDefiningOp();
  if (isa<ReshapeOp, TransposeOp, BroadcastOp, SliceOp, DynamicSliceOp>(Op))
    return isWithin(Op->getOperand(0), Of, Vocabulary);
  if (isa<ConcatOp>(Op))
    return llvm::all_of(Op->getOperands(), [&](Value Part) {
      return isWithin(Part, Of, Vocabulary);
    });
  std::optional<HostTensor> Known = evaluateConstant(Indices);
  if (!Known)
    return false;
  for (int64_t I = 0; I < Known->getNumElements(); ++I) {
    auto Index = static_cast<int64_t>(Known->getAsDouble(I));
    if (Index >= Of.Bound || (Index < 0 && !Of.IsTarget))
      return false;
  }
  return true;
}

struct MarkIndexChecks : PassWrapper<MarkIndexChecks, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MarkIndexChecks)

  MarkIndexChecks() = default;
  MarkIndexChecks(const MarkIndexChecks &Other) : PassWrapper(Other) {}

  Option<int64_t> Vocabulary{
      *this, "vocabulary",
      llvm::cl::desc("The number that all tokens are known to be below; 0: "
                     "they are not checked"),
      llvm::cl::init(0)};

  StringRef getArgument() const override { return "stator-mark-index-checks"; }
  StringRef getDescription() const override {
    return "Mark look-ups whose indices have to be checked at run time";
  }

  void runOnOperation() override {
    // An op of the model may be several in the entry points.
    using Key = std::pair<Attribute, std::pair<int64_t, int64_t>>;
    llvm::DenseMap<Key, int64_t> Numbers;
    getOperation().walk([&](Operation *Op) {
      Lookup Of = getLookup(Op);
      if (!Of.Indices || isWithin(Of.Indices, Of, Vocabulary))
        return;
      Key Place(LocationAttr(Op->getLoc()), {Of.Bound, Of.IsTarget});
      auto Number = static_cast<int64_t>(Numbers.size());
      Number = Numbers.try_emplace(Place, Number).first->second;
      // In kernels, what the indices are computed from is out of sight.
      Op->setLoc(getUserPlace(Op, Of.Indices));
      Op->setAttr(IndexCheckAttrName,
                  DenseI64ArrayAttr::get(&getContext(), {Number, Of.Bound}));
    });
  }
};

} // namespace

std::unique_ptr<Pass> createMarkIndexChecksPass(int64_t Vocabulary) {
  auto Result = std::make_unique<MarkIndexChecks>();
  Result->Vocabulary = Vocabulary;
  return Result;
}

void registerMarkIndexChecksPass() { PassRegistration<MarkIndexChecks>(); }

void IndexCheckTable::fill(ModuleOp Module, StatorProgram &Program) {
  auto Keep = [&](const llvm::Twine &Text) {
    Texts.push_back(Text.str());
    return Texts.back().c_str();
  };
  Module.walk([&](Operation *Op) {
    auto Check = Op->getAttrOfType<DenseI64ArrayAttr>(IndexCheckAttrName);
    if (!Check)
      return;
    auto Number = static_cast<size_t>(Check[0]);
    if (Number >= Checks.size())
      Checks.resize(Number + 1, StatorIndexCheck{"", "", 0, 0, 0});
    StatorIndexCheck &Row = Checks[Number];
    Row.Path = Keep(getPathOfLocation(Op->getLoc()));
    Row.Source = Keep(describeSource(Op->getLoc()));
    Row.Bound = Check[1];
    Row.IsTarget = isa<CrossEntropyOp>(Op);
  });
  Program.IndexChecks = Checks.data();
  Program.NumIndexChecks = static_cast<int64_t>(Checks.size());
}

} // namespace stator
