//===- ScalarCode.cpp - code on scalars, run on vectors ---===//

#include "lowering/cpu/ScalarCode.h"

#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attn;

/// An op on vectors in place of one on scalars, where it is not just the same op.
static Value vectorForm(ImplicitLocOpBuilder &b, Operation *op, ValueRange operands) {
  if (isa<math::ExpOp>(op))
    return attn::exp(b, operands[0]);
  if (isa<math::Exp2Op>(op))
    return attn::exp2(b, operands[0]);
  if (isa<math::TanhOp>(op))
    return attn::tanh(b, operands[0]);
  if (isa<math::ErfOp>(op))
    return attn::erf(b, operands[0]);
  if (isa<math::FmaOp>(op))
    return vector::FMAOp::create(b, operands[0], operands[1], operands[2]);
  return {};
}

/// Ops of the math dialect that become instructions, not calls of a library that kernels do not have.
static bool isInstruction(Operation *op) {
  return isa<arith::ArithDialect>(op->getDialect()) ||
         isa<math::SqrtOp, math::AbsFOp, math::RsqrtOp, math::CopySignOp>(op);
}

FailureOr<Value> attn::inlineScalars(ImplicitLocOpBuilder &b, Block &body, ValueRange vectors, Value result,
                                     int64_t lanes) {
  IRMapping mapping;
  mapping.map(body.getArguments(), vectors);
  auto onVectors = [&](Value scalar) {
    Value mapped = mapping.lookupOrNull(scalar);
    return mapped ? mapped : splat(b, scalar, lanes); // a scalar from outside of the body
  };
  for (Operation &op : body) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      break;
    if (op.hasTrait<OpTrait::ConstantLike>()) {
      mapping.map(op.getResult(0), splat(b, b.clone(op)->getResult(0), lanes));
      continue;
    }
    SmallVector<Value> operands = llvm::map_to_vector(op.getOperands(), onVectors);
    if (Value replaced = vectorForm(b, &op, operands)) {
      mapping.map(op.getResult(0), replaced);
    } else if (isInstruction(&op) && op.hasTrait<OpTrait::Elementwise>()) {
      Operation *copy = b.clone(op);
      copy->setOperands(operands);
      for (auto [old, result] : llvm::zip_equal(op.getResults(), copy->getResults())) {
        result.setType(VectorType::get(lanes, result.getType()));
        mapping.map(old, result);
      }
    } else {
      return op.emitOpError("has no vector form in a linear layer or row-wise op on the CPU; known are arith ops and "
                            "math.exp, exp2, tanh, erf, fma, sqrt, rsqrt, absf and copysign");
    }
  }
  return onVectors(result);
}
