//===- ScalarProgram.cpp - runs a block of integer arith ops -===//
//
// The block becomes a list of instructions on numbered values, so that a mask can be asked for millions of pairs.
//
//===----------------------------------------------------------------------===//

#include "test/unit/passes/ScalarProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

using namespace mlir;

namespace attn {

static unsigned widthOf(Type type) { return type.isIndex() ? 64 : type.getIntOrFloatBitWidth(); }

/// As an integer of `width` bits holds it.
static int64_t wrapped(uint64_t value, unsigned width) {
  if (width == 1)
    return value & 1;
  return static_cast<int64_t>(value << (64 - width)) >> (64 - width);
}

ScalarProgram::ScalarProgram(Block &block, ValueRange results) {
  for (BlockArgument argument : block.getArguments())
    slots[argument] = argument.getArgNumber();
  values.resize(block.getNumArguments());
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::IsTerminator>())
      add(op);
  for (Value result : results)
    resultSlots.push_back(slots.lookup(result));
}

void ScalarProgram::add(Operation &op) {
  auto code = llvm::TypeSwitch<Operation *, std::optional<Code>>(&op)
                  .Case<arith::AddIOp>([](auto) { return Code::add; })
                  .Case<arith::SubIOp>([](auto) { return Code::sub; })
                  .Case<arith::MulIOp>([](auto) { return Code::mul; })
                  .Case<arith::MinSIOp>([](auto) { return Code::min; })
                  .Case<arith::MaxSIOp>([](auto) { return Code::max; })
                  .Case<arith::DivSIOp>([](auto) { return Code::div; })
                  .Case<arith::FloorDivSIOp>([](auto) { return Code::floorDiv; })
                  .Case<arith::CeilDivSIOp>([](auto) { return Code::ceilDiv; })
                  .Case<arith::RemSIOp>([](auto) { return Code::rem; })
                  .Case<arith::AndIOp>([](auto) { return Code::bitAnd; })
                  .Case<arith::OrIOp>([](auto) { return Code::bitOr; })
                  .Case<arith::XOrIOp>([](auto) { return Code::bitXor; })
                  .Case<arith::CmpIOp>([](auto) { return Code::compare; })
                  .Case<arith::SelectOp>([](auto) { return Code::select; })
                  .Case<arith::ExtSIOp, arith::IndexCastOp>([](auto) { return Code::extend; })
                  .Default([](auto) { return std::nullopt; });
  unsigned slot = values.size();
  values.push_back(0);
  slots[op.getResult(0)] = slot;
  APInt constant;
  if (matchPattern(&op, m_ConstantInt(&constant))) {
    values[slot] = constant.getBitWidth() == 1 ? constant.getZExtValue() : constant.getSExtValue();
    return;
  }
  if (!code) {
    unknown = op.getName().getStringRef().str();
    return;
  }
  Instruction instruction{*code, widthOf(op.getResult(0).getType()), widthOf(op.getOperand(0).getType()), slot, {}, 0};
  for (auto [number, operand] : llvm::enumerate(op.getOperands()))
    instruction.operands[number] = slots.lookup(operand);
  if (auto comparison = dyn_cast<arith::CmpIOp>(op))
    instruction.predicate = static_cast<int64_t>(comparison.getPredicate());
  instructions.push_back(instruction);
}

bool ScalarProgram::run(ArrayRef<int64_t> arguments) {
  std::copy(arguments.begin(), arguments.end(), values.begin());
  return llvm::all_of(instructions, [&](const Instruction &instruction) { return execute(instruction); });
}

static bool compare(arith::CmpIPredicate predicate, int64_t x, int64_t y) {
  using Predicate = arith::CmpIPredicate;
  auto ux = static_cast<uint64_t>(x), uy = static_cast<uint64_t>(y);
  switch (predicate) {
  case Predicate::eq:
    return x == y;
  case Predicate::ne:
    return x != y;
  case Predicate::slt:
    return x < y;
  case Predicate::sle:
    return x <= y;
  case Predicate::sgt:
    return x > y;
  case Predicate::sge:
    return x >= y;
  case Predicate::ult:
    return ux < uy;
  case Predicate::ule:
    return ux <= uy;
  case Predicate::ugt:
    return ux > uy;
  case Predicate::uge:
    return ux >= uy;
  }
  return false;
}

bool ScalarProgram::execute(const Instruction &instruction) {
  int64_t x = values[instruction.operands[0]], y = values[instruction.operands[1]], z = values[instruction.operands[2]];
  auto ux = static_cast<uint64_t>(x), uy = static_cast<uint64_t>(y);
  auto give = [&](uint64_t value) {
    values[instruction.result] = wrapped(value, instruction.width);
    return true;
  };
  switch (instruction.code) {
  case Code::add:
    return give(ux + uy);
  case Code::sub:
    return give(ux - uy);
  case Code::mul:
    return give(ux * uy);
  case Code::min:
    return give(std::min(x, y));
  case Code::max:
    return give(std::max(x, y));
  case Code::div:
    return y != 0 && give(x / y);
  case Code::floorDiv:
    return y != 0 && give(x / y - (x % y != 0 && (x < 0) != (y < 0)));
  case Code::ceilDiv:
    return y != 0 && give(x / y + (x % y != 0 && (x < 0) == (y < 0)));
  case Code::rem:
    return y != 0 && give(x % y);
  case Code::bitAnd:
    return give(ux & uy);
  case Code::bitOr:
    return give(ux | uy);
  case Code::bitXor:
    return give(ux ^ uy);
  case Code::compare:
    return give(compare(static_cast<arith::CmpIPredicate>(instruction.predicate), x, y));
  case Code::select:
    return give(x ? y : z);
  case Code::extend: // A boolean that is true extends to −1.
    return give(instruction.fromWidth == 1 ? -ux : ux);
  }
  return false;
}

} // namespace attn
