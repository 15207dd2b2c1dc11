//===- ElaborateInstance.cpp - Members and parameters of modules ----------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace llvm;
using namespace stator;

std::string Instance::describe() const {
  if (IsRepeat)
    return "repeat(" + std::to_string(Elements.size()) + ", ...)";
  std::string Result = Decl->Name.Text.str();
  if (NumHyperParameters == 0)
    return Result;
  Result += "(";
  for (unsigned I = 0; I != std::min(NumHyperParameters, 4u); ++I) {
    auto &[Name, Value] = Statics[I];
    Result += (I ? ", " : "") + Name.str() + "=";
    if (Value.isNumber())
      Result += printNumber(Value.asFloat());
    else if (Value.Kind == DatumKind::Bool)
      Result += Value.Bool ? "true" : "false";
    else
      Result += "...";
  }
  return Result + (NumHyperParameters > 4 ? ", ...)" : ")");
}

Instance *Elaborator::makeInstance(const ModuleDecl *Module, std::string Path,
                                   SMRange Range) {
  Instance &New = Instances.emplace_back();
  New.Decl = Module;
  New.Path = std::move(Path);
  New.Range = Range;
  return &New;
}

std::optional<std::string> Elaborator::claimMember(StringRef Name,
                                                   SMRange Range) {
  if (Current->InLet) {
    error(Range, "a module is declared as a member, '... = " + Name +
                     "(...)' without 'let'");
    return std::nullopt;
  }
  if (Current->PendingPath.empty()) {
    error(Range, "a module gets its parameters as a member, 'name = " + Name +
                     "(...)' in the body of a module, and is "
                     "applied in the fn by that name");
    return std::nullopt;
  }
  if (Current->PendingUsed) {
    error(Range, "this is a second module in one member; give each a name of "
                 "its own");
    return std::nullopt;
  }
  Current->PendingUsed = true;
  return Current->PendingPath;
}

Datum Elaborator::instantiate(const ModuleDecl *Module,
                              ArrayRef<Argument> Arguments, SMRange Range) {
  StringRef Name = Module->Name.Text;
  auto Path = claimMember(Name, Range);
  if (!Path)
    return Datum::poison();
  if (is_contained(ModulesBeingMade, Module)) {
    return error(Range,
                 "module '" + Name + "' contains itself, and would never end",
                 Module->Name.Range, "it is declared here");
  }
  if (ModulesBeingMade.size() >= limits::ModuleDepth)
    return error(Range, "modules are nested too deeply here (more than " +
                            Twine(limits::ModuleDepth) + " levels)");
  if (Instances.size() > limits::Modules)
    return error(Range, "this model has too many modules (more than " +
                            Twine(limits::Modules) + ")");
  auto Given = evaluateArguments(Arguments);
  if (!Given)
    return Datum::poison();
  std::string What = ("module '" + Name + "'").str();
  auto Bound =
      bindArguments(Module->Params, *Given, Range, What, Module->Name.Range);
  if (!Bound)
    return Datum::poison();

  Instance &New = *makeInstance(Module, *Path, Range);
  Frame F;
  F.Kind = FrameKind::Body;
  F.IsStd = Module->IsStd;
  F.Self = &New;
  F.CallRange = Range;
  FrameScope Scope(*this, F);
  raw_string_ostream Key(New.Key);
  Key << Name << (Module->IsStd ? "!" : "") << "(";
  bool Failed = false;
  for (auto [Param, A] : zip(Module->Params, *Bound)) {
    Datum Value = A ? A->Value : evaluate(*Param.Default);
    Failed |= Value.isPoison();
    New.Statics.push_back({Param.Name.Text, Value});
    // How parameters start makes no other function.
    Key << (Value.Kind == DatumKind::Init ? "init" : makeKey(Value)) << ";";
  }
  Key << ")";
  New.NumHyperParameters = New.Statics.size();
  if (Failed) {
    New.Failed = true;
    return Datum::poison();
  }
  ModulesBeingMade.push_back(Module);
  evaluateItems(New, Module->Items);
  ModulesBeingMade.pop_back();
  return New.Failed ? Datum::poison() : Datum::makeInstance(&New);
}

/// `repeat(n, Module(...))`: n modules, called one after the other.
Datum Elaborator::instantiateRepeat(const CallExpr &Call) {
  if (Call.Arguments.size() != 2 || !Call.Arguments[0].Name.Text.empty() ||
      !Call.Arguments[1].Name.Text.empty())
    return error(Call.Range, "repeat takes how often and a module, as in "
                             "repeat(12, Block(width))");
  const Expr &Count = *Call.Arguments[0].Value;
  Datum Times = evaluate(Count);
  if (Times.isPoison())
    return Times;
  if (!Times.isInt() || Times.Int < 0 || Times.Int > limits::Repeats) {
    error(Count.Range, "a module is repeated 0 to " + Twine(limits::Repeats) +
                           " times, found " + describe(Times));
    noteOrigin(Times);
    return Datum::poison();
  }
  auto Path = claimMember("repeat", Call.Range);
  if (!Path)
    return Datum::poison();
  Instance &New = *makeInstance(nullptr, *Path, Call.Range);
  New.IsRepeat = true;
  New.Key = "repeat" + std::to_string(Times.Int);
  for (int64_t I = 0; I != Times.Int && !Diags.isFull(); ++I) {
    Current->PendingPath = *Path + "." + std::to_string(I);
    Current->PendingUsed = false;
    Datum Element = evaluate(*Call.Arguments[1].Value);
    if (Element.Kind != DatumKind::Instance) {
      if (!Element.isPoison())
        error(Call.Arguments[1].Value->Range,
              "only modules can be repeated, and this is " + describe(Element));
      New.Failed = true;
      break;
    }
    New.Elements.push_back(Element.Instance);
    append_range(New.Parameters, Element.Instance->Parameters);
  }
  Current->PendingPath = *Path;
  Current->PendingUsed = true;
  return New.Failed ? Datum::poison() : Datum::makeInstance(&New);
}

//===----------------------------------------------------------------------===//
// The body
//===----------------------------------------------------------------------===//

void Elaborator::evaluateItems(Instance &Self,
                               ArrayRef<const ModuleItem *> Items) {
  for (const ModuleItem *Item : Items) {
    if (Diags.isFull())
      return;
    // A second member of a name was reported by the analysis.
    const Member *Before =
        Item->Kind == ItemKind::Member || Item->Kind == ItemKind::Param
            ? Self.findMember(Item->Name.Text)
            : nullptr;
    if (Before && (Before->Module || Before->Param))
      continue;
    switch (Item->Kind) {
    case ItemKind::Member:
      evaluateMember(Self, *Item);
      break;
    case ItemKind::Param:
      evaluateParameter(Self, *Item);
      break;
    case ItemKind::Let: {
      Current->InLet = true;
      Datum Value = evaluate(*Item->Value);
      Current->InLet = false;
      if (Value.isPoison())
        Self.Failed = true;
      Self.Statics.push_back({Item->Name.Text, Value});
      break;
    }
    case ItemKind::Tie:
      evaluateTie(Self, *Item);
      break;
    case ItemKind::If: {
      auto Condition = evaluateCondition(*Item->Value);
      if (!Condition) {
        Self.Failed = true;
        break;
      }
      evaluateItems(Self, *Condition ? Item->Then : Item->Else);
      declareNone(Self, *Condition ? Item->Else : Item->Then);
      break;
    }
    }
  }
}

/// The members under a condition that does not hold are none.
void Elaborator::declareNone(Instance &Self,
                             ArrayRef<const ModuleItem *> Items) {
  for (const ModuleItem *Item : Items) {
    if (Item->Kind == ItemKind::If) {
      declareNone(Self, Item->Then);
      declareNone(Self, Item->Else);
    } else if (Item->Kind == ItemKind::Let) {
      if (!Self.findStatic(Item->Name.Text))
        Self.Statics.push_back({Item->Name.Text, Datum::none()});
    } else if (Item->Kind != ItemKind::Tie &&
               !Self.findMember(Item->Name.Text)) {
      Self.Members.push_back({Item->Name, nullptr, nullptr});
    }
  }
}

bool Elaborator::isModifierOn(const Modifier &Mod) {
  if (!Mod.Present || !Mod.Condition)
    return Mod.Present;
  return evaluateCondition(*Mod.Condition).value_or(false);
}

static std::string makePath(const Instance &Self, StringRef Name) {
  return Self.Path.empty() ? Name.str() : Self.Path + "." + Name.str();
}

void Elaborator::evaluateMember(Instance &Self, const ModuleItem &Item) {
  Current->PendingPath = makePath(Self, Item.Name.Text);
  Current->PendingUsed = false;
  Datum Value = evaluate(*Item.Value);
  Current->PendingPath.clear();
  bool IsFrozen = isModifierOn(Item.Frozen);
  bool HasNoDecay = isModifierOn(Item.NoDecay);
  Member New{Item.Name, nullptr, nullptr};
  if (Value.Kind == DatumKind::Instance) {
    New.Module = Value.Instance;
    for (Parameter *Param : Value.Instance->Parameters) {
      Param->Frozen |= IsFrozen;
      Param->Decay &= !HasNoDecay;
    }
    append_range(Self.Parameters, Value.Instance->Parameters);
  } else if (Value.Kind != DatumKind::None) {
    if (!Value.isPoison())
      error(Item.Value->Range,
            "a member is a module, found " + describe(Value) +
                (Value.Kind == DatumKind::Module
                     ? "; it needs its hyper-parameters: " +
                           Value.Module->Name.Text.str() + "(...)"
                     : "; other values are declared by 'let " +
                           Item.Name.Text.str() + " = ...'"));
    Instance &Failed = *makeInstance(Self.Decl, "", Item.Range);
    Failed.Failed = true;
    New.Module = &Failed;
    Self.Failed = true;
  }
  // One that a condition left out earlier may be declared now.
  llvm::erase_if(Self.Members, [&](const Member &M) {
    return M.Name.Text == Item.Name.Text && !M.Module && !M.Param;
  });
  Self.Members.push_back(New);
}

std::optional<Initialiser> Elaborator::evaluateInitialiser(const Datum &Value,
                                                           SMRange Range,
                                                           ArrayRef<Dim> Dims) {
  Initialiser Init;
  if (Value.isNumber()) {
    Init.A = Value.asFloat();
    return Init;
  }
  if (Value.Kind == DatumKind::Builtin) {
    StringRef Name = Value.Function->Name;
    if (Name == "zeros")
      return Init;
    if (Name == "ones") {
      Init.A = 1;
      return Init;
    }
    if (Name.starts_with("xavier_")) {
      Datum Called = callBuiltin(*Value.Function, {}, Range);
      return evaluateInitialiser(Called, Range, Dims);
    }
  }
  if (Value.Kind != DatumKind::Init) {
    if (!Value.isPoison())
      error(Range, "a parameter starts from a number or an initialiser "
                   "(normal, uniform, xavier_normal, xavier_uniform, zeros, "
                   "ones, constant), found " +
                       describe(Value));
    return std::nullopt;
  }
  Init = Value.Init;
  if (Init.Kind != Initialiser::XavierNormal &&
      Init.Kind != Initialiser::XavierUniform)
    return Init;
  // Glorot and Bengio 2010: variance gain^2 * 2 / (fan in + fan out).
  // Dimensions beyond two count into both fans, as in PyTorch.
  if (Dims.size() < 2) {
    error(Range, "Xavier initialisation needs two or more dimensions; this "
                 "parameter is " +
                     printShape(ElementKind::F32, Dims));
    return std::nullopt;
  }
  double Field = 1;
  for (const Dim &D : Dims.drop_front(2))
    Field *= static_cast<double>(D.Size);
  double Fans = static_cast<double>(Dims[0].Size + Dims[1].Size) * Field;
  double Std = Init.A * std::sqrt(2 / Fans);
  if (Init.Kind == Initialiser::XavierNormal)
    return Initialiser{Initialiser::Normal, 0, Std};
  double Limit = std::sqrt(3.0) * Std;
  return Initialiser{Initialiser::Uniform, -Limit, Limit};
}

void Elaborator::evaluateParameter(Instance &Self, const ModuleItem &Item) {
  Parameter &New = Parameters.emplace_back();
  New.Range = Item.Name.Range;
  llvm::erase_if(Self.Members, [&](const Member &M) {
    return M.Name.Text == Item.Name.Text && !M.Module && !M.Param;
  });
  Self.Members.push_back({Item.Name, nullptr, &New});
  bool Failed = false;
  if (Item.Type->Element != ElementKind::F32) {
    error(Item.Type->Range, "parameters are f32");
    Failed = true;
  }
  for (const DimExpr &D : Item.Type->Dims) {
    if (D.IsEllipsis) {
      error(D.Range, "the shape of a parameter is written out; '...' has no "
                     "meaning here");
      Failed = true;
      continue;
    }
    unsigned ErrorsBefore = Diags.getNumErrors();
    auto Size = evaluateDim(*D.Size, /*BindSymbols=*/false, std::nullopt);
    if (Size) {
      New.Dims.push_back(*Size);
      continue;
    }
    if (Diags.getNumErrors() == ErrorsBefore)
      error(D.Range, "the size of a parameter is a number that is known here, "
                     "and '" +
                         getSourceText(D.Range) + "' is none");
    Failed = true;
  }
  if (!Item.Value) {
    error(Item.Range, "parameter '" + Item.Name.Text +
                          "' does not say how it starts; for example '= "
                          "normal(0.02)' or '= zeros'");
    Failed = true;
  } else {
    Datum Value = evaluate(*Item.Value);
    if (Value.isPoison())
      Failed = true;
    else if (!Failed) {
      auto Init = evaluateInitialiser(Value, Item.Value->Range, New.Dims);
      Failed |= !Init;
      New.Init = Init.value_or(Initialiser());
    }
  }
  New.Frozen = isModifierOn(Item.Frozen);
  New.Decay = New.Dims.size() >= 2 && !isModifierOn(Item.NoDecay);
  if (Failed || !makeType(ElementKind::F32, New.Dims, Item.Type->Range)) {
    Self.Failed = true;
    return;
  }
  New.Path = makePath(Self, Item.Name.Text);
  Self.Parameters.push_back(&New);
}

//===----------------------------------------------------------------------===//
// Ties
//===----------------------------------------------------------------------===//

/// The member that `a.b[0].c` names, below a module.
std::optional<Member> Elaborator::resolvePath(const Expr &E, Instance &Self) {
  if (const auto *Name = dyn_cast<NameExpr>(&E)) {
    if (const Member *M = Self.findMember(Name->Name))
      return *M;
    SmallVector<StringRef> Names;
    for (const Member &M : Self.Members)
      Names.push_back(M.Name.Text);
    error(E.Range, "'" + Name->Name + "' is no member declared before this" +
                       didYouMean(Name->Name, Names));
    return std::nullopt;
  }
  if (const auto *Index = dyn_cast<IndexExpr>(&E)) {
    auto Base = resolvePath(*Index->Base, Self);
    if (!Base)
      return std::nullopt;
    if (!Base->Module || !Base->Module->IsRepeat || Index->Items.size() != 1 ||
        Index->Items[0].Kind != IndexItem::Element) {
      error(E.Range, "only a repeated module has elements, and one number "
                     "chooses one");
      return std::nullopt;
    }
    auto I = evaluateElement(
        Index->Items[0], static_cast<int64_t>(Base->Module->Elements.size()));
    if (!I)
      return std::nullopt;
    return Member{{}, Base->Module->Elements[*I], nullptr};
  }
  const auto *Dot = dyn_cast<MemberExpr>(&E);
  if (!Dot) {
    if (E.Kind != ExprKind::Invalid)
      error(E.Range, "'tie' takes parameters, as in 'tie lm_head.weight = "
                     "wte.weight'");
    return std::nullopt;
  }
  auto Base = resolvePath(*Dot->Base, Self);
  if (!Base)
    return std::nullopt;
  if (!Base->Module || Base->Module->Failed || Base->Module->IsRepeat) {
    if (!Base->Module || !Base->Module->Failed)
      error(Dot->Base->Range, "this has no member '" + Dot->Name.Text + "'");
    return std::nullopt;
  }
  if (const Member *M = Base->Module->findMember(Dot->Name.Text))
    return *M;
  SmallVector<StringRef> Names;
  for (const Member &M : Base->Module->Members)
    Names.push_back(M.Name.Text);
  error(Dot->Name.Range, Base->Module->describe() + " has no member '" +
                             Dot->Name.Text + "'" +
                             didYouMean(Dot->Name.Text, Names));
  return std::nullopt;
}

void Elaborator::evaluateTie(Instance &Self, const ModuleItem &Item) {
  auto Target = resolvePath(*Item.Target, Self);
  auto Source = resolvePath(*Item.Value, Self);
  if (!Target || !Source) {
    Self.Failed = true;
    return;
  }
  for (auto [M, E] :
       {std::pair(&*Target, Item.Target), std::pair(&*Source, Item.Value)})
    if (!M->Param) {
      if (!M->Module || !M->Module->Failed)
        error(E->Range,
              "'tie' takes parameters, and this is " +
                  (M->Module ? "a module (" + M->Module->describe() + ")"
                             : std::string("none here")));
      Self.Failed = true;
      return;
    }
  Parameter *To = Target->Param, *From = Source->Param->resolve();
  if (To->Path.empty() || From->Path.empty())
    return; // Reported where they are declared.
  if (To == From) {
    error(Item.Range, "this ties '" + To->Path + "' to itself");
  } else if (To->TiedTo) {
    error(Item.Range,
          "'" + To->Path + "' is tied to '" + To->TiedTo->Path + "' already");
  } else if (!hasSameSizes(To->Dims, From->Dims)) {
    error(Item.Range, "tied parameters have one shape, but '" + To->Path +
                          "' is " + printShape(ElementKind::F32, To->Dims) +
                          " and '" + From->Path + "' is " +
                          printShape(ElementKind::F32, From->Dims));
    note(To->Range, "'" + To->Path + "' is declared here");
    note(From->Range, "'" + From->Path + "' is declared here");
  } else {
    To->TiedTo = From;
    return;
  }
  Self.Failed = true;
}

//===----------------------------------------------------------------------===//
// Initialisers
//===----------------------------------------------------------------------===//

Datum Elaborator::builtinNormal(BuiltinCall &Call) {
  auto Std = wantNumber(Call, 0), Mean = wantNumber(Call, 1);
  if (!Std || !Mean)
    return Datum::poison();
  if (!(*Std >= 0) || std::isinf(*Std))
    return wrongArgument(Call, 0, "a standard deviation of at least 0");
  return Datum::makeInit({Initialiser::Normal, *Mean, *Std});
}

/// `uniform(a)` is from -a to a.
Datum Elaborator::builtinUniform(BuiltinCall &Call) {
  auto Low = wantNumber(Call, 0);
  if (!Low)
    return Datum::poison();
  if (Call.Args[1].Kind == DatumKind::None)
    return Datum::makeInit(
        {Initialiser::Uniform, -std::fabs(*Low), std::fabs(*Low)});
  auto High = wantNumber(Call, 1);
  if (!High)
    return Datum::poison();
  if (!(*Low <= *High))
    return wrongArgument(Call, 1, "a bound of at least " + printNumber(*Low));
  return Datum::makeInit({Initialiser::Uniform, *Low, *High});
}
