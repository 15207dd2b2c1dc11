//===- GgufConfig.h - The metadata of GGUF as a config ----------*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_GGUFCONFIG_H
#define STATOR_FRONTEND_IMPORT_GGUFCONFIG_H

#include "frontend/import/CheckpointSource.h"
#include "frontend/import/GgufNames.h"
#include "runtime/core/Gguf.h"

namespace stator {

/// Writes the config.json that a GGUF file was converted from into `Source`,
/// and gives the file's architecture. What llama.cpp requires is required;
/// what it assumes of keys that are missing is assumed, with a note. Errors: an
/// architecture that is not supported; a value that is missing or of another
/// type; a key that changes what the model computes in a way that is not
/// supported. Keys that are unknown are warned of.
absl::StatusOr<const GgufArchitecture *>
readGgufConfig(const runtime::GgufFile &File, CheckpointSource &Source);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_GGUFCONFIG_H
