//===- Tokenizer.cpp - text to tokens and back ----------------------------===//

#include "runtime/text/Tokenizer.h"

#include <algorithm>

using namespace attn;

//===----------------------------------------------------------------------===//
// The alphabet in which vocabularies write bytes
//===----------------------------------------------------------------------===//

namespace {

/// Bytes that print stand for themselves, as the code points U+0021 to U+00FF; the other 68 are U+0100, U+0101, ... in
/// order. (Radford et al., GPT-2.)
struct Alphabet {
  std::array<uint16_t, 256> codePoint{};
  std::array<int16_t, 0x144> byte{};

  constexpr Alphabet() {
    for (int16_t &entry : byte)
      entry = -1;
    uint16_t next = 0x100;
    for (int value = 0; value < 256; ++value) {
      bool prints = (value >= 0x21 && value <= 0x7e) || (value >= 0xa1 && value <= 0xac) || value >= 0xae;
      uint16_t point = prints ? static_cast<uint16_t>(value) : next++;
      codePoint[value] = point;
      byte[point] = static_cast<int16_t>(value);
    }
  }

  /// The character of a byte, in UTF-8.
  std::string textOf(uint8_t value) const {
    uint16_t point = codePoint[value];
    if (point < 0x80)
      return std::string(1, static_cast<char>(point));
    return {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
  }

  /// The bytes that a vocabulary's text stands for; nothing if it has a character outside the alphabet.
  std::optional<std::string> bytesOf(std::string_view text) const {
    std::string bytes;
    for (size_t i = 0; i < text.size(); ++i) {
      unsigned point = static_cast<uint8_t>(text[i]);
      if (point >= 0x80) { // the alphabet's characters have at most two bytes
        if (point < 0xc2 || point > 0xc5 || ++i == text.size() || (static_cast<uint8_t>(text[i]) & 0xc0) != 0x80)
          return std::nullopt;
        point = (point & 0x1f) << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
      }
      if (point >= byte.size() || byte[point] < 0)
        return std::nullopt;
      bytes += static_cast<char>(byte[point]);
    }
    return bytes;
  }
};

/// The file's token types that differ from plain text.
enum TokenType : int64_t { type_unknown = 2, type_control = 3, type_user_defined = 4 };

} // namespace

static constexpr Alphabet alphabet;

//===----------------------------------------------------------------------===//
// Building from a file
//===----------------------------------------------------------------------===//

static Status corrupt(const Gguf &file, const std::string &what) {
  return failure(Code::corrupt, "%s: the tokeniser %s; fetch the file again", file.name().c_str(), what.c_str());
}

Status Tokenizer::readTokens(const Gguf &file) {
  ATTN_ASSIGN_OR_RETURN(texts, file.textsAt("tokenizer.ggml.tokens"));
  ATTN_ASSIGN_OR_RETURN(types, file.integersAt("tokenizer.ggml.token_type"));
  if (texts->empty() || texts->size() > static_cast<size_t>(INT32_MAX) || types.size() != texts->size())
    return corrupt(file, "has " + std::to_string(texts->size()) + " tokens, but " + std::to_string(types.size()) +
                             " token types");
  tokens_.resize(texts->size());
  for (size_t i = 0; i < texts->size(); ++i) {
    std::string text((*texts)[i]);
    int32_t number = static_cast<int32_t>(i);
    Token &token = tokens_[i];
    if (types[i] == type_control || types[i] == type_unknown)
      token.kind = Kind::control;
    else if (types[i] == type_user_defined)
      token.kind = Kind::userDefined;
    // Special tokens, and plain ones that leave the alphabet, are written as they are.
    std::optional<std::string> bytes = token.kind == Kind::normal ? alphabet.bytesOf(text) : std::nullopt;
    token.bytes = bytes ? *bytes : text;
    if (!byText_.emplace(text, number).second)
      return corrupt(file, "has token '" + text + "' twice");
    if (token.kind == Kind::normal && pre_.wholeWordsFirst())
      byBytes_.emplace(token.bytes, number);
    if (token.kind != Kind::normal && !token.bytes.empty())
      special_[static_cast<uint8_t>(token.bytes[0])].push_back(number);
  }
  for (std::vector<int32_t> &tokens : special_)
    std::stable_sort(tokens.begin(), tokens.end(),
                     [&](int32_t a, int32_t b) { return tokens_[a].bytes.size() > tokens_[b].bytes.size(); });
  return Status();
}

Status Tokenizer::readMerges(const Gguf &file) {
  for (int value = 0; value < 256; ++value) {
    auto found = byText_.find(alphabet.textOf(static_cast<uint8_t>(value)));
    if (found != byText_.end())
      pairs_.setByte(static_cast<uint8_t>(value), found->second);
  }
  ATTN_ASSIGN_OR_RETURN(merges, file.textsAt("tokenizer.ggml.merges"));
  for (std::string_view merge : *merges) {
    // Neither side is empty, and a space cannot begin a token: bytes of value 32 are written as another character.
    size_t space = merge.find(' ', 1);
    std::string left(merge.substr(0, space));
    std::string right(space == std::string_view::npos ? std::string_view() : merge.substr(space + 1));
    auto leftToken = byText_.find(left), rightToken = byText_.find(right), merged = byText_.find(left + right);
    if (leftToken == byText_.end() || rightToken == byText_.end() || merged == byText_.end())
      return corrupt(file, "has the merge '" + std::string(merge) + "', which does not join two tokens to a third");
    pairs_.addMerge(leftToken->second, rightToken->second, merged->second);
  }
  return Status();
}

Result<std::optional<int32_t>> Tokenizer::tokenAt(const Gguf &file, const char *key) const {
  if (!file.has(key))
    return std::optional<int32_t>();
  ATTN_ASSIGN_OR_RETURN(token, file.unsignedAt(key));
  if (token >= tokens_.size())
    return corrupt(file,
                   "has " + std::to_string(tokens_.size()) + " tokens, but " + key + " is " + std::to_string(token));
  return std::optional<int32_t>(static_cast<int32_t>(token));
}

Status Tokenizer::readSpecial(const Gguf &file) {
  ATTN_ASSIGN_OR_RETURN(begin, tokenAt(file, "tokenizer.ggml.bos_token_id"));
  ATTN_ASSIGN_OR_RETURN(end, tokenAt(file, "tokenizer.ggml.eos_token_id"));
  ATTN_ASSIGN_OR_RETURN(endOfTurn, tokenAt(file, "tokenizer.ggml.eot_token_id"));
  begin_ = begin;
  end_ = end;
  if (end)
    stops_.push_back(*end);
  if (endOfTurn && endOfTurn != end)
    stops_.push_back(*endOfTurn);
  addsBegin_ = begin_ && pre_.addsBeginByDefault();
  if (file.has("tokenizer.ggml.add_bos_token")) {
    ATTN_ASSIGN_OR_RETURN(adds, file.boolAt("tokenizer.ggml.add_bos_token"));
    if (adds && !begin_)
      return corrupt(file, "asks for a token that begins a sequence, but names none");
    addsBegin_ = adds;
  }
  return Status();
}

Result<Tokenizer> Tokenizer::fromGguf(const Gguf &file) {
  ATTN_ASSIGN_OR_RETURN(model, file.textAt("tokenizer.ggml.model"));
  if (model != "gpt2")
    return failure(Code::unsupported,
                   "%s: its tokeniser is of model '%.80s', but only byte-level BPE ('gpt2') is known",
                   file.name().c_str(), std::string(model).c_str());
  ATTN_ASSIGN_OR_RETURN(cut, file.textAt("tokenizer.ggml.pre"));
  Result<PreTokenizer> pre = PreTokenizer::byName(cut);
  if (!pre.ok())
    return pre.status().at(file.name());
  Tokenizer tokenizer(std::move(*pre));
  ATTN_RETURN_IF_ERROR(tokenizer.readTokens(file));
  ATTN_RETURN_IF_ERROR(tokenizer.readMerges(file));
  ATTN_RETURN_IF_ERROR(tokenizer.readSpecial(file));
  return tokenizer;
}

//===----------------------------------------------------------------------===//
// Encoding
//===----------------------------------------------------------------------===//

/// The longest special token that |text| begins with, or -1.
int32_t Tokenizer::specialAt(std::string_view text, bool withControl) const {
  for (int32_t number : special_[static_cast<uint8_t>(text[0])]) {
    const Token &token = tokens_[number];
    if ((withControl || token.kind == Kind::userDefined) && text.substr(0, token.bytes.size()) == token.bytes)
      return number;
  }
  return -1;
}

Status Tokenizer::encodePlain(std::string_view text, std::vector<int32_t> &tokens) const {
  ATTN_ASSIGN_OR_RETURN(words, pre_.split(text));
  // Words repeat; where the tokens of each one stand in the output is all that needs to be remembered.
  struct Range {
    size_t begin, end;
  };
  std::unordered_map<std::string_view, Range> seen;
  for (std::string_view word : words) {
    auto [entry, isNew] = seen.try_emplace(word, Range{tokens.size(), tokens.size()});
    if (!isNew) {
      Range range = entry->second;
      for (size_t i = range.begin; i < range.end; ++i)
        tokens.push_back(tokens[i]);
      continue;
    }
    auto whole = pre_.wholeWordsFirst() ? byBytes_.find(std::string(word)) : byBytes_.end();
    if (whole != byBytes_.end())
      tokens.push_back(whole->second);
    else
      pairs_.encode(word, tokens);
    entry->second.end = tokens.size();
  }
  return Status();
}

Result<std::vector<int32_t>> Tokenizer::encode(std::string_view text, bool parseSpecial) const {
  if (text.size() > static_cast<size_t>(INT32_MAX))
    return failure(Code::out_of_range, "a text of %zu bytes is too long to encode at once; cut it below 2 GiB",
                   text.size());
  std::vector<int32_t> tokens;
  size_t plain = 0; // where the text since the last special token starts
  for (size_t i = 0; i < text.size();) {
    int32_t special = specialAt(text.substr(i), parseSpecial);
    if (special < 0) {
      ++i;
      continue;
    }
    ATTN_RETURN_IF_ERROR(encodePlain(text.substr(plain, i - plain), tokens));
    tokens.push_back(special);
    i += tokens_[special].bytes.size();
    plain = i;
  }
  ATTN_RETURN_IF_ERROR(encodePlain(text.substr(plain), tokens));
  return tokens;
}

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

std::string_view Tokenizer::bytesOf(int32_t token) const {
  return token >= 0 && token < size() ? std::string_view(tokens_[token].bytes) : std::string_view();
}

bool Tokenizer::isControl(int32_t token) const {
  return token >= 0 && token < size() && tokens_[token].kind == Kind::control;
}

std::string Tokenizer::decode(const std::vector<int32_t> &tokens, bool showControl) const {
  std::string text;
  for (int32_t token : tokens)
    if (showControl || !isControl(token))
      text += bytesOf(token);
  return text;
}

std::optional<int32_t> Tokenizer::findSpecial(std::string_view text) const {
  auto found = byText_.find(std::string(text));
  if (found == byText_.end() || tokens_[found->second].kind == Kind::normal)
    return std::nullopt;
  return found->second;
}

size_t attn::incompleteSuffix(std::string_view text) {
  // A character has a lead byte and up to three bytes 10xxxxxx.
  for (size_t length = 1; length <= 3 && length <= text.size(); ++length) {
    uint8_t byte = static_cast<uint8_t>(text[text.size() - length]);
    if ((byte & 0xc0) == 0x80)
      continue;
    size_t wanted = byte >= 0xf0 && byte <= 0xf4  ? 4
                    : byte >= 0xe0 && byte < 0xf0 ? 3
                    : byte >= 0xc2 && byte < 0xe0 ? 2
                                                  : 1;
    return wanted > length ? length : 0;
  }
  return 0;
}

std::string StreamDecoder::push(int32_t token) {
  if (!tokenizer_.isControl(token))
    held_ += tokenizer_.bytesOf(token);
  size_t shown = held_.size() - incompleteSuffix(held_);
  std::string text = held_.substr(0, shown);
  held_.erase(0, shown);
  return text;
}

std::string StreamDecoder::finish() {
  std::string text = std::move(held_);
  held_.clear();
  return text;
}
