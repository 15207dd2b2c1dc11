#include "runtime/core/Errors.h"
#include "runtime/core/Gguf.h"
#include "runtime/core/StatusMacros.h"

namespace stator::runtime {

static constexpr uint64_t Alignment = 32;
/// Kinds of values, by their number in the file.
enum : uint32_t { KindU32 = 4, KindI32 = 5, KindF32 = 6, KindBool = 7 };
enum : uint32_t { KindText = 8, KindArray = 9 };

template <typename NumberType>
static void append(std::string &Out, NumberType Value) {
  Out.append(reinterpret_cast<const char *>(&Value), sizeof Value);
}

static void appendText(std::string &Out, absl::string_view Text) {
  append<uint64_t>(Out, Text.size());
  Out.append(Text.data(), Text.size());
}

static uint64_t padded(uint64_t Size) {
  return (Size + Alignment - 1) / Alignment * Alignment;
}

void GgufWriter::key(absl::string_view Key, uint32_t Type) {
  ++NumPairs;
  appendText(Pairs, Key);
  append(Pairs, Type);
}

void GgufWriter::text(absl::string_view Key, absl::string_view Value) {
  key(Key, KindText);
  appendText(Pairs, Value);
}

void GgufWriter::whole(absl::string_view Key, uint32_t Value) {
  key(Key, KindU32);
  append(Pairs, Value);
}

void GgufWriter::number(absl::string_view Key, float Value) {
  key(Key, KindF32);
  append(Pairs, Value);
}

void GgufWriter::flag(absl::string_view Key, bool Value) {
  key(Key, KindBool);
  append<uint8_t>(Pairs, Value);
}

void GgufWriter::texts(absl::string_view Key,
                       const std::vector<std::string> &Values) {
  key(Key, KindArray);
  append(Pairs, uint32_t(KindText));
  append<uint64_t>(Pairs, Values.size());
  for (const std::string &Value : Values)
    appendText(Pairs, Value);
}

void GgufWriter::wholes(absl::string_view Key,
                        const std::vector<int32_t> &Values) {
  key(Key, KindArray);
  append(Pairs, uint32_t(KindI32));
  append<uint64_t>(Pairs, Values.size());
  for (int32_t Value : Values)
    append(Pairs, Value);
}

void GgufWriter::numbers(absl::string_view Key,
                         const std::vector<float> &Values) {
  key(Key, KindArray);
  append(Pairs, uint32_t(KindF32));
  append<uint64_t>(Pairs, Values.size());
  for (float Value : Values)
    append(Pairs, Value);
}

void GgufWriter::tensor(absl::string_view Name, absl::string_view Type,
                        const std::vector<int64_t> &Shape) {
  appendText(Infos, Name);
  append(Infos, static_cast<uint32_t>(Shape.size()));
  uint64_t Size = Type == "F32" ? 4 : 2;
  for (auto It = Shape.rbegin(); It != Shape.rend(); ++It) {
    append(Infos, static_cast<uint64_t>(*It));
    Size *= static_cast<uint64_t>(*It);
  }
  append(Infos, uint32_t(Type == "F32" ? 0 : Type == "F16" ? 1 : 30));
  append(Infos, Offset);
  Offset += padded(Size);
  Sizes.push_back(Size);
  ++NumTensors;
}

absl::Status GgufWriter::begin(const std::string &Path) {
  STATOR_ASSIGN_OR_RETURN(AtomicFile Created, AtomicFile::create(Path));
  File.emplace(std::move(Created));
  std::string Head = "GGUF";
  append<uint32_t>(Head, 3);
  append(Head, NumTensors);
  append(Head, NumPairs);
  Head += Pairs;
  Head += Infos;
  Head.resize(padded(Head.size()));
  return File->write(Head.data(), Head.size());
}

absl::Status GgufWriter::write(const void *Data, size_t Size) {
  if (Current == Sizes.size() || Size > Sizes[Current] - Written)
    return error("more bytes for a GGUF file than were declared");
  STATOR_RETURN_IF_ERROR(File->write(Data, Size));
  Written += Size;
  if (Written < Sizes[Current])
    return absl::OkStatus();
  const char Zeros[Alignment] = {};
  STATOR_RETURN_IF_ERROR(File->write(Zeros, padded(Written) - Written));
  ++Current;
  Written = 0;
  return absl::OkStatus();
}

absl::Status GgufWriter::commit() {
  if (Current != Sizes.size())
    return error("fewer bytes for a GGUF file than were declared");
  return File->commit();
}

} // namespace stator::runtime
