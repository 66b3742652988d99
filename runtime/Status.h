//===- Status.h - how the runtime says that something went wrong -*- C++ -*-===//
//
// Every operation that can fail returns a `Status`, or a `Result<T>`: a value or the status that tells why there is
// none. Nothing in the runtime prints, exits or lets an exception cross a file's border. A message is one sentence that
// says what, where, why and what to do; it starts in lower case and ends without a full stop:
//
//   model.gguf: tensor 'blk.3.attn_q.weight' ends at byte 4096, but the file has 4000; fetch the file again
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_STATUS_H
#define ATTN_RUNTIME_STATUS_H

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace attn {

/// What kind of failure it is; the exit code of `attn-run` and the code of the C API follow from it.
enum class Code {
  ok = 0,
  invalid_argument, ///< the caller asked for something that makes no sense: wrong usage
  not_found,        ///< a file, function, weight or state that is not there
  corrupt,          ///< a file whose content contradicts itself or ends too early
  unsupported,      ///< well-formed, but not something this build or machine can do
  out_of_range,     ///< a length, index or capacity that is exceeded
  out_of_memory,    ///< memory, on the host or on a device
  io,               ///< the operating system refused to read, write or map
  device,           ///< a device failed while running, or a driver reported an error
};

/// Success, or a code and a message.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::ok; }
  explicit operator bool() const { return ok(); }
  Code code() const { return code_; }
  const std::string &message() const { return message_; }

  /// The same failure with `where: ` before its message; success stays success.
  Status at(const std::string &where) const { return ok() ? *this : Status(code_, where + ": " + message_); }

private:
  Code code_ = Code::ok;
  std::string message_;
};

/// A value, or the status that tells why there is none.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {
    assert(!status_.ok() && "a result without a value needs a failure");
  }

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status &status() const { return status_; }
  T &operator*() { return *value_; }
  const T &operator*() const { return *value_; }
  T *operator->() { return &*value_; }
  const T *operator->() const { return &*value_; }

private:
  std::optional<T> value_;
  Status status_;
};

/// A failure built from printf-style text.
[[gnu::format(printf, 2, 3)]] Status failure(Code code, const char *format, ...);

/// Returns the enclosing function's status if `expression` fails.
#define ATTN_RETURN_IF_ERROR(expression)                                                                               \
  do {                                                                                                                 \
    if (::attn::Status status_ = (expression); !status_.ok())                                                          \
      return status_;                                                                                                  \
  } while (false)

/// Declares `variable` from a `Result`, or returns the enclosing function's status.
#define ATTN_ASSIGN_OR_RETURN(variable, expression)                                                                    \
  auto variable##_result_ = (expression);                                                                              \
  if (!variable##_result_.ok())                                                                                        \
    return variable##_result_.status();                                                                                \
  auto variable = std::move(*variable##_result_)

} // namespace attn

#endif // ATTN_RUNTIME_STATUS_H
