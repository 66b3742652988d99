//===- NN.cpp - the nn dialect: registration, types, inlining ---===//
//
// Verifiers of ops stand in NNVerify.cpp, those of attributes on functions in NNAttributes.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialect/nn/NN.h"

#include "dialect/attn/Inlining.h"

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
#include "dialect/nn/NNEnums.cpp.inc"
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
  addInterfaces<InlineAnywhere>();
}

bool nn::isRowView(Operation *op) { return isa_and_nonnull<SplitHeadsOp, MergeHeadsOp>(op); }

bool nn::isView(Operation *op) { return isRowView(op) || isa_and_nonnull<SliceOp, TransposeOp>(op); }

LogicalResult WeightType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape) {
  if (shape.empty() || shape.size() > 2 || llvm::any_of(shape, [](int64_t size) { return size <= 0; })) // (C1)
    return emitError() << "expects a weight to have one or two positive sizes, but got [" << shape
                       << "]; write !nn.weight<out x in> or !nn.weight<width>";
  return success();
}
