//===- VerifyProgram.cpp - what is wrong with a program as it was read ---===//
//
// mlir::verify stops at the first op that is wrong; who writes a program wants to hear of all of them. What uses the
// result of a wrong op, or stands inside one, is passed over: its verifier may count on what is not so. A modifier that
// is wrong leaves its chain whole, so that the rest of it is looked at.
//
//===----------------------------------------------------------------------===//

#include "lowering/VerifyProgram.h"

#include "dialect/attn/Checks.h"
#include "dialect/nn/NN.h"

#include "mlir/IR/Verifier.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace attn;

/// Ops that compute on rows and have no verifier of their own: elements that kernels compute with, and features.
static LogicalResult verifyRows(Operation *op) {
  if (!isa<ElementwiseOpInterface, nn::SoftmaxOp, nn::LogSoftmaxOp>(op))
    return success();
  if (cast<ShapedType>(op->getResult(0).getType()).getRank() == 0)
    return op->emitOpError() << "expects rows of features, but got " << op->getResult(0).getType()
                             << "; give it a dimension of 1";
  auto isData = [](Value value) { return isa<ShapedType>(value.getType()); };
  SmallVector<Value> data(llvm::make_filter_range(op->getOperands(), isData));
  llvm::append_range(data, op->getResults());
  return verifyNumbers(op, data);
}

LogicalResult attn::verifyProgram(ModuleOp module) {
  llvm::DenseSet<Operation *> wrong;
  bool isRight = true;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    bool isBehindWrong = llvm::any_of(op->getOperands(), [&](Value operand) {
      Operation *made = operand.getDefiningOp();
      return made && wrong.contains(made);
    });
    if (!isBehindWrong && succeeded(op->getName().verifyInvariants(op)) && succeeded(verifyRows(op)))
      return WalkResult::advance();
    isRight = false;
    if (isBehindWrong || !isa<ModifierOpInterface>(op))
      wrong.insert(op);
    return WalkResult::skip();
  });
  // Dominance, symbols and attributes are those of the whole.
  return success(isRight && succeeded(verify(module)));
}
