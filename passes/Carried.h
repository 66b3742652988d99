//===- Carried.h - what the kernels of each target carry -*- C++ -*-===//
//
// The one place that knows it: planning refuses, so that every later pass may rely on it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_CARRIED_H
#define ATTN_PASSES_CARRIED_H

#include "dialect/tile/Tile.h"
#include "passes/Target.h"

#include <optional>
#include <string>

namespace attn {

/// How the attention kernels of a GPU architecture are tiled, and which data they take.
struct GpuAttention {
  llvm::StringRef architecture;
  /// Rows of a block, keys of a step, and the form of the plan, which says what the lowering makes of a sweep.
  int64_t rows, keys;
  llvm::StringRef form;
  /// Steps whose keys and values have a place each, as far as shared memory reaches, at least 2.
  int64_t maxStages;
  /// Widths of queries, keys and values: multiples of `widthStep` up to `maxWidth`.
  int64_t widthStep, maxWidth;
  bool carriesF16;

  bool carriesWidth(int64_t width) const { return width > 0 && width % widthStep == 0 && width <= maxWidth; }

  /// Null where there are no kernels for the architecture.
  static const GpuAttention *find(llvm::StringRef architecture);
};

/// What stands in the way: `op` is at fault, and `why` continues a sentence that begins with its name.
struct Obstacle {
  mlir::Operation *op;
  std::string why;
};

/// The attribute of a kernel that has no code for the target: the reason. Its body is empty.
inline constexpr llvm::StringRef leftOutAttr = "left_out";
inline mlir::StringAttr getLeftOut(tile::KernelOp kernel) {
  return kernel->getAttrOfType<mlir::StringAttr>(leftOutAttr);
}

/// Whether the kernels of `target` carry the compute piece of `kernel`, which is not planned yet: nothing, or the first
/// obstacle.
std::optional<Obstacle> findObstacle(tile::KernelOp kernel, const Target &target);

} // namespace attn

#endif // ATTN_PASSES_CARRIED_H
