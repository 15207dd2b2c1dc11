//===- WeightPlan.h - Which tensor of a checkpoint becomes which -*- C++
//-*-===//

#ifndef STATOR_FRONTEND_IMPORT_WEIGHTPLAN_H
#define STATOR_FRONTEND_IMPORT_WEIGHTPLAN_H

#include "absl/status/statusor.h"
#include "frontend/import/Families.h"
#include "frontend/import/TensorSource.h"

namespace stator {

/// A parameter that a model file declares.
struct ModelParameter {
  std::string Name;
  std::vector<int64_t> Shape;
};

/// Compiles a model file and lists its parameters. Error: the model is wrong;
/// what the frontend said is in the message.
absl::StatusOr<std::vector<ModelParameter>>
listParameters(const std::string &Text, const std::string &Name,
               int64_t Context);

struct WeightPlan {
  /// What each parameter is read from, in the order of the parameters.
  std::vector<const TensorSource *> Sources;
  /// Tensors that are no parameters: masks, tables, copies of tied ones.
  std::vector<std::string> Dropped;
  bool Renamed = false; ///< some tensor is called otherwise in the file
};

/// Finds each parameter among the tensors. Errors: parameters that are
/// missing, tensors that are extra, of another shape or of a dtype that is not
/// read, all by name, with both shapes and the file. `Where` says what was
/// searched.
absl::StatusOr<WeightPlan>
planWeights(const std::vector<ModelParameter> &Parameters,
            const std::vector<TensorSource> &Tensors,
            const ModelDescription &Model, const std::string &Where);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_WEIGHTPLAN_H
