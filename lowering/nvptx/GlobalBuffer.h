//===- GlobalBuffer.h - a kernel's arguments as a GPU thread sees them -*- C++ -*-===//

#ifndef ATTN_LOWERING_NVPTX_GLOBALBUFFER_H
#define ATTN_LOWERING_NVPTX_GLOBALBUFFER_H

#include "lowering/nvptx/ThreadBuilder.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"

namespace attn {

/// Data, sizes and strides (i64, in elements) of one argument; where it has one, its tensor map, else null.
struct GlobalBuffer {
  mlir::Type element;
  mlir::Value data;
  llvm::SmallVector<mlir::Value, 4> sizes, strides;
  mlir::Value tensorMap;

  int64_t elementBytes() const { return (element.getIntOrFloatBitWidth() + 7) / 8; }
};

/// Buffers by what stands for them in the IR that is being lowered.
using BufferMap = llvm::DenseMap<mlir::Value, GlobalBuffer>;

/// One element as `attn.load` defines it: indices (i32 or index) are clamped into the buffer; a 16-bit float arrives
/// as f32, an i1 from its byte.
mlir::Value loadClamped(ThreadBuilder &builder, const GlobalBuffer &buffer, mlir::ValueRange indices);

/// One element at indices that are within the buffer, as it is.
mlir::Value loadElement(ThreadBuilder &builder, const GlobalBuffer &buffer, mlir::ValueRange indices);

/// Inlines a region of scalars, once for one pair: `arguments` stand for the leading block arguments, then come the
/// captures, scalars through `mapping` and tensors through `buffers`. Functions that the special function unit has
/// become its instructions.
mlir::FailureOr<mlir::Value> inlineScalars(ThreadBuilder &builder, mlir::Block &body, mlir::ValueRange arguments,
                                           mlir::ValueRange captures, const mlir::IRMapping &mapping,
                                           const BufferMap &buffers);

} // namespace attn

#endif // ATTN_LOWERING_NVPTX_GLOBALBUFFER_H
