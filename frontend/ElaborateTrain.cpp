//===- ElaborateTrain.cpp - config and train blocks -----------------------===//

#include "frontend/Elaborator.h"
#include "frontend/Limits.h"
#include "ir/ModelSettings.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;
using namespace stator;

//===----------------------------------------------------------------------===//
// config
//===----------------------------------------------------------------------===//

/// Reads the text of a -D as a value of the kind that the model file gives; any
/// number can stand for any number.
bool Elaborator::parseDefine(StringRef Name, StringRef Text, Datum &Value) {
  auto Fail = [&](const Twine &Expected) {
    Diags.error("-D " + Name + "=" + Text + ": expected " + Expected);
    return false;
  };
  switch (Value.Kind) {
  case DatumKind::Bool:
    if (Text != "true" && Text != "false")
      return Fail("true or false");
    Value = Datum::makeBool(Text == "true");
    return true;
  case DatumKind::String:
    Value = Datum::makeString(Saver.save(Text));
    return true;
  default: {
    bool WasFloat = Value.Kind == DatumKind::Float;
    int64_t Int;
    double Float;
    if (!Text.getAsInteger(10, Int)) {
      Value = WasFloat ? Datum::makeFloat(static_cast<double>(Int))
                       : Datum::makeInt(Int, Name);
      return true;
    }
    StringRef Digits = Text;
    Digits.consume_front("-");
    if (!Digits.empty() && all_of(Digits, isDigit))
      return Fail("a number that fits in 64 bits");
    if (Text.getAsDouble(Float) || !std::isfinite(Float))
      return Fail("a number");
    Value = Datum::makeFloat(Float);
    return true;
  }
  }
}

/// The flag that sets what people mean by a config value of this name, or "".
static StringRef getFlagOfDimension(StringRef Name) {
  return StringSwitch<StringRef>(Name)
      .Cases({"batch", "batch_size", "B"}, "--batch")
      .Cases({"time", "context", "context_length", "seq_len", "block_size",
              "max_seq_len", "T"},
             "--time")
      .Default("");
}

void Elaborator::checkDefines() {
  SmallVector<StringRef> Names;
  for (auto &[Name, Value] : Config)
    Names.push_back(Name);
  StringSet<> Reported;
  for (const auto &[Defined, Text] : Options.Defines) {
    StringRef Name = Defined;
    if (is_contained(Names, Name) || !Reported.insert(Name).second)
      continue;
    std::string Hint = didYouMean(Name, Names);
    StringRef Flag = getFlagOfDimension(Name);
    if (Flag.empty() && any_of(P.File.Trains, [&](const BlockDecl &Block) {
          return any_of(Block.Settings, [&](const SettingDecl &Setting) {
            return Setting.Name.Text == Name;
          });
        }))
      Hint = ("; to set '" + Name +
              "' of the train block from the command line, declare a config "
              "value of that name and write '" +
              Name + " = " + Name + "' there")
                 .str();
    Diags.error("-D " + Name + "=" + Text +
                ": the model has no config value '" + Name + "'" + Hint);
    if (!Flag.empty()) {
      Diags.note("to compile it for another " +
                 Twine(Flag == "--batch" ? "batch size" : "sequence length") +
                 ", use " + Flag + " " + Text);
      continue;
    }
    std::string List;
    for (StringRef Known : Names)
      List += (List.empty() ? "" : ", ") + Known.str();
    Diags.note(List.empty() ? Twine("the model has no config values")
                            : "its config values are " + List);
  }
}

void Elaborator::evaluateConfig() {
  Frame F;
  F.Kind = FrameKind::Config;
  FrameScope Scope(*this, F);
  for (const BlockDecl &Block : P.File.Configs)
    for (const SettingDecl &Setting : Block.Settings) {
      StringRef Name = Setting.Name.Text;
      Datum Value = evaluate(*Setting.Value);
      if (!Value.isPoison() && !Value.isNumber() &&
          Value.Kind != DatumKind::Bool && Value.Kind != DatumKind::String)
        Value = error(Setting.Value->Range,
                      "a config value is a number, true, false or a string, "
                      "found " +
                          describe(Value));
      const Datum Default = Value;
      for (auto &[Defined, Text] : Options.Defines) {
        if (Defined != Name || Value.isPoison())
          continue;
        Value = Default;
        if (!parseDefine(Name, Text, Value)) {
          Diags.note(Setting.Name.Range, "'" + Name + "' is declared here");
          Value = Datum::poison();
        }
      }
      if (Value.isInt())
        Value.Text = Name;
      Config.push_back({Name, Value});
    }
  checkDefines();
}

std::string Elaborator::makeConfigJson() const {
  std::string Result;
  raw_string_ostream OS(Result);
  json::OStream Json(OS);
  Json.object([&] {
    for (auto &[Name, Value] : Config) {
      switch (Value.Kind) {
      case DatumKind::Int:
        Json.attribute(Name, Value.Int);
        break;
      case DatumKind::Float:
        if (std::isfinite(Value.Float))
          Json.attribute(Name, Value.Float);
        else
          Json.attribute(Name, printNumber(Value.Float));
        break;
      case DatumKind::Bool:
        Json.attribute(Name, Value.Bool);
        break;
      default:
        Json.attribute(Name, json::fixUTF8(Value.Text));
        break;
      }
    }
  });
  return Result;
}

//===----------------------------------------------------------------------===//
// train
//===----------------------------------------------------------------------===//

/// The largest value of a setting that counts something; 0 for others.
static int64_t getCountLimit(StringRef Name) {
  return StringSwitch<int64_t>(Name)
      .Case("batch", limits::Batch)
      .Case("time", limits::Time)
      .Case("micro_batches", limits::Batch)
      .Case("steps", limits::Steps)
      .Default(0);
}

void Elaborator::evaluateTrain() {
  Frame F;
  F.Kind = FrameKind::Train;
  FrameScope Scope(*this, F);
  for (const BlockDecl &Block : P.File.Trains)
    for (const SettingDecl &Setting : Block.Settings) {
      TrainSettings[Setting.Name.Text] = &Setting;
      Datum Value = evaluate(*Setting.Value);
      Train[Setting.Name.Text] = Value;
      if (!Value.isPoison())
        evaluateTrainSetting(Setting);
    }
  if (Options.Mode != FrontendMode::Train)
    return;
  if (P.File.Trains.empty())
    error(P.Model->Name.Range, "this model has no train block, so it cannot be "
                               "trained");
  else if (!TrainSettings.count("optimizer"))
    error(P.File.Trains[0].Range,
          "the train block names no optimizer; for example 'optimizer = "
          "adamw(lr = 1e-3)'");
}

void Elaborator::evaluateTrainSetting(const SettingDecl &Setting) {
  StringRef Name = Setting.Name.Text;
  const Datum &Value = Train[Name];
  if (int64_t Limit = getCountLimit(Name)) {
    if (!Value.isInt() || Value.Int < 1 || Value.Int > Limit)
      error(Setting.Value->Range,
            "'" + Name + "' is a whole number from 1 to " + Twine(Limit) +
                ", found " + describe(Value));
  } else if (Name == "clip") {
    // 'none' and 0 switch it off.
    if (Value.Kind != DatumKind::None &&
        !(Value.isNumber() && Value.asFloat() >= 0 &&
          std::isfinite(Value.asFloat())))
      error(Setting.Value->Range,
            "'clip' is the largest norm of the gradient, a number above 0, or "
            "none, found " +
                describe(Value));
  } else if (Name == "non_causal") {
    if (Value.Kind != DatumKind::Bool)
      error(Setting.Value->Range,
            "'non_causal' is true or false, found " + describe(Value));
  } else if (Name == "optimizer") {
    if (Value.Kind != DatumKind::Setting ||
        !mlir::isa<OptimizerAttr>(Value.Setting))
      error(Setting.Value->Range, "expected sgd(...), adam(...) or adamw(...), "
                                  "found " +
                                      describe(Value));
  } else if (Name == "schedule") {
    if (Value.Kind == DatumKind::Builtin && Value.Function->IsTrainOnly &&
        Value.Function->Name == "constant")
      Train[Name] = callBuiltin(*Value.Function, {}, Setting.Value->Range);
    else if (Value.Kind != DatumKind::Setting ||
             !mlir::isa<ScheduleAttr>(Value.Setting))
      error(Setting.Value->Range,
            "expected constant(...), linear(...), cosine(...) or "
            "inverse_sqrt(...), found " +
                describe(Value));
  }
}

bool Elaborator::resolveBatchAndTime() {
  auto Get = [&](StringRef Name) -> int64_t {
    Datum Value = Train.lookup(Name);
    return Value.isInt() ? Value.Int : 0;
  };
  auto Check = [&](StringRef Flag, int64_t Value, int64_t Limit) {
    if (Value >= 0 && Value <= Limit)
      return true;
    Diags.error(Flag + " " + Twine(Value) + ": expected a number from 1 to " +
                Twine(Limit));
    return false;
  };
  if (!Check("--batch", Options.Batch, limits::Batch) ||
      !Check("--time", Options.Time, limits::Time))
    return false;
  int64_t Context = 0;
  for (auto &[Name, Value] : Config)
    if (Name == "context" && Value.isInt())
      Context = Value.Int;
  bool IsTrain = Options.Mode == FrontendMode::Train;
  Batch = Options.Batch ? Options.Batch : IsTrain ? Get("batch") : 1;
  if (Batch < 1)
    Batch = 1;
  int64_t TrainTime = Get("time");
  Time = Options.Time ? Options.Time
         : IsTrain    ? (TrainTime > 0 ? TrainTime : Context)
                      : (Context > 0 ? Context : TrainTime);
  if (Time >= 1 && Time <= limits::Time)
    return true;
  if (Diags.hasErrors())
    return false;
  if (Time > limits::Time)
    Diags.error("the config value 'context' is " + Twine(Time) +
                "; the longest sequence is " + Twine(limits::Time));
  else
    error(P.Model->Name.Range,
          "how long a sequence is, is open: say 'time' in the train block, "
          "'context' in config or --time on the command line");
  return false;
}

void Elaborator::declareCausality() {
  if (Datum Value = Train.lookup("non_causal");
      Value.Kind == DatumKind::Bool && Value.Bool)
    ModuleOut->getOperation()->setAttr(NonCausalAttr, Builder.getUnitAttr());
  for (auto &[Name, Value] : Config) {
    if (Name != "prefix")
      continue;
    if (!Value.isInt() || Value.Int < 0 || Value.Int >= Time) {
      Diags.error("the config value 'prefix', how many positions are given "
                  "together, is a whole number from 0 to " +
                  Twine(Time - 1) + ", one less than the time of " +
                  Twine(Time) + "; found " + describe(Value));
      return;
    }
    if (Value.Int > 0)
      ModuleOut->getOperation()->setAttr(PrefixAttr,
                                         Builder.getI64IntegerAttr(Value.Int));
  }
}

void Elaborator::emitTraining() {
  Builder.setInsertionPointToStart(ModuleOut->getBody());
  Datum Optimizer = Train.lookup("optimizer"), Plan = Train.lookup("schedule");
  auto Schedule =
      Plan.Kind == DatumKind::Setting
          ? mlir::cast<ScheduleAttr>(Plan.Setting)
          : ScheduleAttr::get(&Context, ScheduleKind::Constant, 0, 0.0, 0, 0.0);
  mlir::FloatAttr Clip;
  if (Datum Value = Train.lookup("clip");
      Value.isNumber() && Value.asFloat() > 0)
    Clip = Builder.getF64FloatAttr(Value.asFloat());
  auto Get = [&](StringRef Name, int64_t Default) {
    Datum Value = Train.lookup(Name);
    return static_cast<uint64_t>(Value.isInt() ? Value.Int : Default);
  };
  TrainingOp::create(Builder, makeLocation(P.File.Trains[0].Range, ""),
                     mlir::cast<OptimizerAttr>(Optimizer.Setting), Schedule,
                     Clip, Get("micro_batches", 1), Get("steps", 0));
}

//===----------------------------------------------------------------------===//
// Optimizers and schedules
//===----------------------------------------------------------------------===//

/// A number that is finite and at least 0.
std::optional<double> Elaborator::wantRate(BuiltinCall &Call, unsigned Index) {
  auto Value = wantNumber(Call, Index);
  if (!Value || (*Value >= 0 && std::isfinite(*Value)))
    return Value;
  wrongArgument(Call, Index, "a number of at least 0");
  return std::nullopt;
}

Datum Elaborator::builtinSgd(BuiltinCall &Call) {
  auto Lr = wantRate(Call, 0), Momentum = wantRate(Call, 1),
       Decay = wantRate(Call, 2);
  auto Nesterov = wantBool(Call, 3);
  if (!Lr || !Momentum || !Decay || !Nesterov)
    return Datum::poison();
  if (*Momentum >= 1)
    return wrongArgument(Call, 1, "a momentum below 1");
  if (*Nesterov && *Momentum == 0)
    return wrongArgument(Call, 3, "a momentum above 0 with it");
  return Datum::makeSetting(OptimizerAttr::get(&Context, OptimizerKind::Sgd,
                                               *Lr, 0.0, 0.0, 0.0, *Decay,
                                               *Momentum, *Nesterov));
}

Datum Elaborator::adam(BuiltinCall &Call, OptimizerKind Kind) {
  auto Lr = wantRate(Call, 0), Eps = wantRate(Call, 2),
       Decay = wantRate(Call, 3);
  if (!Lr || !Eps || !Decay)
    return Datum::poison();
  const Datum &Betas = Call.Args[1];
  bool IsPair = Betas.Kind == DatumKind::Tuple && Betas.Elements.size() == 2;
  for (unsigned I = 0; IsPair && I != 2; ++I)
    IsPair = Betas.Elements[I].isNumber() && Betas.Elements[I].asFloat() >= 0 &&
             Betas.Elements[I].asFloat() < 1;
  if (!IsPair)
    return wrongArgument(Call, 1, "two numbers from 0 up to, not including, 1");
  return Datum::makeSetting(OptimizerAttr::get(
      &Context, Kind, *Lr, Betas.Elements[0].asFloat(),
      Betas.Elements[1].asFloat(), *Eps, *Decay, 0.0, false));
}

Datum Elaborator::schedule(BuiltinCall &Call, ScheduleKind Kind) {
  auto Warmup = wantIntIn(Call, 0, 0, limits::Steps);
  std::optional<double> Floor = 0.0;
  std::optional<int64_t> Steps = 0;
  if (Kind != ScheduleKind::Constant) {
    Floor = wantRate(Call, 1);
    Steps = wantIntIn(Call, 2, 0, limits::Steps);
  }
  if (!Warmup || !Floor || !Steps)
    return Datum::poison();
  return Datum::makeSetting(
      ScheduleAttr::get(&Context, Kind, *Warmup, *Floor, *Steps, 0.0));
}

Datum Elaborator::builtinInverseSqrt(BuiltinCall &Call) {
  auto Warmup = wantIntIn(Call, 0, 1, limits::Steps);
  auto Width = wantNumber(Call, 1);
  if (!Warmup || !Width)
    return Datum::poison();
  if (!(*Width > 0) || !std::isfinite(*Width))
    return wrongArgument(Call, 1, "the width of the model, above 0");
  return Datum::makeSetting(ScheduleAttr::get(
      &Context, ScheduleKind::InverseSqrt, *Warmup, 0.0, 0, *Width));
}
