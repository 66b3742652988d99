//===- WeightsTask.h - weights in place of the output, keys in lanes -*- C++ -*-===//
//
// A task has whole positions of a sequence, with the heads of a group (of a mean: of one group after the other). It
// meets the keys that attention would meet, step by step, a step's keys transposed in scratch:
//
//   sweep           S = Q · Kᵀ, rows by keys;  score and mask;  maximum m of each row, lane by lane
//                   S waits for m where its weights will stand
//   row by row      in place: E = 2^(S − m), l = Σ E;  then E / l · factor
//
// Weights that nothing divides need the sweep alone. Of a mean the place holds what earlier heads have added: m and l
// come from a first sweep, and a second one computes S again and adds. What no row meets is 0: gaps between ranges,
// rows that do not exist.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_WEIGHTSTASK_H
#define ATTN_LOWERING_CPU_WEIGHTSTASK_H

#include "dialect/tile/Tile.h"
#include "lowering/cpu/PairCode.h"
#include "passes/PairRegions.h"

namespace attn {

class WeightsTask : PairCode {
public:
  /// The plan's rows are positions × heads of a group, its keys a multiple of the lanes. The regions are those of the
  /// generic form, for `sequence`, which is number `n`.
  WeightsTask(VectorBuilder &builder, GenericOp generic, PairRegions &regions, const SequenceScalars &sequence,
              tile::PlanAttr plan, mlir::Value n);

  /// Emits task `tile` of a key head; of all of them where `head` is null.
  mlir::LogicalResult emit(mlir::Value head, mlir::Value tile);

private:
  using Value = mlir::Value;
  using Carried = VectorBuilder::Carried;

  //===--- Rows and keys in scratch ---------------------------------------------===//
  RowSpan placeRows(Value tile);
  void makeScratch();
  /// Position in the tile and head of row r.
  struct Row {
    Value position, head;
  };
  Row rowAt(Value r);
  Value headOf(Value data);
  /// What queries and keys become before they meet.
  Value mapped(Value features);
  void loadQueries();
  void loadKeys(const Step &at);

  //===--- Gates (WeightsResult.cpp): of key j in row i, e^(gates of j+1..i) --------------------------===//
  Value gateAt(Value position);
  Value sumGatesBefore(Value position);
  void loadGates(Value begin, int64_t count, Value sums);
  /// Up to where gates are summed in each row: to its own position, or over a sum to the last key that weighs.
  void placeRowEnds();
  Value fade(Value weights, Value r, int64_t vector);

  //===--- The initial state (WeightsResult.cpp): its part in the sum of a row ------------------------===//
  Carried sumFeatures(Value r, int64_t indices, Value first, Value product, Carried placeAndSum);
  Value sumOfState(Value r);

  //===--- The sweeps --------------------------------------------------------------===//
  void emitHead();
  void forEachStep(llvm::function_ref<void(const Step &)> code);
  void emitProducts();
  void emitBlock(Value firstRow, int64_t firstVector, int64_t vectors);
  void computeScores(const Step &at);
  /// Calls `code` with each row and its place in the scores.
  void forEachRow(llvm::function_ref<void(Value r, const Row &)> code);
  Pairs pairsAt(const Row &row, int64_t vector, const Step &at);
  /// What row r keeps of its scores until it knows their sum: themselves, or linear weights.
  Value keptOf(Value r, const Row &row, int64_t vector, const Step &at);
  void track(Value r, const Row &row, const Step &at);
  void addToSum(Value r, llvm::ArrayRef<Value> kept, Value subtrahend, const Step &at);
  Value inverseOf(Value r, const Row &row, Value maximum, Value sum);
  void finishInPlace(Value r, const Row &row);
  void finishApart(Value r, const Row &row);
  Value finished(Value weights, Value inverse, const Pairs &pairs);

  //===--- The result (WeightsResult.cpp) --------------------------------------------===//
  llvm::SmallVector<Value, 4> placeOf(const Row &row, Value column);
  void whereWhole(int64_t vector, const Step &at, llvm::function_ref<void(Value)> whole,
                  llvm::function_ref<void(Value, Value)> single);
  void write(Value r, const Row &row, int64_t vector, const Step &at, Value value);
  Value fetch(Value r, const Row &row, int64_t vector, const Step &at);
  void zeroColumns(Value firstPosition, Value endPosition, Value begin, Value end);
  void zeroGaps();

  Value scratchColumn(int64_t vector) { return b.index(vector * b.lanes); }

  GenericOp op;
  PairRegions &regions;
  const SequenceScalars &sequence;
  const int64_t group, keyHeads, rows, positions, step, vectors;
  const bool isMean, isSum;
  llvm::SmallVector<KeyRange> ranges;
  Value keyHead;
  /// The first position of the tile as a row of the call; how many of its positions are queries, and how many there
  /// are.
  Value firstRow, queryCount, rowCount;
  llvm::SmallVector<Part, 2> parts;
  /// A step's keys of each part, (padded width, keys), and the scores, (rows, keys).
  llvm::SmallVector<Value> keysAcross;
  Value scores;
  /// Lane by lane (rows, lanes); and of a mean, one value a row: what is subtracted from scores, what weights are
  /// multiplied by.
  Value maxima, sums, subtrahends, inverses;
  /// Sums of gates up to a row's position and up to a step's keys; how far they were summed, and to what.
  Value rowGates, keyGates, gateEnd, gateSum;
  /// Sums of gates where each row of the task ends; the least of those of its keys in each lane.
  Value rowEnds, lastGates;
};

} // namespace attn

#endif // ATTN_LOWERING_CPU_WEIGHTSTASK_H
