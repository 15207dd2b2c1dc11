//===- Locations.cpp - Module paths in locations --------------------------===//
//
// Locations carry the path of what was written in the model; printed values are
// named after it.
//
//===----------------------------------------------------------------------===//

#include "ir/Dialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace stator;

StringRef stator::getPathOfLocation(Location Loc) {
  return TypeSwitch<LocationAttr, StringRef>(Loc)
      .Case([](NameLoc Name) { return Name.getName().getValue(); })
      .Case([](CallSiteLoc Call) {
        StringRef Path = getPathOfLocation(Call.getCallee());
        return Path.empty() ? getPathOfLocation(Call.getCaller()) : Path;
      })
      .Case([](FusedLoc Fused) {
        for (Location Part : Fused.getLocations())
          if (StringRef Path = getPathOfLocation(Part); !Path.empty())
            return Path;
        return StringRef();
      })
      .Case([](OpaqueLoc Opaque) {
        return getPathOfLocation(Opaque.getFallbackLocation());
      })
      .Default(StringRef());
}

FileLineColLoc stator::getSourceOfLocation(Location Loc) {
  return TypeSwitch<LocationAttr, FileLineColLoc>(Loc)
      .Case([](FileLineColLoc File) { return File; })
      .Case(
          [](NameLoc Name) { return getSourceOfLocation(Name.getChildLoc()); })
      .Case([](CallSiteLoc Call) {
        FileLineColLoc Source = getSourceOfLocation(Call.getCallee());
        return Source ? Source : getSourceOfLocation(Call.getCaller());
      })
      .Case([](FusedLoc Fused) {
        for (Location Part : Fused.getLocations())
          if (FileLineColLoc Source = getSourceOfLocation(Part))
            return Source;
        return FileLineColLoc();
      })
      .Case([](OpaqueLoc Opaque) {
        return getSourceOfLocation(Opaque.getFallbackLocation());
      })
      .Default(FileLineColLoc());
}

Location stator::getCotangentLoc(Location Loc) {
  StringRef Path = getPathOfLocation(Loc);
  if (Path.empty() || Path.starts_with("d("))
    return Loc;
  FileLineColLoc Source = getSourceOfLocation(Loc);
  return NameLoc::get(StringAttr::get(Loc.getContext(), "d(" + Path + ")"),
                      Source ? Location(Source)
                             : UnknownLoc::get(Loc.getContext()));
}

std::string stator::sanitizeValueName(StringRef Path) {
  std::string Name;
  if (Path.consume_front("d(")) {
    Path.consume_back(")");
    Name = "d_";
  }
  for (char C : Path)
    Name += llvm::isAlnum(C) || StringRef("_.$-").contains(C) ? C : '_';
  return Name;
}

/// What the results of an op with several are called after the path; "" is the
/// path itself. One name for more results names them as a pack.
static SmallVector<StringRef, 3> getResultSuffixes(Operation *Op) {
  return TypeSwitch<Operation *, SmallVector<StringRef, 3>>(Op)
      .Case<AttentionOp, CrossEntropyOp>(
          [](auto) { return SmallVector<StringRef, 3>{"", ".lse"}; })
      .Case([](AttentionGradOp) {
        return SmallVector<StringRef, 3>{".query", ".key", ".value"};
      })
      .Case([](AdamOp) { return SmallVector<StringRef, 3>{"", ".m", ".v"}; })
      .Case([](SgdOp) { return SmallVector<StringRef, 3>{"", ".momentum"}; })
      .Default(SmallVector<StringRef, 3>{""});
}

void stator::nameResultsFromLocation(Operation *Op,
                                     OpAsmSetValueNameFn SetName) {
  StringRef Path = getPathOfLocation(Op->getLoc());
  // What is read is best known by its own name.
  if (auto Read = dyn_cast<ReadOp>(Op))
    Path = Read.getParameter();
  else if (Path.empty() && isa<ConstantOp>(Op))
    Path = "cst";
  if (Path.empty())
    return;
  std::string Name = sanitizeValueName(Path);
  for (auto [Result, Suffix] :
       llvm::zip(Op->getResults(), getResultSuffixes(Op)))
    SetName(Result, Name + Suffix.str());
}
