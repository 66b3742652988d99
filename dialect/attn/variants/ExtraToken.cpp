//===- ExtraToken.cpp - what `extra_token` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace attn;

LogicalResult ExtraTokenOp::verify() {
  DotProductOp source = sourceOf(getScores());
  if (!source) // (C1)
    return emitOpError("expects scores of a chain that begins at attn.dot_product, whose queries meet the token");
  if (getSequences() && getSequences().getDefiningOp<PackedOp>()) // (C3)
    return emitOpError("expects sequences as rows of a batch, but got packed ones; use attn.padded");
  ArrayRef<int64_t> query = dataShape(source.getQuery().getType()), output = getOutput().getType().getShape();
  if (query.size() != 4 || output.size() != 4) // (C3)
    return emitOpError() << "expects queries and an output of rank 4, but got " << source.getQuery().getType()
                         << " and " << getOutput().getType();
  struct Row {
    StringRef name;
    Value weight;
    int64_t width;
  };
  for (auto [name, weight, width] : {Row{"key", getTokenKey(), query[3]}, Row{"value", getTokenValue(), output[3]}}) {
    ArrayRef<int64_t> shape = learnedShape(weight);
    if (shape.size() != 2 || shape[1] != width || ShapedType::isDynamic(query[2]) || query[2] % shape[0] != 0) // (C2)
      return emitOpError() << "expects the token's " << name << " to have a row of width " << width
                           << " for each head, whose number divides the query's, but got " << weight.getType();
  }
  return success();
}

/// Both partial results count from the larger of log-sum-exp and the token's score, so that nothing overflows; the
/// log-sum-exp of a row without keys is −∞, whose part is 0.
FailureOr<SmallVector<Value>> ExtraTokenOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  RankedTensorType output = getOutput().getType();
  DotProductOp source = sourceOf(getScores());
  auto query = cast<RankedTensorType>(source.getQuery().getType());
  RankedTensorType perHead = b.tensorOf(output.getShape().drop_back(), b.getF32Type());
  auto attended = SoftmaxOp::create(b, b.tensorOf(output.getShape(), b.getF32Type()), perHead, getScores(), getValue(),
                                    getSequences());

  int64_t heads = query.getDimSize(2);
  auto headOf = [&](Value weight) { return b.loop(2).floorDiv(heads / learnedShape(weight)[0]); };
  Value products = b.sumOfProducts(perHead, 1,
                                   {{source.getQuery(), {b.loop(0), b.loop(1), b.loop(2), b.loop(3)}},
                                    {getTokenKey(), {headOf(getTokenKey()), b.loop(3)}}});
  Value scale = source.getScale();
  if (!scale)
    scale = b.f32(1 / std::sqrt(static_cast<double>(query.getDimSize(3))));

  SmallVector<nn::LoopInput> inputs = {{attended.getOutput(), b.loopRange(0, 4)},
                                       {attended.getLse(), b.loopRange(0, 3)},
                                       {products, b.loopRange(0, 3)},
                                       {getTokenValue(), {headOf(getTokenValue()), b.loop(3)}}};
  auto padded = getSequences() ? getSequences().getDefiningOp<PaddedOp>() : PaddedOp();
  Value lengths = padded ? padded.getQueryLengths() : Value();
  if (lengths)
    inputs.push_back({lengths, {b.loop(0)}});
  return SmallVector<Value>{b.map(output, inputs, [&](const nn::LoopScalars &at) -> Value {
    Value score = arith::MulFOp::create(b, scale, at.elements[2]);
    Value most = arith::MaximumFOp::create(b, at.elements[1], score);
    Value ofKeys = math::ExpOp::create(b, arith::SubFOp::create(b, at.elements[1], most));
    Value ofToken = math::ExpOp::create(b, arith::SubFOp::create(b, score, most));
    Value sum = arith::AddFOp::create(b, arith::MulFOp::create(b, ofKeys, at.elements[0]),
                                      arith::MulFOp::create(b, ofToken, at.elements[3]));
    Value merged = arith::DivFOp::create(b, sum, arith::AddFOp::create(b, ofKeys, ofToken));
    if (!lengths)
      return merged;
    Value isRow = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at.indices[1], at.elements[4]);
    return arith::SelectOp::create(b, isRow, merged, b.f32(0));
  })};
}
