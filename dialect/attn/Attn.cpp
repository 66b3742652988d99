//===- Attn.cpp - registration, and the verifiers of what belongs to no variant ---===//

#include "dialect/attn/Attn.h"

#include "dialect/attn/Inlining.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Syntax that ODS cannot say
//===----------------------------------------------------------------------===//

/// Shape and element type as tensors write them: ?x?x3x64xbf16
static ParseResult parseCacheShape(AsmParser &parser, SmallVector<int64_t> &shape, Type &elementType) {
  return failure(parser.parseDimensionList(shape, /*allowDynamic=*/true, /*withTrailingX=*/true) ||
                 parser.parseType(elementType));
}

static void printCacheShape(AsmPrinter &printer, ArrayRef<int64_t> shape, Type elementType) {
  printer.printDimensionList(shape);
  printer << 'x' << elementType;
}

/// top_left | bottom_right | %value : type
static ParseResult parseStart(OpAsmParser &parser, AlignmentAttr &alignment,
                              std::optional<OpAsmParser::UnresolvedOperand> &start, Type &type) {
  for (Alignment known : {Alignment::top_left, Alignment::bottom_right}) {
    if (succeeded(parser.parseOptionalKeyword(stringifyAlignment(known)))) {
      alignment = AlignmentAttr::get(parser.getContext(), known);
      return success();
    }
  }
  OpAsmParser::UnresolvedOperand operand;
  if (parser.parseOperand(operand) || parser.parseColonType(type))
    return failure();
  start = operand;
  return success();
}

static void printStart(OpAsmPrinter &printer, Operation *, AlignmentAttr alignment, Value start, Type type) {
  if (alignment)
    printer << stringifyAlignment(alignment.getValue());
  else
    printer << start << " : " << type;
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

#include "dialect/attn/AttnDialect.cpp.inc"
#include "dialect/attn/AttnEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/attn/AttnAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/Interfaces.cpp.inc"
#include "dialect/attn/AttnTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/attn/AttnOps.cpp.inc"

void AttnDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/attn/AttnOps.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/attn/AttnTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/attn/AttnAttributes.cpp.inc"
      >();
  addInterfaces<InlineAnywhere>();
}

//===----------------------------------------------------------------------===//
// Data: tensors, memrefs and caches alike
//===----------------------------------------------------------------------===//

ArrayRef<int64_t> attn::dataShape(Type type) {
  if (auto cache = dyn_cast<CacheType>(type))
    return cache.getShape();
  return cast<ShapedType>(type).getShape();
}

Type attn::dataElementType(Type type) {
  if (auto cache = dyn_cast<CacheType>(type))
    return cache.getElementType();
  return cast<ShapedType>(type).getElementType();
}

void attn::addChainReads(ClosingOpInterface closing, MemoryEffectInstances &effects) {
  for (Operation *op = closing; op;) {
    for (OpOperand &operand : op->getOpOperands())
      if (isa<CacheType, BaseMemRefType>(operand.get().getType()))
        effects.emplace_back(MemoryEffects::Read::get(), &operand);
    Value scores;
    if (op == closing.getOperation())
      scores = closing.getScores();
    else if (auto modifier = dyn_cast<ModifierOpInterface>(op))
      scores = modifier.getScores();
    op = scores ? scores.getDefiningOp() : nullptr;
  }
}
