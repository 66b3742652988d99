//===- TokenizerTest.cpp - text to tokens and back ------------------------===//

#include "runtime/text/Tokenizer.h"

#include "runtime/files/WeightFile.h"
#include "test/unit/text/Vocabulary.h"

#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

using namespace attn;
using samples::Vocabulary;

static std::vector<int32_t> encode(const Tokenizer &tokenizer, std::string_view text, bool parseSpecial = false) {
  Result<std::vector<int32_t>> tokens = tokenizer.encode(text, parseSpecial);
  EXPECT_TRUE(tokens.ok()) << tokens.status().message();
  return tokens.ok() ? *tokens : std::vector<int32_t>();
}

static std::string randomBytes(std::mt19937 &random, size_t size) {
  std::string text(size, '\0');
  for (char &c : text)
    c = static_cast<char>(random());
  return text;
}

/// Valid UTF-8 of characters from all lengths, spaces and digits among them.
static std::string randomText(std::mt19937 &random, size_t characters) {
  std::string text;
  for (size_t i = 0; i < characters; ++i) {
    uint32_t point = random() % 4 == 0 ? 0x20 + random() % 0x30 : random() % 0x30000;
    if (point >= 0xd800 && point < 0xe000)
      point = ' ';
    if (point < 0x80)
      text += static_cast<char>(point);
    else if (point < 0x800)
      text += {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 63))};
    else if (point < 0x10000)
      text += {static_cast<char>(0xe0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 63)),
               static_cast<char>(0x80 | (point & 63))};
    else
      text += {static_cast<char>(0xf0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 63)),
               static_cast<char>(0x80 | (point >> 6 & 63)), static_cast<char>(0x80 | (point & 63))};
  }
  return text;
}

TEST(Tokenizer, MergesByRank) {
  Vocabulary vocabulary;
  Result<Tokenizer> tokenizer = vocabulary.tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  auto ids = [&](std::vector<const char *> tokens) {
    std::vector<int32_t> result;
    for (const char *token : tokens)
      result.push_back(vocabulary.find(token));
    return result;
  };
  EXPECT_EQ(encode(*tokenizer, "the the"), ids({"t", "he", "Ġthe"}));
  EXPECT_EQ(encode(*tokenizer, "singing"), ids({"s", "ing", "ing"}));
  EXPECT_EQ(encode(*tokenizer, "\n"), ids({"Ċ"}));
  EXPECT_EQ(encode(*tokenizer, ""), ids({}));
}

TEST(Tokenizer, TheLowestRankGoesFirstAndThenTheLeftmost) {
  Vocabulary vocabulary;
  for (const char *merge : {"b c", "a b", "x x", "xx x"})
    vocabulary.addMerge(merge);
  Result<Tokenizer> tokenizer = vocabulary.tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  EXPECT_EQ(encode(*tokenizer, "abc"), (std::vector<int32_t>{vocabulary.find("a"), vocabulary.find("bc")}));
  int32_t two = vocabulary.find("xx"), three = vocabulary.find("xxx");
  EXPECT_EQ(encode(*tokenizer, "xxxxx"), (std::vector<int32_t>{two, three}));
}

TEST(Tokenizer, RandomBytesComeBack) {
  for (const char *pre : {"smollm", "gpt-2", "qwen2", "llama-bpe"}) {
    Vocabulary vocabulary;
    vocabulary.pre = pre;
    Result<Tokenizer> tokenizer = vocabulary.tokenizer();
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
      std::string bytes = randomBytes(random, random() % 100), text = randomText(random, random() % 60);
      EXPECT_EQ(tokenizer->decode(encode(*tokenizer, bytes)), bytes);
      EXPECT_EQ(tokenizer->decode(encode(*tokenizer, text)), text);
      EXPECT_EQ(tokenizer->decode(encode(*tokenizer, text + bytes, true)), text + bytes);
    }
  }
}

TEST(Tokenizer, ControlTokensOnlyWhenAskedForAndTheLongestFirst) {
  Vocabulary vocabulary;
  vocabulary.add("<|a|>", 3);
  vocabulary.add("<|a|><|b|>", 3);
  vocabulary.add("<br>", 4);
  Result<Tokenizer> tokenizer = vocabulary.tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  int32_t a = vocabulary.find("<|a|>"), ab = vocabulary.find("<|a|><|b|>"), br = vocabulary.find("<br>");
  int32_t x = vocabulary.find("x");
  EXPECT_EQ(encode(*tokenizer, "x<|a|>x", true), (std::vector<int32_t>{x, a, x}));
  EXPECT_EQ(encode(*tokenizer, "<|a|><|b|><|a|><|a|", true).size(), 2u + 4u);
  EXPECT_EQ(encode(*tokenizer, "<|a|><|b|>", true), (std::vector<int32_t>{ab}));
  EXPECT_EQ(encode(*tokenizer, "x<br>x", false), (std::vector<int32_t>{x, br, x})); // user-defined
  std::vector<int32_t> plain = encode(*tokenizer, "<|a|>", false);
  EXPECT_EQ(plain.size(), 5u);
  EXPECT_EQ(tokenizer->decode(plain), "<|a|>");
  EXPECT_EQ(tokenizer->decode({a, br}), "<br>");
  EXPECT_EQ(tokenizer->decode({a, br}, true), "<|a|><br>");
  EXPECT_EQ(tokenizer->findSpecial("<|a|>"), a);
  EXPECT_EQ(tokenizer->findSpecial("x"), std::nullopt);
}

TEST(Tokenizer, AWholeWordGoesFirstWhereTheCutSaysSo) {
  for (bool whole : {false, true}) {
    Vocabulary vocabulary;
    vocabulary.pre = whole ? "llama-bpe" : "qwen2";
    vocabulary.add("Ġsing", 1); // no merge leads to it
    Result<Tokenizer> tokenizer = vocabulary.tokenizer();
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
    EXPECT_EQ(encode(*tokenizer, " sing").size(), whole ? 1u : 3u);
  }
}

TEST(Tokenizer, ABytePastTheVocabularyIsLeftOutAndItsNeighboursMeet) {
  Vocabulary vocabulary;
  vocabulary.addMerge("! !");
  vocabulary.tokens[vocabulary.find("Ą")] = "unreachable"; // U+0104 stands for byte 4
  Result<Tokenizer> tokenizer = vocabulary.tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  EXPECT_EQ(encode(*tokenizer, "!\x04!"), (std::vector<int32_t>{vocabulary.find("!!")}));
  EXPECT_EQ(encode(*tokenizer, "\x04"), (std::vector<int32_t>{}));
}

TEST(Tokenizer, KnowsWhereSequencesBeginAndEnd) {
  Vocabulary vocabulary;
  vocabulary.beginToken = 3;
  vocabulary.endToken = 4;
  Result<Tokenizer> tokenizer = vocabulary.tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  EXPECT_EQ(tokenizer->beginOfSequence(), 3);
  EXPECT_FALSE(tokenizer->addsBeginOfSequence());
  EXPECT_EQ(tokenizer->stopTokens(), (std::vector<int32_t>{4}));
  vocabulary.addBegin = 1;
  EXPECT_TRUE(vocabulary.tokenizer()->addsBeginOfSequence());
  vocabulary.addBegin = -1;
  vocabulary.pre = "llama-bpe";
  EXPECT_TRUE(vocabulary.tokenizer()->addsBeginOfSequence());
  EXPECT_EQ(tokenizer->bytesOf(-1), "");
  EXPECT_EQ(tokenizer->bytesOf(1 << 30), "");
}

TEST(Tokenizer, RefusesWhatItCannotBuild) {
  auto expect = [](const Vocabulary &vocabulary, Code code, const std::string &part) {
    Result<Tokenizer> tokenizer = vocabulary.tokenizer();
    ASSERT_FALSE(tokenizer.ok()) << part;
    EXPECT_EQ(tokenizer.status().code(), code) << tokenizer.status().message();
    EXPECT_NE(tokenizer.status().message().find(part), std::string::npos) << tokenizer.status().message();
    EXPECT_EQ(tokenizer.status().message().rfind("v.gguf: ", 0), 0u) << tokenizer.status().message();
  };
  Vocabulary model, pre, types, twice, merge, begin;
  model.model = "llama";
  expect(model, Code::unsupported, "model 'llama'");
  pre.pre = "tekken";
  expect(pre, Code::unsupported, "'tekken' is not known; known are gpt-2, smollm, llama-bpe, qwen2");
  types.types.pop_back();
  expect(types, Code::corrupt, "token types");
  twice.add("a", 1);
  expect(twice, Code::corrupt, "token 'a' twice");
  for (const char *wrong : {"a b", "nospace", "", " ", "x "}) {
    Vocabulary other;
    other.merges.push_back(wrong);
    expect(other, Code::corrupt, "does not join two tokens");
  }
  begin.beginToken = 100000;
  expect(begin, Code::corrupt, "bos_token_id is 100000");
}

TEST(StreamDecoder, HoldsBackIncompleteCharacters) {
  Result<Tokenizer> tokenizer = Vocabulary().tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    bool valid = round % 2 == 0;
    std::string text = valid ? randomText(random, 30) : randomBytes(random, 60), all;
    StreamDecoder decoder(*tokenizer);
    for (int32_t token : encode(*tokenizer, text)) {
      std::string piece = decoder.push(token);
      if (valid) {
        EXPECT_EQ(incompleteSuffix(piece), 0u);
        EXPECT_TRUE(piece.empty() || (static_cast<uint8_t>(piece[0]) & 0xc0) != 0x80);
      }
      all += piece;
    }
    std::string rest = decoder.finish();
    EXPECT_TRUE(rest.size() <= 3 && (!valid || rest.empty()));
    EXPECT_EQ(all + rest, text);
  }
  EXPECT_EQ(incompleteSuffix("a\xf0\x9f\x98"), 3u);
  EXPECT_EQ(incompleteSuffix("a\xf0\x9f\x98\x80"), 0u);
  EXPECT_EQ(incompleteSuffix("\x80\x80\x80\x80"), 0u); // never a character, so not held for ever
  EXPECT_EQ(incompleteSuffix("\xff"), 0u);
}

TEST(Tokenizer, AMegabyteWithoutASpaceIsNoAttack) {
  Vocabulary vocabulary;
  for (const char *merge : {"x x", "xx xx", "xxxx xxxx"})
    vocabulary.addMerge(merge);
  Result<Tokenizer> tokenizer = vocabulary.tokenizer();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(encode(*tokenizer, std::string(1 << 20, 'x')).size(), (1u << 20) / 8);
  for (const char *text : {" ", "\n", "1", "\xff", "\xe6\x97\xa5", " \n", "'"}) {
    std::string many;
    while (many.size() < (1 << 20))
      many += text;
    EXPECT_EQ(tokenizer->decode(encode(*tokenizer, many)), many);
  }
  // Quadratic time would take hours; the bound leaves room for sanitizers on a busy machine.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

namespace {

struct Expected {
  std::string_view text;
  std::vector<int32_t> tokens;
};

} // namespace

/// What HuggingFace's tokenizers 0.23.3 gives with the vocabulary and merges of the file, digits cut out one by one and
/// then GPT-2's cut; 6049 of 6050 random texts agreed with it, and the other one has a digit from Unicode 15.
static const Expected smollm2[] = {
    {"The capital of France is", {504, 3575, 282, 4649, 314}},
    {"Hello, world!", {19556, 28, 905, 17}},
    {"  two  spaces\x09"
     "and\x09tabs \x0a\x0a  lines\x0d\x0a",
     {216, 827, 216, 5600, 197, 397, 197, 100, 7366, 216, 8866, 3204, 2738}},
    {"In 2024, 1234567 people paid $3.50 (or 2\xc2\xbd).",
     {788, 216, 34,   32,   34, 36, 28, 216, 33,  34,  35,  36, 37,    38,
      39,  701, 5940, 1885, 35, 30, 37, 32,  365, 270, 216, 34, 16738, 595}},
    {"don't I'll WE'LL they've it's 's", {12420, 982, 339, 3060, 26587, 23, 16421, 502, 3543, 357, 506, 637, 99}},
    {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe3\x83\x86\xe3\x82\xad\xe3\x82\xb9\xe3\x83\x88\xe3\x81\xa8\xed"
     "\x95\x9c\xea\xb5\xad\xec\x96\xb4 \xd0\xb8 \xd1\x80\xd1\x83\xd1\x81\xd1\x81\xd0\xba\xd0\xb8\xd0\xb9",
     {23274, 115, 40993, 179, 120, 248, 26453, 11100, 224,   10391, 251,  10391, 134,  11100, 226,  7365, 118,
      33085, 246, 181,   130, 251, 183, 240,   129,   29972, 216,   9175, 14714, 9382, 39511, 7872, 24958}},
    {"\xf0\x9f\x98\x80\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 \xc3\xa9 \xc3\xa9",
     {10813, 242, 218, 10813, 235, 119, 321, 231, 10813, 235, 119, 321, 231, 10813, 235, 117, 26411, 26411}},
    {"a  1", {81, 256, 33}},
    {"x\xc2\xa0y\xe2\x80\x83z\xe3\x80\x80", {104, 15442, 105, 321, 221, 106, 12109, 218}},
    {"for (int i = 0; i < n; ++i) { sum += a[i]; }",
     {1710, 365, 591, 2056, 446,  216,  32,   43,  2056, 2067, 304,   43,
      1232, 27,  89,  25,   1662, 2028, 4519, 253, 75,   89,   26695, 4029}},
    {"!!\x04!!", {36689}},
    {"antidisestablishmentarianism", {403, 17889, 30834, 358, 35050}},
    {"    return x\x0a", {333, 1003, 1792, 198}},
    {"<|im_end|>", {44, 108, 306, 79, 486, 108, 46}},
};

TEST(RealModel, TokensOfSmolLM2AreThoseOfItsOwnTokenizer) {
  const char *path = std::getenv("ATTN_SMOLLM2_GGUF");
  if (!path)
    GTEST_SKIP() << "set ATTN_SMOLLM2_GGUF to the path of SmolLM2-135M-Instruct.Q4_1.gguf to run this test";
  Result<std::unique_ptr<WeightFile>> file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  Result<Tokenizer> tokenizer = Tokenizer::fromGguf(*(*file)->metadata());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  EXPECT_EQ(tokenizer->size(), 49152);
  EXPECT_FALSE(tokenizer->addsBeginOfSequence());
  EXPECT_EQ(tokenizer->stopTokens(), (std::vector<int32_t>{2}));
  for (const Expected &expected : smollm2)
    EXPECT_EQ(encode(*tokenizer, expected.text), expected.tokens) << expected.text;
  EXPECT_EQ(encode(*tokenizer, "<|im_start|>user\n<|im_end|>", true), (std::vector<int32_t>{1, 4093, 198, 2}));
}
