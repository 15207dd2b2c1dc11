//===- Target.h - The CPU that is compiled for ------------------*- C++ -*-===//
//
// What kernels and code generation need to know of the CPU. Kernels ask this
// structure and nothing else, so that compiling for another CPU is one option.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_CODEGEN_TARGET_H
#define STATOR_CODEGEN_TARGET_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace stator {

/// A CPU: how LLVM names it, and the sizes that decide about tiles.
struct CpuTarget {
  std::string Triple;   ///< "x86_64-pc-linux-gnu"
  std::string Cpu;      ///< LLVM's name: "znver4", "x86-64-v3", "generic"
  std::string Features; ///< LLVM's feature string: "+avx512f,-prefer-256-bit"

  unsigned VectorBits = 128;        ///< width of a vector register
  unsigned NumVectorRegisters = 16; ///< of that width
  bool HasFma = false;              ///< fused multiply-add of f32 vectors
  bool HasBf16Dot = false;          ///< vdpbf16ps of whole vectors
  int64_t L1Bytes = 32 << 10;       ///< data cache of a core
  int64_t L2Bytes = 512 << 10;      ///< of a core
  int64_t L3Bytes = 8 << 20;        ///< shared

  /// The number of f32 in a vector register.
  int64_t getF32Lanes() const { return VectorBits / 32; }

  /// The CPU called `Name`: a name that LLVM knows for the architecture of this
  /// machine or for x86-64 or AArch64 ("x86-64-v4", "znver4", "aarch64"), or
  /// "native" or "" for the CPU that this runs on. `Platform` is what
  /// `--target` says, "x86_64-linux-gnu" or "aarch64-linux-gnu"; then "" is the
  /// plainest CPU if that is not the architecture of this machine. On failure
  /// `Error` says what is wrong, in words for the user of `--cpu` and
  /// `--target`.
  static mlir::FailureOr<CpuTarget>
  get(llvm::StringRef Name, std::string &Error, llvm::StringRef Platform = "");

  /// An LLVM target machine that generates code for this CPU: position
  /// independent, full optimisation. Null, and `Error` set, if this LLVM
  /// cannot.
  std::unique_ptr<llvm::TargetMachine>
  createTargetMachine(std::string &Error) const;
};

} // namespace stator

#endif // STATOR_CODEGEN_TARGET_H
