//===- ChatFormat.cpp - a conversation as the text a model was trained on -===//

#include "runtime/text/ChatFormat.h"

#include <algorithm>

using namespace attn;

static constexpr std::string_view message_start = "<|im_start|>";
static constexpr std::string_view message_end = "<|im_end|>";

/// Removes |prefix| from the front of |text| if it is there.
static bool consume(std::string_view &text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix)
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// A line end in a Jinja string: itself, or written as an escape.
static bool consumeLineEnd(std::string_view &text) { return consume(text, "\n") || consume(text, "\\n"); }

/// The text of a system message that a template spells out within one string. A message that is put together from the
/// conversation closes the string first, so that a quote or a brace stands before its end.
static std::string findDefaultSystem(std::string_view program) {
  for (size_t at = program.find(message_start); at != std::string_view::npos;
       at = program.find(message_start, at + 1)) {
    std::string_view rest = program.substr(at + message_start.size());
    if (!consume(rest, "system") || !consumeLineEnd(rest))
      continue;
    std::string_view content = rest.substr(0, rest.find(message_end));
    if (content.size() < rest.size() && !content.empty() && content.find_first_of("'\"{}\\") == std::string_view::npos)
      return std::string(content);
  }
  return "";
}

Result<ChatFormat> ChatFormat::fromGguf(const Gguf &file, const Tokenizer &tokenizer) {
  const char *key = "tokenizer.chat_template";
  if (!file.has(key))
    return failure(Code::unsupported, "%s: carries no chat template; give the prompt as it is with --raw",
                   file.name().c_str());
  ATTN_ASSIGN_OR_RETURN(program, file.textAt(key));
  std::optional<int32_t> end = tokenizer.findSpecial(message_end);
  bool isChatML = program.find(message_start) != std::string_view::npos &&
                  program.find(message_end) != std::string_view::npos && tokenizer.findSpecial(message_start) && end;
  if (!isChatML)
    return failure(Code::unsupported,
                   "%s: its chat template does not write ChatML, the only layout that is known; give "
                   "the prompt as it is with --raw",
                   file.name().c_str());
  ChatFormat format;
  format.defaultSystem_ = findDefaultSystem(program);
  format.stops_ = tokenizer.stopTokens();
  if (std::find(format.stops_.begin(), format.stops_.end(), *end) == format.stops_.end())
    format.stops_.push_back(*end);
  return format;
}

static void append(std::string &text, std::string_view role, std::string_view content) {
  text.append(message_start).append(role).append("\n").append(content).append(message_end).append("\n");
}

std::string ChatFormat::render(const std::vector<ChatMessage> &messages, bool addGenerationPrompt) const {
  std::string text;
  if (!defaultSystem_.empty() && !messages.empty() && messages.front().role != "system")
    append(text, "system", defaultSystem_);
  for (const ChatMessage &message : messages)
    append(text, message.role, message.content);
  if (addGenerationPrompt)
    text.append(message_start).append("assistant\n");
  return text;
}
