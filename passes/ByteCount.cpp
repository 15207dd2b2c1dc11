//===- ByteCount.cpp - Amounts of memory as text --------------------------===//

#include "passes/Recompute.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace llvm;

namespace stator {

int64_t getBudgetReserve(int64_t Budget) {
  return std::min<int64_t>(Budget / 100, int64_t(32) << 20);
}

std::optional<int64_t> parseByteCount(StringRef Text, std::string &Error) {
  static constexpr std::pair<StringLiteral, double> Units[] = {
      {"b", 1},          {"kb", 1e3},       {"mb", 1e6},
      {"gb", 1e9},       {"tb", 1e12},      {"kib", 1024.0},
      {"mib", 0x1.0p20}, {"gib", 0x1.0p30}, {"tib", 0x1.0p40},
  };
  auto Fail = [&](const Twine &Why) {
    Error = ("\"" + Text + "\" is no amount of memory: " + Why +
             "; expected a number of bytes or, for example, 3.5GB or 512MiB")
                .str();
    return std::nullopt;
  };
  StringRef Rest = Text.trim();
  if (Rest.empty())
    return Fail("it is empty");
  if (Rest.starts_with("-"))
    return Fail("it is negative");
  StringRef Digits =
      Rest.take_while([](char C) { return isDigit(C) || C == '.'; });
  double Number = 0;
  if (Digits.empty() || !isDigit(Digits.front()) || Digits.ends_with(".") ||
      Digits.getAsDouble(Number))
    return Fail("it does not start with a number");
  StringRef Unit = Rest.drop_front(Digits.size()).ltrim();
  double Scale = 1;
  if (!Unit.empty()) {
    const auto *Found =
        llvm::find_if(Units, [&](const std::pair<StringLiteral, double> &Each) {
          return Unit.equals_insensitive(Each.first);
        });
    if (Found == std::end(Units))
      return Fail("there is no unit \"" + Unit +
                  "\" (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)");
    Scale = Found->second;
  }
  double Bytes = std::floor(Number * Scale);
  if (Bytes < 1)
    return Fail("it has to be at least one byte");
  // More than any address space holds.
  if (!(Bytes < 0x1.0p60))
    return Fail("it is more than any computer has");
  return static_cast<int64_t>(Bytes);
}

std::string formatByteCount(double Bytes) {
  static constexpr StringLiteral Units[] = {"bytes", "KB", "MB", "GB", "TB"};
  size_t Unit = 0;
  while (Bytes >= 999.5 && Unit + 1 < std::size(Units)) {
    Bytes /= 1000;
    ++Unit;
  }
  if (Unit == 0)
    return formatv("{0:f0} bytes", Bytes);
  return formatv("{0:f2} {1}", Bytes, Units[Unit]);
}

} // namespace stator
