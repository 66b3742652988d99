//===- StateProducts.cpp - C[n][·] += Σ_k A(n, k) · B[k][·], and the pairs of a chunk ---===//

#include "lowering/cpu/StateTask.h"
#include "lowering/cpu/VectorMath.h"
#include "lowering/cpu/VectorRegions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attn;

/// Rows of C that a block holds; with the vectors of a row they fill the registers, beside one vector of A and those of
/// a row of B.
static constexpr int64_t blockRows = 4;
static int64_t blockVectors(const Target &target) { return target.vectorRegisters >= 32 ? 4 : 2; }

/// A block of `rows` rows from n on, all of its vectors, a few at a time.
void StateTask::multiplyBlock(const Product &product, Value n, int64_t rows) {
  Value depth = product.depth(n, rows);
  int64_t most = blockVectors(b.target);
  for (int64_t first = 0; first < product.vectors; first += most) {
    int64_t vectors = std::min(most, product.vectors - first);
    auto columnOf = [&](int64_t vector) { return b.index((first + vector) * b.lanes); };
    auto rowOfResult = [&](int64_t row) { return b.add(product.firstResult, b.add(n, row)); };
    Carried sums;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value sum = b.splat(0.0);
        if (product.isAdded)
          sum = b.loadVector(product.result, {rowOfResult(row), columnOf(vector)});
        if (product.isAdded && product.factor)
          sum = b.mulf(sum, b.splat(product.factor));
        sums.push_back(sum);
      }
    auto addProducts = [&](Value begin, Value end, bool leavesOut) {
      sums = b.loop(begin, end, 1, sums, [&](Value k, ValueRange carried) {
        Carried rightRow, next;
        for (int64_t vector = 0; vector < vectors; ++vector)
          rightRow.push_back(b.loadVector(product.right, {b.add(product.firstRight, k), columnOf(vector)}));
        for (int64_t row = 0; row < rows; ++row) {
          Value left = b.splat(product.left(b.add(n, row), k));
          for (int64_t vector = 0; vector < vectors; ++vector) {
            Value before = carried[row * vectors + vector];
            Value sum = product.term ? b.addf(before, product.term(left, rightRow[vector], k))
                                     : b.fma(left, rightRow[vector], before);
            next.push_back(leavesOut ? b.select(b.isEqual(left, 0), before, sum) : sum);
          }
        }
        return next;
      });
    };
    Value shared = product.sharedDepth ? b.minimum(product.sharedDepth(n), depth) : depth;
    addProducts(b.index(0), shared, /*leavesOut=*/false);
    if (shared != depth)
      addProducts(shared, depth, /*leavesOut=*/true);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < vectors; ++vector)
        b.storeVector(sums[row * vectors + vector], product.result, {rowOfResult(row), columnOf(vector)});
  }
}

void StateTask::multiply(const Product &product) {
  Value count = b.sub(product.end, product.begin);
  Value whole = b.add(product.begin, b.mul(b.divide(count, blockRows), blockRows));
  b.loop(product.begin, whole, blockRows, [&](Value n) { multiplyBlock(product, n, blockRows); });
  b.loop(whole, product.end, 1, [&](Value n) { multiplyBlock(product, n, 1); });
}

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

Value StateTask::ofPairs(ScalarCode &code, Value leading, Value head, Value x, Value column) {
  Value i = b.i32(b.add(sequence.start, b.add(rowBase, x)));
  Value j = arith::AddIOp::create(b, b.splat(b.i32(b.add(base, column))), b.laneNumbers());
  SmallVector<Value> arguments;
  if (leading)
    arguments.push_back(leading);
  arguments.append({b.i32(n), b.i32(queryHeadOf(head)), i, j});
  llvm::append_range(arguments, code.captures);
  FailureOr<Value> result = inlineOnLanes(b, code.region.front(), arguments);
  status = failed(result) ? failure() : status;
  if (failed(result))
    return leading ? leading : b.isEqual(b.splat(0.0), 0);
  Type type = result->getType();
  return isa<VectorType>(type) ? *result : Value(vector::BroadcastOp::create(b, b.vectorOf(type), *result));
}

/// score(scale · q_x · k_y)^p times what the pair fades by; 0 where the key is behind the query or hidden from it.
Value StateTask::weigh(Keys from, Value score, Value head, Value x, Value column) {
  Value weight;
  if (!op.getScore().empty()) {
    weight = ofPairs(regions.score, score, head, x, column); // ends with the power
  } else {
    for (int64_t rest = power; rest > 0; rest /= 2) {
      if (rest % 2 != 0)
        weight = weight ? b.mulf(weight, score) : score;
      if (rest > 1)
        score = b.mulf(score, score);
    }
  }
  auto leaveOutHidden = [&](Value faded) {
    if (!asksPairs())
      return faded;
    // A score of no key need not be 0.
    Value y = arith::AddIOp::create(b, b.laneNumbers(), b.splat(b.i32(column)));
    Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, y, b.splat(b.i32(keyCount)));
    Value admitted = arith::AndIOp::create(b, exists, ofPairs(regions.mask, {}, head, x, column));
    return b.select(admitted, faded, b.splat(0.0));
  };
  if (from == Keys::earlier && !op.getGates())
    return weight;
  if (from == Keys::earlier)
    return leaveOutHidden(b.mulf(weight, b.mulf(b.splat(b.load(queryFading, x)), b.loadVector(keyFading, column))));
  // A power that overflows where no pair is must not become a number that is none.
  Value factor = b.loadVector(pairFading, {x, column});
  return leaveOutHidden(b.select(b.isEqual(factor, 0), b.splat(0.0), b.mulf(weight, factor)));
}

/// What values are multiplied by: a factor has no part in the sum of weights, and brings no hidden key back.
Value StateTask::timesFactor(Value weight, Value head, Value x, Value column) {
  if (op.getFactor().empty())
    return weight;
  return b.select(b.isEqual(weight, 0), b.splat(0.0), ofPairs(regions.factor, weight, head, x, column));
}

/// Products of queries and keys, or the sums of what stands for the products of features, with keys in lanes.
void StateTask::scorePairs(Value head) {
  Value first = b.mul(head, chunk), zero = b.index(0);
  Product scores{firstRow,
                 endRow,
                 paddedChunk / b.lanes,
                 [&](Value x, Value k) {
                   return b.load(queries, {b.add(first, x), k});
                 },
                 keysAcross,
                 zero,
                 weights,
                 zero,
                 [&](Value, int64_t) { return b.index(width); }};
  if (!op.getPair().empty())
    scores.term = [&](Value left, Value right, Value k) {
      SmallVector<Value> arguments{left, right, b.i32(k)};
      llvm::append_range(arguments, regions.pair.captures);
      FailureOr<Value> term = inlineOnLanes(b, regions.pair.region.front(), arguments);
      status = failed(term) ? failure() : status;
      if (failed(term))
        return left;
      return isa<VectorType>(term->getType()) ? *term : b.splat(*term);
    };
  multiply(scores);
}

/// The pairs of a chunk for one head: scores, weights, and their products with values.
void StateTask::emitPairs(Keys from, Value head) {
  scorePairs(head);
  Value first = b.mul(head, chunk), zero = b.index(0);
  int64_t vectors = paddedChunk / b.lanes;
  b.loop(firstRow, endRow, 1, [&](Value x) {
    Value sum = b.splat(0.0);
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value column = b.index(vector * b.lanes);
      Value weight = weigh(from, b.loadVector(weights, {x, column}), head, x, column);
      b.storeVector(timesFactor(weight, head, x, column), weights, {x, column});
      sum = b.addf(sum, weight);
    }
    if (!isSum)
      return;
    Value total = sumLanes(b, sum), row = b.add(first, x);
    b.store(from == Keys::own ? total : b.addf(b.load(pairSums, row), total), pairSums, row);
  });
  auto keysOf = [&](Value x, int64_t rows) {
    return from == Keys::own ? b.minimum(b.add(x, rows), keyCount) : keyCount;
  };
  Product sums{firstRow,
               endRow,
               paddedValue / b.lanes,
               [&](Value x, Value y) {
                 return b.load(weights, {x, y});
               },
               values,
               zero,
               outputs,
               first,
               keysOf};
  sums.isAdded = from == Keys::earlier;
  if (asksPairs())
    sums.sharedDepth = [&](Value) { return zero; };
  else if (from == Keys::own) // Up to the first row's own key all rows of a block see all keys.
    sums.sharedDepth = [&](Value x) { return b.add(x, 1); };
  multiply(sums);
}

void StateTask::emitPairs(Keys from) {
  transposeKeys();
  b.loop(b.index(0), b.index(group), 1, [&](Value head) { emitPairs(from, head); });
}
