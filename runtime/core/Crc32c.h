//===- Crc32c.h - the checksum of TFRecords ---------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_CRC32C_H
#define STATOR_RUNTIME_CORE_CRC32C_H

#include "absl/strings/string_view.h"
#include <cstdint>

namespace stator::runtime {

/// The CRC-32C (Castagnoli) of \p Data, which the TFRecord format of event
/// files requires. zlib does not have it: the CRC-32 of Checksum.h uses another
/// polynomial.
uint32_t crc32c(absl::string_view Data);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_CRC32C_H
