//===- StateRows.cpp - rows of queries, keys, values, states and outputs, in and out of scratch ---===//

#include "lowering/cpu/Gates.h"
#include "lowering/cpu/LaneProduct.h"
#include "lowering/cpu/StateTask.h"
#include "lowering/cpu/StridedRows.h"
#include "lowering/cpu/VectorMath.h"
#include "lowering/cpu/VectorRegions.h"
#include "passes/Homogeneous.h"
#include "passes/KeyHeads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace attn;

Value StateTask::headOf(Value data) {
  int64_t share = taskHeads(op) / headsOf(data);
  return share == 1 ? taskHead : b.divide(taskHead, share);
}

SmallVector<Value, 4> StateTask::rowOf(Value data, Value origin, Value position, Value head, Value column) {
  if (dataShape(data.getType()).size() == 3)
    return {b.add(origin, position), head, column};
  return {origin, position, head, column};
}

void StateTask::overRow(int64_t size, function_ref<void(Value, int64_t)> code) {
  int64_t whole = size / b.lanes * b.lanes;
  if (whole > 0)
    b.loop(b.index(0), b.index(whole), b.lanes, [&](Value column) { code(column, b.lanes); });
  if (whole < size)
    b.loop(b.index(whole), b.index(size), 1, [&](Value column) { code(column, 1); });
}

static Value loadElements(VectorBuilder &b, Value memref, ValueRange at, int64_t count) {
  return count == 1 ? b.load(memref, at) : b.loadVector(memref, at, count);
}

static void storeElements(VectorBuilder &b, Value elements, Value memref, ValueRange at) {
  if (isa<VectorType>(elements.getType()))
    b.storeVector(elements, memref, at);
  else
    b.store(elements, memref, at);
}

LogicalResult StateTask::loadRow(Value data, Value origin, Value position, Value head, Value matrix, Value to,
                                 int64_t first, bool hasFeatures, Value scale) {
  LogicalResult result = success();
  overRow(dataShape(data.getType()).back(), [&](Value column, int64_t count) {
    Value x = b.toF32(loadElements(b, data, rowOf(data, origin, position, head, column), count));
    if (hasFeatures && !regions.features.empty()) {
      SmallVector<Value> arguments{x};
      llvm::append_range(arguments, regions.features.captures);
      FailureOr<Value> mapped = inlineOnLanes(b, regions.features.region.front(), arguments);
      if (failed(mapped)) {
        result = failure();
        return;
      }
      bool isUniform = count > 1 && !isa<VectorType>(mapped->getType());
      x = isUniform ? b.splat(*mapped) : *mapped;
    }
    if (scale)
      x = b.mulf(x, count > 1 ? b.splat(scale) : scale);
    storeElements(b, x, matrix, {to, first ? b.add(column, first) : column});
  });
  return result;
}

LogicalResult StateTask::loadParts(ValueRange parts, Value origin, Value position, Value head, Value matrix, Value to,
                                   Value scale) {
  int64_t first = 0;
  for (Value part : parts) {
    Value own = head ? head : headOf(part);
    if (failed(loadRow(part, origin, position, own, matrix, to, first, /*hasFeatures=*/true, scale)))
      return failure();
    first += dataShape(part.getType()).back();
  }
  return success();
}

/// Keys that do not exist, or that the mask hides from all queries, are rows of zeros behind the feature map: they
/// weigh nothing anywhere.
LogicalResult StateTask::loadKeys() {
  LogicalResult result = success();
  auto zeroRow = [&](Value x) {
    for (auto [matrix, size] : {std::pair{keys, paddedWidth}, std::pair{values, paddedValue}})
      b.loop(b.index(0), b.index(size), b.lanes, [&, matrix = matrix](Value column) {
        b.storeVector(b.splat(0.0), matrix, {x, column});
      });
  };
  b.loop(b.index(0), b.index(chunk), 1, [&](Value x) {
    Value position = b.add(base, x);
    auto load = [&] {
      if (failed(loadParts(op.getKeys(), sequence.keyOrigin, position, /*head=*/{}, keys, x, /*scale=*/{})) ||
          failed(loadRow(op.getValue(), sequence.keyOrigin, position, headOf(op.getValue()), values, x, /*first=*/0,
                         /*hasFeatures=*/false, /*scale=*/{})))
        result = failure();
    };
    auto loadAdmitted = [&] {
      if (!mask.hidesKeys || !mask.isOfKeys) // A mask of pairs is asked for each of them.
        return load();
      // The mask at i = j is its condition on the key.
      Value j = b.i32(position);
      SmallVector<Value> arguments{b.i32(n), b.i32(b.mul(taskHead, group)), j, j};
      llvm::append_range(arguments, regions.mask.captures);
      FailureOr<Value> admitted = inlineOnLanes(b, regions.mask.region.front(), arguments);
      if (failed(admitted)) {
        result = failure();
        return;
      }
      b.branch(*admitted, load, [&] { zeroRow(x); });
    };
    b.branch(b.less(x, keyCount), loadAdmitted, [&] { zeroRow(x); });
  });
  return result;
}

LogicalResult StateTask::loadQueries() {
  LogicalResult result = success();
  bool areProducts = op.getPair().empty(); // Other terms have no scale.
  Value scale = areProducts ? op.getScale() : Value();
  b.loop(b.index(0), b.index(group), 1, [&](Value head) {
    Value first = b.mul(head, chunk);
    b.loop(firstRow, endRow, 1, [&](Value x) {
      if (failed(loadParts(op.getQueries(), sequence.queryOrigin, b.add(rowBase, x), queryHeadOf(head), queries,
                           b.add(first, x), scale))) {
        result = failure();
      } else if (isHomogeneous(op) && power > 1 && op.getScore().empty() && areProducts) {
        // A query whose powers f32 might not hold.
        Value row = b.add(first, x);
        scaleRow(b, queries, row, factorToUnit(b, largestOfRow(b, queries, row)));
      }
    });
  });
  return result;
}

void StateTask::transposeKeys() {
  if (chunk % b.lanes != 0) {
    b.loop(b.index(0), b.index(chunk), 1, [&](Value x) {
      b.loop(b.index(0), b.index(width), 1, [&](Value feature) {
        b.store(b.load(keys, {x, feature}), keysAcross, {feature, x});
      });
    });
    return;
  }
  b.loop(b.index(0), b.index(chunk), b.lanes, [&](Value x) {
    b.loop(b.index(0), b.index(paddedWidth), b.lanes, [&](Value feature) {
      Carried square;
      for (int64_t row = 0; row < b.lanes; ++row)
        square.push_back(b.loadVector(keys, {b.add(x, row), feature}));
      for (auto [column, vector] : llvm::enumerate(transpose(b, square)))
        b.storeVector(vector, keysAcross, {b.add(feature, column), x});
    });
  });
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

/// The rows [features, width] of a sequence and key head.
static Value rowsOfState(VectorBuilder &b, Value part, Value n, Value keyHead) {
  auto type = cast<MemRefType>(part.getType());
  int64_t features = type.getShape()[2], width = type.getShape()[3];
  SmallVector<OpFoldResult> offsets{n, keyHead, b.getIndexAttr(0), b.getIndexAttr(0)};
  SmallVector<OpFoldResult> ones(4, b.getIndexAttr(1)), sizes(ones);
  sizes[2] = b.getIndexAttr(features), sizes[3] = b.getIndexAttr(width);
  auto rows = memref::SubViewOp::inferRankReducedResultType({features, width}, type, offsets, sizes, ones);
  return memref::SubViewOp::create(b, cast<MemRefType>(rows), part, offsets, sizes, ones);
}

/// Rows of U outside that can be worked on where they stand: those that are left, or that are only read. A run of
/// features takes whole vectors of them.
Value StateTask::findStateInMemory(bool isReadOnly) {
  bool leavesState = op.getDestinations().size() > 1;
  if (valueWidth % b.lanes != 0 || !(leavesState || isReadOnly))
    return Value();
  return rowsOfState(b, leavesState ? op.getDestinations()[1] : op.getState()[0], n, taskHead);
}

/// The rows past the last document have a task, but no state.
void StateTask::loadState(bool isReadOnly) {
  auto final = op.getDestinations().drop_front();
  bool hasInitial = !op.getState().empty();
  bool isThere = isInMemory && (isReadOnly || (hasInitial && final[0] == op.getState()[0]));
  if (isSum)
    fill(stateSum, b.f32(0));
  auto load = [&] {
    if (!isThere && (!isInMemory || !hasInitial))
      fill(state, b.f32(0)); // The padding of rows, too.
    if (!hasInitial)
      return;
    if (!isThere)
      b.loop(b.index(0), b.index(features), 1, [&](Value feature) {
        overRow(valueWidth, [&](Value column, int64_t count) {
          storeElements(b, loadElements(b, op.getState()[0], {n, taskHead, feature, column}, count), state,
                        {feature, column});
        });
      });
    if (isSum)
      overRow(features, [&](Value feature, int64_t count) {
        storeElements(b, loadElements(b, op.getState()[1], {n, taskHead, feature}, count), stateSum, feature);
      });
  };
  auto clear = [&] {
    if (!isInMemory)
      fill(state, b.f32(0));
  };
  Value outside = hasInitial ? op.getState()[0] : final.empty() ? Value() : final[0];
  if (!outside)
    return load();
  b.branch(b.less(n, memref::DimOp::create(b, outside, 0)), load, clear);
}

void StateTask::storeState() {
  auto final = op.getDestinations().drop_front();
  if (final.empty())
    return;
  b.branch(b.less(n, memref::DimOp::create(b, final[0], 0)), [&] {
    if (!isInMemory)
      b.loop(b.index(0), b.index(features), 1, [&](Value feature) {
        overRow(valueWidth, [&](Value column, int64_t count) {
          storeElements(b, loadElements(b, state, {feature, column}, count), final[0], {n, taskHead, feature, column});
        });
      });
    if (isSum)
      overRow(features, [&](Value feature, int64_t count) {
        storeElements(b, loadElements(b, stateSum, feature, count), final[1], {n, taskHead, feature});
      });
  });
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

void StateTask::storeOutputs() {
  Value output = op.getDestinations()[0];
  Type element = dataElementType(output.getType());
  b.loop(b.index(0), b.index(group), 1, [&](Value head) {
    Value queryHead = queryHeadOf(head), first = b.mul(head, chunk);
    b.loop(firstRow, endRow, 1, [&](Value x) {
      Value row = b.add(first, x), inverse, lift;
      if (isSum) {
        Value sum = b.load(pairSums, row);
        if (stateSums)
          sum = b.addf(sum, sumLanes(b, b.loadVector(stateSums, {row, b.index(0)})));
        if (op.getEpsilon())
          sum = b.addf(sum, b.f32(op.getEpsilon()->convertToFloat()));
        // 1 over a sum that is hardly a number of f32 need not be one: both are taken 2^100 times.
        Value size = b.maximum(sum, b.subf(b.f32(0), sum));
        Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, size, b.f32(0x1p-100));
        lift = b.select(isSmall, b.f32(0x1p100), b.f32(1));
        Value quotient = arith::DivFOp::create(b, b.f32(1), b.mulf(sum, lift));
        inverse = b.select(b.isEqual(sum, 0), b.f32(0), quotient);
      }
      overRow(valueWidth, [&](Value column, int64_t count) {
        Value o = loadElements(b, outputs, {row, column}, count);
        if (inverse)
          o = b.mulf(b.mulf(o, count > 1 ? b.splat(lift) : lift), count > 1 ? b.splat(inverse) : inverse);
        storeElements(b, b.fromF32(o, element), output,
                      rowOf(output, sequence.queryOrigin, b.add(rowBase, x), queryHead, column));
      });
    });
  });
}

/// Rows of the call that are no query of the sequence are 0.
void StateTask::zeroRowsPast() {
  Value output = op.getDestinations()[0];
  Type element = dataElementType(output.getType());
  b.loop(sequence.validRows, sequence.rowCount, 1, [&](Value row) {
    b.loop(b.index(0), b.index(group), 1, [&](Value head) {
      Value queryHead = queryHeadOf(head);
      overRow(valueWidth, [&](Value column, int64_t count) {
        Value zero = b.fromF32(count > 1 ? b.splat(0.0) : b.f32(0), element);
        storeElements(b, zero, output, rowOf(output, sequence.queryOrigin, row, queryHead, column));
      });
    });
  });
}
