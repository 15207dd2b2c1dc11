#include "ir/Dialect.h"
#include "ir/Einsum.h"
#include "mlir/Interfaces/FunctionImplementation.h"
using namespace mlir;
using namespace stator;
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
