//===- ProgramCall.cpp - A program and its state, for tests ---------------===//

#include "ProgramCall.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;

namespace stator::test {

MLIRContext &getTestContext() {
  static MLIRContext Context;
  Context.loadDialect<StatorDialect>();
  return Context;
}

static OwningOpRef<ModuleOp> parse(const std::string &Text) {
  if (Text.empty())
    return {};
  auto Module = parseSourceString<ModuleOp>(Text, &getTestContext());
  EXPECT_TRUE(Module) << Text;
  return Module;
}

LoadedProgram::LoadedProgram(const std::string &Text, InterpreterKind Kind,
                             const std::string &LossText)
    : Module(parse(Text)), Loss(parse(LossText)) {
  prepare(Kind);
}

LoadedProgram::LoadedProgram(OwningOpRef<ModuleOp> Module, InterpreterKind Kind,
                             OwningOpRef<ModuleOp> Loss)
    : Module(std::move(Module)), Loss(std::move(Loss)) {
  prepare(Kind);
}

void LoadedProgram::prepare(InterpreterKind Kind) {
  Program = createInterpreter(*Module, Kind, {}, Loss ? *Loss : ModuleOp());
  EXPECT_TRUE(Program);
  State.assign(get().StateBytes, 0);
  Cache.assign(get().CacheBytes, 0);
}

float *LoadedProgram::tensor(llvm::StringRef Name) {
  for (int64_t I = 0; I < get().NumTensors; ++I) {
    const StatorTensor &Row = get().Tensors[I];
    if (Name == Row.Name)
      return reinterpret_cast<float *>(
          (Row.Role == STATOR_ROLE_CACHE ? Cache : State).data() + Row.Offset);
  }
  ADD_FAILURE() << "no tensor " << Name.str();
  return nullptr;
}

std::vector<float> LoadedProgram::copy(llvm::StringRef Name) {
  for (int64_t I = 0; I < get().NumTensors; ++I)
    if (Name == get().Tensors[I].Name)
      return {tensor(Name), tensor(Name) + get().Tensors[I].Elements};
  return {};
}

void LoadedProgram::fillState() {
  // A multiplicative walk: no two neighbours alike, the same every time.
  uint32_t Number = 12345;
  for (int64_t I = 0; I < get().NumTensors; ++I) {
    const StatorTensor &Row = get().Tensors[I];
    float *Data = tensor(Row.Name);
    for (uint64_t J = 0; J < Row.Elements; ++J) {
      Number = Number * 1664525u + 1013904223u;
      Data[J] = Row.Role == STATOR_ROLE_PARAMETER
                    ? static_cast<float>(Number >> 8) * 0x1p-24f - 0.5f
                    : 0.0f;
    }
  }
}

void LoadedProgram::call(StatorEntry Entry, std::vector<int32_t> Tokens,
                         std::vector<int32_t> Targets, float *Result) {
  ASSERT_NE(Entry, nullptr);
  Info[STATOR_INFO_BAD_INDEX] = 0;
  Entry(get().Self, State.data(), Cache.data(), nullptr, Tokens.data(),
        Targets.data(), Info, Result);
}

std::string LoadedProgram::getBadIndex() const {
  const int64_t Word = Info[STATOR_INFO_BAD_INDEX];
  if (!Word)
    return "";
  const StatorIndexCheck &Check =
      get().IndexChecks[STATOR_BAD_INDEX_CHECK(Word)];
  return (llvm::Twine(Check.IsTarget ? "target " : "index ") +
          llvm::Twine(STATOR_BAD_INDEX_VALUE(Word)) + " of " +
          llvm::Twine(Check.Bound))
      .str();
}

std::string getCreationError(const std::string &Text, InterpreterKind Kind) {
  auto Module =
      parseSourceString<ModuleOp>("module {" + Text + "}", &getTestContext());
  EXPECT_TRUE(Module);
  std::string Said;
  ScopedDiagnosticHandler Handler(&getTestContext(), [&](Diagnostic &Each) {
    Said += Each.str();
    return success();
  });
  EXPECT_EQ(createInterpreter(*Module, Kind), nullptr);
  return Said;
}

} // namespace stator::test
