//===- Loops.h - one row of attention in plain loops -*- C++ -*-===//

#ifndef ATTN_LOWERING_REFERENCE_LOOPS_H
#define ATTN_LOWERING_REFERENCE_LOOPS_H

#include "dialect/attn/Attn.h"

namespace attn::reference {

/// Memory of a task: the output row in f32, of the value's width (of weights none); and, with gates or states, the sum
/// of gates (one f64), a sum of weights (one f32) and the place of a feature (one index).
struct Scratch {
  mlir::Value accumulator, gateSum, weightSum, place;
};

/// Emits, where `builder` stands, the code that computes the output (and log-sum-exp) of one query row and head.
/// `n` is the sequence, `row` the row of the query tensor, `h` the query head, all index; for packed sequences `n` is
/// unused, because the row says it.
void emitRow(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, mlir::Value n, mlir::Value row, mlir::Value h,
             const Scratch &scratch);

/// The same for a row of weights, where the op gives these; for a mean of heads `h` is 0.
void emitWeightsRow(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, mlir::Value n, mlir::Value row,
                    mlir::Value h, const Scratch &scratch);

/// The same for the state that sequence `n` leaves, of the key head that query head `h` reads.
void emitFinalState(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, mlir::Value n, mlir::Value h,
                    const Scratch &scratch);

} // namespace attn::reference

#endif // ATTN_LOWERING_REFERENCE_LOOPS_H
