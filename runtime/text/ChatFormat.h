//===- ChatFormat.h - a conversation as the text a model was trained on -*- C++ -*-===//
//
// A GGUF file carries its chat template as a Jinja program. The runtime runs no such programs: it recognises the layout
// that a template writes, and writes that layout itself. Known is ChatML, with the system message that a template adds
// to conversations that have none:
//
//   <|im_start|>system
//   You are ...<|im_end|>
//   <|im_start|>user
//   Hello<|im_end|>
//   <|im_start|>assistant
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_TEXT_CHATFORMAT_H
#define ATTN_RUNTIME_TEXT_CHATFORMAT_H

#include "runtime/text/Tokenizer.h"

namespace attn {

struct ChatMessage {
  std::string role; ///< system, user or assistant
  std::string content;
};

class ChatFormat {
public:
  /// The format of a file's template, or `unsupported` if the template is missing or writes another layout.
  static Result<ChatFormat> fromGguf(const Gguf &file, const Tokenizer &tokenizer);

  /// The text of a conversation, to be encoded with `parseSpecial`; with |addGenerationPrompt| it ends where the
  /// assistant's answer begins.
  std::string render(const std::vector<ChatMessage> &messages, bool addGenerationPrompt) const;

  /// The tokens that end an answer: the tokeniser's, and the one that ends a message.
  const std::vector<int32_t> &stopTokens() const { return stops_; }
  /// What the template says where a conversation does not begin with a system message; empty if it says nothing.
  const std::string &defaultSystemMessage() const { return defaultSystem_; }

private:
  std::string defaultSystem_;
  std::vector<int32_t> stops_;
};

} // namespace attn

#endif // ATTN_RUNTIME_TEXT_CHATFORMAT_H
