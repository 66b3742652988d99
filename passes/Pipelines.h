//===- Pipelines.h - the passes in order -*- C++ -*-===//

#ifndef ATTN_PASSES_PIPELINES_H
#define ATTN_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

#include <string>

namespace attn {

/// Where a pipeline may stop (`vectors` is called fragments on a GPU); what holds there is said in Pipelines.cpp and in
/// README.md.
enum class Stage { generic, fused, planned, tiles, vectors, llvm, all };

struct PipelineOptions {
  /// One target, in the text of `--target`.
  std::string target = "cpu";
  /// f32, bf16 or int8: what linear layers read.
  std::string activations = "f32";
  /// Whether a kernel that the target does not carry is left out, not an error: another target may carry it.
  bool partial = false;
  /// Attention as plain loops instead of sweeps.
  bool reference = false;
  Stage until = Stage::all;
};

/// From a model to its fused graph, on tensors.
void buildGraphPipeline(mlir::OpPassManager &pipeline, const PipelineOptions &options);

/// From the fused graph to launches of kernels, on memrefs: the same for all targets.
void buildLaunchPipeline(mlir::OpPassManager &pipeline);

/// From launched kernels to planned ones and sweeps, for one target.
void buildKernelPipeline(mlir::OpPassManager &pipeline, const PipelineOptions &options);

} // namespace attn

#endif // ATTN_PASSES_PIPELINES_H
