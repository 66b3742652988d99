//===- Sequences.h - which rows and keys belong together, said plainly -*- C++ -*-===//
//
// The oracle's own reading of attn.padded and attn.packed; it shares no code with the tiled road, so that the two can
// disagree.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LOWERING_REFERENCE_SEQUENCES_H
#define ATTN_LOWERING_REFERENCE_SEQUENCES_H

#include "dialect/attn/Attn.h"

namespace attn::reference {

/// One sequence; all of type index. Row r of the sequence is row `firstRow + r` of its query tensor, key j is row
/// `firstKey + j` of its key tensor; both are 0 unless packed.
struct Sequence {
  mlir::Value firstRow, validRows, firstKey, keyCount, start;
};

/// The sequences of an attn.generic on memrefs.
class Sequences {
public:
  Sequences(mlir::ImplicitLocOpBuilder &builder, GenericOp generic);

  bool isPacked() const { return bool(packed); }

  /// The sequence `n` (index). Counts are held within the buffers, whatever lengths a caller passes.
  Sequence at(mlir::Value n);

  /// The packed sequence in which query row `row` of the tensor lies; rows past the last offset lie in sequence N,
  /// which `at` gives no rows and no keys.
  mlir::Value find(mlir::Value row);

private:
  Sequence paddedAt(mlir::Value n);
  Sequence packedAt(mlir::Value n);
  mlir::Value elementIf(mlir::Value exists, mlir::Value vector, mlir::Value n);

  mlir::ImplicitLocOpBuilder &b;
  mlir::Value query, key;
  PaddedOp padded;
  PackedOp packed;
};

} // namespace attn::reference

#endif // ATTN_LOWERING_REFERENCE_SEQUENCES_H
