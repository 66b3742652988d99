//===- ScalarProgram.h - runs a block of integer arith ops -*- C++ -*-===//

#ifndef ATTN_TEST_UNIT_PASSES_SCALARPROGRAM_H
#define ATTN_TEST_UNIT_PASSES_SCALARPROGRAM_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attn {

/// The ops of a block, one after the other. Booleans are 0 and 1; other values are held sign-extended.
class ScalarProgram {
public:
  /// Computes `results` from the arguments of `block`; its terminator, if it has one, is no part of it.
  ScalarProgram(mlir::Block &block, mlir::ValueRange results);

  /// Why the block cannot be run: an op that this interpreter does not know. Empty where it can.
  const std::string &error() const { return unknown; }

  /// False where a divisor is 0.
  bool run(llvm::ArrayRef<int64_t> arguments);
  /// Of the last run.
  int64_t result(size_t number) const { return values[resultSlots[number]]; }

private:
  enum class Code {
    add,
    sub,
    mul,
    min,
    max,
    div,
    floorDiv,
    ceilDiv,
    rem,
    bitAnd,
    bitOr,
    bitXor,
    compare,
    select,
    extend
  };
  struct Instruction {
    Code code;
    unsigned width, fromWidth, result, operands[3];
    int64_t predicate;
  };

  void add(mlir::Operation &op);
  bool execute(const Instruction &instruction);

  std::vector<Instruction> instructions;
  std::vector<int64_t> values;
  std::vector<unsigned> resultSlots;
  llvm::DenseMap<mlir::Value, unsigned> slots;
  std::string unknown;
};

} // namespace attn

#endif // ATTN_TEST_UNIT_PASSES_SCALARPROGRAM_H
