//===- PreTokenizer.h - cuts text into the words that byte pairs merge in -*- C++ -*-===//
//
// Byte-pair encoding never merges across words, so a model's tokens depend on how its training cut text into words. A
// GGUF file names that cut in `tokenizer.ggml.pre`. A cut is a list of regular expressions: the first one cuts the text
// into its matches and what lies between them, the next one cuts each of these pieces, seeing nothing beyond its ends.
//
// Text that is not UTF-8 is no error: what cannot be decoded matches nothing, and becomes words of its own.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_TEXT_PRETOKENIZER_H
#define ATTN_RUNTIME_TEXT_PRETOKENIZER_H

#include "runtime/Status.h"

#include <memory>
#include <string_view>
#include <vector>

namespace attn {

class PreTokenizer {
public:
  /// The cut of that name, or `unsupported` with the names there are.
  static Result<PreTokenizer> byName(std::string_view name);

  PreTokenizer(PreTokenizer &&) noexcept;
  PreTokenizer &operator=(PreTokenizer &&) noexcept;
  ~PreTokenizer();

  /// The words of |text|, in order; together they are the text. They borrow it. Safe to call from several threads.
  Result<std::vector<std::string_view>> split(std::string_view text) const;

  /// Whether a word that is a token is that token, whatever the merges say.
  bool wholeWordsFirst() const { return wholeWordsFirst_; }
  /// Whether models with this cut want the token that begins a sequence, if their file does not say.
  bool addsBeginByDefault() const { return addsBeginByDefault_; }

private:
  struct Pattern; ///< a compiled expression

  PreTokenizer();

  std::vector<std::unique_ptr<Pattern>> patterns_;
  bool wholeWordsFirst_ = false;
  bool addsBeginByDefault_ = false;
};

} // namespace attn

#endif // ATTN_RUNTIME_TEXT_PRETOKENIZER_H
