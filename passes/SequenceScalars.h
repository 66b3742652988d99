//===- SequenceScalars.h - lengths and places of one sequence, in scalar code -*- C++ -*-===//

#ifndef ATTN_PASSES_SEQUENCESCALARS_H
#define ATTN_PASSES_SEQUENCESCALARS_H

#include "dialect/attn/Attn.h"

namespace attn {

/// What `attn.padded` or `attn.packed` says of one sequence, all of type index. Whatever lengths a caller passes, rows
/// and keys lie within the buffers.
struct SequenceScalars {
  /// Where the sequence begins in queries and keys: its index, or its first row where sequences are packed.
  mlir::Value queryOrigin, keyOrigin;
  /// Rows of the call, those of them that are valid, and valid keys.
  mlir::Value rowCount, validRows, keyCount;
  /// The position of the query in row 0, on the key axis; may be negative.
  mlir::Value start;
  bool packedQueries, packedKeys;
};

/// Emits the scalars of sequence `n` of a generic on memrefs and caches. Packed sequences have one more than there are
/// documents: the rows past the last offset, without keys.
SequenceScalars emitSequenceScalars(mlir::ImplicitLocOpBuilder &builder, GenericOp generic, mlir::Value n);

} // namespace attn

#endif // ATTN_PASSES_SEQUENCESCALARS_H
