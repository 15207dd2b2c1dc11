//===- Interactive.h - a text written by two --------------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_INTERACTIVE_H
#define STATOR_RUNTIME_CORE_INTERACTIVE_H

#include "runtime/core/Decoder.h"
#include "runtime/core/Generator.h"
#include "runtime/core/InferOptions.h"
#include "runtime/core/Model.h"

namespace stator::runtime {

/// Reads lines from standard input and continues the text after each, which it
/// remembers: a line is added to all that was written before. SIGINT stops an
/// answer, and ends the program where a line is awaited. Returns the exit code.
/// Errors: those of encoding a line and of generating; a program of several
/// rows.
absl::StatusOr<int> runInteractive(const Model &Model, Decoder &Text,
                                   const InferOptions &Options,
                                   const GeneratorOptions &How);

} // namespace stator::runtime

#endif // STATOR_RUNTIME_CORE_INTERACTIVE_H
