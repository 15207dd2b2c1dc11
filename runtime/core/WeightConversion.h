//===- WeightConversion.h - weights from files to the state -----*- C++ -*-===//
//
// Files hold weights as F32, F16 or BF16, row-major; the state as f32, bf16 or
// int8 with scales, and some of them transposed.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_WEIGHTCONVERSION_H
#define STATOR_RUNTIME_CORE_WEIGHTCONVERSION_H

#include "runtime/core/Safetensors.h"
#include "runtime/core/program.h"
#include <optional>
#include <vector>

namespace stator::runtime {

/// A tensor of the state and where its elements come from.
struct WeightCopy {
  const StatorTensor *To;
  const SafetensorsEntry *From; ///< of the shape that files have
  /// Of an int8 tensor: its scales.
  const StatorTensor *Scales = nullptr;
};

/// A number that cannot be used.
struct WrongWeight {
  const WeightCopy *Copy;
  uint64_t Element; ///< its number in the tensor as the file has it
  float Value;      ///< in the file
};

/// Elements of a row that share a scale, as stator-quantize-weights has it.
inline constexpr int64_t ScaleBlock = 32;

/// The tensor that holds the scales of \p Tensor, "<name>.scale"; null if there
/// is none.
const StatorTensor *findScales(const StatorProgram &Program,
                               const StatorTensor &Tensor);

/// Converts all tensors into \p State, on all CPUs. To bf16 numbers are rounded
/// to the nearest, ties to even; to int8 as multiples of a scale, which is
/// the largest of the absolute values of a block divided by 127. Returns the
/// first number that is NaN, infinite, or becomes infinite as bf16.
std::optional<WrongWeight> convertWeights(const std::vector<WeightCopy> &Copies,
                                          uint8_t *State);

/// The upper half of a float, rounded to the nearest, ties to even; NaN stays
/// NaN.
uint16_t brainOfFloat(float Value);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_WEIGHTCONVERSION_H
