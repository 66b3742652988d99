//===- Carried.cpp - what the kernels of each target carry ---===//

#include "passes/Carried.h"

#include "dialect/attn/Attn.h"
#include "dialect/nn/NN.h"
#include "passes/KeyHeads.h"
#include "passes/PlanState.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace attn;

//===----------------------------------------------------------------------===//
// GPU architectures
//===----------------------------------------------------------------------===//

// sm_80: four warps of 16 rows leave room for a second and third block on a multiprocessor.
// sm_90a: two warp groups of 64 rows beside the one that copies, whose scores and outputs fill the registers at a width
// of 128 (FlashAttention-3, Shah et al., 2024).
static constexpr GpuAttention gpuAttention[] = {
    {"sm_80", /*rows=*/64, /*keys=*/64, "fragments", /*maxStages=*/2, /*widthStep=*/16, /*maxWidth=*/128,
     /*carriesF16=*/true},
    {"sm_90a", /*rows=*/128, /*keys=*/128, "fragments", /*maxStages=*/4, /*widthStep=*/64, /*maxWidth=*/128,
     /*carriesF16=*/true},
};

const GpuAttention *GpuAttention::find(StringRef architecture) {
  const auto *found =
      llvm::find_if(gpuAttention, [&](const GpuAttention &a) { return a.architecture == architecture; });
  return found == std::end(gpuAttention) ? nullptr : found;
}

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

/// The first slot of the generic form that no fused kernel carries; empty if there is none.
static std::string findSlot(GenericOp generic) {
  if (!generic.getEpilogue().empty())
    return "an `epilogue` region";
  if (generic.getWeighting() == Weighting::exp && generic.getNormalizer() != Normalizer::sum)
    return "exponential weights without a normaliser";
  return "";
}

/// The first slot that the kernels of CPUs carry and those of GPUs do not.
static std::string findSlotBeyondGpus(GenericOp generic) {
  if (generic.getWeights())
    return "`weights` for a result";
  if (generic.getGates())
    return "`gates`";
  if (needsState(generic))
    return "a `state`";
  for (Value keys : generic.getKeys())
    if (headsOf(keys) != headsOf(generic.getValue()))
      return "key parts whose heads differ from the value's";
  if (!generic.getPair().empty())
    return "a `pair` region";
  if (!generic.getFeatures().empty())
    return "a `features` region";
  for (Type type : generic.getCaptures().getTypes())
    if (isa<ShapedType>(type) && dataShape(type).empty())
      return "a captured tensor without dimensions";
  // Weights meet the values in their type: exponentials are at most 1, others know no bound.
  if (generic.getWeighting() != Weighting::exp && dataElementType(generic.getValue().getType()).isF16())
    return "linear weights with values of f16";
  return "";
}

static std::optional<Obstacle> findCpuObstacle(GenericOp generic) {
  auto refuse = [&](StringRef slot) {
    return Obstacle{
        generic,
        ("has " + slot + ", which the fused CPU kernels do not carry; lower it with --lowering=reference").str()};
  };
  StringRef form = requestedForm(generic).name;
  if (!form.empty() && !isChunkForm(form))
    return Obstacle{generic,
                    ("has a `form` \"" + form + "\"; write \"quadratic\", \"chunked\" or \"recurrent\"").str()};
  // Weights as a result are of pairs.
  bool asksForState = !generic.getWeights() && (needsState(generic) || isStateForm(form));
  if (std::string obstacle = findStateObstacle(generic); asksForState && !obstacle.empty())
    return Obstacle{generic, obstacle};
  if (std::string slot = findSlot(generic); !slot.empty())
    return refuse(slot);
  for (Value query : generic.getQueries())
    if (Type type = dataElementType(query.getType()); !type.isF32() && !type.isBF16() && !type.isF16())
      return refuse("queries of a type other than f32, bf16 and f16");
  return std::nullopt;
}

static std::optional<Obstacle> findGpuObstacle(GenericOp generic, StringRef architecture) {
  auto refuse = [&](const Twine &what, const Twine &remedy = "compile for cpu") {
    return Obstacle{generic, ("has " + what + "; " + remedy).str()};
  };
  const GpuAttention *carried = GpuAttention::find(architecture);
  if (!carried)
    return refuse("no kernels for " + architecture, "compile for cpu or sm_80");
  if (std::string slot = findSlot(generic); !slot.empty())
    return refuse(slot + ", which the kernels of " + architecture + " do not carry",
                  "compile for cpu with --lowering=reference");
  if (std::string slot = findSlotBeyondGpus(generic); !slot.empty())
    return refuse(slot + ", which the kernels of " + architecture + " do not carry");
  if (generic.getKeys().size() != 1)
    return refuse("scores that are a sum of " + Twine(generic.getKeys().size()) + " products, but the kernels of " +
                  architecture + " carry one");

  Type element = dataElementType(generic.getValue().getType());
  std::pair<StringRef, Value> tensors[] = {
      {"queries", generic.getQueries()[0]}, {"keys", generic.getKeys()[0]}, {"values", generic.getValue()}};
  for (auto [name, tensor] : tensors) {
    Type type = dataElementType(tensor.getType());
    if (type == element && (type.isBF16() || (type.isF16() && carried->carriesF16)))
      continue;
    std::string text;
    llvm::raw_string_ostream(text) << name << " of " << type;
    return refuse(text + ", but the kernels of " + architecture + " carry queries, keys and values that are all bf16" +
                      (carried->carriesF16 ? " or all f16" : ""),
                  "convert them, or compile for cpu");
  }
  auto widthOf = [](Value tensor) { return dataShape(tensor.getType()).back(); };
  for (auto [name, tensor] : tensors) {
    if (carried->carriesWidth(widthOf(tensor)))
      continue;
    auto carriesAll = [&](const GpuAttention &other) {
      return llvm::all_of(tensors, [&](const auto &entry) { return other.carriesWidth(widthOf(entry.second)); });
    };
    const auto *other = llvm::find_if(gpuAttention, carriesAll);
    return refuse(name + " of width " + Twine(widthOf(tensor)) + ", but the kernels of " + architecture +
                      " carry multiples of " + Twine(carried->widthStep) + " up to " + Twine(carried->maxWidth),
                  other == std::end(gpuAttention)
                      ? "compile for cpu"
                      : ("compile for " + other->architecture + ", whose PTX runs on newer GPUs, or for cpu").str());
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

std::optional<Obstacle> attn::findObstacle(tile::KernelOp kernel, const Target &target) {
  Block &body = kernel.getBody().front();
  for (auto generic : body.getOps<GenericOp>())
    return target.isCpu() ? findCpuObstacle(generic) : findGpuObstacle(generic, target.architecture);
  if (target.isCpu())
    return std::nullopt;
  // The first op that computes: sequences, conversions and constants stand before it.
  auto computes = [](Operation &op) {
    return isa<AttnDialect, nn::NNDialect>(op.getDialect()) && !isa<PaddedOp, PackedOp>(op);
  };
  auto piece = llvm::find_if(body, computes);
  return Obstacle{piece == body.end() ? kernel.getOperation() : &*piece,
                  "has no kernels for " + target.architecture + ", which carries attention alone; compile for cpu"};
}
