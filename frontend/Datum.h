//===- Datum.h - What expressions evaluate to -------------------*- C++ -*-===//
//
// Elaboration evaluates a model file as a program whose numbers, strings and
// modules are known and whose tensors are values of the stator dialect. A Datum
// is either.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_DATUM_H
#define STATOR_FRONTEND_DATUM_H

#include "frontend/AST.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <string>

namespace stator {

struct Builtin;
struct Instance;

/// A dimension of a tensor: its size and, where it has one, its name.
struct Dim {
  int64_t Size = 0;
  llvm::StringRef Name = {};
};

/// "f32[B=12, T=64, width=128]"
std::string printShape(ElementKind Element, llvm::ArrayRef<Dim> Dims);
/// "width=128", or "128"
std::string printDim(const Dim &D);
llvm::StringRef printElement(ElementKind Element);
/// Whether two shapes are equal, whatever their dimensions are called.
bool hasSameSizes(llvm::ArrayRef<Dim> A, llvm::ArrayRef<Dim> B);

/// How a parameter starts; Xavier's bounds await the shape.
struct Initialiser {
  enum Form { Constant, Normal, Uniform, XavierNormal, XavierUniform };
  Form Kind = Constant;
  /// Value; mean and standard deviation; from and to; gain.
  double A = 0, B = 0;
};

enum class DatumKind {
  Poison, ///< an error was reported; whatever needs it is silent
  None,
  Int,
  Float,
  Bool,
  String,
  Tuple,
  Tensor,
  Fn,      ///< of the model file or std
  Builtin, ///< a function of the language
  Module,  ///< to be applied to hyper-parameters
  Instance,
  Init,
  Setting ///< an optimizer or schedule
};

struct Datum {
  DatumKind Kind = DatumKind::Poison;
  union {
    int64_t Int;
    double Float;
    bool Bool;
    ElementKind Element; ///< Tensor
  };
  /// String: the text. Int: the expression that it is called by, or "".
  llvm::StringRef Text;
  /// Float: the expression that made a float of whole numbers, or the number
  /// that was written as one.
  llvm::SMRange Origin;
  /// Tuple. Owned by the elaborator.
  llvm::ArrayRef<Datum> Elements;
  mlir::Value Tensor;
  llvm::ArrayRef<Dim> Dims; ///< Tensor. Owned by the elaborator.
  /// Tensor of i32: its elements are known to be below this; -1: nothing known.
  int64_t Bound = -1;
  const FnDecl *Fn = nullptr;
  const stator::Builtin *Function = nullptr;
  const ModuleDecl *Module = nullptr;
  stator::Instance *Instance = nullptr;
  Initialiser Init;
  mlir::Attribute Setting;

  Datum() : Int(0) {}

  static Datum poison() { return Datum(); }
  static Datum none() { return make(DatumKind::None); }
  static Datum makeInt(int64_t Value, llvm::StringRef Text = {}) {
    Datum D = make(DatumKind::Int, &Datum::Int, Value);
    D.Text = Text;
    return D;
  }
  static Datum makeFloat(double Value, llvm::SMRange Origin = {}) {
    Datum D = make(DatumKind::Float, &Datum::Float, Value);
    D.Origin = Origin;
    return D;
  }
  static Datum makeBool(bool Value) {
    return make(DatumKind::Bool, &Datum::Bool, Value);
  }
  static Datum makeString(llvm::StringRef Text) {
    return make(DatumKind::String, &Datum::Text, Text);
  }
  static Datum makeTuple(llvm::ArrayRef<Datum> Elements) {
    return make(DatumKind::Tuple, &Datum::Elements, Elements);
  }
  static Datum makeTensor(ElementKind Element, mlir::Value Tensor,
                          llvm::ArrayRef<Dim> Dims) {
    Datum D = make(DatumKind::Tensor, &Datum::Element, Element);
    D.Tensor = Tensor;
    D.Dims = Dims;
    return D;
  }
  static Datum makeInit(Initialiser Init) {
    return make(DatumKind::Init, &Datum::Init, Init);
  }
  static Datum makeSetting(mlir::Attribute Setting) {
    return make(DatumKind::Setting, &Datum::Setting, Setting);
  }
  static Datum makeFn(const FnDecl *Fn) {
    return make(DatumKind::Fn, &Datum::Fn, Fn);
  }
  static Datum makeBuiltin(const stator::Builtin *Function) {
    return make(DatumKind::Builtin, &Datum::Function, Function);
  }
  static Datum makeModule(const ModuleDecl *Module) {
    return make(DatumKind::Module, &Datum::Module, Module);
  }
  static Datum makeInstance(stator::Instance *Instance) {
    return make(DatumKind::Instance, &Datum::Instance, Instance);
  }

  bool isPoison() const { return Kind == DatumKind::Poison; }
  bool isTensor() const { return Kind == DatumKind::Tensor; }
  bool isFloatTensor() const {
    return isTensor() && Element == ElementKind::F32;
  }
  bool isInt() const { return Kind == DatumKind::Int; }
  bool isNumber() const {
    return Kind == DatumKind::Int || Kind == DatumKind::Float;
  }
  /// Of a number.
  double asFloat() const {
    return Kind == DatumKind::Int ? static_cast<double>(Int) : Float;
  }
  int64_t getRank() const { return static_cast<int64_t>(Dims.size()); }

private:
  static Datum make(DatumKind Kind) {
    Datum D;
    D.Kind = Kind;
    return D;
  }
  template <typename T>
  static Datum make(DatumKind Kind, T Datum::*Field, T Value) {
    Datum D = make(Kind);
    D.*Field = Value;
    return D;
  }
};

/// What a datum is, for messages: "the number 3", "f32[B=12, T=64]".
std::string describe(const Datum &D);

/// Two data with equal text are the same wherever hyper-parameters and shapes
/// matter: the key under which functions are shared.
std::string makeKey(const Datum &D);

/// A number as one would write it: "0.02", "3".
std::string printNumber(double Value);

} // namespace stator

#endif // STATOR_FRONTEND_DATUM_H
