//===- ApiSession.cpp - the C API: sessions and states -*- C++ -*-===//

#include "runtime/Handles.h"

#include <algorithm>

using namespace attn;

attn_status_t *attn_session_create(attn_device_t *device, attn_program_t *program, attn_weights_t *weights,
                                   const attn_session_options_t *options, attn_session_t **out_session) {
  ATTN_API_REQUIRE(device);
  ATTN_API_REQUIRE(program);
  ATTN_API_REQUIRE(out_session);
  SessionOptions chosen;
  if (options) {
    chosen.sequences = options->sequences;
    chosen.capacity = options->capacity;
  }
  Result<std::unique_ptr<Session>> session =
      Session::create(device->device, program->artifact, weights ? weights->source : nullptr, chosen);
  ATTN_API_RETURN_IF_ERROR(session.status());
  *out_session = new attn_session{std::move(*session), {}};
  return nullptr;
}

void attn_session_release(attn_session_t *session) { delete session; }

attn_status_t *attn_session_run(attn_session_t *session, const char *function, const attn_tensor_t *arguments,
                                size_t argument_count, attn_tensor_t *results, size_t result_count) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(function);
  if ((argument_count && !arguments) || (result_count && !results))
    return toHandle(failure(Code::invalid_argument, "arguments or results are NULL, but their number is not 0"));
  const Program &program = session->session->program();
  int index = program.findFunction(function);
  if (index < 0) {
    std::string names;
    for (const Function &candidate : program.functions)
      names += (names.empty() ? "" : ", ") + candidate.name;
    return toHandle(failure(Code::not_found, "there is no function '%s'; functions of %s are: %s", function,
                            program.name.c_str(), names.c_str()));
  }
  return toHandle(session->session->run(index, arguments, argument_count, results, result_count));
}

void attn_session_trace(attn_session_t *session, attn_trace_fn trace, void *user) {
  if (session)
    session->session->trace(trace, user);
}

attn_status_t *attn_state_capacity(const attn_session_t *session, const char *state, int64_t *out_capacity) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(state);
  ATTN_API_REQUIRE(out_capacity);
  const States &states = session->session->states();
  Result<int> index = states.find(state);
  ATTN_API_RETURN_IF_ERROR(index.status());
  *out_capacity = states[*index].capacity();
  return nullptr;
}

attn_status_t *attn_state_length(const attn_session_t *session, const char *state, int64_t sequence,
                                 int64_t *out_length) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(state);
  ATTN_API_REQUIRE(out_length);
  const States &states = session->session->states();
  Result<int> index = states.find(state);
  ATTN_API_RETURN_IF_ERROR(index.status());
  if (sequence < 0 || sequence >= states[*index].sequences())
    return toHandle(failure(Code::out_of_range, "sequence %lld is not one of the %lld that state '%s' has",
                            static_cast<long long>(sequence), static_cast<long long>(states[*index].sequences()),
                            state));
  *out_length = states[*index].lengths[sequence];
  return nullptr;
}

attn_status_t *attn_session_reset(attn_session_t *session) {
  ATTN_API_REQUIRE(session);
  return toHandle(session->session->states().reset());
}

attn_status_t *attn_session_truncate(attn_session_t *session, int64_t sequence, int64_t length) {
  ATTN_API_REQUIRE(session);
  return toHandle(session->session->states().truncate(sequence, length));
}

attn_status_t *attn_session_copy_sequence(attn_session_t *session, int64_t to, const attn_session_t *source,
                                          int64_t from) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(source);
  return toHandle(session->session->states().copySequence(to, source->session->states(), from));
}

attn_status_t *attn_state_read(const attn_session_t *session, const char *state, attn_tensor_t *out_tensor) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(state);
  ATTN_API_REQUIRE(out_tensor);
  States &states = session->session->states();
  Result<int> index = states.find(state);
  ATTN_API_RETURN_IF_ERROR(index.status());
  Result<attn_tensor_t> tensor = states.read(*index);
  ATTN_API_RETURN_IF_ERROR(tensor.status());
  *out_tensor = *tensor;
  return nullptr;
}

attn_status_t *attn_state_write(attn_session_t *session, const char *state, const attn_tensor_t *content) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(state);
  ATTN_API_REQUIRE(content);
  Result<int> index = session->session->states().find(state);
  ATTN_API_RETURN_IF_ERROR(index.status());
  return toHandle(session->session->states().write(*index, *content));
}
