//===- StateFeatures.cpp - runs of φ meet the state ---===//
//
// A run is expanded for the queries and keys of a chunk, its rows of U are read by the queries, then updated by the
// keys while they are in the first-level cache: the state passes through once a chunk.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/StateTask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

/// Of the tuples with this prefix, orders counts p!/∏ n_v! with the last index counted as one of its own; the first of
/// the run repeats the prefix's last index `repeats` times more.
void StateTask::nestRuns(Run &run, Value first, Value repeats, int64_t level, function_ref<void(const Run &)> body) {
  if (level + 1 == power) {
    run.first = first;
    run.length = b.sub(b.index(width), first);
    run.place = b.load(place, b.index(0));
    if (power > 1)
      run.ordersOfFirst = arith::DivFOp::create(b, run.orders, b.addf(repeats, b.f32(1)));
    body(run);
    b.store(b.add(run.place, run.length), place, b.index(0));
    return;
  }
  Value orders = run.orders;
  b.loop(first, b.index(width), 1, [&](Value next) {
    Value length = b.f32(1);
    if (!run.prefix.empty()) {
      Value isEqual = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, next, run.prefix.back());
      length = b.select(isEqual, b.addf(repeats, b.f32(1)), b.f32(1));
    }
    run.orders = arith::DivFOp::create(b, orders, length);
    run.prefix.push_back(next);
    nestRuns(run, next, length, level + 1, body);
    run.prefix.pop_back();
  });
  run.orders = orders;
}

void StateTask::forEachRun(function_ref<void(const Run &)> body) {
  b.store(b.index(0), place, b.index(0));
  Run run;
  double orders = 1;
  for (int64_t k = 2; k <= power; ++k)
    orders *= static_cast<double>(k);
  if (power > 1)
    run.orders = b.f32(orders);
  nestRuns(run, b.index(0), Value(), 0, body);
}

Value StateTask::prefixProduct(const Run &run, Value matrix, Value row, Value factor) {
  for (Value index : run.prefix) {
    Value x = b.load(matrix, {row, index});
    factor = factor ? b.mulf(factor, x) : x;
  }
  return factor;
}

//===----------------------------------------------------------------------===//
// Expansion
//===----------------------------------------------------------------------===//

/// Row x of the run's features: e^(b_x) times the product of the prefix, times the row from the first last index on.
void StateTask::expandQueries(const Run &run) {
  b.loop(b.index(0), b.index(group), 1, [&](Value head) {
    b.loop(firstRow, endRow, 1, [&](Value x) {
      Value row = b.add(b.mul(head, chunk), x);
      Value factor = prefixProduct(run, queries, row, op.getGates() ? b.load(queryFading, x) : Value());
      b.loop(b.index(0), run.length, b.lanes, [&](Value column) {
        Value feature = b.loadVector(queries, {row, b.add(run.first, column)});
        if (factor)
          feature = b.mulf(feature, b.splat(factor));
        b.storeVector(feature, queryFeatures, {row, column});
        if (!isSum)
          return;
        Value sums = b.loadVector(stateSum, b.add(run.place, column));
        Value soFar = b.loadVector(stateSums, {row, b.index(0)});
        b.storeVector(b.fma(feature, sums, soFar), stateSums, {row, b.index(0)});
      });
    });
  });
}

/// Likewise e^(b_c − b_x) times the multiplicity.
void StateTask::expandKeys(const Run &run) {
  b.loop(b.index(0), keyCount, 1, [&](Value x) {
    Value product = prefixProduct(run, keys, x, op.getGates() ? b.load(keyFading, x) : Value());
    Value factor = run.orders ? b.mulf(product, run.orders) : product;
    b.loop(b.index(0), run.length, b.lanes, [&](Value column) {
      Value feature = b.loadVector(keys, {x, b.add(run.first, column)});
      b.storeVector(factor ? b.mulf(feature, b.splat(factor)) : feature, keyFeatures, {x, column});
    });
    if (run.ordersOfFirst) {
      Value first = b.mulf(b.load(keys, {x, run.first}), b.mulf(product, run.ordersOfFirst));
      b.store(first, keyFeatures, {x, b.index(0)});
    }
  });
}

//===----------------------------------------------------------------------===//
// Reading and updating
//===----------------------------------------------------------------------===//

void StateTask::readState(const Run &run) {
  b.loop(b.index(0), b.index(group), 1, [&](Value head) {
    Value first = b.mul(head, chunk);
    Product product{firstRow,
                    endRow,
                    paddedValue / b.lanes,
                    [&](Value x, Value f) {
                      return b.load(queryFeatures, {b.add(first, x), f});
                    },
                    state,
                    run.place,
                    outputs,
                    first,
                    [&](Value, int64_t) { return run.length; },
                    /*isAdded=*/true};
    multiply(product);
  });
}

/// u of the run; lanes past its end are of the next one, which stays.
void StateTask::addKeySums(const Run &run) {
  b.loop(b.index(0), run.length, b.lanes, [&](Value column) {
    Value at = b.add(run.place, column), held = b.loadVector(stateSum, at), sum = held;
    if (op.getGates())
      sum = b.mulf(sum, b.splat(b.load(stateFading, b.index(0))));
    Carried added = b.loop(b.index(0), keyCount, 1, ValueRange(sum), [&](Value x, ValueRange carried) {
      return Carried{b.addf(carried[0], b.loadVector(keyFeatures, {x, column}))};
    });
    Value isOwn =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, b.laneNumbers(), b.splat(b.i32(b.sub(run.length, column))));
    b.storeVector(b.select(isOwn, added[0], held), stateSum, at);
  });
}

void StateTask::updateState(const Run &run) {
  Value factor = op.getGates() ? b.load(stateFading, b.index(0)) : Value();
  Product product{b.index(0),
                  run.length,
                  paddedValue / b.lanes,
                  [&](Value f, Value x) {
                    return b.load(keyFeatures, {x, f});
                  },
                  values,
                  b.index(0),
                  state,
                  run.place,
                  [&](Value, int64_t) { return keyCount; },
                  /*isAdded=*/true,
                  factor};
  multiply(product);
}

void StateTask::readAndUpdate(bool reads, bool updates) {
  if (reads && isSum)
    fill(stateSums, b.f32(0));
  forEachRun([&](const Run &run) {
    if (reads) {
      expandQueries(run);
      readState(run);
    }
    if (!updates)
      return;
    expandKeys(run);
    if (isSum)
      addKeySums(run);
    updateState(run);
  });
}
