//===- BenchPictures.h - Pictures of a report -------------------*- C++ -*-===//
//
// Each is one SVG element; its colours come from the style sheet of
// BenchHtml.cpp, a class for each kind of kernel.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TOOLS_DRIVER_BENCHPICTURES_H
#define STATOR_TOOLS_DRIVER_BENCHPICTURES_H

#include "tools/driver/BenchReport.h"

namespace stator::driver {

/// Every launch of the median step along time; one row for each entry point
/// and kind of kernel.
std::string drawTimeline(const BenchReport &Report);

/// The kernels by FLOPs a byte and FLOPs a second, on logarithmic axes, under
/// the limits of the machine; areas are shares of time.
std::string drawRoofline(const BenchReport &Report);

/// The arena of the entry point with the largest over the time of its run: each
/// buffer a rectangle from its first to its last launch at its offset.
std::string drawMemory(const BenchReport &Report);

/// The kinds of kernels that a report has, those with most time first.
std::vector<std::string> listKinds(const BenchReport &Report);

/// "1.23 ms", "45.6 us".
std::string formatTime(double Milliseconds);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHPICTURES_H
