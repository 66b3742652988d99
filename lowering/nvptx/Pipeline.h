//===- Pipeline.h - the road from kernels to PTX -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_PIPELINE_H
#define ATTN_LOWERING_NVPTX_PIPELINE_H

#include "passes/Pipelines.h"

namespace attn {

/// Appends the passes that take tiled kernels to `module @<architecture>` of `options.target`, in the LLVM and NVVM
/// dialects unless `options.until` stops earlier.
void buildNvptxPipeline(mlir::OpPassManager &pipeline, const PipelineOptions &options);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_PIPELINE_H
