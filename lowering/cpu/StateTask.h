//===- StateTask.h - one key head of attention with linear weights, chunk by chunk -*- C++ -*-===//
//
// A task holds the state of a sequence and a key head in scratch: U (features, value width) and u (features). It takes
// positions in chunks of c tokens. In a chunk, with b the running sum of gates from its beginning:
//
//   o_i  = e^(b_i) φ(q_i)ᵀ U + Σ_{j ≤ i} e^(b_i − b_j) (q_i · k_j)^p v_j      and the same of u and 1 for the divisor
//   U    = e^(b_c) U + Σ_j e^(b_c − b_j) φ(k_j) v_jᵀ
//
// (Buckman et al., 2024, §3; Yang et al., 2024, §4). Every product is of the form C[n][·] += Σ_k A(n, k) · B[k][·]: A
// is broadcast, B is in lanes, and no sum crosses lanes but those of divisors. All exponents are ≤ 0 and differences of
// sums of one chunk, in f64, so that nothing overflows and long sequences lose nothing.
//
// φ of power p is never in memory. Index tuples i₁ ≤ … ≤ i_p in lexicographic order are runs: with i₁ … i_{p−1} fixed,
// the last index goes from i_{p−1} to d, whose features are one number times neighbours of the row. A run of queries
// and one of keys, at most d features wide, is expanded at a time, meets its rows of U, and is gone.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_STATETASK_H
#define ATTN_LOWERING_CPU_STATETASK_H

#include "dialect/attn/Attn.h"
#include "lowering/cpu/VectorBuilder.h"
#include "passes/PairRegions.h"

#include <functional>

namespace attn {

class StateTask {
public:
  /// Task (sequence, head of the tasks) of a generic on memrefs with neighbouring elements in rows; chunks of `chunk`
  /// tokens. The heads of tasks are those of keys and values, or more where theirs differ (passes/KeyHeads.h).
  StateTask(VectorBuilder &builder, GenericOp generic, int64_t chunk, mlir::Value sequence, mlir::Value head);

  /// All of a sequence and key head; in quadratic form the call's own keys are met as pairs, and the state beside them.
  mlir::LogicalResult emit(bool isQuadratic);
  /// The pairs of the queries in chunk `tile` alone, with the keys of earlier chunks, too: no state, for gates.
  mlir::LogicalResult emitTile(mlir::Value tile);

private:
  using Value = mlir::Value;
  using Carried = VectorBuilder::Carried;

  //===--- Scratch (StateTask.cpp) ---------------------------------------------===//
  void makeScratch(bool hasState, bool hasPairs);
  void fill(Value matrix, Value value);

  //===--- Rows in and out (StateRows.cpp) -------------------------------------===//
  /// The head of keys or values that the task's queries read.
  Value headOf(Value data);
  /// The query head of the task's group.
  Value queryHeadOf(Value headInGroup) { return b.add(b.mul(taskHead, group), headInGroup); }
  /// Where the row of `data` for `position` of the sequence and `head` begins.
  llvm::SmallVector<Value, 4> rowOf(Value data, Value origin, Value position, Value head, Value column);
  /// Copies a row to matrix[to, first…] as f32, features applied and scaled where asked for.
  mlir::LogicalResult loadRow(Value data, Value origin, Value position, Value head, Value matrix, Value to,
                              int64_t first, bool hasFeatures, Value scale);
  /// Copies the row of each part, one behind the other: the product of two such rows is the sum of theirs.
  mlir::LogicalResult loadParts(mlir::ValueRange parts, Value origin, Value position, Value head, Value matrix,
                                Value to, Value scale);
  mlir::LogicalResult loadKeys();
  mlir::LogicalResult loadQueries();
  void transposeKeys();
  Value findStateInMemory(bool isReadOnly);
  void loadState(bool isReadOnly);
  void storeState();
  void storeOutputs();
  void zeroRowsPast();
  /// whole vectors, then single elements, of a row of `width`.
  void overRow(int64_t width, llvm::function_ref<void(Value column, int64_t count)> code);

  //===--- Gates (StateGates.cpp) -------------------------------------------------===//
  void beginGates();
  struct ChunkGates {
    Value sum;     ///< b of the chunk's end, f64
    Value pending; ///< gates behind the last counted key of the chunk, which wait for the next one, f64
    Value counts;  ///< whether a key of it counts
  };
  /// b of the chunk, from `begin` on.
  ChunkGates sumGates(Value begin);
  void countKeys();
  void countRows();
  void fadeQueries(Value sum, bool isOfCounted = false);
  void fadeState();
  /// Where a chunk counts: its `pending` gates join the sum, or, before any other chunk has counted, the rows of the
  /// queries' chunk that one of their own keys counted for. Returns the sum.
  Value takePending(Value counts, Value sum, Value pending, Value hasCounted);
  void loadGates();
  void fadePairs();
  void fadeKeys(Value sum);
  Value gateAt(Value position);
  /// e^(sum − b) for one vector of the chunk's positions.
  Value fadeTo(Value sum, Value column);

  //===--- Products (StateProducts.cpp) -------------------------------------------===//
  struct Product {
    Value begin, end; ///< rows n of C
    int64_t vectors;  ///< of a row
    std::function<Value(Value n, Value k)> left;
    Value right, firstRight; ///< B and its row 0
    Value result, firstResult;
    std::function<Value(Value n, int64_t rows)> depth; ///< how many k the block of these rows takes
    bool isAdded = false;                              ///< to what C holds
    Value factor = {};                                 ///< of what C holds, or null
    /// How many k all rows of the block from n on take, null for all of them. Behind them a left side of 0 leaves out
    /// its product, which may be no number.
    std::function<Value(Value n)> sharedDepth = {};
    /// What A(n, k) and B[k][·] add in place of their product, or null.
    std::function<Value(Value left, Value right, Value k)> term = {};
  };
  void multiply(const Product &product);
  void multiplyBlock(const Product &product, Value n, int64_t rows);
  /// Where the pairs of a chunk come from: queries and keys of one, or keys of an earlier one, added to what is there.
  enum class Keys { own, earlier };
  void emitPairs(Keys from);
  void emitPairs(Keys from, Value head);
  void scorePairs(Value head);
  Value weigh(Keys from, Value score, Value head, Value x, Value column);
  Value timesFactor(Value weight, Value head, Value x, Value column);
  /// Whether score or mask look at pairs, of which each is asked then.
  bool asksPairs() { return !mask.isOfKeys || !op.getScore().empty(); }
  /// What a region gives for pairs of a row with the keys of a chunk.
  Value ofPairs(ScalarCode &code, Value leading, Value head, Value x, Value column);

  //===--- Features of a state (StateFeatures.cpp) ---------------------------------===//
  struct Run {
    llvm::SmallVector<Value> prefix;
    Value first, length, place;  ///< the first last index, how many follow, and the run's first feature
    Value orders, ordersOfFirst; ///< multiplicities, f32; null where all are 1
  };
  void forEachRun(llvm::function_ref<void(const Run &)> body);
  void nestRuns(Run &run, Value first, Value repeats, int64_t level, llvm::function_ref<void(const Run &)> body);
  Value prefixProduct(const Run &run, Value matrix, Value row, Value factor);
  void expandQueries(const Run &run);
  void expandKeys(const Run &run);
  void addKeySums(const Run &run);
  void readAndUpdate(bool reads, bool updates);
  void readState(const Run &run);
  void updateState(const Run &run);

  void beginChunks();
  void beginChunk(Value position);
  /// Chunks of positions in their order. Without rows, the keys are taken in alone.
  mlir::LogicalResult emitCausal(bool hasRows);
  mlir::LogicalResult emitKeys();
  mlir::LogicalResult emitQueries(bool meetPairs);
  /// The queries of the chunk at `position`, with all keys up to them as pairs.
  mlir::LogicalResult emitQueriesAt(Value position, bool readsState);
  mlir::LogicalResult emitPairsOfAll();
  llvm::SmallVector<KeyRange> rangesOfChunk();
  Value isMet(llvm::ArrayRef<KeyRange> ranges);
  Value firstQueries();

  VectorBuilder &b;
  GenericOp op;
  /// `width` is that of all key parts, and `features` of the only one.
  const int64_t chunk, power, group, width, valueWidth, features;
  const int64_t paddedChunk, paddedWidth, paddedValue;
  const bool isSum;
  Value n, taskHead;
  SequenceScalars sequence;
  PairRegions regions;
  llvm::LogicalResult status = llvm::success(); ///< of regions over pairs
  MaskForm mask;

  // Where the first chunk begins, and where the queries end.
  Value chunksBegin, queryEnd;
  // Of the chunk: position of its first token (of keys), row of its first query, used rows [firstRow, endRow) of it and
  // how many of its keys exist; all index.
  Value base, rowBase, firstRow, endRow, keyCount;
  // Queries, outputs (heads of a group × chunk), keys, values, transposed keys, weights of pairs.
  Value queries, outputs, keys, values, keysAcross, weights;
  // Divisors: of pairs one a row, of the state one vector a row.
  Value pairSums, stateSums;
  // Gates: sums b (f64), e^b, e^(b_c − b), the pairs' factors with the mask, what b begins at, and e^(b_c).
  Value gateSums, queryFading, keyFading, pairFading, carriedGates, stateFading;
  /// Whether gates wait for the next key that counts (StateGates.cpp), which keys of a chunk count, and for which rows
  /// of the queries' chunk one did; 1 or 0.
  const bool areWaiting;
  Value countedKeys, countedRows;
  // One run of features, and the state; null where there is none. Rows of U are of a buffer outside, or in scratch.
  Value queryFeatures, keyFeatures, state, stateSum, place;
  bool isInMemory = false; ///< U: it is outside
};

} // namespace attn

#endif // ATTN_LOWERING_CPU_STATETASK_H
