//===- ExpressionTest.cpp - expressions and predicates of artefacts -*- C++ -*-===//

#include "runtime/Expression.h"

#include <gtest/gtest.h>

using namespace attn;

static const int64_t sizes0[] = {3, 5};
static const int64_t sizes1[] = {7};
static const attn_buffer buffers[] = {{nullptr, sizes0, nullptr}, {nullptr, sizes1, nullptr}};

static ExpressionScope scope() {
  ExpressionScope scope;
  scope.names = {"B", "T_2"};
  scope.arguments = {{0, 2}, {-1, 0}, {1, 1}}; // the second argument is a scalar
  return scope;
}

static Result<int64_t> evaluate(const std::string &text) {
  static const int64_t names[] = {4, -9};
  Result<Expression> expression = Expression::parse(text, scope());
  if (!expression)
    return expression.status();
  return expression->evaluate({names, buffers});
}

static Result<bool> holds(const std::string &text) {
  static const int64_t names[] = {4, -9};
  Result<Predicate> predicate = Predicate::parse(text, scope());
  if (!predicate)
    return predicate.status();
  return predicate->evaluate({names, buffers});
}

TEST(Expression, computes) {
  const std::pair<const char *, int64_t> cases[] = {
      {"7", 7},
      {"B", 4},
      {"T_2 * -1", 9},
      {"1 + 2 * 3 - 4", 3},
      {"(1 + 2) * 3", 9},
      {"10 - 4 - 3", 3},
      {"--5", 5},
      {"ceildiv(7, 2)", 4},
      {"ceildiv(-7, 2)", -3},
      {"floordiv(-7, 2)", -4},
      {"floordiv(7, -2)", -4},
      {"mod(-7, 3)", 2},
      {"mod(7, -3)", -2},
      {"min(B, 3) + max(B, 9)", 12},
      {"dim(0,1) * dim(2, 0)", 35},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775807 - 1", INT64_MIN},
  };
  for (const auto &[text, expected] : cases) {
    Result<int64_t> value = evaluate(text);
    ASSERT_TRUE(value.ok()) << text << ": " << value.status().message();
    EXPECT_EQ(*value, expected) << text;
  }
}

TEST(Expression, refuses_what_is_not_well_formed) {
  for (const char *text :
       {"", " ", "+", "1 +", "(1", "1)", "1 2", "X", "B.", "ceildiv(1)", "ceildiv(1, 2", "sqrt(2, 3)", "dim(3,0)",
        "dim(0,2)", "dim(1,0)", "dim(B,0)", "9223372036854775808", "1 < 2", "B T_2"})
    EXPECT_FALSE(Expression::parse(text, scope()).ok()) << text;
}

TEST(Expression, refuses_deep_nesting) {
  EXPECT_TRUE(Expression::parse(std::string(20, '(') + "1" + std::string(20, ')'), scope()).ok());
  EXPECT_FALSE(Expression::parse(std::string(100000, '(') + "1" + std::string(100000, ')'), scope()).ok());
  EXPECT_FALSE(Expression::parse(std::string(100000, '-') + "1", scope()).ok());
  std::string right = "1";
  for (int i = 0; i < 40; ++i)
    right = "1 + (" + right + ")";
  EXPECT_FALSE(Expression::parse(right, scope()).ok());
}

TEST(Expression, checks_overflow_and_division_by_zero) {
  for (const char *text : {"9223372036854775807 + 1", "-9223372036854775807 - 2", "9223372036854775807 * 2",
                           "ceildiv(1, 0)", "floordiv(1, B - 4)", "mod(1, 0)", "floordiv(-9223372036854775807 - 1, -1)",
                           "mod(-9223372036854775807 - 1, -1)"}) {
    Result<int64_t> value = evaluate(text);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(static_cast<int>(value.status().code()), static_cast<int>(Code::out_of_range)) << text;
  }
}

TEST(Predicate, compares) {
  for (const char *text :
       {"1 < 2", "2 <= 2", "3 > 2", "3 >= 3", "4 == B", "B != 5", "1 < 2 and B == 4 and dim(0,0) == 3"})
    EXPECT_TRUE(holds(text).ok() && *holds(text)) << text;
  for (const char *text :
       {"2 < 2", "3 <= 2", "2 > 2", "2 >= 3", "5 == B", "B != 4", "1 < 2 and B == 5", "B == 5 and 1 < 2"})
    EXPECT_TRUE(holds(text).ok() && !*holds(text)) << text;
  for (const char *text : {"", "1", "1 < 2 and", "and", "1 < 2 or 1 < 3", "1 = 1", "1 < 2 < 3"})
    EXPECT_FALSE(holds(text).ok()) << text;
}
