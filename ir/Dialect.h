//===- Dialect.h - The stator dialect ---------------------------*- C++ -*-===//
//
// Everything that code needs which works on stator IR: dialect, attributes and
// ops.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_IR_DIALECT_H
#define STATOR_IR_DIALECT_H

#include "ir/Interfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace stator {

/// The dotted module path and variable in a location ("h.3.attn.scores"), or ""
/// if it has none.
llvm::StringRef getPathOfLocation(mlir::Location Loc);

/// The file, line and column at the bottom of a location, or null.
mlir::FileLineColLoc getSourceOfLocation(mlir::Location Loc);

/// The location of what the backward pass makes of an op there: the path `x`
/// becomes `d(x)`, the source stays. Unchanged if there is no path.
mlir::Location getCotangentLoc(mlir::Location Loc);

/// A path as a name of a printed value: `h.3.attn.scores`, and `d_h.3.x` for
/// `d(h.3.x)`.
std::string sanitizeValueName(llvm::StringRef Path);

/// Names the results of an op after its location; part of every op's
/// getAsmResultNames.
void nameResultsFromLocation(mlir::Operation *Op,
                             mlir::OpAsmSetValueNameFn SetName);

/// Numbers in the parameters of attributes: the fewest digits that read back as
/// the same double, `inf` and `nan`.
mlir::FailureOr<mlir::FloatAttr> parseDouble(mlir::AsmParser &Parser);
void printDouble(mlir::AsmPrinter &Printer, double Number);

/// Numbers among the attributes of ops, `custom<Number>` in their formats.
mlir::ParseResult parseNumber(mlir::OpAsmParser &Parser,
                              mlir::FloatAttr &Number);
void printNumber(mlir::OpAsmPrinter &Printer, mlir::Operation *Op,
                 mlir::FloatAttr Number);

} // namespace stator

#include "ir/StatorDialect.h.inc"
#include "ir/StatorEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/StatorAttributes.h.inc"

namespace stator {

/// Words among the attributes of ops, `custom<Enum>` in their formats.
template <typename AttrT>
mlir::ParseResult parseEnum(mlir::OpAsmParser &Parser, AttrT &Word) {
  using Enum = decltype(Word.getValue());
  mlir::FailureOr<Enum> Parsed = mlir::FieldParser<Enum>::parse(Parser);
  if (mlir::failed(Parsed))
    return mlir::failure();
  Word = AttrT::get(Parser.getContext(), *Parsed);
  return mlir::success();
}
template <typename AttrT>
void printEnum(mlir::OpAsmPrinter &Printer, mlir::Operation *Op, AttrT Word) {
  Printer << stringifyEnum(Word.getValue());
}

} // namespace stator

#define GET_OP_CLASSES
#include "ir/StatorOps.h.inc"

#endif // STATOR_IR_DIALECT_H
