//===- AttentionPrefill.cpp - a sweep with queries in lanes ---===//
//
// Everything is transposed: Sᵀ[j][i] = Σ_d K[j][d] · Qᵀ[d][i] and Oᵀ[e][i] += V[j][e] · Pᵀ[j][i]. Elements of K and V
// are broadcast, so that maximum, sum and rescaling need no reduction over lanes. A micro-kernel holds `blockVectors`
// vectors of queries times `blockKeys` keys (or features of V) in registers.
//
//   for each step of keys:   K, V → scratch, f32, zero beyond the range
//     for each block of rows:
//       Sᵀ = K · Qᵀ;  score and mask where there are any;  running maximum m'
//       α = 2^(m − m'),  Pᵀ = 2^(Sᵀ − m'),  l = l · α + Σ Pᵀ
//       Oᵀ = Oᵀ · α + Vᵀ · Pᵀ
//
// Scores are kept times log₂e, so that the exponential is one of base 2. Where m' is −∞, no key was admitted yet and 0
// is subtracted instead: −∞ − 0 gives weight 0, and −∞ − −∞, which is NaN, never occurs.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/AttentionTask.h"
#include "lowering/cpu/VectorRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace attn;

namespace {

class Prefill : public AttentionTask {
public:
  Prefill(VectorBuilder &builder, AttentionSweep &sweep);

private:
  using Vectors = VectorBuilder::Carried;

  void begin() override;
  LogicalResult emitRange(Value begin, Value end, bool full) override;
  void end() override;

  /// The keys of a step: first key, end of its range, how many rows of the scratch tiles are used.
  struct Step {
    Value firstKey, end, count;
    bool full;
  };

  void packTile(tile::ViewOp view, Value tile, const Step &step);
  LogicalResult emitBlock(Value firstColumn, const Step &step);
  Vectors emitProducts(Value firstColumn, const Step &step, ValueRange maximum, bool track);
  FailureOr<Vectors> changeScores(Value firstColumn, const Step &step, ValueRange maximum);
  Vectors emitWeights(Value firstColumn, const Step &step, ValueRange subtrahend);
  void accumulate(Value firstColumn, const Step &step, ValueRange rescale);

  Value column(Value first, int64_t vector) { return b.add(first, vector * b.lanes); }
  Vectors loadBlock(Value matrix, Value row, Value firstColumn);
  Vectors loadState(Value state, Value firstColumn);
  void storeState(ValueRange vectors, Value state, Value firstColumn);

  int64_t blockVectors, blockKeys, paddedValueWidth;
  SmallVector<Value> queriesT, keyTiles;
  Value valueTile, scoresT, outputT, maxima, sums;
};

} // namespace

/// The largest divisor of the tile's vectors whose accumulators fit the registers beside the operands.
static int64_t vectorsOfBlock(int64_t vectors, bool manyRegisters) {
  if (manyRegisters && vectors % 4 == 0)
    return 4;
  return vectors % 3 == 0 ? 3 : vectors % 2 == 0 ? 2 : 1;
}

Prefill::Prefill(VectorBuilder &builder, AttentionSweep &sweep) : AttentionTask(builder, sweep) {
  blockVectors = vectorsOfBlock(rows / b.lanes, b.target.vectorRegisters == 32);
  blockKeys = blockVectors == 1 ? 8 : 4;
  paddedValueWidth = padded(valueWidth, blockKeys);
}

//===----------------------------------------------------------------------===//
// Blocks of rows in scratch
//===----------------------------------------------------------------------===//

Prefill::Vectors Prefill::loadBlock(Value matrix, Value row, Value firstColumn) {
  Vectors vectors;
  for (int64_t v = 0; v < blockVectors; ++v)
    vectors.push_back(b.loadVector(matrix, {row, column(firstColumn, v)}));
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
  for (AttentionSweep::Part &part : sweep.parts) {
    int64_t width = sweep.width(part.query);
    Value queries = loadQueries(part, f32, width, productScale(part));
    Value transposed = b.scratch({width, rows}, f32);
    b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
      b.loop(b.index(0), b.index(width), 1, [&](Value feature) {
        b.store(b.load(queries, {x, feature}), transposed, {feature, x});
      });
    });
    queriesT.push_back(transposed);
    keyTiles.push_back(b.scratch({step, width}, f32));
  }
  valueTile = b.scratch({step, paddedValueWidth}, f32);
  scoresT = b.scratch({step, rows}, f32);
  outputT = b.scratch({paddedValueWidth, rows}, f32);
  maxima = b.scratch({rows}, f32);
  sums = b.scratch({rows}, f32);
  b.loop(b.index(0), b.index(rows), b.lanes, [&](Value x) {
    b.storeVector(b.splat(-INFINITY), maxima, x);
    b.storeVector(b.splat(0.0), sums, x);
    b.loop(b.index(0), b.index(paddedValueWidth), 1, [&](Value feature) {
      b.storeVector(b.splat(0.0), outputT, {feature, x});
    });
  });
  if (paddedValueWidth != valueWidth)
    b.loop(b.index(0), b.index(step), 1, [&](Value key) { zeroRow(valueTile, key, valueWidth); });
}

void Prefill::end() {
  outputRows = b.scratch({rows, padded(valueWidth, b.lanes)}, b.getF32Type());
  b.loop(b.index(0), b.index(rows), b.lanes, [&](Value x) {
    Value sum = b.loadVector(sums, x), isEmpty = b.isEqual(sum, 0);
    Value inverse = arith::DivFOp::create(b, b.splat(1.0), sum);
    b.storeVector(b.select(isEmpty, b.splat(0.0), inverse), inverseSums, x);
    if (!sweep.logSumExp)
      return;
    Value naturalMaximum = b.mulf(b.loadVector(maxima, x), b.splat(M_LN2));
    Value logSum = b.addf(naturalMaximum, math::LogOp::create(b, sum));
    b.storeVector(b.select(isEmpty, b.splat(-INFINITY), logSum), logSums, x);
  });
  b.loop(b.index(0), b.index(rows), 1, [&](Value x) {
    b.loop(b.index(0), b.index(valueWidth), 1, [&](Value feature) {
      b.store(b.load(outputT, {feature, x}), outputRows, {x, feature});
    });
  });
}

//===----------------------------------------------------------------------===//
// A range of keys
//===----------------------------------------------------------------------===//

/// Rows of a tile of keys or values; rows beyond the range are zero, so that they add 0 · weight 0.
void Prefill::packTile(tile::ViewOp view, Value tile, const Step &at) {
  StridedBuffer source = take(view.getSource());
  b.loop(b.index(0), at.count, 1, [&](Value row) {
    Value key = b.add(at.firstKey, row);
    auto copy = [&] { copyRow(source, rowOffset(source, view.getOrigin(), key, keyHead), tile, row); };
    if (at.full)
      copy();
    else
      b.branch(b.less(key, at.end), copy, [&] { zeroRow(tile, row); });
  });
}

LogicalResult Prefill::emitRange(Value begin, Value end, bool full) {
  LogicalResult result = success();
  b.loop(begin, end, step, [&](Value firstKey) {
    Step at{firstKey, end, b.index(step), full};
    if (!full) {
      // Whole blocks of keys; what is beyond the end is masked.
      Value remaining = b.minimum(b.sub(end, firstKey), b.index(step));
      at.count = b.mul(b.divide(b.add(remaining, blockKeys - 1), blockKeys), blockKeys);
    }
    for (auto [part, tile] : llvm::zip(sweep.parts, keyTiles))
      packTile(part.key, tile, at);
    packTile(sweep.value, valueTile, at);
    if (rows == blockVectors * b.lanes)
      result = emitBlock(b.index(0), at);
    else
      b.loop(b.index(0), b.index(rows), blockVectors * b.lanes,
             [&](Value firstColumn) { result = emitBlock(firstColumn, at); });
  });
  return result;
}

LogicalResult Prefill::emitBlock(Value firstColumn, const Step &at) {
  Vectors previous = loadState(maxima, firstColumn), maximum = previous;
  bool changes = sweep.score || !at.full;
  maximum = emitProducts(firstColumn, at, maximum, /*track=*/!changes);
  if (changes) {
    FailureOr<Vectors> changed = changeScores(firstColumn, at, previous);
    if (failed(changed))
      return failure();
    maximum = *changed;
  }
  Vectors subtrahend, rescale;
  for (int64_t v = 0; v < blockVectors; ++v) {
    Value isEmpty = b.isEqual(maximum[v], -INFINITY);
    subtrahend.push_back(b.select(isEmpty, b.splat(0.0), maximum[v]));
    rescale.push_back(b.exp2(b.subf(previous[v], subtrahend[v])));
  }
  Vectors added = emitWeights(firstColumn, at, subtrahend), sum = loadState(sums, firstColumn);
  for (int64_t v = 0; v < blockVectors; ++v)
    sum[v] = b.fma(sum[v], rescale[v], added[v]);
  storeState(maximum, maxima, firstColumn);
  storeState(sum, sums, firstColumn);
  accumulate(firstColumn, at, rescale);
  return success();
}

//===----------------------------------------------------------------------===//
// Sᵀ = K · Qᵀ
//===----------------------------------------------------------------------===//

/// Stores the products and, where `track`, returns the running maximum.
Prefill::Vectors Prefill::emitProducts(Value firstColumn, const Step &at, ValueRange maximum, bool track) {
  Vectors running = track ? Vectors(maximum) : Vectors();
  return b.loop(b.index(0), at.count, blockKeys, running, [&](Value firstKey, ValueRange carried) {
    Vectors products(blockKeys * blockVectors, b.splat(0.0));
    for (auto [part, queries, keys] : llvm::zip(sweep.parts, queriesT, keyTiles)) {
      Value width = b.index(sweep.width(part.query));
      products = b.loop(b.index(0), width, 1, products, [&](Value feature, ValueRange so) {
        Vectors next, query = loadBlock(queries, feature, firstColumn);
        for (int64_t k = 0; k < blockKeys; ++k) {
          Value key = b.splat(b.load(keys, {b.add(firstKey, k), feature}));
          for (int64_t v = 0; v < blockVectors; ++v)
            next.push_back(b.fma(key, query[v], so[k * blockVectors + v]));
        }
        return next;
      });
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

/// Applies the score region and the mask to the stored products; returns the running maximum.
FailureOr<Prefill::Vectors> Prefill::changeScores(Value firstColumn, const Step &at, ValueRange maximum) {
  LogicalResult result = success();
  Value n = b.i32(sequenceIndex);
  Vectors running = b.loop(b.index(0), at.count, 1, maximum, [&](Value row, ValueRange carried) {
    Value key = b.add(at.firstKey, row), j = b.i32(key);
    Value inRange = at.full ? Value() : b.less(key, at.end);
    Vectors next;
    for (int64_t v = 0; v < blockVectors; ++v) {
      Value x = column(firstColumn, v), score = b.loadVector(scoresT, {row, x});
      Value h = heads ? b.loadVector(heads, x) : Value(), i = positions ? b.loadVector(positions, x) : Value();
      auto inlined = [&](Block &body, ValueRange leading, ValueRange captures) {
        SmallVector<Value> arguments(leading);
        arguments.append({n, h, i, j});
        llvm::append_range(arguments, captures);
        FailureOr<Value> value = inlineOnLanes(b, body, arguments);
        if (failed(value)) {
          result = failure();
          return Value();
        }
        return *value;
      };
      if (sweep.score) {
        Value changed = inlined(sweep.score.getBody().front(), score, sweep.score.getCaptures());
        if (!changed)
          return Vectors(carried);
        score = b.mulf(isa<VectorType>(changed.getType()) ? changed : b.splat(changed), b.splat(M_LOG2E));
      }
      if (!at.full && sweep.hasMaskRegion()) {
        Value admitted = inlined(sweep.mask.getBody().front(), {}, sweep.mask.getCaptures());
        if (!admitted)
          return Vectors(carried);
        score = b.select(admitted, score, b.splat(-INFINITY));
      }
      if (inRange)
        score = b.select(inRange, score, b.splat(-INFINITY));
      b.storeVector(score, scoresT, {row, x});
      next.push_back(b.maximum(score, carried[v]));
    }
    return next;
  });
  if (failed(result))
    return failure();
  return running;
}

//===----------------------------------------------------------------------===//
// Pᵀ = 2^(Sᵀ − m), and its sum over keys
//===----------------------------------------------------------------------===//

Prefill::Vectors Prefill::emitWeights(Value firstColumn, const Step &at, ValueRange subtrahend) {
  // Two sums a vector hide the latency of the addition.
  constexpr int64_t unrolled = 2;
  Vectors zeros(unrolled * blockVectors, b.splat(0.0));
  Vectors partial = b.loop(b.index(0), at.count, unrolled, zeros, [&](Value firstKey, ValueRange carried) {
    Vectors next;
    for (int64_t v = 0; v < blockVectors; ++v) {
      for (int64_t u = 0; u < unrolled; ++u) {
        Value row = b.add(firstKey, u), x = column(firstColumn, v);
        Value weight = b.exp2(b.subf(b.loadVector(scoresT, {row, x}), subtrahend[v]));
        b.storeVector(weight, scoresT, {row, x});
        next.push_back(b.addf(carried[v * unrolled + u], weight));
      }
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
      for (int64_t v = 0; v < blockVectors; ++v)
        output.push_back(b.mulf(b.loadVector(outputT, {b.add(firstFeature, k), column(firstColumn, v)}), rescale[v]));
    output = b.loop(b.index(0), at.count, 1, output, [&](Value key, ValueRange so) {
      Vectors next, weights = loadBlock(scoresT, key, firstColumn), isZero;
      for (int64_t v = 0; leavesOut && v < blockVectors; ++v)
        isZero.push_back(b.isEqual(weights[v], 0));
      for (int64_t k = 0; k < blockKeys; ++k) {
        Value value = b.splat(b.load(valueTile, {key, b.add(firstFeature, k)}));
        for (int64_t v = 0; v < blockVectors; ++v) {
          Value before = so[k * blockVectors + v], after = b.fma(value, weights[v], before);
          next.push_back(leavesOut ? b.select(isZero[v], before, after) : after);
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
