//===- Generator.h - one token after another --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_GENERATOR_H
#define STATOR_RUNTIME_CORE_GENERATOR_H

#include "absl/status/status.h"
#include "runtime/core/Sampler.h"
#include "runtime/core/State.h"
#include "runtime/core/program.h"
#include <functional>
#include <vector>

namespace stator::runtime {

/// Continues \p Prompt (at least one token) by \p Count tokens and hands each
/// to \p Emit as soon as it is there. Of the text so far, the last Time tokens
/// are in the model's sight, padded on the right, where causality hides the
/// padding. \p Stream numbers the text. Error: no logit is a number.
absl::Status generate(const StatorProgram &Program, const ProgramMemory &Memory,
                      std::vector<int32_t> Prompt, int64_t Count,
                      Sampler &Sampler, uint32_t Stream,
                      const std::function<void(int32_t)> &Emit);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_GENERATOR_H
