//===- Elaborator.h - From the syntax tree to the dialect -------*- C++ -*-===//
//
// Evaluates the model: numbers and modules while compiling, tensors as ops. The
// methods stand in several files:
//
//   ElaborateModel.cpp        the program: parameters, @forward, @loss
//   ElaborateTrain.cpp        config and train blocks
//   ElaborateInstance.cpp     members and parameters of modules
//   ElaborateFn.cpp           calls and bodies of fns
//   ElaborateStmt.cpp         statements and scans
//   ElaborateType.cpp         types of parameters and results
//   ElaborateExpr.cpp         expressions
//   ElaborateStatic.cpp       arithmetic of numbers
//   ElaborateElementwise.cpp  arithmetic of tensors
//   ElaborateTensor.cpp       helpers that build ops; contractions, reductions
//   ElaborateShape.cpp        slicing, splitting, joining
//   ElaborateEinops.cpp       rearrange, reduce, repeat, einsum
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_ELABORATOR_H
#define STATOR_FRONTEND_ELABORATOR_H

#include "frontend/Builtins.h"
#include "frontend/Diagnostics.h"
#include "frontend/Einops.h"
#include "frontend/Frontend.h"
#include "frontend/Instance.h"
#include "frontend/Scope.h"
#include "ir/Dialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/StringSaver.h"
#include <deque>
#include <optional>

namespace stator {

class Elaborator {
public:
  Elaborator(mlir::MLIRContext &Context, const Program &P,
             const FrontendOptions &Options, llvm::SourceMgr &Sources,
             Diagnostics &Diags);

  /// The module, or null if there were errors.
  mlir::OwningOpRef<mlir::ModuleOp> run();

private:
  //===--------------------------------------------------------------------===//
  // Where evaluation stands
  //===--------------------------------------------------------------------===//

  enum class FrameKind {
    Config, ///< a config value
    Train,  ///< a train value
    Body,   ///< the body of a module: hyper-parameters and members
    Code    ///< a fn: tensors exist
  };

  struct Local {
    llvm::StringRef Name;
    Datum Value;
  };

  /// What is kept while a scan's body is evaluated.
  struct ScanState {
    llvm::SmallVector<std::pair<llvm::StringRef, Datum>, 2> Next;
    llvm::SmallVector<llvm::SMRange, 2> NextRanges;
    std::optional<llvm::SmallVector<Datum, 2>> Emitted;
    llvm::SMRange EmitRange;
    bool IsBroken = false; ///< something in it was reported already
  };

  struct Frame {
    FrameKind Kind;
    bool IsStd = false;
    Instance *Self = nullptr;
    Frame *Caller = nullptr;
    /// In words, for notes: "in Attention(width=128, heads=4), used".
    llvm::SMRange CallRange;
    const FnDecl *Fn = nullptr;
    llvm::SmallVector<Local, 8> Locals;
    /// The dimensions that `...` stands for in the signature.
    std::optional<llvm::SmallVector<Dim, 4>> Ellipsis;
    /// The path that ops get: of the variable, below `Prefix`.
    std::string Prefix, Variable;
    std::optional<Datum> Returned;
    llvm::SMRange ReturnRange;
    ScanState *Scan = nullptr;
    bool InLet = false; ///< Body: in a `let`, which makes no modules
    /// Body: the member that is being made, if one is.
    std::string PendingPath;
    bool PendingUsed = false;
  };

  class FrameScope;

  //===--------------------------------------------------------------------===//
  // Errors
  //===--------------------------------------------------------------------===//

  /// Reports, with the modules and fns that led here, and gives poison. What is
  /// found in the standard library is reported where the model file uses it.
  /// `Related`, if valid, is a place that a note shows.
  Datum error(llvm::SMRange Range, const llvm::Twine &Message,
              llvm::SMRange Related = {}, const llvm::Twine &RelatedText = "");
  void note(llvm::SMRange Range, const llvm::Twine &Message) {
    Diags.note(Range, Message);
  }
  void noteCallers(const Frame *F);
  /// A note to an error about a number that is not whole: what made it so.
  void noteOrigin(const Datum &Value);
  static std::string describeFrame(const Frame &F);

  //===--------------------------------------------------------------------===//
  // The program
  //===--------------------------------------------------------------------===//

  void evaluateConfig();
  bool parseDefine(llvm::StringRef Name, llvm::StringRef Text, Datum &Value);
  void checkDefines();
  std::string makeConfigJson() const;
  void evaluateTrain();
  void evaluateTrainSetting(const SettingDecl &Setting);
  bool resolveBatchAndTime();
  void emitTraining();
  /// Says in the module what the model declares of its causality.
  void declareCausality();
  void emitParameters();
  bool checkParameters();
  void warnOfUnused(const Instance &Self, llvm::SMRange Maker);
  bool emitEntry(llvm::StringRef Name);
  /// Makes @forward of what @loss computes so far: up to the logits.
  void emitForwardOf(FuncOp Loss, mlir::Value Logits, llvm::SMRange Return);
  Datum evaluateLoss(const Datum &Logits, const Datum &Targets);

  //===--------------------------------------------------------------------===//
  // Modules
  //===--------------------------------------------------------------------===//

  Datum instantiate(const ModuleDecl *Module,
                    llvm::ArrayRef<Argument> Arguments, llvm::SMRange Range);
  Datum instantiateRepeat(const CallExpr &Call);
  /// The path of the module that is made here, the one module of its member;
  /// none, and an error, if there is no member to be.
  std::optional<std::string> claimMember(llvm::StringRef Name,
                                         llvm::SMRange Range);
  Instance *makeInstance(const ModuleDecl *Module, std::string Path,
                         llvm::SMRange Range);
  void evaluateItems(Instance &Self, llvm::ArrayRef<const ModuleItem *> Items);
  void evaluateMember(Instance &Self, const ModuleItem &Item);
  void evaluateParameter(Instance &Self, const ModuleItem &Item);
  void evaluateTie(Instance &Self, const ModuleItem &Item);
  void declareNone(Instance &Self, llvm::ArrayRef<const ModuleItem *> Items);
  std::optional<Member> resolvePath(const Expr &E, Instance &Self);
  bool isModifierOn(const Modifier &Mod);
  std::optional<Initialiser> evaluateInitialiser(const Datum &Value,
                                                 llvm::SMRange Range,
                                                 llvm::ArrayRef<Dim> Dims);

  //===--------------------------------------------------------------------===//
  // Functions
  //===--------------------------------------------------------------------===//

  /// An argument of a call, evaluated.
  struct Actual {
    Identifier Name;
    Datum Value;
    llvm::SMRange Range;
  };
  using Actuals = llvm::SmallVector<Actual, 4>;
  std::optional<Actuals> evaluateArguments(llvm::ArrayRef<Argument> Arguments);

  /// Arguments in the order of the parameters; null where the default holds.
  std::optional<llvm::SmallVector<const Actual *, 4>>
  bindArguments(llvm::ArrayRef<ParamDecl> Params, const Actuals &Given,
                llvm::SMRange Range, const llvm::Twine &What,
                llvm::SMRange Declared);
  /// Binds parameters as locals of the current frame, checking their types.
  bool bindParameters(const FnDecl &Fn, llvm::ArrayRef<const Actual *> Given,
                      const llvm::Twine &What);

  Datum evaluateCall(const CallExpr &Call);
  Datum callValue(const Datum &Callee, const Actuals &Given,
                  llvm::SMRange Range, llvm::SMRange CalleeRange);
  Datum callBuiltin(const Builtin &Function, const Actuals &Given,
                    llvm::SMRange Range);
  Datum callFn(const FnDecl &Fn, const Actuals &Given, llvm::SMRange Range);
  Datum callInstance(Instance &Callee, const Actuals &Given,
                     llvm::SMRange Range);

  /// A function of the dialect that a module became.
  struct Function {
    FuncOp Op; ///< null if it failed
    bool IsTuple = false;
    /// Results, with dimensions named as in the module; without values.
    llvm::SmallVector<Datum, 2> Results;
    /// Which of the module's parameters it needs.
    llvm::SmallVector<bool, 8> UsedParameters;
    uint64_t Work = 0; ///< of one call, with what it calls
  };
  /// `Bound` holds the arguments as locals, with the caller's values.
  void emitFunction(Function &Result, Instance &Callee, const Frame &Bound);
  /// Erases reshapes that nothing needs any more.
  void tidy(mlir::Block &Body);
  Datum runBody(const FnDecl &Fn);
  bool checkResults(const FnDecl &Fn, Datum &Value, llvm::SMRange Range);

  /// Checks a tensor against a type of the current frame and binds the symbols
  /// in it. Gives the dimensions with their names in the type.
  std::optional<llvm::ArrayRef<Dim>>
  matchType(const TypeExpr &Type, const Datum &Value, llvm::SMRange Range,
            const llvm::Twine &What, bool NoteDeclaration = true);
  std::string printType(const TypeExpr &Type);
  std::optional<Dim> evaluateDim(const Expr &E, bool BindSymbols,
                                 std::optional<int64_t> Actual);

  //===--------------------------------------------------------------------===//
  // Statements and expressions
  //===--------------------------------------------------------------------===//

  void execute(llvm::ArrayRef<const Stmt *> Body);
  void executeLet(const LetStmt &Let);
  Datum evaluateNamed(const Expr &E, llvm::StringRef Variable);
  void rename(const Datum &Value, llvm::StringRef From, llvm::StringRef To);
  std::optional<bool> evaluateCondition(const Expr &E);

  /// Adds to the work; false, and one error, if that is absurdly much.
  bool addWork(uint64_t Amount, llvm::SMRange Range);
  Datum evaluate(const Expr &E);
  Datum evaluateImpl(const Expr &E);
  Datum evaluateName(const NameExpr &E);
  Datum lookUp(const NameExpr &E, bool &Found);
  Datum evaluateMemberExpr(const MemberExpr &E);
  Datum getMember(const Member &M, llvm::SMRange Range);
  Datum readParameter(Parameter &P, llvm::SMRange Range);
  Datum evaluateIndex(const IndexExpr &E);
  Datum evaluateSlice(const IndexExpr &E, const Datum &Base);
  std::optional<int64_t> evaluateIndexPart(const Expr *E, int64_t Default);
  /// Which of `Size` elements `[i]` chooses; negative ones count from the end.
  std::optional<int64_t> evaluateElement(const IndexItem &Item, int64_t Size);
  Datum evaluateUnary(const UnaryExpr &E);
  Datum evaluateBinary(const BinaryExpr &E);
  Datum evaluateLogical(const BinaryExpr &E);
  Datum evaluateScan(const ScanExpr &E);
  llvm::StringRef getSourceText(llvm::SMRange Range);

  Datum staticBinary(BinaryOp Op, const Datum &Lhs, const Datum &Rhs,
                     llvm::SMRange Range);
  Datum staticCompare(BinaryOp Op, const Datum &Lhs, const Datum &Rhs,
                      llvm::SMRange Range);
  Datum checkedInt(std::optional<int64_t> Value, llvm::SMRange Range);
  Datum checkedFloat(double Value, llvm::SMRange Range);
  /// A whole number, cut towards zero; an error if it overflows.
  Datum toInt(double Value, llvm::SMRange Range);

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  mlir::Location makeLocation(llvm::SMRange Range);
  mlir::Location makeLocation(llvm::SMRange Range, llvm::StringRef Path);
  /// The type of a tensor, or null and an error if it is absurdly large.
  mlir::RankedTensorType makeType(ElementKind Element, llvm::ArrayRef<Dim> Dims,
                                  llvm::SMRange Range);
  /// An op with one result, a tensor of these elements and dimensions. Poison,
  /// and an error, if that is absurdly large.
  template <typename OpTy, typename... ArgTys>
  Datum makeOp(ElementKind Element, llvm::ArrayRef<Dim> Dims,
               llvm::SMRange Range, ArgTys &&...Args);
  /// Copies that live as long as the elaborator.
  llvm::ArrayRef<Dim> save(llvm::ArrayRef<Dim> Dims);
  llvm::ArrayRef<Datum> save(llvm::ArrayRef<Datum> Elements);
  bool requireCode(llvm::SMRange Range, const llvm::Twine &What);

  Datum makeSplat(ElementKind Element, double Value, llvm::ArrayRef<Dim> Dims,
                  llvm::SMRange Range);
  Datum makeReshape(const Datum &X, llvm::ArrayRef<Dim> Dims,
                    llvm::SMRange Range);
  Datum makeTranspose(const Datum &X, llvm::ArrayRef<int64_t> Permutation,
                      llvm::SMRange Range);
  Datum makeReduce(ReduceKind Kind, const Datum &X,
                   llvm::ArrayRef<int64_t> Axes, llvm::SMRange Range);
  Datum makeSliceOp(const Datum &X, llvm::ArrayRef<int64_t> Offsets,
                    llvm::ArrayRef<int64_t> Strides, llvm::ArrayRef<Dim> Dims,
                    llvm::SMRange Range);
  Datum makeEinsum(const Datum &Lhs, llvm::ArrayRef<std::string> LhsNames,
                   const Datum &Rhs, llvm::ArrayRef<std::string> RhsNames,
                   llvm::ArrayRef<std::string> ResultNames,
                   llvm::ArrayRef<Dim> Dims, llvm::SMRange Range);
  Datum makeConvert(const Datum &X, ElementKind Element, llvm::SMRange Range);
  Datum broadcastTo(const Datum &X, llvm::ArrayRef<Dim> Dims,
                    llvm::SMRange Range);
  std::optional<llvm::SmallVector<Dim, 4>>
  broadcastShapes(llvm::ArrayRef<const Datum *> Operands, llvm::SMRange Range,
                  llvm::StringRef What);
  Datum tensorBinary(BinaryOp Op, Datum Lhs, Datum Rhs, llvm::SMRange Range);
  Datum matMul(const Datum &Lhs, const Datum &Rhs, llvm::SMRange Range);
  std::optional<double> getElement(const Datum &X, ElementKind Element,
                                   llvm::SMRange Range);
  /// A number as a tensor of the other operand's elements; poison if it cannot.
  Datum toTensor(const Datum &X, ElementKind Element, llvm::SMRange Range);

  //===--------------------------------------------------------------------===//
  // Arguments of builtins: each reports what is wrong and gives none then.
  //===--------------------------------------------------------------------===//

  Datum wrongArgument(BuiltinCall &Call, unsigned Index,
                      const llvm::Twine &Expected);
  bool wantTensor(BuiltinCall &Call, unsigned Index,
                  std::optional<ElementKind> Element = ElementKind::F32);
  std::optional<int64_t> wantInt(BuiltinCall &Call, unsigned Index);
  std::optional<int64_t> wantIntIn(BuiltinCall &Call, unsigned Index,
                                   int64_t Low, int64_t High);
  std::optional<double> wantNumber(BuiltinCall &Call, unsigned Index);
  std::optional<double> wantRate(BuiltinCall &Call, unsigned Index);
  std::optional<bool> wantBool(BuiltinCall &Call, unsigned Index);
  std::optional<llvm::StringRef> wantString(BuiltinCall &Call, unsigned Index);
  std::optional<int64_t> wantAxis(BuiltinCall &Call, unsigned Index,
                                  int64_t Rank);
  /// An axis, a tuple of axes or none (all): sorted, distinct.
  std::optional<llvm::SmallVector<int64_t, 4>>
  wantAxes(BuiltinCall &Call, unsigned Index, int64_t Rank);
  std::optional<EinopsSizes> wantSizes(BuiltinCall &Call);
  std::optional<llvm::SmallVector<Dim, 4>>
  wantShape(BuiltinCall &Call, llvm::ArrayRef<Datum> Sizes);

  //===--------------------------------------------------------------------===//
  // Builtins
  //===--------------------------------------------------------------------===//

  friend struct BuiltinTable;
  /// A function of one tensor, element by element; `F`: or of a number.
  template <typename OpTy> Datum unary(BuiltinCall &Call);
  template <typename OpTy, double (*F)(double)>
  Datum unaryOrNumber(BuiltinCall &Call);
  template <bool TanhApproximation> Datum gelu(BuiltinCall &Call);
  Datum builtinAbs(BuiltinCall &Call);
  Datum builtinPow(BuiltinCall &Call);
  template <bool IsMax> Datum minMax(BuiltinCall &Call) {
    return minMax(Call, IsMax);
  }
  Datum minMax(BuiltinCall &Call, bool IsMax);
  Datum builtinWhere(BuiltinCall &Call);
  Datum builtinFloat(BuiltinCall &Call);
  Datum builtinInt(BuiltinCall &Call);
  Datum builtinFloorDiv(BuiltinCall &Call);
  Datum builtinCeilDiv(BuiltinCall &Call);
  /// A number made whole by `F`.
  template <double (*F)(double)> Datum rounded(BuiltinCall &Call);
  Datum builtinDropout(BuiltinCall &Call);
  template <ReduceKind Kind> Datum reduction(BuiltinCall &Call) {
    return reduction(Call, Kind);
  }
  Datum reduction(BuiltinCall &Call, ReduceKind Kind);
  Datum builtinCumsum(BuiltinCall &Call);
  Datum builtinSoftmax(BuiltinCall &Call);
  Datum builtinCausalMask(BuiltinCall &Call);
  Datum builtinGather(BuiltinCall &Call);
  Datum builtinCrossEntropy(BuiltinCall &Call);
  Datum builtinPositions(BuiltinCall &Call);
  Datum builtinIota(BuiltinCall &Call);
  Datum builtinFull(BuiltinCall &Call);
  template <int Value> Datum filled(BuiltinCall &Call) {
    return filled(Call, Value, Call.Args);
  }
  Datum filled(BuiltinCall &Call, double Value, llvm::ArrayRef<Datum> Sizes);
  template <bool IsStack> Datum joinTensors(BuiltinCall &Call) {
    return joinTensors(Call, IsStack);
  }
  Datum joinTensors(BuiltinCall &Call, bool IsStack);
  Datum builtinTranspose(BuiltinCall &Call);
  Datum builtinReshape(BuiltinCall &Call);
  Datum builtinBroadcast(BuiltinCall &Call);
  Datum builtinSplit(BuiltinCall &Call);
  Datum builtinSize(BuiltinCall &Call);
  Datum builtinRank(BuiltinCall &Call);
  Datum builtinRearrange(BuiltinCall &Call);
  Datum builtinReduce(BuiltinCall &Call);
  Datum builtinRepeat(BuiltinCall &Call);
  Datum builtinEinsum(BuiltinCall &Call);
  Datum builtinNormal(BuiltinCall &Call);
  Datum builtinUniform(BuiltinCall &Call);
  /// An initialiser of one number: a gain or a value.
  template <Initialiser::Form Form> Datum initialiser(BuiltinCall &Call) {
    auto Number = wantNumber(Call, 0);
    return Number ? Datum::makeInit({Form, *Number, 0}) : Datum::poison();
  }
  Datum builtinSgd(BuiltinCall &Call);
  template <OptimizerKind Kind> Datum adam(BuiltinCall &Call) {
    return adam(Call, Kind);
  }
  Datum adam(BuiltinCall &Call, OptimizerKind Kind);
  template <ScheduleKind Kind> Datum schedule(BuiltinCall &Call) {
    return schedule(Call, Kind);
  }
  Datum schedule(BuiltinCall &Call, ScheduleKind Kind);
  Datum builtinInverseSqrt(BuiltinCall &Call);
  Datum einopsPattern(BuiltinCall &Call, EinopsForm Form,
                      std::optional<ReduceKind> Kind, llvm::StringRef Pattern,
                      llvm::SMRange PatternRange);

  //===--------------------------------------------------------------------===//
  // State
  //===--------------------------------------------------------------------===//

  mlir::MLIRContext &Context;
  const Program &P;
  const FrontendOptions &Options;
  llvm::SourceMgr &Sources;
  Diagnostics &Diags;
  mlir::OpBuilder Builder;
  mlir::OwningOpRef<mlir::ModuleOp> ModuleOut;
  mlir::OwningOpRef<FuncOp> Forward; ///< beside a loss

  llvm::BumpPtrAllocator Allocator;
  llvm::StringSaver Saver{Allocator};
  std::deque<Instance> Instances;
  std::deque<Parameter> Parameters;
  std::deque<Function> Functions;
  llvm::StringMap<const Function *> FunctionsByKey;
  llvm::StringSet<> SymbolNames;

  /// In the order of the file.
  llvm::SmallVector<std::pair<llvm::StringRef, Datum>, 16> Config;
  llvm::StringMap<Datum> Train;
  llvm::StringMap<const SettingDecl *> TrainSettings;
  int64_t Batch = 0, Time = 0, Vocabulary = 0;
  Instance *Root = nullptr;

  /// The value of each parameter in the function that is being built.
  llvm::DenseMap<Parameter *, mlir::Value> *ParameterValues = nullptr;
  Frame *Current = nullptr;
  llvm::SmallVector<const ModuleDecl *, 8> ModulesBeingMade;
  llvm::SmallVector<const FnDecl *, 8> FnsBeingRun;
  unsigned Depth = 0;
  /// Expressions evaluated, as if each call of a module did it again: about
  /// the size of the model when all is expanded.
  uint64_t Work = 0;
  bool WorkReported = false;

  friend class FrameScope;
};

template <typename OpTy, typename... ArgTys>
Datum Elaborator::makeOp(ElementKind Element, llvm::ArrayRef<Dim> Dims,
                         llvm::SMRange Range, ArgTys &&...Args) {
  mlir::RankedTensorType Type = makeType(Element, Dims, Range);
  if (!Type)
    return Datum::poison();
  return Datum::makeTensor(Element,
                           OpTy::create(Builder, makeLocation(Range), Type,
                                        std::forward<ArgTys>(Args)...),
                           save(Dims));
}

template <typename OpTy> Datum Elaborator::unary(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  Datum X = Call.Args[0];
  X.Tensor = OpTy::create(Builder, makeLocation(Call.Range), X.Tensor.getType(),
                          X.Tensor);
  return X;
}

template <typename OpTy, double (*F)(double)>
Datum Elaborator::unaryOrNumber(BuiltinCall &Call) {
  if (Call.Args[0].isNumber())
    return checkedFloat(F(Call.Args[0].asFloat()), Call.Range);
  return unary<OpTy>(Call);
}

template <bool TanhApproximation> Datum Elaborator::gelu(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  Datum X = Call.Args[0];
  X.Tensor = GeluOp::create(Builder, makeLocation(Call.Range),
                            X.Tensor.getType(), X.Tensor, TanhApproximation);
  return X;
}

template <double (*F)(double)> Datum Elaborator::rounded(BuiltinCall &Call) {
  auto X = wantNumber(Call, 0);
  return X ? toInt(F(*X), Call.Range) : Datum::poison();
}

/// Makes a frame the current one while it lives.
class Elaborator::FrameScope {
public:
  FrameScope(Elaborator &E, Frame &F) : E(E) {
    F.Caller = E.Current;
    E.Current = &F;
  }
  ~FrameScope() { E.Current = E.Current->Caller; }
  FrameScope(const FrameScope &) = delete;
  FrameScope &operator=(const FrameScope &) = delete;

private:
  Elaborator &E;
};

} // namespace stator

#endif // STATOR_FRONTEND_ELABORATOR_H
