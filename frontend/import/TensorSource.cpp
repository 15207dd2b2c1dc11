//===- TensorSource.cpp - Tensors on their way between formats ------------===//

#include "frontend/import/TensorSource.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Format.h"
#include "runtime/core/HalfFloat.h"
#include "runtime/core/Safetensors.h"
#include "runtime/core/StatusMacros.h"
#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace stator {

static constexpr uint64_t Q8Elements = 32;
static constexpr uint64_t Q8Bytes = 34; ///< a half-float scale and 32 bytes

bool TensorSource::isReadable() const {
  return Dtype == "F32" || Dtype == "F16" || Dtype == "BF16" || Dtype == "Q8_0";
}

std::string TensorSource::outputDtype() const {
  return Dtype == "Q8_0" ? "F32" : Dtype;
}

std::vector<int64_t> TensorSource::outputShape() const {
  std::vector<int64_t> Result = Shape;
  if (Transposed && Result.size() == 2)
    std::swap(Result[0], Result[1]);
  return Result;
}

bool TensorSource::isUnchanged() const {
  return Order == RowOrder::Kept && !Transposed && Dtype != "Q8_0";
}

std::string formatShape(const std::vector<int64_t> &Shape) {
  return runtime::formatShape(Shape.data(), static_cast<int64_t>(Shape.size()));
}

/// The row of the file that becomes row `Row` of the result.
static uint64_t sourceRow(const TensorSource &Tensor, uint64_t Row) {
  if (Tensor.Order == RowOrder::Kept)
    return Row;
  uint64_t Depth = static_cast<uint64_t>(Tensor.Shape[0] / Tensor.Heads);
  uint64_t Half = Depth / 2;
  uint64_t Head = Row / Depth, Channel = Row % Depth;
  uint64_t From = Tensor.Order == RowOrder::PairsToHalves
                      ? 2 * (Channel % Half) + Channel / Half
                      : Channel / 2 + (Channel % 2) * Half;
  return Head * Depth + From;
}

/// Writes `Count` elements of Q8_0 blocks as floats.
static void dequantize(const uint8_t *Blocks, uint64_t Count, float *Out) {
  for (uint64_t Begin = 0; Begin < Count; Begin += Q8Elements) {
    uint16_t Scale;
    std::memcpy(&Scale, Blocks, sizeof Scale);
    float Factor = runtime::floatOfHalf(Scale);
    for (uint64_t I = 0; I < Q8Elements; ++I)
      Out[Begin + I] =
          Factor * static_cast<float>(static_cast<int8_t>(Blocks[2 + I]));
    Blocks += Q8Bytes;
  }
}

/// The whole matrix with rows and columns exchanged.
static std::vector<uint8_t> transpose(const uint8_t *From, uint64_t Rows,
                                      uint64_t Columns, uint64_t Width) {
  std::vector<uint8_t> Out(Rows * Columns * Width);
  for (uint64_t Row = 0; Row < Rows; ++Row)
    for (uint64_t Column = 0; Column < Columns; ++Column)
      std::memcpy(&Out[(Column * Rows + Row) * Width],
                  From + (Row * Columns + Column) * Width, Width);
  return Out;
}

/// `Count` elements of a tensor from `Begin` on, as its file has them.
static void readPortion(const TensorSource &Tensor, uint64_t Begin,
                        uint64_t Count, float *Out) {
  if (Tensor.Dtype == "Q8_0") {
    dequantize(Tensor.Bytes + Begin / Q8Elements * Q8Bytes, Count, Out);
    return;
  }
  if (Tensor.Dtype == "F32") {
    std::memcpy(Out, Tensor.Bytes + Begin * sizeof(float),
                Count * sizeof(float));
    return;
  }
  bool IsHalf = Tensor.Dtype == "F16";
  for (uint64_t I = 0; I < Count; ++I) {
    uint16_t Bits;
    std::memcpy(&Bits, Tensor.Bytes + (Begin + I) * sizeof Bits, sizeof Bits);
    Out[I] = IsHalf ? runtime::floatOfHalf(Bits) : runtime::floatOfBrain(Bits);
  }
}

absl::Status checkFinite(const TensorSource &Tensor) {
  constexpr uint64_t Portion = 4096; // a multiple of Q8Elements
  uint64_t Elements = 1;
  for (int64_t Size : Tensor.Shape)
    Elements *= static_cast<uint64_t>(Size);
  std::vector<float> Values(std::min(Elements, Portion));
  for (uint64_t Begin = 0; Begin < Elements; Begin += Portion) {
    uint64_t Count = std::min(Portion, Elements - Begin);
    readPortion(Tensor, Begin, Count, Values.data());
    if (std::optional<int64_t> At =
            runtime::findBeyond(Values.data(), static_cast<int64_t>(Count)))
      return runtime::wrongValue(Tensor.File, Tensor.Name, Tensor.Shape,
                                 Begin + static_cast<uint64_t>(*At),
                                 Values[static_cast<size_t>(*At)]);
  }
  return absl::OkStatus();
}

absl::Status
streamTensor(const TensorSource &Tensor,
             llvm::function_ref<absl::Status(const void *, size_t)> Sink) {
  if (Tensor.isUnchanged() || Tensor.Size == 0)
    return Sink(Tensor.Bytes, Tensor.Size);
  bool Quantized = Tensor.Dtype == "Q8_0";
  uint64_t Rows =
      Tensor.Shape.empty() ? 1 : static_cast<uint64_t>(Tensor.Shape[0]);
  uint64_t RowBytes = Tensor.Size / Rows;
  uint64_t RowElements = Quantized
                             ? RowBytes / Q8Bytes * Q8Elements
                             : RowBytes / runtime::dtypeSize(Tensor.Dtype);
  std::vector<float> Floats(Quantized ? RowElements : 0);
  // A row as it comes out, but for transposition.
  auto RowAt = [&](uint64_t Row) -> std::pair<const void *, size_t> {
    const uint8_t *From = Tensor.Bytes + sourceRow(Tensor, Row) * RowBytes;
    if (!Quantized)
      return {From, RowBytes};
    dequantize(From, RowElements, Floats.data());
    return {Floats.data(), RowElements * sizeof(float)};
  };
  if (!Tensor.Transposed) {
    for (uint64_t Row = 0; Row < Rows; ++Row) {
      auto [Data, Size] = RowAt(Row);
      STATOR_RETURN_IF_ERROR(Sink(Data, Size));
    }
    return absl::OkStatus();
  }
  std::vector<uint8_t> Whole;
  for (uint64_t Row = 0; Row < Rows; ++Row) {
    auto [Data, Size] = RowAt(Row);
    const auto *Begin = static_cast<const uint8_t *>(Data);
    Whole.insert(Whole.end(), Begin, Begin + Size);
  }
  std::vector<uint8_t> Out =
      transpose(Whole.data(), Rows, RowElements,
                runtime::dtypeSize(Tensor.outputDtype()));
  return Sink(Out.data(), Out.size());
}

std::vector<float> readFloats(const TensorSource &Tensor) {
  std::vector<uint8_t> Bytes;
  streamTensor(Tensor, [&](const void *Data, size_t Size) {
    const auto *Begin = static_cast<const uint8_t *>(Data);
    Bytes.insert(Bytes.end(), Begin, Begin + Size);
    return absl::OkStatus();
  }).IgnoreError(); // the sink has none
  std::string Dtype = Tensor.outputDtype();
  uint64_t Width = runtime::dtypeSize(Dtype);
  std::vector<float> Result(Bytes.size() / Width);
  for (size_t I = 0; I < Result.size(); ++I) {
    if (Width == sizeof(float)) {
      std::memcpy(&Result[I], &Bytes[I * Width], sizeof(float));
      continue;
    }
    uint16_t Bits;
    std::memcpy(&Bits, &Bytes[I * Width], sizeof Bits);
    Result[I] = Dtype == "F16" ? runtime::floatOfHalf(Bits)
                               : runtime::floatOfBrain(Bits);
  }
  return Result;
}

} // namespace stator
