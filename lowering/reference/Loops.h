//===- Loops.h - one row of attention in plain loops -*- C++ -*-===//

#ifndef ATTN_LOWERING_REFERENCE_LOOPS_H
#define ATTN_LOWERING_REFERENCE_LOOPS_H

#include "dialect/attn/Attn.h"

namespace attn::reference {

/// Emits, where `builder` stands, the code that computes the output (and log-sum-exp) of one query row and head.
/// `n` is the sequence, `row` the row of the query tensor, `h` the query head, all index; for packed sequences `n` is
/// unused, because the row says it. `accumulator` is a memref of the value's width in f32.
void emitRow(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, mlir::Value n, mlir::Value row, mlir::Value h,
             mlir::Value accumulator);

} // namespace attn::reference

#endif // ATTN_LOWERING_REFERENCE_LOOPS_H
