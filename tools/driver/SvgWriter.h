//===- SvgWriter.h - Pictures for reports -----------------------*- C++ -*-===//
//
// Well-formed SVG, a shape at a time. Coordinates are pixels, y downwards.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TOOLS_DRIVER_SVGWRITER_H
#define STATOR_TOOLS_DRIVER_SVGWRITER_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace stator::driver {

/// Text with what XML gives a meaning to written as entities; what is no valid
/// character in XML becomes U+FFFD.
std::string escapeXml(llvm::StringRef Text);

class SvgWriter {
public:
  /// `Label` says what the picture shows, for those who cannot see it.
  SvgWriter(double Width, double Height, llvm::StringRef Label);

  /// All take a class for the style sheet; `Tip` is shown when the pointer is
  /// over the shape, if it is not empty.
  void rectangle(double X, double Y, double Width, double Height,
                 llvm::StringRef Class, llvm::StringRef Tip = "");
  void circle(double X, double Y, double Radius, llvm::StringRef Class,
              llvm::StringRef Tip = "");
  void line(double X1, double Y1, double X2, double Y2, llvm::StringRef Class);
  /// A line through points, given as x, y, x, y, ...
  void path(const std::vector<double> &Points, llvm::StringRef Class);
  /// `Anchor` is start, middle or end; `Turn` degrees, clockwise.
  void text(double X, double Y, llvm::StringRef Text,
            llvm::StringRef Class = "axis", llvm::StringRef Anchor = "start",
            double Turn = 0);

  /// The whole element.
  std::string finish();

private:
  std::string Out;
};

/// A number with as many decimals as a pixel needs.
std::string formatPixel(double Value);

/// Round numbers from 0 up to `Most`, `Wanted` or a few more.
std::vector<double> chooseTicks(double Most, int Wanted);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_SVGWRITER_H
