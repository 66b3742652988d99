//===- ChatFormatTest.cpp - conversations as text -------------------------===//

#include "runtime/text/ChatFormat.h"

#include "runtime/files/WeightFile.h"
#include "test/unit/text/Vocabulary.h"

#include <cstdlib>
#include <gtest/gtest.h>

using namespace attn;
using samples::Vocabulary;

static Result<ChatFormat> formatOf(const Gguf &file) {
  ATTN_ASSIGN_OR_RETURN(tokenizer, Tokenizer::fromGguf(file));
  return ChatFormat::fromGguf(file, tokenizer);
}

static Result<ChatFormat> build(const Vocabulary &vocabulary) { return vocabulary.parsed(formatOf); }

static Vocabulary chatML(const std::string &chatTemplate) {
  Vocabulary vocabulary;
  vocabulary.add("<|im_start|>", 3);
  vocabulary.add("<|im_end|>", 3);
  vocabulary.chatTemplate = chatTemplate;
  return vocabulary;
}

static const char *with_default =
    "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are kind<|im_end|>\n' }}{% endif %}"
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}";

TEST(ChatFormat, AddsTheTemplatesSystemMessageWhereThereIsNone) {
  Result<ChatFormat> format = build(chatML(with_default));
  ASSERT_TRUE(format.ok()) << format.status().message();
  EXPECT_EQ(format->render({{"user", "Hi"}}, true),
            "<|im_start|>system\nYou are kind<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(format->render({{"system", "Be brief"}, {"user", "Hi"}, {"assistant", "Yo"}}, false),
            "<|im_start|>system\nBe brief<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
            "<|im_start|>assistant\nYo<|im_end|>\n");
  EXPECT_EQ(format->render({}, true), "<|im_start|>assistant\n");
}

TEST(ChatFormat, ReadsTheSystemMessageWithAnEscapedLineEnd) {
  Result<ChatFormat> format = build(chatML("{{ '<|im_start|>system\\nYou are kind<|im_end|>\\n' }}"));
  ASSERT_TRUE(format.ok()) << format.status().message();
  EXPECT_EQ(format->defaultSystemMessage(), "You are kind");
}

TEST(ChatFormat, AMessagePutTogetherByTheTemplateIsNoDefault) {
  Result<ChatFormat> format =
      build(chatML("{{ '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}<|im_start|>assistant"));
  ASSERT_TRUE(format.ok()) << format.status().message();
  EXPECT_EQ(format->defaultSystemMessage(), "");
  EXPECT_EQ(format->render({{"user", "Hi"}}, false), "<|im_start|>user\nHi<|im_end|>\n");
}

TEST(ChatFormat, StopsWhereTheMessageEnds) {
  Vocabulary vocabulary = chatML(with_default);
  int32_t end = vocabulary.find("<|im_end|>");
  vocabulary.endToken = 7;
  EXPECT_EQ(build(vocabulary)->stopTokens(), (std::vector<int32_t>{7, end}));
  vocabulary.endToken = end;
  EXPECT_EQ(build(vocabulary)->stopTokens(), (std::vector<int32_t>{end}));
}

TEST(ChatFormat, OtherTemplatesAreSentToRaw) {
  Vocabulary none, other = chatML("[INST] {{ messages[0].content }} [/INST]"), tokenless;
  tokenless.chatTemplate = with_default; // the markers are no tokens of this vocabulary
  for (const Vocabulary &vocabulary : {none, other, tokenless}) {
    Result<ChatFormat> format = build(vocabulary);
    ASSERT_FALSE(format.ok());
    EXPECT_EQ(format.status().code(), Code::unsupported);
    EXPECT_NE(format.status().message().find("give the prompt as it is with --raw"), std::string::npos);
  }
}

TEST(RealModel, SmolLM2TalksChatML) {
  const char *path = std::getenv("ATTN_SMOLLM2_GGUF");
  if (!path)
    GTEST_SKIP() << "set ATTN_SMOLLM2_GGUF to the path of SmolLM2-135M-Instruct.Q4_1.gguf to run this test";
  Result<std::unique_ptr<WeightFile>> file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  Result<Tokenizer> tokenizer = Tokenizer::fromGguf(*(*file)->metadata());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  Result<ChatFormat> format = ChatFormat::fromGguf(*(*file)->metadata(), *tokenizer);
  ASSERT_TRUE(format.ok()) << format.status().message();
  EXPECT_EQ(format->defaultSystemMessage(), "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
  EXPECT_EQ(format->stopTokens(), (std::vector<int32_t>{2}));
}
