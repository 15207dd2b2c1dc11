//===- Kernels.h - Vectorised loops of the eager interpreter ----*- C++ -*-===//
//
// Loops over rows of floats, compiled once for each level of the processor's
// vector instructions; the best that runs here is taken when the interpreter
// starts.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_RUNTIME_INTERPRETER_EAGER_KERNELS_H
#define STATOR_RUNTIME_INTERPRETER_EAGER_KERNELS_H

#include <stdint.h>

namespace stator::eager {

enum class Unary {
  Neg,
  Abs,
  Exp,
  Log,
  Sqrt,
  Rsqrt,
  Sin,
  Cos,
  Tanh,
  Erf,
  Sigmoid,
  Relu,
  Silu,
  Gelu,
  GeluTanh,
  Count
};

enum class Binary {
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Maximum,
  Minimum,
  /// Derivatives: the operand, then the cotangent of the result.
  GeluGrad,
  GeluTanhGrad,
  SiluGrad,
  Count
};

struct AdamNumbers {
  float Beta1, Beta2, Eps, StepSize, Correction, Shrink, Coupled, Scale;
};

/// The result is a run of N floats; an operand with step 0 is one float for
/// all.
struct KernelTable {
  using UnaryRow = void (*)(float *Result, const float *X, int64_t N);
  using BinaryRow = void (*)(float *Result, const float *X, int64_t XStep,
                             const float *Y, int64_t YStep, int64_t N);
  UnaryRow Unary[static_cast<int>(Unary::Count)];
  BinaryRow Binary[static_cast<int>(Binary::Count)];
  void (*Select)(float *Result, const uint8_t *Condition, int64_t ConditionStep,
                 const float *X, int64_t XStep, const float *Y, int64_t YStep,
                 int64_t N);
  void (*Fill)(float *Result, float Value, int64_t N);
  /// Result += X.
  void (*Accumulate)(float *Result, const float *X, int64_t N);
  void (*MaxInto)(float *Result, const float *X, int64_t N);
  void (*MinInto)(float *Result, const float *X, int64_t N);
  void (*Scale)(float *Result, float By, int64_t N);
  float (*Sum)(const float *X, int64_t N);
  float (*SumOfSquares)(const float *X, int64_t N);
  float (*Max)(const float *X, int64_t N);
  float (*Min)(const float *X, int64_t N);
  void (*Softmax)(float *Result, const float *X, int64_t N);
  /// Result = Y * (Cotangent - sum(Y * Cotangent)).
  void (*SoftmaxGrad)(float *Result, const float *Y, const float *Cotangent,
                      int64_t N);
  float (*LogSumExp)(const float *X, int64_t N);
  /// Result = exp(X - Shift) * By.
  void (*ExpShifted)(float *Result, const float *X, float Shift, float By,
                     int64_t N);
  /// Elements First... of a dropout.
  void (*Dropout)(float *Result, const float *X, int64_t N, uint64_t Seed,
                  uint32_t First, uint32_t Stream, uint32_t Sequence,
                  uint32_t Threshold, float KeptScale);
  void (*Adam)(float *P, float *M, float *V, const float *OldP,
               const float *Gradient, const float *OldM, const float *OldV,
               const AdamNumbers &Numbers, int64_t N);
};

KernelTable makeBaselineKernels();
KernelTable makeAvx2Kernels();
KernelTable makeAvx512Kernels();

/// The kernels for the processor that runs this.
const KernelTable &getKernels();

} // namespace stator::eager

#endif // STATOR_RUNTIME_INTERPRETER_EAGER_KERNELS_H
