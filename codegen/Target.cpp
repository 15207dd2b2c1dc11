//===- Target.cpp - The CPU that is compiled for --------------------------===//

#include "codegen/Target.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>
#include <unistd.h>

using namespace mlir;
using namespace stator;

/// Registers the two architectures that Stator generates code for.
static void initializeLlvmTargets() {
  static std::once_flag Once;
  std::call_once(Once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
  });
}

/// What the operating system says of the caches of this machine; the defaults
/// stay where it says nothing.
static void readHostCaches(CpuTarget &Target) {
#ifdef _SC_LEVEL1_DCACHE_SIZE
  auto Read = [](int Name, int64_t &Bytes) {
    if (long Size = sysconf(Name); Size > 0)
      Bytes = Size;
  };
  Read(_SC_LEVEL1_DCACHE_SIZE, Target.L1Bytes);
  Read(_SC_LEVEL2_CACHE_SIZE, Target.L2Bytes);
  Read(_SC_LEVEL3_CACHE_SIZE, Target.L3Bytes);
#endif
}

/// The features of the CPU that this runs on, as LLVM writes them.
static std::string getHostFeatures() {
  llvm::SubtargetFeatures Features;
  for (const auto &Feature : llvm::sys::getHostCPUFeatures())
    Features.AddFeature(Feature.first(), Feature.second);
  return Features.getString();
}

/// Fills in vector width, registers and FMA from what LLVM knows of the CPU.
static void readVectorUnit(CpuTarget &Target, const llvm::Triple &Triple,
                           const llvm::MCSubtargetInfo &Info) {
  if (Triple.isAArch64()) {
    Target.VectorBits = 128;
    Target.NumVectorRegisters = 32;
    Target.HasFma = true;
    return;
  }
  bool HasAvx512 = Info.checkFeatures("+avx512f");
  bool HasAvx = Info.checkFeatures("+avx");
  Target.VectorBits = HasAvx512 ? 512 : HasAvx ? 256 : 128;
  Target.NumVectorRegisters = HasAvx512 ? 32 : 16;
  Target.HasFma = HasAvx512 || Info.checkFeatures("+fma");
}

FailureOr<CpuTarget> CpuTarget::get(StringRef Name, std::string &Error) {
  initializeLlvmTargets();
  CpuTarget Target;
  llvm::Triple Triple(llvm::sys::getDefaultTargetTriple());
  bool IsHost = Name.empty() || Name == "native";
  if (IsHost) {
    Target.Cpu = llvm::sys::getHostCPUName().str();
    Target.Features = getHostFeatures();
    readHostCaches(Target);
  } else if (Name == "aarch64") {
    Triple = llvm::Triple("aarch64-unknown-linux-gnu");
    Target.Cpu = "generic";
  } else {
    Target.Cpu = Name.str();
  }

  // A named CPU belongs to this machine's architecture or to the other one.
  for (const llvm::Triple &Candidate :
       {Triple, llvm::Triple("x86_64-pc-linux-gnu"),
        llvm::Triple("aarch64-unknown-linux-gnu")}) {
    std::string LookupError;
    const llvm::Target *LlvmTarget =
        llvm::TargetRegistry::lookupTarget(Candidate, LookupError);
    if (!LlvmTarget)
      continue;
    // Ask with a CPU that is always there first: an unknown one is warned of
    // on stderr.
    std::unique_ptr<llvm::MCSubtargetInfo> Known(
        LlvmTarget->createMCSubtargetInfo(Candidate, "", ""));
    if (!Known || (!IsHost && !Known->isCPUStringValid(Target.Cpu)))
      continue;
    std::unique_ptr<llvm::MCSubtargetInfo> Info(
        LlvmTarget->createMCSubtargetInfo(Candidate, Target.Cpu,
                                          Target.Features));
    if (!Info)
      continue;
    if (Candidate.isX86() && !Info->checkFeatures("+64bit"))
      continue;
    Target.Triple = Candidate.str();
    readVectorUnit(Target, Candidate, *Info);
    // Kernels are written for the widest registers; LLVM must not halve them.
    if (Target.VectorBits == 512) {
      if (!Target.Features.empty())
        Target.Features += ",";
      Target.Features += "-prefer-256-bit";
    }
    return Target;
  }
  Error = ("unknown CPU \"" + Name +
           "\"; expected \"native\", \"x86-64\", \"x86-64-v3\", "
           "\"x86-64-v4\", \"aarch64\" or another name that LLVM knows")
              .str();
  return failure();
}

std::unique_ptr<llvm::TargetMachine>
CpuTarget::createTargetMachine(std::string &Error) const {
  initializeLlvmTargets();
  llvm::Triple TargetTriple(Triple);
  const llvm::Target *LlvmTarget =
      llvm::TargetRegistry::lookupTarget(TargetTriple, Error);
  if (!LlvmTarget)
    return nullptr;
  std::unique_ptr<llvm::TargetMachine> Machine(LlvmTarget->createTargetMachine(
      TargetTriple, Cpu, Features, llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!Machine)
    Error = "this LLVM cannot generate code for " + Triple;
  return Machine;
}
