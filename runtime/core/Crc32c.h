//===- Crc32c.h - the checksum of TFRecords ---------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_CRC32C_H
#define STATOR_RUNTIME_CORE_CRC32C_H

#include "absl/strings/string_view.h"
#include <cstdint>

namespace stator::runtime {

/// CRC-32C (Castagnoli) of \p Data.
uint32_t crc32c(absl::string_view Data);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_CRC32C_H
