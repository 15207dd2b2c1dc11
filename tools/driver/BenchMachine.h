//===- BenchMachine.h - What this machine can do ----------------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_BENCHMACHINE_H
#define STATOR_TOOLS_DRIVER_BENCHMACHINE_H

#include "runtime/core/State.h"
#include "tools/driver/BenchSamples.h"
#include <cstdint>
#include <string>

namespace stator::driver {

/// What a machine can do: FLOP a second in f32, a fused multiply-add as two,
/// and bytes a second read from memory.
struct MachineLimits {
  double Flops = 0, Bytes = 0;
};

/// Measured limits of the machine.
struct MachineSpeed {
  std::string Cpu;        ///< name, as the system says it
  std::string Vectors;    ///< what the peak was measured with, "AVX-512"
  int Threads = 1;        ///< what "all" is
  MachineLimits One;      ///< of 1 thread, at the start
  Samples Flops, Bytes;   ///< of all threads, one for each reading, in order
  int64_t ArrayBytes = 0; ///< that were read

  MachineLimits getLimits() const {
    return {Flops.getMedian(), Bytes.getMedian()};
  }
};

/// CPUs that this process may run on.
int countCpus();

/// Measures the machine again and again. What it can do changes within seconds
/// where others use it too, so that a share of it is only one of what was
/// measured right before and after.
///
/// The peak is that of independent multiply-adds on registers of the widest
/// vectors that the CPU has, the bandwidth that of adding up an array much
/// larger than the caches, each thread its own part.
class MachineMeter {
public:
  /// Takes the memory, and measures with one thread. Without enough memory
  /// there is no bandwidth: it is 0.
  explicit MachineMeter(int Threads);

  /// Measures with all threads, in about a fifth of a second: medians of a few
  /// runs.
  MachineLimits read();

  /// What has been read until now.
  const MachineSpeed &getSpeed() const { return Speed; }

private:
  MachineLimits measure(int Threads);

  MachineSpeed Speed;
  runtime::Memory Array;
  int64_t Iterations = 1 << 14; ///< of a run that measures the peak
};

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHMACHINE_H
