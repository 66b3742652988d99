//===- Attn.cpp - registration, and the verifiers of what belongs to no variant ---===//

#include "dialect/attn/Attn.h"

#include "dialect/attn/Checks.h"
#include "dialect/attn/Inlining.h"
#include "dialect/nn/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
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
  addVariants();
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
// Data: tensors, memrefs and handles alike
//===----------------------------------------------------------------------===//

bool attn::isHandle(Type type) { return isa<CacheType, StateType>(type); }

Type attn::layerOfHandle(Type type) {
  ArrayRef<int64_t> shape = dataShape(type).drop_front();
  if (isa<StateType>(type))
    return StateType::get(type.getContext(), shape, dataElementType(type));
  return CacheType::get(type.getContext(), shape, dataElementType(type));
}

MemRefType attn::memoryOfHandle(Type type) {
  ArrayRef<int64_t> shape = dataShape(type);
  SmallVector<int64_t> strides(shape.size(), ShapedType::kDynamic);
  auto layout = StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(shape, dataElementType(type), layout);
}

ArrayRef<int64_t> attn::dataShape(Type type) {
  if (auto cache = dyn_cast<CacheType>(type))
    return cache.getShape();
  if (auto state = dyn_cast<StateType>(type))
    return state.getShape();
  if (auto weight = dyn_cast<nn::WeightType>(type))
    return weight.getShape();
  return cast<ShapedType>(type).getShape();
}

Type attn::dataElementType(Type type) {
  if (auto cache = dyn_cast<CacheType>(type))
    return cache.getElementType();
  if (auto state = dyn_cast<StateType>(type))
    return state.getElementType();
  if (isa<nn::WeightType>(type)) // Whatever its storage, it is read as f32.
    return Float32Type::get(type.getContext());
  return cast<ShapedType>(type).getElementType();
}

bool attn::isNumber(Type element) { return element.isF32() || element.isBF16() || element.isF16(); }

LogicalResult attn::verifyNumbers(Operation *op, ValueRange data) {
  llvm::SmallSetVector<Type, 4> types;
  for (Value each : data)
    if (each && (isHandle(each.getType()) || isa<ShapedType>(each.getType())))
      types.insert(each.getType());
  Checks checks;
  for (Type type : types)
    if (!isNumber(dataElementType(type)))
      checks.add(op->emitOpError() << "expects elements of type f32, bf16 or f16, but got " << type
                                   << "; kernels compute with no others: give one of these");
  return checks;
}

bool attn::isOfAttention(Type data) { return dataShape(data).size() == 3 || dataShape(data).size() == 4; }

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

SmallVector<Operation *> attn::chainBehind(Value scores) {
  SmallVector<Operation *> chain;
  // Verifiers ask before dominance is verified: a text may say that two ops make each other's scores.
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (Operation *op = scores.getDefiningOp(); op && seen.insert(op).second;) {
    chain.push_back(op);
    auto modifier = dyn_cast<ModifierOpInterface>(op);
    op = modifier ? modifier.getScores().getDefiningOp() : nullptr;
  }
  return chain;
}

int64_t attn::queryHeads(Value scores) {
  SmallVector<Operation *> chain = chainBehind(scores);
  auto source = chain.empty() ? SourceOpInterface() : dyn_cast<SourceOpInterface>(chain.back());
  ArrayRef<int64_t> shape = source ? dataShape(source.getQuery().getType()) : ArrayRef<int64_t>();
  return shape.size() < 2 ? ShapedType::kDynamic : shape[shape.size() - 2];
}

LogicalResult attn::verifyConstant(Operation *op, Value operand, StringRef name, IntegerRange range, StringRef remedy) {
  IntegerAttr constant;
  if (!operand || !matchPattern(operand, m_Constant(&constant)) ||
      (constant.getInt() >= range.least && constant.getInt() <= range.most))
    return success();
  return op->emitOpError() << "expects `" << name << "` between " << range.least << " and " << range.most
                           << ", but got " << constant.getInt() << "; " << remedy;
}

LogicalResult attn::verifyPositive(Operation *op, Value bound, StringRef name) {
  FloatAttr constant;
  if (!matchPattern(bound, m_Constant(&constant)) || constant.getValueAsDouble() > 0)
    return success();
  return op->emitOpError() << "expects a positive " << name << ", but got " << constant.getValueAsDouble()
                           << "; leave the op out where scores are not to be bounded";
}

LogicalResult attn::verifyPerHead(Operation *op, StringRef name, Value table, Value scores) {
  ArrayRef<int64_t> sizes = dataShape(table.getType());
  if (sizes.size() != 1)
    return op->emitOpError() << "expects " << name << " of rank 1, one for each query head, but got " << table.getType()
                             << "; give one number for each query head";
  int64_t heads = queryHeads(scores);
  if (!ShapedType::isDynamic(heads) && !ShapedType::isDynamic(sizes[0]) && sizes[0] != heads)
    return op->emitOpError() << "expects " << name << " for " << heads << " query heads, but got " << table.getType()
                             << "; give one number for each query head";
  return success();
}

void attn::addDataEffects(OpOperand &operand, MemoryEffectInstances &effects) {
  Type type = operand.get().getType();
  if (isHandle(type) || isa<BaseMemRefType>(type))
    effects.emplace_back(MemoryEffects::Read::get(), &operand);
  if (isa<StateType>(type))
    effects.emplace_back(MemoryEffects::Write::get(), &operand);
}

void attn::addChainReads(ClosingOpInterface closing, MemoryEffectInstances &effects) {
  SmallVector<Operation *> chain = chainBehind(closing.getScores());
  chain.insert(chain.begin(), closing.getOperation());
  for (Operation *op : chain)
    for (OpOperand &operand : op->getOpOperands())
      addDataEffects(operand, effects);
}
