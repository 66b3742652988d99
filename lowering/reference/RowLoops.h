//===- RowLoops.h - the plain loops of one row and of one final state -*- C++ -*-===//

#ifndef ATTN_LOWERING_REFERENCE_ROWLOOPS_H
#define ATTN_LOWERING_REFERENCE_ROWLOOPS_H

#include "lowering/reference/Loops.h"
#include "lowering/reference/ScalarRegions.h"
#include "passes/Homogeneous.h"

namespace attn::reference {

class RowLoops {
public:
  RowLoops(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, const Scratch &scratch)
      : b(builder), op(generic), sequences(builder, generic), regions(builder, generic, sequences), scratch(scratch) {}

  void emit(mlir::Value sequenceIndex, mlir::Value tensorRow, mlir::Value head);
  void emitWeights(mlir::Value sequenceIndex, mlir::Value tensorRow, mlir::Value head);
  /// With `switch_over`, where the sequence has as many keys; elsewhere the state stays.
  void emitFinalState(mlir::Value sequenceIndex, mlir::Value head);

private:
  using Value = mlir::Value;

  /// Finds the row's sequence, coordinates and keys.
  void begin(Value sequenceIndex, Value tensorRow, Value head);
  bool isExp() { return op.getWeighting() == Weighting::exp; }
  /// Whether scores are taken relative to the row's largest: of exponentials, and of powers over their sum alone.
  bool isRelative() { return isExp() || (power() > 1 && isHomogeneous(op) && op.getState().empty()); }
  int64_t power() { return op.getPower().value_or(1); }

  Value index(int64_t value);
  Value f32(double value);
  Value minusInfinity();
  Value toI32(Value value);

  /// for j = begin; j < end; ++j: carried = body(j, carried)
  Value loop(Value end, Value initial, llvm::function_ref<Value(Value, Value)> body);
  /// The same without a carried value.
  void loop(Value begin, Value end, llvm::function_ref<void(Value)> body);
  void loop(Value end, llvm::function_ref<void(Value)> body) { loop(index(0), end, body); }

  /// The head of `heads` that query head h reads.
  Value headOf(int64_t heads);
  /// data[n, position, head of a group, feature] as f32; for packed data the sequence's first row is added.
  Value element(Value data, Value firstRow, Value position, Value feature);
  /// The same, as it meets others: after the features region.
  Value feature(Value data, Value firstRow, Value position, Value feature);
  Value score(Value key);
  /// Runs `body` where key j is admitted; elsewhere the carried value stays.
  Value whereAdmitted(Value key, Value carried, llvm::function_ref<Value()> body);
  Value weight(Value score, Value maximum);
  Value findMaximum();
  /// What a sink adds to the sum of weights; 0 without one.
  Value withSink(Value maximum);
  /// sum = code(key, its weight, sum) for each admitted key: the sum of weights so far.
  Value overKeys(Value maximum, Value initial, llvm::function_ref<Value(Value, Value, Value)> code);
  Value timesFactor(Value weight, Value key);
  Value divisorOf(Value sum);
  Value accumulate(Value maximum);
  void store(Value destination, Value value, mlir::ValueRange trailing);

  void emitFinalState();

  //===--- Weights (WeightsLoops.cpp) ----------------------------------------===//
  /// Adds the weights of one head, times `share`, to the row of the result.
  void addWeights(Value sequenceIndex, Value tensorRow, Value head, double share);

  //===--- Gates and states (StateLoops.cpp) ---------------------------------===//
  /// Begins the sum of the gates between a key and the query, at the last key.
  void beginFading();
  void dropCommonFading(Value sumOfWeights);
  /// Adds the gate of `key`, the keys running backwards, if the query sees it.
  void fadeBy(Value key);
  /// e^(the sum so far); null without gates.
  Value fading();
  Value gate(Value key);
  /// An index tuple i₁ ≤ … ≤ i_p, its place in lexicographic order, and in how many orders it can be written.
  struct Feature {
    llvm::SmallVector<Value> indices;
    Value place, multiplicity;
  };
  void forEachFeature(llvm::function_ref<void(const Feature &)> body);
  void nestFeatures(Feature &feature, Value first, Value run, llvm::function_ref<void(const Feature &)> body);
  Value productOf(const Feature &of, Value data, Value firstRow, Value position);
  /// Adds what the query takes of the initial state to accumulator (of weights there is none) and sum.
  Value addInitialState(Value sum);

  mlir::ImplicitLocOpBuilder &b;
  GenericOp op;
  Sequences sequences;
  ScalarRegions regions;
  const Scratch &scratch;
  // The row: sequence, head, row of the query tensor (all index), coordinates (i32), and whether the row exists.
  Value n, h, row, position, n32, h32, i32, exists;
  Sequence sequence;
};

} // namespace attn::reference

#endif // ATTN_LOWERING_REFERENCE_ROWLOOPS_H
