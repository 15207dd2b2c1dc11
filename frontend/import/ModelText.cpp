//===- ModelText.cpp - Writing model files --------------------------------===//

#include "frontend/import/ModelText.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <charconv>
#include <cmath>

using namespace llvm;

namespace stator {

std::string formatNumber(double Value) {
  char Buffer[64];
  // 1000000.0 reads better than 1e+06.
  bool Plain = std::abs(Value) >= 1e-3 && std::abs(Value) < 1e9;
  std::to_chars_result Result = std::to_chars(
      Buffer, Buffer + sizeof Buffer, Value,
      Plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string Text(Buffer, Result.ptr);
  if (Text.find_first_of(".e") == std::string::npos)
    Text += ".0";
  return Text;
}

void ModelText::heading(StringRef Paragraph) {
  constexpr size_t Width = 95;
  SmallVector<StringRef> Words;
  Paragraph.split(Words, ' ', -1, /*KeepEmpty=*/false);
  std::string Line = "//";
  for (StringRef Word : Words) {
    if (Line.size() + 1 + Word.size() > Width) {
      Heading += Line + "\n";
      Line = "//";
    }
    Line += " " + Word.str();
  }
  Heading += Line + "\n";
}

void ModelText::size(StringRef Name, int64_t Value, StringRef Remark) {
  Config.push_back({Name.str(), std::to_string(Value), Remark.str()});
}

void ModelText::number(StringRef Name, double Value, StringRef Remark) {
  Config.push_back({Name.str(), formatNumber(Value), Remark.str()});
}

void ModelText::flag(StringRef Name, bool Value) {
  if (Value)
    Flags.insert(Name);
}

void ModelText::text(StringRef Name, StringRef Value) {
  Texts[Name] = Value.str();
}

std::string ModelText::expand(StringRef Template) const {
  SmallVector<StringRef> Lines;
  Template.rtrim('\n').split(Lines, '\n');
  std::string Out;
  for (StringRef Line : Lines) {
    if (Line.consume_front("{") && !Line.empty()) {
      auto [Conditions, Rest] = Line.split('}');
      SmallVector<StringRef> Parts;
      Conditions.split(Parts, ',');
      bool Holds = all_of(Parts, [&](StringRef Part) {
        bool Negated = Part.consume_front("!");
        return Flags.contains(Part) != Negated;
      });
      if (!Holds)
        continue;
      Line = Rest;
    }
    for (;;) {
      auto [Before, After] = Line.split('$');
      Out += Before;
      if (Before.size() == Line.size())
        break;
      StringRef Name =
          After.take_while([](char C) { return isAlpha(C) || C == '_'; });
      Out += Texts.lookup(Name);
      Line = After.drop_front(Name.size());
    }
    Out += "\n";
  }
  return Out;
}

std::string ModelText::write(StringRef Template) const {
  std::string Out = Heading + "\nconfig {\n";
  size_t Width = 0;
  for (const Entry &Each : Config)
    Width = std::max(Width, Each.Name.size() + Each.Value.size());
  for (const Entry &Each : Config) {
    Out += "  " + Each.Name + " = " + Each.Value;
    if (!Each.Remark.empty()) {
      Out.append(Width - Each.Name.size() - Each.Value.size() + 2, ' ');
      Out += "// " + Each.Remark;
    }
    Out += "\n";
  }
  Out += "\n  batch = 1           // for training on: what follows is not of "
         "the checkpoint\n"
         "  time = 128\n"
         "  lr = 1e-5\n"
         "}\n";
  Out += expand(Template);
  Out += "\ntrain {\n"
         "  loss = cross_entropy\n"
         "  optimizer = adamw(lr = lr, betas = (0.9, 0.95), weight_decay = "
         "0.1)\n"
         "  clip = 1.0\n"
         "  batch = batch\n"
         "  time = min(time, context)\n"
         "}\n";
  return Out;
}

} // namespace stator
