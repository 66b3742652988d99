//===- PlanAttention.cpp - implementations of an attention kernel ---===//
//
// One sweep serves three shapes of work, told apart by the number of rows (positions × heads of a group) of a key head:
//
//   decode    a group's heads at one position: features in lanes, the only form that reaches the memory's bandwidth
//   small     one vector of rows, queries in lanes
//   prefill   as many rows as fill the registers, queries in lanes
//
// Weights in place of the output are no sweep: they have one form, keys in lanes.
//
// The reasons for the numbers stand in lowering/cpu/README.md. On a GPU one implementation serves all of them.
//
//===----------------------------------------------------------------------===//

#include "passes/Plan.h"

#include "dialect/attn/Attn.h"
#include "passes/Carried.h"
#include "passes/Homogeneous.h"
#include "passes/KeyHeads.h"
#include "passes/PlanState.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attn;

/// Keys of a step: their tiles of K and V in f32 stay in the second-level cache for widths up to 256.
static constexpr int64_t keysPerStep = 64;

/// Of a GPU's shared memory, what is kept for padding and barriers.
static constexpr int64_t reservedBytes = 1024;

//===----------------------------------------------------------------------===//
// Implementations
//===----------------------------------------------------------------------===//

/// Rows of a prefill tile: the vectors of an accumulator block, as the micro-kernel of the lowering has them.
static int64_t prefillRows(const Target &target) {
  // 512 bits: 4 vectors of queries × 4 keys fill 16 of 32 registers. Below: 3 × 4 of 16, twice over so that a tile of
  // keys is converted for 48 rows.
  return target.avx512f ? 4 * target.lanes() : 6 * target.lanes();
}

/// Weights meet the values in the values' own type; copies run as many steps ahead as shared memory holds.
static tile::PlanAttr planFragments(GenericOp generic, const Target &target) {
  const GpuAttention &gpu = *GpuAttention::find(target.architecture);
  Type element = dataElementType(generic.getValue().getType());
  int64_t elementBytes = element.getIntOrFloatBitWidth() / 8;
  int64_t keyWidth = dataShape(generic.getKeys()[0].getType()).back();
  int64_t valueWidth = dataShape(generic.getValue().getType()).back();
  int64_t free = target.sharedBytes - gpu.rows * keyWidth * elementBytes - reservedBytes;
  int64_t stages = free / (gpu.keys * (keyWidth + valueWidth) * elementBytes);
  return tile::PlanAttr::get(generic.getContext(), gpu.rows, gpu.keys, gpu.form, element,
                             std::clamp<int64_t>(stages, 2, gpu.maxStages));
}

/// bf16 where queries and values are and the machine multiplies it: weights are then rounded like the data. With
/// queries of f32, a cache of bf16 is storage, and products stay f32; null stands for that.
static Type weightsOnCpu(GenericOp generic, const Target &target) {
  Type queries = dataElementType(generic.getQueries()[0].getType()),
       values = dataElementType(generic.getValue().getType());
  return target.avx512bf16 && queries.isBF16() && values.isBF16() ? values : Type();
}

/// Rows of a task that gives weights: with them a step's keys, which every task transposes, are worth it, and the rows'
/// scores wait for their sums in the second-level cache up to 4096 keys.
static constexpr int64_t weightsRows = 64;

/// Whole positions: a task of a mean has all heads of each.
static void planWeights(tile::KernelOp kernel, GenericOp generic) {
  if (!generic.getGates() && generic.getState().empty()) // which need linear weighting
    takeLogarithms(generic);
  int64_t group = headsOf(generic.getQueries()[0]) / taskHeads(generic);
  int64_t rows = std::max<int64_t>(1, weightsRows / group) * group;
  kernel.setPlanAttr(tile::PlanAttr::get(kernel.getContext(), rows, keysPerStep, "weights"));
}

void attn::planAttention(tile::KernelOp kernel, const Target &target) {
  auto generic = *kernel.getBody().getOps<GenericOp>().begin();
  if (!target.isCpu()) {
    kernel.setPlanAttr(planFragments(generic, target));
    return;
  }
  dropScale(generic);
  if (generic.getWeights()) {
    planWeights(kernel, generic);
    return;
  }

  if (!planStates(kernel, target)) {
    kernel.erase();
    return;
  }
  takeLogarithms(generic);
  ArrayRef<int64_t> shape = dataShape(generic.getQueries()[0].getType());
  int64_t group = shape[shape.size() - 2] / taskHeads(generic);
  unsigned query = cast<BlockArgument>(generic.getQueries()[0]).getArgNumber();
  std::string rows = ("dim(" + Twine(query) + "," + Twine(shape.size() == 4 ? 1 : 0) + ") * " + Twine(group)).str();
  Builder b(kernel.getContext());

  Type weights = weightsOnCpu(generic, target);
  OpBuilder at(kernel);
  std::string name = kernel.getSymName().str();
  auto add = [&](StringRef suffix, int64_t tileRows, StringRef form, int64_t limit) {
    auto copy = cast<tile::KernelOp>(at.clone(*kernel));
    copy.setSymName(name + "_" + suffix.str());
    copy.setImplements(name);
    copy.setPlanAttr(tile::PlanAttr::get(b.getContext(), tileRows, keysPerStep, form, weights, /*stages=*/1));
    if (limit)
      copy.setWhen(rows + " <= " + std::to_string(limit));
  };
  int64_t lanes = target.lanes();
  int64_t decodeRows = llvm::PowerOf2Ceil(group);
  if (decodeRows <= lanes)
    add("decode", decodeRows, "decode", decodeRows);
  add("small", lanes, "prefill", lanes);
  add("prefill", prefillRows(target), "prefill", 0);
  kernel.erase();
}
