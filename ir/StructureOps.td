//===- StructureOps.td - Functions, state, loops, kernels -----------------===//

#ifndef STATOR_IR_STRUCTURE_OPS_TD
#define STATOR_IR_STRUCTURE_OPS_TD

include "StatorBase.td"

def Stator_FuncOp : Stator_BaseOp<"func", [
    AffineScope, AutomaticAllocationScope, IsolatedFromAbove, FunctionOpInterface,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "A module, an entry point or a kernel, as a function";
  let description = [{
    The frontend writes one function a module (parameters of the module are its last arguments) and
    one for each entry point: `@forward` takes the tokens, `@loss` tokens and targets. Passes add
    `@gradients`, `@train_step` or `@accumulate` and `@update`, and `@evaluate`. A function with
    `kernel` is a fusion group that `stator.launch` runs.

    ```mlir
    stator.func @forward(%tokens: tensor<12x64xi32>) -> tensor<12x64x65xf32> { ... }
    stator.func private @Linear(%x: tensor<2x8xf32>, %weight: tensor<8x4xf32>) -> tensor<2x4xf32> { ... }
    stator.func private kernel @add(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> { ... }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<StrAttr>:$sym_visibility, OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs, UnitAttr:$kernel);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type)>];
  let extraClassDeclaration = [{
    /// FunctionOpInterface.
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return isExternal() ? nullptr : &getBody(); }
  }];
}

def Stator_ReturnOp : Stator_BaseOp<"return", [Pure, HasParent<"FuncOp">, ReturnLike, Terminator]> {
  let summary = "Ends a function";
  let description = [{Its operands are the results of the function.}];
  let arguments = (ins Variadic<Stator_Tensor>:$operands);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
  let hasVerifier = 1;
}

def Stator_CallOp : Stator_BaseOp<"call", [
    CallOpInterface, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Applies a module to values and parameters";
  let description = [{
    ```mlir
    %y = stator.call @Linear(%x, %weight) : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
    ```
    `stator-inline-modules` puts the body of the callee in its place.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Stator_Tensor>:$operands,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let results = (outs Variadic<Stator_Tensor>:$results);
  let assemblyFormat = "$callee `(` $operands `)` attr-dict `:` functional-type($operands, $results)";
  let extraClassDeclaration = [{
    /// CallOpInterface.
    operand_range getArgOperands() { return getOperands(); }
    ::mlir::MutableOperandRange getArgOperandsMutable() { return getOperandsMutable(); }
    ::mlir::CallInterfaceCallable getCallableForCallee() { return getCalleeAttr(); }
    void setCalleeFromCallable(::mlir::CallInterfaceCallable callee) {
      setCalleeAttr(::llvm::cast<::mlir::FlatSymbolRefAttr>(::llvm::cast<::mlir::SymbolRefAttr>(callee)));
    }
  }];
}

def Stator_ParameterOp : Stator_BaseOp<"parameter", [
    Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A tensor of the state: a parameter, a moment, an accumulated gradient, a cache";
  let description = [{
    ```mlir
    stator.parameter @"h.0.attn.c_attn.weight" : tensor<128x384xf32> init #stator.init<normal, 0.0, 0.02>
    ```
    A `cache` is what decoding remembers from one call to the next: keys, values, running sums. A `scale`
    belongs to the `i8` parameter that it is `of`. A `transposed` parameter has its two dimensions
    exchanged in files.
    `frozen` parameters get no gradient. `decay` ones are subject to weight decay (by default those
    of rank two and more, as in nanoGPT). `of` names the parameter that a moment or gradient belongs to.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$sym_visibility,
                       TypeAttrOf<Stator_WeightTensor>:$type, Stator_InitAttr:$init,
                       DefaultValuedAttr<Stator_RoleAttr, "::stator::Role::Parameter">:$role,
                       OptionalAttr<FlatSymbolRefAttr>:$of, UnitAttr:$frozen, UnitAttr:$decay,
                       UnitAttr:$transposed);
  let assemblyFormat = [{
    $sym_name `:` $type `init` $init (`role` custom<Enum>($role)^)? (`of` $of^)? (`frozen` $frozen^)? (`decay` $decay^)?
    (`transposed` $transposed^)?
    attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() { return ::llvm::cast<::mlir::RankedTensorType>(getType()); }
    /// Whether it is trained, and so has a gradient.
    bool isTrainable() { return getRole() == ::stator::Role::Parameter && !getFrozen(); }
  }];
}

def Stator_ReadOp : Stator_BaseOp<"read", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The value of a tensor of the state at the start of the step";
  let description = [{
    ```mlir
    %w = stator.read @h.0.attn.c_attn.weight : tensor<128x384xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter);
  let results = (outs Stator_WeightTensor:$result);
  let assemblyFormat = "$parameter attr-dict `:` type($result)";
}

def Stator_WriteOp : Stator_BaseOp<"write", [
    MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Gives a tensor of the state its value after the step";
  let description = [{At most one write for each tensor in a function; reads never see it.}];
  let arguments = (ins Stator_FloatTensor:$value, FlatSymbolRefAttr:$parameter);
  let assemblyFormat = "$value `,` $parameter attr-dict `:` type($value)";
}

def Stator_InfoOp : Stator_BaseOp<"info", [Pure]> {
  let summary = "A number of the running step: its index, or how many there will be";
  let description = [{
    In a training step `step` and `total_steps`; in a decoding step `position`, that of its first token,
    and `last`, the row of its last token among those of the step.

    ```mlir
    %step = stator.info step : tensor<i32>
    %steps = stator.info total_steps : tensor<i32>
    ```
  }];
  let arguments = (ins Stator_InfoKindAttr:$kind);
  let results = (outs Stator_IntScalar:$result);
  let assemblyFormat = "custom<Enum>($kind) attr-dict `:` type($result)";
}

def Stator_ScanOp : Stator_Op<"scan", [
    AttrSizedOperandSegments, SingleBlockImplicitTerminator<"YieldOp">,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "A loop over time that carries a state";
  let description = [{
    Runs the body `length` times, t = 0, 1, ... (or backwards with `reverse`). Its arguments are the
    carries and then the slice at t of each sequence along `axis` (that dimension is gone). It
    yields the next carries and then one slice for each stacked output. Results: the last
    carries, then the outputs with `axis` put back, `length` long. The body may use values from
    outside.

    ```mlir
    %last, %ys = stator.scan axis 1 length 64 carries(%h = %h0) over(%x = %xs)
        : (tensor<12x128xf32>, tensor<12x64x128xf32>) -> (tensor<12x128xf32>, tensor<12x64x128xf32>) {
      ...
      stator.yield %next, %next : tensor<12x128xf32>, tensor<12x128xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Stator_Tensor>:$inits, Variadic<Stator_Tensor>:$sequences,
                       I64Attr:$axis, I64Attr:$length, UnitAttr:$reverse);
  let results = (outs Variadic<Stator_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasCanonicalizer = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The results that are the carries after the last iteration.
    ::mlir::ResultRange getLastCarries() { return getResults().take_front(getInits().size()); }
    /// The results that stack what the iterations yield.
    ::mlir::ResultRange getOutputs() { return getResults().drop_front(getInits().size()); }
  }];
}

def Stator_YieldOp : Stator_BaseOp<"yield", [Pure, HasParent<"ScanOp">, ReturnLike, Terminator]> {
  let summary = "Ends an iteration of a scan: next carries, then slices of the outputs";
  let description = [{See `stator.scan`.}];
  let arguments = (ins Variadic<Stator_Tensor>:$operands);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
}

def Stator_LaunchOp : Stator_BaseOp<"launch", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel: a fusion group that was outlined";
  let description = [{
    ```mlir
    %y = stator.launch @layer_norm(%x, %weight) : (tensor<768x128xf32>, tensor<128xf32>) -> tensor<768x128xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Stator_Tensor>:$operands);
  let results = (outs Variadic<Stator_Tensor>:$results);
  let assemblyFormat = "$kernel `(` $operands `)` attr-dict `:` functional-type($operands, $results)";
}

#endif // STATOR_IR_STRUCTURE_OPS_TD
