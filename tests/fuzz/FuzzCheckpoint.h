//===- FuzzCheckpoint.h - a checkpoint that was read from anything *- C++ -===//
#ifndef STATOR_TESTS_FUZZ_FUZZCHECKPOINT_H
#define STATOR_TESTS_FUZZ_FUZZCHECKPOINT_H

#include "frontend/import/CheckpointSource.h"
#include "frontend/import/Families.h"
#include "tests/fuzz/FuzzTokenizer.h"

namespace stator::runtime {

/// Describes the model, reads every tensor and uses the tokenizer.
inline void exercise(const absl::StatusOr<CheckpointSource> &Source) {
  if (!Source.ok()) {
    require(!Source.status().message().empty());
    return;
  }
  auto Model = describeCheckpoint(Source->Config, Source->ConfigName,
                                  Source->ConfigKeys);
  require(Model.ok() ? !Model->Text.empty()
                     : !Model.status().message().empty());
  for (const TensorSource &Tensor : Source->Tensors) {
    if (!Tensor.isReadable())
      continue;
    uint64_t Bytes = 0, Expected = Tensor.outputDtype() == "F32" ? 4 : 2;
    std::string Copy; // so that every byte is read
    require(streamTensor(Tensor, [&](const void *Data, size_t Size) {
              Copy.assign(static_cast<const char *>(Data), Size);
              Bytes += Copy.size();
              return absl::OkStatus();
            }).ok());
    for (int64_t Dimension : Tensor.outputShape())
      Expected *= static_cast<uint64_t>(Dimension);
    require(Bytes == Expected);
  }
  if (Source->Tokenizer)
    readAndExercise(*Source->Tokenizer);
}

} // namespace stator::runtime

#endif // STATOR_TESTS_FUZZ_FUZZCHECKPOINT_H
