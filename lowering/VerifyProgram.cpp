//===- VerifyProgram.cpp - what is wrong with a program as it was read ---===//
//
// mlir::verify stops at the first op that is wrong, and at the first name that nothing has; who writes a program wants
// to hear of all of them. What uses the result of a wrong op, or stands inside one, is passed over: its verifier may
// count on what is not so. A modifier that is wrong leaves its chain whole, so that the rest of it is looked at. Only
// what the parser refuses comes one by one: it stops at the first.
//
//===----------------------------------------------------------------------===//

#include "lowering/VerifyProgram.h"

#include "dialect/attn/Checks.h"
#include "dialect/nn/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
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

/// What a dialect says of its attributes on an op, and on the arguments and results of a function.
static LogicalResult verifyAttributes(Operation *op) {
  Checks checks;
  for (NamedAttribute attribute : op->getDiscardableAttrs())
    if (Dialect *dialect = attribute.getNameDialect())
      checks.add(dialect->verifyOperationAttribute(op, attribute));
  return checks;
}

static LogicalResult verifySignature(FunctionOpInterface function) {
  Checks checks;
  for (unsigned index = 0; index != function.getNumArguments(); ++index)
    for (NamedAttribute attribute : function.getArgAttrs(index))
      if (Dialect *dialect = attribute.getNameDialect())
        checks.add(dialect->verifyRegionArgAttribute(function, /*regionIndex=*/0, index, attribute));
  for (unsigned index = 0; index != function.getNumResults(); ++index)
    for (NamedAttribute attribute : function.getResultAttrs(index))
      if (Dialect *dialect = attribute.getNameDialect())
        checks.add(dialect->verifyRegionResultAttribute(function, /*regionIndex=*/0, index, attribute));
  return checks;
}

LogicalResult attn::verifyProgram(ModuleOp module) {
  llvm::DenseSet<Operation *> wrong;
  SmallVector<SymbolUserOpInterface> users;
  bool isRight = true;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    // What is wrong here leaves the op, and the body of a function, to be looked at.
    isRight &= succeeded(verifyAttributes(op));
    if (auto function = dyn_cast<FunctionOpInterface>(op); function && failed(verifySignature(function))) {
      isRight = false;
      return WalkResult::advance(); // its own verifier would say it again
    }
    bool isBehindWrong = llvm::any_of(op->getOperands(), [&](Value operand) {
      Operation *made = operand.getDefiningOp();
      return made && wrong.contains(made);
    });
    if (!isBehindWrong && succeeded(op->getName().verifyInvariants(op)) && succeeded(verifyRows(op))) {
      if (auto user = dyn_cast<SymbolUserOpInterface>(op))
        users.push_back(user);
      return WalkResult::advance();
    }
    isRight = false;
    if (isBehindWrong || !isa<ModifierOpInterface>(op))
      wrong.insert(op);
    return WalkResult::skip();
  });
  SymbolTableCollection symbols;
  auto usesWrong = [&](Operation *op) {
    return llvm::any_of(op->getAttrs(), [&](NamedAttribute attribute) {
      auto name = dyn_cast<SymbolRefAttr>(attribute.getValue());
      return name && wrong.contains(symbols.lookupNearestSymbolFrom(op, name));
    });
  };
  for (SymbolUserOpInterface user : users)
    if (!usesWrong(user))
      isRight &= succeeded(user.verifySymbolUses(symbols));
  // Dominance, and names that are given twice, are of the whole.
  return success(isRight && succeeded(verify(module)));
}

//===----------------------------------------------------------------------===//
// What callers see
//===----------------------------------------------------------------------===//

static bool hasRank(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped && shaped.hasRank() && !isa<VectorType>(type);
}

/// What to write instead of an argument that no caller can give.
static StringRef remedyForArgument(Type type) {
  if (isa<ScoresType>(type))
    return "scores are never in memory, so build the chain where it is closed";
  if (isa<SequencesType>(type))
    return "take lengths or offsets as tensors, and build sequences of them by attn.padded or attn.packed";
  if (isa<nn::WeightType>(type))
    return "name the weight by nn.weight where it is used";
  return "take a tensor or a number";
}

static StringRef remedyForResult(Type type) {
  if (isa<ScoresType>(type))
    return "scores are never in memory, so close the chain and return its output or its attn.weights";
  if (isHandle(type))
    return "what a cache or state holds stays with the runtime, so leave it out";
  return "return a tensor";
}

LogicalResult attn::verifySignatures(ModuleOp module) {
  Checks checks;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
      if (!hasRank(type) && !isHandle(type) && !type.isIntOrIndexOrFloat())
        checks.add(function.emitOpError() << "expects its arguments to be tensors, numbers, caches or states, but "
                                          << "argument " << index << " is " << type << "; " << remedyForArgument(type));
    for (auto [index, type] : llvm::enumerate(function.getResultTypes()))
      if (!hasRank(type))
        checks.add(function.emitOpError() << "expects its results to be tensors, but result " << index << " is " << type
                                          << "; " << remedyForResult(type));
  }
  return checks;
}
