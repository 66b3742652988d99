//===- GenerateText.cpp - attn-run answers a prompt, or measures how fast it would -*- C++ -*-===//

#include "runtime/Generate.h"
#include "runtime/text/ChatFormat.h"
#include "tools/run/Inputs.h"
#include "tools/run/Modes.h"
#include "tools/run/Trace.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace attn::run {

//===----------------------------------------------------------------------===//
// The prompt
//===----------------------------------------------------------------------===//

namespace {

struct Prompt {
  std::optional<Tokenizer> tokenizer;
  std::vector<int32_t> tokens;
  std::vector<int32_t> stopTokens;
};

} // namespace

static Status readPrompt(const Opened &opened, const Options &options, Prompt &out) {
  const WeightFile *file = opened.weights ? opened.weights->file() : nullptr;
  if (!file || !file->metadata())
    return failure(Code::unsupported,
                   "a prompt needs a tokenizer, which a GGUF file of weights carries; pass --weights=F.gguf");
  ATTN_ASSIGN_OR_RETURN(tokenizer, Tokenizer::fromGguf(*file->metadata()));
  out.tokenizer = std::move(tokenizer);
  std::string text = *options.prompt;
  out.stopTokens = out.tokenizer->stopTokens();
  if (!options.raw) {
    ATTN_ASSIGN_OR_RETURN(chat, ChatFormat::fromGguf(*file->metadata(), *out.tokenizer));
    text = chat.render({{"user", text}}, /*addGenerationPrompt=*/true);
    out.stopTokens = chat.stopTokens();
  }
  ATTN_ASSIGN_OR_RETURN(tokens, out.tokenizer->encode(text, /*parseSpecial=*/!options.raw));
  out.tokens = std::move(tokens);
  if (options.raw && out.tokenizer->addsBeginOfSequence() && out.tokenizer->beginOfSequence())
    out.tokens.insert(out.tokens.begin(), *out.tokenizer->beginOfSequence());
  return Status();
}

static Result<std::unique_ptr<Session>> openSession(const Opened &opened, const Options &options) {
  ATTN_RETURN_IF_ERROR(findLanguageModel(opened.artifact->program()).status());
  ATTN_RETURN_IF_ERROR(checkMetadata(opened.artifact->program(), opened.weights.get()));
  ATTN_ASSIGN_OR_RETURN(device, makeDevice(options.device, options.threads));
  SessionOptions sizes;
  sizes.capacity = options.context;
  return Session::create(std::move(device), opened.artifact, opened.weights, sizes);
}

static GenerateOptions readOptions(const Options &options) {
  GenerateOptions out;
  out.maxTokens = options.maxTokens;
  out.sampler.temperature = options.temperature;
  out.sampler.topK = options.topK;
  out.sampler.topP = options.topP;
  out.sampler.seed = options.seed;
  return out;
}

static double rate(int64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

void reportFullCache(const Session &session, int function, int64_t said, int64_t room, int64_t wanted) {
  if (said == room + 1 && said < wanted)
    std::fprintf(stderr, "the cache is full after %lld of at most %lld tokens; %s\n", static_cast<long long>(said),
                 static_cast<long long>(wanted), inWordsOfOptions(howToMakeRoom(session, function)).c_str());
}

//===----------------------------------------------------------------------===//
// Modes
//===----------------------------------------------------------------------===//

Status generateText(const Opened &opened, const Options &options) {
  ATTN_ASSIGN_OR_RETURN(function, findLanguageModel(opened.artifact->program()));
  Prompt prompt;
  ATTN_RETURN_IF_ERROR(readPrompt(opened, options, prompt));
  ATTN_ASSIGN_OR_RETURN(session, openSession(opened, options));
  Trace trace(options);
  ATTN_RETURN_IF_ERROR(trace.watch(*session));
  ATTN_ASSIGN_OR_RETURN(inputs, readModelInputs(opened.artifact->program().functions[function], options.inputs));
  GenerateOptions generation = readOptions(options);
  generation.stopTokens = prompt.stopTokens;
  generation.inputs = inputs.byName;

  StreamDecoder decoder(*prompt.tokenizer);
  bool isWritable = true;
  auto show = [&](const std::string &text) {
    isWritable =
        isWritable && std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return isWritable;
  };
  // The text goes on from the prompt; a prompt that does not fit is not shown: generate says why.
  if (options.raw && static_cast<int64_t>(prompt.tokens.size()) <= roomLeft(*session, function))
    show(*options.prompt);
  int64_t said = 0, room = roomLeft(*session, function) - static_cast<int64_t>(prompt.tokens.size());
  attn_generate_stats_t stats;
  Status status = generate(
      *session, prompt.tokens, generation,
      [&](int32_t token) {
        ++said;
        return show(decoder.push(token));
      },
      stats);
  ATTN_RETURN_IF_ERROR(trace.explain(status));
  show(decoder.finish() + "\n");
  if (!isWritable)
    return failure(Code::io, "standard output cannot be written: %s", std::strerror(errno));
  std::fprintf(stderr, "prefill: %lld tokens, %.1f tokens/s; decode: %lld tokens, %.1f tokens/s\n",
               static_cast<long long>(stats.prefill_tokens), rate(stats.prefill_tokens, stats.prefill_seconds),
               static_cast<long long>(stats.decode_tokens), rate(stats.decode_tokens, stats.decode_seconds));
  reportFullCache(*session, function, said, room, options.maxTokens);
  return trace.write();
}

static double medianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Status benchmarkModel(const Opened &opened, const Options &options) {
  static constexpr int64_t defaultPrefill = 512, defaultRuns = 3;
  ATTN_ASSIGN_OR_RETURN(session, openSession(opened, options));
  ATTN_ASSIGN_OR_RETURN(index, findLanguageModel(session->program()));
  const Function &function = session->program().functions[index];
  Prompt prompt;
  if (options.prompt) {
    ATTN_RETURN_IF_ERROR(readPrompt(opened, options, prompt));
  } else if (!options.promptTokens.empty()) {
    prompt.tokens = options.promptTokens;
  } else {
    const Expression &vocabulary = function.results[function.task->logits].shape[1].expression;
    ATTN_ASSIGN_OR_RETURN(count,
                          vocabulary.evaluate({std::vector<int64_t>(function.symbols.size(), 1).data(), nullptr}));
    int64_t length = std::clamp<int64_t>(roomLeft(*session, index) - options.maxTokens, 1, defaultPrefill);
    for (int64_t i = 0; i < length; ++i)
      prompt.tokens.push_back(static_cast<int32_t>(i * 7919 % std::max<int64_t>(count, 1)));
  }
  ATTN_ASSIGN_OR_RETURN(inputs, readModelInputs(function, options.inputs));
  GenerateOptions generation = readOptions(options);
  generation.inputs = inputs.byName;
  generation.maxTokens = options.maxTokens + 1; // the first one comes from the prefill
  Trace trace(options);
  std::vector<double> prefill, decode;
  attn_generate_stats_t stats;
  int64_t runs = *options.benchmark ? *options.benchmark : defaultRuns;
  for (int64_t i = -1; i < runs; ++i) { // one more to warm up
    if (i == 0)
      ATTN_RETURN_IF_ERROR(trace.watch(*session));
    ATTN_RETURN_IF_ERROR(trace.explain(session->states().reset()));
    ATTN_RETURN_IF_ERROR(trace.explain(generate(
        *session, prompt.tokens, generation, [](int32_t) { return true; }, stats)));
    if (i < 0)
      continue;
    prefill.push_back(rate(stats.prefill_tokens, stats.prefill_seconds));
    decode.push_back(rate(stats.decode_tokens, stats.decode_seconds));
  }
  std::printf("prefill of %lld tokens: %.1f tokens/s (median of %lld)\n", static_cast<long long>(stats.prefill_tokens),
              medianOf(prefill), static_cast<long long>(runs));
  std::printf("decode of %lld tokens:  %.1f tokens/s (median of %lld)\n", static_cast<long long>(stats.decode_tokens),
              medianOf(decode), static_cast<long long>(runs));
  return trace.write();
}

} // namespace attn::run
