#include "runtime/core/Crc32c.h"
#include <array>

namespace stator::runtime {

/// The remainders of all bytes, for the polynomial 0x1EDC6F41 with its bits
/// reversed.
static constexpr std::array<uint32_t, 256> Remainders = [] {
  std::array<uint32_t, 256> Result = {};
  for (uint32_t Byte = 0; Byte < 256; ++Byte) {
    uint32_t Rest = Byte;
    for (int Bit = 0; Bit < 8; ++Bit)
      Rest = Rest & 1 ? Rest >> 1 ^ 0x82f63b78u : Rest >> 1;
    Result[Byte] = Rest;
  }
  return Result;
}();

uint32_t crc32c(absl::string_view Data) {
  uint32_t Rest = 0xffffffffu;
  for (char Byte : Data)
    Rest = Remainders[(Rest ^ static_cast<uint8_t>(Byte)) & 0xff] ^ Rest >> 8;
  return ~Rest;
}

} // namespace stator::runtime
