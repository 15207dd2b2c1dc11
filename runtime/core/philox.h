/* Philox4x32-10, the counter-based generator behind every random number in
 * Stator. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011.
 *
 * Part of the program ABI: compiled kernels, interpreters and runtime draw the
 * same numbers. The key is the seed of the run; the counter is (Index, Stream,
 * Sequence, Domain). Only the first of the four words is used, so that element
 * i is a pure function of i; but the phase of an epoch, which may need more
 * than 32 bits, is drawn from the first two (Batches.h). */
#ifndef STATOR_RUNTIME_CORE_PHILOX_H
#define STATOR_RUNTIME_CORE_PHILOX_H

#include <stdint.h>

/* What a number is drawn for: the fourth word of the counter. */
enum {
  STATOR_RANDOM_DROPOUT =
      1, /* Index: element, Stream: the op's, Sequence: STATOR_INFO_SEQUENCE */
  STATOR_RANDOM_INIT =
      2, /* Index: element, Stream: tensor in the table, Sequence: word 0, 1 */
  STATOR_RANDOM_BATCH =
      3, /* Sequence: epoch; phase: Index 0, Stream 0; order of the windows:
            Index: half of the position, Stream: 1 + round */
  STATOR_RANDOM_SAMPLING =
      4 /* Index: token generated, Stream: sequence in the batch */
};

typedef struct {
  uint32_t Word[4];
} StatorPhilox;

static inline StatorPhilox statorPhilox(uint64_t Seed, uint32_t Index,
                                        uint32_t Stream, uint32_t Sequence,
                                        uint32_t Domain) {
  uint32_t K0 = (uint32_t)Seed, K1 = (uint32_t)(Seed >> 32);
  uint32_t C0 = Index, C1 = Stream, C2 = Sequence, C3 = Domain;
  for (int Round = 0; Round < 10; ++Round) {
    uint64_t P0 = (uint64_t)0xD2511F53u * C0, P1 = (uint64_t)0xCD9E8D57u * C2;
    uint32_t N0 = (uint32_t)(P1 >> 32) ^ C1 ^ K0,
             N2 = (uint32_t)(P0 >> 32) ^ C3 ^ K1;
    C1 = (uint32_t)P1;
    C3 = (uint32_t)P0;
    C0 = N0;
    C2 = N2;
    K0 += 0x9E3779B9u;
    K1 += 0xBB67AE85u;
  }
  StatorPhilox R = {{C0, C1, C2, C3}};
  return R;
}

/* Dropout keeps element Index iff this word is at least round(Rate * 2^32). */
static inline uint32_t statorRandomBits(uint64_t Seed, uint32_t Index,
                                        uint32_t Stream, uint32_t Sequence,
                                        uint32_t Domain) {
  return statorPhilox(Seed, Index, Stream, Sequence, Domain).Word[0];
}

/* Uniform in [0, 1) with 24 bits. */
static inline float statorUniform(uint32_t Bits) {
  return (float)(Bits >> 8) * 0x1p-24f;
}

#endif /* STATOR_RUNTIME_CORE_PHILOX_H */
