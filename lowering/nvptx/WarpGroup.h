//===- WarpGroup.h - products of the four warps of a group -*- C++ -*-===//
//
// wgmma multiplies 64 rows, 16 of each warp, with a tile in shared memory, and runs on while its warps do other things.
// What PTX forbids until a wait is to touch the registers of a product in flight. LLVM does not know that, so fence and
// wait take those registers and give them back: nothing that uses the results can be moved before the wait, nothing
// that makes the operands behind the fence.
//
// A descriptor says where a swizzled tile (SharedTile) lies, in units of 16 bytes: its address, and the distances to
// the next eight rows of memory and to the next block of 64 columns (PTX ISA, "matrix descriptor").
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_NVPTX_WARPGROUP_H
#define ATTN_LOWERING_NVPTX_WARPGROUP_H

#include "lowering/nvptx/Fragments.h"

namespace attn {

class WarpGroup {
public:
  static constexpr int64_t rows = 64, threads = 128;

  WarpGroup(ThreadBuilder &builder, mlir::Type element) : b(builder), element(element) {}

  /// The tile at `place`, whose rows run along m or n: queries, and keys of Q · Kᵀ. `firstRow` is a multiple of 8.
  mlir::Value describeRows(const SharedTile &tile, mlir::Value place, mlir::Value firstRow);
  /// The tile at `place`, whose rows run along k: values of P · V.
  mlir::Value describeColumns(const SharedTile &tile, mlir::Value place);
  /// The descriptor of columns 16k … of a tile described by rows, and of rows 16k … of one described by columns.
  mlir::Value rowsAt(mlir::Value descriptor, const SharedTile &tile, int64_t k);
  mlir::Value columnsAt(mlir::Value descriptor, int64_t k);

  /// a · bᵀ, both described by rows, of 64 × `columns`; with an accumulator, added to it.
  llvm::SmallVector<mlir::Value> multiply(mlir::Value a, mlir::Value descriptorB, int64_t columns,
                                          mlir::ValueRange accumulator);
  /// accumulator + a · b: `a` in registers, b described by columns.
  llvm::SmallVector<mlir::Value> multiply(const Fragment &a, mlir::Value descriptorB, mlir::ValueRange accumulator);

  /// Products that follow see `registers` as they are now.
  void fence(llvm::MutableArrayRef<mlir::Value> registers);
  /// Before products that have no registers but their results.
  void fence();
  /// Closes a group of products.
  void commit();
  /// Waits until at most `inFlight` groups are unfinished; `registers` are those of groups that are finished then.
  void wait(int64_t inFlight, llvm::MutableArrayRef<mlir::Value> registers);

private:
  mlir::Value describe(mlir::Value place, int64_t leadingBytes, int64_t strideBytes);
  llvm::SmallVector<mlir::Value> product(mlir::ValueRange a, mlir::Value descriptorB, bool isTransposed,
                                         int64_t columns, mlir::ValueRange accumulator);
  void tie(llvm::StringRef instruction, llvm::MutableArrayRef<mlir::Value> registers);

  ThreadBuilder &b;
  mlir::Type element;
};

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_WARPGROUP_H
