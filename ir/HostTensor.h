//===- HostTensor.h - A tensor in the memory of this process ----*- C++ -*-===//
//
// What reference evaluation works on, and the context it works in.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_HOSTTENSOR_H
#define STATOR_IR_HOSTTENSOR_H

#include "ir/RunSettings.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace stator {

/// Element types of a HostTensor.
enum class HostType { F32, F64, I32, I1 };

/// Bytes an element takes; I1 is one byte, 0 or 1.
size_t getHostTypeSize(HostType Type);

/// A dense row-major tensor that owns its elements.
class HostTensor {
public:
  HostTensor() = default;
  /// All elements zero.
  HostTensor(HostType Type, llvm::ArrayRef<int64_t> Shape);

  HostType getType() const { return Type; }
  llvm::ArrayRef<int64_t> getShape() const { return Shape; }
  int64_t getRank() const { return static_cast<int64_t>(Shape.size()); }
  /// Product of the shape; 1 for a scalar.
  int64_t getNumElements() const { return NumElements; }
  /// Row-major strides in elements.
  llvm::SmallVector<int64_t, 4> getStrides() const;

  /// The elements; T must be the C++ type of getType(): float, double, int32_t
  /// or bool (uint8_t).
  template <typename T> T *data() {
    return reinterpret_cast<T *>(Bytes.data());
  }
  template <typename T> const T *data() const {
    return reinterpret_cast<const T *>(Bytes.data());
  }

  /// Element `index` in row-major order as a double, whatever the type.
  double getAsDouble(int64_t Index) const;
  void setFromDouble(int64_t Index, double Value);

private:
  HostType Type = HostType::F32;
  llvm::SmallVector<int64_t, 4> Shape;
  int64_t NumElements = 1;
  std::vector<std::byte> Bytes;
};

/// The state of the run that an evaluation may ask for.
class EvalContext {
public:
  virtual ~EvalContext();

  /// F32 or F64: what all float tensors are.
  virtual HostType getFloatType() const = 0;

  /// The random word of element `index` of a dropout (see
  /// runtime/core/philox.h).
  virtual uint32_t getDropoutBits(int64_t Stream, int64_t Index) const = 0;

  /// What the run sets a number of a settable op to, if it does.
  virtual std::optional<double> getRunSetting(RunSetting) const {
    return std::nullopt;
  }

  /// Reports an error that depends on values (an index outside a table);
  /// evaluation goes on.
  virtual void reportError(mlir::Location Loc, const llvm::Twine &Message) = 0;

  /// Evaluates the region of a scan with these values for its arguments, and
  /// gives what it yields.
  virtual std::vector<HostTensor>
  evaluateRegion(mlir::Region &Region, std::vector<HostTensor> Arguments) = 0;
};

} // namespace stator

#endif // STATOR_IR_HOSTTENSOR_H
