//===- RobustnessTest.cpp - Whatever stands in a file, no crash -----------===//
//
// Models cut off at every byte, with bytes changed, lines moved and tokens
// lost: each either compiles or gives an error, and never ends the process.
//
//===----------------------------------------------------------------------===//

#include "frontend/Frontend.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <random>

using namespace stator;

namespace {

std::string readModel(const std::string &Name) {
  auto Buffer = llvm::MemoryBuffer::getFile(STATOR_SOURCE_DIR "/" + Name);
  return Buffer ? (*Buffer)->getBuffer().str() : std::string();
}

/// Compiles and checks that there is a module or an error, and not both.
void expectNoCrash(mlir::MLIRContext &Context, const std::string &Text) {
  std::string Errors;
  llvm::raw_string_ostream OS(Errors);
  FrontendOptions Options;
  Options.Defines = {};
  auto Module = compileModelText(Context, Text, "mutated.stator", Options, OS);
  bool HasError = Errors.find("error: ") != std::string::npos;
  ASSERT_NE(static_cast<bool>(Module), HasError) << Text << "\n---\n" << Errors;
  ASSERT_EQ(Errors.find("internal error"), std::string::npos)
      << Text << "\n---\n"
      << Errors;
}

// Small, and with every construct of the language.
const char *const Files[] = {"tests/frontend/scan.stator",
                             "tests/frontend/modules.stator",
                             "tests/frontend/settings.stator"};

TEST(Robustness, TruncatedAtEveryByte) {
  for (const char *File : Files) {
    std::string Text = readModel(File);
    ASSERT_FALSE(Text.empty()) << File;
    mlir::MLIRContext Context;
    for (size_t Length = 0; Length <= Text.size(); ++Length)
      expectNoCrash(Context, Text.substr(0, Length));
  }
}

TEST(Robustness, ChangedBytes) {
  std::mt19937 Generator(1);
  const std::string Interesting =
      "(){}[],;:=+-*/@%.\"<>0123456789abc \n\t_\xff";
  for (const char *File : Files) {
    const std::string Text = readModel(File);
    mlir::MLIRContext Context;
    for (int Round = 0; Round != 300; ++Round) {
      std::string Changed = Text;
      for (unsigned Count = 1 + Generator() % 4; Count; --Count) {
        size_t At = Generator() % Changed.size();
        switch (Generator() % 4) {
        case 0:
          Changed[At] = static_cast<char>(Generator());
          break;
        case 1:
          Changed[At] = Interesting[Generator() % Interesting.size()];
          break;
        case 2:
          Changed.erase(At, 1 + Generator() % 8);
          break;
        default:
          Changed.insert(At, Changed.substr(Generator() % Changed.size(),
                                            Generator() % 40));
          break;
        }
        if (Changed.empty())
          Changed = " ";
      }
      expectNoCrash(Context, Changed);
    }
  }
}

TEST(Robustness, DeepNesting) {
  mlir::MLIRContext Context;
  auto Repeat = [](const std::string &Part, int Count) {
    std::string Result;
    for (int I = 0; I != Count; ++I)
      Result += Part;
    return Result;
  };
  for (const char *Part : {"(", "[", "{", "-", "not ", "if 1 {", "f(", "x[",
                           "scan (", "1 + (", "2 ** ", "(1, "}) {
    expectNoCrash(Context, "config { a = " + Repeat(Part, 100000) + " }");
    expectNoCrash(Context, "model M {\n fn (t: i32[B, T]) {\n return " +
                               Repeat(Part, 50000) + "\n }\n}\n");
  }
  expectNoCrash(Context, "model M {\n" + Repeat("if true {\n", 50000));
  expectNoCrash(Context,
                "model M {\n fn (t) {\n" + Repeat("if true {\n", 50000));
  expectNoCrash(Context, "config { a = 1" + Repeat(" + 1", 100000) + " }");
  expectNoCrash(Context, "config { a = x" + Repeat(".y", 100000) + " }");
  // Fns that call each other, each expanded in the one before.
  std::string Chain = "fn f0(x) { return x }\n";
  for (int I = 1; I != 3000; ++I)
    Chain += "fn f" + std::to_string(I) + "(x) { return f" +
             std::to_string(I - 1) + "(x + 1) }\n";
  expectNoCrash(Context, Chain + "config { a = f2999(1) }\n");
}

TEST(Robustness, ManyErrorsEnd) {
  std::string Text = "model M {\n";
  for (int I = 0; I != 10000; ++I)
    Text += "  = = =\n";
  mlir::MLIRContext Context;
  std::string Errors;
  llvm::raw_string_ostream OS(Errors);
  EXPECT_FALSE(compileModelText(Context, Text, "many.stator", {}, OS));
  EXPECT_NE(Errors.find("too many errors"), std::string::npos);
  EXPECT_LT(Errors.size(), 10000u);
}

TEST(Robustness, LargeModelsAreNoTrouble) {
  mlir::MLIRContext Context;
  FrontendOptions Options;
  Options.Defines = {{"layers", "48"}, {"heads", "25"}, {"width", "1600"}};
  auto Module = compileModel(Context, STATOR_SOURCE_DIR "/models/gpt2.stator",
                             Options, llvm::errs());
  EXPECT_TRUE(Module);
}

} // namespace
