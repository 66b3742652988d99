//===- JsonNode.h - asks program.json for what it should hold -*- C++ -*-===//
//
// A JSON value and the path to it. Every member is asked for with its type, so that wrong JSON becomes a sentence that
// names the culprit ("kernels[3].implementations[0].grid is not an array"); nothing here throws.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_JSONNODE_H
#define ATTN_RUNTIME_JSONNODE_H

#include "runtime/Program.h"

#include <nlohmann/json.hpp>

namespace attn {

using Json = nlohmann::json;

class JsonNode {
public:
  JsonNode(const Json &json, std::string path) : json_(&json), path_(std::move(path)) {}

  const std::string &path() const { return path_; }
  bool isObject() const { return json_->is_object(); }
  bool isNull() const { return json_->is_null(); }
  bool isText() const { return json_->is_string(); }
  bool isBool() const { return json_->is_boolean(); }
  bool isNumber() const { return json_->is_number(); }
  bool isInteger() const { return json_->is_number_integer(); }
  bool has(const char *key) const { return json_->is_object() && json_->contains(key); }
  size_t size() const { return json_->size(); }

  Status wrong(const std::string &why) const {
    return failure(Code::corrupt, "%s %s", path_.empty() ? "program.json" : path_.c_str(), why.c_str());
  }

  Result<JsonNode> get(const char *key) const {
    if (!json_->is_object())
      return wrong("is not an object");
    auto found = json_->find(key);
    if (found == json_->end())
      return wrong("has no member '" + std::string(key) + "'");
    return JsonNode(*found, path_.empty() ? key : path_ + "." + key);
  }

  JsonNode at(size_t i) const { return JsonNode((*json_)[i], path_ + "[" + std::to_string(i) + "]"); }

  Result<JsonNode> array(const char *key) const {
    ATTN_ASSIGN_OR_RETURN(node, get(key));
    if (!node.json_->is_array())
      return node.wrong("is not an array");
    return node;
  }

  Result<std::string> text(const char *key) const {
    ATTN_ASSIGN_OR_RETURN(node, get(key));
    return node.text();
  }

  Result<std::string> text() const {
    if (!json_->is_string())
      return wrong("is not text");
    return json_->get_ref<const std::string &>();
  }

  Result<int64_t> integer(int64_t min, int64_t max) const {
    bool fits = json_->is_number_integer() && !(json_->is_number_unsigned() && json_->get<uint64_t>() > INT64_MAX);
    if (!fits || json_->get<int64_t>() < min || json_->get<int64_t>() > max)
      return wrong("is not an integer from " + std::to_string(min) + " to " + std::to_string(max));
    return json_->get<int64_t>();
  }

  Result<int64_t> integer(const char *key, int64_t min, int64_t max) const {
    ATTN_ASSIGN_OR_RETURN(node, get(key));
    return node.integer(min, max);
  }

  double number() const { return json_->get<double>(); }
  bool boolean() const { return json_->get<bool>(); }

  /// The members of an object, each as a node.
  std::vector<std::pair<std::string, JsonNode>> members() const {
    std::vector<std::pair<std::string, JsonNode>> out;
    if (json_->is_object())
      for (auto it = json_->begin(); it != json_->end(); ++it)
        out.emplace_back(it.key(), JsonNode(it.value(), path_ + "." + it.key()));
    return out;
  }

private:
  const Json *json_;
  std::string path_;
};

/// Reads each element of the array |key| with |read|, which fills one T.
template <typename T, typename Read>
Status readArray(const JsonNode &parent, const char *key, std::vector<T> &out, Read read) {
  ATTN_ASSIGN_OR_RETURN(array, parent.array(key));
  out.reserve(array.size());
  for (size_t i = 0; i < array.size(); ++i) {
    out.emplace_back();
    ATTN_RETURN_IF_ERROR(read(array.at(i), out.back()));
  }
  return Status();
}

// What all parts of a program have (ProgramReader.cpp).

Status readType(const JsonNode &parent, ElementType &out);
Status readName(const JsonNode &parent, std::string &out);
Status readExpression(const JsonNode &node, const ExpressionScope &scope, Expression &out);
Status readExpressions(const JsonNode &parent, const char *key, const ExpressionScope &scope,
                       std::vector<Expression> &out);
Status readDimension(const JsonNode &node, const ExpressionScope &scope, Dimension &out);
Status readShape(const JsonNode &parent, const ExpressionScope &scope, SymbolicShape &out);

/// Reads a function of |program|, whose other parts have been read (FunctionReader.cpp).
Status readFunction(const JsonNode &node, const Program &program, Function &out);

} // namespace attn

#endif // ATTN_RUNTIME_JSONNODE_H
