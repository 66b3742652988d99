//===- PreTokenizer.cpp - cuts text into the words that byte pairs merge in -===//

#include "runtime/text/PreTokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

using namespace attn;

//===----------------------------------------------------------------------===//
// The cuts
//===----------------------------------------------------------------------===//

// Unicode's White_Space, for use within brackets. PCRE2's own \s also takes U+180E, which Unicode withdrew.
#define WHITE_SPACE "\\t-\\r \\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}"
#define SPACE "[" WHITE_SPACE "]"
#define NO_SPACE "[^" WHITE_SPACE "]"
#define SYMBOL "[^" WHITE_SPACE "\\p{L}\\p{N}]"
// Spaces up to the last one before a word: that one goes with the word.
#define SPACES SPACE "+(?!" NO_SPACE ")|" SPACE "+"

static constexpr const char *digit_alone = "\\p{N}";
static constexpr const char *gpt2_words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?" SYMBOL "+|" SPACES;

// Later models: endings in any case, a symbol or space before a word stays with it, line ends stand apart.
#define ENDINGS "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]"
#define WORDS_WITH_DIGITS(digits)                                                                                      \
  ENDINGS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits "| ?" SYMBOL "+[\\r\\n]*|" SPACE "*[\\r\\n]+|" SPACES

static constexpr const char *llama_words = WORDS_WITH_DIGITS("\\p{N}{1,3}");
static constexpr const char *qwen2_words = WORDS_WITH_DIGITS("\\p{N}");

namespace {

struct Cut {
  const char *name; ///< as in tokenizer.ggml.pre
  std::vector<const char *> patterns;
  bool wholeWordsFirst;
  bool addsBeginByDefault;
};

} // namespace

static const std::vector<Cut> &cuts() {
  static const std::vector<Cut> list = {
      {"gpt-2", {gpt2_words}, false, false},
      {"smollm", {digit_alone, gpt2_words}, false, false},
      {"llama-bpe", {llama_words}, true, true},
      {"qwen2", {qwen2_words}, false, false},
  };
  return list;
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

struct PreTokenizer::Pattern {
  pcre2_code *code = nullptr;

  Pattern() = default;
  Pattern(const Pattern &) = delete;
  Pattern &operator=(const Pattern &) = delete;
  ~Pattern() { pcre2_code_free(code); }
};

PreTokenizer::PreTokenizer() = default;
PreTokenizer::PreTokenizer(PreTokenizer &&) noexcept = default;
PreTokenizer &PreTokenizer::operator=(PreTokenizer &&) noexcept = default;
PreTokenizer::~PreTokenizer() = default;

static Status regexFailure(const char *action, int error) {
  PCRE2_UCHAR8 text[256];
  pcre2_get_error_message(error, text, sizeof text);
  Code code = error == PCRE2_ERROR_NOMEMORY ? Code::out_of_memory : Code::unsupported;
  return failure(code, "cannot %s a pre-tokeniser's expression: %s", action, reinterpret_cast<const char *>(text));
}

Result<PreTokenizer> PreTokenizer::byName(std::string_view name) {
  std::string names;
  for (const Cut &cut : cuts()) {
    names += (names.empty() ? "" : ", ") + std::string(cut.name);
    if (name != cut.name)
      continue;
    PreTokenizer result;
    for (const char *text : cut.patterns) {
      auto pattern = std::make_unique<Pattern>();
      int error;
      PCRE2_SIZE position;
      pattern->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR8>(text), PCRE2_ZERO_TERMINATED,
                                    PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error, &position, nullptr);
      if (!pattern->code)
        return regexFailure("compile", error);
      // Without a just-in-time compiler on this machine the same matches are found more slowly.
      error = pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
      if (error != 0 && error != PCRE2_ERROR_JIT_BADOPTION && error != PCRE2_ERROR_NOMEMORY)
        return regexFailure("compile", error);
      result.patterns_.push_back(std::move(pattern));
    }
    result.wholeWordsFirst_ = cut.wholeWordsFirst;
    result.addsBeginByDefault_ = cut.addsBeginByDefault;
    return result;
  }
  return failure(Code::unsupported, "pre-tokeniser '%.80s' is not known; known are %s", std::string(name).c_str(),
                 names.c_str());
}

/// Appends the matches in |piece|, and what lies between them, to |words|.
static Status splitPiece(const pcre2_code *code, pcre2_match_data *match, std::string_view piece,
                         std::vector<std::string_view> &words) {
  PCRE2_SPTR8 subject = reinterpret_cast<PCRE2_SPTR8>(piece.data());
  const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(match);
  size_t done = 0;
  while (done < piece.size()) {
    int count = pcre2_match(code, subject, piece.size(), done, 0, match, nullptr);
    if (count == PCRE2_ERROR_NOMATCH)
      break;
    if (count < 0)
      return regexFailure("match", count);
    size_t begin = bounds[0], end = bounds[1]; // no pattern matches the empty text, so end > begin
    if (begin > done)
      words.push_back(piece.substr(done, begin - done));
    words.push_back(piece.substr(begin, end - begin));
    done = end;
  }
  if (done < piece.size())
    words.push_back(piece.substr(done));
  return Status();
}

Result<std::vector<std::string_view>> PreTokenizer::split(std::string_view text) const {
  std::vector<std::string_view> words;
  if (!text.empty())
    words.push_back(text);
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(pcre2_match_data_create(1, nullptr),
                                                                            &pcre2_match_data_free);
  if (!match)
    return regexFailure("match", PCRE2_ERROR_NOMEMORY);
  for (const std::unique_ptr<Pattern> &pattern : patterns_) {
    std::vector<std::string_view> pieces = std::move(words);
    words.clear();
    for (std::string_view piece : pieces)
      ATTN_RETURN_IF_ERROR(splitPiece(pattern->code, match.get(), piece, words));
  }
  return words;
}
