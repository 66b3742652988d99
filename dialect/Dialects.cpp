//===- Dialects.cpp - the dialects of the project, registered at once ---===//

#include "dialect/Dialects.h"

#include "dialect/nn/NN.h"
#include "dialect/tile/Tile.h"

void attn::registerAttnDialects(mlir::DialectRegistry &registry) {
  registry.insert<AttnDialect, nn::NNDialect, tile::TileDialect>();
}
