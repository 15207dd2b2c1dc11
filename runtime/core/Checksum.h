//===- Checksum.h - whether bytes are those that were written ---*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_CHECKSUM_H
#define STATOR_RUNTIME_CORE_CHECKSUM_H

#include "absl/strings/string_view.h"
#include <cstddef>
#include <string>

namespace stator::runtime {

/// The CRC-32 of zlib, gzip and PNG, as eight hexadecimal digits: of
/// checkpoints, whose format is our own. zlib is linked anyway, has a fast one,
/// and any language can check it.
std::string checksumOf(const void *Data, size_t Size);
std::string checksumOf(absl::string_view Bytes);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_CHECKSUM_H
