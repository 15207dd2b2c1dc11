//===- StatorOps.td - All ops of the stator dialect -----------------------===//

#ifndef STATOR_IR_OPS_TD
#define STATOR_IR_OPS_TD

include "StructureOps.td"
include "ElementwiseOps.td"
include "ShapeOps.td"
include "TensorOps.td"
include "FusedOps.td"
include "TrainingOps.td"
include "DecodingOps.td"

#endif // STATOR_IR_OPS_TD
