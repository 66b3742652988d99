//===- Fragments.h - tiles in shared memory and in the registers of a warp -*- C++ -*-===//
//
// The layouts of mma.sync m16n8k16, of lane l:
//
//   A (16 × 16)   rows l/4 and l/4 + 8, columns 2(l%4) + {0, 1} and 8 more: four pairs
//   B (16 × 8)    rows 2(l%4) + {0, 1} and 8 more, column l/4: two pairs
//   C (16 × 8)    rows l/4 (elements 0, 1) and l/4 + 8 (2, 3), columns 2(l%4) + {0, 1}
//
// So two neighbouring C make an A: scores become weights without leaving their lane.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_NVPTX_FRAGMENTS_H
#define ATTN_LOWERING_NVPTX_FRAGMENTS_H

#include "lowering/nvptx/GlobalBuffer.h"

namespace attn {

/// The numbers of this thread among those that share a tile. A warp holds 16 rows of it.
struct ThreadCoordinates {
  static constexpr int64_t warpRows = 16;
  int64_t threads;
  mlir::Value thread, lane, warp;
  /// Where a thread's accumulator elements stand: rows `row` and `row + 8` of the tile, columns `column` + {0, 1} of
  /// each block of eight.
  mlir::Value row, column;

  /// The threads of the block from number `first` on.
  static ThreadCoordinates emit(ThreadBuilder &builder, int64_t threads, int64_t first = 0);
};

/// A tile of 16-bit elements in shared memory. Its rows are 16-byte chunks that stand so that the eight rows which an
/// instruction reads at once are in different banks:
///
///   padded    rows are 16 bytes longer than their data, an odd number of chunks;
///   swizzled  blocks of 64 columns one after the other, each of rows of 128 bytes, in which chunk c of row r stands at
///             place c ^ (r mod 8): what TMA writes and wgmma reads with a swizzle of 128 bytes. Begins at a multiple
///             of 1024 bytes.
struct SharedTile {
  enum class Layout { padded, swizzled };
  static constexpr int64_t chunkBytes = 16, swizzleBytes = 128, swizzleRows = 8;

  int64_t offset, rows, width;
  Layout layout = Layout::padded;

  bool isSwizzled() const { return layout == Layout::swizzled; }
  /// From one row to the next.
  int64_t rowBytes() const { return isSwizzled() ? swizzleBytes : width * 2 + chunkBytes; }
  int64_t bytes() const { return rows * (isSwizzled() ? width * 2 : rowBytes()); }
  int64_t end() const { return offset + bytes(); }
  /// Where a chunk stands in the tile.
  mlir::Value placeOf(ThreadBuilder &builder, mlir::Value row, mlir::Value chunk) const;
  /// From a chunk to the one so many rows and chunks on; swizzled, both are multiples of 8.
  int64_t distance(int64_t rowsOn, int64_t chunksOn) const;
};

/// Where a row of a tile comes from: its first element, and whether it is there; if not, it is zero.
struct SourceRow {
  mlir::Value place, exists;
};

/// A buffer that tiles are copied from. cp.async needs 16-byte alignment of every row: whether that holds is found once
/// for a kernel, and where it does not, elements are copied one at a time.
struct TileSource {
  GlobalBuffer buffer;
  mlir::Value isAligned;

  static TileSource emit(ThreadBuilder &builder, const GlobalBuffer &buffer);
};

/// Copies a tile to shared memory by all threads of the block; ends with neither commit nor wait.
void copyTile(ThreadBuilder &builder, const ThreadCoordinates &at, const TileSource &source, const SharedTile &tile,
              mlir::Value shared, llvm::function_ref<SourceRow(mlir::Value)> row);

using Fragment = llvm::SmallVector<mlir::Value, 4>;

/// The elements of all blocks of an accumulator, and back: four a block.
llvm::SmallVector<mlir::Value> flatten(llvm::ArrayRef<Fragment> blocks);
llvm::SmallVector<Fragment> blocksOf(mlir::ValueRange elements);

/// Emits the products of a warp. `base` pointers are those of a tile; block numbers are compile-time constants, so
/// that they become the immediate offsets of addresses.
class WarpProducts {
public:
  WarpProducts(ThreadBuilder &builder, const ThreadCoordinates &at, mlir::Type element)
      : b(builder), at(at), element(element) {}

  /// This lane's address for `loadRows`: A from a row-major tile, rows of this warp.
  mlir::Value rowsBase(const SharedTile &tile, mlir::Value base);
  /// This lane's address for `loadTransposed`: B from a tile that holds its transpose (keys of Q · Kᵀ).
  mlir::Value transposedBase(const SharedTile &tile, mlir::Value base);
  /// This lane's address for `loadPlain`: B from a tile that holds it row by row (values of P · V).
  mlir::Value plainBase(const SharedTile &tile, mlir::Value base);

  /// A: columns 16k ….
  Fragment loadRows(mlir::Value rowsBase, int64_t k);
  /// Two B side by side: columns 16n …, rows 16k ….
  Fragment loadTransposed(const SharedTile &tile, mlir::Value transposedBase, int64_t n, int64_t k);
  Fragment loadPlain(const SharedTile &tile, mlir::Value plainBase, int64_t n, int64_t k);

  /// c += a · b
  void accumulate(Fragment &c, const Fragment &a, mlir::ValueRange b);

private:
  Fragment loadMatrices(mlir::Value place, bool transpose);

  ThreadBuilder &b;
  const ThreadCoordinates &at;
  mlir::Type element;
};

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_FRAGMENTS_H
