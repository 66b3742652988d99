//===- PreTokenizerTest.cpp - where text is cut ---------------------------===//

#include "runtime/text/PreTokenizer.h"

#include <gtest/gtest.h>
#include <string>

using namespace attn;

using Words = std::vector<std::string_view>;

static Words cut(const char *name, std::string_view text) {
  Result<PreTokenizer> pre = PreTokenizer::byName(name);
  EXPECT_TRUE(pre.ok()) << pre.status().message();
  Result<Words> words = pre->split(text);
  EXPECT_TRUE(words.ok()) << words.status().message();
  return *words;
}

TEST(PreTokenizer, Gpt2KeepsNumbersAndOneSpace) {
  EXPECT_EQ(cut("gpt-2", "it's 1234  words!"), (Words{"it", "'s", " 1234", " ", " words", "!"}));
  EXPECT_EQ(cut("gpt-2", "A'S  "), (Words{"A", "'", "S", "  "}));
  EXPECT_EQ(cut("gpt-2", "a\n\nb"), (Words{"a", "\n", "\n", "b"}));
  EXPECT_EQ(cut("gpt-2", ""), (Words{}));
}

TEST(PreTokenizer, SmolLMCutsDigitsOutBeforeAnythingElse) {
  EXPECT_EQ(cut("smollm", "a  12b"), (Words{"a", "  ", "1", "2", "b"}));
  EXPECT_EQ(cut("smollm", "a  b"), (Words{"a", " ", " b"}));
  EXPECT_EQ(cut("smollm", "x\xc2\xbd"), (Words{"x", "\xc2\xbd"})); // one half is a number
}

TEST(PreTokenizer, Llama3TakesThreeDigitsAndKeepsSymbolsWithWords) {
  EXPECT_EQ(cut("llama-bpe", "1234567"), (Words{"123", "456", "7"}));
  EXPECT_EQ(cut("llama-bpe", "WE'LL (go)\n\n now"), (Words{"WE", "'LL", " (", "go", ")\n\n", " now"}));
  EXPECT_EQ(cut("llama-bpe", "a  \n  b"), (Words{"a", "  \n", " ", " b"}));
}

TEST(PreTokenizer, Qwen2TakesOneDigit) {
  EXPECT_EQ(cut("qwen2", "x 12"), (Words{"x", " ", "1", "2"}));
  EXPECT_EQ(cut("qwen2", "\tfoo.bar"), (Words{"\tfoo", ".bar"}));
}

TEST(PreTokenizer, SpaceIsWhatUnicodeCallsWhiteSpace) {
  EXPECT_EQ(cut("gpt-2", "a\xc2\xa0 b"), (Words{"a", "\xc2\xa0", " b"}));       // U+00A0
  EXPECT_EQ(cut("gpt-2", "!\xe1\xa0\x8e!"), (Words{"!\xe1\xa0\x8e!"}));         // U+180E is no space
  EXPECT_EQ(cut("gpt-2", "!\xe2\x80\x8b!"), (Words{"!\xe2\x80\x8b!"}));         // neither is U+200B
  EXPECT_EQ(cut("gpt-2", "!\xe3\x80\x80!"), (Words{"!", "\xe3\x80\x80", "!"})); // U+3000
  EXPECT_EQ(cut("gpt-2", "!\x1c!"), (Words{"!\x1c!"}));                         // nor the file separator
}

TEST(PreTokenizer, BytesThatAreNoCharacterStandAlone) {
  std::string text = "ab\xff"
                     "cd\xe6\x97";
  Words words = cut("smollm", text);
  std::string joined;
  for (std::string_view word : words)
    joined += word;
  EXPECT_EQ(joined, text);
  EXPECT_EQ(words.front(), "ab");
  EXPECT_EQ(words[2], "cd");
}

TEST(PreTokenizer, AnUnknownNameListsTheKnownOnes) {
  Result<PreTokenizer> pre = PreTokenizer::byName("other");
  ASSERT_FALSE(pre.ok());
  EXPECT_EQ(pre.status().code(), Code::unsupported);
  EXPECT_EQ(pre.status().message(), "pre-tokeniser 'other' is not known; known are gpt-2, smollm, llama-bpe, qwen2");
}
