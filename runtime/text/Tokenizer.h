//===- Tokenizer.h - text to tokens and back -*- C++ -*-===//
//
// Byte-level byte-pair encoding, built from a GGUF file's metadata (`tokenizer.ggml.*`, model `gpt2`). The vocabulary
// writes each byte as one printable character; here tokens are bytes, and that alphabet is seen in one file only.
//
// Any bytes can be encoded, valid UTF-8 or not, and decoding gives the same bytes back, except those that a vocabulary
// has no token for: they are left out. (SmolLM2 lacks 21, of which six are control characters and the others are in no
// assigned character.)
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_TEXT_TOKENIZER_H
#define ATTN_RUNTIME_TEXT_TOKENIZER_H

#include "runtime/files/Gguf.h"
#include "runtime/text/BytePairEncoder.h"
#include "runtime/text/PreTokenizer.h"

namespace attn {

class Tokenizer {
public:
  /// Builds a tokeniser; it keeps nothing of |file|.
  static Result<Tokenizer> fromGguf(const Gguf &file);

  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }

  /// The tokens of |text|. Control tokens written out in it, such as <|im_end|>, are taken for what they say only with
  /// |parseSpecial|; user-defined ones always are. Nothing is added in front. Safe to call from several threads.
  Result<std::vector<int32_t>> encode(std::string_view text, bool parseSpecial) const;

  /// The bytes of a token; none for a number outside the vocabulary. Bytes of one token may be part of a character.
  std::string_view bytesOf(int32_t token) const;
  /// The bytes of all tokens, those of control tokens only with |showControl|.
  std::string decode(const std::vector<int32_t> &tokens, bool showControl = false) const;

  bool isControl(int32_t token) const;
  /// The control or user-defined token that is written so.
  std::optional<int32_t> findSpecial(std::string_view text) const;

  /// The token that begins a sequence, and whether prompts are to begin with it.
  std::optional<int32_t> beginOfSequence() const { return begin_; }
  bool addsBeginOfSequence() const { return addsBegin_; }
  std::optional<int32_t> endOfSequence() const { return end_; }
  /// The tokens that end a text: the file's end of sequence and end of turn.
  const std::vector<int32_t> &stopTokens() const { return stops_; }

private:
  enum class Kind : uint8_t { normal, control, userDefined };

  struct Token {
    std::string bytes;
    Kind kind = Kind::normal;
  };

  Tokenizer(PreTokenizer pre) : pre_(std::move(pre)) {}

  Status readTokens(const Gguf &file);
  Status readMerges(const Gguf &file);
  Status readSpecial(const Gguf &file);
  Result<std::optional<int32_t>> tokenAt(const Gguf &file, const char *key) const;
  Status encodePlain(std::string_view text, std::vector<int32_t> &tokens) const;
  int32_t specialAt(std::string_view text, bool withControl) const;

  PreTokenizer pre_;
  BytePairEncoder pairs_;
  std::vector<Token> tokens_;
  std::unordered_map<std::string, int32_t> byText_;  ///< as the file writes them
  std::unordered_map<std::string, int32_t> byBytes_; ///< normal tokens, where whole words come first
  std::array<std::vector<int32_t>, 256> special_;    ///< by first byte, the longest first
  std::optional<int32_t> begin_, end_;
  bool addsBegin_ = false;
  std::vector<int32_t> stops_;
};

/// Turns tokens into text as they come: bytes of a character that is not complete yet are held back.
class StreamDecoder {
public:
  /// Control tokens give no text. |tokenizer| must live longer.
  explicit StreamDecoder(const Tokenizer &tokenizer) : tokenizer_(tokenizer) {}

  /// What can be shown after one more token.
  std::string push(int32_t token);
  /// The bytes that were held back and never completed.
  std::string finish();

private:
  const Tokenizer &tokenizer_;
  std::string held_;
};

/// How many bytes at the end of |text| begin a UTF-8 character without ending it: 0 to 3.
size_t incompleteSuffix(std::string_view text);

} // namespace attn

#endif // ATTN_RUNTIME_TEXT_TOKENIZER_H
