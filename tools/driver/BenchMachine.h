//===- BenchMachine.h - What this machine can do ----------------*- C++ -*-===//

#ifndef STATOR_TOOLS_DRIVER_BENCHMACHINE_H
#define STATOR_TOOLS_DRIVER_BENCHMACHINE_H

#include <cstdint>
#include <string>

namespace stator::driver {

/// Measured limits of the machine, in f32, a fused multiply-add as two FLOPs.
struct MachineSpeed {
  std::string Cpu;     ///< name, as the system says it
  std::string Vectors; ///< what the peak was measured with, "AVX-512"
  int Threads = 1;     ///< what "all" is
  double FlopsOne = 0, FlopsAll = 0; ///< FLOP a second with 1 and all threads
  double BytesOne = 0, BytesAll = 0; ///< bytes read from memory a second
  int64_t ArrayBytes = 0;            ///< that were read
};

/// CPUs that this process may run on.
int countCpus();

/// Measures; takes two to three seconds. The peak is that of independent
/// multiply-adds on registers of the widest vectors that the CPU has, the
/// bandwidth that of adding up an array much larger than the caches (fewer
/// bytes if there is little memory). Each is the best of several attempts:
/// nothing but disturbance makes one slower than another.
MachineSpeed measureMachine(int Threads);

/// Measures the peak once more, shortly, and keeps what is better: clocks rise
/// and fall, and neighbours come and go, while programs are measured.
void remeasurePeak(MachineSpeed &Machine);

} // namespace stator::driver

#endif // STATOR_TOOLS_DRIVER_BENCHMACHINE_H
