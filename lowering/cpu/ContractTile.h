//===- ContractTile.h - a few rows by a few output features of a linear layer -*- C++ -*-===//
//
// The tile keeps one accumulator for each row, weight and output feature, with the input features in lanes: rows of the
// input and of the weights are both read as they lie in memory, so that 16-bit and 8-bit products need no packing. The
// price is a sum over the lanes of each accumulator at the end, which a network of unpack instructions pays for four
// at a time.
//
// Three kinds of product: f32 (stored numbers become f32 in registers), bf16 (pairs into f32), int8 (32 products of a
// block into eight i32, then scaled; needs quantised input and weights in blocks).
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_CPU_CONTRACTTILE_H
#define ATTN_LOWERING_CPU_CONTRACTTILE_H

#include "lowering/cpu/Dequantize.h"

namespace attn {

class ContractTile {
public:
  /// What a task has: output features, and rows, 0 where it has all of the few that there are.
  struct Task {
    int64_t rows, features;
    bool isMatrix() const { return rows != 0; }
  };

  ContractTile(mlir::ImplicitLocOpBuilder &builder, const Target &target, mlir::Value input, mlir::ValueRange weights,
               nn::WeightType shape, StorageFormat format, Task task);

  int64_t rows() const { return tileRows; }
  int64_t features() const { return tileFeatures; }

  /// Turns the task's weights, those of the features `first` … `first + count − 1`, into rows of the kind's type where
  /// they are not stored so. Emitted once, before any tile.
  void prepareWeights(mlir::Value first, mlir::Value count);
  /// Turns rows `begin` … `end − 1`, those of the task or of a tile in form `vector`, into what the products take: bf16
  /// where the input is quantised and bf16 products are the faster, f32 and sums of blocks where weights are blocks.
  /// `rowIndices` says where in the input a row is; afterwards rows are found by `placeOf`.
  void prepareInput(mlir::Value begin, mlir::Value end,
                    llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value)> rowIndices);
  llvm::SmallVector<mlir::Value> placeOf(mlir::Value row, mlir::Value begin,
                                         llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value)> rowIndices);
  /// Emits the tile of the rows at `rowIndices` and the features from `local` on of the task that begins at `first`.
  /// Stores the sums in `sums`, (weight, row of the tile, feature of the task).
  void emit(mlir::ArrayRef<mlir::SmallVector<mlir::Value>> rowIndices, mlir::Value first, mlir::Value local,
            mlir::Value sums);

private:
  /// `blocks`: floats by quantised weights as they are stored.
  enum class Product { f32, bf16, int8, blocks };
  using Values = llvm::SmallVector<mlir::Value>;
  /// A step of 32 input features, the last `blockElements − count` of which do not exist.
  struct Step {
    mlir::Value block;
    int64_t count;
  };

  /// The stored weights of weight `w` at feature `local` of the tile's task: memref and leading indices.
  struct Place {
    mlir::Value memref;
    Values indices;
    Values ahead; ///< what a later tile reads; empty where nothing is fetched ahead
  };
  void fetchAhead(const Step &step, const Place &place);
  llvm::SmallVector<Place> places(mlir::Value first, mlir::Value local);
  mlir::Value featureIndex(mlir::Value first, mlir::Value local);

  Values step(const Step &step, mlir::ArrayRef<Values> rowIndices, mlir::ArrayRef<Place> weights,
              mlir::ValueRange sums);
  Values stepF32(const Step &step, mlir::ArrayRef<Values> rowIndices, mlir::ArrayRef<Place> weights,
                 mlir::ValueRange sums);
  Values stepBF16(const Step &step, mlir::ArrayRef<Values> rowIndices, mlir::ArrayRef<Place> weights,
                  mlir::ValueRange sums);
  Values stepInt8(const Step &step, mlir::ArrayRef<Values> rowIndices, mlir::ArrayRef<Place> weights,
                  mlir::ValueRange sums);
  Values stepBlocks(const Step &step, mlir::ArrayRef<Values> rowIndices, mlir::ArrayRef<Place> weights,
                    mlir::ValueRange sums);
  mlir::Value zeroSum();
  /// The lanes of one row's product with one row of weights.
  mlir::Value sumOfRow(mlir::ArrayRef<Values> row, const Place &place);
  mlir::Value inputPart(const Values &row, const Step &step, int64_t offset, mlir::Value mask);
  mlir::Value dotBytes(mlir::Value weights, mlir::Value input);
  Values at(const Values &leading, mlir::Value last) const;
  mlir::Value elementOf(const Step &step, int64_t offset);
  int64_t lanes() const { return target.lanes(); }
  int64_t accumulatorLanes() const { return product == Product::int8 ? 8 : lanes(); }

  mlir::ImplicitLocOpBuilder &b;
  const Target &target;
  NumberLoader numbers;
  mlir::Value input;
  Values weights;
  int64_t outputs, inputs;
  StorageFormat format;
  Task task;
  bool inputIsQuantized;
  Product product;
  int64_t tileRows, tileFeatures;
  bool nibblesInPairs;    ///< product `blocks`: quants become bf16, which are multiplied in pairs
  mlir::Value inputPanel; ///< (row of the task or tile, inputs) of bf16 or f32; null where the input is read as it is
  mlir::Value inputSums;  ///< (row of the tile, block · lanes): lanes whose sum is that of the block's inputs
  mlir::Value
      panel; ///< (weight · task features, inputs rounded up) of f32 or bf16; null where weights are read as stored
};

} // namespace attn

#endif // ATTN_LOWERING_CPU_CONTRACTTILE_H
