//===- LibraryFree.cpp - a kernel has no library to call ---===//

#include "lowering/LibraryFree.h"

#include "dialect/attn/Attn.h"
#include "dialect/attn/Regions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace attn;

/// Whether code generation makes instructions of an op, not a call.
static bool hasInstructions(Operation *op) {
  if (isa<arith::RemFOp>(op))
    return false;
  return !isa<math::MathDialect>(op->getDialect()) ||
         isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CtPopOp, math::CountLeadingZerosOp,
             math::CountTrailingZerosOp, math::FloorOp, math::FmaOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp>(
             op);
}

/// Whether lowerings make arithmetic of the op (ExpandMath.h).
static bool isExpanded(Operation *op) {
  Type element = getElementTypeOrSelf(op->getOperand(0));
  return element.isF32() || element.isInteger();
}

static InFlightDiagnostic refuse(Operation *op, StringRef where, Target::Device device) {
  return op->emitOpError() << where << "has no code on " << (device == Target::Device::cpu ? "the CPU" : "a GPU")
                           << " for " << op->getOperand(0).getType()
                           << ": a kernel calls no library; compute it on f32, on which every function of arith and "
                              "math has code";
}

LogicalResult attn::checkRegions(Operation *root, Target::Device device) {
  // A variant that is applied twice is in two generic ops.
  llvm::DenseSet<Location> refused;
  root->walk([&](GenericOp generic) {
    for (Region &region : generic->getRegions())
      region.walk([&](Operation *op) {
        if (hasInstructions(op) || isExpanded(op) || !refused.insert(op->getLoc()).second)
          return;
        auto kind = static_cast<RegionKind>(region.getRegionNumber());
        refuse(op, ("in the " + formOf(kind).name + " region ").str(), device);
      });
  });
  return success(refused.empty());
}

LogicalResult attn::checkLibraryFree(Operation *root, Target::Device device) {
  bool isFree = true;
  root->walk([&](Operation *op) {
    if (hasInstructions(op))
      return;
    isFree = false;
    refuse(op, "", device);
  });
  return success(isFree);
}
