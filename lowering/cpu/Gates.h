//===- Gates.h - the log gates of keys that fade -*- C++ -*-===//

#ifndef ATTN_LOWERING_CPU_GATES_H
#define ATTN_LOWERING_CPU_GATES_H

#include "dialect/attn/Attn.h"
#include "lowering/cpu/VectorBuilder.h"
#include "passes/SequenceScalars.h"

namespace attn {

/// The gate of a position of the key axis, f64, of head `head` of the gates. Positions before the first key have none,
/// those past the last one the fixed gate or none: none where all keys fade alike there and nobody sees it. A gate of
/// −∞ is read as −10⁴, of which e is 0 too, so that differences of sums stay numbers.
mlir::Value loadGate(VectorBuilder &b, GenericOp op, const SequenceScalars &sequence, mlir::Value position,
                     mlir::Value head);

} // namespace attn

#endif // ATTN_LOWERING_CPU_GATES_H
