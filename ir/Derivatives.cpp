#include "ir/Dialect.h"
#include "llvm/Support/ErrorHandling.h"
using namespace mlir;
using namespace stator;
void ScanOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                      MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void NegOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void AbsOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void ExpOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void LogOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SqrtOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                      MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void RsqrtOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                       MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SinOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void CosOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void TanhOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                      MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void ErfOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SigmoidOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                         MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void ReluOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                      MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SiluOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                      MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void GeluOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                      MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void AddOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SubOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void MulOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void DivOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void PowOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void MaximumOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                         MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void MinimumOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                         MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SelectOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                        MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void DropoutOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                         MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void BroadcastOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                           MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void ReshapeOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                         MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void TransposeOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                           MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SliceOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                       MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void PadOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                     MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void ConcatOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                        MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void EinsumOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                        MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void ReduceOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                        MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void CumsumOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                        MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void SoftmaxOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                         MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void CausalMaskOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                            MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void GatherOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                        MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void CrossEntropyOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                              MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
void AttentionOp::buildVjp(OpBuilder &, ArrayRef<Value>, ArrayRef<bool>,
                           MutableArrayRef<Value>) {
  llvm_unreachable("stub");
}
