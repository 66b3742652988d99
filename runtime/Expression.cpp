//===- Expression.cpp - parses and evaluates the expressions of an artefact -*- C++ -*-===//
//
// A recursive-descent parser that emits postfix code:
//
//   predicate  := comparison ('and' comparison)*
//   comparison := sum ('<=' | '<' | '==' | '!=' | '>=' | '>') sum
//   sum        := product (('+' | '-') product)*
//   product    := atom ('*' atom)*
//   atom       := integer | '-' atom | '(' sum ')' | name | function '(' sum ',' sum ')' | 'dim' '(' integer ','
//   integer ')'
//
//===----------------------------------------------------------------------===//

#include "runtime/Expression.h"

#include <algorithm>
#include <cctype>

namespace attn {

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

class ExpressionParser {
public:
  ExpressionParser(std::string_view text, const ExpressionScope &scope) : text_(text), scope_(scope) {}

  Result<Expression> parseExpression() {
    ATTN_ASSIGN_OR_RETURN(expression, parseWholeSum());
    skipSpace();
    if (position_ != text_.size())
      return failed("something is left over");
    return expression;
  }

  Result<Predicate> parsePredicate() {
    Predicate predicate;
    do {
      Predicate::Term term;
      ATTN_ASSIGN_OR_RETURN(left, parseWholeSum());
      term.left = std::move(left);
      if (!parseComparison(term.comparison))
        return failed("a comparison is missing");
      ATTN_ASSIGN_OR_RETURN(right, parseWholeSum());
      term.right = std::move(right);
      predicate.terms_.push_back(std::move(term));
    } while (takeWord("and"));
    skipSpace();
    if (position_ != text_.size())
      return failed("something is left over");
    return predicate;
  }

private:
  using Op = Expression::Op;

  Status failed(const char *why) const {
    std::string text(text_.substr(0, 120));
    return failure(Code::corrupt, "expression '%s' is not well-formed at column %zu: %s", text.c_str(), position_ + 1,
                   why);
  }

  Result<Expression> parseWholeSum() {
    Expression expression;
    expression.code_.clear();
    code_ = &expression.code_;
    depth_ = 0;
    ATTN_RETURN_IF_ERROR(parseSum(0));
    return expression;
  }

  void skipSpace() {
    while (position_ < text_.size() && text_[position_] == ' ')
      ++position_;
  }

  char peek() {
    skipSpace();
    return position_ < text_.size() ? text_[position_] : '\0';
  }

  bool take(char c) {
    if (peek() != c)
      return false;
    ++position_;
    return true;
  }

  static bool isNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

  std::string_view takeName() {
    skipSpace();
    size_t begin = position_;
    while (position_ < text_.size() && isNamePart(text_[position_]))
      ++position_;
    return text_.substr(begin, position_ - begin);
  }

  bool takeWord(std::string_view word) {
    skipSpace();
    size_t before = position_;
    if (takeName() == word)
      return true;
    position_ = before;
    return false;
  }

  bool parseComparison(Predicate::Comparison &out) {
    using Comparison = Predicate::Comparison;
    skipSpace();
    std::string_view rest = text_.substr(position_);
    static constexpr std::pair<std::string_view, Comparison> table[] = {
        {"<=", Comparison::lessEqual}, {"<", Comparison::less},          {"==", Comparison::equal},
        {"!=", Comparison::notEqual},  {">=", Comparison::greaterEqual}, {">", Comparison::greater}};
    for (const auto &[spelling, comparison] : table) {
      if (rest.substr(0, spelling.size()) != spelling)
        continue;
      position_ += spelling.size();
      out = comparison;
      return true;
    }
    return false;
  }

  Status push(Op op, int64_t value) {
    if (++depth_ > Expression::maxDepth)
      return failed("it is too deeply nested");
    code_->push_back({op, value});
    return Status();
  }

  void combine(Op op) {
    --depth_;
    code_->push_back({op});
  }

  Status parseSum(int nesting) {
    if (nesting > Expression::maxDepth)
      return failed("it is too deeply nested");
    ATTN_RETURN_IF_ERROR(parseProduct(nesting));
    while (peek() == '+' || peek() == '-') {
      Op op = take('+') ? Op::add : (take('-'), Op::subtract);
      ATTN_RETURN_IF_ERROR(parseProduct(nesting));
      combine(op);
    }
    return Status();
  }

  Status parseProduct(int nesting) {
    ATTN_RETURN_IF_ERROR(parseAtom(nesting));
    while (take('*')) {
      ATTN_RETURN_IF_ERROR(parseAtom(nesting));
      combine(Op::multiply);
    }
    return Status();
  }

  Status parseInteger(int64_t &out) {
    skipSpace();
    size_t begin = position_;
    out = 0;
    for (; position_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[position_])); ++position_)
      if (__builtin_mul_overflow(out, 10, &out) || __builtin_add_overflow(out, text_[position_] - '0', &out))
        return failed("the integer does not fit 64 bits");
    return position_ > begin ? Status() : failed("an integer is missing");
  }

  Status parseAtom(int nesting) {
    if (nesting > Expression::maxDepth)
      return failed("it is too deeply nested");
    char c = peek();
    if (std::isdigit(static_cast<unsigned char>(c))) {
      int64_t value;
      ATTN_RETURN_IF_ERROR(parseInteger(value));
      return push(Op::constant, value);
    }
    if (take('-')) {
      ATTN_RETURN_IF_ERROR(push(Op::constant, 0));
      ATTN_RETURN_IF_ERROR(parseAtom(nesting + 1));
      combine(Op::subtract);
      return Status();
    }
    if (take('(')) {
      ATTN_RETURN_IF_ERROR(parseSum(nesting + 1));
      return take(')') ? Status() : failed("')' is missing");
    }
    std::string_view name = takeName();
    if (name.empty())
      return failed("a value is missing");
    return peek() == '(' ? parseCall(name, nesting) : parseSymbol(name);
  }

  Status parseSymbol(std::string_view name) {
    auto found = std::find(scope_.names.begin(), scope_.names.end(), name);
    if (found == scope_.names.end())
      return failed(("'" + std::string(name) + "' is not a symbol that is known here").c_str());
    return push(Op::name, found - scope_.names.begin());
  }

  Status parseCall(std::string_view name, int nesting) {
    static constexpr std::pair<std::string_view, Op> table[] = {
        {"ceildiv", Op::ceilDiv}, {"floordiv", Op::floorDiv}, {"mod", Op::modulo}, {"min", Op::min}, {"max", Op::max}};
    take('(');
    if (name == "dim")
      return parseDimension();
    for (const auto &[spelling, op] : table) {
      if (name != spelling)
        continue;
      ATTN_RETURN_IF_ERROR(parseSum(nesting + 1));
      if (!take(','))
        return failed("',' is missing");
      ATTN_RETURN_IF_ERROR(parseSum(nesting + 1));
      combine(op);
      return take(')') ? Status() : failed("')' is missing");
    }
    return failed(("'" + std::string(name) + "' is not a function").c_str());
  }

  Status parseDimension() {
    int64_t argument, dimension;
    ATTN_RETURN_IF_ERROR(parseInteger(argument));
    if (!take(','))
      return failed("',' is missing");
    ATTN_RETURN_IF_ERROR(parseInteger(dimension));
    if (!take(')'))
      return failed("')' is missing");
    if (argument >= static_cast<int64_t>(scope_.arguments.size()))
      return failed("dim names an argument that is not in sight here");
    const ExpressionScope::Argument &target = scope_.arguments[argument];
    if (target.buffer < 0 || dimension >= target.rank)
      return failed("dim names a dimension that its argument does not have");
    return push(Op::dimension, target.buffer * int64_t{ATTN_MAX_RANK} + dimension);
  }

  std::string_view text_;
  const ExpressionScope &scope_;
  size_t position_ = 0;
  int depth_ = 0;
  std::vector<Expression::Instruction> *code_ = nullptr;
};

Result<Expression> Expression::parse(std::string_view text, const ExpressionScope &scope) {
  return ExpressionParser(text, scope).parseExpression();
}

Result<Predicate> Predicate::parse(std::string_view text, const ExpressionScope &scope) {
  return ExpressionParser(text, scope).parsePredicate();
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// Rounds towards minus infinity; |b| is neither 0 nor, with the smallest |a|, -1.
static int64_t divideDown(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

bool Expression::apply(Op op, int64_t a, int64_t b, int64_t &out) {
  bool divides = op == Op::ceilDiv || op == Op::floorDiv || op == Op::modulo;
  if (divides && (b == 0 || (b == -1 && a == INT64_MIN)))
    return false;
  switch (op) {
  case Op::add:
    return !__builtin_add_overflow(a, b, &out);
  case Op::subtract:
    return !__builtin_sub_overflow(a, b, &out);
  case Op::multiply:
    return !__builtin_mul_overflow(a, b, &out);
  case Op::floorDiv:
    out = divideDown(a, b);
    return true;
  case Op::ceilDiv:
    out = divideDown(a, b) + (a % b != 0);
    return true;
  case Op::modulo:
    out = a - divideDown(a, b) * b;
    return true;
  case Op::min:
    out = std::min(a, b);
    return true;
  case Op::max:
    out = std::max(a, b);
    return true;
  case Op::constant:
  case Op::name:
  case Op::dimension:
    break;
  }
  return false;
}

bool Expression::mentions(int slot) const {
  return std::any_of(code_.begin(), code_.end(),
                     [&](const Instruction &each) { return each.op == Op::name && each.value == slot; });
}

Result<int64_t> Expression::evaluate(const ExpressionValues &values) const {
  int64_t stack[maxDepth];
  int depth = 0;
  for (const Instruction &instruction : code_) {
    switch (instruction.op) {
    case Op::constant:
      stack[depth++] = instruction.value;
      break;
    case Op::name:
      stack[depth++] = values.names[instruction.value];
      break;
    case Op::dimension:
      stack[depth++] = values.buffers[instruction.value / ATTN_MAX_RANK].sizes[instruction.value % ATTN_MAX_RANK];
      break;
    default: {
      --depth;
      int64_t value = 0;
      if (!apply(instruction.op, stack[depth - 1], stack[depth], value))
        return failure(Code::out_of_range, "an expression over %lld and %lld overflows or divides by zero",
                       static_cast<long long>(stack[depth - 1]), static_cast<long long>(stack[depth]));
      stack[depth - 1] = value;
    }
    }
  }
  return stack[0];
}

Result<bool> Predicate::evaluate(const ExpressionValues &values) const {
  for (const Term &term : terms_) {
    ATTN_ASSIGN_OR_RETURN(left, term.left.evaluate(values));
    ATTN_ASSIGN_OR_RETURN(right, term.right.evaluate(values));
    bool holds = false;
    switch (term.comparison) {
    case Comparison::less:
      holds = left < right;
      break;
    case Comparison::lessEqual:
      holds = left <= right;
      break;
    case Comparison::equal:
      holds = left == right;
      break;
    case Comparison::notEqual:
      holds = left != right;
      break;
    case Comparison::greaterEqual:
      holds = left >= right;
      break;
    case Comparison::greater:
      holds = left > right;
      break;
    }
    if (!holds)
      return false;
  }
  return true;
}

} // namespace attn
