//===- Variants.cpp - registration of the ops of chains and of layers, and what several of them check ---===//

#include "dialect/attn/Variants.h"

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
  Checks checks;
  checks.add(verifyNumbers(op, {queryTensor, keyTensor}));
  if (!isOfAttention(queryType) || !isOfAttention(keyType)) {
    checks.add(op->emitOpError()
               << "expects query and key of rank 4 (sequence, position, head, width), or 3 when packed, but got "
               << queryType << " and " << keyType << "; split features into heads by nn.split_heads");
    return checks;
  }
  if (query.back() != key.back() || ShapedType::isDynamic(query.back()))
    checks.add(op->emitOpError() << "expects query and key of one static width, but got " << queryType << " and "
                                 << keyType << "; write one number as the width of both");
  else if (query.back() == 0)
    checks.add(op->emitOpError() << "expects a query and key of a width of at least 1, but got " << queryType << " and "
                                 << keyType << "; products of no features are no scores: give them features");
  int64_t heads = query[query.size() - 2], keyHeads = key[key.size() - 2];
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(keyHeads) || keyHeads == 0 || heads % keyHeads != 0)
    checks.add(op->emitOpError() << "expects static query heads, a multiple of the key heads, but got " << queryType
                                 << " and " << keyType
                                 << "; write heads as numbers, equally many query heads for each key head");
  return checks;
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
  Checks checks;
  checks.add(verifyNumbers(op, {valueTensor, outputTensor}));
  if (!isOfAttention(valueType) || !isOfAttention(outputType)) {
    checks.add(op->emitOpError()
               << "expects value and output of rank 4 (sequence, position, head, width), or 3 when packed, but got "
               << valueType << " and " << outputType << "; split features into heads by nn.split_heads");
    return checks;
  }
  int64_t heads = output[output.size() - 2], valueHeads = value[value.size() - 2];
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(valueHeads) || valueHeads == 0 || heads % valueHeads != 0)
    checks.add(op->emitOpError() << "expects static output heads, a multiple of the value's heads, but got "
                                 << outputType << " and " << valueType
                                 << "; write heads as numbers, equally many output heads for each of the value's");
  if (value.back() != output.back() || ShapedType::isDynamic(value.back()))
    checks.add(op->emitOpError() << "expects value and output of one static width, but got " << valueType << " and "
                                 << outputType << "; write one number as the width of both");
  else if (value.back() == 0)
    checks.add(op->emitOpError() << "expects a value of a width of at least 1, but got " << valueType
                                 << "; an output without features is none: give it features");
  return checks;
}

LogicalResult attn::verifyStates(Operation *op, std::optional<StringRef> form, ValueRange initial, ValueRange final,
                                 size_t parts) {
  StringRef number = form.value_or("");
  int64_t tokens = 0;
  bool isOfTokens =
      number.consume_front("chunked ") && !number.getAsInteger(10, tokens) && tokens >= 1 && tokens <= 1024;
  Checks checks;
  if (form && !isOfTokens && *form != "quadratic" && *form != "chunked" && *form != "recurrent")
    checks.add(op->emitOpError()
               << "expects `form` to be \"quadratic\", \"chunked\", \"chunked N\" with 1 <= N <= 1024 tokens "
                  "a chunk, or \"recurrent\", but got \""
               << *form << "\"; leave it out to have it chosen by cost");
  for (auto [state, name] : {std::pair(initial, "initial"), std::pair(final, "final")})
    if (!state.empty() && state.size() != parts)
      checks.add(op->emitOpError() << "expects " << (parts == 1 ? "1 part" : "2 parts") << " of the " << name
                                   << " state, but got " << state.size()
                                   << (parts == 1 ? "; without a normaliser there is U alone" : "; give U and u"));
  return checks;
}
