//===- Target.cpp - The CPU that is compiled for --------------------------===//

#include "codegen/Target.h"
#include "llvm/ADT/STLExtras.h"
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
  Target.HasBf16Dot = HasAvx512 && Info.checkFeatures("+avx512bf16");
  Target.HasFma = HasAvx512 || Info.checkFeatures("+fma");
}

/// The names that are nearest to a wrong one, as ", did you mean A, B or C?".
static std::string suggest(StringRef Wrong, ArrayRef<std::string> Names) {
  SmallVector<std::pair<unsigned, StringRef>> Near;
  const unsigned Limit = std::max<size_t>(2, Wrong.size() / 3);
  for (const std::string &Name : Names)
    if (unsigned Distance = Wrong.edit_distance(Name); Distance <= Limit)
      Near.emplace_back(Distance, Name);
  llvm::sort(Near);
  Near.truncate(std::min<size_t>(Near.size(), 3));
  std::string Text;
  for (auto [I, Each] : llvm::enumerate(Near))
    Text += ((I == 0                 ? "; did you mean "
              : I + 1 == Near.size() ? " or "
                                     : ", ") +
             Each.second)
                .str();
  return Near.empty() ? "" : Text + "?";
}

/// What LLVM knows of an architecture; null if it was built without it.
static std::unique_ptr<llvm::MCSubtargetInfo>
getSubtarget(const llvm::Triple &Triple, StringRef Cpu, StringRef Features) {
  std::string Error;
  const llvm::Target *Target =
      llvm::TargetRegistry::lookupTarget(Triple, Error);
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      Target ? Target->createMCSubtargetInfo(Triple, Cpu, Features) : nullptr);
}

/// The platforms that code can be generated for: what `--target` says, or this
/// machine and the two architectures.
static FailureOr<SmallVector<llvm::Triple>> getCandidates(StringRef Platform,
                                                          std::string &Error) {
  if (Platform.empty())
    return SmallVector<llvm::Triple>{
        llvm::Triple(llvm::sys::getDefaultTargetTriple()),
        llvm::Triple("x86_64-pc-linux-gnu"),
        llvm::Triple("aarch64-unknown-linux-gnu")};
  llvm::Triple Triple(llvm::Triple::normalize(Platform));
  bool Known =
      (Triple.getArch() == llvm::Triple::x86_64 ||
       Triple.getArch() == llvm::Triple::aarch64) &&
      (Triple.isOSLinux() ||
       (Triple.getOS() == llvm::Triple::UnknownOS && !Platform.contains('-')));
  if (!Known) {
    Error = ("unknown target \"" + Platform + "\"" +
             suggest(Platform, {"x86_64-linux-gnu", "aarch64-linux-gnu",
                                "x86_64", "aarch64"}) +
             "\nthose are x86_64-linux-gnu and aarch64-linux-gnu")
                .str();
    return failure();
  }
  Triple.setOS(llvm::Triple::Linux);
  if (Triple.getVendorName().empty())
    Triple.setVendorName("unknown");
  if (Triple.getEnvironment() == llvm::Triple::UnknownEnvironment)
    Triple.setEnvironment(llvm::Triple::GNU);
  return SmallVector<llvm::Triple>{Triple};
}

FailureOr<CpuTarget> CpuTarget::get(StringRef Name, std::string &Error,
                                    StringRef Platform) {
  initializeLlvmTargets();
  CpuTarget Target;
  FailureOr<SmallVector<llvm::Triple>> Candidates =
      getCandidates(Platform, Error);
  if (failed(Candidates))
    return failure();
  const llvm::Triple Host(llvm::sys::getDefaultTargetTriple());
  bool Foreign = Candidates->front().getArch() != Host.getArch();
  if (Name == "native" && Foreign) {
    Error = ("the CPU \"native\" is that of this machine, which is no " +
             Platform + "; give its name, or \"generic\"")
                .str();
    return failure();
  }
  bool IsHost = !Foreign && (Name.empty() || Name == "native");
  if (IsHost) {
    Target.Cpu = llvm::sys::getHostCPUName().str();
    Target.Features = getHostFeatures();
    readHostCaches(Target);
  } else if (Name == "aarch64" && Platform.empty()) {
    Candidates =
        SmallVector<llvm::Triple>{llvm::Triple("aarch64-unknown-linux-gnu")};
    Target.Cpu = "generic";
  } else if (Name.empty() || Name == "generic") {
    Target.Cpu = Candidates->front().isX86() ? "x86-64" : "generic";
  } else {
    Target.Cpu = Name.str();
  }

  // A named CPU belongs to this machine's architecture or to the other one.
  std::vector<std::string> Names{"native"};
  for (const llvm::Triple &Candidate : *Candidates) {
    // Ask with a CPU that is always there first: an unknown one is warned of
    // on stderr.
    std::unique_ptr<llvm::MCSubtargetInfo> Known =
        getSubtarget(Candidate, "", "");
    if (!Known)
      continue;
    bool IsCpu = IsHost || Known->isCPUStringValid(Target.Cpu);
    std::unique_ptr<llvm::MCSubtargetInfo> Info =
        IsCpu ? getSubtarget(Candidate, Target.Cpu, Target.Features) : nullptr;
    if (!Info || (Candidate.isX86() && !Info->checkFeatures("+64bit"))) {
      for (const llvm::SubtargetSubTypeKV &Each :
           Known->getAllProcessorDescriptions())
        Names.push_back(Each.Key);
      continue;
    }
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
  llvm::sort(Names);
  Names.erase(llvm::unique(Names), Names.end());
  Error = "unknown CPU \"" + Name.str() + "\"";
  if (!Platform.empty())
    Error += (" of " + Platform).str();
  Error += suggest(Name, Names);
  if (Platform.empty())
    Error += "\nexpected \"native\", \"x86-64\", \"x86-64-v3\", "
             "\"x86-64-v4\", \"aarch64\" or another name that LLVM knows";
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
