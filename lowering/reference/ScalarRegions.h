//===- ScalarRegions.h - regions of attn.generic as scalar code -*- C++ -*-===//

#ifndef ATTN_LOWERING_REFERENCE_SCALARREGIONS_H
#define ATTN_LOWERING_REFERENCE_SCALARREGIONS_H

#include "lowering/reference/Sequences.h"

namespace attn::reference {

/// Copies regions of an attn.generic on memrefs to where a builder stands, as arith, math and memref ops on scalars.
class ScalarRegions {
public:
  ScalarRegions(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, Sequences &sequences)
      : b(builder), captures(generic.getCaptures()), sequences(sequences) {}

  /// What `region` yields for `coordinates`, the arguments in front of the captures.
  mlir::Value inlined(mlir::Region &region, mlir::ValueRange coordinates);

private:
  mlir::Value load(LoadOp op, mlir::Value capture, mlir::ValueRange indices);
  mlir::Value toIndex(mlir::Value i32);
  mlir::Value toI32(mlir::Value index);

  mlir::ImplicitLocOpBuilder &b;
  mlir::ValueRange captures;
  Sequences &sequences;
};

/// A float of any width as f32.
mlir::Value extendToF32(mlir::ImplicitLocOpBuilder &b, mlir::Value value);

} // namespace attn::reference

#endif // ATTN_LOWERING_REFERENCE_SCALARREGIONS_H
