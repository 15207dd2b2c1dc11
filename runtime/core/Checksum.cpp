#include "runtime/core/Checksum.h"
#include "absl/strings/str_format.h"
#include <zlib.h>

namespace stator::runtime {

std::string checksumOf(const void *Data, size_t Size) {
  return absl::StrFormat(
      "%08x", ::crc32_z(0, static_cast<const unsigned char *>(Data), Size));
}

std::string checksumOf(absl::string_view Bytes) {
  return checksumOf(Bytes.data(), Bytes.size());
}

} // namespace stator::runtime
