//===- ElaborateFn.cpp - Calls and bodies of fns --------------------------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <functional>

using namespace llvm;
using namespace stator;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

std::optional<Elaborator::Actuals>
Elaborator::evaluateArguments(ArrayRef<Argument> Arguments) {
  Actuals Result;
  bool Failed = false;
  for (const Argument &Arg : Arguments) {
    Datum Value = evaluate(*Arg.Value);
    Failed |= Value.isPoison();
    Result.push_back({Arg.Name, Value, Arg.Value->Range});
  }
  if (Failed)
    return std::nullopt;
  return Result;
}

/// "width, heads, window = ..."
static std::string listParams(ArrayRef<ParamDecl> Params) {
  std::string Result;
  for (const ParamDecl &Param : Params)
    Result += (Result.empty() ? "" : ", ") + Param.Name.Text.str() +
              (Param.Default ? " = ..." : "");
  return Result;
}

std::optional<SmallVector<const Elaborator::Actual *, 4>>
Elaborator::bindArguments(ArrayRef<ParamDecl> Params, const Actuals &Given,
                          SMRange Range, const Twine &What, SMRange Declared) {
  std::string Callee = What.str();
  SmallVector<const Actual *, 4> Bound(Params.size(), nullptr);
  bool Failed = false;
  auto Fail = [&](SMRange Where, const Twine &Message) {
    error(Where, Message, Declared, Callee + " is declared here");
    Failed = true;
  };
  size_t Next = 0;
  bool SawName = false;
  for (const Actual &A : Given) {
    size_t Index = 0;
    if (A.Name.Text.empty()) {
      if (SawName) {
        Fail(A.Range, "arguments without a name come before those with one");
        continue;
      }
      Index = Next++;
      if (Index >= Params.size()) {
        Fail(A.Range, Callee + " takes " + Twine(Params.size()) +
                          (Params.size() == 1 ? " argument" : " arguments") +
                          " (" + listParams(Params) + "), but this is number " +
                          Twine(Index + 1));
        break;
      }
    } else {
      SawName = true;
      SmallVector<StringRef> Names;
      for (const ParamDecl &Param : Params)
        Names.push_back(Param.Name.Text);
      Index = find(Names, A.Name.Text) - Names.begin();
      if (Index == Names.size()) {
        Fail(A.Name.Range, Callee + " has no parameter '" + A.Name.Text + "'" +
                               didYouMean(A.Name.Text, Names));
        continue;
      }
    }
    if (Bound[Index]) {
      Fail(A.Name.Text.empty() ? A.Range : A.Name.Range,
           "'" + Params[Index].Name.Text + "' of " + Callee +
               " is given twice");
      continue;
    }
    Bound[Index] = &A;
  }
  if (Failed)
    return std::nullopt;
  std::string Missing;
  for (auto [Param, A] : zip(Params, Bound))
    if (!A && !Param.Default)
      Missing += (Missing.empty() ? "'" : ", '") + Param.Name.Text.str() + "'";
  if (!Missing.empty()) {
    Fail(Range, Callee + " also needs " + Missing);
    return std::nullopt;
  }
  return Bound;
}

/// In the frame of the callee; errors belong to the caller, so the frame hides
/// until its parameters are bound.
bool Elaborator::bindParameters(const FnDecl &Fn,
                                ArrayRef<const Actual *> Given,
                                const Twine &What) {
  std::string Callee = What.str();
  bool Failed = false;
  for (auto [Param, A] : zip(Fn.Params, Given)) {
    Datum Value = A ? A->Value : evaluate(*Param.Default);
    SMRange Range = A ? A->Range : Param.Default->Range;
    if (Value.isPoison()) {
      Failed = true;
    } else if (Param.Type) {
      if (auto Dims = matchType(*Param.Type, Value, Range,
                                "'" + Param.Name.Text + "' of " + Callee)) {
        Value.Dims = *Dims;
      } else {
        Failed = true;
      }
    }
    if (Value.isInt())
      Value.Text = Param.Name.Text;
    Current->Locals.push_back({Param.Name.Text, Value});
  }
  return !Failed;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// Executes the body of a fn in the current frame.
Datum Elaborator::runBody(const FnDecl &Fn) {
  execute(Fn.Body);
  if (!Current->Returned) {
    if (Diags.hasErrors())
      return Datum::poison();
    return error(Fn.Name.Range, "this fn ends without 'return'");
  }
  Datum Value = *Current->Returned;
  if (Value.isPoison() || !checkResults(Fn, Value, Current->ReturnRange))
    return Datum::poison();
  return Value;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Datum Elaborator::evaluateCall(const CallExpr &Call) {
  if (const auto *Name = dyn_cast<NameExpr>(Call.Callee))
    if (Name->Name == "repeat" && Current->Kind == FrameKind::Body)
      return instantiateRepeat(Call);
  Datum Callee = evaluate(*Call.Callee);
  if (Callee.Kind == DatumKind::Module)
    return instantiate(Callee.Module, Call.Arguments, Call.Range);
  // Errors in the arguments are worth reporting even if the callee has one.
  auto Given = evaluateArguments(Call.Arguments);
  if (Callee.isPoison() || !Given)
    return Datum::poison();
  return callValue(Callee, *Given, Call.Range, Call.Callee->Range);
}

Datum Elaborator::callValue(const Datum &Callee, const Actuals &Given,
                            SMRange Range, SMRange CalleeRange) {
  switch (Callee.Kind) {
  case DatumKind::Builtin:
    return callBuiltin(*Callee.Function, Given, Range);
  case DatumKind::Fn:
    return callFn(*Callee.Fn, Given, Range);
  case DatumKind::Instance:
    return callInstance(*Callee.Instance, Given, Range);
  case DatumKind::None:
    return error(CalleeRange, "this is none: it is declared under a condition "
                              "that does not hold here");
  case DatumKind::Poison:
    return Callee;
  default:
    return error(CalleeRange, "only functions and modules can be called, and "
                              "this is " +
                                  describe(Callee));
  }
}

Datum Elaborator::callBuiltin(const Builtin &Function, const Actuals &Given,
                              SMRange Range) {
  BuiltinCall Call(Function, Range);
  std::string What = ("'" + Function.Name + "'").str();
  size_t NumParams = Function.Params.size();
  if (Function.IsVariadic) {
    for (const Actual &A : Given) {
      if (!A.Name.Text.empty()) {
        Call.Extra.push_back({A.Name, A.Value});
        continue;
      }
      Call.Args.push_back(A.Value);
      Call.Ranges.push_back(A.Range);
      Call.Given.push_back(true);
    }
  } else {
    SmallVector<StringRef> Names;
    for (const BuiltinParam &Param : Function.Params) {
      Names.push_back(Param.Name);
      Call.Args.push_back(Param.Default.value_or(Datum::poison()));
      Call.Ranges.push_back(Range);
      Call.Given.push_back(false);
    }
    size_t Next = 0;
    for (const Actual &A : Given) {
      size_t Index = Next;
      if (A.Name.Text.empty()) {
        if (++Next > NumParams)
          return error(A.Range,
                       What + " takes " + Twine(NumParams) +
                           (NumParams == 1 ? " argument (" : " arguments (") +
                           llvm::join(Names, ", ") + "), but this is number " +
                           Twine(Next));
      } else {
        Index = find(Names, A.Name.Text) - Names.begin();
        if (Index == NumParams && Function.TakesAnyKeyword) {
          for (auto &[Name, Value] : Call.Extra)
            if (Name.Text == A.Name.Text)
              return error(A.Name.Range,
                           "'" + A.Name.Text + "' is given twice");
          Call.Extra.push_back({A.Name, A.Value});
          continue;
        }
        if (Index == NumParams)
          return error(A.Name.Range,
                       What + " has no parameter '" + A.Name.Text + "'" +
                           didYouMean(A.Name.Text, Names) + " (it takes " +
                           llvm::join(Names, ", ") + ")");
      }
      if (Call.Given[Index])
        return error(A.Name.Text.empty() ? A.Range : A.Name.Range,
                     "'" + Names[Index] + "' of " + What + " is given twice");
      Call.Args[Index] = A.Value;
      Call.Ranges[Index] = A.Range;
      Call.Given[Index] = true;
    }
    std::string Missing;
    for (size_t I = 0; I != NumParams; ++I)
      if (!Call.Given[I] && !Function.Params[I].Default)
        Missing += (Missing.empty() ? "'" : ", '") + Names[I].str() + "'";
    if (!Missing.empty())
      return error(Range, What + " also needs " + Missing);
  }
  // What makes tensors out of numbers would have nowhere to put its ops.
  bool MakesTensors = Function.Name == "positions" || Function.Name == "iota";
  if (MakesTensors && !requireCode(Range, What))
    return Datum::poison();
  return (this->*Function.Handler)(Call);
}

/// A fn of a file: its body is expanded where it is called.
Datum Elaborator::callFn(const FnDecl &Fn, const Actuals &Given,
                         SMRange Range) {
  std::string What = ("fn '" + Fn.Name.Text + "'").str();
  if (is_contained(FnsBeingRun, &Fn)) {
    return error(Range, What + " calls itself, and would never end",
                 Fn.Name.Range, "it is declared here");
  }
  if (FnsBeingRun.size() >= limits::FnDepth)
    return error(Range, "fns that call fns are nested too deeply here (more "
                        "than " +
                            Twine(limits::FnDepth) + " levels)");
  auto Bound = bindArguments(Fn.Params, Given, Range, What, Fn.Name.Range);
  if (!Bound)
    return Datum::poison();
  Frame F;
  F.Kind = Current->Kind;
  F.IsStd = Fn.IsStd;
  F.Fn = &Fn;
  F.Variable = Current->Variable;
  F.Prefix = F.Variable.empty() ? "" : F.Variable + ".";
  FrameScope Scope(*this, F);
  if (!bindParameters(Fn, *Bound, What))
    return Datum::poison();
  F.CallRange = Range;
  FnsBeingRun.push_back(&Fn);
  Datum Result = runBody(Fn);
  FnsBeingRun.pop_back();
  return Result;
}

//===----------------------------------------------------------------------===//
// Modules as functions
//===----------------------------------------------------------------------===//

static void flatten(const Datum &Value, SmallVectorImpl<Datum> &Tensors) {
  if (Value.isTensor())
    Tensors.push_back(Value);
  for (const Datum &Element : Value.Elements)
    flatten(Element, Tensors);
}

/// The path of a member below the module that uses it.
static StringRef getLocalPath(const Instance &Callee, const Instance *Self) {
  StringRef Path = Callee.Path;
  if (Self && !Self->Path.empty() && Path.starts_with(Self->Path) &&
      Path.size() > Self->Path.size())
    return Path.drop_front(Self->Path.size() + 1);
  return Path;
}

Datum Elaborator::callInstance(Instance &Callee, const Actuals &Given,
                               SMRange Range) {
  if (!requireCode(Range, "what a module returns") || Callee.Failed)
    return Datum::poison();
  if (Callee.IsRepeat) {
    if (Given.empty() || !Given[0].Name.Text.empty())
      return error(Range, "a repeated module takes the value that goes "
                          "through it as its first argument");
    Actuals Next = Given;
    for (Instance *Element : Callee.Elements) {
      Next[0].Value = callInstance(*Element, Next, Range);
      if (Next[0].Value.isPoison())
        return Datum::poison();
    }
    return Next[0].Value;
  }
  if (!Callee.Decl->Fn)
    return Datum::poison();
  const FnDecl &Fn = *Callee.Decl->Fn;
  Instance *Caller = nullptr;
  for (Frame *F = Current; F && !Caller; F = F->Caller)
    if (F->Kind == FrameKind::Code)
      Caller = F->Self;
  StringRef LocalPath = getLocalPath(Callee, Caller);
  std::string What =
      ("'" + LocalPath + "' (" + Callee.Decl->Name.Text + ")").str();
  auto Bound =
      bindArguments(Fn.Params, Given, Range, What, Callee.Decl->Name.Range);
  if (!Bound)
    return Datum::poison();

  // The arguments as the module sees them.
  Frame F;
  F.Kind = FrameKind::Code;
  F.IsStd = Callee.Decl->IsStd;
  F.Self = &Callee;
  F.Fn = &Fn;
  SmallVector<Datum, 4> Inner, Outer;
  {
    FrameScope Scope(*this, F);
    if (!bindParameters(Fn, *Bound, What))
      return Datum::poison();
    F.CallRange = Range;
  }
  std::string Key = Callee.Key + "(";
  for (const ParamDecl &Param : Fn.Params) {
    const Datum &Value = find_if(F.Locals, [&](const Local &L) {
                           return L.Name == Param.Name.Text;
                         })->Value;
    Key += makeKey(Value) + ";";
    if (Value.Kind == DatumKind::Instance)
      return error(Range, "a module cannot be an argument of a module; it can "
                          "be one of a 'fn' outside of modules");
    flatten(Value, Inner);
  }
  for (auto [Param, A] : zip(Fn.Params, *Bound)) {
    if (A)
      flatten(A->Value, Outer);
    else // A default that is a tensor has no other name.
      flatten(find_if(F.Locals,
                      [&, &Param = Param](const Local &L) {
                        return L.Name == Param.Name.Text;
                      })
                  ->Value,
              Outer);
  }

  const Function *Target = FunctionsByKey.lookup(Key);
  if (!Target) {
    Function &New = Functions.emplace_back();
    uint64_t Before = Work;
    emitFunction(New, Callee, F);
    New.Work = Work - Before;
    FunctionsByKey[Key] = Target = &New;
  } else if (!addWork(Target->Work, Range)) {
    return Datum::poison();
  }
  if (!Target->Op)
    return Datum::poison();

  SmallVector<mlir::Value, 16> Operands;
  for (const Datum &X : Outer)
    Operands.push_back(X.Tensor);
  for (auto [Param, Used] : zip(Callee.Parameters, Target->UsedParameters)) {
    mlir::Value Value =
        ParameterValues ? ParameterValues->lookup(Param) : mlir::Value();
    if (!Value)
      return error(Range, "module '" + Callee.Path +
                              "' is not a member of this module");
    if (Used)
      Param->Used = Param->resolve()->Used = true;
    Operands.push_back(Value);
  }
  std::string Path =
      Current->Self ? LocalPath.str() : Current->Prefix + LocalPath.str();
  FuncOp TargetOp = Target->Op;
  auto Call = CallOp::create(Builder, makeLocation(Range, Path),
                             TargetOp.getFunctionType().getResults(),
                             TargetOp.getSymName(), Operands,
                             /*arg_attrs=*/mlir::ArrayAttr(),
                             /*res_attrs=*/mlir::ArrayAttr());

  // The results, with dimensions named as the caller knows them.
  auto Rename = [&](StringRef Name) -> StringRef {
    for (auto [In, Out] : zip(Inner, Outer))
      for (auto [InDim, OutDim] : zip(In.Dims, Out.Dims))
        if (InDim.Name == Name)
          return OutDim.Name;
    if (const Datum *Static = Callee.findStatic(Name))
      return Static->Text;
    return Name;
  };
  SmallVector<Datum, 2> Results;
  for (auto [Result, Value] : zip(Target->Results, Call.getResults())) {
    SmallVector<Dim, 6> Dims;
    for (const Dim &D : Result.Dims)
      Dims.push_back({D.Size, D.Name.empty() ? D.Name : Rename(D.Name)});
    Datum Renamed = Result;
    Renamed.Dims = save(Dims);
    Renamed.Tensor = Value;
    Results.push_back(Renamed);
  }
  return Target->IsTuple ? Datum::makeTuple(save(Results)) : Results.front();
}

void Elaborator::tidy(mlir::Block &Body) {
  for (mlir::Operation &Op : llvm::make_early_inc_range(llvm::reverse(Body))) {
    for (mlir::Region &Region : Op.getRegions())
      for (mlir::Block &Inner : Region)
        tidy(Inner);
    if (isa<ReshapeOp>(Op) && Op.use_empty())
      Op.erase();
  }
}

/// Writes the function of a module for arguments of these types.
void Elaborator::emitFunction(Function &Result, Instance &Callee,
                              const Frame &Bound) {
  const FnDecl &Fn = *Callee.Decl->Fn;
  mlir::OpBuilder::InsertionGuard Guard(Builder);
  Builder.clearInsertionPoint();
  std::string Name = Callee.Decl->Name.Text.str();
  for (unsigned I = 1; !SymbolNames.insert(Name).second; ++I)
    Name = Callee.Decl->Name.Text.str() + "_" + std::to_string(I);
  mlir::OwningOpRef<FuncOp> Func =
      FuncOp::create(Builder, makeLocation(Callee.Decl->Name.Range, ""), Name,
                     Builder.getFunctionType({}, {}));
  mlir::Block *Entry = new mlir::Block;
  Func->getBody().push_back(Entry);

  Frame F = Bound;
  FrameScope Scope(*this, F);
  // Arguments in the place of the caller's values.
  std::function<Datum(Datum, StringRef, SMRange)> AddArgument =
      [&](Datum Value, StringRef Name, SMRange Range) {
        if (Value.isTensor())
          Value.Tensor = Entry->addArgument(Value.Tensor.getType(),
                                            makeLocation(Range, Name));
        SmallVector<Datum, 4> Elements;
        for (const Datum &Element : Value.Elements)
          Elements.push_back(AddArgument(Element, Name, Range));
        if (!Elements.empty())
          Value.Elements = save(Elements);
        return Value;
      };
  for (const ParamDecl &Param : Fn.Params)
    for (Local &L : F.Locals)
      if (L.Name == Param.Name.Text) {
        L.Value = AddArgument(L.Value, L.Name, Param.Name.Range);
        break;
      }
  DenseMap<Parameter *, mlir::Value> Values;
  for (Parameter *Param : Callee.Parameters) {
    StringRef Path = Param->Path;
    if (!Callee.Path.empty())
      Path = Path.drop_front(Callee.Path.size() + 1);
    mlir::RankedTensorType Type =
        makeType(ElementKind::F32, Param->Dims, Param->Range);
    if (!Type)
      return;
    Values[Param] = Entry->addArgument(Type, makeLocation(Param->Range, Path));
  }
  auto *OuterValues = ParameterValues;
  ParameterValues = &Values;
  Builder.setInsertionPointToEnd(Entry);
  Datum Value = runBody(Fn);
  ParameterValues = OuterValues;
  if (Value.isPoison())
    return;

  Result.IsTuple = Value.Kind == DatumKind::Tuple;
  SmallVector<Datum, 4> Returned;
  if (Result.IsTuple)
    append_range(Returned, Value.Elements);
  else
    Returned.push_back(Value);
  SmallVector<mlir::Value, 4> Operands;
  for (const Datum &X : Returned) {
    if (!X.isTensor()) {
      error(F.ReturnRange,
            "the fn of a module returns tensors, found " + describe(X));
      return;
    }
    Operands.push_back(X.Tensor);
  }
  if (Operands.empty()) {
    error(F.ReturnRange, "the fn of a module returns at least one tensor");
    return;
  }
  ReturnOp::create(Builder, makeLocation(F.ReturnRange, ""), Operands);
  Func->setFunctionTypeAttr(mlir::TypeAttr::get(Builder.getFunctionType(
      Entry->getArgumentTypes(), mlir::ValueRange(Operands).getTypes())));
  for (Datum &X : Returned)
    X.Tensor = {};
  Result.Results.assign(Returned.begin(), Returned.end());
  for (Parameter *Param : Callee.Parameters)
    Result.UsedParameters.push_back(Param->Used);
  tidy(*Entry);
  Result.Op = *Func;
  ModuleOut->push_back(Func.release());
}
