//===- Philox.h - counter-based random numbers -*- C++ -*-===//

#ifndef ATTN_LOWERING_PHILOX_H
#define ATTN_LOWERING_PHILOX_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attn {

/// Philox-4x32-10 (Salmon et al., 2011, §4): key = `seed` (i64), `counter` of four i32; the first word · 2⁻³². Counters
/// are scalars, or vectors of one length among which scalars stand for all lanes; the result is f32 likewise.
mlir::Value emitPhilox(mlir::ImplicitLocOpBuilder &builder, mlir::Value seed, mlir::ValueRange counter);

} // namespace attn

#endif // ATTN_LOWERING_PHILOX_H
