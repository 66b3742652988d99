//===- Inputs.h - which value of the command line belongs to which name -*- C++ -*-===//

#ifndef ATTN_TOOLS_RUN_INPUTS_H
#define ATTN_TOOLS_RUN_INPUTS_H

#include "runtime/Step.h"
#include "tools/run/Arrays.h"

namespace attn::run {

template <typename T> std::vector<std::string> namesOf(const std::vector<T> &items) {
  std::vector<std::string> names;
  for (const T &item : items)
    names.push_back(item.name);
  return names;
}

/// Assigns the values of |option| to |names|: `name=value` to that name, others in order to those that are left.
Status assign(const char *option, const std::vector<std::string> &values, const std::vector<std::string> &names,
              std::vector<std::optional<std::string>> &out);

/// The arguments of a call; a missing one is an error.
Status readInputs(const Function &function, const std::vector<std::string> &values, std::vector<Array> &out);

/// Whether all of |values| name what the steps of a language model's |function| take beside tokens and lengths.
bool areOfModel(const Function &function, const std::vector<std::string> &values);

/// What the steps of a language model's |function| take beside tokens and lengths, as far as it is given.
struct ModelInputs {
  std::vector<Array> arrays;
  StepInputs byName; ///< refers to the arrays
};
Result<ModelInputs> readModelInputs(const Function &function, const std::vector<std::string> &values);

} // namespace attn::run

#endif // ATTN_TOOLS_RUN_INPUTS_H
