//===- Inputs.cpp - which value of the command line belongs to which name -*- C++ -*-===//

#include "tools/run/Inputs.h"

#include <algorithm>

namespace attn::run {

Status assign(const char *option, const std::vector<std::string> &values, const std::vector<std::string> &names,
              std::vector<std::optional<std::string>> &out) {
  out.assign(names.size(), std::nullopt);
  std::vector<std::string> inOrder;
  for (const std::string &value : values) {
    size_t equals = value.find('=');
    if (equals == std::string::npos) {
      inOrder.push_back(value);
      continue;
    }
    std::string name = value.substr(0, equals);
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      std::string list;
      for (const std::string &candidate : names)
        list += (list.empty() ? "" : ", ") + candidate;
      return failure(Code::invalid_argument, "%s names '%s', but there are: %s", option, name.c_str(),
                     list.empty() ? "none" : list.c_str());
    }
    std::optional<std::string> &slot = out[static_cast<size_t>(found - names.begin())];
    if (slot)
      return failure(Code::invalid_argument, "%s gives '%s' twice", option, name.c_str());
    slot = value.substr(equals + 1);
    if (slot->empty())
      return failure(Code::invalid_argument, "%s gives '%s' nothing; write %s=%s=F.npy", option, name.c_str(), option,
                     name.c_str());
  }
  size_t next = 0;
  for (const std::string &value : inOrder) {
    while (next < out.size() && out[next])
      ++next;
    if (next == out.size())
      return failure(Code::invalid_argument, "%s is given %zu times, but there are %zu", option, values.size(),
                     names.size());
    out[next] = value;
  }
  return Status();
}

Status readInputs(const Function &function, const std::vector<std::string> &values, std::vector<Array> &out) {
  std::vector<std::optional<std::string>> assigned;
  ATTN_RETURN_IF_ERROR(assign("--input", values, namesOf(function.arguments), assigned));
  std::string missing;
  for (size_t i = 0; i < assigned.size(); ++i)
    if (!assigned[i])
      missing +=
          (missing.empty() ? "" : ", ") + function.arguments[i].name + " " + describeShape(function.arguments[i].shape);
  if (!missing.empty())
    return failure(Code::invalid_argument, "function '%s' has arguments without an --input: %s", function.name.c_str(),
                   missing.c_str());
  for (size_t i = 0; i < assigned.size(); ++i) {
    const TensorDeclaration &argument = function.arguments[i];
    ATTN_ASSIGN_OR_RETURN(
        array, readArray(*assigned[i], "argument '" + argument.name + "'", argument.type, argument.shape.size()));
    out.push_back(std::move(array));
  }
  return Status();
}

static bool isOfModel(const Function &function, int argument) {
  return argument >= 0 && argument != function.task->tokens && argument != function.task->lengths;
}

bool areOfModel(const Function &function, const std::vector<std::string> &values) {
  return std::all_of(values.begin(), values.end(), [&](const std::string &value) {
    return isOfModel(function, function.findArgument(value.substr(0, value.find('='))));
  });
}

Result<ModelInputs> readModelInputs(const Function &function, const std::vector<std::string> &values) {
  std::vector<const TensorDeclaration *> declared;
  std::vector<std::string> names;
  for (size_t i = 0; i < function.arguments.size(); ++i)
    if (isOfModel(function, static_cast<int>(i))) {
      declared.push_back(&function.arguments[i]);
      names.push_back(function.arguments[i].name);
    }
  std::vector<std::optional<std::string>> assigned;
  ATTN_RETURN_IF_ERROR(assign("--input", values, names, assigned));
  ModelInputs out;
  for (size_t i = 0; i < declared.size(); ++i) {
    if (!assigned[i])
      continue;
    const TensorDeclaration &argument = *declared[i];
    ATTN_ASSIGN_OR_RETURN(array, readArray(*assigned[i], "argument '" + argument.name + "'", argument.type,
                                           argument.shape.size(), /*takesNumber=*/true));
    out.arrays.push_back(std::move(array));
    out.byName.emplace(argument.name, out.arrays.back().tensor);
  }
  return out;
}

} // namespace attn::run
