//===- Plan.h - the launches of one function at one set of sizes -*- C++ -*-===//
//
// Everything that depends on the values of symbols only is decided here, once, and kept: repeats are expanded, views
// and slices are addresses, grids are numbers, an implementation is chosen for each launch, and temporaries have their
// places. What a run still has to do is to write the addresses of its arguments and results into `buffers`, its scalars
// into `scalars`, and to hand the launches to the device in order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_PLAN_H
#define ATTN_RUNTIME_PLAN_H

#include "runtime/States.h"
#include "runtime/Weights.h"

namespace attn {

/// What launches are planned with; all of it outlives the plan.
struct PlanContext {
  const Artifact &artifact;
  const Function &function;
  const BoundWeights &weights;
  const States &states;
  const std::vector<void *> &constants; ///< of the device
  const Device &device;
};

struct Plan {
  /// When a step runs: if the i32 in |flag|, one of |buffers|, is |value|, of 0 … count − 1.
  struct Condition {
    uint32_t flag = 0;
    int32_t value = 0;
    int32_t count = 0;
  };
  struct Step {
    bool isCopy = false;
    std::optional<Condition> when; ///< without one it always runs
    Launch launch;                 ///< unless it is a copy
    BufferCopy copy;               ///< if it is
    uint32_t firstBuffer = 0;
  };
  /// A buffer whose address is |offset| bytes into argument, result or the arena.
  struct Patch {
    uint32_t buffer = 0;
    uint32_t index = 0; ///< of the argument or result
    int64_t offset = 0;
  };
  struct ScalarPatch {
    uint32_t scalar = 0;
    uint32_t argument = 0;
  };

  static Result<std::unique_ptr<Plan>> make(const PlanContext &context, const std::vector<int64_t> &symbols);

  std::vector<int64_t> symbols;
  std::vector<Step> steps;
  std::vector<attn_buffer> buffers;
  std::vector<int64_t> sizesAndStrides; ///< what |buffers| point to
  std::vector<uint64_t> scalars;
  std::vector<Patch> arguments, results, temporaries;
  std::vector<ScalarPatch> scalarArguments;
  std::vector<std::vector<int64_t>> resultSizes;
  uint64_t arenaBytes = 0;
  const void *arena = nullptr; ///< where the arena was when temporaries were patched last
};

/// Bytes that the temporaries of |function| take at these values of its symbols, laid out as a plan has them.
Result<uint64_t> temporaryBytes(const Function &function, const std::vector<int64_t> &symbols);

} // namespace attn

#endif // ATTN_RUNTIME_PLAN_H
