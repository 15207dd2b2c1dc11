//===- HostTensor.cpp - A tensor in the memory of this process ------------===//

#include "ir/HostTensor.h"
#include "ir/evaluation/Support.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace stator;

size_t stator::getHostTypeSize(HostType Type) {
  switch (Type) {
  case HostType::F32:
  case HostType::I32:
    return 4;
  case HostType::F64:
    return 8;
  case HostType::I1:
    return 1;
  }
  llvm_unreachable("all host types are above");
}

HostTensor::HostTensor(HostType Type, ArrayRef<int64_t> Shape)
    : Type(Type), Shape(Shape) {
  for (int64_t Size : Shape)
    NumElements *= Size;
  Bytes.resize(NumElements * getHostTypeSize(Type));
}

SmallVector<int64_t, 4> HostTensor::getStrides() const {
  return evaluation::getRowMajorStrides(Shape);
}

double HostTensor::getAsDouble(int64_t Index) const {
  switch (Type) {
  case HostType::F32:
    return data<float>()[Index];
  case HostType::F64:
    return data<double>()[Index];
  case HostType::I32:
    return data<int32_t>()[Index];
  case HostType::I1:
    return data<uint8_t>()[Index];
  }
  llvm_unreachable("all host types are above");
}

void HostTensor::setFromDouble(int64_t Index, double Value) {
  switch (Type) {
  case HostType::F32:
    data<float>()[Index] = static_cast<float>(Value);
    return;
  case HostType::F64:
    data<double>()[Index] = Value;
    return;
  case HostType::I32:
    data<int32_t>()[Index] = static_cast<int32_t>(Value);
    return;
  case HostType::I1:
    data<uint8_t>()[Index] = Value != 0;
    return;
  }
  llvm_unreachable("all host types are above");
}

EvalContext::~EvalContext() = default;
