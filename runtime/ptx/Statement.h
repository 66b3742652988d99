//===- Statement.h - one PTX instruction as it was written -*- C++ -*-===//
//
// Between parser and decoder: names and numbers, nothing resolved.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PTX_STATEMENT_H
#define ATTN_RUNTIME_PTX_STATEMENT_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace attn::ptx {

struct RawOperand {
  enum class Kind : uint8_t { word, integer, float32, float64, vector, memory };
  Kind kind = Kind::word;
  bool negated = false;  ///< `!p`
  std::string_view word; ///< may be followed by `+offset`
  uint64_t value = 0;    ///< of a number: the integer or the float's bits
  int64_t offset = 0;
  std::vector<RawOperand> elements; ///< of `{…}` and `[…]`
};

struct Statement {
  uint32_t line = 0;
  std::string_view mnemonic; ///< with its suffixes
  std::string_view base;     ///< up to the first dot
  std::vector<std::string_view> suffixes;
  std::string_view guard; ///< empty if unconditional
  bool guardNegated = false;
  bool paired = false; ///< the first two operands were written `d|p`
  std::vector<RawOperand> operands;

  bool has(std::string_view suffix) const {
    for (std::string_view candidate : suffixes)
      if (candidate == suffix)
        return true;
    return false;
  }
};

} // namespace attn::ptx

#endif // ATTN_RUNTIME_PTX_STATEMENT_H
