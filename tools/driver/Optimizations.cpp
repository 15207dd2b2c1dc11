//===- Optimizations.cpp - What can be switched off -----------------------===//

#include "tools/driver/Optimizations.h"
#include "frontend/Diagnostics.h"
#include "tools/driver/CommandLine.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

namespace stator::driver {

llvm::ArrayRef<Optimization> getOptimizations() {
  static constexpr Optimization Table[] = {
      {"attention-fusion", "scores, mask, softmax and product as one op",
       [](ModelOptions &Options) { Options.NoFusion = true; }},
      {"decoding", "decoding with caches instead of recomputing all positions",
       [](ModelOptions &Options) { Options.Decode = false; }},
      {"head-chunks", "the output head in chunks of rows",
       [](ModelOptions &Options) { Options.Codegen.ChunkHead = false; }},
      {"kernel-fusion", "several ops in one kernel",
       [](ModelOptions &Options) { Options.Codegen.FuseKernels = false; }},
      {"epilogues", "elementwise ops in the kernel of the matmul before them",
       [](ModelOptions &Options) { Options.Codegen.Epilogues = false; }},
      {"repeated-ops", "cheap ops repeated rather than their results stored",
       [](ModelOptions &Options) { Options.Codegen.RepeatCheapOps = false; }},
      {"in-place",
       "results written in place of operands that are no longer needed",
       [](ModelOptions &Options) { Options.Codegen.InPlace = false; }},
      {"wide-vectors", "vectors wider than those of AVX2, on x86-64",
       [](ModelOptions &Options) {
         if (Options.Codegen.Cpu == "native" &&
             StringRef(LLVM_HOST_TRIPLE).starts_with("x86_64"))
           Options.Codegen.Cpu = "x86-64-v3";
       }},
  };
  return Table;
}

static llvm::SmallVector<StringRef> getNames() {
  llvm::SmallVector<StringRef> Names;
  for (const Optimization &Each : getOptimizations())
    Names.push_back(Each.Name);
  return Names;
}

std::string listOptimizations() { return llvm::join(getNames(), ", "); }

bool disableOptimizations(StringRef Names, ModelOptions &Options,
                          std::string &Error) {
  llvm::SmallVector<StringRef> Wanted;
  Names.split(Wanted, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef Name : Wanted) {
    const Optimization *Found =
        llvm::find_if(getOptimizations(), [&](const Optimization &Each) {
          return Each.Name == Name;
        });
    if (Found == getOptimizations().end()) {
      llvm::SmallVector<StringRef> Known = getNames();
      Error = ("--disable " + Name + ": unknown optimization" +
               didYouMean(Name, Known) + "\nthe optimizations are " +
               listOptimizations())
                  .str();
      return false;
    }
    Found->Disable(Options);
  }
  return true;
}

} // namespace stator::driver
