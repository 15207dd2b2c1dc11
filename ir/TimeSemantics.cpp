#include "ir/Dialect.h"
#include "llvm/Support/ErrorHandling.h"
using namespace mlir;
using namespace stator;
TimeFlow ScanOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow NegOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow AbsOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ExpOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow LogOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow SqrtOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow RsqrtOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow SinOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow CosOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow TanhOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ErfOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow SigmoidOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow ReluOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow SiluOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow GeluOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow AddOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow SubOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow MulOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow DivOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow PowOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow MaximumOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow MinimumOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow SelectOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow DropoutOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow BroadcastOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow ReshapeOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow TransposeOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow SliceOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow PadOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ConcatOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow EinsumOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ReduceOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow CumsumOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow SoftmaxOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow CausalMaskOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow GatherOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow CrossEntropyOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow AttentionOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow CompareOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow AndOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow OrOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow NotOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow IAddOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ISubOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow IMulOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ConvertOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow ConstantOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow IotaOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow ScatterAddOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow CrossEntropyGradOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow AttentionGradOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow GlobalNormOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow ClipScaleOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow LearningRateOp::getTimeFlow(ArrayRef<TimeAxis>) {
  llvm_unreachable("stub");
}
TimeFlow SgdOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
TimeFlow AdamOp::getTimeFlow(ArrayRef<TimeAxis>) { llvm_unreachable("stub"); }
