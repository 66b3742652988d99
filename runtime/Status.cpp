//===- Status.cpp - how the runtime says that something went wrong --------===//

#include "runtime/Status.h"

#include <cstdarg>
#include <cstdio>
#include <vector>

attn::Status attn::failure(Code code, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = std::vsnprintf(nullptr, 0, format, arguments);
  va_end(arguments);
  std::string message;
  if (length > 0) {
    message.resize(static_cast<size_t>(length) + 1);
    std::vsnprintf(message.data(), message.size(), format, again);
    message.pop_back();
  }
  va_end(again);
  return Status(code, std::move(message));
}
