#include "ir/Dialect.h"
#include "ir/Einsum.h"
#include "mlir/Interfaces/FunctionImplementation.h"
using namespace mlir;
using namespace stator;
void FuncOp::build(OpBuilder &builder, OperationState &state, StringRef name, FunctionType type) {
  state.addAttribute(getSymNameAttrName(state.name), builder.getStringAttr(name));
  state.addAttribute(getFunctionTypeAttrName(state.name), TypeAttr::get(type));
  state.addRegion();
}
ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> in, ArrayRef<Type> out, function_interface_impl::VariadicFlag, std::string &) { return builder.getFunctionType(in, out); };
  return function_interface_impl::parseFunctionOp(parser, result, false, getFunctionTypeAttrName(result.name), buildType, getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}
void FuncOp::print(OpAsmPrinter &p) {
  function_interface_impl::printFunctionOp(p, *this, false, getFunctionTypeAttrName(), getArgAttrsAttrName(), getResAttrsAttrName());
}
void FuncOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  for (BlockArgument arg : region.getArguments())
    if (StringRef path = getPathOfLocation(arg.getLoc()); !path.empty())
      setName(arg, path);
}
ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) { return failure(); }
void ScanOp::print(OpAsmPrinter &p) {}
LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult ReadOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult WriteOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
LogicalResult ReturnOp::verify() { return success(); }
LogicalResult ScanOp::verify() { return success(); }
LogicalResult DropoutOp::verify() { return success(); }
LogicalResult IotaOp::verify() { return success(); }
LogicalResult BroadcastOp::verify() { return success(); }
LogicalResult ReshapeOp::verify() { return success(); }
LogicalResult SliceOp::verify() { return success(); }
LogicalResult PadOp::verify() { return success(); }
LogicalResult CumsumOp::verify() { return success(); }
LogicalResult SoftmaxOp::verify() { return success(); }
LogicalResult CausalMaskOp::verify() { return success(); }
LogicalResult ScatterAddOp::verify() { return success(); }
LogicalResult CrossEntropyGradOp::verify() { return success(); }
LogicalResult AttentionOp::verify() { return success(); }
LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
LogicalResult EinsumOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
LogicalResult GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr, OpaqueProperties, RegionRange, SmallVectorImpl<Type> &) { return failure(); }
