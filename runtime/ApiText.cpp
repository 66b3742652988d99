//===- ApiText.cpp - the C API: tokenizer and generation -*- C++ -*-===//

#include "runtime/Beams.h"
#include "runtime/Generate.h"
#include "runtime/Handles.h"
#include "runtime/HostTensor.h"

#include <algorithm>
#include <cstring>

using namespace attn;

attn_status_t *attn_tokenizer_create(const attn_weights_t *weights, attn_tokenizer_t **out_tokenizer) {
  ATTN_API_REQUIRE(weights);
  ATTN_API_REQUIRE(out_tokenizer);
  const WeightFile *file = weights->source->file();
  const Gguf *metadata = file ? file->metadata() : nullptr;
  if (!metadata)
    return toHandle(
        failure(Code::unsupported, "%s: it carries no tokenizer; use a GGUF file", weights->source->name().c_str()));
  Result<Tokenizer> tokenizer = Tokenizer::fromGguf(*metadata);
  ATTN_API_RETURN_IF_ERROR(tokenizer.status());
  auto *out = new attn_tokenizer{std::move(*tokenizer), std::nullopt, Status()};
  Result<ChatFormat> chat = ChatFormat::fromGguf(*metadata, out->tokenizer);
  if (chat)
    out->chat = std::move(*chat);
  else
    out->chatStatus = chat.status();
  *out_tokenizer = out;
  return nullptr;
}

void attn_tokenizer_release(attn_tokenizer_t *tokenizer) { delete tokenizer; }

/// An array of the caller's.
static void giveTokens(const std::vector<int32_t> &tokens, int32_t **out_tokens, size_t *out_count) {
  *out_count = tokens.size();
  *out_tokens = new int32_t[tokens.size()];
  std::copy(tokens.begin(), tokens.end(), *out_tokens);
}

attn_status_t *attn_tokenizer_encode(const attn_tokenizer_t *tokenizer, const char *text, size_t size, bool chat,
                                     int32_t **out_tokens, size_t *out_count) {
  ATTN_API_REQUIRE(tokenizer);
  ATTN_API_REQUIRE(text);
  ATTN_API_REQUIRE(out_tokens);
  ATTN_API_REQUIRE(out_count);
  std::string content(text, size);
  if (chat) {
    if (!tokenizer->chat)
      return toHandle(tokenizer->chatStatus);
    content = tokenizer->chat->render({{"user", content}}, /*addGenerationPrompt=*/true);
  }
  Result<std::vector<int32_t>> tokens = tokenizer->tokenizer.encode(content, /*parseSpecial=*/chat);
  ATTN_API_RETURN_IF_ERROR(tokens.status());
  if (!chat && tokenizer->tokenizer.addsBeginOfSequence() && tokenizer->tokenizer.beginOfSequence())
    tokens->insert(tokens->begin(), *tokenizer->tokenizer.beginOfSequence());
  giveTokens(*tokens, out_tokens, out_count);
  return nullptr;
}

void attn_tokens_release(int32_t *tokens) { delete[] tokens; }

attn_status_t *attn_tokenizer_decode(const attn_tokenizer_t *tokenizer, int32_t token, const char **out_text,
                                     size_t *out_size) {
  ATTN_API_REQUIRE(tokenizer);
  ATTN_API_REQUIRE(out_text);
  ATTN_API_REQUIRE(out_size);
  if (token < 0 || token >= tokenizer->tokenizer.size())
    return toHandle(failure(Code::out_of_range, "token %d is outside the vocabulary of %lld", token,
                            static_cast<long long>(tokenizer->tokenizer.size())));
  std::string_view bytes = tokenizer->tokenizer.bytesOf(token);
  *out_text = bytes.data();
  *out_size = bytes.size();
  return nullptr;
}

attn_status_t *attn_session_set_argument(attn_session_t *session, const char *argument, const attn_tensor_t *value) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(argument);
  if (!value) {
    session->inputs.erase(argument);
    return nullptr;
  }
  if (value->rank < 0 || value->rank > ATTN_RANK_LIMIT)
    return toHandle(failure(Code::invalid_argument, "argument '%s' has rank %d, but it must be from 0 to %d", argument,
                            value->rank, ATTN_RANK_LIMIT));
  for (int32_t d = 0; d < value->rank; ++d)
    if (value->sizes[d] < 0)
      return toHandle(failure(Code::invalid_argument, "argument '%s' has the size %lld along dimension %d", argument,
                              static_cast<long long>(value->sizes[d]), d));
  if (!value->data && bytesOf(*value))
    return toHandle(failure(Code::invalid_argument, "argument '%s' has no data", argument));
  attn_session::Input &input = session->inputs[argument];
  input.data = packHost(*value);
  input.data.resize(input.data.size() + 1); // so that the data of an empty tensor is not null
  input.tensor = attn_tensor(input.data.data(), value->type, value->rank, value->sizes);
  return nullptr;
}

attn_status_t *attn_generate(attn_session_t *session, const attn_tokenizer_t *tokenizer, const int32_t *tokens,
                             size_t count, const attn_generate_options_t *options, attn_token_fn callback, void *user,
                             attn_generate_stats_t *out_stats) {
  ATTN_API_REQUIRE(session);
  if (count && !tokens)
    return toHandle(failure(Code::invalid_argument, "tokens are NULL, but their number is %zu", count));
  if (options && options->max_tokens < 0)
    return toHandle(failure(Code::invalid_argument, "max_tokens is %lld, but it must be at least 0",
                            static_cast<long long>(options->max_tokens)));
  GenerateOptions chosen;
  bool stops = true;
  if (options) {
    chosen.maxTokens = options->max_tokens ? options->max_tokens : chosen.maxTokens;
    chosen.sampler.temperature = options->temperature;
    chosen.sampler.topK = options->top_k;
    chosen.sampler.topP = options->top_p == 0 ? 1 : options->top_p;
    chosen.sampler.seed = options->seed;
    stops = !options->ignore_stop;
  }
  chosen.inputs = session->stepInputs();
  if (tokenizer && stops)
    chosen.stopTokens = tokenizer->chat ? tokenizer->chat->stopTokens() : tokenizer->tokenizer.stopTokens();
  ATTN_API_RETURN_IF_ERROR(checkMetadata(session->session->program(), session->session->weights()));

  std::optional<StreamDecoder> decoder;
  if (tokenizer)
    decoder.emplace(tokenizer->tokenizer);
  auto forward = [&](int32_t token) {
    if (!callback)
      return true;
    std::string text = decoder ? decoder->push(token) : std::string();
    return callback(user, token, text.data(), text.size());
  };
  attn_generate_stats_t stats;
  ATTN_API_RETURN_IF_ERROR(
      generate(*session->session, std::vector<int32_t>(tokens, tokens + count), chosen, forward, stats));
  if (out_stats)
    *out_stats = stats;
  return nullptr;
}

attn_status_t *attn_search_beams(attn_session_t *session, const int32_t *tokens, size_t count, int64_t max_tokens,
                                 int32_t stop_token, int32_t **out_tokens, size_t *out_count, double *out_score) {
  ATTN_API_REQUIRE(session);
  ATTN_API_REQUIRE(out_tokens);
  ATTN_API_REQUIRE(out_count);
  if (count && !tokens)
    return toHandle(failure(Code::invalid_argument, "tokens are NULL, but their number is %zu", count));
  if (max_tokens < 0)
    return toHandle(failure(Code::invalid_argument, "max_tokens is %lld, but it must be at least 0",
                            static_cast<long long>(max_tokens)));
  Session &opened = *session->session;
  ATTN_API_RETURN_IF_ERROR(checkMetadata(opened.program(), opened.weights()));
  BeamOptions options;
  options.maxTokens = max_tokens;
  options.stopToken = stop_token;
  options.inputs = session->stepInputs();
  Result<Hypothesis> best = searchBeams(opened, std::vector<int32_t>(tokens, tokens + count), options);
  ATTN_API_RETURN_IF_ERROR(best.status());
  giveTokens(best->tokens, out_tokens, out_count);
  if (out_score)
    *out_score = best->score;
  return nullptr;
}
