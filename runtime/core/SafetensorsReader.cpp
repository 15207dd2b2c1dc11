#include "nlohmann/json.hpp"
#include "runtime/core/Checksum.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include "runtime/core/HalfFloat.h"
#include "runtime/core/Json.h"
#include "runtime/core/Safetensors.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace stator::runtime {

using nlohmann::json;

/// Larger headers are refused by the reference implementation too.
static constexpr uint64_t LargestHeader = 100'000'000;

uint64_t dtypeSize(absl::string_view Dtype) {
  static const std::map<std::string, uint64_t, std::less<>> Sizes = {
      {"F64", 8}, {"F32", 4}, {"F16", 2},  {"BF16", 2},    {"I64", 8},
      {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},     {"U32", 4},
      {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  auto Found = Sizes.find(std::string(Dtype));
  return Found == Sizes.end() ? 0 : Found->second;
}

/// Parses the header. nlohmann's parser keeps the last of equal keys; here they
/// are an error, whose key is left in \p Duplicate.
static json parseHeader(absl::string_view Text, std::string &Duplicate) {
  std::vector<std::set<std::string>> Keys; // of the objects around
  auto Callback = [&](int, json::parse_event_t Event, json &Parsed) {
    if (Event == json::parse_event_t::object_start)
      Keys.emplace_back();
    else if (Event == json::parse_event_t::object_end)
      Keys.pop_back();
    else if (Event == json::parse_event_t::key &&
             !Keys.back().insert(Parsed.get<std::string>()).second)
      Duplicate = Parsed.get<std::string>();
    return true;
  };
  return json::parse(Text.begin(), Text.end(), Callback,
                     /*allow_exceptions=*/false);
}

/// Reads a JSON array of non-negative integers; false if it is not one.
static bool readIntegers(const json &Object, const char *Key,
                         std::vector<uint64_t> &Out) {
  auto Found = Object.find(Key);
  if (Found == Object.end() || !Found->is_array())
    return false;
  for (const json &Value : *Found) {
    if (!Value.is_number_unsigned())
      return false;
    Out.push_back(Value.get<uint64_t>());
  }
  return true;
}

/// Reads one tensor of the header. Returns what is wrong with it, or "".
static std::string readEntry(const json &Object, uint64_t DataSize,
                             SafetensorsEntry &Entry) {
  if (!Object.is_object())
    return "is not described by an object";
  auto Dtype = Object.find("dtype");
  if (Dtype == Object.end() || !Dtype->is_string())
    return "has no dtype";
  Entry.Dtype = Dtype->get<std::string>();
  uint64_t Width = dtypeSize(Entry.Dtype);
  if (Width == 0)
    return absl::StrCat("has the unknown dtype ", Entry.Dtype);
  std::vector<uint64_t> Shape, Offsets;
  if (!readIntegers(Object, "shape", Shape))
    return "has no shape of non-negative integers";
  if (!readIntegers(Object, "data_offsets", Offsets) || Offsets.size() != 2)
    return "has no pair of data_offsets";
  Entry.Elements = 1;
  uint64_t Bytes = Width;
  for (uint64_t Size : Shape) {
    if (Size > static_cast<uint64_t>(INT64_MAX) ||
        __builtin_mul_overflow(Bytes, Size, &Bytes))
      return "has a shape whose size overflows";
    Entry.Elements *= Size;
    Entry.Shape.push_back(static_cast<int64_t>(Size));
  }
  Entry.Begin = Offsets[0];
  Entry.End = Offsets[1];
  if (Entry.Begin > Entry.End || Entry.End > DataSize)
    return absl::StrCat("has data_offsets [", Entry.Begin, ", ", Entry.End,
                        "] beyond the ", DataSize,
                        " bytes of data that are there");
  if (Entry.End - Entry.Begin != Bytes)
    return absl::StrCat("has ", Entry.End - Entry.Begin, " bytes of data, but ",
                        Entry.Dtype,
                        formatShape(Entry.Shape.data(),
                                    static_cast<int64_t>(Entry.Shape.size())),
                        " takes ", Bytes);
  return "";
}

absl::StatusOr<SafetensorsFile> SafetensorsFile::open(const std::string &Path) {
  SafetensorsFile Result;
  Result.Path = Path;
  STATOR_ASSIGN_OR_RETURN(Result.File, MappedFile::open(Path));
  STATOR_RETURN_IF_ERROR(Result.parse());
  return Result;
}

absl::Status SafetensorsFile::parse() {
  auto Invalid = [&](const auto &...Why) {
    return error(Path, " is not a valid safetensors file: ", Why...);
  };
  constexpr uint64_t Prefix = 8;
  if (File.size() < Prefix)
    return Invalid("it has ", File.size(), " bytes, less than the first field");
  uint64_t HeaderSize;
  std::memcpy(&HeaderSize, File.data(), Prefix);
  if (HeaderSize > LargestHeader)
    return Invalid("its header would have ", HeaderSize, " bytes");
  if (HeaderSize > File.size() - Prefix)
    return Invalid("its header should have ", HeaderSize, " bytes, but only ",
                   File.size() - Prefix, " follow; is it truncated?");
  absl::string_view Header = File.text().substr(Prefix, HeaderSize);
  const uint8_t *Data = File.data() + Prefix + HeaderSize;
  uint64_t DataSize = File.size() - Prefix - HeaderSize;

  std::string Duplicate;
  json Json = parseHeader(Header, Duplicate);
  if (Json.is_discarded()) {
    // Again, for what is wrong and where.
    absl::Status Why = parseJson(Header, "").status();
    return Invalid("its header is not a JSON object", Why.message());
  }
  if (!Json.is_object())
    return Invalid("its header is not a JSON object");
  if (!Duplicate.empty())
    return Invalid("\"", Duplicate, "\" is there twice");
  for (const auto &[Name, Object] : Json.items()) {
    if (Name == "__metadata__") {
      if (!Object.is_object())
        return Invalid("__metadata__ is not an object");
      for (const auto &[Key, Value] : Object.items()) {
        if (!Value.is_string())
          return Invalid("__metadata__ holds something other than text, \"",
                         Key, "\"");
        Metadata[Key] = Value.template get<std::string>();
      }
      continue;
    }
    SafetensorsEntry Entry;
    Entry.Name = Name;
    if (std::string Why = readEntry(Object, DataSize, Entry); !Why.empty())
      return Invalid("tensor ", Name, " ", Why);
    Entry.Bytes = Data + Entry.Begin;
    Entries.push_back(std::move(Entry));
  }

  std::sort(Entries.begin(), Entries.end(),
            [](const SafetensorsEntry &A, const SafetensorsEntry &B) {
              return std::make_pair(A.Begin, A.End) <
                     std::make_pair(B.Begin, B.End);
            });
  uint64_t Covered = 0;
  const std::string *Previous = nullptr;
  for (const SafetensorsEntry &Entry : Entries) {
    if (Entry.Begin < Covered)
      return Invalid("tensors ", *Previous, " and ", Entry.Name, " overlap");
    if (Entry.Begin > Covered)
      return Invalid("there is a gap of ", Entry.Begin - Covered,
                     " bytes before tensor ", Entry.Name);
    Covered = Entry.End;
    Previous = &Entry.Name;
  }
  if (Covered != DataSize)
    return Invalid("its tensors take ", Covered, " bytes, but ", DataSize,
                   " are there");
  for (size_t I = 0; I < Entries.size(); ++I)
    ByName[Entries[I].Name] = I;
  if (auto Sums = Metadata.find(ChecksumKey); Sums != Metadata.end())
    return readChecksums(Sums->second);
  return absl::OkStatus();
}

absl::Status SafetensorsFile::readChecksums(const std::string &Text) {
  STATOR_ASSIGN_OR_RETURN(
      json Sums, parseJsonObject(Text, Path + " is damaged: its checksums"));
  for (SafetensorsEntry &Entry : Entries) {
    auto Found = Sums.find(Entry.Name);
    if (Found == Sums.end() || !Found->is_string())
      return error(Path, " is damaged: tensor ", Entry.Name,
                   " has no checksum, but others do");
    Entry.Checksum = Found->get<std::string>();
  }
  return absl::OkStatus();
}

absl::Status SafetensorsFile::verify(const SafetensorsEntry &Entry) const {
  if (Entry.Checksum.empty() ||
      Entry.Checksum == checksumOf(Entry.Bytes, Entry.End - Entry.Begin))
    return absl::OkStatus();
  return error(Path, " is damaged: the values of tensor ", Entry.Name,
               " do not match their checksum\nhint: use an earlier checkpoint, "
               "or another copy of the file");
}

const SafetensorsEntry *SafetensorsFile::find(absl::string_view Name) const {
  auto Found = ByName.find(std::string(Name));
  return Found == ByName.end() ? nullptr : &Entries[Found->second];
}

absl::Status SafetensorsFile::readFloats(const SafetensorsEntry &Entry,
                                         float *Out) const {
  if (Entry.Dtype == "F32") {
    if (Entry.Elements > 0)
      std::memcpy(Out, Entry.Bytes, Entry.Elements * sizeof(float));
    return absl::OkStatus();
  }
  bool Half = Entry.Dtype == "F16";
  if (!Half && Entry.Dtype != "BF16")
    return error(Path, ": tensor ", Entry.Name, " is of ", Entry.Dtype,
                 "; F32, F16 or BF16 was expected");
  for (uint64_t I = 0; I < Entry.Elements; ++I) {
    uint16_t Bits;
    std::memcpy(&Bits, Entry.Bytes + 2 * I, sizeof Bits);
    Out[I] = Half ? floatOfHalf(Bits) : floatOfBrain(Bits);
  }
  return absl::OkStatus();
}

} // namespace stator::runtime
