//===- Tile.h - the tile dialect -*- C++ -*-===//

#ifndef ATTN_DIALECT_TILE_TILE_H
#define ATTN_DIALECT_TILE_TILE_H

#include "dialect/attn/Attn.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include "dialect/tile/TileDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/tile/TileAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/tile/TileTypes.h.inc"
#define GET_OP_CLASSES
#include "dialect/tile/TileOps.h.inc"

#endif // ATTN_DIALECT_TILE_TILE_H
