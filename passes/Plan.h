//===- Plan.h - how each kind of kernel is planned -*- C++ -*-===//
//
// `attn-plan` looks at the one compute piece of a kernel and asks the planner of its kind. A planner sets `plan`,
// `when`, `formats` and `implements` on the kernel, or replaces it by several implementations of it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PASSES_PLAN_H
#define ATTN_PASSES_PLAN_H

#include "dialect/tile/Tile.h"
#include "passes/Target.h"

#include <optional>
#include <string>

namespace attn {

/// Plans a kernel around an `attn.generic` that the target carries: prefill, small and decode, each `when` it fits, or
/// the one form of a GPU.
void planAttention(tile::KernelOp kernel, const Target &target);

/// Adds to a CPU's implementations of such a kernel those that carry a state over keys, `when` they cost less than its
/// pairs. Returns whether pairs may have to be taken, too.
bool planStates(tile::KernelOp kernel, const Target &target);

/// An attribute of a kernel: in which formats the weights of its launches are stored, an array for each way in which
/// they meet, with a name for each of its arguments that are weights. Without it the usual ones are planned for.
constexpr llvm::StringRef storedFormatsAttr = "stored_formats";

/// Why a kernel cannot read its weights so: `expected`, in words, is what weight number `weight` would have to be.
struct StorageProblem {
  unsigned weight;
  std::string expected;
};
std::optional<StorageProblem> findStorageProblem(tile::KernelOp kernel, llvm::ArrayRef<llvm::StringRef> formats);

/// Plans a kernel around an `nn.contract` (or another piece that reads weights): one implementation for each way in
/// which its weights may be stored.
mlir::LogicalResult planContract(tile::KernelOp kernel, const Target &target);

/// Plans a kernel around an `nn.generic`.
mlir::LogicalResult planLoops(tile::KernelOp kernel, const Target &target);

/// Plans a kernel of row-wise ops.
mlir::LogicalResult planRowWise(tile::KernelOp kernel, const Target &target);

} // namespace attn

#endif // ATTN_PASSES_PLAN_H
