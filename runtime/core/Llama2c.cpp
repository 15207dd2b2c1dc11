#include "runtime/core/Llama2c.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/StatusMacros.h"
#include <cstring>

namespace stator::runtime {

/// "ak42", at the beginning of versions 1 and 2.
static constexpr uint32_t Magic = 0x616B3432;
/// Where the weights of version 1 begin.
static constexpr uint64_t Version1Header = 256;
static constexpr size_t NumSizes = 7;

absl::StatusOr<Llama2cFile> Llama2cFile::open(const std::string &Path) {
  Llama2cFile Result;
  Result.Path = Path;
  STATOR_ASSIGN_OR_RETURN(Result.File, MappedFile::open(Path));
  int32_t Version = 0;
  uint64_t Begin = 0;
  STATOR_RETURN_IF_ERROR(Result.readHeader(Version, Begin));
  STATOR_RETURN_IF_ERROR(Result.layOut(Version, Begin));
  return Result;
}

absl::Status Llama2cFile::readHeader(int32_t &Version, uint64_t &Begin) {
  auto Invalid = [&](const auto &...Why) {
    return error(Path, " is not a llama2.c checkpoint: ", Why...);
  };
  int32_t Sizes[NumSizes];
  if (File.size() < sizeof Sizes)
    return Invalid("it has ", File.size(), " bytes, less than a header");
  uint64_t SizesAt = 0;
  uint32_t First;
  std::memcpy(&First, File.data(), sizeof First);
  if (First == Magic) {
    if (File.size() < Version1Header)
      return Invalid("it has ", File.size(), " bytes, less than a header");
    std::memcpy(&Version, File.data() + 4, sizeof Version);
    if (Version == 2)
      return error(Path,
                   " is an int8 checkpoint of llama2.c (version 2), which "
                   "is not supported\nhint: export it as version 1");
    if (Version != 1)
      return Invalid("version ", Version, " is not known");
    SizesAt = 8;
  }
  std::memcpy(Sizes, File.data() + SizesAt, sizeof Sizes);
  Begin = Version == 1 ? Version1Header : sizeof Sizes;
  // A negative vocabulary says in the first layout that the head is its own.
  Tied = Version == 1 ? File.data()[SizesAt + sizeof Sizes] != 0 : Sizes[5] > 0;
  const char *Names[NumSizes] = {"dim",        "hidden_dim", "n_layers",
                                 "n_heads",    "n_kv_heads", "vocab_size",
                                 "max_seq_len"};
  int64_t *Targets[NumSizes] = {&Width,   &Hidden,     &Layers, &Heads,
                                &KvHeads, &Vocabulary, &Context};
  for (size_t I = 0; I < NumSizes; ++I) {
    int64_t Size = Sizes[I];
    if (I == 5 && Version == 0 && Size < 0)
      Size = -Size;
    // Far beyond every model, and small enough that no product overflows.
    if (Size < 1 || Size > (1 << 24))
      return Invalid(Names[I], " would be ", Size);
    *Targets[I] = Size;
  }
  if (Width % Heads != 0 || Heads % KvHeads != 0 || Width / Heads % 2 != 0)
    return Invalid("dim ", Width, ", n_heads ", Heads, " and n_kv_heads ",
                   KvHeads, " do not fit each other");
  return absl::OkStatus();
}

absl::Status Llama2cFile::layOut(int32_t Version, uint64_t Begin) {
  uint64_t Offset = Begin;
  bool Fits = true;
  // Places one tensor; of those of a layer, one for each.
  auto Place = [&](const std::string &Name, std::vector<int64_t> Shape) {
    uint64_t Size = sizeof(float); // each size is below 2^24, at most two
    for (int64_t Dimension : Shape)
      Size *= static_cast<uint64_t>(Dimension);
    Fits = Fits && Size <= File.size() - Offset;
    if (!Fits)
      return;
    Tensors.push_back({Name, std::move(Shape), File.data() + Offset, Size});
    Offset += Size;
  };
  auto PlaceAll = [&](const char *Name, const std::vector<int64_t> &Shape) {
    for (int64_t Layer = 0; Layer < Layers && Fits; ++Layer)
      Place(absl::StrCat("model.layers.", Layer, ".", Name), Shape);
  };
  int64_t KvWidth = Width / Heads * KvHeads;
  const char *Embedding = "model.embed_tokens.weight";
  const char *AttentionNorm = "input_layernorm.weight";
  const char *FeedForwardNorm = "post_attention_layernorm.weight";
  const char *Norm = "model.norm.weight";
  auto PlaceAttention = [&] {
    PlaceAll("self_attn.q_proj.weight", {Width, Width});
    PlaceAll("self_attn.k_proj.weight", {KvWidth, Width});
    PlaceAll("self_attn.v_proj.weight", {KvWidth, Width});
    PlaceAll("self_attn.o_proj.weight", {Width, Width});
  };
  auto PlaceFeedForward = [&] {
    PlaceAll("mlp.gate_proj.weight", {Hidden, Width});
    PlaceAll("mlp.down_proj.weight", {Width, Hidden});
    PlaceAll("mlp.up_proj.weight", {Hidden, Width});
  };
  if (Version == 1) {
    PlaceAll(AttentionNorm, {Width});
    PlaceAll(FeedForwardNorm, {Width});
    Place(Norm, {Width});
    Place(Embedding, {Vocabulary, Width});
    PlaceAttention();
    PlaceFeedForward();
  } else {
    Place(Embedding, {Vocabulary, Width});
    PlaceAll(AttentionNorm, {Width});
    PlaceAttention();
    PlaceAll(FeedForwardNorm, {Width});
    PlaceFeedForward();
    Place(Norm, {Width});
    // Tables of cosines and sines, which are computed instead.
    int64_t Tables = 2 * Context * (Width / Heads / 2);
    Place("", {Tables});
    if (Fits)
      Tensors.pop_back();
  }
  if (!Tied)
    Place("lm_head.weight", {Vocabulary, Width});
  if (!Fits)
    return error(Path,
                 " is no llama2.c checkpoint or is truncated: its sizes "
                 "ask for more than the ",
                 File.size(), " bytes that it has");
  if (Offset != File.size())
    return error(Path, " is not a llama2.c checkpoint: its sizes ask for ",
                 Offset, " bytes, but it has ", File.size());
  return absl::OkStatus();
}

} // namespace stator::runtime
