/* stator.h - a model as a library.
 *
 * `stator compile MODEL --mode infer --emit lib` writes libMODEL.so and this
 * header. A model is a set of weights; a session is a text, or as many texts as
 * the model was compiled for (--batch), that tokens are added to. Any number of
 * sessions share one model.
 *
 *   StatorModel *model;
 *   StatorSession *session;
 *   const char *error = stator_model_open("model.safetensors", &model);
 *   if (!error)
 *     error = stator_session_create(model, &session);
 *   if (!error)
 *     error = stator_session_feed(session, tokens, count);
 *   if (error) { fprintf(stderr, "%s\n", error); exit(1); }
 *   const float *logits = stator_session_logits(session, 0);
 *
 * Functions that can fail return null, or a text that says what went wrong. It
 * is valid until the next call in the same thread. Nothing is written anywhere
 * and no signal is touched.
 *
 * Threads: different sessions may be used at the same time, also of one model;
 * one session by one thread at a time. A session computes on as many threads as
 * the calling thread said to stator_set_threads, else as many as
 * OMP_NUM_THREADS says, else as there are CPUs; that never changes a result.
 *
 * Two of these libraries in one process need dlopen: their functions have the
 * same names. */
#ifndef STATOR_H
#define STATOR_H

#include <stdint.h>

/* NOLINTBEGIN(readability-identifier-naming): names of C */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct StatorModel StatorModel;
typedef struct StatorSession StatorSession;

/* On how many threads the calling thread computes from now on; 0 or less: the
 * default. They are its own, and live until it ends. */
void stator_set_threads(int32_t threads);

/* Loads weights: a .safetensors file or a folder, or null for those that the
 * library was compiled with (--embed-weights). */
const char *stator_model_open(const char *weights, StatorModel **model);
/* Sessions that are left keep the weights alive. */
void stator_model_close(StatorModel *model);

/* The model's name; texts side by side in a session; ids of tokens are below
 * the vocabulary; tokens that a text can have, 0 if there is no bound. */
const char *stator_model_name(const StatorModel *model);
int64_t stator_model_batch(const StatorModel *model);
int64_t stator_model_vocabulary(const StatorModel *model);
int64_t stator_model_context(const StatorModel *model);

/* A session with empty texts. */
const char *stator_session_create(const StatorModel *model,
                                  StatorSession **session);
void stator_session_destroy(StatorSession *session);

/* Adds `count` tokens to every text; tokens is [batch][count]. A model with a
 * prefix wants at least that many to begin with. After an error the session is
 * as it was before, except where a logit is NaN or infinite: the tokens have
 * been fed then, and there are no logits until more are fed or the session is
 * reset. */
const char *stator_session_feed(StatorSession *session, const int32_t *tokens,
                                int64_t count);
/* [vocabulary] logits of the token that follows text number `row`; until the
 * next call with this session. Null where nothing has been fed, or where a
 * logit is not finite. */
const float *stator_session_logits(const StatorSession *session, int64_t row);
/* Tokens that have been fed to each text. */
int64_t stator_session_position(const StatorSession *session);
/* Makes the texts empty again. */
void stator_session_reset(StatorSession *session);

#ifdef __cplusplus
}
#endif

/* NOLINTEND(readability-identifier-naming) */

#endif /* STATOR_H */
