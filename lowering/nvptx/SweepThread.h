//===- SweepThread.h - what a thread does with the scores that it holds -*- C++ -*-===//
//
// A forward sweep as far as it is the same on every architecture: which rows and steps there are, score and mask
// regions, the online softmax (Milakov and Gimelshein, 2018), the rows of the output. mma.sync and wgmma leave the same
// elements of an accumulator in a thread (Fragments.h), so what differs is only how tiles are copied and multiplied.
//
// The ranges of a sweep are one loop over steps: a step finds its range by comparing its number, so that copies run on
// from one range to the next and the body exists once. Only the mask is under a branch, which all threads of a block
// take alike.
//
// −∞: where the maximum is −∞ no key was admitted yet, and 0 is subtracted instead; −∞ − −∞, which is NaN, never
// occurs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_NVPTX_SWEEPTHREAD_H
#define ATTN_LOWERING_NVPTX_SWEEPTHREAD_H

#include "lowering/AttentionSweep.h"
#include "lowering/nvptx/Fragments.h"

namespace attn {

/// A step of the loop: its first key, the end of the keys that its range admits, whether it is partial.
struct Step {
  mlir::Value key, end, isPartial;
};

/// A row of the tile: its row in the sequence and its query head.
struct RowPlace {
  mlir::Value inSequence, head;
};

/// What a thread carries from step to step. Pairs are its two rows.
struct State {
  Fragment maximum, sum;
  llvm::SmallVector<Fragment> output;

  static State zero(ThreadBuilder &builder, int64_t valueWidth);
  llvm::SmallVector<mlir::Value> values() const;
  static State fromValues(mlir::ValueRange values);
  /// The output times `rescale` of each of the two rows.
  void rescaleOutput(ThreadBuilder &builder, const Fragment &rescale);
};

class SweepThread {
protected:
  SweepThread(ThreadBuilder &builder, AttentionSweep &sweep, const mlir::IRMapping &mapping, const BufferMap &buffers);

  /// Of this thread's two rows. Precedes all that asks for scores or outputs.
  void findRows(const ThreadCoordinates &at);
  Step step(mlir::Value number);
  RowPlace placeOf(mlir::Value rowOfTile);

  mlir::Value scalar(mlir::Value kernelValue) { return b.toI32(mapping.lookup(kernelValue)); }
  const GlobalBuffer &buffer(tile::ViewOp view) { return buffers.find(view.getSource())->second; }
  /// Where a row of a sequence that begins at `origin` stands, in bytes.
  mlir::Value rowOffset(const GlobalBuffer &buffer, mlir::Value origin, mlir::Value row, mlir::Value head,
                        bool hasWidth);
  /// Copies the query rows of the tile, by the threads of `at`; ends with neither commit nor wait.
  void copyQueries(const ThreadCoordinates &at, const SharedTile &tile, mlir::Value shared);

  /// Products become what is normalised: scaled, changed by the score region, and masked in partial steps.
  mlir::LogicalResult finishScores(llvm::SmallVector<Fragment> &scores, const Step &step);
  /// Scores become weights; maximum and sum go on, the sum of this lane's columns only. Returns the factors by which
  /// the output has to be rescaled. The factor region comes in here, beside the sum.
  mlir::FailureOr<Fragment> normalize(llvm::SmallVector<Fragment> &scores, State &state, const Step &step);
  /// The A operand of weights times values, columns 16k … of the weights. Two blocks of scores are one A fragment.
  Fragment packWeights(const llvm::SmallVector<Fragment> &weights, int64_t k);
  /// Writes this thread's part of the output and of the log-sum-exp.
  mlir::LogicalResult finish(State state);

  ThreadBuilder &b;
  AttentionSweep &sweep;
  const mlir::IRMapping &mapping;
  const BufferMap &buffers;
  const mlir::Type element;
  const int64_t group, rows, keys, keyWidth, valueWidth;
  mlir::Value sequence, keyHead, validRows, keyCount, stepCount;

private:
  void findFactor();
  void countSteps();
  mlir::LogicalResult changeScores(llvm::SmallVector<Fragment> &scores, const Step &step);
  mlir::LogicalResult maskScores(llvm::SmallVector<Fragment> &scores, const Step &step);
  mlir::LogicalResult multiplyWeights(llvm::SmallVector<Fragment> &weights, const Step &step);
  mlir::Value normalizeRow(llvm::SmallVector<Fragment> &scores, State &state, int64_t row);
  mlir::Value sumRow(llvm::SmallVector<Fragment> &scores, State &state, int64_t row);
  /// What the state of a row comes to: its maximum times `factor`, its sum, and by what the output is multiplied before
  /// it is divided by the sum. A sink joins here.
  struct RowEnd {
    mlir::Value maximum, sum, kept;
  };
  mlir::FailureOr<RowEnd> finishRow(const State &state, int64_t row);
  void storeRow(const State &state, int64_t row, mlir::Value inverse, mlir::Value isLive);

  mlir::Value firstRow, rowCount, start, column;
  // What regions see of this thread's two rows: row in the sequence, query head, position.
  RowPlace ownRows[2];
  mlir::Value positions[2];
  // Of exponentials: factor of scores and maximum; and of scores, where a region or a sign forbids to fold it.
  mlir::Value factor, scale;
  llvm::SmallVector<mlir::Value> begins, ends, firstSteps; // of ranges
};

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_SWEEPTHREAD_H
