//===- PythonHints.cpp - What Python and PyTorch programs write -----------===//

#include "frontend/PythonHints.h"
#include "frontend/Builtins.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace stator;

bool stator::isPythonPrefix(StringRef Name) {
  return StringSwitch<bool>(Name)
      .Cases({"self", "torch", "nn", "F", "np", "math"}, true)
      .Default(false);
}

std::string stator::getPythonHint(StringRef Name) {
  if (Name == "conv1d" || Name == "conv2d" || Name == "Conv1d" ||
      Name == "Conv2d")
    return "there is no convolution; add up slices of the sequence, each "
           "shifted by one position and multiplied by its weight ('Conv1D' is "
           "GPT-2's name for a linear layer)";
  if (Name == "self")
    return "members are named without 'self', as in 'head(x)'";
  if (isPythonPrefix(Name))
    return "functions and modules are named without a prefix, as in "
           "'softmax(x)'";
  StringRef Instead =
      StringSwitch<StringRef>(Name)
          .Case("True", "write 'true'")
          .Case("False", "write 'false'")
          .Case("None", "write 'none'")
          .Case("len", "size(x, 0) is the size of a dimension")
          .Case("range", "repeat(n, Module(...)) makes n modules, and "
                         "positions(n) is the tensor 0, 1, ..., n - 1")
          .Case("arange", "positions(n) is the tensor 0, 1, ..., n - 1")
          .Cases({"cat", "concatenate"}, "use concat(a, b, axis = -1)")
          .Case("chunk", "use split(x, parts, axis = -1)")
          .Cases({"matmul", "bmm", "mm"}, "write a @ b")
          .Cases({"view", "flatten"},
                 "use reshape(x, (sizes...)) or rearrange(x, pattern)")
          .Cases({"permute", "swapaxes"}, "use transpose(x, axes)")
          .Cases({"unsqueeze", "squeeze"},
                 "use rearrange(x, pattern), as in \"b t -> b 1 t\"")
          .Cases({"expand", "broadcast_to"}, "use broadcast(x, (sizes...))")
          .Cases({"tril", "triu"}, "use causal_mask(scores)")
          .Case("masked_fill", "use where(mask, value, x)")
          .Cases({"ModuleList", "Sequential"},
                 "repeat(n, Module(...)) makes n modules that are called one "
                 "after the other; give different ones a member each")
          .Case("Parameter", "declare a parameter by 'param name: f32[sizes] = "
                             "normal(0.02)'")
          .Cases({"layer_norm", "rms_norm"},
                 "declare a member, as in 'ln = LayerNorm(width)'")
          .Case("scaled_dot_product_attention",
                "write softmax(causal_mask(q @ transpose(k) * rsqrt(depth))) @ "
                "v, which is compiled to one kernel")
          .Case("MultiheadAttention",
                "the module is 'MultiHeadAttention(width, heads)'")
          .Case("GELU", "use the function 'gelu'")
          .Case("ReLU", "use the function 'relu'")
          .Case("SiLU", "use the function 'silu'")
          .Case("Tanh", "use the function 'tanh'")
          .Case("Softmax", "use the function 'softmax(x, axis = -1)'")
          .Case("CrossEntropyLoss", "use the function 'cross_entropy'")
          .Case("lambda", "declare a function by 'fn name(x) { return ... }'")
          .Default("");
  return Instead.str();
}

std::string stator::getPythonStatementHint(StringRef Word) {
  return StringSwitch<std::string>(Word)
      .Case("def", "a function is declared by 'fn name(x: f32[...]) { ... }'")
      .Case("class", "a module is declared by 'module Name(size) { ... }'")
      .Cases({"import", "from"},
             "nothing is imported: the standard modules are always there")
      .Cases({"for", "while"},
             "there are no loops over numbers; repeat(n, Module(...)) makes n "
             "modules, and 'scan' goes over the positions of a sequence")
      .Case("elif", "write 'else if'")
      .Case("is", "write '== none' or '!= none'")
      .Cases({"assert", "print", "raise", "with", "try", "pass", "del"},
             "a model file only says what is computed")
      .Case("super", "modules have no base class and no constructor")
      .Default("");
}

std::string stator::getMethodHint(StringRef Name) {
  std::string Instead =
      StringSwitch<std::string>(Name)
          .Cases({"shape", "size"}, "size(x, axis) is the size of a dimension")
          .Cases({"ndim", "dim"}, "rank(x) is the number of dimensions")
          .Case("T", "use transpose(x)")
          .Case("mT", "use transpose(x)")
          .Case("dtype", "the element type of a tensor is known: f32, i32 or "
                         "bool")
          .Cases({"contiguous", "clone", "detach", "to", "cuda", "cpu"},
                 "it is not needed here; leave it out")
          .Case("masked_fill", "use where(mask, value, x)")
          .Default("");
  if (Instead.empty())
    Instead = getPythonHint(Name);
  // What is a function here too.
  if (Instead.empty() && findBuiltin(Name, /*InTrain=*/false))
    Instead = ("write " + Name + "(x, ...)").str();
  if (Instead.empty())
    return Instead;
  return "tensors have no methods or attributes; " + Instead;
}
