//===- Embedded.h - what a program carries along ----------------*- C++ -*-===//
//
// `stator compile --embed-weights W --embed-tokenizer T` links a program with
// an object that defines `stator_embedded`; other programs have none.
//
//===----------------------------------------------------------------------===//
#ifndef STATOR_RUNTIME_CORE_EMBEDDED_H
#define STATOR_RUNTIME_CORE_EMBEDDED_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const uint8_t *State; /* the whole state, as it is in memory; or null */
  uint64_t StateBytes;
  const char *Tokenizer;    /* what serializeTokenizer wrote */
  uint64_t TokenizerBytes;  /* 0 if there is none */
  const char *Generation;   /* a generation.json */
  uint64_t GenerationBytes; /* 0 if there is none */
} StatorEmbedded;

/* Its address is null where nothing is embedded. */
extern const StatorEmbedded stator_embedded /* NOLINT */
    __attribute__((weak));

#ifdef __cplusplus
}
#endif

#endif /* STATOR_RUNTIME_CORE_EMBEDDED_H */
