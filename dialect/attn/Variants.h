//===- Variants.h - the named ops of chains -*- C++ -*-===//
//
// For the files of variants only: passes and lowerings see what a chain becomes, not the ops that it was written in.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_VARIANTS_H
#define ATTN_DIALECT_ATTN_VARIANTS_H

#include "dialect/attn/Attn.h"

#define GET_OP_CLASSES
#include "dialect/attn/VariantOps.h.inc"

#endif // ATTN_DIALECT_ATTN_VARIANTS_H
