//===- JsonLog.h - one JSON object a step -----------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_JSONLOG_H
#define STATOR_RUNTIME_CORE_JSONLOG_H

#include "absl/status/statusor.h"
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace stator::runtime {

/// What is logged of a step.
struct StepRecord {
  int64_t Step = 0; ///< from 1: steps done, this one included
  float Loss = 0;   ///< of the batch, before this step's update
  float LearningRate = 0, GradientNorm = 0;
  double Milliseconds = 0, TokensPerSecond = 0;
  std::optional<double> ValidationLoss; ///< after this step, where evaluated
                                        ///< and not cut short by a signal

  /// e to the power of ValidationLoss, which must be there: among how many
  /// tokens, all equally likely, one would have to guess as often right.
  double validationPerplexity() const { return std::exp(*ValidationLoss); }
};

/// The line of \p Record, with its newline. Losses, norm and rate have the
/// digits that read back as the same value.
std::string formatStep(const StepRecord &Record);

/// The log of a run. Every line is one write, so that a process that is killed
/// leaves whole lines.
class JsonLog {
public:
  JsonLog() = default;
  JsonLog(JsonLog &&Other) noexcept { *this = std::move(Other); }
  JsonLog &operator=(JsonLog &&Other) noexcept;
  ~JsonLog();

  /// Opens \p Path and cuts it after the line of step \p KeptSteps, which is
  /// where the run goes on; 0 begins an empty log. Errors: not writable; it
  /// holds something that is no log.
  static absl::StatusOr<JsonLog> open(const std::string &Path,
                                      int64_t KeptSteps);

  /// Error: \p Path cannot be written. Its contents stay.
  static absl::Status checkWritable(const std::string &Path);

  absl::Status append(const StepRecord &Record);
  /// Makes what was appended durable, before a checkpoint counts on it.
  absl::Status sync();

private:
  std::string Path;
  int Descriptor = -1;
};

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_JSONLOG_H
