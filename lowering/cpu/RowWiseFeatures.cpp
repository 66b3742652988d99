//===- RowWiseFeatures.cpp - row-wise ops over the features of a row ---===//
//
// Norms, softmax, the greatest features, quantisation: each reads a row more than once, which is why its input is kept.
// Lanes beyond a row's end are 0 when loaded, and taken out where 0 would count.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/RowWiseRows.h"

#include "lowering/cpu/KernelBody.h"
#include "lowering/cpu/VectorMath.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;
using namespace attn;

static Value zeroVector(ImplicitLocOpBuilder &b, int64_t lanes) {
  return arith::ConstantOp::create(b, b.getZeroAttr(VectorType::get(lanes, b.getF32Type())));
}

/// x where the row has lanes, `otherwise` beyond its end.
static Value onLanes(ImplicitLocOpBuilder &b, Value mask, Value x, double otherwise) {
  return mask ? arith::SelectOp::create(b, mask, x, constantLike(b, x, otherwise)).getResult() : x;
}

static Value compare(ImplicitLocOpBuilder &b, arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(b, predicate, x, y);
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

void RowCode::normalize(Value input, Value result, const Norm &norm) {
  int64_t features = featuresOf(input), width = segmentWidth(input);
  Value zero = zeroVector(b, lanes()), mean;
  if (norm.isCentred) {
    Value sums = forEachPart(features, width, zero, [&](const Part &part, ValueRange sum) -> SmallVector<Value> {
                   return {arith::AddFOp::create(b, sum.front(), evaluate(input, part))};
                 }).front();
    Value sum = sumLanes(b, sums);
    mean = splat(b, arith::DivFOp::create(b, sum, constantLike(b, sum, features)), lanes());
  }
  auto centred = [&](const Part &part) -> Value {
    Value x = evaluate(input, part);
    return mean ? onLanes(b, part.mask, arith::SubFOp::create(b, x, mean), 0) : x;
  };
  Value squares = forEachPart(features, width, zero, [&](const Part &part, ValueRange sum) -> SmallVector<Value> {
                    Value x = centred(part);
                    return {vector::FMAOp::create(b, x, x, sum.front())};
                  }).front();
  Value divisor = norm.divisor(sumLanes(b, squares));
  Value factor = splat(b, arith::DivFOp::create(b, constantLike(b, divisor, 1.0), divisor), lanes());
  keepAll(result, width, [&](const Part &part) -> Value {
    Value x = arith::MulFOp::create(b, centred(part), factor);
    if (norm.gain)
      x = arith::MulFOp::create(b, x, loadStored(norm.gain, {}, flat(part), part.mask));
    if (norm.bias)
      x = arith::AddFOp::create(b, x, loadStored(norm.bias, {}, flat(part), part.mask));
    return x;
  });
}

/// √(sum / features + ε).
static Value rootOfMean(ImplicitLocOpBuilder &b, Value sum, int64_t features, FloatAttr epsilon) {
  Value mean = arith::DivFOp::create(b, sum, constantLike(b, sum, features));
  return math::SqrtOp::create(b, arith::AddFOp::create(b, mean, arith::ConstantOp::create(b, epsilon)));
}

LogicalResult RowCode::emitRmsNorm(nn::RmsNormOp op) {
  auto divisor = [&](Value squares) { return rootOfMean(b, squares, featuresOf(op.getInput()), op.getEpsilonAttr()); };
  normalize(op.getInput(), op.getResult(), {/*isCentred=*/false, op.getGain(), Value(), divisor});
  return success();
}

LogicalResult RowCode::emitLayerNorm(nn::LayerNormOp op) {
  auto divisor = [&](Value squares) { return rootOfMean(b, squares, featuresOf(op.getInput()), op.getEpsilonAttr()); };
  normalize(op.getInput(), op.getResult(), {/*isCentred=*/true, op.getGain(), op.getBias(), divisor});
  return success();
}

LogicalResult RowCode::emitL2Norm(nn::L2NormOp op) {
  auto divisor = [&](Value squares) -> Value {
    Value root = math::SqrtOp::create(b, squares), least = arith::ConstantOp::create(b, op.getEpsilonAttr());
    return arith::MaximumFOp::create(b, root, least);
  };
  normalize(op.getInput(), op.getResult(), {/*isCentred=*/false, Value(), Value(), divisor});
  return success();
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitSoftmax(Operation *op) {
  Value input = op->getOperand(0), result = op->getResult(0), zero = zeroVector(b, lanes());
  int64_t features = featuresOf(input), width = segmentWidth(input);
  double none = -std::numeric_limits<double>::infinity();
  Value greatest = forEachPart(features, width, constantLike(b, zero, none),
                               [&](const Part &part, ValueRange most) -> SmallVector<Value> {
                                 Value x = onLanes(b, part.mask, evaluate(input, part), none);
                                 Value above = compare(b, arith::CmpFPredicate::OGT, x, most.front());
                                 return {arith::SelectOp::create(b, above, x, most.front())};
                               })
                       .front();
  Value bound = splat(b, maxLanes(b, greatest), lanes());
  auto power = [&](const Part &part) { return attn::exp(b, arith::SubFOp::create(b, evaluate(input, part), bound)); };
  Value sums = forEachPart(features, width, zero, [&](const Part &part, ValueRange sum) -> SmallVector<Value> {
                 return {arith::AddFOp::create(b, sum.front(), onLanes(b, part.mask, power(part), 0))};
               }).front();
  Value sum = splat(b, sumLanes(b, sums), lanes());
  if (isa<nn::LogSoftmaxOp>(op)) {
    // (x − m) − ln Σ: m + ln Σ, which may be large, would round the small differences away.
    Value logarithm = attn::log(b, sum);
    keepAll(result, width, [&](const Part &part) -> Value {
      Value below = arith::SubFOp::create(b, evaluate(input, part), bound);
      return arith::SubFOp::create(b, below, logarithm);
    });
    return success();
  }
  keepAll(result, width, [&](const Part &part) -> Value { return arith::DivFOp::create(b, power(part), sum); });
  return success();
}

//===----------------------------------------------------------------------===//
// The greatest features
//===----------------------------------------------------------------------===//

/// One pass over the row for each of the `count` greatest: of those that come after the last one found, falling values
/// first, then rising indices, the first. Lanes keep their own first ones; the row's is among them.
void RowCode::emitGreatest(Value input, int64_t count, Value values, Value indices) {
  int64_t features = featuresOf(input), width = segmentWidth(input);
  auto integers = VectorType::get(lanes(), b.getI32Type());
  SmallVector<int32_t> numbers;
  for (int64_t lane = 0; lane < lanes(); ++lane)
    numbers.push_back(lane);
  Value laneNumbers = arith::ConstantOp::create(b, integers, DenseElementsAttr::get(integers, ArrayRef(numbers)));
  double infinity = std::numeric_limits<double>::infinity();
  Value nowhere = constantLike(b, laneNumbers, std::numeric_limits<int32_t>::max());
  Value least = constantLike(b, zeroVector(b, lanes()), -infinity);
  auto both = [&](Value x, Value y) -> Value { return arith::AndIOp::create(b, x, y); };
  auto either = [&](Value x, Value y) -> Value { return arith::OrIOp::create(b, x, y); };
  auto isBehind = [&](Value x, Value y) -> Value { return arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, x, y); };

  Value first = arith::ConstantOp::create(b, b.getF32FloatAttr(infinity));
  SmallVector<Value> start = {first, arith::ConstantIntOp::create(b, -1, 32)};
  makeLoop(b, index(0), index(count), 1, start, [&](Value place, ValueRange last) -> SmallVector<Value> {
    Value value = splat(b, last[0], lanes()), number = splat(b, last[1], lanes());
    SmallVector<Value> best =
        forEachPart(features, width, {least, nowhere}, [&](const Part &part, ValueRange best) -> SmallVector<Value> {
          Value x = evaluate(input, part);
          Value begin = arith::IndexCastOp::create(b, b.getI32Type(), flat(part));
          Value i = arith::AddIOp::create(b, splat(b, begin, lanes()), laneNumbers);
          Value equal = compare(b, arith::CmpFPredicate::OEQ, x, value);
          Value left = either(compare(b, arith::CmpFPredicate::OLT, x, value), both(equal, isBehind(i, number)));
          Value same = compare(b, arith::CmpFPredicate::OEQ, x, best[0]);
          Value wins = either(compare(b, arith::CmpFPredicate::OGT, x, best[0]), both(same, isBehind(best[1], i)));
          wins = both(wins, left);
          if (part.mask)
            wins = both(wins, part.mask);
          return {arith::SelectOp::create(b, wins, x, best[0]), arith::SelectOp::create(b, wins, i, best[1])};
        });
    Value greatest = maxLanes(b, best[0]);
    Value has = compare(b, arith::CmpFPredicate::OEQ, best[0], splat(b, greatest, lanes()));
    Value candidates = arith::SelectOp::create(b, has, best[1], nowhere);
    Value found = vector::ReductionOp::create(b, vector::CombiningKind::MINSI, candidates);
    // A row without enough numbers, NaN being none, names its last feature.
    Value inside = arith::MinSIOp::create(b, found, constantLike(b, found, features - 1));
    memref::StoreOp::create(b, inside, kept.lookup(indices), place);
    if (values)
      memref::StoreOp::create(b, greatest, kept.lookup(values), place);
    return {greatest, found};
  });
}

//===----------------------------------------------------------------------===//
// Quantisation
//===----------------------------------------------------------------------===//

LogicalResult RowCode::emitQuantize(nn::QuantizeOp op) {
  int64_t width = segmentWidth(op.getInput());
  if (width % lanes() != 0)
    return op.emitOpError() << "expects heads of a multiple of " << lanes() << " features, but got " << width;
  SmallVector<Value> destinations;
  for (Operation *user : op.getResult().getUsers()) {
    auto result = dyn_cast<bufferization::MaterializeInDestinationOp>(user);
    if (!result)
      return op.emitOpError("expects its result to be a result of the kernel; no row-wise op reads quantised rows");
    destinations.push_back(result.getDest());
  }
  auto bytes = [&](Value scalar) {
    Value one = vector::BroadcastOp::create(b, VectorType::get(1, scalar.getType()), scalar);
    return vector::BitCastOp::create(b, VectorType::get(4, b.getI8Type()), one).getResult();
  };
  makeLoop(b, 0, featuresOf(op.getInput()) / blockElements, 1, {}, [&](Value block, ValueRange) {
    SmallVector<Value> parts;
    Value greatest;
    for (int64_t first = 0; first < blockElements; first += lanes()) {
      parts.push_back(evaluate(op.getInput(), {block, index(first), {}, blockElements}));
      Value absolute = math::AbsFOp::create(b, parts.back());
      Value above =
          greatest ? arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, greatest, absolute).getResult() : Value();
      greatest = greatest ? arith::SelectOp::create(b, above, greatest, absolute).getResult() : absolute;
    }
    Value bound = maxLanes(b, greatest);
    Value scale = arith::DivFOp::create(b, bound, constantLike(b, bound, 127.0));
    Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, scale, constantLike(b, scale, 0.0));
    Value divisor = splat(b, arith::SelectOp::create(b, isZero, constantLike(b, scale, 1.0), scale), lanes());
    Value sum;
    for (Value &part : parts) {
      part = roundEven(b, arith::DivFOp::create(b, part, divisor));
      sum = sum ? arith::AddFOp::create(b, sum, part).getResult() : part;
    }
    Value weighted = arith::MulFOp::create(b, scale, sumLanes(b, sum));
    for (Value destination : destinations) {
      auto store = [&](Value vector, int64_t offset) {
        SmallVector<Value> indices(row);
        indices.append({block, index(offset)});
        vector::StoreOp::create(b, vector, destination, indices);
      };
      store(bytes(scale), 0);
      store(bytes(weighted), 4);
      for (auto [number, part] : llvm::enumerate(parts)) {
        Value integers = arith::FPToSIOp::create(b, VectorType::get(lanes(), b.getI32Type()), part);
        store(arith::TruncIOp::create(b, VectorType::get(lanes(), b.getI8Type()), integers), 8 + number * lanes());
      }
    }
    return SmallVector<Value>();
  });
  return success();
}
