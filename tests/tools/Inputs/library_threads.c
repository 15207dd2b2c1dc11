/* Two sessions over one model in two threads give, bit for bit, what each gives
 * alone. Also what goes wrong is a text, and leaves the session as it was. */
#include "libchar_gpt.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Tokens = 24 };
static StatorModel *model;

static void require(int holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "not so: %s\n", what);
  exit(1);
}

/* Logits after each of the tokens that a seed stands for. */
static void *run(void *argument) {
  unsigned seed = *(unsigned *)argument;
  int64_t vocabulary = stator_model_vocabulary(model);
  float *all = malloc(sizeof(float) * Tokens * vocabulary);
  StatorSession *session;
  require(!stator_session_create(model, &session), "a session");
  for (int i = 0; i < Tokens; ++i) {
    seed = seed * 1664525u + 1013904223u;
    int32_t token = (int32_t)((seed >> 16) % vocabulary);
    require(!stator_session_feed(session, &token, 1), "a token");
    memcpy(all + i * vocabulary, stator_session_logits(session, 0),
           sizeof(float) * vocabulary);
  }
  require(stator_session_position(session) == Tokens, "the position");
  stator_session_destroy(session);
  return all;
}

int main(int argc, char **argv) {
  const char *error = stator_model_open("no-such-folder", &model);
  require(error && strstr(error, "no-such-folder"),
          "missing weights are an error");
  require(model == NULL, "no model after an error");
  require(!stator_model_open(argc > 1 ? argv[1] : NULL, &model), "the weights");
  require(stator_model_batch(model) == 1, "the batch");
  printf("%s, context %ld\n", stator_model_name(model),
         (long)stator_model_context(model));

  unsigned seeds[2] = {1, 2};
  float *alone[2], *together[2];
  size_t bytes = sizeof(float) * Tokens * stator_model_vocabulary(model);
  for (int i = 0; i < 2; ++i)
    alone[i] = run(&seeds[i]);
  for (int round = 0; round < 5; ++round) {
    pthread_t threads[2];
    for (int i = 0; i < 2; ++i)
      require(!pthread_create(&threads[i], NULL, run, &seeds[i]), "a thread");
    for (int i = 0; i < 2; ++i)
      pthread_join(threads[i], (void **)&together[i]);
    for (int i = 0; i < 2; ++i)
      require(!memcmp(alone[i], together[i], bytes),
              "the same logits as alone");
  }
  require(memcmp(alone[0], alone[1], bytes),
          "different texts, different logits");

  StatorSession *session;
  require(!stator_session_create(model, &session), "a session");
  require(!stator_session_logits(session, 0), "no logits of nothing");
  int32_t wrong[2] = {1, 1000000}, right[2] = {1, 2};
  error = stator_session_feed(session, wrong, 2);
  require(error && strstr(error, "token 1 is 1000000"),
          "an id beyond the vocabulary");
  require(stator_session_position(session) == 0, "nothing was fed");
  require(stator_session_feed(session, right, 0) != NULL, "no tokens");
  require(stator_session_feed(NULL, right, 2) != NULL, "no session");
  require(!stator_session_feed(session, right, 2), "two tokens");
  float first = stator_session_logits(session, 0)[0];
  stator_session_reset(session);
  require(!stator_session_logits(session, 0), "no logits after a reset");
  require(!stator_session_feed(session, right, 2), "two tokens again");
  require(stator_session_logits(session, 0)[0] == first,
          "the same after a reset");
  require(!stator_session_logits(session, 1), "one row");
  int64_t room = stator_model_context(model) - 2;
  if (room >= 0) {
    for (int64_t i = 0; i < room; ++i)
      require(!stator_session_feed(session, right, 1), "the context");
    error = stator_session_feed(session, right, 1);
    require(error && strstr(error, "context"), "the end of the context");
  }
  stator_model_close(model);
  stator_session_reset(session);
  require(!stator_session_feed(session, right, 2),
          "a session outlives its model");
  stator_session_destroy(session);
  return 0;
}
