//===- Expression.cpp - random scalar expressions, as text and as values ---===//

#include "test/numerics/Expression.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace attn::numerics {

namespace {

/// An argument of the region.
struct Name : Expression {
  Name(const char *name, double Scalars::*real) : name(name), real(real) {}
  Name(const char *name, int64_t Scalars::*integer) : name(name), integer(integer) {}

  double value(const Scalars &scalars) const override {
    return real ? scalars.*real : static_cast<double>(scalars.*integer);
  }
  std::string print(std::string &, int &) const override { return name; }

  const char *name;
  double Scalars::*real = nullptr;
  int64_t Scalars::*integer = nullptr;
};

/// A number, exact in f32.
struct Constant : Expression {
  Constant(double number, const char *type) : number(number), type(type) {}

  double value(const Scalars &) const override { return number; }
  std::string print(std::string &lines, int &names) const override {
    std::string result = "%x" + std::to_string(names++);
    char text[64];
    std::snprintf(text, sizeof(text), *type == 'f' ? "%.8f" : "%.0f", number);
    lines += "  " + result + " = arith.constant " + text + " : " + type + "\n";
    return result;
  }

  double number;
  const char *type;
};

/// One op: its mnemonic, what follows its operands, and its value.
struct Operation : Expression {
  using Formula = double (*)(const double *);
  Operation(const char *mnemonic, const char *type, Formula formula, std::vector<ExpressionPtr> operands)
      : mnemonic(mnemonic), type(type), formula(formula), operands(std::move(operands)) {}

  double value(const Scalars &scalars) const override {
    double values[3];
    for (size_t k = 0; k < operands.size(); ++k)
      values[k] = operands[k]->value(scalars);
    return formula(values);
  }
  std::string print(std::string &lines, int &names) const override {
    std::string list;
    for (const ExpressionPtr &operand : operands)
      list += (list.empty() ? "" : ", ") + operand->print(lines, names);
    std::string result = "%x" + std::to_string(names++);
    lines += "  " + result + " = " + mnemonic + " " + list + " : " + type + "\n";
    return result;
  }

  const char *mnemonic, *type;
  Formula formula;
  std::vector<ExpressionPtr> operands;
};

template <typename... Operands>
ExpressionPtr operation(const char *mnemonic, const char *type, Operation::Formula formula, Operands... operands) {
  std::vector<ExpressionPtr> list;
  (list.push_back(std::move(operands)), ...);
  return std::make_unique<Operation>(mnemonic, type, formula, std::move(list));
}

} // namespace

static ExpressionPtr real(double number) { return std::make_unique<Constant>(number, "f32"); }
static ExpressionPtr integer(int64_t number) { return std::make_unique<Constant>(static_cast<double>(number), "i32"); }

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

static ExpressionPtr randomInteger(Random &random, int depth) {
  if (depth <= 0)
    switch (random.integer(0, 7)) {
    case 0:
    case 1:
      return std::make_unique<Name>("%i", &Scalars::i);
    case 2:
    case 3:
      return std::make_unique<Name>("%j", &Scalars::j);
    case 4:
      return std::make_unique<Name>("%n", &Scalars::n);
    case 5:
      return std::make_unique<Name>("%h", &Scalars::h);
    case 6:
      return std::make_unique<Name>("%window", &Scalars::window);
    default:
      return integer(random.integer(-70, 70));
    }
  auto inner = [&] { return randomInteger(random, depth - 1); };
  switch (random.integer(0, 6)) {
  case 0:
    return operation(
        "arith.addi", "i32", [](const double *v) { return v[0] + v[1]; }, inner(), inner());
  case 1:
    return operation(
        "arith.subi", "i32", [](const double *v) { return v[0] - v[1]; }, inner(), inner());
  case 2:
    return operation(
        "arith.muli", "i32", [](const double *v) { return v[0] * v[1]; }, inner(), integer(random.integer(-2, 3)));
  case 3:
    return operation(
        "arith.minsi", "i32", [](const double *v) { return std::min(v[0], v[1]); }, inner(), inner());
  case 4:
    return operation(
        "arith.maxsi", "i32", [](const double *v) { return std::max(v[0], v[1]); }, inner(), inner());
  case 5: // ⌊a / c⌋
    return operation(
        "arith.floordivsi", "i32", [](const double *v) { return std::floor(v[0] / v[1]); }, inner(),
        integer(random.integer(1, 40)));
  default: // The sign of the dividend.
    return operation(
        "arith.remsi", "i32", [](const double *v) { return std::fmod(v[0], v[1]); }, inner(),
        integer(random.integer(1, 40)));
  }
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// Half of them are what masks are made of, intervals of j that move with i; the others are anything.
static ExpressionPtr randomComparison(Random &random) {
  ExpressionPtr left =
      random.chance(0.5) ? ExpressionPtr(std::make_unique<Name>("%j", &Scalars::j)) : randomInteger(random, 1);
  ExpressionPtr right = randomInteger(random, static_cast<int>(random.integer(0, 2)));
  switch (random.integer(0, 4)) {
  case 0:
    return operation(
        "arith.cmpi sle,", "i32", [](const double *v) { return double(v[0] <= v[1]); }, std::move(left),
        std::move(right));
  case 1:
    return operation(
        "arith.cmpi slt,", "i32", [](const double *v) { return double(v[0] < v[1]); }, std::move(left),
        std::move(right));
  case 2:
    return operation(
        "arith.cmpi sge,", "i32", [](const double *v) { return double(v[0] >= v[1]); }, std::move(left),
        std::move(right));
  case 3:
    return operation(
        "arith.cmpi sgt,", "i32", [](const double *v) { return double(v[0] > v[1]); }, std::move(left),
        std::move(right));
  default:
    return operation(
        "arith.cmpi ne,", "i32", [](const double *v) { return double(v[0] != v[1]); }, std::move(left),
        std::move(right));
  }
}

ExpressionPtr randomCondition(Random &random, int depth) {
  if (depth <= 0)
    return randomComparison(random);
  auto inner = [&] { return randomCondition(random, depth - 1); };
  switch (random.integer(0, 6)) {
  case 0:
  case 1:
  case 2:
    return operation(
        "arith.andi", "i1", [](const double *v) { return double(v[0] != 0 && v[1] != 0); }, inner(), inner());
  case 3:
  case 4:
    return operation(
        "arith.ori", "i1", [](const double *v) { return double(v[0] != 0 || v[1] != 0); }, inner(), inner());
  case 5:
    return operation(
        "arith.xori", "i1", [](const double *v) { return double((v[0] != 0) != (v[1] != 0)); }, inner(), inner());
  default:
    return randomComparison(random);
  }
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

static ExpressionPtr bounded(ExpressionPtr inner) {
  return operation(
      "math.tanh", "f32", [](const double *v) { return std::tanh(v[0]); }, std::move(inner));
}

static ExpressionPtr randomReal(Random &random, int depth) {
  if (depth <= 0)
    switch (random.integer(0, 4)) {
    case 0:
    case 1:
      return std::make_unique<Name>("%s", &Scalars::s);
    case 2:
      return std::make_unique<Name>("%parameter", &Scalars::parameter);
    case 3: // A position, scaled down: f32 holds it exactly.
      return operation(
          "arith.mulf", "f32", [](const double *v) { return v[0] * v[1]; },
          operation(
              "arith.sitofp", "i32 to f32", [](const double *v) { return v[0]; }, randomInteger(random, 1)),
          real(1.0 / 64));
    default:
      return real(static_cast<double>(random.integer(-64, 64)) / 32);
    }
  auto inner = [&] { return randomReal(random, depth - 1); };
  switch (random.integer(0, 8)) {
  case 0:
    return operation(
        "arith.addf", "f32", [](const double *v) { return v[0] + v[1]; }, inner(), inner());
  case 1:
    return operation(
        "arith.subf", "f32", [](const double *v) { return v[0] - v[1]; }, inner(), inner());
  case 2:
    return operation(
        "arith.mulf", "f32", [](const double *v) { return v[0] * v[1]; }, bounded(inner()), inner());
  case 3:
    return operation(
        "arith.minimumf", "f32", [](const double *v) { return std::min(v[0], v[1]); }, inner(), inner());
  case 4:
    return operation(
        "arith.maximumf", "f32", [](const double *v) { return std::max(v[0], v[1]); }, inner(), inner());
  case 5:
    return operation(
        "math.absf", "f32", [](const double *v) { return std::fabs(v[0]); }, inner());
  case 6: // e^(−|x|)
    return operation(
        "math.exp", "f32", [](const double *v) { return std::exp(v[0]); },
        operation(
            "arith.negf", "f32", [](const double *v) { return -v[0]; },
            operation(
                "math.absf", "f32", [](const double *v) { return std::fabs(v[0]); }, inner())));
  case 7:
    return operation(
        "arith.divf", "f32", [](const double *v) { return v[0] / v[1]; }, inner(),
        operation(
            "arith.addf", "f32", [](const double *v) { return v[0] + v[1]; }, real(1.5), bounded(inner())));
  default:
    return operation(
        "arith.select", "f32", [](const double *v) { return v[0] != 0 ? v[1] : v[2]; }, randomCondition(random, 0),
        inner(), inner());
  }
}

ExpressionPtr randomScore(Random &random, int depth) {
  // 16 · tanh(x / 16): smooth, and far from where weights vanish.
  return operation(
      "arith.mulf", "f32", [](const double *v) { return v[0] * v[1]; },
      bounded(operation(
          "arith.mulf", "f32", [](const double *v) { return v[0] * v[1]; }, randomReal(random, depth), real(1.0 / 16))),
      real(16));
}

} // namespace attn::numerics
