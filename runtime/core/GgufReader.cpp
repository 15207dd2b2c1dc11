#include "runtime/core/Errors.h"
#include "runtime/core/Gguf.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace stator::runtime {

namespace {
/// How the elements of a type are stored: in blocks of a few bytes.
struct TypeInfo {
  uint32_t Id;
  const char *Name;
  uint64_t BlockElements, BlockBytes;
};

/// Kinds of values, by their number in the file.
enum ValueKind : uint32_t {
  U8 = 0,
  I8 = 1,
  U16 = 2,
  I16 = 3,
  U32 = 4,
  I32 = 5,
  F32 = 6,
  Bool = 7,
  Text = 8,
  Array = 9,
  U64 = 10,
  I64 = 11,
  F64 = 12
};
} // namespace

static constexpr TypeInfo Types[] = {
    {0, "F32", 1, 4},       {1, "F16", 1, 2},       {2, "Q4_0", 32, 18},
    {3, "Q4_1", 32, 20},    {6, "Q5_0", 32, 22},    {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},    {9, "Q8_1", 32, 36},    {10, "Q2_K", 256, 84},
    {11, "Q3_K", 256, 110}, {12, "Q4_K", 256, 144}, {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210}, {15, "Q8_K", 256, 292}, {24, "I8", 1, 1},
    {25, "I16", 1, 2},      {26, "I32", 1, 4},      {27, "I64", 1, 8},
    {28, "F64", 1, 8},      {30, "BF16", 1, 2},
};

/// Reads a file from front to back; every length is compared with what is left
/// before it is believed.
class GgufParser {
public:
  explicit GgufParser(GgufFile &Result)
      : Result(Result), Next(Result.File.data()), Left(Result.File.size()) {}

  absl::Status parse() {
    uint32_t Magic, Version;
    uint64_t NumTensors, NumPairs;
    if (!read(Magic) || std::memcmp(&Magic, "GGUF", sizeof Magic) != 0)
      return error(Result.Path, " is not a GGUF file");
    if (!read(Version))
      return truncated("the header");
    if (Version != 2 && Version != 3)
      return error(Result.Path, " is ",
                   Version < 256 ? absl::StrCat("of version ", Version)
                                 : std::string("in another byte order"),
                   "; GGUF of versions 2 and 3 is read, little-endian");
    if (!read(NumTensors) || !read(NumPairs))
      return truncated("the header");
    // The shortest pair takes 13 bytes, the shortest description 24.
    if (NumPairs > Left / 13 || NumTensors > Left / 24)
      return invalid("it would have ", NumPairs, " key-value pairs and ",
                     NumTensors, " tensors, more than its ", Result.File.size(),
                     " bytes hold");
    for (uint64_t I = 0; I < NumPairs; ++I)
      STATOR_RETURN_IF_ERROR(parsePair());
    std::vector<uint64_t> Offsets;
    for (uint64_t I = 0; I < NumTensors; ++I)
      STATOR_RETURN_IF_ERROR(parseTensor(Offsets));
    return placeTensors(Offsets);
  }

private:
  template <typename... PartTypes>
  absl::Status invalid(const PartTypes &...Why) const {
    return error(Result.Path, " is not a valid GGUF file: ", Why...);
  }
  absl::Status truncated(absl::string_view Where) const {
    return invalid("it ends in ", Where, "; is it truncated?");
  }

  template <typename NumberType> bool read(NumberType &Value) {
    if (Left < sizeof Value)
      return false;
    std::memcpy(&Value, Next, sizeof Value);
    Next += sizeof Value;
    Left -= sizeof Value;
    return true;
  }
  bool read(absl::string_view &Value) {
    uint64_t Size;
    if (!read(Size) || Size > Left)
      return false;
    Value = {reinterpret_cast<const char *>(Next), Size};
    Next += Size;
    Left -= Size;
    return true;
  }

  /// Reads a number of \p StoredType into \p Value; false at the end of the
  /// file. Whole numbers that do not fit become the largest.
  template <typename StoredType, typename TargetType>
  bool readAs(TargetType &Value) {
    StoredType Stored;
    if (!read(Stored))
      return false;
    if constexpr (std::is_same_v<StoredType, uint64_t>)
      Value = static_cast<TargetType>(
          std::min<uint64_t>(Stored, std::numeric_limits<int64_t>::max()));
    else
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): a sign is to be extended.
      Value = static_cast<TargetType>(Stored);
    return true;
  }
  bool readWhole(uint32_t Kind, int64_t &Value) {
    switch (Kind) {
    case U8:
    case Bool:
      return readAs<uint8_t>(Value);
    case I8:
      return readAs<int8_t>(Value);
    case U16:
      return readAs<uint16_t>(Value);
    case I16:
      return readAs<int16_t>(Value);
    case U32:
      return readAs<uint32_t>(Value);
    case I32:
      return readAs<int32_t>(Value);
    case U64:
      return readAs<uint64_t>(Value);
    default:
      return readAs<int64_t>(Value);
    }
  }
  bool readFloat(uint32_t Kind, double &Value) {
    return Kind == F32 ? readAs<float>(Value) : readAs<double>(Value);
  }

  /// Elements of an array that are read one by one; \p Smallest is what one
  /// takes at least.
  template <typename ElementType, typename ReadType>
  bool readArray(uint64_t Count, uint64_t Smallest, GgufValue &Value,
                 ReadType ReadOne) {
    if (Count > Left / Smallest)
      return false;
    std::vector<ElementType> Elements(Count);
    for (ElementType &Element : Elements)
      if (!ReadOne(Element))
        return false;
    Value = std::move(Elements);
    return true;
  }

  absl::Status parsePair() {
    absl::string_view Key;
    uint32_t Kind;
    if (!read(Key) || !read(Kind))
      return truncated("the key-value pairs");
    GgufValue Value;
    uint64_t Count = 0;
    bool Ok = false;
    bool IsArray = Kind == Array;
    if (IsArray && (!read(Kind) || !read(Count)))
      return truncated("the key-value pairs");
    if (Kind == Array)
      return invalid("\"", Key, "\" is an array of arrays");
    if (Kind > F64)
      return invalid("\"", Key, "\" is of the unknown kind ", Kind);
    auto Whole = [&](int64_t &X) { return readWhole(Kind, X); };
    auto Float = [&](double &X) { return readFloat(Kind, X); };
    auto String = [&](absl::string_view &X) { return read(X); };
    if (IsArray) {
      if (Kind == Text)
        Ok = readArray<absl::string_view>(Count, 8, Value, String);
      else if (Kind == F32 || Kind == F64)
        Ok = readArray<double>(Count, 4, Value, Float);
      else
        Ok = readArray<int64_t>(Count, 1, Value, Whole);
    } else if (Kind == Text) {
      absl::string_view X;
      Ok = String(X);
      Value = X;
    } else if (Kind == F32 || Kind == F64) {
      double X = 0;
      Ok = Float(X);
      Value = X;
    } else {
      int64_t X = 0;
      Ok = Whole(X);
      if (Kind == Bool)
        Value = X != 0;
      else
        Value = X;
    }
    if (!Ok)
      return truncated(absl::StrCat("the value of \"", Key, "\""));
    if (!Result.Values.emplace(std::string(Key), std::move(Value)).second)
      return invalid("\"", Key, "\" is there twice");
    return absl::OkStatus();
  }

  absl::Status parseTensor(std::vector<uint64_t> &Offsets) {
    absl::string_view Name;
    uint32_t Rank, Type;
    if (!read(Name) || !read(Rank))
      return truncated("the descriptions of tensors");
    GgufTensor Tensor;
    Tensor.Name = std::string(Name);
    if (Rank < 1 || Rank > 4)
      return invalid("tensor ", Name, " has ", Rank,
                     " dimensions; expected 1 to 4");
    uint64_t Elements = 1;
    for (uint32_t I = 0; I < Rank; ++I) {
      uint64_t Size;
      if (!read(Size))
        return truncated("the descriptions of tensors");
      if (Size == 0 || Size > (uint64_t(1) << 48) ||
          __builtin_mul_overflow(Elements, Size, &Elements) ||
          Elements > (uint64_t(1) << 48))
        return invalid("tensor ", Name, " has an impossible shape");
      Tensor.Shape.insert(Tensor.Shape.begin(), static_cast<int64_t>(Size));
    }
    uint64_t Offset;
    if (!read(Type) || !read(Offset))
      return truncated("the descriptions of tensors");
    const TypeInfo *Info = std::ranges::find_if(
        Types, [&](const TypeInfo &Each) { return Each.Id == Type; });
    if (Info == std::end(Types))
      return error(Result.Path, ": tensor ", Name, " is of type ", Type,
                   ", which is not known; F32, F16, BF16 and Q8_0 are read");
    Tensor.Type = Info->Name;
    if (static_cast<uint64_t>(Tensor.Shape.back()) % Info->BlockElements != 0)
      return invalid("tensor ", Name, " has rows of ", Tensor.Shape.back(),
                     " elements, but ", Info->Name, " has blocks of ",
                     Info->BlockElements);
    Tensor.Size = Elements / Info->BlockElements * Info->BlockBytes;
    if (!Result.ByName.emplace(Tensor.Name, Result.Tensors.size()).second)
      return invalid("tensor ", Name, " is there twice");
    Offsets.push_back(Offset);
    Result.Tensors.push_back(std::move(Tensor));
    return absl::OkStatus();
  }

  absl::Status placeTensors(const std::vector<uint64_t> &Offsets) {
    uint64_t Alignment = 32;
    if (const int64_t *Given = Result.value<int64_t>("general.alignment")) {
      if (*Given < 1 || *Given > (1 << 20) ||
          !std::has_single_bit(static_cast<uint64_t>(*Given)))
        return invalid("general.alignment is ", *Given,
                       "; expected a power of two");
      Alignment = static_cast<uint64_t>(*Given);
    }
    uint64_t Begin = Result.File.size() - Left;
    Begin = (Begin + Alignment - 1) / Alignment * Alignment;
    uint64_t Available =
        Begin > Result.File.size() ? 0 : Result.File.size() - Begin;
    std::vector<size_t> Order(Offsets.size());
    for (size_t I = 0; I < Offsets.size(); ++I) {
      GgufTensor &Tensor = Result.Tensors[I];
      Order[I] = I;
      if (Offsets[I] > Available || Tensor.Size > Available - Offsets[I])
        return invalid("tensor ", Tensor.Name, " has ", Tensor.Size,
                       " bytes at ", Offsets[I], ", but only ", Available,
                       " bytes of data are there; is it truncated?");
      Tensor.Bytes = Result.File.data() + Begin + Offsets[I];
    }
    std::sort(Order.begin(), Order.end(),
              [&](size_t A, size_t B) { return Offsets[A] < Offsets[B]; });
    for (size_t I = 1; I < Order.size(); ++I) {
      const GgufTensor &Before = Result.Tensors[Order[I - 1]];
      const GgufTensor &After = Result.Tensors[Order[I]];
      if (After.Bytes < Before.Bytes + Before.Size)
        return invalid("tensors ", Before.Name, " and ", After.Name,
                       " overlap");
    }
    return absl::OkStatus();
  }

  GgufFile &Result;
  const uint8_t *Next;
  uint64_t Left;
};

absl::StatusOr<GgufFile> GgufFile::open(const std::string &Path) {
  GgufFile Result;
  Result.Path = Path;
  STATOR_ASSIGN_OR_RETURN(Result.File, MappedFile::open(Path));
  STATOR_RETURN_IF_ERROR(GgufParser(Result).parse());
  return Result;
}

const GgufTensor *GgufFile::find(absl::string_view Name) const {
  auto Found = ByName.find(Name);
  return Found == ByName.end() ? nullptr : &Tensors[Found->second];
}

} // namespace stator::runtime
