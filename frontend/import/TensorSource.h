//===- TensorSource.h - Tensors on their way between formats ----*- C++ -*-===//
//
// Checkpoints of different formats hold the same tensors under other names,
// transposed, or with the rows of heads in another order. A TensorSource is a
// tensor of one file and what has to be done to it for another.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_IMPORT_TENSORSOURCE_H
#define STATOR_FRONTEND_IMPORT_TENSORSOURCE_H

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator {

/// In which order the rows of a projection to heads are rewritten. Rotary
/// positions turn pairs of channels of a head: neighbours in llama2.c and in
/// GGUF's llama, half a head apart in Hugging Face's checkpoints.
enum class RowOrder : uint8_t { Kept, PairsToHalves, HalvesToPairs };

struct TensorSource {
  std::string Name; ///< as its file calls it
  std::string File; ///< for messages
  /// "F32", "F16", "BF16" or "Q8_0"; others are not read.
  std::string Dtype;
  std::vector<int64_t> Shape; ///< in the file
  const uint8_t *Bytes = nullptr;
  uint64_t Size = 0; ///< of Bytes

  /// What is done on the way.
  RowOrder Order = RowOrder::Kept;
  int64_t Heads = 0;       ///< that the rows are divided into, for Order
  bool Transposed = false; ///< a matrix whose rows become columns

  bool isReadable() const;
  /// The dtype that comes out: Q8_0 becomes F32, which holds it exactly.
  std::string outputDtype() const;
  std::vector<int64_t> outputShape() const;
  /// Whether the bytes come out as they are.
  bool isUnchanged() const;
};

/// Error: the tensor holds NaN or an infinite value. It is readable.
absl::Status checkFinite(const TensorSource &Tensor);

/// Hands the bytes of the tensor, as they come out, to `Sink` in portions. The
/// tensor has been checked: it is readable, and its shape fits what is done.
absl::Status
streamTensor(const TensorSource &Tensor,
             llvm::function_ref<absl::Status(const void *, size_t)> Sink);

/// All elements of a tensor as floats, as they come out.
std::vector<float> readFloats(const TensorSource &Tensor);

/// "[2, 3]".
std::string formatShape(const std::vector<int64_t> &Shape);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_TENSORSOURCE_H
