//===- Weights.cpp - the verifiers of attn.weights, and of attn.generic where it gives weights ---===//

#include "dialect/attn/Weights.h"

#include "dialect/attn/Checks.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace attn;

LogicalResult WeightsOp::verify() {
  ArrayRef<int64_t> output = dataShape(getOutput().getType());
  if (output.size() != 4) // (C1), which (C2) counts on
    return emitOpError() << "expects an output of (sequence, position, head, width), but got " << getOutput().getType()
                         << "; weights of packed rows have no one number of keys: pad the sequences";
  ArrayRef<int64_t> weights = dataShape(getWeights().getType());
  SmallVector<int64_t, 4> expected{output[0], output[1], ShapedType::kDynamic};
  if (!getMean())
    expected.insert(expected.begin() + 1, output[2]);
  if (failed(verifyCompatibleShape(weights, expected))) // (C2)
    return emitOpError() << "expects weights of (sequence, " << (getMean() ? "" : "head, ")
                         << "position, key) for an output of " << getOutput().getType() << ", but got "
                         << getWeights().getType() << "; give weights these sizes";
  return success();
}

/// (C15) of its slots: what would change the output, or comes beside it, has no part in weights.
static LogicalResult verifyWeightsSlots(GenericOp op) {
  StringRef other = op.getLse() || op.getDestinations().size() > 1 || !op.getFinal().empty()
                        ? "a log-sum-exp or final state"
                    : !op.getEpilogue().empty() ? "an epilogue region"
                                                : "";
  if (!other.empty())
    return op.emitOpError() << "expects neither log-sum-exp, final state nor epilogue with `weights`, but got " << other
                            << "; leave it to an attn.generic that gives the output";
  return success();
}

/// (C15) of its data.
static LogicalResult verifyWeightsData(GenericOp op) {
  for (Value data : llvm::concat<Value>(llvm::to_vector(op.getQueries()), llvm::to_vector(op.getKeys())))
    if (dataShape(data.getType()).size() != 4)
      return op.emitOpError()
             << "expects queries and keys of (sequence, position, head, width) with `weights`, but got "
             << data.getType() << "; weights of packed rows have no one number of keys: pad the sequences";
  return success();
}

LogicalResult attn::verifyWeights(GenericOp op) {
  Checks checks;
  checks.add(verifyWeightsSlots(op));
  LogicalResult data = verifyWeightsData(op);
  checks.add(data);
  if (failed(data))
    return checks;
  bool isMean = op.getWeights() == WeightsOf::mean;
  ArrayRef<int64_t> query = dataShape(op.getQueries().front().getType());
  SmallVector<int64_t, 4> expected{query[0], query[1], dataShape(op.getKeys().front().getType())[1]};
  if (!isMean)
    expected.insert(expected.begin() + 1, query[2]);
  Type weights = op.getOutput() ? op.getOutput().getType() : op.getDestinations().front().getType();
  if (!dataElementType(weights).isF32() || failed(verifyCompatibleShape(dataShape(weights), expected)))
    checks.add(op.emitOpError() << "expects weights of f32, (sequence, " << (isMean ? "" : "head, ")
                                << "position, key), for queries of " << op.getQueries().front().getType()
                                << " and keys of " << op.getKeys().front().getType() << ", but got " << weights
                                << "; give weights these sizes, and f32");
  return checks;
}
