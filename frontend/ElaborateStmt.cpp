//===- ElaborateStmt.cpp - Statements and scans ---------------------------===//

#include "frontend/Elaborator.h"

using namespace llvm;
using namespace stator;

void Elaborator::execute(ArrayRef<const Stmt *> Body) {
  size_t NumLocals = Current->Locals.size();
  for (const Stmt *S : Body) {
    if (Current->Returned || Diags.isFull())
      break;
    switch (S->Kind) {
    case StmtKind::Let:
      executeLet(cast<LetStmt>(*S));
      break;
    case StmtKind::Return: {
      if (Current->Scan) { // The analysis reported it.
        Current->Scan->IsBroken = true;
        break;
      }
      const auto &Return = cast<ReturnStmt>(*S);
      Datum Value = evaluate(*Return.Value);
      Current->Returned = Value;
      Current->ReturnRange = Return.Value->Range;
      break;
    }
    case StmtKind::If: {
      const auto &If = cast<IfStmt>(*S);
      auto Condition = evaluateCondition(*If.Condition);
      if (Condition)
        execute(*Condition ? If.Then : If.Else);
      else // What follows may hang on it.
        Current->Returned = Datum::poison();
      break;
    }
    case StmtKind::Next: {
      const auto &Next = cast<NextStmt>(*S);
      if (!Current->Scan) // The analysis reported it.
        break;
      Datum Value = evaluateNamed(*Next.Value, Next.Name.Text);
      Current->Scan->IsBroken |= Value.isPoison();
      Current->Scan->Next.push_back({Next.Name.Text, Value});
      Current->Scan->NextRanges.push_back(Next.Value->Range);
      break;
    }
    case StmtKind::Emit: {
      const auto &Emit = cast<EmitStmt>(*S);
      if (!Current->Scan) // The analysis reported it.
        break;
      if (Current->Scan->Emitted) {
        error(Emit.Range, "a scan emits once; several values stand behind one "
                          "'emit', divided by ','");
        break;
      }
      SmallVector<Datum, 2> Values;
      for (const Expr *E : Emit.Values)
        Values.push_back(evaluate(*E));
      Current->Scan->Emitted = Values;
      Current->Scan->EmitRange = Emit.Range;
      break;
    }
    }
  }
  Current->Locals.truncate(NumLocals);
}

/// Evaluates with ops named after a variable.
Datum Elaborator::evaluateNamed(const Expr &E, StringRef Variable) {
  std::string Outer = Current->Variable;
  Current->Variable = Current->Prefix + Variable.str();
  Datum Value = evaluate(E);
  Current->Variable = Outer;
  return Value;
}

/// Gives the op of one of several values the name of its own variable.
void Elaborator::rename(const Datum &Value, StringRef From, StringRef To) {
  if (!Value.isTensor())
    return;
  mlir::Operation *Op = Value.Tensor.getDefiningOp();
  if (!Op || Op->getNumResults() != 1)
    return;
  auto Loc = mlir::dyn_cast<mlir::NameLoc>(Op->getLoc());
  if (Loc && Loc.getName() == From)
    Op->setLoc(
        mlir::NameLoc::get(Builder.getStringAttr(To), Loc.getChildLoc()));
}

void Elaborator::executeLet(const LetStmt &Let) {
  StringRef First = Let.Names.front().Text;
  Datum Value = evaluateNamed(*Let.Value, First);
  if (Let.Type && !Value.isPoison()) {
    if (auto Dims =
            matchType(*Let.Type, Value, Let.Value->Range, "'" + First + "'",
                      /*NoteDeclaration=*/false))
      Value.Dims = *Dims;
    else
      Value = Datum::poison();
  }
  auto Bind = [&](StringRef Name, Datum Value) {
    if (Value.isInt())
      Value.Text = Name;
    if (Name != "_")
      Current->Locals.push_back({Name, Value});
  };
  if (Let.Names.size() == 1)
    return Bind(First, Value);
  bool Fits = Value.Kind == DatumKind::Tuple &&
              Value.Elements.size() == Let.Names.size();
  if (!Fits && !Value.isPoison()) {
    if (Value.Kind == DatumKind::Tuple)
      error(Let.Value->Range, "there are " + Twine(Let.Names.size()) +
                                  " names, but the value has " +
                                  Twine(Value.Elements.size()) + " parts");
    else
      error(Let.Value->Range,
            "there are " + Twine(Let.Names.size()) +
                " names, but the value is one: " + describe(Value));
    note(Let.Names.back().Range, "the names are here");
  }
  std::string From = Current->Prefix + First.str();
  for (auto [I, Name] : enumerate(Let.Names)) {
    if (!Fits) {
      Bind(Name.Text, Datum::poison());
      continue;
    }
    rename(Value.Elements[I], From, Current->Prefix + Name.Text.str());
    Bind(Name.Text, Value.Elements[I]);
  }
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

Datum Elaborator::evaluateScan(const ScanExpr &E) {
  if (!requireCode(E.Range, "the result of a scan"))
    return Datum::poison();
  bool Failed = false;
  SmallVector<Datum, 2> Carries, Sequences;
  auto EvaluateAll = [&](ArrayRef<Binding> Bindings,
                         SmallVectorImpl<Datum> &Values, StringRef What) {
    for (const Binding &B : Bindings) {
      Datum Value = evaluate(*B.Value);
      if (!Value.isTensor() && !Value.isPoison())
        Value = error(B.Value->Range, What + " '" + B.Name.Text +
                                          "' is a tensor, found " +
                                          describe(Value));
      Failed |= Value.isPoison();
      Values.push_back(Value);
    }
  };
  EvaluateAll(E.Carries, Carries, "carry");
  EvaluateAll(E.Sequences, Sequences, "sequence");
  int64_t Axis = 1;
  bool Reverse = false;
  if (E.Axis) {
    auto Value = evaluateIndexPart(E.Axis, 1);
    Failed |= !Value;
    Axis = Value.value_or(1);
  }
  if (E.Reverse) {
    auto Value = evaluateCondition(*E.Reverse);
    Failed |= !Value;
    Reverse = Value.value_or(false);
  }
  if (E.Sequences.empty() && !Failed)
    return error(E.Range, "a scan goes over at least one sequence");
  if (Failed)
    return Datum::poison();
  for (auto [B, X] : zip(E.Sequences, Sequences)) {
    if (Axis < 0 || Axis >= X.getRank())
      return error(B.Value->Range, "the scan goes along axis " + Twine(Axis) +
                                       ", which " + describe(X) +
                                       " does not have");
    if (X.Dims[Axis].Size != Sequences[0].Dims[Axis].Size)
      return error(B.Value->Range,
                   "all sequences of a scan have one length, found " +
                       describe(Sequences[0]) + " and " + describe(X) +
                       " along axis " + Twine(Axis));
  }
  Dim Length = Sequences[0].Dims[Axis];

  // The body, as a block on its own until the types of the results are known.
  auto Body = std::make_unique<mlir::Block>();
  size_t NumLocals = Current->Locals.size();
  ScanState State;
  ScanState *OuterScan = Current->Scan;
  {
    mlir::OpBuilder::InsertionGuard Guard(Builder);
    auto AddArgument = [&](const Binding &B, Datum X) {
      X.Tensor = Body->addArgument(
          makeType(X.Element, X.Dims, B.Name.Range),
          makeLocation(B.Name.Range, Current->Prefix + B.Name.Text.str()));
      Current->Locals.push_back({B.Name.Text, X});
    };
    for (auto [B, X] : zip(E.Carries, Carries)) {
      Datum Carry = X;
      Carry.Bound = -1; // only its first value is known
      AddArgument(B, Carry);
    }
    for (auto [B, X] : zip(E.Sequences, Sequences)) {
      SmallVector<Dim, 4> Dims(X.Dims);
      Dims.erase(Dims.begin() + Axis);
      Datum Slice = X;
      Slice.Dims = save(Dims);
      AddArgument(B, Slice);
    }
    Builder.setInsertionPointToEnd(Body.get());
    Current->Scan = &State;
    unsigned ErrorsBefore = Diags.getNumErrors();
    execute(E.Body);
    Current->Scan = OuterScan;
    Failed = State.IsBroken || Diags.getNumErrors() != ErrorsBefore;
    // A 'next' of an unknown name was most likely meant for the one that lacks.
    for (auto &[Name, Value] : State.Next)
      Failed |= none_of(E.Carries, [&, &Name = Name](const Binding &B) {
        return B.Name.Text == Name;
      });
  }
  Current->Locals.truncate(NumLocals);

  SmallVector<mlir::Value, 4> Yielded, Inits, Overs;
  SmallVector<mlir::Type, 4> Types;
  SmallVector<Datum, 4> Results;
  for (auto [B, X] : zip(E.Carries, Carries)) {
    const Datum *Next = nullptr;
    SMRange Range;
    for (auto [Named, R] : zip(State.Next, State.NextRanges))
      if (Named.first == B.Name.Text) {
        if (Next)
          Failed |= error(R, "the next '" + B.Name.Text + "' was said before")
                        .isPoison();
        Next = &Named.second;
        Range = R;
      }
    if (!Next) {
      if (!Failed)
        error(B.Name.Range, "the body does not say the next '" + B.Name.Text +
                                "': 'next " + B.Name.Text + " = ...'");
      Failed = true;
      continue;
    }
    if (Next->isPoison()) {
      Failed = true;
      continue;
    }
    if (!Next->isTensor() || Next->Tensor.getType() != X.Tensor.getType()) {
      error(Range, "the next '" + B.Name.Text +
                       "' must be as the first: "
                       "expected " +
                       describe(X) + ", found " + describe(*Next));
      note(B.Value->Range, "the first value is here");
      Failed = true;
      continue;
    }
    Inits.push_back(X.Tensor);
    Yielded.push_back(Next->Tensor);
    Types.push_back(X.Tensor.getType());
  }
  if (State.Emitted)
    for (const Datum &X : *State.Emitted) {
      if (X.isPoison()) {
        Failed = true;
        continue;
      }
      if (!X.isTensor() || X.getRank() < Axis) {
        error(State.EmitRange, "a scan along axis " + Twine(Axis) +
                                   " emits tensors with " + Twine(Axis) +
                                   " or more dimensions, found " + describe(X));
        Failed = true;
        continue;
      }
      SmallVector<Dim, 4> Dims(X.Dims);
      Dims.insert(Dims.begin() + Axis, Length);
      mlir::RankedTensorType Type = makeType(X.Element, Dims, E.Range);
      if (!Type) {
        Failed = true;
        continue;
      }
      Yielded.push_back(X.Tensor);
      Types.push_back(Type);
      Results.push_back(Datum::makeTensor(X.Element, {}, save(Dims)));
    }
  if (!Failed && Types.empty())
    return error(E.Range, "this scan has no result: it carries nothing and "
                          "emits nothing");
  if (Failed) {
    Body->dropAllReferences();
    Body->dropAllDefinedValueUses();
    return Datum::poison();
  }
  for (const Datum &X : Sequences)
    Overs.push_back(X.Tensor);
  auto Scan = ScanOp::create(Builder, makeLocation(E.Range), Types, Inits,
                             Overs, static_cast<uint64_t>(Axis),
                             static_cast<uint64_t>(Length.Size), Reverse);
  {
    mlir::OpBuilder::InsertionGuard Guard(Builder);
    Builder.setInsertionPointToEnd(Body.get());
    YieldOp::create(Builder, makeLocation(E.Range, ""), Yielded);
  }
  Scan.getBody().getBlocks().clear();
  Scan.getBody().push_back(Body.release());
  // What is emitted comes first, then the last carries.
  for (auto [D, Value] : zip(Results, Scan.getOutputs()))
    D.Tensor = Value;
  for (auto [X, Value] : zip(Carries, Scan.getLastCarries())) {
    Datum Last = X;
    Last.Tensor = Value;
    Last.Bound = -1;
    Results.push_back(Last);
  }
  return Results.size() == 1 ? Results[0] : Datum::makeTuple(save(Results));
}
