//===- ExtraToken.cpp - what `extra_token` stands for ---===//

#include "dialect/attn/Layers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace mlir;
using namespace attn;

/// (C3) and (C4), of queries and an output of the rank that the sequences ask for.
static LogicalResult verifyTokenResults(ExtraTokenOp op, int64_t heads, bool isPacked) {
  Checks checks;
  ArrayRef<int64_t> output = op.getOutput().getType().getShape();
  if (op.getLse() && !sizesFit(cast<ShapedType>(op.getLse().getType()).getShape(), output.drop_back())) // (C3)
    checks.add(op.emitOpError() << "expects a log-sum-exp of the output's rows and heads, but got "
                                << op.getLse().getType() << " beside " << op.getOutput().getType()
                                << "; give it these sizes");
  if (!op.getWeights())
    return checks;
  ArrayRef<int64_t> weights = op.getWeights().getType().getShape(), ofToken = op.getTokenWeights().getType().getShape();
  int64_t expected[] = {output[0], heads, output[1], ShapedType::kDynamic};
  if (isPacked || !sizesFit(weights, expected) || !sizesFit(ofToken, output.drop_back())) // (C4)
    checks.add(op.emitOpError()
               << "expects weights of (sequence, head, position, key), those of the token of (sequence, position, "
                  "head), at attn.padded, but got "
               << op.getWeights().getType() << " and " << op.getTokenWeights().getType() << " beside "
               << op.getOutput().getType() << (isPacked ? " at attn.packed" : "")
               << "; pad the sequences, and give weights these sizes");
  return checks;
}

/// (C2) of the token's key or value.
static LogicalResult verifyTokenRows(ExtraTokenOp op, StringRef name, Value weight, int64_t heads, int64_t width) {
  ArrayRef<int64_t> shape = learnedShape(weight);
  if (shape.size() == 2 && shape[1] == width && !ShapedType::isDynamic(heads) && heads % shape[0] == 0)
    return success();
  return op.emitOpError() << "expects the token's " << name << " to have a row of width " << width
                          << " for each head, whose number divides the query's, but got " << weight.getType()
                          << "; write !nn.weight<heads x width>";
}

LogicalResult ExtraTokenOp::verify() {
  Checks checks;
  checks.add(verifyNumbers(*this, {getValue(), getOutput()}));
  DotProductOp source = sourceOf(getScores());
  if (!source) { // (C1)
    checks.add(refuseSource(*this, getScores(), "whose queries meet the token"));
    return checks;
  }
  ArrayRef<int64_t> query = dataShape(source.getQuery().getType()), output = getOutput().getType().getShape();
  bool isPacked = getSequences() && getSequences().getDefiningOp<PackedOp>();
  size_t rank = isPacked ? 3 : 4;
  bool haveRank = query.size() == rank && output.size() == rank;
  if (!haveRank || !sizesFit(query.drop_back(), output.drop_back())) // (C3)
    checks.add(emitOpError() << "expects queries and an output of "
                             << (isPacked ? "(row, head, width) at attn.packed" : "(sequence, position, head, width)")
                             << " with the same rows and heads, but got " << source.getQuery().getType() << " and "
                             << getOutput().getType() << "; make their rows and heads one");
  if (!haveRank)
    return checks;
  int64_t heads = query[rank - 2];
  checks.add(verifyTokenResults(*this, heads, isPacked));                             // (C3), (C4)
  checks.add(verifyTokenRows(*this, "key", getTokenKey(), heads, query.back()));      // (C2)
  checks.add(verifyTokenRows(*this, "value", getTokenValue(), heads, output.back())); // (C2)
  return checks;
}

/// Whether the output has the row at the loops' index `row`; null where it has all. `inputs` get what that takes.
static std::function<Value(const nn::LoopScalars &)> rowExists(nn::GraphBuilder &b, Value sequences, unsigned row,
                                                               SmallVector<nn::LoopInput> &inputs) {
  auto padded = sequences ? sequences.getDefiningOp<PaddedOp>() : PaddedOp();
  auto packed = sequences ? sequences.getDefiningOp<PackedOp>() : PackedOp();
  Value count = padded ? padded.getQueryLengths() : Value();
  if (packed) // Offsets ascend: the last is the largest.
    count = b.fold(
        b.tensorOf({1}, b.getI32Type()), 1, b.getI32IntegerAttr(0), {{packed.getQueryOffsets(), {b.loop(1)}}},
        [&](const nn::LoopScalars &at) -> Value { return arith::MaxSIOp::create(b, at.accumulator, at.elements[0]); });
  if (!count)
    return nullptr;
  unsigned input = inputs.size();
  inputs.push_back({count, {packed ? b.fixed(0) : b.loop(0)}});
  return [&b, row, input](const nn::LoopScalars &at) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, at.indices[row], at.elements[input]);
  };
}

/// Both partial results count from the larger of log-sum-exp and the token's score, so that nothing overflows; the
/// log-sum-exp of a row without keys is −∞, whose part is 0.
FailureOr<SmallVector<Value>> ExtraTokenOp::expand(OpBuilder &builder) {
  nn::GraphBuilder b(builder, getLoc());
  RankedTensorType output = getOutput().getType();
  unsigned rank = output.getRank(), position = rank - 3, head = rank - 2, feature = rank - 1;
  DotProductOp source = sourceOf(getScores());
  RankedTensorType perHead = b.tensorOf(output.getShape().drop_back(), b.getF32Type());
  auto attended = SoftmaxOp::create(b, b.tensorOf(output.getShape(), b.getF32Type()), perHead, getScores(), getValue(),
                                    getSequences());

  int64_t heads = dataShape(source.getQuery().getType())[head];
  auto headOf = [&](Value weight) { return b.loop(head).floorDiv(heads / learnedShape(weight)[0]); };
  Value products = b.sumOfProducts(
      perHead, 1,
      {{source.getQuery(), b.loopRange(0, rank)}, {getTokenKey(), {headOf(getTokenKey()), b.loop(feature)}}});
  Value scale = source.getScale();
  if (!scale)
    scale = b.f32(1 / std::sqrt(static_cast<double>(dataShape(source.getQuery().getType()).back())));

  struct Parts {
    Value most, ofKeys, ofToken;
  };
  auto partsOf = [&](Value lse, Value product) -> Parts {
    Value score = arith::MulFOp::create(b, scale, product), most = arith::MaximumFOp::create(b, lse, score);
    auto above = [&](Value x) -> Value { return math::ExpOp::create(b, arith::SubFOp::create(b, x, most)); };
    return {most, above(lse), above(score)};
  };
  auto unlessMissing = [&](const auto &exists, const nn::LoopScalars &at, Value value, double otherwise) -> Value {
    return exists ? Value(arith::SelectOp::create(b, exists(at), value, b.f32(otherwise))) : value;
  };
  SmallVector<nn::LoopInput> inputs = {{attended.getLse(), b.loopRange(0, feature)},
                                       {products, b.loopRange(0, feature)}};
  Value lse;
  if (getLse()) {
    SmallVector<nn::LoopInput> ofLse = inputs;
    auto exists = rowExists(b, getSequences(), position, ofLse);
    lse = b.map(perHead, ofLse, [&](const nn::LoopScalars &at) -> Value {
      Parts parts = partsOf(at.elements[0], at.elements[1]);
      Value sum = arith::AddFOp::create(b, parts.ofKeys, parts.ofToken);
      Value joint = arith::AddFOp::create(b, parts.most, math::LogOp::create(b, sum));
      return unlessMissing(exists, at, joint, -std::numeric_limits<double>::infinity());
    });
  }
  SmallVector<Value> weights = {Value(), Value()};
  if (getWeights()) {
    auto shareOf = [&](Value lse, Value product, bool isToken) -> Value {
      Parts parts = partsOf(lse, product);
      Value sum = arith::AddFOp::create(b, parts.ofKeys, parts.ofToken);
      return arith::DivFOp::create(b, isToken ? parts.ofToken : parts.ofKeys, sum);
    };
    Value alone = WeightsOp::create(b, getWeights().getType(), /*mean=*/UnitAttr(), attended.getOutput());
    SmallVector<AffineExpr, 4> row = {b.loop(0), b.loop(2), b.loop(1)};
    SmallVector<nn::LoopInput> ofKeys = {{alone, b.loopRange(0, 4)}, {attended.getLse(), row}, {products, row}};
    auto exists = rowExists(b, getSequences(), /*row=*/2, ofKeys);
    weights[0] = b.map(getWeights().getType(), ofKeys, [&](const nn::LoopScalars &at) -> Value {
      Value share = shareOf(at.elements[1], at.elements[2], /*isToken=*/false);
      return unlessMissing(exists, at, arith::MulFOp::create(b, at.elements[0], share), 0);
    });
    SmallVector<nn::LoopInput> ofToken = inputs;
    exists = rowExists(b, getSequences(), position, ofToken);
    weights[1] = b.map(perHead, ofToken, [&](const nn::LoopScalars &at) -> Value {
      return unlessMissing(exists, at, shareOf(at.elements[0], at.elements[1], /*isToken=*/true), 0);
    });
  }
  inputs.push_back({attended.getOutput(), b.loopRange(0, rank)});
  inputs.push_back({getTokenValue(), {headOf(getTokenValue()), b.loop(feature)}});
  auto exists = rowExists(b, getSequences(), position, inputs);
  Value merged = b.map(output, inputs, [&](const nn::LoopScalars &at) -> Value {
    Parts parts = partsOf(at.elements[0], at.elements[1]);
    Value sum = arith::AddFOp::create(b, arith::MulFOp::create(b, parts.ofKeys, at.elements[2]),
                                      arith::MulFOp::create(b, parts.ofToken, at.elements[3]));
    Value mean = arith::DivFOp::create(b, sum, arith::AddFOp::create(b, parts.ofKeys, parts.ofToken));
    return unlessMissing(exists, at, mean, 0);
  });
  SmallVector<Value> results{merged};
  llvm::copy_if(ArrayRef<Value>{lse, weights[0], weights[1]}, std::back_inserter(results),
                [](Value v) { return bool(v); });
  return results;
}
