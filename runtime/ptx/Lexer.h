//===- Lexer.h - PTX text as tokens -*- C++ -*-===//
//
// A word is a name with its dots and double colons (`cp.async.ca.shared::cta`, `%tid.x`, `.reg`), so that an
// instruction's suffixes stay together; everything else is a number, a quoted text or one character.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_LEXER_H
#define ATTN_RUNTIME_PTX_LEXER_H

#include "runtime/Status.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace attn::ptx {

struct Token {
  enum class Kind : uint8_t { word, integer, float32, float64, text, symbol, end };
  Kind kind = Kind::end;
  uint32_t line = 0;
  std::string_view text;
  uint64_t value = 0; ///< of a number: the integer, or the bits of the float

  bool is(char symbol) const { return kind == Kind::symbol && text[0] == symbol; }
  bool is(std::string_view word) const { return kind == Kind::word && text == word; }
};

/// The tokens of `source`, ending with one of kind `end`. They point into `source`.
Result<std::vector<Token>> lex(std::string_view source);

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_LEXER_H
