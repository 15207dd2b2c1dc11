//===- Main.h - the whole of a compiled program -----------------*- C++ -*-===//
#ifndef STATOR_RUNTIME_CORE_MAIN_H
#define STATOR_RUNTIME_CORE_MAIN_H

#include "runtime/core/program.h"

/// Trains or infers with \p Program, as its mode says, according to the flags
/// in \p Arguments. Prints errors; returns the exit code (ExitCodes.h). A
/// compiled program calls this with `stator_program`, `stator interpret` with a
/// table of its own.
// NOLINTNEXTLINE(readability-identifier-naming): a name of C
extern "C" int stator_main(const StatorProgram *Program, int NumArguments,
                           char **Arguments);

#endif // STATOR_RUNTIME_CORE_MAIN_H
