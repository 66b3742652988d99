//===- Pipeline.h - the road from kernels to functions of the CPU -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_PIPELINE_H
#define ATTN_LOWERING_CPU_PIPELINE_H

#include "passes/Pipelines.h"

namespace attn {

/// Appends the passes that take planned kernels on memrefs to `module @cpu`, in the LLVM dialect unless
/// `options.until` stops earlier.
void buildCpuPipeline(mlir::OpPassManager &pipeline, const PipelineOptions &options);

} // namespace attn

#endif // ATTN_LOWERING_CPU_PIPELINE_H
