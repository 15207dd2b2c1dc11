// The functions of stator.h, over stator_program.

#include "runtime/core/Decoder.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Model.h"
#include "runtime/core/StatusMacros.h"
#include "runtime/core/Team.h"
#include "runtime/core/stator.h"
#include <exception>
#include <memory>
#include <new>
#include <utility>

using namespace stator::runtime;

// NOLINTBEGIN(readability-identifier-naming): names of C

struct StatorModel {
  std::shared_ptr<const Model> Weights;
};

struct StatorSession {
  std::shared_ptr<const Model> Weights;
  Decoder Texts;
  bool Finite = true; ///< all logits are
};

/// Keeps the message of \p Status for the caller.
static const char *report(const absl::Status &Status) {
  if (Status.ok())
    return nullptr;
  static thread_local std::string Message;
  Message = std::string(Status.message());
  return Message.c_str();
}

/// Runs \p Work, which returns a status. No exception leaves the library.
template <typename WorkType> static const char *guard(const WorkType &Work) {
  try {
    return report(Work());
  } catch (const std::bad_alloc &) {
    return "out of memory";
  } catch (const std::exception &Exception) {
    return report(error(Exception.what()));
  }
}

void stator_set_threads(int32_t Threads) { omp_set_num_threads(Threads); }

const char *stator_model_open(const char *Weights, StatorModel **Result) {
  return guard([&]() -> absl::Status {
    if (!Result)
      return error("stator_model_open: the place for the model is null");
    *Result = nullptr;
    STATOR_RETURN_IF_ERROR(checkProgram(stator_program));
    if (!Weights && !(&stator_embedded && stator_embedded.State))
      return error("stator_model_open: the library was compiled without "
                   "--embed-weights; give a file or a folder");
    ModelOptions Options;
    Options.Weights = Weights ? Weights : "";
    Options.IgnoreTokenizer = true;
    STATOR_ASSIGN_OR_RETURN(
        Model Loaded, Model::load(stator_program, &stator_embedded, Options));
    *Result = new StatorModel{std::make_shared<const Model>(std::move(Loaded))};
    return absl::OkStatus();
  });
}

void stator_model_close(StatorModel *Model) { delete Model; }

const char *stator_model_name(const StatorModel *Model) {
  return Model->Weights->program().Name;
}
int64_t stator_model_batch(const StatorModel *Model) {
  return Model->Weights->program().Batch;
}
int64_t stator_model_vocabulary(const StatorModel *Model) {
  return Model->Weights->program().Vocabulary;
}
int64_t stator_model_context(const StatorModel *Model) {
  return Model->Weights->program().Context;
}

const char *stator_session_create(const StatorModel *Model,
                                  StatorSession **Result) {
  return guard([&]() -> absl::Status {
    if (!Model || !Result)
      return error("stator_session_create: null is no ",
                   Model ? "place for a session" : "model");
    *Result = nullptr;
    STATOR_ASSIGN_OR_RETURN(
        Decoder Texts,
        Decoder::create(Model->Weights->program(), Model->Weights->state()));
    *Result = new StatorSession{Model->Weights, std::move(Texts)};
    return absl::OkStatus();
  });
}

void stator_session_destroy(StatorSession *Session) { delete Session; }

const char *stator_session_feed(StatorSession *Session, const int32_t *Tokens,
                                int64_t Count) {
  return guard([&]() -> absl::Status {
    if (!Session || !Tokens)
      return error("stator_session_feed: the ",
                   Session ? "tokens are" : "session is", " null");
    if (Count < 1)
      return error("stator_session_feed: ", Count,
                   " tokens; at least 1 is fed");
    Decoder &Texts = Session->Texts;
    for (int64_t I = 0; I < Texts.batch() * Count; ++I)
      if (Tokens[I] < 0 || Tokens[I] >= Texts.vocabulary())
        return error("stator_session_feed: token ", I, " is ", Tokens[I],
                     "; ids are from 0 to ", Texts.vocabulary() - 1);
    STATOR_RETURN_IF_ERROR(Texts.feed(Tokens, Count));
    Session->Finite = false;
    for (int64_t Row = 0; Row < Texts.batch(); ++Row)
      STATOR_RETURN_IF_ERROR(
          checkLogits(Texts.logits(Row), Texts.vocabulary(),
                      absl::StrCat("stator_session_feed: row ", Row,
                                   ", position ", Texts.position())));
    Session->Finite = true;
    return absl::OkStatus();
  });
}

const float *stator_session_logits(const StatorSession *Session, int64_t Row) {
  if (!Session || Row < 0 || Row >= Session->Texts.batch() ||
      Session->Texts.position() == 0 || !Session->Finite)
    return nullptr;
  return Session->Texts.logits(Row);
}

int64_t stator_session_position(const StatorSession *Session) {
  return Session->Texts.position();
}

void stator_session_reset(StatorSession *Session) {
  Session->Texts.reset();
  Session->Finite = true;
}

// NOLINTEND(readability-identifier-naming)
