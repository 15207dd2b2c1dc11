//===- DeclaredNames.cpp - Names in scope, and whether they are used ------===//

#include "frontend/DeclaredNames.h"

using namespace llvm;
using namespace stator;

void DeclaredNames::truncate(size_t Size) {
  for (const Entry &E : drop_begin(Names, Size))
    if (!E.IsUsed && E.What != Kind::Symbol && !E.Name.Text.starts_with("_"))
      Unused.push_back(E);
  Names.truncate(Size);
}

bool DeclaredNames::contains(StringRef Name, size_t From) const {
  return any_of(drop_begin(Names, From),
                [&](const Entry &E) { return E.Name.Text == Name; });
}

void DeclaredNames::use(StringRef Name) {
  auto Innermost = find_if(reverse(Names),
                           [&](const Entry &E) { return E.Name.Text == Name; });
  if (Innermost == Names.rend())
    return;
  Innermost->IsUsed = true;
  // Both branches of an `if` may declare a member of the same name.
  if (Innermost->What == Kind::Member || Innermost->What == Kind::BodyValue)
    for (Entry &E : Names)
      if (E.What == Innermost->What && E.Name.Text == Name)
        E.IsUsed = true;
}

void DeclaredNames::appendTo(SmallVectorImpl<StringRef> &Result) const {
  for (const Entry &E : Names)
    Result.push_back(E.Name.Text);
}

static StringRef describe(DeclaredNames::Kind What) {
  switch (What) {
  case DeclaredNames::Kind::Symbol:
    return "dimension";
  case DeclaredNames::Kind::Value:
  case DeclaredNames::Kind::BodyValue:
    return "value";
  case DeclaredNames::Kind::Parameter:
    return "parameter";
  case DeclaredNames::Kind::HyperParameter:
    return "hyper-parameter";
  case DeclaredNames::Kind::Member:
    return "member";
  }
  return "";
}

void DeclaredNames::warn(Diagnostics &Diags) {
  erase_if(Unused, [&](const Entry &E) {
    return (E.What == Kind::Member || E.What == Kind::BodyValue) &&
           UsedAsMember.contains(E.Name.Text);
  });
  llvm::sort(Unused, [](const Entry &A, const Entry &B) {
    return A.Name.Range.Start.getPointer() < B.Name.Range.Start.getPointer();
  });
  for (const Entry &E : Unused)
    Diags.warning(E.Name.Range,
                  describe(E.What) + " '" + E.Name.Text + "' is never used" +
                      (E.What == Kind::Member
                           ? ""
                           : "; begin its name with '_' if that is intended"));
}
