//===- AttentionPrefill.cpp - a sweep with queries in lanes ---===//
//
// Everything is transposed: Sᵀ[j][i] = Σ_d K[j][d] · Qᵀ[d][i] and Oᵀ[e][i] += V[j][e] · Pᵀ[j][i]. Elements of K and V
// are broadcast, so that maximum, sum and rescaling need no reduction over lanes. A micro-kernel holds `blockVectors`
// vectors of queries times `blockKeys` keys (or features of V) in registers. Where a lane holds pairs of bf16, the
// pairs are neighbouring features in Sᵀ and neighbouring keys in Oᵀ (LaneProduct.h).
//
//   for each step of keys, K and V in scratch, zero beyond the range:
//     for each block of rows:
//       Sᵀ = K · Qᵀ;  score and mask where there are any;  running maximum m'
//       α = 2^(m − m'),  Pᵀ = 2^(Sᵀ − m'),  l = l · α + Σ Pᵀ
//       Oᵀ = Oᵀ · α + Vᵀ · Pᵀ
//
// Linear weights are the scores themselves: there is no maximum, and nothing is rescaled.
//
// Scores are kept times log₂e, so that the exponential is one of base 2. Where m' is −∞, no key was admitted yet and 0
// is subtracted instead: −∞ − 0 gives weight 0, and −∞ − −∞, which is NaN, never occurs.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/AttentionTask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace attn;

namespace {

class Prefill : public AttentionTask {
public:
  Prefill(VectorBuilder &builder, AttentionSweep &sweep)
      : AttentionTask(builder, sweep, blockVectorsOf(builder, sweep) == 1 ? 8 : 4),
        blockVectors(blockVectorsOf(builder, sweep)), paddedValueWidth(padded(valueWidth, blockKeys)) {}

private:
  void begin() override;
  void emitStep(const Step &at) override;
  void end() override;

  static int64_t blockVectorsOf(VectorBuilder &b, AttentionSweep &sweep);
  void emitBlock(Value firstColumn, const Step &step);
  Vectors emitProducts(Value firstColumn, const Step &step, ValueRange maximum, bool track);
  Vectors emitChanges(Value firstColumn, const Step &step, ValueRange maximum);
  Pairs pairsAt(Value column, Value key);
  Vectors emitWeights(Value firstColumn, const Step &step, ArrayRef<Value> subtrahend);
  void accumulate(Value firstColumn, const Step &step, ValueRange rescale);

  Value column(Value first, int64_t vector) { return b.add(first, vector * b.lanes); }
  Vectors loadBlock(LaneProduct &product, Value matrix, Value row, Value firstColumn);
  Vectors loadState(Value state, Value firstColumn);
  void storeState(ValueRange vectors, Value state, Value firstColumn);

  const int64_t blockVectors, paddedValueWidth;
  /// Transposed, `depth` elements of the summed dimension side by side: queries (width / depth, rows · depth) of each
  /// part, weights (step / depth, rows · depth). And scores (step, rows), output (value width, rows).
  SmallVector<Value> queriesT;
  Value weightsT, scoresT, outputT, maxima, sums;
};

} // namespace

/// The largest divisor of the tile's vectors whose accumulators fit the registers beside the operands.
int64_t Prefill::blockVectorsOf(VectorBuilder &b, AttentionSweep &sweep) {
  int64_t vectors = sweep.rowCount() / b.lanes;
  if (b.target.vectorRegisters == 32 && vectors % 4 == 0)
    return 4;
  return vectors % 3 == 0 ? 3 : vectors % 2 == 0 ? 2 : 1;
}

//===----------------------------------------------------------------------===//
// Blocks of rows in scratch
//===----------------------------------------------------------------------===//

Prefill::Vectors Prefill::loadBlock(LaneProduct &product, Value matrix, Value row, Value firstColumn) {
  Vectors vectors;
  for (int64_t v = 0; v < blockVectors; ++v)
    vectors.push_back(product.load(matrix, {row, b.mul(column(firstColumn, v), product.depth)}));
  return vectors;
}

Prefill::Vectors Prefill::loadState(Value state, Value firstColumn) {
  Vectors vectors;
  for (int64_t v = 0; v < blockVectors; ++v)
    vectors.push_back(b.loadVector(state, column(firstColumn, v)));
  return vectors;
}

void Prefill::storeState(ValueRange vectors, Value state, Value firstColumn) {
  for (int64_t v = 0; v < blockVectors; ++v)
    b.storeVector(vectors[v], state, column(firstColumn, v));
}

//===----------------------------------------------------------------------===//
// Before the first and after the last range
//===----------------------------------------------------------------------===//

void Prefill::begin() {
  Type f32 = b.getF32Type();
  for (Part &part : parts) {
    int64_t depth = part.product.depth;
    queriesT.push_back(b.scratch({part.paddedWidth / depth, rows * depth}, part.product.element));
    transposeInto(b, part.queries, queriesT.back(), depth);
  }
  int64_t depth = weighting.depth;
  scoresT = b.scratch({step, rows}, f32);
  weightsT = depth == 1 ? scoresT : b.scratch({step / depth, rows * depth}, weighting.element);
  outputT = b.scratch({padded(valueWidth, b.lanes), rows}, f32);
  maxima = b.scratch({rows}, f32);
  sums = b.scratch({rows}, f32);
  b.loop(b.index(0), b.index(rows), b.lanes, [&](Value x) {
    b.storeVector(b.splat(-INFINITY), maxima, x);
    b.storeVector(b.splat(0.0), sums, x);
  });
  b.loop(b.index(0), b.index(padded(valueWidth, b.lanes)), 1, [&](Value feature) { zeroRow(b, outputT, feature); });
}

void Prefill::end() {
  outputRows = b.scratch({rows, padded(valueWidth, b.lanes)}, b.getF32Type());
  b.loop(b.index(0), b.index(rows), b.lanes, [&](Value x) {
    Pairs pairs = pairsAt(x, Value());
    Normalizers finished = finishState(b.loadVector(maxima, x), b.loadVector(sums, x), sinkOf(pairs.h, pairs.i));
    b.storeVector(finished.inverseSum, inverseSums, x);
    if (logSums)
      b.storeVector(finished.logSum, logSums, x);
  });
  transposeInto(b, outputT, outputRows, 1);
}

//===----------------------------------------------------------------------===//
// A step of keys
//===----------------------------------------------------------------------===//

void Prefill::emitStep(const Step &at) {
  if (rows == blockVectors * b.lanes)
    return emitBlock(b.index(0), at);
  b.loop(b.index(0), b.index(rows), blockVectors * b.lanes, [&](Value firstColumn) { emitBlock(firstColumn, at); });
}

void Prefill::emitBlock(Value firstColumn, const Step &at) {
  bool changes = hasChanges(at);
  Vectors previous = loadState(maxima, firstColumn), subtrahend, rescale;
  Vectors maximum = emitProducts(firstColumn, at, previous, /*track=*/isExp() && !changes);
  if (changes)
    maximum = emitChanges(firstColumn, at, previous);
  for (int64_t v = 0; v < blockVectors; ++v) {
    if (!isExp()) {
      subtrahend.push_back(Value());
      continue;
    }
    subtrahend.push_back(subtrahendOf(maximum[v]));
    rescale.push_back(b.exp2(b.subf(previous[v], subtrahend[v])));
  }
  Vectors added = emitWeights(firstColumn, at, subtrahend), sum = loadState(sums, firstColumn);
  for (int64_t v = 0; v < blockVectors; ++v)
    sum[v] = isExp() ? b.fma(sum[v], rescale[v], added[v]) : b.addf(sum[v], added[v]);
  if (isExp())
    storeState(maximum, maxima, firstColumn);
  storeState(sum, sums, firstColumn);
  accumulate(firstColumn, at, rescale);
}

/// Lanes are queries from `column` on; a null key stands for none.
PairCode::Pairs Prefill::pairsAt(Value column, Value key) {
  Value h = heads ? b.loadVector(heads, column) : Value(), i = positions ? b.loadVector(positions, column) : Value();
  return {h, i, key ? b.i32(key) : Value()};
}

//===----------------------------------------------------------------------===//
// Sᵀ = K · Qᵀ
//===----------------------------------------------------------------------===//

/// Stores the products and, where `track`, returns the running maximum.
Prefill::Vectors Prefill::emitProducts(Value firstColumn, const Step &at, ValueRange maximum, bool track) {
  Vectors running = track ? Vectors(maximum) : Vectors();
  return b.loop(b.index(0), at.count, blockKeys, running, [&](Value firstKey, ValueRange carried) {
    Vectors products(blockKeys * blockVectors);
    for (auto [part, queries] : llvm::zip(parts, queriesT)) {
      LaneProduct &product = part.product;
      int64_t depth = product.depth;
      Vectors ofPart(products.size(), b.splat(0.0));
      Value lanes = b.index(padded(part.width, depth) / depth);
      ofPart = b.loop(b.index(0), lanes, 1, ofPart, [&](Value features, ValueRange so) {
        Vectors next, query = loadBlock(product, queries, features, firstColumn);
        for (int64_t k = 0; k < blockKeys; ++k) {
          Value key = product.broadcast(part.keys, {b.add(firstKey, k), b.mul(features, depth)});
          for (int64_t v = 0; v < blockVectors; ++v)
            next.push_back(addTerm(part, query[v], key, features, /*areFeatures=*/false, so[k * blockVectors + v]));
        }
        return next;
      });
      for (auto [sum, added] : llvm::zip(products, ofPart))
        sum = addPart(part, added, sum);
    }
    for (int64_t k = 0; k < blockKeys; ++k)
      for (int64_t v = 0; v < blockVectors; ++v)
        b.storeVector(products[k * blockVectors + v], scoresT, {b.add(firstKey, k), column(firstColumn, v)});
    Vectors next;
    for (int64_t v = 0; track && v < blockVectors; ++v) {
      // A tree, so that the maxima do not wait for each other.
      Vectors left;
      for (int64_t k = 0; k < blockKeys; ++k)
        left.push_back(products[k * blockVectors + v]);
      left.push_back(carried[v]);
      for (; left.size() > 1; left.resize((left.size() + 1) / 2))
        for (size_t pair = 0; pair < left.size() / 2; ++pair)
          left[pair] = b.maximum(left[pair], left[left.size() - 1 - pair]);
      next.push_back(left[0]);
    }
    return next;
  });
}

/// Applies the score region and the mask to the stored products; returns the running maximum. What they make of rows
/// alone (an element for each head, say, which lanes load one by one) is the same for all keys.
Prefill::Vectors Prefill::emitChanges(Value firstColumn, const Step &at, ValueRange maximum) {
  SmallVector<Pairs> pairs;
  SmallVector<OfRows> known;
  for (int64_t v = 0; v < blockVectors; ++v) {
    pairs.push_back(pairsAt(column(firstColumn, v), Value()));
    known.push_back(knownOf(pairs.back(), at));
  }
  return b.loop(b.index(0), at.count, 1, maximum, [&](Value row, ValueRange carried) {
    Vectors next;
    for (int64_t v = 0; v < blockVectors; ++v) {
      Value x = column(firstColumn, v);
      pairs[v].j = b.i32(b.add(at.firstKey, row));
      Value score = changeScores(b.loadVector(scoresT, {row, x}), pairs[v], at, known[v]);
      b.storeVector(score, scoresT, {row, x});
      next.push_back(b.maximum(score, carried[v]));
    }
    return next;
  });
}

//===----------------------------------------------------------------------===//
// Pᵀ = 2^(Sᵀ − m), and its sum over keys
//===----------------------------------------------------------------------===//

Prefill::Vectors Prefill::emitWeights(Value firstColumn, const Step &at, ArrayRef<Value> subtrahend) {
  // Two sums a vector hide the latency of the addition.
  constexpr int64_t unrolled = 2;
  int64_t depth = weighting.depth;
  Vectors zeros(unrolled * blockVectors, b.splat(0.0));
  Vectors partial = b.loop(b.index(0), at.count, unrolled, zeros, [&](Value firstKey, ValueRange carried) {
    Vectors next;
    for (int64_t v = 0; v < blockVectors; ++v) {
      Value x = column(firstColumn, v);
      Vectors rounded;
      for (int64_t u = 0; u < unrolled; ++u) {
        Value row = b.add(firstKey, u);
        Value weight = weightsOf(b.loadVector(scoresT, {row, x}), subtrahend[v], at);
        next.push_back(b.addf(carried[v * unrolled + u], weight));
        weight = timesFactor(weight, pairsAt(x, b.add(at.firstKey, row)));
        if (depth == 1)
          b.storeVector(weight, weightsT, {row, x});
        else
          rounded.push_back(weighting.round(weight));
      }
      if (depth == unrolled)
        b.storeVector(interleave(b, rounded[0], rounded[1]), weightsT, {b.divide(firstKey, depth), b.mul(x, depth)});
    }
    return next;
  });
  Vectors total;
  for (int64_t v = 0; v < blockVectors; ++v)
    total.push_back(b.addf(partial[v * unrolled], partial[v * unrolled + 1]));
  return total;
}

//===----------------------------------------------------------------------===//
// Oᵀ = Oᵀ · α + Vᵀ · Pᵀ
//===----------------------------------------------------------------------===//

void Prefill::accumulate(Value firstColumn, const Step &at, ValueRange rescale) {
  // Where a mask refuses pairs, weight 0 must not meet a value that is no number: such products are left out.
  bool leavesOut = !at.full && sweep.hasMaskRegion();
  b.loop(b.index(0), b.index(paddedValueWidth), blockKeys, [&](Value firstFeature) {
    Vectors output;
    for (int64_t k = 0; k < blockKeys; ++k)
      for (int64_t v = 0; v < blockVectors; ++v) {
        Value before = b.loadVector(outputT, {b.add(firstFeature, k), column(firstColumn, v)});
        output.push_back(rescale.empty() ? before : b.mulf(before, rescale[v]));
      }
    int64_t depth = weighting.depth;
    output = b.loop(b.index(0), b.divide(at.count, depth), 1, output, [&](Value keys, ValueRange so) {
      Vectors next, weights = loadBlock(weighting, weightsT, keys, firstColumn), zeros;
      for (int64_t v = 0; leavesOut && v < blockVectors; ++v)
        zeros.push_back(weighting.zerosOf(weights[v]));
      for (int64_t k = 0; k < blockKeys; ++k) {
        Value value = weighting.broadcast(valueTile, {keys, b.mul(b.add(firstFeature, k), depth)});
        for (int64_t v = 0; v < blockVectors; ++v) {
          Value before = so[k * blockVectors + v];
          next.push_back(leavesOut ? weighting.addWhereWeighted(value, weights[v], zeros[v], before)
                                   : weighting.add(value, weights[v], before));
        }
      }
      return next;
    });
    for (int64_t k = 0; k < blockKeys; ++k)
      for (int64_t v = 0; v < blockVectors; ++v)
        b.storeVector(output[k * blockVectors + v], outputT, {b.add(firstFeature, k), column(firstColumn, v)});
  });
}

LogicalResult attn::emitPrefill(VectorBuilder &builder, AttentionSweep &sweep) {
  return Prefill(builder, sweep).emit();
}
