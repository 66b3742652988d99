//===- Layers.cpp - what layers share ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

ArrayRef<int64_t> attn::learnedShape(Value weight) { return cast<nn::WeightType>(weight.getType()).getShape(); }

bool attn::sizesFit(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip(a, b), [](auto pair) {
           auto [x, y] = pair;
           return x == y || ShapedType::isDynamic(x) || ShapedType::isDynamic(y);
         });
}

LogicalResult attn::verifyHeadMatrices(Operation *op, Value query, Value weight, int64_t width) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(query.getType()).getShape();
  if (shape.size() < 3 || ShapedType::isDynamic(shape.back()) || ShapedType::isDynamic(shape.rbegin()[1]))
    return op->emitOpError() << "expects a query (…, heads, width) with static heads and width, but got "
                             << query.getType();
  int64_t rows = shape.back() * shape.rbegin()[1];
  if (learnedShape(weight) != ArrayRef<int64_t>({rows, width}))
    return op->emitOpError() << "expects a weight of " << rows << "x" << width
                             << ", a matrix for each head one below the other, but got " << weight.getType();
  return success();
}

Value attn::gateHeads(nn::GraphBuilder &b, Value query, Value weight, Value input, RankedTensorType result) {
  auto queryType = cast<RankedTensorType>(query.getType()), inputType = cast<RankedTensorType>(input.getType());
  unsigned rank = queryType.getRank(), head = rank - 2, feature = rank - 1, reduced = rank;
  int64_t width = queryType.getShape().back(), group = queryType.getDimSize(head) / inputType.getDimSize(head);
  auto ofQuery = b.loopRange(0, rank), ofInput = b.loopRange(0, rank);
  ofQuery.back() = b.loop(reduced);
  ofInput[head] = b.loop(head).floorDiv(group);
  SmallVector<AffineExpr, 4> ofWeight = {b.loop(head) * width + b.loop(reduced), b.loop(feature)};
  Value products =
      b.sumOfProducts(b.tensorOf(result.getShape(), b.getF32Type()), 1, {{query, ofQuery}, {weight, ofWeight}});
  return b.map(result, {{products, b.loopRange(0, rank)}, {input, ofInput}}, [&](const nn::LoopScalars &at) -> Value {
    return arith::MulFOp::create(b, b.sigmoid(at.elements[0]), at.elements[1]);
  });
}

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

DotProductOp attn::sourceOf(Value scores) {
  SmallVector<Operation *> chain = chainBehind(scores);
  return chain.empty() ? DotProductOp() : dyn_cast<DotProductOp>(chain.back());
}

Value attn::rebuildChain(OpBuilder &b, Value scores, Value source) {
  IRMapping mapping;
  for (Operation *op : llvm::reverse(chainBehind(scores))) {
    if (isa<DotProductOp>(op))
      mapping.map(op->getResult(0), source);
    else
      b.clone(*op, mapping);
  }
  return mapping.lookup(scores);
}

LogicalResult attn::verifyAdaptive(Operation *op, Value scores, Value sequences, Value previous, Value statistics,
                                   int64_t count) {
  DotProductOp source = sourceOf(scores);
  if (!source)
    return op->emitOpError("expects scores of a chain that begins at attn.dot_product, which it computes in more than "
                           "one way");
  for (Value data : {source.getQuery(), source.getKey()})
    if (auto type = dyn_cast<RankedTensorType>(data.getType()); !type || type.getRank() != 4)
      return op->emitOpError() << "expects queries and keys that are tensors of rank 4, but got " << data.getType()
                               << "; it makes others of them, which a cache cannot become";
  if (sequences && sequences.getDefiningOp<PackedOp>())
    return op->emitOpError("expects sequences as rows of a batch, but got packed ones; use attn.padded");
  for (Value counts : {previous, statistics})
    if (counts && cast<RankedTensorType>(counts.getType()).getShape() != ArrayRef(count))
      return op->emitOpError() << "expects statistics of " << count << " numbers, but got " << counts.getType();
  return success();
}
