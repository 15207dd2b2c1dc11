#include "runtime/core/State.h"
#include "runtime/core/AvailableMemory.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Format.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/WeightConversion.h"
#include "runtime/core/philox.h"
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numbers>
#include <set>
#include <sys/mman.h>
#include <thread>
#include <utility>
#include <vector>

namespace stator::runtime {

Memory &Memory::operator=(Memory &&Other) noexcept {
  std::swap(Begin, Other.Begin);
  std::swap(Mapping, Other.Mapping);
  std::swap(MappedBytes, Other.MappedBytes);
  return *this;
}

Memory::~Memory() {
  if (Mapping)
    ::munmap(Mapping, MappedBytes);
}

absl::StatusOr<Memory> Memory::allocate(uint64_t Bytes,
                                        absl::string_view Purpose) {
  constexpr uint64_t HugePage = 2 << 20;
  Memory Result;
  uint64_t Alignment = Bytes >= HugePage ? HugePage : 4096;
  if (Bytes > UINT64_MAX / 2)
    return error("cannot allocate ", formatBytes(static_cast<double>(Bytes)),
                 " for the ", Purpose);
  Result.MappedBytes =
      static_cast<size_t>(std::max<uint64_t>(Bytes, 1) + Alignment);
  void *Mapping = ::mmap(nullptr, Result.MappedBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (Mapping == MAP_FAILED)
    return error("cannot allocate ", formatBytes(static_cast<double>(Bytes)),
                 " for the ", Purpose, ": ", std::strerror(errno));
  Result.Mapping = Mapping;
  auto Address = reinterpret_cast<uintptr_t>(Mapping);
  Result.Begin = static_cast<uint8_t *>(Mapping) +
                 (Alignment - Address % Alignment) % Alignment;
  if (Alignment == HugePage)
    ::madvise(Result.Begin, Bytes, MADV_HUGEPAGE); // only ever a hint
  return Result;
}

absl::StatusOr<ProgramMemory>
ProgramMemory::allocate(const StatorProgram &Program, uint64_t ResultElements,
                        uint8_t *SharedState) {
  uint64_t Available = availableMemory();
  double Needed = (SharedState ? 0 : static_cast<double>(Program.StateBytes)) +
                  static_cast<double>(Program.CacheBytes) +
                  static_cast<double>(Program.ArenaBytes) +
                  static_cast<double>(ResultElements) * sizeof(float);
  // A tenth is left to the data, to checkpoints on their way to the disk and to
  // everybody else; without it the machine would swap rather than compute.
  if (Available && Needed > 0.9 * static_cast<double>(Available))
    return error(
        Program.Name, " needs ", formatBytes(Needed), " of memory (state ",
        formatBytes(static_cast<double>(Program.StateBytes)),
        Program.CacheBytes
            ? ", cache " + formatBytes(static_cast<double>(Program.CacheBytes))
            : "",
        ", arena ", formatBytes(static_cast<double>(Program.ArenaBytes)),
        "), but only ", formatBytes(static_cast<double>(Available)),
        " are available\nhint: compile it for a smaller --batch or "
        "--time, or with --memory-budget");
  ProgramMemory Result;
  Result.SharedState = SharedState;
  if (!SharedState) {
    STATOR_ASSIGN_OR_RETURN(Result.State,
                            Memory::allocate(Program.StateBytes, "state"));
  }
  if (Program.CacheBytes) {
    STATOR_ASSIGN_OR_RETURN(Result.Cache,
                            Memory::allocate(Program.CacheBytes, "cache"));
  }
  STATOR_ASSIGN_OR_RETURN(Result.Arena,
                          Memory::allocate(Program.ArenaBytes, "arena"));
  STATOR_ASSIGN_OR_RETURN(
      Result.Result,
      Memory::allocate(ResultElements * sizeof(float), "results"));
  return Result;
}

uint64_t bytesOfType(int32_t Type) {
  switch (Type) {
  case STATOR_TYPE_F32:
    return 4;
  case STATOR_TYPE_BF16:
    return 2;
  case STATOR_TYPE_INT8:
    return 1;
  default:
    return 0;
  }
}

/// Whether the scales that an int8 tensor needs are there: without them neither
/// conversion nor kernels know where to write and read.
static bool hasScales(const StatorProgram &Program,
                      const StatorTensor &Tensor) {
  const StatorTensor *Scales = findScales(Program, Tensor);
  return Scales && Scales->Type == STATOR_TYPE_F32 && Tensor.Rank == 2 &&
         Scales->Rank == 2 && Scales->Shape[0] == Tensor.Shape[0] &&
         Scales->Shape[1] == (Tensor.Shape[1] + ScaleBlock - 1) / ScaleBlock;
}

absl::Status checkProgram(const StatorProgram &Program) {
  auto Invalid = [](const auto &...Why) {
    return error("this program cannot be run: ", Why...,
                 "\nhint: compile it again with this version of stator");
  };
  if (Program.AbiVersion != STATOR_ABI_VERSION)
    return Invalid("it was compiled for version ", Program.AbiVersion,
                   " of the program ABI, the runtime has version ",
                   STATOR_ABI_VERSION);
  if (Program.Batch < 1 || Program.Time < 1 || Program.Vocabulary < 1 ||
      Program.MicroBatches < 1)
    return Invalid("batch, time, vocabulary and micro-batches must be at least "
                   "1");
  bool Train = Program.Mode == STATOR_MODE_TRAIN;
  if (Train &&
      (Program.MicroBatches == 1 ? !Program.TrainStep
                                 : !Program.Accumulate || !Program.Update))
    return Invalid("it has no training step");
  if (!Train && !Program.Forward)
    return Invalid("it has no forward function");
  for (int64_t I = 0; I < Program.NumBlocks; ++I) {
    int64_t Least = I ? Program.Blocks[I - 1].Width + 1 : 1;
    if (!Program.Blocks[I].Run || Program.Blocks[I].Width < Least ||
        (I == 0 && Program.Blocks[I].Width != 1))
      return Invalid("its blocks must have ascending widths, the first 1");
  }
  std::set<std::string> Names;
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    uint64_t Elements = 1, Width = bytesOfType(Tensor.Type),
             Block = Tensor.Role == STATOR_ROLE_CACHE ? Program.CacheBytes
                                                      : Program.StateBytes;
    if (!Width)
      return Invalid("tensor ", Tensor.Name, " is of an unknown type");
    for (int64_t D = 0; D < Tensor.Rank; ++D)
      Elements *= static_cast<uint64_t>(Tensor.Shape[D]);
    if (Elements != Tensor.Elements || Tensor.Offset % 64 != 0 ||
        Tensor.Offset > Block || Elements > (Block - Tensor.Offset) / Width)
      return Invalid("tensor ", Tensor.Name, " does not fit the ",
                     Tensor.Role == STATOR_ROLE_CACHE ? "cache" : "state");
    if (!Names.insert(Tensor.Name).second)
      return Invalid("two tensors are named ", Tensor.Name);
    if (Tensor.Type == STATOR_TYPE_INT8 && !hasScales(Program, Tensor))
      return Invalid("tensor ", Tensor.Name,
                     " is int8 and has no scales of its "
                     "shape, ",
                     Tensor.Name, ".scale");
  }
  return absl::OkStatus();
}

/// Element \p Index of tensor \p Stream.
static float drawInitial(const StatorTensor &Tensor, uint64_t Seed,
                         uint32_t Index, uint32_t Stream) {
  auto Uniform = [&](uint32_t Word) {
    return static_cast<double>(statorUniform(
        statorRandomBits(Seed, Index, Stream, Word, STATOR_RANDOM_INIT)));
  };
  double U = Uniform(0);
  if (Tensor.Init == STATOR_INIT_UNIFORM)
    return static_cast<float>(Tensor.InitA + (Tensor.InitB - Tensor.InitA) * U);
  double Radius = std::sqrt(-2.0 * std::log1p(-U));
  double Angle = 2.0 * std::numbers::pi * Uniform(1);
  return static_cast<float>(Tensor.InitA +
                            Tensor.InitB * Radius * std::cos(Angle));
}

static void initializeTensor(const StatorTensor &Tensor, uint32_t Stream,
                             float *Out, uint64_t Seed) {
  if (Tensor.Role != STATOR_ROLE_PARAMETER ||
      Tensor.Init == STATOR_INIT_CONSTANT) {
    bool Parameter = Tensor.Role == STATOR_ROLE_PARAMETER;
    std::fill_n(Out, Tensor.Elements,
                Parameter ? static_cast<float>(Tensor.InitA) : 0.0f);
    return;
  }
  auto Draw = [&](uint64_t Begin, uint64_t End) {
    for (uint64_t I = Begin; I < End; ++I)
      Out[I] = drawInitial(Tensor, Seed, static_cast<uint32_t>(I), Stream);
  };
  // Every element is drawn on its own, so threads only change the time.
  uint64_t NumThreads = Tensor.Elements < (1 << 20)
                            ? 1
                            : std::max(1u, std::thread::hardware_concurrency());
  uint64_t Share = (Tensor.Elements + NumThreads - 1) / NumThreads;
  std::vector<std::thread> Threads;
  for (uint64_t Begin = Share; Begin < Tensor.Elements; Begin += Share)
    Threads.emplace_back(Draw, Begin, std::min(Begin + Share, Tensor.Elements));
  Draw(0, std::min(Share, Tensor.Elements));
  for (std::thread &Thread : Threads)
    Thread.join();
}

void initializeState(const StatorProgram &Program, uint8_t *State,
                     uint64_t Seed) {
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    // Only programs that load weights have other types, or caches.
    if (Tensor.Role == STATOR_ROLE_CACHE || Tensor.Type != STATOR_TYPE_F32)
      continue;
    initializeTensor(Tensor, static_cast<uint32_t>(I),
                     reinterpret_cast<float *>(State + Tensor.Offset), Seed);
  }
}

const char *findNonFinite(const StatorProgram &Program, const uint8_t *State) {
  for (int64_t I = 0; I < Program.NumTensors; ++I) {
    const StatorTensor &Tensor = Program.Tensors[I];
    if (Tensor.Role == STATOR_ROLE_GRADIENT ||
        Tensor.Role == STATOR_ROLE_CACHE || Tensor.Type != STATOR_TYPE_F32)
      continue;
    if (findBeyond(reinterpret_cast<const float *>(State + Tensor.Offset),
                   static_cast<int64_t>(Tensor.Elements)))
      return Tensor.Name;
  }
  return nullptr;
}

uint64_t countElements(const StatorProgram &Program, int32_t Role) {
  uint64_t Count = 0;
  for (int64_t I = 0; I < Program.NumTensors; ++I)
    if (Program.Tensors[I].Role == Role)
      Count += Program.Tensors[I].Elements;
  return Count;
}

} // namespace stator::runtime
