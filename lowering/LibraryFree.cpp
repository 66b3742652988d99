//===- LibraryFree.cpp - a kernel has no library to call ---===//

#include "lowering/LibraryFree.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attn;

/// Whether code generation makes instructions of an op, not a call.
static bool hasInstructions(Operation *op, Target::Device device) {
  bool isCpu = device == Target::Device::cpu;
  if (isa<arith::RemFOp>(op))
    return !isCpu;
  if (!isa<math::MathDialect>(op->getDialect()))
    return true;
  if (isa<math::IsFiniteOp, math::IsInfOp, math::IsNaNOp, math::IsNormalOp, math::RoundOp>(op))
    return !isCpu;
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CtPopOp, math::CountLeadingZerosOp,
             math::CountTrailingZerosOp, math::FloorOp, math::FmaOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp>(
      op);
}

LogicalResult attn::checkLibraryFree(Operation *root, Target::Device device) {
  WalkResult result = root->walk([&](Operation *op) {
    if (hasInstructions(op, device))
      return WalkResult::advance();
    op->emitOpError() << "has no code on " << (device == Target::Device::cpu ? "the CPU" : "a GPU")
                      << ": a kernel calls no library; write the score or mask region with arith, exp, log, tanh, sin, "
                         "cos, sqrt and powf instead";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
