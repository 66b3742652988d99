//===- RowWiseRows.h - one row of a row-wise kernel at a time -*- C++ -*-===//
//
// What the ops of a row-wise kernel share: where the row stands, where the values of its tensors are (a memref, a row
// of scratch, or not computed yet) and how to run over the features in vectors.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_ROWWISEROWS_H
#define ATTN_LOWERING_CPU_ROWWISEROWS_H

#include "dialect/tile/Tile.h"
#include "lowering/cpu/Dequantize.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

namespace attn {

/// Emits the code of one row. Invariants: `places` holds every value that is not lazy; a lazy value has one use, which
/// asks for each of its vectors once.
class RowCode {
public:
  using Results = llvm::ArrayRef<mlir::bufferization::MaterializeInDestinationOp>;

  RowCode(mlir::ImplicitLocOpBuilder &builder, const Target &target, unsigned rowRank, Results results);

  /// Reserves scratch for the values that need it; call before the loop over rows.
  void reserve(mlir::Operation *op);
  /// Emits the op for the row at `indices`.
  mlir::LogicalResult emit(mlir::Operation *op, mlir::ValueRange indices);
  /// Emits the stores of the row's results.
  void store();

  /// The error code of the row: an i32 that tables may set; null where nothing can fail.
  mlir::Value code;

private:
  /// Computed where it is used rather than kept: elementwise, one use that reads it once.
  bool isLazy(mlir::Value value) const;
  /// The memref that a value is loaded from; null where it is computed.
  static mlir::Value memoryOf(mlir::Value value);
  /// How many features a row of the value has.
  int64_t featuresOf(mlir::Value value) const;

  /// A vector of a row: lanes of features from segment · width + offset.
  struct Part {
    mlir::Value segment, offset, mask;
    int64_t width;
  };
  /// The row's sequence and where it stands on the key axis, as indices, and whether it is of a sequence: null where
  /// every row is.
  struct Place {
    mlir::Value sequence, position, exists;
  };
  /// Tables of cos and sin, one for each pair of sequences and angles; `owner` is the op that fills it. `exists` is
  /// that of the row's place.
  struct Angles {
    RotaryOp owner;
    mlir::Value cos, sin, exists;
  };

  using PartCode = llvm::function_ref<llvm::SmallVector<mlir::Value>(const Part &, mlir::ValueRange)>;

  /// Runs over a row in vectors that do not cross a multiple of `width`, carrying values as a loop does.
  llvm::SmallVector<mlir::Value> forEachPart(int64_t features, int64_t width, mlir::ValueRange inits, PartCode code);
  void forEachPart(int64_t features, int64_t width, llvm::function_ref<void(const Part &)> code);
  int64_t segmentWidth(mlir::ValueRange values) const;
  llvm::SmallVector<mlir::Value> indicesInto(mlir::Value memref, const Part &part, mlir::ValueRange leading) const;
  mlir::Value flat(const Part &part) const;
  mlir::Value evaluate(mlir::Value value, const Part &part);
  mlir::Value evaluateOp(mlir::Operation *op, const Part &part);
  void keep(mlir::Value value, mlir::Value vector, const Part &part);
  /// Computes all parts of `value` and keeps them.
  void keepAll(mlir::Value value, int64_t width, llvm::function_ref<mlir::Value(const Part &)> code);
  mlir::Value loadStored(mlir::Value weight, mlir::ValueRange leading, mlir::Value feature, mlir::Value mask);

  mlir::LogicalResult emitElementwise(mlir::Operation *op);
  void storeIndices(mlir::bufferization::MaterializeInDestinationOp result);

  // Over the features of a row: RowWiseFeatures.cpp.
  /// What a norm does to a row: subtracts the mean, divides, then multiplies and adds.
  struct Norm {
    bool isCentred;
    mlir::Value gain, bias;
    /// The divisor, of the sum of squares.
    llvm::function_ref<mlir::Value(mlir::Value)> divisor;
  };
  void normalize(mlir::Value input, mlir::Value result, const Norm &norm);
  mlir::LogicalResult emitRmsNorm(nn::RmsNormOp op);
  mlir::LogicalResult emitLayerNorm(nn::LayerNormOp op);
  mlir::LogicalResult emitL2Norm(nn::L2NormOp op);
  mlir::LogicalResult emitSoftmax(mlir::Operation *op);
  void emitGreatest(mlir::Value input, int64_t count, mlir::Value values, mlir::Value indices);
  mlir::LogicalResult emitQuantize(nn::QuantizeOp op);

  // From other rows: RowWiseGather.cpp.
  /// The memory behind an input whose rows are not those of the kernel.
  mlir::FailureOr<mlir::Value> gatheredMemory(mlir::Operation *op, mlir::Value input);
  mlir::LogicalResult emitEmbed(nn::EmbedOp op);
  mlir::LogicalResult emitPool(nn::PoolOp op);
  mlir::LogicalResult emitPrepend(nn::PrependOp op);
  mlir::LogicalResult emitPatchify(nn::PatchifyOp op);
  /// A row of a table as an index: 0 and an error code of the task, of this kind, where `row`, an i32, is outside
  /// although it `exists`. `indices` is the memory that it is an element of, if there is one.
  mlir::Value checkedRow(mlir::Value row, mlir::Value table, mlir::Value exists, int32_t kind, mlir::Value indices);

  // By where a row stands: RowWisePositions.cpp.
  mlir::LogicalResult emitAddPositions(nn::AddPositionsOp op);
  mlir::LogicalResult emitRotary(RotaryOp op);
  void rotateHead(RotaryOp op, const Angles &table, mlir::Value head);
  void fillAngles(RotaryOp op, const Angles &table, mlir::Value position);
  Angles &anglesOf(RotaryOp op);
  mlir::LogicalResult emitAppend(AppendOp op);
  mlir::FailureOr<Place> placeOf(mlir::Operation *op, mlir::Value sequences);
  /// Whether the row is one of its sequence; null where every row is.
  mlir::Value existsIn(mlir::Value sequences, const Place &place);
  mlir::FailureOr<Place> paddedPlace(mlir::Operation *op, PaddedOp padded);
  Place packedPlace(PackedOp packed);
  mlir::Value packedSequence(mlir::Value offsets, mlir::Value count);
  /// vector[place] as an index.
  mlir::Value elementAt(mlir::Value vector, mlir::Value place);
  /// lengths[n], n the row's sequence where rows are by (sequence, position).
  mlir::Value lengthAt(mlir::Value lengths) { return elementAt(lengths, row.front()); }

  mlir::Value index(int64_t value) { return numbers.index(value); }
  int64_t lanes() const { return target.lanes(); }

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
  NumberLoader numbers;
  unsigned rowRank;
  Results results;
  bool resultsAreEqual; ///< in features, so that one loop stores them all
  llvm::SmallVector<mlir::Value> row;
  llvm::DenseMap<mlir::Value, mlir::Value> kept; ///< scratch rows of f32, or of i32 for indices
  llvm::SmallVector<Angles> angles;
};

} // namespace attn

#endif // ATTN_LOWERING_CPU_ROWWISEROWS_H
