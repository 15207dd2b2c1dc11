#include "runtime/core/WeightConversion.h"
#include "absl/strings/str_cat.h"
#include "runtime/core/Finite.h"
#include "runtime/core/HalfFloat.h"
#include "runtime/core/Parallel.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>

namespace stator::runtime {

const StatorTensor *findScales(const StatorProgram &Program,
                               const StatorTensor &Tensor) {
  std::string Name = absl::StrCat(Tensor.Name, ".scale");
  for (int64_t I = 0; I < Program.NumTensors; ++I)
    if (Program.Tensors[I].Role == STATOR_ROLE_SCALE &&
        Name == Program.Tensors[I].Name)
      return &Program.Tensors[I];
  return nullptr;
}

uint16_t brainOfFloat(float Value) {
  uint32_t Bits;
  std::memcpy(&Bits, &Value, sizeof Bits);
  if ((Bits & 0x7FFFFFFFu) > 0x7F800000u)
    return static_cast<uint16_t>(Bits >> 16 | 0x40);
  return static_cast<uint16_t>((Bits + 0x7FFFu + (Bits >> 16 & 1)) >> 16);
}

/// Elements [Begin, Begin + Count) of a tensor of a file, as floats.
static void readFloats(const SafetensorsEntry &From, uint64_t Begin,
                       uint64_t Count, float *Out) {
  if (From.Dtype == "F32") {
    std::memcpy(Out, From.Bytes + 4 * Begin, 4 * Count);
    return;
  }
  const bool IsHalf = From.Dtype == "F16";
  const uint8_t *Bytes = From.Bytes + 2 * Begin;
  if (IsHalf)
    for (uint64_t I = 0; I < Count; ++I) {
      uint16_t Bits;
      std::memcpy(&Bits, Bytes + 2 * I, sizeof Bits);
      Out[I] = floatOfHalf(Bits);
    }
  else
    for (uint64_t I = 0; I < Count; ++I) {
      uint16_t Bits;
      std::memcpy(&Bits, Bytes + 2 * I, sizeof Bits);
      Out[I] = floatOfBrain(Bits);
    }
}

/// Rows [Begin, End) of a matrix that a file has transposed: row after row of
/// the file a few elements, which become a column.
static void readTransposed(const WeightCopy &Copy, uint64_t Begin, uint64_t End,
                           float *Out) {
  auto Rows = static_cast<uint64_t>(Copy.To->Shape[0]),
       Columns = static_cast<uint64_t>(Copy.To->Shape[1]);
  constexpr uint64_t Tile = 16; // elements of a cache line
  float Line[Tile];
  for (uint64_t Row = Begin; Row < End; Row += Tile) {
    const uint64_t Count = std::min(Tile, End - Row);
    for (uint64_t Column = 0; Column < Columns; ++Column) {
      readFloats(*Copy.From, Column * Rows + Row, Count, Line);
      for (uint64_t I = 0; I < Count; ++I)
        Out[(Row - Begin + I) * Columns + Column] = Line[I];
    }
  }
}

/// Numbers of one block, and their scale.
static void quantize(const float *Values, uint64_t Count, int8_t *Out,
                     float &Scale) {
  float Largest = 0;
  for (uint64_t I = 0; I < Count; ++I)
    Largest = std::max(Largest, std::fabs(Values[I]));
  Scale = Largest / 127;
  // A scale that is no number, or none at all, has no inverse.
  const float Inverse =
      Scale >= 0x1p-126f && std::isfinite(Scale) ? 1 / Scale : 0;
  for (uint64_t I = 0; I < Count; ++I) {
    // Adding 1.5 * 2^23 leaves the nearest integer, ties to even, in the lowest
    // bits: unlike lrintf a loop of this is one of vectors.
    float Shifted =
        std::clamp(Values[I] * Inverse, -127.0f, 127.0f) + 0x1.8p23f;
    int32_t Bits;
    std::memcpy(&Bits, &Shifted, sizeof Bits);
    Out[I] = static_cast<int8_t>(Bits);
  }
}

/// Writes rows [Begin, End) of a matrix, of \p Columns elements each.
static void storeRows(const WeightCopy &Copy, uint64_t Begin, uint64_t End,
                      uint64_t Columns, const float *Values, uint8_t *State) {
  uint64_t First = Begin * Columns, Count = (End - Begin) * Columns;
  if (Copy.To->Type == STATOR_TYPE_BF16) {
    auto *Out = reinterpret_cast<uint16_t *>(State + Copy.To->Offset) + First;
    for (uint64_t I = 0; I < Count; ++I)
      Out[I] = brainOfFloat(Values[I]);
    return;
  }
  auto *Out = reinterpret_cast<int8_t *>(State + Copy.To->Offset) + First;
  auto Blocks = static_cast<uint64_t>(Copy.Scales->Shape[1]);
  auto *Scales =
      reinterpret_cast<float *>(State + Copy.Scales->Offset) + Begin * Blocks;
  constexpr uint64_t Block = ScaleBlock;
  for (uint64_t Row = Begin; Row < End; ++Row)
    for (uint64_t I = 0; I < Columns; I += Block) {
      quantize(Values, std::min(Block, Columns - I), Out, *Scales++);
      Values += std::min(Block, Columns - I);
      Out += std::min(Block, Columns - I);
    }
}

/// The number in its file of element number \p Element of a tensor of the
/// state.
static uint64_t elementInFile(const StatorTensor &Tensor, uint64_t Element) {
  if (Tensor.Layout != STATOR_LAYOUT_TRANSPOSED)
    return Element;
  auto Rows = static_cast<uint64_t>(Tensor.Shape[0]),
       Columns = static_cast<uint64_t>(Tensor.Shape[1]);
  return Element % Columns * Rows + Element / Columns;
}

std::optional<WrongWeight> convertWeights(const std::vector<WeightCopy> &Copies,
                                          uint8_t *State) {
  // Some rows of a tensor; a tensor that is no matrix is one column.
  struct Piece {
    size_t Copy;
    uint64_t Begin, End, Columns;
  };
  constexpr uint64_t PieceElements = 1 << 18, RowsTogether = 16;
  std::vector<Piece> Pieces;
  for (size_t I = 0; I < Copies.size(); ++I) {
    const StatorTensor &To = *Copies[I].To;
    uint64_t Columns = To.Rank == 2 ? static_cast<uint64_t>(To.Shape[1]) : 1;
    uint64_t Rows = To.Elements / std::max<uint64_t>(Columns, 1);
    uint64_t Step =
        std::max<uint64_t>(PieceElements / Columns / RowsTogether, 1) *
        RowsTogether;
    for (uint64_t Begin = 0; Begin < Rows; Begin += Step)
      Pieces.push_back({I, Begin, std::min(Begin + Step, Rows), Columns});
  }
  std::mutex Lock;
  std::optional<WrongWeight> First;
  auto Report = [&](const WeightCopy &Copy, uint64_t Element, float Value) {
    Element = elementInFile(*Copy.To, Element);
    std::lock_guard<std::mutex> Guard(Lock);
    if (!First ||
        std::pair(&Copy, Element) < std::pair(First->Copy, First->Element))
      First = WrongWeight{&Copy, Element, Value};
  };
  forPieces(Pieces.size(), 1, [&](uint64_t Number, uint64_t) {
    const Piece &P = Pieces[Number];
    const WeightCopy &Copy = Copies[P.Copy];
    uint64_t Begin = P.Begin * P.Columns, Count = (P.End - P.Begin) * P.Columns;
    std::vector<float> Buffer;
    float *Values = reinterpret_cast<float *>(State + Copy.To->Offset) + Begin;
    if (Copy.To->Type != STATOR_TYPE_F32) {
      Buffer.resize(Count);
      Values = Buffer.data();
    }
    if (Copy.To->Layout == STATOR_LAYOUT_TRANSPOSED)
      readTransposed(Copy, P.Begin, P.End, Values);
    else
      readFloats(*Copy.From, Begin, Count, Values);
    if (std::optional<int64_t> At =
            findBeyond(Values, static_cast<int64_t>(Count),
                       Copy.To->Type == STATOR_TYPE_BF16 ? BitsBeyondBrainFloat
                                                         : BitsOfInfinity))
      Report(Copy, Begin + static_cast<uint64_t>(*At), Values[*At]);
    if (Copy.To->Type != STATOR_TYPE_F32)
      storeRows(Copy, P.Begin, P.End, P.Columns, Values, State);
  });
  return First;
}

} // namespace stator::runtime
