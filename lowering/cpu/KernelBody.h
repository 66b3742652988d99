//===- KernelBody.h - a kernel's arguments as memory, and loops in its body -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_KERNELBODY_H
#define ATTN_LOWERING_CPU_KERNELBODY_H

#include "dialect/tile/Tile.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

/// Gives the kernel's arguments the types they have in memory: a weight that of its storage format, a cache that of
/// its shape, and every memref a contiguous last dimension, which the runtime sees to. The ops that use them are the
/// caller's to replace.
mlir::LogicalResult lowerArgumentTypes(tile::KernelOp kernel);

using LoopCode = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)>;

/// for i = begin; i < end; i += step: carries `inits`, runs `code` on i and the carried values, which gives the next
/// ones. Returns the last.
llvm::SmallVector<mlir::Value> makeLoop(mlir::ImplicitLocOpBuilder &b, mlir::Value begin, mlir::Value end, int64_t step,
                                        mlir::ValueRange inits, LoopCode code);
/// The same with constant bounds; no loop where there is just one round.
llvm::SmallVector<mlir::Value> makeLoop(mlir::ImplicitLocOpBuilder &b, int64_t begin, int64_t end, int64_t step,
                                        mlir::ValueRange inits, LoopCode code);

/// The sizes of a memref's dimensions from `first` up to `end`.
llvm::SmallVector<mlir::Value> sizesOf(mlir::ImplicitLocOpBuilder &b, mlir::Value memref, unsigned first, unsigned end);
/// How many places dimensions of these sizes have: 1 where there are none.
mlir::Value countPlaces(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange sizes);
/// The indices of place `number` in dimensions of these sizes, which are counted as one, the last the fastest. Memory
/// of any strides is walked so: nothing is asked of how the dimensions lie.
llvm::SmallVector<mlir::Value> indicesOf(mlir::ImplicitLocOpBuilder &b, mlir::Value number, mlir::ValueRange sizes);

/// A mask of the first `count` of `lanes` lanes; null where that is all of them.
mlir::Value firstLanes(mlir::ImplicitLocOpBuilder &b, int64_t count, int64_t lanes);

/// Scratch of a kernel, 64-byte aligned. The insertion point must be in the kernel's own block.
mlir::Value makeScratch(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<int64_t> shape, mlir::Type element);

} // namespace attn

#endif // ATTN_LOWERING_CPU_KERNELBODY_H
