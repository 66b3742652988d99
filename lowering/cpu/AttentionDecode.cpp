//===- AttentionDecode.cpp - a sweep with features in lanes ---===//
//
// For a handful of rows, memory is the limit: every row of K and V is read once, as vectors of features, for all rows
// (the heads of a group) of the task. The rows are a power of two, R, so that a register holds the scores of
// lanes / R keys with the row as the fast index:
//
//   for each step of keys, K and V in scratch, zero beyond the range:
//     for lanes / R keys at a time:   lanes sums of products, one a (key, row), added up over their lanes
//     maximum, weights and sums on such registers; lanes that belong to one row meet at the end of a step only
//     O[r][e] = O[r][e] · α[r] + Σ_j P[j][r] · V[j][e]
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/AttentionTask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace attn;

namespace {

class Decode : public AttentionTask {
public:
  Decode(VectorBuilder &builder, AttentionSweep &sweep)
      : AttentionTask(builder, sweep, std::max<int64_t>(2, builder.lanes / sweep.rowCount())),
        keysPerVector(b.lanes / rows), paddedValueWidth(padded(valueWidth, b.lanes)) {}

private:
  void begin() override;
  void emitStep(const Step &at) override;
  void end() override;

  Value sumOfLanes(Vectors products);
  Value emitScores(Value firstRow);
  Value spreadRows(Value ofRows);
  Pairs pairsAt(Value firstKey);
  Value emitChangedScores(const Step &at);
  Value acrossKeys(Value vector, llvm::function_ref<Value(Value, Value)> combine);
  Value emitWeights(Value subtrahend, const Step &at);
  void accumulate(Value rescale, const Step &at);

  const int64_t keysPerVector, paddedValueWidth;
  /// Scores of a step by (key, row), and its weights by (key / depth, row, key mod depth).
  Value scores, weights;
  Value maxima, sums, rescales;
};

} // namespace

//===----------------------------------------------------------------------===//
// Before the first and after the last range
//===----------------------------------------------------------------------===//

void Decode::begin() {
  Type f32 = b.getF32Type();
  scores = b.scratch({step * rows}, f32);
  weights = weighting.depth == 1 ? scores : b.scratch({step * rows}, weighting.element);
  outputRows = b.scratch({rows, paddedValueWidth}, f32);
  maxima = b.scratch({b.lanes}, f32);
  sums = b.scratch({b.lanes}, f32);
  rescales = b.scratch({b.lanes}, f32);
  b.storeVector(b.splat(-INFINITY), maxima, b.index(0));
  b.storeVector(b.splat(0.0), sums, b.index(0));
  b.loop(b.index(0), b.index(rows), 1, [&](Value row) { zeroRow(b, outputRows, row); });
}

void Decode::end() {
  Value sum = acrossKeys(b.loadVector(sums, b.index(0)), [&](Value x, Value y) { return b.addf(x, y); });
  Value maximum = b.loadVector(maxima, b.index(0)), h = spreadRows(heads), i = spreadRows(positions);
  Normalizers finished = finishState(maximum, sum, sinkOf(h, i));
  for (int64_t row = 0; row < rows; ++row) {
    b.store(vector::ExtractOp::create(b, finished.inverseSum, row), inverseSums, b.index(row));
    if (logSums)
      b.store(vector::ExtractOp::create(b, finished.logSum, row), logSums, b.index(row));
  }
}

//===----------------------------------------------------------------------===//
// A step of keys
//===----------------------------------------------------------------------===//

void Decode::emitStep(const Step &at) {
  Value maximum = emitChangedScores(at), subtrahend, rescale;
  if (isExp()) {
    Value previous = b.loadVector(maxima, b.index(0));
    subtrahend = subtrahendOf(maximum);
    rescale = b.exp2(b.subf(previous, subtrahend));
    b.storeVector(maximum, maxima, b.index(0));
  }
  Value added = emitWeights(subtrahend, at), sum = b.loadVector(sums, b.index(0));
  b.storeVector(rescale ? b.fma(sum, rescale, added) : b.addf(sum, added), sums, b.index(0));
  accumulate(rescale, at);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// Neighbouring lanes of two registers are added pairwise until one register holds a sum of each.
Value Decode::sumOfLanes(Vectors products) {
  SmallVector<int64_t> even, odd;
  for (int64_t lane = 0; lane < b.lanes; ++lane) {
    even.push_back(2 * lane);
    odd.push_back(2 * lane + 1);
  }
  for (; products.size() > 1; products.resize(products.size() / 2))
    for (size_t pair = 0; pair < products.size() / 2; ++pair) {
      Value x = products[2 * pair], y = products[2 * pair + 1];
      products[pair] = b.addf(vector::ShuffleOp::create(b, x, y, even), vector::ShuffleOp::create(b, x, y, odd));
    }
  return products[0];
}

/// Scores of the keys at rows firstRow … of the tile: lane k · R + r is that of key k and row r.
Value Decode::emitScores(Value firstKey) {
  Value sum;
  for (Part &part : parts) {
    LaneProduct &product = part.product;
    Vectors products(b.lanes, b.splat(0.0));
    products =
        b.loop(b.index(0), b.index(part.paddedWidth), product.elements(), products, [&](Value feature, ValueRange so) {
          Vectors next, ofRow;
          for (int64_t row = 0; row < rows; ++row)
            ofRow.push_back(product.load(part.queries, {b.index(row), feature}));
          for (int64_t k = 0; k < keysPerVector; ++k) {
            Value key = product.load(part.keys, {b.add(firstKey, k), feature});
            for (int64_t row = 0; row < rows; ++row)
              next.push_back(addTerm(part, ofRow[row], key, feature, /*areFeatures=*/true, so[k * rows + row]));
          }
          return next;
        });
    sum = addPart(part, sumOfLanes(products), sum);
  }
  return sum;
}

/// One value a row in scratch, repeated along a register as rows are; null stays null.
Value Decode::spreadRows(Value ofRows) {
  if (!ofRows)
    return Value();
  SmallVector<int64_t> repeated;
  for (int64_t lane = 0; lane < b.lanes; ++lane)
    repeated.push_back(lane % rows);
  Value narrow = b.loadVector(ofRows, b.index(0), rows);
  return vector::ShuffleOp::create(b, narrow, narrow, repeated);
}

/// What stands in a register of scores whose first key is `firstKey`.
PairCode::Pairs Decode::pairsAt(Value firstKey) {
  Value offsets = b.laneNumbers([&](int64_t lane) { return lane / rows; });
  return {spreadRows(heads), spreadRows(positions), arith::AddIOp::create(b, b.splat(b.i32(firstKey)), offsets)};
}

/// Combines the lanes that belong to one row; each of them gets the result.
Value Decode::acrossKeys(Value vector, llvm::function_ref<Value(Value, Value)> combine) {
  for (int64_t distance = rows; distance < b.lanes; distance *= 2) {
    SmallVector<int64_t> rotated;
    for (int64_t lane = 0; lane < b.lanes; ++lane)
      rotated.push_back(lane ^ distance);
    vector = combine(vector, vector::ShuffleOp::create(b, vector, vector, rotated));
  }
  return vector;
}

/// Computes and keeps the scores of a step; returns the running maximum of each row.
Value Decode::emitChangedScores(const Step &at) {
  Value previous = b.loadVector(maxima, b.index(0));
  Vectors running = b.loop(b.index(0), at.count, keysPerVector, previous, [&](Value firstRow, ValueRange carried) {
    Value score = changeScores(emitScores(firstRow), pairsAt(b.add(at.firstKey, firstRow)), at);
    b.storeVector(score, scores, b.mul(firstRow, rows));
    return Vectors{b.maximum(score, carried[0])};
  });
  return acrossKeys(running[0], [&](Value x, Value y) { return b.maximum(x, y); });
}

//===----------------------------------------------------------------------===//
// Weights and values
//===----------------------------------------------------------------------===//

Value Decode::emitWeights(Value subtrahend, const Step &at) {
  // Lane k · R + r of each register becomes (k / depth, r, k mod depth).
  SmallVector<int64_t> order;
  for (int64_t key = 0; key < blockKeys; key += weighting.depth)
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t u = 0; u < weighting.depth; ++u)
        order.push_back((key + u) * rows + row);
  return b.loop(b.index(0), at.count, blockKeys, b.splat(0.0), [&](Value firstRow, ValueRange carried) {
    Value sum = carried[0];
    Vectors rounded;
    for (int64_t key = 0; key < blockKeys; key += keysPerVector) {
      Value place = b.mul(b.add(firstRow, key), rows);
      Value weight = weightsOf(b.loadVector(scores, place), subtrahend, at);
      sum = b.addf(sum, weight);
      weight = timesFactor(weight, pairsAt(b.add(at.firstKey, b.add(firstRow, key))));
      if (weighting.depth == 1)
        b.storeVector(weight, weights, place);
      else
        rounded.push_back(weighting.round(weight));
    }
    if (weighting.depth > 1)
      b.storeVector(vector::ShuffleOp::create(b, rounded.front(), rounded.back(), order), weights,
                    b.mul(firstRow, rows));
    return Vectors{sum};
  })[0];
}

/// As many vectors of features at a time as give about 16 accumulators; `rescale` is null where nothing is rescaled.
void Decode::accumulate(Value rescale, const Step &at) {
  if (rescale)
    b.storeVector(rescale, rescales, b.index(0));
  bool leavesOut = !at.full && sweep.hasMaskRegion();
  int64_t vectors = paddedValueWidth / b.lanes, atOnce = std::min(vectors, std::max<int64_t>(1, b.lanes / rows));
  while (vectors % atOnce != 0 || atOnce * rows > (b.target.vectorRegisters == 32 ? 16 : 8))
    if (--atOnce <= 1)
      break;
  b.loop(b.index(0), b.index(paddedValueWidth), atOnce * b.lanes, [&](Value feature) {
    Vectors output;
    for (int64_t row = 0; row < rows; ++row) {
      Value factor = rescale ? b.splat(b.load(rescales, b.index(row))) : Value();
      for (int64_t v = 0; v < atOnce; ++v) {
        Value before = b.loadVector(outputRows, {b.index(row), b.add(feature, v * b.lanes)});
        output.push_back(factor ? b.mulf(before, factor) : before);
      }
    }
    int64_t depth = weighting.depth;
    output = b.loop(b.index(0), b.divide(at.count, depth), 1, output, [&](Value keys, ValueRange so) {
      Vectors next, values;
      for (int64_t v = 0; v < atOnce; ++v)
        values.push_back(weighting.load(valueTile, {keys, b.mul(b.add(feature, v * b.lanes), depth)}));
      for (int64_t row = 0; row < rows; ++row) {
        Value weight = weighting.broadcast(weights, b.mul(b.add(b.mul(keys, rows), row), depth));
        Value zeros = leavesOut ? weighting.zerosOf(weight) : Value();
        for (int64_t v = 0; v < atOnce; ++v) {
          Value before = so[row * atOnce + v];
          next.push_back(leavesOut ? weighting.addWhereWeighted(values[v], weight, zeros, before)
                                   : weighting.add(values[v], weight, before));
        }
      }
      return next;
    });
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t v = 0; v < atOnce; ++v)
        b.storeVector(output[row * atOnce + v], outputRows, {b.index(row), b.add(feature, v * b.lanes)});
  });
}

LogicalResult attn::emitDecode(VectorBuilder &builder, AttentionSweep &sweep) { return Decode(builder, sweep).emit(); }
