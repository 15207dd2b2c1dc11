//===- Builtins.cpp - The functions of the language -----------------------===//

#include "frontend/Builtins.h"
#include "frontend/Elaborator.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>
#include <limits>

using namespace llvm;
using namespace stator;

namespace stator {

using Handler = Datum (Elaborator::*)(BuiltinCall &);

/// The functions by name, made from signatures such as "x, axis = -1". `*`
/// stands for any number of arguments, `**` for any named ones.
struct BuiltinTable {
  StringMap<Builtin> Functions, TrainFunctions;
  SmallVector<StringRef, 64> Names, TrainNames;

  BuiltinTable();

private:
  void add(StringRef Name, StringRef Signature, Handler Function,
           bool IsTrainOnly = false);
};

} // namespace stator

static Datum parseDefault(StringRef Text) {
  int64_t Int;
  double Float;
  if (Text == "none")
    return Datum::none();
  if (Text == "true" || Text == "false")
    return Datum::makeBool(Text == "true");
  if (Text == "-inf")
    return Datum::makeFloat(-std::numeric_limits<double>::infinity());
  if (!Text.getAsInteger(10, Int))
    return Datum::makeInt(Int);
  if (!Text.getAsDouble(Float))
    return Datum::makeFloat(Float);
  // "(0.9, 0.999)", the betas.
  static const Datum Betas[] = {Datum::makeFloat(0.9), Datum::makeFloat(0.999)};
  return Datum::makeTuple(Betas);
}

void BuiltinTable::add(StringRef Name, StringRef Signature, Handler Function,
                       bool IsTrainOnly) {
  Builtin B;
  B.Name = Name;
  B.Handler = Function;
  B.IsTrainOnly = IsTrainOnly;
  SmallVector<StringRef, 8> Parts;
  Signature.split(Parts, ';', -1, /*KeepEmpty=*/false);
  for (StringRef Part : Parts) {
    Part = Part.trim();
    if (Part == "**") {
      B.TakesAnyKeyword = true;
    } else if (Part == "*") {
      B.IsVariadic = true;
    } else {
      auto [Param, Default] = Part.split('=');
      BuiltinParam P;
      P.Name = Param.trim();
      if (!Default.empty())
        P.Default = parseDefault(Default.trim());
      B.Params.push_back(P);
    }
  }
  (IsTrainOnly ? TrainNames : Names).push_back(Name);
  (IsTrainOnly ? TrainFunctions : Functions).try_emplace(Name, std::move(B));
}

static double rsqrt(double X) { return 1 / std::sqrt(X); }
static double sigmoid(double X) { return 1 / (1 + std::exp(-X)); }

BuiltinTable::BuiltinTable() {
  using E = Elaborator;
  // Elementwise.
  add("exp", "x", &E::unaryOrNumber<ExpOp, std::exp>);
  add("log", "x", &E::unaryOrNumber<LogOp, std::log>);
  add("sqrt", "x", &E::unaryOrNumber<SqrtOp, std::sqrt>);
  add("rsqrt", "x", &E::unaryOrNumber<RsqrtOp, rsqrt>);
  add("sin", "x", &E::unaryOrNumber<SinOp, std::sin>);
  add("cos", "x", &E::unaryOrNumber<CosOp, std::cos>);
  add("tanh", "x", &E::unaryOrNumber<TanhOp, std::tanh>);
  add("erf", "x", &E::unaryOrNumber<ErfOp, std::erf>);
  add("sigmoid", "x", &E::unaryOrNumber<SigmoidOp, sigmoid>);
  add("relu", "x", &E::unary<ReluOp>);
  add("silu", "x", &E::unary<SiluOp>);
  add("gelu", "x", &E::gelu<false>);
  add("gelu_tanh", "x", &E::gelu<true>);
  add("abs", "x", &E::builtinAbs);
  add("pow", "x; y", &E::builtinPow);
  add("max", "*; **", &E::minMax<true>);
  add("min", "*; **", &E::minMax<false>);
  add("where", "condition; x; y", &E::builtinWhere);
  add("float", "x", &E::builtinFloat);
  add("int", "x", &E::builtinInt);
  add("dropout", "x; rate", &E::builtinDropout);
  // Numbers.
  add("floordiv", "x; y", &E::builtinFloorDiv);
  add("ceildiv", "x; y", &E::builtinCeilDiv);
  add("floor", "x", &E::rounded<std::floor>);
  add("ceil", "x", &E::rounded<std::ceil>);
  // Reductions.
  add("sum", "x; axis = none; keep = false", &E::reduction<ReduceKind::Sum>);
  add("mean", "x; axis = none; keep = false", &E::reduction<ReduceKind::Mean>);
  add("logsumexp", "x; axis = none; keep = false",
      &E::reduction<ReduceKind::LogSumExp>);
  add("cumsum", "x; axis = -1; reverse = false", &E::builtinCumsum);
  add("softmax", "x; axis = -1", &E::builtinSoftmax);
  add("log_softmax", "x; axis = -1", &E::builtinSoftmax);
  // Look-ups and losses.
  add("causal_mask", "scores; window = none; fill = -inf",
      &E::builtinCausalMask);
  add("gather", "table; indices", &E::builtinGather);
  add("cross_entropy", "logits; targets", &E::builtinCrossEntropy);
  // New tensors.
  add("positions", "size", &E::builtinPositions);
  add("iota", "shape; axis = -1", &E::builtinIota);
  add("full", "*; **", &E::builtinFull);
  add("zeros", "*; **", &E::filled<0>);
  add("ones", "*; **", &E::filled<1>);
  // Shapes.
  add("transpose", "x; axes = none", &E::builtinTranspose);
  add("reshape", "x; shape", &E::builtinReshape);
  add("broadcast", "x; shape", &E::builtinBroadcast);
  add("split", "x; parts; axis = -1", &E::builtinSplit);
  add("concat", "*; **", &E::joinTensors<false>);
  add("stack", "*; **", &E::joinTensors<true>);
  add("size", "x; axis", &E::builtinSize);
  add("rank", "x", &E::builtinRank);
  add("rearrange", "x; pattern; **", &E::builtinRearrange);
  add("reduce", "x; pattern; how; **", &E::builtinReduce);
  add("repeat", "x; pattern; **", &E::builtinRepeat);
  add("einsum", "*; **", &E::builtinEinsum);
  // Initialisers; `zeros` and `ones` without arguments are too.
  add("normal", "std; mean = 0", &E::builtinNormal);
  add("uniform", "low; high = none", &E::builtinUniform);
  add("xavier_normal", "gain = 1", &E::initialiser<Initialiser::XavierNormal>);
  add("xavier_uniform", "gain = 1",
      &E::initialiser<Initialiser::XavierUniform>);
  add("constant", "value", &E::initialiser<Initialiser::Constant>);
  // The train block.
  add("sgd", "lr; momentum = 0; weight_decay = 0; nesterov = false",
      &E::builtinSgd, true);
  add("adam", "lr; betas = (0.9, 0.999); eps = 1e-8; weight_decay = 0",
      &E::adam<OptimizerKind::Adam>, true);
  add("adamw", "lr; betas = (0.9, 0.999); eps = 1e-8; weight_decay = 0.01",
      &E::adam<OptimizerKind::AdamW>, true);
  add("constant", "warmup = 0", &E::schedule<ScheduleKind::Constant>, true);
  add("linear", "warmup = 0; floor = 0; steps = 0",
      &E::schedule<ScheduleKind::Linear>, true);
  add("cosine", "warmup = 0; floor = 0; steps = 0",
      &E::schedule<ScheduleKind::Cosine>, true);
  add("inverse_sqrt", "warmup; width", &E::builtinInverseSqrt, true);
}

static const BuiltinTable &getTable() {
  static const BuiltinTable Table;
  return Table;
}

const Builtin *stator::findBuiltin(StringRef Name, bool InTrain) {
  const BuiltinTable &Table = getTable();
  if (InTrain)
    if (auto It = Table.TrainFunctions.find(Name);
        It != Table.TrainFunctions.end())
      return &It->second;
  auto It = Table.Functions.find(Name);
  return It == Table.Functions.end() ? nullptr : &It->second;
}

ArrayRef<StringRef> stator::getBuiltinNames(bool InTrain) {
  return InTrain ? ArrayRef<StringRef>(getTable().TrainNames)
                 : ArrayRef<StringRef>(getTable().Names);
}
