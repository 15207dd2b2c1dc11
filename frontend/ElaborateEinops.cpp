//===- ElaborateEinops.cpp - rearrange, reduce, repeat, einsum ------------===//

#include "frontend/Elaborator.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace stator;

/// The part of a pattern that an error is about: inside the string if it is
/// written there, else the whole argument.
static SMRange rangeInPattern(SMRange Argument, StringRef Pattern,
                              const EinopsError &Error) {
  if (Error.Begin == Error.End)
    return Argument;
  const char *Text = Argument.Start.getPointer() + 1;
  StringRef Written(Argument.Start.getPointer(),
                    Argument.End.getPointer() - Argument.Start.getPointer());
  if (Written.size() != Pattern.size() + 2 || Written.front() != '"')
    return Argument;
  return SMRange(SMLoc::getFromPointer(Text + Error.Begin),
                 SMLoc::getFromPointer(Text + Error.End));
}

Datum Elaborator::einopsPattern(BuiltinCall &Call, EinopsForm Form,
                                std::optional<ReduceKind> Kind, StringRef Text,
                                SMRange TextRange) {
  const Datum &X = Call.Args[0];
  auto Sizes = wantSizes(Call);
  if (!Sizes)
    return Datum::poison();
  EinopsError Error;
  auto Fail = [&] {
    for (auto &[Name, Value] : Call.Extra)
      if (Name.Text == Error.SizeName)
        return error(Name.Range, Error.Message);
    return error(rangeInPattern(TextRange, Text, Error), Error.Message);
  };
  auto Pattern = parseEinops(Text, Error);
  if (!Pattern)
    return Fail();
  if (Pattern->Operands.size() != 1) {
    Error.Message = "'" + Call.Function.Name.str() +
                    "' takes one tensor, so its pattern has no ','";
    return Fail();
  }
  auto Save = [&](const std::string &Name) { return Saver.save(Name); };
  auto Plan = planEinops(*Pattern, Form, X.Dims, *Sizes, Save, Error);
  if (!Plan)
    return Fail();
  if (!Plan->Reduced.empty() && !X.isFloatTensor())
    return wrongArgument(Call, 0, "a tensor of f32");

  Datum Value = makeReshape(X, Plan->Split, Call.Range);
  if (!Value.isPoison() && !Plan->Reduced.empty())
    Value = makeReduce(*Kind, Value, Plan->Reduced, Call.Range);
  if (!Value.isPoison())
    Value = makeTranspose(Value, Plan->Permutation, Call.Range);
  if (!Value.isPoison() && Plan->Broadcast.size() != Plan->Repeated.size()) {
    mlir::RankedTensorType Type =
        makeType(Value.Element, Plan->Repeated, Call.Range);
    if (!Type)
      return Datum::poison();
    Value.Tensor = BroadcastOp::create(Builder, makeLocation(Call.Range), Type,
                                       Value.Tensor, Plan->Broadcast);
    Value.Dims = save(Plan->Repeated);
  }
  if (Value.isPoison())
    return Value;
  return makeReshape(Value, Plan->Merged, Call.Range);
}

Datum Elaborator::builtinRearrange(BuiltinCall &Call) {
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  auto Text = wantString(Call, 1);
  if (!Text)
    return Datum::poison();
  return einopsPattern(Call, EinopsForm::Rearrange, std::nullopt, *Text,
                       Call.Ranges[1]);
}

Datum Elaborator::builtinReduce(BuiltinCall &Call) {
  if (!wantTensor(Call, 0))
    return Datum::poison();
  auto Text = wantString(Call, 1), How = wantString(Call, 2);
  if (!Text || !How)
    return Datum::poison();
  auto Kind = symbolizeReduceKind(*How);
  if (!Kind) {
    StringRef Names[] = {"sum", "mean", "max", "min", "logsumexp"};
    return error(Call.Ranges[2],
                 "'" + *How +
                     "' is no reduction; there are \"sum\", "
                     "\"mean\", \"max\", \"min\" and \"logsumexp\"" +
                     didYouMean(*How, Names));
  }
  return einopsPattern(Call, EinopsForm::Reduce, Kind, *Text, Call.Ranges[1]);
}

Datum Elaborator::builtinRepeat(BuiltinCall &Call) {
  if (Call.Args[0].isInt())
    return error(Call.Range, "repeat(n, Module(...)) makes members and stands "
                             "in the body of a module, outside of its fn");
  if (!wantTensor(Call, 0, std::nullopt))
    return Datum::poison();
  auto Text = wantString(Call, 1);
  if (!Text)
    return Datum::poison();
  return einopsPattern(Call, EinopsForm::Repeat, std::nullopt, *Text,
                       Call.Ranges[1]);
}

//===----------------------------------------------------------------------===//
// einsum
//===----------------------------------------------------------------------===//

namespace {
/// An operand on the way: a tensor and the names of its dimensions.
struct Labelled {
  Datum X;
  SmallVector<std::string, 6> Names;
};
} // namespace

/// Any number of operands, contracted from left to right. Names that occur in
/// one operand only and not in the result are summed first.
Datum Elaborator::builtinEinsum(BuiltinCall &Call) {
  if (!Call.Extra.empty())
    return error(Call.Extra[0].first.Range, "'einsum' has no named arguments");
  if (Call.Args.empty())
    return error(Call.Range, "'einsum' takes an equation and tensors");
  auto Text = wantString(Call, 0);
  if (!Text)
    return Datum::poison();
  EinopsError Error;
  auto Fail = [&](size_t Begin, size_t End, const Twine &Message) {
    Error.Begin = Begin;
    Error.End = End;
    Error.Message = Message.str();
    return error(rangeInPattern(Call.Ranges[0], *Text, Error), Error.Message);
  };
  auto Pattern = parseEinops(*Text, Error);
  if (!Pattern)
    return Fail(Error.Begin, Error.End, Error.Message);
  if (Pattern->Operands.size() != Call.Args.size() - 1)
    return Fail(0, 0,
                "this equation has " + Twine(Pattern->Operands.size()) +
                    " operands, but " + Twine(Call.Args.size() - 1) +
                    " are given");

  // Names and sizes.
  StringMap<Dim> Sizes;
  StringMap<unsigned> Uses; // operands and result that have the name
  SmallVector<std::string, 4> EllipsisNames;
  SmallVector<Labelled, 3> Operands;
  auto AddName = [&](Labelled &Operand, const std::string &Name, Dim D,
                     const EinopsAxis &A, size_t Index) {
    auto [It, New] = Sizes.try_emplace(Name, D);
    if (!New && It->second.Size != D.Size) {
      Fail(A.Begin, A.End,
           "'" + A.Name + "' is " + printDim(It->second) +
               " before, but here it is " + printDim(D) + ": operand " +
               Twine(Index + 1) + " is " + describe(Operand.X));
      return false;
    }
    Operand.Names.push_back(Name);
    ++Uses[Name];
    return true;
  };
  // Dimensions under '...' are counted from the end: ..., "b", "t".
  auto EllipsisName = [&](size_t FromEnd) {
    std::string Name = FromEnd == 0   ? "t"
                       : FromEnd == 1 ? "b"
                                      : "e" + std::to_string(FromEnd);
    auto IsTaken = [&](const EinopsSide &Side) {
      return any_of(Side.Groups, [&](const EinopsGroup &G) {
        return !G.Axes.empty() && G.Axes[0].Name == Name;
      });
    };
    while (any_of(Pattern->Operands, IsTaken))
      Name += Name[0];
    return Name;
  };
  for (size_t I = 0; I != Pattern->Operands.size(); ++I) {
    const EinopsSide &Side = Pattern->Operands[I];
    if (!wantTensor(Call, I + 1))
      return Datum::poison();
    Labelled Operand{Call.Args[I + 1], {}};
    size_t Rank = Operand.X.Dims.size(), Plain = Side.Groups.size();
    for (const EinopsGroup &G : Side.Groups)
      if (G.IsComposed || G.Axes[0].Name == "1")
        return Fail(G.Begin, G.End,
                    "an equation has plain names only; rearrange(...) splits "
                    "and merges dimensions");
    bool HasEllipsis = Side.hasEllipsis();
    Plain -= HasEllipsis;
    if (HasEllipsis ? Rank < Plain : Rank != Plain)
      return Fail(Side.Begin, Side.End,
                  "the equation gives operand " + Twine(I + 1) + " " +
                      Twine(Plain) + (HasEllipsis ? " or more" : "") +
                      " dimensions, but it has " + Twine(Rank) + ": " +
                      describe(Operand.X));
    size_t Next = 0;
    for (const EinopsGroup &G : Side.Groups) {
      const EinopsAxis &A = G.Axes[0];
      if (A.Name != "...") {
        if (!AddName(Operand, A.Name, Operand.X.Dims[Next++], A, I))
          return Datum::poison();
        continue;
      }
      // Counted from the end, so that shorter ones fit.
      size_t Count = Rank - Plain;
      for (size_t J = 0; J != Count; ++J) {
        std::string Name = EllipsisName(Count - 1 - J);
        if (J == 0 && Count > EllipsisNames.size())
          EllipsisNames.clear();
        if (EllipsisNames.size() < Count)
          EllipsisNames.push_back(Name);
        if (!AddName(Operand, Name, Operand.X.Dims[Next++], A, I))
          return Datum::poison();
      }
    }
    Operands.push_back(Operand);
  }
  SmallVector<std::string, 6> ResultNames;
  for (const EinopsGroup &G : Pattern->Result.Groups) {
    if (G.IsComposed || G.Axes[0].Name == "1")
      return Fail(G.Begin, G.End,
                  "an equation has plain names only; rearrange(...) splits and "
                  "merges dimensions");
    const EinopsAxis &A = G.Axes[0];
    if (A.Name == "...") {
      append_range(ResultNames, EllipsisNames);
      continue;
    }
    if (!Sizes.contains(A.Name))
      return Fail(A.Begin, A.End, "'" + A.Name + "' stands in no operand");
    ResultNames.push_back(A.Name);
  }
  for (const std::string &Name : ResultNames)
    ++Uses[Name];

  // A typing error makes two labels of one.
  if (Operands.size() > 1)
    for (const EinopsSide &Side : Pattern->Operands)
      for (const EinopsGroup &G : Side.Groups) {
        const EinopsAxis &A = G.Axes[0];
        if (A.Name == "..." || A.Name.front() == '_' || Uses[A.Name] != 1)
          continue;
        Error.Begin = A.Begin;
        Error.End = A.End;
        Diags.warning(rangeInPattern(Call.Ranges[0], *Text, Error),
                      "'" + A.Name +
                          "' stands in one operand only, which is summed over "
                          "it; sum(...) that operand before, or begin the "
                          "label with '_', if that is intended");
      }

  // Sums what only one operand has.
  for (Labelled &Operand : Operands) {
    SmallVector<int64_t, 4> Axes;
    for (size_t I = 0; I != Operand.Names.size(); ++I)
      if (Uses[Operand.Names[I]] == 1)
        Axes.push_back(static_cast<int64_t>(I));
    Operand.X = makeReduce(ReduceKind::Sum, Operand.X, Axes, Call.Range);
    if (Operand.X.isPoison())
      return Datum::poison();
    for (int64_t Axis : reverse(Axes))
      Operand.Names.erase(Operand.Names.begin() + Axis);
  }

  // Contracts from the left; a name stays while something after needs it.
  Labelled Result = Operands[0];
  for (size_t I = 1; I != Operands.size(); ++I) {
    const Labelled &Rhs = Operands[I];
    SmallVector<std::string, 6> Names;
    if (I + 1 == Operands.size()) {
      Names = ResultNames;
    } else {
      auto IsNeeded = [&](const std::string &Name) {
        if (is_contained(ResultNames, Name))
          return true;
        return any_of(
            ArrayRef(Operands).drop_front(I + 1),
            [&](const Labelled &L) { return is_contained(L.Names, Name); });
      };
      for (const std::string &Name : Result.Names)
        if (IsNeeded(Name))
          Names.push_back(Name);
      for (const std::string &Name : Rhs.Names)
        if (IsNeeded(Name) && !is_contained(Names, Name))
          Names.push_back(Name);
    }
    SmallVector<Dim, 6> Dims;
    for (const std::string &Name : Names)
      Dims.push_back(Sizes[Name]);
    Result.X = makeEinsum(Result.X, Result.Names, Rhs.X, Rhs.Names, Names, Dims,
                          Call.Range);
    if (Result.X.isPoison())
      return Datum::poison();
    Result.Names = Names;
  }
  SmallVector<int64_t, 6> Permutation;
  for (const std::string &Name : ResultNames)
    Permutation.push_back(find(Result.Names, Name) - Result.Names.begin());
  return makeTranspose(Result.X, Permutation, Call.Range);
}
