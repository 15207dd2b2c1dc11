//===- SvgWriter.cpp - Pictures for reports -------------------------------===//

#include "tools/driver/SvgWriter.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using llvm::StringRef;

namespace stator::driver {

std::string escapeXml(StringRef Text) {
  std::string Valid =
      llvm::json::isUTF8(Text) ? Text.str() : llvm::json::fixUTF8(Text);
  std::string Result;
  for (char C : Valid) {
    switch (C) {
    case '&':
      Result += "&amp;";
      break;
    case '<':
      Result += "&lt;";
      break;
    case '>':
      Result += "&gt;";
      break;
    case '"':
      Result += "&quot;";
      break;
    case '\n':
    case '\t':
      Result += C;
      break;
    default:
      // Other control characters are not allowed at all.
      if (static_cast<unsigned char>(C) < 32)
        Result += "\xEF\xBF\xBD";
      else
        Result += C;
    }
  }
  return Result;
}

std::string formatPixel(double Value) {
  std::string Text;
  llvm::raw_string_ostream(Text) << llvm::format("%.2f", Value);
  while (Text.back() == '0')
    Text.pop_back();
  if (Text.back() == '.')
    Text.pop_back();
  return Text == "-0" ? "0" : Text;
}

std::vector<double> chooseTicks(double Most, int Wanted) {
  if (!(Most > 0) || !std::isfinite(Most))
    return {0};
  double Step = std::pow(10, std::floor(std::log10(Most / Wanted)));
  for (double Factor : {5.0, 2.0})
    if (Most / (Step * Factor) >= Wanted) {
      Step *= Factor;
      break;
    }
  std::vector<double> Ticks;
  for (int I = 0; I * Step <= Most * (1 + 1e-9); ++I)
    Ticks.push_back(I * Step);
  return Ticks;
}

static std::string attribute(StringRef Name, double Value) {
  return (" " + Name + "=\"" + formatPixel(Value) + "\"").str();
}

/// The end of an element: "/>", or the tip and "</Name>".
static std::string endWithTip(StringRef Name, StringRef Tip) {
  if (Tip.empty())
    return "/>\n";
  return "><title>" + escapeXml(Tip) + "</title></" + Name.str() + ">\n";
}

SvgWriter::SvgWriter(double Width, double Height, StringRef Label) {
  Out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " +
      formatPixel(Width) + " " + formatPixel(Height) + "\" aria-label=\"" +
      escapeXml(Label) + "\">\n";
}

void SvgWriter::rectangle(double X, double Y, double Width, double Height,
                          StringRef Class, StringRef Tip) {
  Out += "<rect class=\"" + Class.str() + "\"" + attribute("x", X) +
         attribute("y", Y) + attribute("width", Width) +
         attribute("height", Height) + endWithTip("rect", Tip);
}

void SvgWriter::circle(double X, double Y, double Radius, StringRef Class,
                       StringRef Tip) {
  Out += "<circle class=\"" + Class.str() + "\"" + attribute("cx", X) +
         attribute("cy", Y) + attribute("r", Radius) +
         endWithTip("circle", Tip);
}

void SvgWriter::line(double X1, double Y1, double X2, double Y2,
                     StringRef Class) {
  path({X1, Y1, X2, Y2}, Class);
}

void SvgWriter::path(const std::vector<double> &Points, StringRef Class) {
  Out += "<path class=\"" + Class.str() + "\" d=\"";
  for (size_t I = 0; I + 1 < Points.size(); I += 2)
    Out += (I ? "L" : "M") + formatPixel(Points[I]) + " " +
           formatPixel(Points[I + 1]);
  Out += "\"/>\n";
}

void SvgWriter::text(double X, double Y, StringRef Text, StringRef Class,
                     StringRef Anchor, double Turn) {
  Out += "<text class=\"" + Class.str() + "\"" + attribute("x", X) +
         attribute("y", Y);
  if (Anchor != "start")
    Out += " text-anchor=\"" + Anchor.str() + "\"";
  if (Turn != 0)
    Out += " transform=\"rotate(" + formatPixel(Turn) + " " + formatPixel(X) +
           " " + formatPixel(Y) + ")\"";
  Out += ">" + escapeXml(Text) + "</text>\n";
}

std::string SvgWriter::finish() {
  Out += "</svg>\n";
  return std::move(Out);
}

} // namespace stator::driver
