//===- NN.cpp - the nn dialect: registration and verifiers ---===//

#include "dialect/nn/NN.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;
using namespace attn::nn;

static ParseResult parseWeightShape(AsmParser &parser, SmallVector<int64_t> &shape) {
  return parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/false);
}

static void printWeightShape(AsmPrinter &printer, ArrayRef<int64_t> shape) { printer.printDimensionList(shape); }

#include "dialect/nn/NNDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/nn/NNAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/nn/NNTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/nn/NNOps.cpp.inc"

void NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/nn/NNOps.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/nn/NNTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/nn/NNAttributes.cpp.inc"
      >();
}
LogicalResult WeightOp::verify() { return success(); }
LogicalResult EmbedOp::verify() { return success(); }
LogicalResult LinearOp::verify() { return success(); }
LogicalResult SwigluOp::verify() { return success(); }
LogicalResult RmsNormOp::verify() { return success(); }
LogicalResult ContractOp::verify() { return success(); }
LogicalResult QuantizeOp::verify() { return success(); }
LogicalResult LastOp::verify() { return success(); }
LogicalResult SplitHeadsOp::verify() { return success(); }
LogicalResult MergeHeadsOp::verify() { return success(); }
LogicalResult RepeatOp::verify() { return success(); }
LogicalResult NNDialect::verifyOperationAttribute(Operation *, NamedAttribute) { return success(); }
LogicalResult NNDialect::verifyRegionArgAttribute(Operation *, unsigned, unsigned, NamedAttribute) { return success(); }
