//===- StreamingBenchmark.cpp - Kernels that memory bounds ----------------===//
//
// GB/s of the kernels that Stator makes of normalizations, cross-entropy and
// AdamW, forward and backward, and the bandwidth of this machine, measured here
// and now, that they are a share of. A kernel moves its operands and results,
// each once; what is in a cache already is read faster than memory.
//
//===----------------------------------------------------------------------===//

#include "../codegen/JitModule.h"
#include "../codegen/KernelJit.h"
#include "codegen/KernelTable.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/kernels/KernelPasses.h"
#include "ir/KernelInterface.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"
#include "passes/Views.h"
#include "llvm/ADT/MapVector.h"
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace mlir;
using namespace stator;
using namespace stator::test;

namespace {

int getThreads() {
  const char *Text = std::getenv("OMP_NUM_THREADS");
  return Text ? std::atoi(Text) : 1;
}

/// Bytes a second of one thread that adds up 1 GiB, the best of several runs.
double measureBandwidth() {
  std::vector<uint64_t> Data(size_t(1) << 27, 1);
  double Best = 0;
  for (int Run = 0; Run < 5; ++Run) {
    auto Start = std::chrono::steady_clock::now();
    uint64_t Sum[8] = {};
    for (size_t I = 0; I < Data.size(); I += 8)
      for (size_t Lane = 0; Lane < 8; ++Lane)
        Sum[Lane] += Data[I + Lane];
    benchmark::DoNotOptimize(Sum);
    std::chrono::duration<double> Time =
        std::chrono::steady_clock::now() - Start;
    Best = std::max(Best, 8.0 * Data.size() / Time.count());
  }
  return Best;
}

/// A function of Stator's dialect as kernels, with memory for all its tensors.
class Graph {
public:
  /// Compiles the function in `Text`, or with `Backward` what computes the
  /// gradients of its parameters. Null, and a message on stderr, on failure.
  static std::unique_ptr<Graph> compile(const std::string &Text, bool Backward);

  void run() {
    for (auto &[Name, Pointers] : Launches)
      Jit->run(Name, Pointers);
  }
  double getBytes() const { return Bytes; }
  size_t getNumLaunches() const { return Launches.size(); }

private:
  void addLaunch(LaunchOp Launch, FuncOp Kernel);
  void *allocate(Type Tensor);
  void *getMemory(Value V);

  std::unique_ptr<MLIRContext> Context;
  OwningOpRef<ModuleOp> Module;
  std::unique_ptr<JitModule> Jit;
  llvm::DenseMap<Value, void *> Memory;
  std::vector<std::unique_ptr<float[]>> Buffers;
  std::vector<std::vector<void *>> Tables;
  std::vector<std::pair<std::string, std::vector<void *>>> Launches;
  double Bytes = 0;
};

/// Small positive numbers; indices are 0.
void *Graph::allocate(Type Tensor) {
  size_t Elements = getTensorBytes(Tensor) / sizeof(float) + 16;
  Buffers.push_back(std::make_unique<float[]>(Elements));
  if (cast<RankedTensorType>(Tensor).getElementType().isF32())
    for (size_t I = 0; I < Elements; ++I)
      Buffers.back()[I] = 0.01f * static_cast<float>(1 + I % 97);
  return Buffers.back().get();
}

void *Graph::getMemory(Value V) {
  if (Operation *Op = V.getDefiningOp(); Op && isView(Op))
    return static_cast<char *>(getMemory(Op->getOperand(0))) +
           getViewOffset(Op);
  void *&Known = Memory[V];
  if (!Known)
    Known = allocate(V.getType());
  return Known;
}

// A result takes the memory of an operand where it may, as in programs.
void Graph::addLaunch(LaunchOp Launch, FuncOp Kernel) {
  std::vector<void *> Pointers;
  std::vector<bool> Taken(Launch.getNumOperands());
  for (Value Operand : Launch.getOperands()) {
    Pointers.push_back(getMemory(Operand));
    Bytes += getTensorBytes(Operand.getType());
  }
  for (OpResult Result : Launch->getResults()) {
    for (unsigned I = 0; I < Taken.size() && !Memory.count(Result); ++I)
      if (!Taken[I] && Launch.getOperand(I).hasOneUse() &&
          canRunInPlace(Kernel, I, Result.getResultNumber())) {
        Taken[I] = true;
        Memory[Result] = Pointers[I];
      }
    Pointers.push_back(getMemory(Result));
    Bytes += getTensorBytes(Result.getType());
  }
  if (takesArgumentTable(Kernel)) {
    std::vector<void *> Beside;
    auto Types = llvm::concat<Type>(llvm::to_vector(Launch.getOperandTypes()),
                                    llvm::to_vector(Launch.getResultTypes()));
    for (auto [Type, Pointer] : llvm::zip(Types, Pointers))
      if (isArgumentBesideTable(Type))
        Beside.push_back(Pointer);
    Tables.push_back(std::move(Pointers));
    Pointers = {Tables.back().data()};
    Pointers.insert(Pointers.end(), Beside.begin(), Beside.end());
  }
  Launches.emplace_back(Launch.getKernel().str(), std::move(Pointers));
}

std::unique_ptr<Graph> Graph::compile(const std::string &Text, bool Backward) {
  auto Result = std::make_unique<Graph>();
  DialectRegistry Registry;
  registerLoweringDialects(Registry);
  Registry.insert<StatorDialect>();
  Result->Context =
      std::make_unique<MLIRContext>(Registry, MLIRContext::Threading::DISABLED);
  Result->Context->loadAllAvailableDialects();
  Result->Module = parseSourceString<ModuleOp>(Text, Result->Context.get());
  if (!Result->Module)
    return nullptr;
  ModuleOp Module = *Result->Module;
  if (Backward) {
    PassManager Passes(Result->Context.get());
    Passes.addPass(createDifferentiate());
    Passes.addPass(createCanonicalizerPass());
    Passes.addPass(createCSEPass());
    if (failed(Passes.run(Module)))
      return nullptr;
    Module.lookupSymbol("loss")->erase();
    // The loss itself is no part of what is measured.
    auto Gradients = Module.lookupSymbol<FuncOp>("gradients");
    Gradients.getBody().front().getTerminator()->eraseOperand(0);
    Gradients.setFunctionType(FunctionType::get(
        Module.getContext(), Gradients.getArgumentTypes(),
        Gradients.getFunctionType().getResults().drop_front()));
  }
  PassManager Forming(Result->Context.get());
  Forming.addPass(createFormKernels());
  if (failed(Forming.run(Module)))
    return nullptr;

  for (FuncOp Func : Module.getOps<FuncOp>()) {
    if (Func.getKernel())
      continue;
    for (auto Launch : Func.getOps<LaunchOp>())
      Result->addLaunch(Launch,
                        Module.lookupSymbol<FuncOp>(Launch.getKernel()));
  }
  OwningOpRef<ModuleOp> Kernels = Module.clone();
  for (Operation &Op : llvm::make_early_inc_range(*Kernels->getBody()))
    if (auto Func = dyn_cast<FuncOp>(Op); !Func || !Func.getKernel())
      Op.erase();
  PassManager Lowering(Result->Context.get());
  Lowering.addPass(createLowerKernels());
  std::string Error;
  auto Target = CpuTarget::get("native", Error);
  if (failed(Target) || failed(Lowering.run(*Kernels)))
    return nullptr;
  Result->Jit = JitModule::load(*Kernels, *Target);
  return Result->Jit ? std::move(Result) : nullptr;
}

//===----------------------------------------------------------------------===//
// Models of a few lines
//===----------------------------------------------------------------------===//

std::string type(std::initializer_list<int64_t> Shape,
                 const char *Element = "f32") {
  std::string Text = "tensor<";
  for (int64_t Size : Shape)
    Text += std::to_string(Size) + "x";
  return Text + Element + ">";
}

std::string parameter(const std::string &Name, const std::string &Type) {
  return "stator.parameter @" + Name + " : " + Type +
         " init #stator.init<constant, 1.0, 0.0>\n";
}

/// The sum of x and h, normalized; layer norm, or RMS norm without `Layer`.
/// Backward is the derivative along %dy, the statistics computed again.
std::string makeNorm(int64_t Rows, int64_t Width, bool Layer, bool Backward) {
  std::string Full = type({Rows, Width}), Row = type({Rows}),
              Gain = type({Width});
  std::string Text = parameter("x", Full) + parameter("g", Gain) +
                     (Layer ? parameter("b", Gain) : "");
  Text += "stator.func @loss(%dy: " + Full + ", %h: " + Full + ") -> " + Full +
          " {\n";
  auto Add = [&](const std::string &Line) { Text += "  " + Line + "\n"; };
  Add("%x = stator.read @x : " + Full);
  Add("%g = stator.read @g : " + Gain);
  Add("%eps = stator.constant dense<1.0e-5> : " + Row);
  Add("%s = stator.add %x, %h : " + Full);
  auto Spread = [&](const std::string &Name) {
    Add(Name + "b = stator.broadcast " + Name + " dims [0] : " + Row + " -> " +
        Full);
  };
  if (Layer) {
    Add("%m = stator.reduce mean %s axes [1] : " + Full + " -> " + Row);
    Spread("%m");
    Add("%c = stator.sub %s, %mb : " + Full);
  }
  std::string Centred = Layer ? "%c" : "%s";
  Add("%sq = stator.mul " + Centred + ", " + Centred + " : " + Full);
  Add("%v = stator.reduce mean %sq axes [1] : " + Full + " -> " + Row);
  Add("%ve = stator.add %v, %eps : " + Row);
  Add("%r = stator.rsqrt %ve : " + Row);
  Spread("%r");
  Add("%n = stator.mul " + Centred + ", %rb : " + Full);
  Add("%gb = stator.broadcast %g dims [1] : " + Gain + " -> " + Full);
  Add("%y = stator.mul %n, %gb : " + Full);
  std::string Result = "%y";
  if (Layer) {
    Add("%b = stator.read @b : " + Gain);
    Add("%bb = stator.broadcast %b dims [1] : " + Gain + " -> " + Full);
    Add("%z = stator.add %y, %bb : " + Full);
    Result = "%z";
  }
  if (Backward) {
    Add("%l = stator.mul " + Result + ", %dy : " + Full);
    Result = "%l";
  }
  Add("stator.return " + Result + " : " + Full);
  return Text + "}\n";
}

std::string makeCrossEntropy(int64_t Rows, int64_t Classes) {
  std::string Logits = type({Rows, Classes}), Row = type({Rows}),
              Target = type({Rows}, "i32");
  return parameter("x", Logits) + "stator.func @loss(%t: " + Target + ") -> " +
         Row + " {\n  %x = stator.read @x : " + Logits +
         "\n  %l, %lse = stator.cross_entropy %x, %t : (" + Logits + ", " +
         Target + ") -> (" + Row + ", " + Row +
         ")\n  stator.return %l : " + Row + "\n}\n";
}

/// AdamW over `Count` matrices and as many vectors, with the norm of all
/// gradients before it.
std::string makeAdamW(int64_t Count, int64_t Width) {
  std::string Number = type({}), Text = "stator.func @update(";
  std::vector<std::string> Types;
  for (int64_t I = 0; I < 2 * Count; ++I)
    Types.push_back(I % 2 ? type({Width}) : type({Width, Width}));
  for (size_t I = 0; I < Types.size(); ++I)
    for (const char *Name : {"p", "g", "m", "v"})
      Text += "%" + (Name + std::to_string(I)) + ": " + Types[I] + ", ";
  Text += "%lr: " + Number + ", %t: tensor<i32>) -> (";
  std::string Gradients, GradientTypes, Returned, ReturnedTypes, Body;
  auto Append = [](std::string &List, const std::string &Item) {
    List += (List.empty() ? "" : ", ") + Item;
  };
  for (size_t I = 0; I < Types.size(); ++I) {
    std::string N = std::to_string(I), T = Types[I];
    Append(Gradients, "%g" + N);
    Append(GradientTypes, T);
    Body += "  %a" + N + ":3 = stator.adam %p" + N + ", %g" + N + ", %m" + N +
            ", %v" + N +
            " lr %lr scale %s step %t betas(0.9, 0.99) eps 1.0e-8 decay " +
            (I % 2 ? "0.0" : "0.1") + " decoupled : (" + T + ", " + T + ", " +
            T + ", " + T + ", " + Number + ", " + Number +
            ", tensor<i32>) -> (" + T + ", " + T + ", " + T + ")\n";
    for (int Result = 0; Result < 3; ++Result) {
      Append(Returned, "%a" + N + "#" + std::to_string(Result));
      Append(ReturnedTypes, T);
    }
  }
  return Text + ReturnedTypes + ") {\n  %n = stator.global_norm " + Gradients +
         " : (" + GradientTypes + ") -> " + Number +
         "\n  %s = stator.clip_scale %n max 1.0 : " + Number + "\n" + Body +
         "  stator.return " + Returned + " : " + ReturnedTypes + "\n}\n";
}

//===----------------------------------------------------------------------===//
// Measurement
//===----------------------------------------------------------------------===//

void measure(benchmark::State &State, const std::string &Text, bool Backward) {
  static const double Bandwidth = measureBandwidth();
  auto Compiled = Graph::compile(Text, Backward);
  if (!Compiled)
    return State.SkipWithError("does not compile");
  setThreads(getThreads());
  Compiled->run(); // the code is generated now
  for (auto _ : State)
    Compiled->run();
  double Bytes = Compiled->getBytes() * State.iterations();
  State.counters["GB/s"] =
      benchmark::Counter(Bytes * 1e-9, benchmark::Counter::kIsRate);
  State.counters["of_memory"] =
      benchmark::Counter(Bytes / Bandwidth, benchmark::Counter::kIsRate);
  State.counters["kernels"] = Compiled->getNumLaunches();
}

void add(const std::string &Name, const std::string &Text, bool Backward) {
  benchmark::RegisterBenchmark(Name.c_str(), [Text,
                                              Backward](benchmark::State &S) {
    measure(S, Text, Backward);
  })->UseRealTime();
}

} // namespace

int main(int Count, char **Arguments) {
  benchmark::Initialize(&Count, Arguments);
  if (benchmark::ReportUnrecognizedArguments(Count, Arguments))
    return 1;
  for (auto [Rows, Width] : {std::pair<int64_t, int64_t>(768, 128),
                             {256, 768},
                             {1024, 768},
                             {8192, 1024}})
    for (bool Layer : {true, false})
      for (bool Backward : {false, true})
        add(std::string(Layer ? "layer_norm" : "rms_norm") +
                (Backward ? "/backward/" : "/forward/") + std::to_string(Rows) +
                "x" + std::to_string(Width),
            makeNorm(Rows, Width, Layer, Backward), Backward);
  for (auto [Rows, Classes] :
       {std::pair<int64_t, int64_t>(768, 65), {256, 50257}, {1024, 50257}})
    for (bool Backward : {false, true})
      add(std::string("cross_entropy/") +
              (Backward ? "backward/" : "forward/") + std::to_string(Rows) +
              "x" + std::to_string(Classes),
          makeCrossEntropy(Rows, Classes), Backward);
  add("norm_and_adamw/16x128x128", makeAdamW(16, 128), /*Backward=*/false);
  add("norm_and_adamw/32x1024x1024", makeAdamW(32, 1024), /*Backward=*/false);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
