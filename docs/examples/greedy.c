/* Writes the likeliest continuation of some tokens, with a model as a library.
 *
 *   stator compile models/char_gpt.stator --mode infer --emit lib
 *   clang greedy.c -I. -L. -lchar_gpt -Wl,-rpath,'$ORIGIN' -o greedy
 *   ./greedy out/latest 20 1 2 3
 *
 * Arguments: the weights (- for those that are embedded), how many tokens to
 * add, and ids of tokens to begin with. */
#include "libchar_gpt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *error) {
  if (!error)
    return;
  fprintf(stderr, "error: %s\n", error);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s WEIGHTS COUNT TOKEN...\n", argv[0]);
    return 2;
  }
  StatorModel *model;
  StatorSession *session;
  check(stator_model_open(strcmp(argv[1], "-") ? argv[1] : NULL, &model));
  check(stator_session_create(model, &session));
  for (int i = 3; i < argc; ++i) {
    int32_t token = (int32_t)strtol(argv[i], NULL, 10);
    check(stator_session_feed(session, &token, 1));
  }
  int64_t vocabulary = stator_model_vocabulary(model);
  for (long count = strtol(argv[2], NULL, 10); count > 0; --count) {
    const float *logits = stator_session_logits(session, 0);
    int32_t best = 0;
    for (int32_t id = 1; id < vocabulary; ++id)
      if (logits[id] > logits[best])
        best = id;
    printf("%d\n", best);
    if (count > 1)
      check(stator_session_feed(session, &best, 1));
  }
  stator_session_destroy(session);
  stator_model_close(model);
  return 0;
}
