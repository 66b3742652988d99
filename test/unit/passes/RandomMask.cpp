//===- RandomMask.cpp - masks that nobody would write -===//
//
// Half of the comparisons are intervals of j that move with i, as masks are made of; the others are anything. They are
// joined by and, or, xor, select and negation. Factors are small, so that no sum leaves i32.
//
//===----------------------------------------------------------------------===//

#include "test/unit/passes/RandomMask.h"

#include <vector>

namespace attn {
namespace {

class Writer {
public:
  explicit Writer(Random &random) : random(random) {}

  std::string mask() {
    std::string condition = this->condition(random.integer(0, 3));
    return text + "attn.yield " + condition + " : i1\n";
  }

private:
  std::string line(const std::string &op, const std::vector<std::string> &operands, const std::string &type) {
    std::string result = "%v" + std::to_string(count++);
    text += result + " = " + op + " ";
    for (size_t at = 0; at < operands.size(); ++at)
      text += (at ? ", " : "") + operands[at];
    text += " : " + type + "\n";
    return result;
  }
  std::string constant(int value) { return line("arith.constant", {std::to_string(value)}, "i32"); }
  std::string always() {
    std::string result = "%v" + std::to_string(count++);
    text += result + " = arith.constant true\n";
    return result;
  }
  std::string pick(const std::vector<std::string> &choices) {
    return choices[random.integer(0, static_cast<int>(choices.size()) - 1)];
  }

  std::string integer(int depth, bool withKey);
  std::string comparison();
  std::string condition(int depth);

  Random &random;
  std::string text;
  int count = 0;
};

} // namespace

std::string Writer::integer(int depth, bool withKey) {
  if (depth == 0)
    return random.chance(25) ? constant(random.integer(-40, 90))
                             : pick({"%n", "%i", "%i", withKey ? "%j" : "%i", "%p", "%q"});
  auto inner = [&] { return integer(random.integer(0, depth - 1), withKey); };
  std::string op; // Drawn before the operands, whatever order arguments are evaluated in.
  switch (random.integer(0, 9)) {
  case 0:
  case 1:
    return line("arith.addi", {inner(), inner()}, "i32");
  case 2:
  case 3:
    return line("arith.subi", {inner(), inner()}, "i32");
  case 4: {
    std::string factor = constant(random.integer(-3, 3)), value = inner();
    if (random.chance(20))
      std::swap(value, factor);
    return line("arith.muli", {value, factor}, "i32");
  }
  case 5:
    op = pick({"arith.minsi", "arith.maxsi"});
    return line(op, {inner(), inner()}, "i32");
  case 6: {
    std::string divisor = constant(std::vector{-7, -2, 1, 2, 3, 8, 16}[random.integer(0, 6)]);
    op = pick({"arith.divsi", "arith.floordivsi", "arith.ceildivsi"});
    return line(op, {inner(), divisor}, "i32");
  }
  case 7: // No verifier would admit %d, which may be negative.
    op = pick({"arith.remsi", "arith.floordivsi"});
    return line(op, {inner(), random.chance(50) ? "%d" : constant(random.integer(1, 9))}, "i32");
  case 8:
    return line("arith.select", {condition(0), inner(), inner()}, "i32");
  default: {
    std::string wide = line("arith.index_cast", {inner()}, "i32 to index");
    return line("arith.index_cast", {wide}, "index to i32");
  }
  }
}

std::string Writer::comparison() {
  std::string left = "%j", right = integer(random.integer(0, 3), /*withKey=*/false);
  int form = random.integer(0, 9);
  if (form == 0)
    left = integer(2, /*withKey=*/true);
  if (form == 1)
    right = integer(2, /*withKey=*/true);
  if (form == 2)
    left = line("arith.subi", {"%i", "%j"}, "i32");
  if (form == 3 || form == 4) {
    std::string divisor = random.chance(20) ? "%d" : constant(std::vector{-3, 1, 4, 7, 16}[random.integer(0, 4)]);
    left = line(divisor == "%d" || random.chance(50) ? "arith.floordivsi" : "arith.divsi", {"%j", divisor}, "i32");
    if (random.chance(50))
      right = line("arith.floordivsi", {right, divisor}, "i32");
  }
  if (random.chance(30))
    std::swap(left, right);
  std::string predicate = pick({"slt", "sle", "sgt", "sge", "slt", "sle", "sgt", "sge", "eq", "ne", "ult", "uge"});
  return line("arith.cmpi " + predicate + ",", {left, right}, "i32");
}

std::string Writer::condition(int depth) {
  if (depth == 0)
    return random.chance(8) ? "%f" : comparison();
  auto inner = [&] { return condition(random.integer(0, depth - 1)); };
  switch (random.integer(0, 7)) {
  case 0:
  case 1:
  case 2:
    return line("arith.andi", {inner(), inner()}, "i1");
  case 3:
  case 4:
    return line("arith.ori", {inner(), inner()}, "i1");
  case 5:
    return line("arith.xori", {inner(), inner()}, "i1");
  case 6:
    return line("arith.select", {inner(), inner(), inner()}, "i1");
  default:
    return line("arith.xori", {inner(), always()}, "i1");
  }
}

std::string randomMask(Random &random) { return Writer(random).mask(); }

} // namespace attn
