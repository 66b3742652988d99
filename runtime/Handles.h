//===- Handles.h - what is behind the handles of attn.h -*- C++ -*-===//
//
// A handle is a struct around the C++ object. Immutable ones are shared: a session holds its device, program and
// weights by reference count, so that a caller may release them in any order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_HANDLES_H
#define ATTN_RUNTIME_HANDLES_H

#include "runtime/Session.h"
#include "runtime/Step.h"
#include "runtime/attn.h"
#include "runtime/text/ChatFormat.h"
#include "runtime/text/Tokenizer.h"

struct attn_status {
  attn::Status status;
};

struct attn_device {
  std::shared_ptr<attn::Device> device;
};

struct attn_program {
  std::shared_ptr<const attn::Artifact> artifact;
  /// Text that descriptions point to: by part (and by function for arguments and results), then by index.
  std::vector<std::vector<std::string>> shapes;
  std::vector<std::vector<std::string>> argumentShapes, resultShapes;
};

struct attn_weights {
  std::shared_ptr<const attn::WeightSource> source;
};

struct attn_session {
  struct Input {
    std::vector<std::byte> data;
    attn_tensor_t tensor;
  };
  std::unique_ptr<attn::Session> session;
  std::map<std::string, Input> inputs; ///< of a language model's steps, beside tokens and lengths

  attn::StepInputs stepInputs() const {
    attn::StepInputs all;
    for (const auto &[name, input] : inputs)
      all.emplace(name, input.tensor);
    return all;
  }
};

struct attn_tokenizer {
  attn::Tokenizer tokenizer;
  /// Empty where the file has no chat format that is known; `chatStatus` says why.
  std::optional<attn::ChatFormat> chat;
  attn::Status chatStatus;
};

namespace attn {

/// NULL for success.
attn_status_t *toHandle(const Status &status);

/// Returns the status from a C function if |expression| fails.
#define ATTN_API_RETURN_IF_ERROR(expression)                                                                           \
  do {                                                                                                                 \
    if (const ::attn::Status &status_ = (expression); !status_.ok())                                                   \
      return ::attn::toHandle(status_);                                                                                \
  } while (false)

/// Returns an error from a C function whose argument is NULL and may not be.
#define ATTN_API_REQUIRE(argument)                                                                                     \
  do {                                                                                                                 \
    if (!(argument))                                                                                                   \
      return ::attn::toHandle(                                                                                         \
          ::attn::failure(::attn::Code::invalid_argument, "argument %s of %s is NULL", #argument, __func__));          \
  } while (false)

} // namespace attn

#endif // ATTN_RUNTIME_HANDLES_H
