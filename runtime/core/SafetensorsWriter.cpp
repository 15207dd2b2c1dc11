#include "nlohmann/json.hpp"
#include "runtime/core/Checksum.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Parallel.h"
#include "runtime/core/Safetensors.h"
#include "runtime/core/StatusMacros.h"

namespace stator::runtime {

static uint64_t bytesOf(const SafetensorsTensor &Tensor) {
  uint64_t Size = dtypeSize(Tensor.Dtype);
  for (int64_t Dimension : Tensor.Shape)
    Size *= static_cast<uint64_t>(Dimension);
  return Size;
}

absl::StatusOr<SafetensorsWriter>
SafetensorsWriter::create(const std::string &Path,
                          const std::vector<SafetensorsTensor> &Tensors,
                          const std::map<std::string, std::string> &Metadata) {
  nlohmann::ordered_json Header = nlohmann::ordered_json::object();
  if (!Metadata.empty())
    Header["__metadata__"] = Metadata;
  uint64_t Offset = 0;
  for (const SafetensorsTensor &Tensor : Tensors) {
    uint64_t Size = bytesOf(Tensor);
    Header[Tensor.Name] = {{"dtype", Tensor.Dtype},
                           {"shape", Tensor.Shape},
                           {"data_offsets", {Offset, Offset + Size}}};
    Offset += Size;
  }
  std::string Text = Header.dump();
  while (Text.size() % 8 != 0) // so that the data is aligned in a mapped file
    Text += ' ';
  uint64_t HeaderSize = Text.size();

  STATOR_ASSIGN_OR_RETURN(AtomicFile File, AtomicFile::create(Path));
  STATOR_RETURN_IF_ERROR(File.write(&HeaderSize, sizeof HeaderSize));
  STATOR_RETURN_IF_ERROR(File.write(Text.data(), Text.size()));
  return SafetensorsWriter(std::move(File), Offset);
}

absl::Status SafetensorsWriter::write(const void *Data, size_t Size) {
  if (Size > Missing)
    return error("more bytes for a safetensors file than its header says");
  Missing -= Size;
  return File.write(Data, Size);
}

absl::Status SafetensorsWriter::commit() {
  if (Missing != 0)
    return error(Missing, " bytes fewer for a safetensors file than its header "
                          "says");
  return File.commit();
}

std::pair<std::string, std::string>
checksumMetadata(const std::vector<SafetensorsTensor> &Tensors) {
  std::vector<std::string> Sums(Tensors.size());
  forPieces(Tensors.size(), 1, [&](uint64_t Begin, uint64_t End) {
    for (uint64_t I = Begin; I < End; ++I)
      Sums[I] = checksumOf(Tensors[I].Data, bytesOf(Tensors[I]));
  });
  nlohmann::ordered_json Json = nlohmann::ordered_json::object();
  for (size_t I = 0; I < Tensors.size(); ++I)
    Json[Tensors[I].Name] = Sums[I];
  return {ChecksumKey, Json.dump()};
}

absl::Status
writeSafetensors(const std::string &Path,
                 const std::vector<SafetensorsTensor> &Tensors,
                 const std::map<std::string, std::string> &Metadata) {
  STATOR_ASSIGN_OR_RETURN(SafetensorsWriter Writer,
                          SafetensorsWriter::create(Path, Tensors, Metadata));
  for (const SafetensorsTensor &Tensor : Tensors)
    STATOR_RETURN_IF_ERROR(Writer.write(Tensor.Data, bytesOf(Tensor)));
  return Writer.commit();
}

} // namespace stator::runtime
