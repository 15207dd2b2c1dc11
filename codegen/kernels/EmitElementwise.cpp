//===- EmitElementwise.cpp - Elementwise ops on scalars and vectors -------===//

#include "codegen/kernels/EmitElementwise.h"
#include "codegen/EmitMath.h"
#include "ir/RunSettings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "runtime/core/program.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <numbers>

using namespace mlir;

namespace stator {
namespace {

/// Writes formulas: arithmetic on values with contraction to fused
/// multiply-adds allowed, and nothing else of what is called fast math.
class Formula {
public:
  Formula(ImplicitLocOpBuilder &B, const CpuTarget &Target)
      : B(B), Target(Target) {}

  static constexpr auto Contract = arith::FastMathFlags::contract;

  Value add(Value X, Value Y) {
    return arith::AddFOp::create(B, X, Y, Contract);
  }
  Value sub(Value X, Value Y) {
    return arith::SubFOp::create(B, X, Y, Contract);
  }
  Value mul(Value X, Value Y) {
    return arith::MulFOp::create(B, X, Y, Contract);
  }
  Value div(Value X, Value Y) {
    return arith::DivFOp::create(B, X, Y, Contract);
  }
  Value neg(Value X) { return arith::NegFOp::create(B, X); }
  Value number(Value Like, double X) { return emitFloat(B, Like, X); }
  Value sqrt(Value X) { return math::SqrtOp::create(B, X); }
  Value exp(Value X) { return emitExponential(B, X, Target); }
  Value tanh(Value X) { return function<math::TanhOp>(X, emitTanh); }
  Value erf(Value X) { return function<math::ErfOp>(X, emitErf); }

  /// The function as vector code for f32, from libm otherwise.
  template <typename OpT>
  Value function(Value X, Value (*Emit)(OpBuilder &, Location, Value, bool)) {
    if (getElementTypeOrSelf(X.getType()).isF32())
      return Emit(B, B.getLoc(), X, Target.HasFma);
    return OpT::create(B, X);
  }

  Value sigmoid(Value X) {
    Value One = number(X, 1);
    return div(One, add(One, exp(neg(X))));
  }

  Value gelu(Value X, bool TanhApproximation) {
    Value Half = mul(number(X, 0.5), X), One = number(X, 1);
    if (!TanhApproximation) {
      Value Scaled = mul(X, number(X, 1 / std::numbers::sqrt2));
      return mul(Half, add(One, erf(Scaled)));
    }
    Value Cubic = mul(number(X, 0.044715), mul(mul(X, X), X));
    Value Scale = number(X, std::sqrt(2 / std::numbers::pi));
    return mul(Half, add(One, tanh(mul(Scale, add(X, Cubic)))));
  }

  Value compare(arith::CmpFPredicate Predicate, Value X, Value Y) {
    return arith::CmpFOp::create(B, Predicate, X, Y);
  }
  Value select(Value Condition, Value X, Value Y) {
    return arith::SelectOp::create(B, Condition, X, Y);
  }

  /// X^n by squaring.
  Value power(Value X, int64_t N) {
    Value Result;
    Value Square = X;
    for (uint64_t Bits = std::abs(N); Bits; Bits >>= 1) {
      if (Bits & 1)
        Result = Result ? mul(Result, Square) : Square;
      if (Bits > 1)
        Square = mul(Square, Square);
    }
    if (!Result)
      return number(X, 1);
    return N < 0 ? div(number(X, 1), Result) : Result;
  }

  ImplicitLocOpBuilder &B;
  const CpuTarget &Target;
};

arith::CmpFPredicate getFloatPredicate(Predicate P) {
  switch (P) {
  case Predicate::EQ:
    return arith::CmpFPredicate::OEQ;
  case Predicate::NE:
    return arith::CmpFPredicate::UNE;
  case Predicate::LT:
    return arith::CmpFPredicate::OLT;
  case Predicate::LE:
    return arith::CmpFPredicate::OLE;
  case Predicate::GT:
    return arith::CmpFPredicate::OGT;
  case Predicate::GE:
    return arith::CmpFPredicate::OGE;
  }
  llvm_unreachable("unknown predicate");
}

arith::CmpIPredicate getIntPredicate(Predicate P, bool Signed) {
  switch (P) {
  case Predicate::EQ:
    return arith::CmpIPredicate::eq;
  case Predicate::NE:
    return arith::CmpIPredicate::ne;
  case Predicate::LT:
    return Signed ? arith::CmpIPredicate::slt : arith::CmpIPredicate::ult;
  case Predicate::LE:
    return Signed ? arith::CmpIPredicate::sle : arith::CmpIPredicate::ule;
  case Predicate::GT:
    return Signed ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::ugt;
  case Predicate::GE:
    return Signed ? arith::CmpIPredicate::sge : arith::CmpIPredicate::uge;
  }
  llvm_unreachable("unknown predicate");
}

Type withElement(Type Like, Type Element) {
  if (auto Vector = dyn_cast<VectorType>(Like))
    return Vector.clone(Element);
  return Element;
}

/// x^y. The one power that models are full of is a constant whole one.
Value emitPower(Formula &F, PowOp Op, Value X, Value Y) {
  DenseFPElementsAttr Exponent;
  Value Source = Op.getRhs();
  while (auto Broadcast = Source.getDefiningOp<BroadcastOp>())
    Source = Broadcast.getInput();
  if (matchPattern(Source, m_Constant(&Exponent)) && Exponent.isSplat()) {
    double E = Exponent.getSplatValue<APFloat>().convertToDouble();
    if (E == std::floor(E) && std::abs(E) <= 64)
      return F.power(X, static_cast<int64_t>(E));
    if (E == 0.5)
      return F.sqrt(X);
    if (E == -0.5)
      return F.div(F.number(X, 1), F.sqrt(X));
  }
  return math::PowFOp::create(F.B, X, Y);
}

/// beta^t for t = step + 1, in f64: in f32 1 - beta^t would lose digits.
Value emitBetaPower(Formula &F, Value Beta, Value Step) {
  Value One =
      arith::ConstantOp::create(F.B, F.B.getIntegerAttr(Step.getType(), 1));
  Value T = arith::SIToFPOp::create(F.B, F.B.getF64Type(),
                                    arith::AddIOp::create(F.B, Step, One));
  return math::PowFOp::create(F.B, Beta, T);
}

Value toFloat(ImplicitLocOpBuilder &B, Value X, Type Element) {
  Type To = withElement(X.getType(), Element);
  if (X.getType() == To)
    return X;
  if (getElementTypeOrSelf(X.getType()).getIntOrFloatBitWidth() >
      Element.getIntOrFloatBitWidth())
    return arith::TruncFOp::create(B, To, X);
  return arith::ExtFOp::create(B, To, X);
}

/// The factors of an Adam step that are the same for all elements.
SmallVector<Value, 3> emitAdam(Formula &F, AdamOp Op, ArrayRef<Value> Operands,
                               ArrayRef<Value> Settings) {
  ImplicitLocOpBuilder &B = F.B;
  Value P = Operands[0], G = Operands[1], M = Operands[2], V = Operands[3];
  Value Lr = Operands[4], Scale = Operands[5], Step = Operands[6];
  auto Splat = [&](Value X) -> Value {
    if (isa<VectorType>(P.getType()) && !isa<VectorType>(X.getType()))
      return vector::BroadcastOp::create(
          B, withElement(P.getType(), X.getType()), X);
    return X;
  };
  double Beta1 = Op.getBeta1().convertToDouble();
  double Beta2 = Op.getBeta2().convertToDouble();
  double Decay = Op.getWeightDecay().convertToDouble();

  Type Element = getElementTypeOrSelf(P.getType());
  Type F64 = B.getF64Type();
  auto Constant = [&](double X) -> Value {
    return arith::ConstantOp::create(B, F64, B.getF64FloatAttr(X));
  };
  Value LrWide = toFloat(B, Lr, F64);
  Value Correction1 =
      F.sub(Constant(1), emitBetaPower(F, Constant(Beta1), Step));
  Value Correction2 =
      F.sub(Constant(1), emitBetaPower(F, Constant(Beta2), Step));
  Value StepSize = Splat(toFloat(B, F.div(LrWide, Correction1), Element));
  Value RootCorrection =
      Splat(toFloat(B, F.div(Constant(1), F.sqrt(Correction2)), Element));

  G = F.mul(Splat(Scale), G);
  if (Decay != 0 || !Settings.empty()) {
    Value Factor = Settings.empty() ? Constant(Decay) : Settings[0];
    if (Op.getDecoupled()) {
      Value Keep = F.sub(Constant(1), F.mul(LrWide, Factor));
      P = F.mul(P, Splat(toFloat(B, Keep, Element)));
    } else {
      G = F.add(G, F.mul(Splat(toFloat(B, Factor, Element)), P));
    }
  }
  Value NewM =
      F.add(F.mul(F.number(P, Beta1), M), F.mul(F.number(P, 1 - Beta1), G));
  Value NewV = F.add(F.mul(F.number(P, Beta2), V),
                     F.mul(F.mul(F.number(P, 1 - Beta2), G), G));
  Value Root = F.mul(F.sqrt(NewV), RootCorrection);
  Value Eps = F.number(P, Op.getEps().convertToDouble());
  Value NewP = F.sub(P, F.div(F.mul(StepSize, NewM), F.add(Root, Eps)));
  return {NewP, NewM, NewV};
}

SmallVector<Value, 3> emitSgd(Formula &F, SgdOp Op, ArrayRef<Value> Operands,
                              ArrayRef<Value> Settings) {
  ImplicitLocOpBuilder &B = F.B;
  Value P = Operands[0];
  auto Splat = [&](Value X) -> Value {
    if (isa<VectorType>(P.getType()) && !isa<VectorType>(X.getType()))
      return vector::BroadcastOp::create(B, P.getType(), X);
    return X;
  };
  Value Lr = Splat(Operands[2]);
  Value G = F.mul(Splat(Operands[3]), Operands[1]);
  double Decay = Op.getWeightDecay().convertToDouble();
  if (!Settings.empty()) {
    Value Factor = toFloat(B, Settings[0], getElementTypeOrSelf(P.getType()));
    G = F.add(G, F.mul(Splat(Factor), P));
  } else if (Decay != 0) {
    G = F.add(G, F.mul(F.number(P, Decay), P));
  }
  if (!Op.getBuffer())
    return {F.sub(P, F.mul(Lr, G))};
  Value Momentum = F.number(P, Op.getMomentum().convertToDouble());
  Value NewBuffer = F.add(F.mul(Momentum, Operands[4]), G);
  Value Direction =
      Op.getNesterov() ? F.add(G, F.mul(Momentum, NewBuffer)) : NewBuffer;
  return {F.sub(P, F.mul(Lr, Direction)), NewBuffer};
}

/// The schedules of #stator.schedule, in f64.
Value emitLearningRate(Formula &F, LearningRateOp Op, Value Step, Value Total,
                       ArrayRef<Value> Settings) {
  ImplicitLocOpBuilder &B = F.B;
  Type F64 = B.getF64Type();
  ScheduleAttr Schedule = Op.getSchedule();
  double Warmup = static_cast<double>(Schedule.getWarmup());
  auto Constant = [&](double X) -> Value {
    return arith::ConstantOp::create(B, F64, B.getF64FloatAttr(X));
  };
  bool Settable = !Settings.empty();
  Value Peak =
      Settable ? Settings[0] : Constant(Op.getPeak().convertToDouble());
  Value Floor =
      Settable ? Settings[1] : Constant(Schedule.getFloor().getValueAsDouble());
  Value S = arith::SIToFPOp::create(B, F64, Step);
  Value Next = F.add(S, Constant(1));
  Type Result = getElementTypeOrSelf(Op.getResult().getType());

  if (Schedule.getKind() == ScheduleKind::InverseSqrt) {
    double Width = Schedule.getWidth().getValueAsDouble();
    Value Fall = F.div(Constant(1), F.sqrt(Next));
    if (Warmup > 0) {
      Value Rise = F.mul(Next, Constant(std::pow(Warmup, -1.5)));
      Fall = arith::MinimumFOp::create(B, Fall, Rise);
    }
    return toFloat(B, F.mul(F.div(Peak, Constant(std::sqrt(Width))), Fall),
                   Result);
  }

  Value N = arith::SIToFPOp::create(B, F64, Total);
  if (Schedule.getSteps() > 0) {
    Value Own = Constant(static_cast<double>(Schedule.getSteps()));
    N = Settable ? F.select(Settings[2], N, Own) : Own;
  }
  Value Rate = Peak;
  if (Schedule.getKind() != ScheduleKind::Constant) {
    // How far from the end of the warm-up to the last step, in [0, 1].
    Value Length =
        arith::MaximumFOp::create(B, F.sub(N, Constant(Warmup)), Constant(1));
    Value Way = F.div(F.sub(S, Constant(Warmup)), Length);
    Way = arith::MinimumFOp::create(
        B, arith::MaximumFOp::create(B, Way, Constant(0)), Constant(1));
    Value Left;
    if (Schedule.getKind() == ScheduleKind::Linear) {
      Left = F.sub(Constant(1), Way);
    } else {
      Value Cos =
          math::CosOp::create(B, F.mul(Constant(std::numbers::pi), Way));
      Left = F.mul(Constant(0.5), F.add(Constant(1), Cos));
    }
    Rate = F.add(Floor, F.mul(F.sub(Peak, Floor), Left));
  }
  if (Warmup > 0) {
    Value Rise = F.div(F.mul(Peak, Next), Constant(Warmup + 1));
    Value Rising = F.compare(arith::CmpFPredicate::OLT, S, Constant(Warmup));
    Rate = F.select(Rising, Rise, Rate);
  }
  return toFloat(B, Rate, Result);
}

Value emitConvert(ImplicitLocOpBuilder &B, ConvertOp Op, Value X) {
  Type From = getElementTypeOrSelf(X.getType());
  Type To = getElementTypeOrSelf(Op.getResult().getType());
  Type ToType = withElement(X.getType(), To);
  if (From == To)
    return X;
  if (To.isInteger())
    return arith::ExtUIOp::create(B, ToType, X);
  if (From.isInteger(1))
    return arith::UIToFPOp::create(B, ToType, X);
  return arith::SIToFPOp::create(B, ToType, X);
}

} // namespace

Value emitFloat(ImplicitLocOpBuilder &B, Value Like, double X) {
  Type Element = getElementTypeOrSelf(Like.getType());
  TypedAttr Number = B.getFloatAttr(Element, X);
  if (auto Vector = dyn_cast<VectorType>(Like.getType()))
    Number = DenseElementsAttr::get(Vector, Attribute(Number));
  return arith::ConstantOp::create(B, Number);
}

Value emitExponential(ImplicitLocOpBuilder &B, Value X,
                      const CpuTarget &Target) {
  if (getElementTypeOrSelf(X.getType()).isF32())
    return emitExp(B, B.getLoc(), X, Target.HasFma);
  return math::ExpOp::create(B, X);
}

bool isElementwise(Operation *Op) {
  return Op->hasTrait<OpTrait::Elementwise>() ||
         isa<AdamOp, SgdOp, ClipScaleOp, LearningRateOp>(Op);
}

static_assert(NumRunSettings == STATOR_SETTING_COUNT &&
              STATOR_INFO_NUMBERS + int(STATOR_SETTING_COUNT) ==
                  STATOR_INFO_BAD_INDEX &&
              static_cast<int>(RunSetting::Clip) == STATOR_SETTING_CLIP &&
              static_cast<int>(RunSetting::WeightDecay) ==
                  STATOR_SETTING_WEIGHT_DECAY &&
              static_cast<int>(RunSetting::ScheduleSteps) ==
                  STATOR_SETTING_SCHEDULE_STEPS);

SmallVector<Value, 3> emitRunSettings(ImplicitLocOpBuilder &B, Operation *Op,
                                      Value Info) {
  if (!isSettable(Op))
    return {};
  auto Load = [&](int64_t Slot) -> Value {
    return memref::LoadOp::create(
        B, Info, ValueRange{arith::ConstantIndexOp::create(B, Slot)});
  };
  auto Is = [&](int64_t Setting) -> Value {
    Value Bit = arith::ConstantIntOp::create(B, int64_t(1) << Setting, 64);
    Value Zero = arith::ConstantIntOp::create(B, 0, 64);
    Value Masked = arith::AndIOp::create(B, Load(STATOR_INFO_SETTINGS), Bit);
    return arith::CmpIOp::create(B, arith::CmpIPredicate::ne, Masked, Zero);
  };
  auto Number = [&](int64_t Setting, double Compiled) -> Value {
    Value Bits = Load(STATOR_INFO_NUMBERS + Setting);
    Value Set = arith::BitcastOp::create(B, B.getF64Type(), Bits);
    Value Own = arith::ConstantOp::create(B, B.getF64Type(),
                                          B.getF64FloatAttr(Compiled));
    return arith::SelectOp::create(B, Is(Setting), Set, Own);
  };
  using Results = SmallVector<Value, 3>;
  return llvm::TypeSwitch<Operation *, Results>(Op)
      .Case([&](LearningRateOp Rate) {
        double Floor = Rate.getSchedule().getFloor().getValueAsDouble();
        return Results{
            Number(STATOR_SETTING_LR, Rate.getPeak().convertToDouble()),
            Number(STATOR_SETTING_MIN_LR, Floor),
            Is(STATOR_SETTING_SCHEDULE_STEPS)};
      })
      .Case([&](ClipScaleOp Clip) {
        return Results{
            Number(STATOR_SETTING_CLIP, Clip.getMaxNorm().convertToDouble())};
      })
      .Case<AdamOp, SgdOp>([&](auto Update) {
        return Results{Number(STATOR_SETTING_WEIGHT_DECAY,
                              Update.getWeightDecay().convertToDouble())};
      })
      .Default([](Operation *) { return Results{}; });
}

SmallVector<Value, 3> emitElementwise(ImplicitLocOpBuilder &B, Operation *Op,
                                      ArrayRef<Value> X,
                                      const CpuTarget &Target,
                                      ArrayRef<Value> Settings) {
  Formula F(B, Target);
  using Results = SmallVector<Value, 3>;
  return llvm::TypeSwitch<Operation *, Results>(Op)
      .Case([&](NegOp) { return Results{F.neg(X[0])}; })
      .Case([&](AbsOp) { return Results{math::AbsFOp::create(B, X[0])}; })
      .Case([&](ExpOp) { return Results{F.exp(X[0])}; })
      .Case([&](LogOp) {
        return Results{F.function<math::LogOp>(X[0], emitLog)};
      })
      .Case([&](SqrtOp) { return Results{F.sqrt(X[0])}; })
      .Case([&](RsqrtOp) {
        if (getElementTypeOrSelf(X[0].getType()).isF32())
          return Results{emitRsqrt(B, B.getLoc(), X[0])};
        return Results{F.div(F.number(X[0], 1), F.sqrt(X[0]))};
      })
      .Case([&](SinOp) {
        return Results{F.function<math::SinOp>(X[0], emitSin)};
      })
      .Case([&](CosOp) {
        return Results{F.function<math::CosOp>(X[0], emitCos)};
      })
      .Case([&](TanhOp) { return Results{F.tanh(X[0])}; })
      .Case([&](ErfOp) { return Results{F.erf(X[0])}; })
      .Case([&](SigmoidOp) { return Results{F.sigmoid(X[0])}; })
      .Case([&](ReluOp) {
        return Results{arith::MaximumFOp::create(B, X[0], F.number(X[0], 0))};
      })
      .Case([&](SiluOp) { return Results{F.mul(X[0], F.sigmoid(X[0]))}; })
      .Case([&](GeluOp Gelu) {
        return Results{F.gelu(X[0], Gelu.getTanhApproximation())};
      })
      .Case([&](AddOp) { return Results{F.add(X[0], X[1])}; })
      .Case([&](SubOp) { return Results{F.sub(X[0], X[1])}; })
      .Case([&](MulOp) { return Results{F.mul(X[0], X[1])}; })
      .Case([&](DivOp) { return Results{F.div(X[0], X[1])}; })
      .Case([&](PowOp Pow) { return Results{emitPower(F, Pow, X[0], X[1])}; })
      .Case([&](MaximumOp) {
        return Results{arith::MaximumFOp::create(B, X[0], X[1])};
      })
      .Case([&](MinimumOp) {
        return Results{arith::MinimumFOp::create(B, X[0], X[1])};
      })
      .Case([&](SelectOp) { return Results{F.select(X[0], X[1], X[2])}; })
      .Case([&](CompareOp Compare) {
        Type Element = getElementTypeOrSelf(X[0].getType());
        Predicate P = Compare.getPredicate();
        if (isa<FloatType>(Element))
          return Results{F.compare(getFloatPredicate(P), X[0], X[1])};
        return Results{arith::CmpIOp::create(
            B, getIntPredicate(P, !Element.isInteger(1)), X[0], X[1])};
      })
      .Case(
          [&](AndOp) { return Results{arith::AndIOp::create(B, X[0], X[1])}; })
      .Case([&](OrOp) { return Results{arith::OrIOp::create(B, X[0], X[1])}; })
      .Case([&](NotOp) {
        TypedAttr True = B.getBoolAttr(true);
        if (auto Vector = dyn_cast<VectorType>(X[0].getType()))
          True = DenseElementsAttr::get(Vector, true);
        return Results{
            arith::XOrIOp::create(B, X[0], arith::ConstantOp::create(B, True))};
      })
      .Case(
          [&](IAddOp) { return Results{arith::AddIOp::create(B, X[0], X[1])}; })
      .Case(
          [&](ISubOp) { return Results{arith::SubIOp::create(B, X[0], X[1])}; })
      .Case(
          [&](IMulOp) { return Results{arith::MulIOp::create(B, X[0], X[1])}; })
      .Case([&](ConvertOp Convert) {
        return Results{emitConvert(B, Convert, X[0])};
      })
      .Case([&](ClipScaleOp Clip) {
        Value Max =
            Settings.empty()
                ? F.number(X[0], Clip.getMaxNorm().convertToDouble())
                : toFloat(B, Settings[0], getElementTypeOrSelf(X[0].getType()));
        Value Ratio = F.div(Max, F.add(X[0], F.number(X[0], 1e-6)));
        return Results{arith::MinimumFOp::create(B, F.number(X[0], 1), Ratio)};
      })
      .Case([&](LearningRateOp Rate) {
        return Results{emitLearningRate(F, Rate, X[0], X[1], Settings)};
      })
      .Case([&](AdamOp Adam) { return emitAdam(F, Adam, X, Settings); })
      .Case([&](SgdOp Sgd) { return emitSgd(F, Sgd, X, Settings); })
      .Default([](Operation *) { return Results(); });
}

} // namespace stator
