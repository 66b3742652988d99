//===- VectorRegions.h - regions of scalars on lanes -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_VECTORREGIONS_H
#define ATTN_LOWERING_CPU_VECTORREGIONS_H

#include "lowering/cpu/VectorBuilder.h"

#include "mlir/IR/Block.h"

namespace attn {

/// Inlines a body of scalars and returns what it yields. Each argument is a scalar, the same for all lanes, or a
/// vector; what depends on scalars only stays scalar, and so may the result.
mlir::FailureOr<mlir::Value> inlineOnLanes(VectorBuilder &builder, mlir::Block &body, mlir::ValueRange arguments);

/// Loads one element, with each index clamped into the memref; 16-bit floats arrive as f32.
mlir::Value loadClamped(VectorBuilder &builder, mlir::Value memref, mlir::ValueRange i32Indices);

} // namespace attn

#endif // ATTN_LOWERING_CPU_VECTORREGIONS_H
