#include "runtime/core/TextFile.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "runtime/core/Errors.h"
#include <algorithm>

namespace stator::runtime {

absl::string_view withoutByteOrderMark(absl::string_view Text) {
  return absl::StripPrefix(Text, "\xEF\xBB\xBF");
}

absl::Status checkEncoding(absl::string_view Text, absl::string_view Name) {
  if (!absl::StartsWith(Text, "\xFF\xFE") &&
      !absl::StartsWith(Text, "\xFE\xFF"))
    return absl::OkStatus();
  return error(Name, " is UTF-16 text; expected UTF-8\nhint: convert it, for "
                     "example by iconv -f UTF-16 -t UTF-8");
}

std::vector<absl::string_view> splitLines(absl::string_view Text) {
  Text = withoutByteOrderMark(Text);
  std::vector<absl::string_view> Lines;
  while (!Text.empty()) {
    size_t End = std::min(Text.find_first_of("\r\n"), Text.size());
    Lines.push_back(Text.substr(0, End));
    Text.remove_prefix(End);
    if (!absl::ConsumePrefix(&Text, "\r\n"))
      Text.remove_prefix(Text.empty() ? 0 : 1);
  }
  return Lines;
}

absl::string_view withoutLineEnd(absl::string_view Text) {
  if (!absl::ConsumeSuffix(&Text, "\r\n") && !absl::ConsumeSuffix(&Text, "\n"))
    absl::ConsumeSuffix(&Text, "\r");
  return Text;
}

TextPlace placeOf(absl::string_view Text, size_t Byte) {
  TextPlace Place;
  for (size_t I = 0; I < std::min(Byte, Text.size()); ++I) {
    bool BeforeNewline = I + 1 < Text.size() && Text[I + 1] == '\n';
    if (Text[I] == '\n' || (Text[I] == '\r' && !BeforeNewline)) {
      ++Place.Line;
      Place.Column = 1;
    } else if ((static_cast<unsigned char>(Text[I]) & 0xC0) != 0x80) {
      ++Place.Column;
    }
  }
  return Place;
}

} // namespace stator::runtime
