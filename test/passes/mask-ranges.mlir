// RUN: attn-opt %models/variants/local.mlir --until=tiles | FileCheck %s --check-prefix=BOTH-SIDES
// RUN: attn-opt %models/variants/block.mlir --until=tiles | FileCheck %s --check-prefix=BOTH-SIDES
// RUN: attn-opt %models/variants/prefix.mlir --until=tiles | FileCheck %s --check-prefix=ONE-END
// RUN: attn-opt %models/variants/global_local.mlir --until=tiles | FileCheck %s --check-prefix=BOTH-SIDES
// RUN: attn-opt %models/variants/dilated.mlir --until=tiles | FileCheck %s --check-prefix=UNSEEN

// Which ranges a mask has: cost follows the pairs that it keeps. A union of two ends is one end; where keys of a union
// are not foreseen, the full part of the others stays.

// BOTH-SIDES: tile.sweep over ["full", "partial", "partial"]
// ONE-END: tile.sweep over ["full", "partial"](
// UNSEEN: tile.sweep over ["partial"](
