//===- Einops.cpp - Patterns such as "b t (h d) -> b h t d" ---------------===//

#include "frontend/Einops.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace stator;

bool EinopsSide::hasEllipsis() const {
  return any_of(Groups, [](const EinopsGroup &G) {
    return any_of(G.Axes, [](const EinopsAxis &A) { return A.Name == "..."; });
  });
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// What can find an error in a part of a pattern.
class Failing {
protected:
  explicit Failing(EinopsError &Error) : Error(Error) {}
  bool fail(size_t Begin, size_t End, const Twine &Message) {
    Error.Begin = Begin;
    Error.End = End;
    Error.Message = Message.str();
    return false;
  }

  EinopsError &Error;
};

class PatternReader : Failing {
public:
  PatternReader(StringRef Text, EinopsError &Error)
      : Failing(Error), Text(Text) {}

  std::optional<EinopsPattern> read();

private:
  bool readSide(EinopsSide &Side);
  bool readAxis(EinopsAxis &Axis);
  void skipSpace() {
    while (Position < Text.size() && isSpace(Text[Position]))
      ++Position;
  }
  bool accept(StringRef Part) {
    skipSpace();
    if (!Text.substr(Position).starts_with(Part))
      return false;
    Position += Part.size();
    return true;
  }
  bool atAxis() {
    skipSpace();
    return Position < Text.size() &&
           (isAlnum(Text[Position]) || Text[Position] == '_' ||
            Text.substr(Position).starts_with("..."));
  }

  StringRef Text;
  size_t Position = 0;
};

} // namespace

bool PatternReader::readAxis(EinopsAxis &Axis) {
  skipSpace();
  Axis.Begin = Position;
  if (accept("...")) {
    Axis.Name = "...";
    Axis.End = Position;
    return true;
  }
  while (Position < Text.size() &&
         (isAlnum(Text[Position]) || Text[Position] == '_'))
    ++Position;
  Axis.End = Position;
  Axis.Name = Text.slice(Axis.Begin, Axis.End).str();
  if (isDigit(Axis.Name[0]) && Axis.Name != "1")
    return fail(Axis.Begin, Axis.End,
                "the only number in a pattern is 1; give '" + Axis.Name +
                    "' a name and say its size after the pattern");
  return true;
}

bool PatternReader::readSide(EinopsSide &Side) {
  skipSpace();
  Side.Begin = Position;
  auto AddAxis = [&](EinopsGroup &Group) {
    EinopsAxis Axis;
    if (!readAxis(Axis))
      return false;
    auto IsSame = [&](const EinopsAxis &A) {
      return A.Name == Axis.Name && A.Name != "1";
    };
    if (any_of(Group.Axes, IsSame) ||
        any_of(Side.Groups,
               [&](const EinopsGroup &G) { return any_of(G.Axes, IsSame); }))
      return fail(Axis.Begin, Axis.End,
                  "'" + Axis.Name + "' stands twice on one side");
    Group.Axes.push_back(Axis);
    return true;
  };
  while (true) {
    EinopsGroup Group;
    skipSpace();
    Group.Begin = Position;
    if (accept("(")) {
      Group.IsComposed = true;
      while (atAxis())
        if (!AddAxis(Group))
          return false;
      if (!accept(")"))
        return fail(Group.Begin, std::max(Position, Group.Begin + 1),
                    "this parenthesis is not closed");
    } else if (atAxis()) {
      if (!AddAxis(Group))
        return false;
    } else {
      Side.End = Position;
      return true;
    }
    Group.End = Position;
    Side.Groups.push_back(Group);
  }
}

std::optional<EinopsPattern> PatternReader::read() {
  EinopsPattern Pattern;
  do {
    if (!readSide(Pattern.Operands.emplace_back()))
      return std::nullopt;
  } while (accept(","));
  if (!accept("->")) {
    if (Position == Text.size())
      fail(0, Text.size(), "this pattern has no '->'");
    else
      fail(Position, Position + 1,
           "'" + Text.substr(Position, 1) + "' has no place in a pattern");
    return std::nullopt;
  }
  if (!readSide(Pattern.Result))
    return std::nullopt;
  skipSpace();
  if (Position != Text.size()) {
    fail(Position, Position + 1,
         "'" + Text.substr(Position, 1) + "' has no place here");
    return std::nullopt;
  }
  return Pattern;
}

std::optional<EinopsPattern> stator::parseEinops(StringRef Text,
                                                 EinopsError &Error) {
  return PatternReader(Text, Error).read();
}

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

namespace {

/// An axis on its own: its place in the pattern and its size.
struct FlatAxis {
  std::string Name;
  Dim Size;
  bool Known = false;
  size_t Begin = 0, End = 0;
};

class Planner : Failing {
public:
  Planner(const EinopsPattern &Pattern, EinopsForm Form, ArrayRef<Dim> Shape,
          const EinopsSizes &Sizes,
          function_ref<StringRef(const std::string &)> Save, EinopsError &Error)
      : Failing(Error), Left(Pattern.Operands.front()), Right(Pattern.Result),
        Form(Form), Shape(Shape), Sizes(Sizes), Save(Save) {}

  std::optional<EinopsPlan> plan();

private:
  const Dim *findSize(StringRef Name) const {
    for (auto &[Text, Size] : Sizes)
      if (Text == Name)
        return &Size;
    return nullptr;
  }
  bool readLeft();
  bool splitGroup(const EinopsGroup &Group, const Dim &Whole);
  bool readRight();
  bool checkSizesUsed();
  std::string printTensor() const {
    return printShape(ElementKind::F32, Shape).substr(3);
  }

  const EinopsSide &Left, &Right;
  EinopsForm Form;
  ArrayRef<Dim> Shape;
  const EinopsSizes &Sizes;
  function_ref<StringRef(const std::string &)> Save;

  SmallVector<FlatAxis, 8> LeftAxes, RightAxes;
  size_t NumEllipsis = 0;
  EinopsPlan Plan;
};

} // namespace

bool Planner::splitGroup(const EinopsGroup &Group, const Dim &Whole) {
  int64_t Known = 1;
  FlatAxis *Unknown = nullptr;
  size_t First = LeftAxes.size();
  LeftAxes.reserve(First + Group.Axes.size());
  for (const EinopsAxis &A : Group.Axes) {
    if (A.Name == "...")
      return fail(A.Begin, A.End,
                  "'...' cannot be split off between parentheses");
    if (A.Name == "1")
      continue;
    FlatAxis Axis{A.Name, {}, false, A.Begin, A.End};
    if (const Dim *Size = findSize(A.Name)) {
      Axis.Size = *Size;
      Axis.Known = true;
      if (MulOverflow(Known, Size->Size, Known))
        return fail(A.Begin, A.End, "this size is too large");
    }
    LeftAxes.push_back(Axis);
  }
  for (FlatAxis &Axis : MutableArrayRef(LeftAxes).drop_front(First)) {
    if (Axis.Known)
      continue;
    if (Unknown)
      return fail(Group.Begin, Group.End,
                  "the sizes of both '" + Unknown->Name + "' and '" +
                      Axis.Name +
                      "' are open; say one after the pattern, as "
                      "in " +
                      Unknown->Name + " = 2");
    Unknown = &Axis;
  }
  if (Unknown) {
    if (Known == 0 || Whole.Size % Known)
      return fail(Group.Begin, Group.End,
                  printDim(Whole) + " does not divide by " +
                      std::to_string(Known));
    Unknown->Size = {Whole.Size / Known, Save(Unknown->Name)};
    Unknown->Known = true;
  } else if (Known != Whole.Size) {
    return fail(Group.Begin, Group.End,
                "this makes " + std::to_string(Known) +
                    ", but the dimension is " + printDim(Whole));
  }
  return true;
}

bool Planner::readLeft() {
  size_t Plain = Left.Groups.size() - (Left.hasEllipsis() ? 1 : 0);
  if (Left.hasEllipsis() ? Shape.size() < Plain : Shape.size() != Plain)
    return fail(Left.Begin, Left.End,
                "this side has " + std::to_string(Plain) +
                    (Left.hasEllipsis() ? " or more" : "") +
                    " dimensions, but the tensor has " +
                    std::to_string(Shape.size()) + ": " + printTensor());
  NumEllipsis = Left.hasEllipsis() ? Shape.size() - Plain : 0;
  size_t Next = 0;
  for (const EinopsGroup &Group : Left.Groups) {
    if (Group.IsComposed) {
      if (!splitGroup(Group, Shape[Next++]))
        return false;
      continue;
    }
    const EinopsAxis &A = Group.Axes.front();
    if (A.Name == "...") {
      for (size_t I = 0; I != NumEllipsis; ++I)
        LeftAxes.push_back(
            {"..." + std::to_string(I), Shape[Next++], true, A.Begin, A.End});
      continue;
    }
    Dim Size = Shape[Next++];
    if (A.Name == "1") {
      if (Size.Size != 1)
        return fail(A.Begin, A.End,
                    "this dimension is " + printDim(Size) + ", not 1");
      continue;
    }
    const Dim *Said = findSize(A.Name);
    if (Said && Said->Size != Size.Size)
      return fail(A.Begin, A.End,
                  "'" + A.Name + "' is said to be " +
                      std::to_string(Said->Size) + ", but the dimension is " +
                      printDim(Size));
    if (Size.Name.empty())
      Size.Name = Save(A.Name);
    LeftAxes.push_back({A.Name, Size, true, A.Begin, A.End});
  }
  return true;
}

bool Planner::readRight() {
  if (Right.hasEllipsis() && !Left.hasEllipsis())
    return fail(Right.Begin, Right.End, "'...' stands on the right side only");
  auto FindLeft = [&](StringRef Name) -> const FlatAxis * {
    for (const FlatAxis &A : LeftAxes)
      if (A.Name == Name)
        return &A;
    return nullptr;
  };
  for (const EinopsGroup &Group : Right.Groups) {
    int64_t Product = 1;
    std::string Name;
    size_t First = RightAxes.size();
    for (const EinopsAxis &A : Group.Axes) {
      if (A.Name == "1")
        continue;
      if (A.Name == "...") {
        for (size_t I = 0; I != NumEllipsis; ++I)
          RightAxes.push_back(*FindLeft("..." + std::to_string(I)));
        continue;
      }
      if (const FlatAxis *Found = FindLeft(A.Name)) {
        RightAxes.push_back(*Found);
        continue;
      }
      const Dim *Size = findSize(A.Name);
      if (Form != EinopsForm::Repeat)
        return fail(A.Begin, A.End,
                    "'" + A.Name + "' stands on the right side only" +
                        (Size ? "; repeat(...) makes new dimensions" : ""));
      if (!Size)
        return fail(A.Begin, A.End,
                    "the size of the new dimension '" + A.Name +
                        "' is open; say it after the pattern, as in " + A.Name +
                        " = 2");
      RightAxes.push_back({A.Name, *Size, true, A.Begin, A.End});
    }
    ArrayRef<FlatAxis> Axes = ArrayRef(RightAxes).drop_front(First);
    if (!Group.IsComposed) {
      if (Group.Axes.front().Name == "1")
        Plan.Merged.push_back({1, ""});
      for (const FlatAxis &A : Axes)
        Plan.Merged.push_back(A.Size);
      continue;
    }
    for (const FlatAxis &A : Axes) {
      if (MulOverflow(Product, A.Size.Size, Product))
        return fail(Group.Begin, Group.End, "this dimension is too large");
      Name += (Name.empty() ? "" : " ") +
              (A.Name[0] == '.' ? A.Size.Name.str() : A.Name);
    }
    if (Axes.size() == 1)
      Plan.Merged.push_back(Axes.front().Size);
    else
      Plan.Merged.push_back(
          {Product, Axes.empty() ? StringRef() : Save("(" + Name + ")")});
  }
  return true;
}

bool Planner::checkSizesUsed() {
  for (auto &[Name, Size] : Sizes) {
    auto Is = [&](const FlatAxis &A) { return A.Name == Name; };
    if (none_of(LeftAxes, Is) && none_of(RightAxes, Is)) {
      Error.SizeName = Name;
      return fail(0, 0, "'" + Name + "' does not stand in the pattern");
    }
  }
  return true;
}

std::optional<EinopsPlan> Planner::plan() {
  if (!readLeft() || !readRight() || !checkSizesUsed())
    return std::nullopt;
  auto IndexIn = [](ArrayRef<FlatAxis> Axes, StringRef Name) -> int64_t {
    for (size_t I = 0; I != Axes.size(); ++I)
      if (Axes[I].Name == Name)
        return static_cast<int64_t>(I);
    return -1;
  };
  SmallVector<FlatAxis, 8> Kept;
  for (size_t I = 0; I != LeftAxes.size(); ++I) {
    const FlatAxis &A = LeftAxes[I];
    Plan.Split.push_back(A.Size);
    if (IndexIn(RightAxes, A.Name) >= 0) {
      Kept.push_back(A);
      continue;
    }
    if (Form != EinopsForm::Reduce) {
      std::string Name = A.Name[0] == '.' ? "..." : A.Name;
      fail(A.Begin, A.End,
           "'" + Name +
               "' stands on the left side only; reduce(...) sums "
               "dimensions away");
      return std::nullopt;
    }
    Plan.Reduced.push_back(static_cast<int64_t>(I));
  }
  for (size_t I = 0; I != RightAxes.size(); ++I) {
    Plan.Repeated.push_back(RightAxes[I].Size);
    int64_t From = IndexIn(Kept, RightAxes[I].Name);
    if (From < 0)
      continue;
    Plan.Permutation.push_back(From);
    Plan.Broadcast.push_back(static_cast<int64_t>(I));
  }
  return std::move(Plan);
}

std::optional<EinopsPlan>
stator::planEinops(const EinopsPattern &Pattern, EinopsForm Form,
                   ArrayRef<Dim> Shape, const EinopsSizes &Sizes,
                   function_ref<StringRef(const std::string &)> Save,
                   EinopsError &Error) {
  return Planner(Pattern, Form, Shape, Sizes, Save, Error).plan();
}
