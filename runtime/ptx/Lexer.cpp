//===- Lexer.cpp - PTX text as tokens -===//
//
// Comments and white space end here.
//
//===----------------------------------------------------------------------===//

#include "runtime/ptx/Lexer.h"

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <string>

namespace attn::ptx {

namespace {

class Lexer {
public:
  explicit Lexer(std::string_view source) : source(source) {}

  Result<std::vector<Token>> run() {
    while (true) {
      ATTN_RETURN_IF_ERROR(skipBlanks());
      if (at == source.size())
        break;
      char c = source[at];
      if (std::isdigit(static_cast<unsigned char>(c)))
        ATTN_RETURN_IF_ERROR(number());
      else if (isWordStart())
        word();
      else if (c == '"')
        ATTN_RETURN_IF_ERROR(text());
      else if (std::strchr("{}()[]<>,;:=+-@!|*", c))
        push(Token::Kind::symbol, at, at + 1);
      else
        return failure(Code::corrupt, "line %u: character '%c' has no meaning in PTX", line, c);
    }
    push(Token::Kind::end, at, at);
    return std::move(tokens);
  }

private:
  static bool isWordCharacter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '.' || c == '%';
  }
  bool isWordStart() const { return isWordCharacter(source[at]); }

  void push(Token::Kind kind, size_t begin, size_t end, uint64_t value = 0) {
    tokens.push_back({kind, line, source.substr(begin, end - begin), value});
    at = end;
  }

  Status skipBlanks() {
    while (at < source.size()) {
      char c = source[at];
      if (c == '\n') {
        ++line;
        ++at;
      } else if (std::isspace(static_cast<unsigned char>(c))) {
        ++at;
      } else if (source.substr(at, 2) == "//") {
        at = std::min(source.find('\n', at), source.size());
      } else if (source.substr(at, 2) == "/*") {
        size_t end = source.find("*/", at + 2);
        if (end == std::string_view::npos)
          return failure(Code::corrupt, "line %u: comment has no end", line);
        for (; at < end + 2; ++at)
          line += source[at] == '\n';
      } else {
        break;
      }
    }
    return {};
  }

  void word() {
    size_t end = at;
    while (end < source.size()) {
      bool scope = source.substr(end, 2) == "::" && end + 2 < source.size() && isWordCharacter(source[end + 2]);
      if (!scope && !isWordCharacter(source[end]))
        break;
      end += scope ? 2 : 1;
    }
    push(Token::Kind::word, at, end);
  }

  Status number() {
    size_t end = at;
    while (end < source.size() && std::isalnum(static_cast<unsigned char>(source[end])))
      ++end;
    std::string digits(source.substr(at, end - at));
    auto kind = Token::Kind::integer;
    int base = 10;
    const char *begin = digits.c_str();
    if (digits[0] == '0' && digits.size() > 1) {
      char prefix = static_cast<char>(std::tolower(static_cast<unsigned char>(digits[1])));
      if ((prefix == 'f' && digits.size() == 10) || (prefix == 'd' && digits.size() == 18)) {
        kind = prefix == 'f' ? Token::Kind::float32 : Token::Kind::float64;
        base = 16, begin += 2;
      } else if (prefix == 'x') {
        base = 16, begin += 2;
      } else if (prefix == 'b') {
        base = 2, begin += 2;
      } else {
        base = 8;
      }
    }
    char *stop = nullptr;
    uint64_t value = std::strtoull(begin, &stop, base);
    if (*stop == 'U' && stop[1] == 0)
      ++stop;
    if (*stop != 0 || stop == begin)
      return failure(Code::corrupt, "line %u: '%s' is not a number", line, digits.c_str());
    push(kind, at, end, value);
    return {};
  }

  Status text() {
    size_t end = source.find('"', at + 1);
    if (end == std::string_view::npos)
      return failure(Code::corrupt, "line %u: text has no closing quote", line);
    push(Token::Kind::text, at, end + 1);
    return {};
  }

  std::string_view source;
  size_t at = 0;
  uint32_t line = 1;
  std::vector<Token> tokens;
};

} // namespace

Result<std::vector<Token>> lex(std::string_view source) { return Lexer(source).run(); }

} // namespace attn::ptx
