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
llvm::StringRef getPathOfLocation(mlir::Location loc);

/// The file, line and column at the bottom of a location, or null.
mlir::FileLineColLoc getSourceOfLocation(mlir::Location loc);

/// The location of what the backward pass makes of an op there: the path `x`
/// becomes `d(x)`, the source stays. Unchanged if there is no path.
mlir::Location getCotangentLoc(mlir::Location loc);

/// A path as a name of a printed value: `h.3.attn.scores`, and `d_h.3.x` for
/// `d(h.3.x)`.
std::string sanitizeValueName(llvm::StringRef path);

/// Names the results of an op after its location; part of every op's
/// getAsmResultNames.
void nameResultsFromLocation(mlir::Operation *op,
                             mlir::OpAsmSetValueNameFn setName);

/// Numbers in the parameters of attributes: the fewest digits that read back as
/// the same double, and `inf`.
mlir::FailureOr<mlir::FloatAttr> parseDouble(mlir::AsmParser &parser);
void printDouble(mlir::AsmPrinter &printer, double number);

/// Numbers among the attributes of ops, `custom<Number>` in their formats.
mlir::ParseResult parseNumber(mlir::OpAsmParser &parser,
                              mlir::FloatAttr &number);
void printNumber(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                 mlir::FloatAttr number);

} // namespace stator

#include "ir/StatorDialect.h.inc"
#include "ir/StatorEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ir/StatorAttributes.h.inc"

namespace stator {

/// Words among the attributes of ops, `custom<Enum>` in their formats.
template <typename AttrT>
mlir::ParseResult parseEnum(mlir::OpAsmParser &parser, AttrT &word) {
  using Enum = decltype(word.getValue());
  mlir::FailureOr<Enum> parsed = mlir::FieldParser<Enum>::parse(parser);
  if (mlir::failed(parsed))
    return mlir::failure();
  word = AttrT::get(parser.getContext(), *parsed);
  return mlir::success();
}
template <typename AttrT>
void printEnum(mlir::OpAsmPrinter &printer, mlir::Operation *op, AttrT word) {
  printer << stringifyEnum(word.getValue());
}

} // namespace stator

#define GET_OP_CLASSES
#include "ir/StatorOps.h.inc"

#endif // STATOR_IR_DIALECT_H
