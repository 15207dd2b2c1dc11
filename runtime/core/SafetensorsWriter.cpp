#include "nlohmann/json.hpp"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Safetensors.h"
#include "runtime/core/StatusMacros.h"

namespace stator::runtime {

absl::Status
writeSafetensors(const std::string &Path,
                 const std::vector<SafetensorsTensor> &Tensors,
                 const std::map<std::string, std::string> &Metadata) {
  constexpr uint64_t Width = 4; // of F32 and I32
  nlohmann::ordered_json Header = nlohmann::ordered_json::object();
  if (!Metadata.empty())
    Header["__metadata__"] = Metadata;
  std::vector<uint64_t> Sizes;
  uint64_t Offset = 0;
  for (const SafetensorsTensor &Tensor : Tensors) {
    uint64_t Size = Width;
    for (int64_t Dimension : Tensor.Shape)
      Size *= static_cast<uint64_t>(Dimension);
    Header[Tensor.Name] = {{"dtype", Tensor.Dtype},
                           {"shape", Tensor.Shape},
                           {"data_offsets", {Offset, Offset + Size}}};
    Sizes.push_back(Size);
    Offset += Size;
  }
  std::string Text = Header.dump();
  while (Text.size() % 8 != 0) // so that the data is aligned in a mapped file
    Text += ' ';
  uint64_t HeaderSize = Text.size();

  STATOR_ASSIGN_OR_RETURN(AtomicFile File, AtomicFile::create(Path));
  STATOR_RETURN_IF_ERROR(File.write(&HeaderSize, sizeof HeaderSize));
  STATOR_RETURN_IF_ERROR(File.write(Text.data(), Text.size()));
  for (size_t I = 0; I < Tensors.size(); ++I)
    STATOR_RETURN_IF_ERROR(File.write(Tensors[I].Data, Sizes[I]));
  return File.commit();
}

} // namespace stator::runtime
