//===- Vocabulary.h - a small tokeniser's metadata, built in memory -*- C++ -*-===//
//
// A GGUF file without tensors whose vocabulary has all 256 bytes, a few merges, and special tokens; tests change what
// they are about.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_UNIT_TEXT_VOCABULARY_H
#define ATTN_TEST_UNIT_TEXT_VOCABULARY_H

#include "runtime/text/Tokenizer.h"
#include "test/unit/files/Samples.h"

namespace attn::samples {

struct Vocabulary {
  std::string model = "gpt2", pre = "smollm";
  std::vector<std::string> tokens, merges;
  std::vector<int32_t> types;
  std::string chatTemplate;
  int beginToken = -1, endToken = -1, addBegin = -1; ///< -1: not in the file

  /// Tokens 0 to 255 are the bytes, in the order of their characters; merges make " t", "he", " the", "in", "ing".
  Vocabulary() {
    for (int point = 0x21; point < 0x144; ++point) {
      bool inAlphabet = (point <= 0x7e) || (point >= 0xa1 && point != 0xad);
      if (inAlphabet)
        add(utf8(point), 1);
    }
    for (const char *merge : {"Ġ t", "h e", "Ġt he", "i n", "in g"})
      addMerge(merge);
  }

  void add(const std::string &token, int32_t type) {
    tokens.push_back(token);
    types.push_back(type);
  }
  void addMerge(const std::string &merge) {
    merges.push_back(merge);
    std::string joined = merge;
    joined.erase(joined.find(' '), 1);
    add(joined, 1);
  }
  int32_t find(const std::string &token) const {
    for (size_t i = 0; i < tokens.size(); ++i)
      if (tokens[i] == token)
        return static_cast<int32_t>(i);
    return -1;
  }

  Bytes file() const {
    GgufBuilder builder;
    builder.text("tokenizer.ggml.model", model);
    builder.text("tokenizer.ggml.pre", pre);
    builder.texts("tokenizer.ggml.tokens", tokens);
    builder.array<int32_t>("tokenizer.ggml.token_type", GgufType::i32, types);
    builder.texts("tokenizer.ggml.merges", merges);
    if (beginToken >= 0)
      builder.scalar<uint32_t>("tokenizer.ggml.bos_token_id", GgufType::u32, static_cast<uint32_t>(beginToken));
    if (endToken >= 0)
      builder.scalar<uint32_t>("tokenizer.ggml.eos_token_id", GgufType::u32, static_cast<uint32_t>(endToken));
    if (addBegin >= 0)
      builder.scalar<uint8_t>("tokenizer.ggml.add_bos_token", GgufType::boolean, static_cast<uint8_t>(addBegin));
    if (!chatTemplate.empty())
      builder.text("tokenizer.chat_template", chatTemplate);
    return builder.finish(0);
  }

  /// What |make| makes of the file. The bytes go away, and what was made stays.
  template <typename Make> auto parsed(Make make) const -> decltype(make(std::declval<const Gguf &>())) {
    Bytes bytes = file();
    Result<Gguf> gguf = Gguf::parse(bytes.data(), bytes.size(), "v.gguf");
    return gguf.ok() ? make(*gguf) : gguf.status();
  }
  Result<Tokenizer> tokenizer() const { return parsed(Tokenizer::fromGguf); }

private:
  static std::string utf8(int point) {
    if (point < 0x80)
      return std::string(1, static_cast<char>(point));
    return {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
  }
};

} // namespace attn::samples

#endif // ATTN_TEST_UNIT_TEXT_VOCABULARY_H
