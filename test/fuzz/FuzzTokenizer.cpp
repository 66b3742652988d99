//===- FuzzTokenizer.cpp - damaged vocabularies and any text --------------===//
//
// The input is a GGUF file with a tokeniser. One that can be built must decode its own tokens and render a
// conversation; where all bytes have tokens, any text comes back: here, the input itself.
//
//===----------------------------------------------------------------------===//

#include "runtime/text/ChatFormat.h"

#include "test/fuzz/Samples.h"
#include "test/unit/text/Vocabulary.h"

using namespace attn;

std::vector<std::vector<uint8_t>> fuzzSamples() {
  samples::Vocabulary plain, chat;
  chat.pre = "llama-bpe";
  chat.add("<|im_start|>", 3);
  chat.add("<|im_end|>", 3);
  chat.endToken = 4;
  chat.chatTemplate = "<|im_start|>system\nBe kind<|im_end|>";
  return {fuzzBytes(plain.file()), fuzzBytes(chat.file())};
}

/// A tokeniser whose vocabulary is not damaged.
static const Tokenizer &soundTokenizer() {
  static const Tokenizer tokenizer = [] {
    samples::Bytes bytes = samples::Vocabulary().file();
    Result<Tokenizer> built = Tokenizer::fromGguf(*Gguf::parse(bytes.data(), bytes.size(), "sound"));
    require(built.ok(), "the sound vocabulary builds a tokeniser");
    return std::move(*built);
  }();
  return tokenizer;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  std::string_view text(reinterpret_cast<const char *>(input), size);
  Result<std::vector<int32_t>> tokens = soundTokenizer().encode(text, true);
  require(tokens.ok() && soundTokenizer().decode(*tokens) == text, "any text comes back");

  Result<Gguf> file = Gguf::parse(reinterpret_cast<const std::byte *>(input), size, "input");
  if (!file.ok())
    return 0;
  Result<Tokenizer> tokenizer = Tokenizer::fromGguf(*file);
  if (!tokenizer.ok())
    return 0;
  Result<std::vector<int32_t>> own = tokenizer->encode(text.substr(0, 500), true);
  require(own.ok(), "a tokeniser that was built encodes");
  for (int32_t token : *own)
    require(token >= 0 && token < tokenizer->size(), "tokens are in the vocabulary");
  Result<ChatFormat> format = ChatFormat::fromGguf(*file, *tokenizer);
  require(!format.ok() || !format->render({{"user", "x"}}, true).empty(), "a format renders");
  return 0;
}
