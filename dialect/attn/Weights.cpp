//===- Weights.cpp - the verifier of attn.weights ---===//

#include "dialect/attn/Attn.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace attn;

LogicalResult WeightsOp::verify() {
  ArrayRef<int64_t> output = dataShape(getOutput().getType());
  if (output.size() != 4) // (C1)
    return emitOpError() << "expects an output of (sequence, position, head, width), but got " << getOutput().getType()
                         << "; weights of packed rows have no one number of keys";
  ArrayRef<int64_t> weights = dataShape(getWeights().getType());
  SmallVector<int64_t, 4> expected{output[0], output[1], ShapedType::kDynamic};
  if (!getMean())
    expected.insert(expected.begin() + 1, output[2]);
  if (failed(verifyCompatibleShape(weights, expected))) // (C2)
    return emitOpError() << "expects weights of (sequence, " << (getMean() ? "" : "head, ")
                         << "position, key) for an output of " << getOutput().getType() << ", but got "
                         << getWeights().getType();
  return success();
}
