//===- VectorRegions.h - regions of scalars on lanes -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_VECTORREGIONS_H
#define ATTN_LOWERING_CPU_VECTORREGIONS_H

#include "lowering/cpu/VectorBuilder.h"

#include "mlir/IR/Block.h"
#include "mlir/IR/IRMapping.h"

namespace attn {

/// Inlines a body of scalars and returns what it yields. Each argument is a scalar, the same for all lanes, or a
/// vector; what depends on scalars only stays scalar, and so may the result. What `known` maps already is not built
/// again.
mlir::FailureOr<mlir::Value> inlineOnLanes(VectorBuilder &builder, mlir::Block &body, mlir::ValueRange arguments,
                                           const mlir::IRMapping &known = mlir::IRMapping());

/// Inlines those ops of a body that depend on no argument which is null, and maps them in `known`: what stays the same
/// in a loop is built before it.
mlir::LogicalResult inlineKnown(VectorBuilder &builder, mlir::Block &body, mlir::ValueRange arguments,
                                mlir::IRMapping &known);

/// Loads one element, with each index clamped into the memref; 16-bit floats arrive as f32.
mlir::Value loadClamped(VectorBuilder &builder, mlir::Value memref, mlir::ValueRange i32Indices);

} // namespace attn

#endif // ATTN_LOWERING_CPU_VECTORREGIONS_H
