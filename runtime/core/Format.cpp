#include "runtime/core/Format.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include <charconv>
#include <cmath>
#include <vector>

namespace stator::runtime {

static std::string formatScaled(double Value, const char *const *Units,
                                int NumUnits, const char *Pattern) {
  int Unit = 0;
  while (Unit + 1 < NumUnits && std::fabs(Value) >= 999.5) {
    Value /= 1000;
    ++Unit;
  }
  if (Unit == 0)
    return absl::StrFormat("%.0f%s", Value, Units[0]);
  auto Format = absl::ParsedFormat<'f', 's'>::New(Pattern);
  return absl::StrFormat(*Format, Value, Units[Unit]);
}

std::string formatBytes(double Bytes) {
  static const char *const Units[] = {" B", " kB", " MB", " GB", " TB", " PB"};
  return formatScaled(Bytes, Units, 6, "%.1f%s");
}

std::string formatCount(double Count) {
  static const char *const Units[] = {"", " k", " M", " G", " T"};
  return formatScaled(Count, Units, 5, "%.2f%s");
}

std::string formatShape(const int64_t *Shape, int64_t Rank) {
  std::vector<int64_t> Sizes(Shape, Shape + Rank);
  return absl::StrCat("[", absl::StrJoin(Sizes, ", "), "]");
}

std::string formatFloat(float Value) {
  char Buffer[32];
  auto *End = std::to_chars(Buffer, Buffer + sizeof Buffer, Value).ptr;
  return std::string(Buffer, End);
}

std::string wrapText(absl::string_view Text, size_t Indent, size_t Width) {
  std::string Result;
  size_t Column = 0; // 0: nothing on this line yet
  for (absl::string_view Word : absl::StrSplit(Text, ' ')) {
    if (Column > 0 && Column + 1 + Word.size() > Width) {
      Result += '\n';
      Column = 0;
    }
    size_t Spaces = Column > 0 ? 1 : Indent;
    Result.append(Spaces, ' ');
    absl::StrAppend(&Result, Word);
    Column += Spaces + Word.size();
  }
  return Result + '\n';
}

std::string formatDuration(double Seconds) {
  if (!(Seconds < 1e9)) // also NaN
    return "?";
  auto Whole = static_cast<int64_t>(std::lround(Seconds));
  if (Whole >= 3600)
    return absl::StrFormat("%d:%02d:%02d", Whole / 3600, Whole / 60 % 60,
                           Whole % 60);
  return absl::StrFormat("%d:%02d", Whole / 60, Whole % 60);
}

} // namespace stator::runtime
