//===- Variants.cpp - registration of the ops of chains and of layers, and what several of them check ---===//

#include "dialect/attn/Variants.h"

#include "dialect/attn/Checks.h"
#include "dialect/nn/NN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/OpImplementation.h"

#include <cmath>

using namespace mlir;
using namespace attn;

/// One of a few words, kept as text; which ones, the op says.
static ParseResult parseWord(OpAsmParser &parser, StringAttr &word) {
  std::string keyword;
  if (parser.parseKeywordOrString(&keyword))
    return failure();
  word = parser.getBuilder().getStringAttr(keyword);
  return success();
}

static void printWord(OpAsmPrinter &printer, Operation *, StringAttr word) {
  printer.printKeywordOrString(word.getValue());
}

#define GET_OP_CLASSES
#include "dialect/attn/VariantOps.cpp.inc"

void AttnDialect::addVariants() {
  addOperations<
#define GET_OP_LIST
#include "dialect/attn/VariantOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

LogicalResult attn::verifyProduct(Operation *op, Value queryTensor, Value keyTensor) {
  Type queryType = queryTensor.getType(), keyType = keyTensor.getType();
  ArrayRef<int64_t> query = dataShape(queryType), key = dataShape(keyType);
  if (query.size() < 3 || query.size() > 4 || key.size() < 3 || key.size() > 4)
    return op->emitOpError()
           << "expects query and key of rank 4 (sequence, position, head, width), or 3 when packed, but got "
           << queryType << " and " << keyType;
  if (failed(verifyNumbers(op, {queryTensor, keyTensor})))
    return failure();
  if (query.back() == 0)
    return op->emitOpError() << "expects a query and key of a width of at least 1, but got " << queryType << " and "
                             << keyType << "; products of no features are no scores";
  if (query.back() != key.back() || ShapedType::isDynamic(query.back()))
    return op->emitOpError() << "expects query and key of one static width, but got " << queryType << " and "
                             << keyType;
  int64_t heads = query[query.size() - 2], keyHeads = key[key.size() - 2];
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(keyHeads) || keyHeads == 0 || heads % keyHeads != 0)
    return op->emitOpError() << "expects static query heads, a multiple of the key heads, but got " << queryType
                             << " and " << keyType;
  return success();
}

Value attn::scaleOrDefault(GenericBuilder &generic, Value scale, Value query) {
  if (scale)
    return scale;
  ImplicitLocOpBuilder &b = generic.outside();
  double width = dataShape(query.getType()).back();
  return arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(1.0 / std::sqrt(width))));
}

//===----------------------------------------------------------------------===//
// Closings
//===----------------------------------------------------------------------===//

LogicalResult attn::verifyOutput(Operation *op, Value valueTensor, Value outputTensor) {
  Type valueType = valueTensor.getType(), outputType = outputTensor.getType();
  ArrayRef<int64_t> value = dataShape(valueType), output = dataShape(outputType);
  if (value.size() < 3 || value.size() > 4 || output.size() < 3 || output.size() > 4)
    return op->emitOpError()
           << "expects value and output of rank 4 (sequence, position, head, width), or 3 when packed, but got "
           << valueType << " and " << outputType;
  int64_t heads = output[output.size() - 2], valueHeads = value[value.size() - 2];
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(valueHeads) || valueHeads == 0 || heads % valueHeads != 0)
    return op->emitOpError() << "expects static output heads, a multiple of the value's heads, but got " << outputType
                             << " and " << valueType;
  if (value.back() != output.back() || ShapedType::isDynamic(value.back()))
    return op->emitOpError() << "expects value and output of one static width, but got " << valueType << " and "
                             << outputType;
  if (value.back() == 0)
    return op->emitOpError() << "expects a value of a width of at least 1, but got " << valueType
                             << "; an output without features is none";
  return verifyNumbers(op, {valueTensor, outputTensor});
}

LogicalResult attn::verifyStates(Operation *op, std::optional<StringRef> form, ValueRange initial, ValueRange final,
                                 size_t parts) {
  StringRef number = form.value_or("");
  int64_t tokens = 0;
  bool isOfTokens =
      number.consume_front("chunked ") && !number.getAsInteger(10, tokens) && tokens >= 1 && tokens <= 1024;
  if (form && !isOfTokens && *form != "quadratic" && *form != "chunked" && *form != "recurrent")
    return op->emitOpError()
           << "expects `form` to be \"quadratic\", \"chunked\", \"chunked N\" with 1 <= N <= 1024 tokens "
              "a chunk, or \"recurrent\", but got \""
           << *form << "\"; leave it out to have it chosen by cost";
  for (size_t count : {initial.size(), final.size()})
    if (count != 0 && count != parts)
      return op->emitOpError() << "expects a state of " << parts << (parts == 1 ? " part" : " parts") << ", but got "
                               << count << (parts == 1 ? "; without a normaliser there is U alone" : "; give U and u");
  return success();
}
