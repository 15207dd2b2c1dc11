//===- ModelSettings.h - What a model says of itself ------------*- C++ -*-===//
//
// Settings of the model that passes need, and what they found out, as
// attributes of the module.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_MODELSETTINGS_H
#define STATOR_IR_MODELSETTINGS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"

namespace stator {

/// Set by the frontend if the model declares `non_causal`: training it does not
/// ask for the causality proof.
inline constexpr llvm::StringLiteral NonCausalAttr = "stator.non_causal";

/// Set by the frontend if the model declares a prefix: how many positions are
/// given together, so that they may depend on one another.
inline constexpr llvm::StringLiteral PrefixAttr = "stator.prefix";

/// Set by stator-check-causality: what it found.
inline constexpr llvm::StringLiteral CausalityAttr = "stator.causality";

/// Set by stator-check-causality where it removes @forward: the last dimension
/// of the logits.
inline constexpr llvm::StringLiteral VocabularyAttr = "stator.vocabulary";

inline bool isNonCausal(mlir::ModuleOp Module) {
  return Module->hasAttr(NonCausalAttr);
}

inline int64_t getPrefix(mlir::ModuleOp Module) {
  auto Prefix = Module->getAttrOfType<mlir::IntegerAttr>(PrefixAttr);
  return Prefix ? Prefix.getInt() : 0;
}

inline void setVocabulary(mlir::ModuleOp Module, int64_t Size) {
  Module->setAttr(VocabularyAttr,
                  mlir::IntegerAttr::get(
                      mlir::IntegerType::get(Module.getContext(), 64), Size));
}

/// The number of classes that the logits have, or 0 if it was not recorded.
inline int64_t getVocabulary(mlir::ModuleOp Module) {
  auto Size = Module->getAttrOfType<mlir::IntegerAttr>(VocabularyAttr);
  return Size ? Size.getInt() : 0;
}

/// What is known of the causality of a model.
enum class Causality {
  Unknown,   ///< it was not looked at
  Proved,    ///< no position depends on later ones, but within the prefix
  NotNeeded, ///< it is declared non_causal, and it is
};

inline void setCausality(mlir::ModuleOp Module, Causality Found) {
  Module->setAttr(CausalityAttr,
                  mlir::StringAttr::get(
                      Module.getContext(),
                      Found == Causality::Proved ? "proved" : "non_causal"));
}

inline Causality getCausality(mlir::ModuleOp Module) {
  auto Found = Module->getAttrOfType<mlir::StringAttr>(CausalityAttr);
  return !Found                         ? Causality::Unknown
         : Found.getValue() == "proved" ? Causality::Proved
                                        : Causality::NotNeeded;
}

} // namespace stator

#endif // STATOR_IR_MODELSETTINGS_H
